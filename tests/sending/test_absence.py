"""A machine that was off, or a database that comes from a backup: what was under way asks before it goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway.domain.campaign import CampaignState
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.flows.sending.absence import ask_after_absence
from gateway.flows.sending.runner import Runner
from gateway.store import campaigns
from gateway.store.engine import reading
from tests.clock import ManualClock
from tests.sending.support import Person, RecordingChannel, add, journal_of, newsletter, run
from workers.ticker import Job, Ticker

LEA, MEHDI, NOE = "lea@exemple.example", "mehdi@exemple.example", "noe@exemple.example"


def a_sign_of_life(gw: Gateway) -> None:
    """What a ticker leaves behind every second."""
    always = Job(name="seal", every=timedelta(seconds=1), lease=timedelta(minutes=1), run=lambda gw: None)
    Ticker(gw, [always]).tick()


def half_sent(gw: Gateway) -> None:
    """A newsletter to three, of which one has it when everything stops."""
    sending = gw.settings.sending.model_copy(update={"batch": 1})
    add(gw, *(Person(email=email) for email in (LEA, MEHDI, NOE)))
    newsletter(gw)
    runner = Runner(replace(gw, settings=gw.settings.model_copy(update={"sending": sending})))
    runner.step(0)
    runner.close()
    a_sign_of_life(gw)


def standing(gw: Gateway) -> tuple[CampaignState, str]:
    with reading(gw.engine) as tx:
        campaign = campaigns.by_name(tx, "lettre")
    assert campaign is not None
    return campaign.state, campaign.why or ""


def test_a_letter_of_a_database_from_last_night_is_not_sent_again_before_somebody_said_so(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """Mehdi and Noé wait in the backup, and had the letter since; one of them may have said stop since."""
    half_sent(gw)
    clock.advance(timedelta(hours=8))
    assert ask_after_absence(gw) == ["lettre"]
    run(gw)
    state, why = standing(gw)
    assert state is CampaignState.PAUSED and len(channel.recipients) == 1
    assert "sauvegarde ? Ne la reprenez pas" in why and "gateway campaign cancel lettre" in why
    assert [alarm["alarm"] for alarm in journal_of(gw, "alarm")] == ["interrupted"]
    assert ask_after_absence(gw) == [], "it was said once"


def test_a_machine_that_was_only_off_goes_on_once_somebody_said_so(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    half_sent(gw)
    clock.advance(timedelta(hours=8))
    ask_after_absence(gw)
    clock.advance(timedelta(minutes=1))
    launching.resume(gw, "lettre", by="autrice")
    assert ask_after_absence(gw) == [], "she has answered, whether or not anything runs yet"
    run(gw)
    assert sorted(channel.recipients) == [LEA, MEHDI, NOE]


def test_a_short_break_an_update_or_a_crash_asks_nobody(gw: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    half_sent(gw)
    clock.advance(timedelta(minutes=20))
    assert ask_after_absence(gw) == []
    run(gw)
    assert sorted(channel.recipients) == [LEA, MEHDI, NOE]


def test_a_second_worker_that_comes_while_others_work_stops_nothing(gw: Gateway, clock: ManualClock) -> None:
    half_sent(gw)
    clock.advance(timedelta(hours=8))
    a_sign_of_life(gw)
    assert ask_after_absence(gw) == []
    assert standing(gw)[0] is CampaignState.RUNNING

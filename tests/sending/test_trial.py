"""From a trial to real people on one database: what the trial's mailbox took has reached nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, insert, select, update

from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.errors import InvalidSettings, StoreUnavailable
from gateway.domain.message import MessageState
from gateway.flows.auditing.beside import compare_tables
from gateway.flows.belonging import require_own_secret
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.flows.sending.runner import Runner
from gateway.flows.sending.trial import enter_mode
from gateway.store import campaigns, tables
from gateway.store.engine import begin, reading
from gateway.store.overdue import uninformed_by_origin
from tests.clock import ManualClock
from tests.sending.support import Person, RecordingChannel, add, journal_of, message_of, newsletter, run

LEA, MEHDI = "lea@exemple.example", "mehdi@exemple.example"


@pytest.fixture
def trial(gw: Gateway) -> Gateway:
    """The trial of a team that has filled its settings: nothing of what is approved changes with the mode."""
    inbound = gw.settings.inbound.model_copy(update={"host": "imap.exemple.example"})
    ready = replace(gw, settings=gw.settings.model_copy(update={"inbound": inbound}))
    require_own_secret(ready)
    assert enter_mode(ready) == []
    return ready


def live(gw: Gateway) -> Gateway:
    return replace(gw, settings=gw.settings.model_copy(update={"mode": "live"}))


def half_tried(gw: Gateway) -> None:
    """A newsletter launched in trial mode to two people, of which the trial's mailbox has Léa's."""
    add(gw, Person(email=LEA), Person(email=MEHDI))
    newsletter(gw)
    one = gw.settings.sending.model_copy(update={"batch": 1})
    runner = Runner(replace(gw, settings=gw.settings.model_copy(update={"sending": one})))
    runner.step(0)
    runner.close()
    assert message_of(gw, LEA)["state"] is MessageState.ACCEPTED


def test_what_was_launched_as_a_trial_does_not_leave_for_real_before_somebody_said_so(
    trial: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """Claire tried her newsletter on the whole file; Malik sets mode = "live" while Mehdi's still waits."""
    half_tried(trial)
    real = live(trial)
    assert enter_mode(real) == ["lettre"]
    run(real)
    assert channel.recipients == [LEA], "nothing left since"
    with reading(real.engine) as tx:
        campaign = campaigns.by_name(tx, "lettre")
    assert campaign is not None and campaign.state is CampaignState.PAUSED
    assert "avant que la passerelle n’écrive à de vraies personnes" in (
        campaign.why or ""
    ) and "gateway campaign cancel lettre" in (campaign.why or "")
    assert [one["alarm"] for one in journal_of(real, "alarm")] == ["trial-over"]
    assert [one["act"] for one in journal_of(real, "operator")] == ["went-live"]
    assert enter_mode(real) == [], "it is said once"
    clock.advance(timedelta(minutes=1))
    launching.resume(real, "lettre", by="Claire")
    run(real)
    assert channel.recipients == [LEA, MEHDI]
    assert not [one for one in compare_tables(real).differences if one.what == "message"]


def test_a_team_that_never_tried_anything_launches_its_first_letter_before_anything_runs(
    gw: Gateway, channel: RecordingChannel
) -> None:
    """Begun with mode = "live": the letter was taken for one of a trial, since the service was started after its launch."""
    real = live(gw)
    require_own_secret(real)
    add(real, Person(email=LEA))
    newsletter(real)
    assert enter_mode(real) == []
    run(real)
    assert channel.recipients == [LEA]


def test_a_database_with_people_in_it_that_bears_no_mark_yet_may_have_been_a_trial(trial: Gateway) -> None:
    half_tried(trial)
    with begin(trial.engine) as tx:
        tx.execute(delete(tables.installation))
    real = live(trial)
    require_own_secret(real)
    assert enter_mode(real) == ["lettre"]


def test_whoever_is_written_to_for_real_is_told_who_writes_whatever_the_trial_showed_of_it(
    trial: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """RGPD 13 and 14: her first letter was in the team's own mailbox, and she has read nothing of it."""
    half_tried(trial)
    real = live(trial)
    enter_mode(real)
    clock.advance(timedelta(minutes=1))
    newsletter(real, "vraie")
    run(real)
    assert [(told["message"], told["facts"]["first_contact"]) for told in decided(real)] == [(1, True), (3, True), (4, True)]
    newsletter(real, "suite")
    run(real)
    assert [told["facts"]["first_contact"] for told in decided(real)][3:] == [False, False]


def test_letters_of_a_trial_use_up_nobody_s_week(trial: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    """House rule: four a week. The team tried its newsletter four times."""
    add(trial, Person(email=LEA))
    for name in ("un", "deux", "trois", "quatre"):
        newsletter(trial, name)
        run(trial)
    real = live(trial)
    enter_mode(real)
    clock.advance(timedelta(minutes=1))
    newsletter(real, "vraie")
    run(real)
    assert channel.recipients == [LEA] * 5
    assert not [one for one in compare_tables(real).differences if one.what == "message"]


def test_who_came_by_somebody_else_is_still_to_be_informed_after_a_trial(trial: Gateway, clock: ManualClock) -> None:
    """RGPD 14: a month from the day her data came in, whatever a trial showed to the team."""
    half_tried(trial)
    with begin(trial.engine) as tx:
        tx.execute(update(tables.origin).values(collection="indirect", notice=""))
        tx.execute(update(tables.consent).values(evidence=False))
    with reading(trial.engine) as tx:
        assert sum(one.count for one in uninformed_by_origin(tx, clock.now())) == 1
    clock.advance(timedelta(minutes=1))
    enter_mode(live(trial))
    with reading(trial.engine) as tx:
        assert sum(one.count for one in uninformed_by_origin(tx, clock.now())) == 2


def test_an_answer_that_the_trial_still_owed_does_not_reach_a_real_person(trial: Gateway, clock: ManualClock) -> None:
    """Claire typed a stranger's number into the sandbox and wrote STOP: he never wrote to us, and must not be thanked at ten."""
    half_tried(trial)
    with begin(trial.engine) as tx:
        tx.execute(update(tables.message).where(tables.message.c.id == 2).values(message_class=MessageClass.ACKNOWLEDGEMENT))
    enter_mode(live(trial))
    row = message_of(trial, MEHDI)
    assert (row["state"], row["because"]) == (MessageState.CANCELLED, "trial-over")


def test_whoever_was_asked_for_her_consent_in_a_trial_may_be_asked_and_who_said_no_may_not(
    trial: Gateway, clock: ManualClock
) -> None:
    """Once in a life is once that reached her; a no that was said stays."""
    at = clock.now()
    with begin(trial.engine) as tx:
        for number, refused_at in ((1, None), (2, at)):
            row = {"message_id": number, "contact_id": number, "digest": bytes([number]) * 16, "asked_at": at}
            tx.execute(insert(tables.consent_request).values(**row, refused_at=refused_at))
    enter_mode(live(trial))
    with reading(trial.engine) as tx:
        assert list(tx.execute(select(tables.consent_request.c.contact_id)).scalars()) == [2]


class TestATrialOnADatabaseThatWritesToRealPeople:
    """Somebody starts the gateway without its config.toml: the one that ships is a trial, and would take a campaign for sent."""

    def test_it_does_not_begin_to_send_and_says_why(self, trial: Gateway) -> None:
        enter_mode(live(trial))
        with pytest.raises(InvalidSettings, match=r"de vraies personnes.*mode = \"live\".*config\.toml"):
            enter_mode(trial)

    def test_one_that_runs_already_claims_nothing_more(
        self, trial: Gateway, channel: RecordingChannel, clock: ManualClock
    ) -> None:
        add(trial, Person(email=LEA))
        enter_mode(live(trial))
        clock.advance(timedelta(minutes=1))
        newsletter(trial)
        with pytest.raises(StoreUnavailable, match="de vraies personnes"):
            run(trial)
        assert message_of(trial, LEA)["state"] is MessageState.WAITING and channel.recipients == []
        run(live(trial))
        assert channel.recipients == [LEA]


def decided(gw: Gateway) -> list[dict[str, Any]]:
    """Decisions, each with the facts it names."""
    facts = {one["facts"]: orjson.loads(one["body"]) for one in journal_of(gw, "facts")}
    return [told | {"facts": facts[told["facts"]]} for told in journal_of(gw, "decision")]

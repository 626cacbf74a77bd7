"""A campaign that the silence of a vote cuts short: « dimanche, votez » does not leave on Sunday evening, unasked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Fault, Rejected
from gateway.domain.errors import Conflict
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.runner import Runner
from tests.clock import ManualClock
from tests.sending.support import (
    Person,
    RecordingChannel,
    add,
    drain,
    installation,
    journal_of,
    message_of,
    newsletter,
    pack_reviewed_until,
)

LEA, MEHDI = "lea.martin@exemple.example", "mehdi@exemple.example"
FRIDAY = datetime(2027, 4, 16, 16, 0, tzinfo=UTC)
SATURDAY = datetime(2027, 4, 17, 10, 0, tzinfo=UTC)
#: The first round is over at eight in the evening in Paris.
SUNDAY_EVENING = datetime(2027, 4, 18, 18, 1, tzinfo=UTC)
MONDAY = datetime(2027, 4, 19, 7, 0, tzinfo=UTC)
SLOW = Rejected(False, "450 4.7.1", "too much mail", Fault.THROTTLED)


@pytest.fixture
def gw(database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel) -> Iterator[Gateway]:
    """On the Friday before the first round, with a relay that takes one letter and no second one."""
    clock.set(FRIDAY)
    channel.answer = lambda envelope: SLOW if envelope.recipient == MEHDI else None
    with installation(database_url, clock, tmp_path, channel=channel, law=pack_reviewed_until(date(2027, 12, 31))) as opened:
        add(opened, *(Person(email=one, territory="metropole") for one in (LEA, MEHDI)))
        yield opened


def test_what_is_left_of_a_campaign_after_the_vote_asks_before_it_leaves_whoever_sent_it_still_runs(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    newsletter(gw, attestations=("no-late-polemic",))
    runner = Runner(gw)
    for hour in (FRIDAY, SATURDAY):
        clock.set(hour)
        drain(runner)
    channel.answer = lambda envelope: None
    clock.set(SUNDAY_EVENING)
    drain(runner)
    campaign = launching.status(gw, "lettre").campaign
    assert (campaign.state, channel.recipients.count(LEA)) == (CampaignState.LATE, 1)
    assert campaign.why and campaign.why.startswith("Un vote a eu lieu depuis son lancement")
    assert message_of(gw, MEHDI)["state"] is MessageState.DEFERRED
    assert journal_of(gw, "alarm")[-1]["alarm"] == "late"
    launching.resume(gw, "lettre", by="autrice")
    drain(runner)
    runner.close()
    keep(gw)
    assert message_of(gw, MEHDI)["state"] is MessageState.ACCEPTED
    assert launching.status(gw, "lettre").campaign.state is CampaignState.FINISHED


def test_what_was_launched_during_the_silence_leaves_after_it_as_the_dry_run_told(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    channel.answer = lambda envelope: None
    clock.set(SATURDAY)
    newsletter(gw, attestations=("no-late-polemic",))
    runner = Runner(gw)
    drain(runner)
    assert channel.handed == []
    clock.set(SUNDAY_EVENING)
    drain(runner)
    runner.close()
    assert sorted(channel.recipients) == [LEA, MEHDI]


@pytest.mark.parametrize("answered", ["once", "paused again"])
def test_whoever_resumes_after_the_vote_what_was_paused_before_it_is_asked_whether_its_words_still_hold(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock, answered: str
) -> None:
    """A laptop that was closed on Friday and opened on Monday paused it, and said « Reprenez la campagne »: « dimanche, votez »
    left on Monday."""
    newsletter(gw, attestations=("no-late-polemic",))
    runner = Runner(gw)
    drain(runner)
    launching.pause(gw, "lettre", by="gateway")
    channel.answer = lambda envelope: None
    clock.set(MONDAY)
    with pytest.raises(Conflict, match="Un vote a eu lieu depuis son lancement"):
        launching.resume(gw, "lettre", by="autrice")
    drain(runner)
    campaign = launching.status(gw, "lettre").campaign
    assert (campaign.state, channel.recipients.count(LEA)) == (CampaignState.LATE, 1)
    assert message_of(gw, MEHDI)["state"] is MessageState.DEFERRED
    launching.resume(gw, "lettre", by="autrice")
    if answered == "paused again":
        launching.pause(gw, "lettre", by="autrice")
        launching.resume(gw, "lettre", by="autrice")
    drain(runner)
    runner.close()
    assert message_of(gw, MEHDI)["state"] is MessageState.ACCEPTED


def test_during_the_silence_whoever_follows_the_campaign_reads_that_what_is_left_will_ask_first(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """The report gave « prochain passage : dimanche à 20 h » of letters that do not leave then by themselves."""
    newsletter(gw, attestations=("no-late-polemic",))
    runner = Runner(gw)
    drain(runner)
    assert launching.status(gw, "lettre").asks_after is None  # Friday: its relay is slow, and may still take the rest
    clock.set(SATURDAY)
    drain(runner)
    runner.close()
    assert launching.status(gw, "lettre").asks_after == datetime(2027, 4, 18, 18, 0, tzinfo=UTC)


def test_a_pause_that_ends_before_the_vote_asks_nothing(gw: Gateway, clock: ManualClock) -> None:
    newsletter(gw, attestations=("no-late-polemic",))
    launching.pause(gw, "lettre", by="autrice")
    clock.set(SATURDAY)
    launching.resume(gw, "lettre", by="autrice")
    assert launching.status(gw, "lettre").campaign.state is CampaignState.RUNNING

"""What comes to be true between a verdict and the letter itself: a batch in hand looks once more right before each hand-over.

On both databases, with another thread that commits while the batch leaves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Envelope, Medium
from gateway.domain.consent import Consent, ConsentAct, Evidence, Purpose
from gateway.domain.errors import StoreUnavailable
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.rights import Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.flows.rights import acting
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.runner import Runner
from gateway.flows.sending.stopping import stop_for_complaints
from gateway.flows.spooling import hear_spooled, keep_objection
from gateway.settings import load_settings
from gateway.store import campaigns, consents
from gateway.store.engine import begin, reading
from gateway.store.feed import ObjectionFeed
from tests.clock import ManualClock
from tests.rights.support import asks
from tests.sending.support import (
    Person,
    RecordingChannel,
    add,
    digest,
    drain,
    installation,
    journal_of,
    message_of,
    newsletter,
)

LEA, MEHDI, NOE = "lea@exemple.example", "mehdi@exemple.example", "noe@exemple.example"
WHEN = pytest.mark.parametrize("when", ["before", "begun"])


def seen_soon(seen: Callable[[], bool]) -> None:
    """Wait until the feed has seen it: milliseconds; seconds on a busy machine. What it never sees, the test tells."""
    for _ in range(1_500):
        if seen():
            return
        time.sleep(0.002)


def meanwhile(channel: RecordingChannel, when: str, act: Callable[[], object]) -> None:
    """Somebody else acts while the batch is in hand: as Mehdi's letter is about to begin, or has begun and not left yet."""

    def at_his(envelope: Envelope) -> None:
        if envelope.recipient == MEHDI:
            other = threading.Thread(target=act)
            other.start()
            other.join()

    setattr(channel, when, at_his)


def send_one_batch(gw: Gateway) -> None:
    """… and no second one."""
    runner = Runner(gw)
    runner.step(0)
    runner.close()


def send(gw: Gateway) -> None:
    """One lane, so that all of them are in one batch."""
    runner = Runner(gw)
    try:
        drain(runner, lanes=1)
    finally:
        runner.close()


def number_of(gw: Gateway) -> int:
    with reading(gw.engine) as tx:
        found = campaigns.by_name(tx, "lettre")
    assert found is not None
    return found.id


@WHEN
def test_whoever_has_her_data_only_kept_since_the_verdict_gets_nothing_of_the_batch_in_hand(
    gw: Gateway, channel: RecordingChannel, when: str
) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    request = asks(gw, Right.RESTRICTION, MEHDI)

    def restrict() -> None:
        acting.restrict(gw, request.id, by="Inès")
        seen_soon(lambda: gw.feed.changed_since(digest(gw, MEHDI), 0))

    meanwhile(channel, when, restrict)
    newsletter(gw)
    send(gw)
    assert channel.recipients == [LEA, NOE]
    row = message_of(gw, MEHDI)
    assert (row["state"], row["because"], row["handed_at"]) == (MessageState.REFUSED, "dsar-restriction", None)
    assert sorted(entry["outcome"] for entry in journal_of(gw, "hand_over")) == ["accepted", "accepted", "withheld"]


@WHEN
def test_who_objects_on_the_disk_while_the_database_is_away_gets_nothing_of_the_batch_in_hand(
    gw: Gateway, channel: RecordingChannel, when: str
) -> None:
    """She was told that it is kept, and the two hundred letters of a batch claimed before left all the same, hers too."""
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    newsletter(gw)
    token = gw.keys.link_token(LinkScope.OBJECT, message_of(gw, NOE)["id"], digest(gw, NOE))

    def object_meanwhile() -> None:
        away, at = StoreUnavailable("away"), gw.clock.now()
        keep_objection(gw, token, cause=SuppressionCause.ONE_CLICK, every_medium=False, received_at=at, away=away)

    meanwhile(channel, when, object_meanwhile)
    send_one_batch(gw)
    assert channel.recipients == [LEA]
    rows = [message_of(gw, one) for one in (MEHDI, NOE)]
    assert [(row["state"], row["because"], row["attempts"]) for row in rows] == [(MessageState.DEFERRED, "not-begun", 0)] * 2
    setattr(channel, when, lambda envelope: None)
    hear_spooled(gw)
    send(gw)
    assert channel.recipients == [LEA, MEHDI] and message_of(gw, NOE)["state"] is MessageState.CANCELLED


def test_a_lane_that_no_longer_sees_who_objects_begins_nothing_more_of_its_batch(
    gw: Gateway, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off from the database in the middle of two hundred letters, it went on for as long as its lease."""
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    newsletter(gw)
    assert gw.feed.healthy

    def lost() -> None:
        monkeypatch.setattr(ObjectionFeed, "healthy", False)

    meanwhile(channel, "before", lost)
    send_one_batch(gw)
    assert channel.recipients == [LEA]
    assert [message_of(gw, one)["because"] for one in (MEHDI, NOE)] == ["not-begun"] * 2
    channel.before = lambda envelope: None
    send(gw)
    assert channel.recipients == [LEA, MEHDI, NOE], "then few at a time, as long as it sees nobody"


@WHEN
def test_a_letter_paused_while_a_batch_is_in_hand_leaves_for_nobody_more_until_it_is_resumed(
    gw: Gateway, channel: RecordingChannel, when: str
) -> None:
    """The date in it is wrong, and Claire saw it: the two hundred people of that batch are spared it as well."""
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    newsletter(gw)

    def pause() -> None:
        launching.pause(gw, "lettre", by="autrice", why="la date est fausse")
        seen_soon(lambda: gw.feed.halted_since(number_of(gw), 0))

    meanwhile(channel, when, pause)
    send(gw)
    assert channel.recipients == [LEA]
    rows = [message_of(gw, one) for one in (MEHDI, NOE)]
    assert [(row["state"], row["because"], row["attempts"]) for row in rows] == [(MessageState.DEFERRED, "not-begun", 0)] * 2
    setattr(channel, when, lambda envelope: None)
    launching.resume(gw, "lettre", by="autrice")
    send(gw)
    assert channel.recipients == [LEA, MEHDI, NOE], "whoever was spared it has it once it goes on, and nobody twice"


@WHEN
def test_a_letter_cancelled_while_a_batch_is_in_hand_leaves_for_nobody_more_and_its_rows_add_up(
    gw: Gateway, channel: RecordingChannel, when: str
) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    newsletter(gw)

    def cancel() -> None:
        launching.cancel(gw, "lettre", by="autrice")
        seen_soon(lambda: gw.feed.halted_since(number_of(gw), 0))

    meanwhile(channel, when, cancel)
    send(gw)
    keep(gw)
    assert channel.recipients == [LEA]
    assert [message_of(gw, one)["because"] for one in (MEHDI, NOE)] == ["campaign-cancelled"] * 2
    now = launching.status(gw, "lettre")
    assert (now.counts[MessageState.ACCEPTED], now.counts[MessageState.CANCELLED]) == (1, 2)


def test_a_letter_that_too_many_report_stops_in_the_middle_of_a_batch(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    newsletter(gw)

    def reported() -> None:
        with begin(gw.engine) as tx:
            stop_for_complaints(tx, number_of(gw), "Trop de plaintes.", gw.clock.now())
        seen_soon(lambda: gw.feed.halted_since(number_of(gw), 0))

    meanwhile(channel, "before", reported)
    send(gw)
    assert channel.recipients == [LEA]
    assert launching.status(gw, "lettre").campaign.state is CampaignState.PAUSED


def test_an_agreement_to_be_targeted_taken_back_sends_the_letter_back_to_the_gate(gw: Gateway, channel: RecordingChannel) -> None:
    """It may be what the verdict stood on; where it was not, the letter leaves a moment later."""
    (_, mehdi) = add(gw, Person(email=LEA), Person(email=MEHDI))
    newsletter(gw)

    def take_back() -> None:
        evidence = Evidence(given_at=gw.clock.now(), form="page", wording="Non.", collector="the person", means="page")
        said = Consent(
            medium=Medium.EMAIL, purpose=Purpose.TARGETING, act=ConsentAct.WITHDRAWN, at=gw.clock.now(), evidence=evidence
        )
        with begin(gw.engine) as tx:
            consents.record(tx, mehdi, said, wording_sha256=None, at=gw.clock.now())
        seen_soon(lambda: gw.feed.changed_since(digest(gw, MEHDI), 0))
        channel.before = lambda envelope: None

    meanwhile(channel, "before", take_back)
    send(gw)
    assert channel.recipients == [LEA, MEHDI]
    assert [entry["verdict"] for entry in journal_of(gw, "decision")] == ["allow", "allow", "allow"]


@WHEN
def test_a_batch_in_hand_when_its_hour_ends_goes_no_further(
    database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel, when: str
) -> None:
    """Allowed at one minute to ten in the evening; the server is slow, and it is ten when Mehdi's turn comes."""
    told = {"declarations": [*load_settings().controller.declarations, "email-quiet-hours"]}
    with installation(database_url, clock, tmp_path, channel=channel, controller=told) as gw:
        clock.set(datetime(2026, 12, 1, 20, 59, tzinfo=UTC))
        add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
        meanwhile(channel, when, lambda: clock.advance(timedelta(minutes=1)))
        newsletter(gw)
        send(gw)
        assert channel.recipients == [LEA]
        rows = [message_of(gw, one) for one in (MEHDI, NOE)]
        assert [(row["state"], row["because"]) for row in rows] == [(MessageState.DEFERRED, "email-quiet-hours")] * 2
        assert rows[0]["due_at"] == datetime(2026, 12, 2, 6, 0, tzinfo=UTC)

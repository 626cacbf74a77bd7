"""The set of fresh suppressions: what is committed anywhere is seen here, and what was seen before is told apart."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from gateway.domain.channel import Medium
from gateway.domain.consent import Consent, ConsentAct, Evidence, Purpose
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.store import consents, people, suppressions
from gateway.store import feed as feeds
from gateway.store.engine import begin, open_engine
from gateway.store.feed import ObjectionFeed
from gateway.store.suppressions import Suppression
from gateway.store.tables import campaign
from tests.clock import ManualClock


@pytest.fixture
def feed(engine: Engine, clock: ManualClock) -> Iterator[ObjectionFeed]:
    feed = ObjectionFeed(engine, clock, keep_seconds=360)
    feed.start()
    yield feed
    feed.stop()


def put(engine: Engine, clock: ManualClock, digest: bytes) -> None:
    with begin(engine) as tx:
        entry = Suppression(
            digest=digest,
            medium="email",
            kind=SuppressionKind.OBJECTION,
            cause=SuppressionCause.REPLY,
            since=clock.now(),
        )
        suppressions.add_all(tx, [entry])


def soon(condition: Callable[[], bool]) -> bool:
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.005)
    return False


def test_an_objection_committed_by_anybody_is_seen(engine: Engine, feed: ObjectionFeed, clock: ManualClock) -> None:
    assert feed.healthy
    mark = feed.mark()
    put(engine, clock, b"a" * 16)
    assert soon(lambda: feed.suppressed_since(b"a" * 16, mark))
    assert not feed.suppressed_since(b"b" * 16, mark)


def test_what_was_seen_before_the_facts_were_read_is_left_to_the_facts(
    engine: Engine, feed: ObjectionFeed, clock: ManualClock
) -> None:
    put(engine, clock, b"a" * 16)
    assert soon(lambda: feed.mark() > 0)
    assert not feed.suppressed_since(b"a" * 16, feed.mark())


def test_an_objection_rolled_back_is_never_seen(engine: Engine, feed: ObjectionFeed, clock: ManualClock) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"), begin(engine) as tx:
        entry = Suppression(
            digest=b"a" * 16,
            medium="email",
            kind=SuppressionKind.OBJECTION,
            cause=SuppressionCause.REPLY,
            since=clock.now(),
        )
        suppressions.add_all(tx, [entry])
        raise RuntimeError("changed my mind")
    put(engine, clock, b"b" * 16)
    assert soon(lambda: feed.suppressed_since(b"b" * 16, 0))
    assert not feed.suppressed_since(b"a" * 16, 0)


def test_what_was_committed_while_nobody_listened_counts_as_fresh(engine: Engine, clock: ManualClock) -> None:
    put(engine, clock, b"a" * 16)
    late = ObjectionFeed(engine, clock, keep_seconds=360)
    late.start()
    try:
        assert late.suppressed_since(b"a" * 16, 0)
    finally:
        late.stop()


def say(engine: Engine, clock: ManualClock, contact_id: int, act: ConsentAct, purpose: Purpose = Purpose.POLITICAL) -> None:
    evidence = Evidence(given_at=clock.now(), form="page", wording="J’accepte.", collector="the person", means="page")
    said = Consent(medium=Medium.EMAIL, purpose=purpose, act=act, at=clock.now(), evidence=evidence)
    with begin(engine) as tx:
        consents.record(tx, contact_id, said, wording_sha256=None, at=clock.now())


def test_a_letter_paused_before_a_feed_that_began_slowly_listened_is_seen_all_the_same(
    engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process does not wait for ever: it hands over by then, and what was halted in between went on for the batch in hand."""
    connected, raw = threading.Event(), ObjectionFeed._raw

    def slowly(self: ObjectionFeed) -> AbstractContextManager[Any]:
        connected.wait(20)
        return raw(self)

    monkeypatch.setattr(feeds, "_START_SECONDS", 0.01)
    monkeypatch.setattr(ObjectionFeed, "_raw", slowly)
    feed = ObjectionFeed(engine, clock, keep_seconds=360)
    feed.start()
    try:
        mark = feed.mark()
        assert not feed.healthy
        with begin(engine) as tx:
            letter = {"name": "lettre", "medium": Medium.EMAIL, "message_class": "campaign", "definition": b"{}", "author": "a"}
            paused = insert(campaign).values(**letter, state="paused", created_at=clock.now()).returning(campaign.c.id)
            number = tx.execute(paused).scalar_one()
        connected.set()
        assert soon(lambda: feed.healthy)
        assert feed.halted_since(number, mark)
    finally:
        feed.stop()


def test_a_consent_taken_back_is_seen_as_what_it_is_no_objection(engine: Engine, feed: ObjectionFeed, clock: ManualClock) -> None:
    lea, noe = b"l" * 16, b"n" * 16
    with begin(engine) as tx:
        ids = [
            people.ensure_team_member(tx, Medium.EMAIL, f"{one[:1].decode()}@exemple.example", one, at=clock.now(), key=one)
            for one in (lea, noe)
        ]
        first, second = (people.contact_of(tx, one) for one in ids)
    say(engine, clock, first, ConsentAct.GRANTED)
    say(engine, clock, second, ConsentAct.WITHDRAWN, Purpose.OPEN_PIXEL)  # she still reads the newsletter
    say(engine, clock, first, ConsentAct.WITHDRAWN)
    assert soon(lambda: feed.changed_since(lea, 0))
    assert not feed.suppressed_since(lea, 0)
    assert not feed.changed_since(lea, feed.mark())
    assert not feed.changed_since(noe, 0)


def test_it_stops_at_once_however_long_it_listens(engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_LISTEN_SECONDS", 60.0)
    listening = ObjectionFeed(engine, clock, keep_seconds=360)
    listening.start()
    assert listening.healthy
    listening.stop()
    assert "objection-feed" not in {thread.name for thread in threading.enumerate()}


def test_a_database_that_is_away_is_said_once_and_in_a_sentence(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens at that port: operators need no trace of the driver, five times a second."""
    engine = open_engine("postgresql+psycopg://postgres@127.0.0.1:1/nobody")
    lost = ObjectionFeed(engine, clock, keep_seconds=360)

    def of_feed() -> list[logging.LogRecord]:  # threads of other tests may still be saying something else
        return [one for one in caplog.records if one.name == "gateway.store.feed"]

    with caplog.at_level("INFO", logger="gateway.store.feed"):
        threading.Thread(target=lost.start, daemon=True).start()
        assert soon(lambda: bool(of_feed()))
        time.sleep(1)
        lost.stop()
    engine.dispose()
    [told] = of_feed()
    assert told.exc_info is None and "la base de données ne répond pas" in told.getMessage() and not lost.healthy

"""The set of fresh suppressions: what is committed anywhere is seen here, and what was seen before is told apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.store import suppressions
from gateway.store.engine import begin, open_engine
from gateway.store.feed import ObjectionFeed
from gateway.store.suppressions import Suppression
from tests.clock import ManualClock


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


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
        suppressions.add(tx, entry)


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
        suppressions.add(tx, entry)
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

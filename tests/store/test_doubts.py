"""Messages in doubt: few, found without going through the whole outbox."""

from __future__ import annotations

from gateway.domain.channel import Medium
from gateway.store import doubts
from gateway.store.engine import open_engine
from tests.plans import plan_of


def test_texts_in_doubt_are_found_by_the_index_of_what_is_held(database_url, clock):
    """They are asked for every half minute: a million messages that were accepted must cost nothing."""
    engine = open_engine(database_url)
    plan = plan_of(engine, lambda tx: doubts.doubtful(tx, Medium.SMS, before=clock.now(), after=0, most=100))
    engine.dispose()
    assert "ix_message_held" in plan

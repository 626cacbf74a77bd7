"""Messages in doubt: few, found without going through the whole outbox."""

from __future__ import annotations

from sqlalchemy import event

from gateway.domain.channel import Medium
from gateway.store import doubts
from gateway.store.engine import open_engine, reading


def test_texts_in_doubt_are_found_by_the_index_of_what_is_held(database_url, clock):
    """They are asked for every half minute: a million messages that were accepted must cost nothing."""
    engine, asked = open_engine(database_url), []
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    with reading(engine) as tx:
        assert doubts.doubtful(tx, Medium.SMS, before=clock.now(), after=0, most=100) == []
        (statement, given), explain = asked[-1], "EXPLAIN QUERY PLAN"
        if engine.dialect.name == "postgresql":  # which reads so few rows faster without any index
            tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN"
        plan = str(tx.exec_driver_sql(f"{explain} {statement}", given).all())
    engine.dispose()
    assert "ix_message_held" in plan

"""How a database finds what it is asked for: by an index, or by reading everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, event

from gateway.store.engine import reading


def plan_of(engine: Engine, ask: Callable[[Connection], object]) -> str:
    """The plan of the last statement by which something is asked. Reads only."""
    asked: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        asked.append((told[2], told[3]))

    with reading(engine) as tx:
        event.listen(engine, "before_cursor_execute", note)
        ask(tx)
        event.remove(engine, "before_cursor_execute", note)
        (statement, given), explain = asked[-1], "EXPLAIN QUERY PLAN"
        if engine.dialect.name == "postgresql":  # which reads so few rows faster without any index
            tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN"
        return "\n".join(row[-1] for row in tx.exec_driver_sql(f"{explain} {statement}", given))

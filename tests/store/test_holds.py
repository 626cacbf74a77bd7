"""Who is kept from every term: asked for once, however many people a term looks through."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, func, insert, select, true

from gateway.store import tables
from gateway.store.engine import Connection, begin, is_postgresql
from gateway.store.retaining import held
from tests.clock import AN_ORDINARY_MORNING as NOW


def explained(tx: Connection, condition: ColumnElement[bool]) -> str:
    """How everybody would be counted of whom this holds."""
    counted = select(func.count()).select_from(tables.contact).where(condition)
    asked = counted.compile(dialect=tx.dialect, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN" if is_postgresql(tx) else "EXPLAIN QUERY PLAN"
    return "\n".join(str(row[-1]) for row in tx.exec_driver_sql(f"{explain} {asked}"))


def test_whoever_is_held_is_not_looked_for_person_by_person(engine):
    """PostgreSQL took each look for dear, so that all else counted for nothing beside it: whatever it chose then, the terms of
    300,000 people came to no end."""
    with begin(engine) as tx:
        origin = {"kind": "web_form", "label": "site", "collection": "direct", "created_at": NOW, "collector": "é"}
        tx.execute(insert(tables.origin).values(**origin, id=1, collected_on=NOW.date()))
        person = {"contact_class": "regular", "territory": "metropole", "origin_id": 1, "created_at": NOW}
        tx.execute(insert(tables.contact), [person] * 2_000)
    with begin(engine) as tx:
        if is_postgresql(tx):
            tx.exec_driver_sql("ANALYZE contact")
        plan, everybody = explained(tx, ~held(NOW)), explained(tx, true())
        assert "CORRELATED" not in plan
        if is_postgresql(tx):
            dear, cheap = (float(re.findall(r"\.\.([0-9.]+)", one)[0]) for one in (plan, everybody))
            assert dear < 3 * cheap

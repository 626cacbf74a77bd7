"""Callbacks whose signature was not the provider's: how many, by day. A stranger's, or a setting of ours that is wrong."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from gateway.store.engine import upsert
from gateway.store.tables import refused_callback as r

_KEPT = timedelta(days=30)


class Refusals(NamedTuple):
    """Callbacks that were refused since a day."""

    refused: int
    last_at: datetime | None


def add(tx: Connection, count: int, *, at: datetime) -> None:
    """So many more, today; days long past are forgotten."""
    day = at.date()
    statement = upsert(tx, r).values(day=day, refused=count, last_at=at)
    added = {"refused": r.c.refused + count, "last_at": at}
    tx.execute(statement.on_conflict_do_update(index_elements=["day"], set_=added))
    tx.execute(delete(r).where(r.c.day < day - _KEPT))


def since(tx: Connection, day: date) -> Refusals:
    """Those of a day and of the days after it."""
    last_at = func.max(r.c.last_at)
    return Refusals(*tx.execute(select(func.coalesce(func.sum(r.c.refused), 0), last_at).where(r.c.day >= day)).one())

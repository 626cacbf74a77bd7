"""The ticker's own rows, one per regular job.

A job belongs to whoever took its lease; the instant at which the lease ends is also the token that proves it, so that a ticker
which slept past its lease cannot overwrite what the next one wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from gateway.store.engine import upsert
from gateway.store.tables import scheduled_job

#: Clocks of several tickers are further apart than this only when one of them is wrong.
_CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A regular job as stored; instants are aware, in UTC."""

    name: str
    next_run_at: datetime
    lease_until: datetime | None
    last_run_at: datetime | None
    last_fault: str | None  #: name of the error class of the last run, None when it went well


def declare(tx: Connection, names: Iterable[str], *, at: datetime) -> None:
    """Write the rows that are missing, due at once; those that exist stay as they are."""
    rows = [{"name": name, "next_run_at": at} for name in names]
    if rows:
        tx.execute(upsert(tx, scheduled_job).on_conflict_do_nothing(), rows)


def last_run_at(tx: Connection) -> datetime | None:
    """When any of them ended last: nearly every second while a ticker runs. None: none ever ran."""
    found: datetime | None = tx.execute(select(func.max(scheduled_job.c.last_run_at))).scalar_one()
    return found


def due(tx: Connection, names: Iterable[str], *, at: datetime) -> list[str]:
    """Which of these jobs nobody holds and whose hour has come, the longest due first."""
    j = scheduled_job
    chosen = select(j.c.name).where(j.c.name.in_(list(names)), j.c.next_run_at <= at, _free(at))
    return list(tx.execute(chosen.order_by(j.c.next_run_at, j.c.name)).scalars())


def astray(tx: Connection, spans: Mapping[str, tuple[timedelta, timedelta]], *, at: datetime) -> list[str]:
    """Jobs whose next hour, or lease, lies further ahead than a run puts it: the clock that wrote it was put back since.

    spans: by name, how often each is run and how long its lease is.
    """
    j = scheduled_job.c
    rows = tx.execute(select(j.name, j.next_run_at, j.lease_until).where(j.name.in_(list(spans))))
    ahead = at + _CLOCKS_APART
    return [
        name
        for name, next_run_at, lease_until in rows
        if next_run_at > ahead + spans[name][0] or (lease_until is not None and lease_until > ahead + spans[name][1])
    ]


def call_back(tx: Connection, names: Sequence[str], *, at: datetime) -> None:
    """Make these jobs due, whoever holds them."""
    j = scheduled_job
    tx.execute(update(j).where(j.c.name.in_(names)).values(next_run_at=at, lease_until=None))


def put_off(tx: Connection, name: str, *, at: datetime, long_ago: timedelta, until: datetime) -> datetime | None:
    """Let a due job wait, if it last ran long ago, and did not wait for that already; returns when it ran, None: it may run.

    Once: a machine that is switched on for an hour a week has its jobs done all the same.
    """
    j = scheduled_job
    row = tx.execute(select(j.c.next_run_at, j.c.last_run_at).where(j.c.name == name)).first()
    if row is None or row.last_run_at is None or at - row.last_run_at < long_ago or row.next_run_at - row.last_run_at >= long_ago:
        return None
    tx.execute(update(j).where(j.c.name == name, j.c.next_run_at == row.next_run_at).values(next_run_at=until))
    ran_at: datetime = row.last_run_at
    return ran_at


def take(tx: Connection, name: str, *, at: datetime, lease_until: datetime) -> bool:
    """Take the lease of a due job; False when another ticker was first."""
    j = scheduled_job
    statement = update(j).where(j.c.name == name, j.c.next_run_at <= at, _free(at)).values(lease_until=lease_until)
    return tx.execute(statement).rowcount == 1


def finish(tx: Connection, run: ScheduledJob) -> bool:
    """Write how a run ended and free the job; False when its lease had passed to another ticker, whose word then stands.

    run.lease_until is the lease that was taken.
    """
    j = scheduled_job
    mine = update(j).where(j.c.name == run.name, j.c.lease_until == run.lease_until)
    ended = {"next_run_at": run.next_run_at, "lease_until": None, "last_run_at": run.last_run_at, "last_fault": run.last_fault}
    return tx.execute(mine.values(ended)).rowcount == 1


def listed(tx: Connection) -> list[ScheduledJob]:
    """Every job, by name."""
    j = scheduled_job
    columns = (j.c.name, j.c.next_run_at, j.c.lease_until, j.c.last_run_at, j.c.last_fault)
    return [ScheduledJob(*row) for row in tx.execute(select(*columns).order_by(j.c.name))]


def _free(at: datetime) -> ColumnElement[bool]:
    return or_(scheduled_job.c.lease_until.is_(None), scheduled_job.c.lease_until <= at)

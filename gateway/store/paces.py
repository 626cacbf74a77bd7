"""Pace: token buckets and pauses, persisted and shared by all workers; they belong to the claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from gateway.domain.channel import Medium
from gateway.store.engine import upsert
from gateway.store.tables import pace

#: A bucket never holds more than this many seconds of its rate: after a quiet hour nothing bursts.
_BURST_SECONDS = 1.0
#: No lane waits so long for the buckets, nor are the clocks of two machines so far apart: a clock was put back. By less, whoever
#: is ahead keeps the time of all, and nothing leaves for so long after a clock is put right.
_PUT_BACK = timedelta(minutes=5)


def allowances(tx: Connection, rates: Mapping[str, float], at: datetime) -> dict[str, int]:
    """How many messages each key may begin now; rates are per second. Locks the rows of `tx`; other keys have no limit.

    In one order on every worker, whatever the order of its settings: of two lanes none waits for a row while the other waits for
    one that it holds.
    """
    if not rates:
        return {}
    keys = sorted(rates)
    _ensure(tx, keys, at)
    chosen = select(pace.c.key, pace.c.tokens, pace.c.at).where(pace.c.key.in_(keys)).order_by(pace.c.key)
    rows = tx.execute(chosen.with_for_update()).all()
    allowed = {}
    for key, tokens, since in rows:
        rate = rates[key]
        most = max(1.0, rate * _BURST_SECONDS)
        tokens = min(most, tokens + max(0.0, (at - since).total_seconds()) * rate)
        # A lane that waited for another one comes with an older instant: the time between is given once.
        told = at if since - at > _PUT_BACK else max(at, since)
        tx.execute(update(pace).where(pace.c.key == key).values(tokens=tokens, at=told))
        allowed[key] = int(tokens)
    return allowed


def spend(tx: Connection, spent: Mapping[str, int]) -> None:
    """Take from the buckets what was claimed."""
    for key, count in spent.items():
        tx.execute(update(pace).where(pace.c.key == key).values(tokens=pace.c.tokens - count))


@dataclass(frozen=True, slots=True)
class Rest:
    """A sender whose provider failed rests until an instant; failures in a row."""

    until: datetime | None
    failures: int


def sender_of(medium: Medium) -> str:
    """The key under which a channel's provider is known."""
    return f"sender:{medium}"


def rest(tx: Connection, key: str) -> Rest:
    """How a sender is doing."""
    row = tx.execute(select(pace.c.closed_until, pace.c.failures).where(pace.c.key == key)).first()
    return Rest(row[0], row[1]) if row else Rest(None, 0)


def lasts(until: datetime | None, at: datetime, *, most_seconds: float) -> bool:
    """Whether a rest lasts. One longer than any is was begun by a clock that has been put back since: it is over."""
    return until is not None and at < until <= at + timedelta(seconds=most_seconds)


def failed(tx: Connection, key: str, at: datetime, *, first_seconds: float, most_seconds: float) -> datetime:
    """The provider could not be reached: rest, twice as long each time in a row; returns until when."""
    _ensure(tx, [key], at)
    failures, until = tx.execute(select(pace.c.failures, pace.c.closed_until).where(pace.c.key == key).with_for_update()).one()
    already: datetime | None = until
    if already is not None and lasts(already, at, most_seconds=most_seconds):  # another lane has said so
        return already
    seconds = min(most_seconds, first_seconds * 2 ** min(failures, 16))
    rests_until = at + timedelta(seconds=seconds)
    tx.execute(update(pace).where(pace.c.key == key).values(failures=failures + 1, closed_until=rests_until))
    return rests_until


def succeeded(tx: Connection, key: str) -> None:
    """The provider answered: forget earlier failures."""
    tx.execute(update(pace).where(pace.c.key == key, pace.c.failures > 0).values(failures=0, closed_until=None))


def _ensure(tx: Connection, keys: list[str], at: datetime) -> None:
    rows = [{"key": key, "tokens": 1.0, "at": at, "failures": 0} for key in keys]
    tx.execute(upsert(tx, pace).on_conflict_do_nothing(), rows)

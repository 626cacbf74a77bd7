"""The log of breaches: kept, listed, closed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from gateway.store.tables import breach


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBreach:
    """A breach about to be kept."""

    what: str
    people: int | None
    aware_at: datetime
    deadline_at: datetime
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach(NewBreach):
    """A breach as it stands."""

    id: int
    told_at: datetime | None
    untold_why: str | None
    late_why: str | None
    measures: str | None
    closed_at: datetime | None
    closed_by: str | None
    alarms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a breach ends."""

    told_at: datetime | None
    untold_why: str | None
    late_why: str | None
    measures: str
    closed_at: datetime
    closed_by: str


def add(tx: Connection, new: NewBreach) -> int:
    """Keep a breach; returns its number."""
    return int(tx.execute(insert(breach).values(**asdict(new)).returning(breach.c.id)).scalar_one())


def find(tx: Connection, number: int) -> Breach | None:
    """One breach, or None."""
    row = tx.execute(select(breach).where(breach.c.id == number)).mappings().first()
    return Breach(**row) if row else None


def close(tx: Connection, number: int, end: Closing, *, people: int | None) -> bool:
    """open -> closed; False when it was closed already."""
    statement = update(breach).where(breach.c.id == number, breach.c.closed_at.is_(None))
    return tx.execute(statement.values(**asdict(end), people=people)).rowcount == 1


def alarmed(tx: Connection, number: int, level: int) -> bool:
    """Note that an alarm was raised; False when one of that level was raised before, or the breach is closed."""
    b = breach.c
    lower = update(breach).where(b.id == number, b.closed_at.is_(None), b.alarms < level)
    return tx.execute(lower.values(alarms=level)).rowcount == 1


def listed(tx: Connection, *, open_only: bool = False, after: Breach | None = None, limit: int = 200) -> list[Breach]:
    """A page of breaches, what is open first, then by deadline; `after`: the last one seen."""
    b = breach.c
    chosen = select(breach).order_by(b.closed_at.is_not(None), b.deadline_at, b.id).limit(limit)
    if open_only:
        chosen = chosen.where(b.closed_at.is_(None))
    if after is not None:
        later = or_(b.deadline_at > after.deadline_at, and_(b.deadline_at == after.deadline_at, b.id > after.id))
        closed = b.closed_at.is_not(None)
        chosen = chosen.where(or_(closed, later) if after.closed_at is None else and_(closed, later))
    return [Breach(**row) for row in tx.execute(chosen).mappings()]


def each(tx: Connection, *, open_only: bool = False) -> Iterator[Breach]:
    """Every breach in the order of `listed`, read page by page."""
    after = None
    while page := listed(tx, open_only=open_only, after=after):
        yield from page
        after = page[-1]


def late(tx: Connection, at: datetime) -> int:
    """How many breaches are open beyond their hours."""
    waiting = select(func.count()).select_from(breach).where(breach.c.closed_at.is_(None), breach.c.deadline_at <= at)
    return int(tx.execute(waiting).scalar_one())

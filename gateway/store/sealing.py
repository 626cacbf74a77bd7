"""What is not sealed yet, and the checkpoints that were signed.

On PostgreSQL an entry gets its number before its transaction commits, so a smaller number may appear after a greater one. Numbers
that were skipped are kept as gaps and looked at again, until no transaction that could still fill them is left: one that drew a
number before it was known as a transaction is waited for a second time.
"""

from __future__ import annotations

import json
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, text, update

from gateway.domain.errors import Conflict
from gateway.store.engine import is_postgresql
from gateway.store.tables import checkpoint, journal, journal_seal

_LOCK = 7_263_002
#: Numbers of a gap asked for one by one; longer gaps are asked for as a stretch.
_LISTED_MOST = 2_000
#: Checkpoints looked at for what their witnesses answered: with a try every half hour, a week of failures.
_HANDED_MOST = 400
#: No column holds a greater number.
_NUMBERS_END = 2**63
_ODD_WITNESSES = (
    "checkpoint : ce qui est noté des témoins d’un point de contrôle a été changé à la main et ne se lit plus ; "
    "reprenez cette ligne d’une sauvegarde de la base"
)
_ALTERED = (
    "journal_seal : cette ligne, qui dit jusqu’où le journal est scellé, a été changée à la main et ne se lit plus ; "
    "reprenez-la d’une sauvegarde de la base"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of the journal, from first to last, that were not there when a greater one was."""

    first: int
    last: int
    horizon: int  #: transactions before this one may still fill it
    looks: int = 0  #: how often its horizon was reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far sealing has come."""

    size: int
    seen_id: int  #: greatest number of the journal looked at
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """Entries that are not in the tree: those that filled a gap first, then new ones, each by number."""

    entries: list[tuple[int, bytes]]  #: (id, SHA-256 of the body)
    complete: bool  #: nothing else was committed before they were read
    oldest: int  #: PostgreSQL: every transaction before this one had ended when they were read

    @property
    def numbers(self) -> list[int]:
        """Their ids."""
        return [number for number, _ in self.entries]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint as stored."""

    size: int
    root: bytes
    at: datetime
    note: str
    witnesses: tuple[dict[str, object], ...] = ()


def lock(tx: Connection) -> bool:
    """Let one process seal at a time; False when another does. On SQLite a transaction that writes is alone anyway."""
    if not is_postgresql(tx):
        return True
    return bool(tx.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar_one())


def progress(tx: Connection) -> Progress:
    """How far sealing has come; the beginning, when nothing was sealed. Raises Conflict where what was written is altered."""
    row = tx.execute(
        select(journal_seal.c.size, journal_seal.c.seen_id, journal_seal.c.gaps).where(journal_seal.c.id == 1)
    ).first()
    if row is None:
        return Progress(size=0, seen_id=0, gaps=())
    try:
        gaps = tuple(Gap(*each) for each in json.loads(row[2]))
    except (ValueError, TypeError, RecursionError) as fault:
        raise Conflict(_ALTERED) from fault
    numbers = [row[0], row[1], *chain.from_iterable((gap.first, gap.last, gap.horizon, gap.looks) for gap in gaps)]
    if any(type(number) is not int or abs(number) >= _NUMBERS_END for number in numbers):
        raise Conflict(_ALTERED)
    return Progress(size=row[0], seen_id=row[1], gaps=gaps)


def keep_progress(tx: Connection, now: Progress) -> None:
    """Write how far sealing has come."""
    gaps = json.dumps([[gap.first, gap.last, gap.horizon, gap.looks] for gap in now.gaps])
    values = {"size": now.size, "seen_id": now.seen_id, "gaps": gaps}
    if not tx.execute(update(journal_seal).where(journal_seal.c.id == 1).values(values)).rowcount:
        tx.execute(insert(journal_seal).values(id=1, **values))


def unsealed(tx: Connection, known: Progress, most: int) -> Unsealed:
    """What is not in the tree yet, at most so many entries."""
    oldest = _snapshot(tx, "xmin")  # before the entries are read: what had ended by then is seen
    found = _read(tx, or_(*_within(known.gaps)), most) if known.gaps else []
    if len(found) < most:
        found += _fresh(tx, known.seen_id, most - len(found))
    return Unsealed(entries=found, complete=len(found) < most, oldest=oldest)


def _read(tx: Connection, where: ColumnElement[bool], most: int) -> list[tuple[int, bytes]]:
    """The driver's own rows: nothing is made of them."""
    chosen = select(journal.c.id, journal.c.sha256).where(where).order_by(journal.c.id).limit(most)
    return list(tx.execute(chosen).cursor.fetchall())


#: As one value: PostgreSQL and its driver take longer over a row than over the forty bytes in it.
_FRESH = """
SELECT string_agg(int8send(id) || sha256, '' ORDER BY id), bool_and(octet_length(sha256) = 32)
FROM (SELECT id, sha256 FROM journal WHERE id > %s ORDER BY id LIMIT %s) AS fresh
"""

#: Of a table that has grown since its statistics were taken the planner believes that little of it waits: it would fetch and sort
#: all that does, for each step of a seal.
_IN_ORDER = "SET LOCAL enable_sort = off"


def _fresh(tx: Connection, seen_id: int, most: int) -> list[tuple[int, bytes]]:
    if is_postgresql(tx):
        driver: Any = tx.connection
        with driver.cursor(binary=True) as cursor:
            cursor.execute(_IN_ORDER)
            packed, whole = cursor.execute(_FRESH, (seen_id, most)).fetchone()
        if whole:
            return list(struct.iter_unpack(">q32s", packed))
        if packed is None:
            return []
    return _read(tx, journal.c.id > seen_id, most)


def waiting(tx: Connection, known: Progress) -> int:
    """How many entries are not in the tree yet."""
    return int(tx.execute(select(func.count()).select_from(journal).where(_outside(known))).scalar_one())


def oldest_waiting(tx: Connection, known: Progress) -> datetime | None:
    """When the first entry was written that is not in the tree yet; None when all are."""
    j = journal.c
    found: datetime | None = tx.execute(select(j.at).where(_outside(known)).order_by(j.id).limit(1)).scalar_one_or_none()
    return found


def _outside(known: Progress) -> ColumnElement[bool]:
    """The condition on entries that are not in the tree yet."""
    after = journal.c.id > known.seen_id
    return or_(after, *_within(known.gaps)) if known.gaps else after


def advanced(tx: Connection, known: Progress, read: Unsealed) -> Progress:
    """Progress once these entries are in the tree: gaps that were filled or can no longer be are closed, new ones are noted."""
    numbers = read.numbers
    size = known.size + len(numbers)
    if not is_postgresql(tx):
        return Progress(size=size, seen_id=max([known.seen_id, *numbers]), gaps=())
    horizon = _snapshot(tx, "xmax")
    gaps = [gap for gap in (_looked_at(gap, read, horizon) for gap in known.gaps) if gap]
    gaps = list(_without(gaps, numbers))
    passed = [known.seen_id, *(number for number in numbers if number > known.seen_id)]
    gaps += [Gap(one + 1, other - 1, horizon) for one, other in pairwise(passed) if other > one + 1]
    return Progress(size=size, seen_id=passed[-1], gaps=tuple(gaps))


def _looked_at(gap: Gap, read: Unsealed, horizon: int) -> Gap | None:
    if not read.complete or gap.horizon >= read.oldest:
        return gap
    return None if gap.looks else Gap(gap.first, gap.last, horizon, 1)


def _snapshot(tx: Connection, bound: str) -> int:
    """xmin: every transaction before it has ended; xmax: no transaction from it on has begun."""
    if not is_postgresql(tx):
        return 0
    return int(tx.execute(text(f"SELECT pg_snapshot_{bound}(pg_current_snapshot())::text::bigint")).scalar_one())


def add_checkpoint(tx: Connection, made: SignedCheckpoint) -> None:
    """Keep a signed checkpoint."""
    tx.execute(insert(checkpoint).values(size=made.size, root=made.root, at=made.at, note=made.note))


def checkpoints(tx: Connection, *, after: int = -1, limit: int = 1000, newest_first: bool = False) -> list[SignedCheckpoint]:
    """A page of checkpoints by size."""
    c = checkpoint.c
    order = c.size.desc() if newest_first else c.size
    rows = tx.execute(select(c.size, c.root, c.at, c.note, c.witnesses).where(c.size > after).order_by(order).limit(limit))
    return [_checkpoint(row) for row in rows]


def latest_checkpoint(tx: Connection) -> SignedCheckpoint | None:
    """The newest checkpoint, or None."""
    return next(iter(checkpoints(tx, limit=1, newest_first=True)), None)


def root_of(tx: Connection, size: int) -> bytes | None:
    """The root that was signed of so many entries; None where no checkpoint of that size was."""
    found = tx.execute(select(checkpoint.c.root).where(checkpoint.c.size == size)).scalar_one_or_none()
    return None if found is None else bytes(found)


def note_witness(tx: Connection, size: int, told: dict[str, object]) -> None:
    """Keep to whom a checkpoint was sent, and what came back."""
    row = tx.execute(select(checkpoint.c.witnesses).where(checkpoint.c.size == size).with_for_update()).scalar_one()
    witnesses = [*_witnesses(row), told]
    tx.execute(update(checkpoint).where(checkpoint.c.size == size).values(witnesses=json.dumps(witnesses)))


def handed(tx: Connection) -> list[dict[str, object]]:
    """What stands beside the checkpoints that were handed to witnesses last, the oldest first: to, ok, answer, at."""
    c = checkpoint.c
    rows = tx.execute(select(c.witnesses).where(c.witnesses.is_not(None)).order_by(c.size.desc()).limit(_HANDED_MOST)).scalars()
    return [told for row in reversed(rows.all()) for told in _witnesses(row)]


def _checkpoint(row: Sequence[Any]) -> SignedCheckpoint:
    return SignedCheckpoint(size=row[0], root=bytes(row[1]), at=row[2], note=row[3], witnesses=_witnesses(row[4]))


def _witnesses(written: str | None) -> tuple[dict[str, object], ...]:
    """What witnesses answered. Raises Conflict where what was written is altered."""
    try:
        told = json.loads(written) if written else []
    except ValueError as fault:
        raise Conflict(_ODD_WITNESSES) from fault
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise Conflict(_ODD_WITNESSES)
    return tuple(told)


def _within(gaps: Sequence[Gap]) -> list[ColumnElement[bool]]:
    j = journal.c
    listed = [number for gap in gaps if gap.last - gap.first < _LISTED_MOST for number in range(gap.first, gap.last + 1)]
    long = [and_(j.id >= gap.first, j.id <= gap.last) for gap in gaps if gap.last - gap.first >= _LISTED_MOST]
    return [*long, *([j.id.in_(listed)] if listed else [])]


def _without(gaps: Sequence[Gap], sealed: Iterable[int]) -> Iterable[Gap]:
    """The gaps, less the numbers that were filled."""
    filled = sorted(sealed)
    for gap in gaps:
        first = gap.first
        for number in filled[bisect_left(filled, gap.first) : bisect_right(filled, gap.last)]:
            if number > first:
                yield Gap(first, number - 1, gap.horizon, gap.looks)
            first = number + 1
        if first <= gap.last:
            yield Gap(first, gap.last, gap.horizon, gap.looks)

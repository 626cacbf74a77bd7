"""Requests of persons: kept, looked up, settled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, update

from gateway.domain.rights import Identity, RequestState, RequestVia, Right
from gateway.store.engine import is_postgresql
from gateway.store.tables import address, rights_request

#: Advisory locks of PostgreSQL: whoever opens a request, by the address it is about.
_OPENING_LOCK = 7_263_051


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it reached us."""

    right: Right
    via: RequestVia
    received_at: datetime
    contact_id: int | None = None  #: None: nobody of our file
    digest: bytes | None = None  #: of the address it is about
    twin: bytes | None = None  #: of the same number on the other channel
    identity: Identity = Identity.UNCHECKED
    identity_how: str | None = None
    letter_id: int | None = None  #: the reply it came by
    recorded_by: str | None = None  #: None: the gateway itself
    asked: str | None = None  #: what exactly, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it stands."""

    id: int
    right: Right
    via: RequestVia
    contact_id: int | None
    digest: bytes | None
    twin: bytes | None
    letter_id: int | None
    received_at: datetime
    deadline_at: datetime
    extended_at: datetime | None
    extended_why: str | None
    alarms: int
    recorded_by: str | None
    identity: Identity
    identity_how: str | None
    asked: str | None
    state: RequestState
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether she still waits for an answer."""
        return self.state is RequestState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How a request ends."""

    state: RequestState
    answer: str | None
    at: datetime
    by: str


def one_by_one(tx: Connection, digest: bytes) -> None:
    """Whoever opens a request about the same address meanwhile waits for the end of `tx`; said before anything of hers is read.

    On SQLite one writes at a time anyhow.
    """
    if is_postgresql(tx):
        which = int.from_bytes(digest[:4], "big", signed=True)
        tx.execute(select(func.pg_advisory_xact_lock(_OPENING_LOCK, which)))


def add(tx: Connection, new: Asked, *, deadline_at: datetime) -> int:
    """Keep a request; returns its number."""
    row = {**asdict(new), "deadline_at": deadline_at, "state": RequestState.OPEN}
    return int(tx.execute(rights_request.insert().values(row).returning(rights_request.c.id)).scalar_one())


def find(tx: Connection, number: int, *, lock: bool = False) -> Request | None:
    """One request, or None. `lock`: nobody settles it before this transaction ends."""
    chosen = _requests().where(rights_request.c.id == number)
    row = tx.execute(chosen.with_for_update() if lock else chosen).mappings().first()
    return Request(**row) if row else None


def open_one(tx: Connection, right: Right, contact_id: int | None, digest: bytes | None) -> Request | None:
    """The open request of the same person for the same right, the oldest, or None."""
    r = rights_request.c
    hers = _hers(contact_id, [digest] if digest else [])
    chosen = _requests().where(r.right == right, r.state == RequestState.OPEN, hers).order_by(r.id).limit(1)
    row = tx.execute(chosen).mappings().first()
    return Request(**row) if row else None


def only_of_letter(tx: Connection, letter_id: int) -> Request | None:
    """The open request a reply made, or None: of several, one answer does not say which it is about."""
    r = rights_request.c
    made = _requests().where(r.letter_id == letter_id, r.state == RequestState.OPEN).with_for_update()
    rows = tx.execute(made).mappings().all()
    return Request(**rows[0]) if len(rows) == 1 else None


def open_of_letters(tx: Connection, letter_ids: Sequence[int]) -> list[Request]:
    """Every open request that these replies made, the oldest first."""
    r = rights_request.c
    chosen = _requests().where(r.letter_id.in_(letter_ids), r.state == RequestState.OPEN).order_by(r.id)
    return [Request(**row) for row in tx.execute(chosen).mappings()]


def of_person(tx: Connection, contact_id: int | None, digests: Sequence[bytes]) -> list[Request]:
    """Every request of a person, the oldest first."""
    chosen = _requests().where(_hers(contact_id, digests)).order_by(rights_request.c.id)
    return [Request(**row) for row in tx.execute(chosen).mappings()]


def waiting(tx: Connection, *, after: tuple[datetime, int] | None = None, limit: int = 50) -> list[Request]:
    """A page of open requests, the nearest deadline first: those that are late come at the top."""
    r = rights_request.c
    chosen = _requests().where(r.state == RequestState.OPEN).order_by(r.deadline_at, r.id).limit(limit)
    if after is not None:
        chosen = chosen.where(or_(r.deadline_at > after[0], (r.deadline_at == after[0]) & (r.id > after[1])))
    return [Request(**row) for row in tx.execute(chosen).mappings()]


def listed(tx: Connection, *, before: int | None = None, limit: int = 50) -> list[Request]:
    """A page of all requests, the newest first; `before`: the last one seen."""
    chosen = _requests().order_by(rights_request.c.id.desc()).limit(limit)
    if before is not None:
        chosen = chosen.where(rights_request.c.id < before)
    return [Request(**row) for row in tx.execute(chosen).mappings()]


def late(tx: Connection, at: datetime) -> int:
    """How many open requests are past their deadline."""
    r = rights_request.c
    counted = select(func.count()).select_from(rights_request).where(r.state == RequestState.OPEN, r.deadline_at <= at)
    return tx.execute(counted).scalar_one()


def settle(tx: Connection, number: int, end: Settled) -> bool:
    """open -> granted | refused, and whose it is now stays; False when it was settled already."""
    r = rights_request
    statement = update(r).where(r.c.id == number, r.c.state == RequestState.OPEN)
    values = {"state": end.state, "answer": end.answer, "answered_at": end.at, "answered_by": end.by, "contact_id": _whose()}
    return tx.execute(statement.values(values)).rowcount == 1


def extend(tx: Connection, number: int, *, at: datetime, until: datetime, why: str) -> bool:
    """The longer term; False when it was taken before, or the request is settled. Alarms begin anew."""
    r = rights_request
    once = update(r).where(r.c.id == number, r.c.state == RequestState.OPEN, r.c.extended_at.is_(None))
    values = {"extended_at": at, "extended_why": why, "deadline_at": until, "alarms": 0}
    return tx.execute(once.values(values)).rowcount == 1


def antedate(tx: Connection, number: int, *, received_at: datetime, until: datetime) -> None:
    """She had asked earlier than was known. Alarms begin anew."""
    values = {"received_at": received_at, "deadline_at": until, "alarms": 0}
    tx.execute(update(rights_request).where(rights_request.c.id == number).values(values))


def vouch(tx: Connection, number: int, identity: Identity, how: str | None) -> None:
    """Note how we know that it is she who asks."""
    tx.execute(update(rights_request).where(rights_request.c.id == number).values(identity=identity, identity_how=how))


def alarmed(tx: Connection, number: int, level: int) -> bool:
    """Note that an alarm was raised; False when one of that level was raised before."""
    r = rights_request
    lower = update(r).where(r.c.id == number, r.c.state == RequestState.OPEN, r.c.alarms < level)
    return tx.execute(lower.values(alarms=level)).rowcount == 1


def _hers(contact_id: int | None, digests: Sequence[bytes]) -> ColumnElement[bool]:
    r = rights_request.c
    found = r.digest.in_(list(digests))
    return found if contact_id is None else or_(found, r.contact_id == contact_id)


_REQUEST = tuple(Request.__dataclass_fields__)


def _requests() -> Select[Any]:
    return select(*(_whose() if name == "contact_id" else rights_request.c[name] for name in _REQUEST))


def _whose() -> ColumnElement[int | None]:
    """Whoever an open request is about: she may have come into the file after it, with the address it names."""
    r, a = rights_request.c, address.alias()
    came = select(func.min(a.c.contact_id)).where(a.c.digest == r.digest, r.state == RequestState.OPEN)
    return func.coalesce(r.contact_id, came.scalar_subquery()).label("contact_id")

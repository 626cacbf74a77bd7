"""Whose term runs out, by set; and holds, which keep named people from it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, not_, or_, select, union_all, update

from gateway.domain.consent import ConsentState, Purpose
from gateway.domain.contact import ContactClass
from gateway.domain.reply import InboxState
from gateway.domain.rights import RequestState
from gateway.store.people import hold_still
from gateway.store.tables import address, consent, contact, inbox, retention_hold, rights_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The next people of a round: looked for after the last batch, then, to act on them, found again among these."""

    at: datetime
    after: int = 0  #: number of the last one of the batch before
    among: tuple[int, ...] = ()  #: hold the rows of those of them who are still due
    limit: int = 10_000  #: looking for a page costs as much as for ten


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One person kept from erasure by terms."""

    id: int
    contact_id: int
    reason: str
    until: datetime
    placed_by: str


def held(at: datetime) -> ColumnElement[bool]:
    """The condition, on `contact`, that no term erases her now: a hold stands, or a request of hers awaits its answer.

    Hers is also a request that was opened about her address before she came into the file.
    """
    h, r, asked, a = retention_hold.c, rights_request.alias(), rights_request.alias(), address.alias()
    standing = select(h.contact_id).where(h.lifted_at.is_(None), h.until > at)
    by_number = select(r.c.contact_id).where(r.c.state == RequestState.OPEN, r.c.contact_id.is_not(None))
    by_address = select(a.c.contact_id).select_from(asked.join(a, a.c.digest == asked.c.digest))
    # Few they are: their list is made once, and not looked for person by person.
    return contact.c.id.in_(union_all(standing, by_number, by_address.where(asked.c.state == RequestState.OPEN)))


def stays(tx: Connection, contact_id: int, at: datetime) -> bool:
    """Whether a person is not to be erased now, whoever wants it but herself: held, or her data is only to be kept (RGPD 18)."""
    chosen = select(contact.c.id).where(contact.c.id == contact_id, or_(contact.c.restricted, held(at)))
    return tx.execute(chosen).first() is not None


def held_until(tx: Connection, contact_id: int, at: datetime) -> datetime | None:
    """When the last hold of a person ends; None when none stands."""
    h = retention_hold.c
    standing = select(func.max(h.until)).where(h.contact_id == contact_id, h.lifted_at.is_(None), h.until > at)
    until: datetime | None = tx.execute(standing).scalar_one()
    return until


def hold(tx: Connection, contact_id: int, *, reason: str, until: datetime, by: str, at: datetime) -> int:
    """Place a hold; returns its number. Raises NotFound when the person was erased meanwhile."""
    hold_still(tx, contact_id)
    row = {"contact_id": contact_id, "reason": reason, "until": until, "placed_at": at, "placed_by": by}
    number: int = tx.execute(insert(retention_hold).values(row).returning(retention_hold.c.id)).scalar_one()
    return number


def lift(tx: Connection, numbers: Collection[int], *, by: str, at: datetime) -> None:
    """End holds before their time."""
    tx.execute(update(retention_hold).where(retention_hold.c.id.in_(numbers)).values(lifted_at=at, lifted_by=by))


def holds_of(tx: Connection, contact_id: int, at: datetime) -> list[Hold]:
    """The holds of a person that stand, by number; nobody else lifts them meanwhile."""
    h = retention_hold.c
    hers = select(*(h[name] for name in Hold.__dataclass_fields__)).where(h.contact_id == contact_id, h.lifted_at.is_(None))
    return [Hold(**row) for row in tx.execute(hers.where(h.until > at).order_by(h.id).with_for_update()).mappings()]


def holds(tx: Connection, at: datetime) -> list[Hold]:
    """Every hold that stands, the first to end first: somebody placed each of them by hand."""
    h = retention_hold.c
    chosen = select(*(h[name] for name in Hold.__dataclass_fields__)).where(h.lifted_at.is_(None), h.until > at)
    return [Hold(**row) for row in tx.execute(chosen.order_by(h.until, h.id)).mappings()]


def locked(tx: Connection, chosen: Select[Any], batch: Batch) -> list[int]:
    """The next contacts of a choice by number; `among`: their rows are held, and those that somebody else holds are left out.

    Looking through a long file takes seconds: it is done without any lock, so that a STOP never waits for it.
    """
    if not batch.among:
        return list(tx.execute(chosen.where(contact.c.id > batch.after).order_by(contact.c.id).limit(batch.limit)).scalars())
    again = chosen.where(contact.c.id.in_(batch.among)).order_by(contact.c.id)
    return list(tx.execute(again.with_for_update(of=contact, skip_locked=True)).scalars())


def for_election(tx: Connection, ended_at: datetime, batch: Batch) -> list[int]:
    """Occasional contacts collected before an election was over who did not agree to hear more; their rows are held.

    Whoever had the use of her data restricted (RGPD 18) keeps them stored; so does whoever is under a hold.
    """
    return locked(tx, _for_election(contact.c.id, ended_at=ended_at, at=batch.at), batch)


def count_for_election(tx: Connection, ended_at: datetime, *, at: datetime) -> int:
    """How many these are."""
    return int(tx.execute(_for_election(func.count(), ended_at=ended_at, at=at)).scalar_one())


def _for_election(*columns: Any, ended_at: datetime, at: datetime) -> Select[Any]:
    c = contact.c
    agreed = exists().where(
        consent.c.contact_id == c.id,
        consent.c.purpose == Purpose.AFTER_ELECTION,
        consent.c.state == ConsentState.GRANTED,
        consent.c.evidence,
    )
    theirs = (c.contact_class == ContactClass.OCCASIONAL, c.created_at < ended_at, ~c.restricted, ~agreed, ~held(at))
    return select(*columns).select_from(contact).where(*theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Letters whose words are kept."""

    kept: int
    since: datetime | None  #: when the first of them came in
    next_at: datetime | None  #: when the next term ends


def words(tx: Connection, at: datetime, *, unsettled: bool) -> Words:
    """How many letters still have their words, and until when.

    unsettled: those past their term that wait for somebody, since one may be an objection nobody has read; else all others.
    """
    i = inbox.c
    waits = and_(i.keep_until <= at, i.state == InboxState.OPEN)
    there = or_(i.text.is_not(None), i.body.is_not(None)), i.keep_until.is_not(None), waits if unsettled else not_(waits)
    columns = (
        func.count().label("kept"),
        func.min(i.kept_at).label("since"),
        func.min(i.keep_until).label("next_at"),
    )
    return Words(**tx.execute(select(*columns).where(*there)).mappings().one())

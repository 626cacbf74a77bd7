"""Who was asked for consent (rule consent-request-once): a mark made with the verdict, unique by person and by address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, or_, select, update

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState, Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.store.engine import upsert
from gateway.store.facts import REACHED
from gateway.store.retaining import held
from gateway.store.tables import consent, consent_request, contact, message, origin


class Request(NamedTuple):
    """One request about to leave."""

    message_id: int
    contact_id: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """An occasional contact who was asked, and has not said yes."""

    contact_id: int
    asked_at: datetime
    collection: Collection


def mark(tx: Connection, wanted: Sequence[Request], *, at: datetime) -> set[int]:
    """Mark these people as asked; returns the messages that may ask. The others come second: to the person, or to the address.

    A mark whose message never left (it was put off, withheld or refused by its server) counts for nothing, and gives way.
    """
    if not wanted:
        return set()
    r, m = consent_request.c, message.c
    theirs = or_(r.contact_id.in_([one.contact_id for one in wanted]), r.digest.in_([one.digest for one in wanted]))
    never_left = exists().where(m.id == r.message_id, m.state.not_in(REACHED))
    tx.execute(delete(consent_request).where(theirs, never_left))
    # In one order on every worker: whoever waits for the other's mark holds none that the other waits for.
    rows = [one._asdict() | {"asked_at": at} for one in sorted(wanted, key=lambda one: (one.contact_id, one.digest))]
    statement = upsert(tx, consent_request).on_conflict_do_nothing().returning(r.message_id)
    return {row[0] for row in tx.execute(statement, rows)}


def refused(tx: Connection, digest: bytes, *, at: datetime) -> None:
    """Note that whoever was asked at this address said no: it outlives her erasure, as the mark does."""
    tx.execute(update(consent_request).where(consent_request.c.digest == digest).values(refused_at=at))


def forget_unanswered(tx: Connection) -> None:
    """Ask people anew who were asked in a trial; whoever said no is still not asked."""
    tx.execute(delete(consent_request).where(consent_request.c.refused_at.is_(None)))


def asked(tx: Connection, contact_id: int) -> datetime | None:
    """When this person was asked, or None."""
    found: datetime | None = tx.execute(
        select(consent_request.c.asked_at).where(consent_request.c.contact_id == contact_id)
    ).scalar_one_or_none()
    return found


def count_unanswered(tx: Connection, at: datetime) -> dict[OriginKind, int]:
    """How many answers are awaited, by kind of origin. Asks once, and not at all as long as nobody was asked for consent."""
    if tx.execute(select(consent_request.c.message_id).limit(1)).first() is None:
        return {}
    chosen = _unanswered(origin.c.kind, func.count(), at=at).group_by(origin.c.kind)
    return {row[0]: row[1] for row in tx.execute(chosen.order_by(origin.c.kind))}


def unanswered(
    tx: Connection, kind: OriginKind, *, at: datetime, limit: int, after: Unanswered | None = None, lock: bool = False
) -> list[Unanswered]:
    """People of one kind of origin whose answer is awaited, those asked longest ago first; after: the last one of a batch before.

    lock: hold their rows until the transaction ends, and leave out those that somebody else holds.
    """
    r = consent_request.c
    columns = (r.contact_id, r.asked_at, origin.c.collection)
    chosen = _unanswered(*columns, at=at).where(origin.c.kind == kind)
    if after is not None:
        # Marks of whoever was erased stay: without this each batch would pass all of them again.
        later = and_(r.asked_at == after.asked_at, r.contact_id > after.contact_id)
        chosen = chosen.where(r.asked_at >= after.asked_at, or_(r.asked_at > after.asked_at, later))
    chosen = chosen.order_by(r.asked_at, r.contact_id).limit(limit)
    if lock:
        chosen = chosen.with_for_update(of=contact, skip_locked=True)
    return [Unanswered(**row) for row in tx.execute(chosen).mappings()]


def refusing(tx: Connection, *, at: datetime, limit: int) -> list[int]:
    """Occasional contacts who said no to the question and are still on file; their rows are held until the transaction ends."""
    chosen = _unanswered(consent_request.c.contact_id, at=at).where(consent_request.c.refused_at.is_not(None))
    chosen = chosen.order_by(consent_request.c.contact_id).limit(limit).with_for_update(of=contact, skip_locked=True)
    return list(tx.execute(chosen).scalars())


def _unanswered(*columns: Any, at: datetime) -> Select[Any]:
    # Whoever had the use of her data restricted (RGPD 18) keeps them stored until she says otherwise; a hold keeps them too.
    r, m, c = consent_request.c, message.c, contact.c
    left: ColumnElement[bool] = ~exists().where(m.id == r.message_id, m.state.not_in(REACHED))
    agreed = exists().where(
        consent.c.contact_id == c.id,
        consent.c.medium == Medium.EMAIL,
        consent.c.purpose == Purpose.POLITICAL,
        consent.c.state == ConsentState.GRANTED,
    )
    source = consent_request.join(contact, c.id == r.contact_id).join(origin, origin.c.id == c.origin_id)
    return (
        select(*columns)
        .select_from(source)
        .where(and_(c.contact_class == ContactClass.OCCASIONAL, ~c.restricted, ~held(at), left, ~agreed))
    )

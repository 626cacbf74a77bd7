"""Contacts as they are shown: one person whole, a page of people, everybody in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, exists, select, update

from gateway.domain.address import AddressState
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState, Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.message import MessageState
from gateway.store.matching import objection_covers
from gateway.store.tables import address, campaign, consent, contact, import_batch, message, origin, tag

_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """What is known of one person, and where it comes from."""

    contact_id: int
    contact_class: ContactClass
    given_name: str
    family_name: str
    birth_on: date | None
    postcode: str
    commune: str
    territory: str
    polling_station: str
    polling_label: str
    language: str
    restricted: bool
    created_at: datetime
    origin_kind: OriginKind
    origin_label: str
    collection: Collection
    collected_on: date | None
    collector: str | None
    file_name: str | None
    imported_at: datetime | None
    imported_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressView:
    """One address of a person."""

    medium: Medium
    value: str
    digest: bytes
    state: AddressState
    state_reason: str | None  #: an AddressCause
    state_at: datetime | None
    state_code: str | None
    state_reply: str | None
    failures: int  #: letters in a row that could not be delivered
    failed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message to a person."""

    message_id: int
    campaign: str
    state: MessageState
    because: str | None
    due_at: datetime
    handed_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLine:
    """One line of a list of contacts, by one channel."""

    contact_id: int
    address: str
    given_name: str
    family_name: str
    contact_class: ContactClass
    postcode: str
    commune: str
    territory: str
    language: str
    address_state: AddressState
    consent: ConsentState  #: to political messages by this channel
    objected: bool
    restricted: bool  #: only kept (RGPD 18)
    origin_label: str
    collected_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """One line of a list of people of whom there is no address at all: those of an electoral roll."""

    contact_id: int
    given_name: str
    family_name: str
    contact_class: ContactClass
    postcode: str
    commune: str
    polling_station: str
    polling_label: str
    origin_label: str
    collected_on: date | None


def find(tx: Connection, digest: bytes, medium: Medium) -> int | None:
    """The contact who holds an address, or None."""
    chosen = select(address.c.contact_id).where(address.c.digest == digest, address.c.medium == medium)
    return tx.execute(chosen).scalar_one_or_none()


def view(tx: Connection, contact_id: int) -> PersonView | None:
    """One person, or None."""
    c, o, b = contact.c, origin.c, import_batch.c
    who = (c.contact_class, c.given_name, c.family_name, c.birth_on)
    where = (c.postcode, c.commune, c.territory, c.polling_station, c.polling_label)
    own = (*who, *where, c.language, c.restricted)
    chosen = (
        select(
            c.id.label("contact_id"),
            *own,
            c.created_at,
            o.kind.label("origin_kind"),
            o.label.label("origin_label"),
            o.collection,
            o.collected_on,
            o.collector,
            b.file_name,
            b.at.label("imported_at"),
            b.operator.label("imported_by"),
        )
        .select_from(contact.join(origin, o.id == c.origin_id).outerjoin(import_batch, b.id == c.batch_id))
        .where(c.id == contact_id)
    )
    row = tx.execute(chosen).mappings().first()
    return PersonView(**row) if row else None


def addresses(tx: Connection, contact_id: int) -> list[AddressView]:
    """Every address of a person."""
    a = address.c
    condition = (a.state, a.state_reason, a.state_at, a.state_code, a.state_reply, a.failures, a.failed_at)
    chosen = select(a.medium, a.value, a.digest, *condition).where(a.contact_id == contact_id)
    return [AddressView(**row) for row in tx.execute(chosen.order_by(a.medium, a.id)).mappings()]


def tags(tx: Connection, contact_id: int) -> list[str]:
    """Tags of a person."""
    return list(tx.execute(select(tag.c.name).where(tag.c.contact_id == contact_id).order_by(tag.c.name)).scalars())


def messages(tx: Connection, contact_id: int, *, limit: int) -> list[MessageView]:
    """The last messages to a person, newest first."""
    m = message.c
    columns = (
        m.id.label("message_id"),
        campaign.c.name.label("campaign"),
        m.state,
        m.because,
        m.due_at,
        m.handed_at,
        m.settled_at,
    )
    chosen = select(*columns).join(campaign, campaign.c.id == m.campaign_id).where(m.contact_id == contact_id)
    return [MessageView(**row) for row in tx.execute(chosen.order_by(m.id.desc()).limit(limit)).mappings()]


def page(
    tx: Connection, medium: Medium, *, classes: Sequence[ContactClass] = (), after: int = 0, limit: int = 50
) -> list[ContactLine]:
    """A page of people with an address on a channel, in order of contact id, after a given one."""
    chosen = _lines(medium, classes).where(contact.c.id > after).limit(limit)
    return [_line(row) for row in tx.execute(chosen).mappings()]


def without_address(
    tx: Connection, *, classes: Sequence[ContactClass] = (), after: int = 0, limit: int = 50
) -> list[Unreachable]:
    """A page of people without any address or number, in order of contact id, after a given one."""
    c, o = contact.c, origin.c
    own = (c.given_name, c.family_name, c.contact_class, c.postcode, c.commune, c.polling_station, c.polling_label)
    chosen = (
        select(c.id.label("contact_id"), *own, o.label.label("origin_label"), o.collected_on)
        .select_from(contact.join(origin, o.id == c.origin_id))
        .where(_wanted(classes), c.id > after, ~exists().where(address.c.contact_id == c.id))
    )
    return [Unreachable(**row) for row in tx.execute(chosen.order_by(c.id).limit(limit)).mappings()]


def everybody(tx: Connection, medium: Medium, *, classes: Sequence[ContactClass] = ()) -> Iterator[list[ContactLine]]:
    """Everybody with an address on a channel, restricted or not, by batches, in constant memory."""
    for rows in tx.execute(_lines(medium, classes), execution_options={"yield_per": _ROWS_AT_ONCE}).mappings().partitions():
        yield [_line(row) for row in rows]


def _lines(medium: Medium, classes: Sequence[ContactClass]) -> Select[Any]:
    c, a, k, o = contact.c, address.c, consent.c, origin.c
    political = and_(k.contact_id == c.id, k.medium == medium, k.purpose == Purpose.POLITICAL)
    objected: ColumnElement[bool] = objection_covers(a.digest, medium)
    columns = (
        c.id.label("contact_id"),
        a.value.label("address"),
        *(c.given_name, c.family_name, c.contact_class, c.postcode, c.commune, c.territory, c.language),
        a.state.label("address_state"),
        k.state.label("consent"),
        objected.label("objected"),
        c.restricted,
        o.label.label("origin_label"),
        o.collected_on,
    )
    source = (
        contact.join(address, and_(a.contact_id == c.id, a.medium == medium))
        .join(origin, o.id == c.origin_id)
        .outerjoin(consent, political)
    )
    return select(*columns).select_from(source).where(_wanted(classes)).order_by(c.id, a.id)


def _wanted(classes: Sequence[ContactClass]) -> ColumnElement[bool]:
    """Whether a contact is of these classes; of every class but the team, where none is named."""
    return contact.c.contact_class.in_(classes) if classes else contact.c.contact_class != ContactClass.TEAM


def _line(row: RowMapping) -> ContactLine:
    return ContactLine(**{**row, "consent": row["consent"] or ConsentState.NONE, "objected": bool(row["objected"])})


def promote(tx: Connection, contact_id: int) -> bool:
    """occasional -> regular, on a positive act of the person (rule contact-class); False when she was not occasional."""
    statement = update(contact).where(contact.c.id == contact_id, contact.c.contact_class == ContactClass.OCCASIONAL)
    return tx.execute(statement.values(contact_class=ContactClass.REGULAR)).rowcount == 1

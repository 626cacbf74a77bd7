"""Writing what was matched: new contacts, blanks filled, tags, promotions. A few statements, whatever the length of the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, insert, literal, select, update

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, Purpose
from gateway.domain.contact import ContactClass
from gateway.store.matching import Standing, fillable, new_tags
from gateway.store.staging import FILLED_TOGETHER, is_blank, staged_consent, staged_person, staged_row
from gateway.store.tables import address, contact, person_key, tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is the same for everybody in a file."""

    medium: Medium
    contact_class: ContactClass
    language: str  #: of people whose language the file does not say
    origin_id: int
    batch_id: int
    at: datetime


def add_new(tx: Connection, arrival: Arrival) -> None:
    """Write contact, key and address of everybody new."""
    r, p = staged_row, staged_person
    new = p.join(r, r.c.line == p.c.line)
    is_new = p.c.standing == Standing.NEW
    people = (
        select(
            p.c.contact_id,
            literal(arrival.contact_class.value),
            r.c.given_name,
            r.c.family_name,
            r.c.birth_on,
            r.c.postcode,
            r.c.commune,
            r.c.territory,
            func.coalesce(func.nullif(r.c.language, ""), arrival.language),
            literal(arrival.origin_id),
            literal(arrival.batch_id),
            literal(arrival.at, contact.c.created_at.type),
        )
        .select_from(new)
        .where(is_new)
        .order_by(p.c.line)
    )
    columns = "id contact_class given_name family_name birth_on postcode commune territory language origin_id batch_id created_at"
    tx.execute(insert(contact).from_select(columns.split(), people))
    keys = select(p.c.contact_id, r.c.key).select_from(new).where(is_new).order_by(p.c.line)
    tx.execute(insert(person_key).from_select(["contact_id", "key"], keys))
    addresses = (
        select(p.c.contact_id, literal(arrival.medium.value), r.c.value, r.c.typed, r.c.domain, r.c.digest)
        .select_from(new)
        .where(is_new)
        .order_by(p.c.line)
    )
    tx.execute(insert(address).from_select(["contact_id", "medium", "value", "typed", "domain", "digest"], addresses))


def fill_blanks(tx: Connection) -> None:
    """Give known contacts what they lack and the file has; what they have is never overwritten."""
    r, p = staged_row, staged_person
    values: dict[str, ColumnElement[Any]] = {}
    for names in FILLED_TOGETHER:
        lacks = and_(is_blank(contact, names), ~is_blank(r, names))
        values |= {name: case((lacks, r.c[name]), else_=contact.c[name]) for name in names}
    statement = update(contact).values(values)
    chosen = statement.where(contact.c.id == p.c.contact_id, r.c.line == p.c.line, p.c.standing == Standing.KNOWN, fillable())
    tx.execute(chosen)


def add_tags(tx: Connection) -> None:
    """Put the file's tags on people who may carry some."""
    tx.execute(insert(tag).from_select(["contact_id", "name"], new_tags()))


def promoted(tx: Connection) -> int:
    """How many occasional contacts this file's consents would make regular ones: see promote."""
    return tx.execute(select(func.count()).select_from(contact).where(_may_be_promoted())).scalar_one()


def promote(tx: Connection) -> None:
    """occasional -> regular for those whose agreement, with its evidence, is being recorded (rule contact-class)."""
    tx.execute(update(contact).where(_may_be_promoted()).values(contact_class=ContactClass.REGULAR))


def _may_be_promoted() -> ColumnElement[bool]:
    agreed = select(staged_consent.c.contact_id).where(
        staged_consent.c.act == ConsentAct.GRANTED.value, staged_consent.c.purpose == Purpose.POLITICAL.value
    )
    return and_(contact.c.contact_class == ContactClass.OCCASIONAL, contact.c.id.in_(agreed))

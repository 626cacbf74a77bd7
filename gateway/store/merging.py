"""Writing what was matched: new contacts, addresses, blanks filled, tags, promotions. A few statements for each part.

What changes on people who were known is kept beside the batch (`import_change`, and the batch of each address and tag), so that
it can be undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, insert, literal, null, select, true, update

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, Purpose
from gateway.domain.contact import ContactClass
from gateway.store.engine import is_postgresql, upsert
from gateway.store.matching import WELCOME, Standing, fillable, known_rows, new_tags
from gateway.store.staged import staged_address, staged_consent, staged_person, staged_row
from gateway.store.staging import FILLED_TOGETHER, Part, is_blank, within
from gateway.store.tables import address, contact, contact_origin, import_change, person_key, tag

_FILLED = tuple(name for names in FILLED_TOGETHER for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is the same for everybody in a file."""

    contact_class: ContactClass
    language: str  #: of people whose language the file does not say
    origin_id: int
    batch_id: int
    at: datetime


def add_new(tx: Connection, part: Part, arrival: Arrival) -> None:
    """Write contact and key of everybody new."""
    r, p = staged_row, staged_person
    new = p.join(r, and_(r.c.line == p.c.line, within(part)))
    is_new = p.c.standing == Standing.NEW
    same = {
        "contact_class": literal(arrival.contact_class.value),
        "language": func.coalesce(func.nullif(r.c.language, ""), arrival.language),
        "origin_id": literal(arrival.origin_id),
        "batch_id": literal(arrival.batch_id),
        "created_at": literal(arrival.at, contact.c.created_at.type),
    }
    told = [r.c[name] for name in (*_FILLED, "roll_digest")]
    people = select(p.c.contact_id, *told, *same.values()).select_from(new).where(is_new).order_by(p.c.line)
    tx.execute(insert(contact).from_select(["id", *_FILLED, "roll_digest", *same], people))
    keys = select(p.c.contact_id, r.c.key).select_from(new).where(is_new).order_by(p.c.line)
    tx.execute(insert(person_key).from_select(["contact_id", "key"], keys))


def add_addresses(tx: Connection, arrival: Arrival) -> None:
    """Write the addresses that are taken and that nobody holds yet."""
    s, p = staged_address, staged_person
    fresh = (
        select(p.c.contact_id, s.c.medium, s.c.value, s.c.typed, s.c.domain, s.c.digest, literal(arrival.batch_id))
        .select_from(s.join(p, p.c.line == s.c.person))
        .where(p.c.standing.in_(WELCOME), s.c.fate.is_(None), s.c.holder.is_(None))
        # Landlines first: of several the newest is called, and a mobile is the person's own where a household answers a landline.
        # On SQLite the index is larger than the cache: rows in the order of their digests share its pages.
        .order_by(*((p.c.contact_id, s.c.slot) if is_postgresql(tx) else (s.c.slot != "landline", s.c.digest)))
    )
    tx.execute(insert(address).from_select(["contact_id", "medium", "value", "typed", "domain", "digest", "batch_id"], fresh))


def addresses_of_known() -> Select[int, Medium, bytes]:
    """Person, channel and digest of what `add_addresses` gives people who were known before."""
    s, p = staged_address.c, staged_person.c
    given = select(p.contact_id, s.medium, s.digest).select_from(staged_address.join(staged_person, p.line == s.person))
    return given.where(p.standing == Standing.KNOWN, s.fate.is_(None), s.holder.is_(None))


def meet_again(tx: Connection, arrival: Arrival) -> None:
    """Record that known people are in this file, too; whoever was set aside after an undo is with us again, by this file."""
    p, c = staged_person, contact
    met = (
        select(
            p.c.contact_id, literal(arrival.batch_id), literal(arrival.origin_id), literal(arrival.at, contact_origin.c.at.type)
        )
        .distinct()
        .where(p.c.standing == Standing.KNOWN)
    )
    columns = ["contact_id", "batch_id", "origin_id", "at"]
    tx.execute(upsert(tx, contact_origin).from_select(columns, met).on_conflict_do_nothing())
    returning = and_(p.c.contact_id == c.c.id, p.c.standing == Standing.KNOWN, c.c.set_aside.is_(true()))
    back = {"set_aside": False, "origin_id": arrival.origin_id, "batch_id": arrival.batch_id}
    tx.execute(update(c).where(returning).values({**back, "contact_class": arrival.contact_class}))


def fill_blanks(tx: Connection, part: Part, arrival: Arrival) -> None:
    """Give known contacts what they lack and the file has; what they have is never overwritten."""
    r, p = staged_row, staged_person
    lacks = {names: and_(is_blank(contact, names), ~is_blank(r, names)) for names in FILLED_TOGETHER}
    filled = {name: case((lack, r.c[name]), else_=null()) for names, lack in lacks.items() for name in names}
    changes = (
        select(p.c.contact_id, literal(arrival.batch_id), *filled.values(), literal(False))
        .select_from(known_rows(part))
        .where(p.c.standing == Standing.KNOWN, fillable())
    )
    kept = upsert(tx, import_change).from_select(["contact_id", "batch_id", *filled, "promoted"], changes)
    tx.execute(kept.on_conflict_do_nothing())
    values: dict[str, ColumnElement[Any]] = {
        name: case((lack, r.c[name]), else_=contact.c[name]) for names, lack in lacks.items() for name in names
    }
    statement = update(contact).values(values)
    theirs = (contact.c.id == p.c.contact_id, r.c.line == p.c.line, within(part), p.c.standing == Standing.KNOWN)
    tx.execute(statement.where(*theirs, fillable()))


def add_tags(tx: Connection, part: Part, arrival: Arrival) -> None:
    """Put the file's tags on people who may carry some."""
    fresh = new_tags(part).add_columns(literal(arrival.batch_id))
    tx.execute(insert(tag).from_select(["contact_id", "name", "batch_id"], fresh))


def promoted(tx: Connection) -> int:
    """How many occasional contacts this part's consents would make regular ones: see promote."""
    return tx.execute(select(func.count()).select_from(contact).where(_may_be_promoted())).scalar_one()


def promote(tx: Connection, arrival: Arrival) -> None:
    """occasional -> regular for those whose agreement, with its evidence, is being recorded (rule contact-class)."""
    blank = {name: null() for name in _FILLED}
    them = select(contact.c.id, literal(arrival.batch_id), *blank.values(), literal(True)).where(_may_be_promoted())
    kept = upsert(tx, import_change).from_select(["contact_id", "batch_id", *blank, "promoted"], them)
    tx.execute(kept.on_conflict_do_update(index_elements=["contact_id", "batch_id"], set_={"promoted": True}))
    tx.execute(update(contact).where(_may_be_promoted()).values(contact_class=ContactClass.REGULAR))


def _may_be_promoted() -> ColumnElement[bool]:
    agreed = select(staged_consent.c.contact_id).where(
        staged_consent.c.act == ConsentAct.GRANTED.value, staged_consent.c.purpose == Purpose.POLITICAL.value
    )
    return and_(contact.c.contact_class == ContactClass.OCCASIONAL, contact.c.id.in_(agreed))

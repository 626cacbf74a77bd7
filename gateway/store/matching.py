"""Who is behind the lines of a file: somebody new, somebody known, or somebody who must be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, or_, select, text

from gateway.domain.channel import Medium
from gateway.domain.contact import ContactClass
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionKind
from gateway.store.engine import is_postgresql
from gateway.store.staging import FILLED_TOGETHER, OBJECTS, is_blank, staged_consent, staged_person, staged_row, staged_tag
from gateway.store.tables import address, contact, suppression, tag

#: Advisory lock of PostgreSQL under which people enter the store: two files at once would both find the same person new.
_PEOPLE_LOCK = 7_263_001


class Standing(StrEnum):
    """What an address of the file is to us."""

    NEW = "new"
    KNOWN = "known"
    RESTRICTED = "restricted"  #: known, and her data is only kept (RGPD 18)
    OBJECTED = "objected"  #: on the opposition list (rule suppression-checked-on-import)
    OBJECTS = "objects"  #: the file itself says that she objects


#: Standings under which a line changes something about a contact.
WELCOME = (Standing.NEW, Standing.KNOWN)


def lock_people(tx: Connection) -> None:
    """Let one transaction at a time add people. On SQLite a transaction that writes is alone anyway."""
    if is_postgresql(tx):
        tx.execute(select(func.pg_advisory_xact_lock(_PEOPLE_LOCK)))


def match(tx: Connection, medium: Medium, *, assign: bool) -> None:
    """Find who holds each address of the file. Those who are new get their number, or, when not `assign`, a negative stand-in."""
    r, a, c = staged_row, address, contact
    standing = case(
        (r.c.act == OBJECTS, Standing.OBJECTS.value),
        (objection_covers(r.c.digest, medium), Standing.OBJECTED.value),
        (a.c.contact_id.is_(None), Standing.NEW.value),
        (c.c.restricted, Standing.RESTRICTED.value),
        else_=Standing.KNOWN.value,
    )
    number = _next_number(tx) if assign else -r.c.line
    matched = (
        select(r.c.line, func.coalesce(a.c.contact_id, number), standing)
        .select_from(r.outerjoin(a, and_(a.c.digest == r.c.digest, a.c.medium == medium)).outerjoin(c, c.c.id == a.c.contact_id))
        .where(r.c.twin_of.is_(None))
        .order_by(r.c.line)
    )
    tx.execute(insert(staged_person).from_select(["line", "contact_id", "standing"], matched))
    if is_postgresql(tx):
        tx.execute(text("ANALYZE staged_person"))


def objection_covers(digest: ColumnElement[bytes], medium: Medium) -> ColumnElement[bool]:
    """Whether an objection stands on the opposition list for an address and a channel."""
    return exists().where(
        suppression.c.digest == digest,
        suppression.c.medium.in_((medium.value, EVERY_MEDIUM)),
        suppression.c.kind == SuppressionKind.OBJECTION,
    )


def standings(tx: Connection) -> Mapping[Standing, int]:
    """How many addresses of the file have each standing."""
    p = staged_person
    found = {row[0]: row[1] for row in tx.execute(select(p.c.standing, func.count()).group_by(p.c.standing))}
    return {standing: found.get(standing.value, 0) for standing in Standing}


def sample_lines(tx: Connection, standing: Standing, most: int) -> tuple[int, ...]:
    """The first lines of the file whose address has a standing."""
    p = staged_person
    return tuple(tx.execute(select(p.c.line).where(p.c.standing == standing).order_by(p.c.line).limit(most)).scalars())


def changing(tx: Connection) -> int:
    """How many known people the file adds something to: a blank filled, a tag, an entry in the ledger of consent."""
    tagged = new_tags().subquery()
    entered = select(staged_consent.c.contact_id)
    changed = or_(fillable(), contact.c.id.in_(entered), contact.c.id.in_(select(tagged.c.contact_id)))
    source = known_rows()
    return tx.execute(
        select(func.count()).select_from(source).where(staged_person.c.standing == Standing.KNOWN, changed)
    ).scalar_one()


def differing(tx: Connection) -> int:
    """How many known people the file describes otherwise than we do; what we have is kept."""
    r, c = staged_row, contact

    def other(mine: ColumnElement[Any], theirs: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(mine != "", theirs != "", mine != theirs)

    differs = or_(
        other(c.c.given_name, r.c.given_name),
        other(c.c.family_name, r.c.family_name),
        other(c.c.postcode, r.c.postcode),
        other(c.c.commune, r.c.commune),
        c.c.birth_on != r.c.birth_on,
    )
    source = known_rows()
    return tx.execute(
        select(func.count()).select_from(source).where(staged_person.c.standing == Standing.KNOWN, differs)
    ).scalar_one()


def known_rows() -> Any:
    """Lines of the file beside the contact each is about."""
    r, p = staged_row, staged_person
    return p.join(r, r.c.line == p.c.line).join(contact, contact.c.id == p.c.contact_id)


def fillable() -> ColumnElement[bool]:
    """Whether a line says something that the contact it is about leaves blank."""
    return or_(*(and_(is_blank(contact, names), ~is_blank(staged_row, names)) for names in FILLED_TOGETHER))


def new_tags() -> Any:
    """(contact_id, name) of the tags the file adds; never on an occasional contact (rule occasional-no-tags)."""
    r, p, t = staged_row, staged_person, staged_tag
    return (
        select(p.c.contact_id, t.c.name)
        .distinct()
        .select_from(
            t.join(r, r.c.line == t.c.line)
            .join(p, p.c.line == func.coalesce(r.c.twin_of, r.c.line))
            .join(contact, contact.c.id == p.c.contact_id)
            .outerjoin(tag, and_(tag.c.contact_id == p.c.contact_id, tag.c.name == t.c.name))
        )
        .where(
            p.c.standing.in_(WELCOME),
            contact.c.contact_class != ContactClass.OCCASIONAL,
            tag.c.name.is_(None),
        )
    )


def _next_number(tx: Connection) -> ColumnElement[int]:
    """The number of a new contact. Never one that was given before: messages of an erased person still bear hers."""
    if is_postgresql(tx):
        sequence = tx.execute(select(func.pg_get_serial_sequence("contact", "id"))).scalar_one()
        return func.nextval(sequence)
    last = text(
        "SELECT max((SELECT coalesce(max(id), 0) FROM contact),"
        " (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'contact'))"
    )
    return literal(tx.execute(last).scalar_one()) + staged_row.c.line

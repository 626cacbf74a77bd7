"""What a matched part of a file comes to: how many people have which standing, and the first lines of each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, union

from gateway.store.matching import WELCOME, Fate, Standing, fillable, known_rows, new_tags
from gateway.store.staged import staged_address, staged_consent, staged_person, staged_row
from gateway.store.staging import ACTS, OBJECTS, Part, within
from gateway.store.tables import address, contact


def standings(tx: Connection) -> Mapping[Standing, int]:
    """How many people of the part have each standing."""
    p = staged_person
    found = {row[0]: row[1] for row in tx.execute(select(p.c.standing, func.count()).group_by(p.c.standing))}
    return {standing: found.get(standing.value, 0) for standing in Standing}


def sample_lines(tx: Connection, standing: Standing, most: int) -> tuple[int, ...]:
    """The first lines of the part whose person has a standing."""
    p = staged_person
    return tuple(tx.execute(select(p.c.line).where(p.c.standing == standing).order_by(p.c.line).limit(most)).scalars())


def lost(tx: Connection, fate: Fate) -> int:
    """How many people of the part are taken without an address of theirs, for one reason."""
    s, p = staged_address, staged_person
    chosen = select(func.count(s.c.person.distinct())).select_from(s.join(p, p.c.line == s.c.person))
    return tx.execute(chosen.where(s.c.fate == fate.value, p.c.standing.in_(WELCOME))).scalar_one()


def doubted(tx: Connection) -> dict[str, int]:
    """How many people of the part have an address that somebody else holds, by slot: of a mobile once, not by channel."""
    s, p = staged_address, staged_person
    chosen = select(s.c.slot, func.count(s.c.person.distinct())).select_from(s.join(p, p.c.line == s.c.person))
    theirs = p.c.standing.in_((*WELCOME, Standing.DOUBTFUL))
    return {row[0]: row[1] for row in tx.execute(chosen.where(s.c.fate == Fate.DOUBTFUL.value, theirs).group_by(s.c.slot))}


def lost_lines(tx: Connection, fate: Fate, most: int, *, left: bool = False) -> tuple[tuple[int, str], ...]:
    """The first (line, slot) of the part whose address is not taken for one reason, of people who are taken without it.

    left: of those who are left out for it, too.
    """
    s, p = staged_address, staged_person
    theirs = p.c.standing.in_((*WELCOME, Standing.DOUBTFUL) if left else WELCOME)
    chosen = select(s.c.person, s.c.slot).distinct().select_from(s.join(p, p.c.line == s.c.person))
    found = tx.execute(chosen.where(s.c.fate == fate.value, theirs).order_by(s.c.person, s.c.slot).limit(most))
    return tuple((row[0], row[1]) for row in found)


def objecting(tx: Connection, part: Part, most: int) -> tuple[int, tuple[int, ...]]:
    """How many people of the part the file says object to some channel, at an address of its own or at one we have; the first."""
    s, r, p, a = staged_address, staged_row, staged_person, address
    if not tx.execute(select(exists().where(within(part), or_(*(r.c[act] == OBJECTS for act in ACTS.values()))))).scalar_one():
        return 0, ()
    here = select(s.c.person.label("person")).where(s.c.fate == Fate.OBJECTS.value)
    held = (
        select(p.c.line)
        .select_from(r.join(p, p.c.line == r.c.person).join(a, and_(a.c.contact_id == p.c.contact_id, a.c.medium == medium)))
        .where(within(part), r.c[act] == OBJECTS)
        for medium, act in ACTS.items()
    )
    them = union(here, *held).subquery().c.person
    first = tx.execute(select(them).order_by(them).limit(most)).scalars()
    return tx.execute(select(func.count(them))).scalar_one(), tuple(first)


def changing(tx: Connection, part: Part) -> Iterable[int]:
    """Lines of known people the file adds something to: a blank filled, an address, a tag, an entry in the ledger of consent."""
    tagged = new_tags(part).subquery()
    entered = select(staged_consent.c.contact_id)
    addressed = select(staged_address.c.person).where(staged_address.c.fate.is_(None), staged_address.c.holder.is_(None))
    changed = or_(
        fillable(),
        contact.c.id.in_(entered),
        contact.c.id.in_(select(tagged.c.contact_id)),
        staged_person.c.line.in_(addressed),
    )
    chosen = select(staged_person.c.line).select_from(known_rows(part)).where(staged_person.c.standing == Standing.KNOWN, changed)
    return tx.execute(chosen.order_by(staged_person.c.line)).scalars()


def differing(tx: Connection, part: Part) -> int:
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
    source = known_rows(part)
    return tx.execute(
        select(func.count()).select_from(source).where(staged_person.c.standing == Standing.KNOWN, differs)
    ).scalar_one()

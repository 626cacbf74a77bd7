"""Who is behind the lines of a file: somebody new, somebody known, or somebody who must be left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Join,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    update,
)

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct
from gateway.domain.contact import ContactClass
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionKind
from gateway.store.bulk import analyze, bulk_insert
from gateway.store.engine import is_postgresql, next_of_sequence
from gateway.store.folding import same_person, two_people
from gateway.store.staged import staged_address, staged_doubt, staged_person, staged_row, staged_tag
from gateway.store.staging import ACTS, FILLED_TOGETHER, OBJECTS, SLOTS, Part, Slot, is_blank, within
from gateway.store.tables import address, contact, suppression, tag

#: Advisory lock of PostgreSQL under which people enter the store: two files at once would both find the same person new.
_PEOPLE_LOCK = 7_263_001
#: Of the one long file whose parts are written side by side.
_FILE_LOCK = 7_263_011
#: Of the part of it that meets people who are with us already.
_MET_LOCK = 7_263_012


class Standing(StrEnum):
    """What a person of the file is to us."""

    NEW = "new"
    KNOWN = "known"
    RESTRICTED = "restricted"  #: known, and her data is only kept (RGPD 18)
    OBJECTED = "objected"  #: nothing of her is taken: she is on the opposition list (rule suppression-checked-on-import)
    OBJECTS = "objects"  #: nothing of her is taken: the file itself says that she objects
    DOUBTFUL = "doubtful"  #: her only number is somebody else's


class Fate(StrEnum):
    """Why an address of the file is not taken."""

    BARRED = "barred"  #: an objection to every channel
    OBJECTED = "objected"  #: an objection to this channel, at this address or at another one of hers
    OBJECTS = "objects"  #: the file says so itself
    DOUBTFUL = "doubtful"  #: somebody else has it


#: Standings under which a line changes something about a contact.
WELCOME = (Standing.NEW, Standing.KNOWN)


def lock_people(tx: Connection, *, beside: bool = False) -> None:
    """Let one transaction at a time add people; beside: another part of the same file, too, and nobody else.

    On SQLite a transaction that writes is alone anyway.
    """
    if is_postgresql(tx):
        tx.execute(select((func.pg_advisory_xact_lock_shared if beside else func.pg_advisory_xact_lock)(_PEOPLE_LOCK)))


def may_be_beside(tx: Connection) -> bool:
    """Whether parts of this file may be written side by side. Of one file at a time they may, as long as `tx` is connected."""
    return is_postgresql(tx) and bool(tx.execute(select(func.pg_try_advisory_lock(_FILE_LOCK))).scalar_one())


def meets_anybody(tx: Connection) -> bool:
    """Whether the part, once matched, names anybody who is with us already."""
    held = exists().where(staged_address.c.holder.is_not(None))
    known = exists().where(staged_person.c.standing == Standing.KNOWN)
    return bool(tx.execute(select(or_(held, known))).scalar_one())


def lock_met(tx: Connection) -> None:
    """Of parts side by side, let one at a time change people who are with us already: two of them may name the same person.

    The part is matched after it, not before: another one may just have changed them.
    """
    tx.execute(select(func.pg_advisory_xact_lock(_MET_LOCK)))


def match(tx: Connection, part: Part, slots: Sequence[Slot] = SLOTS, *, assign: bool, further: bool = False) -> None:
    """Find who holds each address of a part. Those who are new get their number, or, when not `assign`, a negative stand-in.

    slots: those the file has anything in. A person is found by any of her addresses: by email, then mobile, then landline;
    a number held by somebody with another name is a household's, and is not taken; nor is an address of a channel to which she
    objected at another one. Without slots the file is an electoral roll, whose people are known by who they are.
    further: whether somebody may have several addresses of a slot.
    """
    several = further or len(slots) > 1
    if not slots:
        _stage_voters(tx, part, assign=assign)
    for slot in slots:
        _stage_addresses(tx, part, slot)
        _mark_objecting(tx, part, slot)
    analyze(tx, staged_address)
    if any(slot.medium is Medium.EMAIL for slot in slots):
        _doubt_other_first_names(tx, part)
    if any(slot.medium is not Medium.EMAIL for slot in slots):
        _doubt_other_names(tx, part)
    if slots:
        _mark_objected_elsewhere(tx)
        _stage_people(tx, part, grouped=several, assign=assign)
    analyze(tx, staged_person)
    if several:
        _doubt_other_holders(tx)


def objection_covers(digest: ColumnElement[bytes], medium: Medium | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether an objection stands on the opposition list for an address and a channel."""
    return exists().where(listed(digest, medium))


def listed(
    digest: ColumnElement[bytes], medium: Medium | ColumnElement[str], entry: FromClause = suppression
) -> ColumnElement[bool]:
    """Whether a row of `suppression`, or of an alias of it, is such an objection; for a query whose tables it is about."""
    s = entry.c
    return and_(s.digest == digest, or_(s.medium == medium, s.medium == EVERY_MEDIUM), s.kind == SuppressionKind.OBJECTION)


def _stage_addresses(tx: Connection, part: Part, slot: Slot) -> None:
    r, a = staged_row, address
    here, everywhere = suppression.alias("here"), suppression.alias("everywhere")
    digest = r.c[slot.digest]

    def on_list(entry: FromClause, medium: str) -> ColumnElement[bool]:
        return and_(entry.c.digest == digest, entry.c.medium == medium, entry.c.kind == SuppressionKind.OBJECTION)

    fate = case((everywhere.c.digest.is_not(None), Fate.BARRED.value), (here.c.digest.is_not(None), Fate.OBJECTED.value))
    source = (
        r.outerjoin(a, and_(a.c.digest == digest, a.c.medium == slot.medium))
        .outerjoin(here, on_list(here, slot.medium.value))
        .outerjoin(everywhere, on_list(everywhere, EVERY_MEDIUM))
    )
    found = (
        select(
            r.c.person,
            literal(slot.name),
            literal(slot.medium.value),
            digest,
            r.c[slot.value],
            r.c[slot.typed],
            r.c[slot.domain] if slot.domain else literal(""),
            a.c.contact_id,
            fate,
        )
        .select_from(source)
        .where(within(part), digest.is_not(None))
    )
    columns = ["person", "slot", "medium", "digest", "value", "typed", "domain", "holder", "fate"]
    tx.execute(insert(staged_address).from_select(columns, found))


def _mark_objecting(tx: Connection, part: Part, slot: Slot) -> None:
    s = staged_address
    theirs = select(staged_row.c.person).where(within(part), staged_row.c[ACTS[slot.medium]] == OBJECTS)
    marked = update(s).where(s.c.slot == slot.name, s.c.medium == slot.medium.value, s.c.person.in_(theirs))
    tx.execute(marked.values(fate=Fate.OBJECTS.value))


def _mark_objected_elsewhere(tx: Connection) -> None:
    """Mark addresses of whoever said no to their channel at another one, of this file or of hers that we have: she objects."""
    s, a = staged_address, address
    other, hers = staged_address.alias("other"), staged_address.alias("hers")
    there = exists().where(other.c.person == s.c.person, other.c.medium == s.c.medium, other.c.fate == Fate.OBJECTED.value)
    certain = (hers.c.person == s.c.person, hers.c.fate.is_distinct_from(Fate.DOUBTFUL.value))
    held = exists().where(*certain, a.c.contact_id == hers.c.holder, listed(a.c.digest, s.c.medium))
    for some, elsewhere in ((s.c.fate == Fate.OBJECTED.value, there), (s.c.holder.is_not(None), held)):
        if tx.execute(select(exists().where(some))).scalar_one():
            tx.execute(update(s).where(s.c.fate.is_(None), elsewhere).values(fate=Fate.OBJECTED.value))


def _doubt_other_first_names(tx: Connection, part: Part) -> None:
    """Mark email addresses held by somebody whose first name is another one: she is not him, and neither agrees for the other.

    Whoever says no there is believed, whose address it may be; her numbers are no more his for that.
    """
    s, r, c = staged_address, staged_row, contact
    refusing = select(r.c.person).where(within(part), r.c.act_email == ConsentAct.REFUSED.value)
    theirs = (s.c.slot == "email", r.c.given_name != c.c.given_name)
    _doubt(tx, part, two_people, *theirs, s.c.person.not_in(refusing))
    _doubt(tx, part, two_people, *theirs, s.c.person.in_(refusing), beside=True)


def _doubt_other_names(tx: Connection, part: Part) -> None:
    """Mark numbers held by somebody whose name is not that of the line, unless her email address says it is she."""
    s, r, c = staged_address, staged_row, contact
    mail = staged_address.alias("mail")
    hers = mail.c.fate.is_distinct_from(Fate.DOUBTFUL.value)
    by_mail = exists().where(mail.c.person == s.c.person, mail.c.slot == "email", mail.c.holder == s.c.holder, hers)
    differs = or_(r.c.family_name != c.c.family_name, r.c.given_name != c.c.given_name)
    _doubt(tx, part, lambda one, other: not same_person(one, other), s.c.slot != "email", differs, ~by_mail)


def _doubt(
    tx: Connection,
    part: Part,
    two: Callable[[tuple[str, str], tuple[str, str]], bool],
    *where: ColumnElement[bool],
    beside: bool = False,
) -> None:
    """Mark addresses that a line and their holder have under the names of two people; or else the line's other ones, `beside`."""
    s, r, c = staged_address, staged_row, contact
    if not tx.execute(select(exists().where(s.c.holder.is_not(None)))).scalar_one():
        return
    chosen = (
        select(s.c.person, s.c.value, r.c.family_name, r.c.given_name, c.c.family_name, c.c.given_name)
        .distinct()
        .select_from(s.join(r, and_(r.c.line == s.c.person, within(part))).join(c, c.c.id == s.c.holder))
        .where(*where)
    )
    doubts = {
        (row[0], row[1])
        for rows in tx.execute(chosen, execution_options={"yield_per": 5_000}).partitions()
        for row in rows
        if two((row[2], row[3]), (row[4], row[5]))
    }
    if doubts:
        bulk_insert(tx, staged_doubt, ("person", "value"), sorted(doubts))
        d = staged_doubt
        marked = update(s).where(
            s.c.person == d.c.person, s.c.value != d.c.value if beside else s.c.value == d.c.value, s.c.fate.is_(None)
        )
        tx.execute(marked.values(fate=Fate.DOUBTFUL.value))
        tx.execute(delete(d))


def _stage_people(tx: Connection, part: Part, *, grouped: bool, assign: bool) -> None:
    """grouped: whether a person may have several addresses here; without, each address is a person."""
    s, p, c = staged_address, staged_person, contact
    taken = s.c.fate.is_(None)
    most, least = (func.max, func.min) if grouped else (_itself, _itself)

    def holder(slot: str) -> ColumnElement[int | None]:
        certain = s.c.fate.is_distinct_from(Fate.DOUBTFUL.value)
        return least(case((and_(s.c.slot == slot, certain), s.c.holder)))

    def channel(medium: Medium) -> ColumnElement[int]:
        return func.coalesce(most(case((s.c.medium != medium.value, null()), (taken, 1), else_=-1)), 0)

    def any_of(fate: Fate) -> ColumnElement[int]:
        return most(case((s.c.fate == fate.value, 1), else_=0))

    known = func.coalesce(holder("email"), holder("mobile"), holder("landline"))
    people = select(
        s.c.person,
        known.label("known"),
        *(channel(medium).label(medium.value) for medium in Medium),
        most(case((taken, 1), else_=0)).label("taken"),
        *(any_of(fate).label(fate.value) for fate in (Fate.BARRED, Fate.OBJECTED, Fate.OBJECTS)),
    )
    g = (people.group_by(s.c.person) if grouped else people).subquery("people").c
    left_out = (
        (and_(g.taken == 0, g.objects == 1), Standing.OBJECTS.value),
        (or_(g.barred == 1, and_(g.taken == 0, g.objected == 1)), Standing.OBJECTED.value),
        (g.taken == 0, Standing.DOUBTFUL.value),
    )
    source, standing = g.person.table, case(*left_out, else_=Standing.NEW.value)
    if tx.execute(select(exists().where(s.c.holder.is_not(None)))).scalar_one():  # else PostgreSQL would look through everybody
        source = source.outerjoin(c, c.c.id == g.known)
        met = ((g.known.is_(None), Standing.NEW.value), (c.c.restricted, Standing.RESTRICTED.value))
        standing = case(*left_out, *met, else_=Standing.KNOWN.value)
    number = _next_number(tx, g.person - part.first) if assign else -g.person
    found = select(g.person, func.coalesce(g.known, number), standing, g.email, g.sms, g.call).select_from(source)
    if assign:
        found = found.order_by(g.person)  # people are numbered in the order of their file
    tx.execute(insert(p).from_select(["line", "contact_id", "standing", "email", "sms", "call"], found))


def _itself(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return value


def _stage_voters(tx: Connection, part: Part, *, assign: bool) -> None:
    r, p, c = staged_row, staged_person, contact
    number = _next_number(tx, r.c.line - part.first) if assign else -r.c.line
    standing = case(
        (c.c.id.is_(None), Standing.NEW.value), (c.c.restricted, Standing.RESTRICTED.value), else_=Standing.KNOWN.value
    )
    none = [literal(0) for _ in Medium]
    found = (
        select(r.c.line, func.coalesce(c.c.id, number), standing, *none)
        .select_from(r.outerjoin(c, c.c.roll_digest == r.c.roll_digest))
        .where(within(part), r.c.line == r.c.person, r.c.roll_digest.is_not(None))
    )
    if assign:
        found = found.order_by(r.c.line)
    tx.execute(insert(p).from_select(["line", "contact_id", "standing", "email", "sms", "call"], found))


def _doubt_other_holders(tx: Connection) -> None:
    """Mark addresses that somebody else holds than the person found: of two people, one is not guessed to be the other."""
    s, p = staged_address, staged_person
    other = and_(p.c.line == s.c.person, s.c.fate.is_(None), s.c.holder.is_not(None), s.c.holder != p.c.contact_id)
    tx.execute(update(s).where(other).values(fate=Fate.DOUBTFUL.value))


def anybody_known(tx: Connection) -> bool:
    """Whether the part names anybody who is with us already, and may be changed by it."""
    return bool(tx.execute(select(exists().where(staged_person.c.standing == Standing.KNOWN))).scalar_one())


def known_rows(part: Part) -> Join:
    """First lines about people beside the contact each is."""
    r, p = staged_row, staged_person
    return p.join(r, and_(r.c.line == p.c.line, within(part))).join(contact, contact.c.id == p.c.contact_id)


def fillable() -> ColumnElement[bool]:
    """Whether a line says something that the contact it is about leaves blank."""
    return or_(*(and_(is_blank(contact, names), ~is_blank(staged_row, names)) for names in FILLED_TOGETHER))


def new_tags(part: Part) -> Select[int, str]:
    """(contact_id, name) of the tags the part adds; never on an occasional contact (rule occasional-no-tags)."""
    r, p, t = staged_row, staged_person, staged_tag
    return (
        select(p.c.contact_id, t.c.name)
        .distinct()
        .select_from(
            t.join(r, and_(r.c.line == t.c.line, within(part)))
            .join(p, p.c.line == r.c.person)
            .join(contact, contact.c.id == p.c.contact_id)
            .outerjoin(tag, and_(tag.c.contact_id == p.c.contact_id, tag.c.name == t.c.name))
        )
        .where(
            p.c.standing.in_(WELCOME),
            contact.c.contact_class != ContactClass.OCCASIONAL,
            tag.c.name.is_(None),
        )
    )


def _next_number(tx: Connection, rank: ColumnElement[int]) -> ColumnElement[int]:
    """The number of a new contact. Never one that was given before: messages of an erased person still bear hers."""
    if is_postgresql(tx):
        return next_of_sequence(tx, "contact", "id")
    last = text(
        "SELECT max((SELECT coalesce(max(id), 0) FROM contact),"
        " (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'contact'))"
    )
    return literal(tx.execute(last).scalar_one() + 1) + rank

"""Lines of one file that are about one person, brought together under the first of them.

Two lines are one person's when they share an email address under first names that may be one, or a number while nothing in their
names speaks against it. What two people share is a household's: it stays with the first, and the other lines are taken without
it. Whoever of them objects to it does so for both: nobody knows who answers. Neither agrees for the other.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nsmallest
from typing import NamedTuple

from sqlalchemy import Column as Col
from sqlalchemy import Connection, Integer, MetaData, Table, Text, case, exists, func, null, or_, select, update

from gateway.domain.consent import ConsentAct
from gateway.store.bulk import analyze, bulk_insert
from gateway.store.staged import staged_row
from gateway.store.staging import ACTS, FILLED_TOGETHER, OBJECTS, expect_many, index_people, is_blank

_ROWS_AT_ONCE = 5_000
_LINES_AT_ONCE = 500
#: By what lines are known to be one person's, and the slot of what may be a household's: names are asked, too.
_KNOWN_BY: Mapping[str, str | None] = {
    "email_digest": "email",
    "roll_digest": None,
    "call_digest": "mobile",
    "landline_digest": "landline",
}
#: What goes with each of them, by the act that is about it.
_ABOUT: Mapping[str, Mapping[str, str]] = {
    "email_digest": {"email_digest": "act_email"},
    "roll_digest": {},
    "call_digest": {"sms_digest": "act_sms", "call_digest": "act_call"},
    "landline_digest": {"landline_digest": "act_call"},
}
#: First names at least so alike are one that somebody typed otherwise; and how long one is that may be cut short.
_ALIKE, _SHORT = 0.8, 3
#: What a line says of what it shares with somebody else's.
_OBJECTS, _REFUSES = 1, 2
#: What the first line about a person takes from the others, where it is blank there.
_FILLED = (*FILLED_TOGETHER, ("language",))

_metadata = MetaData()
#: What folding found of a line: the first line about its person, and columns that repeat another line's.
_folded = Table(
    "staged_folded",
    _metadata,
    Col("line", Integer, nullable=False),
    Col("person", Integer),
    Col("repeats", Text),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What became of lines that share an address."""

    lines: int  #: that went under an earlier one
    shared: tuple[tuple[int, str], ...]  #: the first (line, slot) whose address or number is another's in the same file
    shared_lines: Mapping[str, int]  #: how many there are, by slot
    left_out: tuple[int, ...]  #: the first lines that have nothing but such an address or number
    left_out_lines: int


def fold(tx: Connection, *, samples: int = 5) -> Folded:
    """Bring lines of one person together. What her first line leaves blank is taken from the next that says it.

    What the lines say of consent is not folded: the most cautious of them counts when it is recorded.
    """
    last, filled = _filled(tx)
    expect_many(tx, last)
    first_of = array("l", range(last + 1))
    further = _join_further(tx, first_of)
    columns = [column for column in _KNOWN_BY if column in filled]
    apart = {column: _join_twins(tx, column, first_of) for column in columns}
    twins = _told_apart(apart, first_of)
    lines = max(0, _rewrite(tx, first_of, twins.repeats, twins.objecting) - further)
    _refuse(tx, twins.refused)
    index_people(tx)
    for together in _FILLED:
        if lines and filled.intersection(together):
            _fill_from_twin(tx, together)
    left_out = _left_out(tx) if any(twins.shared.values()) else []
    return Folded(
        lines=lines,
        shared=tuple(nsmallest(samples, ((line, slot) for slot, lines_of in twins.shared.items() for line in lines_of))),
        shared_lines={slot: len(lines_of) for slot, lines_of in twins.shared.items() if lines_of},
        left_out=tuple(left_out[:samples]),
        left_out_lines=len(left_out),
    )


def _join_twins(tx: Connection, column: str, first_of: array[int]) -> _Apart:
    """Join lines that share what a column holds; answers with those that do, and with those that may be another person's."""
    apart = _Apart(array("l"), array("l"), array("l"), bytearray())
    for twin in _shared(tx, column):
        if column == "roll_digest" or not _parted(column, twin):
            _join(first_of, twin.first, twin.line)
            apart.repeats.append(twin.line)
        else:
            apart.add(twin, _ABOUT[column].values())
    return apart


def _told_apart(apart: Mapping[str, _Apart], first_of: array[int]) -> _Twins:
    """What becomes of lines that seemed another person's, once every column has joined what it joins."""
    twins = _Twins(
        repeats={column: of_one.repeats for column, of_one in apart.items()},
        objecting={column: array("l") for column in apart},
        shared={slot: array("l") for slot in _KNOWN_BY.values() if slot},
        refused=array("l"),
    )
    for column, pairs in apart.items():
        for line, first, says in zip(pairs.lines, pairs.firsts, pairs.says, strict=True):
            if _root(first_of, first) == _root(first_of, line):
                twins.repeats[column].append(line)
                continue
            if says & _OBJECTS:
                twins.objecting[column].append(line)
            else:
                twins.repeats[column].append(line)
                twins.shared[_KNOWN_BY[column] or ""].append(line)
            if column == "email_digest" and says & _REFUSES:
                twins.refused.append(first)
    return twins


def _parted(column: str, twin: _Twin) -> bool:
    return two_people(twin.name, twin.first_name) if column == "email_digest" else not same_person(twin.name, twin.first_name)


def two_people(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two (family name, given name) at one email address are two people's: their first names are not one in any manner.

    A family name changes with a marriage; a first name is cut short, written otherwise, or changed over with the family name.
    """
    mine, theirs = plain(one[1]).split(), plain(other[1]).split()
    if not mine or not theirs or plain(one[0]) == plain(other[1]) or plain(one[1]) == plain(other[0]):
        return False
    return not any(_alike(some, others) for some in mine for others in theirs)


def _alike(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return (len(short) <= _SHORT and long.startswith(short)) or SequenceMatcher(None, one, other).ratio() >= _ALIKE


def same_person(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two (family name, given name) may be one person's: what one of them does not say speaks against nothing."""
    if one == other:
        return True
    return all(not mine or not theirs or plain(mine) == plain(theirs) for mine, theirs in zip(one, other, strict=True))


def plain(name: str) -> str:
    """A name without case, accents, hyphens and doubled spaces."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(mark if mark.isalnum() else " " for mark in bare if not unicodedata.combining(mark)).split())


def _filled(tx: Connection) -> tuple[int, set[str]]:
    """(last line, columns in which any line has something): what no line has is not looked for again and again."""
    r = staged_row.c
    known_by = {name: r[name] for name in _KNOWN_BY}
    said = {name: func.nullif(r[name], "") if name != "birth_on" else r[name] for columns in _FILLED for name in columns}
    asked = {**known_by, **said}
    last, *counts = tx.execute(select(func.max(r.line), *(func.count(one) for one in asked.values()))).one()
    return last or 0, {name for name, count in zip(asked, counts, strict=True) if count}


def _join_further(tx: Connection, first_of: array[int]) -> int:
    """Keep lines that only bring further addresses of another one with it; returns how many: none of them is one of the file."""
    r = staged_row.c
    chosen, joined = select(r.line, r.person).where(r.line != r.person), 0
    for rows in tx.execute(chosen, execution_options={"yield_per": _ROWS_AT_ONCE}).partitions():
        for line, person in rows:
            _join(first_of, line, person)
        joined += len(rows)
    return joined


class _Twin(NamedTuple):
    """A line that shares something with an earlier one."""

    line: int
    first: int  #: the first line that has it
    name: tuple[str, str]  #: family name, given name
    first_name: tuple[str, str]
    acts: Mapping[str, str | None]  #: what the line says of each channel


class _Apart(NamedTuple):
    """Lines that share something with the first that has it: few bytes each, for they may be many."""

    repeats: array[int]  #: the same person's
    lines: array[int]  #: seemingly another's …
    firsts: array[int]  #: … the first of each
    says: bytearray  #: … and of _OBJECTS and _REFUSES, what each says of it

    def add(self, twin: _Twin, acts: Iterable[str]) -> None:
        """One more; acts: what it says of what is shared."""
        said = {twin.acts[act] for act in acts}
        self.lines.append(twin.line)
        self.firsts.append(twin.first)
        self.says.append(_OBJECTS * (OBJECTS in said) | _REFUSES * (ConsentAct.REFUSED.value in said))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Twins:
    """Lines by what becomes of what they share."""

    repeats: Mapping[str, array[int]]  #: by column: it is taken out of them
    objecting: Mapping[str, array[int]]  #: by column: other people's, who keep of it what they object to
    shared: Mapping[str, array[int]]  #: by slot: other people's
    refused: array[int]  #: first lines, at whose email address somebody else said no


def _shared(tx: Connection, column: str) -> Iterator[_Twin]:
    """Every line after the first that shares what the column holds."""
    r = staged_row
    digest = r.c[column]
    several = select(digest).where(digest.is_not(None)).group_by(digest).having(func.count() > 1)
    acts = tuple(ACTS.values())
    chosen = select(digest, r.c.line, r.c.family_name, r.c.given_name, *(r.c[act] for act in acts))
    chosen = chosen.where(digest.in_(several)).order_by(digest, r.c.line)
    at, first, first_name = None, 0, ("", "")
    for rows in tx.execute(chosen, execution_options={"yield_per": _ROWS_AT_ONCE}).partitions():
        for found, line, family, given, *said in rows:
            if found != at:
                at, first, first_name = found, line, (family, given)
            else:
                yield _Twin(line, first, (family, given), first_name, dict(zip(acts, said, strict=True)))


def _root(first_of: array[int], line: int) -> int:
    while first_of[line] != line:
        first_of[line] = first_of[first_of[line]]
        line = first_of[line]
    return line


def _join(first_of: array[int], one: int, other: int) -> None:
    one, other = _root(first_of, one), _root(first_of, other)
    first_of[max(one, other)] = min(one, other)


def _rewrite(tx: Connection, first_of: array[int], repeats: Mapping[str, array[int]], objecting: Mapping[str, array[int]]) -> int:
    """Tell lines whose person they are about, and take what repeats another line out of them; returns how many went under.

    objecting: lines of other people, who keep of it what they object to: it is on the list, whoever has it.
    """
    if not any(map(len, (*repeats.values(), *objecting.values()))):
        return 0
    _metadata.create_all(tx, checkfirst=False)
    under = ((line, root, None) for line in range(len(first_of)) if (root := _root(first_of, line)) != line)
    lines = bulk_insert(tx, _folded, ("line", "person", "repeats"), under)
    for column in repeats:
        bulk_insert(tx, _folded, ("line", "person", "repeats"), ((line, None, column) for line in repeats[column]))
        bulk_insert(tx, _folded, ("line", "person", "repeats"), ((line, None, f"no:{column}") for line in objecting[column]))
    analyze(tx, _folded)
    r, f = staged_row, _folded
    tx.execute(update(r).values(person=f.c.person).where(r.c.line == f.c.line, f.c.person.is_not(None)))
    for column in repeats:
        about = _ABOUT[column]
        if repeats[column]:
            gone = dict.fromkeys(about or (column,), null())
            tx.execute(update(r).values(gone).where(r.c.line == f.c.line, f.c.repeats == column))
        if objecting[column]:
            kept = {name: case((r.c[act] == OBJECTS, r.c[name]), else_=null()) for name, act in about.items()}
            tx.execute(update(r).values(kept).where(r.c.line == f.c.line, f.c.repeats == f"no:{column}"))
    _metadata.drop_all(tx, checkfirst=False)
    return lines


def _refuse(tx: Connection, lines: Sequence[int]) -> None:
    """Of two people at one address who answer otherwise, the no stands: it is about what arrives there."""
    r = staged_row.c
    for start in range(0, len(lines), _LINES_AT_ONCE):
        firsts = list(lines[start : start + _LINES_AT_ONCE])
        agreed = or_(r.act_email.is_(None), r.act_email == ConsentAct.GRANTED.value)
        tx.execute(update(staged_row).values(act_email=ConsentAct.REFUSED.value).where(r.line.in_(firsts), agreed))


def _left_out(tx: Connection) -> list[int]:
    """First lines about a person of whom no address is left."""
    r, twin = staged_row, staged_row.alias("twin")
    left = or_(*(twin.c[column].is_not(None) for column in (*_KNOWN_BY, "sms_digest")))
    reached = exists().where(twin.c.person == r.c.line, left)
    return list(tx.execute(select(r.c.line).where(r.c.line == r.c.person, ~reached).order_by(r.c.line)).scalars())


def _fill_from_twin(tx: Connection, columns: Sequence[str]) -> None:
    """Copy columns to the first line of a person, where they are blank, from the nearest line about her that has something."""
    r, other = staged_row, staged_row.alias("other")
    nearest = (
        select(other.c.person, func.min(other.c.line).label("line"))
        .where(other.c.person != other.c.line, ~is_blank(other, columns))
        .group_by(other.c.person)
        .subquery("nearest")
    )
    twin = staged_row.alias("twin")
    values = {name: twin.c[name] for name in columns}
    found = (r.c.line == nearest.c.person, twin.c.line == nearest.c.line, is_blank(r, columns))
    tx.execute(update(r).values(values).where(*found))

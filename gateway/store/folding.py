"""Lines of one file that are about one person, brought together under the first of them.

Two lines are one person's when they share an email address, or a number while nothing in their names speaks against it. A
number that two names share is a household's: it stays with the first, and the other lines are taken without it.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column as Col
from sqlalchemy import ColumnElement, Connection, Integer, MetaData, Table, Text, exists, func, or_, select, text, update

from gateway.store.engine import bulk_insert, is_postgresql
from gateway.store.staging import FILLED_TOGETHER, expect_many, index_people, is_blank, staged_row

_ROWS_AT_ONCE = 5_000
#: By what lines are known to be one person's; of numbers, names are asked too.
_BY_ITSELF = ("email_digest", "roll_digest")
_BY_NUMBER = {"call_digest": "mobile", "landline_digest": "landline"}
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
    shared: tuple[tuple[int, str], ...]  #: the first (line, slot) whose number is another person's in the same file
    shared_lines: int  #: how many there are
    left_out: tuple[int, ...]  #: the first lines that have nothing but such a number
    left_out_lines: int


def fold(tx: Connection, *, samples: int = 5) -> Folded:
    """Bring lines of one person together. What her first line leaves blank is taken from the next that says it.

    What the lines say of consent is not folded: the most cautious of them counts when it is recorded.
    """
    last, filled = _filled(tx)
    expect_many(tx, last)
    first_of = array("l", range(last + 1))
    repeated: list[tuple[str, array[int]]] = []
    pairs: dict[str, array[int]] = {}
    for column in (one for one in _BY_ITSELF if one in filled):
        repeats = array("l")
        for line, first, _, _ in _shared(tx, column):
            repeats.append(line)
            _join(first_of, first, line)
        repeated.append((column, repeats))
    for column in (one for one in _BY_NUMBER if one in filled):
        repeats, apart = array("l"), array("l")
        for line, first, name, first_name in _shared(tx, column):
            repeats.append(line)
            if same_person(name, first_name):
                _join(first_of, first, line)
            else:
                apart.extend((first, line))
        repeated.append((column, repeats))
        pairs[column] = apart
    shared = [
        (second, _BY_NUMBER[column])
        for column, apart in pairs.items()
        for first, second in zip(apart[::2], apart[1::2], strict=True)
        if _root(first_of, first) != _root(first_of, second)
    ]
    lines = _rewrite(tx, first_of, repeated)
    index_people(tx)
    if lines:
        for columns in _FILLED:
            if filled.intersection(columns):
                _fill_from_twin(tx, columns)
    left_out = _left_out(tx) if shared else []
    return Folded(
        lines=lines,
        shared=tuple(sorted(shared)[:samples]),
        shared_lines=len({line for line, _ in shared}),
        left_out=tuple(left_out[:samples]),
        left_out_lines=len(left_out),
    )


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
    known_by = {name: r[name] for name in (*_BY_ITSELF, *_BY_NUMBER)}
    said = {name: func.nullif(r[name], "") if name != "birth_on" else r[name] for columns in _FILLED for name in columns}
    asked = {**known_by, **said}
    last, *counts = tx.execute(select(func.max(r.line), *(func.count(one) for one in asked.values()))).one()
    return last or 0, {name for name, count in zip(asked, counts, strict=True) if count}


def _shared(tx: Connection, column: str) -> Iterator[tuple[int, int, tuple[str, str], tuple[str, str]]]:
    """(line, first line, its name, the first one's name) of every line after the first that shares what the column holds."""
    r = staged_row
    digest: ColumnElement[bytes] = r.c[column]
    several = select(digest).where(digest.is_not(None)).group_by(digest).having(func.count() > 1)
    chosen = select(digest, r.c.line, r.c.family_name, r.c.given_name).where(digest.in_(several)).order_by(digest, r.c.line)
    at, first, first_name = None, 0, ("", "")
    for rows in tx.execute(chosen, execution_options={"yield_per": _ROWS_AT_ONCE}).partitions():
        for found, line, family, given in rows:
            if found != at:
                at, first, first_name = found, line, (family, given)
            else:
                yield line, first, (family, given), first_name


def _root(first_of: array[int], line: int) -> int:
    while first_of[line] != line:
        first_of[line] = first_of[first_of[line]]
        line = first_of[line]
    return line


def _join(first_of: array[int], one: int, other: int) -> None:
    one, other = _root(first_of, one), _root(first_of, other)
    first_of[max(one, other)] = min(one, other)


def _rewrite(tx: Connection, first_of: array[int], repeated: Sequence[tuple[str, array[int]]]) -> int:
    """Tell lines whose person they are about, and take what repeats another line out of them; returns how many went under."""
    if not any(len(repeats) for _, repeats in repeated):
        return 0
    _metadata.create_all(tx, checkfirst=False)
    under = ((line, root, None) for line in range(len(first_of)) if (root := _root(first_of, line)) != line)
    lines = bulk_insert(tx, _folded, ("line", "person", "repeats"), under)
    for column, repeats in repeated:
        bulk_insert(tx, _folded, ("line", "person", "repeats"), ((line, None, column) for line in repeats))
    if is_postgresql(tx):
        tx.execute(text("ANALYZE staged_folded"))
    r, f = staged_row, _folded
    tx.execute(update(r).values(person=f.c.person).where(r.c.line == f.c.line, f.c.person.is_not(None)))
    for column, repeats in repeated:
        if repeats:
            emptied = {column: None, **({"sms_digest": None} if column == "call_digest" else {})}
            tx.execute(update(r).values(emptied).where(r.c.line == f.c.line, f.c.repeats == column))
    _metadata.drop_all(tx, checkfirst=False)
    return lines


def _left_out(tx: Connection) -> list[int]:
    """First lines about a person of whom no address is left."""
    r, twin = staged_row, staged_row.alias("twin")
    left = or_(*(twin.c[column].is_not(None) for column in (*_BY_ITSELF, *_BY_NUMBER)))
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

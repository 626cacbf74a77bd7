"""The rows of a file, set down in temporary tables of one connection, so that all that follows works on sets.

Setting down and folding hold no lock. What is written for good is written part by part, a transaction each: an objection that
comes in the middle of a long file waits for one part at most, and is seen by the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, and_, delete, func, select, text, update

from gateway.domain.channel import Medium
from gateway.store import staged
from gateway.store.bulk import analyze, bulk_insert
from gateway.store.engine import READ_ONLY, is_postgresql, translating, turn
from gateway.store.staged import OF_A_PART, staged_row, staged_tag
from gateway.store.types import instant

#: `act_…` of a line that says the person no longer wants to be reached by that channel.
OBJECTS = "objects"


class Slot(NamedTuple):
    """Where an address stands in a line: its columns, and the channel it serves."""

    name: str
    medium: Medium
    digest: str
    value: str
    typed: str
    domain: str | None = None


#: A mobile is two addresses: a consent or an objection to SMS says nothing of calls.
SLOTS = (
    Slot("email", Medium.EMAIL, "email_digest", "email", "email_typed", "email_domain"),
    Slot("mobile", Medium.SMS, "sms_digest", "mobile", "mobile_typed"),
    Slot("mobile", Medium.CALL, "call_digest", "mobile", "mobile_typed"),
    Slot("landline", Medium.CALL, "landline_digest", "landline", "landline_typed"),
)
#: Column of what a line says of consent to each channel.
ACTS = {Medium.EMAIL: "act_email", Medium.SMS: "act_sms", Medium.CALL: "act_call"}

#: What is filled together when it is blank: half an address of one source and half of another would make a third place.
FILLED_TOGETHER = (
    ("given_name", "family_name"),
    ("birth_on",),
    ("postcode", "commune", "territory"),
    ("polling_station", "polling_label"),
)

#: From so many lines on, statements work through whole tables.
_MANY = 1_000
#: People written in one transaction: what an objection waits for at most where one writes at a time, on a slow machine for
#: seconds. Fewer at once cost more than they spare: each part works through whole tables of the file.
_PEOPLE_AT_ONCE = {"postgresql": 100_000, "sqlite": 4_000}

_ROW_COLUMNS = tuple(column.name for column in staged_row.c)
_GIVEN_AT = _ROW_COLUMNS.index("given_at")


class StagedRow(NamedTuple):
    """One readable line: addresses, and what the file says of their holder. Empty text: the file says nothing.

    A tuple rather than a dataclass, in the order of the columns: a million of them are made in a row.
    """

    line: int  #: physical line of the file
    person: int  #: the same, until lines of one person are folded
    key: bytes | None = None  #: key of the person, should she be new
    email_digest: bytes | None = None
    email: str | None = None
    email_typed: str | None = None
    email_domain: str | None = None
    sms_digest: bytes | None = None
    call_digest: bytes | None = None
    mobile: str | None = None
    mobile_typed: str | None = None
    landline_digest: bytes | None = None
    landline: str | None = None
    landline_typed: str | None = None
    roll_digest: bytes | None = None
    given_name: str = ""
    family_name: str = ""
    birth_on: str | None = None  #: ISO 8601
    postcode: str = ""
    commune: str = ""
    territory: str = ""
    polling_station: str = ""
    polling_label: str = ""
    language: str = ""
    act_email: str | None = None
    act_sms: str | None = None
    act_call: str | None = None
    hours: str | None = None
    given_at: datetime | None = None
    form: str | None = None
    wording_sha256: str | None = None
    collector: str | None = None
    means: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """People of the file who are worked on together, by the first line about each."""

    first: int
    last: int
    closing: bool  #: no part comes after it


class Staging:
    """One connection and its temporary tables, which vanish with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that writes to the temporary tables at most, and locks nobody out."""
        self._connection.execution_options(**{READ_ONLY: True})
        with translating(self._connection.engine), self._connection.begin():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it becomes durable, or nothing. Whoever waited for it is let in afterwards."""
        self._connection.execution_options(**{READ_ONLY: False})
        with translating(self._connection.engine), turn(self._connection), self._connection.begin():
            yield self._connection


@contextmanager
def staging(engine: Engine) -> Iterator[Staging]:
    """Empty temporary tables. Raises StoreUnavailable when the database is away."""
    with translating(engine), engine.connect() as connection:
        stage = Staging(connection)
        try:
            with stage.reading() as tx:
                if is_postgresql(tx):
                    tx.execute(text("SET temp_buffers = '32MB'"))
                staged.metadata.create_all(tx, checkfirst=False)
            yield stage
        finally:
            if not connection.invalidated:
                connection.detach()  # closed for good, and the temporary tables with it


def set_down(tx: Connection, rows: Sequence[StagedRow]) -> None:
    """Add lines of the file."""
    if not rows:
        return
    said = [place for place, column in enumerate(zip(*rows, strict=True)) if place < len(_ROW_COLUMNS) and any(column)]
    taken = itemgetter(*said)
    bulk_insert(tx, staged_row, [_ROW_COLUMNS[place] for place in said], map(taken, _plain(tx, rows)))
    tags = [(row.line, tag) for row in rows for tag in row.tags]
    if tags:
        bulk_insert(tx, staged_tag, ("line", "name"), tags)


def set_behind(tx: Connection, last: int) -> None:
    """Number lines that are none of the file's, set down as -1, -2, …, behind its last one."""
    tx.execute(update(staged_row).where(staged_row.c.line < 0).values(line=last - staged_row.c.line))


def index_people(tx: Connection) -> None:
    """Let the lines about a person be found, once all of them stand there: many times faster than before."""
    tx.execute(text("CREATE INDEX staged_row_person ON staged_row (person)"))
    analyze(tx, staged_row)


def parts(tx: Connection, *, hands: int = 1) -> list[Part]:
    """The people of the file, in parts short enough for one transaction each; one part at least, and as many for each hand."""
    r = staged_row
    at_once = people_at_once(tx)
    if hands > 1:
        people = people_staged(tx)
        at_once = -(-people // (hands * -(-people // (hands * at_once))))
    firsts = select(r.c.line, func.row_number().over(order_by=r.c.line).label("rank")).where(r.c.line == r.c.person).subquery()
    begins = list(tx.execute(select(firsts.c.line).where((firsts.c.rank - 1) % at_once == 0).order_by(firsts.c.line)).scalars())
    last = tx.execute(select(func.max(r.c.line))).scalar_one() or 0
    bounds = [*begins, last + 1] if begins else [0, 1]
    return [Part(first, after - 1, closing=rank == len(bounds) - 2) for rank, (first, after) in enumerate(pairwise(bounds))]


def people_staged(tx: Connection) -> int:
    """How many people the lines are about, once they are folded."""
    r = staged_row
    return tx.execute(select(func.count()).select_from(r).where(r.c.line == r.c.person)).scalar_one()


def people_at_once(tx: Connection) -> int:
    """How many people are written in one transaction."""
    return _PEOPLE_AT_ONCE[tx.dialect.name]


def clear_part(tx: Connection) -> None:
    """Empty the tables of the part at work."""
    if is_postgresql(tx):
        tx.execute(text(f"TRUNCATE {', '.join(table.name for table in OF_A_PART)}"))
    else:
        for table in OF_A_PART:
            tx.execute(delete(table))


def within(part: Part) -> ColumnElement[bool]:
    """Whether a line is about a person of this part."""
    return staged_row.c.person.between(part.first, part.last)


def is_blank(row: FromClause, columns: Sequence[str]) -> ColumnElement[bool]:
    """Whether columns filled together are all empty; a territory only follows from a postcode."""
    told = [row.c[name] for name in columns if name != "territory"]
    return and_(*(column.is_(None) if column.name == "birth_on" else column == "" for column in told))


def expect_many(tx: Connection, rows: int) -> None:
    """Plan the statements of this transaction for a long file.

    PostgreSQL takes a table that was filled a minute ago for a nearly empty one, and would look through it once per line. It is
    told of the staging tables time and again: by a sample of a few thousand rows of them.
    """
    if is_postgresql(tx) and rows >= _MANY:
        tx.execute(text("SET LOCAL enable_nestloop = off"))
        tx.execute(text("SET LOCAL work_mem = '64MB'"))
        tx.execute(text("SET LOCAL default_statistics_target = 10"))


def refresh_statistics(tx: Connection, rows: int) -> None:
    """Let the planner know of many new rows at once: the next dry run or launch may come before autovacuum does."""
    if is_postgresql(tx) and rows >= _MANY:
        tx.execute(text("ANALYZE contact, address, person_key, consent, consent_event, tag, suppression, contact_origin"))


def _plain(tx: Connection, rows: Iterable[StagedRow]) -> Iterator[tuple[Any, ...]]:
    """Rows as the driver takes them; files hold few distinct instants, so each is put into words once."""
    if is_postgresql(tx):
        yield from rows
        return
    spoken: dict[datetime, Any] = {}
    for row in rows:
        given_at = row.given_at
        if given_at is None:
            yield row
            continue
        if (said := spoken.get(given_at)) is None:
            said = spoken[given_at] = instant(tx, given_at)
        yield (*row[:_GIVEN_AT], said, *row[_GIVEN_AT + 1 :])

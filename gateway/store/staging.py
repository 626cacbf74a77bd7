"""The rows of a file, set down in temporary tables of one connection, so that all that follows works on sets.

Setting down and folding hold no lock: on SQLite an objection can still be committed while a long file is read. Only
`Staging.writing` does, for as long as the statements of merging need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Column as Col
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from gateway.store.engine import READ_ONLY, bulk_insert, is_postgresql, translated
from gateway.store.types import Id, UtcDateTime, instant

#: A transaction, for the signatures of flows: SQLAlchemy stays in the store.
Tx: TypeAlias = Connection

_metadata = MetaData()
_TEMPORARY = ["TEMPORARY"]

#: One line of the file. `act` is what the line says of consent: a ConsentAct, or OBJECTS.
staged_row = Table(
    "staged_row",
    _metadata,
    Col("line", Integer, primary_key=True, autoincrement=False),
    Col("digest", LargeBinary(16), nullable=False),
    Col("value", Text),
    Col("typed", Text),
    Col("domain", Text),
    Col("given_name", Text),
    Col("family_name", Text),
    Col("birth_on", Date),
    Col("postcode", Text),
    Col("commune", Text),
    Col("territory", Text),
    Col("language", Text),
    Col("key", LargeBinary(16)),
    Col("act", Text),
    Col("given_at", UtcDateTime),
    Col("form", Text),
    Col("wording_sha256", Text),
    Col("collector", Text),
    Col("means", Text),
    Col("twin_of", Integer),  # the first line with the same address, on the lines after it
    prefixes=_TEMPORARY,
)

staged_tag = Table(
    "staged_tag",
    _metadata,
    Col("line", Integer, nullable=False),
    Col("name", String(64), nullable=False),
    prefixes=_TEMPORARY,
)

#: Each address of the file once, and who holds it.
staged_person = Table(
    "staged_person",
    _metadata,
    Col("line", Integer, primary_key=True, autoincrement=False),
    Col("contact_id", Id, nullable=False, index=True),
    Col("standing", Text, nullable=False),
    prefixes=_TEMPORARY,
)

#: Entries the ledger of consent is about to receive.
staged_consent = Table(
    "staged_consent",
    _metadata,
    Col("contact_id", Id, primary_key=True, autoincrement=False),
    Col("medium", Text, primary_key=True),
    Col("purpose", Text, primary_key=True),
    Col("act", Text, nullable=False),
    Col("at", UtcDateTime, nullable=False),
    Col("election", Text),
    Col("given_at", UtcDateTime),
    Col("form", Text),
    Col("wording_sha256", Text),
    Col("collector", Text),
    Col("means", Text),
    prefixes=_TEMPORARY,
)

#: Addresses the opposition list is about to receive.
staged_objection = Table(
    "staged_objection",
    _metadata,
    Col("digest", LargeBinary(16), primary_key=True),
    prefixes=_TEMPORARY,
)

#: `act` of a line that says the person no longer wants to be written to.
OBJECTS = "objects"

#: From so many lines on, statements work through whole tables.
_MANY = 1_000

#: What is filled together when it is blank: half an address of one source and half of another would make a third place.
FILLED_TOGETHER = (("given_name", "family_name"), ("birth_on",), ("postcode", "commune", "territory"))

_ROW_COLUMNS = tuple(column.name for column in staged_row.c if column.name != "twin_of")
_GIVEN_AT = _ROW_COLUMNS.index("given_at")


class StagedRow(NamedTuple):
    """One readable line: an address, and what the file says of its holder. Empty text: the file says nothing.

    A tuple rather than a dataclass, in the order of the columns: a million of them are made in a row.
    """

    line: int  #: physical line of the file
    digest: bytes
    value: str = ""
    typed: str | None = None
    domain: str = ""
    given_name: str = ""
    family_name: str = ""
    birth_on: str | None = None  #: ISO 8601
    postcode: str = ""
    commune: str = ""
    territory: str = ""
    language: str = ""
    key: bytes = b""  #: key of the person, should she be new
    act: str | None = None
    given_at: datetime | None = None
    form: str | None = None
    wording_sha256: str | None = None
    collector: str | None = None
    means: str | None = None
    tags: tuple[str, ...] = ()


class Staging:
    """One connection and its temporary tables, which vanish with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that writes to the temporary tables at most, and locks nobody out."""
        self._connection.execution_options(**{READ_ONLY: True})
        with self._connection.begin():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The transaction that writes: all of it becomes durable, or nothing."""
        self._connection.execution_options(**{READ_ONLY: False})
        with self._connection.begin():
            yield self._connection


@contextmanager
def staging(engine: Engine) -> Iterator[Staging]:
    """Empty temporary tables. Raises StoreUnavailable when the database is away."""
    try:
        with engine.connect() as connection:
            stage = Staging(connection)
            try:
                with stage.reading() as tx:
                    _metadata.create_all(tx, checkfirst=False)
                yield stage
            finally:
                connection.detach()  # closed for good, and the temporary tables with it
    except DBAPIError as fault:
        raise translated(fault) from fault


def set_down(tx: Connection, rows: Sequence[StagedRow]) -> None:
    """Add lines of the file."""
    bulk_insert(tx, staged_row, _ROW_COLUMNS, _plain(tx, rows))
    tags = [(row.line, tag) for row in rows for tag in row.tags]
    if tags:
        bulk_insert(tx, staged_tag, ("line", "name"), tags)


def fold(tx: Connection) -> int:
    """Bring lines of one address together under the first of them; returns how many lines went under.

    What the first line leaves blank is taken from the next line that says it; what it says is kept. Of what the lines say of
    consent the most cautious counts: objection, then refusal, then agreement.
    """
    tx.execute(text("CREATE INDEX staged_row_digest ON staged_row (digest, line)"))  # after the rows: many times faster
    if is_postgresql(tx):
        tx.execute(text("ANALYZE staged_row"))
    r = staged_row
    several = select(r.c.digest, func.min(r.c.line).label("first")).group_by(r.c.digest).having(func.count() > 1).subquery()
    twins = update(r).values(twin_of=several.c.first).where(r.c.digest == several.c.digest, r.c.line != several.c.first)
    folded = tx.execute(twins).rowcount
    if folded:
        for columns in (*FILLED_TOGETHER, ("language",)):
            _fill_from_twin(tx, columns, blank=is_blank(r, columns))
        evidence = ("act", "given_at", "form", "wording_sha256", "collector", "means")
        _fill_from_twin(tx, evidence, blank=r.c.act.is_(None), only_act="granted")
        _fill_from_twin(tx, evidence, blank=r.c.act.is_distinct_from("refused"), only_act="refused")
        _fill_from_twin(tx, evidence, blank=r.c.act.is_distinct_from(OBJECTS), only_act=OBJECTS)
    return folded


def is_blank(row: Any, columns: Sequence[str]) -> ColumnElement[bool]:
    """Whether columns filled together are all empty; a territory only follows from a postcode."""
    told = [row.c[name] for name in columns if name != "territory"]
    return and_(*(column.is_(None) if column.name == "birth_on" else column == "" for column in told))


def expect_many(tx: Connection, rows: int) -> None:
    """Plan the statements of this transaction for a long file.

    PostgreSQL takes a table that was filled a minute ago for a nearly empty one, and would look through it once per line.
    """
    if is_postgresql(tx) and rows >= _MANY:
        tx.execute(text("SET LOCAL enable_nestloop = off"))


def refresh_statistics(tx: Connection, rows: int) -> None:
    """Let the planner know of many new rows at once: the next dry run or launch may come before autovacuum does."""
    if is_postgresql(tx) and rows >= _MANY:
        tx.execute(text("ANALYZE contact, address, person_key, consent, consent_event, tag, suppression"))


def _fill_from_twin(tx: Connection, columns: Sequence[str], *, blank: ColumnElement[bool], only_act: str | None = None) -> None:
    """Copy columns to the first line of an address, where `blank` holds for it, from the nearest twin that has something."""
    r, other = staged_row, staged_row.alias("other")
    telling = ~is_blank(other, columns) if only_act is None else other.c.act == only_act
    nearest = (
        select(other.c.twin_of, func.min(other.c.line).label("line"))
        .where(other.c.twin_of.is_not(None), telling)
        .group_by(other.c.twin_of)
        .subquery("nearest")
    )
    twin = staged_row.alias("twin")
    values = {name: twin.c[name] for name in columns}
    tx.execute(update(r).values(values).where(r.c.line == nearest.c.twin_of, twin.c.line == nearest.c.line, blank))


def _plain(tx: Connection, rows: Iterable[StagedRow]) -> Iterator[tuple[Any, ...]]:
    """Rows as the driver takes them; files hold few distinct instants, so each is put into words once."""
    spoken: dict[datetime, Any] = {}
    for row in rows:
        given_at = row.given_at
        if given_at is None:
            yield row[:-1]
            continue
        if (said := spoken.get(given_at)) is None:
            said = spoken[given_at] = instant(tx, given_at)
        yield (*row[:_GIVEN_AT], said, *row[_GIVEN_AT + 1 : -1])

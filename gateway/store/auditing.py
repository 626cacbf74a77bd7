"""The journal as auditors read it: chosen by campaign, person, rule or time, in the order of the tree or of its numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    LargeBinary,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gateway.audit.entry import EntryKind, Filing
from gateway.store.engine import is_postgresql
from gateway.store.journal import Recorded
from gateway.store.tables import (
    FEW_KINDS,
    OF_A_PERSON,
    OF_FEW_KINDS,
    address,
    campaign_version,
    contact,
    journal,
    message,
    person_key,
    wording,
)

_ROWS_AT_ONCE = 2_000


class _Worded(FunctionElement[Any]):
    """An expression as each database words it, with a place for each argument."""

    sqlite: str
    postgresql: str


@compiles(_Worded)
def _in_its_words(element: _Worded, compiler: SQLCompiler, **said: Any) -> str:
    words: str = getattr(element, compiler.dialect.name)
    return words.format(*(compiler.process(each, **said) for each in element.clauses))


class _Holds(_Worded):
    """Whether the first bytes hold the second."""

    inherit_cache = True
    type = Boolean()
    sqlite = "instr({0}, {1}) > 0"
    postgresql = "position({1} IN {0}) > 0"


class _Bytes(_Worded):
    """The bytes of a text in UTF-8."""

    inherit_cache = True
    type = LargeBinary()
    sqlite = "CAST({0} AS BLOB)"
    postgresql = "convert_to({0}, 'UTF8')"


class _Stamp(_Worded):
    """An instant as entries write it (audit/entry.py, stamp)."""

    inherit_cache = True
    type = Text()
    sqlite = "(replace(replace({0}, ' ', 'T'), '.000000', '') || 'Z')"
    postgresql = """(replace(to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || 'Z')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which entries are wanted; what is not given chooses nothing out."""

    campaign_id: int | None = None
    message_ids: tuple[int, ...] | None = None  #: about these messages
    numbers: tuple[int, ...] | None = None  #: of these entries (`of_person`)
    since: datetime | None = None  #: aware; included
    until: datetime | None = None  #: aware; excluded
    kinds: tuple[EntryKind, ...] = ()
    saying: tuple[bytes, ...] = ()  #: each stands in the body, byte for byte
    also: tuple[int, ...] = ()  #: entries wanted besides, by number

    @property
    def everything(self) -> bool:
        """Whether every entry is wanted."""
        return self == Choice()


def chosen(choice: Choice) -> ColumnElement[bool]:
    """The condition that an entry is wanted."""
    j = journal.c
    conditions: list[ColumnElement[bool]] = []
    if choice.campaign_id is not None:
        theirs = select(message.c.id).where(message.c.campaign_id == choice.campaign_id)
        conditions.append(or_(j.campaign_id == choice.campaign_id, and_(j.campaign_id.is_(None), j.message_id.in_(theirs))))
    if choice.message_ids is not None:
        conditions.append(j.message_id.in_(choice.message_ids))
    if choice.numbers is not None:
        conditions.append(j.id.in_(choice.numbers))
    if choice.since is not None:
        conditions.append(j.at >= choice.since)
    if choice.until is not None:
        conditions.append(j.at < choice.until)
    if choice.kinds:
        conditions.append(_of(choice.kinds))
    conditions += [_Holds(j.body, each) for each in choice.saying]
    wanted = and_(*conditions) if conditions else true()
    if not choice.also:
        return wanted
    wanted = or_(wanted, j.id.in_(choice.also))
    # Said once more for all together: of an alternative no database sees that it names every entry by its number.
    return wanted if choice.numbers is None else and_(j.id.in_({*choice.numbers, *choice.also}), wanted)


def _of(kinds: Collection[EntryKind]) -> ColumnElement[bool]:
    """Entries of these kinds; found by their index, however long the journal is, where all of them are few."""
    those = journal.c.kind.in_([one.value for one in kinds])
    return and_(OF_FEW_KINDS, those) if set(kinds) <= set(FEW_KINDS) else those


def bodies(tx: Connection, ids: Sequence[int], where: ColumnElement[bool]) -> Mapping[int, bytes]:
    """The bodies of those of these entries that fulfil a condition, by id: the driver's own rows, nothing is made of them."""
    if not ids:
        return {}
    j = journal.c
    wanted = set(ids)
    found = tx.execute(select(j.id, j.body).where(j.id >= min(ids), j.id <= max(ids), where))
    return {number: body for number, body in found.cursor.fetchall() if number in wanted}


def listed(tx: Connection, choice: Choice, *, after: int = 0, limit: int = 1000) -> list[Recorded]:
    """A page of the chosen entries by number."""
    j = journal.c
    rows = tx.execute(
        select(j.id, j.kind, j.at, j.person, j.body).where(j.id > after, chosen(choice)).order_by(j.id).limit(limit)
    )
    return [Recorded(*row) for row in rows]


def each(tx: Connection, choice: Choice) -> Iterator[Recorded]:
    """Every chosen entry by number, in constant memory."""
    after = 0
    while True:
        page = listed(tx, choice, after=after, limit=_ROWS_AT_ONCE)
        yield from page
        if len(page) < _ROWS_AT_ONCE:
            return
        after = page[-1].id


def misfiled(tx: Connection, *, after: int) -> tuple[int, bytes, Filing] | None:
    """The next entry whose body does not say, byte for byte, what the look-up columns beside it say. None when there is none."""
    j = journal.c
    repeats = and_(
        _says(j.body, '"kind":"', j.kind, '",'),
        _says(j.body, '"at":"', _Stamp(j.at), '",'),
        _says(j.body, '"campaign":', j.campaign_id, ","),
        _says(j.body, '"message":', j.message_id, ","),
        _says(j.body, '"person":"', j.person, '",'),
    )
    chosen = select(j.id, j.body, j.kind, j.at, j.campaign_id, j.message_id, j.person).where(j.id > after, ~repeats)
    row = tx.execute(chosen.order_by(j.id).limit(1)).first()
    return None if row is None else (row[0], bytes(row[1]), Filing(*row[2:]))


def mishashed(tx: Connection) -> int | None:
    """The number of the first entry beside which stands another hash than that of its bytes. None when there is none."""
    j = journal.c
    if is_postgresql(tx):
        other = select(j.id).where(func.sha256(j.body) != j.sha256).order_by(j.id).limit(1)
        return tx.execute(other).scalar()
    after = -(2**62)
    chosen = select(j.id, j.body, j.sha256).where(j.id > bindparam("after")).order_by(j.id).limit(_ROWS_AT_ONCE)
    while page := tx.execute(chosen, {"after": after}).cursor.fetchall():
        for number, body, digest in page:
            if sha256(body).digest() != digest:
                return int(number)
        after = page[-1][0]
    return None


def _says(body: ColumnElement[bytes], before: str, value: Any, end: str) -> ColumnElement[bool]:
    """Whether a body has this key with this value, or has no such key where there is no value; `v` ends every body."""
    said = literal(before) + cast(value, Text) + literal(end)
    silent = ~_Holds(body, literal(before.encode()))
    return case((value.is_(None), silent), else_=_Holds(body, _Bytes(said)))


def among(tx: Connection, ids: Sequence[int], where: ColumnElement[bool]) -> set[int]:
    """Those of these entries that fulfil a condition."""
    if not ids:
        return set()
    j = journal.c
    found = set(tx.execute(select(j.id).where(j.id >= min(ids), j.id <= max(ids), where)).scalars())
    return found.intersection(ids)


def of_campaigns(tx: Connection, campaign_ids: Sequence[int], kinds: Collection[EntryKind]) -> Iterator[Recorded]:
    """The entries of these kinds about these campaigns; those about rules in force are about every one."""
    j = journal.c
    theirs = or_(j.campaign_id.in_(campaign_ids), j.kind == EntryKind.PACK.value)
    chosen_rows = select(j.id, j.kind, j.at, j.person, j.body).where(_of(kinds), theirs)
    for row in tx.execute(chosen_rows.order_by(j.id)):
        yield Recorded(*row)


def outside_tree(tx: Connection, seen_id: int, size: int) -> int:
    """How many more entries with a number up to `seen_id` the journal has than the tree holds; negative: fewer."""
    j = journal.c
    there = tx.execute(select(func.count()).select_from(journal).where(j.id <= seen_id)).scalar_one()
    return int(there) - size


def last_number(tx: Connection) -> int:
    """The greatest number of an entry; 0 when there is none."""
    return tx.execute(select(func.max(journal.c.id))).scalar() or 0


def numbers(tx: Connection, after: int, until: int, limit: int) -> list[int]:
    """Numbers of entries in a stretch, in order."""
    j = journal.c
    return list(tx.execute(select(j.id).where(j.id > after, j.id <= until).order_by(j.id).limit(limit)).scalars())


def person_of(tx: Connection, digest: bytes) -> tuple[int, bytes] | None:
    """(contact, her key) of whoever holds an address; None when nobody does (any more)."""
    row = tx.execute(
        select(contact.c.id, person_key.c.key)
        .join(address, address.c.contact_id == contact.c.id)
        .join(person_key, person_key.c.contact_id == contact.c.id)
        .where(address.c.digest == digest)
        .limit(1)
    ).first()
    return None if row is None else (row[0], bytes(row[1]))


def messages_of(tx: Connection, contact_id: int) -> tuple[int, ...]:
    """Numbers of a person's messages, in order."""
    return tuple(tx.execute(select(message.c.id).where(message.c.contact_id == contact_id).order_by(message.c.id)).scalars())


def of_person(tx: Connection, person: str, message_ids: Sequence[int]) -> tuple[int, ...]:
    """Numbers of the entries that name a person, by her pseudonym, and of those about her messages. Each is found by its index;
    a decision or a hand-over that names her is about a message of hers."""
    j = journal.c
    found = set(tx.execute(select(j.id).where(OF_A_PERSON, j.person == person)).scalars())
    for at in range(0, len(message_ids), _ROWS_AT_ONCE):
        found.update(tx.execute(select(j.id).where(j.message_id.in_(message_ids[at : at + _ROWS_AT_ONCE]))).scalars())
    return tuple(sorted(found))


def wordings(tx: Connection) -> Iterator[tuple[str, str]]:
    """(SHA-256, text) of every wording people agreed to or received."""
    for row in tx.execute(select(wording.c.sha256, wording.c.text).order_by(wording.c.sha256)):
        yield row[0], row[1]


def definitions(tx: Connection) -> Iterator[tuple[str, bytes]]:
    """(SHA-256, canonical JSON) of every version of a campaign; of equal ones of two campaigns, twice."""
    v = campaign_version.c
    for row in tx.execute(select(v.sha256, v.definition).order_by(v.campaign_id, v.at)):
        yield row[0], bytes(row[1])

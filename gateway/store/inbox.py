"""What came in, each thing kept once, and who settled it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Select, case, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from gateway.domain.channel import Medium
from gateway.domain.reply import InboxKind, InboxState, Intent, RightAsked, Settlement
from gateway.store.bulk import bulk_insert
from gateway.store.engine import Later, Upsert, is_postgresql
from gateway.store.prepared import Prepared, Sent, given
from gateway.store.tables import address, inbox
from gateway.store.types import instant

#: Order in which a person reads what waits: what may be an objection first.
_URGENCY = case((inbox.c.intent == Intent.DOUBTFUL, 0), (inbox.c.right_asked.is_not(None), 1), else_=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Something that came in, as it is first kept."""

    medium: Medium
    provider_id: str  #: at most 255 characters; the provider's own id of it
    kind: InboxKind
    digest: bytes | None  #: of the sender's address; None where nobody can be told
    received_at: datetime
    kept_at: datetime
    text: str | None = None  #: what the person wrote, without what she quotes
    body: bytes | None = None  #: as received
    message_id: int | None = None  #: the message it answers to
    keep_until: datetime | None = None  #: text and body are erased then


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that came in, as it stands now."""

    id: int
    medium: Medium
    provider_id: str
    kind: InboxKind
    digest: bytes | None
    message_id: int | None
    received_at: datetime
    kept_at: datetime
    effective_at: datetime | None
    intent: Intent | None
    evidence: str | None
    right_asked: RightAsked | None
    text: str | None
    state: InboxState
    settled_as: Settlement | None
    settled_by: str | None  #: None: the gateway itself
    settled_at: datetime | None
    settled_why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What reading it came to."""

    intent: Intent | None
    evidence: str | None = None
    right_asked: RightAsked | None = None
    effective_at: datetime | None = None  #: since when its author is not written to because of it
    settled: Settlement | None = None  #: None: it waits for a person
    message_id: int | None = None  #: the message it answers to


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A person's decision about something that came in."""

    settlement: Settlement
    by: str
    why: str
    at: datetime
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A line of the queue."""

    letter: Letter
    address: str | None  #: of the sender, when somebody of our file holds it
    doubts: int  #: open doubtful replies of the same sender, this one included


def keep(tx: Connection, incoming: Incoming) -> int | None:
    """Keep something once; its number, or None when this provider id was kept before, whatever happened to it since.

    It is open until `read` or `settle` says otherwise. Two deliveries at once: the second waits for the first, then answers None.
    """
    kept: int | None = send(tx, incoming).scalar()
    return kept


def send(tx: Connection, incoming: Incoming) -> Sent:
    """The same, its number asked for later."""
    return _KEEP.send(tx, **{name: getattr(incoming, name) for name in _INCOMING})


_INCOMING = tuple(Incoming.__dataclass_fields__)


def _keeping(empty: Upsert) -> ReturningInsert[int]:
    values = {name: given(name) for name in _INCOMING}
    return empty.values(**values, state=InboxState.OPEN).on_conflict_do_nothing().returning(inbox.c.id)


_KEEP = Prepared(_keeping(postgresql.insert(inbox)), sqlite=_keeping(sqlite.insert(inbox)))


#: Advisory lock of PostgreSQL: whoever files callbacks shares it, before the first row.
_FILING_LOCK = 7_263_041
_FILED = "medium, kind, received_at, kept_at, settled_at, state, settled_as, keep_until, provider_id, message_id, body"
_FILED_BEFORE = """
SELECT json_group_array(provider_id) FROM inbox WHERE medium = ? AND provider_id IN (SELECT value FROM json_each(?))"""
_NAMED = "SELECT id FROM message WHERE id IN (SELECT value FROM json_each(?)) AND contact_id IS NOT NULL"
#: What callbacks of one go have in common is told once; what came is text in JSON, which is half as long as bytes would be there.
#: Whose each message is, is asked by a value: of EXISTS PostgreSQL makes one set of every message of the outbox first.
_FILE_ALL = f"""
INSERT INTO inbox ({_FILED})
SELECT %s, %s, %s, %s, %s, %s, %s, %s::timestamptz, provider_id, message_id,
  CASE WHEN (SELECT m.contact_id FROM message m WHERE m.id = told.message_id) IS NOT NULL THEN convert_to(body, 'UTF8') END
FROM json_to_recordset(%s::json) AS told (provider_id varchar, message_id int8, body text)
WHERE pg_advisory_xact_lock%%s({_FILING_LOCK}) IS NOT NULL
ON CONFLICT DO NOTHING RETURNING provider_id"""  # noqa: S608 (names of our own columns)


_FILE_SHARED, _FILE_ALONE = _FILE_ALL.replace("%%s", "_shared"), _FILE_ALL.replace("%%s", "")


class Callback(NamedTuple):
    """What a provider told of one of our messages."""

    provider_id: str  #: at most 255 characters; the same again is the same callback
    message_id: int
    body: str  #: as it came, in JSON

    @classmethod
    def of(cls, sid: str, status: str, message_id: int, form: Mapping[str, str]) -> Callback:
        """The same status of the same text or call is the same callback. sid: the provider's name for it; form: as it came."""
        return cls(f"{sid}:{status}", message_id, orjson.dumps(form).decode())


def file_all(
    tx: Connection,
    medium: Medium,
    callbacks: Sequence[Callback],
    *,
    at: datetime,
    keep_until: datetime | None,
    alone: bool = False,
) -> Later[set[str]]:
    """Keep callbacks of one channel that nobody needs to look at, each once; what came is erased at `keep_until`.

    Of a message to somebody who is in no file, erased since or a stranger, it is not kept: her number would stand there again.

    alone: others that file some wait until `tx` ends, and what they filed is seen: of two that contradict each other, in two
    processes, one sees the other.

    The provider ids of those not kept before are asked for afterwards: what is sent beside it within `engine.together` travels
    with it.
    """
    now, until = instant(tx, at), instant(tx, keep_until) if keep_until else None
    state, settled = InboxState.SETTLED.value, Settlement.FILED.value
    same = (medium.value, InboxKind.CALLBACK.value, now, now, now, state, settled, until)
    cursor = tx.connection.cursor()
    if is_postgresql(tx):
        # In one order in every process: whoever waits for another's row holds none that the other waits for.
        rows = [{"provider_id": sid, "message_id": message_id, "body": body} for sid, message_id, body in sorted(callbacks)]
        told = orjson.dumps(rows).decode()
        cursor.execute(_FILE_ALONE if alone else _FILE_SHARED, (*same, told))
        return lambda: {row[0] for row in Sent(cursor, ()).rows()}
    # Nobody else writes meanwhile: what is not there now, is not there when it is inserted.
    by_id = {one.provider_id: one for one in callbacks}
    before = cursor.execute(_FILED_BEFORE, (medium.value, orjson.dumps(list(by_id)).decode())).fetchone()[0]
    for known in orjson.loads(before):
        del by_id[known]
    named = {row[0] for row in cursor.execute(_NAMED, (orjson.dumps([one.message_id for one in by_id.values()]).decode(),))}
    cursor.close()
    fresh = ((*same, sid, about, body.encode() if about in named else None) for sid, about, body in by_id.values())
    bulk_insert(tx, inbox, _FILED.split(", "), fresh)
    return lambda: set(by_id)


def read(tx: Connection, letter_id: int, told: Read, *, at: datetime) -> None:
    """Note what something just kept says; settled by the gateway when nobody needs to look at it."""
    _READ.run(
        tx,
        letter=letter_id,
        intent=told.intent,
        evidence=told.evidence,
        right_asked=told.right_asked,
        effective_at=told.effective_at,
        now=InboxState.OPEN if told.settled is None else InboxState.SETTLED,
        settled_as=told.settled,
        settled_at=None if told.settled is None else at,
        message_id=told.message_id,
    )


_NOTED = ("intent", "evidence", "right_asked", "effective_at", "settled_as", "settled_at")
_READ = Prepared(
    update(inbox)
    .where(inbox.c.id == given("letter"), inbox.c.state == InboxState.OPEN)
    .values(
        state=given("now"),
        message_id=func.coalesce(inbox.c.message_id, given("message_id", inbox.c.message_id.type)),
        **{name: given(name) for name in _NOTED},
    )
)


def settle(tx: Connection, letter_id: int, decision: Settled) -> bool:
    """open -> settled, by a person; False when it was settled already: of two who decide at once, one wins."""
    noted: dict[str, object] = {
        "state": InboxState.SETTLED,
        "settled_as": decision.settlement,
        "settled_by": decision.by,
        "settled_at": decision.at,
        "settled_why": decision.why,
    }
    if decision.effective_at is not None:
        noted["effective_at"] = func.coalesce(inbox.c.effective_at, decision.effective_at)
    statement = update(inbox).where(inbox.c.id == letter_id, inbox.c.state == InboxState.OPEN).values(noted)
    return tx.execute(statement).rowcount == 1


def judge(tx: Connection, letter_id: int, intent: Intent, *, effective_at: datetime | None) -> None:
    """A person read it and said what it asks; it stays open, for the right it also invokes."""
    noted = {"intent": intent, "effective_at": func.coalesce(inbox.c.effective_at, effective_at)}
    tx.execute(update(inbox).where(inbox.c.id == letter_id, inbox.c.state == InboxState.OPEN).values(noted))


def find(tx: Connection, letter_id: int, *, lock: bool = False) -> Letter | None:
    """One thing that came in, or None. `lock`: nobody settles it before this transaction ends."""
    chosen = _letters().where(inbox.c.id == letter_id)
    if lock:
        chosen = chosen.with_for_update(of=inbox)
    row = tx.execute(chosen).mappings().first()
    return Letter(**row) if row else None


def by_provider_id(tx: Connection, medium: Medium, provider_id: str) -> Letter | None:
    """What was kept under a provider's id, or None."""
    chosen = _letters().where(inbox.c.medium == medium, inbox.c.provider_id == provider_id)
    row = tx.execute(chosen).mappings().first()
    return Letter(**row) if row else None


def kept_among(tx: Connection, medium: Medium, provider_ids: Sequence[str]) -> set[str]:
    """Which of these provider's ids something was kept under."""
    i = inbox.c
    chosen = select(i.provider_id).where(i.medium == medium, i.provider_id.in_(provider_ids))
    return set(tx.execute(chosen).scalars())


def waiting(tx: Connection, *, after: int | None = None, limit: int = 50) -> list[Waiting]:
    """A page of what waits for a person: doubtful first, then requests for a right, oldest first. `after`: the last one seen."""
    order = (_URGENCY, inbox.c.received_at, inbox.c.id)
    twin = inbox.alias()
    doubts = (
        select(func.count())
        .where(twin.c.digest == inbox.c.digest, twin.c.state == InboxState.OPEN, twin.c.intent == Intent.DOUBTFUL)
        .scalar_subquery()
    )
    chosen = (
        _letters()
        .add_columns(address.c.value.label("address"), doubts.label("doubts"))
        .select_from(inbox.outerjoin(address, (address.c.digest == inbox.c.digest) & (address.c.medium == inbox.c.medium)))
        .where(inbox.c.state == InboxState.OPEN)
        .order_by(*order)
        .limit(limit)
    )
    if after is not None:
        seen = tx.execute(select(*order).where(inbox.c.id == after)).first()
        if seen is not None:
            chosen = chosen.where(tuple_(*order) > tuple_(*seen))
    rows = tx.execute(chosen).mappings()
    return [
        Waiting(letter=Letter(**{name: row[name] for name in _LETTER}), address=row["address"], doubts=row["doubts"])
        for row in rows
    ]


def listed(
    tx: Connection, *, kinds: Sequence[InboxKind] = tuple(InboxKind), before: int | None = None, limit: int = 50
) -> list[Letter]:
    """A page of what came in of these kinds, the newest first; `before`: the last one seen."""
    chosen = _letters().where(inbox.c.kind.in_(kinds)).order_by(inbox.c.id.desc()).limit(limit)
    if before is not None:
        chosen = chosen.where(inbox.c.id < before)
    return [Letter(**row) for row in tx.execute(chosen).mappings()]


def body(tx: Connection, letter_id: int) -> bytes | None:
    """What came in, as it came; None when it is not kept any more."""
    return tx.execute(select(inbox.c.body).where(inbox.c.id == letter_id)).scalar_one_or_none()


def open_counts(tx: Connection) -> Mapping[str, int]:
    """How many things wait for a person, by intent (or kind, where nothing was read in them)."""
    what = func.coalesce(inbox.c.intent, inbox.c.kind)
    rows = tx.execute(select(what, func.count()).where(inbox.c.state == InboxState.OPEN).group_by(what).order_by(what))
    return {str(row[0]): row[1] for row in rows}


def open_doubts(tx: Connection, digest: bytes, medium: Medium) -> int:
    """How many doubtful replies of one sender still wait: her pause lasts until the last of them is settled."""
    chosen = select(func.count()).where(
        inbox.c.digest == digest,
        inbox.c.medium == medium,
        inbox.c.state == InboxState.OPEN,
        inbox.c.intent == Intent.DOUBTFUL,
    )
    return tx.execute(chosen).scalar_one()


def forget(tx: Connection, *, at: datetime, most: int) -> int:
    """Erase words and bodies whose term is over, of what is settled; at most `most`. Returns how many."""
    due = (
        select(inbox.c.id)
        .where(
            inbox.c.keep_until <= at,
            inbox.c.state == InboxState.SETTLED,
            or_(inbox.c.text.is_not(None), inbox.c.body.is_not(None)),
        )
        .order_by(inbox.c.id)
        .limit(most)
    )
    return tx.execute(update(inbox).where(inbox.c.id.in_(due)).values(text=None, body=None, evidence=None)).rowcount


_LETTER = tuple(Letter.__dataclass_fields__)


def _letters() -> Select[Any]:
    return select(*(inbox.c[name] for name in _LETTER))

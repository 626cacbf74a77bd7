"""Journal entries: canonical bytes and their hash.

An entry is one JSON object in UTF-8 with sorted keys and no white space; instants are ISO 8601 in UTC with a final Z, and six
digits of microseconds unless these are zero. The bytes are stored as they were hashed and are never serialised again. A person
appears only as a pseudonym.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

import orjson

#: Version of the entry format, in every entry. Since 2, what `content` and `notice` of a decision name is kept.
FORMAT = 2
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


class EntryKind(StrEnum):
    """What an entry records."""

    FACTS = "facts"  #: a class of equal facts, once, before the first decision that names it
    DECISION = "decision"
    HAND_OVER = "hand_over"
    SETTLEMENT = "settlement"  #: an uncertain message was settled by evidence or by a person
    OBJECTION = "objection"
    REPLY = "reply"  #: something a person wrote back: heard, or settled by somebody
    SUPPRESSION = "suppression"
    CONSENT = "consent"
    ORIGIN = "origin"
    IMPORT = "import"
    NOTICE = "notice"  #: a single message was put into the outbox, in answer to an act of a person
    FORM = "form"  #: a form was published or closed; somebody signed up, confirmed, or never did
    CAMPAIGN = "campaign"  #: created, changed, launched, paused, resumed, cancelled, finished
    APPROVAL = "approval"
    PACK = "pack"
    OPERATOR = "operator"
    ADDRESS = "address"
    RIGHTS = "rights"  #: a request of a person: opened, extended, answered, carried out
    HOLD = "hold"  #: somebody was kept from erasure by terms for a while, or is no longer
    ERASURE = "erasure"  #: people were erased, in numbers; who they were leads nowhere any more
    INBOUND = "inbound"  #: a mail came in, and what it did
    RECEIPT = "receipt"  #: what came back about a message
    BREACH = "breach"  #: personal data leaked or was lost: noted, or closed
    ALARM = "alarm"
    KEY = "key"  #: a key of the journal was created, rotated or revoked
    WITNESS = "witness"  #: a checkpoint was handed to somebody outside
    EXPORT = "export"  #: a part of the journal was taken away


class Entry(NamedTuple):
    """One line of the journal, ready to be stored."""

    kind: EntryKind
    at: datetime
    body: bytes
    sha256: bytes
    campaign_id: int | None
    message_id: int | None
    person: str | None


def entry(
    kind: EntryKind,
    at: datetime,
    *,
    campaign_id: int | None = None,
    message_id: int | None = None,
    person: str | None = None,
    **told: object,
) -> Entry:
    """Make an entry. `told` holds JSON values; instants among them are aware. Keys with None are left out."""
    if None in told.values():
        told = {name: value for name, value in told.items() if value is not None}
    for name, value in told.items():
        if type(value) is datetime and value.tzinfo is not UTC:  # typed by somebody, on the clock of her place
            told[name] = in_utc(value)
    return entry_of(kind, at, told, campaign_id=campaign_id, message_id=message_id, person=person)


def entry_of(
    kind: EntryKind,
    at: datetime,
    told: dict[str, object],
    *,
    campaign_id: int | None = None,
    message_id: int | None = None,
    person: str | None = None,
) -> Entry:
    """`entry` of values that are together already, none of which is None: for many in a row. The dictionary is taken over."""
    told["v"], told["kind"], told["at"] = FORMAT, kind, in_utc(at)
    if campaign_id is not None:
        told["campaign"] = campaign_id
    if message_id is not None:
        told["message"] = message_id
    if person is not None:
        told["person"] = person
    body = canonical(told)
    return Entry(kind, at, body, sha256(body).digest(), campaign_id, message_id, person)


class Stencil(NamedTuple):
    """Entries that name a message and a person, and are else the same: encoded once. Byte for byte what `entry` makes of each."""

    kind: EntryKind
    at: datetime
    campaign_id: int
    before: bytes  #: the number of the message
    between: bytes  #: that and the pseudonym
    after: bytes

    def of(self, message_id: int, person: str) -> Entry:
        """The entry about this message. person: a pseudonym, which is hexadecimal and needs no escape."""
        body = b'%b%d%b"%b"%b' % (self.before, message_id, self.between, person.encode(), self.after)
        return Entry(self.kind, self.at, body, sha256(body).digest(), self.campaign_id, message_id, person)


def stencil(kind: EntryKind, at: datetime, *, campaign_id: int, **told: object) -> Stencil:
    """What `entry` would make of each of many messages."""
    same = {name: value for name, value in told.items() if value is not None}
    same |= {"v": FORMAT, "kind": kind.value, "at": in_utc(at), "campaign": campaign_id}
    written = {name: canonical(name) + b":" + canonical(value) for name, value in same.items()}
    written |= {"message": b'"message":', "person": b'"person":'}
    names = sorted(written)
    first, second = (names.index(name) + 1 for name in ("message", "person"))
    before, between = (b",".join([written[name] for name in some]) for some in (names[:first], names[first:second]))
    after = b"".join([b"," + written[name] for name in names[second:]])
    return Stencil(kind, at, campaign_id, b"{" + before, b"," + between, after + b"}")


class Filing(NamedTuple):
    """What the columns by which entries are looked up say beside a body."""

    kind: str
    at: datetime
    campaign: int | None
    message: int | None
    person: str | None


def misfiled(body: bytes, beside: Filing) -> str | None:
    """The first of the columns that does not repeat what the body says; None when each does."""
    told, kept = orjson.loads(body), beside._asdict() | {"at": stamp(beside.at)}
    return next((name for name, value in kept.items() if told.get(name) != value), None)


def canonical(value: object) -> bytes:
    """Canonical JSON: sorted keys, no white space, UTF-8, instants in UTC. Raises TypeError for what JSON cannot hold."""
    return orjson.dumps(value, option=_CANONICAL)


def stamp(at: datetime) -> str:
    """An instant as the journal writes it."""
    return orjson.dumps(in_utc(at), option=orjson.OPT_UTC_Z)[1:-1].decode()


def in_utc(at: datetime) -> datetime:
    """The same instant on the clock of UTC. A naive one is refused: it would mean another instant on another machine."""
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise TypeError("a journal entry holds no instant without its zone")
    return at.astimezone(UTC)

"""Journal entries: canonical bytes and their hash.

An entry is one JSON object in UTF-8 with sorted keys and no white space; instants are ISO 8601 in UTC with a final Z, and six
digits of microseconds unless these are zero. The bytes are stored as they were hashed and are never serialised again. A person
appears only as a pseudonym.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

#: Version of the entry format, in every entry.
FORMAT = 1
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
_NOTHING: Mapping[str, Any] = MappingProxyType({})


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
    **told: Any,
) -> Entry:
    """Make an entry. `told` holds JSON values; instants among them are aware, in UTC. Keys with None are left out."""
    told["v"], told["kind"], told["at"] = FORMAT, str(kind), in_utc(at)
    if campaign_id is not None:
        told["campaign"] = campaign_id
    if message_id is not None:
        told["message"] = message_id
    if person is not None:
        told["person"] = person
    if None in told.values():
        told = {name: value for name, value in told.items() if value is not None}
    body = canonical(told)
    return Entry(kind, at, body, sha256(body).digest(), campaign_id, message_id, person)


class Stencil(NamedTuple):
    """Entries of one kind that differ in a few values: all else is encoded once. Byte for byte what `entry` makes of each."""

    kind: EntryKind
    at: datetime | None  #: when it is the same of all
    campaign_id: int
    text: bytes  #: with a place for each value that differs
    places: tuple[str, ...]  #: keys of these values, in the order of the text

    def of(self, message_id: int, person: str, told: Mapping[str, Any] = _NOTHING) -> Entry:
        """The entry about this message. person: a pseudonym; told: the other values that differ, none of which is None."""
        values = {**told, "message": message_id, "person": person}
        body = self.text % tuple([orjson.dumps(values[name], option=_CANONICAL) for name in self.places])
        at: datetime = self.at or told["at"]
        return Entry(self.kind, at, body, sha256(body).digest(), self.campaign_id, message_id, person)


def stencil(kind: EntryKind, *, campaign_id: int, differing: Iterable[str] = (), **told: Any) -> Stencil:
    """What `entry` would make of each of many messages. differing: keys whose values are given with each message."""
    same = {name: value for name, value in told.items() if value is not None}
    same |= {"v": FORMAT, "kind": str(kind), "campaign": campaign_id}
    written = {name: canonical(value).replace(b"%", b"%%") for name, value in same.items()}
    places = sorted({"message", "person", *differing})
    written |= dict.fromkeys(places, b"%b")
    text = b",".join([canonical(name).replace(b"%", b"%%") + b":" + written[name] for name in sorted(written)])
    return Stencil(kind, told.get("at"), campaign_id, b"{" + text + b"}", tuple(places))


def canonical(value: Any) -> bytes:
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

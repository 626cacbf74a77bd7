"""Journal entries: canonical bytes and their hash.

An entry is one JSON object in UTF-8 with sorted keys and no white space; instants are ISO 8601 in UTC with microseconds and a
final Z. The bytes are stored as they were hashed and are never serialised again. A person appears only as a pseudonym.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import orjson

#: Version of the entry format, in every entry.
FORMAT = 1


class EntryKind(StrEnum):
    """What an entry records."""

    FACTS = "facts"  #: a class of equal facts, once, before the first decision that names it
    DECISION = "decision"
    HAND_OVER = "hand_over"
    SETTLEMENT = "settlement"  #: an uncertain message was settled by evidence or by a person
    OBJECTION = "objection"
    SUPPRESSION = "suppression"
    CONSENT = "consent"
    ORIGIN = "origin"
    IMPORT = "import"
    CAMPAIGN = "campaign"  #: created, changed, launched, paused, resumed, cancelled, finished
    APPROVAL = "approval"
    PACK = "pack"
    OPERATOR = "operator"
    ADDRESS = "address"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Entry:
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
    """Make an entry. `told` holds JSON values; instants among them may be aware datetimes. Keys with None are left out."""
    fields = {name: value for name, value in told.items() if value is not None}
    fields.update(v=FORMAT, kind=kind.value, at=at)
    if campaign_id is not None:
        fields["campaign"] = campaign_id
    if message_id is not None:
        fields["message"] = message_id
    if person is not None:
        fields["person"] = person
    body = canonical(fields)
    return Entry(kind, at, body, sha256(body).digest(), campaign_id, message_id, person)


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no white space, UTF-8, instants in UTC with microseconds."""
    return orjson.dumps(value, default=_instant, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)


def stamp(at: datetime) -> str:
    """An instant as the journal writes it."""
    return at.astimezone(UTC).isoformat("T", "microseconds")[:-6] + "Z"


def _instant(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return stamp(value)
    raise TypeError(f"a journal entry cannot hold {type(value).__name__}")

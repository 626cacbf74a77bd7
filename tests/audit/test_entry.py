"""Journal entries: the same content gives the same bytes, and their hash is that of the bytes kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.audit.entry import EntryKind, entry, entry_of, stamp, stencil

AT = datetime(2026, 12, 1, 10, 0, 0, 250, tzinfo=UTC)


def test_an_entry_is_canonical_json_with_its_hash() -> None:
    made = entry(EntryKind.CONSENT, AT, message_id=7, person="ab" * 16, act="granted", nothing=None)
    assert made.body == (
        b'{"act":"granted","at":"2026-12-01T10:00:00.000250Z","kind":"consent","message":7,"person":"' + b"ab" * 16 + b'","v":2}'
    )
    assert made.sha256 == sha256(made.body).digest()
    assert json.loads(made.body)["kind"] == "consent"


def test_the_order_of_what_is_told_changes_nothing() -> None:
    assert entry(EntryKind.ALARM, AT, a=1, b=2).body == entry(EntryKind.ALARM, AT, b=2, a=1).body


def test_entries_made_by_a_stencil_are_those_made_one_by_one() -> None:
    told: dict[str, Any] = {
        "rules": ("a", "b"),
        "facts": '"message":0,"person":"\u00e9 100 % of it, %b"',
        "until": AT,
        "nothing": None,
        "zone": {"message": 1, "person": "x"},
        "50 %": 1,
    }
    alike = stencil(EntryKind.DECISION, AT, campaign_id=3, **told)
    for message_id, person in ((1, "ab" * 16), (2**40, "0" * 32)):
        alone = entry(EntryKind.DECISION, AT, campaign_id=3, message_id=message_id, person=person, **told)
        assert alike.of(message_id, person) == alone


def test_entries_of_values_that_are_together_are_those_made_one_by_one() -> None:
    for number, reply in enumerate(("Ok", 'é " \\ %s', "", "\x00")):
        told: dict[str, Any] = {"began": AT, "reply": reply, "permanent": not number}
        of: dict[str, Any] = {"campaign_id": 3, "message_id": number, "person": "ab" * 16}
        paris = (AT + timedelta(seconds=number)).astimezone(timezone(timedelta(hours=1)))
        alone = entry(EntryKind.HAND_OVER, paris, **told, **of)
        assert entry_of(EntryKind.HAND_OVER, paris, dict(told), **of) == alone


def test_an_instant_is_written_on_the_clock_of_utc() -> None:
    paris = AT.astimezone(timezone(timedelta(hours=1)))
    assert entry(EntryKind.ALARM, paris).body == entry(EntryKind.ALARM, AT).body
    assert stamp(paris) == "2026-12-01T10:00:00.000250Z"
    assert stamp(AT.replace(microsecond=0)) == "2026-12-01T10:00:00Z"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(TypeError, match="zone"):
        entry(EntryKind.ALARM, AT.replace(tzinfo=None))


def test_an_instant_typed_on_another_clock_stands_in_utc() -> None:
    """Whoever noted a breach typed « 10:00 » in Paris: the format promises one way of writing an instant."""
    paris = datetime(2026, 11, 27, 10, tzinfo=ZoneInfo("Europe/Paris"))
    told = entry(EntryKind.BREACH, paris, act="opened", aware=paris)
    assert told.body == b'{"act":"opened","at":"2026-11-27T09:00:00Z","aware":"2026-11-27T09:00:00Z","kind":"breach","v":2}'

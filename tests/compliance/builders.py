"""Packs and situations for tests: a lawful newsletter, of which a test says only what is different."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.compliance.facts import Facts
from gateway.compliance.pack import Pack, load_pack
from gateway.compliance.situations import read_facts
from gateway.compliance.verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
LAW = ROOT / "policies" / "fr"
HOUSE = ROOT / "policies" / "house"
TODAY = date(2026, 11, 23)
NOON = datetime(2026, 12, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))


@cache
def shipped() -> Pack:
    """The packs of this repository."""
    return load_pack(LAW, HOUSE, today=TODAY)


@cache
def base(name: str) -> Mapping[str, object]:
    """A situation of the golden tables."""
    content = tomllib.loads((LAW / "scenarios" / "bases.toml").read_text(encoding="utf-8"))
    return dict(content["base"][name])


def lawful(at: datetime = NOON, situation: str = "lettre", **changes: object) -> Facts:
    """Facts under which the shipped pack allows the message, but for the changes."""
    return read_facts({**base(situation), **changes}, at, shipped().needs)


def paris(text: str) -> datetime:
    """An instant on the clock of Paris: "2027-04-17 00:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Paris"))


def utc(text: str) -> datetime:
    """An instant in UTC: "2027-04-16 22:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC"))


def summary(verdict: Verdict) -> tuple[str, set[str]]:
    """Name of a verdict and the rules that decided."""
    return verdict.name, set(verdict.rules)


def typed(text: str) -> str:
    """French as typed on a keyboard, to compare with French as printed."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")

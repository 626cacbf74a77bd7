"""A carrier with one telephone that got a text, answered, got a call, and rings: for looking at its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NUMBER, SENDER = "+33612345678", "+33700000001"
AT = datetime(2026, 12, 1, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Text:
    """One text."""

    direction: str
    sender: str
    recipient: str
    body: str
    status: str = "delivered"
    created_at: datetime = AT


@dataclass(frozen=True)
class Call:
    """One call."""

    sid: str
    status: str
    heard: tuple[str, ...] = ("Bonjour, ceci est un message enregistré.", "Pour ne plus être appelé, appuyez sur 9.")
    caller: str = SENDER
    digits: str = ""
    created_at: datetime = AT


@dataclass(frozen=True)
class OneTelephone:
    """Satisfies gateway.web.handsets.TrialCarrier, and keeps nothing."""

    @property
    def traffic(self) -> OneTelephone:
        return self

    def numbers(self, limit: int) -> list[tuple[str, int, int]]:
        return [(NUMBER, 2, 2)][:limit]

    def messages(self, *, limit: int, newest_first: bool, equal: dict[str, str]) -> list[Any]:
        received = Text("outbound-api", SENDER, NUMBER, "Rochebrune 2027 : venez samedi. STOP au 36000")
        answered = Text("inbound", NUMBER, SENDER, "Merci", created_at=AT + timedelta(minutes=1))
        return [received] if "recipient" in equal else [answered]

    def calls(self, *, limit: int, newest_first: bool, equal: dict[str, str]) -> list[Any]:
        return [Call("CA2", "in-progress"), Call("CA1", "completed", digits="9")]

    def reply(self, handset: str, to: str, body: str) -> object:
        return None

    def press(self, sid: str, digits: str) -> None:
        return None

"""Envelopes for tests, and a watch that remembers."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from gateway.channels.smtp import SmtpChannel, SmtpRelay
from gateway.channels.smtp.relay import TlsPolicy
from gateway.domain.channel import Encoding, Envelope, Outcome
from tests.channels.server import Server

BODY = b"Subject: Lettre\r\nFrom: equipe@campagne.example\r\n\r\nBonjour,\r\nune ligne.\r\n"


def letter(number: int, *, to: str = "", sender: str = "", payload: Callable[[Encoding], bytes] | bytes = BODY) -> Envelope:
    """An envelope to p<number>@example.fr, or to `to`."""
    return Envelope(
        message_id=number,
        digest=number.to_bytes(16, "big"),
        sender=sender or f"b+{number}@campagne.example",
        recipient=to or f"p{number}@example.fr",
        payload=payload if callable(payload) else lambda _encoding: payload,
    )


def letters(count: int) -> list[Envelope]:
    """As many envelopes, numbered from 0."""
    return [letter(number) for number in range(count)]


def sha256(content: bytes) -> bytes:
    """Hash of a message."""
    return hashlib.sha256(content).digest()


class Witness:
    """A watch that lets through whom it is told to, and remembers when it was asked and told."""

    def __init__(self, *, withhold: frozenset[int] = frozenset()) -> None:
        self.withhold = withhold
        self.asked: Counter[int] = Counter()
        self.asked_at: dict[int, float] = {}
        self.passed: Counter[int] = Counter()
        self.passed_at: dict[int, float] = {}
        self.told: Counter[int] = Counter()
        self.outcomes: dict[int, Outcome] = {}
        self.told_first = threading.Event()

    def may_begin(self, envelope: Envelope) -> bool:
        self.asked[envelope.message_id] += 1
        self.asked_at[envelope.message_id] = time.perf_counter()
        return envelope.message_id not in self.withhold

    def passing(self, envelope: Envelope) -> None:
        self.passed[envelope.message_id] += 1
        self.passed_at[envelope.message_id] = time.perf_counter()

    def ended(self, envelope: Envelope, outcome: Outcome) -> None:
        self.told[envelope.message_id] += 1
        self.outcomes[envelope.message_id] = outcome
        self.told_first.set()


def channel(
    server: Server,
    *,
    connections: int = 1,
    timeout_seconds: float = 2.0,
    tls: TlsPolicy = "none",
    username: str = "",
    password: str = "",
) -> SmtpChannel:
    """A channel to the test's server."""
    return SmtpChannel(
        SmtpRelay(
            host="127.0.0.1" if tls == "none" else "localhost",
            port=server.port,
            tls=tls,
            username=username,
            password=password,
            connections=connections,
            timeout_seconds=timeout_seconds,
            helo="equipe.campagne.example",
        )
    )


def hand_over(server: Server, envelopes: list[Envelope], **settings: Any) -> tuple[list[Outcome], Witness]:
    """Hand these over on a fresh channel, close it, and return outcomes and witness."""
    witness = Witness()
    hall = channel(server, **settings)
    try:
        return hall.hand_over(envelopes, witness), witness
    finally:
        hall.close()

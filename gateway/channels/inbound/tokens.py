"""Candidate VERP tokens of a mail. They are only found here; whether one is ours, its HMAC says (domain.keys)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gateway.channels.inbound.mime import Fields

#: As Keyring.verp_token makes them, after the tag that says what the address is for (render.letterhead, render.headers).
_TOKEN = re.compile(r"(?<![\w])(?:([a-z]{1,20})[+=-])?([0-9a-f]{36})(?=@)", re.IGNORECASE)
_MAX = 20
_SEARCHED_MAX = 100_000

#: Where the delivering server wrote the envelope's recipient.
DELIVERY_FIELDS = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "x-real-to", "apparently-to")
VISIBLE_FIELDS = ("to", "cc", "resent-to", "x-failed-to")


def tokens_in(text: str) -> list[str]:
    """Tokens in one text, in order, lower case."""
    return [found.group(2).lower() for found in _TOKEN.finditer(text[:_SEARCHED_MAX])]


def tags_in(text: str) -> set[str]:
    """Tags ("b", "unsubscribe") that stand before a token in one text, lower case."""
    return {(found.group(1) or "").lower() for found in _TOKEN.finditer(text[:_SEARCHED_MAX])}


def addressed_to(fields: Fields, envelope_to: Sequence[str]) -> Iterator[str]:
    """Whom the mail was sent to, as the envelope, then delivery headers, then visible headers say."""
    yield from envelope_to
    yield from fields.all(*DELIVERY_FIELDS)
    yield from fields.all(*VISIBLE_FIELDS)


def first_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The distinct tokens of these texts, most trusted text first, at most twenty."""
    return tuple(dict.fromkeys(token for text in texts for token in tokens_in(text)))[:_MAX]

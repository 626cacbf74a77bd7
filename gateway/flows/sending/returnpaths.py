"""The addresses at which mail comes back, and which of them are ours."""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.settings import Settings

#: Before the plus sign, then a token of 36 hex digits: return paths (render.letterhead) and unsubscriptions by mail.
RETURNS, UNSUBSCRIPTIONS = "b", "unsubscribe"
#: Where complaints may be sent (RFC 9477).
_FEEDBACK = "fbl"
_RETURN_PATH = re.compile(rf"(?<![\w.+-]){RETURNS}\+[0-9a-f]{{36}}@", re.IGNORECASE)
_TAGGED = re.compile(rf"(?:{RETURNS}|{UNSUBSCRIPTIONS})\+[0-9a-f]{{36}}", re.IGNORECASE)


def return_domain(settings: Settings) -> str:
    """Domain of return paths and unsubscriptions by mail; empty when no sender is set."""
    sender = settings.sender
    return sender.bounce_domain or sender.email.rpartition("@")[2]


def unsubscribe_address(settings: Settings, token: str) -> str:
    """Where a mail unsubscribes the person a token was made for."""
    return f"{UNSUBSCRIPTIONS}+{token}@{return_domain(settings)}"


def to_a_return_path(addressed: str) -> bool:
    """Whether the fields of a header that say whom a mail was sent to name a return path: servers write there, people do not."""
    return _RETURN_PATH.search(addressed) is not None


def reach_us(settings: Settings) -> bool:
    """Whether what comes back can reach us; a listener on any free port serves trial mode alone."""
    inbound = settings.inbound
    return bool(inbound.host) or (inbound.listens is not None and (settings.mode == "trial" or inbound.listens[2] != 0))


def feedback_address(settings: Settings) -> str:
    """Where complaints are taken; empty when nothing that comes back can reach us (rule email-fbl)."""
    domain = return_domain(settings)
    return f"{_FEEDBACK}@{domain}" if domain and reach_us(settings) else ""


def ours(settings: Settings) -> Callable[[str], bool]:
    """Tells whether a recipient of an envelope is one of our addresses, whatever its case."""
    sender = settings.sender
    named = {
        one.casefold() for one in (sender.reply_to, sender.email, settings.controller.email, feedback_address(settings)) if one
    }
    domain = return_domain(settings).casefold()

    def accepts(address: str) -> bool:
        local, _, where = address.casefold().rpartition("@")
        return f"{local}@{where}" in named or (where == domain and _TAGGED.fullmatch(local) is not None)

    return accepts

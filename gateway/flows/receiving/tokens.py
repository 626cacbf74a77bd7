"""Which of our messages an inbound mail speaks of: only what a token of ours proves counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import assert_never

from gateway.channels.inbound import MailKind, MailReport
from gateway.domain.errors import InvalidToken
from gateway.domain.keys import LinkScope
from gateway.flows.gateway import Gateway
from gateway.store import receipts
from gateway.store.engine import Connection
from gateway.store.receipts import Addressee

#: Left part of a Message-ID of ours, which is also the CFBL-Feedback-ID.
_REFERENCE = re.compile(r"(?<![0-9a-f])[0-9a-f]{1,16}\.[0-9a-f]{20}(?![0-9a-f])")
_LINK = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{55}(?![A-Za-z0-9_-])")
_SEARCHED_MAX = 1_000_000
_CANDIDATES_MAX = 50


def spoken_of(tx: Connection, gw: Gateway, report: MailReport, raw: bytes) -> Addressee | None:
    """The message of ours that a mail speaks of; None when nothing in it proves one.

    A bounce proves it by its return path alone. Whoever complains or unsubscribes may also quote a Message-ID, or a link or an
    address by which she could have objected herself: providers hide who complained, and leave these in what they return.
    """
    match report.kind:
        case MailKind.BOUNCE:
            return _by_return_path(tx, gw, report)
        case MailKind.COMPLAINT:
            return _answered(tx, gw, report) or _quoted(tx, gw, report, raw)
        case MailKind.UNSUBSCRIBE:
            to_its_address = _first(tx, report.tokens, gw.keys.read_unsubscribe_token)
            return to_its_address or _answered(tx, gw, report) or _quoted(tx, gw, report, raw)
        case MailKind.REPLY:
            return _by_link(tx, gw, report.subject) or _answered(tx, gw, report)
        case MailKind.VACATION | MailKind.OTHER:
            return _answered(tx, gw, report)
        case never:
            assert_never(never)


def holds_a_link(gw: Gateway, report: MailReport) -> bool:
    """Whether the subject holds an objection link of ours, as mails unsubscribe where no inbound mail was set up."""
    return any(_is_link(gw, token) for token in _LINK.findall(report.subject))


def _is_link(gw: Gateway, token: str) -> bool:
    try:
        gw.keys.read_link_token(token, LinkScope.OBJECT)
    except InvalidToken:
        return False
    return True


def _by_return_path(tx: Connection, gw: Gateway, report: MailReport) -> Addressee | None:
    return _first(tx, report.tokens, gw.keys.read_verp_token)


def _answered(tx: Connection, gw: Gateway, report: MailReport) -> Addressee | None:
    """By Message-ID, or by return path."""
    references = (one.partition("@")[0] for one in report.answers)
    return _first(tx, references, gw.keys.read_message_reference) or _by_return_path(tx, gw, report)


def _quoted(tx: Connection, gw: Gateway, report: MailReport, raw: bytes) -> Addressee | None:
    """By what only who received the message can quote: its Message-ID or CFBL-Feedback-ID anywhere in the mail, an unsubscribe
    address or a link in the message that it returns."""
    references = _few(_REFERENCE.findall(raw[:_SEARCHED_MAX].decode("latin-1") + "\n" + report.returned))
    return (
        _first(tx, references, gw.keys.read_message_reference)
        or _first(tx, report.tokens, gw.keys.read_unsubscribe_token)
        or _by_link(tx, gw, report.returned)
    )


def _by_link(tx: Connection, gw: Gateway, text: str) -> Addressee | None:
    """By a link to the page of the objection."""

    def read(token: str) -> int:
        return gw.keys.read_link_token(token, LinkScope.OBJECT).message_id

    return _first(tx, _few(_LINK.findall(text)), read)


def _few(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))[:_CANDIDATES_MAX]


def _first(tx: Connection, tokens: Iterable[str], read: Callable[[str], int]) -> Addressee | None:
    for token in tokens:
        try:
            message_id = read(token)
        except InvalidToken:
            continue
        if addressee := receipts.addressees(tx, [message_id]).get(message_id):
            return addressee
    return None

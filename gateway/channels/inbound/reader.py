"""Reads one inbound mail. The order of trust is that of `read_mail`: token, report, then what else the mail says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.channels.inbound import automatic, tokens
from gateway.channels.inbound.dsn import bare_address, read_status
from gateway.channels.inbound.feedback import read_feedback
from gateway.channels.inbound.mime import Fields, Mail, Part, split_head, take_apart, words
from gateway.channels.inbound.report import MailKind, MailReport, RecipientReport

_RETURNED = frozenset({"message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "text/rfc822-header", "message/global"})
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_UNSUBSCRIBE_TAG = "unsubscribe"
_TEXT_MAX = 50_000


def read_mail(raw: bytes, *, envelope_to: Sequence[str] = ()) -> MailReport:
    """Say what a mail is, and what it says of whom.

    raw: the whole mail; only its first megabyte is looked at. envelope_to: recipients of the envelope, where known.
    Pure and bounded in time. Never raises: what cannot be read is OTHER, with the reason, and automatic, so that nobody
    answers it.
    """
    try:
        return _read(raw, envelope_to)
    except Exception as fault:
        return MailReport(kind=MailKind.OTHER, auto=True, reason=f"unreadable: {type(fault).__name__}")


@dataclass(frozen=True)
class _Opened:
    """A mail taken apart, with what every kind of report needs."""

    mail: Mail
    returned: Fields  #: header of the message it returns
    addressed: tuple[str, ...]

    def report(self, kind: MailKind, reason: str, recipients: Sequence[RecipientReport] = (), **also: object) -> MailReport:
        fields = self.mail.fields
        base: dict[str, object] = {
            "text": words_of(self.mail),
            "auto": automatic.is_automatic(fields),
        }
        return MailReport(
            kind=kind,
            reason=reason,
            recipients=tuple(recipients),
            tokens=tokens.first_of(self.places()),
            answers=self.answers(),
            subject=words(fields.get("subject"))[:300],
            sender=bare_address(words(fields.get("from"))) or "",
            message_id=_first_id(fields.get("message-id")),
            **(base | also),  # type: ignore[arg-type]
        )

    def places(self) -> list[str]:
        """Texts that may hold tokens, most trusted first."""
        reports = [part.text for part in self.mail.parts if part.type in ("message/delivery-status", "message/feedback-report")]
        return [*self.addressed, *reports, *self.returned.all("return-path", "x-original-from", "x-envelope-from", "received")]

    def answers(self) -> tuple[str, ...]:
        """Message-IDs it returns or answers."""
        fields = self.mail.fields
        values = [*self.returned.all("message-id"), *fields.all("in-reply-to"), *reversed(fields.all("references"))]
        return tuple(dict.fromkeys(each for value in values for each in _MESSAGE_ID.findall(value)))[:20]


def _read(raw: bytes, envelope_to: Sequence[str]) -> MailReport:
    mail = take_apart(raw)
    if not mail.fields.pairs:
        return MailReport(kind=MailKind.OTHER, auto=True, reason="no header")
    opened = _Opened(mail, _returned(mail), tuple(tokens.addressed_to(mail.fields, envelope_to)))
    if feedback := read_feedback(mail, opened.returned):
        return opened.report(
            feedback.kind, f"feedback report: {feedback.type}", feedback.recipients, feedback=feedback.type, auto=True
        )
    if statuses := [part for part in mail.parts if part.type in ("message/delivery-status", "message/global-delivery-status")]:
        recipients = [each for part in statuses for each in read_status(part.text)]
        return opened.report(MailKind.BOUNCE, "delivery status (RFC 3464)", recipients, auto=True)
    if any(_UNSUBSCRIBE_TAG in tokens.tags_in(address) for address in opened.addressed):
        return opened.report(MailKind.UNSUBSCRIBE, "sent to the address of List-Unsubscribe")
    if automatic.is_vacation(mail.fields):
        return opened.report(MailKind.VACATION, "automatic answer", auto=True)
    if automatic.is_automatic(mail.fields):
        return opened.report(MailKind.OTHER, "automatic mail")
    return opened.report(MailKind.REPLY, "written by a person")


def words_of(mail: Mail) -> str:
    """The text of a mail: its first part of plain text that is no attachment."""
    return next((part.text[:_TEXT_MAX] for part in mail.parts if part.type == "text/plain" and not part.attached), "")


def _returned(mail: Mail) -> Fields:
    part = next((part for part in mail.parts if part.type in _RETURNED), None)
    return _header(part) if part else Fields()


def _header(part: Part) -> Fields:
    return split_head(part.content.replace(b"\r\n", b"\n"))[0]


def _first_id(value: str) -> str:
    found = _MESSAGE_ID.search(value)
    return found.group(1) if found else value.strip()[:250]

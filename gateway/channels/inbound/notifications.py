"""Notifications that Amazon SES sends by mail, through SNS: JSON in the body.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from gateway.channels.inbound.dsn import one_line
from gateway.channels.inbound.report import MailKind, RecipientReport, Verdict
from gateway.channels.refusals import Reply, judge

_JSON_MAX = 100_000
_RECIPIENTS_MAX = 50
#: A notification, or one in the envelope of the service that passes it on.
_NAMED = re.compile(r"\\?\"(?:notificationType|eventType)\\?\"")
_WRAPPED = re.compile(r"\"Type\"\s{0,5}:\s{0,5}\"Notification\"")
_NO_OBJECTION = {"not-spam"}


class Notification(NamedTuple):
    """What a notification says."""

    kind: MailKind
    type: str
    recipients: tuple[RecipientReport, ...]


def read_notification(text: str) -> Notification | None:
    """The notification a text holds, or None."""
    start = text.find("{")
    if start < 0 or not _NAMED.search(text[:_JSON_MAX]):
        return None
    try:
        # A server that breaks long lines (Sendmail) leaves "!" and a line feed inside.
        told, _ = json.JSONDecoder(strict=False).raw_decode(
            text[start : start + _JSON_MAX].replace("!\n ", "").replace("!\n", "")
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    if isinstance(wrapped := told.get("Message"), str) and "notificationType" not in told and "eventType" not in told:
        return read_notification(wrapped) if told.get("Type") == "Notification" and not _WRAPPED.search(wrapped) else None
    match told.get("notificationType") or told.get("eventType"):
        case "Complaint":
            return _complaint(_inner(told, "complaint"))
        case "Bounce":
            return _bounce(_inner(told, "bounce"))
        case "Delivery":
            whom = [each for each in _list(_inner(told, "delivery"), "recipients") if isinstance(each, str)]
            reports = [RecipientReport(address=each, verdict=Verdict.DELIVERED, why="notification: delivery") for each in whom]
            return Notification(MailKind.BOUNCE, "", tuple(reports))
        case _:
            return None


def _complaint(told: dict[str, object]) -> Notification:
    sort = str(told.get("complaintFeedbackType") or "abuse").lower()
    if sort in _NO_OBJECTION:
        return Notification(MailKind.OTHER, sort, ())
    reports = [
        RecipientReport(address=each, verdict=Verdict.DELIVERED, why="notification: complaint")
        for each in _addresses(told, "complainedRecipients")
    ]
    return Notification(MailKind.COMPLAINT, sort, tuple(reports))


def _bounce(told: dict[str, object]) -> Notification:
    reports = []
    for each in _list(told, "bouncedRecipients"):
        if isinstance(each, dict):
            status = str(each.get("status") or "")[:20]
            reply = Reply.parse(str(each.get("diagnosticCode") or ""), reported=status, gave_up=True)
            verdict, row = _bounced(str(told.get("bounceType")), str(told.get("bounceSubType")), reply)
            address = str(each.get("emailAddress") or "")[:320] or None
            shown = one_line(str(each.get("diagnosticCode") or ""))
            reports.append(
                RecipientReport(address=address, verdict=verdict, status=status, reply=shown, why=f"notification: {row}")
            )
    return Notification(MailKind.BOUNCE, "", tuple(reports))


def _bounced(sort: str, detail: str, reply: Reply) -> tuple[Verdict, str]:
    """Amazon's own reading counts where the server's words say nothing."""
    ruling = judge(reply)
    dead = sort == "Permanent" and detail in ("NoEmail", "OnAccountSuppressionList", "Suppressed")
    if dead and ruling.verdict in (Verdict.UNKNOWN, Verdict.SOFT):
        return Verdict.HARD, detail
    if ruling.verdict is not Verdict.UNKNOWN:
        return ruling.verdict, ruling.row
    if sort == "Transient":
        return {"MailboxFull": Verdict.FULL, "MessageTooLarge": Verdict.POLICY}.get(detail, Verdict.SOFT), detail
    return Verdict.UNKNOWN, detail


def _addresses(told: dict[str, object], name: str) -> list[str]:
    found = [str(each.get("emailAddress") or "")[:320] for each in _list(told, name) if isinstance(each, dict)]
    return [each for each in found if each]


def _inner(told: dict[str, object], name: str) -> dict[str, object]:
    inner = told.get(name)
    return inner if isinstance(inner, dict) else {}


def _list(told: dict[str, object], name: str) -> list[Any]:
    inner = told.get(name)
    return inner[:_RECIPIENTS_MAX] if isinstance(inner, list) else []

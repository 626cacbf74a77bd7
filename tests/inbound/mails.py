"""Mails that come back, written as servers and people write them; invented."""

from __future__ import annotations

from base64 import encodebytes
from email.message import EmailMessage
from typing import Any

from gateway.flows.gateway import Gateway

DOMAIN = "valbrume.example"


def return_path(gw: Gateway, message_id: int) -> str:
    return f"b+{gw.keys.verp_token(message_id)}@{DOMAIN}"


def reference(gw: Gateway, message_id: int) -> str:
    return f"<{gw.keys.message_reference(message_id)}@{DOMAIN}>"


def bounce(to: str, recipient: str, reply: str = "550 5.1.1 No such user", **fields: str) -> bytes:
    """A delivery status notification; `fields` replace those of the report (action, status)."""
    status = fields.get("status") or reply.split()[1]
    report = (
        "Reporting-MTA: dns; mx.exemple.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\n"
        f"Action: {fields.get('action', 'failed')}\n"
        f"Status: {status}\n"
        f"Diagnostic-Code: smtp; {reply}\n"
    )
    return _report(to, "delivery-status", report, number=fields.get("number", "1"), returned=fields.get("returned", ""))


def complaint(to: str, returned: str = "", *, letter: str = "", encoded: bool = False, **fields: str) -> bytes:
    """A feedback report (ARF) that returns the header of the message, or the whole letter, perhaps in base64.

    fields: kind ("abuse"), number, about (further fields of the report)."""
    report = f"Feedback-Type: {fields.get('kind', 'abuse')}\nUser-Agent: Essai/1\nVersion: 1\n{fields.get('about', '')}"
    number = fields.get("number", "1")
    if not letter:
        return _report(to, "feedback-report", report, number=number, returned=returned)
    shown = encodebytes(letter.encode()).decode() if encoded else letter
    head = "Content-Type: message/rfc822\n" + ("Content-Transfer-Encoding: base64\n" if encoded else "")
    return _report(to, "feedback-report", report, number=number, returned=f"{head}\n{shown}", typed=True)


def mail(sender: str, to: str, text: str, *, subject: str = "Bonjour", number: str = "1", **headers: Any) -> bytes:
    """What a person writes, or her mailbox for her."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<ecrit-{number}@exemple.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def _report(to: str, kind: str, report: str, *, number: str, returned: str, typed: bool = False) -> bytes:
    parts = [
        "Content-Type: text/plain; charset=utf-8\n\nThis is the mail system.\n",
        f"Content-Type: message/{kind}\n\n{report}",
    ]
    if returned:
        parts.append(returned if typed else f"Content-Type: text/rfc822-headers\n\n{returned}")
    head = (
        f"From: MAILER-DAEMON@mx.exemple.example\nTo: {to}\nSubject: Undelivered Mail Returned to Sender\n"
        f"Message-ID: <avis-{number}@mx.exemple.example>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="=_avis"\n\n'
    )
    body = "".join(f"--=_avis\n{part}\n" for part in parts)
    return f"{head}{body}--=_avis--\n".encode()

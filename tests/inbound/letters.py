"""Inbound mails that tests make up: each builder shows only what matters."""

from __future__ import annotations

from collections.abc import Sequence

TOKEN = "0000000000000007" + "a1b2c3d4e5f6a7b8c9d0"
RETURN_PATH = f"b+{TOKEN}@retour.campagne.example"

OURS = f"""Return-Path: <{RETURN_PATH}>
From: Liste Demain <lettre@campagne.example>
To: lucie@mairie.example
Subject: Notre programme
Message-ID: <7.abcdef0123456789abcd@campagne.example>

Bonjour Lucie,
"""


def mail(body: str = "", *, subject: str = "Bonjour", sender: str = "Lucie <lucie@mairie.example>", **fields: str) -> bytes:
    """A mail of one part of text. Field names are written with underscores."""
    head = {"From": sender, "To": "lettre@campagne.example", "Subject": subject, "Message-ID": "<1@mairie.example>"}
    head |= {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n")).encode()


def parts(*pieces: tuple[str, str], kind: str = "mixed", **fields: str) -> bytes:
    """A multipart mail; each piece is its header fields (or only a content type) and its body."""
    boundary = "=_limite_1"
    shown = [f"--{boundary}\n{head if ':' in head else 'Content-Type: ' + head}\n\n{body}" for head, body in pieces]
    body = "\n".join([*shown, f"--{boundary}--", ""])
    content_type = {"Content_Type": f'multipart/{kind}; boundary="{boundary}"', "MIME_Version": "1.0"}
    return mail(body, **(content_type | fields))


def bounce(*blocks: str, words: str = "Le message n'a pas pu être remis.", returned: str = OURS, **fields: str) -> bytes:
    """A report as RFC 3464 wants it: words, status, returned message."""
    status = "\n\n".join(("Reporting-MTA: dns; mx.mairie.example", *blocks)) + "\n"
    daemon = {
        "sender": "Mail Delivery System <MAILER-DAEMON@mx.mairie.example>",
        "subject": "Undelivered Mail Returned to Sender",
        "To": RETURN_PATH,
        "Auto_Submitted": "auto-replied",
    }
    pieces: Sequence[tuple[str, str]] = (
        ("text/plain; charset=utf-8", words),
        ("message/delivery-status", status),
        ("message/rfc822", returned),
    )
    return parts(*pieces, kind="report; report-type=delivery-status", **(daemon | fields))


def block(reply: str, *, address: str = "lucie@mairie.example", status: str = "", action: str = "failed") -> str:
    """What a status says of one recipient."""
    lines = [f"Final-Recipient: rfc822; {address}", f"Action: {action}" if action else "", f"Status: {status}" if status else ""]
    lines.append(f"Diagnostic-Code: smtp; {reply}" if reply else "")
    return "\n".join(line for line in lines if line)


def feedback(*lines: str, returned: str = OURS, **fields: str) -> bytes:
    """A report as RFC 5965 wants it."""
    provider = {"sender": "Plaintes <fbl@fournisseur.example>", "subject": "Complaint", "To": "plaintes@campagne.example"}
    return parts(
        ("text/plain", "Someone complained."),
        ("message/feedback-report", "\n".join(lines) + "\n"),
        ("message/rfc822", returned),
        kind="report; report-type=feedback-report",
        **(provider | fields),
    )

"""The bytes themselves: addresses that may stand in a command, and payloads made transparent (RFC 5321 §4.5.2)."""

from __future__ import annotations

import re

from gateway.domain.channel import Encoding, Envelope, Fault, Rejected

#: Printable ASCII without space and angle brackets: nothing that could end a path or a line. No SMTPUTF8.
_PATH = re.compile(r"[!-;=?-~]{1,254}")
_LEADING_DOT = re.compile(rb"\n(?=\.)")
DOT = b".\r\n"
#: RFC 3463: bad address syntax, of the recipient and of the sender.
_BAD_RECIPIENT, _BAD_SENDER = "5.1.3", "5.1.7"


def unspeakable(envelope: Envelope) -> Rejected | None:
    """Why this envelope's addresses cannot be put into a command, or None. An empty return path is a good one."""
    if not _PATH.fullmatch(envelope.recipient):
        return Rejected(permanent=True, code=_BAD_RECIPIENT, reply="address unfit for SMTP", fault=Fault.RECIPIENT)
    if envelope.sender and not _PATH.fullmatch(envelope.sender):
        return Rejected(permanent=False, code=_BAD_SENDER, reply="return path unfit for SMTP", fault=Fault.OURS)
    return None


def mail_from(envelope: Envelope, encoding: Encoding, size: int | None) -> bytes:
    """MAIL FROM, with BODY (RFC 6152) for 8-bit bytes and SIZE (RFC 1870) when the server announced it."""
    body = " BODY=8BITMIME" if encoding is Encoding.EIGHT_BIT else ""
    octets = "" if size is None else f" SIZE={size}"
    return f"MAIL FROM:<{envelope.sender}>{body}{octets}\r\n".encode("ascii")


def rcpt_to(envelope: Envelope) -> bytes:
    """RCPT TO."""
    return f"RCPT TO:<{envelope.recipient}>\r\n".encode("ascii")


def normal(payload: bytes) -> bytes:
    """The payload with every line ended by CRLF, the last one included.

    A bare CR or LF is not left in: a lenient server could take what follows for the end of the message (SMTP smuggling).
    """
    lines = payload.splitlines()
    if len(b"".join(lines)) + 2 * len(lines) == len(payload):  # every line, the last included, has an end of two octets: CRLF
        return payload
    return b"\r\n".join(lines) + b"\r\n"


def stuffed(payload: bytes) -> bytes:
    """A normal payload with its leading dots doubled: none of its lines can end the message."""
    if _LEADING_DOT.search(payload):  # half the price of the replace, and most messages have none
        payload = payload.replace(b"\r\n.", b"\r\n..")
    return b"." + payload if payload.startswith(b".") else payload

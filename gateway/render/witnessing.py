"""The mail by which a checkpoint reaches a witness: words for a person, and the signed text byte for byte as an attachment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from gateway.domain.errors import RenderFault

_TEMPLATE = "checkpoint.txt"


def checkpoint_mail(templates: Path, *, sender: tuple[str, str], to: str, at: datetime, told: Mapping[str, Any]) -> bytes:
    """The mail, in seven bits. sender: name and address. at: aware. told: origin, size, note,
    sealed_at, key, reply_to. Raises RenderFault.

    The attachment holds the note, byte for byte: what `verify_bundle.py --checkpoint` reads.
    """
    environment = Environment(  # noqa: S701 - plain text, in which nothing is markup
        loader=FileSystemLoader(templates / "audit"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    try:
        words = environment.get_template(_TEMPLATE).render(told)
    except TemplateError as fault:
        raise RenderFault(f"{templates / 'audit' / _TEMPLATE}: {fault}") from fault
    note: bytes = told["note"].encode()
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr(sender)
    mail["To"] = to
    mail["Subject"] = f"Point de contrôle du journal {told['origin']}, {told['size']} entrée{'s' if told['size'] > 1 else ''}"
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = (
        f"<checkpoint.{told['size']}.{sha256(note + to.encode()).hexdigest()[:24]}@{sender[1].rpartition('@')[2]}>"
    )
    if told["reply_to"]:
        mail["Reply-To"] = told["reply_to"]
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(words, cte="quoted-printable")
    name = f"checkpoint-{told['size']:012d}.txt"
    mail.add_attachment(note, maintype="text", subtype="plain", cte="base64", filename=name, params={"charset": "utf-8"})
    return mail.as_bytes()

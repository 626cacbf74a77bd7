"""What a mail says, as whoever gets it reads it."""

from __future__ import annotations

from email.message import EmailMessage


def part_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Its text, or its page ("html")."""
    part = mail.get_body((kind,))
    assert part is not None, f"this mail has no {kind} part"
    return str(part.get_content())

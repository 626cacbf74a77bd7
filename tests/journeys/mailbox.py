"""What people have in their mailboxes, and the links they press."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

from gateway.flows.gateway import Gateway
from tests.mails import part_of


def last_mail(gw: Gateway, email: str) -> EmailMessage:
    """The last mail to an address."""
    channel: Any = next(iter(gw.channels.values()))
    return message_from_bytes(channel.payloads[email], policy=modern)


def text_of(gw: Gateway, email: str) -> str:
    """Its text."""
    return part_of(last_mail(gw, email))


def link_in(gw: Gateway, email: str, page: str) -> str:
    """The path of its link to a page: "p" for preferences, "a" for an answer, "o" for an objection."""
    (found,) = set(re.findall(rf"/{page}/[\w-]+", text_of(gw, email)))
    return str(found)


def mails_to(gw: Gateway, email: str) -> int:
    """How many mails an address got."""
    channel: Any = next(iter(gw.channels.values()))
    return sum(recipient == email for recipient in channel.recipients)

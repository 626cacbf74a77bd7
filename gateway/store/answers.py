"""Answers in the outbox: single messages, each to one act of one person; and the messages that people answer."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.store.prepared import Prepared, given
from gateway.store.tables import campaign, message

_m = message.c
#: Rows of an address are found campaign by campaign: what the index begins with, and they are few.
_CARRIERS = select(campaign.c.id).where(campaign.c.message_class == MessageClass.RIGHTS, campaign.c.medium == given("medium"))
_ANSWERS = Prepared(
    select(_m.occasion, func.coalesce(_m.handed_at, _m.due_at))
    .where(_m.campaign_id.in_(_CARRIERS), _m.digest == given("digest"))
    .order_by(_m.id)
)
_ANSWERING = Prepared(
    select(_m.id)
    .where(*(_m[name] == given(name) for name in ("contact_id", "message_class", "occasion")))
    .limit(literal_column("1"))
)
_LATEST = Prepared(
    select(_m.id)
    .where(
        _m.campaign_id.in_(select(campaign.c.id).where(campaign.c.medium == given("medium"))),
        _m.digest == given("digest"),
        _m.handed_at.is_not(None),
    )
    .order_by(_m.handed_at.desc(), _m.id.desc())
    .limit(literal_column("1"))
)


#: Where the row of an answer keeps the number of somebody nobody in our file is, until it is settled.
_TO = "to"


def kept(number: str) -> dict[str, str]:
    """What the row of an answer holds of a number that nobody in our file has."""
    return {_TO: number}


def number_in(fields: str | None) -> str | None:
    """That number, from the row; None in any other row."""
    number = json.loads(fields).get(_TO) if fields else None
    return number if isinstance(number, str) else None


def answers_to(tx: Connection, digest: bytes, medium: Medium) -> list[tuple[str, datetime]]:
    """(occasion, when it was due) of every answer of class rights to an address by a channel, oldest first."""
    return [(row[0], row[1]) for row in _ANSWERS.rows(tx, digest=digest, medium=medium)]


def answering(tx: Connection, contact_id: int, message_class: MessageClass, occasion: str) -> int | None:
    """The message of a class that answers this act of a person, or None."""
    found: int | None = _ANSWERING.scalar(tx, contact_id=contact_id, message_class=message_class, occasion=occasion)
    return found


def latest_to(tx: Connection, digest: bytes, medium: Medium) -> int | None:
    """The message that was last handed over to an address: what a reply by telephone answers to. None when there is none."""
    found: int | None = _LATEST.scalar(tx, digest=digest, medium=medium)
    return found

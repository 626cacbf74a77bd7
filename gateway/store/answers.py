"""Answers in the outbox: single messages, each to one act of one person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.store.tables import campaign, message


def answers_to(tx: Connection, digest: bytes, medium: Medium) -> list[tuple[str, datetime]]:
    """(occasion, when it was due) of every answer of class rights to an address by a channel, oldest first."""
    m = message.c
    carriers = select(campaign.c.id).where(campaign.c.message_class == MessageClass.RIGHTS, campaign.c.medium == medium)
    answers = select(m.occasion, func.coalesce(m.handed_at, m.due_at)).where(m.campaign_id.in_(carriers), m.digest == digest)
    return [(row[0], row[1]) for row in tx.execute(answers.order_by(m.id))]


def answering(tx: Connection, contact_id: int, message_class: MessageClass, occasion: str) -> int | None:
    """The message of a class that answers this act of a person, or None."""
    m = message.c
    theirs = select(m.id).where(m.contact_id == contact_id, m.message_class == message_class, m.occasion == occasion)
    return tx.execute(theirs.limit(1)).scalar()

"""Codes that went by text to the number on file: which were sent, and that each is good for one time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.store.outbox import find
from gateway.store.tables import campaign, code_use, contact, message


@dataclass(frozen=True, slots=True)
class Sent:
    """One code."""

    message_id: int
    at: datetime  #: handed over, or due
    used_at: datetime | None


def hold_alone(tx: Connection, contact_id: int) -> bool:
    """Let nobody else send this person a code before `tx` ends; False when she is gone."""
    chosen = select(contact.c.id).where(contact.c.id == contact_id).with_for_update()
    return tx.execute(chosen).scalar_one_or_none() is not None


def sent(tx: Connection, digest: bytes, begins: str, *, since: datetime) -> list[Sent]:
    """Codes that were put into the outbox for a number since then, the newest first. begins: how their occasions begin."""
    m = message.c
    carriers = select(campaign.c.id).where(campaign.c.message_class == MessageClass.RIGHTS, campaign.c.medium == Medium.SMS)
    at = func.coalesce(m.handed_at, m.due_at, type_=m.due_at.type)
    chosen = (
        select(m.id, at, code_use.c.used_at)
        .outerjoin(code_use, code_use.c.message_id == m.id)
        .where(m.campaign_id.in_(carriers), m.digest == digest, m.occasion.startswith(begins), m.due_at > since)
        .order_by(m.id.desc())
    )
    return [Sent(*row) for row in tx.execute(chosen)]


def use(tx: Connection, message_id: int, *, at: datetime, remembered: timedelta) -> None:
    """Note that a code was typed in; whoever notes it holds her alone. Older notes than `remembered` are thrown away."""
    tx.execute(delete(code_use).where(code_use.c.used_at < at - remembered))
    tx.execute(insert(code_use).values(message_id=message_id, used_at=at))


def used_at(tx: Connection, message_id: int, digest: bytes, begins: str) -> datetime | None:
    """When the code of this text to this number was typed in; None when it was not, or when the text carried none."""
    row = find(tx, message_id)
    if row is None or row["digest"] != digest or not row["occasion"].startswith(begins):
        return None
    found: datetime | None = tx.execute(
        select(code_use.c.used_at).where(code_use.c.message_id == message_id)
    ).scalar_one_or_none()
    return found

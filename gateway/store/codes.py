"""Codes that went by text to the number on file: which were sent, and that each is good for one time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.store.engine import upsert
from gateway.store.outbox import find
from gateway.store.tables import campaign, code_try, code_use, contact, message

#: What is missed for a number that has no code: no message has this id.
OF_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """One code."""

    message_id: int
    at: datetime  #: handed over, or due
    used_at: datetime | None
    tries: int  #: how often something else was typed in for it


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
        select(m.id, at, code_use.c.used_at, func.coalesce(code_try.c.tries, 0))
        .outerjoin(code_use, code_use.c.message_id == m.id)
        .outerjoin(code_try, code_try.c.message_id == m.id)
        .where(m.campaign_id.in_(carriers), m.digest == digest, m.occasion.startswith(begins), m.due_at > since)
        .order_by(m.id.desc())
    )
    return [Sent(*row) for row in tx.execute(chosen)]


def use(tx: Connection, message_id: int, *, at: datetime, remembered: timedelta) -> None:
    """Note that a code was typed in; whoever notes it holds her alone. Older notes than `remembered` are thrown away."""
    tx.execute(delete(code_use).where(code_use.c.used_at < at - remembered))
    tx.execute(insert(code_use).values(message_id=message_id, used_at=at))


def miss(tx: Connection, message_ids: Sequence[int], *, at: datetime, remembered: timedelta) -> None:
    """Note that something else was typed in for each of these codes; whoever notes it holds her alone."""
    tx.execute(delete(code_try).where(code_try.c.at < at - remembered))
    for message_id in message_ids:
        first = upsert(tx, code_try).values(message_id=message_id, tries=1, at=at)
        again = {"tries": code_try.c.tries + 1, "at": at}
        tx.execute(first.on_conflict_do_update(index_elements=["message_id"], set_=again))


def used_at(tx: Connection, message_id: int, digest: bytes, begins: str) -> datetime | None:
    """When the code of this text to this number was typed in; None when it was not, or when the text carried none."""
    row = find(tx, message_id)
    if row is None or row["digest"] != digest or not row["occasion"].startswith(begins):
        return None
    found: datetime | None = tx.execute(
        select(code_use.c.used_at).where(code_use.c.message_id == message_id)
    ).scalar_one_or_none()
    return found

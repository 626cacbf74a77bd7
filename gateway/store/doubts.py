"""Messages in doubt: what the provider can be asked about."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from gateway.domain.channel import Medium
from gateway.domain.message import HELD_STATES, MessageState
from gateway.store.answers import number_in
from gateway.store.outbox import in_states
from gateway.store.tables import address, campaign, message


class Doubtful(NamedTuple):
    """A message whose provider can be asked what became of it."""

    message_id: int
    campaign_id: int
    medium: Medium
    state: MessageState
    address: str | None  #: None: the person is gone
    digest: bytes
    reference: str  #: the provider's number of it, when it gave one
    handed_at: datetime | None
    due_at: datetime


def doubtful(tx: Connection, medium: Medium, *, before: datetime, after: int, most: int) -> list[Doubtful]:
    """A page of messages of a channel in doubt, or ringing, since before an instant; oldest first. after: the last one seen."""
    m = message.c
    # By the index of the few that are held, all of whose states are named: by the column itself SQLite goes through the outbox.
    number = m.id + 0
    chosen = (
        select(
            m.id,
            m.campaign_id,
            campaign.c.medium,
            m.state,
            address.c.value,
            m.digest,
            func.coalesce(m.reply, ""),
            m.handed_at,
            m.due_at,
            m.fields,
        )
        .join(campaign, campaign.c.id == m.campaign_id)
        .outerjoin(address, address.c.id == m.address_id)
        .where(
            campaign.c.medium == medium,
            in_states(HELD_STATES),
            number > after,
            in_states((MessageState.UNCERTAIN, MessageState.RINGING)),
            or_(m.handed_at.is_(None), m.handed_at < before),
        )
        .order_by(number)
    )
    found = (Doubtful(*row[:-1])._replace(address=row.value or number_in(row.fields)) for row in tx.execute(chosen.limit(most)))
    return list(found)


def rivals(tx: Connection, one: Doubtful, since: datetime, until: datetime) -> list[MessageState]:
    """States of other messages to the same address that may, or may not, be with the provider since between two instants."""
    m = message.c
    others = select(m.state).where(
        in_states((MessageState.UNCERTAIN, MessageState.HANDING_OVER)),
        m.digest == one.digest,
        m.id != one.message_id,
        or_(m.handed_at.is_(None), and_(m.handed_at >= since, m.handed_at <= until)),
    )
    return list(tx.execute(others).scalars())


def references_to(tx: Connection, digest: bytes) -> set[str]:
    """The provider's numbers of messages to an address whose story is known: a call that nobody answered is one, too."""
    told = select(message.c.reply).where(message.c.digest == digest, message.c.reply.is_not(None))
    return set(tx.execute(told).scalars())

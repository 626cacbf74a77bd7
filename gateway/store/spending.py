"""What left of each campaign: how many messages, and between which instants. Of nobody."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from gateway.domain.message import MessageState
from gateway.store.tables import message

#: States of what a provider took, or may have taken: it may be on its invoice.
_TAKEN = (MessageState.ACCEPTED, MessageState.RINGING, MessageState.UNCERTAIN)


class Taken(NamedTuple):
    """Messages of one campaign that its provider took."""

    messages: int
    first: datetime | None
    last: datetime | None


def taken(tx: Connection) -> dict[int, Taken]:
    """By campaign; those of which nothing left are missing."""
    m = message.c
    columns = (m.campaign_id, func.count(), func.min(m.handed_at), func.max(m.handed_at))
    rows = tx.execute(select(*columns).where(m.state.in_(_TAKEN)).group_by(m.campaign_id))
    return {campaign_id: Taken(count, first, last) for campaign_id, count, first, last in rows}

"""Addresses somebody asks about, as conditions in SQL: this very one, or those for which a message still waits."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from gateway.domain.message import DUE_STATES
from gateway.store.outbox import in_states
from gateway.store.tables import address, message


def at_address(digest: bytes) -> ColumnElement[bool]:
    """The condition that the address is this very one, whoever holds it."""
    return address.c.digest == digest


def still_waiting(campaign_id: int) -> ColumnElement[bool]:
    """The condition that a message of a campaign still waits for the address."""
    waiting = select(message.c.address_id).where(message.c.campaign_id == campaign_id, in_states(DUE_STATES))
    return address.c.id.in_(waiting)

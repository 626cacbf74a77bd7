"""Erasure of people: rows about them go; what must outlive them (digests, journal, sums of campaigns) stays, nameless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from gateway.domain.message import DUE_STATES, MessageState
from gateway.store.outbox import in_states
from gateway.store.tables import address, consent_event, contact, message

#: Reason on messages that end because the person was erased; no pack makes it.
PERSON_GONE = "person-gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What went, in numbers: the certificate."""

    contacts: int
    addresses: int
    consent_acts: int
    messages_cancelled: int


def erase(tx: Connection, contact_ids: Sequence[int], *, at: datetime) -> Erased:
    """Erase people: names, addresses, consents, tags and their own keys; whatever still waits for them is cancelled.

    Their pseudonyms in the journal then lead nowhere. The opposition list and the marks of who was asked hold digests, and stay.
    """
    ids = list(contact_ids)
    waiting = update(message).where(message.c.contact_id.in_(ids), in_states(DUE_STATES))
    cancelled = tx.execute(waiting.values(state=MessageState.CANCELLED, because=PERSON_GONE, settled_at=at, fields=None)).rowcount
    addresses = tx.execute(select(func.count()).select_from(address).where(address.c.contact_id.in_(ids))).scalar_one()
    acts = tx.execute(select(func.count()).select_from(consent_event).where(consent_event.c.contact_id.in_(ids))).scalar_one()
    contacts = tx.execute(delete(contact).where(contact.c.id.in_(ids))).rowcount
    return Erased(contacts=contacts, addresses=addresses, consent_acts=acts, messages_cancelled=cancelled)

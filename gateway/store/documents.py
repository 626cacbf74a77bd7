"""What calls say, between their hand-over and their end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from gateway.domain.channel import Medium
from gateway.domain.consent import SAID_NO, Purpose
from gateway.domain.message import HELD_STATES, MessageState
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.store.campaigns import HALTED
from gateway.store.engine import upsert
from gateway.store.outbox import in_states
from gateway.store.tables import address, campaign, consent, contact, message, suppression
from gateway.store.tables import call_document as d


class Document(NamedTuple):
    """What one call says, and until when it may begin to."""

    body: bytes
    good_until: datetime | None


class Unsaid(NamedTuple):
    """A call that would only ring."""

    message_id: int
    reference: str  #: the provider's number of it


def keep(tx: Connection, documents: Mapping[int, Document], *, at: datetime) -> None:
    """Keep the documents of these messages; a second attempt replaces the first, and nobody has been told it yet."""
    if not documents:
        return
    statement = upsert(tx, d)
    replaced = {name: statement.excluded[name] for name in ("body", "good_until", "told_at", "at")}
    rows = [
        {"message_id": message_id, "body": one.body, "good_until": one.good_until, "told_at": None, "at": at}
        for message_id, one in documents.items()
    ]
    tx.execute(statement.on_conflict_do_update(index_elements=["message_id"], set_=replaced), rows)


def tell(tx: Connection, message_id: int, *, at: datetime) -> bytes | None:
    """The document of a call that is answered now, which is thereby told.

    None where there is none, its hour is over, her data is only kept since (rule dsar-restriction), or its campaign was halted.
    """
    good = or_(d.c.good_until.is_(None), d.c.good_until > at)
    m = message.c
    called, of_campaign = (select(column).where(m.id == message_id).scalar_subquery() for column in (m.contact_id, m.campaign_id))
    may = (d.c.message_id == message_id, good, ~_restricted(called), ~_halted(of_campaign))
    told = update(d).where(*may).values(told_at=at).returning(d.c.body)
    body = tx.execute(told).scalar_one_or_none()
    return None if body is None else bytes(body)


def was_told(tx: Connection, message_id: int) -> bool:
    """Whether the document of a call was fetched, to be said to whoever answered."""
    return tx.execute(select(d.c.told_at).where(d.c.message_id == message_id)).scalar_one_or_none() is not None


def unsaid(tx: Connection, *, late: datetime, at: datetime, most: int) -> list[Unsaid]:
    """Calls the provider has taken in which nothing was said, and now nothing would be: their hour is over at `late`, or the
    person objected, took a break, took her consent back, had the use of her data restricted or was erased since; or the team
    halted the campaign."""
    m, s, c, a = message.c, suppression.c, consent.c, address.c
    silenced = select(s.seq).where(
        s.digest == m.digest, s.medium.in_((Medium.CALL.value, EVERY_MEDIUM)), or_(s.until.is_(None), s.until > at)
    )
    held = consent.join(address, and_(a.contact_id == c.contact_id, a.medium == c.medium))
    ended = select(a.id).select_from(held)
    ended = ended.where(a.digest == m.digest, c.medium == Medium.CALL, c.purpose == Purpose.POLITICAL, c.state.in_(SAID_NO))
    erased = d.c.message_id.is_(None)
    said_no = (silenced.exists(), ended.exists(), _restricted(m.contact_id))
    in_vain = or_(erased, d.c.good_until <= late, *said_no, _halted(m.campaign_id))
    # All the states of the partial index are named: only then does SQLite see that it serves.
    chosen = (
        select(m.id, m.reply)
        .outerjoin(d, d.c.message_id == m.id)
        .where(in_states(HELD_STATES), m.state == MessageState.RINGING, d.c.told_at.is_(None), m.reply.is_not(None), in_vain)
    )
    return [Unsaid(*row) for row in tx.execute(chosen.order_by(d.c.good_until, m.id).limit(most))]


def _restricted(contact_id: ColumnElement[Any]) -> ColumnElement[bool]:
    return select(contact.c.id).where(contact.c.id == contact_id, contact.c.restricted).exists()


def _halted(campaign_id: ColumnElement[Any]) -> ColumnElement[bool]:
    return select(campaign.c.id).where(campaign.c.id == campaign_id, campaign.c.state.in_(HALTED)).exists()


def forget(tx: Connection, message_id: int) -> None:
    """The call has ended."""
    tx.execute(delete(d).where(d.c.message_id == message_id))

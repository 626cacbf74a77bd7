"""What is on record of one person beside her own lines: origins, messages, what came back of them, what she wrote.

One statement for each question; both a file for an authority and a copy for herself are made from these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select, union_all

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.contact import Collection, OriginKind
from gateway.domain.message import MessageState
from gateway.domain.receipt import ReceiptKind
from gateway.store.inbox import Letter
from gateway.store.tables import campaign, contact, contact_origin, import_batch, inbox, message, origin, receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginOnRecord:
    """Where her data came from, the first time or again."""

    kind: OriginKind
    label: str
    collection: Collection
    collected_on: date | None
    collector: str | None
    notice: str | None  #: the words she was given when her data was collected
    at: datetime  #: when it reached us
    file_name: str | None
    file_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOnRecord:
    """One message to her."""

    number: int
    campaign_id: int
    campaign: str
    digest: bytes  #: of the address it was for
    medium: Medium
    message_class: MessageClass
    state: MessageState
    because: str | None
    due_at: datetime
    attempts: int
    handed_at: datetime | None
    settled_at: datetime | None
    reply: str | None  #: the provider's words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptOnRecord:
    """What came back of one of her messages."""

    message_id: int
    kind: ReceiptKind
    code: str | None
    reply: str | None
    at: datetime


def origins(tx: Connection, contact_id: int) -> list[OriginOnRecord]:
    """Every origin of her data, the oldest first."""
    c, again, o, b = contact.c, contact_origin.c, origin.c, import_batch.c
    met = union_all(
        select(c.origin_id, c.batch_id, c.created_at.label("at")).where(c.id == contact_id),
        select(again.origin_id, again.batch_id, again.at).where(again.contact_id == contact_id),
    ).subquery()
    columns = (o.kind, o.label, o.collection, o.collected_on, o.collector, o.notice, met.c.at, b.file_name, b.file_sha256)
    joined = met.join(origin, o.id == met.c.origin_id).outerjoin(import_batch, b.id == met.c.batch_id)
    chosen = select(*columns).select_from(joined).order_by(met.c.at, o.id)
    return [OriginOnRecord(**row) for row in tx.execute(chosen).mappings()]


@dataclass(frozen=True, slots=True)
class Written:
    """How many messages to her there are, and how many of them were handed over."""

    messages: int
    accepted: int


def written(tx: Connection, contact_id: int) -> Written:
    """How often she was, or was to be, written to."""
    m = message.c
    accepted = func.count().filter(m.state == MessageState.ACCEPTED)
    return Written(*tx.execute(select(func.count(), accepted).where(m.contact_id == contact_id)).one())


def handed_by(tx: Connection, contact_id: int) -> set[Medium]:
    """The channels by which something to her was, or may have been, given to a provider, at whichever address she had then.

    Copies of tests that show her fields to the team count too.
    """
    m = message.c
    given = select(campaign.c.medium).join(message, m.campaign_id == campaign.c.id).where(m.handed_at.is_not(None))
    media = union_all(*(given.where(one == contact_id) for one in (m.contact_id, m.sample_id)))
    return set(tx.execute(media).scalars())


def messages(tx: Connection, contact_id: int, *, after: int = 0, limit: int) -> list[MessageOnRecord]:
    """A page of the messages to her, the oldest first; copies of tests show her fields to somebody else, and are not hers."""
    m = message.c
    columns = (
        m.id.label("number"),
        m.campaign_id,
        campaign.c.name.label("campaign"),
        m.digest,
        campaign.c.medium,
        m.message_class,
        m.state,
        m.because,
        m.due_at,
        m.attempts,
        m.handed_at,
        m.settled_at,
        m.reply,
    )
    chosen = select(*columns).join(campaign, campaign.c.id == m.campaign_id)
    hers = chosen.where(m.contact_id == contact_id, m.id > after).order_by(m.id).limit(limit)
    return [MessageOnRecord(**row) for row in tx.execute(hers).mappings()]


def each_page(tx: Connection, contact_id: int, *, limit: int = 200) -> Iterator[list[MessageOnRecord]]:
    """Every message to her, page by page."""
    after = 0
    while page := messages(tx, contact_id, after=after, limit=limit):
        yield page
        after = page[-1].number


def receipts(tx: Connection, numbers: Sequence[int]) -> list[ReceiptOnRecord]:
    """What came back of these messages, a page of them, the oldest first."""
    r = receipt.c
    columns = (r.message_id, r.kind, r.code, r.reply, r.at)
    chosen = select(*columns).where(r.message_id.in_(list(numbers)))
    return [ReceiptOnRecord(**row) for row in tx.execute(chosen.order_by(r.id)).mappings()]


def letters(tx: Connection, digests: Sequence[bytes]) -> list[Letter]:
    """What came in from her addresses, the oldest first; its words are there as long as their term runs."""
    fields = (inbox.c[name] for name in Letter.__dataclass_fields__)
    chosen = select(*fields).where(inbox.c.digest.in_(list(digests))).order_by(inbox.c.id)
    return [Letter(**row) for row in tx.execute(chosen).mappings()]

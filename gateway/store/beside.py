"""What stands in the tables, and what the journal says of the same, by parts: for whoever compares them. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from gateway.audit.entry import EntryKind
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState
from gateway.domain.message import MessageState
from gateway.domain.rights import RequestState
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionKind
from gateway.store.tables import (
    address,
    approval,
    campaign,
    campaign_version,
    consent,
    contact,
    journal,
    message,
    origin,
    person_key,
    rights_request,
    suppression,
)

#: What entries say of one message that moves its row; receipts do of calls alone.
_MOVING = (EntryKind.DECISION, EntryKind.HAND_OVER, EntryKind.SETTLEMENT, EntryKind.RECEIPT)
#: What entries say of one person that some row must say too.
_PERSONAL = (EntryKind.CONSENT, EntryKind.OBJECTION, EntryKind.SUPPRESSION, EntryKind.RIGHTS)
_ROWS_AT_ONCE = 2_000


class OutboxRow(NamedTuple):
    """A message as the outbox has it."""

    state: MessageState
    medium: Medium
    key: bytes | None  #: of whoever it is to; None: nobody any more
    named: bool  #: whether it is somebody's
    strays: bool  #: its class is not its campaign's, or its address is another one, or another person's
    handed_at: datetime | None


class Told(NamedTuple):
    """An entry of the journal."""

    number: int
    kind: str
    person: str | None
    message_id: int | None
    campaign_id: int | None
    body: bytes


class Standing(NamedTuple):
    """A person as the tables have her."""

    contact_id: int
    key: bytes | None  #: None: she has none any more
    restricted: bool


class Agreed(NamedTuple):
    """A consent that stands."""

    medium: Medium
    purpose: str
    since: datetime
    hours: str | None
    election: str | None
    evidence: bool  #: whether all of it is there


def last_message(tx: Connection) -> int:
    """The greatest number of a message in the outbox or the journal; 0 when there is none."""
    lasts = (tx.execute(select(func.max(each))).scalar() or 0 for each in (message.c.id, journal.c.message_id))
    return max(lasts)


def messages(tx: Connection, first: int, last: int) -> dict[int, OutboxRow]:
    """A stretch of the outbox, by number."""
    m = message.c
    held = message.join(campaign, campaign.c.id == m.campaign_id).outerjoin(person_key, person_key.c.contact_id == m.contact_id)
    held = held.outerjoin(address, address.c.id == m.address_id)
    elsewhere = or_(address.c.digest != m.digest, address.c.contact_id != m.contact_id, address.c.medium != campaign.c.medium)
    strays = or_(m.message_class != campaign.c.message_class, and_(address.c.id.is_not(None), elsewhere))
    columns = (m.id, m.state, campaign.c.medium, person_key.c.key, m.contact_id.is_not(None), strays, m.handed_at)
    rows = tx.execute(select(*columns).select_from(held).where(m.id.between(first, last)))
    return {row[0]: OutboxRow(*row[1:]) for row in rows}


def told_of_messages(tx: Connection, first: int, last: int) -> Iterator[Told]:
    """What moved the messages of a stretch, as the journal says, in its order."""
    j = journal.c
    yield from _each(tx, and_(j.message_id.between(first, last), j.kind.in_([kind.value for kind in _MOVING])))


def told_of_people(tx: Connection, since: str, until: str) -> Iterator[Told]:
    """What the journal says of people whose pseudonyms lie in a stretch, in its order."""
    j = journal.c
    yield from _each(tx, and_(j.person >= since, j.person < until, j.kind.in_([kind.value for kind in _PERSONAL])))


def told(tx: Connection, *kinds: EntryKind) -> Iterator[Told]:
    """Every entry of these kinds, in the order of the journal."""
    yield from _each(tx, journal.c.kind.in_([kind.value for kind in kinds]))


def _each(tx: Connection, where: ColumnElement[bool]) -> Iterator[Told]:
    j = journal.c
    after = -1
    while True:
        chosen = select(j.id, j.kind, j.person, j.message_id, j.campaign_id, j.body).where(where, j.id > after)
        page = tx.execute(chosen.order_by(j.id).limit(_ROWS_AT_ONCE)).all()
        yield from (Told(*row) for row in page)
        if len(page) < _ROWS_AT_ONCE:
            return
        after = page[-1].id


def people(tx: Connection) -> int:
    """How many people are on record."""
    return tx.execute(select(func.count()).select_from(contact)).scalar_one()


def each_person(tx: Connection) -> Iterator[Sequence[Standing]]:
    """Everybody on record, page by page."""
    after = 0
    held = contact.outerjoin(person_key, person_key.c.contact_id == contact.c.id)
    while True:
        chosen = select(contact.c.id, person_key.c.key, contact.c.restricted).select_from(held).where(contact.c.id > after)
        page = [Standing(*row) for row in tx.execute(chosen.order_by(contact.c.id).limit(_ROWS_AT_ONCE))]
        if page:
            yield page
        if len(page) < _ROWS_AT_ONCE:
            return
        after = page[-1].contact_id


def agreed(tx: Connection, contact_ids: Sequence[int]) -> Iterator[tuple[int, Agreed]]:
    """The consents of these people that stand."""
    c = consent.c
    columns = (c.contact_id, c.medium, c.purpose, c.since, c.hours, c.election, c.evidence)
    for row in tx.execute(select(*columns).where(c.contact_id.in_(contact_ids), c.state == ConsentState.GRANTED)):
        yield row[0], Agreed(*row[1:])


def addresses(tx: Connection, contact_ids: Sequence[int]) -> Iterator[tuple[int, Medium, str, bytes]]:
    """(person, channel, address, digest) of each address of these people."""
    a = address.c
    for row in tx.execute(select(a.contact_id, a.medium, a.value, a.digest).where(a.contact_id.in_(contact_ids))):
        yield row[0], row[1], row[2], bytes(row[3])


def unprotected(tx: Connection, contact_ids: Sequence[int]) -> Iterator[tuple[int, Medium]]:
    """(person, channel) where the list has an objection at none of her addresses: one she gave later, by an act of her own, may
    be left out of it."""
    a, s = address.c, suppression.c
    covers = and_(s.digest == a.digest, s.medium.in_((a.medium, EVERY_MEDIUM)), s.kind == SuppressionKind.OBJECTION)
    chosen = select(a.contact_id, a.medium).select_from(address.outerjoin(suppression, covers))
    bare = chosen.where(a.contact_id.in_(contact_ids)).group_by(a.contact_id, a.medium).having(func.count(s.seq) == 0)
    for row in tx.execute(bare):
        yield row[0], row[1]


def objecting(tx: Connection, digests: Sequence[bytes]) -> set[tuple[bytes, str]]:
    """(digest, channel or *) of what the list holds of these digests."""
    s = suppression.c
    rows = tx.execute(select(s.digest, s.medium).where(s.digest.in_(digests), s.kind == SuppressionKind.OBJECTION))
    return {(bytes(row[0]), row[1]) for row in rows}


class Approved(NamedTuple):
    """An approval."""

    campaign_id: int
    binding: str
    by: str
    waiver: str | None


def approvals(tx: Connection) -> list[Approved]:
    """Every approval."""
    p = approval.c
    rows = tx.execute(select(p.campaign_id, p.binding, p.approver, p.waiver).order_by(p.id))
    return [Approved(*row) for row in rows]


class CampaignAsKept(NamedTuple):
    """A campaign as its table has it."""

    name: str
    state: CampaignState
    author: str
    definition: bytes
    rows: int  #: of its audience


def campaigns(tx: Connection) -> dict[int, CampaignAsKept]:
    """Every campaign, by number."""
    counted = select(message.c.campaign_id, func.count().label("rows")).group_by(message.c.campaign_id).subquery()
    c, rows = campaign.c, func.coalesce(counted.c.rows, 0)
    chosen = select(c.id, c.name, c.state, c.author, c.definition, rows)
    found = tx.execute(chosen.select_from(campaign.outerjoin(counted, counted.c.campaign_id == c.id)).order_by(c.id))
    return {row[0]: CampaignAsKept(row[1], row[2], row[3], bytes(row[4]), row[5]) for row in found}


def authors(tx: Connection) -> list[tuple[int, str, str]]:
    """(campaign, version, who wrote it) of every version."""
    v = campaign_version.c
    return [tuple(row) for row in tx.execute(select(v.campaign_id, v.sha256, v.author).order_by(v.campaign_id, v.at))]


def origins(tx: Connection) -> dict[int, tuple[str, str, str, str | None, str | None]]:
    """Kind, label, collection, day and collector of each origin, as entries write them."""
    o = origin.c
    rows = tx.execute(select(o.id, o.kind, o.label, o.collection, o.collected_on, o.collector))
    return {row[0]: (row[1].value, row[2], row[3].value, row[4] and row[4].isoformat(), row[5]) for row in rows}


class Requested(NamedTuple):
    """A request of a person."""

    state: RequestState
    right: str
    via: str
    received_at: datetime
    deadline_at: datetime
    identity: str
    answered_by: str | None
    key: bytes | None  #: of whoever it is about; None: nobody of the file


def requests(tx: Connection) -> dict[int, Requested]:
    """Every request, by number."""
    r = rights_request.c
    held = rights_request.outerjoin(person_key, person_key.c.contact_id == r.contact_id)
    columns = (r.state, r.right, r.via, r.received_at, r.deadline_at, r.identity, r.answered_by, person_key.c.key)
    rows = tx.execute(select(r.id, *columns).select_from(held))
    return {
        row[0]: Requested(row[1], row[2].value, row[3].value, row[4], row[5], row[6].value, row[7], row[8] and bytes(row[8]))
        for row in rows
    }

"""What came back about messages, and to whom they had gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, literal, or_, select

from gateway.domain.address import AddressState
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.domain.receipt import PASSING_FAILURES, ReceiptKind, Returned
from gateway.store.bulk import bulk_insert
from gateway.store.prepared import Prepared, Sent, one_of
from gateway.store.tables import address, campaign, message, person_key, receipt
from gateway.store.types import instant, listed_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """To whom a message went: enough to act on what comes back, even after she was erased."""

    message_id: int
    campaign_id: int
    medium: Medium
    digest: bytes
    handed_at: datetime | None
    contact_id: int | None
    address: str | None  #: None once she was erased
    key: bytes | None
    failures: int = 0  #: letters and texts in a row that did not reach the address
    in_doubt: bool = False  #: nobody knows yet whether the provider took the message
    waits: bool = False  #: it is to be handed over again, as the provider gave it up; or was given up by us, as never taken
    unusable: bool = False  #: the address is dead, or left in peace for a while


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """One receipt as stored."""

    kind: ReceiptKind
    code: str | None
    reply: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """How often the messages of a campaign were reported as unwanted."""

    campaign_id: int
    name: str
    state: CampaignState
    complaints: int  #: messages, each counted once
    delivered: int  #: messages a server took and that did not come back
    seen: int  #: complaints that were weighed already


#: A message that came back was not delivered.
CAME_BACK = (ReceiptKind.DEAD, *sorted(PASSING_FAILURES), ReceiptKind.BLOCKED, ReceiptKind.REFUSED)


_TYPES = ("int8", "int8", "varchar", "timestamptz", "varchar", "text")


def add(tx: Connection, returned: Returned) -> None:
    """Keep what came back about a message."""
    shown = returned.evidence
    row = {"message_id": returned.message_id, "campaign_id": returned.campaign_id, "kind": returned.kind, "at": shown.at}
    tx.execute(insert(receipt).values(**row, code=shown.code or None, reply=shown.reply or None))


def add_all(tx: Connection, returned: Sequence[Returned]) -> None:
    """Keep what came back about messages, in one statement."""
    if not returned:
        return
    rows = (
        (
            one.message_id,
            one.campaign_id,
            one.kind.value,
            instant(tx, one.evidence.at),
            one.evidence.code or None,
            one.evidence.reply or None,
        )
        for one in returned
    )
    bulk_insert(tx, receipt, ("message_id", "campaign_id", "kind", "at", "code", "reply"), rows, binary=_TYPES)


def of_message(tx: Connection, message_id: int) -> list[ReceiptRow]:
    """Everything that came back about one message, oldest first."""
    r = receipt.c
    chosen = select(r.kind, r.code, r.reply, r.at).where(r.message_id == message_id).order_by(r.id)
    return [ReceiptRow(**row) for row in tx.execute(chosen).mappings()]


def delivered(tx: Connection, message_ids: Sequence[int]) -> set[int]:
    """Which of these messages are known to have arrived."""
    r = receipt.c
    chosen = select(r.message_id).where(r.message_id.in_(message_ids), r.kind == ReceiptKind.DELIVERED)
    return set(tx.execute(chosen).scalars())


def counts(tx: Connection, campaign_id: int) -> Mapping[ReceiptKind, int]:
    """How many messages of a campaign had a receipt of each kind; a message counts once for each."""
    r = receipt.c
    chosen = select(r.kind, func.count(r.message_id.distinct())).where(r.campaign_id == campaign_id).group_by(r.kind)
    found = {row[0]: row[1] for row in tx.execute(chosen)}
    return {kind: found[kind] for kind in ReceiptKind if kind in found}


def domains_blocking(tx: Connection, campaign_id: int) -> int:
    """How many domains of recipients refused us over a campaign."""
    m, a = message.c, address.c
    held = _blocking(func.count(a.domain.distinct()), campaign_id)
    found: int = tx.execute(held.join(address, (a.digest == m.digest) & (a.medium == Medium.EMAIL))).scalar_one()
    return found


def letters_blocked(tx: Connection, campaign_id: int, *, since: datetime) -> int:
    """Over how many letters of a campaign, handed over since then, we were refused."""
    held = _blocking(func.count(message.c.id.distinct()), campaign_id)
    found: int = tx.execute(held.where(message.c.handed_at >= since)).scalar_one()
    return found


def _blocking(counted: Any, campaign_id: int) -> Select[Any]:
    r = receipt.c
    held = select(counted).select_from(receipt).join(message, message.c.id == r.message_id)
    return held.where(r.campaign_id == campaign_id, r.kind == ReceiptKind.BLOCKED)


def addressees(tx: Connection, message_ids: Sequence[int]) -> dict[int, Addressee]:
    """To whom each of these messages went; those that do not exist are left out."""
    return known(send_addressees(tx, message_ids))


def send_addressees(tx: Connection, message_ids: Sequence[int]) -> Sent:
    """The same question, for `known` to read."""
    return _ADDRESSEES.send(tx, ids=listed_ids(tx, message_ids))


def known(sent: Sent) -> dict[int, Addressee]:
    """The addressees, by message."""
    found = (Addressee(**dict(zip(Addressee.__dataclass_fields__, row, strict=True))) for row in sent.rows())
    return {one.message_id: one for one in found}


def _addressees(dialect: str) -> Select[Any]:
    m, a = message.c, address.c
    return (
        select(
            m.id.label("message_id"),
            m.campaign_id,
            campaign.c.medium,
            m.digest,
            m.handed_at,
            a.contact_id,
            a.value.label("address"),
            person_key.c.key,
            func.coalesce(a.failures, 0).label("failures"),
            (m.state == MessageState.UNCERTAIN).label("in_doubt"),
            or_(m.state == MessageState.ABANDONED, and_(m.state == MessageState.DEFERRED, m.reply.is_not(None))).label("waits"),
            func.coalesce(a.state != AddressState.VALID, literal(False)).label("unusable"),
        )
        .join(campaign, campaign.c.id == m.campaign_id)
        .outerjoin(address, (a.digest == m.digest) & (a.medium == campaign.c.medium))
        .outerjoin(person_key, person_key.c.contact_id == a.contact_id)
        .where(one_of(m.id, "ids", dialect))
    )


_ADDRESSEES = Prepared(_addressees("postgresql"), sqlite=_addressees("sqlite"))


def reported(tx: Connection, states: Sequence[CampaignState]) -> list[Reports]:
    """Campaigns in these states with complaints that were not weighed yet, and their counts."""
    r, m, c = receipt.c, message.c, campaign.c
    complaints = (
        select(r.campaign_id, func.count(r.message_id.distinct()).label("complaints"))
        .where(r.kind == ReceiptKind.COMPLAINT)
        .group_by(r.campaign_id)
        .subquery()
    )
    accepted = select(func.count()).where(m.campaign_id == c.id, m.state == MessageState.ACCEPTED).scalar_subquery()
    back = select(func.count(r.message_id.distinct())).where(r.campaign_id == c.id, r.kind.in_(CAME_BACK)).scalar_subquery()
    chosen = (
        select(
            c.id.label("campaign_id"),
            c.name,
            c.state,
            complaints.c.complaints,
            (accepted - back).label("delivered"),
            c.reports_seen.label("seen"),
        )
        .join(complaints, complaints.c.campaign_id == c.id)
        .where(c.state.in_(states), complaints.c.complaints > c.reports_seen)
        .order_by(c.id)
    )
    return [Reports(**row) for row in tx.execute(chosen).mappings()]

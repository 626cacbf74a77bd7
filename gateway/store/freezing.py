"""An audience becomes rows of the outbox, and what waits of a campaign ends: in parts, for one of which whoever objects meanwhile
waits at most, however long the list is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, literal, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict
from gateway.domain.message import DUE_STATES, IN_HAND_STATES, MessageState
from gateway.store.audience import Stretch, second_choice
from gateway.store.outbox import CAMPAIGN_CANCELLED, ELSEWHERE, cancelled, in_states
from gateway.store.tables import address, campaign, contact, message

AT_THE_SAME_TIME = (
    "cette campagne vient d’être lancée deux fois en même temps, ou ses destinataires ont changé pendant qu’on la lançait : "
    "rien n’en part ; relancez-la, une seule fois"
)
#: Rows written in one transaction. SQLite lets nobody else write meanwhile.
_AT_ONCE = {"postgresql": 100_000, "sqlite": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Freezing:
    """The campaign whose audience is frozen, and for when."""

    campaign_id: int
    medium: Medium
    audience: ColumnElement[bool]
    due_at: datetime
    at: datetime


def next_stretch(tx: Connection, after: int) -> Stretch:
    """The contacts behind this number, as many as are written at once; the last stretch has no end."""
    further = select(contact.c.id).where(contact.c.id > after).order_by(contact.c.id).offset(at_once(tx) - 1).limit(1)
    return Stretch(after=after, last=tx.execute(further).scalar())


def at_once(tx: Connection) -> int:
    """How many rows are written in one transaction."""
    return _AT_ONCE[tx.dialect.name]


def freeze(tx: Connection, freezing: Freezing, stretch: Stretch) -> tuple[int, int]:
    """Write one waiting row per person of a stretch of the audience; returns how many.

    Her other addresses on the channel have their row, too, which says that she is written to elsewhere and is over at once; how
    many those are is returned besides. Raises Conflict where somebody else freezes the same campaign.
    """
    before = tx.execute(select(func.max(message.c.id))).scalar() or 0
    reached = contact.join(address, and_(address.c.contact_id == contact.c.id, address.c.medium == freezing.medium))
    because = case((second_choice(freezing.medium, stretch), ELSEWHERE)).label("because")
    everyone = (
        select(contact.c.id, address.c.id.label("address_id"), address.c.digest, address.c.domain, because)
        .select_from(reached)
        .where(freezing.audience, stretch.holds(contact.c.id))
        .order_by(contact.c.id)
        .subquery("everyone")
    )
    over = everyone.c.because.is_not(None)
    columns = {
        "campaign_id": literal(freezing.campaign_id),
        "contact_id": everyone.c.id,
        "address_id": everyone.c.address_id,
        "digest": everyone.c.digest,
        "domain": everyone.c.domain,
        "message_class": select(campaign.c.message_class).where(campaign.c.id == freezing.campaign_id).scalar_subquery(),
        "state": case((over, MessageState.CANCELLED.value), else_=MessageState.WAITING.value),
        "due_at": literal(freezing.due_at, message.c.due_at.type),
        "because": everyone.c.because,
        "settled_at": case((over, literal(freezing.at, message.c.settled_at.type))),
    }
    statement = insert(message).from_select(list(columns), select(*columns.values()))
    try:
        written = tx.execute(statement.execution_options(preserve_rowcount=True)).rowcount
    except IntegrityError as taken:
        raise Conflict(AT_THE_SAME_TIME) from taken
    # By an expression that no index knows: these rows are the newest, and those of the stretches before are not looked at again.
    theirs = (message.c.id > before, message.c.campaign_id + 0 == freezing.campaign_id, message.c.because == ELSEWHERE)
    elsewhere = tx.execute(select(func.count()).where(*theirs)).scalar_one()
    return written - elsewhere, elsewhere


def rows(tx: Connection, campaign_id: int) -> int:
    """How many rows a campaign has."""
    return tx.execute(select(func.count()).where(message.c.campaign_id == campaign_id)).scalar_one()


def thaw(tx: Connection, campaign_id: int) -> int:
    """Remove rows that a launch which was cut off left to a campaign that never ran, as many as at once; returns how many."""
    m = message.c
    left = [m.campaign_id == campaign_id, m.handed_at.is_(None)]
    last = tx.execute(select(m.digest).where(left[0]).order_by(m.digest).offset(at_once(tx) - 1).limit(1)).scalar()
    if last is not None:  # by its place in the index of the campaign, as below
        left.append(m.digest <= last)
    return tx.execute(delete(message).where(*left)).rowcount


def standing(tx: Connection, campaign_id: int) -> tuple[int, int]:
    """How many messages of a campaign still wait, and how many are in hand: with a lane, or ringing."""
    m = message.c
    counts = func.count().filter(in_states(DUE_STATES)), func.count().filter(in_states(IN_HAND_STATES))
    theirs = m.campaign_id == campaign_id, in_states((*DUE_STATES, *IN_HAND_STATES))
    waited, in_hand = tx.execute(select(*counts).where(*theirs)).one()
    return waited, in_hand


def cancel_some(tx: Connection, campaign_id: int, *, at: datetime) -> int:
    """Cancel rows of a campaign that still wait, as many as at once; returns how many."""
    m = message.c
    still = [m.campaign_id == campaign_id, in_states(DUE_STATES)]
    # By their place in the index of what is due: PostgreSQL, which knows little yet of a campaign that was just launched, would
    # look for each of a list of numbers in the whole of it.
    further = select(m.due_at, m.id).where(*still).order_by(m.due_at, m.id).offset(at_once(tx) - 1).limit(1)
    last = tx.execute(further).first()
    if last is not None:
        still.append(tuple_(m.due_at, m.id) <= tuple_(literal(last.due_at, m.due_at.type), literal(last.id)))
    return tx.execute(update(message).where(*still).values(cancelled(CAMPAIGN_CANCELLED, at))).rowcount

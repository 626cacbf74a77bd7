"""Campaigns, their versions and approvals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from gateway.domain.campaign import SINGLE_CLASSES, CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.message import DUE_STATES
from gateway.store.engine import is_postgresql, upsert
from gateway.store.outbox import in_states
from gateway.store.tables import approval, campaign, campaign_version, message

#: PostgreSQL channel on which numbers of campaigns are announced that have just been halted.
ANNOUNCEMENTS = "gateway_halted_campaigns"
#: Nothing of such a campaign leaves, though it had begun, or should have.
HALTED = (CampaignState.PAUSED, CampaignState.CANCELLED, CampaignState.LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """A campaign about to be stored."""

    name: str
    medium: Medium
    message_class: MessageClass
    state: CampaignState
    definition: bytes
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow(NewCampaign):
    """A campaign as stored."""

    id: int
    launch_key: str | None
    launched_at: datetime | None
    resumed_at: datetime | None
    ended_at: datetime | None
    why: str | None
    warning: str | None
    reports_seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRow:
    """Who approved what exactly."""

    binding: str
    content_hash: str
    approver: str
    at: datetime
    waiver: str | None


def create(tx: Connection, new: NewCampaign) -> int:
    """Store a new campaign; returns its id. The name must be free: ask `by_name` in the same transaction."""
    return int(tx.execute(insert(campaign).values(asdict(new)).returning(campaign.c.id)).scalar_one())


def create_once(tx: Connection, new: NewCampaign) -> int | None:
    """Store a new campaign unless one of that name is there, or is being made by somebody else: then None, once they are done."""
    statement = upsert(tx, campaign).values(asdict(new)).on_conflict_do_nothing(index_elements=["name"]).returning(campaign.c.id)
    made: int | None = tx.execute(statement).scalar_one_or_none()
    return made


def add_version(tx: Connection, campaign_id: int, sha256: str, definition: bytes, *, author: str, at: datetime) -> None:
    """Keep a version of the definition, by its hash; known versions are kept as they are."""
    row = {"campaign_id": campaign_id, "sha256": sha256, "definition": definition, "author": author, "at": at}
    tx.execute(upsert(tx, campaign_version).values(row).on_conflict_do_nothing())


def version_author(tx: Connection, campaign_id: int, sha256: str) -> str | None:
    """Who first wrote this version of a campaign, or None."""
    v = campaign_version.c
    found: str | None = tx.execute(select(v.author).where(v.campaign_id == campaign_id, v.sha256 == sha256)).scalar_one_or_none()
    return found


def by_name(tx: Connection, name: str, *, lock: bool = False) -> CampaignRow | None:
    """The campaign of that name; `lock` keeps others from changing it until `tx` ends."""
    return _one(tx, campaign.c.name == name, lock=lock)


def by_id(tx: Connection, campaign_id: int, *, lock: bool = False) -> CampaignRow | None:
    """The campaign of that id; `lock` as above."""
    return _one(tx, campaign.c.id == campaign_id, lock=lock)


def by_ids(tx: Connection, campaign_ids: Collection[int]) -> list[CampaignRow]:
    """Campaigns of these ids, the oldest first."""
    chosen = select(campaign).where(campaign.c.id.in_(campaign_ids)).order_by(campaign.c.id)
    return [CampaignRow(**row) for row in tx.execute(chosen).mappings()]


def names_beginning(tx: Connection, beginning: str) -> set[str]:
    """Names of campaigns that begin so."""
    return set(tx.execute(select(campaign.c.name).where(campaign.c.name.startswith(beginning, autoescape=True))).scalars())


def listed(
    tx: Connection,
    *,
    states: Sequence[CampaignState] = (),
    carriers: bool = True,
    before: int | None = None,
    limit: int = 100,
) -> list[CampaignRow]:
    """Campaigns, the newest first; those older than the one numbered `before`.

    carriers False: without test copies and carriers of single messages that simply run.
    """
    chosen = select(campaign).order_by(campaign.c.id.desc()).limit(limit)
    if states:
        chosen = chosen.where(campaign.c.state.in_(states))
    if before is not None:
        chosen = chosen.where(campaign.c.id < before)
    if not carriers:
        quiet = campaign.c.state.in_((CampaignState.RUNNING, CampaignState.FINISHED))
        chosen = chosen.where(~and_(campaign.c.message_class.in_((MessageClass.TEST, *SINGLE_CLASSES)), quiet))
    return [CampaignRow(**row) for row in tx.execute(chosen).mappings()]


def each(tx: Connection, *, states: Sequence[CampaignState]) -> Iterator[CampaignRow]:
    """Every campaign in one of these states, the newest first, read page by page."""
    before = None
    while page := listed(tx, states=states, before=before):
        yield from page
        before = page[-1].id


def with_due(tx: Connection, medium: Medium, at: datetime) -> list[int]:
    """Running campaigns of a channel that have a due row."""
    due = select(message.c.id).where(message.c.campaign_id == campaign.c.id, in_states(DUE_STATES), message.c.due_at <= at)
    chosen = select(campaign.c.id).where(campaign.c.state == CampaignState.RUNNING, campaign.c.medium == medium, due.exists())
    return [row[0] for row in tx.execute(chosen.order_by(campaign.c.id))]


def unfinished(tx: Connection) -> list[tuple[int, str]]:
    """(id, name) of running campaigns that end some day, the oldest first; those that carry answers never do."""
    c = campaign.c
    chosen = select(c.id, c.name).where(c.state == CampaignState.RUNNING, c.message_class.not_in(SINGLE_CLASSES))
    return [(row[0], row[1]) for row in tx.execute(chosen.order_by(c.id))]


def left_over(tx: Connection) -> list[int]:
    """Cancelled campaigns of which something waits that nobody will ever claim: its server put it off after that, or whoever
    cancelled it was cut off."""
    waiting = select(message.c.id).where(message.c.campaign_id == campaign.c.id, in_states(DUE_STATES))
    chosen = select(campaign.c.id).where(campaign.c.state == CampaignState.CANCELLED, waiting.exists())
    return list(tx.execute(chosen.order_by(campaign.c.id)).scalars())


def move(tx: Connection, campaign_id: int, *, leaves: Sequence[CampaignState], enters: CampaignState, **also: object) -> bool:
    """Change the state, naming the states it may leave; False when it was in another.

    That it is halted is announced to every worker when `tx` commits. On SQLite the workers watch the file itself.
    """
    statement = update(campaign).where(campaign.c.id == campaign_id, campaign.c.state.in_(leaves)).values(state=enters, **also)
    if tx.execute(statement).rowcount != 1:
        return False
    if enters in HALTED and is_postgresql(tx):
        tx.execute(select(func.pg_notify(ANNOUNCEMENTS, str(campaign_id))))
    return True


def halted(tx: Connection) -> list[int]:
    """Campaigns of which nothing may leave now though they had begun, or should have."""
    return list(tx.execute(select(campaign.c.id).where(campaign.c.state.in_(HALTED))).scalars())


def warn(tx: Connection, campaign_id: int, sentence: str) -> bool:
    """Say something of a campaign that goes on, or is over; False when it was said already."""
    statement = update(campaign).where(campaign.c.id == campaign_id, campaign.c.warning.is_distinct_from(sentence))
    return tx.execute(statement.values(warning=sentence)).rowcount == 1


def weighed(tx: Connection, campaign_id: int, complaints: int) -> None:
    """So many complaints about a campaign were weighed; only further ones are weighed again."""
    tx.execute(update(campaign).where(campaign.c.id == campaign_id).values(reports_seen=complaints))


def redefine(tx: Connection, campaign_id: int, definition: bytes) -> None:
    """Replace the definition of a draft or approved campaign, which is a draft again."""
    changeable = (CampaignState.DRAFT, CampaignState.APPROVED)
    statement = update(campaign).where(campaign.c.id == campaign_id, campaign.c.state.in_(changeable))
    tx.execute(statement.values(definition=definition, state=CampaignState.DRAFT))


def add_approval(tx: Connection, campaign_id: int, approved: ApprovalRow) -> None:
    """Keep an approval; the last one counts."""
    tx.execute(insert(approval).values(campaign_id=campaign_id, **asdict(approved)))


def last_approval(tx: Connection, campaign_id: int) -> ApprovalRow | None:
    """The approval that counts, or None."""
    a = approval
    chosen = (
        select(a.c.binding, a.c.content_hash, a.c.approver, a.c.at, a.c.waiver)
        .where(a.c.campaign_id == campaign_id)
        .order_by(a.c.id.desc())
        .limit(1)
    )
    row = tx.execute(chosen).mappings().first()
    return ApprovalRow(**row) if row else None


def _one(tx: Connection, condition: ColumnElement[bool], *, lock: bool = False) -> CampaignRow | None:
    chosen = select(campaign).where(condition)
    if lock:
        chosen = chosen.with_for_update()
    row = tx.execute(chosen).mappings().first()
    return CampaignRow(**row) if row else None


def last_ended(tx: Connection) -> datetime | None:
    """When a campaign ended last; None when none has."""
    found: datetime | None = tx.execute(select(func.max(campaign.c.ended_at))).scalar_one()
    return found

"""The opposition list: keyed digests. An objection enters once, never lapses, and is announced to every worker at its commit.

Nobody ends an objection but the person who made it, by the means she made it with (rule sms-restart).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, and_, delete, func, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from gateway.domain.channel import Medium
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind
from gateway.store.engine import Upsert, is_postgresql, upsert
from gateway.store.prepared import Prepared, given
from gateway.store.tables import address, message, suppression

#: PostgreSQL channel on which digests of fresh suppressions are announced, in hex.
ANNOUNCEMENTS = "gateway_suppressions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address we no longer write to."""

    digest: bytes
    medium: str  #: a Medium, or EVERY_MEDIUM
    kind: SuppressionKind
    cause: SuppressionCause
    since: datetime
    until: datetime | None = None
    delay_ms: int | None = None  #: from the reception of the person's words to their effect
    message_id: int | None = None  #: the message whose link, reply or report it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long objections took from their reception to their effect, in milliseconds; None while there is none."""

    objections: int
    median_ms: int | None
    max_ms: int | None


_LAST_SQLITE = text("SELECT seq FROM sqlite_sequence WHERE name = 'suppression'")
_LAST_POSTGRESQL = text("SELECT pg_sequence_last_value(pg_get_serial_sequence('suppression', 'seq')::regclass)")

#: Names of what an entry holds.
ENTRY = tuple(Suppression.__dataclass_fields__)


def _adding(empty: Upsert) -> ReturningInsert[bytes]:
    values = {name: given(name) for name in ENTRY}
    return empty.values(values).on_conflict_do_nothing().returning(suppression.c.digest)


_FRESH = _adding(postgresql.insert(suppression)).cte("fresh").c.digest
#: On PostgreSQL what is new is announced by the statement that adds it.
_ADD = Prepared(
    select(_FRESH, func.pg_notify(ANNOUNCEMENTS, func.encode(_FRESH, "hex"))),
    sqlite=_adding(sqlite.insert(suppression)),
)


def add_all(tx: Connection, entries: Iterable[Suppression]) -> int:
    """Put the few addresses of a person on the list; returns how many are new. What is there keeps its first
    instant; what is new is announced when `tx` commits."""
    return sum(len(_ADD.rows(tx, **{name: getattr(each, name) for name in ENTRY})) for each in entries)


def pause(tx: Connection, digests: Iterable[bytes], *, until: datetime, at: datetime) -> int:
    """Pause addresses on every channel until an instant, as the person asked; returns how many pause longer than before.

    A pause is only ever prolonged here. A longer one is a new row, so that workers hear of it as of any other entry.
    """
    wanted = list(digests)
    s = suppression.c
    shorter = delete(suppression).where(
        s.digest.in_(wanted), s.medium == EVERY_MEDIUM, s.kind == SuppressionKind.PAUSE, s.until < until
    )
    tx.execute(shorter)
    kind, cause = SuppressionKind.PAUSE, SuppressionCause.PERSON_PAUSE
    entries = (Suppression(digest=one, medium=EVERY_MEDIUM, kind=kind, cause=cause, since=at, until=until) for one in wanted)
    return add_all(tx, entries)


def carry(tx: Connection, come: Select[int, Medium, bytes], *, at: datetime) -> None:
    """She pauses, not her address: what keeps messages from her for a while holds at addresses that have just become hers.

    come: these, as person, channel and digest. Of several pauses the longest holds.
    """
    new, old, s = come.subquery(), address, suppression.c
    held = new.join(old, old.c.contact_id == new.c.contact_id).join(suppression, s.digest == old.c.digest)
    lasting = or_(s.until.is_(None), s.until > at)
    pauses = and_(s.kind.in_((SuppressionKind.PAUSE, SuppressionKind.DOUBT)), s.medium.in_((new.c.medium, EVERY_MEDIUM)), lasting)
    chosen = select(new.c.digest, s.medium, s.kind, s.cause, s.since, s.until).select_from(held).where(pauses)
    columns = ["digest", "medium", "kind", "cause", "since", "until"]
    longest = chosen.order_by(s.until.desc(), s.seq)
    tx.execute(upsert(tx, suppression).from_select(columns, longest).on_conflict_do_nothing())


def end_pause(tx: Connection, digests: Iterable[bytes]) -> int:
    """End the breaks that a person asked for; returns how many entries went."""
    s = suppression.c
    return tx.execute(delete(suppression).where(s.digest.in_(list(digests)), s.cause == SuppressionCause.PERSON_PAUSE)).rowcount


def lift(tx: Connection, digest: bytes, medium: Medium | None, kinds: Iterable[SuppressionKind]) -> int:
    """Take technical entries or pauses off the list; returns how many. Objections are not: only she ends hers."""
    chosen = [kind for kind in kinds if kind is not SuppressionKind.OBJECTION]
    mediums = (medium.value if medium else EVERY_MEDIUM, EVERY_MEDIUM)
    gone = delete(suppression).where(
        suppression.c.digest == digest, suppression.c.kind.in_(chosen), suppression.c.medium.in_(mediums)
    )
    return tx.execute(gone).rowcount


def end_objection(tx: Connection, digest: bytes, medium: Medium, causes: Iterable[SuppressionCause]) -> int:
    """Take an objection to one channel off the list, as the person herself asks by that channel; returns how many entries went.

    Only where it was made by one of these acts, and nothing else objects for this address. Serves rule sms-restart.
    """
    s = suppression.c
    hers = (s.digest == digest, s.kind == SuppressionKind.OBJECTION)
    others = select(s.seq).where(*hers, s.medium == EVERY_MEDIUM)
    if tx.execute(others.limit(1)).first() is not None:
        return 0
    return tx.execute(delete(suppression).where(*hers, s.medium == medium.value, s.cause.in_(list(causes)))).rowcount


def present(tx: Connection, digests: Iterable[bytes], medium: Medium, at: datetime) -> set[bytes]:
    """Which of these digests an objection covers for this channel."""
    wanted = list(digests)
    if not wanted:
        return set()
    chosen = select(suppression.c.digest).where(
        suppression.c.digest.in_(wanted),
        suppression.c.medium.in_((medium.value, EVERY_MEDIUM)),
        suppression.c.kind == SuppressionKind.OBJECTION,
        or_(suppression.c.until.is_(None), suppression.c.until > at),
    )
    return {row[0] for row in tx.execute(chosen)}


def stands(tx: Connection, digest: bytes, medium: Medium, at: datetime) -> bool:
    """Whether any entry, of whatever kind, covers this digest for this channel now."""
    s = suppression.c
    lasts = or_(s.until.is_(None), s.until > at)
    found = select(s.seq).where(s.digest == digest, s.medium.in_((medium.value, EVERY_MEDIUM)), lasts)
    return tx.execute(found.limit(1)).first() is not None


def objected_at(tx: Connection, digest: bytes, medium: str) -> datetime | None:
    """Since when an objection for this channel (or "*") is in force, or None."""
    s = suppression
    found: datetime | None = tx.execute(
        select(s.c.since).where(s.c.digest == digest, s.c.medium == medium, s.c.kind == SuppressionKind.OBJECTION)
    ).scalar_one_or_none()
    return found


def of_digest(tx: Connection, digest: bytes) -> list[Suppression]:
    """All entries for one address."""
    s = suppression
    chosen = select(*(s.c[name] for name in ENTRY)).where(s.c.digest == digest).order_by(s.c.seq)
    return [Suppression(**row) for row in tx.execute(chosen).mappings()]


def after(tx: Connection, seq: int, limit: int = 1000) -> list[tuple[int, Suppression]]:
    """Entries with a higher sequence number, oldest first."""
    s = suppression
    rows = tx.execute(
        select(s.c.seq, *(s.c[name] for name in ENTRY)).where(s.c.seq > seq).order_by(s.c.seq).limit(limit)
    ).mappings()
    return [(row["seq"], Suppression(**{name: row[name] for name in row if name != "seq"})) for row in rows]


def last_given(tx: Connection) -> int:
    """The highest sequence number that was ever given here, be its entry gone; 0: none was."""
    statement = _LAST_POSTGRESQL if is_postgresql(tx) else _LAST_SQLITE
    return tx.execute(statement).scalar() or 0


def any_from(tx: Connection, cause: SuppressionCause) -> bool:
    """Whether the list has an entry of this cause."""
    s = suppression.c
    return tx.execute(select(s.seq).where(s.cause == cause).limit(1)).first() is not None


def counts(tx: Connection) -> list[tuple[str, str, int]]:
    """(kind, medium, how many)."""
    s = suppression
    rows = tx.execute(select(s.c.kind, s.c.medium, func.count()).group_by(s.c.kind, s.c.medium).order_by(s.c.kind, s.c.medium))
    return [(row[0].value, row[1], row[2]) for row in rows]


def delays(tx: Connection, campaign_id: int | None = None) -> Delays:
    """Median and maximum over every objection people made to us, or over those that answered messages of one campaign.

    Imported lists are no part of it: nobody can tell when their people spoke.
    """
    s = suppression
    told = select(s.c.delay_ms).where(s.c.kind == SuppressionKind.OBJECTION, s.c.delay_ms.is_not(None))
    if campaign_id is not None:
        told = told.join(message, message.c.id == s.c.message_id).where(message.c.campaign_id == campaign_id)
    each = told.subquery()
    count, longest = tx.execute(select(func.count(), func.max(each.c.delay_ms))).one()
    if not count:
        return Delays(objections=0, median_ms=None, max_ms=None)
    middle = told.order_by(s.c.delay_ms).offset((count - 1) // 2).limit(2 - count % 2)
    found = tx.execute(middle).scalars().all()
    return Delays(objections=count, median_ms=round(sum(found) / len(found)), max_ms=longest)

"""Consent: an append-only ledger, and its projection, which decisions read. Both change in the same transaction, always."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Select, and_, case, func, insert, select

from gateway.domain.channel import Medium
from gateway.domain.consent import ENDING, SAID_NO, Consent, ConsentAct, ConsentState, Purpose
from gateway.store.engine import is_postgresql, upsert
from gateway.store.tables import address, consent, consent_event, wording

#: PostgreSQL channel on which digests of people are announced, in hex, whose messages are to be judged again: a consent of theirs
#: has just ended, or the use of their data was restricted.
ANNOUNCEMENTS = "gateway_ended_consents"
#: What a message may stand on: an agreement to open pixels is none of it.
DECIDING = (Purpose.POLITICAL, Purpose.TARGETING, Purpose.AFTER_ELECTION)

#: The state that follows from an act.
STATE_AFTER = {
    ConsentAct.PENDING: ConsentState.PENDING,
    ConsentAct.GRANTED: ConsentState.GRANTED,
    ConsentAct.WITHDRAWN: ConsentState.WITHDRAWN,
    ConsentAct.REFUSED: ConsentState.REFUSED,
}
#: Columns of the ledger that prove an agreement, all of them together.
EVIDENCE = ("given_at", "form", "wording_sha256", "collector", "means")
#: Columns of the projection, the first three of which say whose consent it is, to what.
PROJECTED = ("contact_id", "medium", "purpose", "state", "evidence", "election", "hours", "since")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentStanding:
    """Where one consent stands."""

    medium: Medium
    purpose: Purpose
    state: ConsentState
    evidence: bool
    election: str | None
    hours: str | None  #: agreed hours of calls, as CallWindow writes them
    since: datetime


def keep_wordings(tx: Connection, texts: Mapping[str, str], *, at: datetime) -> None:
    """Keep the exact words people agreed to, once, under their SHA-256."""
    if texts:
        rows = [{"sha256": digest, "text": words, "first_seen_at": at} for digest, words in texts.items()]
        tx.execute(upsert(tx, wording).on_conflict_do_nothing(), rows)


def record(tx: Connection, contact_id: int, entry: Consent, *, wording_sha256: str | None, at: datetime) -> None:
    """Add one act of a person to the ledger and project it. An act without a state of its own (requested) projects nothing.

    The end of a consent that messages may stand on is announced to every worker when `tx` commits.
    """
    given = entry.evidence
    hours = str(entry.hours) if entry.hours else None
    row = {
        "contact_id": contact_id,
        "medium": entry.medium,
        "purpose": entry.purpose,
        "act": entry.act,
        "at": entry.at,
        "election": entry.election,
        "hours": hours,
        "given_at": given.given_at,
        "form": given.form,
        "wording_sha256": wording_sha256,
        "collector": given.collector,
        "means": given.means,
        "scan_sha256": given.scan_sha256,
        "scan_reference": given.scan_reference,
        "recorded_at": at,
    }
    tx.execute(insert(consent_event).values(row))
    if (state := STATE_AFTER.get(entry.act)) is None:
        return
    key = {"contact_id": contact_id, "medium": entry.medium, "purpose": entry.purpose}
    said = {"state": state, "evidence": given.complete, "election": entry.election, "hours": hours, "since": entry.at}
    # What awaits a confirmation weakens nothing that stands: neither an agreement, nor a refusal.
    where = consent.c.state == ConsentState.PENDING if state is ConsentState.PENDING else None
    tx.execute(upsert(tx, consent).values(**key, **said).on_conflict_do_update(index_elements=list(key), set_=said, where=where))
    if entry.act in ENDING and entry.purpose in DECIDING:
        theirs = select(address.c.digest).where(address.c.contact_id == contact_id, address.c.medium == entry.medium)
        announce_changed(tx, theirs)


def projected(entries: FromClause) -> Select[Any]:
    """What entries of the ledger, or such as are staged for it, come to in the projection: values of PROJECTED, in order."""
    e = entries.c
    state = case({act.value: state.value for act, state in STATE_AFTER.items()}, value=e.act)
    complete = and_(*(e[name].is_not(None) for name in EVIDENCE))
    return select(e.contact_id, e.medium, e.purpose, state, complete, e.election, e.hours, e.at)


def announce_changed(tx: Connection, digests: Select[bytes]) -> None:
    """Tell every worker whose messages are to be judged again, when `tx` commits. On SQLite the workers watch the file itself."""
    if is_postgresql(tx):
        told = digests.subquery()
        tx.execute(select(func.count(func.pg_notify(ANNOUNCEMENTS, func.encode(told.c.digest, "hex")))))


def has_ended(tx: Connection, digest: bytes, medium: Medium) -> bool:
    """Whether the person behind an address took back, or refused, her consent to messages by this channel."""
    c, a = consent.c, address.c
    held = consent.join(address, and_(a.contact_id == c.contact_id, a.medium == c.medium))
    ended = select(a.digest).select_from(held).where(a.digest == digest, c.medium == medium)
    chosen = ended.where(c.purpose == Purpose.POLITICAL, c.state.in_(SAID_NO))
    return tx.execute(chosen.limit(1)).first() is not None


def ended_since(tx: Connection, since: datetime) -> list[bytes]:
    """Digests of the addresses whose person took back, or refused, a consent that messages may stand on after that instant."""
    e, a = consent_event.c, address.c
    held = consent_event.join(address, and_(a.contact_id == e.contact_id, a.medium == e.medium))
    ended = select(a.digest).select_from(held).where(e.act.in_(ENDING), e.purpose.in_(DECIDING), e.recorded_at > since)
    return list(tx.execute(ended).scalars())


def standing(tx: Connection, contact_id: int) -> list[ConsentStanding]:
    """Every consent of a person, as projected."""
    c = consent.c
    columns = (c.medium, c.purpose, c.state, c.evidence, c.election, c.hours, c.since)
    rows = tx.execute(select(*columns).where(c.contact_id == contact_id).order_by(c.medium, c.purpose)).mappings()
    return [ConsentStanding(**row) for row in rows]


def ledger(tx: Connection, contact_id: int, *, limit: int | None = 200) -> list[Mapping[str, Any]]:
    """The newest entries of a person's ledger, oldest first, each with the words agreed to. limit: None is all of them."""
    e = consent_event.c
    columns = (
        e.id,
        e.medium,
        e.purpose,
        e.act,
        e.at,
        e.election,
        e.hours,
        e.given_at,
        e.form,
        e.collector,
        e.means,
        e.scan_sha256,
        e.scan_reference,
        e.batch_id,
        e.recorded_at,
    )
    source = consent_event.outerjoin(wording, wording.c.sha256 == e.wording_sha256)
    chosen = select(*columns, wording.c.text.label("wording")).select_from(source).where(e.contact_id == contact_id)
    newest = tx.execute(chosen.order_by(e.id.desc()).limit(limit)).mappings().all()
    return [dict(row) for row in reversed(newest)]

"""Consent: an append-only ledger, and its projection, which decisions read. Both change in the same transaction, always."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.channel import Medium
from gateway.domain.consent import Consent, ConsentAct, ConsentState, Purpose
from gateway.store.engine import is_postgresql
from gateway.store.matching import WELCOME
from gateway.store.staging import staged_consent, staged_objection, staged_person, staged_row
from gateway.store.tables import address, consent, consent_event, person_key, wording

#: The state that follows from an act.
STATE_AFTER = {
    ConsentAct.PENDING: ConsentState.PENDING,
    ConsentAct.GRANTED: ConsentState.GRANTED,
    ConsentAct.WITHDRAWN: ConsentState.WITHDRAWN,
    ConsentAct.REFUSED: ConsentState.REFUSED,
}
#: What no file ever turns into an agreement again: only a new act of the person herself does.
FINAL_FOR_FILES = (ConsentState.WITHDRAWN, ConsentState.REFUSED)

_EVIDENCE = ("given_at", "form", "wording_sha256", "collector", "means")
_STAGED = ("contact_id", "medium", "purpose", "act", "at", "election", *_EVIDENCE)
_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What lines of a file that speak of consent are about."""

    medium: Medium
    purpose: Purpose
    election: str | None
    at: datetime  #: when an act without a date of its own takes effect


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
        tx.execute(_insert(tx, wording).on_conflict_do_nothing(), rows)


def record(tx: Connection, contact_id: int, entry: Consent, *, wording_sha256: str | None, at: datetime) -> None:
    """Add one act of a person to the ledger and project it. An act without a state of its own (requested) projects nothing."""
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
        "recorded_at": at,
    }
    tx.execute(insert(consent_event).values(row))
    if (state := STATE_AFTER.get(entry.act)) is None:
        return
    key = {"contact_id": contact_id, "medium": entry.medium, "purpose": entry.purpose}
    said = {"state": state, "evidence": given.complete, "election": entry.election, "hours": hours, "since": entry.at}
    tx.execute(_insert(tx, consent).values(**key, **said).on_conflict_do_update(index_elements=list(key), set_=said))


def standing(tx: Connection, contact_id: int) -> list[ConsentStanding]:
    """Every consent of a person, as projected."""
    c = consent.c
    columns = (c.medium, c.purpose, c.state, c.evidence, c.election, c.hours, c.since)
    rows = tx.execute(select(*columns).where(c.contact_id == contact_id).order_by(c.medium, c.purpose)).mappings()
    return [ConsentStanding(**row) for row in rows]


def ledger(tx: Connection, contact_id: int, *, limit: int = 200) -> list[Mapping[str, Any]]:
    """The newest entries of a person's ledger, oldest first, each with the words agreed to."""
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
        e.batch_id,
        e.recorded_at,
    )
    source = consent_event.outerjoin(wording, wording.c.sha256 == e.wording_sha256)
    chosen = select(*columns, wording.c.text.label("wording")).select_from(source).where(e.contact_id == contact_id)
    newest = tx.execute(chosen.order_by(e.id.desc()).limit(limit)).mappings().all()
    return [dict(row) for row in reversed(newest)]


def stage_claims(tx: Connection, claim: Claim) -> None:
    """From matched lines, the entries the ledger is to receive.

    Refusals come first, and win over an agreement of the same person. An agreement is left out where the person has refused or
    withdrawn, and where the ledger holds the very same act already: a file read twice says nothing new.
    """
    r, p, c = staged_row, staged_person, consent
    present = and_(c.c.contact_id == p.c.contact_id, c.c.medium == claim.medium, c.c.purpose == claim.purpose)
    source = p.join(r, r.c.line == p.c.line).outerjoin(c, present)
    for act in (ConsentAct.REFUSED, ConsentAct.GRANTED):
        lines = (
            select(
                p.c.contact_id,
                literal(claim.medium.value),
                literal(claim.purpose.value),
                r.c.act,
                func.coalesce(r.c.given_at, literal(claim.at, r.c.given_at.type)),
                literal(claim.election),
                *(r.c[name] for name in _EVIDENCE),
            )
            .select_from(source)
            .where(
                p.c.standing.in_(WELCOME),
                r.c.act == act.value,
                or_(c.c.state.is_(None), c.c.state.not_in(FINAL_FOR_FILES)),
                ~_said_before(p.c.contact_id, claim),
            )
            .order_by(p.c.line)
        )
        tx.execute(_insert(tx, staged_consent).from_select(_STAGED, lines).on_conflict_do_nothing())


def kept_refusals(tx: Connection, claim: Claim) -> int:
    """How many lines agree for a person who has refused or withdrawn: her word is kept."""
    r, p, c = staged_row, staged_person, consent
    present = and_(c.c.contact_id == p.c.contact_id, c.c.medium == claim.medium, c.c.purpose == claim.purpose)
    source = p.join(r, r.c.line == p.c.line).join(c, present)
    chosen = select(func.count()).select_from(source)
    return tx.execute(chosen.where(r.c.act == ConsentAct.GRANTED.value, c.c.state.in_(FINAL_FOR_FILES))).scalar_one()


def stage_withdrawals(tx: Connection, medium: Medium, *, at: datetime) -> None:
    """From staged objections, the end of every consent of these people for the channel."""
    c, a = consent, address
    held = a.join(staged_objection, staged_objection.c.digest == a.c.digest).join(c, c.c.contact_id == a.c.contact_id)
    ended = (
        select(
            c.c.contact_id,
            literal(medium.value),
            c.c.purpose,
            literal(ConsentAct.WITHDRAWN.value),
            literal(at, consent_event.c.at.type),
            c.c.election,
            *(null() for _ in _EVIDENCE),
        )
        .select_from(held)
        .where(a.c.medium == medium, c.c.medium == medium, c.c.state.in_((ConsentState.GRANTED, ConsentState.PENDING)))
    )
    tx.execute(_insert(tx, staged_consent).from_select(_STAGED, ended).on_conflict_do_nothing())


def staged_counts(tx: Connection) -> dict[ConsentAct, int]:
    """How many entries are staged, by act."""
    s = staged_consent
    return {ConsentAct(row[0]): row[1] for row in tx.execute(select(s.c.act, func.count()).group_by(s.c.act))}


def record_staged(tx: Connection, *, batch_id: int | None, at: datetime) -> None:
    """Write the staged entries to the ledger and project them.

    A projected agreement with its evidence, open or for the same election, is left as it is: it says all a newer one could.
    """
    s, c = staged_consent, consent
    entries = select(*(s.c[name] for name in _STAGED), literal(batch_id), literal(at, consent_event.c.recorded_at.type))
    tx.execute(insert(consent_event).from_select([*_STAGED, "batch_id", "recorded_at"], entries.order_by(s.c.contact_id)))
    state = case({act.value: state.value for act, state in STATE_AFTER.items()}, value=s.c.act)
    complete = and_(*(s.c[name].is_not(None) for name in _EVIDENCE))
    projected = select(s.c.contact_id, s.c.medium, s.c.purpose, state, complete, s.c.election, s.c.at).where(true())
    columns = ["contact_id", "medium", "purpose", "state", "evidence", "election", "since"]
    upsert = _insert(tx, consent).from_select(columns, projected.order_by(s.c.contact_id))
    said = {name: upsert.excluded[name] for name in columns[3:]}
    enough = and_(
        c.c.state == ConsentState.GRANTED,
        c.c.evidence,
        or_(c.c.election.is_(None), c.c.election.is_not_distinct_from(upsert.excluded.election)),
        upsert.excluded.state == ConsentState.GRANTED,
    )
    tx.execute(upsert.on_conflict_do_update(index_elements=columns[:3], set_=said, where=~enough))


class StagedEntry(NamedTuple):
    """One entry the ledger receives, and the key of the person it is about."""

    key: bytes
    medium: str
    purpose: str
    act: str
    at: datetime
    election: str | None
    given_at: datetime | None
    form: str | None
    wording_sha256: str | None
    collector: str | None
    means: str | None


def staged_entries(tx: Connection) -> Iterator[list[StagedEntry]]:
    """The staged entries, by batches, for the journal."""
    s = staged_consent
    columns = (person_key.c.key, *(s.c[name] for name in StagedEntry._fields[1:]))
    chosen = select(*columns).join(person_key, person_key.c.contact_id == s.c.contact_id).order_by(s.c.contact_id)
    for rows in tx.execute(chosen, execution_options={"yield_per": _ROWS_AT_ONCE}).partitions():
        yield [StagedEntry(*row) for row in rows]


def clear_staged(tx: Connection) -> None:
    """Forget the staged entries: they are written."""
    tx.execute(delete(staged_consent))


def _said_before(contact_id: ColumnElement[int], claim: Claim) -> ColumnElement[bool]:
    e, r = consent_event.c, staged_row.c
    return exists().where(
        e.contact_id == contact_id,
        e.medium == claim.medium,
        e.purpose == claim.purpose,
        e.act == r.act,
        e.given_at.is_not_distinct_from(r.given_at),
        e.form.is_not_distinct_from(r.form),
        e.wording_sha256.is_not_distinct_from(r.wording_sha256),
    )


def _insert(tx: Connection, table: Any) -> Any:
    return postgresql.insert(table) if is_postgresql(tx) else sqlite.insert(table)

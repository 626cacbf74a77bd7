"""What a file says of consent, by set: from matched lines to entries of the ledger and its projection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.types import NullType

from gateway.domain.channel import Medium
from gateway.domain.consent import SAID_NO, ConsentAct, ConsentState, Purpose
from gateway.store.consents import EVIDENCE, PROJECTED, projected
from gateway.store.engine import is_postgresql, upsert
from gateway.store.matching import WELCOME, anybody_known
from gateway.store.origins import undone
from gateway.store.staged import staged_address, staged_consent, staged_objection, staged_person, staged_row
from gateway.store.staging import ACTS, Part, within
from gateway.store.tables import address, consent, consent_event, consent_request, person_key
from gateway.store.types import from_driver

#: Of a paper: the same for all lines of a file.
_SCAN = ("scan_sha256", "scan_reference")
_STAGED = ("contact_id", "medium", "purpose", "act", "at", "election", "hours", *EVIDENCE, *_SCAN)
_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class FileConsent:
    """What lines of a file that speak of consent to one channel are about."""

    medium: Medium
    purpose: Purpose
    election: str | None
    at: datetime  #: when an act without a date of its own takes effect
    hours: str | None = None  #: agreed hours of calls, for lines without hours of their own
    #: Evidence of lines without evidence of their own, by column of the ledger.
    evidence: Mapping[str, object] = field(default_factory=dict)


def stage_consents(tx: Connection, part: Part, claim: FileConsent) -> None:
    """From matched lines, the entries the ledger is to receive for one channel.

    Refusals come first, and win over an agreement of the same person. An agreement is left out where the person has refused or
    withdrawn, where she has said no since when she was asked, where the address of that channel is not taken, and where the
    ledger holds the very same act already: a file read twice says nothing new.
    """
    r, p, c, s = staged_row, staged_person, consent, staged_consent
    act = r.c[ACTS[claim.medium]]
    source = p.join(r, and_(r.c.person == p.c.line, within(part)))
    taken: ColumnElement[int] = p.c[claim.medium.value]
    reachable: ColumnElement[bool] = taken == 1
    known = anybody_known(tx)  # of people who are all new nothing can be on record: PostgreSQL would look through the whole of it
    if known:
        present = and_(c.c.contact_id == p.c.contact_id, c.c.medium == claim.medium, c.c.purpose == claim.purpose)
        source = source.outerjoin(c, present)
        held = exists().where(address.c.contact_id == p.c.contact_id, address.c.medium == claim.medium)
        reachable = or_(taken == 1, and_(taken == 0, held))
    reachable = and_(reachable, _not_refused_since(tx, claim))
    at = func.coalesce(r.c.given_at, literal(claim.at, r.c.given_at.type))
    hours = func.coalesce(r.c.hours, literal(claim.hours)) if claim.medium is Medium.CALL else null()
    refusals = 0
    for said, own in ((ConsentAct.REFUSED, (r.c.given_at, *(null() for _ in EVIDENCE[1:]))), (ConsentAct.GRANTED, _told(claim))):
        told = (
            p.c.contact_id,
            literal(claim.medium.value),
            literal(claim.purpose.value),
            act,
            func.coalesce(own[0], at),
            literal(claim.election),
            hours if said is ConsentAct.GRANTED else null(),
            *own,
            *(literal(claim.evidence.get(name) if said is ConsentAct.GRANTED else None) for name in _SCAN),
        )
        rank = func.row_number().over(partition_by=p.c.contact_id, order_by=r.c.line).label("rank")
        lines = (
            select(*(value.label(name) for name, value in zip(_STAGED, told, strict=True)), rank)
            .select_from(source)
            .where(p.c.standing.in_(WELCOME), act == said.value, true() if said is ConsentAct.REFUSED else reachable)
        )
        if known:
            kept = or_(c.c.state.is_(None), c.c.state.not_in(SAID_NO))
            lines = lines.where(kept, ~_said_before(p.c.contact_id, claim, said, own))
        if refusals:
            lines = lines.where(~exists().where(s.c.contact_id == p.c.contact_id, s.c.medium == claim.medium.value))
        first = lines.subquery("lines").c
        entries = select(*(first[name] for name in _STAGED)).where(first.rank == 1)
        refusals = tx.execute(insert(s).from_select(_STAGED, entries)).rowcount


def kept_refusals(tx: Connection, part: Part, claim: FileConsent) -> int:
    """How many lines agree for a person who has refused or withdrawn, or said no when she was asked: her word is kept."""
    r, p, c = staged_row, staged_person, consent
    source = p.join(r, and_(r.c.person == p.c.line, within(part)))
    kept = ~_not_refused_since(tx, claim)
    if anybody_known(tx):
        present = and_(c.c.contact_id == p.c.contact_id, c.c.medium == claim.medium, c.c.purpose == claim.purpose)
        source, kept = source.outerjoin(c, present), or_(kept, c.c.state.in_(SAID_NO))
    agreed = r.c[ACTS[claim.medium]] == ConsentAct.GRANTED.value
    chosen = select(func.count()).select_from(source).where(p.c.standing.in_(WELCOME))
    return tx.execute(chosen.where(agreed, kept)).scalar_one()


def _not_refused_since(tx: Connection, claim: FileConsent) -> ColumnElement[bool]:
    """Whether a line's agreement is newer than any no to a request for it: the mark knows her address, erased or not."""
    q, s = consent_request, staged_address
    if tx.execute(select(q.c.message_id).where(q.c.refused_at.is_not(None)).limit(1)).first() is None:
        return true()
    at = func.coalesce(_told(claim)[0], literal(claim.at, q.c.refused_at.type))
    theirs = (s.c.person == staged_person.c.line, s.c.medium == claim.medium.value, q.c.digest == s.c.digest)
    return ~exists().where(*theirs, q.c.refused_at >= at)


def stage_withdrawals(tx: Connection, *, at: datetime) -> None:
    """From staged objections, the end of every consent of these people for the channel each is about."""
    c, a, o = consent, address, staged_objection
    held = o.join(a, and_(a.c.digest == o.c.digest, a.c.medium == o.c.medium)).join(
        c, and_(c.c.contact_id == a.c.contact_id, c.c.medium == a.c.medium)
    )
    ended = (
        select(
            c.c.contact_id,
            c.c.medium,
            c.c.purpose,
            literal(ConsentAct.WITHDRAWN.value),
            literal(at, consent_event.c.at.type),
            c.c.election,
            *(cast(null(), staged_consent.c[name].type) for name in ("hours", *EVIDENCE, *_SCAN)),
        )
        .select_from(held)
        .where(c.c.state.in_((ConsentState.GRANTED, ConsentState.PENDING)))
        .distinct()
    )
    tx.execute(insert(staged_consent).from_select(_STAGED, ended))


def staged_counts(tx: Connection) -> dict[ConsentAct, int]:
    """How many entries are staged, by act."""
    s = staged_consent
    return {ConsentAct(row[0]): row[1] for row in tx.execute(select(s.c.act, func.count()).group_by(s.c.act))}


def record_staged(tx: Connection, *, batch_id: int | None, at: datetime, all_new: bool = False) -> None:
    """Write the staged entries to the ledger and project them.

    all_new: this transaction has brought everybody they are about, so that nothing is on record of them.
    A projected agreement with its evidence, open or for the same election, is left as it is: it says all a newer one could. A
    refusal or a withdrawal that was committed a moment ago is never turned into an agreement either.
    """
    s, c = staged_consent, consent
    entries = select(*(s.c[name] for name in _STAGED), literal(batch_id), literal(at, consent_event.c.recorded_at.type))
    tx.execute(insert(consent_event).from_select([*_STAGED, "batch_id", "recorded_at"], entries.order_by(s.c.contact_id)))
    values = projected(s).where(true()).order_by(s.c.contact_id)  # without WHERE, SQLite takes ON CONFLICT for that of a join
    if all_new:
        tx.execute(insert(c).from_select(PROJECTED, values))
        return
    projection = upsert(tx, consent).from_select(PROJECTED, values)
    said = {name: projection.excluded[name] for name in PROJECTED[3:]}
    enough = and_(
        c.c.state == ConsentState.GRANTED,
        c.c.evidence,
        or_(c.c.election.is_(None), c.c.election.is_not_distinct_from(projection.excluded.election)),
        c.c.hours.is_not_distinct_from(projection.excluded.hours),
    )
    replaced = or_(projection.excluded.state != ConsentState.GRANTED, ~or_(enough, c.c.state.in_(SAID_NO)))
    tx.execute(projection.on_conflict_do_update(index_elements=PROJECTED[:3], set_=said, where=replaced))


class LedgerEntry(NamedTuple):
    """What one entry of the ledger says, apart from whom it is about."""

    medium: str
    purpose: str
    act: str
    at: datetime
    election: str | None
    hours: str | None
    given_at: datetime | None
    form: str | None
    wording_sha256: str | None
    collector: str | None
    means: str | None
    scan_sha256: str | None


def staged_entries(tx: Connection) -> Iterator[tuple[Sequence[bytes], Sequence[Any]]]:
    """The staged entries, for the journal: the keys of all people of whom the same is said, and what `spoken` makes of it.

    Half a million entries of a file say a few hundred things: each is fetched once.
    """
    s, key = staged_consent, person_key.c.key
    # One text for all the keys: of one value each, the driver would make half a million.
    keys = func.string_agg(func.encode(key, "hex"), ",") if is_postgresql(tx) else func.group_concat(func.hex(key), ",")
    told = [type_coerce(s.c[name], NullType()) for name in LedgerEntry._fields]
    chosen = select(keys, *told).join_from(s, person_key, person_key.c.contact_id == s.c.contact_id)
    grouped = chosen.group_by(*(s.c[name] for name in LedgerEntry._fields)).order_by(func.min(s.c.contact_id))
    for rows in tx.execute(grouped, execution_options={"yield_per": _ROWS_AT_ONCE}).partitions():
        for row in rows:
            yield [bytes.fromhex(key) for key in row[0].split(",")], row[1:]


def spoken(told: Sequence[Any]) -> LedgerEntry:
    """What an entry says, of values as the driver gives them."""
    said = LedgerEntry(*told)
    return said._replace(at=from_driver(said.at), given_at=said.given_at and from_driver(said.given_at))


def clear_staged(tx: Connection) -> None:
    """Forget the staged entries: they are written."""
    tx.execute(delete(staged_consent))


def _told(claim: FileConsent) -> tuple[ColumnElement[Any], ...]:
    """The evidence of a line, each element its own or what the file says of all its lines."""
    r = staged_row
    return tuple(func.coalesce(r.c[name], literal(claim.evidence.get(name), r.c[name].type)) for name in EVIDENCE)


def _said_before(
    contact_id: ColumnElement[int], claim: FileConsent, act: ConsentAct, told: tuple[ColumnElement[Any], ...]
) -> ColumnElement[bool]:
    e = consent_event.c
    return exists().where(
        or_(e.batch_id.is_(None), e.batch_id.not_in(undone())),
        e.contact_id == contact_id,
        e.medium == claim.medium,
        e.purpose == claim.purpose,
        e.act == act,
        e.given_at.is_not_distinct_from(told[0]),
        e.form.is_not_distinct_from(told[1]),
        e.wording_sha256.is_not_distinct_from(told[2]),
    )

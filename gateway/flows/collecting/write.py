"""Writing an import, part by part: each part becomes durable with its journal, or not at all.

A short file is one part, and one transaction. Between the parts of a long one whoever waits is let in: an objection is in force
after a second or two, and the next part sees it. On PostgreSQL two connections write parts of a long file side by side. A file
cut off between two parts leaves a batch that says so; bringing the same file again completes it, and `undo` takes it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.contact import BatchState, ContactClass
from gateway.domain.errors import Conflict
from gateway.flows.collecting.ledger import object_staged, record_consents
from gateway.flows.collecting.loading import Loaded, claims_of, remember_mapping
from gateway.flows.collecting.plan import Counted, Impact, Measured, count
from gateway.flows.collecting.refusals import Refusals
from gateway.flows.collecting.request import ImportRequest, Progress, Step, hash_of
from gateway.flows.gateway import Gateway
from gateway.store import consents, crossing, fileconsents, journal, matching, merging, opposition, origins, suppressions
from gateway.store.crossing import Crossed
from gateway.store.engine import Connection
from gateway.store.hands import Hand, side_by_side
from gateway.store.merging import Arrival
from gateway.store.staging import Part, Staging, clear_part, expect_many, refresh_statistics

_T = TypeVar("_T")
#: How often one part is begun anew.
_TRIES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did."""

    batch_id: int
    origin_id: int
    impact: Impact
    rows: int  #: lines read
    folded: int  #: of those, lines about a person whom an earlier line is about
    refused: Mapping[str, int]  #: lines not taken, by reason
    doubts: Mapping[str, int]  #: what was left out of lines that were taken, by reason
    cancelled: int  #: waiting messages that ended, because the file brought an objection or a refusal


@dataclass(slots=True)
class Writing:
    """What is being written: a file as requested, and as it was read."""

    request: ImportRequest
    loaded: Loaded
    refusals: Refusals
    beside: bool = False  #: its parts are written side by side
    met: bool = False  #: one of them has met somebody who is with us already: the next ones probably will


@dataclass(frozen=True, slots=True)
class Written:
    """What writing one part came to."""

    counted: Counted
    cancelled: int  #: waiting messages that ended


def write_parts(gw: Gateway, shared: Sequence[Hand], writing: Writing, progress: Progress) -> ImportReport:
    """Write what stands in the staging tables; returns what it came to."""
    stage = shared[0].stage
    many = sum(len(hand.parts) for hand in shared)
    progress(Step.WRITE, 0, many)
    if many == 1:

        def write_whole(tx: Connection) -> ImportReport:
            matching.lock_people(tx)
            arrival = _arrive(tx, gw, writing, in_parts=False)
            written = [_write_part(tx, gw, writing, shared[0].parts[0], arrival)]
            return _close(tx, gw, writing, arrival, written)

        report = crossing_nobody(stage, shared[0].parts[0], write_whole)
        progress(Step.WRITE, 1, 1)
    else:
        with stage.writing() as tx:
            matching.lock_people(tx)
            arrival = _arrive(tx, gw, writing, in_parts=True)
            writing.beside = len(shared) > 1 and matching.may_be_beside(tx)

        def write_one(part: Part, tx: Connection) -> Written:
            matching.lock_people(tx, beside=writing.beside)
            return _write_part(tx, gw, writing, part, replace(arrival, at=gw.clock.now()))

        def write(stage: Staging, part: Part) -> Written:
            return crossing_nobody(stage, part, partial(write_one, part))

        written = side_by_side(shared, write, partial(progress, Step.WRITE))
        with stage.writing() as tx:
            report = _close(tx, gw, writing, arrival, written)
    with stage.reading() as tx:
        refresh_statistics(tx, writing.loaded.rows)
    return report


def crossing_nobody(stage: Staging, part: Part, write: Callable[[Connection], _T]) -> _T:
    """Write a part in one transaction; anew where somebody of it objected, was erased or signed up meanwhile: she comes first.

    Raises Conflict once that happened too often in a row.
    """

    def once() -> _T:
        with stage.writing() as tx:
            since = crossing.mark(tx)
        with stage.writing() as tx:
            written = write(tx)
            crossing.look_again(tx, since)
            opposition.look_again(tx, part)
            return written

    return anew(
        once,
        "des personnes de ce fichier s’opposent ou s’inscrivent sans cesse pendant qu’il est écrit : "
        "apportez-le de nouveau dans un moment, il sera complété",
    )


def anew(write: Callable[[], _T], says: str) -> _T:
    """What a part comes to that is begun anew as often as somebody crosses it. Raises Conflict once that was too often."""
    for _ in range(_TRIES_MAX):
        with suppress(Crossed):
            return write()
    raise Conflict(says)


def _arrive(tx: Connection, gw: Gateway, writing: Writing, *, in_parts: bool) -> Arrival:
    """Open the batch. A file that is written in parts is announced in the journal, should it be cut off."""
    request, file, at = writing.request, writing.loaded.file, gw.clock.now()
    origin_id, fresh = origins.enter(tx, request.origin, at=at)
    brought = origins.BatchFile(name=file.name, sha256=file.sha256, sheet=file.sheet)
    batch_id = origins.add_batch(tx, brought, origin_id=origin_id, operator=request.operator, at=at)
    consents.keep_wordings(tx, writing.loaded.noted.wordings, at=at)
    entries = [_origin_entry(request, origin_id, at)] if fresh else []
    if in_parts:
        entries.append(entry(EntryKind.IMPORT, at, act="begun", **_declared(gw, writing, batch_id, origin_id)))
    journal.append(tx, entries)
    remember_mapping(tx, request, writing.loaded, at=at)
    # Being on the roll is no act of the person: it makes a regular contact of nobody (rule contact-class).
    contact_class = ContactClass.OCCASIONAL if request.roll else request.contact_class
    language = gw.settings.language
    return Arrival(contact_class=contact_class, language=language, origin_id=origin_id, batch_id=batch_id, at=at)


def _write_part(tx: Connection, gw: Gateway, writing: Writing, part: Part, arrival: Arrival) -> Written:
    """Write one part."""
    loaded, at = writing.loaded, arrival.at
    claimed = claims_of(gw, writing.request, loaded)
    expect_many(tx, min(loaded.rows, part.last - part.first + 1))
    _match(tx, writing, part)
    for claim in claimed:
        fileconsents.stage_consents(tx, part, claim)
    counted = count(tx, part, claimed)
    merging.add_new(tx, part, arrival)
    if counted.impact.known:
        merging.meet_again(tx, arrival)
        merging.fill_blanks(tx, part, arrival)
    with crossing.coming_first():
        merging.add_addresses(tx, arrival)
    if counted.impact.known:
        suppressions.carry(tx, merging.addresses_of_known(), at=at)
    if counted.impact.known or arrival.contact_class is ContactClass.OCCASIONAL:
        merging.promote(tx, arrival)
    merging.add_tags(tx, part, arrival)
    cancelled = record_consents(tx, batch_id=arrival.batch_id, at=at, all_new=not counted.impact.known)
    return Written(counted, cancelled + object_staged(tx, part, batch_id=arrival.batch_id, at=at)[1])


def _match(tx: Connection, writing: Writing, part: Part) -> None:
    """Find who is behind the lines; of parts side by side, one at a time goes on that meets somebody we know."""
    locked = writing.met  # asked once: the other hand may meet somebody while this one looks
    if locked:
        matching.lock_met(tx)
    clear_part(tx)
    matching.match(tx, part, writing.loaded.slots, assign=True, further=writing.loaded.further > 0)
    if writing.beside and not locked and matching.meets_anybody(tx):
        writing.met = True
        _match(tx, writing, part)


def _close(tx: Connection, gw: Gateway, writing: Writing, arrival: Arrival, written: Sequence[Written]) -> ImportReport:
    """Close the batch, and say what it came to."""
    measured = Measured(writing.loaded, [one.counted for one in written])
    report = ImportReport(
        batch_id=arrival.batch_id,
        origin_id=arrival.origin_id,
        impact=measured.impact,
        rows=writing.loaded.rows,
        folded=writing.loaded.folded.lines,
        refused=dict(writing.refusals.by_code.most_common()),
        doubts=measured.doubted()[0],
        cancelled=sum(one.cancelled for one in written),
    )
    counts: dict[str, object] = {**asdict(report.impact), "rows": report.rows, "folded": report.folded}
    counts |= {"refused_rows": dict(report.refused), "doubts": dict(report.doubts)}
    origins.close_batch(tx, report.batch_id, counts, state=BatchState.WRITTEN)
    told = _declared(gw, writing, report.batch_id, report.origin_id)
    journal.append(tx, [entry(EntryKind.IMPORT, gw.clock.now(), **told, counts=counts, cancelled=report.cancelled)])
    return report


def _declared(gw: Gateway, writing: Writing, batch_id: int, origin_id: int) -> dict[str, Any]:
    """What whoever brought the file said of it."""
    request = writing.request
    return {
        "batch": batch_id,
        "origin": origin_id,
        "file": writing.loaded.file.sha256,
        "by": request.operator,
        "contact_class": request.contact_class.value,
        "pack": gw.pack.version,
        "claims": {one.medium.value: {"purpose": one.purpose.value, "everyone": one.everyone} for one in request.claims} or None,
        "reviewed": request.reviewed,
        "remarks_read": request.remarks_read,
        "mapping": writing.loaded.columns.key if request.mapping else None,
    }


def _origin_entry(request: ImportRequest, origin_id: int, at: datetime) -> Entry:
    origin = request.origin
    return entry(
        EntryKind.ORIGIN,
        at,
        origin=origin_id,
        of=origin.kind.value,
        label=origin.label,
        collection=origin.collection.value,
        collected=origin.collected_on.isoformat() if origin.collected_on else None,
        collector=origin.collector,
        notice=hash_of(origin.notice) if origin.notice else None,
    )

"""Writing an import, part by part: each part becomes durable with its journal, or not at all.

A short file is one part, and one transaction. Between the parts of a long one whoever waits is let in: an objection is in force
after a second or two, and the next part sees it. A file cut off between two parts leaves a batch that says so; bringing the same
file again completes it, and `undo` takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.contact import BatchState, ContactClass
from gateway.flows.collecting.ledger import object_staged, record_consents
from gateway.flows.collecting.loading import Loaded, claims_of, remember_mapping
from gateway.flows.collecting.plan import Impact, Measured
from gateway.flows.collecting.refusals import Refusals
from gateway.flows.collecting.request import ImportRequest, Progress, Step, hash_of
from gateway.flows.gateway import Gateway
from gateway.store import claims, consents, journal, matching, merging, origins
from gateway.store.claims import Claim
from gateway.store.merging import Arrival
from gateway.store.staging import Part, Staging, Tx, clear_part, expect_many, parts, refresh_statistics


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


@dataclass(frozen=True, slots=True)
class Writing:
    """What is being written: a file as requested, and as it was read."""

    request: ImportRequest
    loaded: Loaded
    refusals: Refusals


def write_parts(gw: Gateway, stage: Staging, writing: Writing, progress: Progress) -> ImportReport:
    """Write what stands in the staging tables; returns what it came to."""
    measured = Measured(writing.loaded)
    arrival: Arrival | None = None
    cancelled = 0
    with stage.reading() as tx:
        whole = parts(tx)
    progress(Step.WRITE, 0, len(whole))
    for rank, part in enumerate(whole):
        with stage.writing() as tx:
            at = gw.clock.now()
            matching.lock_people(tx)
            arrival = replace(arrival, at=at) if arrival else _arrive(tx, gw, writing, at, in_parts=not part.closing)
            cancelled += _write_part(tx, writing, part, arrival, measured, claims_of(gw, writing.request, writing.loaded))
            if part.closing:
                report = _report(writing, arrival, measured, cancelled)
                _close(tx, gw, writing, report, at)
        progress(Step.WRITE, rank + 1, len(whole))
    with stage.reading() as tx:
        refresh_statistics(tx, writing.loaded.rows)
    return report


def _arrive(tx: Tx, gw: Gateway, writing: Writing, at: datetime, *, in_parts: bool) -> Arrival:
    """Open the batch. A file that is written in parts is announced in the journal, should it be cut off."""
    request, file = writing.request, writing.loaded.file
    origin_id, fresh = origins.enter(tx, request.origin, at=at)
    batch_id = origins.add_batch(
        tx, origin_id=origin_id, file_name=file.path.name, file_sha256=file.sha256, operator=request.operator, at=at
    )
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


def _write_part(tx: Tx, writing: Writing, part: Part, arrival: Arrival, measured: Measured, claimed: list[Claim]) -> int:
    """Write one part; returns how many waiting messages ended."""
    loaded, at = writing.loaded, arrival.at
    expect_many(tx, min(loaded.rows, part.last - part.first + 1))
    clear_part(tx)
    matching.match(tx, part, loaded.slots, assign=True)
    for claim in claimed:
        claims.stage_claims(tx, part, claim)
    measured.add(tx, part, claimed)
    merging.add_new(tx, part, arrival)
    merging.meet_again(tx, arrival)
    merging.fill_blanks(tx, part, arrival)
    merging.add_addresses(tx, arrival)
    merging.promote(tx, arrival)
    merging.add_tags(tx, part, arrival)
    cancelled = record_consents(tx, batch_id=arrival.batch_id, at=at)
    return cancelled + object_staged(tx, part, batch_id=arrival.batch_id, at=at)[1]


def _report(writing: Writing, arrival: Arrival, measured: Measured, cancelled: int) -> ImportReport:
    return ImportReport(
        batch_id=arrival.batch_id,
        origin_id=arrival.origin_id,
        impact=measured.impact,
        rows=writing.loaded.rows,
        folded=writing.loaded.folded.lines,
        refused=dict(writing.refusals.by_code.most_common()),
        doubts=measured.doubted(writing.loaded)[0],
        cancelled=cancelled,
    )


def _close(tx: Tx, gw: Gateway, writing: Writing, report: ImportReport, at: datetime) -> None:
    counts: dict[str, object] = {**asdict(report.impact), "rows": report.rows, "folded": report.folded}
    counts |= {"refused_rows": dict(report.refused), "doubts": dict(report.doubts)}
    origins.close_batch(tx, report.batch_id, counts, state=BatchState.WRITTEN)
    told = _declared(gw, writing, report.batch_id, report.origin_id)
    journal.append(tx, [entry(EntryKind.IMPORT, at, **told, counts=counts, cancelled=report.cancelled)])


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

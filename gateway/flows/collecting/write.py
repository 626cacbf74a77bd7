"""Writing an import: one transaction, whatever the length of the file. All of it becomes durable with its journal, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.compliance.admit import Entry as Admitted
from gateway.domain.errors import Conflict
from gateway.flows.collecting.ledger import object_staged, record_consents
from gateway.flows.collecting.loading import MEDIUM, Loaded, admission, claim_of, load, remember_mapping
from gateway.flows.collecting.plan import Impact, ImportPlan, measure
from gateway.flows.collecting.refusals import Refusals, refusals_to
from gateway.flows.collecting.request import ImportRequest, Progress, Step, hash_of, silent
from gateway.flows.gateway import Gateway
from gateway.store import consents, journal, matching, merging, origins
from gateway.store.merging import Arrival
from gateway.store.staging import Tx, expect_many, refresh_statistics, staging


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did."""

    batch_id: int
    origin_id: int
    impact: Impact
    rows: int  #: lines read
    folded: int  #: of those, lines that repeat an address
    refused: Mapping[str, int]  #: lines not taken, by reason
    cancelled: int  #: waiting messages that ended, because the file brought an objection or a refusal


def write_import(gw: Gateway, plan: ImportPlan, *, refused: Path | None = None, progress: Progress = silent) -> ImportReport:
    """Do what a dry run showed. The file is read again: what has changed in the store since then is seen.

    Raises Conflict when the pack does not admit the file, or it is no longer the file of the dry run: nothing is written then.
    """
    request = plan.request
    with refusals_to(refused) as refusals, staging(gw.engine) as stage:
        loaded = load(gw, request, stage, refusals, progress)
        _check(gw, plan, loaded)
        progress(Step.WRITE, 0, 1)
        with stage.writing() as tx:
            report = _write(tx, gw, request, loaded, refusals, progress)
    progress(Step.WRITE, 1, 1)
    return report


def _check(gw: Gateway, plan: ImportPlan, loaded: Loaded) -> None:
    if loaded.file.sha256 != plan.loaded.file.sha256:
        raise Conflict(f"{loaded.file.path.name} a changé depuis l’essai à blanc : recommencez-le")
    decided = admission(gw, plan.request, loaded)
    if decided.entry is Admitted.REFUSED:
        raise Conflict(f"ce fichier ne peut pas entrer (règles : {', '.join(decided.rules)})")
    if decided.entry is Admitted.REVIEW and not plan.request.reviewed:
        raise Conflict(
            f"quelqu’un doit d’abord regarder ce fichier et dire pourquoi il peut entrer (règles : {', '.join(decided.rules)})"
        )


def _write(tx: Tx, gw: Gateway, request: ImportRequest, loaded: Loaded, refusals: Refusals, progress: Progress) -> ImportReport:
    at = gw.clock.now()
    claim = claim_of(gw, request)
    matching.lock_people(tx)
    expect_many(tx, loaded.rows)
    matching.match(tx, MEDIUM, assign=True)
    consents.stage_claims(tx, claim)
    impact = measure(tx, gw, request)
    origin_id, fresh_origin = origins.enter(tx, request.origin, at=at)
    batch_id = origins.add_batch(
        tx, origin_id=origin_id, file_name=loaded.file.path.name, file_sha256=loaded.file.sha256, operator=request.operator, at=at
    )
    merging.add_new(
        tx,
        Arrival(
            medium=MEDIUM,
            contact_class=request.contact_class,
            language=gw.settings.language,
            origin_id=origin_id,
            batch_id=batch_id,
            at=at,
        ),
    )
    merging.fill_blanks(tx)
    merging.promote(tx)
    merging.add_tags(tx)
    consents.keep_wordings(tx, loaded.noted.wordings, at=at)
    cancelled = record_consents(tx, MEDIUM, batch_id=batch_id, at=at)
    cancelled += object_staged(tx, MEDIUM, batch_id=batch_id, at=at)[1]
    report = ImportReport(
        batch_id=batch_id,
        origin_id=origin_id,
        impact=impact,
        rows=loaded.rows,
        folded=loaded.folded,
        refused=dict(refusals.by_code.most_common()),
        cancelled=cancelled,
    )
    remember_mapping(tx, request, loaded, at=at)
    origins.close_batch(tx, batch_id, _counts(report))
    progress(Step.JOURNAL, 0, 1)
    journal.append(tx, _entries(gw, request, loaded, report, fresh_origin=fresh_origin, at=at))
    refresh_statistics(tx, loaded.rows)
    return report


def _counts(report: ImportReport) -> dict[str, object]:
    return {**asdict(report.impact), "rows": report.rows, "folded": report.folded, "refused_rows": dict(report.refused)}


def _entries(
    gw: Gateway, request: ImportRequest, loaded: Loaded, report: ImportReport, *, fresh_origin: bool, at: datetime
) -> list[Entry]:
    origin, claim = request.origin, request.claim
    told = []
    if fresh_origin:
        told.append(
            entry(
                EntryKind.ORIGIN,
                at,
                origin=report.origin_id,
                of=origin.kind.value,
                label=origin.label,
                collection=origin.collection.value,
                collected=origin.collected_on.isoformat() if origin.collected_on else None,
                collector=origin.collector,
                notice=hash_of(origin.notice) if origin.notice else None,
            )
        )
    told.append(
        entry(
            EntryKind.IMPORT,
            at,
            batch=report.batch_id,
            origin=report.origin_id,
            file=loaded.file.sha256,
            by=request.operator,
            contact_class=request.contact_class.value,
            pack=gw.pack.version,
            purpose=claim.purpose.value if claim else None,
            everyone=claim.everyone if claim else None,
            reviewed=request.reviewed,
            mapping=loaded.columns.key if request.mapping else None,
            counts=_counts(report),
            cancelled=report.cancelled,
        )
    )
    return told

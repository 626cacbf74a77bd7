"""Taking a whole import back. What it changed is undone, part by part; objections and refusals stay, by law."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from gateway.audit.entry import EntryKind, entry
from gateway.domain.contact import BatchState
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows.collecting.ledger import journal_consents
from gateway.flows.collecting.request import Progress, Step, silent
from gateway.flows.collecting.write import anew
from gateway.flows.gateway import Gateway
from gateway.store import journal, matching, origins, undoing
from gateway.store.engine import Connection, reading
from gateway.store.origins import Batch, Origin
from gateway.store.staging import Staging, expect_many, people_at_once, refresh_statistics, staging
from gateway.store.undoing import Undoing

#: Reason on waiting messages that end with the import which brought their addressee.
IMPORT_UNDONE = "import-undone"
_CROSSED = (
    "des personnes de ce lot retirent leur accord pendant qu’il est annulé : recommencez dans un moment, le reste sera annulé"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReport:
    """What taking a batch back did, or would do."""

    batch: Batch
    undoing: Undoing
    named_by: tuple[int, ...]  #: other batches that name people of this one, who stay by them
    done: bool


def undo_import(gw: Gateway, batch_id: int, *, by: str, dry_run: bool = False, progress: Progress = silent) -> UndoReport:
    """Take a batch back by what it changed, whatever became of its people since.

    People it created, and whom nobody touched, go, unless a message has reached them: these are kept to explain it, and are sent
    nothing. Blanks it filled are emptied if they stand as it left them. Its consents are annulled by entries of the ledger; what
    stood before holds again. Raises NotFound; Conflict when the batch is undone already; InvalidInput when nobody signs.
    """
    if not by.strip():
        raise InvalidInput("dites qui annule ce lot : le journal le garde")
    with staging(gw.engine) as stage:
        with stage.reading() as tx:
            batch = _batch(tx, gw, batch_id)
            undoing.prepare(tx)
            ranges = undoing.parts(tx, batch_id)
        undone = Undoing()
        others: set[int] = set()
        if dry_run:
            for rank, (first, last) in enumerate(ranges):
                with stage.reading() as tx:
                    expect_many(tx, people_at_once(tx))
                    undoing.stage(tx, batch_id, first, last)
                    undone += undoing.measure(tx, batch_id)
                    others |= undoing.named_by(tx, batch_id)
                progress(Step.MATCH, rank + 1, len(ranges))
            return _report(batch, undone, others, done=False)
        for rank, (first, last) in enumerate(ranges):

            def once(
                before: Undoing = undone, first: int = first, last: int = last, closing: bool = rank == len(ranges) - 1
            ) -> Undoing:
                with stage.writing() as tx:
                    _batch(tx, gw, batch_id)
                    measured, naming = _undo_part(tx, gw, batch_id, first, last)
                    so_far = before + measured
                    others.update(naming)
                    if closing:
                        _close(tx, gw, batch, so_far, by)
                    else:
                        origins.mark_in_parts(tx, batch_id)
                return so_far

            undone = anew(once, _CROSSED)
            progress(Step.WRITE, rank + 1, len(ranges))
        if not ranges:
            with stage.writing() as tx:
                _close(tx, gw, batch, undone, by)
        _refresh(stage, sum(last - first + 1 for first, last in ranges))
    return _report(batch, undone, others, done=True)


def _report(batch: Batch, undone: Undoing, others: set[int], *, done: bool) -> UndoReport:
    return UndoReport(batch=batch, undoing=undone, named_by=tuple(sorted(others)), done=done)


def list_batches(gw: Gateway, *, limit: int = 50) -> list[tuple[Batch, Origin]]:
    """The newest batches with their origins, newest first."""
    with reading(gw.engine) as tx:
        return origins.batches(tx, limit=limit)


def _batch(tx: Connection, gw: Gateway, batch_id: int) -> Batch:
    batch = origins.batch(tx, batch_id)
    if batch is None:
        raise NotFound(f"aucun lot n’a le numéro {batch_id} : gateway contacts batches les montre")
    if batch.state is BatchState.UNDONE:
        when = f"{batch.undone_at.astimezone(gw.pack.calendar.zone):%d/%m/%Y}" if batch.undone_at else "?"
        raise Conflict(f"le lot {batch_id} a déjà été annulé le {when} par {batch.undone_by}")
    return batch


def _undo_part(tx: Connection, gw: Gateway, batch_id: int, first: int, last: int) -> tuple[Undoing, set[int]]:
    at = gw.clock.now()
    matching.lock_people(tx)
    expect_many(tx, people_at_once(tx))
    undoing.stage(tx, batch_id, first, last)
    cancelled = 0
    if undoing.any_message(tx, first, last):
        cancelled = undoing.cancel_messages(tx, batch_id, because=IMPORT_UNDONE, at=at)
        undoing.stage(tx, batch_id, first, last)  # what a worker took a moment ago has left its mark
    measured, naming = undoing.measure(tx, batch_id), undoing.named_by(tx, batch_id)
    undoing.stage_annulled(tx, batch_id, at=at)
    undoing.annul(tx, batch_id, at=at)
    journal_consents(tx, batch_id, at)
    undoing.take_back(tx, batch_id)
    return measured + Undoing(cancelled=cancelled), naming


def _close(tx: Connection, gw: Gateway, batch: Batch, undone: Undoing, by: str) -> None:
    at = gw.clock.now()
    origins.mark_undone(tx, batch.id, by=by, at=at)
    told: dict[str, Any] = {
        "batch": batch.id,
        "origin": batch.origin_id,
        "file": batch.file_sha256,
        "by": by,
        "counts": asdict(undone),
    }
    journal.append(tx, [entry(EntryKind.IMPORT, at, act="undone", **told)])


def _refresh(stage: Staging, people: int) -> None:
    with stage.reading() as tx:
        refresh_statistics(tx, people)

"""One file brought in: read once, shown as a dry run, and written from the same staging tables if somebody says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from gateway.compliance.admit import Entry as Admitted
from gateway.compliance.explain import explain_findings
from gateway.domain.contact import BatchState
from gateway.domain.errors import Conflict
from gateway.flows.collecting.loading import Loaded, admission, check_past, claims_of, load
from gateway.flows.collecting.plan import Counted, ImportPlan, Measured, count
from gateway.flows.collecting.reading import fingerprint
from gateway.flows.collecting.refusals import Refusals, refusals_to
from gateway.flows.collecting.request import ImportRequest, Progress, Step, silent
from gateway.flows.collecting.write import ImportReport, Writing, write_parts
from gateway.flows.gateway import Gateway
from gateway.store import fileconsents, matching, origins
from gateway.store.engine import reading
from gateway.store.hands import Hand, hands, side_by_side
from gateway.store.origins import Batch
from gateway.store.staging import Part, Staging, clear_part, expect_many, staging


class Brought:
    """A file that stands in staging tables, until its context ends."""

    def __init__(self, gw: Gateway, request: ImportRequest, shared: Sequence[Hand], loaded: Loaded, refusals: Refusals) -> None:
        self._gw = gw
        self._request = request
        self._hands = shared
        self._loaded = loaded
        self._refusals = refusals

    @property
    def sha256(self) -> str:
        """Which file it is."""
        return self._loaded.file.sha256

    def plan(self, progress: Progress = silent) -> ImportPlan:
        """Say what writing the file would do; changes nothing."""
        gw, request, loaded = self._gw, self._request, self._loaded
        claimed = claims_of(gw, request, loaded)
        with self._hands[0].stage.reading() as tx:
            seen_before = tuple(origins.batches_of_file(tx, loaded.file.sha256))

        def look(stage: Staging, part: Part) -> Counted:
            with stage.reading() as tx:
                expect_many(tx, loaded.rows)
                clear_part(tx)
                matching.match(tx, part, loaded.slots, assign=False, further=loaded.further > 0)
                for claim in claimed:
                    fileconsents.stage_consents(tx, part, claim)
                return count(tx, part, claimed)

        measured = Measured(loaded, side_by_side(self._hands, look, partial(progress, Step.MATCH)))
        decided = admission(gw, request, loaded)
        doubts, doubt_samples = measured.doubted()
        return ImportPlan(
            request=request,
            loaded=loaded,
            impact=measured.impact,
            samples=measured.samples,
            refused=dict(self._refusals.by_code.most_common()),
            refused_samples=tuple(self._refusals.samples),
            refused_in=self._refusals.kept,
            doubts=doubts,
            doubt_samples=doubt_samples,
            admission=decided,
            explanations=explain_findings(decided.findings, gw.pack, gw.settings.language),
            seen_before=seen_before,
        )

    def write(self, progress: Progress = silent) -> ImportReport:
        """Do what a dry run shows, matched anew: what has changed in the store since then is seen.

        Raises Conflict when the pack does not admit the file, or the file has changed since it was read: nothing is written then.
        """
        gw, loaded = self._gw, self._loaded
        if fingerprint(loaded.file.path) != loaded.file.sha256:
            raise Conflict(f"{loaded.file.name} a changé depuis l’essai à blanc : recommencez-le")
        decided = admission(gw, self._request, loaded)
        if decided.entry is Admitted.REFUSED:
            raise Conflict(f"ce fichier ne peut pas entrer (règles : {', '.join(decided.rules)})")
        if decided.entry is Admitted.REVIEW and not self._request.reviewed:
            rules = ", ".join(decided.rules)
            raise Conflict(f"quelqu’un doit d’abord regarder ce fichier et dire pourquoi il peut entrer (règles : {rules})")
        return write_parts(gw, self._hands, Writing(self._request, loaded, self._refusals), progress)

    def cut_off(self) -> Batch | None:
        """The newest batch of this file, and of the sheet that is read, when its writing was cut off between two parts."""
        with reading(self._gw.engine) as tx:
            batches = reversed(origins.batches_of_file(tx, self.sha256))
            newest = next((batch for batch in batches if batch.is_of(self._loaded.file.sheet)), None)
        return newest if newest and newest.state is BatchState.WRITING else None


@contextmanager
def bringing(
    gw: Gateway, request: ImportRequest, *, refused: Path | None = None, progress: Progress = silent
) -> Iterator[Brought]:
    """Read a file and keep it at hand; takes no lock.

    refused: where to write the lines that cannot be taken, or beside it where another file has that name. Raises InvalidInput
    for a file that is no table of contacts.
    """
    check_past(gw, request)
    with refusals_to(refused) as refusals, staging(gw.engine) as stage:
        loaded = load(gw, request, stage, refusals, progress)
        refusals.keep()
        with hands(gw.engine, stage) as shared:
            yield Brought(gw, request, shared, loaded, refusals)


def plan_import(gw: Gateway, request: ImportRequest, *, refused: Path | None = None) -> ImportPlan:
    """The dry run of a file, by itself. Raises as `bringing`."""
    with bringing(gw, request, refused=refused) as brought:
        return brought.plan()


def write_import(gw: Gateway, plan: ImportPlan) -> ImportReport:
    """Do what a dry run showed some time ago. The file is read again.

    Raises Conflict when the pack does not admit the file, or it is no longer the file of the dry run: nothing is written then.
    """
    with bringing(gw, plan.request) as brought:
        if brought.sha256 != plan.loaded.file.sha256:
            raise Conflict(f"{plan.loaded.file.name} a changé depuis l’essai à blanc : recommencez-le")
        return brought.write()

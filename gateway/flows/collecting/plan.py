"""The dry run of an import: everything it would do, and nothing done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.compliance.admit import Admission, Entry
from gateway.compliance.explain import Explanation, explain_findings
from gateway.domain.consent import ConsentAct
from gateway.flows.collecting.loading import MEDIUM, Loaded, admission, claim_of, load
from gateway.flows.collecting.refusals import RefusedRow, refusals_to
from gateway.flows.collecting.request import ImportRequest, Progress, Step, silent
from gateway.flows.gateway import Gateway
from gateway.store import consents, matching, merging, origins
from gateway.store.matching import Standing
from gateway.store.origins import Batch
from gateway.store.staging import Tx, expect_many, staging

_SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a file comes to. People are counted once, however often the file names them."""

    new: int
    changed: int  #: known, and something is added: a blank filled, a tag, a consent
    unchanged: int
    restricted: int  #: known, only kept (RGPD 18): left as they are
    objected: int  #: on the opposition list: neither stored nor changed
    objects: int  #: the file says so itself: they enter the opposition list
    granted: int  #: consents recorded, with their evidence
    refused: int  #: refusals recorded
    kept_refusals: int  #: people who refused or withdrew before: the file changes nothing to that
    promoted: int  #: occasional contacts who become regular by their consent
    differing: int  #: known people the file describes otherwise: what we have is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import would do, and whether it may."""

    request: ImportRequest
    loaded: Loaded
    impact: Impact
    samples: Mapping[Standing, tuple[int, ...]]  #: first lines of the file of each standing
    refused: Mapping[str, int]  #: lines that cannot be taken, by reason
    refused_samples: tuple[RefusedRow, ...]
    admission: Admission
    explanations: tuple[Explanation, ...]  #: of every finding, in the language of the installation
    seen_before: tuple[Batch, ...]  #: batches made from the very same file

    @property
    def admitted(self) -> bool:
        """Whether the file may be written: accepted, or held for a look and looked at."""
        match self.admission.entry:
            case Entry.ACCEPTED:
                return True
            case Entry.REVIEW:
                return bool(self.request.reviewed)
            case Entry.REFUSED:
                return False


def plan_import(gw: Gateway, request: ImportRequest, *, refused: Path | None = None, progress: Progress = silent) -> ImportPlan:
    """Read a file and say what writing it would do; changes nothing.

    refused: where to write the lines that cannot be taken. Raises InvalidInput for a file that is no table of contacts.
    """
    with refusals_to(refused) as refusals, staging(gw.engine) as stage:
        loaded = load(gw, request, stage, refusals, progress)
        with stage.reading() as tx:
            expect_many(tx, loaded.rows)
            matching.match(tx, MEDIUM, assign=False)
            consents.stage_claims(tx, claim_of(gw, request))
            impact = measure(tx, gw, request)
            samples = {standing: matching.sample_lines(tx, standing, _SAMPLES) for standing in Standing}
            seen_before = tuple(origins.batches_of_file(tx, loaded.file.sha256))
    progress(Step.MATCH, 1, 1)
    decided = admission(gw, request, loaded)
    return ImportPlan(
        request=request,
        loaded=loaded,
        impact=impact,
        samples=samples,
        refused=dict(refusals.by_code.most_common()),
        refused_samples=tuple(refusals.samples),
        admission=decided,
        explanations=explain_findings(decided.findings, gw.pack, gw.settings.language),
        seen_before=seen_before,
    )


def measure(tx: Tx, gw: Gateway, request: ImportRequest) -> Impact:
    """Count what the matched file comes to, before anything of it is written."""
    standings = matching.standings(tx)
    entries = consents.staged_counts(tx)
    changed = matching.changing(tx)
    return Impact(
        new=standings[Standing.NEW],
        changed=changed,
        unchanged=standings[Standing.KNOWN] - changed,
        restricted=standings[Standing.RESTRICTED],
        objected=standings[Standing.OBJECTED],
        objects=standings[Standing.OBJECTS],
        granted=entries.get(ConsentAct.GRANTED, 0),
        refused=entries.get(ConsentAct.REFUSED, 0),
        kept_refusals=consents.kept_refusals(tx, claim_of(gw, request)),
        promoted=merging.promoted(tx),
        differing=matching.differing(tx),
    )

"""The dry run of an import: everything it would do, and nothing done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

from gateway.compliance.admit import Admission, Entry
from gateway.compliance.explain import Explanation
from gateway.domain.consent import ConsentAct
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.loading import SHARED, Loaded, of_two_names
from gateway.flows.collecting.refusals import Doubt, RefusedRow
from gateway.flows.collecting.request import ImportRequest
from gateway.store import counting, fileconsents, merging
from gateway.store.engine import Connection
from gateway.store.fileconsents import FileConsent
from gateway.store.matching import Fate, Standing
from gateway.store.origins import Batch
from gateway.store.staging import Part

SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a file comes to. People are counted once, however often the file names them."""

    new: int = 0
    changed: int = 0  #: known, and something is added: a blank filled, an address, a tag, a consent
    unchanged: int = 0
    restricted: int = 0  #: known, only kept (RGPD 18): left as they are
    objected: int = 0  #: on the opposition list: neither stored nor changed
    objects: int = 0  #: the file says so itself: they enter the opposition list
    doubtful: int = 0  #: their only number is somebody else's: left out
    partial: int = 0  #: taken without a channel they objected to before
    numberless: int = 0  #: taken without a number that somebody else has
    granted: int = 0  #: consents recorded, with their evidence
    refused: int = 0  #: refusals recorded
    kept_refusals: int = 0  #: people who refused or withdrew before: the file changes nothing to that
    promoted: int = 0  #: occasional contacts who become regular by their consent
    differing: int = 0  #: known people the file describes otherwise: what we have is kept

    @property
    def known(self) -> int:
        """People who are with us already, and may be changed."""
        return self.changed + self.unchanged

    def __add__(self, other: Impact) -> Impact:
        return Impact(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import would do, and whether it may."""

    request: ImportRequest
    loaded: Loaded
    impact: Impact
    samples: Mapping[str, tuple[int, ...]]  #: first lines of the file, by the name of what Impact counts
    refused: Mapping[str, int]  #: lines that cannot be taken, by reason
    refused_samples: tuple[RefusedRow, ...]
    refused_in: Path | None  #: the file in which all of them stand, if any does
    doubts: Mapping[str, int]  #: what is left out of lines that are taken, by reason
    doubt_samples: tuple[Doubt, ...]
    admission: Admission
    explanations: tuple[Explanation, ...]  #: of every finding, in the language of the installation
    seen_before: tuple[Batch, ...]  #: batches made from the very same file

    @property
    def remarks_waiting(self) -> int:
        """Lines that wait because a remark of theirs may be a refusal: somebody who reads them settles them all at once."""
        columns = self.loaded.columns
        headings = {columns.headings[place] for place in columns.remarks} | {columns.heading(Field.TAGS)}
        here = any(one.code == "remark" and one.column in headings for one in self.refused_samples)
        return self.refused["remark"] if here else 0

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


@dataclass(frozen=True, slots=True)
class Counted:
    """What one part of a file comes to, with the first lines of each kind."""

    impact: Impact
    samples: Mapping[str, tuple[int, ...]]
    doubts: tuple[Doubt, ...]
    held: Mapping[str, int]  #: people whose address or number somebody else has in the store, by code of the doubt


def count(tx: Connection, part: Part, claimed: list[FileConsent]) -> Counted:
    """Count what a matched part comes to, before anything of it is written."""
    standings = counting.standings(tx)
    entries = fileconsents.staged_counts(tx)
    first_changed: tuple[int, ...] = ()
    changed = differing = promoted = 0
    if standings[Standing.KNOWN]:
        changing = iter(counting.changing(tx, part))
        first_changed = tuple(islice(changing, SAMPLES))
        changed = len(first_changed) + sum(1 for _ in changing)
        differing = counting.differing(tx, part)
        promoted = merging.promoted(tx)
    objects, first_objecting = counting.objecting(tx, part, SAMPLES)
    impact = Impact(
        new=standings[Standing.NEW],
        changed=changed,
        unchanged=standings[Standing.KNOWN] - changed,
        restricted=standings[Standing.RESTRICTED],
        objected=standings[Standing.OBJECTED],
        objects=objects,
        doubtful=standings[Standing.DOUBTFUL],
        partial=counting.lost(tx, Fate.OBJECTED),
        numberless=counting.lost(tx, Fate.DOUBTFUL),
        granted=entries.get(ConsentAct.GRANTED, 0),
        refused=entries.get(ConsentAct.REFUSED, 0),
        kept_refusals=sum(fileconsents.kept_refusals(tx, part, claim) for claim in claimed),
        promoted=promoted,
        differing=differing,
    )
    samples: dict[str, tuple[int, ...]] = {"changed": first_changed}
    for standing, many in standings.items():
        if standing is not Standing.KNOWN and many:
            samples[standing.value] = counting.sample_lines(tx, standing, SAMPLES)
    samples["objects"] = _first((*samples.get("objects", ()), *first_objecting))
    for fate, name in ((Fate.OBJECTED, "partial"), (Fate.DOUBTFUL, "numberless")):
        samples[name] = _first([line for line, _ in counting.lost_lines(tx, fate, SAMPLES)])
    doubts = tuple(of_two_names(line, slot) for line, slot in counting.lost_lines(tx, Fate.DOUBTFUL, SAMPLES, left=True))
    held: Counter[str] = Counter()
    for slot, people in counting.doubted(tx).items():
        held[SHARED[slot]] += people
    return Counted(impact, samples, doubts, held)


class Measured:
    """What the parts of a file come to, summed up; with the first lines of each kind."""

    def __init__(self, loaded: Loaded, counted: Sequence[Counted]) -> None:
        """counted: in the order of the file."""
        self._known = loaded.noted.doubts
        self._held = sum((Counter(one.held) for one in counted), Counter[str]())
        self.impact = sum((one.impact for one in counted), Impact(doubtful=loaded.folded.left_out_lines))
        self.samples: dict[str, tuple[int, ...]] = {"doubtful": loaded.folded.left_out}
        for one in counted:
            for name, lines in one.samples.items():
                self.samples[name] = _first((*self.samples.get(name, ()), *lines))
        self._doubts = tuple(doubt for one in counted for doubt in one.doubts)[:SAMPLES]

    def doubted(self) -> tuple[dict[str, int], tuple[Doubt, ...]]:
        """Everything left out of lines that are taken, by reason, with samples: found in the file alone, then in the store."""
        by_code = dict(self._known.by_code)
        for code, people in self._held.items():
            by_code[code] = by_code.get(code, 0) + people
        return by_code, (*self._known.samples, *self._doubts)


def _first(lines: Sequence[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(lines))[:SAMPLES]

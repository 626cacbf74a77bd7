"""Is the journal in the database whole? Every body against its leaf, and the tree against every signed checkpoint."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.audit.checkpoint import read_checkpoint
from gateway.audit.merkle import root_at
from gateway.domain.errors import InvalidInput
from gateway.flows.auditing.export import walked
from gateway.flows.auditing.verifier import verifier
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import key_events, origin
from gateway.store import auditing, sealing, tree
from gateway.store.auditing import Choice
from gateway.store.engine import Connection, reading
from gateway.store.sealing import Progress

_AT_ONCE = 10_000
#: Below any number that a row may have.
_BEFORE_ALL = -(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReport:
    """What was found in the database."""

    size: int  #: entries in the tree
    waiting: int  #: entries committed and not sealed yet
    checkpoints: int  #: signed ones, all of which the journal agrees with when it holds
    kept: int  #: checkpoints from outside that the journal agrees with
    fault: Any  #: the first thing that does not hold (tools/verify_bundle.py, Fault); None: everything holds

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return self.fault is None


def verify_store(gw: Gateway, *, key: Any = None, kept: Sequence[Any] = ()) -> StoreReport:
    """Verify the journal in the database, as an outsider would verify an export of all of it. Reads only.

    key: the public key somebody outside knows; kept: checkpoints of earlier days (both as the verifier reads them).
    """
    tool = verifier()
    with reading(gw.engine) as tx:
        known = sealing.progress(tx)
        notes = {each.size: each.note for each in _checkpoints(tx)}
        grown = tool.Tree({*notes, *(each.size for each in kept)})
        held: deque[bytes] = deque()
        told = tool.walk(_popped(held), _noted(tx, known.size, held), grown)
        fault = told.fault or _tree_fault(tx, tool, known, grown) or _points_fault(tx, tool, notes, grown)
        fault = fault or _stranger(tx, tool, known) or _outside_fault(tool, notes, key)
        events = key_events(tx)
        own = [tool.read_key(str(event.key)) for event in events]
        compared = tool.Report(origin=origin(gw, events), scope={"kind": "everything"}, size=known.size, fault=fault)
        tool.compare(compared, grown, [(each, own) for each in kept])
        waiting = sealing.waiting(tx, known)
    return StoreReport(size=known.size, waiting=waiting, checkpoints=len(notes), kept=compared.checkpoints, fault=compared.fault)


def _noted(tx: Connection, size: int, held: deque[bytes]) -> Iterator[bytes]:
    """Lines of the leaves; the body of each is put beside it, empty when the journal does not hold it any more."""
    for line, body in walked(tx, Choice(), size):
        if body is not None:
            held.append(body)
        yield line


def _popped(held: deque[bytes]) -> Iterator[bytes]:
    while held:
        yield held.popleft()


def _tree_fault(tx: Connection, tool: Any, known: Progress, grown: Any) -> Any:
    """The tree must be as long as it says, and its upper levels, which proofs are made of, those of its leaves."""
    if grown.size != known.size:
        return tool.Fault("truncated", grown.size, f"the tree holds {grown.size} leaves of {known.size}")
    try:
        stored = root_at(known.size, tree.Tree(tx, known.size).node)
    except LookupError as missing:
        return tool.Fault("root", None, str(missing))
    return (
        None if stored == grown.root() else tool.Fault("root", None, "the upper levels of the tree are not those of its leaves")
    )


def _points_fault(tx: Connection, tool: Any, notes: dict[int, str], grown: Any) -> Any:
    keys = [event.key for event in reversed(key_events(tx))]
    for size, note in notes.items():
        try:
            point, signer = read_checkpoint(note, keys)
        except InvalidInput as why:
            return tool.Fault("checkpoint", size, str(why))
        if signer is None or signer.name != point.origin:
            return tool.Fault("signature", size, f"the checkpoint of size {size} is signed by no key of this journal")
        if point.size > grown.size:
            return tool.Fault(
                "truncated", grown.size, f"a checkpoint tells of {point.size} entries; the tree ends at {grown.size}"
            )
        if grown.roots.get(point.size, point.root) != point.root or point.size != size:
            return tool.Fault("checkpoint", size, f"the first {size} entries are no longer those that were signed")
    return None


def _outside_fault(tool: Any, notes: dict[int, str], key: Any) -> Any:
    """The newest checkpoint must be signed by the key that is known outside."""
    if key is None or (notes and tool.signed_by(tool.read_checkpoint(notes[max(notes)]), [key])):
        return None
    return tool.Fault("signature", None, "the newest checkpoint was not signed by the key that was given")


def _stranger(tx: Connection, tool: Any, known: Progress) -> Any:
    """An entry whose number lies among sealed ones, and that was never sealed: put there behind the back of the gateway."""
    after, open_gaps = _BEFORE_ALL, [(gap.first, gap.last) for gap in known.gaps]
    if auditing.outside_tree(tx, known.seen_id, known.size) == 0:
        return None
    while numbers := auditing.numbers(tx, after, known.seen_id, _AT_ONCE):
        sealed = tree.ids_between(tx, numbers[0], numbers[-1])
        for number in numbers:
            if number not in sealed and not any(first <= number <= last for first, last in open_gaps):
                return tool.Fault("inserted", None, f"number {number} of the journal is in no tree: it was never sealed")
        after = numbers[-1]
    return None


def _checkpoints(tx: Connection) -> Iterator[sealing.SignedCheckpoint]:
    after = -1
    while page := sealing.checkpoints(tx, after=after):
        yield from page
        after = page[-1].size

"""Is the journal in the database whole? Every body against its leaf, and the tree against every signed checkpoint."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from gateway.audit.checkpoint import read_checkpoint
from gateway.audit.entry import misfiled
from gateway.audit.merkle import root_at
from gateway.domain.errors import Conflict, InvalidInput
from gateway.flows.auditing.export import attached, walked
from gateway.flows.auditing.reading import read_as_written
from gateway.flows.auditing.tiles import bent
from gateway.flows.auditing.verifier import fault, verifier
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import key_events, origin
from gateway.store import auditing, journal, sealing, tree
from gateway.store.auditing import Choice
from gateway.store.engine import Connection, reading
from gateway.store.sealing import Progress, SignedCheckpoint

if TYPE_CHECKING:
    from tools.verify_bundle import Checkpoint, Fault, Key, Seen, Tree

_AT_ONCE = 10_000
#: Of a row of the tree that is gone, or holds what no row can: it was named before.
_UNREADABLE = (LookupError, ValueError, TypeError, struct.error)
_LEAVES = ("the tree holds {found} leaves of {size}", "l’arbre tient {found} feuilles sur {size}")
_UPPER = ("the upper levels of the tree are not those of its leaves", "le haut de l’arbre n’est pas celui de ses feuilles")
_NO_KEY = (
    "the checkpoint of size {size} is signed by no key of this journal",
    "le point de contrôle de taille {size} n’est signé par aucune clé de ce journal",
)
_CUT = (
    "a checkpoint tells of {told} entries; the tree ends at {size}",
    "un point de contrôle annonce {told} entrées ; l’arbre finit à {size}",
)
_OTHERS = (
    "the first {size} entries are no longer those that were signed",
    "les {size} premières entrées ne sont plus celles qui ont été signées",
)
_BESIDE = (
    "the columns beside the signed note of size {size} say something else than the note",
    "les colonnes à côté du point de contrôle signé de taille {size} disent autre chose que lui",
)
_NO_LAST = (
    "{size} entries were sealed, and the newest checkpoint tells of {told}: one was taken away, or the end of the tree was",
    "{size} entrées furent scellées, et le dernier point de contrôle en annonce {told} : un autre fut ôté, ou la fin de l’arbre",
)
_UNSEALED = (
    "number {number} of the journal is in no tree: it was never sealed",
    "le numéro {number} du journal n’est dans aucun arbre : il n’a jamais été scellé",
)
_UNSEEN = (
    "journal_seal: it says that numbers up to {number} were looked at, and greater ones are sealed: they would be sealed again",
    "journal_seal : elle dit que l’on a regardé jusqu’au n° {number}, et de plus grands sont scellés : ils le seraient encore",
)
_AHEAD = (
    "journal_seal: it says that numbers up to {number} were looked at, and the journal ends before: the next would be left out",
    "journal_seal : elle dit que l’on a regardé jusqu’au n° {number}, et le journal finit avant : les suivants manqueraient",
)
_NOT_BY_THAT_KEY = (
    "the newest checkpoint was not signed by the key that was given, nor by one that it answers for",
    "le dernier point de contrôle n’est signé ni par la clé donnée, ni par une autre dont elle répond",
)
_LACKING = ("it names {name}, which is not kept", "elle nomme {name}, que la base n’a pas")
_CHANGED = ("{name}: is no longer the text of that hash", "{name} : ce n’est plus le texte qui a cette empreinte")
_MISFILED = (
    "number {number} of the journal: its bytes hold, and the column « {column} » beside them says something else",
    "le n° {number} du journal : ses octets tiennent, et la colonne « {column} » à côté d’eux dit autre chose",
)
_LINES_AT_ONCE = 256
#: Below and above any number that a row may have.
_BEFORE_ALL, _ABOVE_ALL = -(2**62), 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReport:
    """What was found in the database."""

    size: int  #: entries in the tree
    waiting: int  #: entries committed and not sealed yet
    checkpoints: int  #: signed ones, all of which the journal agrees with when it holds
    kept: int  #: checkpoints from outside that the journal agrees with
    fault: Any  #: the first thing that does not hold (tools/verify_bundle.py, Fault); None: everything holds
    backward: Any = None  #: entries older than their place says (Backward of the same); None where there are none, or a fault
    number: int | None = None  #: of the entry at fault, as the database and `audit log` number it

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return self.fault is None


def verify_store(gw: Gateway, *, key: Key | None = None, kept: Sequence[Checkpoint] = ()) -> StoreReport:
    """Verify the journal in the database, as an outsider would verify an export of all of it. Reads only.

    key: the public key somebody outside knows; kept: checkpoints of earlier days (both as the verifier reads them).
    """
    tool = verifier()
    with reading(gw.engine) as tx, read_as_written():
        signed = {each.size: each for each in _checkpoints(tx)}
        notes = {size: each.note for size, each in signed.items()}
        known, altered = _progress(tx, notes)
        grown = tool.Tree({*notes, *(each.size for each in kept)})
        texts = {name: sha256(text).hexdigest() for name, text in attached(tx)}
        held, seen, crooked = deque[bytes](), tool.Seen(texts), bent(tx, known.size)
        try:
            told = tool.walk(_popped(held), _noted(tx, known.size, held, seen), grown)
            wrong = told.fault or _tree_fault(tx, known, grown) or crooked or _points_fault(tx, signed, grown)
        except (*_UNREADABLE, tool.Damaged):
            if crooked is None:
                raise
            wrong = crooked
        wrong = wrong or _texts_fault(seen, texts)
        events = key_events(tx)
        own = [tool.read_key(str(event.key)) for event in events]
        wrong = wrong or altered or _stranger(tx, known) or _filing_fault(tx) or _outside_fault(notes, key, own)
        compared = tool.Report(origin=origin(gw, events), scope={"kind": "everything"}, size=known.size, fault=wrong)
        tool.compare(compared, grown, [(each, own) for each in kept])
        waiting = sealing.waiting(tx, known)
        number = _number_at(tx, compared.fault.index) if compared.fault else None
    counts = {"size": known.size, "waiting": waiting, "checkpoints": len(notes), "kept": compared.checkpoints}
    backward = seen.backward if compared.fault is None else None
    return StoreReport(**counts, fault=compared.fault, backward=backward, number=number)


def _progress(tx: Connection, notes: Mapping[int, str]) -> tuple[Progress, Fault | None]:
    """How far was sealed; and, where that cannot be read any more, the fault, with what the newest checkpoint tells instead."""
    try:
        return sealing.progress(tx), None
    except Conflict as altered:
        return Progress(size=max(notes, default=0), seen_id=_ABOVE_ALL, gaps=()), fault("checkpoint", None, str(altered))


def _number_at(tx: Connection, index: int | None) -> int | None:
    """The number under which the database has the entry at this place of the tree."""
    if index is None:
        return None
    tile, place = divmod(index, tree.TILE_HASHES)
    return next((ids[place] for _, ids, _ in tree.tiles(tx, tile, tile + 1) if place < len(ids)), None)


def _noted(tx: Connection, size: int, held: deque[bytes], seen: Seen) -> Iterator[bytes]:
    """Lines of the leaves; the body of each is put beside it, empty when the journal does not hold it any more.

    seen: looks at each body.
    """
    told = walked(tx, Choice(), size)
    while some := list(islice(told, _LINES_AT_ONCE)):
        bodies = [body for _, body in some if body is not None]
        seen.take(bodies)
        held.extend(bodies)
        yield from (line for line, _ in some)


def _popped(held: deque[bytes]) -> Iterator[bytes]:
    while held:
        yield held.popleft()


def _tree_fault(tx: Connection, known: Progress, grown: Tree) -> Fault | None:
    """The tree must be as long as it says, and its upper levels, which proofs are made of, those of its leaves."""
    if grown.size != known.size:
        return fault("truncated", grown.size, _LEAVES, found=grown.size, size=known.size)
    try:
        stored = root_at(known.size, tree.Tree(tx, known.size).node)
    except LookupError as missing:
        return fault("root", None, str(missing))
    return None if stored == grown.root() else fault("root", None, _UPPER)


def _points_fault(tx: Connection, signed: Mapping[int, SignedCheckpoint], grown: Tree) -> Fault | None:
    keys = [event.key for event in reversed(key_events(tx))]
    numbers = [told.id for told in reversed(journal.of_keys(tx))]
    sealed = tree.places(tx, numbers)
    came = [sealed.get(number, grown.size) for number in numbers]  # where each key stands in the tree
    for size, kept in signed.items():
        try:
            point, signer = read_checkpoint(kept.note, keys)
        except InvalidInput as why:
            return fault("checkpoint", size, str(why))
        if signer is None or signer.name != point.origin:
            return fault("signature", size, _NO_KEY, size=size)
        if any(place < size for place in came[: keys.index(signer)]):
            superseded: Fault = verifier().fault("signature", size, "superseded")
            return superseded
        if point.size > grown.size:
            return fault("truncated", grown.size, _CUT, told=point.size, size=grown.size)
        if grown.roots.get(point.size, point.root) != point.root or point.size != size:
            return fault("checkpoint", size, _OTHERS, size=size)
        if (kept.root, kept.at) != (point.root, point.at or kept.at):
            return fault("checkpoint", size, _BESIDE, size=size)
    if (told := max(signed, default=0)) != grown.size:
        return fault("checkpoint", told, _NO_LAST, size=grown.size, told=told)
    return None


def _outside_fault(notes: dict[int, str], key: Key | None, own: Sequence[Key]) -> Fault | None:
    """The newest checkpoint must be signed by the key that is known outside, or by one that it answers for."""
    if key is None:
        return None
    if notes:
        tool = verifier()
        newest = tool.read_checkpoint(notes[max(notes)])
        twice = [tool.read_checkpoint(note) for note in notes.values() if note.count("\n— ") > 1]
        if tool.signed_by(newest, [key]) or tool.signed_by(newest, tool.vouched_for(key, own, twice)):
            return None
    return fault("signature", None, _NOT_BY_THAT_KEY)


def _texts_fault(seen: Seen, texts: Mapping[str, str]) -> Fault | None:
    """Entries are written as they should be; every text that one names is kept, and is still the one that has that hash.
    texts: name to the hash it has."""
    tool = verifier()
    if seen.odd is not None:
        odd: Fault = tool.fault("odd", seen.odd, "oddly-written")
        return odd
    for name, digest in sorted(texts.items()):
        if not digest.startswith(tool.named_hash(name)):
            return fault("file", None, _CHANGED, name=name)
    if seen.lacking:
        at, name = seen.lacking
        return fault("lacking", at, _LACKING, name=name)
    return None


def _stranger(tx: Connection, known: Progress) -> Fault | None:
    """An entry whose number lies among sealed ones, and that was never sealed: put there behind the back of the gateway."""
    outside = auditing.outside_tree(tx, known.seen_id, known.size)
    if outside < 0:
        return fault("checkpoint", None, _UNSEEN, number=known.seen_id)
    if known.seen_id != _ABOVE_ALL and known.seen_id > auditing.last_number(tx):
        return fault("checkpoint", None, _AHEAD, number=known.seen_id)
    after, open_gaps = _BEFORE_ALL, [(gap.first, gap.last) for gap in known.gaps]
    if outside == 0:
        return None
    while numbers := auditing.numbers(tx, after, known.seen_id, _AT_ONCE):
        sealed = tree.ids_between(tx, numbers[0], numbers[-1])
        for number in numbers:
            if number not in sealed and not any(first <= number <= last for first, last in open_gaps):
                return fault("inserted", None, _UNSEALED, number=number)
        after = numbers[-1]
    return None


def _filing_fault(tx: Connection) -> Fault | None:
    """The columns by which entries are looked up must repeat what the bodies say: an objection whose person was taken out of
    her column would be missing from her dossier, and from `audit log`, while its bytes, leaf and root hold."""
    after = _BEFORE_ALL
    while found := auditing.misfiled(tx, after=after):
        after, body, beside = found
        if column := misfiled(body, beside):
            return _misfiled(tx, after, column)
    if (number := auditing.mishashed(tx)) is not None:
        return _misfiled(tx, number, "sha256")
    return None


def _misfiled(tx: Connection, number: int, column: str) -> Fault:
    return fault("changed", tree.places(tx, [number]).get(number), _MISFILED, number=number, column=column)


def _checkpoints(tx: Connection) -> Iterator[sealing.SignedCheckpoint]:
    after = _BEFORE_ALL
    while page := sealing.checkpoints(tx, after=after):
        yield from page
        after = page[-1].size

"""An export: entries as they were sealed, the hashes that tie them to a signed checkpoint, and all it takes to judge them again.

Constant memory over any journal: entries stream into the archive, hashes into a file beside it.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gateway.audit.entry import EntryKind, entry, stamp
from gateway.audit.merkle import HASH_BYTES, subtrees
from gateway.domain.errors import Conflict
from gateway.flows.auditing.scope import Scope, choice_of
from gateway.flows.auditing.verifier import verifier
from gateway.flows.gateway import Gateway
from gateway.flows.newfile import new_file
from gateway.flows.sealing import key_events, origin, seal
from gateway.store import auditing, journal, kept, sealing
from gateway.store.auditing import Choice
from gateway.store.engine import Connection, begin, reading
from gateway.store.kept import Shelf
from gateway.store.sealing import SignedCheckpoint
from gateway.store.tree import TILE_HASHES, Tile, Tree, places, tiles

if TYPE_CHECKING:
    from tools.verify_bundle import Seen

_TILES_AT_ONCE = 32
#: Earlier checkpoints that travel with an export: spread over its whole length.
_CHECKPOINTS = 100
_LINES_AT_ONCE = 1_000
_HEX_DIGITS = 2 * HASH_BYTES
_LEVEL = 3  #: of compression: an auditor waits less, the file is hardly larger
_SUFFIXES = {Shelf.PACKS: ".json", Shelf.NOTICES: ".txt", Shelf.CONTENTS: ".json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """An export on disk."""

    path: Path
    entries: int
    size: int  #: entries in the whole journal
    bytes: int


def export(gw: Gateway, path: Path, scope: Scope, *, by: str) -> Exported:
    """Write a bundle. What was committed until now is sealed first; the journal says who took it away.

    Raises InvalidInput when the file exists or cannot be written, NotFound for an unknown campaign or person, Conflict when
    nothing was ever sealed.
    """
    with new_file(path) as file:
        with reading(gw.engine) as tx:
            choice_of(tx, gw, scope)  # what does not exist is said before anything is written
        with begin(gw.engine) as tx:
            journal.append(tx, [entry(EntryKind.EXPORT, gw.clock.now(), scope=scope.kind, of=scope.campaign, by=by)])
        seal(gw)
        with reading(gw.engine) as tx:
            count, latest = _write(tx, gw, file, scope)
    return Exported(path=path, entries=count, size=latest.size, bytes=path.stat().st_size)


def _write(tx: Connection, gw: Gateway, file: IO[bytes], scope: Scope) -> tuple[int, SignedCheckpoint]:
    latest = sealing.latest_checkpoint(tx)
    if latest is None:
        raise Conflict("le journal n’a encore aucun point de contrôle signé : lancez `gateway audit checkpoint`")
    choice, tool = choice_of(tx, gw, scope, proving=True), verifier()
    seen, hashes = tool.Seen({name: sha256(text).hexdigest() for name, text in attached(tx)}), {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as bundle:
        count = _write_entries(tx, bundle, choice, scope, latest.size, seen)
        for name, content in chain(_beside(tx, gw, latest), attached(tx)):
            if name not in hashes and name not in seen.unnamed:  # what nothing here names proves nothing: it stays at home
                hashes[name] = sha256(content).hexdigest()
                bundle.writestr(name, content)
        manifest = {
            "format": tool.FORMAT,
            "origin": origin(gw, key_events(tx)),
            "scope": _scope_told(scope),
            "size": latest.size,
            "entries": count,
            "made_at": stamp(gw.clock.now()),
            "files": hashes,
        }
        bundle.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True))
    return count, latest


def _write_entries(tx: Connection, bundle: zipfile.ZipFile, choice: Choice, scope: Scope, size: int, seen: Seen) -> int:
    """entries.ndjson and leaves.txt; returns how many entries. seen: looks at each."""
    count = 0
    with tempfile.TemporaryFile() as leaves:
        with bundle.open("entries.ndjson", "w", force_zip64=True) as entries:
            lines = walked(tx, choice, size, contiguous=scope.kind == "period")
            while some := list(islice(lines, _LINES_AT_ONCE)):
                bodies = [body for _, body in some if body is not None]
                leaves.writelines(line + b"\n" for line, _ in some)
                seen.take(bodies)
                entries.write(b"".join([body + b"\n" for body in bodies]))
                count += len(bodies)
        leaves.seek(0)
        with bundle.open("leaves.txt", "w", force_zip64=True) as target:
            while chunk := leaves.read(1 << 20):
                target.write(chunk)
    return count


def walked(tx: Connection, choice: Choice, size: int, *, contiguous: bool = False) -> Iterator[tuple[bytes, bytes | None]]:
    """Lines of leaves.txt in order, each with its entry's body, or None for a subtree without chosen entries.

    An entry that the journal does not hold any more is told by its leaf, with an empty body.
    contiguous: from the neighbour before the first chosen entry to the one after the last, all are taken.
    """
    tree = Tree(tx, size)
    first, last = _stretch(tx, choice, size) if contiguous else (0, size - 1 if choice.everything else -1)
    where = auditing.chosen(Choice() if contiguous else choice)  # inside a stretch every body may be needed
    begun = 0
    for group in _grouped(tiles(tx, 0, -(-size // TILE_HASHES))):
        found = auditing.bodies(tx, [entry_id for _, listed, _ in group for entry_id in listed], where)
        for index, entry_id, leaf in _leaves(group, size):
            if not (first <= index <= last or (entry_id in found and not contiguous)):
                continue
            if begun < index:
                yield from _omitted(tree, begun, index)
            yield b"%d %s" % (index, leaf), found.get(entry_id, b"")
            begun = index + 1
    yield from _omitted(tree, begun, size)


def _stretch(tx: Connection, choice: Choice, size: int) -> tuple[int, int]:
    """Indices from the entry before the first chosen one to the entry after the last, which show that nothing was cut off.

    When none is chosen, those of the two entries between which they would stand.
    """
    first, last = _ends(tx, choice, size)
    if last < 0:
        last = _ends(tx, Choice(until=choice.since), size)[1] if choice.since else -1
        first = last + 1
    return max(first - 1, 0), min(last + 1, size - 1)


def _ends(tx: Connection, choice: Choice, size: int) -> tuple[int, int]:
    """Indices of the first and last chosen entries; (size, -1) when none is."""
    first, last, where = size, -1, auditing.chosen(choice)
    for group in _grouped(tiles(tx, 0, -(-size // TILE_HASHES))):
        there = auditing.among(tx, [entry_id for _, listed, _ in group for entry_id in listed], where)
        indices = [index for index, entry_id, _ in _leaves(group, size) if entry_id in there]
        first, last = min([first, *indices]), max([last, *indices])
    return first, last


def _leaves(group: list[Tile], size: int) -> Iterator[tuple[int, int, bytes]]:
    """(index, id of the entry, leaf in hexadecimal) of a few tiles."""
    for number, listed, hashes in group:
        written, begins = hashes.hex().encode(), number * TILE_HASHES
        for at, entry_id in enumerate(listed[: size - begins]):
            yield begins + at, entry_id, written[at * _HEX_DIGITS : (at + 1) * _HEX_DIGITS]


def _omitted(tree: Tree, start: int, end: int) -> Iterator[tuple[bytes, None]]:
    for level, index in subtrees(start, end):
        yield b"+%d %d %s" % (level, index << level, tree.node(level, index).hex().encode()), None


def _grouped(found: Iterator[Tile]) -> Iterator[list[Tile]]:
    group: list[Tile] = []
    for one in found:
        group.append(one)
        if len(group) >= _TILES_AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def attached(tx: Connection) -> Iterator[tuple[str, bytes]]:
    """Every file that entries may name by its hash, as a bundle calls it; equal drafts of two campaigns come twice."""
    for shelf, name, text in kept.each(tx):
        yield f"{shelf}/{name}{_SUFFIXES[shelf]}", text
    for digest, words in auditing.wordings(tx):
        yield f"wordings/{digest}.txt", words.encode()
    for digest, body in auditing.definitions(tx):
        yield f"campaigns/{digest}.json", body


def _beside(tx: Connection, gw: Gateway, latest: SignedCheckpoint) -> Iterator[tuple[str, bytes]]:
    """The other files beside the entries."""
    keys = [
        f"{event.key}\t{event.act}\t{stamp(event.at)}\t{' '.join((event.why or '').split())}"
        for event in reversed(key_events(tx))
    ]
    yield "keys.txt", ("\n".join(keys) + "\n").encode()
    yield "checkpoint.txt", latest.note.encode()
    yield "checkpoints.txt", "\n\n".join(one.note for one in _earlier(tx, latest.size)).encode()
    for language in ("fr", "en"):
        yield f"README.{language}.md", (gw.templates / "audit" / f"README.{language}.md").read_bytes()


def _earlier(tx: Connection, size: int) -> list[SignedCheckpoint]:
    """Earlier checkpoints, oldest first: some over the whole length, and those by which a key answers for its successor."""
    found = {one.size: one for one in _spread(tx, size)}
    for place in places(tx, [recorded.id for recorded in journal.of_keys(tx)]).values():
        found |= {one.size: one for one in sealing.checkpoints(tx, after=place, limit=1) if one.size < size}
    return [found[each] for each in sorted(found)]


def _spread(tx: Connection, size: int) -> list[SignedCheckpoint]:
    """Earlier checkpoints, spread over the whole length, oldest first."""
    step = max(1, size // _CHECKPOINTS)
    found: list[SignedCheckpoint] = []
    after = -1
    while len(found) < _CHECKPOINTS and (page := sealing.checkpoints(tx, after=after, limit=1)):
        if page[0].size >= size:
            break
        found.append(page[0])
        after = max(page[0].size, page[0].size + step - 1)
    return found


def _scope_told(scope: Scope) -> dict[str, str]:
    """The scope as the manifest tells it; a person is not named: the file may travel."""
    told = {"kind": scope.kind}
    if scope.campaign is not None:
        told["campaign"] = scope.campaign
    if scope.since:
        told["since"] = scope.since.isoformat()
    if scope.until:
        told["until"] = scope.until.isoformat()
    return told

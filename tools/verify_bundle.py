#!/usr/bin/env python3
"""Verifies an export of a Passerelle journal. One file, Python 3.11 or newer, nothing else: no network, nothing written.

    python3 verify_bundle.py BUNDLE.zip [--key KEY | --key-file FILE] [--checkpoint FILE] [--lang fr|en] [--json]

It says what holds, and names the first entry that does not. Exit code 0: everything holds; 1: something does not, or the file
cannot be read; 2: wrong usage. KEY is the journal's public key (name+hash+key) as its owner published it; without it the key
inside the bundle is used, and the answer says so. --checkpoint takes a signed checkpoint kept from an earlier day, as often as
wanted. Memory is the same for any length; where there are two processors, two more processes hash and read the entries of a long
bundle.

What is looked at, in this order (`_verify`): that nothing in the zip is ambiguous, or would burst; that the files beside the
entries have the hashes of their names and of the manifest; who signed the checkpoint; that every entry gives its leaf, and the
leaves give the signed root; that earlier checkpoints are beginnings of the same tree; that each file that an entry names is
here, and no other; that the manifest counts rightly, and a stretch of time was cut at neither end.

Format of a bundle: docs/journal.md. Tree: RFC 6962 with leaf = SHA-256(0x00 || SHA-256(body)). Signatures: Ed25519 (RFC 8032)
over C2SP checkpoints.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import re
import signal
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256, sha512
from itertools import chain, compress, islice, pairwise
from pathlib import Path
from typing import IO, Any, NamedTuple

FORMAT = "passerelle-bundle/1"
LINE_BYTES_MAX = 1 << 20
PIECE_BYTES = 1 << 16  # unpacked at once: what stays close to the processor
TEXT_BYTES_MAX = 4 << 20  # of manifest, keys and checkpoints, of which an export holds some hundreds
RATIO_MAX = 300  # a text of JSON lines shrinks 10 to 60 times; what shrinks more was made to burst
LONG_BYTES = 2_000_000  # of entries, some 5,000: shorter ones are verified at once
MANY = 256  # entries taken at once while all is well
WINDOW = 256  # entries looked at around the first that does not fit, to say what happened to it
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others unpack at a go however much a few bytes hold
DIRECTORY_BYTES_MAX = 16 << 20  # of 10,000 files
_WIDE = 0xFFFFFFFF  # stands where a zip has a number too large for its place
_OTHER_NAME = 0x7075  # of a file, in what its header says besides
_PLUS = ord("+")  # begins the line of a subtree
_NEVER = 1 << 80  # leaves: more than any tree has
KINDS = {"everything", "period", "campaign", "person"}
#: Lines of leaves.txt; no tree has more leaves than these digits tell.
LEAF = re.compile(rb"(0|[1-9][0-9]{0,19}) ([0-9a-f]{64})")
SUBTREE = re.compile(rb"\+([0-9]|[1-9][0-9]) (0|[1-9][0-9]{0,19}) ([0-9a-f]{64})")
#: Files of a bundle; there are no others.
NAMES = re.compile(
    r"manifest\.json|entries\.ndjson|leaves\.txt|checkpoints?\.txt|keys\.txt|README\.(fr|en)\.md"
    r"|packs/[0-9a-f]{16}\.json|(wordings|notices)/[0-9a-f]{64}\.txt|(contents|campaigns)/[0-9a-f]{64}\.json"
)
#: Keys under which an entry holds the hash of a file that must be there, and how that file is called.
NAMING = {
    "pack": "packs/{}.json",
    "notice": "notices/{}.txt",
    "content": "contents/{}.json",
    "wording": "wordings/{}.txt",
    "version": "campaigns/{}.json",
}
#: Kinds of which alone that holds; elsewhere it is the hash of a sentence, or of a form, that is not exported.
NAMING_OF = {"notice": {"decision"}, "version": {"campaign", "notice"}}
#: Keys whose files were not kept when entries of the first version were written.
UNKEPT = {"notice", "content"}
#: What names something, as canonical entries write it: never the first of their keys. One pattern that begins with two bytes
#: takes half the time of looking for one key after the other.
NAMINGS = re.compile(rb',"((?:content|facts|notice|pack|text|version|wording)":"[^"]*"|wordings":\[[^]]*)')


#: A value right after its key: a text in which nothing is escaped, or a number, but for that of the version. What is left without
#: them is an entry’s shape.
VALUE = re.compile(rb':(?:"[^"\\\x00-\x1f]*+"|(?<!"v":)[1-9][0-9]{0,14}+)')
#: Shapes that say all about how an entry is written: of two entries that have such a one, both are well written, or neither is.
_SCALAR = rb'(?:[012]|true|false|\[(?:"[a-z0-9_-]*"(?:,(?="))?)*\])'
SHAPE = re.compile(rb'\{"[a-z_0-9]+":' + _SCALAR + rb'(?:,"[a-z_0-9]+":' + _SCALAR + rb")*\}")
SHAPES_MAX = 100  # kept; a journal has some dozens
_PLACE = re.compile(rb":0(?=[,}])")  # of a value, in a shape
INSTANT = re.compile(
    rb'"at":"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{6})?Z)"'
)
#: By how much an entry may say that it is older than one before it: a transaction lasts, and clocks of machines differ.
APART = timedelta(hours=1)


class Said(str):
    """A sentence in English that is there in French too."""

    fr: str


def say(both: tuple[str, str], /, **values: object) -> Said:
    """A sentence in English and in French, which must say the same, with these values put in; Said ones in their language."""
    said = Said(both[0].format(**values))
    said.fr = both[1].format(**{name: getattr(value, "fr", value) for name, value in values.items()})
    return said


class Damaged(Exception):
    """The bundle cannot be read as one; `why` says it in both languages."""

    def __init__(self, which: str, /, **values: object) -> None:
        """which: of SENTENCES."""
        self.why = say(SENTENCES[which], **values)
        super().__init__(self.why)


@dataclass
class Fault:
    """The first thing that does not hold."""

    what: str  # changed, removed, inserted, reordered, truncated, root, signature, checkpoint, odd, lacking, file, manifest
    index: int | None = None  # of the entry in the journal, from 0
    detail: str = ""  # Said, where somebody may read it in French


def fault(what: str, index: int | None, which: str, /, **values: object) -> Fault:
    """A fault in the words of SENTENCES[which]."""
    return Fault(what, index, say(SENTENCES[which], **values))


@dataclass
class Backward:
    """Entries that say an instant long before that of an entry which was sealed ahead of them."""

    entries: int  # how many
    index: int  # of the first, in the journal, from 0
    at: str  # what it says
    after: str  # the latest instant that one ahead of it says


@dataclass
class Report:
    """What was found."""

    origin: str = ""
    scope: dict[str, object] = field(default_factory=dict)
    size: int = 0  # entries in the journal when the bundle was made
    entries: int = 0  # entries in the bundle
    key: str = ""
    key_trusted: bool = False  # whether the key was given from outside
    vouched: bool = False  # whether it is another one, for which the key given answers
    signed_at: str = ""  # when, as the signed checkpoint says
    first: int | None = None  # index of the first entry in the bundle
    first_at: str = ""
    last: int | None = None
    last_at: str = ""
    complete: bool = False  # every entry of the scope's stretch is there
    checkpoints: int = 0  # earlier checkpoints that the journal still agrees with
    not_compared: list[int] = field(default_factory=list)  # sizes of checkpoints that this bundle is too small to compare with
    backward: Backward | None = None  # no fault: a clock may have been wrong, or somebody backdated
    newest_at: str = ""  # the latest instant that an entry says
    fault: Fault | None = None

    @property
    def holds(self) -> bool:
        """Whether everything that could be checked holds."""
        return self.fault is None


# --- the tree -----------------------------------------------------------------------------------------------------------------


def node(left: bytes, right: bytes) -> bytes:
    """The node above two others."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows at its right edge; it remembers its root at the sizes it is asked to watch."""

    def __init__(self, watched: Iterable[int] = ()) -> None:
        self.size = 0
        self.roots: dict[int, bytes] = {}
        self._peaks: list[bytes] = []  # roots of complete subtrees, one for each binary one of the size, the largest first
        self._watched = sorted(watched, reverse=True)

    def add(self, digest: bytes, level: int = 0) -> None:
        """Append a leaf, or a complete subtree of 2^level leaves. Raises Damaged for one that cannot begin there."""
        self.extend([(level, digest)])

    def extend(self, subtrees: Iterable[tuple[int, bytes]]) -> None:
        """Append complete subtrees (level, hash), one after another. Raises Damaged for one that cannot begin there."""
        peaks, size = self._peaks, self.size
        wanted = self._watched[-1] if self._watched else _NEVER
        for level, digest in subtrees:
            leaves = 1 << level
            if size & leaves - 1:
                raise Damaged("subtree", level=level, size=size)
            end = size + leaves
            while size & leaves:  # the one on its left is as large: both make the one above
                digest = sha256(b"\x01" + peaks.pop() + digest).digest()
                leaves <<= 1
            peaks.append(digest)
            size = end
            if wanted <= size:
                wanted = self._remembered(size)
        self.size = size

    def watches(self, size: int) -> bool:
        """Whether its root is wanted somewhere before this size."""
        return bool(self._watched) and self._watched[-1] < size

    def _remembered(self, size: int) -> int:
        """Keep the root when it is wanted at this size; the next size at which it is."""
        while self._watched and self._watched[-1] <= size:
            if self._watched.pop() == size:
                self.roots[size] = self.root()
        return self._watched[-1] if self._watched else _NEVER

    def root(self) -> bytes:
        """The root as the tree stands."""
        if not self._peaks:
            return sha256(b"").digest()
        digest = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            digest = node(left, digest)
        return digest


# --- how an entry is written ----------------------------------------------------------------------------------------------------

_WRITE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def well_written(body: bytes) -> bool:
    """Whether an entry is written in the one way that docs/journal.md knows: of a key that stands twice, or is written otherwise,
    one program would read this and another one that, and what such an entry names would be looked for by neither."""
    try:
        told = json.loads(body.decode())
        instant = b'"at":"%s"' % told["at"].encode()
        known = told["v"] in (1, 2) and INSTANT.fullmatch(instant) is not None
        return known and _plain(told) and _WRITE(told).encode() == body
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False


def _plain(value: object) -> bool:
    """Whether it is made of texts, truth values and whole numbers that no program rounds."""
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    if isinstance(value, list):
        return all(map(_plain, value))
    return isinstance(value, str) or (isinstance(value, int) and abs(value) < 1 << 53)


# --- entries against leaves -----------------------------------------------------------------------------------------------------


def leaf_of(body: bytes) -> bytes:
    """The leaf of an entry."""
    return sha256(b"\x00" + sha256(body).digest()).digest()


def leaves_of(bodies: list[bytes]) -> list[bytes]:
    """The leaf of each entry: written out, since it is what a verification spends its time on."""
    return [sha256(b"\x00" + sha256(body).digest()).digest() for body in bodies]


class Ahead:
    """An iterator that can look ahead."""

    def __init__(self, items: Iterable[bytes]) -> None:
        self._items = iter(items)
        self._kept: list[bytes] = []  # the next one last

    def one(self) -> bytes | None:
        """The next item; None at the end."""
        return self._kept.pop() if self._kept else next(self._items, None)

    def many(self, count: int) -> list[bytes]:
        """The next items, fewer at the end."""
        taken = [self._kept.pop() for _ in range(min(count, len(self._kept)))]
        taken.extend(islice(self._items, count - len(taken)))
        return taken

    def back(self, items: list[bytes]) -> None:
        """Put items back, to be taken again."""
        self._kept.extend(reversed(items))


class Stretch(NamedTuple):
    """What lines of leaves.txt tell that follow one another and are written as they should be."""

    levels: list[int]  # of the subtree on each line, a leaf being one of level 0
    hashes: list[bytes]
    here: list[int]  # indices of the leaves whose entries are in the bundle
    leaves: list[bytes]  # their hashes
    end: int  # index after the last leaf told of


@dataclass
class Walk:
    """What walking through entries and leaves together told."""

    tree: Tree
    entries: int = 0
    first: int | None = None  # index of the first entry
    last: int | None = None  # index of the last entry
    hole: int | None = None  # index of the first entry that is left out after the first one
    fault: Fault | None = None

    @property
    def contiguous(self) -> bool:
        """Whether none is left out between the first and the last."""
        return self.hole is None

    def take(self, line: bytes) -> bytes | None:
        """Add a line of leaves.txt to the tree; the leaf, or None for a subtree. Raises Damaged."""
        tree = self.tree
        if line[:1] == b"+":
            level, start, digest = _subtree(line, tree.size)
            if start != tree.size:
                raise Damaged("gap", found=start, expected=tree.size)
            tree.add(digest, level)
            return None
        index, leaf = _leaf(line, tree.size)
        if index != tree.size:
            raise Damaged("gap", found=index, expected=tree.size)
        self._count([index])
        tree.add(leaf)
        return leaf

    def take_many(self, lines: Ahead, bodies: Ahead) -> bool:
        """Take the next lines and their entries at once while all of them fit; False when each has to be looked at."""
        chunk = lines.many(MANY - self.tree.size % MANY)
        told = _stretch(chunk, self.tree.size)
        if told is not None:
            taken = bodies.many(len(told.leaves))
            if leaves_of(taken) == told.leaves:
                self.add(told)
                return True
            bodies.back(taken)
        lines.back(chunk)
        return False

    def add(self, told: Stretch) -> None:
        """Add lines whose entries fit."""
        tree = self.tree
        if told.here:
            self._count(told.here)
        one = len(told.hashes) == told.end - tree.size == MANY and not tree.size % MANY  # leaves of one complete subtree
        if one and not tree.watches(told.end):
            tree.add(_root_of(told.hashes), MANY.bit_length() - 1)
        else:
            tree.extend(zip(told.levels, told.hashes, strict=True))

    def _count(self, here: list[int]) -> None:
        """Entries at these indices."""
        if self.hole is None and self.last is not None and self.last + 1 != here[0]:
            self.hole = self.last + 1
        elif self.hole is None and here[-1] - here[0] + 1 != len(here):
            self.hole = next(one + 1 for one, two in pairwise(here) if one + 1 != two)
        self.first = here[0] if self.first is None else self.first
        self.last = here[-1]
        self.entries += len(here)


def walk(bodies: Iterable[bytes], leaves: Iterable[bytes], tree: Tree) -> Walk:
    """Hold every body against its leaf, in constant memory.

    bodies: entries without their line ends; leaves: lines of leaves.txt.

    After the first fault the bodies are left alone and the leaves go on, so that the root still tells whether they are genuine.
    """
    told, ahead, held = Walk(tree), Ahead(leaves), Ahead(bodies)
    closely = 0  # so many lines are looked at one by one: among them is what does not fit, or the end
    while told.fault is None:
        if not closely and told.take_many(ahead, held):
            continue
        closely = (closely or MANY) - 1
        line = ahead.one()
        if line is None:
            if held.one() is not None:
                told.fault = fault("inserted", tree.size, "lines-beyond")
            return told
        leaf = told.take(line)
        if leaf is None:
            continue
        body = held.one()
        if body is None:
            told.fault = fault("truncated", told.last, "ends-before")
        elif leaf_of(body) != leaf:
            following = ahead.many(WINDOW)
            ahead.back(following)
            told.fault = _explain(tree.size - 1, leaf, body, following, held.many(WINDOW))
    while (line := ahead.one()) is not None:
        told.take(line)
    return told


class Seen:
    """What entries are looked at for besides their hashes: the first, the last, and whether what they name is here."""

    def __init__(self, files: Mapping[str, str] | None = None, *, facts: bool = True) -> None:
        """files: that are here, each with its SHA-256. facts: whether the facts of each decision are, too; a stretch of time may
        begin after them."""
        self.first = b""
        self.last = b""
        self._files = dict(files or {})
        self.unnamed = {name: named_hash(name) for name in self._files}  # files that no entry names so far
        self._facts = facts
        self.newest = ""  # the latest instant told so far
        self.backward: Backward | None = None  # its index counts those that are here
        self.odd: int | None = None  # the first entry that is not written as entries are, from 0
        self._shapes: list[bytes] = []  # of entries that are well written, the newest first
        self._like = _like(self._shapes)  # entries of such shapes
        self._known: set[bytes] = set()  # what entries named, and is here
        self._lacking: dict[str, int] = {}  # what is not, and the first entry that names it, from 0
        self._taken = 0

    @property
    def lacking(self) -> tuple[int, str] | None:
        """The first entry that names what is not here, counted from 0 among those that are, and what."""
        return min(((at, name) for name, at in self._lacking.items()), default=None)

    def take(self, bodies: list[bytes]) -> None:
        """Look at the next entries."""
        if not bodies:
            return
        self.first = self.first or bodies[0]
        self.last = bodies[-1]
        joined = b"\n".join(bodies)
        if self.odd is None:
            instants = [instant.decode() for instant in INSTANT.findall(joined)]
            self._read_closely(bodies, joined, len(instants))
            if self.odd is None:
                self._look_back(instants if len(instants) == len(bodies) else list(map(_instant, bodies)))
        if not self._known.issuperset(NAMINGS.findall(joined)):
            for at, body in enumerate(bodies, self._taken):
                self._look(body, at)
        self._taken += len(bodies)

    def _look_back(self, instants: list[str]) -> None:
        """Whether one of the next entries says an instant long before that of another one ahead of it."""
        latest = max(self.newest, *instants)
        if min(instants) < _long_before(latest):
            early = _long_before(self.newest)
            for at, instant in enumerate(instants, self._taken):
                if instant < early:
                    self.backward = self.backward or Backward(0, at, instant, self.newest)
                    self.backward.entries += 1
                elif instant > self.newest:
                    self.newest, early = instant, _long_before(instant)
        self.newest = latest

    def _read_closely(self, bodies: list[bytes], joined: bytes, instants: int) -> None:
        """Whether they are well written: at once where each has a shape that is known, else one by one."""
        whole = instants == len(bodies) == joined.count(b"\n") + 1
        if whole and self._like.fullmatch(joined) and _is_text(joined):
            return
        known = len(self._shapes)
        for at, body in enumerate(bodies, self._taken):
            shape = VALUE.sub(b":0", body)
            if not well_written(body):
                self.odd = at
                return
            if len(self._shapes) < SHAPES_MAX and shape not in self._shapes and SHAPE.fullmatch(shape):
                self._shapes.insert(0, shape)
        if len(self._shapes) > known:
            self._like = _like(self._shapes)

    def _look(self, body: bytes, at: int) -> None:
        """Whether what this entry names is here."""
        named = NAMINGS.findall(body)
        if self._known.issuperset(named):
            return
        try:
            entry = json.loads(body)
        except (ValueError, RecursionError):
            return  # its hash tells what it is
        if not isinstance(entry, dict):
            return
        if "facts" in entry:
            self._look_at_facts(entry, at)
        files = {key for key in NAMING.keys() & entry.keys() if entry.get("kind") in NAMING_OF.get(key, {entry.get("kind")})}
        for key in files:
            name = NAMING[key].format(entry[key])
            if name in self._files:
                self.unnamed.pop(name, None)
                self._known.add(f'{key}":"{entry[key]}"'.encode())  # its name has nothing but ASCII
            elif entry.get("v") != 1 or key not in UNKEPT:
                self._lacking.setdefault(name, at)
        if entry.get("kind") == "pack" and "text" in entry:
            self._look_at_pack(entry, at)
        if "wordings" in entry:  # of the boxes of a form
            self.unnamed = {name: digest for name, digest in self.unnamed.items() if digest not in str(entry["wordings"])}

    def _look_at_pack(self, entry: dict[str, Any], at: int) -> None:
        """Rules are named by 16 digits, for which somebody may make two texts: the whole hash tells which one was in force."""
        name = NAMING["pack"].format(entry.get("pack"))
        if self._files.get(name) == entry["text"]:
            self._known.add(f'text":"{entry["text"]}"'.encode())
        else:
            self._lacking.setdefault(f"{name} (SHA-256 {entry['text']})", at)

    def _look_at_facts(self, entry: dict[str, Any], at: int) -> None:
        """Facts are told once in an entry of their own, whose body has the hash by which decisions name them."""
        digest, body = str(entry["facts"]), str(entry.get("body")).encode(errors="replace")
        token = f'facts":"{digest}"'.encode(errors="replace")
        told = entry.get("kind") == "facts"
        if not told and self._facts and token not in self._known:
            self._lacking.setdefault(f"facts {digest}", at)
        elif not told or "unreadable" in entry or sha256(body).hexdigest() == digest:
            self._lacking.pop(f"facts {digest}", None)  # in the order of sealing they may come after
            self._known.add(token)

    def told(self) -> bytes:
        """All of it on one line, for another process."""
        ends = [self.first.decode("latin-1"), self.last.decode("latin-1")]
        return json.dumps(
            [*ends, sorted(self.unnamed), self.lacking, self.odd, [self.newest, self.backward and asdict(self.backward)]]
        ).encode()

    def hear(self, line: bytes) -> None:
        """Take over what another one saw. Raises ValueError for what is no such line."""
        first, last, unnamed, lacking, self.odd, (self.newest, back) = json.loads(line)
        self.backward = Backward(**back) if back else None
        self.first, self.last = first.encode("latin-1"), last.encode("latin-1")
        self.unnamed = {name: named_hash(name) for name in unnamed}
        self._lacking = {lacking[1]: lacking[0]} if lacking else {}


def _like(shapes: list[bytes]) -> re.Pattern[bytes]:
    """Whole entries of these shapes, one a line; the first of the shapes are looked for first."""
    value = rb':(?:"[^"\\\x00-\x1f]*+"|0|[1-9][0-9]{0,14}+)'
    told = b"|".join(value.join(map(re.escape, _PLACE.split(shape))) for shape in shapes)
    return re.compile(rb"(?:(?:" + told + rb")(?:\n|\Z))*+")


def _long_before(instant: str) -> str:
    """The first instant that is not long before this one, as entries write it; nothing where that was before all."""
    try:
        return (datetime.fromisoformat(instant) - APART).isoformat()
    except (ValueError, OverflowError):
        return ""


def _is_text(raw: bytes) -> bool:
    """Whether it is UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def walk_hashed(hashed: IO[bytes], looked: IO[bytes], leaves: Iterator[bytes], tree: Tree, seen: Seen) -> Walk | None:
    """The same, of bodies whose leaves somebody else computes: `hashed`, one after another; and which somebody else looks at:
    `looked`, a line with what it saw. None when something does not fit."""
    told = Walk(tree)
    while lines := list(islice(leaves, MANY - tree.size % MANY)):
        some = _stretch(lines, tree.size)
        if some is None or hashed.read(32 * len(some.leaves)) != b"".join(some.leaves):
            return None
        told.add(some)
    if hashed.read(1):
        return None
    try:
        seen.hear(looked.read(4 * LINE_BYTES_MAX))
    except (ValueError, AttributeError, TypeError):
        return None
    return told


def _stretch(lines: list[bytes], start: int) -> Stretch | None:
    """What these lines tell of the leaves from `start`; None when one is not written as it should be, or there is none."""
    levels = [0] * len(lines)
    try:
        written = b"".join([line[-64:] for line in lines])
        packed = bytes.fromhex(written.decode())
        hashes = [packed[at : at + 32] for at in range(0, len(packed), 32)]
        if not written.islower() or len(packed) != 32 * len(lines):
            return None
        single = [line[0] != _PLUS for line in lines]
        begins, end = [line[:-64] for line in lines], start + len(lines)
        forms = b"\n".join([b"%d " if one else b"+0 %d " for one in single])
        indices: Sequence[int] = range(start, end)
        if b"\n".join(begins) != forms % tuple(indices):  # not leaves alone
            indices = []
            for at, begun in enumerate(begins):
                indices.append(start)
                levels[at] = level = 0 if single[at] else int(begun[1:3])
                if level >= 64 or begun != (b"%d " % start if single[at] else b"+%d %d " % (level, start)):
                    return None
                start += 1 << level
            end = start
    except ValueError:
        return None
    return Stretch(levels, hashes, list(compress(indices, single)), list(compress(hashes, single)), end)


def _root_of(hashes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _explain(index: int, leaf: bytes, body: bytes, ahead: list[bytes], bodies: list[bytes]) -> Fault:
    """What happened to the first entry that does not fit: where does its leaf, or its body, turn up nearby?"""
    if not body:
        return fault("removed", index, "gone")
    leaves = [(index, leaf), *(_leaf(line, index) for line in ahead if line[:1] != b"+")]
    found = [leaf_of(each) for each in (body, *bodies)]
    mine, wanted = found[0], leaf
    elsewhere = next((at for at, (_, each) in enumerate(leaves) if each == mine), None)
    here = next((at for at, each in enumerate(found) if each == wanted), None)
    shown = _told(body)
    if elsewhere is not None and here is not None:
        return fault("reordered", index, "swapped", one=index, two=leaves[elsewhere][0], shown=shown)
    if elsewhere is not None:
        gone = f"{index}" if elsewhere == 1 else f"{index}–{leaves[elsewhere - 1][0]}"
        return fault("removed", index, "cut-out", gone=gone, next=leaves[elsewhere][0], shown=shown)
    if here is not None:
        return fault("inserted", index, "put-in", here=here, index=index, shown=shown)
    return fault("changed", index, "other-bytes", shown=shown)


def _told(body: bytes) -> str:
    """What an entry says of itself, short."""
    try:
        content = json.loads(body)
        return json.dumps({name: content[name] for name in ("kind", "at", "message", "campaign") if name in content})
    except (ValueError, TypeError, RecursionError):
        return repr(body[:60])


def _leaf(line: bytes, near: int) -> tuple[int, bytes]:
    """(index, hash) of a line of leaves.txt, near that leaf. Raises Damaged."""
    told = LEAF.fullmatch(line)
    if told is None:
        raise Damaged("no-leaf", near=near)
    return int(told[1]), bytes.fromhex(told[2].decode())


def _subtree(line: bytes, near: int) -> tuple[int, int, bytes]:
    """(level, first leaf, hash) of a line of leaves.txt that begins with +, near that leaf. Raises Damaged."""
    told = SUBTREE.fullmatch(line)
    if told is None or int(told[1]) >= 64:
        raise Damaged("no-leaf", near=near)
    return int(told[1]), int(told[2]), bytes.fromhex(told[3].decode())


# --- checkpoints and signatures -------------------------------------------------------------------------------------------------


@dataclass
class Checkpoint:
    """A signed note, read; `signatures` are (name, key hash, signature)."""

    origin: str
    size: int
    root: bytes
    body: bytes
    signatures: list[tuple[str, bytes, bytes]]
    at: str = ""  #: when it was made, as its signer says
    successor: str = ""  #: the key that signs from here on, where it changed


def read_checkpoint(note: str) -> Checkpoint:
    """Raises Damaged."""
    body, blank, signed = note.strip("\n").partition("\n\n")
    lines = body.split("\n")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        signatures = []
        for line in signed.splitlines():
            dash, name, encoded = line.split(" ")
            raw = base64.b64decode(encoded, validate=True)
            if dash != "—":
                raise ValueError
            signatures.append((name, raw[:4], raw[4:]))
    except (IndexError, ValueError):
        raise Damaged("no-note") from None
    if not blank or not signatures or lines[1] != f"{size}" or size < 0 or len(root) != 32:
        raise Damaged("no-note")
    at, successor = (
        next((line[len(word) :] for line in lines[3:] if line.startswith(word)), "") for word in ("at ", "successor ")
    )
    return Checkpoint(lines[0], size, root, (body + "\n").encode(), signatures, at, successor)


def read_note(name: str) -> Checkpoint:
    """The checkpoint in a file. Raises Damaged, which names it."""
    note = _file(name)
    try:
        return read_checkpoint(note)
    except Damaged:
        raise Damaged("no-note-in", name=name) from None


@dataclass(frozen=True)
class Key:
    """A public key under the name of its journal."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signatures name it."""
        return sha256(self.name.encode() + b"\n\x01" + self.public).digest()[:4]

    def __str__(self) -> str:
        """As its owner publishes it: name+hash+key."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"


def read_key(text: str) -> Key:
    """Raises Damaged for what is no key (name+hash+key)."""
    name, _, rest = text.strip().partition("+")
    hashed, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        raw = b""
    if not name or len(raw) != 33 or raw[0] != 1:
        raise Damaged("key-form")
    key = Key(name, raw[1:])
    if key.key_id.hex() != hashed.lower():
        raise Damaged("key-hash")
    return key


def signed_by(checkpoint: Checkpoint, keys: Iterable[Key]) -> Key | None:
    """The first of these keys that signed the checkpoint; None when none did."""
    for key in keys:
        for name, key_id, signature in checkpoint.signatures:
            mine = name == key.name == checkpoint.origin and key_id == key.key_id
            if mine and ed25519_verifies(key.public, signature, checkpoint.body):
                return key
    return None


def vouched_for(key: Key, others: Iterable[Key], notes: Iterable[Checkpoint]) -> list[Key]:
    """The key, and those it answers for: it signed a checkpoint that names its successor, and so did that one; and so on.

    A key answers for none that came before it: whoever stole an old one signs nothing in the name of the new one.

    One that was revoked named no successor.
    """
    trusted, strangers = [key], [other for other in others if other != key]
    twice = [note for note in notes if note.successor and len(note.signatures) > 1]
    while newer := next(
        (k for k in strangers for n in twice if n.successor == str(k) and signed_by(n, [k]) and signed_by(n, trusted)), None
    ):
        strangers.remove(newer)
        trusted.append(newer)
    return trusted


# Ed25519 (RFC 8032, section 5.1 and its appendix), verification alone. Slow, and only a few signatures are checked.
_P = 2**255 - 19
_Q = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def ed25519_verifies(public: bytes, signature: bytes, text: bytes) -> bool:
    """Whether this is the signature of the text under the public key."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= _Q:
        return False
    h = int.from_bytes(sha512(signature[:32] + public + text).digest(), "little") % _Q
    return _same(_sum_of(s, _BASE, h, (_P - a[0], a[1], 1, _P - a[3])), r)  # s * B - h * A = R


def _recovered_x(y: int, sign: int) -> int | None:
    """x of the point with this y whose lowest bit is the sign; None when there is none (section 5.1.3)."""
    if y >= _P:
        return None
    x2 = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P:
        x = x * _SQRT_M1 % _P
    if (x * x - x2) % _P:
        return None
    return _P - x if x & 1 != sign else x


def _point(encoded: bytes) -> _Point | None:
    """A point from its 32 bytes, in extended coordinates (X, Y, Z, T); None when they are none of the curve."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = _recovered_x(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def _plus(one: _Point, two: _Point) -> _Point:
    """The sum of two points (section 5.1.4)."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % _P, (one[1] + one[0]) * (two[1] + two[0]) % _P
    c, d = 2 * one[3] * two[3] * _D % _P, 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _twice(one: _Point) -> _Point:
    """A point added to itself (section 5.1.4)."""
    x2, y2 = one[0] * one[0] % _P, one[1] * one[1] % _P
    h, g = x2 + y2, x2 - y2
    e, f = h - (one[0] + one[1]) ** 2, 2 * one[2] * one[2] + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _sum_of(one: int, p: _Point, two: int, q: _Point) -> _Point:
    """one · p + two · q, bit by bit of both at once."""
    which: list[_Point | None] = [None, p, q, _plus(p, q)]
    total: _Point = (0, 1, 1, 0)
    for bit in range(max(one.bit_length(), two.bit_length()) - 1, -1, -1):
        total = _twice(total)
        term = which[(one >> bit & 1) | (two >> bit & 1) << 1]
        if term is not None:
            total = _plus(total, term)
    return total


def _same(one: _Point, two: _Point) -> bool:
    """Whether two points are one, whatever their Z."""
    return not ((one[0] * two[2] - two[0] * one[2]) % _P or (one[1] * two[2] - two[1] * one[2]) % _P)


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _recovered_x(_BASE_Y, 0) or 0
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


# --- the bundle -----------------------------------------------------------------------------------------------------------------


def verify(path: str, key: Key | None = None, kept: Iterable[Checkpoint] = ()) -> Report:
    """Verify a bundle. `key`: the journal's public key, from outside; `kept`: checkpoints kept from earlier days.

    Raises Damaged for a file that is no bundle.
    """
    try:
        kind = stat.S_IFMT(Path(path).stat().st_mode)
        if kind not in (stat.S_IFREG, stat.S_IFDIR):  # a pipe would be waited for, a device never ends
            raise Damaged("unreadable", name=path, why=say(SENTENCES["no-disk"]))
        with zipfile.ZipFile(path) as bundle:
            return _verify(bundle, key, list(kept), path)
    except OSError as why:
        raise Damaged("unreadable", name=path, why=_fault_of(why)) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
        struct.error,
    ) as why:
        raise Damaged("no-bundle", path=path, why=why) from None


def _fault_of(why: Exception) -> Said:
    """What a file that cannot be read lacks, in words; what the system says, in English, where that is something rarer."""
    if isinstance(why, UnicodeDecodeError):
        return say(SENTENCES["no-words"])
    kinds: dict[type[Exception], str] = {FileNotFoundError: "no-file", IsADirectoryError: "a-folder", PermissionError: "no-right"}
    return say(SENTENCES[kinds.get(type(why), "system")], why=getattr(why, "strerror", None) or why)


def _verify(bundle: zipfile.ZipFile, key: Key | None, kept: list[Checkpoint], path: str) -> Report:
    """Everything that is looked at, in this order; the first fault stays."""
    _check_members(bundle)
    manifest = _manifest(bundle)
    report = Report(origin=manifest["origin"], scope=manifest["scope"], size=manifest["size"])
    report.fault = _changed_file(bundle, manifest["files"])
    told = [line.split("\t") for line in _text(bundle, "keys.txt").splitlines() if line.strip()]
    own = [read_key(each[0]) for each in told]
    checkpoint = read_checkpoint(_text(bundle, "checkpoint.txt"))
    earlier = [read_checkpoint(note) for note in _text(bundle, "checkpoints.txt").split("\n\n\n") if note.strip()]
    _sign(report, checkpoint, key, vouched_for(key, own, [*earlier, checkpoint]) if key else own)
    if _is_superseded(checkpoint, own, ["".join(each[2:3]) for each in told]):
        report.fault = report.fault or fault("signature", None, "superseded")
    if (checkpoint.origin, checkpoint.size) != (report.origin, report.size):
        report.fault = report.fault or fault("manifest", None, "other-journal")
    trusted = [key, *own] if key else own  # a checkpoint kept before the key was changed is compared too
    compared = [*((each, own) for each in earlier), *((each, trusted) for each in kept)]
    watched, seen = {each.size for each, _ in compared}, _seen(bundle, manifest)
    walked = _walked_by_three(bundle, path, Tree(watched), seen) or _walked(bundle, Tree(watched), seen)
    report.entries = walked.entries
    report.fault = report.fault or _judged(report, walked, checkpoint, compared)
    compare(report, walked.tree, compared)
    report.fault = report.fault or _misfit(bundle, seen) or _miscounted(report, manifest.get("entries"))
    if report.fault is None and walked.entries:
        _place(report, walked, seen)
        _date(report, bundle, seen)
    return report


def _sign(report: Report, checkpoint: Checkpoint, key: Key | None, trusted: list[Key]) -> None:
    """Who signed, and whether that is somebody to believe."""
    signer = signed_by(checkpoint, trusted)
    report.key_trusted, report.signed_at = key is not None, checkpoint.at
    report.vouched = signer is not None and key is not None and signer != key
    report.key = str(signer or key or (trusted[0] if trusted else ""))
    if signer is None:
        report.fault = report.fault or fault("signature", None, "not-by-that-key" if key else "not-by-its-keys")


def _is_superseded(checkpoint: Checkpoint, own: list[Key], since: list[str]) -> bool:
    """Whether it was signed after another key had taken the place of the one that signed it. own: the newest first; since: the
    instant of each."""
    try:
        signed = datetime.fromisoformat(checkpoint.at) if checkpoint.at else datetime.max.replace(tzinfo=UTC)
        newest = next((at for at, told in enumerate(since) if told and datetime.fromisoformat(told) < signed), None)
    except (ValueError, TypeError):
        raise Damaged("key-form") from None
    return newest is not None and signed_by(checkpoint, own[: newest + 1]) is None


def _seen(bundle: zipfile.ZipFile, manifest: dict[str, Any]) -> Seen:
    """Looks at entries beside the files that they should name."""
    names = [each.filename for each in bundle.infolist() if "/" in each.filename and NAMES.fullmatch(each.filename)]
    attached, scope = {name: str(manifest["files"].get(name)) for name in names}, manifest["scope"]
    return Seen(attached, facts=scope["kind"] != "period" and not scope.keys() & {"since", "until"})


def _walked(bundle: zipfile.ZipFile, tree: Tree, seen: Seen) -> Walk:
    """Walk through the entries and leaves of the bundle."""
    with _opened(bundle, "entries.ndjson") as entries, _opened(bundle, "leaves.txt") as leaves:
        return walk(_lines(entries, "entries.ndjson", seen), _lines(leaves, "leaves.txt"), tree)


def _walked_by_three(bundle: zipfile.ZipFile, path: str, tree: Tree, seen: Seen) -> Walk | None:
    """Walk through a long bundle while a second process hashes its entries and a third one looks at them: half the time. None
    when there is but one processor, or something does not fit: then the entries are looked at one by one, here, and the first of
    them is named."""
    entries = next((each.file_size for each in bundle.infolist() if each.filename == "entries.ndjson"), 0)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if entries < LONG_BYTES or processors < 2 or not hasattr(os, "fork"):
        return None
    try:
        with (
            _beside(partial(_hash_entries, path)) as hashed,
            _beside(partial(_look_at_entries, path, seen)) as looked,
            _opened(bundle, "leaves.txt") as leaves,
        ):
            return walk_hashed(hashed, looked, _lines(leaves, "leaves.txt"), tree, seen)
    except OSError:  # no process can be made: the tree is begun anew
        return None


@contextmanager
def _beside(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """What another process writes that does this work and nothing else. Raises OSError."""
    told, into = os.pipe()
    with os.fdopen(told, "rb") as heard:
        try:
            process = os.fork()  # ready at once: a process that begins anew takes as long as 10,000 entries
        except OSError:
            os.close(into)
            raise
        if not process:
            try:
                with os.fdopen(into, "wb") as file:
                    work(file)
            finally:
                os._exit(0)  # what went wrong shows in what is not told; nothing else of the first process is to be done twice
        os.close(into)
        try:
            yield heard
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _hash_entries(path: str, told: IO[bytes]) -> None:
    """Write the leaf of each entry, one after another."""
    with zipfile.ZipFile(path) as bundle, _opened(bundle, "entries.ndjson") as entries:
        for lines in _pieces(entries, "entries.ndjson", None):
            told.write(b"".join(leaves_of(lines)))


def _look_at_entries(path: str, seen: Seen, told: IO[bytes]) -> None:
    """Write what was seen of the entries."""
    with zipfile.ZipFile(path) as bundle, _opened(bundle, "entries.ndjson") as entries:
        for _ in _pieces(entries, "entries.ndjson", seen):
            pass
        told.write(seen.told())


def _judged(report: Report, walked: Walk, checkpoint: Checkpoint, compared: list[tuple[Checkpoint, list[Key]]]) -> Fault | None:
    """Whether the leaves make the tree that was signed, the entries are those of the leaves, and none is missing in its midst."""
    tree, kind = walked.tree, report.scope["kind"]
    where = walked.fault.index if walked.fault else None
    sizes = {"found": tree.size, "size": checkpoint.size}
    if tree.size > checkpoint.size:
        return fault("inserted", checkpoint.size if where is None else min(where, checkpoint.size), "too-many", **sizes)
    if tree.size < checkpoint.size:
        return fault("truncated", tree.size if where is None else where, "too-few", **sizes)
    if tree.root() != checkpoint.root:
        return Fault("root", where, _between(tree, checkpoint, compared))
    if walked.fault:
        return walked.fault
    if kind == "everything" and walked.entries != checkpoint.size:
        missing = walked.hole if walked.hole is not None else walked.entries
        return fault("removed", missing if walked.first == 0 else 0, "not-all", here=walked.entries, size=checkpoint.size)
    if kind == "period" and not walked.contiguous:
        return fault("removed", walked.hole, "hole")
    return None


def _between(tree: Tree, checkpoint: Checkpoint, compared: list[tuple[Checkpoint, list[Key]]]) -> Said:
    """Where the leaves leave what was signed: after the last checkpoint they agree with, before the first one they contradict."""
    signed = [(c.size, c.root == tree.roots[c.size]) for c, keys in compared if c.size in tree.roots and signed_by(c, keys)]
    agreed = max((size for size, same in signed if same), default=0)
    until = min((size for size, same in signed if size > agreed and not same), default=checkpoint.size)
    return say(SENTENCES["between"], first=agreed, last=until - 1)


def _misfit(bundle: zipfile.ZipFile, seen: Seen) -> Fault | None:
    """Entries are written as they should be; every file that one names is here, and one names every file that is."""
    if seen.odd is not None:
        return fault("odd", _index_of(bundle, seen.odd), "oddly-written")
    if seen.lacking:
        at, name = seen.lacking
        return fault("lacking", _index_of(bundle, at), "lacking", name=name)
    if seen.unnamed:
        return fault("file", None, "unnamed", name=min(seen.unnamed))
    return None


def _index_of(bundle: zipfile.ZipFile, at: int) -> int:
    """Where in the journal an entry of the bundle stands; at: its place among those that are here, from 0."""
    with _opened(bundle, "leaves.txt") as leaves:
        here = (line for line in _lines(leaves, "leaves.txt") if line[:1] != b"+")
        return _leaf(next(islice(here, at, None)), at)[0]


def _miscounted(report: Report, told: object) -> Fault | None:
    """The manifest, which nobody signed, must tell as many entries as there are; a stretch of time is never without any."""
    if told != report.entries:
        return fault("manifest", None, "miscounted", said=told, found=report.entries)
    if not report.entries and report.scope["kind"] == "period" and report.size:
        return fault("removed", None, "bare")
    return None


def _place(report: Report, walked: Walk, seen: Seen) -> None:
    """Where in the journal the entries stand, and whether that is all of the stretch."""
    report.first, report.last = walked.first, walked.last
    report.first_at, report.last_at = _instant(seen.first), _instant(seen.last)
    report.complete = walked.contiguous and report.scope["kind"] in ("everything", "period")
    if report.scope["kind"] == "period":
        report.fault = _edges(report)


def _date(report: Report, bundle: zipfile.ZipFile, seen: Seen) -> None:
    """Which entries say that they are older than the order in which they were sealed."""
    report.newest_at = seen.newest
    if seen.backward:
        report.backward = replace(seen.backward, index=_index_of(bundle, seen.backward.index))


def _instant(body: bytes) -> str:
    """When an entry says it was; nothing when it does not."""
    try:
        return str(json.loads(body)["at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _edges(report: Report) -> Fault | None:
    """A stretch of time goes from an entry before it to one after it, or to an end of the journal: else it was cut."""
    try:
        since, until = (
            datetime.fromisoformat(str(report.scope[name])) if name in report.scope else None for name in ("since", "until")
        )
        first, last = (
            (since is None or at >= since) and (until is None or at < until)
            for at in (datetime.fromisoformat(report.first_at), datetime.fromisoformat(report.last_at))
        )
    except (ValueError, TypeError):
        raise Damaged("no-manifest") from None
    if first and report.first:
        return fault("removed", report.first - 1, "cut-before", at=report.first)
    if last and report.last is not None and report.last < report.size - 1:
        return fault("removed", report.last + 1, "cut-after", at=report.last)
    return None


def compare(report: Report, tree: Tree, compared: list[tuple[Checkpoint, list[Key]]]) -> None:
    """Earlier checkpoints: same journal, signed, and still the beginning of this tree."""
    for each, keys in compared:
        if report.fault is not None:
            return
        if each.origin != report.origin:
            report.fault = fault("checkpoint", None, "foreign", origin=each.origin)
        elif signed_by(each, keys) is None:
            report.fault = fault("checkpoint", None, "unsigned", size=each.size)
        elif each.size > tree.size:
            report.fault = fault("truncated", tree.size, "cut-tail", told=each.size, size=tree.size)
        elif each.size and each.size not in tree.roots:
            report.not_compared.append(each.size)
        elif each.size and tree.roots[each.size] != each.root:
            report.fault = fault("checkpoint", each.size, "rewritten", size=each.size)
        else:
            report.checkpoints += 1


def _check_members(bundle: zipfile.ZipFile) -> None:
    """Raises Damaged for what would be ambiguous, or burst, before anything is unpacked."""
    names = [each.filename for each in bundle.infolist()]
    if len(names) != len(set(names)) or len(names) > 10_000:
        raise Damaged("twice")
    for each in bundle.infolist():
        plain_file = stat.S_IFMT(each.external_attr >> 16) in (0, stat.S_IFREG)
        if each.filename != each.orig_filename or each.comment or not plain_file:
            raise Damaged("two-ways", name=each.orig_filename)
        if each.compress_type not in METHODS:
            raise Damaged("packed", name=each.filename)
        if each.file_size > 4096 and each.file_size > RATIO_MAX * max(each.compress_size, 1):
            raise Damaged("bomb", name=each.filename, size=each.file_size, packed=each.compress_size)
    _check_layout(bundle)


def _check_layout(bundle: zipfile.ZipFile) -> None:
    """Members fill the file from its beginning to their directory, which ends it, one after another. Else another program could
    find other files in it, or a few bytes be unpacked again and again. Raises Damaged."""
    file, end, most = bundle.fp, 0, 0  # the next one begins between these two
    if file is None:
        raise Damaged("overlaid")
    for each in sorted(bundle.infolist(), key=lambda one: one.header_offset):
        if not end <= each.header_offset <= most:
            raise Damaged("overlaid")
        file.seek(each.header_offset)
        end = each.header_offset + _header_bytes(file, each) + each.compress_size
        most = end + 24 * bool(each.flag_bits & 8)  # its sizes may follow it
    if not end <= bundle.start_dir <= most or bundle.comment:
        raise Damaged("overlaid")
    file.seek(bundle.start_dir)
    _check_end(file.read(DIRECTORY_BYTES_MAX), bundle.start_dir, len(bundle.infolist()))


def _header_bytes(file: IO[bytes], member: zipfile.ZipInfo) -> int:
    """How long the header in front of a member is, which must say of it what the directory says: programs that read from the
    front go by the one, others by the other. Raises Damaged."""
    flags, method, crc, packed, size, name, extra = struct.unpack("<6xHH4xIIIHH", file.read(30))
    fields = _fields(file.read(name + extra)[name:], member)
    if packed == size == _WIDE and len(fields.get(1, b"")) == 16:  # of a file that may be longer than 4 GB
        size, packed = struct.unpack("<QQ", fields[1])
    told, follows = (crc, packed, size), bool(flags & 8)  # they may follow the file instead
    same = told == (member.CRC, member.compress_size, member.file_size) or (follows and not any(told))
    if not same or method != member.compress_type or (flags ^ member.flag_bits) & 0x2009:
        raise Damaged("two-ways", name=member.filename)
    _fields(member.extra, member)
    return 30 + int(name) + int(extra)


def _fields(extra: bytes, member: zipfile.ZipInfo) -> dict[int, bytes]:
    """What a header says besides, by its number. Raises Damaged for another name, which some programs go by and others do not."""
    fields: dict[int, bytes] = {}
    while extra:
        number, length = struct.unpack("<HH", extra[:4])
        if number in fields or number == _OTHER_NAME or len(extra) < 4 + length:
            raise Damaged("two-ways", name=member.filename)
        fields[number], extra = extra[4 : 4 + length], extra[4 + length :]
    return fields


def _check_end(tail: bytes, start: int, members: int) -> None:
    """The directory, which begins at `start`, and the records that end the file tell of one another, and of nothing else: a file
    may have two directories, and each program looks into another one. Raises Damaged."""
    at = 0
    for _ in range(members):
        at += 46 + sum(struct.unpack("<HHH", tail[at + 28 : at + 34]))
    wide, short = tail[at:-22], struct.unpack("<4sHHHHIIH", tail[-22:])
    true = (members, members, at, start)
    if wide:  # of a file that may be longer than 4 GB, a record and where it is
        told = struct.unpack("<4sQHHIIQQQQ4sIQI", wide) if len(wide) == 76 else ()
        if told[:2] != (b"PK\6\6", 44) or told[4:] != (0, 0, *true, b"PK\6\7", 0, start + at, 1):
            raise Damaged("overlaid")
    saturated = (0xFFFF, 0xFFFF, _WIDE, _WIDE) if wide else true
    fits = all(one in both for one, *both in zip(short[3:7], true, saturated, strict=True))
    if short[:3] != (b"PK\5\6", 0, 0) or not fits or short[7]:
        raise Damaged("overlaid")


def _manifest(bundle: zipfile.ZipFile) -> dict[str, Any]:
    """manifest.json, whose values are of the kinds they should be. Raises Damaged."""
    try:
        manifest: dict[str, Any] = json.loads(_text(bundle, "manifest.json"), object_pairs_hook=_once)
        if manifest["format"] != FORMAT:
            raise Damaged("format", found=manifest["format"], mine=FORMAT)
        good = (
            isinstance(manifest["origin"], str)
            and type(manifest["size"]) is type(manifest["entries"]) is int
            and max(manifest["size"], manifest["entries"]) < _NEVER
            and isinstance(manifest["files"], dict)
            and manifest["scope"]["kind"] in KINDS
            and all(isinstance(value, str) for value in manifest["scope"].values())
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Damaged("no-manifest") from None
    if not good:
        raise Damaged("no-manifest")
    return manifest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once each: of two, another program may take the other one. Raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _changed_file(bundle: zipfile.ZipFile, files: dict[str, str]) -> Fault | None:
    """The files beside the entries: packs, wordings, notices, keys."""
    there = {each.filename for each in bundle.infolist()} - {"manifest.json", "entries.ndjson", "leaves.txt"}
    for name in sorted(there | set(files)):
        if not NAMES.fullmatch(name):
            return fault("file", None, "no-such-file", name=name)
        if name not in there:
            return fault("file", None, "not-there", name=name)
        if name not in files:
            return fault("file", None, "not-in-manifest", name=name)
        digest = sha256()
        with bundle.open(name) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        if digest.hexdigest() != files[name] or not digest.hexdigest().startswith(named_hash(name)):
            return fault("file", None, "other-file", name=name)
    return None


def named_hash(name: str) -> str:
    """What is in a folder is named by its hash, as the sealed entries name it; other files by the manifest alone."""
    folder, _, file = name.rpartition("/")
    return file.partition(".")[0] if folder else ""


def _opened(bundle: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A member, to be read. Raises Damaged when there is none of that name."""
    try:
        return bundle.open(name)
    except KeyError:
        raise Damaged("no-member", name=name) from None


def _text(bundle: zipfile.ZipFile, name: str) -> str:
    """A member that is a text. Raises Damaged."""
    with _opened(bundle, name) as file:
        raw = file.read(TEXT_BYTES_MAX + 1)
    if len(raw) > TEXT_BYTES_MAX:
        raise Damaged("too-long", name=name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Damaged("no-text", name=name) from None


def _lines(file: IO[bytes], name: str, seen: Seen | None = None) -> Iterator[bytes]:
    """Lines without their end, read in large pieces; seen: looks at them too."""
    return chain.from_iterable(_pieces(file, name, seen))


def _pieces(file: IO[bytes], name: str, seen: Seen | None) -> Iterator[list[bytes]]:
    """The same, many lines at once."""
    rest = b""
    while piece := file.read(PIECE_BYTES):
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        if len(rest) > LINE_BYTES_MAX:
            raise Damaged("long-line", name=name, most=LINE_BYTES_MAX)
        if seen:
            seen.take(lines)
        yield lines
    if rest:
        if seen:
            seen.take([rest])
        yield [rest]


# --- what it says ---------------------------------------------------------------------------------------------------------------

#: What a fault, or damage, is told in: English, French.
SENTENCES = {
    "subtree": (
        "leaves.txt: a subtree of level {level} cannot begin at {size}",
        "leaves.txt : le sous-arbre à {size} n’y a pas sa place",
    ),
    "gap": ("leaves.txt: {found} where {expected} was expected", "leaves.txt : {found} là où {expected} était attendu"),
    "no-leaf": (
        "leaves.txt: near leaf {near}, a line is neither a leaf nor a subtree",
        "leaves.txt : vers la feuille {near}, une ligne n’est ni une feuille ni un sous-arbre",
    ),
    "lines-beyond": ("after the last entry there are lines that the tree does not hold", "des lignes suivent la dernière entrée"),
    "ends-before": ("the bundle ends before this entry", "l’export finit avant cette entrée"),
    "gone": ("this entry is not there any more", "cette entrée n’y est plus"),
    "swapped": (
        "entries {one} and {two} changed places; here stands: {shown}",
        "les entrées {one} et {two} ont échangé leurs places ; à la première se trouve : {shown}",
    ),
    "cut-out": (
        "missing: {gone}; the next entry here is {next}: {shown}",
        "il manque : {gone} ; la suivante est l’entrée {next} : {shown}",
    ),
    "put-in": (
        "{here} line(s) before entry {index} belong to no entry: {shown}",
        "{here} ligne(s) avant l’entrée {index} ne sont d’aucune entrée : {shown}",
    ),
    "other-bytes": (
        "its bytes are not those that were sealed: {shown}",
        "ses octets ne sont pas ceux qui ont été scellés : {shown}",
    ),
    "too-many": (
        "{found} entries where the signed journal has {size}: what follows was added afterwards",
        "{found} entrées là où le journal signé en a {size} : ce qui suit a été ajouté après",
    ),
    "too-few": ("{found} entries where the signed journal has {size}", "{found} entrées là où le journal signé en a {size}"),
    "between": (
        "entries and leaves were changed together; the first that is not genuine is one of the entries {first} to {last}",
        "entrées et feuilles changées ensemble ; la première qui n’est pas d’origine est l’une des entrées {first} à {last}",
    ),
    "not-all": ("{here} entries where the whole journal has {size}", "{here} entrées là où le journal entier en a {size}"),
    "hole": ("entries are missing inside the stretch", "il manque des entrées à l’intérieur de la période"),
    "bare": (
        "a stretch without any entry shows what stands around it; nothing is here",
        "une période sans entrée montre ce qui l’entoure ; il n’y a rien ici",
    ),
    "cut-before": (
        "entry {at} is within the stretch, and the one before it is not here",
        "l’entrée {at} est dans la période, et celle qui la précède n’y est pas",
    ),
    "cut-after": (
        "entry {at} is within the stretch, and the one after it is not here",
        "l’entrée {at} est dans la période, et celle qui la suit n’y est pas",
    ),
    "lacking": ("it names {name}, which is not here", "elle nomme {name}, qui n’y est pas"),
    "oddly-written": (
        "keys once each and in order, no space between them, texts in UTF-8, whole numbers, an instant in UTC, a known version:"
        " it differs in one of these, and two programs may read it in two ways",
        "chaque clé une fois et à son rang, sans espace entre elles, textes en UTF-8, nombres entiers, un instant en UTC, une"
        " version connue : elle y manque, et deux programmes peuvent la lire de deux façons",
    ),
    "unnamed": ("{name}: no entry names this file", "{name} : aucune entrée ne nomme ce fichier"),
    "miscounted": (
        "the manifest tells of {said} entries; there are {found}",
        "le sommaire annonce {said} entrées ; il y en a {found}",
    ),
    "other-journal": (
        "the manifest tells of another journal, or size, than the checkpoint",
        "le sommaire parle d’un autre journal, ou d’une autre taille, que le point de contrôle",
    ),
    "not-by-that-key": (
        "the checkpoint was not signed by the key that was given, nor by one that it answers for",
        "le point de contrôle n’est signé ni par la clé donnée, ni par une autre dont elle répond",
    ),
    "not-by-its-keys": (
        "the checkpoint is signed by none of its keys",
        "le point de contrôle n’est signé par aucune de ses clés",
    ),
    "superseded": (
        "the checkpoint is signed by a key that had been replaced or revoked before",
        "le point de contrôle est signé par une clé qui avait été remplacée ou révoquée avant",
    ),
    "foreign": ("a checkpoint of another journal: {origin}", "un point de contrôle d’un autre journal : {origin}"),
    "unsigned": (
        "the checkpoint of size {size} is signed by no key of this journal",
        "le point de contrôle de taille {size} n’est signé par aucune clé de ce journal",
    ),
    "cut-tail": (
        "a checkpoint tells of {told} entries; this journal ends at {size}",
        "un point de contrôle annonce {told} entrées ; ce journal finit à {size}",
    ),
    "rewritten": (
        "the first {size} entries are no longer those of the checkpoint: the journal was written anew",
        "les {size} premières entrées ne sont plus celles du point de contrôle : le journal a été réécrit",
    ),
    "no-such-file": ("{name!r}: a bundle holds no such file", "{name!r} : un export n’a pas de tel fichier"),
    "not-there": ("{name}: missing", "{name} : il manque"),
    "not-in-manifest": ("{name}: not named by the manifest", "{name} : le sommaire ne le nomme pas"),
    "other-file": (
        "{name}: its bytes are not those it is named by",
        "{name} : ses octets ne sont pas ceux de son nom, ou du sommaire",
    ),
    "unreadable": ("{name}: cannot be read ({why})", "{name} : impossible à lire ({why})"),
    "no-file": ("there is no such file", "ce fichier n’existe pas"),
    "a-folder": ("this is a folder", "c’est un dossier"),
    "no-disk": ("this is no file on a disk", "ce n’est pas un fichier sur un disque"),
    "no-right": ("you may not read it", "vous n’avez pas le droit de le lire"),
    "no-words": ("it is no text in UTF-8", "ce n’est pas un texte en UTF-8"),
    "system": ("{why}", "le système dit : {why}"),
    "no-bundle": (
        "{path}: is no bundle, or was damaged on its way ({why})",
        "{path} : n’est pas un export, ou a été abîmé en route",
    ),
    "twice": (
        "the bundle holds a file twice, or far too many files",
        "l’export tient deux fois le même fichier, ou bien trop de fichiers",
    ),
    "packed": ("{name}: packed in a way that no export is", "{name} : comprimé comme aucun export ne l’est"),
    "overlaid": (
        "files in it overlap, or something lies between, before or behind them: no export is made so",
        "des fichiers s’y chevauchent, ou quelque chose s’y cache entre eux, devant ou derrière : aucun export n’est fait ainsi",
    ),
    "two-ways": (
        "{name!r}: named, or stored, in two ways: another program would read another file there; no export is made so",
        "{name!r} : nommé, ou rangé, de deux façons : un autre programme y lirait un autre fichier ; aucun export ne l’est",
    ),
    "bomb": (
        "{name}: made to burst ({size} bytes from {packed}); no export of a journal",
        "{name} : fait pour éclater ({size} octets tirés de {packed}) ; ce n’est pas un export de journal",
    ),
    "no-manifest": ("manifest.json: cannot be read", "manifest.json : illisible"),
    "format": (
        "manifest.json: format {found!r}; this script reads {mine}",
        "manifest.json : format {found!r} ; ce script lit {mine}",
    ),
    "no-member": ("{name}: missing; this is no bundle of a journal", "{name} : il manque ; ce n’est pas un export de journal"),
    "too-long": ("{name}: far too long", "{name} : bien trop long"),
    "long-line": ("{name}: a line of more than {most} bytes", "{name} : une ligne de plus de {most} octets"),
    "no-text": ("{name}: is no text in UTF-8", "{name} : n’est pas un texte en UTF-8"),
    "no-note": ("this is no signed checkpoint", "ce n’est pas un point de contrôle signé"),
    "no-note-in": ("{name}: this is no signed checkpoint", "{name} : ce n’est pas un point de contrôle signé"),
    "key-form": (
        "a public key is written name+hash+key; this one cannot be read",
        "une clé publique s’écrit nom+empreinte+clé ; celle-ci est illisible",
    ),
    "key-hash": (
        "the hash inside this public key does not fit it: a character was lost or changed",
        "cette clé publique ne va pas avec son empreinte : un caractère a été perdu ou changé",
    ),
}
#: The rest of the report.
WORDS = {
    "fr": {
        "holds": "✓ Tout concorde.",
        "fails": "✗ Cet export ne tient pas : {what}{where}. {detail}",
        "where": ", à l’entrée {index} (la première est l’entrée 0)",
        "journal": "Journal « {origin} », {size} entrées ; cet export en contient {entries} ({scope}).",
        "everything": "tout le journal",
        "period": "une période",
        "campaign": "une campagne",
        "person": "une personne",
        "campaign_is": " : {value}",
        "since_is": ", du {value}",
        "until_is": ", jusqu’au {value} exclu",
        "stretch": "De l’entrée {first} ({first_at}) à l’entrée {last} ({last_at}).",
        "whole": "Aucune entrée ne manque : c’est le journal entier, jusqu’à ce point de contrôle.",
        "complete": "Aucune entrée ne manque de la première à la dernière.",
        "selection": "Les autres entrées n’y sont que par leur empreinte : l’export prouve ce qu’il montre, pas ce qu’il tait.",
        "key": "Point de contrôle signé le {at} par {key}",
        "vouched": "Cette clé a remplacé celle que vous avez donnée, qui en répond.",
        "own": "Attention : cette clé vient de l’export lui-même. Comparez-la à celle que l’équipe publie (--key).",
        "backward": "Attention : {entries} entrée(s) se disent de plus d’une heure avant une autre, scellée avant elles. La"
        " première est l’entrée {index} : elle se dit du {at}, après une entrée du {after}. Antidatée, ou écrite par une horloge"
        " fausse : demandez pourquoi.",
        "early": "Attention : le point de contrôle se dit signé le {at}, plus d’une heure avant une entrée qu’il scelle"
        " ({newest}).",
        "earlier": "{count} point(s) de contrôle antérieurs confirmés.",
        "apart": "Points de contrôle que cet export partiel ne permet pas de comparer : {sizes}.",
        "changed": "une entrée a été modifiée",
        "removed": "une entrée a été retirée",
        "inserted": "une entrée a été ajoutée",
        "reordered": "des entrées ont été déplacées",
        "truncated": "la fin manque",
        "root": "l’arbre n’est pas celui qui a été signé",
        "signature": "la signature n’est pas celle de la clé attendue",
        "checkpoint": "un point de contrôle antérieur est contredit",
        "odd": "une entrée n’est pas écrite comme un journal les écrit",
        "lacking": "il manque un texte qu’une entrée nomme",
        "file": "un fichier joint a été modifié",
        "manifest": "le sommaire est contredit",
        "damaged": "✗ Illisible : {why}",
    },
    "en": {
        "holds": "✓ Everything holds.",
        "fails": "✗ This export does not hold: {what}{where}. {detail}",
        "where": ", at entry {index} (the first one is entry 0)",
        "journal": "Journal “{origin}”, {size} entries; this export holds {entries} of them ({scope}).",
        "everything": "the whole journal",
        "period": "a stretch of time",
        "campaign": "a campaign",
        "person": "a person",
        "campaign_is": ": {value}",
        "since_is": ", from {value}",
        "until_is": ", before {value}",
        "stretch": "From entry {first} ({first_at}) to entry {last} ({last_at}).",
        "whole": "No entry is missing: this is the whole journal, up to this checkpoint.",
        "complete": "No entry is missing from the first to the last.",
        "selection": "Other entries are here by their hash alone: the export proves what it shows, not what it leaves out.",
        "key": "Checkpoint signed on {at} by {key}",
        "vouched": "This key replaced the one you gave, which answers for it.",
        "own": "Beware: this key comes from the export itself. Compare it with the one the team publishes (--key).",
        "backward": "Beware: {entries} entries say that they are more than an hour older than one that was sealed before them."
        " The first is entry {index}: it says {at}, after an entry of {after}. Backdated, or written by a clock that was wrong:"
        " ask why.",
        "early": "Beware: the checkpoint says it was signed on {at}, more than an hour before an entry that it seals ({newest}).",
        "earlier": "{count} earlier checkpoint(s) confirmed.",
        "apart": "Checkpoints that this partial export cannot be compared with: {sizes}.",
        "changed": "an entry was changed",
        "removed": "an entry was removed",
        "inserted": "an entry was added",
        "reordered": "entries were moved",
        "truncated": "the end is missing",
        "root": "the tree is not the one that was signed",
        "signature": "the signature is not that of the key expected",
        "checkpoint": "an earlier checkpoint is contradicted",
        "odd": "an entry is not written as a journal writes them",
        "lacking": "a text that an entry names is missing",
        "file": "an attached file was changed",
        "manifest": "the manifest is contradicted",
        "damaged": "✗ Cannot be read: {why}",
    },
}


# --- the command ----------------------------------------------------------------------------------------------------------------


def told(report: Report, lang: str) -> str:
    """The report in words."""
    return "\n".join(map(plain, _told_of(report, WORDS[lang], lang)))


def plain(text: str) -> str:
    """What a bundle says of itself, as a terminal may show it: no line of its own, nothing that erases or colours ours."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _told_of(report: Report, words: dict[str, str], lang: str) -> Iterator[str]:
    """Each sentence of the report."""
    scope = words[str(report.scope["kind"])]
    for name in ("campaign", "since", "until"):
        if name in report.scope:
            scope += words[f"{name}_is"].format(value=report.scope[name])
    yield words["journal"].format(origin=report.origin, size=report.size, entries=report.entries, scope=scope)
    if report.fault:
        yield words["fails"].format(
            what=words[report.fault.what], where=where(report.fault, lang), detail=detail(report.fault, lang)
        )
        return
    yield words["key"].format(key=report.key, at=report.signed_at or "?")
    if report.vouched:
        yield words["vouched"]
    if not report.key_trusted:
        yield words["own"]
    if report.first is not None:
        yield words["stretch"].format(**{name: getattr(report, name) for name in ("first", "first_at", "last", "last_at")})
    whole = report.complete and report.scope["kind"] == "everything"
    yield words["whole" if whole else "complete" if report.complete else "selection"]
    if report.backward:
        yield backward(report.backward, lang)
    if report.signed_at and report.signed_at < _long_before(report.newest_at):
        yield words["early"].format(at=report.signed_at, newest=report.newest_at)
    if report.checkpoints:
        yield words["earlier"].format(count=report.checkpoints)
    if report.not_compared:
        yield words["apart"].format(sizes=", ".join(map(str, report.not_compared)))
    yield words["holds"]


def backward(told: Backward, lang: str) -> str:
    """What is to be asked about entries that say that they are older than their place."""
    return WORDS[lang]["backward"].format(**asdict(told))


def where(found: Fault, lang: str) -> str:
    """The entry in words; nothing where no single one is known."""
    return "" if found.index is None else WORDS[lang]["where"].format(index=found.index)


def detail(found: Fault, lang: str) -> str:
    """The detail in that language."""
    return found.detail.fr if lang == "fr" and isinstance(found.detail, Said) else found.detail


def main(arguments: list[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description="Vérifie un export d’un journal Passerelle. / Verifies an export of a journal.")
    parser.add_argument("bundle", help="l’export, un fichier .zip / the export")
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--key", help="clé publique du journal / public key of the journal: name+hash+key")
    given.add_argument("--key-file", metavar="FILE", help="fichier qui tient cette clé / file with that key")
    kept = "point de contrôle gardé d’un jour plus ancien / checkpoint kept from an earlier day"
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help=kept)
    parser.add_argument("--lang", choices=sorted(WORDS), default="fr", help="langue de la réponse / language of the answer")
    parser.add_argument("--json", action="store_true", help="répondre en JSON / answer as JSON")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file or a window that has no ✓ must not end it
    asked = parser.parse_args(arguments)
    try:
        given_key = asked.key if asked.key_file is None else _file(asked.key_file)
        key = read_key(given_key) if given_key is not None else None  # an empty one is a key that got lost on its way
        report = verify(asked.bundle, key, [read_note(name) for name in asked.checkpoint])
    except Damaged as damage:
        if asked.json:
            print(json.dumps({"holds": False, "fault": {"what": "damaged", "index": None, "detail": damage.why}}))
        else:
            print(WORDS[asked.lang]["damaged"].format(why=plain(damage.why.fr if asked.lang == "fr" else damage.why)))
        return 1
    if asked.json:
        print(json.dumps({"holds": report.holds, **asdict(report)}, ensure_ascii=False))
    else:
        print(told(report, asked.lang))
    return 0 if report.holds else 1


def _file(name: str) -> str:
    """What a file holds, at most a megabyte. Raises Damaged."""
    try:
        with Path(name).open(encoding="utf-8-sig") as file:  # editors of Windows put a mark in front
            return file.read(1 << 20)
    except (OSError, UnicodeDecodeError) as why:
        raise Damaged("unreadable", name=name, why=_fault_of(why)) from None


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Verifies an export of a Passerelle journal. One file, Python 3.11 or newer, nothing else: no network, nothing written.

    python3 verify_bundle.py BUNDLE.zip [--key KEY | --key-file FILE] [--checkpoint FILE] [--lang fr|en] [--json]

It says what holds, and names the first entry that does not. Exit code 0: everything holds; 1: something does not, or the file
cannot be read; 2: wrong usage. KEY is the journal's public key (name+hash+key) as its owner published it; without it the key
inside the bundle is used, and the answer says so. --checkpoint takes a signed checkpoint kept from an earlier day, as often as
wanted. Memory is the same for any length; of a long bundle a second process hashes the entries, where there are two processors.

Format of a bundle: docs/journal.md. Tree: RFC 6962 with leaf = SHA-256(0x00 || SHA-256(body)). Signatures: Ed25519 (RFC 8032)
over C2SP checkpoints.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256, sha512
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

FORMAT = "passerelle-bundle/1"
LINE_BYTES_MAX = 1 << 20
PIECE_BYTES = 1 << 16  # unpacked at once: what stays close to the processor
SMALL_FILE_BYTES_MAX = 64 << 20
RATIO_MAX = 300  # a text of JSON lines shrinks 10 to 60 times; what shrinks more was made to burst
LONG_BYTES = 20_000_000  # of entries, some 50,000: shorter ones are verified before a second process has begun
HASH_ENTRIES = "--hash-entries"  # how the second process is called
MANY = 256  # entries taken at once while all is well
WINDOW = 256  # entries looked at around the first that does not fit, to say what happened to it
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others unpack at a go however much a few bytes hold
_PLUS = ord("+")  # begins the line of a subtree
_NEVER = 1 << 80  # leaves: more than any tree has
KINDS = {"everything", "period", "campaign", "person"}


class Damaged(Exception):
    """The bundle cannot be read as one; the message says why."""


@dataclass
class Fault:
    """The first thing that does not hold."""

    what: str  # changed, removed, inserted, reordered, truncated, root, signature, checkpoint, file, manifest
    index: int | None = None  # of the entry in the journal, from 0
    detail: str = ""


@dataclass
class Report:
    """What was found."""

    origin: str = ""
    scope: dict[str, object] = field(default_factory=dict)
    size: int = 0  # entries in the journal when the bundle was made
    entries: int = 0  # entries in the bundle
    key: str = ""
    key_trusted: bool = False  # whether the key was given from outside
    complete: bool = False  # every entry of the scope's stretch is there, from before its beginning to after its end
    checkpoints: int = 0  # earlier checkpoints that the journal still agrees with
    not_compared: list[int] = field(default_factory=list)  # sizes of checkpoints that this bundle is too small to compare with
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
                raise Damaged(f"leaves.txt: a subtree of level {level} cannot begin at {size}")
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


# --- entries against leaves -----------------------------------------------------------------------------------------------------


def leaf_of(body: bytes) -> bytes:
    """The leaf of an entry."""
    return sha256(b"\x00" + sha256(body).digest()).digest()


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
        return taken + list(islice(self._items, count - len(taken))) if taken else list(islice(self._items, count))

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
    last: int | None = None  # index of the last entry
    contiguous: bool = True
    fault: Fault | None = None

    def take(self, line: bytes) -> bytes | None:
        """Add a line of leaves.txt to the tree; the leaf, or None for a subtree. Raises Damaged."""
        tree = self.tree
        if line[:1] == b"+":
            level, start, digest = _subtree(line)
            if start != tree.size:
                raise Damaged(f"leaves.txt: a subtree at {start} where {tree.size} was expected")
            tree.add(digest, level)
            return None
        index, leaf = _leaf(line)
        if index != tree.size:
            raise Damaged(f"leaves.txt: leaf {index} where {tree.size} was expected")
        self._count(index, index, 1)
        tree.add(leaf)
        return leaf

    def take_many(self, lines: Ahead, bodies: Ahead) -> bool:
        """Take the next lines and their entries at once while all of them fit; False when each has to be looked at."""
        chunk = lines.many(MANY)
        told = _stretch(chunk, self.tree.size)
        if told is not None:
            taken = bodies.many(len(told.leaves))
            if [sha256(b"\x00" + sha256(body).digest()).digest() for body in taken] == told.leaves:
                self.add(told)
                return True
            bodies.back(taken)
        lines.back(chunk)
        return False

    def add(self, told: Stretch) -> None:
        """Add lines whose entries fit."""
        tree = self.tree
        if told.here:
            self._count(told.here[0], told.here[-1], len(told.here))
        one = len(told.hashes) == told.end - tree.size == MANY and not tree.size % MANY  # leaves of one complete subtree
        if one and not tree.watches(told.end):
            tree.add(_root_of(told.hashes), MANY.bit_length() - 1)
        else:
            tree.extend(zip(told.levels, told.hashes, strict=True))

    def _count(self, first: int, last: int, entries: int) -> None:
        """Entries from index `first` to `last`; some between them may not be here."""
        if last - first + 1 != entries or (self.last is not None and self.last + 1 != first):
            self.contiguous = False
        self.last = last
        self.entries += entries


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
                told.fault = Fault("inserted", tree.size, "after the last entry there are lines that the tree does not hold")
            return told
        leaf = told.take(line)
        if leaf is None:
            continue
        body = held.one()
        if body is None:
            told.fault = Fault("truncated", told.last, "the bundle ends before this entry")
        elif leaf_of(body) != leaf:
            following = ahead.many(WINDOW)
            ahead.back(following)
            told.fault = _explain(tree.size - 1, leaf, body, following, held.many(WINDOW))
    while (line := ahead.one()) is not None:
        told.take(line)
    return told


def walk_hashed(hashed: IO[bytes], leaves: Iterator[bytes], tree: Tree) -> Walk | None:
    """The same, of bodies whose leaves somebody else computes: `hashed`, one after another. None when something does not fit."""
    told = Walk(tree)
    while lines := list(islice(leaves, MANY)):
        some = _stretch(lines, tree.size)
        if some is None or hashed.read(32 * len(some.leaves)) != b"".join(some.leaves):
            return None
        told.add(some)
    return None if hashed.read(1) else told


def _stretch(lines: list[bytes], start: int) -> Stretch | None:
    """What these lines tell of the leaves from `start`; None when one is not written as it should be, or there is none."""
    levels = [0] * len(lines)
    here: list[int] = []
    leaves: list[bytes] = []
    end = start
    try:
        packed = bytes.fromhex(b"".join([line[-64:] for line in lines]).decode())
        hashes = [packed[at : at + 32] for at in range(0, len(packed), 32)]
        if not lines or len(packed) != 32 * len(lines):
            return None
        for at, line in enumerate(lines):
            if line[0] != _PLUS:
                if line[:-64] != b"%d " % end:
                    return None
                here.append(end)
                leaves.append(hashes[at])
                end += 1
            elif line[:-64] == b"+0 %d " % end:
                end += 1
            else:
                levels[at] = level = int(line[1:3])
                if level >= 64 or line[:-64] != b"+%d %d " % (level, end):
                    return None
                end += 1 << level
    except ValueError:
        return None
    return Stretch(levels, hashes, here, leaves, end)


def _root_of(hashes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _explain(index: int, leaf: bytes, body: bytes, ahead: list[bytes], bodies: list[bytes]) -> Fault:
    """What happened to the first entry that does not fit: where does its leaf, or its body, turn up nearby?"""
    if not body:
        return Fault("removed", index, "this entry is not there any more")
    leaves = [(index, leaf), *(_leaf(line) for line in ahead if line[:1] != b"+")]
    found = [leaf_of(each) for each in (body, *bodies)]
    mine, wanted = found[0], leaf
    elsewhere = next((at for at, (_, each) in enumerate(leaves) if each == mine), None)
    here = next((at for at, each in enumerate(found) if each == wanted), None)
    shown = _told(body)
    if elsewhere is not None and here is not None:
        return Fault("reordered", index, f"entries {index} and {leaves[elsewhere][0]} changed places; here stands: {shown}")
    if elsewhere is not None:
        gone = f"{index}" if elsewhere == 1 else f"{index} to {leaves[elsewhere - 1][0]}"
        return Fault("removed", index, f"missing: {gone}; the next entry here is {leaves[elsewhere][0]}: {shown}")
    if here is not None:
        return Fault("inserted", index, f"{here} line(s) before entry {index} belong to no entry: {shown}")
    return Fault("changed", index, f"its bytes are not those that were sealed: {shown}")


def _told(body: bytes) -> str:
    """What an entry says of itself, short."""
    try:
        content = json.loads(body)
        told = {name: content[name] for name in ("kind", "at", "message", "campaign") if name in content}
        return json.dumps(told, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        return repr(body[:60])


def _leaf(line: bytes) -> tuple[int, bytes]:
    try:
        number, _, digest = line.partition(b" ")
        leaf = bytes.fromhex(digest.decode())
        if len(leaf) != 32:
            raise ValueError
        return int(number), leaf
    except ValueError:
        raise Damaged("leaves.txt: a line is neither a leaf nor a subtree") from None


def _subtree(line: bytes) -> tuple[int, int, bytes]:
    try:
        level, start, digest = line[1:].split(b" ")
        found = int(level), int(start), bytes.fromhex(digest.decode())
        if not 0 <= found[0] < 64 or len(found[2]) != 32:
            raise ValueError
        return found
    except ValueError:
        raise Damaged("leaves.txt: a line is neither a leaf nor a subtree") from None


# --- checkpoints and signatures -------------------------------------------------------------------------------------------------


@dataclass
class Checkpoint:
    """A signed note, read; `signatures` are (name, key hash, signature)."""

    origin: str
    size: int
    root: bytes
    body: bytes
    signatures: list[tuple[str, bytes, bytes]]


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
        raise Damaged("this is no signed checkpoint") from None
    if not blank or not signatures or size < 0 or len(root) != 32:
        raise Damaged("this is no signed checkpoint")
    return Checkpoint(lines[0], size, root, (body + "\n").encode(), signatures)


def read_note(name: str) -> Checkpoint:
    """The checkpoint in a file. Raises Damaged."""
    try:
        return read_checkpoint(_file(name))
    except Damaged as why:
        raise Damaged(f"{name}: {why}".replace(f"{name}: {name}", name)) from None


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
        raise Damaged("a public key is written name+hash+key; this one cannot be read")
    key = Key(name, raw[1:])
    if key.key_id.hex() != hashed.lower():
        raise Damaged("the hash inside this public key does not fit it: a character was lost or changed")
    return key


def signed_by(checkpoint: Checkpoint, keys: Iterable[Key]) -> Key | None:
    """The first of these keys that signed the checkpoint; None when none did."""
    for key in keys:
        for name, key_id, signature in checkpoint.signatures:
            mine = name == key.name == checkpoint.origin and key_id == key.key_id
            if mine and ed25519_verifies(key.public, signature, checkpoint.body):
                return key
    return None


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
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = _recovered_x(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def _plus(one: _Point, two: _Point) -> _Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % _P, (one[1] + one[0]) * (two[1] + two[0]) % _P
    c, d = 2 * one[3] * two[3] * _D % _P, 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _twice(one: _Point) -> _Point:
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
        with zipfile.ZipFile(path) as bundle:
            return _verify(bundle, key, list(kept), path)
    except OSError as fault:
        raise Damaged(f"{path}: cannot be read ({fault.strerror or fault})") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as fault:
        raise Damaged(f"{path}: is no bundle, or was damaged on its way ({fault})") from None


def _verify(bundle: zipfile.ZipFile, key: Key | None, kept: list[Checkpoint], path: str) -> Report:
    _check_sizes(bundle)
    manifest = _manifest(bundle)
    report = Report(origin=manifest["origin"], scope=manifest["scope"], size=manifest["size"])
    report.fault = _changed_file(bundle, manifest["files"])
    own = [read_key(line.split("\t")[0]) for line in _text(bundle, "keys.txt").splitlines() if line.strip()]
    checkpoint = read_checkpoint(_text(bundle, "checkpoint.txt"))
    signer = signed_by(checkpoint, [key] if key else own)
    report.key_trusted = key is not None
    report.key = str(signer or key or (own[0] if own else ""))
    if signer is None:
        why = "the checkpoint was not signed by the key that was given" if key else "the checkpoint is signed by none of its keys"
        report.fault = report.fault or Fault("signature", None, why)
    if (checkpoint.origin, checkpoint.size) != (report.origin, report.size):
        report.fault = report.fault or Fault(
            "manifest", None, "the manifest tells of another journal, or size, than the checkpoint"
        )
    trusted = [key, *own] if key else own  # a checkpoint kept before the key was changed is compared too
    earlier = [read_checkpoint(note) for note in _text(bundle, "checkpoints.txt").split("\n\n\n") if note.strip()]
    compared = [*((each, own) for each in earlier), *((each, trusted) for each in kept)]
    watched = {each.size for each, _ in compared}
    walked = _walked_by_two(bundle, path, Tree(watched)) or _walked(bundle, Tree(watched))
    tree = walked.tree
    report.entries = walked.entries
    report.complete = walked.contiguous and (report.scope["kind"] == "everything" or _encloses(report, walked, bundle))
    report.fault = report.fault or _judged(report, walked, checkpoint)
    compare(report, tree, compared)
    return report


def _walked(bundle: zipfile.ZipFile, tree: Tree) -> Walk:
    with _opened(bundle, "entries.ndjson") as entries, _opened(bundle, "leaves.txt") as leaves:
        return walk(_lines(entries, "entries.ndjson"), _lines(leaves, "leaves.txt"), tree)


def _walked_by_two(bundle: zipfile.ZipFile, path: str, tree: Tree) -> Walk | None:
    """Walk through a long bundle while a second process hashes its entries: half the time. None when there is but one processor,
    or something does not fit: then the entries are looked at one by one, here, and the first of them is named."""
    entries = next((each.file_size for each in bundle.infolist() if each.filename == "entries.ndjson"), 0)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if entries < LONG_BYTES or processors < 2:
        return None
    command = [sys.executable, "-I", "-S", __file__, HASH_ENTRIES, str(Path(path).resolve())]
    try:
        beside = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 (this very script)
    except (OSError, ValueError):
        return None
    with beside, _opened(bundle, "leaves.txt") as leaves:
        try:
            return walk_hashed(beside.stdout, _lines(leaves, "leaves.txt"), tree) if beside.stdout else None
        finally:
            beside.kill()


def _hash_entries(path: str) -> int:
    """Write the leaf of each entry to the standard output: what the second process does."""
    with zipfile.ZipFile(path) as bundle, _opened(bundle, "entries.ndjson") as entries:
        lines = _lines(entries, "entries.ndjson")
        while some := list(islice(lines, MANY)):
            sys.stdout.buffer.write(b"".join([sha256(b"\x00" + sha256(body).digest()).digest() for body in some]))
    return 0


def _judged(report: Report, walked: Walk, checkpoint: Checkpoint) -> Fault | None:
    tree = walked.tree
    if tree.size != checkpoint.size or tree.root() != checkpoint.root:
        where = walked.fault.index if walked.fault else None
        why = f"the leaves do not make the tree that was signed ({tree.size} of {checkpoint.size} entries)"
        return Fault("root" if tree.size == checkpoint.size else "truncated", where, why)
    if walked.fault:
        return walked.fault
    everything = report.scope["kind"] == "everything"
    if everything and (walked.entries != checkpoint.size or not walked.contiguous):
        return Fault("removed", None, f"{walked.entries} entries where the whole journal has {checkpoint.size}")
    if report.scope["kind"] == "period" and not walked.contiguous:
        return Fault("removed", None, "entries are missing inside the stretch")
    return None


def _encloses(report: Report, walked: Walk, bundle: zipfile.ZipFile) -> bool:
    """Whether the entries of a period begin before it, and end after it, or with the journal: none was left out at either end."""
    if report.scope["kind"] != "period" or walked.last is None:
        return False
    with _opened(bundle, "entries.ndjson") as entries:
        lines = _lines(entries, "entries.ndjson")
        first = next(lines, b"")
        last = next(iter(deque(lines, maxlen=1)), first)
    try:
        begins = walked.last + 1 == walked.entries or not (since := _instant(report.scope.get("since"))) or _at(first) < since
        ends = walked.last + 1 == report.size or not (until := _instant(report.scope.get("until"))) or _at(last) >= until
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return begins and ends


def _at(body: bytes) -> datetime:
    """When an entry was made."""
    return datetime.fromisoformat(json.loads(body)["at"])


def _instant(told: object) -> datetime | None:
    """An instant of the manifest; None where it gives none. Raises ValueError, TypeError."""
    return None if told is None else datetime.fromisoformat(str(told))


def compare(report: Report, tree: Tree, compared: list[tuple[Checkpoint, list[Key]]]) -> None:
    """Earlier checkpoints: same journal, signed, and still the beginning of this tree."""
    for each, keys in compared:
        if report.fault is not None:
            return
        if each.origin != report.origin:
            report.fault = Fault("checkpoint", None, f"a checkpoint of another journal: {each.origin}")
        elif signed_by(each, keys) is None:
            report.fault = Fault("checkpoint", None, f"the checkpoint of size {each.size} is signed by no key of this journal")
        elif each.size > tree.size:
            why = f"a checkpoint tells of {each.size} entries; this journal ends at {tree.size}"
            report.fault = Fault("truncated", tree.size, why)
        elif each.size in tree.roots or each.size == 0:
            if tree.roots.get(each.size, each.root) != each.root:
                why = f"the first {each.size} entries are no longer those of the checkpoint: the journal was written anew"
                report.fault = Fault("checkpoint", each.size, why)
            report.checkpoints += 1
        else:
            report.not_compared.append(each.size)


def _check_sizes(bundle: zipfile.ZipFile) -> None:
    names = [each.filename for each in bundle.infolist()]
    if len(names) != len(set(names)) or len(names) > 10_000:
        raise Damaged("the bundle holds a file twice, or far too many files")
    for each in bundle.infolist():
        if each.compress_type not in METHODS:
            raise Damaged(f"{each.filename}: packed in a way that no export is")
        if each.file_size > 4096 and each.file_size > RATIO_MAX * max(each.compress_size, 1):
            raise Damaged(
                f"{each.filename}: made to burst ({each.file_size} bytes from {each.compress_size}); no export of a journal"
            )


def _manifest(bundle: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest = json.loads(_text(bundle, "manifest.json"))
        if manifest["format"] != FORMAT:
            raise Damaged(f"manifest.json: format {manifest['format']!r}; this script reads {FORMAT}")
        good = (
            isinstance(manifest["origin"], str)
            and isinstance(manifest["size"], int)
            and isinstance(manifest["files"], dict)
            and manifest["scope"]["kind"] in KINDS
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Damaged("manifest.json: cannot be read") from None
    if not good:
        raise Damaged("manifest.json: cannot be read")
    found: dict[str, Any] = manifest
    return found


def _changed_file(bundle: zipfile.ZipFile, files: dict[str, str]) -> Fault | None:
    """The files beside the entries: packs, wordings, notices, keys."""
    there = {each.filename for each in bundle.infolist()} - {"manifest.json", "entries.ndjson", "leaves.txt"}
    for name in sorted(there | set(files)):
        if name not in there or name not in files:
            return Fault("file", None, f"{name}: {'missing' if name in files else 'not named by the manifest'}")
        digest = sha256()
        with bundle.open(name) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        if digest.hexdigest() != files[name] or not digest.hexdigest().startswith(_named_hash(name)):
            return Fault("file", None, f"{name}: its bytes are not those it is named by")
    return None


def _named_hash(name: str) -> str:
    """Packs and wordings are named by their hash, as the sealed entries name them; other files by the manifest alone."""
    folder, _, file = name.rpartition("/")
    return file.partition(".")[0] if folder in ("packs", "wordings", "campaigns") else ""


def _opened(bundle: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return bundle.open(name)
    except KeyError:
        raise Damaged(f"{name}: missing; this is no bundle of a journal") from None


def _text(bundle: zipfile.ZipFile, name: str) -> str:
    with _opened(bundle, name) as file:
        raw = file.read(SMALL_FILE_BYTES_MAX + 1)
    if len(raw) > SMALL_FILE_BYTES_MAX:
        raise Damaged(f"{name}: far too long")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Damaged(f"{name}: is no text in UTF-8") from None


def _lines(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Lines without their end, read in large pieces."""
    rest = b""
    while piece := file.read(PIECE_BYTES):
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        if len(rest) > LINE_BYTES_MAX:
            raise Damaged(f"{name}: a line of more than {LINE_BYTES_MAX} bytes")
        yield from lines
    if rest:
        yield rest


# --- the command ----------------------------------------------------------------------------------------------------------------

WORDS = {
    "fr": {
        "holds": "✓ Tout concorde.",
        "fails": "✗ Cet export ne tient pas : {what}{where}. {detail}",
        "where": ", à l’entrée {index}",
        "journal": "Journal « {origin} », {size} entrées ; cet export en contient {entries} ({scope}).",
        "complete": "Aucune entrée ne manque dans la période exportée.",
        "ends": "De la première à la dernière aucune ne manque ; rien ne montre qu’il n’y en eut pas avant, ou après.",
        "selection": "Les autres entrées n’y sont que par leur empreinte : l’export prouve ce qu’il montre, pas ce qu’il tait.",
        "key": "Signé par {key}",
        "own": "Attention : cette clé vient de l’export lui-même. Comparez-la à celle que l’équipe publie (--key).",
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
        "file": "un fichier joint a été modifié",
        "manifest": "le sommaire est contredit",
        "damaged": "✗ Illisible : {why}",
    },
    "en": {
        "holds": "✓ Everything holds.",
        "fails": "✗ This export does not hold: {what}{where}. {detail}",
        "where": ", at entry {index}",
        "journal": "Journal “{origin}”, {size} entries; this export holds {entries} of them ({scope}).",
        "complete": "No entry is missing from the stretch exported.",
        "ends": "From the first to the last none is missing; nothing shows that none came before or after them in the stretch.",
        "selection": "Other entries are here by their hash alone: the export proves what it shows, not what it leaves out.",
        "key": "Signed by {key}",
        "own": "Beware: this key comes from the export itself. Compare it with the one the team publishes (--key).",
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
        "file": "an attached file was changed",
        "manifest": "the manifest is contradicted",
        "damaged": "✗ Cannot be read: {why}",
    },
}


def told(report: Report, lang: str) -> str:
    """The report in words."""
    words = WORDS[lang]
    scope = plain(", ".join(f"{name} {value}" for name, value in report.scope.items()))
    lines = [words["journal"].format(origin=plain(report.origin), size=report.size, entries=report.entries, scope=scope)]
    if report.fault:
        where = "" if report.fault.index is None else words["where"].format(index=report.fault.index)
        what = words[report.fault.what]
        return "\n".join([*lines, words["fails"].format(what=what, where=where, detail=plain(report.fault.detail))])
    lines.append(words["key"].format(key=plain(report.key)))
    if not report.key_trusted:
        lines.append(words["own"])
    part = "ends" if report.scope["kind"] == "period" else "selection"
    lines.append(words["complete" if report.complete else part])
    if report.checkpoints:
        lines.append(words["earlier"].format(count=report.checkpoints))
    if report.not_compared:
        lines.append(words["apart"].format(sizes=", ".join(map(str, report.not_compared))))
    return "\n".join([*lines, words["holds"]])


def plain(text: str) -> str:
    """What a bundle says of itself, as a terminal may show it: no line of its own, nothing that erases or colours ours."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def main(arguments: list[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description="Verify an export of a Passerelle journal.")
    parser.add_argument("bundle")
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--key", help="public key of the journal: name+hash+key")
    given.add_argument("--key-file", help="file with the public key")
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="checkpoint kept from an earlier day")
    parser.add_argument("--lang", choices=sorted(WORDS), default="fr")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    asked = parser.parse_args(arguments)
    try:
        key = read_key(asked.key or _file(asked.key_file)) if asked.key or asked.key_file else None
        kept = [read_note(name) for name in asked.checkpoint]
        report = verify(asked.bundle, key, kept)
    except Damaged as why:
        if asked.json:
            print(json.dumps({"holds": False, "fault": {"what": "damaged", "index": None, "detail": str(why)}}))
        else:
            print(WORDS[asked.lang]["damaged"].format(why=plain(str(why))))
        return 1
    if asked.json:
        print(json.dumps({"holds": report.holds, **asdict(report)}, ensure_ascii=False))
    else:
        print(told(report, asked.lang))
    return 0 if report.holds else 1


def _file(name: str) -> str:
    try:
        with Path(name).open(encoding="utf-8") as file:
            return file.read(1 << 20)
    except (OSError, UnicodeDecodeError) as fault:
        raise Damaged(f"{name}: cannot be read ({fault})") from None


if __name__ == "__main__":
    sys.exit(_hash_entries(sys.argv[2]) if sys.argv[1:2] == [HASH_ENTRIES] else main())

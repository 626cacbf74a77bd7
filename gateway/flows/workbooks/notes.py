"""What people write over a sheet of Excel rather than in it: notes on cells, threads of them, boxes of text."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping

from gateway.domain.errors import InvalidInput
from gateway.flows.workbooks.limits import NOTE_CHARACTERS_MAX, NOTES_MAX
from gateway.flows.workbooks.marks import TOO_MANY_NOTES, Marks, placed
from gateway.flows.workbooks.parts import parse

_NOTES, _THREADS, _DRAWING = "comments", "threadedComment", "drawing"


def read_over(package: zipfile.ZipFile, part: str, marks: Marks) -> None:
    """Add what is written over the worksheet of this part. Raises InvalidInput for XML that is broken or a trap, or too much."""
    parts = _parts_over(package, part)
    threads = [note for name in parts[_THREADS] for note in _texts(package, name, "threadedComment", "text")]
    answered = {place for place, _ in threads}  # for an older Excel a notice stands in their place
    notes = [note for name in parts[_NOTES] for note in _texts(package, name, "comment", "t") if note[0] not in answered]
    for place, text in (*threads, *notes):
        if place:
            marks.add_note(placed(place)[0], text)
    for name in parts[_DRAWING]:
        marks.boxes += [text for _, text in _texts(package, name, "p", "t") if text]


def _parts_over(package: zipfile.ZipFile, part: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {_NOTES: [], _THREADS: [], _DRAWING: []}
    folder, name = posixpath.split(part)
    relations = f"{folder}/_rels/{name}.rels"
    inside = set(package.namelist())

    def start(tag: str, told: Mapping[str, str]) -> None:
        kind = told.get("Type", "").rpartition("/")[2]
        if tag.rpartition(":")[2] == "Relationship" and kind in found and told.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/" + folder, told.get("Target", ""))).lstrip("/")
            if target in inside:
                found[kind].append(target)

    if relations in inside:
        parse(package, relations, start)
    return found


def _texts(package: zipfile.ZipFile, part: str, whole: str, words: str) -> list[tuple[str, str]]:
    """(cell, text) of each element `whole`, from its elements `words`, without the name of its author that Excel sets before."""
    reader = _Texts(whole, words)
    parse(package, part, reader.start, reader.end, reader.text)
    return reader.found


class _Texts:
    def __init__(self, whole: str, words: str) -> None:
        self.found: list[tuple[str, str]] = []
        self._whole, self._words = whole, words
        self._place, self._said, self._long, self._inside = "", list[str](), 0, False
        self._authors, self._author = list[str](), False

    def start(self, tag: str, told: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == self._whole:
            self._place, self._said, self._long = told.get("ref", ""), [], 0
        self._inside = self._inside or name == self._words
        if name == "author":
            self._authors.append("")
            self._author = True

    def text(self, said: str) -> None:
        if self._author:
            self._authors[-1] = (self._authors[-1] + said)[:NOTE_CHARACTERS_MAX]
        elif self._inside and self._long < NOTE_CHARACTERS_MAX:
            self._said.append(said)
            self._long += len(said)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == self._words:
            self._inside = False
        elif name == "author":
            self._author = False
        elif name == self._whole:
            if len(self.found) >= NOTES_MAX:
                raise InvalidInput(TOO_MANY_NOTES)
            self.found.append((self._place, self._unsigned("".join(self._said)[:NOTE_CHARACTERS_MAX])))

    def _unsigned(self, text: str) -> str:
        text = text.strip()
        signed = next((f"{one}:" for one in self._authors if one and text.startswith(f"{one}:")), "")
        return " ".join(text.removeprefix(signed).split())

"""Kinds `words` and `columns`: what a file may say about people, judged by its headings and its tags."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from gateway.compliance.batch import BatchFacts
from gateway.compliance.likeness import resembles
from gateway.compliance.reading import Table
from gateway.compliance.rule import Ask, Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding

_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
#: By so many letters stems are looked up; none is shorter.
_STEM_BEGINS = 3


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower case, no accents, words parted by one space: "Numéro_Sécu." becomes "numero secu"."""
    folded = unicodedata.normalize("NFKD", text).replace("œ", "oe").replace("Œ", "oe").casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _NOT_LETTERS.sub(" ", bare).strip()


@dataclass(frozen=True, slots=True)
class WordsRule(Kind[BatchFacts]):
    """Refuses headings and tags that say what may not be kept; holds what resembles them, and cells that say it, for a look."""

    asks = (Ask.ENTER,)
    effects = frozenset({Effect.REFUSE})
    cases = ("refused", "review")
    params = frozenset({"columns"})

    head: Head
    refuse: frozenset[str]
    alone: frozenset[str]  #: refused words of one word: those a fault of spelling may hide
    review: tuple[str, ...]
    softening: tuple[str, ...]  #: of them, those that hold a refused word and say more than it
    stems: tuple[str, ...]
    cells: frozenset[str]
    harmless: tuple[str, ...]
    of_things: re.Pattern[str] | None  #: a refused word said of what is nobody: « santé du sol »
    notes: tuple[str, ...]  #: headings of free text, judged by what stands below them where somebody listened to all of it
    spoken: Mapping[str, tuple[str, ...]]  #: what free text may betray, by its first word …
    begun: Mapping[str, tuple[str, ...]]  #: … and stems of words there, by their first letters, of a rule that has `notes`

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """Words or groups of words, found whole; case, accents and a final s are ignored.

        `harmless` ones are left out first; of a refused word inside a `review` one, the longer wins, and one said of `things`
        is looked at. `stems` are beginnings of words that resemble refused ones; `cells`, what the cells of a column may betray.
        `notes` are headings of free text; `told`, what free text may betray beside refused words, stems and cells.
        """
        del book
        refuse = frozenset(map(_singular, value.texts("refuse")))
        notes = _longest_first(map(_singular, value.texts("notes", ())))
        review = _longest_first((*map(_singular, value.texts("review", ())), *notes))
        stems, cells = tuple(map(plain, value.texts("stems", ()))), frozenset(map(_singular, value.texts("cells", ())))
        return cls(
            head=head,
            refuse=refuse,
            alone=frozenset(word for word in refuse if " " not in word),
            review=review,
            softening=tuple(phrase for phrase in review if _said(refuse, f" {phrase} ")),
            stems=stems,
            cells=cells,
            harmless=_longest_first(map(_singular, value.texts("harmless", ()))),
            of_things=_of_things(refuse, map(_singular, value.texts("things", ()))),
            notes=notes,
            spoken=_by_beginning((*refuse, *cells, *map(_singular, value.texts("told", ()))), lambda phrase: phrase.split()[0]),
            begun=_by_beginning(stems if notes else (), lambda stem: stem[:_STEM_BEGINS]),
        )

    def assess(self, facts: BatchFacts, /) -> Finding | None:
        """The finding names the headings, tags and cells as they were written."""
        refused, doubtful = [], []
        for text in (*facts.columns, *facts.told, *facts.tags):
            match self._case(text, heard=text in facts.heard):
                case "refused":
                    refused.append(text)
                case "review":
                    doubtful.append(text)
        doubtful += [f"{column} : {cell}" for column, cell in facts.cells if _singular(cell) in self.cells]
        doubtful += [f"{column} : {words}" for column, words in facts.said if self.betrayed(words)]
        if refused:
            return self.head.finding("refused", params=(("columns", " · ".join(refused)),))
        if doubtful:
            return self.head.finding("review", effect=Effect.DEFER, params=(("columns", " · ".join(doubtful)),))
        return None

    def judges(self, heading: str) -> bool:
        """Whether a heading alone is refused, or looked at."""
        return bool(self._case(heading, heard=False))

    def _case(self, text: str, *, heard: bool) -> str:
        """What becomes of a heading or a tag: "refused", "review", or nothing. heard: all of its free text was listened to."""
        around = _without(f" {_singular(text)} ", self.harmless)
        softened = _without(around, self.softening)
        if self.of_things:
            softened = self.of_things.sub(" ", softened)
        if _said(self.refuse, softened):
            return "refused"
        if heard:
            around = softened = _without(softened, self.notes)
        doubtful = softened != around or _said(self.review, softened) or resembles(softened, self.alone, self.stems)
        return "review" if doubtful else ""

    def is_of_notes(self, heading: str) -> bool:
        """Whether a column holds free text by its heading."""
        return _said(self.notes, f" {_singular(heading)} ")

    def betrayed(self, text: str) -> str:
        """What free text says that may not be kept: a word or a phrase of it, folded; empty for any other."""
        said = f" {' '.join(map(_singular_word, _WORD.findall(unicodedata.normalize('NFC', text))))} "
        if not (found := self._met(said)):
            return ""
        softened = _without(said, self.harmless)
        return found if softened == said else self._met(softened)

    def _met(self, said: str) -> str:
        for word in said.split():
            if any(map(word.startswith, self.begun.get(word[:_STEM_BEGINS], ()))):
                return word
            for phrase in self.spoken.get(word, ()):
                if f" {phrase} " in said:
                    return phrase
        return ""


@dataclass(frozen=True, slots=True)
class ColumnsRule(Kind[BatchFacts]):
    """Notes columns that no purpose of the gateway needs: they are left out."""

    asks = (Ask.ENTER,)
    effects = frozenset({Effect.NOTE})
    params = frozenset({"columns"})

    head: Head
    needed: frozenset[str]

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`needed`: headings that have a purpose."""
        del book
        return cls(head=head, needed=frozenset(map(plain, value.texts("needed"))))

    def assess(self, facts: BatchFacts, /) -> Finding | None:
        """The note names the others."""
        others = [column for column in facts.columns if plain(column) not in self.needed]
        return self.head.finding(params=(("columns", " · ".join(others)),)) if others else None


@lru_cache(maxsize=65_536)
def _singular_word(word: str) -> str:
    """The same of one word: free text says the same ones over and over."""
    return _singular(word)


def _singular(text: str) -> str:
    return " ".join(word.removesuffix("s") for word in plain(text).split())


def _said(phrases: Iterable[str], around: str) -> bool:
    return any(f" {phrase} " in around for phrase in phrases)


def _without(around: str, phrases: Iterable[str]) -> str:
    for phrase in phrases:
        around = around.replace(f" {phrase} ", " ")
    return around


def _of_things(refused: Iterable[str], things: Iterable[str]) -> re.Pattern[str] | None:
    said, of = ("|".join(map(re.escape, _longest_first(words))) for words in (refused, things))
    return re.compile(rf" (?:{said})(?: (?:du|de|d)(?: la| l| le)?)? (?:{of})(?= )") if of else None


def _by_beginning(phrases: Iterable[str], beginning: Callable[[str], str]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for phrase in phrases:
        found[beginning(phrase)] = (*found.get(beginning(phrase), ()), phrase)
    return found


def _longest_first(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(phrases, key=len, reverse=True))

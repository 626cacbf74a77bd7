"""Kinds `words` and `columns`: what a file may say about people, judged by its headings and its tags."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from gateway.compliance.batch import BatchFacts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Ask, Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding

_NOT_LETTERS = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower case, no accents, words parted by one space: "Numéro_Sécu." becomes "numero secu"."""
    folded = unicodedata.normalize("NFKD", text).replace("œ", "oe").replace("Œ", "oe").casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _NOT_LETTERS.sub(" ", bare).strip()


@dataclass(frozen=True, slots=True)
class WordsRule(Kind[BatchFacts]):
    """Refuses headings and tags that say what may not be kept; holds doubtful ones for a person's look."""

    asks = (Ask.ENTER,)
    effects = frozenset({Effect.REFUSE})
    cases = ("refused", "review")
    params = frozenset({"columns"})

    head: Head
    refuse: frozenset[str]
    review: frozenset[str]
    harmless: tuple[str, ...]

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """Words or groups of words, found whole; case, accents and a final s are ignored. `harmless` ones are left out first."""
        del book
        return cls(
            head=head,
            refuse=frozenset(map(_singular, value.texts("refuse"))),
            review=frozenset(map(_singular, value.texts("review", ()))),
            harmless=tuple(map(_singular, value.texts("harmless", ()))),
        )

    def assess(self, facts: BatchFacts, /) -> Finding | None:
        """The finding names the headings and tags as they were written."""
        said = (*facts.columns, *facts.tags)
        if refused := [text for text in said if self._found(self.refuse, text)]:
            return self.head.finding("refused", params=(("columns", " · ".join(refused)),))
        if doubtful := [text for text in said if self._found(self.review, text)]:
            return self.head.finding("review", effect=Effect.DEFER, params=(("columns", " · ".join(doubtful)),))
        return None

    def _found(self, phrases: frozenset[str], text: str) -> bool:
        around = f" {_singular(text)} "
        for phrase in self.harmless:
            around = around.replace(f" {phrase} ", " ")
        return any(f" {phrase} " in around for phrase in phrases)


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


def _singular(text: str) -> str:
    return " ".join(word.removesuffix("s") for word in plain(text).split())

"""Turns of phrase: what is said in several ways, written as the patterns of a pack say it. Pure; on letters (see `wording`).

"je n'ai plus la moindre envie de recevoir" becomes "je veux plus recevoir": so each pattern need know one way of saying it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.compliance.expressions import Groups, Way, matches


@dataclass(frozen=True, slots=True)
class Turn:
    """Ways of saying one thing, and the letters that say it."""

    ways: tuple[Way, ...]
    letters: str


class Turns:
    """Turns in the order they are looked for: what one of them writes, a later one may read."""

    __slots__ = ("_every", "_groups")

    def __init__(self, every: Iterable[Turn]) -> None:
        self._every = tuple(every)
        self._groups = Groups(turn.ways for turn in self._every)

    def told(self, words: Sequence[str], letters: str) -> tuple[list[str], str]:
        """Words and their letters with each turn as the patterns say it; her own words stay, each at the letter it became."""
        words, number = list(words), -1
        while (found := self._next(letters, number)) is not None:
            number, ways = found
            instead = self._every[number].letters
            for match in reversed(list(matches(ways, letters))):
                words[match.start() : match.end()] = _shared(words[match.start() : match.end()], len(instead))
                letters = letters[: match.start()] + instead + letters[match.end() :]
        return words, letters

    def _next(self, letters: str, after: int) -> tuple[int, list[Way]] | None:
        """The first turn after this one that a text may have, with its ways that may be found there."""
        for number, possible in self._groups.possible(letters):
            if number > after and (ways := [way for way in possible if way.compiled.search(letters)]):
                return number, ways
        return None


def _shared(words: Sequence[str], count: int) -> list[str]:
    """Words as so many: those too many stay with the first; where there are too few the last are empty."""
    spare = max(0, len(words) - count)
    shared = [" ".join(words[: spare + 1]), *words[spare + 1 :]][:count]
    return shared + [""] * (count - len(shared))

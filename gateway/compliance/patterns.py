"""What is looked for in a reply, and where: in the whole of it, in one of its sentences, where two clauses meet. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.compliance.expressions import Groups, Way, Ways, blanked, first_match
from gateway.compliance.folding import ASIDE, PAUSE, QUESTION
from gateway.domain.reply import RightAsked

#: Places of a sentence where clauses meet, at most, that are looked at.
_CLAUSES_MOST = 8
_SENTENCE = re.compile(r"[^.?]+[.?]?")


class Means(StrEnum):
    """What a pattern found in a text means for it."""

    OBJECTION = "objection"
    DOUBTFUL = "doubtful"
    #: Doubtful too, but too vague to add up with anything.
    UNCLEAR = "unclear"
    #: Two of these, or one beside something doubtful, make an objection; one alone is doubtful.
    LEANING = "leaning"
    REFUSAL = "refusal"  #: a plain no
    RESTART = "restart"
    HELP = "help"
    NOTHING = "nothing"  #: everyday talk
    #: She wants our messages: with an objection in the same reply it is doubtful, and what is merely vague is no doubt.
    WELCOME = "welcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A way of saying something."""

    id: str
    means: Means
    aside: bool  #: the words it was found in count for nothing afterwards
    every_medium: bool  #: it speaks of every channel, not of the one it came by
    right: RightAsked | None
    ways: tuple[Way, ...]  #: of saying it
    only_with: frozenset[str] = frozenset()  #: looked for in a text with one of these letters; empty: in any


class Patterns:
    """Patterns in the order they are looked for."""

    __slots__ = ("_groups", "every")

    def __init__(self, every: Iterable[Pattern]) -> None:
        self.every = tuple(every)
        self._groups = Groups(pattern.ways for pattern in self.every)

    def possible(self, letters: str) -> Iterator[tuple[Pattern, list[Way]]]:
        """Those that may be found in a text, each with the ways of saying it that may."""
        for number, ways in self._groups.possible(letters):
            pattern = self.every[number]
            if not (pattern.only_with and pattern.only_with.isdisjoint(letters)):
                yield pattern, ways


def found_in(letters: str, told: Sequence[str], patterns: Patterns) -> tuple[list[tuple[Pattern, str]], str]:
    """Patterns found, in their order, each with the words it was found in; and the letters, without what was set aside."""
    every: list[tuple[Pattern, str]] = []
    for pattern, ways in patterns.possible(letters):
        match = first_match(ways, letters)
        if match is None:
            continue
        every.append((pattern, " ".join(filter(None, told[match.start() : match.end()]))))
        if pattern.aside:
            letters = blanked(ways, letters, ASIDE)
    return every, letters


def sentence_found_in(letters: str, told: Sequence[str], patterns: Patterns) -> list[tuple[Pattern, str]]:
    """The first pattern that makes up a whole sentence of several, with that sentence."""
    for sentence in _SENTENCE.finditer(letters):
        if len(sentence.group()) < len(letters) and (found := found_in(sentence.group(), told[sentence.start() :], patterns)[0]):
            return found[:1]
    return []


def clause_found_in(
    letters: str, told: Sequence[str], patterns: Patterns, joins: Ways, begins: Ways
) -> list[tuple[Pattern, str]]:
    """The first pattern that makes up what stands before or after the place where two clauses meet, as a mere doubt.

    « Merci de cesser car je suis malade »: what is to cease is said in neither clause, so that somebody reads it.
    joins: what joins two clauses; begins: what begins one.
    """
    for sentence in _SENTENCE.finditer(letters):
        for start, stop in _clauses(sentence, joins, begins):
            if found := found_in(letters[start:stop], told[start:stop], patterns)[0]:
                pattern, said = found[0]
                return [(replace(pattern, means=Means.UNCLEAR), said)]
    return []


def _clauses(sentence: re.Match[str], joins: Ways, begins: Ways) -> Iterator[tuple[int, int]]:
    """From where to where clauses go: those that begin a sentence, and, where it asks nothing, those that end it.

    « Le parking, vous le supprimez ? » names before the pause what the rest is about.
    """
    said, (begin, end) = sentence.group(), sentence.span()
    meet = [(place, place + 1) for place, letter in enumerate(said) if letter == PAUSE]
    meet += [found.span() for found in joins.matches(said)]
    meet += [(found.start(), found.start()) for found in begins.matches(said)]
    for before, after in sorted(meet)[:_CLAUSES_MOST]:
        if before:
            yield begin, begin + before
        if begin + after < end and not said.endswith(QUESTION):
            yield begin + after, end

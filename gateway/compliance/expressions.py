"""Expressions on letters: what is read and compiled faster, and what a text must have for one to be found in it. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby

#: Each for itself: letters of which a text has one wherever an expression is found; none when nothing can be told.
Needs = tuple[frozenset[str], ...]

#: What need not be there: what must not stand somewhere, what may be left out, any word.
_SPARED = re.compile(r"\(\?<?!(?:[^()]|\([^()]*\))*\)|\[[^]]+\](?:[?*]|\{0[^}]*\})|\[\^[^]]+\](?:\+|\{[^}]*\})?")
#: The smallest parts of an expression; what opens a group that must be found.
_TOKEN = re.compile(r"\(\?<?[:=!]|[()|?*+]|\[[^]]+\]|\{[^}]*\}|\\?.")
_ASKING = ("(?:", "(?=")
_COMMON_WEIGHS = 50
#: A choice between classes, as it is written for the expression.
_CHOICE = re.compile(r"\(\?:(\[[^]^]+\](?:\|\[[^]^]+\])*)\)")
_A_CLASS = re.compile(r"\[[^]]+\]")
#: In the shape of an expression, where x is any class: what may be repeated, several of them, and a choice between them.
_SPARED_IN_SHAPE = re.compile(r"(x)(?:[?*+]|\{[01],[1-9]?\})(?![?*+{])|x+(?=x)|\(\?:(x)(?:\|x)*\)")


class Way:
    """One way of saying something: an expression, compiled when a text is first looked at for it."""

    __slots__ = ("_compiled", "needs", "said")

    def __init__(self, said: str, needs: Needs = ()) -> None:
        """said: without fault (`fault_of`)."""
        self.said = said
        self.needs = needs
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        """The expression itself."""
        if self._compiled is None:
            self._compiled = re.compile(merged(self.said))
        return self._compiled


class Ways:
    """Ways of saying things, by what they need: a pack has well over a thousand, and a text is about a few dozen."""

    __slots__ = ("_by_letter", "_needed_too", "every")

    def __init__(self, every: Iterable[Way]) -> None:
        self.every = tuple(every)
        self._by_letter: dict[str, list[int]] = defaultdict(list)  # places, by what is needed most; "": by no letter
        self._needed_too = [way.needs[1:] for way in self.every]
        for place, way in enumerate(self.every):
            for letter in way.needs[0] if way.needs else ("",):
                self._by_letter[letter].append(place)

    def possible(self, letters: str) -> list[int]:
        """Places of those that a text has all the letters for, in their order."""
        there, known = {"", *letters}, self._by_letter
        places = sorted({place for letter in there if letter in known for place in known[letter]})
        return [place for place in places if not any(map(there.isdisjoint, self._needed_too[place]))]

    def matches(self, letters: str) -> Iterator[re.Match[str]]:
        """Where one of them is found, from left to right."""
        return matches([self.every[place] for place in self.possible(letters)], letters)


class Groups:
    """Groups of ways, each of saying one thing, in their order."""

    __slots__ = ("_of_way", "_ways")

    def __init__(self, groups: Iterable[Iterable[Way]]) -> None:
        told = [(number, way) for number, group in enumerate(groups) for way in group]
        self._of_way = [number for number, _ in told]
        self._ways = Ways(way for _, way in told)

    def possible(self, letters: str) -> Iterator[tuple[int, list[Way]]]:
        """The numbers of those that a text may have, each with its ways that it has all the letters for."""
        for number, places in groupby(self._ways.possible(letters), self._of_way.__getitem__):
            yield number, [self._ways.every[place] for place in places]


def first_match(ways: Iterable[Way], letters: str, begin: int = 0) -> re.Match[str] | None:
    """The first place, from `begin` on, where one of them is found; of those found there the one named first."""
    first: re.Match[str] | None = None
    for way in ways:
        found = way.compiled.search(letters, begin)
        if found is not None and (first is None or found.start() < first.start()):
            first = found
    return first


def matches(ways: Sequence[Way], letters: str) -> Iterator[re.Match[str]]:
    """All such places, one after another; never an empty one."""
    begin = 0
    while (found := first_match(ways, letters, begin)) is not None:
        begin = max(found.end(), found.start() + 1)
        if found.group():
            yield found


def blanked(ways: Sequence[Way], letters: str, sign: str) -> str:
    """The text with this sign for each letter of such places."""
    for found in matches(ways, letters):
        letters = letters[: found.start()] + sign * len(found.group()) + letters[found.end() :]
    return letters


def fault_of(said: str) -> str:
    """Why an expression cannot be compiled, in the words of `re`; nothing when it can. What classes hold plays no part."""
    shape = _A_CLASS.sub("x", said)
    return _fault_of(shape) if _fault_of(_simpler(shape)) else ""


def _simpler(shape: str) -> str:
    """A shape that can be compiled only if this one can, and that many have in common; to look behind asks for every length."""
    shape = shape.replace(r"(?:\A|(?<=x))", r"\A").replace(r"(?=x|\Z)", r"\Z")
    while "(?<" not in shape and shape != (shape := _SPARED_IN_SHAPE.sub(_kept, shape)):
        pass
    return shape


def _kept(found: re.Match[str]) -> str:
    return found[1] or found[2] or ""


@cache
def _fault_of(shape: str) -> str:
    try:
        re.compile(shape)
    except re.error as fault:
        return str(fault)
    return ""


def merged(said: str) -> str:
    """Classes between which there is a choice are one: "(?:[a]|[b])" is "[a-b]"."""
    fewer = _CHOICE.sub(lambda found: _one_of(found[1]), said)
    return fewer if fewer == said else merged(fewer)


@cache
def _one_of(choice: str) -> str:
    return f"[{spans(_letters_of(choice))}]"


@cache
def _letters_of(choice: str) -> str:
    """The letters of a class, or of a choice between classes, as they are written for the expression."""
    letters = re.sub("(.)-(.)", lambda span: "".join(map(chr, range(ord(span[1]), ord(span[2]) + 1))), choice)
    return re.sub("[][|]", "", letters)


def needed(said: str, common: str) -> Needs:
    """What a text has wherever this expression is found in it, the rarest first.

    `common`: letters of words that most texts have, which tell little.
    """
    return _needed_from(_TOKEN.findall(_SPARED.sub("", said)), 0, common)[0]


def any_of(ways: Sequence[Needs]) -> frozenset[str]:
    """Letters of which a text has one when any of these alternatives is found: none when that cannot be told of each."""
    return frozenset().union(*(needs[0] for needs in ways)) if all(ways) else frozenset()


def _needed_from(parts: Sequence[str], place: int, common: str) -> tuple[Needs, int]:
    """… of the alternatives that begin at a place, and where they end."""
    ways: list[list[frozenset[str]]] = [[]]
    while place < len(parts):
        part, place = parts[place], place + 1
        if part == ")":
            break
        if part == "|":
            ways.append([])
            continue
        found: Needs = ()
        if part.startswith("("):
            found, place = _needed_from(parts, place, common)
            found = found if part in _ASKING else ()
        elif part.startswith("[") and not part.startswith("[^"):
            found = (_class(part),)
        if place < len(parts) and (parts[place] in "?*" or parts[place].startswith("{0")):
            continue
        ways[-1] += found
    if len(ways) == 1:
        return _rarest_first(ways[0], common), place
    either = any_of([_rarest_first(way, common)[:1] for way in ways])
    return ((either,) if either else ()), place


def _rarest_first(sets: list[frozenset[str]], common: str) -> Needs:
    return tuple(sets if len(sets) < 2 else sorted(dict.fromkeys(sets), key=lambda one: _weight(one, common)))


@cache
def _class(part: str) -> frozenset[str]:
    return frozenset(_letters_of(part))


def _weight(letters: frozenset[str], common: str) -> int:
    """How likely a text is to have one of these letters: words that hold a sentence together count for many.

    Not remembered: every set that was ever weighed would stay, most of them of no use once a pack is read.
    """
    return len(letters) + _COMMON_WEIGHS * len(letters & _class(common))


@cache
def spans(letters: str) -> str:
    """The same letters, neighbours as one span: what is read and compiled faster."""
    spans: list[list[str]] = []
    for letter in sorted(set(letters)):
        if spans and ord(spans[-1][1]) + 1 == ord(letter):
            spans[-1][1] = letter
        else:
            spans.append([letter, letter])
    return "".join(first if first == last else f"{first}-{last}" for first, last in spans)

"""Expressions on letters: what is read and compiled faster, and what a text must have for one to be found in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

#: What need not be there: what must not stand somewhere, what may be left out, any word.
_SPARED = re.compile(r"\(\?<?!(?:[^()]|\([^()]*\))*\)|\[[^]]+\](?:[?*]|\{0[^}]*\})|\[\^[^]]+\](?:\+|\{[^}]*\})?")
#: The smallest parts of an expression; what opens a group that must be found.
_TOKEN = re.compile(r"\(\?<?[:=!]|[()|?*+]|\[[^]]+\]|\{[^}]*\}|\\?.")
_ASKING = ("(?:", "(?=")
_COMMON_WEIGHS = 50
#: A choice between classes, as it is written for the expression.
_CHOICE = re.compile(r"\(\?:(\[[^]^]+\](?:\|\[[^]^]+\])*)\)")


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


def needed(said: str, common: str) -> frozenset[str]:
    """Letters of which a text has one when this expression is found in it; none when that cannot be told.

    `common`: letters of words that most texts have, which tell little.
    """
    return _needed_from(_TOKEN.findall(_SPARED.sub("", said)), 0, common)[0]


def any_of(ways: Sequence[frozenset[str]]) -> frozenset[str]:
    """… when one of these alternatives is found: none when that cannot be told of each."""
    return frozenset().union(*ways) if all(ways) else frozenset()


def _needed_from(parts: Sequence[str], place: int, common: str) -> tuple[frozenset[str], int]:
    """… of the alternatives that begin at a place, and where they end: of each the rarest word it cannot do without."""
    ways: list[frozenset[str]] = []
    rarest: frozenset[str] = frozenset()
    while place < len(parts):
        part, place = parts[place], place + 1
        if part in ("|", ")"):
            ways.append(rarest)
            if part == ")":
                return any_of(ways), place
            rarest = frozenset()
            continue
        found: frozenset[str] = frozenset()
        if part.startswith("("):
            found, place = _needed_from(parts, place, common)
            found = found if part in _ASKING else frozenset()
        elif part.startswith("[") and not part.startswith("[^"):
            found = _class(part)
        if place < len(parts) and (parts[place] in "?*" or parts[place].startswith("{0")):
            continue
        if found and (not rarest or _weight(found, common) < _weight(rarest, common)):
            rarest = found
    ways.append(rarest)
    return any_of(ways), place


@cache
def _class(part: str) -> frozenset[str]:
    return frozenset(_letters_of(part))


@cache
def _weight(letters: frozenset[str], common: str) -> int:
    """How likely a text is to have one of these letters: words that hold a sentence together count for many."""
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

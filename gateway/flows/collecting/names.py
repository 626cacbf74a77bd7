"""One column that holds a whole name: where the family name ends is told by capitals, by the heading, or not at all.

French lists write the family name in capitals (« RIOU Zoé », « Zoé LE GOFF »). Where they do not, the order that the heading says
is enough for two words, and for a name with a particle. Nothing else is guessed: « Martin Jean Pierre » may be two people.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

#: What may stand before a name, and is no part of it.
_CIVILITY = frozenset(
    ("m", "mr", "mme", "mlle", "mlles", "mrs", "ms", "monsieur", "madame", "mademoiselle", "dr", "docteur", "me", "maître")
)
#: Words that make two people of a name.
_COUPLE = _CIVILITY - {"m", "me", "dr"} | {"et", "&", "ou"}
#: Small words that belong to the family name they stand before.
_PARTICLES = frozenset(
    (
        *("d", "de", "du", "des", "la", "le", "les", "da", "dos", "do", "di", "del", "van", "von", "der", "den"),
        *("o", "mac", "mc", "ben", "bel", "el", "al", "abd", "aït", "ait", "ould", "saint", "sainte", "st", "ste"),
    )
)


class Order(StrEnum):
    """What a heading says of the order of names."""

    FAMILY_FIRST = "family_first"
    GIVEN_FIRST = "given_first"
    UNSAID = "unsaid"


class Name(NamedTuple):
    """A name, told apart."""

    family: str
    given: str


def told_apart(text: str, order: Order) -> Name | None:
    """Family name and given names of somebody, as they are written; None when nothing tells where one ends."""
    family, comma, given = text.partition(",")
    if comma:  # « Riou, Zoé »: a comma is put after the family name, in every country
        found = Name(" ".join(_bare(family.split())), " ".join(_bare(given.split())))
        return found if all(found) and "," not in given else None
    words = _bare(text.split())
    if len(words) < 2 or any(word.casefold().rstrip(".") in _COUPLE for word in words):
        return None
    return _by_capitals(words) or _by_order(words, order)


def _bare(words: Sequence[str]) -> Sequence[str]:
    """Without « M. », « Mme » at the beginning; a name is left of it, or they are one."""
    while len(words) > 1 and words[0].casefold().rstrip(".") in _CIVILITY:
        words = words[1:]
    return words


def _by_capitals(words: Sequence[str]) -> Name | None:
    """The words in capitals, if they stand together at one end and others are not in capitals."""
    loud = [_is_loud(word) for word in words]
    first = loud.index(True) if any(loud) else len(words)
    last = len(words) - loud[::-1].index(True) if any(loud) else 0
    if not all(loud[first:last]) or all(loud):
        return None
    while first > 0 and _is_particle(words[first - 1]):  # « Jean de LA TOUR »: the small word is of the name it stands before
        first -= 1
    if first == 0 and last < len(words):
        return _name(words[:last], words[last:])
    return _name(words[first:], words[:first]) if last == len(words) and first > 0 else None


def _by_order(words: Sequence[str], order: Order) -> Name | None:
    """Two words in the order that the heading says; more only where small words say what belongs together."""
    if order is Order.UNSAID:
        return None
    small = [_is_particle(word) for word in words]
    if order is Order.GIVEN_FIRST:
        begins = small.index(True) if any(small) else 1
        return _name(words[begins:], words[:begins]) if begins > 0 and (any(small) or len(words) == 2) else None
    ends = small.index(False) + 1 if not all(small) else len(words)
    return _name(words[:ends], words[ends:]) if len(words) - ends == 1 else None


def _name(family: Sequence[str], given: Sequence[str]) -> Name | None:
    return Name(" ".join(family), " ".join(given)) if family and given else None


def _is_loud(word: str) -> bool:
    """Whether a word is in capitals: one letter alone may be an initial."""
    marks = [mark for mark in word if mark.isalpha()]
    elided = word[:2].casefold() in ("d'", "d’", "l'", "l’") and len(word) > 3
    return len(marks) > 1 and (word[2:] if elided else word).isupper()


def _is_particle(word: str) -> bool:
    return word.casefold() in _PARTICLES

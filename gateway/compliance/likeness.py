"""Whether words resemble others: misspelt, cut short, run together, in another form. Pure; the words come from the pack."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: A stem this long betrays itself even inside a word that others were glued to.
_TELLING = 6
#: Shortest word that may be misspelt, and how many faults are forgiven from which length on.
_FAULTS = ((6, 1), (8, 2))
_FIGURES = re.compile(r"\d+")


def resembles(text: str, words: Iterable[str], stems: Iterable[str]) -> bool:
    """Whether a plain text (lower case, no accents, one space between words) says something like one of the words.

    A word begins with a stem, holds a long one, or is a word written with a fault or two; figures beside it change nothing.
    """
    bare = _FIGURES.sub(" ", text)
    parts = bare.split()
    glued = "".join(parts)
    for stem in stems:
        if any(part.startswith(stem) for part in parts) or (len(stem) >= _TELLING and stem in glued):
            return True
    return any(misspelt(part, word) for word in words for part in (*parts, glued))


def misspelt(written: str, meant: str) -> bool:
    """Whether a word is another one with a fault or two, its first letter right."""
    faults = next((most for length, most in reversed(_FAULTS) if len(meant) >= length), 0)
    if not faults or written[:1] != meant[:1] or abs(len(written) - len(meant)) > faults:
        return False
    return distance(written, meant) <= faults


def distance(one: str, other: str) -> int:
    """How many letters to add, drop, change or swap with their neighbour to come from one word to the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]

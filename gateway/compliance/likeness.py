"""Whether words resemble others: misspelt, cut short, run together, in another form. Pure; the words come from the pack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

#: A stem this long betrays itself even inside a word that others were glued to.
_TELLING = 6
#: Shortest word that may be misspelt, and how many faults are forgiven from which length on.
_FAULTS = ((6, 1), (8, 2))
#: Shortest word of which a letter may be left out.
_SPARED_LEAST = 3
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


def slips(word: str, keyboard: Sequence[str]) -> set[str]:
    """What a finger that slips makes of a word, its first letter right: a key beside it, or a letter twice, late or lost.

    Of three letters none is lost: what stays is too little.
    """
    near = _neighbours(keyboard)
    made = set()
    for at in range(1, len(word)):
        before, letter, after = word[:at], word[at], word[at + 1 :]
        made |= {before + other + after for other in near.get(letter, ())}
        made |= {before + other + word[at:] for other in near.get(letter, set()) | near.get(word[at - 1], set()) | {letter}}
        made.add(before + after[:1] + letter + after[1:])
        if len(word) > _SPARED_LEAST:
            made.add(before + after)
    made |= {word + other for other in near.get(word[-1], ())}
    return made - {word}


def late_or_lost(word: str) -> set[str]:
    """A word with one of its letters left out, or after the one that follows it; its first letter stays."""
    lost = {word[:at] + word[at + 1 :] for at in range(1, len(word))}
    late = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)}
    return (lost | late) - {word}


def beside(word: str, keyboard: Sequence[str]) -> set[str]:
    """A word with the key beside one of its letters instead of that letter, the first included."""
    near = _neighbours(keyboard)
    return {word[:at] + other + word[at + 1 :] for at, letter in enumerate(word) for other in near.get(letter, ())} - {word}


def _neighbours(keyboard: Sequence[str]) -> dict[str, set[str]]:
    """The keys around each key; a row stands half a key further right than the one above it."""
    near = {letter: set(row[max(0, at - 1) : at + 2]) for row in keyboard for at, letter in enumerate(row)}
    for above, below in pairwise(keyboard):
        for at, letter in enumerate(below):
            for other in above[at : at + 2]:
                near[letter].add(other)
                near[other].add(letter)
    return near


def one_letter_less(word: str) -> Iterator[str]:
    """The word with each of its letters left out in turn, but the first."""
    return (word[:place] + word[place + 1 :] for place in range(1, len(word)))


def two_swapped(word: str) -> Iterator[str]:
    """The word with each two neighbours in turn changed over, but the first letter."""
    return (word[:place] + word[place + 1] + word[place] + word[place + 2 :] for place in range(1, len(word) - 1))

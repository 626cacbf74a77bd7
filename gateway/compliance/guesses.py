"""Which words a word may stand for that the pack does not have: misspelt, heard, with a slip of a finger. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from gateway.compliance.folding import Habits, key, sound
from gateway.compliance.likeness import beside, late_or_lost, one_letter_less, slips

#: Shorter words are never taken for a misspelt one.
SHORTEST_MISSPELT = 6
#: The first endings of the pack, with which a verb may be misspelt; of shorter beginnings, words and sounds none is guessed.
_TYPICAL, _STEM_LEAST = 5, 4


class Families:
    """Which letters stand for words worth guessing, and which for words of one family: of a class that says something."""

    def __init__(self, of_class: Mapping[str, str], plain: tuple[str, ...]) -> None:
        self._names: dict[str, set[str]] = defaultdict(set)
        self._plain = {letter for name in plain for letter in of_class.get(name, "")}
        for name, letters in of_class.items():
            for letter in letters:
                if not name.startswith("=") and name not in plain:
                    self._names[letter].add(name)

    def telling(self, letter: str) -> bool:
        """Whether words of this letter are worth guessing: a function word or a first name is not."""
        return bool(self._names[letter]) or letter not in self._plain

    def has(self, letter: str) -> bool:
        """Whether words of this letter are of a class that says something, not only named by a pattern or a rule."""
        return bool(self._names[letter])

    def one(self, letter: str, other: str) -> bool:
        """Whether it does not matter which of the two was meant."""
        return letter == other or bool(self._names[letter] & self._names[other])


def heard(
    exact: Mapping[str, str], stems: Mapping[str, str], endings: tuple[str, ...], habits: Habits, families: Families
) -> dict[str, str]:
    """What words of classes, and verbs with each ending, sound like; where two families sound alike none is guessed."""
    forms = {stem + ending: letter for stem, letter in stems.items() if len(stem) >= _STEM_LEAST for ending in endings}
    forms.update({word: letter for word, letter in exact.items() if len(word) >= _STEM_LEAST and families.has(letter)})
    found: dict[str, str] = {}
    unsure: set[str] = set()
    for form, letter in forms.items():
        heard = sound(form, habits)
        if not families.one(found.setdefault(heard, letter), letter):
            unsure.add(heard)
    return {heard: letter for heard, letter in found.items() if heard not in unsure and len(heard) >= _STEM_LEAST}


def brief(words: tuple[str, ...], exact: Mapping[str, str], ordinary: frozenset[str], habits: Habits) -> dict[str, str]:
    """What a finger that slips makes of short words, each as the letter it was meant for; what may be two of them is none."""
    slipped = (
        (slip, exact[key(word)]) for word in words for slip in slips(word, habits.keyboard) if slip not in habits.spellings
    )
    return _sure((slip, letter) for slip, letter in slipped if key(slip) not in exact and key(slip) not in ordinary)


def forms(exact: Mapping[str, str], stems: Mapping[str, str], endings: tuple[str, ...]) -> dict[str, str]:
    """Every word that is known as it is spelt, with its letter."""
    return {stem + ending: letter for stem, letter in stems.items() for ending in ("", *endings)} | dict(exact)


def bearing(
    words: tuple[str, ...], known: Mapping[str, str], ours: frozenset[str], families: Families, habits: Habits
) -> dict[str, str]:
    """The words that bear a demand with one letter late or lost, or the key beside it; what may be two of them is none, nor
    what is a word itself.

    `known`: every word with its letter; `ours`: those that stay what they are, of whatever class.
    """
    slipped = ((word, late_or_lost(word) | beside(word, habits.keyboard)) for word in words)
    told = ((slip, known[key(word)]) for word, made in slipped for slip in made if key(slip) not in ours)
    return _sure((slip, letter) for slip, letter in told if not families.has(known.get(key(slip), "")))


def _sure(slipped: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each slip, as it is spelt in `exact`, with the letter it was meant for; none that may be two."""
    found: dict[str, str] = {}
    unsure: set[str] = set()
    for slip, letter in slipped:
        written = key(slip)
        if found.setdefault(written, letter) != letter:
            unsure.add(written)
    return {written: letter for written, letter in found.items() if written not in unsure}


def misspelt(
    exact: Mapping[str, str], stems: Mapping[str, str], endings: tuple[str, ...], families: Families, written_long: set[str]
) -> dict[str, str]:
    """Long words, and verbs with their first endings, whole and with one letter left out; where two meet neither is guessed."""
    letters = {
        stem + ending: letter for stem, letter in stems.items() for ending in endings[:_TYPICAL] if len(stem) >= _STEM_LEAST
    }
    letters.update(exact)
    long = [
        word
        for word, letter in letters.items()
        if (len(word) >= SHORTEST_MISSPELT or word in written_long) and " " not in word and families.telling(letter)
    ]
    found = {word: word for word in long}
    unsure: set[str] = set()
    for word in long:
        for short in one_letter_less(word):
            if short not in letters and not families.one(letters[found.setdefault(short, word)], letters[word]):
                unsure.add(short)
    return {short: word for short, word in found.items() if short not in unsure}

"""From `stop.toml` of a pack to the words replies are read with. Every fault is recorded with its key."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.compliance.folding import PAUSE, STOP, Habits, bare, key
from gateway.compliance.reading import Table
from gateway.compliance.rule import Confidence, Force
from gateway.compliance.wording import ASIDE, PLAIN, Keywords, Means, Pattern, ReplyWords, one_letter_less
from gateway.domain.reply import RightAsked

_MARKS = f"{STOP}{PAUSE}{ASIDE}"
_FIRST_LETTER = 0x4E00
#: Pieces may be made of pieces, so many times.
_DEEPEST = 3
_SHORTEST_MISSPELT = 6
#: The first endings of the pack, with which a verb may be misspelt; of shorter beginnings none is guessed.
_TYPICAL, _STEM_LEAST = 5, 4
#: Parts of a pattern: a repetition, a class, a look around, a word, a sign.
_PART = re.compile(r"\{\d+(?:,\d*)?\}|\{[a-z_]+\}|\(\?<?[!=]|[^\W_]+~?|\s+|.")
_PLAIN_WORD = re.compile("[a-z0-9]+")
_SIGNS = {
    "(": "(?:",
    "_": f"[^{_MARKS}]",  # any word
    "~": f"[^{STOP}{ASIDE}]",  # any word, or a comma
    "%": PLAIN,
    ".": rf"\{STOP}",
    ";": f"[{STOP}{PAUSE}]",
    "@": f"[^{ASIDE}]",  # any word or mark
    "^": rf"(?:\A|(?<=[{_MARKS}]))",  # a part of a sentence begins
    "$": rf"(?=[{_MARKS}]|\Z)",  # … ends
    "<": rf"\A[{STOP}{PAUSE}]*",  # the text begins
    ">": rf"[{STOP}{PAUSE}]*\Z",  # … ends
}


@dataclass(slots=True)
class _Classes:
    """Words of each class, before they have letters."""

    exact: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    stems: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    names: set[str] = field(default_factory=set)

    def add(self, name: str, word: str) -> None:
        """A word of a class; one that ends with ~ is the beginning of a verb."""
        self.names.add(name)
        among, said = (self.stems, word[:-1]) if word.endswith("~") else (self.exact, word)
        among[key(said)].add(name)

    def letters(self, endings: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """(letter of each word, of each beginning of a verb, all letters of each class)."""
        for words in (self.stems, self.exact):
            for word, classes in words.items():
                for stem in (word, *(word[: -len(ending)] for ending in endings if word.endswith(ending))):
                    classes.update(self.stems.get(stem, ()))
        given: dict[frozenset[str], str] = {}

        def letter(classes: set[str]) -> str:
            return given.setdefault(frozenset(classes), chr(_FIRST_LETTER + len(given)))

        exact = {word: letter(classes) for word, classes in self.exact.items()}
        stems = {word: letter(classes) for word, classes in self.stems.items()}
        of_class: dict[str, str] = defaultdict(str)
        for names, sign in given.items():
            for name in names:
                of_class[name] += sign
        return exact, stems, of_class


def read_reply_words(root: Table, sources: Mapping[str, object], keywords: Iterable[Keywords] = ()) -> ReplyWords:
    """Read the file, and the words that rules name; faults are recorded, and what is answered then must not be used."""
    _read_standing(root, sources)
    habits = _read_habits(root.table("habits"))
    verbs = root.table("verbs")
    endings = verbs.texts("endings")
    verbs.done()
    classes = _Classes()
    words = root.table("words")
    for name in words.names():
        for word in words.texts(name):
            if bare(word) != word or not re.fullmatch(r"[^\W_]+~?", word):
                words.fault(name, f"{word!r}: one word, in lower case, without accents, with ~ for any ending of a verb")
            classes.add(name, word)
    words.done()
    pieces = _read_pieces(root.table("pieces"))
    texts = {table.key: (table, _whole(table.texts("says"), pieces)) for table in root.tables("pattern")}
    polite = _whole(root.texts("polite"), pieces)
    named = [(one, tuple(f"< {' '.join(_PLAIN_WORD.findall(bare(word)))} >" for word in one.words)) for one in keywords]
    for said in (*polite, *(one for _, says in texts.values() for one in says), *(one for _, says in named for one in says)):
        for part in _PART.findall(said):
            if part[0].isalnum():
                classes.add(f"={part}", part)
    keyed = tuple(dict.fromkeys(key(ending) for ending in endings))
    exact, stems, of_class = classes.letters(keyed)
    patterns = (
        *(_read_pattern(table, says, of_class) for table, says in texts.values()),
        *(_named(root, one, says, of_class) for one, says in named),
    )
    ordinary = frozenset(key(word) for word in root.texts("ordinary"))
    root.done()
    return ReplyWords(
        habits=habits,
        exact=exact,
        stems=stems,
        endings=keyed,
        misspelt=_misspelt(exact, stems, keyed),
        ordinary=ordinary,
        polite=_compiled(root, "polite", polite, of_class),
        patterns=patterns,
    )


def _read_standing(root: Table, sources: Mapping[str, object]) -> None:
    """Where the words come from: as of a rule."""
    for name in root.texts("sources"):
        if name not in sources:
            root.fault("sources", f"{name!r} is not a key of sources.toml")
    root.choice("force", Force)
    root.choice("confidence", Confidence)
    root.date("checked_on")


def _read_habits(table: Table) -> Habits:
    signs, spellings = table.table("signs"), table.table("spellings")
    habits = Habits(
        signatures=table.texts("signatures"),
        attributions=table.texts("attributions"),
        forwards=table.texts("forwards"),
        elided=table.texts("elided"),
        signs={sign: signs.text(sign) for sign in signs.names()},
        spellings={word: tuple(spellings.text(word).split()) for word in spellings.names()},
    )
    for one in (signs, spellings, table):
        one.done()
    return habits


def _read_pieces(table: Table) -> dict[str, str]:
    pieces = {name: table.text(name) for name in table.names()}
    for name in pieces:
        if not re.fullmatch("[A-Z]+", name):
            table.fault(name, "a piece of a pattern is named in capitals")
    table.done()
    return pieces


def _whole(says: tuple[str, ...], pieces: Mapping[str, str]) -> tuple[str, ...]:
    """Patterns with their pieces put in, and the pieces of these; an unknown one is left, and reported later."""
    for _ in range(_DEEPEST):
        says = tuple(re.sub(r"\{([A-Z]+)\}", lambda found: pieces.get(found[1], found[0]), said) for said in says)
    return says


def _read_pattern(table: Table, says: tuple[str, ...], of_class: Mapping[str, str]) -> Pattern:
    pattern = Pattern(
        id=table.text("id"),
        means=table.choice("means", Means),
        aside=table.flag("aside", False),
        every_medium=table.flag("every_channel", False),
        right=table.choice("right", RightAsked) if "right" in table else None,
        letters=_compiled(table, "says", says, of_class),
    )
    table.done()
    return pattern


def _named(root: Table, one: Keywords, says: tuple[str, ...], of_class: Mapping[str, str]) -> Pattern:
    """The words of a rule, alone in a reply."""
    letters = _compiled(root, one.rule, says, of_class)
    return Pattern(id=one.rule, means=one.means, aside=False, every_medium=False, right=None, letters=letters)


def _compiled(table: Table, name: str, says: tuple[str, ...], of_class: Mapping[str, str]) -> re.Pattern[str]:
    """The alternatives of a pattern as one expression on letters."""
    try:
        return re.compile("|".join(f"(?:{''.join(_parts(table, name, said, of_class))})" for said in says))
    except re.error as fault:
        table.fault(name, f"cannot be read as a pattern: {fault}")
        return re.compile(r"(?!)")


def _parts(table: Table, name: str, said: str, of_class: Mapping[str, str]) -> Iterator[str]:
    for part in _PART.findall(said):
        if part.isspace():
            continue
        if part[0].isalnum():
            yield f"[{of_class[f'={part}']}]"
        elif part[0] == "{" and part[1].isalpha():
            if part[1:-1] not in of_class:
                table.fault(name, f"{part} is no class of [words]")
                yield PLAIN
            else:
                yield f"[{of_class[part[1:-1]]}]"
        elif part[0] == "{" or part in "|)?*+" or part.startswith("(?"):
            yield part
        elif part in _SIGNS:
            yield _SIGNS[part]
        else:
            table.fault(name, f"{part!r} in {said!r} means nothing in a pattern")


def _misspelt(exact: Mapping[str, str], stems: Mapping[str, str], endings: tuple[str, ...]) -> dict[str, str]:
    """Long words, and verbs with their first endings, whole and with one letter left out; where two meet neither is guessed."""
    letters = {
        stem + ending: letter for stem, letter in stems.items() for ending in endings[:_TYPICAL] if len(stem) >= _STEM_LEAST
    }
    letters.update(exact)
    long = [word for word in letters if len(word) >= _SHORTEST_MISSPELT]
    found = {word: word for word in long}
    unsure: set[str] = set()
    for word in long:
        for short in one_letter_less(word):
            if short not in letters and letters[found.setdefault(short, word)] != letters[word]:
                unsure.add(short)
    return {short: word for short, word in found.items() if short not in unsure}

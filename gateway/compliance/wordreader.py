"""From `stop.toml` of a pack to the words replies are read with. Every fault is recorded with its key.

What has a default here came later than the first packs: these are still read, since a verdict is recomputed with its own pack.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.compliance import guesses
from gateway.compliance.expressions import Way, Ways, any_of, fault_of, needed, spans
from gateway.compliance.folding import ASIDE, PAUSE, QUESTION, STOP, Habits, bare, key
from gateway.compliance.guesses import SHORTEST_MISSPELT
from gateway.compliance.packparts import read_standing
from gateway.compliance.patterns import Means, Pattern, Patterns
from gateway.compliance.reading import Table
from gateway.compliance.turns import Turn, Turns
from gateway.compliance.wording import PLAIN, Keywords, ReplyWords
from gateway.domain.reply import RightAsked

_MARKS = f"{STOP}{QUESTION}{PAUSE}{ASIDE}"
_ENDS = f"{STOP}{QUESTION}"
_FIRST_LETTER = 0x4E00
#: Pieces may be made of pieces, so many times.
_DEEPEST = 4
#: Parts of a pattern: a repetition, a class, a look around, a word, a sign.
_PART = re.compile(r"\{\d+(?:,\d*)?\}|\{[a-z_]+\}|\(\?<?[!=]|[^\W_]+~?|\s+|.")
#: A word that only a pattern names, with its sign, is of no class when it is longer than this.
_SHORT_NAMED = 5
_PLAIN_WORD = re.compile("[a-z0-9]+")
_SIGNS = {
    "(": "(?:",
    "_": f"[^{_MARKS}]",  # any word
    "~": f"[^{_ENDS}{ASIDE}]",  # any word, or a comma
    ".": f"[{_ENDS}]",
    "¿": f"[{QUESTION}]",  # a question ends
    ";": f"[{_ENDS}{PAUSE}]",
    "@": f"[^{ASIDE}]",  # any word or mark
    "§": ".",  # … or what was set aside
    "^": rf"(?:\A|(?<=[{_MARKS}]))",  # a part of a sentence begins
    "$": rf"(?=[{_MARKS}]|\Z)",  # … ends
    "<": rf"\A[{_ENDS}{PAUSE}]*",  # the text begins
    ">": rf"[{_ENDS}{PAUSE}]*\Z",  # … ends
}


@dataclass(slots=True)
class _Classes:
    """Words of each class, before they have letters."""

    exact: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    stems: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ends: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    long: set[str] = field(default_factory=set)  #: keys of words that are long as they are written ("cesser")

    def add(self, name: str, word: str) -> None:
        """A word of a class; one that ends with ~ is the beginning of a verb, one that begins with it the end of a word."""
        self.names.add(name)
        if word.startswith("~"):
            self.ends[key(word[1:])] = name
            return
        among, said = (self.stems, word[:-1]) if word.endswith("~") else (self.exact, word)
        among[key(said)].add(name)
        if len(said) >= SHORTEST_MISSPELT:
            self.long.add(key(said))

    def letters(self, endings: tuple[str, ...]) -> tuple[dict[str, str], ...]:
        """(letter of each word, of each beginning of a verb, of each end of a word, all letters of each class)."""
        for words in (self.stems, self.exact):
            for word, classes in words.items():
                for stem in (word, *(word[: -len(ending)] for ending in endings if word.endswith(ending))):
                    classes.update(self.stems.get(stem, ()))
        kinds = sorted({tuple(sorted(classes, reverse=True)) for words in (self.exact, self.stems) for classes in words.values()})
        given = {frozenset(classes): chr(_FIRST_LETTER + place) for place, classes in enumerate(kinds)}

        def letter(classes: set[str]) -> str:
            return given.setdefault(frozenset(classes), chr(_FIRST_LETTER + len(given)))

        exact = {word: letter(classes) for word, classes in self.exact.items()}
        stems = {word: letter(classes) for word, classes in self.stems.items()}
        ends = {end: letter({name}) for end, name in self.ends.items()}
        of_class: dict[str, str] = defaultdict(str)
        for names, sign in given.items():
            for name in names:
                of_class[name] += sign
        return exact, stems, ends, of_class


def read_reply_words(
    root: Table, sources: Container[str], keywords: Iterable[Keywords] = (), parts: Sequence[Table] = ()
) -> ReplyWords:
    """Read the file, and the words that rules name; faults are recorded, and what is answered then must not be used.

    `parts`: files that hold some of its tables; patterns are looked for in the order of the files. Earlier packs have none.
    """
    read_standing(root, sources)
    habits = _read_habits(root.table("habits"))
    keyed = _read_endings(root.table("verbs"))
    classes = _Classes()
    _read_classes(_holder(root, parts, "words").table("words"), classes)
    pieces = _read_pieces(root.table("pieces"))
    texts = [(table, _whole(table.texts("says"), pieces)) for table in _patterns(root, parts)]
    polite = _whole(root.texts("polite"), pieces)
    apart, joins, begins = (_whole(root.texts(name, ()), pieces) for name in ("apart", "joins", "begins"))
    turns = [(table, table.text("as"), _whole(table.texts("says"), pieces)) for table in _turns(root, parts)]
    named = [(one, tuple(f"< {' '.join(_PLAIN_WORD.findall(bare(word)))} >" for word in one.words)) for one in keywords]
    spoken = (one for _, says in (*texts, *named) for one in says)
    turned = (one for _, meant, says in turns for one in (meant, *says))
    brief = root.texts("brief", ())
    _add_named(classes, (*polite, *apart, *joins, *begins, *turned, *brief, *spoken))
    exact, stems, ends, of_class = classes.letters(keyed)
    plain = root.texts("plain", ())
    families = guesses.Families(of_class, plain)
    silent = _plain(of_class, plain)
    of_class["%"] = _unnamed(of_class, plain)
    letters = _Alphabet(of_class)
    read = [_read_pattern(table, says, letters) for table, says in texts]
    patterns = (*(both[0] for both in read), *(_named(root, one, says, letters) for one, says in named))
    ordinary = frozenset(key(word) for word in (*root.texts("ordinary", ()), *_common(_holder(root, parts, "common"))))
    bearing = _read_bearing(root, guesses.forms(exact, stems, keyed), ordinary.union(exact), families, habits)
    together = "".join(of_class.get(name, "") for name in root.texts("together", ()))
    for file in (root, *parts):
        file.done()
    return ReplyWords(
        habits=habits,
        exact=exact,
        phrases=_phrases(exact),
        stems=stems,
        endings=keyed,
        heard=guesses.heard(exact, stems, keyed, habits, families),
        ends=ends,
        misspelt=guesses.misspelt(exact, stems, keyed, families, classes.long),
        ordinary=ordinary,
        brief=guesses.brief(brief, exact, ordinary, habits),
        bearing=bearing,
        polite=Ways(letters.ways(root, "polite", polite)),
        plain=silent,
        together=together,
        slip=of_class["slip"][:1] or PLAIN,
        apart=Ways(letters.ways(root, "apart", apart)),
        joins=Ways(letters.ways(root, "joins", joins)),
        begins=Ways(letters.ways(root, "begins", begins)),
        turns=Turns([_read_turn(table, meant.split(), says, letters, exact) for table, meant, says in turns]),
        patterns=Patterns(patterns),
        sentences=Patterns(alone for _, alone in read if alone is not None),
    )


def _read_endings(verbs: Table) -> tuple[str, ...]:
    """The ends that verbs may have, as they are looked up."""
    endings = verbs.texts("endings")
    verbs.done()
    return tuple(dict.fromkeys(key(ending) for ending in endings))


def _read_bearing(
    root: Table, known: Mapping[str, str], ours: frozenset[str], families: guesses.Families, habits: Habits
) -> dict[str, str]:
    """The words that are known with a letter late or lost, or the key beside it; one that is no word of the pack is recorded."""
    words = root.texts("bearing", ())
    for word in words:
        if key(word) not in known:
            root.fault("bearing", f"« {word} » n’est pas un mot")
    return guesses.bearing(tuple(word for word in words if key(word) in known), known, ours, families, habits)


def _add_named(classes: _Classes, said: Iterable[str]) -> None:
    """The words that these name, each a class of its own."""
    for part in dict.fromkeys(part for one in said for part in _PART.findall(one)):
        if part[0].isalnum():
            classes.add(f"={part}", part)


def _read_classes(words: Table, classes: _Classes) -> None:
    """Each class of words, with its words."""
    for name in words.names():
        for word in words.texts(name):
            if bare(word) != word or not re.fullmatch(r"[^\W_]+( [^\W_]+)*|[^\W_]+~|~[^\W_]+", word):
                words.fault(name, f"« {word} » : en minuscules, sans accents, avec ~ pour toute fin ou tout début d’un seul mot")
            classes.add(name, word)
    words.done()


def _patterns(root: Table, parts: Sequence[Table]) -> Iterator[Table]:
    """Every pattern, in the order of the files."""
    for file in [file for file in (root, *parts) if "pattern" in file] or [root]:
        yield from file.tables("pattern")


def _turns(root: Table, parts: Sequence[Table]) -> Iterator[Table]:
    """Every turn of phrase; earlier packs have none."""
    for file in (root, *parts):
        if "turn" in file:
            yield from file.tables("turn")


def _read_turn(table: Table, meant: Sequence[str], says: tuple[str, ...], letters: _Alphabet, exact: Mapping[str, str]) -> Turn:
    """Ways of saying one thing, and the words of it, which are words of the pack."""
    for word in meant:
        if key(word) not in exact:
            table.fault("as", f"« {word} » n’est pas un mot")
    turn = Turn(tuple(letters.ways(table, "says", says)), "".join(exact.get(key(word), PLAIN) for word in meant))
    table.done()
    return turn


def _holder(root: Table, parts: Sequence[Table], name: str) -> Table:
    """The file that holds a table; the first, where none does."""
    return next((file for file in (root, *parts) if name in file), root)


def _common(root: Table) -> tuple[str, ...]:
    """Everyday words that resemble ours; packs before this table have a short list instead."""
    if "common" not in root:
        return ()
    common = root.table("common")
    words = common.texts("words")
    common.done()
    return words


def _read_habits(table: Table) -> Habits:
    signs, spellings = table.table("signs"), table.table("spellings")
    habits = Habits(
        signatures=table.texts("signatures"),
        attributions=table.texts("attributions"),
        forwards=table.texts("forwards"),
        footers=table.texts("footers", ()),
        subjects=table.texts("subjects", ()),
        headings=table.texts("headings", ()),
        reactions=table.texts("reactions", ()),
        citing=table.texts("citing", ()),
        elided=table.texts("elided"),
        clipped=table.texts("clipped", ()),
        glued=table.texts("glued", ()),
        keyboard=table.texts("keyboard", ()),
        joined=table.texts("joined", ()),
        alike_ends=_alike_ends(table),
        lone=table.texts("lone", ()),
        sounds=tuple(_read_sound(table, rule) for rule in table.texts("sounds", ())),
        signs={sign: signs.text(sign) for sign in signs.names()},
        spellings={word: tuple(spellings.text(word).split()) for word in spellings.names()},
    )
    for one in (signs, spellings, table):
        one.done()
    return habits


def _alike_ends(table: Table) -> tuple[str, ...]:
    """Ends of words that sound alike, and the end that is none."""
    ends = table.texts("alike_ends", ())
    return (*ends, "") if ends else ()


def _read_sound(table: Table, rule: str) -> tuple[re.Pattern[str], str]:
    """ "eau|au > o": the letters, as an expression, and what they sound like."""
    letters, _, heard = (part.strip() for part in rule.rpartition(">"))
    try:
        return re.compile(letters), heard
    except re.error as fault:
        table.fault("sounds", f"« {rule} » ne peut pas être lu : {fault}")
        return re.compile(r"(?!)"), ""


def _read_pieces(table: Table) -> dict[str, str]:
    pieces = {name: table.text(name) for name in table.names()}
    for name in pieces:
        if not re.fullmatch("[A-Z]+", name):
            table.fault(name, "un morceau de motif se nomme en capitales")
    table.done()
    return pieces


def _whole(says: tuple[str, ...], pieces: Mapping[str, str]) -> tuple[str, ...]:
    """Patterns with their pieces put in, and the pieces of these; an unknown one is left, and reported later."""
    for _ in range(_DEEPEST):
        says = tuple(re.sub(r"\{([A-Z]+)\}", lambda found: pieces.get(found[1], found[0]), said) for said in says)
    return says


def _read_pattern(table: Table, says: tuple[str, ...], letters: _Alphabet) -> tuple[Pattern, Pattern | None]:
    """A pattern, and what of an objection takes the whole text: as a sentence among others it leans to one."""
    ways = letters.ways(table, "says", says)
    pattern = Pattern(
        id=table.text("id"),
        means=table.choice("means", Means),
        aside=table.flag("aside", False),
        every_medium=table.flag("every_channel", False),
        right=table.choice("right", RightAsked) if "right" in table else None,
        ways=tuple(ways),
    )
    table.done()
    whole = [way.needs for way in ways if way.said.startswith(_SIGNS["<"]) and way.said.endswith(_SIGNS[">"])]
    if pattern.means is not Means.OBJECTION or not whole:
        return pattern, None
    return pattern, replace(pattern, means=Means.LEANING, only_with=any_of(whole))


def _named(root: Table, one: Keywords, says: tuple[str, ...], letters: _Alphabet) -> Pattern:
    """The words of a rule, alone in a reply."""
    ways = tuple(letters.ways(root, one.rule, says))
    return Pattern(id=one.rule, means=one.means, aside=False, every_medium=False, right=None, ways=ways)


class _Alphabet:
    """The letters of each class, and parts of patterns as they are written with them."""

    def __init__(self, of_class: Mapping[str, str]) -> None:
        self._of_class = of_class
        self._common = of_class["small"]
        self._written: dict[str, str] = {}
        self._needed: dict[frozenset[str], frozenset[str]] = {}  # each set once: many ways need the same

    def ways(self, table: Table, name: str, says: tuple[str, ...]) -> list[Way]:
        """The alternatives of a pattern as expressions on letters; what is no expression is recorded."""
        ways = []
        for one in says:
            said = "".join([self._written.get(part) or self._write(table, name, one, part) for part in _PART.findall(one)])
            if fault := fault_of(said):
                table.fault(name, f"ne peut pas être lu comme un motif : {fault}")
            ways.append(Way(said, tuple(self._needed.setdefault(one, one) for one in needed(said, self._common))))
        return ways

    def _write(self, table: Table, name: str, said: str, part: str) -> str:
        """A part as it is written; what means nothing is recorded, wherever it stands."""
        if part.isspace():
            return ""
        of_class = self._of_class
        if part[0].isalnum():
            written = f"[{spans(of_class[f'={part}'])}]"
        elif part[0] == "{" and part[1:2].isalpha():
            if part[1:-1] not in of_class:
                table.fault(name, f"{part} n’est pas une classe de [words]")
                return PLAIN
            written = f"[{spans(of_class[part[1:-1]])}]"
        elif part[0] == "{" or part in "|)?*+" or part.startswith("(?"):
            written = part
        elif part == "%":
            written = f"[{spans(of_class[part])}]"
        elif part in _SIGNS:
            written = _SIGNS[part]
        else:
            table.fault(name, f"« {part} », dans « {said} », ne veut rien dire dans un motif")
            return ""
        self._written[part] = written
        return written


def _plain(of_class: Mapping[str, str], names: tuple[str, ...], apart_from: frozenset[str] = frozenset()) -> str:
    """The letter of words of no class, and those of words of no class but these; some classes may play no part."""
    telling = set("".join(letters for name, letters in of_class.items() if name not in names and name not in apart_from))
    return PLAIN + "".join(sorted({letter for name in names for letter in of_class.get(name, "")} - telling))


def _unnamed(of_class: Mapping[str, str], names: tuple[str, ...]) -> str:
    """… and those of words that only a pattern names, but for the shortest, which hold a sentence together ("par", "si")."""
    named = frozenset(name for name in of_class if name.startswith("=") and len(name) > _SHORT_NAMED)
    silent = _plain(of_class, names, named)
    telling = set("".join(letters for name, letters in of_class.items() if name not in names and name not in named))
    return "".join(sorted({*silent, *"".join(of_class[name] for name in named)} - telling))


def _phrases(exact: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    """The first word of each phrase of a class -> how many words such phrases have, longest first."""
    found: dict[str, set[int]] = defaultdict(set)
    for said in exact:
        first, *rest = said.split(" ")
        if rest:
            found[first].add(1 + len(rest))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}

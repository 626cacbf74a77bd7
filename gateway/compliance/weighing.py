"""What the words of a reply weigh, beside what patterns find in them: how often whoever objects said them, and whoever does not.

Pure. The weights are data of the pack, drawn from replies at hand (`bench/weigh.py`). They make no objection: they have somebody
read what no pattern knows, and spare her whom a vague pattern would have paused for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.compliance.folding import ASIDE, MARKS, key
from gateway.compliance.reading import Table

#: Stand before the first word and after the last.
BEGINS, ENDS = "<", ">"
_TENTHS = 10
_SIGNS = (*MARKS, ASIDE)
#: Words that are named as the reason.
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each word weighs, and each two of them that follow one another; a pack may have none."""

    of: Mapping[str, int] = field(default_factory=dict)
    rest: int = 0  #: of every reply, whatever its words
    doubts: int | None = None  #: from here on somebody reads it, whatever the patterns found
    each: int = 0  #: … if it weighs as many tenths for each of its parts: a long letter weighs something by its length alone
    clears: int | None = None  #: down to here nobody need, if all they found was vague

    def weigh(self, parts: Iterable[str]) -> int:
        """The weight of a reply: the more, the likelier an objection."""
        return self.rest + sum(self.of.get(part, 0) for part in parts)

    def heavy(self, parts: Collection[str]) -> bool:
        """Whether a reply of these parts is for somebody to read."""
        weight = self.weigh(parts)
        return self.doubts is not None and weight >= self.doubts and _TENTHS * weight >= self.each * len(parts)

    def light(self, parts: Iterable[str]) -> bool:
        """Whether nobody need read it for a vague doubt."""
        return self.clears is not None and self.weigh(parts) <= self.clears

    def heaviest(self, parts: Iterable[str]) -> str:
        """What of them weighs most, the heaviest first."""
        found = sorted((part for part in parts if self.of.get(part, 0) > 0), key=lambda part: (-self.of[part], part))
        return ", ".join(found[:_NAMED])


def parts_of(words: Sequence[str], letters: str) -> frozenset[str]:
    """The words of a reply as they are weighed, and each two that follow one another; figures are all one."""
    said = [letter if letter in _SIGNS else _plain(word) for word, letter in zip(words, letters, strict=True) if word]
    return frozenset((*said, *(f"{one} {other}" for one, other in zip((BEGINS, *said), (*said, ENDS), strict=True))))


def _plain(word: str) -> str:
    """A word by its key; of several that are read as one, the first."""
    first = word.partition(" ")[0]
    return "0" if first.isdigit() else key(first)


def read_weights(file: Table) -> Weights:
    """The weights of a pack: under each weight the words that have it. Earlier packs have none."""
    if "weights" not in file:
        return Weights()
    table = file.table("weights")
    by_weight = table.table("of")
    of: dict[str, int] = {}
    for name in by_weight.names():
        try:
            weight = int(name)
        except ValueError:
            by_weight.fault(name, "un poids est un nombre entier")
            continue
        for part in by_weight.texts(name):
            if of.setdefault(part, weight) != weight:
                by_weight.fault(name, f"« {part} » a déjà un autre poids")
    weights = Weights(
        of=of,
        rest=_whole(table, "rest"),
        doubts=_whole(table, "doubts"),
        each=_whole(table, "each"),
        clears=_whole(table, "clears"),
    )
    by_weight.done()
    table.done()
    return weights


def _whole(table: Table, name: str) -> int:
    """A whole number, of either sign."""
    value = table.raw(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    table.fault(name, "il faut un nombre entier")
    return 0


def by_weight(of: Mapping[str, int]) -> Iterable[tuple[int, list[str]]]:
    """Each weight with its words, the heaviest first."""
    for weight in sorted(set(of.values()), reverse=True):
        yield weight, sorted(part for part, its in of.items() if its == weight)

"""Whether what a team noted about somebody may be a refusal that no other rule understood (rule optout-effect).

A net below the readers of remarks: it takes nobody's words for an objection, and lets none of them pass for an agreement.
Pure; the words are the pack's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.compliance.folding import bare

_FOLDED = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
#: What parts a remark: what is denied in one part is not what the next one speaks of; « mais non » is one.
_PARTS = re.compile(r"[,;:./&+()\n!?]|\bmais\b(?!\s+non\b)|\s[-–—]\s")
#: « N.P.C. » is one word.
_SPELT = re.compile(r"\b(?:[^\W\d_]\.){2,}")
#: Between two words of a phrase, up to so many others.
_GAP, _GAP_WORDS = "…", 3
#: Where a part of a remark ends.
_END, _ENDS = "$", r"(?= \||$)"
_MARKS = (_GAP, _END)
#: Different words that are remembered: files say the same ones over and over.
_REMEMBERED = 50_000
#: Hours, and people called by their names, in a folded remark: « 18 h 30 », « mme le gall ».
_HOURS_AND_NAMES = re.compile(r"\b\d{1,2} h(?: \d\d)?\b|\b(?:m|mr|mme|mlle|monsieur|madame) (?:(?:le|la|de|du|l|d) )?[a-z]+\b")
#: Between two parts of a folded remark.
_BREAK = " | "


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases of folded words, and what one word at least of any of them is: most remarks hold none."""

    written: re.Pattern[str]
    whole: frozenset[str]
    begun: tuple[str, ...]

    def begins(self, word: str) -> bool:
        """Whether some phrase may hold where this word stands."""
        return word in self.whole or word.startswith(self.begun)


@dataclass(frozen=True, slots=True)
class Unease:
    """Words that deserve somebody's eyes; knows none by default."""

    uneasy: Phrases | None = None  #: anywhere within one part of a remark
    eased: Phrases | None = None  #: what those words are harmless in: « son mari est décédé »
    denied: Phrases | None = None  #: words that deny …
    about: Phrases | None = None  #: … and what a refusal is about: one part of a remark that has both
    alone: frozenset[str] = frozenset()  #: the same as a whole remark: « non »
    signs: frozenset[str] = frozenset()  #: marks: « ❌ »
    none: frozenset[str] = frozenset()  #: a whole answer to how, or how often, to write: « aucun », « jamais »
    nothing_to_say: frozenset[str] = frozenset()  #: a whole answer to whether she has a question: « non merci »
    _known: dict[str, tuple[str, bool]] = field(default_factory=dict, compare=False, repr=False)  #: words that were met

    def stirred(self, remark: str) -> bool:
        """Whether a remark may say that somebody wants nothing more."""
        if self.uneasy is None:
            return False
        met = [self._known.get(word) or self._met(word) for word in _WORD.findall(remark)]
        if not (any(may for _, may in met) or "." in remark or not self.signs.isdisjoint(remark)):
            return " ".join(folded for folded, _ in met) in self.alone
        return not self.signs.isdisjoint(remark) or self._read(remark)

    def beside_eased(self, remark: str) -> str:
        """What a remark says besides what is harmless, hours and names, folded: of « a déménagé à Brest », « a brest »."""
        said = _HOURS_AND_NAMES.sub(_BREAK, self._parted(remark))
        rest = self.eased.written.sub(_BREAK, said) if self.eased else said
        return ". ".join(part.strip() for part in rest.split(_BREAK.strip()) if part.strip())

    def _met(self, word: str) -> tuple[str, bool]:
        """A word folded, and whether any phrase may hold where it stands."""
        folded = bare(word)
        may = any(one is not None and one.begins(folded) for one in (self.uneasy, self.denied))
        if len(self._known) < _REMEMBERED:
            self._known[word] = folded, may
        return folded, may

    @staticmethod
    def _parted(remark: str) -> str:
        """A remark folded, a break between its parts."""
        spelt = _SPELT.sub(lambda found: found[0].replace(".", ""), remark)
        parts = [" ".join(_FOLDED.findall(bare(part))) for part in _PARTS.split(spelt)]
        return _BREAK.join(part for part in parts if part)

    def _read(self, remark: str) -> bool:
        said = self._parted(remark)
        if said in self.alone:
            return True
        return self._stirs(said) and (self.eased is None or self._stirs(self.eased.written.sub(_BREAK, said)))

    def _stirs(self, said: str) -> bool:
        if self.uneasy and self.uneasy.written.search(said):
            return True
        if not (self.denied and self.about and self.denied.written.search(said)):
            return False
        parts = said.split(_BREAK)
        return any(self.denied.written.search(part) and self.about.written.search(part) for part in parts)


def phrases(said: Iterable[str]) -> Phrases | None:
    """Phrases of folded words, in one pattern.

    « ~ » stands for any end of a word, « | » for a choice, « … » for a few words, « $ » for the end of a part.
    """
    told = [one.split() for one in said]
    if not told:
        return None
    needed = [choice for words in told for choice in max((word.split("|") for word in words), key=_shortest)]
    return Phrases(
        written=re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(_phrase, told))})(?![a-z0-9])"),
        whole=frozenset(choice for choice in needed if not choice.endswith("~")),
        begun=tuple(choice.removesuffix("~") for choice in needed if choice.endswith("~")),
    )


def _shortest(choices: list[str]) -> int:
    """How long the shortest of the words is that a place of a phrase may hold: long words are rare."""
    return 0 if choices[0] in _MARKS else min(map(len, choices))


def _phrase(words: list[str]) -> str:
    found, between = "", ""
    for word in words:
        if word == _GAP:
            between = rf" (?:[a-z0-9]+ ){{0,{_GAP_WORDS}}}"
            continue
        if word == _END:
            found += _ENDS
            continue
        choices = "|".join(
            re.escape(one.removesuffix("~")) + ("[a-z0-9]*" if one.endswith("~") else "") for one in word.split("|")
        )
        found, between = f"{found}{between}(?:{choices})", " "
    return found

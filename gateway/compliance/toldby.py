"""How a remark says that somebody told us: « a rappelé : … », « demandé par téléphone ». What she objects to is another matter.

Pure; the words are the pack's (lists.toml, rule optout-effect).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.domain.channel import Medium

#: What stands for a day among the words.
A_DAY = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldBy:
    """The words by which teams note how they were told; knows nothing by default."""

    telling: tuple[str, ...] = ()  #: beginnings of words for telling: « demandé par mail »
    by: frozenset[str] = frozenset()  #: … and what stands between them and the channel
    done: frozenset[str] = frozenset()  #: what she did: « a rappelé »
    did: frozenset[str] = frozenset()  #: … after these
    we_did: frozenset[str] = frozenset()  #: what we did, where a remark begins by it: « appelée le 3/3 »
    after: frozenset[str] = frozenset()  #: what follows a channel that brought her word: « appel du 3/3 », « mail reçu »
    before: frozenset[str] = frozenset()  #: … and what stands before it: « message vocal »
    by_itself: frozenset[str] = frozenset()  #: words that object to the channel they come by, where texts bring them: « STOP »

    def without(self, words: Sequence[str], channel: Callable[[str], object]) -> list[str]:
        """The words, but those that say by which channel she told us."""
        kept = list(words)
        keeps_texts = not self.by_itself.isdisjoint(words)
        for at, word in enumerate(words):
            if (at == 0 and word in self.we_did) or (at > 0 and word in self.done and words[at - 1] in self.did):
                kept[at] = ""
            named = channel(word)
            if not isinstance(named, Medium) or (named is Medium.SMS and keeps_texts):
                continue
            if self._brought(words, at) or self._told(words, at):
                kept[at] = ""
        return [word for word in kept if word]

    def _brought(self, words: Sequence[str], at: int) -> bool:
        """Whether a channel at the beginning is that of what came: « appel du 3/3 : … », « message vocal : … »."""
        after = words[at + 1] if at + 1 < len(words) else ""
        return (at == 0 and (after in self.after or after == A_DAY)) or (at == 1 and words[0] in self.before)

    def _told(self, words: Sequence[str], at: int) -> bool:
        """Whether the word before a channel tells: « demandé par téléphone », « eu au tel », not « contacter par téléphone »."""
        before = at - 1
        while before >= 0 and (words[before] in self.by or words[before].isdecimal()):
            before -= 1
        return 0 <= before < at - 1 and words[before].startswith(self.telling)

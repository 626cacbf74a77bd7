"""What an email address betrays by itself: a slip of the finger, a box that several people open, one that lasts an hour, or that
nobody has.

Hints for people, never a verdict: the lists are the pack's, and a rare domain may be a real one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.compliance.likeness import distance
from gateway.compliance.reading import Table

#: Shortest name of a provider that is searched for slips, and from which length on two are forgiven.
_NAME_MIN, _TWO_SLIPS_FROM = 5, 7
_REMEMBERED = 50_000
#: Shortest name in which a doubled letter is taken for a slip.
_DOUBLED_MIN = 3
_DOUBLED = re.compile(r"(.)\1+")
_NO_LETTERS = re.compile(r"[^a-z]+")


class HintKind(StrEnum):
    """What is doubtful about an address."""

    TYPO = "typo"
    ROLE = "role"
    THROWAWAY = "throwaway"
    MADE_UP = "made_up"  #: written to fill a box that asked for an address


@dataclass(frozen=True, slots=True)
class Hint:
    """A doubt about an address."""

    kind: HintKind
    likely: str = ""  #: the domain that was probably meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailboxes:
    """What is known of mailboxes; knows nothing by default."""

    providers: frozenset[str] = frozenset()  #: usual domains: never taken for slips, and what slips are compared with
    slips: Mapping[str, str] = field(default_factory=dict)  #: domains that are always mistaken for another
    endings: Mapping[str, str] = field(default_factory=dict)  #: endings that no domain has, or hardly any
    cut: Mapping[str, str] = field(default_factory=dict)  #: endings that domains have, but no provider of this name
    roles: frozenset[str] = frozenset()
    made_up: frozenset[str] = frozenset()  #: what stands before « @ » where somebody had no address to give
    throwaway: frozenset[str] = frozenset()
    throwaway_names: frozenset[str] = frozenset()  #: names of such services, whatever comes after
    _known: dict[str, Hint | None] = field(default_factory=dict, compare=False, repr=False)

    def hint(self, local: str, domain: str) -> Hint | None:
        """The doubt about an address, if any; a slip before a role. `domain` in lower case."""
        if domain not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[domain] = self._of_domain(domain)
        return self._known[domain] or self._of_local(local)

    def likely_domain(self, domain: str) -> str | None:
        """The domain that was probably meant, where this one is a slip. Knows also domains that no registry would take."""
        if domain in self.providers or not self.providers:
            return None
        if meant := self.slips.get(domain):
            return meant
        name, _, ending = domain.rpartition(".")
        mended = self.endings.get(ending, ending)
        if mended != ending and f"{name}.{mended}" in self.providers:
            return f"{name}.{mended}"
        if name in self.providers:  # « orange.fr.fr », « gmail.com.fr »
            return name
        usual = f"{name}.{self.cut[ending]}" if ending in self.cut else ""
        if usual in self.providers:
            return usual
        if doubled := self._doubled(name, mended):
            return doubled
        near = min(self._near(name, mended), default=None)
        if near is not None:
            return near[1]
        return f"{name}.{mended}" if mended != ending else None

    def _doubled(self, name: str, ending: str) -> str | None:
        """The provider with this ending whose name is this one but for a letter struck twice, or once too seldom."""
        single = _DOUBLED.sub(r"\1", name)
        for provider in self.providers:
            known, _, its_ending = provider.rpartition(".")
            if its_ending == ending and len(known) >= _DOUBLED_MIN and known != name and _DOUBLED.sub(r"\1", known) == single:
                return provider
        return None

    def _of_domain(self, domain: str) -> Hint | None:
        if domain.rpartition(".")[0] in self.throwaway_names:
            return Hint(HintKind.THROWAWAY)
        if domain in self.throwaway or any(domain.endswith(f".{one}") for one in self.throwaway):
            return Hint(HintKind.THROWAWAY)
        likely = self.likely_domain(domain)
        return Hint(HintKind.TYPO, likely) if likely else None

    def _near(self, name: str, ending: str) -> list[tuple[int, str]]:
        """(slips, provider) of the providers with this ending whose name is nearly this one."""
        found = []
        for provider in self.providers:
            known, _, its_ending = provider.rpartition(".")
            if its_ending == ending and len(known) >= _NAME_MIN and abs(len(known) - len(name)) <= 2:
                slips = distance(name, known)
                if 0 < slips <= (2 if len(known) >= _TWO_SLIPS_FROM else 1):
                    found.append((slips, provider))
        return found

    def _of_local(self, local: str) -> Hint | None:
        if _NO_LETTERS.sub("", local.lower()) in self.made_up:
            return Hint(HintKind.MADE_UP)
        return Hint(HintKind.ROLE) if self._is_role(local) else None

    def _is_role(self, local: str) -> bool:
        letters = _NO_LETTERS.sub(" ", local.lower()).lstrip()
        return letters.partition(" ")[0] in self.roles or letters.replace(" ", "") in self.roles


def read_mailboxes(root: Table) -> Mailboxes:
    """Read `mailboxes.toml` of a pack; faults are recorded in it."""
    read = Mailboxes(
        providers=frozenset(root.texts("providers")),
        slips=_pairs(root.table("slips")),
        endings=_pairs(root.table("endings")),
        roles=frozenset(root.texts("roles")),
        made_up=frozenset(root.texts("made_up", ())),  # not in older packs
        throwaway=frozenset(root.texts("throwaway")),
        throwaway_names=frozenset(root.texts("throwaway_names", ())),  # not in older packs
        cut=_pairs(root.table("cut")) if "cut" in root else {},
    )
    root.done()
    return read


def _pairs(table: Table) -> dict[str, str]:
    """What was meant, by what is written."""
    pairs = {written: meant for meant in table.names() for written in table.texts(meant)}
    table.done()
    return pairs

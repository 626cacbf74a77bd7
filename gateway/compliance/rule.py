"""What a rule is: its scope, its dated values, its citation and its sentences. Kinds of rules live in `rules/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from gateway.compliance.calendar import Calendar
from gateway.compliance.facts import Cap
from gateway.compliance.opening import Opening
from gateway.compliance.reading import Table
from gateway.compliance.targeting import Targeting
from gateway.compliance.verdict import Effect, Finding
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium

S_contra = TypeVar("S_contra", contravariant=True)


class Ask(StrEnum):
    """The questions a pack answers."""

    SEND = "send"  #: may this message be handed over to this person now?
    ENTER = "enter"  #: may this batch of contacts enter the store?
    PUBLISH = "publish"  #: may this form be shown to people?
    KEEP = "keep"  #: may this record still be kept?
    MEASURE = "measure"  #: is what was measured within the limit?
    HEAR = "hear"  #: what does an act of a person come to, and what is she owed for it?


class Force(StrEnum):
    """What binds us."""

    LAW = "law"
    GUIDANCE = "guidance"  #: the regulator's
    CODE = "code"  #: of a profession or a provider
    PRUDENT = "prudent"  #: nothing does; a cautious choice


class Confidence(StrEnum):
    """How the value was checked."""

    VERIFIED = "verified"  #: the text itself, or the authority's own page, was read
    SECONDARY = "secondary"  #: only somebody else's account of it was read
    UNVERIFIED = "unverified"  #: no source could be read; kept for prudence
    OWN = "own"  #: there is no text: a choice of the authors of the pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An entry of sources.toml."""

    key: str
    instrument: str
    article: str
    url: str  #: empty only for a choice of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The part of a rule its kind may look at."""

    id: str
    asks: frozenset[Ask]
    effect: Effect
    channels: frozenset[Medium]
    classes: frozenset[MessageClass]

    def finding(  # one named argument for each part of a finding
        self,
        case: str = "",
        *,
        effect: Effect | None = None,
        params: tuple[tuple[str, str], ...] = (),
        until: datetime | None = None,
        elements: tuple[str, ...] = (),
    ) -> Finding:
        """A finding of this rule; `case` chooses its sentence where the kind has several."""
        named = (("case", case), *params) if case else params
        return Finding(rule=self.id, effect=effect or self.effect, params=named, until=until, elements=elements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What a kind may lean on while it is read: the calendar, the targeting lists, the languages, the windows counted."""

    calendar: Calendar
    targeting: Targeting
    languages: tuple[str, ...]
    caps: tuple[Cap, ...]  #: windows of the frequency rules, in the order of FactNeeds
    windows: Mapping[str, Opening]  #: hours of the rules of kind window, by rule id


class Kind(Generic[S_contra]):
    """A kind of rule. One subclass a file, registered in rules/__init__.py."""

    #: questions such a rule may answer; the first one is meant when the rule does not say
    asks: ClassVar[tuple[Ask, ...]] = (Ask.SEND,)
    #: effects such a rule may declare
    effects: ClassVar[frozenset[Effect]]
    #: names of its sentences; empty when it has a single one
    cases: ClassVar[tuple[str, ...]] = ()
    #: what its sentences may name in braces
    params: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """Read one dated value, strictly; faults are recorded in the table."""
        raise NotImplementedError  # each kind has its own

    def names(self) -> Iterable[tuple[str, str]]:
        """(section of words.toml, id) of everything the rule's sentences may have to name."""
        return ()

    def assess(self, facts: S_contra, /) -> Finding | None:
        """What the rule finds; None when it has nothing to say."""
        raise NotImplementedError  # each kind has its own

    def next_change(self, facts: S_contra, /) -> datetime | None:
        """First instant after facts.at at which `assess` could answer otherwise for the same facts.

        None, as for most kinds: never.
        """
        del facts
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue:
    """What a rule says from one day to another (midnight on the jurisdiction's clock)."""

    since: datetime  #: included
    until: datetime | None  #: excluded; None: until further notice
    content: Mapping[str, object]  #: as written, for display and comparison
    assessor: Kind[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One rule of a pack."""

    head: Head
    kind: str
    pack: str  #: "law" or "house"
    source: Source
    force: Force
    confidence: Confidence
    checked_on: date
    review_by: date
    says: Mapping[str, Mapping[str, str]]  #: sentence by case ("" for a single one), then by language
    values: tuple[DatedValue, ...]  #: oldest first, without overlap

    @property
    def id(self) -> str:
        """Stable id; verdicts and the journal name it."""
        return self.head.id

    @property
    def effect(self) -> Effect:
        """The declared effect."""
        return self.head.effect

    def value_at(self, at: datetime) -> DatedValue | None:
        """The value in force at an instant."""
        return next((value for value in self.values if value.since <= at and (value.until is None or at < value.until)), None)

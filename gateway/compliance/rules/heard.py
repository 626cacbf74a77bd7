"""Kinds `refusal`, `answer` and `restart`: what an act of a person stops, what she is answered, and how she comes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from gateway.compliance.conditions import Condition, read_condition
from gateway.compliance.heard import HeardFacts
from gateway.compliance.patterns import Means
from gateway.compliance.reading import Table
from gateway.compliance.rule import Ask, Book, Head, Kind
from gateway.compliance.verdict import Effect, Finding
from gateway.compliance.wording import Keywords
from gateway.domain.reply import Answer
from gateway.domain.suppression import SuppressionCause

#: Parameter of a refusal: what it covers.
COVERS = "covers"


class Covers(StrEnum):
    """Which channels a refusal stops when her words do not say."""

    CHANNEL = "channel"  #: the one she spoke by
    EVERY = "every"


@dataclass(frozen=True, slots=True)
class RefusalRule(Kind[HeardFacts]):
    """An objection when she wrote one of its words, or did what `when` says; a pause until somebody has read it, for `doubts`."""

    asks = (Ask.HEAR,)
    effects = frozenset({Effect.REFUSE})
    cases = ("objects", "doubts")

    head: Head
    words: tuple[str, ...]
    plain_no: tuple[str, ...]
    when: Condition | None
    doubts: Condition | None
    objected: Finding
    doubted: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`words`, `plain_no`: what she writes; or `when`, `doubts`: conditions; `covers`: channel, or every."""
        words, plain_no = value.texts("words", ()), value.texts("plain_no", ())
        if not words and "when" not in value:
            value.fault("when", "un refus a ses mots, ou une condition")
        covers = value.choice("covers", Covers, Covers.CHANNEL)
        return cls(
            head=head,
            words=words,
            plain_no=plain_no,
            when=read_condition(value, "when", head.asks, book) if "when" in value else None,
            doubts=read_condition(value, "doubts", head.asks, book) if "doubts" in value else None,
            objected=head.finding("objects", params=((COVERS, covers.value),)),
            doubted=head.finding("doubts", effect=Effect.DEFER),
        )

    def keywords(self) -> Iterator[Keywords]:
        """What the reader of replies must know of it."""
        yield from _keywords(self.head, ((Means.OBJECTION, self.words), (Means.REFUSAL, self.plain_no)))

    def assess(self, facts: HeardFacts, /) -> Finding | None:
        """Her words count as far as the reader makes an objection of the whole: "STOP ou pas stop ?" is a doubt."""
        if self.words:
            named = self.head.id in facts.patterns
            return self.objected if named and facts.intent == "objection" else None
        if self.when is not None and self.when.holds(facts):
            return self.objected
        return self.doubted if self.doubts is not None and self.doubts.holds(facts) else None


@dataclass(frozen=True, slots=True)
class AnswerRule(Kind[HeardFacts]):
    """She is owed an answer, at most so many times within so many days."""

    asks = (Ask.HEAR,)
    effects = frozenset({Effect.DUTY})
    params = frozenset({"elements"})

    head: Head
    answer: Answer
    words: tuple[str, ...]
    when: Condition
    most: int
    days: int | None
    owed: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`answer`; `when`; `most`, within `days` or ever; `words` that ask for it."""
        answer = value.choice("answer", Answer)
        return cls(
            head=head,
            answer=answer,
            words=value.texts("words", ()),
            when=read_condition(value, "when", head.asks, book),
            most=value.count("most"),
            days=value.count("days", least=1) if "days" in value else None,
            owed=head.finding(params=(("elements", answer.value),), elements=(answer.value,)),
        )

    def names(self) -> Iterable[tuple[str, str]]:
        """See Kind."""
        return (("elements", self.answer.value),)

    def keywords(self) -> Iterator[Keywords]:
        """What the reader of replies must know of it."""
        yield from _keywords(self.head, ((Means.HELP, self.words),))

    def assess(self, facts: HeardFacts, /) -> Finding | None:
        """Nothing once she has been answered often enough."""
        if not self.when.holds(facts):
            return None
        since = None if self.days is None else facts.at - timedelta(days=self.days)
        before = sum(answer is self.answer and (since is None or at > since) for answer, at in facts.answered)
        return self.owed if before < self.most else None


@dataclass(frozen=True, slots=True)
class RestartRule(Kind[HeardFacts]):
    """Whoever writes one of its words comes back: objections she made by these acts, by the same channel, end."""

    asks = (Ask.HEAR,)
    effects = frozenset({Effect.GRANT})

    head: Head
    words: tuple[str, ...]
    lifted: Finding

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`words`: what she writes, and nothing else; `lifts`: causes of objections that end then."""
        del book
        lifts = value.choices("lifts", SuppressionCause)
        return cls(
            head=head,
            words=value.texts("words"),
            lifted=head.finding(elements=tuple(sorted(cause.value for cause in lifts))),
        )

    def keywords(self) -> Iterator[Keywords]:
        """What the reader of replies must know of it."""
        yield from _keywords(self.head, ((Means.RESTART, self.words),))

    def assess(self, facts: HeardFacts, /) -> Finding | None:
        """Only her own word, written alone: anything longer is for a person to read."""
        return self.lifted if self.head.id in facts.patterns and facts.intent == "restart" else None


def _keywords(head: Head, said: Iterable[tuple[Means, tuple[str, ...]]]) -> Iterator[Keywords]:
    return (Keywords(rule=head.id, means=means, words=words) for means, words in said if words)

"""Kind `content`: what the scanner may not find in a message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from gateway.compliance.facts import Facts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.stretches import Agenda, read_during
from gateway.compliance.verdict import Effect, Finding


class Place(StrEnum):
    """Where the scanner looks."""

    IMAGE = "image"  #: addresses of images, styles' backgrounds included
    LINK = "link"  #: addresses of links
    LABEL = "label"  #: words of a link to a page, or what a picture says that is one
    TEXT = "text"  #: what a person reads, and the numbers that links would dial


@dataclass(frozen=True, slots=True)
class Mark:
    """What betrays a flag: a pattern in a place."""

    flag: str
    place: Place
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ContentRule(Kind[Facts]):
    """Refuses a message that carries a flag. The marks by which the scanner knows the flags stand beside them in the pack."""

    effects = frozenset({Effect.REFUSE})
    params = frozenset({"flags"})

    head: Head
    flags: frozenset[str]
    marks: tuple[Mark, ...]
    during: Agenda | None

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`marks`: tables of `flag`, `place`, `pattern` (regular expression, case ignored); `during`: when it is forbidden."""
        marks = []
        for table in value.tables("marks"):
            try:
                pattern = re.compile(table.text("pattern"), re.IGNORECASE)
            except re.error as fault:
                table.fault("pattern", f"ce n’est pas une expression régulière : {fault}")
                pattern = re.compile("(?!)")
            marks.append(Mark(table.text("flag"), table.choice("place", Place), pattern))
            table.done()
        return cls(
            head=head,
            flags=frozenset(mark.flag for mark in marks),
            marks=tuple(marks),
            during=read_during(value, book.calendar),
        )

    def names(self) -> Iterable[tuple[str, str]]:
        """See Kind."""
        return (("flags", flag) for flag in sorted(self.flags))

    def assess(self, facts: Facts, /) -> Finding | None:
        """The refusal names the flags found."""
        if self.flags.isdisjoint(facts.content_flags):
            return None
        if self.during is not None and self.during.at(facts.at) is None:
            return None
        found = ",".join(flag for flag in facts.content_flags if flag in self.flags)
        return self.head.finding(params=(("flags", found),))

    def next_change(self, facts: Facts, /) -> datetime | None:
        """Boundaries of `during`."""
        return None if self.during is None else self.during.next_edge(facts.at)

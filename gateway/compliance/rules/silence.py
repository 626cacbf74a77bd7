"""Kinds `silence` and `campaign_period`: what the calendar of elections forbids, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from gateway.compliance.calendar import Calendar, Stretch
from gateway.compliance.facts import Facts
from gateway.compliance.opening import WEEKDAYS
from gateway.compliance.reading import Table
from gateway.compliance.rule import Book, Head, Kind
from gateway.compliance.stretches import Agenda, zoned
from gateway.compliance.verdict import Effect, Finding
from gateway.domain.contact import UNKNOWN_TERRITORY


class SilencePart(StrEnum):
    """Which part of the silence of a round a rule speaks of."""

    WHOLE = "whole"  #: from the eve, at midnight local, until the round is over
    EARLY = "early"  #: the same, for territories that vote a day before the others
    UNKNOWN_PLACE = "unknown_place"  #: the same, for people whose polling place is not known
    POLLING_DAY = "polling_day"  #: from midnight of the voting day until the round is over
    DRAIN = "drain"  #: the time before the silence in which nothing new may leave


@dataclass(frozen=True, slots=True)
class SilenceRule(Kind[Facts]):
    """Holds messages during the silence of a round in the person's territory; decide again when the round is over."""

    effects = frozenset({Effect.DEFER, Effect.REFUSE, Effect.NOTE})
    params = frozenset({"territory", "election", "votes_on", "from", "until"})

    head: Head
    calendar: Calendar
    agendas: Mapping[str, Agenda]  #: by territory; those the rule says nothing about have an empty one
    lifted_at: Mapping[tuple[str, datetime], datetime]  #: by territory and end of the drain: when the silence it leads to is over

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`part`, and for the drain its `length`, a duration in hours."""
        part = value.choice("part", SilencePart)
        lead = timedelta(0)
        if part is SilencePart.DRAIN:
            length = value.span("length")
            if length.months:
                value.fault("length", "il faut des heures, pas des mois")
            else:
                lead = length.fixed
        calendar = book.calendar
        agendas = {code: Agenda.of(_stretches(calendar, code, part, lead)) for code in calendar.territories}
        lifted_at = (
            {(code, silence.start): silence.end for code in calendar.territories for silence in calendar.silence(code)}
            if part is SilencePart.DRAIN
            else {}
        )
        return cls(head=head, calendar=calendar, agendas=agendas, lifted_at=lifted_at)

    def assess(self, facts: Facts, /) -> Finding | None:
        """Raises KeyError for a territory the pack does not have, which the decision turns into a refusal."""
        stretch = self.agendas[facts.territory].at(facts.at)
        if stretch is None:
            return None
        clock = self.calendar.territories[facts.territory].zones[0]
        until = self.lifted_at.get((facts.territory, stretch.end), stretch.end)
        params = (
            ("territory", facts.territory),
            ("election", stretch.election),
            ("votes_on", stretch.votes_on.isoformat()),
            ("from", zoned(stretch.start, clock)),
            ("until", zoned(until, self.calendar.zone)),
        )
        held = self.head.effect is not Effect.NOTE
        return self.head.finding(params=params, until=until if held else None)

    def next_change(self, facts: Facts, /) -> datetime | None:
        """Next boundary for the territory."""
        return self.agendas[facts.territory].next_edge(facts.at)


@dataclass(frozen=True, slots=True)
class CampaignPeriodRule(Kind[Facts]):
    """Notes that the official campaign (campagne officielle) is open."""

    effects = frozenset({Effect.NOTE})
    params = frozenset({"election", "until"})

    head: Head
    calendar: Calendar
    agenda: Agenda

    @classmethod
    def read(cls, value: Table, head: Head, book: Book) -> Self:
        """`opens_on`: a weekday; `nth`: how many of them before the vote."""
        weekday = value.text("opens_on")
        if weekday not in WEEKDAYS:
            value.fault("opens_on", f"« {weekday} » n’est pas admis ; on attend {', '.join(WEEKDAYS)}")
            weekday = WEEKDAYS[0]
        nth = value.count("nth", least=1)
        agenda = Agenda.of(book.calendar.official_campaign(weekday=WEEKDAYS.index(weekday), nth=nth))
        return cls(head=head, calendar=book.calendar, agenda=agenda)

    def assess(self, facts: Facts, /) -> Finding | None:
        """The note names the election and its end."""
        stretch = self.agenda.at(facts.at)
        if stretch is None:
            return None
        return self.head.finding(
            params=(("election", stretch.election), ("until", zoned(stretch.end, self.calendar.zone))),
        )

    def next_change(self, facts: Facts, /) -> datetime | None:
        """Next opening or closing."""
        return self.agenda.next_edge(facts.at)


def _stretches(calendar: Calendar, code: str, part: SilencePart, lead: timedelta) -> tuple[Stretch, ...]:
    """The stretches of one territory for one part of the silence."""
    whole = calendar.silence(code)
    match part:
        case SilencePart.WHOLE:
            return whole
        case SilencePart.EARLY:
            return tuple(stretch for stretch in whole if code in calendar.elections[stretch.election].early)
        case SilencePart.UNKNOWN_PLACE:
            return whole if code == UNKNOWN_TERRITORY else ()
        case SilencePart.POLLING_DAY:
            return calendar.polling(code)
        case SilencePart.DRAIN:
            return tuple(
                Stretch(start=stretch.start - lead, end=stretch.start, election=stretch.election, votes_on=stretch.votes_on)
                for stretch in whole
            )

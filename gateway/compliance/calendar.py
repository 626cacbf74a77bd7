"""Elections as data: rounds, days, territories that vote a day earlier; and the stretches of time that rules hang on them.

All instants answered are UTC. A boundary "at midnight" is midnight on the wall clock of the voter's territory; where a
territory has several clocks the earliest counts, so that nobody is written to during her own silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gateway.compliance.holidays import Holiday
from gateway.compliance.reading import Table
from gateway.compliance.span import Span
from gateway.compliance.territory import Territory
from gateway.domain.contact import UNKNOWN_TERRITORY

_DAY = timedelta(days=1)


class ElectionStatus(StrEnum):
    """How sure the dates are."""

    ANNOUNCED = "announced"  #: made public; the decree that convenes voters was not found
    DECREED = "decreed"  #: the decree is out
    PAST = "past"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round (tour)."""

    votes_on: date  #: the day most people vote
    ends_at: datetime  #: the last polling place closes; aware, UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """An election and who votes when."""

    id: str
    name: Mapping[str, str]  #: by language
    status: ElectionStatus
    rounds: tuple[Round, ...]
    early: frozenset[str]  #: territories that vote on the day before
    source: str  #: key of sources.toml
    checked_on: date

    def voting_day(self, vote: Round, territory: str) -> date:
        """The day the voters of a territory vote; an unknown place is held to the earliest day of all."""
        early = territory in self.early or (territory == UNKNOWN_TERRITORY and bool(self.early))
        return vote.votes_on - _DAY if early else vote.votes_on

    @property
    def ends_at(self) -> datetime:
        """When the last round is over; aware, UTC."""
        return self.rounds[-1].ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time: from start, included, to end, excluded; and the round it belongs to."""

    start: datetime
    end: datetime
    election: str
    votes_on: date  #: the voter's own voting day


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Every election of a pack."""

    elections: Mapping[str, Election]
    territories: Mapping[str, Territory]
    zone: ZoneInfo  #: the clock of the jurisdiction

    def silence(self, territory: str) -> tuple[Stretch, ...]:
        """The silence periods of a territory: from midnight, local, of the day before its vote until the round is over.

        An unknown territory gets the widest of all. Raises KeyError for a code the pack does not have.
        """
        own = [
            self._stretch(election, vote, territory, eves=1) for election in self.elections.values() for vote in election.rounds
        ]
        if territory != UNKNOWN_TERRITORY:
            return _sorted(own)
        return _sorted(self._widest(stretch) for stretch in own)

    def end_of(self, day: date, *, territory: str = UNKNOWN_TERRITORY) -> datetime:
        """First instant after a day: "until 3 May" includes the third, on the clock of the jurisdiction and on hers who asks.

        The last of these midnights counts. Raises KeyError for a territory the pack does not have.
        """
        return max(midnight(day + _DAY, zone) for zone in (self.zone, *self.territories[territory].zones))

    def holiday(self, day: date, territory: str) -> Holiday | None:
        """The public holiday of a day in a territory, or in any part of it. Raises KeyError for a code the pack does not have."""
        return self.territories[territory].holidays.on(day)

    def polling(self, territory: str) -> tuple[Stretch, ...]:
        """From midnight, local, of the voting day until the round is over."""
        return _sorted(
            self._stretch(election, vote, territory, eves=0) for election in self.elections.values() for vote in election.rounds
        )

    def before_polls(self, span: Span) -> tuple[Stretch, ...]:
        """From so long before the earliest voting day of a round, on the jurisdiction's clock, until that round is over."""
        stretches = []
        for election in self.elections.values():
            for vote in election.rounds:
                first = election.voting_day(vote, UNKNOWN_TERRITORY)
                start = midnight(span.from_day(first, forward=False), self.zone)
                stretches.append(Stretch(start=start, end=vote.ends_at, election=election.id, votes_on=first))
        return _sorted(stretches)

    def before_month(self, span: Span) -> tuple[Stretch, ...]:
        """From so long before the first day of the month of an election until its last round is over."""
        stretches = []
        for election in self.elections.values():
            first = election.voting_day(election.rounds[0], UNKNOWN_TERRITORY)
            start = midnight(span.from_day(first.replace(day=1), forward=False), self.zone)
            stretches.append(Stretch(start=start, end=election.ends_at, election=election.id, votes_on=first))
        return _sorted(stretches)

    def official_campaign(self, *, weekday: int, nth: int) -> tuple[Stretch, ...]:
        """From the nth such weekday before the first vote (then from the day after each round) to the eve, at midnight."""
        stretches = []
        for election in self.elections.values():
            opens = _nth_before(election.rounds[0].votes_on, weekday, nth)
            for vote in election.rounds:
                closes = midnight(vote.votes_on - _DAY, self.zone)
                start = midnight(opens, self.zone)
                stretches.append(Stretch(start=start, end=closes, election=election.id, votes_on=vote.votes_on))
                opens = vote.votes_on + _DAY
        return _sorted(stretches)

    def _stretch(self, election: Election, vote: Round, territory: str, *, eves: int) -> Stretch:
        day = election.voting_day(vote, territory)
        start = min(midnight(day - eves * _DAY, zone) for zone in self.territories[territory].zones)
        return Stretch(start=start, end=vote.ends_at, election=election.id, votes_on=day)

    def _widest(self, stretch: Stretch) -> Stretch:
        """The same round, from the earliest start of any territory."""
        election = self.elections[stretch.election]
        vote = next(vote for vote in election.rounds if vote.ends_at == stretch.end)
        start = min(self._stretch(election, vote, code, eves=1).start for code in self.territories)
        return Stretch(start=start, end=stretch.end, election=stretch.election, votes_on=stretch.votes_on)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """First instant of a day on the wall clock of a zone; UTC. Where midnight does not exist, the first instant that does."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def read_election(root: Table, languages: tuple[str, ...], territories: Mapping[str, Territory]) -> Election:
    """One file of elections/. Faults are recorded: rounds out of order, unknown territories, an end before its day."""
    early = root.texts("early", ())
    for code in early:
        if code not in territories or code == UNKNOWN_TERRITORY or territories[code].members:
            root.fault("early", f"« {code} » n’est pas un territoire de territories.toml")
    # Whoever may be in one of several places is held to the earliest of them.
    groups = {code for code, territory in territories.items() if not set(early).isdisjoint(territory.members)}
    rounds = tuple(_read_round(table) for table in root.tables("round"))
    if list(rounds) != sorted(rounds, key=lambda vote: vote.votes_on):
        root.fault("round", "les tours sont donnés dans l’ordre de leurs jours")
    election = Election(
        id=root.text("id"),
        name=root.in_languages("name", languages),
        status=root.choice("status", ElectionStatus),
        rounds=rounds,
        early=frozenset(early) | groups,
        source=root.text("source"),
        checked_on=root.date("checked_on"),
    )
    root.done()
    return election


def _read_round(table: Table) -> Round:
    vote = Round(votes_on=table.date("votes_on"), ends_at=table.instant("ends_at"))
    if not timedelta(0) <= vote.ends_at - datetime.combine(vote.votes_on, time(0), UTC) <= 2 * _DAY:
        table.fault("ends_at", "le tour finit le jour du vote, ou le lendemain")
    table.done()
    return vote


def _nth_before(day: date, weekday: int, nth: int) -> date:
    back = (day.weekday() - weekday) % 7 or 7
    return day - timedelta(days=back + 7 * (nth - 1))


def _sorted(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    return tuple(sorted(stretches, key=lambda stretch: stretch.start))

"""Looking up an instant among stretches of time, and writing instants so that a sentence can name the clock they are read on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.compliance.calendar import Calendar, Stretch
from gateway.compliance.reading import Table
from gateway.compliance.span import Span

_BEFORE = ("polling-day", "first-of-month")


@dataclass(frozen=True, slots=True)
class Agenda:
    """Stretches cut into segments, so that the gate finds an instant by bisection."""

    edges: tuple[datetime, ...]
    segments: tuple[Stretch | None, ...]  #: one more than edges: before the first edge too

    @classmethod
    def of(cls, stretches: Iterable[Stretch]) -> Agenda:
        """Of stretches that overlap, the one that ends last holds the segment."""
        stretches = sorted(stretches, key=lambda stretch: stretch.end)
        edges = tuple(sorted({edge for stretch in stretches for edge in (stretch.start, stretch.end)}))
        held = [[stretch for stretch in stretches if stretch.start <= edge < stretch.end] for edge in edges]
        return cls(edges, (None, *(covering[-1] if covering else None for covering in held)))

    def at(self, instant: datetime) -> Stretch | None:
        """The stretch an instant falls in."""
        return self.segments[bisect_right(self.edges, instant)]

    def next_edge(self, instant: datetime) -> datetime | None:
        """First start or end after an instant."""
        rank = bisect_right(self.edges, instant)
        return self.edges[rank] if rank < len(self.edges) else None


def zoned(instant: datetime, zone: ZoneInfo) -> str:
    """An instant on a clock, in the form of RFC 9557: 2027-04-17T00:00:00+02:00[Europe/Paris]."""
    return f"{instant.astimezone(zone).isoformat(timespec='seconds')}[{zone.key}]"


def read_during(value: Table, calendar: Calendar) -> Agenda | None:
    """`during = { length = "P3D", before = "polling-day" }`: the stretches a rule is limited to; None: always.

    They end when the round (or, counted from the month, the last round) is over. Faults are recorded.
    """
    table = value.optional_table("during")
    if table is None:
        return None
    length: Span = table.span("length")
    before = table.text("before")
    table.done()
    if length.seconds:
        table.fault("length", "il faut des jours ou des mois, pas des heures")
    if before == "polling-day":
        return Agenda.of(calendar.before_polls(length))
    if before == "first-of-month":
        return Agenda.of(calendar.before_month(length))
    table.fault("before", f"« {before} » n’est pas admis ; on attend {', '.join(_BEFORE)}")
    return None

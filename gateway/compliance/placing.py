"""What the pack holds for a place: its clocks, its next holidays, its next silence, and which windows are open there now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.compliance.opening import next_edge, next_open
from gateway.compliance.pack import Pack
from gateway.compliance.rules.window import WindowRule
from gateway.compliance.territory import Territory

_DAYS_AHEAD = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One rule of kind window, there and then."""

    rule: str
    open: bool
    changes_at: datetime | None  #: when it next opens, or closes; None: it never opens there


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A territory at an instant."""

    territory: Territory
    clocks: tuple[datetime, ...]  #: the instant on each clock in use
    holidays: tuple[tuple[date, Mapping[str, str]], ...]  #: the next ones, on the first clock; names by language
    silence: tuple[datetime, datetime] | None  #: the one that holds or comes next
    windows: tuple[Window, ...]


def place(pack: Pack, code: str, at: datetime, *, holidays: int = 3) -> Place:
    """What holds in a territory. Raises KeyError for a code the pack does not have."""
    territory = pack.territories[code]
    clocks = tuple(at.astimezone(zone) for zone in territory.zones)
    days = (clocks[0].date() + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD))
    named = ((day, found.name) for day in days if (found := territory.holidays.on(day)) is not None)
    silence = next((one for one in pack.calendar.silence(code) if one.end > at), None)
    return Place(
        territory=territory,
        clocks=clocks,
        holidays=tuple(pair for _, pair in zip(range(holidays), named, strict=False)),
        silence=None if silence is None else (silence.start, silence.end),
        windows=tuple(_windows(pack, at, territory)),
    )


def _windows(pack: Pack, at: datetime, territory: Territory) -> Iterator[Window]:
    for rule in pack.rules:
        value = rule.value_at(at)
        if value is not None and isinstance(value.assessor, WindowRule):
            opening = value.assessor.opening
            is_open = opening.is_open(at, territory)
            changes_at = next_edge((opening,), at, territory) if is_open else next_open((opening,), at, territory)
            yield Window(rule=rule.id, open=is_open, changes_at=changes_at)

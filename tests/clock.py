"""A clock that tests set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: A Tuesday morning in Paris, far from any election silence.
AN_ORDINARY_MORNING = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)


class ManualClock:
    """Stands still until a test moves it; satisfies gateway.domain.clock.Clock."""

    def __init__(self, at: datetime = AN_ORDINARY_MORNING) -> None:
        self._at = _in_utc(at)

    def now(self) -> datetime:
        """The instant the test chose, aware, in UTC."""
        return self._at

    def advance(self, by: timedelta) -> datetime:
        """Let time pass; returns the new instant. Time never runs backwards."""
        if by < timedelta(0):
            raise ValueError("time never runs backwards; use set() to begin a test at another instant")
        self._at += by
        return self._at

    def set(self, at: datetime) -> None:
        """Jump to an aware instant, earlier or later."""
        self._at = _in_utc(at)


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant is aware: give it a time zone")
    return at.astimezone(UTC)

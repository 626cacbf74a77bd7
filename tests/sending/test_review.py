"""Rules that nobody has read again in time: nothing leaves, and whoever looks after the machine is told so, now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.flows.sending.runner import Runner
from tests.sending.support import installation


def test_that_nothing_leaves_is_said_once_an_hour_and_not_every_few_seconds(database_url, clock, tmp_path, caplog):
    """A line of 138 names every five seconds filled a disk in a month, and hid all the others."""
    with installation(database_url, clock, tmp_path) as gw:
        clock.set(datetime(2100, 1, 1, tzinfo=UTC))
        runner = Runner(gw)

        def said():
            return [line.getMessage() for line in caplog.records if "nothing leaves" in line.getMessage()]

        for _ in range(3):
            assert runner.step(0) == 0
            clock.advance(timedelta(seconds=5))
        (line,) = said()
        assert "past their review (gateway check): " in line and len(line) < 250
        clock.advance(timedelta(hours=1))
        runner.step(0)
        assert len(said()) == 2

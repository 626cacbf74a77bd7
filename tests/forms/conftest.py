"""A team whose form is published by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.flows.gateway import Gateway
from tests.clock import ManualClock
from tests.forms.support import office
from tests.sending.support import RecordingChannel


@pytest.fixture
def gw(database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel) -> Iterator[Gateway]:
    with office(database_url, clock, tmp_path, channel=channel) as opened:
        yield opened


@pytest.fixture
def desk(sqlite_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel) -> Iterator[Gateway]:
    """The same on SQLite alone, for what the database has no part in."""
    with office(sqlite_url, clock, tmp_path, channel=channel) as opened:
        yield opened

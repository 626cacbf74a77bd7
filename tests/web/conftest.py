"""A town with one voter, and a browser that talks to the application in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gateway.web.app import web_app
from tests.clock import ManualClock
from tests.web.voters import Town, town


@pytest.fixture
def voters_town(database_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[Town]:
    """One voter whose message waits; once on each database."""
    with town(database_url, tmp_path, clock) as ready:
        yield ready


@pytest.fixture
def small_town(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[Town]:
    """The same on SQLite alone, for what the database has no part in."""
    with town(sqlite_url, tmp_path, clock) as ready:
        yield ready


@pytest.fixture
def small_browser(small_town: Town) -> Iterator[TestClient]:
    """A browser for the small town."""
    with _browser(small_town) as client:
        yield client


@pytest.fixture
def browser(voters_town: Town) -> Iterator[TestClient]:
    """Asks for pages in French; follows no redirect, since there must be none."""
    with _browser(voters_town) as client:
        yield client


def _browser(ready: Town) -> TestClient:
    return TestClient(web_app(ready.gw), headers={"Accept-Language": "fr"}, follow_redirects=False)

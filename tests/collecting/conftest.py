"""A gateway on each database, for every test of this folder."""

from __future__ import annotations

import pytest

from tests.collecting.support import at_work


@pytest.fixture
def gw(database_url, tmp_path):
    with at_work(database_url, tmp_path / "var") as gateway:
        yield gateway

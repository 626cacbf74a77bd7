"""Each database, opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.store.engine import Engine, open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()

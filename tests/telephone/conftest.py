"""A town that is texted and called, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clock import ManualClock
from tests.telephone.support import Town, town


@pytest.fixture
def t(database_url: str, clock: ManualClock, tmp_path: Path) -> Iterator[Town]:
    with town(database_url, clock, tmp_path) as made:
        yield made

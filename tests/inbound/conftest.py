"""Real mail servers for the tests of what comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import never_skipped_in_ci
from tests.mailservers import DovecotServer


@pytest.fixture(scope="session")
def dovecot() -> Iterator[DovecotServer]:
    """Dovecot of this session (of each xdist worker); each test uses an account of its own."""
    with never_skipped_in_ci():
        server = DovecotServer()
    with server:
        yield server

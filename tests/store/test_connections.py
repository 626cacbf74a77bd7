"""Connections to PostgreSQL that stand open: nobody meets one that the server has closed, and nobody asks for nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gateway.store import engine as engines
from gateway.store.engine import begin, open_engine, reading

_PID = text("SELECT pg_backend_pid()")


@pytest.fixture
def engine(postgresql_url):
    engine = open_engine(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def asked(engine, monkeypatch):
    """How often the server was asked whether it is there."""
    times, ask = [], engine.dialect.do_ping

    def asking(connection):
        times.append(1)
        return ask(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", asking)
    return times


def test_a_connection_the_server_closed_a_moment_ago_is_replaced_before_anybody_meets_it(engine, asked, postgresql_url):
    with begin(engine) as tx:
        before = tx.execute(_PID).scalar_one()
    other = open_engine(postgresql_url)
    with begin(other) as tx:
        assert tx.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": before}).scalar_one()
    other.dispose()
    with begin(engine) as tx:
        assert tx.execute(_PID).scalar_one() != before
    assert asked == [1]


def test_a_connection_used_a_moment_ago_is_not_asked_and_one_long_silent_is(engine, asked, monkeypatch):
    for _ in range(3):
        with reading(engine) as tx:
            before = tx.execute(_PID).scalar_one()
    assert asked == []
    monkeypatch.setattr(engines, "_TRUSTED_SECONDS", 0.0)
    with reading(engine) as tx:
        assert tx.execute(_PID).scalar_one() == before
    assert asked == [1]

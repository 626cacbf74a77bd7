"""Rows reach the store as they are, few or many: what few rows travel in differs, what is stored does not."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.store.bulk import bulk_insert
from gateway.store.engine import begin, ending, open_engine
from gateway.store.tables import journal
from gateway.store.types import instant

_COLUMNS = ("kind", "at", "campaign_id", "message_id", "person", "body", "sha256")
_TYPES = ("varchar", "timestamptz", "int8", "int8", "varchar", "bytea", "bytea")


@pytest.mark.parametrize("count", [0, 1, 50, 51, 250, 251, 2_300])
@pytest.mark.parametrize("types", [(), _TYPES], ids=["untyped", "typed"])
def test_every_row_is_there_once_to_the_last_byte(database_url, clock, count, types):
    engine = open_engine(database_url)
    bodies = [f'{{"n":{number},"of":"l’été \\u0000"}}'.encode() + b"\x00\xff\\" for number in range(count)]
    with begin(engine) as tx:
        rows = (("reply", instant(tx, clock.now()), None, number, "p", body, b"\\x00") for number, body in enumerate(bodies))
        assert bulk_insert(tx, journal, _COLUMNS, rows, binary=types) == count
        j = journal.c
        stored = tx.execute(select(j.message_id, j.body, j.sha256, j.at).order_by(j.id)).all()
        assert [tuple(row) for row in stored] == [(n, body, b"\\x00", clock.now()) for n, body in enumerate(bodies)]
    engine.dispose()


@pytest.mark.parametrize("count", [50, 51, 300])
def test_many_rows_may_be_among_the_last_statements_too(database_url, clock, count):
    """PostgreSQL takes no COPY among statements that are waited for together."""
    engine = open_engine(database_url)
    with begin(engine) as tx, ending(tx):
        rows = (("reply", instant(tx, clock.now()), None, number, "p", b"{}", b"\x00") for number in range(count))
        assert bulk_insert(tx, journal, _COLUMNS, rows, binary=_TYPES) == count
    with begin(engine) as tx:
        assert list(tx.execute(select(journal.c.message_id).order_by(journal.c.id)).scalars()) == list(range(count))
    engine.dispose()


@pytest.mark.parametrize("count", [2, 60, 300])
def test_a_row_that_the_database_refuses_leaves_nothing_of_its_transaction(database_url, clock, count):
    engine = open_engine(database_url)
    at = clock.now()
    with pytest.raises(engine.dialect.loaded_dbapi.IntegrityError), begin(engine) as tx:
        bulk_insert(tx, journal, _COLUMNS, [("reply", instant(tx, at), None, 0, "p", b"{}", b"\x00")], binary=_TYPES)
        bodies = [b"{}"] * (count - 1) + [None]  # the last one has none
        rows = (("reply", instant(tx, at), None, number, "p", body, b"\x00") for number, body in enumerate(bodies, 1))
        bulk_insert(tx, journal, _COLUMNS, rows, binary=_TYPES)
    with begin(engine) as tx:  # on the same connection
        assert tx.execute(select(journal.c.id)).all() == []
        bulk_insert(tx, journal, _COLUMNS, [("reply", instant(tx, at), None, 1, "p", b"{}", b"\x00")], binary=_TYPES)
    with begin(engine) as tx:
        assert tx.execute(select(journal.c.message_id)).scalars().all() == [1]
    engine.dispose()

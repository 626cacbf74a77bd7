"""The migrations make exactly the schema the code is written for, on both databases."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gateway.domain.errors import StoreUnavailable
from gateway.store.engine import open_engine
from gateway.store.migrating import migrations
from gateway.store.schema import at_head, head, revision, upgrade
from tests.servers import PostgresServer


def test_migrations_and_tables_agree(database_url: str) -> None:
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            config = migrations()
            config.attributes["connection"] = connection
            command.check(config)
    finally:
        engine.dispose()


def test_an_upgrade_is_safe_to_repeat(database_url: str) -> None:
    upgrade(database_url)
    engine = open_engine(database_url)
    try:
        assert at_head(engine)
    finally:
        engine.dispose()


def test_the_head_is_that_of_the_migrations_themselves() -> None:
    assert head() == ScriptDirectory.from_config(migrations()).get_current_head()


def test_a_database_of_a_later_version_is_left_alone_and_says_so(database_url: str) -> None:
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9001'"))
            connection.commit()
        assert not at_head(engine)
    finally:
        engine.dispose()
    with pytest.raises(StoreUnavailable, match=r"plus récente .*9001"):
        upgrade(database_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, before any migration."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/old.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    yield server.create_database("old_schema")
    server.drop_database("old_schema")


def test_processes_that_start_together_after_an_update_wait_for_the_one_that_changes_the_tables(old_url: str) -> None:
    """Web, worker and ticker come back at the same second: each step is taken once, and nobody fails for it."""
    engine = open_engine(old_url)
    start = [sys.executable, "-c", "import sys; from gateway.store.schema import upgrade; upgrade(sys.argv[1])", old_url]
    try:
        with engine.connect() as connection:
            config = migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, "0005")
            connection.commit()
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE address IN ACCESS EXCLUSIVE MODE"))
            else:
                connection.execute(text("SELECT 1"))  # a transaction here is one that writes
            together = [subprocess.Popen(start, stderr=subprocess.PIPE, text=True) for _ in range(3)]
            time.sleep(2)  # until all of them stand before the tables
            connection.commit()
        said = [process.communicate(timeout=60)[1] for process in together]
        assert [process.returncode for process in together] == [0, 0, 0], "\n".join(said)
        assert at_head(engine)
    finally:
        engine.dispose()


def test_an_upgrade_that_fails_on_the_way_leaves_the_tables_as_they_were(old_url: str) -> None:
    """Whoever runs out of room goes on with the version she had: there is no database between two versions."""
    engine = open_engine(old_url)
    try:
        with engine.connect() as connection:
            config = migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, "0005")
            connection.execute(text("CREATE TABLE breach (id INTEGER)"))  # in the way of a later step
            connection.commit()
        with pytest.raises((StoreUnavailable, ProgrammingError), match="breach"):
            upgrade(old_url)
        assert revision(engine) == "0005"
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE breach"))
        upgrade(old_url)
        assert at_head(engine)
    finally:
        engine.dispose()


def test_messages_and_packs_of_the_first_version_are_kept_and_no_number_is_given_twice(old_url: str) -> None:
    """On SQLite the table is written anew on the way."""
    engine = open_engine(old_url)
    campaign = (
        "INSERT INTO campaign (name, medium, message_class, state, definition, author, created_at)"
        " VALUES ('c', 'email', 'campaign', 'running', :body, 'a', '2026-11-24 09:00:00')"
    )
    message = (
        "INSERT INTO message (campaign_id, digest, message_class, state, due_at)"
        " SELECT id, :digest, 'campaign', 'waiting', '2026-11-24 09:00:00' FROM campaign RETURNING id"
    )
    receipt = (
        "INSERT INTO receipt (message_id, campaign_id, kind, code, reply, at)"
        " SELECT :message, id, 'delivered', :code, :reply, '2026-11-24 09:00:00' FROM campaign"
    )
    pack = "INSERT INTO pack_version (version, text, first_used_at) VALUES ('97064394be8af722', :text, '2026-11-24 09:00:00')"
    try:
        with engine.connect() as connection:
            config = migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            connection.execute(text(pack), {"text": b"the law"})
            connection.execute(text(campaign), {"body": b"{}"})
            first, last = (connection.execute(text(message), {"digest": bytes([n] * 16)}).scalar_one() for n in (1, 2))
            connection.execute(text("DELETE FROM message WHERE id = :id"), {"id": last})
            command.upgrade(config, "0032")
            for code, reply in (("busy", "busy"), ("completed", "machine"), ("completed", None), ("", "delivered")):
                connection.execute(text(receipt), {"message": first, "code": code, "reply": reply})
            connection.commit()
        upgrade(old_url)
        with engine.connect() as connection:
            assert list(connection.execute(text("SELECT id, occasion FROM message"))) == [(first, "")]
            ((shelf, name, law),) = connection.execute(text("SELECT shelf, name, text FROM kept_text"))
            kinds = list(connection.execute(text("SELECT kind FROM receipt ORDER BY id")).scalars())
            assert kinds == ["unheard", "unheard", "delivered", "delivered"], "calls that nobody heard were said to have arrived"
            assert (shelf, name, bytes(law)) == ("packs", "97064394be8af722", b"the law")
            again = connection.execute(text(message), {"digest": bytes([3] * 16)}).scalar_one()
        assert again > last
    finally:
        engine.dispose()

"""The migrations make exactly the schema the code is written for, on both databases."""

from __future__ import annotations

from alembic import command

from gateway.store.engine import at_head, migrations, open_engine, upgrade


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

"""Whether the tables are those of this version. Migrations themselves are read only where there is something to do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from gateway.domain.errors import StoreUnavailable
from gateway.store.engine import begin, open_engine, reading

#: One file for each revision: its number, then its noun.
_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def upgrade(url: str) -> None:
    """Bring the schema to the newest revision, in one transaction; safe to repeat: with nothing to do it waits for no writer.

    Raises StoreUnavailable when the database is away, or was made by a later version, whose tables this one cannot know.
    """
    engine = open_engine(url)
    try:
        found = revision(engine)
        if found == head():
            return
        if found is not None and found > head():
            raise StoreUnavailable(
                f"la base vient d’une version plus récente de Passerelle (tables {found}, ici {head()}) : "
                "mettez le programme à jour, ou nommez une autre base"
            )
        from gateway.store.migrating import to_head  # not above: Alembic takes longer to import than most commands take to run

        with begin(engine) as tx:
            to_head(tx)
    finally:
        engine.dispose()


def at_head(engine: Engine) -> bool:
    """Whether the schema is the one this code was written for. Raises StoreUnavailable when the database is away."""
    return revision(engine) == head()


def revision(engine: Engine) -> str | None:
    """The revision this database is at; None: it has no tables yet. Raises StoreUnavailable when it is away."""
    with reading(engine) as tx:
        if not inspect(tx).has_table("alembic_version"):
            return None
        return tx.scalars(text("SELECT version_num FROM alembic_version")).one_or_none()


@cache
def head() -> str:
    """The newest revision that ships: migrations are a single line, and their numbers only grow."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))

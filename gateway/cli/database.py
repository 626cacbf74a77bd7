"""`gateway db …`: the schema of the database."""

from __future__ import annotations

import typer

from gateway.cli import session
from gateway.cli.session import Json, answer_json, out
from gateway.store.engine import open_engine
from gateway.store.schema import at_head
from gateway.store.schema import upgrade as bring_to_head

app = typer.Typer(help="The database: bring its schema to this version.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Commands on the database."""


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Bring the schema to this version, in one transaction; safe to repeat. On SQLite every command does it by itself."""
    url = session.settings().database.url
    engine = open_engine(url)
    try:
        before = at_head(engine)
    finally:
        engine.dispose()
    bring_to_head(url)
    if as_json:
        answer_json({"changed": not before})
    else:
        out.print(
            "✓ Les tables étaient déjà celles de cette version." if before else "✓ Les tables sont celles de cette version."
        )

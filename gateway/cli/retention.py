"""`gateway retention …`: who is about to be forgotten, and forgetting those who are due."""

from __future__ import annotations

import typer

from gateway.cli import session
from gateway.cli.session import Json, answer_json, answer_table, out
from gateway.flows import keeping

retention_app = typer.Typer(help="Retention: whose term is over, and what goes.", no_args_is_help=True)


@retention_app.command()
def plan(as_json: Json = False) -> None:
    """Who was asked for consent and has not said yes, and when the first of them are erased. Changes nothing."""
    with session.gateway() as gw:
        awaited = keeping.plan(gw)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json(
            [{"origin": one.origin, "people": one.people, "next_due_at": one.next_due_at, "rules": one.rules} for one in awaited]
        )
        return
    rows = [
        (
            one.origin,
            one.people,
            f"{one.next_due_at.astimezone(zone):%d/%m/%Y %H:%M}" if one.next_due_at else "jamais",
            ", ".join(one.rules),
        )
        for one in awaited
    ]
    answer_table("Réponses attendues", ["Origine", "Personnes", "Prochain effacement", "Règles"], rows, numbers=[1])


@retention_app.command()
def run(as_json: Json = False) -> None:
    """Erase whoever is due now. The ticker does so every hour; each round leaves its numbers in the journal."""
    with session.gateway() as gw:
        purged = keeping.purge(gw)
    if as_json:
        answer_json({"contacts": purged.contacts, "messages_cancelled": purged.messages_cancelled})
    else:
        out.print(f"✓ {purged.contacts} contacts effacés ; {purged.messages_cancelled} messages annulés avec eux.")

"""`gateway message …`: what became of one message, and settling the uncertain ones."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli import session
from gateway.cli.outcome_words import RECEIPTS
from gateway.cli.session import OPERATOR, By, Json, answer_json, answer_table, out
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.message import MessageState
from gateway.flows.sending.evidence import settle_by_log
from gateway.flows.sending.keeping import settle_by_evidence
from gateway.store import campaigns, journal, outbox, receipts
from gateway.store.engine import reading

app = typer.Typer(help="Messages: show one, list, settle the uncertain ones.", no_args_is_help=True)


class Word(StrEnum):
    """What a person says of an uncertain message."""

    ACCEPTED = "accepted"
    ABANDONED = "abandoned"


@app.command()
def show(message: Annotated[int, typer.Argument(help="Number of the message.")], as_json: Json = False) -> None:
    """One message: its state and every journal entry about it."""
    with session.gateway() as gw, reading(gw.engine) as tx:
        row = outbox.find(tx, message)
        if row is None:
            raise NotFound(f"aucun message n’a le numéro {message} : gateway message list les montre")
        entries = [json.loads(one.body) for one in journal.of_message(tx, message)]
        returned = receipts.of_message(tx, message)
    if as_json:
        answer_json({"message": dict(row), "returned": [asdict(one) for one in returned], "journal": entries})
        return
    answer_table(
        f"Message {message}", ["Champ", "Valeur"], [(key, _short(value)) for key, value in row.items() if value is not None]
    )
    if returned:
        cells = [(f"{one.at:%Y-%m-%d %H:%M:%S}", RECEIPTS[one.kind], one.code, escape(one.reply or "")) for one in returned]
        answer_table("Revenu après la remise", ["Instant (UTC)", "Quoi", "Code", "Mots du serveur"], cells)
    answer_table(
        "Journal",
        ["Instant", "Quoi", "Contenu"],
        [(e.pop("at"), e.pop("kind"), json.dumps(e, ensure_ascii=False)) for e in entries],
    )


@app.command("list")
def list_(
    campaign: Annotated[str | None, typer.Option(help="Only this campaign.")] = None,
    state: Annotated[MessageState | None, typer.Option(help="Only this state.")] = None,
    after: Annotated[int, typer.Option(help="Begin after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """A page of messages."""
    with session.gateway() as gw, reading(gw.engine) as tx:
        chosen = None
        if campaign is not None:
            found = campaigns.by_name(tx, campaign)
            if found is None:
                raise NotFound(f"aucune campagne ne s’appelle « {campaign} » : gateway campaign list les montre")
            chosen = found.id
        rows = outbox.listed(tx, chosen, state=state, after=after, limit=limit)
    if as_json:
        answer_json([dict(row) for row in rows])
        return
    cells = [(r["id"], r["state"], r["because"], r["reply"], r["handed_at"]) for r in rows]
    answer_table("Messages", ["N°", "État", "Règles ou cause", "Réponse", "Remis à (UTC)"], cells, numbers=[0])


@app.command()
def settle(
    message: Annotated[int, typer.Argument(help="Number of an uncertain message.")],
    outcome: Annotated[Word, typer.Option("--as", help="accepted: there is evidence that it left; abandoned: there is none.")],
    evidence: Annotated[str, typer.Option(help="What shows it; kept in the journal.")],
    by: By = OPERATOR,
) -> None:
    """Settle one uncertain message by a person's word. It is never sent again."""
    with session.gateway() as gw:
        if not settle_by_evidence(gw, message, MessageState(outcome.value), evidence=evidence, by=by):
            raise Conflict(f"le message {message} n’est pas incertain : il n’y a rien à trancher")
    out.print(f"✓ Message {message} : {outcome.value}.")


@app.command("settle-log")
def settle_log(
    log: Annotated[Path, typer.Argument(help="Mail log of the relay, or a list of Message-IDs.", exists=True, dir_okay=False)],
    by: By = OPERATOR,
    complete: Annotated[bool, typer.Option("--complete", help="The log is whole: what it does not name never left.")] = False,
    as_json: Json = False,
) -> None:
    """Settle uncertain messages by the relay's own log: a Message-ID it names was taken."""
    with session.gateway() as gw:
        settled = settle_by_log(gw, log, by=by, complete=complete)
    if as_json:
        answer_json({"accepted": settled.accepted, "abandoned": settled.abandoned, "open": settled.left})
    else:
        out.print(f"✓ {settled.accepted} remis, {settled.abandoned} abandonnés, {settled.left} toujours incertains.")


def _short(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)

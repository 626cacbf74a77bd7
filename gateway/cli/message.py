"""`gateway message …`: what became of one message, and settling the uncertain ones."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.audit.entry import EntryKind
from gateway.cli import session
from gateway.cli.journal_words import lines_of
from gateway.cli.outcome_words import (
    ENTRIES,
    STATE,
    by_rules,
    came_back,
    campaign_name,
    decided,
    reason,
    sort_of,
    why_there,
)
from gateway.cli.server_words import answered
from gateway.cli.session import OPERATOR, By, Json, answer_json, answer_line, answer_table, out
from gateway.cli.words import counted, local_time
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.message import MessageState
from gateway.flows.auditing.recalling import recalled, recalled_each
from gateway.flows.sending.doubts import settle_by_evidence, settle_by_log
from gateway.store import campaigns, journal, outbox, progress, receipts
from gateway.store.engine import reading

app = typer.Typer(help="Messages: show one, list, settle the uncertain ones.", no_args_is_help=True)


class Word(StrEnum):
    """What a person says of an uncertain message."""

    ACCEPTED = "accepted"
    ABANDONED = "abandoned"


@app.command()
def show(message: Annotated[int, typer.Argument(help="Number of the message.")], as_json: Json = False) -> None:
    """One message: its state and every journal entry about it."""
    with session.gateway(listening=True) as gw, reading(gw.engine) as tx:
        row = outbox.find(tx, message)
        if row is None:
            raise NotFound(f"aucun message n’a le numéro {message} : gateway message list les montre")
        entries = [json.loads(one.body) for one in journal.of_message(tx, message)]
        returned, zone = receipts.of_message(tx, message), gw.pack.calendar.zone
        because = row["because"] or ""
        why = (decided(recalled(gw, message)) if by_rules(because) else "") or escape(reason(because))
    if as_json:
        answer_json({"message": dict(row), "returned": [asdict(one) for one in returned], "journal": entries})
        return
    answer_table(
        f"Message {message}",
        ["", ""],
        [cells for cells in _cells(row, zone, why) if cells[1] not in (None, "")],
    )
    if returned:
        cells = [
            (local_time(one.at, zone), came_back(one.kind, row["medium"]), one.code, answered(one.reply)) for one in returned
        ]
        answer_table("Revenu après la remise", ["Le", "Quoi", "Code", "Mots du serveur"], cells)
    answer_table(
        "Journal",
        ["Instant (UTC)", "Quoi", "Contenu"],
        [(e["at"], ENTRIES[EntryKind(e["kind"])], escape("\n".join(lines_of(e)))) for e in entries],
    )


@app.command("list")
def list_(
    campaign: Annotated[str | None, typer.Option(metavar="NAME", help="Only this campaign.")] = None,
    state: Annotated[MessageState | None, typer.Option(help="Only this state.")] = None,
    after: Annotated[int, typer.Option(help="Begin after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 50,
    as_json: Json = False,
) -> None:
    """A page of messages."""
    with session.gateway(listening=True) as gw, reading(gw.engine) as tx:
        chosen = None
        if campaign is not None:
            found = campaigns.by_name(tx, campaign)
            if found is None:
                raise NotFound(f"aucune campagne ne s’appelle « {campaign} » : gateway campaign list les montre")
            chosen = found.id
        rows, zone = progress.listed(tx, chosen, state=state, after=after, limit=limit), gw.pack.calendar.zone
        findings = {} if as_json else recalled_each(gw, [row["id"] for row in rows if by_rules(row["because"] or "")])
    if as_json:
        answer_json([dict(row) for row in rows])
        return
    cells = [
        (
            r["id"],
            STATE[r["state"]],
            why_there(r["because"] or "", findings.get(r["id"], ())),
            answered(r["reply"]),
            local_time(r["handed_at"], zone),
        )
        for r in rows
    ]
    answer_table("Messages", ["N°", "État", "Pourquoi", "Réponse", "Remis le"], cells, numbers=[0])
    if len(rows) == limit:
        same = "".join(f" --{name} {given}" for name, given in (("campaign", campaign), ("state", state)) if given)
        out.print(f"La suite : gateway message list{same} --after {rows[-1]['id']}")


@app.command()
def settle(
    message: Annotated[int, typer.Argument(help="Number of an uncertain message.")],
    outcome: Annotated[Word, typer.Option("--as", help="accepted: there is evidence that it left; abandoned: there is none.")],
    evidence: Annotated[str, typer.Option(help="What shows it; kept in the journal.")],
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Settle one uncertain message by a person's word. It is never sent again."""
    with session.gateway(listening=True) as gw:
        if not settle_by_evidence(gw, message, MessageState(outcome.value), evidence=evidence, by=by):
            raise Conflict(f"le message {message} n’est pas incertain : il n’y a rien à trancher")
    words = f"✓ Message {message} : {STATE[MessageState(outcome.value)]}. Il ne repartira pas."
    answer_line(words, {"message": message, "state": outcome}, as_json=as_json)


@app.command("settle-log")
def settle_log(
    log: Annotated[Path, typer.Argument(help="Mail log of the relay, or a list of Message-IDs.", exists=True, dir_okay=False)],
    by: By = OPERATOR,
    complete: Annotated[bool, typer.Option("--complete", help="The log is whole: what it does not name never left.")] = False,
    as_json: Json = False,
) -> None:
    """Settle uncertain messages by the relay's own log: a Message-ID it names was taken."""
    with session.gateway(listening=True) as gw:
        settled = settle_by_log(gw, log, by=by, complete=complete)
    if as_json:
        answer_json({"accepted": settled.accepted, "abandoned": settled.abandoned, "open": settled.left})
    else:
        given_up = counted(settled.abandoned, "abandonné", "abandonnés")
        left = counted(settled.left, "toujours incertain", "toujours incertains")
        out.print(f"✓ {counted(settled.accepted, 'remis', 'remis')}, {given_up}, {left}.")


def _cells(row: Any, zone: ZoneInfo, why: str) -> list[tuple[str, object]]:
    """What the outbox has of one message, name by name."""
    return [
        ("Campagne", escape(campaign_name(row["campaign"]))),
        ("Sorte", sort_of(row["message_class"], row["medium"])),
        ("État", STATE[row["state"]]),
        ("Pourquoi", why),
        ("Réponse", answered(row["reply"])),
        ("Prévu le", local_time(row["due_at"], zone)),
        ("Remis le", local_time(row["handed_at"], zone)),
        ("Réglé le", local_time(row["settled_at"], zone)),
        ("Essais", row["attempts"]),
        ("Contact", row["contact_id"]),
        ("Empreinte de l’adresse", row["digest"].hex()),
        ("En réponse à", escape(row["occasion"])),
        ("Lot de remise", escape(row["worker"] or "")),
    ]

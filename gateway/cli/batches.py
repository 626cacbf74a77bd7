"""`gateway contacts batches`, `undo` and `informed`: what was brought in, taking it back, and that its people were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli import intake, session
from gateway.cli.asking import yes as yes_no
from gateway.cli.session import DAYS, OPERATOR, By, Json, answer_json, answer_line, answer_table, out
from gateway.cli.words import counted, local_day, number
from gateway.domain.contact import BatchState
from gateway.flows.collecting import UndoReport, list_batches, undo_import
from gateway.flows.gateway import Gateway
from gateway.flows.informing import Untold, note_told, sentence, todo

_STATES = {BatchState.WRITING: "inachevé", BatchState.WRITTEN: "importé", BatchState.UNDONE: "annulé"}
_UNDOING = (
    ("gone", "Contacts que ce lot seul faisait connaître : effacés"),
    ("set_aside", "Contacts à qui un message est déjà parti : gardés pour l’expliquer, plus rien ne leur est envoyé"),
    ("kept", "Contacts qu’un autre lot nomme aussi, ou complétés depuis : gardés, sans ce que ce lot apportait"),
    ("met", "Contacts déjà connus avant : ils restent"),
    ("consents", "Accords de ce lot annulés ; ce qui valait avant vaut de nouveau"),
    ("promotions", "Contacts redevenus occasionnels"),
    ("filled", "Fiches d’où repart ce que ce lot y avait inscrit"),
    ("addresses", "Adresses et numéros ajoutés : retirés"),
    ("tags", "Étiquettes ajoutées : retirées"),
    ("cancelled", "Messages en attente qui ne partiront pas"),
)


def batches(limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 20, as_json: Json = False) -> None:
    """Files that were brought in, newest first, each with its origin."""
    with session.gateway(listening=True) as gw:
        found = list_batches(gw, limit=limit)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json([{**asdict(batch), "origin": asdict(origin)} for batch, origin in found])
        return
    rows = [
        (
            batch.id,
            local_day(batch.at, zone),
            escape(batch.file_name),
            escape(origin.label),
            escape(batch.operator),
            number(int(batch.counts.get("new", 0))),
            _state(batch.state, batch.undone_by),
        )
        for batch, origin in found
    ]
    answer_table("Lots", ["N°", "Le", "Fichier", "Origine", "Par", "Nouveaux", "État"], rows, numbers=[0, 5])


def undo(
    batch: Annotated[int, typer.Argument(help="Number of the batch: gateway contacts batches.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and stop.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Undo without asking.")] = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Take an import back by what it changed: a dry run first. Its objections stay for ever, refusals with their people."""
    if as_json and not (dry_run or yes):
        raise typer.BadParameter("--json ne pose pas de question : ajoutez --dry-run ou --yes")
    with session.gateway(listening=True) as gw:
        with intake.progress_bar(shown=not as_json) as told:
            report = undo_import(gw, batch, by=by, dry_run=True, progress=told)
        if not as_json:
            _show(report)
        if not dry_run and (yes or yes_no("Annuler ce lot ?", default=False)):
            with intake.progress_bar(shown=not as_json) as told:
                report = undo_import(gw, batch, by=by, progress=told)
    if as_json:
        answer_json(asdict(report))
    elif report.done:
        out.print(
            f"[green]✓[/] Lot {batch} annulé. Les oppositions qu’il apportait restent ; les refus, avec les personnes gardées."
        )
        _show(report)
    elif not dry_run:
        out.print("Rien n’a été changé.")


def informed(
    origin: Annotated[int, typer.Argument(help="Number of the origin: gateway retention plan.")],
    how: Annotated[str, typer.Option(help='How they were told: "courrier du 12 mars". Shown to them in their copy.')],
    on: Annotated[datetime, typer.Option(help="The day they were told.", formats=DAYS)],
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Note that all people of an origin were told where their data came from, other than by a message (RGPD 14)."""
    with session.gateway(listening=True) as gw:
        waited = note_told(gw, origin, how=how, on=on.date(), by=by)
    people = counted(waited, "personne attendait de l’être", "personnes attendaient de l’être")
    words = f"[green]✓[/] C’est noté pour l’origine {origin} : {people}."
    answer_line(words, {"origin": origin, "people": waited}, as_json=as_json)


def warn_of(gw: Gateway, waiting: Sequence[Untold]) -> None:
    """Who must be told where their data came from, by when, and the commands."""
    for one in waiting:
        out.print(f"[yellow]![/] [bold]{escape(sentence(gw, one))}[/]", soft_wrap=True)
    if waiting:
        out.print(f"    [dim]→[/] {escape(todo(waiting[0]))}", soft_wrap=True)


def _show(report: UndoReport) -> None:
    counts: dict[str, Any] = asdict(report.undoing)
    title = "Ce qui a été annulé" if report.done else f"Annuler le lot {report.batch.id} : essai à blanc"
    rows = [(words, number(counts[name])) for name, words in _UNDOING if counts[name]]
    answer_table(
        title,
        ["Ce qui est arrivé" if report.done else "Ce qui arrive", "Nombre"],
        rows or [("Ce lot n’a rien changé", "0")],
        numbers=[1],
    )
    if report.named_by:
        _show_naming(report)


def _show_naming(report: UndoReport) -> None:
    """The batches by which people stay, and what follows for those who wanted them gone, or their agreements kept."""
    which, one = ", ".join(map(str, report.named_by)), len(report.named_by) == 1
    lots = f"Le lot {which} nomme" if one else f"Les lots {which} nomment"
    goes = "s’il est annulé à son tour" if one else "s’ils sont annulés à leur tour"
    out.print(f"[yellow]![/] {lots} aussi de ces personnes : elles ne partent que {goes}.")
    if report.undoing.consents:
        said = "ce fichier-là disait" if one else "ces fichiers-là disaient"
        again = "importez-le" if one else "importez-les"
        out.print(f"[yellow]![/] Un accord que {said} aussi est annulé avec celui-ci ; pour qu’il compte, {again} de nouveau.")


def _state(state: BatchState, undone_by: str | None) -> str:
    return f"{_STATES[state]} par {escape(undone_by)}" if undone_by else _STATES[state]

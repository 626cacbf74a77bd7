"""`gateway suppressions …`: the opposition list."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gateway.cli import intake, session
from gateway.cli.session import OPERATOR, By, Json, answer_json, answer_table, out
from gateway.cli.words import counted, local_day, number, said, took
from gateway.domain.channel import Medium
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionKind
from gateway.flows import reporting, suppressing

suppressions_app = typer.Typer(help="The opposition list: import, report, list, lift.", no_args_is_help=True)


@suppressions_app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, readable=True, help="A workbook, a CSV, or one address or number a line."),
    ],
    refused: Annotated[Path | None, typer.Option(help="Write the lines that cannot be read here.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Name or number of the sheet.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and stop.")] = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Put every address and number of a file on the opposition list. Only digests are kept; nobody on it is reached again.

    Exit 1 when some lines cannot be read: the others are on the list, but those people are not protected yet.
    """
    with session.gateway(listening=True) as gw, intake.progress_bar(shown=not as_json) as told:
        source = suppressing.Sheet(file, sheet) if sheet else file
        report = suppressing.import_list(gw, source, by=by, dry_run=dry_run, refused=refused, progress=told)
    if as_json:
        answer_json(asdict(report))
    else:
        read = counted(report.addresses, "adresse ou numéro lu", "adresses ou numéros lus")
        fresh = counted(report.fresh, "inscription nouvelle", "inscriptions nouvelles") if report.fresh else "rien de nouveau"
        out.print(f"{'[green]✓[/]' if report.written else 'Essai à blanc :'} liste d’opposition : {read}, {fresh}.")
        if report.cancelled:
            out.print(intake.will_not_leave(report.cancelled))
        if report.aside:
            named = ", ".join(f"« {escape(label)} »" for label in report.aside)
            out.print(
                f"[yellow]![/] {named} : d’autres adresses ou numéros, laissés de côté. Si ces personnes-là s’opposent aussi, "
                "appelez la colonne « courriel 2 » ou « téléphone 2 » et recommencez."
            )
        if report.refused:
            out.print(
                "[bold red]Ces lignes ne se lisent pas : ces personnes ne sont pas protégées. Corrigez-les et recommencez.[/]"
            )
            intake.show_refused(report.refused, report.refused_samples, report.refused_in)
    if report.refused:
        raise typer.Exit(1)


@suppressions_app.command("list")
def list_(
    after: Annotated[int | None, typer.Option(help="Show entries after this number, not only counts.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 50,
    as_json: Json = False,
) -> None:
    """How many entries the list has, by kind and channel; with --after, a page of them. It holds digests, no names."""
    with session.gateway(listening=True) as gw:
        counts = suppressing.list_counts(gw)
        delays = suppressing.list_delays(gw)
        page = [] if after is None else suppressing.list_page(gw, after=after, limit=limit)
        zone = gw.pack.calendar.zone
    if as_json:
        counted = [{"kind": kind, "medium": medium, "entries": count} for kind, medium, count in counts]
        entries = [{"seq": seq, **asdict(one)} for seq, one in page]
        answer_json({"counts": counted, "reception_to_effect": asdict(delays), "entries": entries})
        return
    rows = [(said(SuppressionKind(kind)), _channel(medium), number(count)) for kind, medium, count in counts]
    answer_table("Liste d’opposition", ["Sorte", "Canal", "Nombre"], rows, numbers=[2])
    if delays.objections:
        out.print(took(delays))
    if page:
        shown = [
            (
                seq,
                one.digest.hex(),
                _channel(one.medium),
                said(one.kind),
                said(one.cause),
                local_day(one.since, zone),
            )
            for seq, one in page
        ]
        answer_table("", ["N°", "Empreinte", "Canal", "Sorte", "Cause", "Depuis"], shown, numbers=[0])


def _channel(medium: str) -> str:
    return "tous" if medium == EVERY_MEDIUM else said(Medium(medium))


@suppressions_app.command()
def report(
    numbers: Annotated[list[str], typer.Argument(help="Telephone numbers that reported our texts to 33700, or to the provider.")],
    why: Annotated[str, typer.Option(help="Where the report comes from; kept in the journal.")],
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Take reports of unwanted texts into account: each is an objection, whether the number is in the file or not.

    Exit 1 when one of them cannot be read: the others are on the list.
    """
    with session.gateway(listening=True) as gw:
        found = reporting.report(gw, numbers, by=by, why=why)
    if as_json:
        answer_json(asdict(found))
    else:
        told = counted(found.numbers, "numéro signalé est", "numéros signalés sont")
        again = counted(found.numbers - found.fresh, "y était déjà", "y étaient déjà")
        known = f" ({again})" if found.fresh < found.numbers else ""
        out.print(f"[green]✓[/] {told} sur la liste d’opposition{known}.")
        if found.cancelled:
            out.print(intake.will_not_leave(found.cancelled))
        if found.unread:
            odd = ", ".join(f"« {escape(one)} »" for one in found.unread)
            whose = "Cette personne n’est pas protégée" if len(found.unread) == 1 else "Ces personnes ne sont pas protégées"
            out.print(f"[bold red]Ne se lit pas : {odd}. {whose} : corrigez, et recommencez.[/]")
    if found.unread:
        raise typer.Exit(1)


@suppressions_app.command()
def lift(
    address: Annotated[str, typer.Argument(help="Email address or telephone number.")],
    why: Annotated[str, typer.Option(help="Why; kept in the journal.")],
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Take an address off the list where it stands for a technical reason or a pause. Nobody but the person ends an objection."""
    with session.gateway(listening=True) as gw:
        gone = suppressing.lift(gw, address, why=why, by=by)
    if as_json:
        answer_json({"lifted": gone})
    else:
        out.print("✓ Levé : cette adresse peut de nouveau recevoir ce à quoi la personne a consenti.")

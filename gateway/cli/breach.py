"""`gateway breach …`: personal data that leaked or was lost, and the hours in which the authority is told."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import session
from gateway.cli.papers import write_paper
from gateway.cli.session import INSTANTS, OPERATOR, By, Json, answer_json, answer_line, answer_table, out, zoned
from gateway.cli.words import local_time, said
from gateway.flows import breaches
from gateway.flows.breaches import Ending
from gateway.render.papers import paper
from gateway.store.breaches import Breach

People = Annotated[int | None, typer.Option(help="How many people, as far as known.")]

breach_app = typer.Typer(help="Breaches of personal data: noted at once, told in time.", no_args_is_help=True)


@breach_app.command("open")
def open_(
    what: Annotated[str, typer.Argument(help="What happened, to which data, in a sentence.")],
    aware_at: Annotated[datetime | None, typer.Option(help="When somebody became aware; else now.", formats=INSTANTS)] = None,
    people: People = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Note a breach; the clock runs from when somebody became aware of it."""
    with session.gateway(listening=True) as gw:
        aware = zoned(aware_at, gw) or gw.clock.now()
        found = breaches.open_breach(gw, what, aware_at=aware, people=people, by=by)
        deadline = local_time(found.deadline_at, gw.pack.calendar.zone)
    if as_json:
        answer_json(asdict(found))
    else:
        out.print(
            f"✓ Violation n° {found.id} consignée. La CNIL doit être prévenue avant le [bold]{deadline}[/] :", soft_wrap=True
        )
        out.print("  https://www.cnil.fr/fr/notifier-une-violation-de-donnees-personnelles", soft_wrap=True)
        out.print("Risque élevé pour les personnes ? Prévenez-les aussi, sans tarder (RGPD, article 34).", soft_wrap=True)
        out.print(f'Ensuite : gateway breach close {found.id} --told-at "…" --measures "…"', soft_wrap=True)


@breach_app.command("list")
def list_(
    to: Annotated[Path | None, typer.Option(help="Also write all of it to a new file: a page (.html) or Markdown.")] = None,
    after: Annotated[int | None, typer.Option(help="Show what follows this breach.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 50,
    as_json: Json = False,
) -> None:
    """The log, what is open first. Exit code 1 while the authority waits to be told of one beyond its hours."""
    with session.gateway(listening=True) as gw:
        found = breaches.page(gw, after=after, limit=limit + 1)
        late, now, zone = breaches.late(gw), gw.clock.now(), gw.pack.calendar.zone
        if to is not None:
            whole = breaches.every_breach(gw)
            content = {"at": now, "zone": zone.key, "controller": gw.settings.controller, "breaches": whole}
            write_paper(gw, to, paper(gw.templates, "breaches", content, said))
    shown = found[:limit]
    if as_json:
        answer_json([asdict(one) for one in shown])
    else:
        _table(shown, now, zone)
        if len(found) > limit:
            out.print(f"[dim]La suite : gateway breach list --after {shown[-1].id}[/]")
    if late:
        raise typer.Exit(1)


def _table(found: list[Breach], now: datetime, zone: ZoneInfo) -> None:
    rows = []
    for one in found:
        if one.closed_at is None:
            left = one.deadline_at - now
            standing = f"reste {left // timedelta(hours=1)} h" if left > timedelta(0) else "[red]hors délai[/]"
        else:
            told = f"CNIL prévenue le {local_time(one.told_at, zone)}" if one.told_at else "sans notification"
            standing = f"close ; {told}"
        told_why = one.untold_why or one.late_why or ""
        rows.append(
            (
                one.id,
                escape(one.what),
                one.people,
                local_time(one.aware_at, zone),
                local_time(one.deadline_at, zone),
                standing,
                escape(told_why),
            )
        )
    answer_table("Violations de données", ["N°", "Quoi", "Personnes", "Su le", "Délai", "État", "Pourquoi"], rows, numbers=[0, 2])


@breach_app.command()
def close(
    number: Annotated[int, typer.Argument(help="Number of the breach.")],
    measures: Annotated[str, typer.Option(help="What it led to, what was done, and whether the people were told (RGPD 34).")],
    told_at: Annotated[datetime | None, typer.Option(help="When the CNIL was told.", formats=INSTANTS)] = None,
    no_risk: Annotated[str, typer.Option(help="Why it was not told: no risk for people, because…")] = "",
    late_why: Annotated[str, typer.Option(help="Why it was told late, if so.")] = "",
    people: People = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Close a breach: told to the CNIL, or not and why."""
    with session.gateway(listening=True) as gw:
        ending = Ending(measures=measures, told_at=zoned(told_at, gw), untold_why=no_risk, late_why=late_why, people=people)
        breaches.close_breach(gw, number, ending, by=by)
    answer_line(f"✓ Violation n° {number} close ; elle reste au registre.", {"breach": number, "closed": True}, as_json=as_json)

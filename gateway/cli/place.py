"""`gateway policy place`: where the rules put a person, and what hour, holidays and silence hold for her there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.cli.session import At, Json, answer_json, answer_table, on_clock, out
from gateway.compliance.placing import Place, Window
from gateway.compliance.placing import place as placed
from gateway.compliance.spoken import day, hour
from gateway.domain.errors import InvalidInput
from gateway.domain.phone import PhoneNumber
from gateway.present import SystemClock, present_pack, today


def place(
    postcode: Annotated[str, typer.Option(help="Her postcode.")] = "",
    commune: Annotated[str, typer.Option(help="INSEE code of the commune of her polling station: comes first.")] = "",
    number: Annotated[str, typer.Option(help="Her telephone number: what is left when nothing else is known.")] = "",
    at: At = None,
    as_json: Json = False,
) -> None:
    """Where a person is taken to be, by polling place, postcode or number; and what hours, holidays and silence hold there."""
    if not (postcode or commune or number):
        raise InvalidInput("donnez au moins un code postal, le code INSEE d’une commune ou un numéro")
    pack = present_pack(today())
    e164 = PhoneNumber.parse(number).e164 if number else None
    code = pack.territory_of(postcode or None, commune=commune or None, number=e164)
    at = None if at is None else on_clock(at, pack.calendar.zone)
    found = placed(pack, code, at or SystemClock().now())
    if as_json:
        answer_json(_json(found))
        return
    name = found.territory.name["fr"]
    out.print(f"[bold]{name[:1].upper()}{name[1:]}[/] ({code})")
    out.print("Il y est " + ", ".join(f"{hour(clock, 'fr')} ({zone.key})" for clock, zone in _clocks(found)))
    for window in found.windows:
        out.print(_window(window, found))
    if found.silence is not None:
        start, end = (edge.astimezone(found.territory.zones[0]) for edge in found.silence)
        began = f"{day(start.date(), 'fr')} à {hour(start, 'fr')}"
        out.print(
            f"Silence électoral : du {began} au {day(end.date(), 'fr')} à {hour(end, 'fr')}, {found.territory.clock['fr']}."
        )
    answer_table("Prochains jours fériés", ["Jour", "Fête"], [(day(on, "fr"), names["fr"]) for on, names in found.holidays])


def _clocks(found: Place) -> list[tuple[datetime, ZoneInfo]]:
    """One clock for each hour shown: zones that agree now are one."""
    seen: dict[datetime, tuple[datetime, ZoneInfo]] = {}
    for clock, zone in zip(found.clocks, found.territory.zones, strict=True):
        seen.setdefault(clock.replace(tzinfo=None), (clock, zone))
    return list(seen.values())


def _window(window: Window, found: Place) -> str:
    if window.changes_at is None:
        return f"[red]✗[/] {window.rule} : aucune heure n’y est sûre."
    local = window.changes_at.astimezone(found.territory.zones[0])
    when = f"{day(local.date(), 'fr')} à {hour(local, 'fr')}"
    if window.open:
        return f"[green]✓[/] {window.rule} : ouvert jusqu’au {when}."
    return f"[yellow]○[/] {window.rule} : fermé, ouvre le {when}."


def _json(found: Place) -> dict[str, object]:
    return {
        "territory": found.territory.code,
        "name": dict(found.territory.name),
        "zones": [zone.key for zone in found.territory.zones],
        "clocks": list(found.clocks),
        "windows": [{"rule": one.rule, "open": one.open, "changes_at": one.changes_at} for one in found.windows],
        "holidays": [{"on": on, "name": dict(names)} for on, names in found.holidays],
        "silence": found.silence,
    }

"""The copy of one person's data as a page of its own: one HTML document, nothing from elsewhere, in her language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from gateway.domain.errors import RenderFault
from gateway.render.origin import french_day


def copy_page(templates: Path, content: Mapping[str, Any], zone: ZoneInfo) -> str:
    """The page of what copie.json holds; instants on the clock of the law. Raises RenderFault."""
    environment = Environment(
        loader=FileSystemLoader([templates / "rights", templates / "audit"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["instant"] = partial(_instant, zone=zone, language=content["language"])
    environment.filters["day"] = partial(_day, language=content["language"])
    try:
        return environment.get_template("copy.html").render(content)
    except TemplateError as fault:
        raise RenderFault(f"{templates / 'rights' / 'copy.html'}: {fault}") from fault


def _instant(at: datetime | None, zone: ZoneInfo, language: str) -> str:
    if at is None:
        return "—"
    local = at.astimezone(zone)
    if language == "fr":
        return f"{french_day(local.date())} à {local.hour}\u00a0h\u00a0{local.minute:02}"
    return format_datetime(local, "d MMMM y 'at' HH:mm", locale="en")


def _day(on: date | None, language: str) -> str:
    if on is None:
        return "—"
    return french_day(on) if language == "fr" else format_date(on, "long", locale="en")

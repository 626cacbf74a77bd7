"""The copy of one person's data as a page of its own: one HTML document, nothing from elsewhere, in her language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway.compliance.spoken import agreed_hours
from gateway.render.gestures import gesture
from gateway.render.origin import day_and_hour, long_day
from gateway.render.printed import printed


def copy_page(templates: Path, content: Mapping[str, Any], zone: ZoneInfo) -> str:
    """The page of what copie.json holds; instants on the clock of the law. Raises RenderFault."""
    language = content["language"]
    return printed(
        templates / "rights" / "copy.html",
        {**content, "clock": zone.key.rpartition("/")[2].replace("_", " ")},
        templates / "audit",
        instant=partial(_instant, zone=zone, language=language),
        dated=partial(_dated, zone=zone, language=language),
        gesture=partial(gesture, language=language),
        hours=partial(agreed_hours, language=language),
        day=partial(_day, language=language),
    )


def _instant(at: datetime | None, zone: ZoneInfo, language: str) -> str:
    return day_and_hour(at.astimezone(zone), language) if at is not None else "—"


def _dated(at: datetime | None, zone: ZoneInfo, language: str) -> str:
    """The same; of midnight the day alone: what a form or a letter dates by its day was not said at that hour."""
    local = at.astimezone(zone) if at is not None else None
    return _day(local.date(), language) if local is not None and not local.hour | local.minute else _instant(at, zone, language)


def _day(on: date | None, language: str) -> str:
    return long_day(on, language) if on is not None else "—"

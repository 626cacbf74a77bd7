"""The file of one person as a page to be printed: one HTML document, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway.compliance.explain import reference
from gateway.compliance.spoken import agreed_hours
from gateway.render.gestures import gesture
from gateway.render.origin import french_day
from gateway.render.printed import printed


def dossier_page(templates: Path, content: Mapping[str, Any], said: Callable[[Any], str]) -> str:
    """The page of a file. said: puts a member of a closed set into French. Raises RenderFault."""
    zone = ZoneInfo(content["zone"])
    return printed(
        templates / "audit" / "dossier.html",
        content,
        said=said,
        dated=partial(_dated, zone=zone),
        instant=partial(_instant, zone=zone),
        exact=partial(_exact, zone=zone),
        day=_day,
        gesture=partial(gesture, language="fr"),
        hours=partial(agreed_hours, language="fr"),
        delay=_delay,
        cited=lambda where: reference(*where),
    )


def _instant(at: datetime | str | None, zone: ZoneInfo) -> str:
    """ "3 mars 2027 à 18 h 30 min 02 s" on the clock of the law; a dash for none."""
    if at is None:
        return "—"
    local = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(zone)
    return f"{french_day(local.date())} à {local.hour}\u00a0h\u00a0{local.minute:02}\u00a0min\u00a0{local.second:02}\u00a0s"


def _exact(at: datetime | str | None, zone: ZoneInfo) -> str:
    """The same to the millisecond: which of a STOP and a hand-over came first may be a matter of less than a second."""
    if at is None:
        return "—"
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{_instant(at, zone).removesuffix(chr(0xA0) + 's')},{at.microsecond // 1000:03}\u00a0s"


def _dated(at: datetime | str | None, zone: ZoneInfo) -> str:
    """The same; of midnight the day alone: what a file dates by its day was not said at that hour."""
    return _instant(at, zone).removesuffix(" à 0\u00a0h\u00a000\u00a0min\u00a000\u00a0s")


def _day(on: date | None) -> str:
    return french_day(on) if on is not None else "—"


def _delay(milliseconds: int | None) -> str:
    """From hearing her to its effect, as people say it; empty where nobody spoke to us."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds}\u00a0ms"
    seconds = milliseconds / 1000
    if seconds < 120:
        return f"{seconds:.1f}\u00a0s".replace(".", ",")
    return f"{seconds / 60:.0f}\u00a0min" if seconds < 7200 else f"{seconds / 3600:.1f}\u00a0h".replace(".", ",")

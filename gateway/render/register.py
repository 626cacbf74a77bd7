"""The register of processing and the draft of the impact assessment, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from gateway.domain.errors import RenderFault
from gateway.render.origin import french_day

_LENGTH = re.compile(r"PT?(\d+)([YMDH])")
_UNITS = {"Y": ("an", "ans"), "M": ("mois", "mois"), "D": ("jour", "jours"), "H": ("heure", "heures")}


def register_page(templates: Path, name: str, content: Mapping[str, Any], said: Callable[[Any], str]) -> str:
    """Render templates/audit/NAME.md. said: puts a member of a closed set into French. Raises RenderFault."""
    # Markdown, to be read or edited: nothing to escape but what would begin a table cell or a tag.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(templates / "audit"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_plain,
    )
    zone = ZoneInfo(content["zone"])
    environment.filters["said"] = said
    environment.filters["span"] = _span
    environment.filters["day"] = lambda at: french_day(at.astimezone(zone).date()) if isinstance(at, datetime) else ""
    try:
        return environment.get_template(f"{name}.md").render(content)
    except TemplateError as fault:
        raise RenderFault(f"{templates / 'audit' / name}.md: {fault}") from fault


def _plain(value: Any) -> Any:
    return value.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ") if type(value) is str else value


def _span(length: str) -> str:
    """ "P2M": "2 mois"; nothing at all: at once."""
    match = _LENGTH.fullmatch(length)
    if match is None:
        return length
    count = int(match[1])
    return f"{count} {_UNITS[match[2]][count > 1]}" if count else "aussitôt"

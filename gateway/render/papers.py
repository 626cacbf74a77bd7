"""Papers of a controller (register, impact draft, log of breaches, certificate): Markdown, and a page to print."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markdown_it import MarkdownIt

from gateway.compliance.spoken import number
from gateway.domain.errors import RenderFault
from gateway.render.origin import french_day
from gateway.render.printed import printed
from gateway.render.typography import typeset

_LENGTH = re.compile(r"PT?(\d+)([YMDH])")
_UNITS = {"Y": ("an", "ans"), "M": ("mois", "mois"), "D": ("jour", "jours"), "H": ("heure", "heures")}
_TITLE = re.compile(r"# (.+)")
#: What is missing is set in bold; so are words that begin a paragraph, with their full stop.
_MISSING = re.compile(r"<strong>([^<]*[^<.])</strong>")


def paper(templates: Path, name: str, content: Mapping[str, Any], said: Callable[[Any], str]) -> str:
    """Render templates/audit/NAME.md. said: puts a member of a closed set into French. Raises RenderFault."""
    # Markdown, to be read or edited: nothing to escape but what would begin a table cell or a tag.
    environment = Environment(  # noqa: S701 (Markdown)
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
    environment.filters["instant"] = lambda at: f"{at.astimezone(zone):%d/%m/%Y à %H:%M}" if isinstance(at, datetime) else "—"
    environment.filters["number"] = number
    environment.filters["extract"] = lambda key, of: of[key]
    try:
        return environment.get_template(f"{name}.md").render(content)
    except TemplateError as fault:
        raise RenderFault(f"{templates / 'audit' / name}.md: {fault}") from fault


def paper_page(templates: Path, text: str) -> str:
    """A paper as one HTML document, readable on a screen and on A4, with nothing from elsewhere. Raises RenderFault."""
    title = match[1] if (match := _TITLE.match(text)) else ""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(typeset(text))
    body = _MISSING.sub(r"<mark>\1</mark>", body)
    return printed(templates / "audit" / "page.html", {"title": title, "body": body})


def _plain(value: object) -> object:
    return value.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ") if type(value) is str else value


def _span(length: str) -> str:
    """ "P2M": "2 mois"; nothing at all: at once."""
    match = _LENGTH.fullmatch(length)
    if match is None:
        return length
    count = int(match[1])
    return f"{count} {_UNITS[match[2]][count > 1]}" if count else "aussitôt"

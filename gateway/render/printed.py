"""Pages to look at and to print: one HTML document each, with nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from gateway.domain.errors import RenderFault
from gateway.render.typography import typeset


def printed(page: Path, content: Mapping[str, Any], *beside: Path, **filters: Callable[..., str]) -> str:
    """The document of a template; `beside`: folders of what it includes, after its own. Every value is escaped.

    Raises RenderFault naming the template.
    """
    environment = Environment(
        loader=FileSystemLoader([page.parent, *beside]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters, typeset=typeset)
    try:
        return environment.get_template(page.name).render(content)
    except TemplateError as fault:
        raise RenderFault(f"{page}: {fault}") from fault

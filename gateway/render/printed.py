"""Pages to look at and to print: one HTML document each, with nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.bccache import Bucket

from gateway.domain.errors import RenderFault
from gateway.render.typography import typeset


class _Compiled(BytecodeCache):
    """Templates as they were compiled: a file of many pages is made of few."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was compiled of the same text."""
        if (kept := self._kept.get(f"{bucket.key} {bucket.checksum}")) is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[f"{bucket.key} {bucket.checksum}"] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def printed(page: Path, content: Mapping[str, object], *beside: Path, **filters: Callable[..., str]) -> str:
    """The document of a template; `beside`: folders of what it includes, after its own. Every value is escaped.

    Raises RenderFault naming the template.
    """
    environment = Environment(
        loader=FileSystemLoader([page.parent, *beside]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
    environment.filters.update(filters, typeset=typeset)
    try:
        return environment.get_template(page.name).render(content)
    except TemplateError as fault:
        raise RenderFault(f"{page}: {fault}") from fault

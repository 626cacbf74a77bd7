"""Papers written to a new file: a page to print when its name ends in .html, else Markdown to be edited."""

from __future__ import annotations

from pathlib import Path

from gateway.flows.gateway import Gateway
from gateway.flows.newfile import new_file
from gateway.render.papers import paper_page


def write_paper(gw: Gateway, path: Path, text: str) -> None:
    """Write a paper whose Markdown is given. Raises InvalidInput when the file exists or cannot be written."""
    content = paper_page(gw.templates, text) if path.suffix.lower() in (".html", ".htm") else text
    with new_file(path) as file:
        file.write(content.encode())

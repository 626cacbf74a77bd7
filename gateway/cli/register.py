"""`gateway register`: the register of processing, and a first draft of the impact assessment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import session
from gateway.cli.papers import write_paper
from gateway.cli.session import out
from gateway.cli.words import said
from gateway.flows.registering import register as registered
from gateway.render.papers import paper


def register(
    to: Annotated[Path | None, typer.Option(help="A new file: a page (.html) or Markdown; else it is printed.")] = None,
    impact: Annotated[bool, typer.Option("--impact", help="A first draft of the impact assessment instead.")] = False,
) -> None:
    """The register of processing (RGPD 30), from what is configured, in force and stored. It changes nothing."""
    with session.gateway(listening=True) as gw:
        text = paper(gw.templates, "impact" if impact else "register", registered(gw), said)
        if to is None:
            typer.echo(text, nl=False)
            return
        write_paper(gw, to, text)
    out.print(f"✓ {to} : à relire, et à compléter là où il le dit.")

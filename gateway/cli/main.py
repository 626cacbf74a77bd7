"""Entry point: runs a command, and tells faults."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from gateway.cli.tree import Tree
from gateway.domain.errors import GatewayError

app = typer.Typer(
    name="gateway",
    cls=Tree,
    help="Passerelle: nothing reaches a person that the law, her consent or the hour forbids.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # pretty tracebacks print local variables: personal data
    add_completion=False,
)


@app.callback()
def _gateway() -> None:
    """Passerelle."""


def main() -> None:
    """Run a command. Faults of the gateway are one sentence on standard error and exit code 1."""
    try:
        app()
    except GatewayError as fault:
        Console(stderr=True, highlight=False).print(f"[bold red]✗[/] {escape(str(fault))}", soft_wrap=True)
        sys.exit(1)

"""Entry point: runs a command, and tells faults."""

from __future__ import annotations

import sys

import typer

from gateway.cli.tree import Tree, say_fault
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
        say_fault(str(fault))
        sys.exit(1)

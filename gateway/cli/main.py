"""Entry point: the tree of commands, and how faults are told."""

from __future__ import annotations

import sys

import typer

from gateway.cli import campaign, message, running, session
from gateway.domain.errors import GatewayError

app = typer.Typer(
    name="gateway",
    help="Passerelle: nothing reaches a person that the law, her consent or the hour forbids.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # pretty tracebacks print local variables: personal data
    add_completion=False,
)
app.command()(running.serve)
app.command()(running.web)
app.command()(running.worker)
app.command()(running.ticker)
app.add_typer(running.sandbox_app, name="sandbox")
app.add_typer(campaign.app, name="campaign")
app.add_typer(message.app, name="message")


def main() -> None:
    """Run a command. Faults of the gateway are one sentence on standard error and exit code 1."""
    try:
        app()
    except GatewayError as fault:
        session.err.print(f"[bold red]✗[/] {fault}", soft_wrap=True)
        sys.exit(1)

"""Entry point: the tree of commands, and how faults are told."""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

from gateway.cli import audit, campaign, database, message, policy, replies, running, session, telephone
from gateway.cli.breach import breach_app
from gateway.cli.check import check
from gateway.cli.consent import consent_app
from gateway.cli.contacts import contacts_app
from gateway.cli.demo import demo
from gateway.cli.forms import forms_app
from gateway.cli.inbound import inbound_app
from gateway.cli.place import place
from gateway.cli.register import register
from gateway.cli.retention import retention_app
from gateway.cli.rights import rights_app
from gateway.cli.sms import sms_app
from gateway.cli.suppressions import suppressions_app
from gateway.domain.errors import GatewayError

app = typer.Typer(
    name="gateway",
    help="Passerelle: nothing reaches a person that the law, her consent or the hour forbids.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # pretty tracebacks print local variables: personal data
    add_completion=False,
)
app.command()(demo)
app.command()(check)
app.command()(running.serve)
app.command()(running.web)
app.command()(running.worker)
app.command()(running.ticker)
app.add_typer(running.sandbox_app, name="sandbox")
app.add_typer(contacts_app, name="contacts")
app.add_typer(consent_app, name="consent")
app.add_typer(suppressions_app, name="suppressions")
app.add_typer(forms_app, name="forms")
app.add_typer(retention_app, name="retention")
app.add_typer(breach_app, name="breach")
app.command("register")(register)
campaign.app.command()(telephone.create_sms)
campaign.app.command()(telephone.create_call)
app.add_typer(rights_app, name="rights")
app.add_typer(campaign.app, name="campaign")
app.add_typer(message.app, name="message")
app.add_typer(sms_app, name="sms")
app.add_typer(replies.app, name="replies")
app.add_typer(inbound_app, name="inbound")
policy.app.command("place")(place)
app.add_typer(policy.app, name="policy")
app.add_typer(audit.app, name="audit")
app.add_typer(database.app, name="db")


def main() -> None:
    """Run a command. Faults of the gateway are one sentence on standard error and exit code 1."""
    try:
        app()
    except GatewayError as fault:
        session.err.print(f"[bold red]✗[/] {escape(str(fault))}", soft_wrap=True)
        sys.exit(1)

"""`gateway sandbox …`: the mailbox of trial mode."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape

from gateway.cli import session
from gateway.cli.staying import configured, stopped_by_signals, trial_mailbox, until_stopped
from gateway.cli.words import local_time
from gateway.domain.errors import InvalidSettings
from gateway.present import present_pack, today
from gateway.sandbox.kept import KeptMails

sandbox_app = typer.Typer(help="Trial mode's mailbox: what people would have received.", no_args_is_help=True)


@sandbox_app.command("listen")
def sandbox_listen() -> None:
    """Take mails on this machine and send nothing on; `gateway serve` does it by itself in trial mode."""
    with stopped_by_signals() as stop, trial_mailbox(configured()) as (mailbox, settings):
        if mailbox is None:
            raise InvalidSettings("mode : ces boîtes sont celles du mode d’essai, et cette installation écrit pour de vrai")
        session.err.print(f"Boîte d’essai prête : smtp://{settings.sandbox.host}:{settings.sandbox.smtp_port}")
        until_stopped(stop)


@sandbox_app.command("mails")
def sandbox_mails(
    recipient: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only mails to this address.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 20,
    after: Annotated[int | None, typer.Option(help="Go on after this mail, towards older ones.")] = None,
    as_json: session.Json = False,
) -> None:
    """List what the sandbox kept, the newest first."""
    settings = session.installation()
    kept = KeptMails(settings.var_dir / "sandbox")
    mails = kept.mails(limit, after, recipient=recipient, newest_first=True)
    if as_json:
        names = ("id", "received_at", "sender", "recipient", "subject", "message_id", "size")
        session.answer_json([session.taken(mail, *names) for mail in mails])
        return
    zone = present_pack(today()).calendar.zone
    rows = [(mail.id, local_time(mail.received_at, zone), escape(mail.recipient), escape(mail.subject)) for mail in mails]
    title = f"Courriels d’essai : {len(mails)} sur {kept.count(recipient=recipient)}"
    session.answer_table(title, ("N°", "Reçu le", "Destinataire", "Objet"), rows, numbers=(0,))
    if mails:
        first, page = mails[0].id, f"http://{settings.web.host}:{settings.web.port}/sandbox/mails"
        here = f"pendant que gateway serve tourne, [bold]{escape(page)}/{first}[/]"
        session.out.print(f"Lire le n° {first} : {here} ; ou sa source, [bold]gateway sandbox read {first}[/]", soft_wrap=True)


@sandbox_app.command("read")
def sandbox_read(
    mail_id: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the mail, as shown by the list.")],
) -> None:
    """Print one mail exactly as it was transmitted."""
    sys.stdout.buffer.write(KeptMails(session.installation().var_dir / "sandbox").read(mail_id))

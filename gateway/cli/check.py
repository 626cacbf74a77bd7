"""`gateway check`: may this installation write to real people?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from gateway.app import opened
from gateway.channels.mailbox import unread
from gateway.channels.smtp import Offer, SmtpChannel
from gateway.cli import session
from gateway.cli.session import Json, answer_json, out
from gateway.cli.words import counted
from gateway.domain.errors import GatewayError
from gateway.flows.checking import Line, Standing, blocking, installation_lines, pack_lines, settings_lines
from gateway.flows.receiving.fetching import account
from gateway.outside import relay
from gateway.present import present_pack, today
from gateway.settings import Settings

_MARKS = {Standing.READY: "[green]✓[/]", Standing.ADVISED: "[yellow]![/]", Standing.BLOCKING: "[bold red]✗[/]"}

#: Replies of a relay about a name and a password (RFC 4954, section 6).
_LOGIN_REFUSED = ("530", "534", "535", "538")
_LOGIN = "Le relais refuse le nom ou le mot de passe : smtp.username, et GATEWAY_SMTP__PASSWORD_FILE. Il dit : "


def check(
    probe: Annotated[bool, typer.Option("--probe", help="Also open the relay and the mailbox; sends no mail.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is missing before real people may be written to. Exit 1 while something is."""
    settings = session.installation()
    lines = [*settings_lines(settings), *_opened(settings)]
    if settings.broker.url:
        lines.append(_rung(settings))
    if probe:
        lines.append(_probed(settings))
        if settings.inbound.host:
            lines.append(_opened_mailbox(settings))
    red = blocking(lines)
    if as_json:
        answer_json({"mode": settings.mode, "ready": not red, "lines": [asdict(line) for line in lines]})
    else:
        _show(settings, lines, red)
    if red:
        raise typer.Exit(1)


def _opened(settings: Settings) -> list[Line]:
    """The lines that need the pack and the database; a fault on the way is a line of its own."""
    try:
        pack = present_pack(today(), listening=True).checked()
    except GatewayError as fault:
        return [Line(id="pack", says="Les règles se chargent", standing=Standing.BLOCKING, todo=str(fault))]
    lines = list(pack_lines(settings, pack, today()))
    try:
        with opened(settings, listening=True) as gw:
            return [*lines, *installation_lines(gw)]
    except GatewayError as fault:
        return [*lines, Line(id="database", says="L’installation s’ouvre", standing=Standing.BLOCKING, todo=str(fault))]


def _rung(settings: Settings) -> Line:
    """Whether Redis answers. Advice: nothing is lost without it, and messages leave all the same."""
    from workers.broker import answers, open_broker  # whoever has no Redis does not wait for its client to be read

    says, broker = "Redis répond", open_broker(settings.broker.url)
    try:
        there = answers(broker)
    finally:
        broker.close()
    todo = (
        "Lancez-le, faites-y de la place, ou corrigez broker.url. En attendant les messages partent, un peu plus tard ; les "
        "formulaires d’inscription et les demandes par téléphone, que lui seul compte, sont refusés."
    )
    return Line(id="broker", says=says, standing=Standing.READY if there else Standing.ADVISED, todo="" if there else todo)


def _probed(settings: Settings) -> Line:
    says = "Le relais répond, et la liaison est celle qu’il faut"
    try:
        # The relay of live mode, whatever the mode is now: that is what is being prepared.
        channel = SmtpChannel(relay(settings.model_copy(update={"mode": "live"})))
    except GatewayError as fault:
        return Line(id="probe", says=says, standing=Standing.BLOCKING, todo=str(fault))
    try:
        answer = channel.probe()
    finally:
        channel.close()
    if isinstance(answer, Offer):
        return Line(id="probe", says=f"{says} ({answer.tls or 'sans TLS, sur cette machine'})", standing=Standing.READY)
    todo = _LOGIN if answer.code.startswith(_LOGIN_REFUSED) else ""
    return Line(id="probe", says=says, standing=Standing.BLOCKING, todo=f"{todo}{answer.code} {answer.reply}".strip())


def _opened_mailbox(settings: Settings) -> Line:
    says = "La boîte de ce qui revient s’ouvre"
    try:
        waiting = unread(account(settings))
    except GatewayError as fault:
        return Line(id="mailbox", says=says, standing=Standing.BLOCKING, todo=str(fault))
    return Line(id="mailbox", says=f"{says} ({counted(waiting, 'courriel', 'courriels')} à lire)", standing=Standing.READY)


def _show(settings: Settings, lines: list[Line], red: tuple[Line, ...]) -> None:
    for line in lines:
        out.print(f"{_MARKS[line.standing]} {escape(line.says)}", soft_wrap=True)
        if line.todo:
            out.print(f"    [dim]→[/] {escape(line.todo)}", soft_wrap=True)
    out.print()
    if red:
        count = "Un point empêche" if len(red) == 1 else f"{len(red)} points empêchent"
        trial = (
            " En mode d’essai, tout fonctionne en attendant : rien ne quitte cette machine." if settings.mode == "trial" else ""
        )
        out.print(f"[bold]{count}[/] encore d’écrire à de vraies personnes.{trial}", soft_wrap=True)
    elif settings.mode == "trial":
        out.print('[bold green]Tout est prêt.[/] Quand l’équipe le décide : mode = "live" dans config.toml.', soft_wrap=True)
    else:
        out.print("[bold green]Tout est prêt.[/]")

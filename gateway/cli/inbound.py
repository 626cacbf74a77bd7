"""`gateway inbound …`: what comes back by mail."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.app import opened
from gateway.channels.mailbox import Listener
from gateway.cli import mailreading, session
from gateway.cli.outcome_words import EFFECTS
from gateway.cli.session import Json, answer_json, answer_line, answer_table, out
from gateway.cli.staying import READY, configured, stopped_by_signals, until_stopped
from gateway.cli.words import counted, local_time, said
from gateway.domain.errors import GatewayError, InvalidInput, InvalidSettings, NotFound
from gateway.domain.reply import InboxKind, InboxState
from gateway.flows.gateway import Gateway
from gateway.flows.receiving import receive
from gateway.flows.receiving.fetching import fetch
from gateway.flows.sending.returnpaths import ours, reach_us
from gateway.store import inbox
from gateway.store.engine import reading

log = logging.getLogger(__name__)

#: EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and tries again.
_TRY_AGAIN = 75
_PIECE = 1 << 16

#: What is known of a mail that came in, as `show` names it.
_FIELDS = {
    "kind": "Quoi",
    "received_at": "Reçu le",
    "message_id": "Message",
    "digest": "Empreinte de qui écrit",
    "intent": "Lu comme",
    "evidence": "Reconnu à",
    "right_asked": "Droit demandé",
    "effective_at": "Effet depuis le",
    "text": "Ses mots",
    "state": "Où il en est",
    "settled_as": "Réglé comme",
    "settled_by": "Réglé par",
    "settled_at": "Réglé le",
    "settled_why": "Pourquoi",
    "provider_id": "Identifiant",
}

inbound_app = typer.Typer(help="What comes back by mail: bounces, complaints, unsubscriptions, replies.", no_args_is_help=True)
inbound_app.command()(mailreading.read)


@inbound_app.command("list")
def list_(
    kind: Annotated[InboxKind | None, typer.Option(help="Only this kind.")] = None,
    before: Annotated[int | None, typer.Option(help="Go on with those before this number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 50,
    as_json: Json = False,
) -> None:
    """A page of what came in, the newest first, and what each did; what providers report only when it is asked for."""
    kinds = [kind] if kind else [each for each in InboxKind if each is not InboxKind.CALLBACK]
    with session.gateway(listening=True) as gw, reading(gw.engine) as tx:
        letters, zone = inbox.listed(tx, kinds=kinds, before=before, limit=limit), gw.pack.calendar.zone
    if as_json:
        answer_json([asdict(one) for one in letters])
        return
    rows = [
        (
            one.id,
            local_time(one.received_at, zone),
            said(one.kind),
            one.message_id or "",
            said(one.intent) if one.intent else EFFECTS.get(one.evidence or "", ""),
            "à lire" if one.state == "open" else "",
        )
        for one in letters
    ]
    answer_table("Ce qui est revenu", ["N°", "Reçu le", "Quoi", "Message", "Effet", ""], rows, numbers=[0, 3])
    if len(letters) == limit:
        same = f" --kind {kind}" if kind else ""
        out.print(f"La suite : gateway inbound list{same} --before {letters[-1].id}")


@inbound_app.command()
def show(
    letter: Annotated[int, typer.Argument(help="Number of a mail that came in.")],
    raw: Annotated[bool, typer.Option("--raw", help="Print the mail as it came.")] = False,
    as_json: Json = False,
) -> None:
    """One mail that came in: what was read in it, what it did; with --raw, the mail itself while it is kept."""
    with session.gateway(listening=True) as gw, reading(gw.engine) as tx:
        found = inbox.find(tx, letter)
        body, zone = inbox.body(tx, letter), gw.pack.calendar.zone
    if found is None:
        raise NotFound(f"rien n’est revenu sous le numéro {letter} : gateway inbound list montre ce qui est revenu")
    if raw:
        if body is None:
            raise NotFound(f"le courriel {letter} n’est plus gardé (purge-logs)")
        sys.stdout.buffer.write(body)
        return
    if as_json:
        answer_json(asdict(found) | {"bytes": len(body or b"")})
        return
    told = asdict(found) | {"evidence": EFFECTS.get(found.evidence or "", found.evidence)}
    rows = [(_FIELDS[name], escape(_cell(value, zone))) for name, value in told.items() if name in _FIELDS]
    answer_table(f"Courriel {letter}", ["", ""], [row for row in rows if row[1]])


def _cell(value: object, zone: ZoneInfo) -> str:
    """One thing known of a mail, in French where it belongs to a closed set."""
    match value:
        case None:
            return ""
        case InboxState():
            return "à lire" if value is InboxState.OPEN else "réglé"
        case StrEnum():
            return said(value)
        case datetime():
            return local_time(value, zone)
        case bytes():
            return value.hex()
    return str(value)


@inbound_app.command("fetch")
def fetch_(as_json: Json = False) -> None:
    """Visit the mailbox once (the ticker does it by itself every half minute)."""
    with session.gateway(listening=True) as gw:
        taken = fetch(gw)
    if taken is None:
        raise InvalidSettings("inbound.host : aucune boîte à relever (en mode d’essai, seulement une boîte de cette machine)")
    left = counted(taken.left, "attend", "attendent")
    words = f"✓ {counted(taken.taken, 'courriel pris', 'courriels pris')}, {left} la prochaine relève."
    if taken.passed_over:
        aside = counted(taken.passed_over, "n’a pas pu être pris et reste non lu", "n’ont pas pu être pris et restent non lus")
        words += f" {aside} : voyez le journal technique."
    answer_line(words, asdict(taken), as_json=as_json)


@inbound_app.command()
def deliver(
    recipients: Annotated[list[str] | None, typer.Argument(help="Recipients of the envelope, as the server knows them.")] = None,
) -> None:
    """Take one mail in from standard input, for a mail server that delivers by a pipe. Exit 75 when it must try again later."""
    with _tried_again():
        most = session.settings().inbound.bytes_max
    raw = sys.stdin.buffer.read(most)
    while sys.stdin.buffer.read(_PIECE):  # the rest is cut: refused, the mail would be lost
        pass
    if not raw.strip():
        raise InvalidInput("rien sur l’entrée standard : donnez-y le courriel, comme dans gateway inbound deliver < courriel")
    with _tried_again(), session.gateway(listening=True) as gw:
        received = receive(gw, raw, tuple(recipients or ()))
    effect = said(received.intent) if received.intent else EFFECTS.get(received.effect, "gardé")
    out.print(f"✓ {said(received.kind)} : {'déjà reçu' if received.again else effect}")


@contextmanager
def _tried_again() -> Iterator[None]:
    """Whatever goes wrong is ours, not the mail's: its server keeps it, and tries again."""
    try:
        yield
    except GatewayError as fault:
        session.err.print(f"[bold red]✗[/] {escape(str(fault))}", soft_wrap=True)
        raise typer.Exit(_TRY_AGAIN) from fault
    except Exception as fault:  # any other exit code makes the mail server give the mail back, or throw it away
        log.exception("an inbound mail could not be taken in; its mail server keeps it")
        raise typer.Exit(_TRY_AGAIN) from fault


@inbound_app.command()
def listen() -> None:
    """Only listen, as `gateway serve` does beside its other work. Stops on SIGTERM or Ctrl-C."""
    settings = configured()
    if settings.inbound.listens is None or not reach_us(settings):
        raise InvalidSettings(
            "inbound.listen : aucun port qu’un serveur de courrier puisse connaître ; écrivez lmtp://127.0.0.1:2424"
        )
    with stopped_by_signals() as stop, opened(settings, listening=True) as gw, listening(gw) as where:
        session.err.print(f"{READY} à recevoir les courriels en retour : {where}")
        until_stopped(stop)


@contextmanager
def listening(gw: Gateway) -> Iterator[str | None]:
    """The listener of the settings, at work; its address with the port it got, or None when there is none."""
    listens = gw.settings.inbound.listens
    if listens is None or not reach_us(gw.settings):
        yield None
        return
    protocol, host, port = listens
    listener = Listener(lambda raw, to: receive(gw, raw, to), ours(gw.settings), bytes_max=gw.settings.inbound.bytes_max)
    port = listener.start(protocol, host, port)
    try:
        yield f"{protocol}://{host}:{port}"
    finally:
        listener.stop()

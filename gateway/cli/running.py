"""What stays up and answers people: serve and web.

Each ends on SIGTERM or SIGINT: nothing new is begun, micro-batches under way are handed over and settled, lanes are closed.
Exit code 0 then; 1 when a lane did not end within STOP_SECONDS, in which case the next start settles what it left. A second
signal ends the process at once; that is safe too.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import uvicorn

from gateway.app import opened
from gateway.cli import session
from gateway.cli.carrying import staged_carrier
from gateway.cli.inbound import listening
from gateway.cli.staying import STOP_SECONDS, configured, leave, stopped_by_signals, trial_mailbox
from gateway.flows.gateway import Gateway
from gateway.flows.sending.absence import Presence
from gateway.loaded import settle_down
from gateway.loops import cannot_listen
from gateway.sandbox.kept import KeptMails
from gateway.sandbox.mailbox import Mailbox
from gateway.settings import Settings
from gateway.store.engine import open_ahead
from gateway.web.app import web_app
from workers.bell import Bell
from workers.broker import open_broker
from workers.embedded import EmbeddedWorker
from workers.jobs import EVERY_JOB
from workers.ticker import Ticker

_REQUEST_SECONDS = 10
_BACKLOG = 2048
#: Connections to the database that stand open before the first request.
_CONNECTIONS_AHEAD = 4
#: How long a trial call is held, while somebody finds the telephone on its page and presses a key.
_PATIENCE_SECONDS = 30.0


def serve() -> None:
    """Run everything in this process: web pages, workers and ticker, and in trial mode the mailbox.

    Stops on SIGTERM or Ctrl-C once the micro-batches under way are settled: exit code 0, or 1 when one was not in time.
    """
    settings = configured()
    broker = open_broker(settings.broker.url)
    with ExitStack() as stack:
        stop = stack.enter_context(stopped_by_signals())
        listener = stack.enter_context(_listening(settings))
        mailbox, settings = stack.enter_context(trial_mailbox(settings))
        carrier, settings = stack.enter_context(staged_carrier(settings, patience_seconds=_PATIENCE_SECONDS))
        gw = stack.enter_context(opened(settings, sending=True, asking=True, listening=True, ring=Bell(broker).ring))
        stack.enter_context(_coming_back(gw, mailbox))
        presence = Presence(gw)
        worker, ticker = EmbeddedWorker(gw, broker, presence=presence), Ticker(gw, EVERY_JOB, presence=presence)
        worker.start()
        ticker.start()
        try:
            _answer_requests(web_app(gw, mailbox=mailbox, carrier=carrier), gw, listener, stop)
        finally:
            deadline = time.monotonic() + STOP_SECONDS
            ended = worker.stop(within_seconds=STOP_SECONDS)
            ended &= ticker.stop(within_seconds=max(0.0, deadline - time.monotonic()))
    leave(ended)


def web() -> None:
    """Answer web requests only. Objections take effect at once, whether or not a worker runs.

    Stops on SIGTERM or Ctrl-C once the requests under way are answered: exit code 0.
    """
    settings = configured()
    ring = Bell(open_broker(settings.broker.url)).ring
    with (
        stopped_by_signals() as stop,
        _listening(settings) as listener,
        opened(settings, asking=True, listening=True, ring=ring) as gw,
    ):
        mailbox = KeptMails(settings.var_dir / "sandbox") if settings.mode == "trial" else None
        _answer_requests(web_app(gw, mailbox=mailbox), gw, listener, stop)


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The web socket, bound before anything else begins, so that a taken port starts nothing."""
    host, port = settings.web.host, settings.web.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as fault:
        raise cannot_listen("web.port", host, port, fault) from fault
    with listener:
        yield listener


@contextmanager
def _coming_back(gw: Gateway, mailbox: Mailbox | None) -> Iterator[None]:
    """The listener for inbound mail; the mailbox of trial mode answers there too."""
    with listening(gw) as where:
        if where and mailbox is not None:
            mailbox.answer_to(where)
        if where:
            session.err.print(f"Courriels en retour : {where}")
        yield


def _answer_requests(app: Any, gw: Gateway, listener: socket.socket, stop: threading.Event) -> None:
    """Serve until a signal comes; uvicorn passes it on to our own handler when it has finished."""
    config = uvicorn.Config(
        app,
        log_config=None,  # lines go through our own logs, where addresses are struck out
        access_log=False,  # paths hold tokens
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_REQUEST_SECONDS,
    )
    if stop.is_set():
        return
    open_ahead(gw.engine, _CONNECTIONS_AHEAD)
    settle_down(answering=True)
    if gw.pack.stale(gw.clock.now().date()):
        behind = gw.pack.checked_after(gw.clock.now().date())
        why = "Cette machine se trompe de date, réglez son horloge" if behind else "Des règles attendent leur relecture"
        session.err.print(f"[red]! {why} : rien ne part. Les oppositions, elles, prennent effet.[/]")
    host, port = listener.getsockname()[:2]
    session.err.print(f"Passerelle : http://{host}:{port}/")
    if gw.settings.mode == "trial":
        session.err.print(
            "Mode d’essai : rien ne quitte cette machine. "
            f"Courriels : http://{host}:{port}/sandbox/mails ; téléphones : http://{host}:{port}/sandbox/handsets",
            soft_wrap=True,
        )
        session.err.print(
            "Laissez cette fenêtre ouverte, et tapez les commandes dans une autre. Pour tout arrêter : Ctrl-C.", soft_wrap=True
        )
    uvicorn.Server(config).run(sockets=[listener])

"""`gateway worker` and `gateway ticker`: processes that stay up and answer nobody. No web server is read for them."""

from __future__ import annotations

import os
from collections.abc import Callable

from gateway.app import opened
from gateway.cli import session
from gateway.cli.staying import READY, STOP_SECONDS, configured, leave, stopped_by_signals, until_stopped
from gateway.flows.gateway import Gateway
from gateway.flows.sending.absence import Presence
from gateway.settings import Settings
from workers.bell import Bell
from workers.broker import open_broker
from workers.embedded import EmbeddedWorker
from workers.jobs import EVERY_JOB
from workers.ticker import Ticker

#: How much a worker lets others on its machine go first: nearly always; it loses nothing by it where nobody else is busy.
_STEP_BACK = 15


def worker() -> None:
    """Hand messages over; as many of these as needed, on as many machines as needed.

    Rings come through broker.url. Without it, or while it is away, the worker looks at the outbox by itself every few seconds.
    Stops on SIGTERM or Ctrl-C once the micro-batches under way are settled: exit code 0, or 1 when one was not in time.
    """
    settings = configured()
    broker = open_broker(settings.broker.url)

    def stepping_back(gw: Gateway) -> EmbeddedWorker:
        # Whoever hears people on this machine comes first: a STOP waits for no newsletter. Not before this has started: on a
        # busy machine that would take minutes, in which it does not end either when it is told to.
        os.nice(_STEP_BACK)
        return EmbeddedWorker(gw, broker, presence=Presence(gw))

    says = f"à remettre des messages : {settings.sending.lanes} lots à la fois."
    _stay_up(settings, Bell(broker), stepping_back, says, sending=True)


def ticker() -> None:
    """Ring when something is due, and run the regular jobs; several may run side by side.

    Stops on SIGTERM or Ctrl-C after the job under way: exit code 0, or 1 when it was not in time.
    """
    settings = configured()
    says = ": les travaux réguliers se font à leur heure."
    _stay_up(settings, Bell(open_broker(settings.broker.url)), lambda gw: Ticker(gw, EVERY_JOB, presence=Presence(gw)), says)


def _stay_up(
    settings: Settings,
    bell: Bell,
    working: Callable[[Gateway], EmbeddedWorker | Ticker],
    says: str,
    *,
    sending: bool = False,
) -> None:
    """Work until a signal comes, once `says` was said. sending: messages are handed over, and not only asked after."""
    ticks = not sending  # it reads the mailbox, seals, counts the days of rights: that waits for nobody's reading of a rule
    with stopped_by_signals() as stop, opened(settings, sending=sending, asking=ticks, listening=ticks, ring=bell.ring) as gw:
        work = working(gw)
        work.start()
        session.err.print(f"{READY} {says}")
        until_stopped(stop)
        ended = work.stop(within_seconds=STOP_SECONDS)
    leave(ended)

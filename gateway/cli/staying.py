"""What processes that stay up share: their settings and log, their end, and the mailbox of trial mode."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import typer

from gateway.cli import session
from gateway.logs import configure_logs
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.sandbox.mailbox import Mailbox

#: How long lanes may take to finish; below the 60 seconds after which service managers kill.
STOP_SECONDS = 40.0
#: How long a signal may go unheard that comes as its process falls asleep, or wakes another thread than the first.
_LISTENS_EVERY_SECONDS = 0.5
#: First word of the line that a process says once it does its work: whoever started it may be waiting for it.
READY = "Prêt"


def configured() -> Settings:
    """Settings of a process that stays up, and its log. Raises as `session.installation`."""
    settings = session.installation()
    configure_logs(level=settings.logs.level, form=settings.logs.form, colours=sys.stderr.isatty())
    return settings


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event set by the first SIGTERM or SIGINT; the second one ends the process at once.

    A terminal that is closed (SIGHUP) is a SIGTERM, unless whoever began the process said that it should outlive it (nohup).
    """
    stop = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number in kept:
            signal.signal(number, signal.SIG_DFL)

    def hung_up(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGTERM)  # for whoever listens to it by then: the web server has a handler of its own

    kept = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        kept[signal.SIGHUP] = signal.signal(signal.SIGHUP, hung_up)
    try:
        yield stop
    finally:
        for number, before in kept.items():
            signal.signal(number, before)


def until_stopped(stop: threading.Event) -> None:
    """Sleep until the event is set. Python hears a signal once its first thread wakes, which a signal does not always see to."""
    while not stop.wait(_LISTENS_EVERY_SECONDS):
        pass


@contextmanager
def trial_mailbox(settings: Settings) -> Iterator[tuple[Mailbox | None, Settings]]:
    """In trial mode the mailbox, listening, and settings that name the port it got."""
    if settings.mode != "trial":
        yield None, settings
        return
    from gateway.sandbox.mailbox import Mailbox  # a mail server: few processes have one

    mailbox = Mailbox(settings.var_dir / "sandbox")
    port = mailbox.start(settings.sandbox.host, settings.sandbox.smtp_port)
    try:
        yield mailbox, settings.model_copy(update={"sandbox": settings.sandbox.model_copy(update={"smtp_port": port})})
    finally:
        mailbox.stop()


def leave(ended: bool) -> None:
    """The end of a process with lanes or jobs: exit code 1, and why, when one of them was not in time."""
    if not ended:
        session.err.print(f"Un envoi ne s’est pas terminé en {STOP_SECONDS:.0f} s : le prochain démarrage règle ce qu’il laisse.")
        raise typer.Exit(1)

"""What processes that stay up share: their settings and log, their end, and the mailbox of trial mode."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from gateway.cli import session
from gateway.logs import configure_logs
from gateway.sandbox.mailbox import Mailbox
from gateway.settings import Settings

#: First word of the line that a process says once it does its work: whoever started it may be waiting for it.
READY = "Prêt"


def configured() -> Settings:
    """Settings of a process that stays up, and its log. Raises as `session.installation`."""
    settings = session.installation()
    configure_logs(level=settings.logs.level, form=settings.logs.form, colours=sys.stderr.isatty())
    return settings


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event set by the first SIGTERM or SIGINT; the second one ends the process at once."""
    stop = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number in kept:
            signal.signal(number, signal.SIG_DFL)

    kept = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, before in kept.items():
            signal.signal(number, before)


@contextmanager
def trial_mailbox(settings: Settings) -> Iterator[tuple[Mailbox | None, Settings]]:
    """In trial mode the mailbox, listening, and settings that name the port it got."""
    if settings.mode != "trial":
        yield None, settings
        return
    mailbox = Mailbox(settings.var_dir / "sandbox")
    port = mailbox.start(settings.sandbox.host, settings.sandbox.smtp_port)
    try:
        yield mailbox, settings.model_copy(update={"sandbox": settings.sandbox.model_copy(update={"smtp_port": port})})
    finally:
        mailbox.stop()

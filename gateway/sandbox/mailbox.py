"""The mailbox of trial mode and the demo: an SMTP server on this machine that keeps what it is given and sends nothing on.

Invented people answer by the beginning of their address: inconnu…@ does not exist (550 5.1.1), pleine…@ has a full mailbox
(452 4.2.2), attente…@ asks to come back later (451 4.7.1), refus…@ refuses the content (554 5.7.1); all others take everything.

In its own process: python -m gateway.sandbox.mailbox --port 2525 --dir var/sandbox
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from gateway.domain.clock import Clock
from gateway.domain.errors import InvalidSettings
from gateway.domain.machine import is_loopback
from gateway.loops import Running, listening, new_loop
from gateway.sandbox.kept import Arrival, KeptMails, Mail
from gateway.sandbox.returns import Returns
from gateway.sandbox.sink import Sink

__all__ = ["Mail", "Mailbox"]


class _MachineClock:
    """The sandbox stands for a server elsewhere, which has a clock of its own."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)


class Mailbox(KeptMails):
    """Mails kept under a folder, and the SMTP server that receives them.

    Reading needs no server: another process may open the same folder.
    """

    def __init__(self, path: Path | str, *, clock: Clock | None = None) -> None:
        super().__init__(Path(path))
        self._clock = clock or _MachineClock()
        self._running: Running | None = None
        self._server: asyncio.Server | None = None
        self._sink: Sink | None = None
        self._returns: Returns | None = None

    def answer_to(self, where: str) -> None:
        """From now on some people and their servers answer the mails they get (sandbox.returns), at lmtp:// or smtp://host:port."""
        parts = urlsplit(where)
        self._returns = Returns(parts.scheme, parts.hostname or "", parts.port or 0)

    def add(self, arrivals: Sequence[Arrival]) -> int:
        """Keep mails, then let those answer who do."""
        first = super().add(arrivals)
        if self._returns:
            self._returns.after(arrivals)
        return first

    def start(self, host: str = "127.0.0.1", port: int = 2525) -> int:
        """Listen, in a thread; returns the port (0 asks for a free one).

        Raises InvalidSettings for an address that is not this machine's own, or cannot be listened on.
        """
        if not is_loopback(host):
            raise InvalidSettings(f"sandbox.host : {host} se joint de l’extérieur ; mettez 127.0.0.1")
        if self._running is not None:
            raise InvalidSettings("sandbox : cette boîte écoute déjà")
        loop = new_loop()
        self._server, bound = listening(loop, self._listen(host, port), key="sandbox.smtp_port", host=host, port=port)
        self._running = Running(loop, "mailbox")
        return bound

    def stop(self) -> None:
        """Hang up on everybody and listen no more. Idempotent; the mails stay."""
        running, self._running = self._running, None
        if running:
            running.end(self._hang_up())
        if self._returns:
            self._returns.stop()
            self._returns = None
        self.close()

    async def _listen(self, host: str, port: int) -> asyncio.Server:
        sink = self._sink = Sink(self, self._clock)
        return await asyncio.get_running_loop().create_server(sink.visit, host, port, backlog=512)

    async def _hang_up(self) -> None:
        if self._server and self._sink:
            self._server.close()
            for visit in list(self._sink.visits):
                visit.transport.abort()
            while self._sink.visits:
                await asyncio.sleep(0.001)


def main() -> None:
    """Listen until told to end."""
    arguments = argparse.ArgumentParser(prog="python -m gateway.sandbox.mailbox", description="SMTP mailbox on this machine.")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=2525)
    arguments.add_argument("--dir", type=Path, default=Path("var/sandbox"))
    chosen = arguments.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    mailbox = Mailbox(chosen.dir)
    try:
        port = mailbox.start(chosen.host, chosen.port)
    except InvalidSettings as fault:
        sys.exit(str(fault))
    sys.stdout.write(f"listening on {chosen.host}:{port}\n")
    sys.stdout.flush()
    ended.wait()
    mailbox.stop()


if __name__ == "__main__":
    main()

"""LMTP or SMTP on this machine (RFC 2033, RFC 5321): a mail server hands over what comes back, and hears 250 once it is kept.

Never faces a network: it binds loopback addresses only. One recipient a transaction, so that each has an answer of its own; mail
servers send the next one separately.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Literal
from weakref import WeakSet

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.domain.errors import GatewayError, InvalidSettings, system_says
from gateway.domain.machine import is_loopback

log = logging.getLogger(__name__)

_GREETING = "Passerelle"
_TOO_MANY = "452 4.5.3 One recipient at a time"
_UNKNOWN = "550 5.1.1 No such address here"
_TAKEN = "250 2.0.0 Kept"
_LATER = "451 4.3.0 Cannot be kept now, come back later"
_IDLE_SECONDS = 120

#: What becomes of one mail: its bytes and the recipient of its envelope. Raises GatewayError when it could not be kept.
Take = Callable[[bytes, tuple[str, ...]], object]


class Listener:
    """A server on a thread of its own. `accepts` says which recipients are ours; `take` keeps a mail, or raises."""

    def __init__(self, take: Take, accepts: Callable[[str], bool], *, bytes_max: int) -> None:
        self._rules = _Rules(take, accepts)
        self._bytes_max = bytes_max
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: asyncio.Server | None = None
        self._visits: WeakSet[SMTP] = WeakSet()

    def start(self, protocol: Literal["lmtp", "smtp"], host: str, port: int) -> int:
        """Listen; returns the port (0 asks for a free one).

        Raises InvalidSettings for an address that other machines could reach, or that cannot be listened on.
        """
        if not is_loopback(host):
            raise InvalidSettings(f"inbound.listen : {host} se joint de l’extérieur ; mettez 127.0.0.1")
        loop = asyncio.new_event_loop()
        try:
            server = loop.run_until_complete(loop.create_server(partial(self._visit, protocol, loop), host, port))
        except OSError as fault:
            loop.close()
            raise InvalidSettings(
                f"inbound.listen : impossible d’écouter sur {host}:{port} ({system_says(fault)}) ; donnez un autre port"
            ) from fault
        self._loop, self._server = loop, server
        self._thread = threading.Thread(target=loop.run_forever, name="inbound", daemon=True)
        self._thread.start()
        return int(server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Hang up and listen no more; whoever was in the middle of a mail delivers it again. Idempotent."""
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop and thread:
            asyncio.run_coroutine_threadsafe(self._hang_up(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        for visit in list(self._visits):
            if visit.transport is not None:
                visit.transport.close()
        conversations = asyncio.all_tasks() - {asyncio.current_task()}
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)

    def _visit(self, protocol: Literal["lmtp", "smtp"], loop: asyncio.AbstractEventLoop) -> SMTP:
        """The conversation of one more connection."""
        server = {"lmtp": LMTP, "smtp": SMTP}[protocol]
        visit = server(
            self._rules,
            loop=loop,
            data_size_limit=self._bytes_max,
            ident=_GREETING,
            hostname="localhost",
            timeout=_IDLE_SECONDS,
            enable_SMTPUTF8=True,
        )
        self._visits.add(visit)
        return visit


class _Rules:
    """aiosmtpd calls these by name."""

    def __init__(self, take: Take, accepts: Callable[[str], bool]) -> None:
        self._take = take
        self._accepts = accepts

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]) -> str:
        """Only addresses of ours, one at a time."""
        if envelope.rcpt_tos:
            return _TOO_MANY
        if not self._accepts(address):
            return _UNKNOWN
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """250 once the mail was kept and took effect; 451 otherwise, and the mail server tries again."""
        content = envelope.original_content or b""
        kept = partial(self._keep, bytes(content), tuple(envelope.rcpt_tos))
        return await asyncio.get_running_loop().run_in_executor(None, kept)

    async def handle_exception(self, fault: Exception) -> str:
        """Whatever else goes wrong: the mail server keeps the mail."""
        log.error("a conversation of the inbound listener failed: %s", type(fault).__name__)
        return _LATER

    def _keep(self, content: bytes, recipients: tuple[str, ...]) -> str:
        try:
            self._take(content, recipients)
        except GatewayError as fault:
            log.warning("an inbound mail waits at its mail server: %s", fault)
            return _LATER
        except Exception:  # whatever it is, the mail is not lost: only a yes lets its server forget it
            log.exception("an inbound mail could not be taken in; its mail server keeps it")
            return _LATER
        return _TAKEN

"""LMTP or SMTP on this machine (RFC 2033, RFC 5321): a mail server hands over what comes back, and hears 250 once it is kept.

Never faces a network: it binds loopback addresses only. One recipient a transaction, so that each has an answer of its own; mail
servers send the next one separately.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, cast
from weakref import WeakSet

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.domain.errors import GatewayError, InvalidSettings
from gateway.domain.machine import is_loopback
from gateway.loops import Running, listening

log = logging.getLogger(__name__)

_GREETING = "Passerelle"
_TOO_MANY = "452 4.5.3 One recipient at a time"
_UNKNOWN = "550 5.1.1 No such address here"
_TAKEN = "250 2.0.0 Kept"
_LATER = "451 4.3.0 Cannot be kept now, come back later"
_IDLE_SECONDS = 120
#: Longer lines are folded. RFC 5321 allows 1,000 octets; mails are written by whoever likes, and not all servers fold.
_LINE_MAX = 100_000
_END = b".\r\n"
_RETURN_PATH = b"return-path:"

#: What becomes of one mail: its bytes and the recipient of its envelope. Raises GatewayError when it could not be kept.
Take = Callable[[bytes, tuple[str, ...]], object]


class Listener:
    """A server on a thread of its own. `accepts` says which recipients are ours; `take` keeps a mail, or raises."""

    def __init__(self, take: Take, accepts: Callable[[str], bool], *, bytes_max: int) -> None:
        self._rules = _Rules(take, accepts)
        self._bytes_max = bytes_max
        self._running: Running | None = None
        self._server: asyncio.Server | None = None
        self._visits: WeakSet[SMTP] = WeakSet()

    def start(self, protocol: Literal["lmtp", "smtp"], host: str, port: int) -> int:
        """Listen; returns the port (0 asks for a free one).

        Raises InvalidSettings for an address that other machines could reach, or that cannot be listened on.
        """
        if not is_loopback(host):
            raise InvalidSettings(f"inbound.listen : {host} se joint de l’extérieur ; mettez 127.0.0.1")
        loop = asyncio.new_event_loop()
        serving = loop.create_server(partial(self._visit, protocol, loop), host, port)
        self._server, bound = listening(loop, serving, key="inbound.listen", host=host, port=port)
        self._running = Running(loop, "inbound")
        return bound

    def stop(self) -> None:
        """Hang up and listen no more; whoever was in the middle of a mail delivers it again. Idempotent."""
        running, self._running = self._running, None
        if running:
            running.end(self._hang_up())

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
        await asyncio.get_running_loop().shutdown_default_executor()

    def _visit(self, protocol: Literal["lmtp", "smtp"], loop: asyncio.AbstractEventLoop) -> SMTP:
        """The conversation of one more connection."""
        server = {"lmtp": _LmtpVisit, "smtp": _SmtpVisit}[protocol]
        visit = server(
            self._rules,
            self._bytes_max,
            loop=loop,
            data_size_limit=None,
            ident=_GREETING,
            hostname="localhost",
            timeout=_IDLE_SECONDS,
            enable_SMTPUTF8=True,
        )
        self._visits.add(visit)
        return visit


class _SmtpVisit(SMTP):
    """A conversation in which a mail may have any length: what is longer than bytes_max is heard to its end, and cut.

    Refused, it would be lost: whoever refuses a mail for good makes its server give it back, or throw it away.
    """

    line_length_limit = _LINE_MAX

    def __init__(self, rules: _Rules, bytes_max: int, **settings: Any) -> None:
        super().__init__(rules, **settings)
        self._bytes_max = bytes_max
        self.line_length_limit = _LINE_MAX + len(_END)  # what the reader lets through, with the end of its line

    async def smtp_DATA(self, arg: str) -> None:
        """The mail, cut."""
        whole = self._reader
        self._reader = cast(asyncio.StreamReader, _Beginning(whole, self._bytes_max))
        try:
            await super().smtp_DATA(arg)
        finally:
            self._reader = whole


class _LmtpVisit(_SmtpVisit, LMTP):
    """The same in LMTP."""


class _Beginning:
    """Lines of a mail as its conversation reads them: after the first bytes_max bytes nothing is told but its end."""

    def __init__(self, whole: asyncio.StreamReader, bytes_max: int) -> None:
        self._whole = whole
        self._left = bytes_max
        self._folded = False

    async def readuntil(self, separator: bytes) -> bytes:
        """The next line, or a piece of one that is too long, as a line of its own."""
        while True:
            line, ended = await self._next(separator)
            if line == _END:
                return line
            self._left -= len(line)
            if self._left >= 0:
                return line if ended else line + separator

    async def _next(self, separator: bytes) -> tuple[bytes, bool]:
        """What comes next, and whether its line ends there. A piece that begins with a dot gets another, as lines do."""
        goes_on = self._folded
        try:
            line = await self._whole.readuntil(separator)
            self._folded = False
        except asyncio.LimitOverrunError as overrun:
            line = await self._whole.read(min(overrun.consumed, _LINE_MAX - 3))
            self._folded = True
        return (b"." + line if goes_on and line.startswith(b".") else line), not self._folded


def _with_its_sender(content: bytes, sender: str) -> bytes:
    """A mail with the sender of its envelope above, as whoever delivers last writes it there (RFC 5321, 4.4).

    Postfix leaves that to us, and nothing else tells that a mail has no sender: that no person wrote it.
    """
    if content[: len(_RETURN_PATH)].lower() == _RETURN_PATH:
        return content
    return b"Return-Path: <" + sender.strip("<>").encode("utf-8", "replace") + b">\r\n" + content


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
        content = _with_its_sender(bytes(envelope.original_content or b""), envelope.mail_from or "")
        kept = partial(self._keep, content, tuple(envelope.rcpt_tos))
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

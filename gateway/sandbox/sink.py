"""The sandbox's side of the conversation: SMTP with PIPELINING, 8BITMIME and SIZE (RFC 5321, 2920, 6152, 1870).

Mails that arrive during one turn of the loop, on any connection, are kept in one transaction; 250 is said after it, so what was
acknowledged was kept.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import Callable
from typing import cast

from gateway.domain.clock import Clock
from gateway.sandbox.kept import Arrival, KeptMails

SIZE_MAX = 10 * 1024 * 1024
_LINE_MAX = 2048
_RECIPIENTS_MAX = 100
_MAIL = re.compile(rb"MAIL FROM:\s?<([^<>\s]*)>(?:.*?\bSIZE=(\d{1,12}))?", re.IGNORECASE)
_RCPT = re.compile(rb"RCPT TO:\s?<([^<>\s]+)>", re.IGNORECASE)
_END = b"\r\n.\r\n"

#: What invented people answer, by the beginning of their address: for trials and the demo.
ANSWERS_TO_RCPT = {
    b"inconnu": b"550 5.1.1 Destinataire inconnu\r\n",
    b"pleine": b"452 4.2.2 Mailbox full\r\n",
    b"attente": b"451 4.7.1 Greylisted, try again later\r\n",
}
ANSWERS_TO_CONTENT = {b"refus": b"554 5.7.1 Message refused for its content\r\n"}

_log = logging.getLogger(__name__)


class Sink:
    """What the visits of one mailbox share: where mails go, and the moment replies are written."""

    def __init__(self, kept: KeptMails, clock: Clock) -> None:
        self.clock = clock
        self.visits: set[Visit] = set()
        self._kept = kept
        self._loop = asyncio.get_running_loop()
        self._speaking: dict[Visit, None] = {}

    def visit(self) -> Visit:
        """The protocol of one more connection."""
        return Visit(self)

    def speak_soon(self, visit: Visit) -> None:
        """Write this visit's replies at the end of this turn of the loop."""
        if not self._speaking:
            self._loop.call_soon(self._speak)
        self._speaking[visit] = None

    def _speak(self) -> None:
        visits, self._speaking = list(self._speaking), {}
        arrivals = [arrival for visit in visits for arrival in visit.arrivals]
        number: int | None = None
        if arrivals:
            try:
                number = self._kept.add(arrivals)
            except sqlite3.Error:
                _log.exception("the sandbox cannot keep mails")
        for visit in visits:
            visit.speak(number)
            number = None if number is None else number + len(visit.arrivals)
            visit.arrivals = []


class Visit(asyncio.Protocol):
    """One connection of a sender."""

    def __init__(self, sink: Sink) -> None:
        self.arrivals: list[Arrival] = []  #: received, not kept yet
        self._sink = sink
        self._replies: list[bytes | int] = []  #: an int: the answer to that many arrivals, once they are kept
        self._buffer = b""
        self._at = 0
        self._receiving = False
        self._ended = False  #: the last reply is said or waits; whatever still comes is not read
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._refusal = b""  #: what will be answered to this content
        self._verbs: dict[bytes, Callable[[bytes], None]] = {
            b"EHLO": self._ehlo,
            b"HELO": self._helo,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": self._noop,
            b"QUIT": self._quit,
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = cast(asyncio.Transport, transport)
        self._sink.visits.add(self)
        self._reply(b"220 passerelle-sandbox ESMTP\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """The sender left; what it had not ended with a dot is forgotten."""
        self._sink.visits.discard(self)

    def data_received(self, data: bytes) -> None:
        """Read as many commands and bodies as have come."""
        searched = max(0, len(self._buffer) - len(_END))
        self._buffer += data
        while not self._ended and (self._body(searched) if self._receiving else self._command()):
            searched = self._at
        self._buffer, self._at = self._buffer[self._at :], 0

    def speak(self, number: int | None) -> None:
        """Write the replies that wait. `number`: id of this visit's first arrival; None: nothing could be kept."""
        spoken = []
        for reply in self._replies:
            if isinstance(reply, bytes):
                spoken.append(reply)
            elif number is None:
                spoken.append(b"451 4.3.0 The mailbox cannot keep mails now\r\n")
            else:
                spoken.append(b"250 2.0.0 Ok: kept as %d\r\n" % number)
                number += reply
        self._replies = []
        if not self.transport.is_closing():
            self.transport.write(b"".join(spoken))
            if self._ended:
                self.transport.close()

    def _reply(self, reply: bytes | int) -> None:
        self._replies.append(reply)
        self._sink.speak_soon(self)

    def _end(self, reply: bytes) -> None:
        self._ended = True
        self._reply(reply)

    # -- commands

    def _command(self) -> bool:
        end = self._buffer.find(b"\r\n", self._at)
        if end < 0:
            if len(self._buffer) - self._at > _LINE_MAX:
                self._end(b"421 4.5.2 Line too long\r\n")
            return False
        line = self._buffer[self._at : end]
        self._at = end + 2
        obey = self._verbs.get(line[:4].upper())
        if obey:
            obey(line)
        else:
            self._reply(b"500 5.5.2 Unknown command\r\n")
        return True

    def _ehlo(self, _line: bytes) -> None:
        self._forget()
        self._reply(
            b"250-passerelle-sandbox\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE %d\r\n" % SIZE_MAX
        )

    def _helo(self, _line: bytes) -> None:
        self._forget()
        self._reply(b"250 passerelle-sandbox\r\n")

    def _mail(self, line: bytes) -> None:
        found = _MAIL.match(line)
        if not found:
            self._reply(b"501 5.5.4 Write MAIL FROM:<address>\r\n")
        elif self._sender is not None:
            self._reply(b"503 5.5.1 One message at a time\r\n")
        elif int(found.group(2) or 0) > SIZE_MAX:
            self._reply(b"552 5.3.4 Message too big\r\n")
        else:
            self._sender = found.group(1).decode("utf-8", "replace")
            self._reply(b"250 2.1.0 Ok\r\n")

    def _rcpt(self, line: bytes) -> None:
        found = _RCPT.match(line)
        if self._sender is None:
            self._reply(b"503 5.5.1 MAIL first\r\n")
        elif not found:
            self._reply(b"501 5.1.3 Write RCPT TO:<address>\r\n")
        elif len(self._recipients) >= _RECIPIENTS_MAX:
            self._reply(b"452 4.5.3 Too many recipients\r\n")
        elif refusal := _answer(ANSWERS_TO_RCPT, found.group(1)):
            self._reply(refusal)
        else:
            self._refusal = self._refusal or _answer(ANSWERS_TO_CONTENT, found.group(1))
            self._recipients.append(found.group(1).decode("utf-8", "replace"))
            self._reply(b"250 2.1.5 Ok\r\n")

    def _data(self, _line: bytes) -> None:
        if not self._recipients:
            self._reply(b"554 5.5.1 No valid recipients\r\n")
        else:
            self._receiving = True
            self._reply(b"354 End with a dot alone\r\n")

    def _rset(self, _line: bytes) -> None:
        self._forget()
        self._reply(b"250 2.0.0 Ok\r\n")

    def _noop(self, _line: bytes) -> None:
        self._reply(b"250 2.0.0 Ok\r\n")

    def _quit(self, _line: bytes) -> None:
        self._end(b"221 2.0.0 Bye\r\n")

    def _forget(self) -> None:
        self._sender, self._recipients, self._refusal = None, [], b""

    # -- bodies

    def _body(self, searched: int) -> bool:
        """Take one body, if its end has come."""
        begin = self._at
        if self._buffer.startswith(b".\r\n", begin):
            end, self._at = begin, begin + 3
        else:
            end = self._buffer.find(_END, max(begin, searched))
            if end < 0:
                if len(self._buffer) - begin > 2 * SIZE_MAX:  # it lied about its size, or never said it
                    self._end(b"421 4.3.4 Message too big\r\n")
                return False
            end, self._at = end + 2, end + len(_END)
        self._receiving = False
        content = self._buffer[begin:end]
        content = content[content.startswith(b".") :].replace(b"\r\n.", b"\r\n")
        if self._refusal:
            self._reply(self._refusal)
        elif len(content) > SIZE_MAX:
            self._reply(b"552 5.3.4 Message too big\r\n")
        else:
            now = self._sink.clock.now()
            self.arrivals += [Arrival(now, self._sender or "", recipient, content) for recipient in self._recipients]
            self._reply(len(self._recipients))
        self._forget()
        return True


def _answer(answers: dict[bytes, bytes], address: bytes) -> bytes:
    """What this invented person answers, or b""."""
    address = address.lower()
    return next((reply for beginning, reply in answers.items() if address.startswith(beginning)), b"")

"""One connection, as a state machine fed by the replies (RFC 5321, RFC 2920).

Where the server offers PIPELINING, the body of one message and the beginning of the next (MAIL RCPT DATA) leave together:
one round trip a message. Where it does not, the same machine writes one command at a time.

A session holds at most three hand-overs:

    sent    its final dot is written, no reply yet       lost here: Unsure
    begun   its MAIL FROM is written, its body is not    lost here: refused for now, nothing was transmitted
    ahead   rendered while the server answers            lost here: given back, nothing was begun

Rendering stays one message ahead of the wire, so a message that cannot be rendered, or is larger than the server takes, never
touches it: DATA, once written, cannot be taken back without closing the connection or delivering an empty mail.

Everything here runs on the channel's own thread, in callbacks of its loop; there is no task and no future per message.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from enum import Enum
from typing import Protocol

from gateway.channels.smtp import wire
from gateway.channels.smtp.handover import HandOver
from gateway.channels.smtp.relay import Link
from gateway.channels.smtp.replies import REPLY_MAX, SERVICE_CLOSING, Phase, refusal, unreachable
from gateway.domain.channel import Accepted, Encoding, Fault, HeldBack, Rejected, Unsure

#: After this long at rest, a connection is tried with NOOP before a message is entrusted to it.
FRESH_SECONDS = 10.0
_REPLY_BYTES_MAX = 64 * 1024
_START_INPUT = 354
_OUT_OF_TURN = unreachable("the server spoke out of turn")


class Due(Enum):
    """The reply awaited."""

    NOOP = "NOOP"
    RSET = "RSET"
    FINAL = "the final dot"
    LONE_DOT = "an empty message to nobody"
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"

    @property
    def phase(self) -> Phase:
        """Where in the conversation that reply stands."""
        return _PHASES.get(self, Phase.MAIL)


_PHASES = {Due.FINAL: Phase.CONTENT, Due.RCPT: Phase.RCPT, Due.DATA: Phase.DATA}


class Source(Protocol):
    """Where a session takes hand-overs from, and whom it tells that it rests or ends."""

    def take(self) -> HandOver | None:
        """The next hand-over, if any."""

    def take_ahead(self) -> HandOver | None:
        """The same, when no other session waits for it."""

    def give_back(self, handover: HandOver) -> None:
        """Return one that was never begun."""

    def rests(self, session: Session) -> None:
        """This session has nothing to do."""

    def ended(self, session: Session, why: Rejected) -> None:
        """This session is over; `why` says of what."""


class Session(asyncio.Protocol):
    """Hands messages over on one connection, one after the other."""

    def __init__(self, link: Link, source: Source, clock: Callable[[], float]) -> None:
        self.over = False
        self.gone = False  #: the transport is closed
        self.barren = False  #: lost before it brought a single message to its end
        self.since = clock()  #: instant, on the loop's clock, of the last byte either way
        self._transport = link.transport
        self._pipelining = link.offer.pipelining
        self._size_max = link.offer.size_max
        self._encoding = link.offer.encoding
        self._source = source
        self._clock = clock
        self._proven = False
        self._due: Due | None = None
        self._sent: HandOver | None = None
        self._begun: HandOver | None = None
        self._ahead: HandOver | None = None
        self._refused: tuple[Phase, Rejected] | None = None  #: first refusal of the message begun
        self._partial = b""
        self._earlier: list[bytes] = []  #: lines of a reply that is not complete
        self._unheard = False  #: the server said more than the reply being acted on

    # -- the pool's side

    def wake(self) -> None:
        """Begin the next message. The session must be at rest."""
        if self._clock() - self.since > FRESH_SECONDS:
            self._write(b"NOOP\r\n", Due.NOOP)
        else:
            self._advance(b"", None)

    def expire(self, now: float, silence_max: float) -> None:
        """Give up if an answer is overdue. After a final dot patience is doubled: giving up there costs an uncertain message."""
        if self._due is None or now - self.since <= (silence_max * 2 if self._sent else silence_max):
            return
        self.lose(unreachable(f"no answer to {self._due.value} in time"))

    def quit(self) -> None:
        """End a session at rest politely."""
        self.over = True
        self._transport.write(b"QUIT\r\n")
        self._transport.close()

    def abort(self) -> None:
        """Close at once; nothing is owed to anybody."""
        self._transport.abort()

    def lose(self, why: Rejected, of_sent: Rejected | None = None) -> None:
        """The connection is over: say of each message what is known of it. `of_sent`: what the server said to the final dot."""
        if self.over:
            return
        self.over = True
        self._transport.abort()
        self.barren = not self._proven and bool(self._sent or self._begun)
        if self._sent:
            self._sent.settle(of_sent or Unsure(why.reply))
        if self._begun:
            self._begun.settle(self._refused[1] if self._refused else why)
        if self._ahead:
            self._source.give_back(self._ahead)
        self._sent = self._begun = self._ahead = None
        self._source.ended(self, why)

    # -- the loop's side

    def data_received(self, data: bytes) -> None:
        """Read as many whole replies as there are. A reply may be cut anywhere and may have several lines (RFC 5321 §4.2)."""
        self.since = self._clock()
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        for number, line in enumerate(lines, 1):
            if self.over:
                return
            self._unheard = number < len(lines) or bool(self._partial)
            if line[3:4] == b"-":
                self._earlier.append(line)
                continue
            code = int(line[:3]) if line[:3].isdigit() else 0
            if 200 <= code <= 599 and all(each[:3] == line[:3] for each in self._earlier):
                self._hear(code, line)
            else:
                self.lose(unreachable("the server's reply is not SMTP"))
        if len(self._partial) + sum(map(len, self._earlier)) > _REPLY_BYTES_MAX:
            self.lose(unreachable("the server's reply has no end"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever closed it."""
        self.gone = True
        self.lose(unreachable(f"connection lost: {exc}" if exc else "connection closed by the server"))

    # -- replies

    def _hear(self, code: int, line: bytes) -> None:
        """Act on one complete reply."""
        if code == SERVICE_CLOSING:
            self._closing(code, line)
            return
        match self._due:
            case Due.FINAL:
                self._concluded(code, line)
            case Due.MAIL:
                self._note(Phase.MAIL, code, line)
                self._go_on(Due.RCPT)
            case Due.RCPT:
                self._note(Phase.RCPT, code, line)
                self._go_on(Due.DATA)
            case Due.DATA:
                self._invited(code, line)
            case Due.NOOP | Due.RSET if code >= 300:
                self.lose(unreachable(f"{self._due.value} refused: {code}"))
            case Due.NOOP | Due.LONE_DOT:
                self._advance(b"", None)
            case Due.RSET if self._begun:
                self._due = Due.MAIL
            case Due.RSET:
                self._advance(b"", None)
            case None:
                self.lose(unreachable(f"the server spoke out of turn: {code}"))
        self._earlier.clear()

    def _closing(self, code: int, line: bytes) -> None:
        """421 may answer any command, or none: the connection ends. It refuses what it answers, a final dot included."""
        answered = self._sent or self._begun
        why = refusal(self._due.phase if self._due else Phase.MAIL, code, self._text(line, answered))
        self.lose(why, of_sent=why)

    def _note(self, phase: Phase, code: int, line: bytes) -> None:
        """Keep the first refusal of the group; the replies that follow from it say nothing more."""
        if self._refused is None and code >= 300:
            self._refused = phase, refusal(phase, code, self._text(line, self._begun))

    def _go_on(self, due: Due) -> None:
        """The next reply of the group; without pipelining, the command that asks for it."""
        self._due = due
        if self._pipelining:
            return
        if self._refused:
            self._drop(self._refused[1])
        elif self._begun:
            self._write(wire.rcpt_to(self._begun.envelope) if due is Due.RCPT else b"DATA\r\n", due)

    def _invited(self, code: int, line: bytes) -> None:
        """The reply to DATA. Only a recipient accepted and a 354 let the body go."""
        refused = self._refused
        if refused is None and code == _START_INPUT:
            self._transmit()
        elif code < 400 and code != _START_INPUT:  # it answers something else: what it said before is not to be believed either
            self._refused = None
            self.lose(unreachable(f"DATA answered with {code}"))
        elif refused is None:
            self._drop(refusal(Phase.DATA, code, self._text(line, self._begun)))
        elif code != _START_INPUT:
            self._drop(refused[1])
        elif refused[0] is Phase.RCPT:  # nobody to deliver to: RFC 2920 §3.1 ends it with a lone dot
            self._settle_begun(refused[1])
            self._write(wire.DOT, Due.LONE_DOT)
        else:  # MAIL refused, RCPT accepted, DATA accepted: a lone dot might deliver an empty mail
            self._settle_begun(refused[1])
            self.lose(refused[1])

    def _transmit(self) -> None:
        """Write the body, and what may leave with it. This is the point of no return: the watch notes it first."""
        begun = self._begun
        if self._unheard:
            self.lose(_OUT_OF_TURN)
            return
        try:
            passes = begun is not None and begun.body is not None and not self._transport.is_closing() and begun.may_pass()
        except HeldBack:  # DATA cannot be taken back: the server hears nothing more of it
            self._begun = None
            self.lose(unreachable("the connection was closed rather than write what had just been objected to"))
            return
        if begun is None or begun.body is None or not passes:
            self.lose(unreachable("the connection was given up before the body was written"))
            return
        self._sent, self._begun = begun, None
        self._advance(begun.body + wire.DOT, Due.FINAL)

    def _concluded(self, code: int, line: bytes) -> None:
        """The reply to the final dot: the server took charge of the message, or did not."""
        sent = self._sent
        if sent is None or 300 <= code < 400:
            self.lose(unreachable(f"the final dot answered with {code}"))
            return
        self._sent = None
        self._proven = True
        text = self._text(line, sent)
        sent.settle(Accepted(text[:REPLY_MAX], sent.sha256) if code < 300 else refusal(Phase.CONTENT, code, text))
        if self._begun:
            self._due = Due.MAIL
        else:
            self._advance(b"", None)

    def _drop(self, why: Rejected) -> None:
        """The message begun was refused before its body: clear the server's envelope and go on."""
        self._settle_begun(why)
        self._advance(b"RSET\r\n", Due.RSET)

    def _settle_begun(self, why: Rejected) -> None:
        self._proven = True
        if self._begun:
            self._begun.settle(why)
        self._begun = self._refused = None

    def _text(self, line: bytes, handover: HandOver | None) -> str:
        """The words of a reply, its lines joined, without the recipient's address: replies are kept, addresses are erased."""
        if self._earlier:
            line = b" ".join([self._earlier[0].rstrip(), *(each[4:].rstrip() for each in self._earlier[1:]), line[4:]])
        text = line[4:].decode("utf-8", "replace").strip()
        if handover and "@" in text:
            text = re.sub(re.escape(handover.envelope.recipient), "…", text, flags=re.IGNORECASE)
        return text

    # -- writing

    def _advance(self, first: bytes, due: Due | None) -> None:
        """Write `first`, whose reply is `due`, and with it the beginning of the next message, if both may leave together."""
        opening = b""
        if due is None or self._pipelining:
            self._begun = self._next()
            if self._begun:
                opening = self._opening(self._begun)
        self._due = due or (Due.MAIL if self._begun else None)
        if first or opening:
            self._write(first + opening, self._due)
        if self.over:
            return
        if self._due is None:
            self.since = self._clock()
            self._source.rests(self)
        elif self._ahead is None:
            self._look_ahead()

    def _write(self, octets: bytes, due: Due | None) -> None:
        self._due = due
        self.since = self._clock()
        if self._unheard:  # no answer is owed whenever something is written: more would be taken for the answer to this
            self.lose(_OUT_OF_TURN)
        elif self._transport.is_closing():  # it was lost, and the loop has not told us yet
            self.lose(unreachable("connection lost"))
        else:
            self._transport.write(octets)

    def _opening(self, handover: HandOver) -> bytes:
        mail = wire.mail_from(handover.envelope, handover.encoding, None if self._size_max is None else handover.size)
        return mail + wire.rcpt_to(handover.envelope) + b"DATA\r\n" if self._pipelining else mail

    def _next(self) -> HandOver | None:
        """The next message that is ready and may begin. The watch is asked here, right before the first byte."""
        while handover := self._ahead or self._source.take():
            self._ahead = None
            if self._ready(handover) and handover.may_begin():
                return handover
        return None

    def _look_ahead(self) -> None:
        """Render the next message while the server answers."""
        while handover := self._source.take_ahead():
            if self._ready(handover):
                self._ahead = handover
                return

    def _ready(self, handover: HandOver) -> bool:
        """Whether the message can leave by this connection as it is. If not it is settled, and nothing was written."""
        if handover.body is None:
            unfit = wire.unspeakable(handover.envelope)
            if unfit:
                handover.settle(unfit)
                return False
            if not handover.render(self._encoding):
                return False
        if handover.encoding is Encoding.EIGHT_BIT and self._encoding is not Encoding.EIGHT_BIT:
            # Rendered for another connection of a relay whose servers differ; rendered once, it waits for a better one.
            handover.settle(unreachable("this server takes no 8-bit bytes, unlike the one before"))
            return False
        if self._size_max and handover.size > self._size_max:
            why = f"{handover.size} octets; the relay takes {self._size_max}; nothing was written"
            handover.settle(Rejected(permanent=True, code="5.3.4", reply=why, fault=Fault.CONTENT))
            return False
        return True

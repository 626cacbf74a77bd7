"""The connections, shared by every batch under way, and the queue they take hand-overs from."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Sequence

from gateway.channels.smtp.handover import HandOver
from gateway.channels.smtp.relay import Link, Offer, SmtpRelay, connect
from gateway.channels.smtp.replies import unreachable
from gateway.channels.smtp.session import Session
from gateway.domain.channel import Rejected

_log = logging.getLogger(__name__)

#: A connection at rest is closed after this long; relays keep them for minutes at most.
IDLE_SECONDS = 60.0
#: After the relay refused one connection more, or dropped it unused, how long we content ourselves with those we have.
CONTENT_SECONDS = 5.0
#: How long the last QUIT may take.
_FAREWELL_SECONDS = 1.0
_CLOSED = unreachable("the channel is closed")


class Pool:
    """Lives on one loop; every method is called there.

    While hand-overs wait, a session is at work or a connection is being opened; when the relay cannot be reached at all,
    one attempt fails everything that waits.
    """

    def __init__(self, relay: SmtpRelay, context: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop) -> None:
        self._relay = relay
        self._context = context
        self._loop = loop
        self._queue: deque[HandOver] = deque()
        self._sessions: set[Session] = set()
        self._resting: list[Session] = []  #: the last to rest is the first to work: few stay warm
        self._leaving: list[Session] = []  #: QUIT said, not closed yet
        self._openings: set[asyncio.Task[None]] = set()
        self._hungry = 0  #: sessions woken that have not taken their hand-over yet
        self._content_until = 0.0
        self._closing = False
        self._look_at_clocks()

    def enqueue(self, handovers: Sequence[HandOver]) -> None:
        """Take charge of the hand-overs of one batch: first come, first served."""
        self._queue.extend(handovers)
        self._work()

    async def probe(self) -> Offer | Rejected:
        """Open one connection, say QUIT, and tell what was offered on the way, or why it failed."""
        match await connect(self._relay, self._context):
            case Link() as link:
                self._dismiss(self._session(link))
                return link.offer
            case refused:
                return refused

    async def close(self) -> None:
        """Refuse what waits, let what has begun end, say QUIT."""
        self._closing = True
        self._fail(_CLOSED)
        while self._resting:
            self._dismiss(self._resting.pop())
        deadline = self._loop.time() + self._relay.timeout_seconds
        while (self._sessions or self._openings) and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        for session in list(self._sessions):
            session.lose(_CLOSED)
        for opening in list(self._openings):
            opening.cancel()
        deadline = self._loop.time() + _FAREWELL_SECONDS
        while self._still_leaving() and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        for session in self._leaving:
            session.abort()
        await asyncio.sleep(0.01)  # let the loop close what was aborted

    # -- Source

    def take(self) -> HandOver | None:
        """The next hand-over, if any."""
        self._hungry = max(0, self._hungry - 1)
        return self._queue.popleft() if self._queue else None

    def take_ahead(self) -> HandOver | None:
        """The same, when no other session waits for it."""
        return self._queue.popleft() if len(self._queue) > self._hungry + len(self._openings) else None

    def give_back(self, handover: HandOver) -> None:
        """Put one that was never begun back where it came from."""
        self._queue.appendleft(handover)

    def rests(self, session: Session) -> None:
        """This session has nothing to do."""
        if self._closing:
            self._dismiss(session)
        else:
            self._resting.append(session)

    def ended(self, session: Session, why: Rejected) -> None:
        """This session is over. If it never brought a message to its end and is the last, the relay cannot be worked with."""
        self._sessions.discard(session)
        if session in self._resting:
            self._resting.remove(session)
        self._leaving.append(session)
        if session.barren:
            self._stay_content()
            if not self._sessions and not self._openings:
                self._fail(why)
        self._work()

    # -- connections

    def _work(self) -> None:
        """Wake as many sessions as there are hand-overs; open connections for the rest."""
        if self._closing:
            self._fail(_CLOSED)
            return
        waking = [self._resting.pop() for _ in range(min(len(self._queue), len(self._resting)))]
        self._hungry = len(waking)
        for session in waking:
            session.wake()
        self._hungry = 0
        for _ in range(self._missing()):
            opening = self._loop.create_task(self._open())
            self._openings.add(opening)

    def _missing(self) -> int:
        """How many connections to open. The first is opened alone: a wrong password is not tried ten times over."""
        if not self._sessions:
            return 1 if self._queue and not self._openings else 0
        if self._loop.time() < self._content_until:
            return 0
        open_or_opening = len(self._sessions) + len(self._openings)
        return max(0, min(len(self._queue) - len(self._openings), self._relay.connections - open_or_opening))

    async def _open(self) -> None:
        opened: Link | Rejected
        try:
            opened = await connect(self._relay, self._context)
        except Exception as fault:  # an attempt nobody hears of would leave whoever waits for it waiting for ever
            _log.exception("a connection could not be opened")
            opened = unreachable(f"{type(fault).__name__}: {fault}")
        finally:
            task = asyncio.current_task()
            if task:
                self._openings.discard(task)
        match opened:
            case Link():
                session = self._session(opened)
                self._sessions.add(session)
                if opened.transport.is_closing():
                    session.lose(unreachable("connection closed by the server"))
                else:
                    session.wake()
            case Rejected():
                self._stay_content()
                if not self._sessions and not self._openings:
                    self._fail(opened)
        self._work()

    def _session(self, link: Link) -> Session:
        session = Session(link, self, self._loop.time)
        link.transport.set_protocol(session)
        return session

    def _stay_content(self) -> None:
        self._content_until = self._loop.time() + CONTENT_SECONDS

    def _dismiss(self, session: Session) -> None:
        self._sessions.discard(session)
        self._leaving.append(session)
        session.quit()

    def _still_leaving(self) -> list[Session]:
        self._leaving = [session for session in self._leaving if not session.gone]
        return self._leaving

    def _fail(self, why: Rejected) -> None:
        while self._queue:
            self._queue.popleft().settle(why)

    def _look_at_clocks(self) -> None:
        """Once in a while: overdue answers, connections at rest for too long. One timer for all sessions."""
        self._loop.call_later(min(1.0, self._relay.timeout_seconds / 4), self._look_at_clocks)
        now = self._loop.time()
        for session in list(self._sessions):
            session.expire(now, self._relay.timeout_seconds)
        for session in [each for each in self._resting if now - each.since > IDLE_SECONDS]:
            self._resting.remove(session)
            self._dismiss(session)
        self._still_leaving()

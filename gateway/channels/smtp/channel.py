"""Email by SMTP: one loop in one thread of its own, one pool of connections, any number of calling threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from gateway.channels.smtp.handover import batch_of
from gateway.channels.smtp.pool import Pool
from gateway.channels.smtp.relay import Offer, SmtpRelay, tls_context
from gateway.channels.smtp.replies import unreachable
from gateway.domain.channel import Capabilities, Envelope, Medium, Outcome, Rejected, Unwatched, Watch
from gateway.loops import Running, new_loop


class SmtpChannel:
    """domain.channel.Channel over one relay.

    The thread and the loop begin with the first call, so a process may fork before. Payloads are rendered and the watch is
    asked on that thread.
    """

    def __init__(self, relay: SmtpRelay) -> None:
        self._relay = relay
        self._context = tls_context(relay)
        self._turn = threading.Lock()
        self._running: Running | None = None
        self._pool: Pool | None = None
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """As many hand-overs at once as connections. SMTP cannot say later what became of a message."""
        return Capabilities(medium=Medium.EMAIL, concurrency=self._relay.connections)

    def hand_over(self, envelopes: Sequence[Envelope], watch: Watch) -> list[Outcome]:
        """Hand each envelope over at most once; one outcome per envelope, in order. Thread-safe; returns when all are known.

        The watch is asked before MAIL FROM is written (may_begin), and told before the body is (passing):
        - Accepted: the reply to its final dot was positive; `reference` is that reply.
        - Rejected: a reply refused it (see replies.py), or the connection failed before its body was written.
        - Unsure: the connection failed, or the server fell silent, after its body was written.
        - Withheld, Unrendered: nothing of it was written.
        """
        return self._through(envelopes, watch)

    def post(self, sender: str, recipient: str, mail: bytes) -> Outcome:
        """Hand over one mail that is about the gateway itself, not written to a person of the file: no verdict is asked.

        mail: ready bytes; they are not written anew for a hop that takes seven bits only, so they hold nothing else.
        """
        envelope = Envelope(message_id=0, digest=b"", sender=sender, recipient=recipient, payload=lambda _: mail)
        return self._through([envelope], Unwatched())[0]

    def _through(self, envelopes: Sequence[Envelope], watch: Watch) -> list[Outcome]:
        batch, handovers = batch_of(envelopes, watch)
        with self._turn:
            pool, loop = self._started()
            if pool and loop:
                loop.call_soon_threadsafe(pool.enqueue, handovers)
        if pool is None:
            for handover in handovers:
                handover.settle(unreachable("the channel is closed"))
        return batch.wait()

    def probe(self) -> Offer | Rejected:
        """Open one connection as a batch would, and say what the server offers, or why it failed. Sends no mail."""
        with self._turn:
            pool, loop = self._started()
        if pool is None or loop is None:
            return unreachable("the channel is closed")
        return asyncio.run_coroutine_threadsafe(pool.probe(), loop).result()

    def close(self) -> None:
        """Refuse what waits, let what has begun end (timeout_seconds at most), say QUIT. Idempotent."""
        with self._turn:
            self._closed = True
            running, pool = self._running, self._pool
            self._running = self._pool = None
        if running and pool:
            running.end(pool.close())

    def _started(self) -> tuple[Pool | None, asyncio.AbstractEventLoop | None]:
        """The pool and its loop, started at the first call; none once closed."""
        if self._pool is None and not self._closed:
            loop = new_loop()
            self._pool = Pool(self._relay, self._context, loop)
            self._running = Running(loop, "smtp")
        return self._pool, self._running.loop if self._running else None

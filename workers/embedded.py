"""A worker inside this process: Dramatiq's threads answer the bell, and a watchman looks when it is silent."""

from __future__ import annotations

import logging
import threading

import dramatiq
from dramatiq import Broker
from redis.exceptions import RedisError

from gateway.flows.gateway import Gateway
from gateway.flows.sending.absence import Presence
from gateway.flows.sending.recovering import recover
from gateway.flows.sending.runner import Runner
from gateway.flows.spooling import hear_spooled
from gateway.loaded import settle_down
from workers.broker import ANSWER, QUEUE
from workers.lanes import Lanes

log = logging.getLogger(__name__)

#: How long a worker stays asleep at worst while the bell is lost and something is due.
WATCH_SECONDS = 5.0
#: How often Dramatiq looks whether somebody rang or asked it to stop.
_POLL_MILLISECONDS = 100
#: How long Dramatiq's threads may take to end once no lane is at work; without Redis they would wait for it for ever.
_WIND_DOWN_MILLISECONDS = 2000


class EmbeddedWorker:
    """The lanes of this process, awake. At most one per process; made after any fork, since engines do not survive one.

    presence: asked before each micro-batch whether this machine slept; None: its clock may leap, as that of the demo does.
    One Dramatiq thread per lane. Dramatiq's own command is not used: it forks, and its signals are not ours.
    """

    def __init__(self, gw: Gateway, broker: Broker, *, presence: Presence | None = None) -> None:
        self._gw = gw
        self._presence = presence
        count = gw.settings.sending.lanes
        self._runner = Runner(gw)
        self._lanes = Lanes(self._step, count=count, ring=gw.ring)
        dramatiq.actor(actor_name=ANSWER, queue_name=QUEUE, broker=broker, max_retries=0)(self._answer)
        self._worker = dramatiq.Worker(broker, worker_threads=count, worker_timeout=_POLL_MILLISECONDS)
        self._watchman = threading.Thread(target=self._watch, name="watchman", daemon=True)

    def start(self) -> None:
        """Settle what dead lanes left behind, then answer the bell. Raises StoreUnavailable when the database is away."""
        settle_down()
        recover(self._gw)
        self._worker.start()
        self._watchman.start()
        self._gw.ring()

    def stop(self, *, within_seconds: float) -> bool:
        """Let every lane finish and settle its micro-batch; False when one did not in time.

        What is then left in handing_over is settled from the wire log at the next start, never sent again.
        """
        ended = self._lanes.stop(within_seconds=within_seconds)
        try:
            self._worker.stop(timeout=_WIND_DOWN_MILLISECONDS)
        except (RedisError, dramatiq.DramatiqError) as fault:
            log.info("rings were left unanswered at the end (%s): the ticker rings again", type(fault).__name__)
        if ended:
            self._runner.close()
        return ended

    def _answer(self) -> None:
        """Somebody rang: drain what is due, in one lane. It never raises, as the outbox owns retries."""
        self._lanes.work()

    def _step(self, lane: int) -> int:
        if self._presence is not None:
            self._presence.look()
        # Whoever objected while the database was away comes before whatever leaves now that it is back.
        hear_spooled(self._gw)
        return self._runner.step(lane)

    def _watch(self) -> None:
        while not self._lanes.stopping.wait(WATCH_SECONDS):
            self._lanes.work()

"""Ringing: tell the workers that something may be due."""

from __future__ import annotations

import logging
import threading
import time

from dramatiq import Broker, Message
from dramatiq.errors import DramatiqError
from redis.exceptions import RedisError

from workers.broker import ANSWER, QUEUE, rings_waiting

log = logging.getLogger(__name__)

#: After a ring that failed, how long the next ones are not even tried: whoever rings must not wait for a lost Redis.
_SILENCE_SECONDS = 1.0


class Bell:
    """Rings at most once until somebody comes to the door. Never raises; safe from any thread."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._silent_until = 0.0
        self._lost = False
        self._lock = threading.Lock()

    def ring(self) -> None:
        """Wake a lane. A ring still waiting is enough: whoever takes it up will see what was committed before this one."""
        with self._lock:
            if time.monotonic() < self._silent_until:
                return
            try:
                if not rings_waiting(self._broker):
                    self._broker.enqueue(Message(queue_name=QUEUE, actor_name=ANSWER, args=(), kwargs={}, options={}))
            except (RedisError, DramatiqError, OSError) as fault:
                self._failed(fault)
            else:
                self._worked()

    def _failed(self, fault: Exception) -> None:
        self._silent_until = time.monotonic() + _SILENCE_SECONDS
        if not self._lost:
            log.warning("the bell cannot be rung (%s): workers look by themselves until it is back", type(fault).__name__)
        self._lost = True

    def _worked(self) -> None:
        if self._lost:
            log.info("the bell rings again")
        self._lost = False

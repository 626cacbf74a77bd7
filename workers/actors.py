"""Actors: plain callables declared on a broker of ours, never on a global one."""

from __future__ import annotations

from collections.abc import Callable

import dramatiq
from dramatiq import Broker

from workers.broker import ANSWER, QUEUE


def declare_actors(broker: Broker, work: Callable[[], int]) -> None:
    """Declare who answers a ring: `work` drains what is due in one lane, and never raises."""

    @dramatiq.actor(actor_name=ANSWER, queue_name=QUEUE, broker=broker, max_retries=0)
    def send_due() -> None:
        work()

"""The broker is only a doorbell: in this process by default, Redis when settings name one.

Its messages carry nothing: no id, no address, no content; what is due is read in the outbox. Nothing is retried here, and nothing
is scheduled here: the outbox owns retries and time, since a message tried again at night is a legal matter.
"""

from __future__ import annotations

import redis
from dramatiq import Broker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Middleware, Retries
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

QUEUE = "outbox"
#: Name of the actor that answers a ring.
ANSWER = "send_due"
_NAMESPACE = "passerelle"
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0


def open_broker(url: str) -> Broker:
    """A broker for redis://…, or one that lives in this process when url is empty. Opens no connection yet."""
    broker: Broker
    if url:
        # Redis-py would by default try again for seconds; whoever rings must not wait. Dramatiq reconnects by itself.
        client = redis.Redis.from_url(
            url,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        broker = RedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq leaves it untyped
            client=client, namespace=_NAMESPACE, middleware=_middleware()
        )
    else:
        broker = StubBroker(middleware=_middleware())
    broker.declare_queue(QUEUE)
    return broker


def answers(broker: Broker) -> bool:
    """Whether the broker can be reached now, and takes something in: one that is full, or a copy of another, only answers."""
    try:
        rings_waiting(broker)
        if isinstance(broker, RedisBroker):
            tried = f"{broker.namespace}:tried"
            broker.client.set(tried, b"", ex=1)
            broker.client.delete(tried)
    except (RedisError, OSError):
        return False
    return True


def rings_waiting(broker: Broker) -> int:
    """How many rings nobody has taken up yet. Raises redis.RedisError when Redis is away."""
    match broker:
        case RedisBroker():
            return int(broker.client.llen(f"{broker.namespace}:{QUEUE}"))
        case StubBroker():
            return int(broker.queues[QUEUE].qsize())
    raise TypeError(f"not a broker of ours: {type(broker).__name__}")


def _middleware() -> list[Middleware]:
    # The whole list, on purpose. No time limit: a lane works as long as something is due. No metrics server, no results, no
    # pipelines. Retries is here only to say zero.
    return [Retries(max_retries=0)]

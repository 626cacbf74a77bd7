"""The bell: one ring is enough, and a lost Redis neither raises nor holds anybody up."""

from __future__ import annotations

import time
from unittest.mock import Mock

import pytest
import redis

from tests.servers import RedisServer
from workers.bell import Bell
from workers.broker import answers, open_broker, rings_waiting

#: An address of the test network (RFC 5737) that answers nobody would hang; this one refuses at once.
NOBODY_THERE = "redis://127.0.0.1:1/0"


@pytest.fixture(params=["in process", "redis"])
def broker_url(request: pytest.FixtureRequest) -> str:
    """Where the bell hangs."""
    return "" if request.param == "in process" else request.getfixturevalue("redis_url")


def test_many_rings_before_anybody_comes_are_one(broker_url: str):
    broker = open_broker(broker_url)
    bell = Bell(broker)
    for _ in range(50):
        bell.ring()
    assert rings_waiting(broker) == 1


def test_a_ring_from_another_process_counts_too(redis_url: str):
    first, second = open_broker(redis_url), open_broker(redis_url)
    Bell(first).ring()
    Bell(second).ring()
    assert rings_waiting(second) == 1


def test_a_ring_carries_nothing(redis_url: str):
    broker = open_broker(redis_url)
    Bell(broker).ring()
    (message,) = redis.Redis.from_url(redis_url).hgetall("passerelle:outbox.msgs").values()
    assert b'"args":[],"kwargs":{}' in message


def test_ringing_without_redis_neither_raises_nor_tries_each_time_and_is_told_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    attempts = Mock(side_effect=rings_waiting)
    monkeypatch.setattr("workers.bell.rings_waiting", attempts)
    monkeypatch.setattr("workers.bell._SILENCE_SECONDS", 60.0)
    bell = Bell(open_broker(NOBODY_THERE))
    for _ in range(20):
        bell.ring()
    assert attempts.call_count == 1
    assert caplog.text.count("the bell cannot be rung") == 1


def test_the_bell_rings_again_once_redis_is_back(caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    with RedisServer() as server:
        broker = open_broker(server.url)
        bell = Bell(broker)
        bell.ring()
        server.kill()
        bell.ring()
        server.start()
        assert rings_waiting(broker) == 0, "Redis lost what it held"
        time.sleep(1.1)
        bell.ring()
        assert rings_waiting(broker) == 1
    assert "the bell rings again" in caplog.text


def test_a_redis_that_takes_nothing_in_any_more_is_no_redis_that_answers(redis_url: str):
    """Full, or a copy of another one: it was « ✓ Redis répond », while forms were refused and nobody could tell why."""
    client = redis.Redis.from_url(redis_url)
    broker = open_broker(redis_url)
    assert answers(broker)
    client.config_set("maxmemory", 1)
    try:
        assert not answers(broker)
    finally:
        client.config_set("maxmemory", 0)
    assert answers(broker)
    assert client.keys() == []  # what was tried leaves nothing behind

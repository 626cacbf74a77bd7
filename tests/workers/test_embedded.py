"""A worker in this process, behind the bell of this process or of Redis, and what it does when Redis is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from dramatiq import Broker
from dramatiq.worker import ConsumerThread, WorkerThread

from gateway.domain.channel import Envelope
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.store import campaigns, progress
from gateway.store.engine import reading
from tests.clock import ManualClock
from tests.meanwhile import Act
from tests.sending.support import Person, RecordingChannel, add, installation, newsletter
from tests.servers import RedisServer
from tests.workers.waiting import until
from workers import embedded
from workers.bell import Bell
from workers.broker import open_broker
from workers.embedded import EmbeddedWorker


@pytest.fixture(autouse=True)
def _nothing_speaks_afterwards() -> Iterator[None]:
    """Threads of a worker whose Redis was gone end a while after it; what they log meanwhile is no other test's."""
    before = set(threading.enumerate())
    yield
    until(lambda: set(threading.enumerate()) <= before, seconds=60)


@contextmanager
def at_work(gw: Gateway, broker: Broker) -> Iterator[Gateway]:
    """The gateway with its bell, while a worker of this process answers it."""
    ringing = replace(gw, ring=Bell(broker).ring)
    worker = EmbeddedWorker(ringing, broker)
    worker.start()
    try:
        yield ringing
    finally:
        assert worker.stop(within_seconds=20)


def has_handed(channel: RecordingChannel, count: int) -> bool:
    return len(channel.handed) >= count


def voters(count: int, town: str) -> list[Person]:
    return [Person(email=f"voter{number}@{town}.example") for number in range(count)]


@pytest.fixture
def channel() -> RecordingChannel:
    return RecordingChannel()


@pytest.fixture(params=["in process", "redis"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Both kinds of bell."""
    return open_broker("" if request.param == "in process" else request.getfixturevalue("redis_url"))


@pytest.fixture(autouse=True)
def _no_watchman(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the bell does is only seen while nobody looks without it.
    monkeypatch.setattr(embedded, "WATCH_SECONDS", 3600.0)


def test_one_ring_sends_everything_that_is_due_to_each_once(
    broker: Broker, database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel
):
    with (
        installation(database_url, clock, tmp_path, channel=channel, sending={"batch": 5}) as gw,
        at_work(gw, broker) as ringing,
    ):
        people = voters(40, "valbrume")
        add(gw, *people)
        newsletter(gw)
        ringing.ring()
        until(lambda: len(channel.handed) == 40)
    assert sorted(channel.recipients) == sorted(person.email for person in people)


def test_each_ring_wakes_one_more_lane_while_the_others_are_busy(sqlite_url: str, clock: ManualClock, tmp_path: Path):
    side_by_side = threading.Barrier(3)
    met = threading.Event()

    def meet(_envelope: Envelope) -> None:
        if not met.is_set():
            side_by_side.wait(timeout=20)
            met.set()

    channel = RecordingChannel(before=meet)
    with (
        installation(sqlite_url, clock, tmp_path, channel=channel, sending={"batch": 1, "lanes": 3}) as gw,
        at_work(gw, open_broker("")) as ringing,
    ):
        add(gw, *voters(30, "valbrume"))
        newsletter(gw)

        def all_sent() -> bool:
            ringing.ring()  # as the ticker does
            return len(channel.handed) == 30

        until(all_sent)


def test_a_worker_that_starts_finds_what_became_due_while_none_ran(
    broker: Broker, sqlite_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel
):
    with installation(sqlite_url, clock, tmp_path, channel=channel) as gw:
        add(gw, *voters(3, "valbrume"))
        newsletter(gw)
        with at_work(gw, broker):
            until(lambda: len(channel.handed) == 3)


def test_a_worker_told_to_stop_settles_what_it_handed_over(sqlite_url: str, clock: ManualClock, tmp_path: Path):
    channel = RecordingChannel(before=lambda _envelope: time.sleep(0.005))
    with installation(sqlite_url, clock, tmp_path, channel=channel, sending={"batch": 5}) as gw:
        add(gw, *voters(200, "valbrume"))
        newsletter(gw)
        with at_work(gw, open_broker("")):
            until(lambda: len(channel.handed) > 10)
        sent = len(channel.handed)
        with reading(gw.engine) as tx:
            (campaign,) = campaigns.listed(tx)
            rows = {state: count for state, count in progress.tally(tx, campaign.id).items() if count}
    assert 10 < sent < 200
    assert rows == {MessageState.ACCEPTED: sent, MessageState.WAITING: 200 - sent}
    assert list(gw.wire_logs.iterdir()) == [], "no lane is left for others to settle"


def test_when_redis_is_lost_a_worker_looks_by_itself(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(embedded, "WATCH_SECONDS", 0.2)
    with (
        RedisServer() as server,
        installation(sqlite_url, clock, tmp_path, channel=channel) as gw,
        at_work(gw, open_broker(server.url)) as ringing,
    ):
        add(gw, *voters(5, "valbrume"))
        newsletter(gw)
        server.kill()
        ringing.ring()
        until(lambda: len(channel.handed) == 5)


def test_a_redis_that_comes_back_empty_is_rung_again(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(embedded, "WATCH_SECONDS", 3600.0)  # it does not look by itself
    with (
        RedisServer() as server,
        installation(sqlite_url, clock, tmp_path, channel=channel) as gw,
        at_work(gw, open_broker(server.url)) as ringing,
    ):
        add(gw, *voters(5, "valbrume"))
        newsletter(gw)
        server.kill()
        ringing.ring()
        server.start()
        assert channel.handed == []

        def sent_after_a_ring() -> bool:
            ringing.ring()
            return len(channel.handed) == 5

        until(sent_after_a_ring)
    assert len(set(channel.recipients)) == 5


def test_redis_killed_and_restarted_while_a_campaign_runs_loses_and_doubles_nothing(
    database_url: str, clock: ManualClock, tmp_path: Path
):
    channel = RecordingChannel(before=lambda _envelope: time.sleep(0.002))
    with (
        RedisServer() as server,
        installation(database_url, clock, tmp_path, channel=channel, sending={"batch": 5}) as gw,
        at_work(gw, open_broker(server.url)) as ringing,
    ):
        add(gw, *voters(300, "valbrume"))
        newsletter(gw)
        ringing.ring()
        for _ in range(2):
            goal = min(300, len(channel.handed) + 40)
            until(partial(has_handed, channel, goal))
            server.kill()
            server.start()

        def all_sent() -> bool:
            ringing.ring()
            return len(channel.handed) >= 300

        until(all_sent)
    assert len(channel.handed) == len(set(channel.recipients)) == 300


def stops_in_time(worker: EmbeddedWorker, lost: RedisServer) -> bool:
    """Whether it says that every lane ended while its Redis is lost; what would never come back is not waited for.

    The server is started again at last: what Dramatiq's threads have to tell it, they try for ever, every five seconds.
    """
    said: list[bool] = []
    stopping = Act(lambda: said.append(worker.stop(within_seconds=15)))
    stopping.start()
    stopping.done()
    lost.start()
    until(lambda: not any(isinstance(each, ConsumerThread | WorkerThread) for each in threading.enumerate()), seconds=60)
    return said == [True]


def test_a_worker_stops_in_time_although_redis_is_gone(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel
):
    with RedisServer() as server, installation(sqlite_url, clock, tmp_path, channel=channel) as gw:
        broker = open_broker(server.url)
        worker = EmbeddedWorker(replace(gw, ring=Bell(broker).ring), broker)
        worker.start()
        server.kill()
        assert stops_in_time(worker, server)


def test_a_worker_whose_redis_dies_in_mid_campaign_still_stops_in_time(sqlite_url: str, clock: ManualClock, tmp_path: Path):
    channel = RecordingChannel(before=lambda _envelope: time.sleep(0.01))
    with (
        RedisServer() as server,
        installation(sqlite_url, clock, tmp_path, channel=channel, sending={"batch": 5}) as gw,
    ):
        broker = open_broker(server.url)
        worker = EmbeddedWorker(replace(gw, ring=Bell(broker).ring), broker)
        add(gw, *voters(200, "valbrume"))
        newsletter(gw)
        worker.start()
        until(lambda: len(channel.handed) > 10)
        server.kill()
        assert stops_in_time(worker, server)
        with reading(gw.engine) as tx:
            (campaign,) = campaigns.listed(tx)
            assert progress.tally(tx, campaign.id)[MessageState.HANDING_OVER] == 0

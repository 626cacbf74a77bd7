"""Lanes: one thread each, until nothing is due; a fault ends a turn and nothing else."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from gateway.domain.errors import StoreUnavailable
from workers.lanes import Lanes


class Outbox:
    """So many micro-batches are due."""

    def __init__(self, batches: int, size: int = 10) -> None:
        self.left = batches
        self.size = size
        self.under_way: Counter[int] = Counter()
        self.most_in_one_lane = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def step(self, lane: int) -> int:
        with self._lock:
            self.under_way[lane] += 1
            self.most_in_one_lane = max(self.most_in_one_lane, self.under_way[lane])
            self.most_at_once = max(self.most_at_once, self.under_way.total())
            claimed, self.left = (self.size, self.left - 1) if self.left else (0, 0)
        time.sleep(0.002)
        with self._lock:
            self.under_way[lane] -= 1
        return claimed


def test_a_lane_works_until_nothing_is_due_and_passes_the_word_on_with_its_first_batches_and_then_rarely():
    rings: list[None] = []
    outbox = Outbox(batches=50)
    assert Lanes(outbox.step, count=2, ring=lambda: rings.append(None)).work() == 500
    assert len(rings) == 6


def test_a_lane_that_finds_nothing_wakes_nobody():
    rings: list[None] = []
    assert Lanes(Outbox(batches=0).step, count=2, ring=lambda: rings.append(None)).work() == 0
    assert rings == []


def test_two_threads_never_share_a_lane_and_all_lanes_work_side_by_side():
    outbox = Outbox(batches=60)
    lanes = Lanes(outbox.step, count=3, ring=lambda: None)
    threads = [threading.Thread(target=lanes.work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outbox.left, outbox.most_in_one_lane, outbox.most_at_once) == (0, 1, 3)


@pytest.mark.parametrize("fault", [StoreUnavailable("the database is away"), RuntimeError("a fault of ours")])
def test_a_fault_ends_the_turn_is_told_and_leaves_the_lane_free(fault: Exception, caplog: pytest.LogCaptureFixture):
    answers: Iterator[int | Exception] = iter([10, fault, 10, 0])

    def step(_lane: int) -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    lanes = Lanes(step, count=1, ring=lambda: None)
    assert lanes.work() == 10
    assert str(fault) in caplog.text
    assert lanes.work() == 10


def test_a_database_that_is_away_is_told_once_and_again_when_it_goes_away_again(caplog: pytest.LogCaptureFixture):
    answers: Iterator[int | None] = iter([None, None, None, 10, 0, None])

    def step(_lane: int) -> int:
        if (answer := next(answers)) is None:
            raise StoreUnavailable("the database is away")
        return answer

    lanes = Lanes(step, count=1, ring=lambda: None)
    assert [lanes.work() for _ in range(3)] == [0, 0, 0]
    assert caplog.text.count("the database is away") == 1
    assert lanes.work() == 10
    lanes.work()
    assert caplog.text.count("the database is away") == 2


def test_a_lane_told_to_stop_finishes_its_micro_batch_and_begins_no_other():
    outbox = Outbox(batches=1000)
    began = threading.Event()

    def step(lane: int) -> int:
        began.set()
        return outbox.step(lane)

    lanes = Lanes(step, count=1, ring=lambda: None)
    thread = threading.Thread(target=lanes.work)
    thread.start()
    began.wait(5)
    assert lanes.stop(within_seconds=5)
    assert outbox.under_way.total() == 0
    assert 0 < outbox.left < 1000
    left = outbox.left
    assert lanes.work() == 0
    assert outbox.left == left


def test_a_lane_that_does_not_end_in_time_is_told_of():
    began, may_end = threading.Event(), threading.Event()

    def step(_lane: int) -> int:
        began.set()
        may_end.wait(10)
        return 0

    lanes = Lanes(step, count=2, ring=lambda: None)
    thread = threading.Thread(target=lanes.work)
    thread.start()
    began.wait(5)
    assert not lanes.stop(within_seconds=0.05)
    may_end.set()
    thread.join(5)

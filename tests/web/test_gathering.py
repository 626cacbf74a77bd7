"""Callbacks that come at the same moment share a transaction; none waits for ever, and none is lost through another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable

import pytest

from gateway.domain.errors import InvalidToken, StoreUnavailable
from gateway.web.gathering import Gathered


class Acts:
    """What is done with batches: noted, and as slow as a test wants."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, items: list[int]) -> None:
        self.may_go_on.wait(10)
        self.batches.append(items)
        if 13 in items:
            raise InvalidToken("thirteen")
        if 99 in items:
            raise StoreUnavailable("away")


async def came(gathered: Gathered[int], *items: int) -> list[BaseException | None]:
    waiting: list[Awaitable[None]] = [gathered.done(item) for item in items]
    return await asyncio.gather(*waiting, return_exceptions=True)


def test_a_lone_callback_is_done_by_itself() -> None:
    acts = Acts()
    assert asyncio.run(came(Gathered(acts), 1)) == [None]
    assert acts.batches == [[1]]


def test_what_comes_while_a_batch_is_under_way_makes_the_next_and_each_is_done_once() -> None:
    acts = Acts()

    async def story() -> None:
        gathered = Gathered(acts)
        acts.may_go_on.clear()
        first = asyncio.create_task(gathered.done(1))
        await asyncio.sleep(0.01)
        others = asyncio.create_task(came(gathered, *range(2, 8)))
        await asyncio.sleep(0.01)
        acts.may_go_on.set()
        await asyncio.gather(first, others)

    asyncio.run(story())
    assert acts.batches == [[1], [2, 3, 4, 5, 6, 7]]


def test_a_crowd_waits_a_moment_for_whoever_is_about_to_come() -> None:
    acts = Acts()

    async def story() -> None:
        gathered = Gathered(acts)

        async def again(item: int) -> None:
            """As a provider with a few connections: the next callback comes when the last one was answered."""
            await gathered.done(item)
            await asyncio.sleep(0)
            await gathered.done(item + 10)

        crowd = [asyncio.create_task(again(item)) for item in range(20, 25)]
        await asyncio.sleep(0)
        late = asyncio.create_task(gathered.done(1))  # waits when the crowd is done: the next batch would be its alone
        await asyncio.gather(*crowd, late)

    asyncio.run(story())
    assert sorted(number for batch in acts.batches for number in batch) == [1, *range(20, 25), *range(30, 35)]
    assert len(acts.batches) == 2


def test_a_callback_that_cannot_be_done_takes_none_of_the_others_with_it() -> None:
    acts = Acts()
    faults = asyncio.run(came(Gathered(acts), 12, 13, 14))
    assert [type(fault) for fault in faults] == [type(None), InvalidToken, type(None)]
    assert acts.batches == [[12, 13, 14], [12], [13], [14]]


@pytest.mark.parametrize("items", [(99,), (1, 99, 2)])
def test_while_the_store_is_away_everybody_is_told_so_and_nothing_is_tried_one_by_one(items: tuple[int, ...]) -> None:
    acts = Acts()
    faults = asyncio.run(came(Gathered(acts), *items))
    assert all(isinstance(fault, StoreUnavailable) for fault in faults)
    assert acts.batches == [list(items)]

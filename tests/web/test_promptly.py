"""What an objection is answered while the store keeps everybody waiting, and what that costs the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from anyio.to_thread import current_default_thread_limiter

from gateway.domain.errors import InvalidToken, StoreUnavailable
from gateway.web import promptly
from gateway.web.promptly import Promptly


class Store:
    """Answers once it may."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        self.may_answer.wait(10)
        return "done"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(promptly, "_WITHIN_SECONDS", 0.05)
    made = Store()
    yield made
    made.may_answer.set()


def kept(_away: StoreUnavailable) -> str:
    return "kept"


def test_what_is_done_in_time_is_answered_with_what_came_of_it(store: Store) -> None:
    store.may_answer.set()
    assert asyncio.run(Promptly().done(store, kept)) == "done"


def test_a_store_that_says_nothing_holds_no_more_threads_than_it_may_and_everybody_is_answered(store: Store) -> None:
    async def story() -> list[str]:
        current_default_thread_limiter().total_tokens = 2
        prompt = Promptly()
        answers = [await prompt.done(store, kept) for _ in range(6)]
        assert store.asked == 2
        store.may_answer.set()
        await asyncio.sleep(0.1)
        return [*answers, await prompt.done(store, kept)]

    assert asyncio.run(story()) == ["kept"] * 6 + ["done"]
    assert store.asked == 3


def test_a_fault_is_raised_and_nothing_is_done_instead() -> None:
    def refuse() -> str:
        raise InvalidToken("not ours")

    with pytest.raises(InvalidToken):
        asyncio.run(Promptly().done(refuse, kept))


def test_where_nothing_can_be_done_instead_that_is_raised() -> None:
    def away() -> str:
        raise StoreUnavailable("away")

    def full(fault: StoreUnavailable) -> str:
        raise fault

    with pytest.raises(StoreUnavailable, match="away"):
        asyncio.run(Promptly().done(away, full))

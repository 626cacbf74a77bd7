"""Objections are answered before whoever brings them has gone, whatever the database does.

One that is away says so. One that is frozen, or behind a disk that hangs, says nothing for as long as its machine stands, and a
mailbox or a telephone does not come back.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool

from gateway.domain.errors import StoreUnavailable

_T = TypeVar("_T")
_K = TypeVar("_K")

#: Whoever calls for a voter who holds the line, or for a mailbox that unsubscribes her, gives up after some ten to fifteen.
_WITHIN_SECONDS: Final = 8.0
#: Threads of their own: those that touch the store may all be waiting for it.
_DISK_THREADS: Final = 4


class Promptly:
    """Does things in the store, or else without it, within seconds."""

    def __init__(self) -> None:
        self._disk = CapacityLimiter(_DISK_THREADS)

    async def done(self, act: Callable[[], _T], instead: Callable[[StoreUnavailable], _K]) -> _T | _K:
        """What `act` comes to; what `instead` does where the store is away, or has kept us waiting for too long.

        In the latter case `act` may still come to its end: what it does must bear being done again. Raises what either raises.
        """
        begun = threading.Event()

        def acted() -> _T:
            begun.set()
            return act()

        asked = asyncio.ensure_future(run_in_threadpool(acted))
        try:
            await asyncio.wait({asked}, timeout=_WITHIN_SECONDS)
            if asked.done():
                return asked.result()
            away = StoreUnavailable(f"la base de données ne dit rien depuis {_WITHIN_SECONDS:.0f} secondes")
        except StoreUnavailable as fault:
            away = fault
        if not asked.done():
            asked.add_done_callback(_forgotten)
            if not begun.is_set():  # else its thread stays taken until it ends, or there would be more and more of them
                asked.cancel()
        return await to_thread.run_sync(partial(instead, away), limiter=self._disk)


def _forgotten(asked: asyncio.Future[Any]) -> None:
    if not asked.cancelled():
        asked.exception()  # whoever asked has been answered

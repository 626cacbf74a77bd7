"""What comes at the same moment is done in one go: one transaction, one commit to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from gateway.domain.errors import StoreUnavailable

_Item = TypeVar("_Item")
_MOST = 100
#: A batch of more than so few says that others are about to come: the next one waits a moment for them. Each batch costs its
#: transaction, whose price a status of the provider shares with as many as there are; none of them is of anybody who waits.
_FEW, _MOMENT_SECONDS = 3, 0.004


class Gathered(Generic[_Item]):
    """Does one batch at a time; what comes meanwhile makes the next. A lone item is done at once; a crowd waits a moment."""

    def __init__(self, act: Callable[[list[_Item]], object]) -> None:
        self._act = act
        self._waiting: list[tuple[_Item, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def done(self, item: _Item) -> None:
        """Return once the item was acted on, with whatever others; raises what acting on it alone raises."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, told))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        await told

    async def _run(self) -> None:
        crowded = False
        while self._waiting:
            if crowded and len(self._waiting) < _MOST:
                await asyncio.sleep(_MOMENT_SECONDS)
            some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            crowded = len(some) > _FEW
            fault = await self._try([item for item, _ in some])
            for item, told in some:
                alone = fault
                if fault is not None and len(some) > 1 and not isinstance(fault, StoreUnavailable):
                    alone = await self._try([item])  # one that cannot be done takes none of the others with it
                if told.done():
                    continue
                if alone is None:
                    told.set_result(None)
                else:
                    told.set_exception(alone)

    async def _try(self, items: list[_Item]) -> Exception | None:
        try:
            await run_in_threadpool(self._act, items)
        except Exception as fault:  # it is raised where each item is waited for
            return fault
        return None

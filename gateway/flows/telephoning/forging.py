"""Callbacks that are not the provider's, or that a wrong setting makes look so: they are counted, and somebody is told."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from gateway.domain.errors import StoreUnavailable
from gateway.flows.gateway import Gateway
from gateway.store import forgeries
from gateway.store.engine import begin, reading
from gateway.store.forgeries import Refusals

log = logging.getLogger(__name__)

#: A flood of forgeries costs one small transaction so often, and no more.
_NOTED_EVERY = timedelta(minutes=1)
#: A setting that was put right is no longer spoken of after so many days.
_SPOKEN_OF_DAYS = 1


class Forgeries:
    """What one process refused; the last few, within a minute, may wait for the next one to be counted."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self._waiting = 0
        self._noted_at: datetime | None = None
        self._turn = threading.Lock()

    def refuse(self) -> None:
        """One more. Raises nothing: a store that is away counts it with the next."""
        at = self._gw.clock.now()
        with self._turn:
            self._waiting += 1
            if self._noted_at is not None and at - self._noted_at < _NOTED_EVERY:
                return
            count, self._waiting, self._noted_at = self._waiting, 0, at
        log.warning("callbacks whose signature is not the provider's: %d refused; gateway check says what to look at", count)
        try:
            with begin(self._gw.engine) as tx:
                forgeries.add(tx, count, at=at)
        except StoreUnavailable:
            with self._turn:
                self._waiting += count


def refused_lately(gw: Gateway) -> Refusals:
    """How many were refused today and yesterday, and when the last one was."""
    with reading(gw.engine) as tx:
        return forgeries.since(tx, gw.clock.now().date() - timedelta(days=_SPOKEN_OF_DAYS))

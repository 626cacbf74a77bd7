"""Two acts at the same moment, each on a connection of its own, in an order that the test chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from sqlalchemy import text

from gateway.flows.gateway import Gateway
from gateway.store.engine import begin, is_postgresql, open_engine, reading

#: How long an act is waited for before it is said that it hangs.
LONG_SECONDS = 20.0
_MOMENT_SECONDS = 0.2


@contextmanager
def silent(database_url: str) -> Iterator[None]:
    """The database stands, and ends nothing that is asked of it meanwhile."""
    engine = open_engine(database_url)
    with begin(engine) as tx:
        if is_postgresql(tx):
            tx.execute(text("LOCK TABLE message, suppression"))
        yield
    engine.dispose()


class Act(Thread):
    """Somebody's act; its fault is the test's."""

    def __init__(self, what: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._what = what
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            self._what()
        except BaseException as fault:  # raised again by `done`
            self.fault = fault

    def done(self) -> None:
        """Wait for its end; raises what it raised."""
        self.join(LONG_SECONDS)
        assert not self.is_alive(), "they wait for each other"
        if self.fault:
            raise self.fault


def two_write(gw: Gateway) -> bool:
    """Whether two transactions write side by side; on SQLite whoever comes second waits, and there is nothing to see."""
    with reading(gw.engine) as tx:
        return is_postgresql(tx)


def right_before(
    patched: pytest.MonkeyPatch, module: object, step: str, act: Act, *, until: Callable[[], object] | None = None
) -> None:
    """Begin an act right before the first time a step is taken; until: what is awaited before the step, else a moment passes."""
    whole = getattr(module, step)

    def once(*given: object, **named: object) -> object:
        if act.ident is None:
            act.start()
            if until is not None:
                until()
            else:
                act.join(_MOMENT_SECONDS)
        return whole(*given, **named)

    patched.setattr(module, step, once)

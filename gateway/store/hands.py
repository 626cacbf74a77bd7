"""A long file in the hands of two connections, which work on its parts side by side.

PostgreSQL works for each connection in a process of its own; on SQLite one writes at a time, and there is one hand. Lines of one
person have been folded by then, and each address of the file stands in one line: what two parts may both change is somebody who
is with us already (see `matching.lock_met`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Event, Lock
from typing import TypeVar

from sqlalchemy import Connection, Engine

from gateway.store.engine import is_postgresql
from gateway.store.staged import staged_row, staged_tag
from gateway.store.staging import Part, Staging, expect_many, index_people, parts, people_staged, staging

_T = TypeVar("_T")

#: From so many people on, a second connection is worth what it costs to hand it its lines.
_SHARED_FROM = 40_000


@dataclass(frozen=True, slots=True)
class Hand:
    """One connection, and the parts of the file that are its own, in their order."""

    stage: Staging
    parts: tuple[Part, ...]


@contextmanager
def hands(engine: Engine, stage: Staging) -> Iterator[tuple[Hand, ...]]:
    """Share a file that stands in the staging tables, folded: every other part goes to a second connection."""
    with stage.reading() as tx:
        shared = is_postgresql(tx) and people_staged(tx) >= _SHARED_FROM
        whole = tuple(parts(tx, hands=2 if shared else 1))
    if not shared or len(whole) < 2:
        yield (Hand(stage, whole),)
        return
    with staging(engine) as other:
        with stage.reading() as mine, other.reading() as theirs:
            expect_many(theirs, _SHARED_FROM)
            for part in whole[1::2]:
                _hand_over(mine, theirs, part)
            index_people(theirs)
        yield Hand(stage, whole[::2]), Hand(other, whole[1::2])


def side_by_side(shared: Sequence[Hand], work: Callable[[Staging, Part], _T], told: Callable[[int, int], None]) -> list[_T]:
    """Do the work of every part, each hand its own; returns what came of them, in the order of the file.

    told: how many parts of how many are done, one call at a time. The first fault is raised once both hands have put down what
    they were at; no other part is begun then.
    """
    total = sum(len(hand.parts) for hand in shared)
    done: dict[int, _T] = {}
    over, telling = Event(), Lock()

    def go_through(hand: Hand) -> None:
        try:
            for part in hand.parts:
                if over.is_set():
                    return
                came = work(hand.stage, part)
                with telling:
                    done[part.first] = came
                    told(len(done), total)
        except BaseException:  # the other hand stops after its part
            over.set()
            raise

    if len(shared) == 1:
        go_through(shared[0])
    else:
        with ThreadPoolExecutor(len(shared)) as pool:
            running = [pool.submit(go_through, hand) for hand in shared]
            try:
                wait(running)
            finally:
                over.set()
            for one in running:
                one.result()
    return [done[first] for first in sorted(done)]


def _hand_over(mine: Connection, theirs: Connection, part: Part) -> None:
    """Pass the lines of a part on as PostgreSQL writes them: nothing of them is read on the way."""
    bounds = (part.first, part.last)
    lines = f"SELECT * FROM {staged_row.name} WHERE person BETWEEN %s AND %s"  # noqa: S608 (names of our own)
    tags = f"SELECT t.* FROM {staged_tag.name} t JOIN {staged_row.name} r USING (line) WHERE r.person BETWEEN %s AND %s"  # noqa: S608 (same)
    for table, chosen in ((staged_row, lines), (staged_tag, tags)):
        with closing(mine.connection.cursor()) as giving, closing(theirs.connection.cursor()) as taking:
            out = giving.copy(f"COPY ({chosen}) TO STDOUT (FORMAT BINARY)", bounds)
            with out as given, taking.copy(f"COPY {table.name} FROM STDIN (FORMAT BINARY)") as taken:
                for block in given:
                    taken.write(block)

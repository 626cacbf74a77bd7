"""What finding somebody in the journal costs whoever writes it, and gains whoever asks: indexes of migrations 0037 and 0038.

    python -m bench.finding [--messages 200000] [--late 1] [--database sqlite|postgresql|both]

The same entries are written to two databases in turn, batch by batch: to one as it is, and to one without the index of entries
that name a person, and on PostgreSQL with one interval for each block of messages. A decision and a hand-over for each message,
two hundred a batch, then a receipt of each; of a hundred receipts some come late, about a message that left long before. Prints
what the indexes cost each, as the median of the ratios of the pairs; then how long it takes to find all entries that concern a
person with one message (a page, a dossier, her copy of the data ask that), on both, in turn, and the ratio.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from sqlalchemy import text

from bench.apart import temporary_folder
from gateway.audit.entry import Entry, EntryKind, entry
from gateway.store import auditing, journal
from gateway.store.engine import Engine, begin, is_postgresql, open_engine, reading
from gateway.store.schema import upgrade
from tests.servers import PostgresServer

_AT_ONCE = 200
_ASKED = 25
_BEGAN = datetime(2027, 3, 1, 18, 30, tzinfo=UTC)
_SENT, _RECEIPTS = "decisions and hand-overs", "receipts"


def measure(kind: str, messages: int, late: float) -> str:
    """Write, then ask; what it came to, in words."""
    drawn = random.Random(7)
    with _two(kind) as engines:
        ratios: dict[str, list[float]] = {_SENT: [], _RECEIPTS: []}
        for turn, first in enumerate(range(0, messages, _AT_ONCE)):
            numbers = range(first, min(messages, first + _AT_ONCE))
            about = [drawn.randrange(first + 1) if drawn.random() < late / 100 else number for number in numbers]
            for what, entries in ((_SENT, [one for number in numbers for one in _sent(number)]), (_RECEIPTS, _receipts(about))):
                took = {turned: _write(engines[turned], entries) for turned in ((0, 1) if turn % 2 else (1, 0))}
                ratios[what].append(took[0] / took[1])
        for engine in engines:
            _settle(engine)
        asked = [drawn.randrange(messages) for _ in range(_ASKED)]
        found = [(_find(engines[0], number), _find(engines[1], number)) for number in asked]
    written = ", ".join(f"{what} {median(those):.2f} x" for what, those in ratios.items())
    with_, without = (median(pair[which] for pair in found) for which in (0, 1))
    share = median(pair[0] / pair[1] for pair in found)
    return f"{kind}: written: {written}; found: {1000 * with_:.1f} ms, {1000 * without:.1f} without: {share:.3f} x"


@contextmanager
def _two(kind: str) -> Iterator[tuple[Engine, Engine]]:
    """Two databases: as it is, and as it was."""
    with ExitStack() as stack:
        if kind == "sqlite":
            folder = stack.enter_context(temporary_folder())
            urls = [f"sqlite:///{folder}/{name}.db" for name in ("with", "without")]
        else:
            server = stack.enter_context(PostgresServer())
            urls = [server.create_database(name) for name in ("with", "without")]
        engines = []
        for url in urls:
            upgrade(url)
            engines.append(open_engine(url))
            stack.callback(engines[-1].dispose)
        with begin(engines[1]) as tx:
            tx.execute(text("DROP INDEX ix_journal_person"))
            if is_postgresql(tx):
                tx.execute(text("DROP INDEX ix_journal_message_id"))
                brin = "USING brin (message_id) WITH (autosummarize = on, pages_per_range = 32)"
                tx.execute(text(f"CREATE INDEX ix_journal_message_id ON journal {brin}"))
        yield engines[0], engines[1]


def _sent(number: int) -> tuple[Entry, Entry]:
    at, person, digest = _BEGAN + timedelta(milliseconds=number), _person(number), f"{number:064x}"
    about = partial(entry, at=at, campaign_id=1, message_id=number, person=person)
    decided = about(EntryKind.DECISION, facts=digest, pack="banc", verdict="allow", rules=("consent-per-channel",))
    return decided, about(EntryKind.HAND_OVER, began=at, outcome="accepted", reply="250 ok", payload=digest)


def _receipts(about: list[int]) -> list[Entry]:
    return [
        entry(EntryKind.RECEIPT, _BEGAN, campaign_id=1, message_id=number, person=_person(number), receipt="delivered", code=None)
        for number in about
    ]


def _person(number: int) -> str:
    return f"{number * 2654435761 % 2**64:032x}"


def _write(engine: Engine, entries: list[Entry]) -> float:
    began = time.perf_counter()
    with begin(engine) as tx:
        journal.append(tx, entries)
    return time.perf_counter() - began


def _settle(engine: Engine) -> None:
    """As after a night: PostgreSQL has looked at what was written."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
            tx.execute(text("VACUUM ANALYZE journal"))


def _find(engine: Engine, number: int) -> float:
    began = time.perf_counter()
    with reading(engine) as tx:
        found = auditing.of_person(tx, _person(number), (number,))
    if len(found) < 2:
        raise SystemExit(f"of message {number} the journal has {len(found)} entries")
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--late", type=float, default=1.0, help="of a hundred receipts")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    chosen = parser.parse_args()
    for kind in ("postgresql", "sqlite") if chosen.database == "both" else (chosen.database,):
        print(measure(kind, chosen.messages, chosen.late), flush=True)


if __name__ == "__main__":
    main()

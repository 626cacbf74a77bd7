"""What the journal costs a message: the same newsletter by real workers and the real ticker, with its journal and without.

    python -m bench.journalling [--messages 60000] [--rounds 3] [--database sqlite|postgresql|both]

Without: the very same processes, in which nothing is made of an entry: no canonical bytes, no hash of what left, no row, nothing
to seal. Only this benchmark can do that (`--run`). Rounds with and without alternate, and so does which comes first; only what a
pair says counts, and the median of the pairs. Two shares:

    processor   time a message of all processes that belong to the gateway, the journal's part of it; and which of them pays:
                workers    entries put into words, hashes of what left, rows handed to the database, in the path of the message
                ticker     sealing, off that path, on the same cores
                PostgreSQL rows and their indexes, and what sealing reads and writes (SQLite: within the two above)
    clock       time a message, from the first hand-over begun to the last one settled: the slower of the two rates

What still waits for its seal at the end counts too. Both rounds go on for as long after the last message, and what the bare one
used meanwhile, idle, is taken off. Also how many entries waited, at most, while messages left.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from types import SimpleNamespace
from unittest import mock

from bench.installation import Installation, temporary_folder
from bench.newsletter import PROMISED, database, server_seconds
from bench.smtp_baselines import smtp_sink
from bench.world import World
from gateway.domain.campaign import CampaignState
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.store import sealing
from gateway.store.engine import reading

#: Of the time a message takes, in hundredths, at most.
COST_PERCENT = 10.0
#: After the last message both rounds go on for so long; by then all entries must be sealed.
_SEALED_WITHIN_SECONDS = 3.0
_PARTS = ("workers", "ticker", "PostgreSQL")


@dataclass(frozen=True, slots=True)
class Sent:
    """One newsletter, sent. Times are microseconds a message."""

    clock: float
    until_end: tuple[float, ...]  #: of the processor, by part, from the launch to the last message settled
    after_end: tuple[float, ...]  #: the same, in the seconds after it
    entries: int
    waiting_most: int  #: entries that were not sealed yet, while messages left


@dataclass(frozen=True, slots=True)
class Pair:
    """The same newsletter with its journal and without."""

    whole: Sent
    bare: Sent

    def processor(self) -> tuple[float, ...]:
        """What it cost with its journal, by part; idle time after the end, as the bare one had it, is taken off."""
        parts = zip(self.whole.until_end, self.whole.after_end, self.bare.after_end, strict=True)
        return tuple(until + after - idle for until, after, idle in parts)

    def journal(self) -> tuple[float, ...]:
        """The journal's part of that."""
        return tuple(whole - bare for whole, bare in zip(self.processor(), self.bare.until_end, strict=True))

    def processor_percent(self) -> float:
        """The journal's share of the processor time of a message."""
        return 100 * sum(self.journal()) / sum(self.processor())

    def clock_percent(self) -> float:
        """The journal's share of the time of a message."""
        return 100 * (1 - self.bare.clock / self.whole.clock)


def pairs(kind: str, messages: int, rounds: int) -> Iterator[Pair]:
    """Both, so many times; the one comes first in every other round."""
    for number in range(rounds):
        order = (True, False) if number % 2 == 0 else (False, True)
        made = {with_journal: _sent(kind, messages, with_journal=with_journal) for with_journal in order}
        yield Pair(made[True], made[False])


def _sent(kind: str, messages: int, *, with_journal: bool) -> Sent:
    """The newsletter, by as many workers as are promised for this database, and one ticker."""
    how = [] if with_journal else ["--without"]
    with temporary_folder() as folder, database(kind, str(folder)) as (url, broker), smtp_sink() as port:
        installed = Installation(folder, url, smtp_port=port, GATEWAY_BROKER__URL=broker)
        installed.fill(World(people=messages))
        command = [sys.executable, "-m", "bench.journalling", *how, "--run"]
        for name in (*["worker"] * PROMISED[kind][0], "ticker"):
            installed.start([*command, name])
        with installed.gateway() as gw:
            try:
                installed.launch()
                begun = _spent(kind, installed)
                most = _until_finished(gw)
                ended = _spent(kind, installed)
                time.sleep(_SEALED_WITHIN_SECONDS)
                idled = _spent(kind, installed)
                if waiting := _waiting(gw):
                    raise SystemExit(f"{waiting} entries wait to be sealed {_SEALED_WITHIN_SECONDS} s after the last message")
            finally:
                installed.stop_workers()
            counts = launching.status(gw, "lettre").counts
            if counts[MessageState.ACCEPTED] != messages:
                raise SystemExit(f"the campaign did not finish: {counts}")
            with reading(gw.engine) as tx:
                entries = sealing.progress(tx).size
            return Sent(
                clock=installed.span_seconds(gw) * 1e6 / messages,
                until_end=_a_message(begun, ended, messages),
                after_end=_a_message(ended, idled, messages),
                entries=entries,
                waiting_most=most,
            )


def _spent(kind: str, installed: Installation) -> tuple[float, ...]:
    """Processor time so far, in seconds, by part."""
    *workers, ticker = installed.workers
    return installed.worker_seconds(workers), installed.worker_seconds([ticker]), server_seconds(kind)


def _a_message(begun: Sequence[float], ended: Sequence[float], messages: int) -> tuple[float, ...]:
    return tuple((after - before) * 1e6 / messages for before, after in zip(begun, ended, strict=True))


def _until_finished(gw: Gateway) -> int:
    """Wait for the end of the campaign; how many entries were not sealed yet, at most, whenever looked at."""
    most, limit = 0, time.monotonic() + 1800
    while time.monotonic() < limit:
        if launching.status(gw, "lettre").campaign.state is CampaignState.FINISHED:
            return most
        most = max(most, _waiting(gw))
        time.sleep(1.0)
    raise SystemExit("the campaign did not finish")


def _waiting(gw: Gateway) -> int:
    with reading(gw.engine) as tx:
        return sealing.waiting(tx, sealing.progress(tx))


def _run(words: Sequence[str], *, with_journal: bool) -> None:
    """A command of the gateway in this process, with its journal or without."""
    from gateway.channels.smtp import handover
    from gateway.cli.main import main as command
    from gateway.flows.sending import gate, recipients, settling
    from gateway.store import journal

    sys.argv = ["gateway", *words]
    if not with_journal:
        unhashed = SimpleNamespace(digest=lambda: b"\0" * 32)
        nothing = SimpleNamespace(of=lambda *_: None)
        for where, name, instead in (
            (gate, "_decision", lambda *_: nothing),
            (recipients, "pseudonym", lambda _: ""),
            (settling, "_entry", lambda *_: None),
            (handover, "hashlib", SimpleNamespace(sha256=lambda _: unhashed)),
            (journal, "append", lambda *_: None),
        ):
            mock.patch.object(where, name, instead).start()
    command()


def main() -> None:
    """Run the rounds and print; with --run, be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=[*PROMISED, "both"], default="both")
    parser.add_argument("--without", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--run", nargs=1, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        _run(chosen.run, with_journal=not chosen.without)
        return
    for kind in PROMISED if chosen.database == "both" else (chosen.database,):
        found = []
        for pair in pairs(kind, chosen.messages, chosen.rounds):
            found.append(pair)
            print(
                f"{kind} round {len(found)}: {pair.whole.clock:.0f} µs a message by the clock, {pair.bare.clock:.0f} without;"
                f" {sum(pair.processor()):.0f} of the processor, {sum(pair.bare.until_end):.0f} without;"
                f" {pair.whole.entries:,} entries, {pair.whole.waiting_most:,} waited at most",
                flush=True,
            )
        for number, part in enumerate(_PARTS):
            whole, journal = (
                median(told[number] for told in of) for of in ([p.processor() for p in found], [p.journal() for p in found])
            )
            print(f"{kind}: {part:<10} {whole:6.1f} µs of the processor a message, {journal:5.1f} of them the journal's")
        print(
            f"{kind}: the journal is {median(p.processor_percent() for p in found):.1f} % of the processor time of a message,"
            f" {median(p.clock_percent() for p in found):.1f} % of its time by the clock (promised {COST_PERCENT:.0f} %)",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""What the journal costs a message: the same newsletter with its journal and without.

    python -m bench.journalling [--messages 60000] [--rounds 3] [--database sqlite|postgresql|both]

Without: the very same code, in which nothing is made of an entry: no canonical bytes, no hash of what left, no row, nothing to
seal. Only this benchmark can do that. It is measured twice.

Batch by batch: one process, one lane, a real relay; every other batch of a newsletter has its journal. Whatever else the machine
does falls on both alike, so this says what the processor pays, and where:

    path        entries put into words, hashes of what left, rows handed to the database: in the path of a message
    PostgreSQL  rows and their indexes; and what sealing reads and writes (SQLite: within the two others)
    sealing     what the ticker does afterwards, for the same messages

Whole: by the real workers and the real ticker. Rounds with and without alternate, and so does which comes first; only what a pair
says counts, and the median of the pairs. It says what is left of it by the clock: time a message, from the first hand-over begun
to the last one settled, while the ticker seals on the same cores. What still waits for its seal at the end counts for the
processor, too: a round goes on until it is sealed, and what the bare one used in as many seconds, idle, is taken off. How
long that took is told: on a machine busy with other work the ticker gets its turn late.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from statistics import median
from types import SimpleNamespace
from unittest import mock

from bench.apart import temporary_folder
from bench.installation import Installation
from bench.newsletter import PROMISED, database, server_seconds
from bench.smtp_baselines import smtp_sink
from bench.world import World
from gateway.domain.campaign import CampaignState
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import seal
from gateway.flows.sending.runner import Runner
from gateway.store import sealing
from gateway.store.engine import reading

#: Of the time a message takes, in hundredths, at most.
COST_PERCENT = 10.0
#: After the last message a round goes on for so long at least, and until all entries are sealed; a ticker that needs more than
#: that at most does not keep up.
_REST_SECONDS, _SEALED_WITHIN_SECONDS = 3.0, 60.0
_PARTS = ("workers", "ticker", "PostgreSQL")


@dataclass(frozen=True, slots=True)
class Sent:
    """One newsletter, sent. Times are microseconds a message."""

    clock: float
    until_end: tuple[float, ...]  #: of the processor, by part, from the launch to the last message settled
    after_end: tuple[float, ...]  #: the same, in the seconds after it
    rest: float  #: how many these were
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
        return tuple(until + after - idle * self.whole.rest / self.bare.rest for until, after, idle in parts)

    def journal(self) -> tuple[float, ...]:
        """The journal's part of that."""
        return tuple(whole - bare for whole, bare in zip(self.processor(), self.bare.until_end, strict=True))

    def processor_percent(self) -> float:
        """The journal's share of the processor time of a message."""
        return 100 * sum(self.journal()) / sum(self.processor())

    def clock_percent(self) -> float:
        """The journal's share of the time of a message."""
        return 100 * (1 - self.bare.clock / self.whole.clock)


@dataclass(frozen=True, slots=True)
class Paired:
    """Batches with their journal and batches without, taken in turn: microseconds of the processor a message."""

    path: float
    path_bare: float
    server: float
    server_bare: float
    sealing: float
    sealing_server: float

    def journal(self) -> float:
        """The journal's part."""
        return self.path - self.path_bare + self.server - self.server_bare + self.sealing + self.sealing_server

    def percent(self) -> float:
        """Its share."""
        return 100 * self.journal() / (self.path + self.server + self.sealing + self.sealing_server)


def paired(kind: str, messages: int) -> Paired:
    """One newsletter by one lane in this process, every other batch without its journal."""
    with temporary_folder() as folder, database(kind, str(folder)) as (url, broker), smtp_sink() as port:
        installed = Installation(folder, url, smtp_port=port, GATEWAY_BROKER__URL=broker)
        installed.fill(World(people=messages))
        with installed.gateway(sending=True) as gw:
            installed.launch()
            runner = Runner(gw)
            _batch(kind, runner)  # connections are opened, and the class of facts is told
            gc.collect()
            gc.freeze()
            gc.set_threshold(20_000)  # as workers do
            told: dict[bool, list[tuple[int, float, float]]] = {True: [], False: []}
            with_journal = True
            while (one := _batch(kind, runner, with_journal=with_journal))[0]:
                told[with_journal].append(one)
                with_journal = not with_journal
            runner.close()
            before = time.process_time(), server_seconds(kind)
            a_message = 1e6 / (seal(gw) / 2)
            sealing_us = (time.process_time() - before[0]) * a_message
            sealing_server_us = (server_seconds(kind) - before[1]) * a_message
    (path, server), (path_bare, server_bare) = (_typical(told[each]) for each in (True, False))
    return Paired(path, path_bare, server, server_bare, sealing_us, sealing_server_us)


def _batch(kind: str, runner: Runner, *, with_journal: bool = True) -> tuple[int, float, float]:
    """(messages, seconds of this process, seconds of PostgreSQL) of the next batch."""
    with nullcontext() if with_journal else without_journal():
        server, began = server_seconds(kind), time.process_time()
        count = runner.step(0)
        return count, time.process_time() - began, server_seconds(kind) - server


def _typical(batches: list[tuple[int, float, float]]) -> tuple[float, float]:
    """Microseconds a message: the median batch of this process; PostgreSQL's clock is too coarse for that, so the mean."""
    messages = sum(count for count, _, _ in batches)
    return median(1e6 * spent / count for count, spent, _ in batches), sum(server for _, _, server in batches) * 1e6 / messages


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
        with installed.gateway() as gw:
            seal(gw)  # the journal's key: without it the ticker of a bare round has nothing to begin with
        command = [sys.executable, "-m", "bench.journalling", *how, "--run"]
        for name in (*["worker"] * PROMISED[kind][0], "ticker"):
            installed.start([*command, name])
        with installed.gateway() as gw:
            try:
                with nullcontext() if with_journal else without_journal():
                    installed.launch()
                begun = _spent(kind, installed)
                most = _until_finished(gw)
                ended = _spent(kind, installed)
                rest = _until_sealed(gw)
                idled = _spent(kind, installed)
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
                rest=rest,
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


def _until_sealed(gw: Gateway) -> float:
    """Go on for a few seconds, and until nothing waits for its seal; how many seconds that took."""
    began = time.monotonic()
    time.sleep(_REST_SECONDS)
    while waiting := _waiting(gw):
        if time.monotonic() - began > _SEALED_WITHIN_SECONDS:
            raise SystemExit(f"{waiting} entries wait to be sealed {_SEALED_WITHIN_SECONDS} s after the last message")
        time.sleep(0.25)
    return time.monotonic() - began


def _waiting(gw: Gateway) -> int:
    with reading(gw.engine) as tx:
        return sealing.waiting(tx, sealing.progress(tx))


@contextmanager
def without_journal() -> Iterator[None]:
    """Nothing is made of an entry meanwhile."""
    from gateway.channels.smtp import handover
    from gateway.flows.sending import gate, recipients, settling
    from gateway.store import journal

    nothing = SimpleNamespace(of=lambda *_: None)
    with ExitStack() as patched:
        for where, name, instead in (
            (gate, "_decision", lambda *_: nothing),
            (recipients, "pseudonym", lambda _: ""),
            (settling, "_entry", lambda *_: None),
            (handover, "digest_of", lambda _: b"\0" * 32),
            (journal, "append", lambda *_: None),
        ):
            patched.enter_context(mock.patch.object(where, name, instead))
        yield


def _run(words: Sequence[str], *, with_journal: bool) -> None:
    """A command of the gateway in this process, with its journal or without."""
    from gateway.cli.main import main as command

    sys.argv = ["gateway", *words]
    with nullcontext() if with_journal else without_journal():
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
        _tell_batches(kind, paired(kind, chosen.messages))
        found = []
        for pair in pairs(kind, chosen.messages, chosen.rounds):
            found.append(pair)
            print(
                f"{kind} round {len(found)}: {pair.whole.clock:.0f} µs a message by the clock, {pair.bare.clock:.0f} without;"
                f" {sum(pair.processor()):.0f} of the processor, {sum(pair.bare.until_end):.0f} without;"
                f" {pair.whole.entries:,} entries, {pair.whole.waiting_most:,} waited at most,"
                f" all sealed within {pair.whole.rest:.1f} s of the last message",
                flush=True,
            )
        if found:
            _tell_rounds(kind, found)


def _tell_batches(kind: str, one: Paired) -> None:
    path, server = one.path - one.path_bare, one.server - one.server_bare
    print(
        f"{kind}, batch by batch: path {one.path:.0f} µs of the processor a message, {path:.1f} of them the journal's;"
        f" PostgreSQL {one.server:.0f} and {server:.1f}; sealing {one.sealing:.1f} and {one.sealing_server:.1f} of PostgreSQL:"
        f" the journal is {one.percent():.1f} %",
        flush=True,
    )


def _tell_rounds(kind: str, found: Sequence[Pair]) -> None:
    processor = [median(part) for part in zip(*(pair.processor() for pair in found), strict=True)]
    journal = [median(part) for part in zip(*(pair.journal() for pair in found), strict=True)]
    for name, whole, ours in zip(_PARTS, processor, journal, strict=True):
        print(f"{kind}: {name:<10} {whole:6.1f} µs of the processor a message, {ours:5.1f} of them the journal's")
    processor_percent = median(pair.processor_percent() for pair in found)
    clock_percent = median(pair.clock_percent() for pair in found)
    print(
        f"{kind}, whole: the journal is {processor_percent:.1f} % of the processor time of a message,"
        f" {clock_percent:.1f} % of its time by the clock (promised {COST_PERCENT:.0f} %)",
        flush=True,
    )


if __name__ == "__main__":
    main()

"""What the journal costs a message: the same newsletter by real workers and the real ticker, with its journal and without.

    python -m bench.journalling [--messages 60000] [--rounds 3] [--database sqlite|postgresql|both]

Without: the very same processes, in which nothing is made of an entry: no canonical bytes, no hash of what left, no row, nothing
to seal. Only this benchmark can do that (`--run`). Rounds with and without alternate, and only their ratios count. Two of them:

    processor   time of workers, ticker and PostgreSQL a message, the journal's part of it
    clock       time a message, from the first hand-over begun to the last one settled: the slower of the two rates

Also how many entries waited to be sealed, at most, while messages left, and how soon after the last of them all were sealed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
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
_SEALED_WITHIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One newsletter, sent."""

    clock_us: float  #: a message
    processor_us: float  #: a message: workers, ticker and PostgreSQL
    ticker_us: float  #: of these, the ticker's
    server_us: float  #: of these, PostgreSQL's
    entries: int
    waiting_most: int  #: entries that were not sealed yet, while messages left
    sealed_seconds: float  #: from the last message settled to the last entry sealed


@dataclass(frozen=True, slots=True)
class Cost:
    """The journal's part of a message, in hundredths."""

    clock: float
    processor: float
    rounds: tuple[tuple[Sent, Sent], ...]  #: with, without


def cost(kind: str, messages: int, rounds: int) -> Cost:
    """Both, so many times, alternating; the medians of what each pair says."""
    made = tuple((_sent(kind, messages, with_journal=True), _sent(kind, messages, with_journal=False)) for _ in range(rounds))
    clock = median(100 * (1 - bare.clock_us / whole.clock_us) for whole, bare in made)
    processor = median(100 * (1 - bare.processor_us / whole.processor_us) for whole, bare in made)
    return Cost(clock, processor, made)


def _sent(kind: str, messages: int, *, with_journal: bool) -> Sent:
    """The newsletter, by as many workers as are promised for this database, and one ticker."""
    how = [] if with_journal else ["--without"]
    with temporary_folder() as folder, database(kind, str(folder)) as (url, broker), smtp_sink() as port:
        installed = Installation(folder, url, smtp_port=port, GATEWAY_BROKER__URL=broker)
        installed.fill(World(people=messages))
        command = [sys.executable, "-m", "bench.journalling", *how, "--run"]
        for name in (*["worker"] * PROMISED[kind][0], "ticker"):
            installed.start([*command, name])
        ticker = installed.workers[-1]
        with installed.gateway() as gw:
            try:
                installed.launch()
                before = server_seconds(kind), installed.worker_seconds(), installed.worker_seconds([ticker])
                most = _until_finished(gw)
                ended = time.monotonic()
                _until_sealed(gw)
                sealed_seconds = time.monotonic() - ended
                spent = [
                    now - then
                    for now, then in zip(
                        (server_seconds(kind), installed.worker_seconds(), installed.worker_seconds([ticker])),
                        before,
                        strict=True,
                    )
                ]
            finally:
                installed.stop_workers()
            counts = launching.status(gw, "lettre").counts
            if counts[MessageState.ACCEPTED] != messages:
                raise SystemExit(f"the campaign did not finish: {counts}")
            with reading(gw.engine) as tx:
                entries = sealing.progress(tx).size
            a_message = 1e6 / messages
            return Sent(
                clock_us=installed.span_seconds(gw) * a_message,
                processor_us=(spent[0] + spent[1]) * a_message,
                ticker_us=spent[2] * a_message,
                server_us=spent[0] * a_message,
                entries=entries,
                waiting_most=most,
                sealed_seconds=sealed_seconds,
            )


def _until_finished(gw: Gateway) -> int:
    """Wait for the end of the campaign; how many entries were not sealed yet, at most, whenever looked at."""
    most, limit = 0, time.monotonic() + 1800
    while time.monotonic() < limit:
        if launching.status(gw, "lettre").campaign.state is CampaignState.FINISHED:
            return most
        most = max(most, _waiting(gw))
        time.sleep(1.0)
    raise SystemExit("the campaign did not finish")


def _until_sealed(gw: Gateway) -> None:
    limit = time.monotonic() + _SEALED_WITHIN_SECONDS
    while _waiting(gw) and time.monotonic() < limit:
        time.sleep(0.1)
    if _waiting(gw):
        raise SystemExit(f"entries wait to be sealed {_SEALED_WITHIN_SECONDS:.0f} s after the last message")


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
        found = cost(kind, chosen.messages, chosen.rounds)
        for number, (whole, bare) in enumerate(found.rounds, 1):
            print(
                f"{kind} round {number}: {whole.clock_us:.0f} µs a message by the clock, {bare.clock_us:.0f} without;"
                f" {whole.processor_us:.0f} of the processor, {bare.processor_us:.0f} without;"
                f" ticker {whole.ticker_us:.1f} and {bare.ticker_us:.1f},"
                f" PostgreSQL {whole.server_us:.0f} and {bare.server_us:.0f};"
                f" {whole.entries:,} entries, {whole.waiting_most:,} waited"
                f" at most, all sealed {whole.sealed_seconds:.1f} s after the end",
                flush=True,
            )
        print(
            f"{kind}: the journal is {found.processor:.1f} % of the processor time of a message, {found.clock:.1f} % of its time"
            f" by the clock (promised {COST_PERCENT:.0f} %)",
            flush=True,
        )


if __name__ == "__main__":
    main()

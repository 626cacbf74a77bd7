"""Speed of the whole path: claim, facts, every rule, notices, signed links, journal, SMTP and settled outbox, by the real worker.

Measured against two yardsticks in the same run, on the same sink (Postfix's smtp-sink on loopback), interleaved:
  - a loop of aiosmtplib `sendmail` with ready-made bytes, over as many connections in all, in two processes (also on uvloop);
  - `smtp-source`, which is C and makes nothing.
Prints messages per second and the ratios; medians over the rounds. Start-up of workers is not counted: the time runs from the
first hand-over begun to the last message settled, as the outbox has them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median

import psutil

from bench.apart import temporary_folder
from bench.installation import Installation
from bench.smtp_baselines import aiosmtplib_loop, smtp_sink, smtp_source
from bench.world import World
from gateway.domain.campaign import CampaignState
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from tests.servers import PostgresServer, RedisServer

#: (workers, ratio to the loop, ratio to smtp-source) promised.
PROMISED = {"postgresql": (2, 1.2, 0.4), "sqlite": (1, 0.5, 0.0)}


@contextmanager
def database(kind: str, folder: str) -> Iterator[tuple[str, str]]:
    """A fresh database of this kind, with durable commits, and the broker that goes with it: their urls."""
    with RedisServer() as redis:
        if kind == "sqlite":
            yield f"sqlite:///{folder}/bench.db", redis.url
        else:
            with PostgresServer() as server:
                yield server.create_database("bench"), redis.url


@dataclass(frozen=True, slots=True)
class Passed:
    """What one run through the gate cost."""

    per_second: float  #: messages
    worker_us: float  #: processor time of the workers, per message
    server_us: float  #: processor time of PostgreSQL, per message


def full_path(kind: str, messages: int, workers: int) -> Passed:
    """A newsletter through the gate, by real workers."""
    with temporary_folder() as folder, database(kind, str(folder)) as (url, broker), smtp_sink() as port:
        installed = Installation(folder, url, smtp_port=port, GATEWAY_BROKER__URL=broker)
        installed.fill(World(people=messages))
        for _ in range(workers):
            installed.start_worker()
        with installed.gateway() as gw:
            try:
                installed.launch()
                before = server_seconds(kind), installed.worker_seconds()
                state = installed.wait_finished(gw)
                spent = server_seconds(kind) - before[0], installed.worker_seconds() - before[1]
            finally:
                installed.stop_workers()
            counts = launching.status(gw, "lettre").counts
            if state is not CampaignState.FINISHED or counts[MessageState.ACCEPTED] != messages:
                raise SystemExit(f"the campaign did not finish: {state}, {counts}")
            seconds = installed.span_seconds(gw)
            return Passed(messages / seconds, spent[1] / messages * 1e6, spent[0] / messages * 1e6)


def server_seconds(kind: str) -> float:
    """Processor time of every PostgreSQL process that this one started so far; also of those that have ended."""
    if kind != "postgresql":
        return 0.0
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has just ended, and counts among the children of its parent
            if process.name() == "postgres":
                total += sum(process.cpu_times()[:4])
    return total


def main() -> None:
    """Run the rounds and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=10, help="of each worker")
    parser.add_argument("--database", choices=[*PROMISED, "both"], default="both")
    chosen = parser.parse_args()
    for kind in PROMISED if chosen.database == "both" else (chosen.database,):
        workers, over_loop, over_source = PROMISED[kind]
        rounds = []
        for number in range(1, chosen.rounds + 1):
            connections = chosen.connections * workers
            ours = full_path(kind, chosen.messages, workers)
            with smtp_sink() as port:
                loop = aiosmtplib_loop(port, chosen.messages, connections=connections)
                fast = aiosmtplib_loop(port, chosen.messages, connections=connections, uvloop=True)
                source = smtp_source(port, chosen.messages, connections=connections)
            rounds.append(tuple(ours.per_second / theirs.per_second for theirs in (loop, source, fast)))
            print(
                f"{kind} round {number}: gateway {ours.per_second:,.0f} msg/s, {workers} worker(s), {ours.worker_us:.0f} µs of"
                f" workers and {ours.server_us:.0f} µs of PostgreSQL a message; sendmail loop {loop.per_second:,.0f}"
                f" (on uvloop {fast.per_second:,.0f}); smtp-source {source.per_second:,.0f}",
                flush=True,
            )
        print(
            f"{kind}: {median(r[0] for r in rounds):.2f} × the sendmail loop (promised {over_loop}),"
            f" {median(r[1] for r in rounds):.2f} × smtp-source (promised {over_source}),"
            f" {median(r[2] for r in rounds):.2f} × the same loop on uvloop",
            flush=True,
        )


if __name__ == "__main__":
    main()

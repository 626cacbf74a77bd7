"""Speed of the whole path: claim, facts, every rule, notices, signed links, journal, SMTP and settled outbox, by the real worker.

Measured against two yardsticks in the same run, on the same sink (Postfix's smtp-sink on loopback), interleaved:
  - a loop of aiosmtplib `sendmail` with ready-made bytes, over as many connections in all, in two processes;
  - `smtp-source`, which is C and makes nothing.
Prints messages per second and the ratios; medians over the rounds. Start-up of workers is not counted: the time runs from the
first hand-over begun to the last message settled, as the outbox has them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench.installation import Installation, temporary_folder
from bench.smtp_baselines import aiosmtplib_loop, smtp_sink, smtp_source
from bench.world import World
from gateway.domain.campaign import CampaignState
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching

#: (workers, ratio to the loop, ratio to smtp-source) promised.
PROMISED = {"postgresql": (2, 1.2, 0.4), "sqlite": (1, 0.5, 0.0)}


@contextmanager
def database(kind: str, folder: str) -> Iterator[str]:
    """A fresh database of this kind, with durable commits, and its url."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/bench.db"
        return
    from tests.servers import PostgresServer

    with PostgresServer() as server:
        yield server.create_database("bench")


def full_path(kind: str, messages: int, workers: int) -> float:
    """Messages per second through the gate."""
    with temporary_folder() as folder, database(kind, str(folder)) as url, smtp_sink() as port:
        installed = Installation(folder, url, smtp_port=port)
        installed.launch(World(people=messages))
        with installed.gateway() as gw:
            for _ in range(workers):
                installed.start_worker()
            try:
                state = installed.wait_finished(gw)
            finally:
                installed.stop_workers()
            counts = launching.status(gw, "lettre").counts
            if state is not CampaignState.FINISHED or counts[MessageState.ACCEPTED] != messages:
                raise SystemExit(f"the campaign did not finish: {state}, {counts}")
            return messages / installed.span_seconds(gw)


def main() -> None:
    """Run the rounds and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
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
                loop = aiosmtplib_loop(port, chosen.messages, connections=connections // 2)
                source = smtp_source(port, chosen.messages, connections=connections)
            rounds.append((ours / loop.per_second, ours / source.per_second))
            print(
                f"{kind} round {number}: gateway {ours:,.0f} msg/s with {workers} worker(s); sendmail loop {loop.per_second:,.0f};"
                f" smtp-source {source.per_second:,.0f}",
                flush=True,
            )
        print(
            f"{kind}: {median(r[0] for r in rounds):.2f} × the sendmail loop (promised {over_loop}),"
            f" {median(r[1] for r in rounds):.2f} × smtp-source (promised {over_source})",
            flush=True,
        )


if __name__ == "__main__":
    main()

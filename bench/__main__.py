"""`make bench`: what it costs, as one table of what was promised and what was measured.

    python -m bench                 some ten minutes
    python -m bench --quick         a tenth of the sizes: shows that everything runs, proves nothing about speed

Each benchmark is a command of its own, with more to choose: bench.newsletter, bench.audience, bench.objections, bench.callbacks,
bench.kills, bench.stop, bench.imports, bench.journal, bench.journalling, bench.finding, bench.retention.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench import audience, callbacks, newsletter, objections, stop
from bench.smtp_baselines import aiosmtplib_loop, smtp_sink, smtp_source

_CONNECTIONS = 10


class Sizes(NamedTuple):
    """How much of everything."""

    messages: int
    objecting: int
    people: int
    ordinary: int
    callbacks: int


FULL = Sizes(messages=60_000, objecting=60_000, people=1_000_000, ordinary=60_000, callbacks=4_000)
QUICK = Sizes(messages=2_000, objecting=6_000, people=50_000, ordinary=6_000, callbacks=1_000)


class Line(NamedTuple):
    """One promise."""

    what: str
    promised: str
    measured: str
    kept: bool


def main() -> None:
    """Measure everything on both databases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    sizes = QUICK if parser.parse_args().quick else FULL
    table = Table("What", "Promised", "Measured", "", title=f"{sizes.messages:,} messages, {sizes.people:,} contacts")
    console = Console()
    for line in _replies(sizes.ordinary):
        console.print(f"{line.what}: {line.measured}")
        table.add_row(line.what, line.promised, line.measured, "✓" if line.kept else "✗")
    for kind in newsletter.PROMISED:
        for step in (
            _speed(kind, sizes.messages),
            _objections(kind, sizes.objecting),
            _callbacks(kind, sizes),
            _long_list(kind, sizes.people),
        ):
            for line in step:
                console.print(f"{kind}: {line.what}: {line.measured}")
                table.add_row(f"{kind}: {line.what}", line.promised, line.measured, "✓" if line.kept else "✗")
    console.print(table)


def _replies(ordinary: int) -> Iterator[Line]:
    found = stop.measure(ordinary=ordinary)
    rate, missed, taken = found.found_percent, len(found.missed), 10_000 * len(found.taken) / found.ordinary
    yield Line(
        f"objections among {found.objections:,} replies",
        f"≥ {stop.FOUND_PERCENT:.0f} %",
        f"{rate:.2f} %",
        rate >= stop.FOUND_PERCENT,
    )
    yield Line(
        "read as anything that leaves the person written to",
        "≤ 1 %",
        f"{100 * missed / found.objections:.2f} %",
        missed <= found.objections / 100,
    )
    yield Line(f"of {found.ordinary:,} ordinary messages, taken for one", "≤ 1 in 10,000", f"{taken:.2f}", taken <= 1)
    yield Line(
        "a reply", f"≤ {stop.MICROSECONDS:.0f} µs", f"{found.microseconds:.0f} µs", found.microseconds <= stop.MICROSECONDS
    )


def _speed(kind: str, messages: int) -> Iterator[Line]:
    workers, over_loop, over_source = newsletter.PROMISED[kind]
    ours = newsletter.full_path(kind, messages, workers).per_second
    with smtp_sink() as port:
        loop = aiosmtplib_loop(port, messages, connections=_CONNECTIONS * workers).per_second
        source = smtp_source(port, messages, connections=_CONNECTIONS * workers).per_second
    shown = f"{ours:,.0f} msg/s with {workers} worker(s), against the sendmail loop"
    yield Line(shown, f"≥ {over_loop} ×", f"{ours / loop:.2f} ×", ours >= over_loop * loop)
    if over_source:
        yield Line("the same, against smtp-source", f"≥ {over_source} ×", f"{ours / source:.2f} ×", ours >= over_source * source)


def _objections(kind: str, people: int) -> Iterator[Line]:
    found = objections.race(kind, people, "anybody")
    rate = f"{found.objections:,} objections at {found.per_second:.0f}/s: hand-overs begun after the commit"
    share, worst = found.late_per_thousand, found.worst_ms
    yield Line(rate, f"≤ {objections.LATE_PER_THOUSAND:.0f} in 1,000", f"{share:.2f}", share <= objections.LATE_PER_THOUSAND)
    yield Line("the latest of them", f"≤ {objections.LATEST_MS:.0f} ms", f"{worst:.1f} ms", worst <= objections.LATEST_MS)


def _callbacks(kind: str, sizes: Sizes) -> Iterator[Line]:
    kept = callbacks.rates(kind, sizes.callbacks, rounds=3)
    share, rate = median(one.share for one in kept), median(one.stored for one in kept)
    wanted = callbacks.STORED_SHARE
    yield Line(f"{rate:,.0f} signed callbacks/s kept, against none", f"≥ {wanted} ×", f"{share:.2f} ×", share >= wanted)
    found = callbacks.stops(kind, sizes.objecting)
    for what, most, took in (
        ("half of them", callbacks.MEDIAN_MS, found.median_ms),
        ("99 in 100", callbacks.P99_MS, found.p99_ms),
    ):
        yield Line(f"STOP by SMS in effect, {what}", f"< {most:.0f} ms", f"{took:.1f} ms", took < most)


def _long_list(kind: str, people: int) -> Iterator[Line]:
    found = audience.measure(kind, people)
    share = people / FULL.people
    for what, promised, seconds in (
        ("dry run", audience.DRY_RUN_SECONDS * share, found.dry_run_seconds),
        ("freeze", audience.FREEZE_SECONDS * share, found.freeze_seconds),
    ):
        yield Line(f"{what} of {people:,}", f"≤ {promised:.1f} s", f"{seconds:.1f} s", seconds <= promised)
    most, memory = max(found.memory_mb.items(), key=lambda one: one[1])
    yield Line(f"peak memory ({most})", f"< {audience.MEMORY_MB:.0f} MB", f"{memory:.0f} MB", memory < audience.MEMORY_MB)


if __name__ == "__main__":
    main()

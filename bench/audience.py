"""A long list: seconds of the dry run and of the freeze, how long an objection waits meanwhile, and the memory of each process.

    python -m bench.audience                    a million contacts, on both databases
    python -m bench.audience --people 100000    fewer

Each step runs in a process of its own, so that its peak memory is its own: the high-water mark of the kernel (VmHWM). Memory of
PostgreSQL itself is not counted. Sending is measured until a quarter of the messages were accepted, while the others wait.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.apart import apart, peak_memory_mb, temporary_folder
from bench.imports import objecting
from bench.installation import NEWSLETTER, Installation
from bench.newsletter import database
from bench.smtp_baselines import smtp_sink
from bench.world import World, populate
from gateway.app import opened
from gateway.domain.audience import Audience
from gateway.domain.message import MessageState
from gateway.flows.campaigning import drafting, launching, trying
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.render.email import EmailContent
from gateway.settings import load_settings

#: Promised for a million contacts: seconds, and megabytes in any process whatever the length of the list.
DRY_RUN_SECONDS, FREEZE_SECONDS, MEMORY_MB = 6.0, 15.0, 200.0
_DRY_RUNS = 3
_SEND_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a long list costs."""

    people: int
    classes: int
    dry_run_seconds: float
    freeze_seconds: float
    frozen: int
    longest_waits: tuple[float, float]  #: of an objection, in seconds: while it was launched, and while it was cancelled
    sent: int
    memory_mb: dict[str, float]  #: by process


def measure(kind: str, people: int) -> Measured:
    """Fill, try, freeze and send, each in its own process."""
    with temporary_folder() as folder, database(kind, str(folder)) as (url, broker), smtp_sink() as port:
        installed = Installation(folder, url, smtp_port=port, GATEWAY_BROKER__URL=broker)
        told = {step: _in_process(installed, step, people) for step in ("fill", "dry_run", "freeze")}
        memory = {step: one["memory_mb"] for step, one in told.items()}
        worker = installed.start_worker()
        try:
            with installed.gateway() as gw:
                sent = _send_a_quarter(gw, people)
            memory["worker"] = peak_memory_mb(worker.pid)
        finally:
            installed.stop_workers()
        told["cancel"] = _in_process(installed, "cancel", people)
        return Measured(
            people=people,
            classes=told["dry_run"]["classes"],
            dry_run_seconds=told["dry_run"]["seconds"],
            freeze_seconds=told["freeze"]["seconds"],
            frozen=told["freeze"]["messages"],
            longest_waits=(told["freeze"]["waited"], told["cancel"]["waited"]),
            sent=sent,
            memory_mb=memory,
        )


def _fill(gw: Gateway, people: int) -> dict[str, Any]:
    populate(gw.engine, gw.keys, World(people=people, no_consent=10, objected=3, occasional=5))
    return {}


def _dry_run(gw: Gateway, people: int) -> dict[str, Any]:
    _draft(gw)
    seconds = []
    for _ in range(_DRY_RUNS):
        began = time.perf_counter()
        tried = trying.dry_run(gw, "lettre")
        seconds.append(time.perf_counter() - began)
    if tried.people != people:
        raise SystemExit(f"the dry run counted {tried.people} people out of {people}")
    return {"seconds": median(seconds), "classes": tried.classes}


def _freeze(gw: Gateway, _people: int) -> dict[str, Any]:
    launching.approve(gw, "lettre", by="relecteur")
    began = time.perf_counter()
    with objecting(gw) as waited:
        launched = launching.launch(gw, "lettre", by="autrice", key="banc")
        seconds = time.perf_counter() - began
    launching.pause(gw, "lettre", by="autrice", why="banc d’essai")
    return {"seconds": seconds, "messages": launched.messages, "waited": max(waited)}


def _send_a_quarter(gw: Gateway, people: int) -> int:
    """Resume the campaign until so many messages were accepted; how many were."""
    launching.resume(gw, "lettre", by="autrice")
    limit = time.monotonic() + _SEND_SECONDS
    while (sent := launching.status(gw, "lettre").counts.get(MessageState.ACCEPTED, 0)) < people // 4:
        if time.monotonic() > limit:
            raise SystemExit(f"{sent:,} messages were accepted within {_SEND_SECONDS:.0f} s")
        time.sleep(1.0)
    launching.pause(gw, "lettre", by="autrice", why="banc d’essai")
    return sent


def _cancel(gw: Gateway, _people: int) -> dict[str, Any]:
    with objecting(gw) as waited:
        launching.cancel(gw, "lettre", by="autrice", why="banc d’essai")
    return {"waited": max(waited)}


_STEPS: dict[str, Callable[[Gateway, int], dict[str, Any]]] = {
    "fill": _fill,
    "dry_run": _dry_run,
    "freeze": _freeze,
    "cancel": _cancel,
}


def _draft(gw: Gateway) -> None:
    content = EmailContent(subject="La lettre de Valbrume", body=NEWSLETTER, format="markdown")
    drafting.create(gw, "lettre", Definition(content=content, audience=Audience()), by="autrice")


def _in_process(installed: Installation, step: str, people: int) -> dict[str, Any]:
    return apart("bench.audience", "--step", step, "--people", people, environment=installed.environment)


def _run_step(step: str, people: int) -> None:
    with opened(load_settings()) as gw:
        told = _STEPS[step](gw, people)
    print(json.dumps({**told, "memory_mb": peak_memory_mb()}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--step", choices=_STEPS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        _run_step(chosen.step, chosen.people)
        return
    for kind in ("postgresql", "sqlite") if chosen.database == "both" else (chosen.database,):
        found = measure(kind, chosen.people)
        print(
            f"{kind}: dry run of {found.people:,} people in {found.classes} classes {found.dry_run_seconds:.1f} s;"
            f" freeze of {found.frozen:,} {found.freeze_seconds:.1f} s; {found.sent:,} sent; an objection waited for"
            f" {found.longest_waits[0]:.2f} s at most while it was launched, {found.longest_waits[1]:.2f} s while cancelled;"
            " peak memory in MB: " + ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in found.memory_mb.items()),
            flush=True,
        )


if __name__ == "__main__":
    main()

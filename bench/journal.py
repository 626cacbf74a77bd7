"""What proof costs: sealing, exporting and verifying many entries, in time and in memory.

    python -m bench.journal [--entries 1000000] [--database sqlite|postgresql]

Two campaigns whose messages alternate, so that the export of one is the worst there is: every other entry is left out, and told
by its hash. Of a thousand messages one is to the same person, whose export carries proofs over the whole tree. Prints entries a
second, and the peak memory of each step, each in a process of its own: first for a tenth of the entries, then for all, since
memory must not grow with them. What the journal costs a message that leaves is measured by `bench.journalling`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import insert, select

from bench.apart import apart, peak_memory_mb
from bench.world import World, email_of, populate
from gateway.app import opened
from gateway.audit.entry import Entry, EntryKind, entry
from gateway.data import data_dir
from gateway.domain.keys import pseudonym
from gateway.flows import auditing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.log import logged
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import seal
from gateway.settings import load_settings
from gateway.store import journal, kept, sealing, tables
from gateway.store.engine import begin, reading
from gateway.store.kept import Shelf
from gateway.store.schema import upgrade
from tests.servers import PostgresServer

_BATCH = 10_000
_CAMPAIGNS = ("paire", "impaire")
_HER_SHARE = 1000
_EXPORTS = {
    "all": Scope(),
    "campaign": Scope(campaign=_CAMPAIGNS[0]),
    "person": Scope(person=email_of(1, World(people=1))),
}
_BEGAN = datetime(2027, 3, 1, 18, 30, tzinfo=UTC)
#: What decisions name: kept like any other.
_TEXTS = {shelf: f"{shelf} of a benchmark".encode() for shelf in (Shelf.NOTICES, Shelf.CONTENTS)}
#: Classes of equal facts, told once for each campaign: what decisions rest on.
_FACTS = [f"class {number} of a benchmark" for number in range(100)]
_CLASSES = [sha256(body.encode()).hexdigest() for body in _FACTS]
_NOTICE, _CONTENT = (sha256(_TEXTS[shelf]).hexdigest() for shelf in (Shelf.NOTICES, Shelf.CONTENTS))


def fill(gw: Gateway, entries: int, folder: Path) -> dict[str, float]:
    """Entries such as a newsletter writes: a decision and a hand-over for each message."""
    populate(gw.engine, gw.keys, World(people=1))
    with begin(gw.engine) as tx:
        key = tx.execute(select(tables.person_key.c.key)).scalar_one()
        for name in _CAMPAIGNS:
            row = {"name": name, "medium": "email", "message_class": "campaign", "state": "finished", "definition": b"{}"}
            tx.execute(insert(tables.campaign).values(**row, author="banc", created_at=_BEGAN))
        tx.execute(insert(tables.message), [_hers(number) for number in range(0, -(-entries // 2), _HER_SHARE)])
        for shelf, text in _TEXTS.items():
            kept.keep(tx, shelf, sha256(text).hexdigest(), text, _BEGAN)
        for campaign in range(1, 1 + len(_CAMPAIGNS)):
            classes = zip(_FACTS, _CLASSES, strict=True)
            journal.append(
                tx, [entry(EntryKind.FACTS, _BEGAN, campaign_id=campaign, body=body, facts=digest) for body, digest in classes]
            )
    somebody = pseudonym(bytes(key))
    began = time.perf_counter()
    for start in range(0, entries, _BATCH):
        told = [_one(number, somebody, gw.pack.version) for number in range(start, min(entries, start + _BATCH))]
        with begin(gw.engine) as tx:
            journal.append(tx, told)
    return {"write_seconds": time.perf_counter() - began}


def _hers(number: int) -> dict[str, object]:
    """A message to the person whose export is measured."""
    row = {"id": number, "campaign_id": 1 + number % len(_CAMPAIGNS), "contact_id": 1, "digest": b"", "occasion": str(number)}
    return row | {"message_class": "campaign", "state": "accepted", "due_at": _BEGAN}


def _one(number: int, somebody: str, pack: str) -> Entry:
    message, at = number // 2, _BEGAN + timedelta(milliseconds=number)
    person = f"{message * 2654435761 % 2**64:032x}" if message % _HER_SHARE else somebody
    campaign = 1 + message % len(_CAMPAIGNS)
    if number % 2:
        return entry(
            EntryKind.HAND_OVER,
            at,
            campaign_id=campaign,
            message_id=message,
            person=person,
            began=at,
            outcome="accepted",
            reply="250 2.0.0 Ok: queued as 4XyZ",
            payload=f"{number:064x}",
        )
    return entry(
        EntryKind.DECISION,
        at,
        campaign_id=campaign,
        message_id=message,
        person=person,
        facts=_CLASSES[message // len(_CAMPAIGNS) % len(_CLASSES)],
        pack=pack,
        verdict="allow",
        rules=("consent-per-channel", "art9-ground"),
        content=_CONTENT,
        notice=_NOTICE,
    )


def do_seal(gw: Gateway, entries: int, folder: Path) -> dict[str, float]:
    """Everything that waits enters the tree."""
    began = time.perf_counter()
    seal(gw)
    seconds = time.perf_counter() - began
    with reading(gw.engine) as tx:
        size = sealing.progress(tx).size
    if size < entries:
        raise SystemExit(f"{size} of {entries} entries were sealed")
    return {"seal_seconds": seconds, "seal_entries_per_second": size / seconds, "seal_us_per_entry": 1e6 * seconds / size}


def do_export(of: str, scope: Scope) -> Callable[[Gateway, int, Path], dict[str, float]]:
    """A part of it into a bundle."""

    def export(gw: Gateway, entries: int, folder: Path) -> dict[str, float]:
        began = time.perf_counter()
        made = auditing.export(gw, folder / f"{of}.zip", scope, by="bench")
        seconds = time.perf_counter() - began
        return {
            f"export_{of}_entries": made.entries,
            f"export_{of}_entries_per_second": made.entries / seconds,
            f"export_{of}_leaves_per_second": made.size / seconds,
            f"export_{of}_mb": made.bytes / 2**20,
        }

    return export


def do_read(gw: Gateway, entries: int, folder: Path) -> dict[str, float]:
    """What `gateway audit log` does, to the last entry, with filters that find little or nothing."""
    her, at = email_of(1, World(people=1)), _BEGAN + timedelta(milliseconds=entries - 1000)
    reads: dict[str, Callable[[], Iterable[object]]] = {
        "person": lambda: logged(gw, Scope(person=her)),
        "dates": lambda: logged(gw, Scope(since=at)),
        "kind": lambda: logged(gw, Scope(), kinds=[EntryKind.WITNESS]),
        "rule": lambda: logged(gw, Scope(), rule="no-such-rule"),
        "verdict": lambda: logged(gw, Scope(campaign=_CAMPAIGNS[1]), verdict="refuse"),
    }
    found = {}
    for name, read in reads.items():
        began = time.perf_counter()
        for _ in read():
            pass
        found[f"log_by_{name}_seconds"] = time.perf_counter() - began
    return found


def do_verify_store(gw: Gateway, entries: int, folder: Path) -> dict[str, float]:
    """The journal in the database."""
    began = time.perf_counter()
    report = auditing.verify_store(gw)
    seconds = time.perf_counter() - began
    if not report.holds:
        raise SystemExit(f"the journal does not hold: {report.fault}")
    return {"verify_store_entries_per_second": report.size / seconds}


_STEPS: dict[str, Callable[[Gateway, int, Path], dict[str, float]]] = {
    "fill": fill,
    "seal": do_seal,
    "verify_store": do_verify_store,
    **{f"export_{of}": do_export(of, scope) for of, scope in _EXPORTS.items()},
    "log": do_read,
}


def measure(step: str, url: str, entries: int, folder: Path) -> dict[str, float]:
    """One step, in this process, with its peak memory."""
    with opened(load_settings(database={"url": url}, var_dir=str(folder / "var"))) as gw:
        found = _STEPS[step](gw, entries, folder)
    return found | {f"{step}_peak_mb": peak_memory_mb()}


def verify_bundle(folder: Path, of: str) -> dict[str, float]:
    """The stand-alone script, as an outsider runs it: time by the clock, and the peak memory of either of its processes."""
    script = data_dir("tools") / "verify_bundle.py"
    watch = (
        "import re, resource, runpy, sys, time; began = time.perf_counter(); sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "peak = int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]) / 1024\n"
        "beside = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024\n"  # 0: there was no second process
        "print(time.perf_counter() - began, max(peak, beside), code, file=sys.stderr)"
    )
    command = [sys.executable, "-I", "-c", watch, str(script), str(folder / f"{of}.zip"), "--json"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak, code = ran.stderr.split()[-3:]
    report = json.loads(ran.stdout)
    if code != "0" or not report["holds"]:
        raise SystemExit(f"the bundle does not hold: {report}")
    return {
        f"verify_{of}_entries_per_second": report["entries"] / float(seconds),
        f"verify_{of}_leaves_per_second": report["size"] / float(seconds),
        f"verify_{of}_peak_mb": float(peak),
    }


def _run(name: str, url: str, entries: int, folder: Path) -> dict[str, float]:
    folder.mkdir()
    found: dict[str, float] = {}
    for step in _STEPS:
        found |= apart("bench.journal", "--entries", entries, "--step", step, "--url", url, "--folder", folder)
    for of in _EXPORTS:
        found |= verify_bundle(folder, of)
    print(f"\n{name}, {entries:,} entries")
    for key, value in found.items():
        print(f"  {key.replace('_', ' '):<36} {value:>14,.1f}", flush=True)
    return found


def _both_sizes(name: str, make: Callable[[str], str], entries: int, folder: Path) -> None:
    """A tenth, then all: memory must be the same."""
    sizes = [entries // 10, entries]
    urls = [make(f"bench{size}") for size in sizes]
    for url in urls:
        upgrade(url)
    small, large = (_run(name, url, size, folder / f"{name}-{size}") for url, size in zip(urls, sizes, strict=True))
    grown = {key: large[key] - small[key] for key in large if key.endswith("_peak_mb") and key != "fill_peak_mb"}
    worst = max(grown, key=lambda key: grown[key])
    print(f"{name}: ten times the entries, at most {grown[worst]:+.1f} MB ({worst.replace('_', ' ')})", flush=True)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="What proof costs.")
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    for hidden in ("--step", "--url", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(measure(asked.step, asked.url, asked.entries, Path(asked.folder))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.database != "postgresql":
            _both_sizes("SQLite", lambda called: f"sqlite:///{folder}/{called}.db", asked.entries, folder)
        if asked.database != "sqlite":
            with PostgresServer() as server:
                _both_sizes("PostgreSQL", server.create_database, asked.entries, folder)


if __name__ == "__main__":
    main()

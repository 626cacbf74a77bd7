"""What proof costs: sealing beside sending, exporting and verifying, for many entries.

    python -m bench.journal [--entries 1000000] [--database sqlite|postgresql]

Prints entries a second and microseconds an entry, and the peak memory of each step, each in a process of its own. What the
journal costs a message that leaves is measured by `bench.journalling`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.app import opened
from gateway.audit.entry import EntryKind, entry
from gateway.data import data_dir
from gateway.flows import auditing
from gateway.flows.auditing import Scope
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import seal
from gateway.settings import load_settings
from gateway.store import journal, sealing
from gateway.store.engine import begin, reading, upgrade
from tests.servers import PostgresServer

_BATCH = 10_000
_BEGAN = datetime(2027, 3, 1, 18, 30, tzinfo=UTC)


def fill(gw: Gateway, entries: int, folder: Path) -> dict[str, float]:
    """Entries such as a newsletter writes: a decision and a hand-over for each message."""
    began = time.perf_counter()
    for start in range(0, entries, _BATCH):
        told = [_one(number) for number in range(start, min(entries, start + _BATCH))]
        with begin(gw.engine) as tx:
            journal.append(tx, told)
    return {"write_seconds": time.perf_counter() - began}


def _one(number: int):
    message, at = number // 2, _BEGAN + timedelta(milliseconds=number)
    person = f"{message * 2654435761 % 2**64:032x}"
    if number % 2:
        return entry(
            EntryKind.HAND_OVER,
            at,
            campaign_id=1,
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
        campaign_id=1,
        message_id=message,
        person=person,
        facts="f" * 64,
        pack="97064394be8af722",
        verdict="allow",
        rules=("consent-per-channel", "art9-ground"),
        content="c" * 64,
        notice="e" * 64,
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


def do_export(gw: Gateway, entries: int, folder: Path) -> dict[str, float]:
    """All of it into one bundle."""
    began = time.perf_counter()
    made = auditing.export(gw, folder / "bundle.zip", Scope(), by="bench")
    seconds = time.perf_counter() - began
    return {"export_seconds": seconds, "export_entries_per_second": made.entries / seconds, "bundle_mb": made.bytes / 2**20}


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
    "export": do_export,
}


def measure(step: str, url: str, entries: int, folder: Path) -> dict[str, float]:
    """One step, in this process, with its peak memory."""
    with opened(load_settings(database={"url": url}, var_dir=str(folder / "var"))) as gw:
        found = _STEPS[step](gw, entries, folder)
    return found | {f"{step}_peak_mb": _peak_mb()}


def _peak_mb() -> float:
    """Peak memory of this process alone: getrusage would also count that of whoever started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def verify_bundle(folder: Path) -> dict[str, float]:
    """The stand-alone script, as an outsider runs it."""
    script = data_dir("tools") / "verify_bundle.py"
    watch = (
        "import re, runpy, sys, time; began = time.perf_counter(); sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "peak = int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]) / 1024\n"
        "print(time.perf_counter() - began, peak, code, file=sys.stderr)"
    )
    command = [sys.executable, "-I", "-c", watch, str(script), str(folder / "bundle.zip"), "--json"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak, code = ran.stderr.split()[-3:]
    report = json.loads(ran.stdout)
    if code != "0" or not report["holds"]:
        raise SystemExit(f"the bundle does not hold: {report}")
    return {
        "verify_bundle_seconds": float(seconds),
        "verify_bundle_entries_per_second": report["entries"] / float(seconds),
        "verify_bundle_peak_mb": float(peak),
    }


def _apart(step: str, url: str, entries: int, folder: Path) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "bench.journal",
        "--entries",
        str(entries),
        "--step",
        step,
        "--url",
        url,
        "--folder",
        str(folder),
    ]
    measured: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return measured


def _run(name: str, url: str, entries: int, folder: Path) -> None:
    folder.mkdir()
    print(f"\n{name}, {entries:,} entries")
    found: dict[str, float] = {}
    for step in _STEPS:
        found |= _apart(step, url, entries, folder)
    found |= verify_bundle(folder)
    for key, value in found.items():
        print(f"  {key.replace('_', ' '):<36} {value:>14,.1f}")


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
            url = f"sqlite:///{folder}/bench.db"
            upgrade(url)
            _run("SQLite", url, asked.entries, folder / "sqlite")
        if asked.database != "sqlite":
            with PostgresServer() as server:
                url = server.create_database("bench")
                upgrade(url)
                _run("PostgreSQL", url, asked.entries, folder / "postgresql")


if __name__ == "__main__":
    main()

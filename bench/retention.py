"""What forgetting costs on a long file: the plan, a round that erases half of it, one person erased, her file made.

    python -m bench.retention [--people 1000000] [--entries 400000] [--database sqlite|postgresql]

Half of the people are occasional contacts of an election that is over; everybody was sent one letter; the journal has so many
entries (the file of a person reads it once). Each step runs in a process of its own. Prints seconds, people a second, the peak
memory of each step, and two ratios that must not grow with the file: the last tenth of a round against its first, and its memory
against an empty round's.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import literal, select

from bench.apart import apart, peak_memory_mb, temporary_folder
from bench.world import World, email_of, populate
from gateway.app import opened
from gateway.audit.entry import EntryKind, entry
from gateway.cli.words import said
from gateway.domain.rights import Identity, RequestVia, Right
from gateway.flows import retaining
from gateway.flows.auditing.dossier import make_dossier
from gateway.flows.gateway import Gateway
from gateway.flows.keeping import sweep
from gateway.flows.rights.erasing import erase
from gateway.flows.rights.requests import open_request
from gateway.flows.sealing import seal
from gateway.render.dossier import dossier_page
from gateway.settings import load_settings
from gateway.store import journal, tables
from gateway.store.engine import begin
from gateway.store.requests import Asked
from gateway.store.schema import upgrade
from tests.servers import PostgresServer

_OCCASIONAL = 50
_OVER = date(2027, 5, 20)
_LATER = datetime(2027, 5, 21, 12, tzinfo=UTC)
_WORLD = partial(World, occasional=_OCCASIONAL)
Found = dict[str, float]
_AT_ONCE = 10_000
_VERDICT: dict[str, Any] = {"facts": "f" * 64, "pack": "banc", "verdict": "allow", "rules": ("consent-per-channel",)}
#: How many entries the journal is given, for the processes of the steps.
_ENTRIES = "BENCH_ENTRIES"


class Later:
    """The clock after the contest."""

    def now(self) -> datetime:
        """The same instant, always."""
        return _LATER


def do_fill(gw: Gateway, people: int, folder: Path) -> Found:
    """The file, one accepted letter to each, and what the journal says of it."""
    populate(gw.engine, gw.keys, _WORLD(people=people))
    m, a = tables.message, tables.address
    row = {
        "name": "lettre",
        "medium": "email",
        "message_class": "campaign",
        "state": "finished",
        "definition": b"{}",
        "author": "banc",
    }
    sent = _LATER - timedelta(days=60)
    with begin(gw.engine) as tx:
        campaign_id = tx.execute(
            tables.campaign.insert().values(**row, created_at=sent).returning(tables.campaign.c.id)
        ).scalar_one()
        given = {"campaign_id": campaign_id, "message_class": "campaign", "state": "accepted"}
        when = {name: literal(sent, m.c.due_at.type) for name in ("due_at", "handed_at", "settled_at")}
        columns = [*given, *when, "contact_id", "address_id", "digest", "domain"]
        chosen = select(*(literal(one) for one in given.values()), *when.values(), a.c.contact_id, a.c.id, a.c.digest, a.c.domain)
        tx.execute(m.insert().from_select(columns, chosen.order_by(a.c.id)))
    _fill_journal(gw, _entries())
    seal(gw)
    return {}


def _fill_journal(gw: Gateway, entries: int) -> None:
    """Verdicts on messages of the letter, of nobody in particular."""
    for start in range(0, entries, _AT_ONCE):
        told = []
        for number in range(start, min(entries, start + _AT_ONCE)):
            at, person = _LATER - timedelta(days=60, milliseconds=-number), f"{number * 2654435761 % 2**64:032x}"
            told.append(entry(EntryKind.DECISION, at, campaign_id=1, message_id=number + 1, person=person, **_VERDICT))
        with begin(gw.engine) as tx:
            journal.append(tx, told)


def _entries() -> int:
    return int(os.environ.get(_ENTRIES, "400000"))


def do_plan(gw: Gateway, people: int, folder: Path) -> Found:
    """The plan."""
    began = time.perf_counter()
    lines = retaining.plan(gw)
    seconds = time.perf_counter() - began
    due = {one.due: one.count for one in lines}
    if due[retaining.Due.ELECTION] not in (people * _OCCASIONAL // 100, people * _OCCASIONAL // 100 - 1):
        raise SystemExit(f"the plan counts {due}")
    return {"plan_seconds": seconds}


def do_dossier(gw: Gateway, people: int, folder: Path) -> Found:
    """The file of one person."""
    began = time.perf_counter()
    page = partial(dossier_page, gw.templates, said=said)
    make_dossier(gw, email_of(people - 1, _WORLD(people=people)), folder / "dossier", by="banc", page=page)
    return {"dossier_seconds": time.perf_counter() - began}


def do_erase(gw: Gateway, people: int, folder: Path) -> Found:
    """One person erased because she asks; then the free space swept."""
    asks = Asked(right=Right.ERASURE, via=RequestVia.PAGE, received_at=_LATER, identity=Identity.CHECKED)
    request, _ = open_request(gw, email_of(people // 2, _WORLD(people=people)), asks)
    began = time.perf_counter()
    done = erase(gw, request.id, by="banc")
    return {"erase_and_sweep_seconds": time.perf_counter() - began, "erased": done.erased.contacts}


def do_retain(gw: Gateway, people: int, folder: Path) -> Found:
    """The round that erases half of the file."""
    marks: list[float] = [time.perf_counter()]
    began = marks[0]

    def forget_elsewhere(*given: Any) -> int:
        marks.append(time.perf_counter())
        return 0

    done = retaining.retain(replace(gw, forget_elsewhere=forget_elsewhere))
    seconds = time.perf_counter() - began
    tenth = max(1, len(marks) // 10)
    first, last = marks[tenth] - marks[0], marks[-1] - marks[-1 - tenth]
    return {
        "retain_seconds": seconds,
        "erased_by_terms": done.contacts,
        "people_per_second": done.contacts / seconds,
        "last_tenth_against_first": last / first,
    }


def do_again(gw: Gateway, people: int, folder: Path) -> Found:
    """A round in which nobody is due: what the ticker does every hour."""
    began = time.perf_counter()
    done = retaining.retain(gw)
    if done.contacts:
        raise SystemExit(f"{done.contacts} people were left over")
    return {"empty_round_seconds": time.perf_counter() - began}


def do_sweep(gw: Gateway, people: int, folder: Path) -> Found:
    """The free space after the round."""
    began = time.perf_counter()
    sweep(gw)
    return {"sweep_seconds": time.perf_counter() - began}


_STEPS: dict[str, Callable[[Gateway, int, Path], Found]] = {
    "fill": do_fill,
    "plan": do_plan,
    "dossier": do_dossier,
    "erase": do_erase,
    "retain": do_retain,
    "again": do_again,
    "sweep": do_sweep,
}


def measure(step: str, url: str, people: int, folder: Path) -> Found:
    """One step, in this process, with its peak memory."""
    settings = load_settings(database={"url": url}, var_dir=str(folder / "var"), retention={"contest_until": _OVER})
    with opened(settings) as gw:
        found = _STEPS[step](replace(gw, clock=Later()), people, folder)
    return found | {f"{step}_peak_mb": peak_memory_mb()}


def run(url: str, people: int, folder: Path) -> Found:
    """Every step in a process of its own."""
    upgrade(url)
    found: Found = {}
    for step in _STEPS:
        found |= apart("bench.retention", "--step", step, "--url", url, "--people", people, "--folder", folder)
        print(f"{step}: done", file=sys.stderr)
    return found | {"retain_memory_against_empty_round": found["retain_peak_mb"] / found["again_peak_mb"]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=400_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--step", choices=list(_STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(measure(given.step, given.url, given.people, given.folder)))
        return
    os.environ[_ENTRIES] = str(given.entries)
    with temporary_folder() as folder:
        if given.database == "sqlite":
            found = run(f"sqlite:///{folder}/passerelle.db", given.people, folder)
        else:
            with PostgresServer() as server:
                found = run(server.create_database("bench"), given.people, folder)
    for name, figure in found.items():
        print(f"{name:<36} {figure:>14,.2f}")


if __name__ == "__main__":
    main()

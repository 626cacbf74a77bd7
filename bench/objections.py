"""People object while the gate sends at full speed: how many hand-overs begin after an objection was committed, and how late.

    python -m bench.objections          both databases: 300 objections a second, from another process

Both instants are read on one clock: the objecting process notes the moment its commit returned, the journal holds the moment each
hand-over began. A hand-over is late when it began after the commit returned; what began before was on the wire already.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import func, select

from bench.installation import Installation, temporary_folder
from bench.newsletter import PROMISED as WORKERS_BY_DATABASE
from bench.newsletter import database
from bench.smtp_baselines import smtp_sink
from bench.world import World, email_of
from gateway.app import opened
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Medium
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.listening import object_by_link
from gateway.settings import load_settings
from gateway.store.engine import reading
from gateway.store.tables import journal, message

#: Promised: no hand-over begins later than this after the commit, and this many in a thousand begin after it at all.
LATEST_MS, LATE_PER_THOUSAND = 50.0, 3.0
PER_SECOND = 300
_THREADS = 8
#: Every so many people, one objects: in the order of the outbox, so that most object close to their turn.
_EVERY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Raced:
    """What a run of objections against a running campaign came to."""

    objections: int  #: committed while messages were still leaving
    per_second: float
    late: int  #: hand-overs begun after the commit
    worst_ms: float
    withheld: int  #: decided already, and held back at the last moment
    sent_per_second: float

    @property
    def late_per_thousand(self) -> float:
        """Out of the objections made while messages left."""
        return self.late * 1000 / self.objections if self.objections else 0.0


def race(kind: str, people: int) -> Raced:
    """Send to everybody while some object."""
    workers = WORKERS_BY_DATABASE[kind][0]
    with temporary_folder() as folder, database(kind, str(folder)) as (url, broker), smtp_sink() as port:
        installed = Installation(folder, url, smtp_port=port, GATEWAY_BROKER__URL=broker)
        installed.fill(World(people=people))
        for _ in range(workers):
            installed.start_worker()
        objecting = _start_objecting(installed, folder)
        try:
            with installed.gateway() as gw:
                installed.launch()
                state = installed.wait_finished(gw)
                (folder / "enough").touch()
                objecting.wait(30)
                if state is not CampaignState.FINISHED or objecting.returncode:
                    raise SystemExit(f"{kind}: campaign {state}, objections ended with {objecting.returncode}")
                return _count(gw, folder / "committed.jsonl", people / installed.span_seconds(gw))
        finally:
            objecting.kill()
            installed.stop_workers()


def _count(gw: Gateway, committed: Path, sent_per_second: float) -> Raced:
    """Lay the instants of the objecting process beside those of the journal."""
    began = _began(gw)
    last = max(began.values())
    commits = {one["message"]: one["at"] for one in map(orjson.loads, committed.read_bytes().splitlines())}
    meanwhile = {number: datetime.fromisoformat(at) for number, at in commits.items() if datetime.fromisoformat(at) < last}
    late = [(began[number] - at).total_seconds() * 1000 for number, at in meanwhile.items() if began.get(number, at) > at]
    held_back = select(func.count()).where(message.c.state == MessageState.CANCELLED, message.c.because == "objection-first")
    with reading(gw.engine) as tx:
        withheld = int(tx.execute(held_back).scalar_one())
    seconds = (max(meanwhile.values()) - min(meanwhile.values())).total_seconds() if len(meanwhile) > 1 else 0.0
    return Raced(
        objections=len(meanwhile),
        per_second=len(meanwhile) / seconds if seconds else 0.0,
        late=len(late),
        worst_ms=max(late, default=0.0),
        withheld=withheld,
        sent_per_second=sent_per_second,
    )


def _began(gw: Gateway) -> dict[int, datetime]:
    """Message -> when its hand-over began, from the journal; those held back never did."""
    found = {}
    with reading(gw.engine) as tx:
        chosen = select(journal.c.message_id, journal.c.body).where(journal.c.kind == "hand_over")
        for message_id, body in tx.execute(chosen.execution_options(yield_per=1000)):
            told = orjson.loads(body)
            if "began" in told:
                found[message_id] = datetime.fromisoformat(told["began"])
    return found


def _start_objecting(installed: Installation, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.objections", "--object-in", str(folder)]
    return subprocess.Popen(command, env={**os.environ, **installed.environment})


def _object(folder: Path) -> None:
    """In a process of its own: wait for the launch, then object at a steady pace until told that it is enough."""
    with opened(load_settings()) as gw, (folder / "committed.jsonl").open("wb", buffering=0) as committed:
        world = World(people=0)

        def one(number: int, message_id: int) -> None:
            digest = gw.keys.address_digest(Medium.EMAIL, email_of(number, world))
            object_by_link(gw, gw.keys.link_token(LinkScope.OBJECT, message_id, digest), cause=SuppressionCause.ONE_CLICK)
            committed.write(orjson.dumps({"message": message_id, "at": datetime.now(UTC).isoformat()}) + b"\n")

        waiting = _await_launch(gw, folder)
        with ThreadPoolExecutor(_THREADS) as crowd:
            next_at = time.monotonic()
            for number, message_id in waiting:
                if (folder / "enough").exists():
                    break
                crowd.submit(one, number, message_id)
                next_at += 1 / PER_SECOND
                time.sleep(max(0.0, next_at - time.monotonic()))


def _await_launch(gw: Gateway, folder: Path) -> list[tuple[int, int]]:
    """People who will object, with their messages, in the order in which messages leave."""
    chosen = select(message.c.contact_id, message.c.id).where(message.c.id % _EVERY == 0).order_by(message.c.id)
    while not (folder / "enough").exists():
        with reading(gw.engine) as tx:
            if found := [(row[0], row[1]) for row in tx.execute(chosen)]:
                return found
        time.sleep(0.02)
    return []


def main() -> None:
    """Race and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=60_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--object-in", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.object_in:
        _object(chosen.object_in)
        return
    for kind in WORKERS_BY_DATABASE if chosen.database == "both" else (chosen.database,):
        found = race(kind, chosen.people)
        print(
            f"{kind}: {found.objections:,} objections at {found.per_second:.0f}/s while {found.sent_per_second:,.0f} msg/s left;"
            f" {found.late} hand-overs begun after the commit: {found.late_per_thousand:.2f} in 1,000 (promised {LATE_PER_THOUSAND:.0f});"
            f" the latest {found.worst_ms:.1f} ms after it (promised {LATEST_MS:.0f}); {found.withheld} held back at the last moment",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""People object while the gate sends at full speed: how many hand-overs begin after an objection was committed, and how late.

    python -m bench.objections          both databases: 300 objections a second, from another process

Twice on each: by people taken at random, as in life; and, as the worst of cases, only by people whose message is being decided or
handed over at that very moment (--aim next). The promise is about the first; the second shows what the feed holds back.
Both instants are read on one clock: the objecting process notes the moment its commit returned, the journal holds the moment each
hand-over began. A hand-over is late when it began after the commit returned; what began before was on the wire already.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import func, select

from bench.apart import temporary_folder
from bench.installation import Installation
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
from gateway.store.outbox import in_states
from gateway.store.tables import journal, message

#: Promised: no hand-over begins later than this after the commit, and this many in a thousand begin after it at all.
LATEST_MS, LATE_PER_THOUSAND = 50.0, 3.0
PER_SECOND = 300
_THREADS = 8
#: Whoever is at most so many messages away from the newest hand-over counts as next in line.
_NEXT = 400
_LOOK_EVERY = 10
AIMS = ("anybody", "next")


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


def race(kind: str, people: int, aim: str) -> Raced:
    """Send to everybody while some object."""
    workers = WORKERS_BY_DATABASE[kind][0]
    with temporary_folder() as folder, database(kind, str(folder)) as (url, broker), smtp_sink() as port:
        installed = Installation(folder, url, smtp_port=port, GATEWAY_BROKER__URL=broker)
        installed.fill(World(people=people))
        for _ in range(workers):
            installed.start_worker()
        objecting = _start_objecting(installed, folder, aim)
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


def _start_objecting(installed: Installation, folder: Path, aim: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.objections", "--object-in", str(folder), "--aim", aim]
    return subprocess.Popen(command, env={**os.environ, **installed.environment})


def _object(folder: Path, aim: str) -> None:
    """In a process of its own: wait for the launch, then object at a steady pace until told that it is enough."""
    chance = random.Random(aim)
    with opened(load_settings()) as gw, (folder / "committed.jsonl").open("wb", buffering=0) as committed:
        world = World(people=0)

        def one(number: int, message_id: int) -> None:
            digest = gw.keys.address_digest(Medium.EMAIL, email_of(number, world))
            object_by_link(gw, gw.keys.link_token(LinkScope.OBJECT, message_id, digest), cause=SuppressionCause.ONE_CLICK)
            committed.write(orjson.dumps({"message": message_id, "at": datetime.now(UTC).isoformat()}) + b"\n")

        messages = _await_launch(gw, folder)
        next_at, front, heard = time.monotonic(), 0, set[int]()
        with ThreadPoolExecutor(_THREADS) as crowd:
            for turn in itertools.count():
                if (folder / "enough").exists():
                    break
                if aim == "next" and turn % _LOOK_EVERY == 0:
                    front = _front(gw)
                chosen = chance.randint(1, len(messages)) if aim == "anybody" else chance.randint(front - _NEXT, front + _NEXT)
                if chosen in messages and chosen not in heard:
                    heard.add(chosen)
                    crowd.submit(one, messages[chosen], chosen)
                    next_at += 1 / PER_SECOND
                time.sleep(max(0.0005, next_at - time.monotonic()))


def _await_launch(gw: Gateway, folder: Path) -> dict[int, int]:
    """Message -> contact."""
    while not (folder / "enough").exists():
        with reading(gw.engine) as tx:
            if found := {row[0]: row[1] for row in tx.execute(select(message.c.id, message.c.contact_id))}:
                return found
        time.sleep(0.02)
    return {}


def _front(gw: Gateway) -> int:
    """The newest message being handed over; 0 when none is."""
    held = select(message.c.id).where(in_states([MessageState.HANDING_OVER])).order_by(message.c.id.desc()).limit(1)
    with reading(gw.engine) as tx:
        return int(tx.execute(held).scalar_one_or_none() or 0)


def main() -> None:
    """Race and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=60_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--aim", choices=[*AIMS, "both"], default="both")
    parser.add_argument("--object-in", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.object_in:
        _object(chosen.object_in, chosen.aim)
        return
    for kind in WORKERS_BY_DATABASE if chosen.database == "both" else (chosen.database,):
        for aim in AIMS if chosen.aim == "both" else (chosen.aim,):
            found = race(kind, chosen.people, aim)
            print(
                f"{kind}, {aim}: {found.objections:,} objections at {found.per_second:.0f}/s while {found.sent_per_second:,.0f}"
                f" msg/s left; hand-overs begun after the commit: {found.late}, {found.late_per_thousand:.2f} in 1,000 objections"
                f" (promised {LATE_PER_THOUSAND:.0f}), the latest after {found.worst_ms:.1f} ms (promised {LATEST_MS:.0f});"
                f" {found.withheld} held back at the last moment",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""A campaign by real processes: two workers, a ticker, a Redis, a database, and a mailbox that keeps every mail it was given."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from sqlalchemy import func, select

from bench.apart import temporary_folder
from bench.installation import Installation
from bench.world import World
from gateway.domain.campaign import CampaignState
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.flows.sending.doubts import SettledByLog, settle_by_log
from gateway.sandbox.carrier import Carrier
from gateway.sandbox.kept import FILE_NAME
from gateway.store import outbox, tables
from gateway.store.engine import begin, reading
from tests.servers import PostgresServer, RedisServer

WORKERS = 2
#: Connections of each worker, as in config.toml: no more messages than these can be in doubt when it dies.
CONNECTIONS = 10
_GATEWAY = [sys.executable, "-c", "from gateway.cli import main; main()"]


class MailboxProcess:
    """The sandbox mailbox in a process of its own, on one port and one folder for its whole life."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Listen; on the same port as before, once it has one."""
        command = [sys.executable, "-m", "gateway.sandbox.mailbox", "--port", str(self.port), "--dir", str(self.folder)]
        self._running = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._running.stdout is not None
        with self._running.stdout as told:
            line = told.readline()
        assert line.startswith(b"listening on"), line
        self.port = int(line.rpartition(b":")[2])

    def kill(self) -> None:
        """SIGKILL: whoever was speaking to it is cut off in the middle of a word."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def count(self) -> int:
        """Mails kept so far."""
        with closing(self._opened()) as mails:
            found: int = mails.execute("SELECT count(*) FROM mail").fetchone()[0]
        return found

    def recipients(self) -> Counter[str]:
        """How many mails each address was given."""
        with closing(self._opened()) as mails:
            return Counter(dict(mails.execute("SELECT recipient, count(*) FROM mail GROUP BY recipient")))

    def write_log(self, path: Path) -> None:
        """What a relay's log says of the mails it took, as Postfix writes it."""
        with closing(self._opened()) as mails, path.open("w") as log:
            for number, reference in mails.execute("SELECT id, message_id FROM mail"):
                log.write(f"Dec  1 10:00:00 relay postfix/cleanup[77]: {number:X}: message-id={reference}\n")

    def _opened(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / FILE_NAME, timeout=10)


class Scene:
    """One installation under fire. Nothing in it is helped along: what dies is only started again."""

    def __init__(self, installed: Installation, mailbox: MailboxProcess, redis: RedisServer) -> None:
        self.installed = installed
        self.mailbox = mailbox
        self.redis = redis
        self.postgres: PostgresServer | None = None
        self._workers: list[subprocess.Popen[bytes]] = []
        self._started = 0

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """`gateway COMMAND` on this installation, not waited for; what it says is kept in the folder."""
        self._started += 1
        said = self.installed.folder / f"{command}-{self._started}.log"
        environment = {**os.environ, **self.installed.environment}
        with said.open("wb") as log:
            return subprocess.Popen([*_GATEWAY, command], env=environment, cwd=self.installed.folder, stderr=log, stdout=log)

    def start_worker(self) -> None:
        """One more worker."""
        self._workers.append(self.start("worker"))

    def kill_a_worker(self, chance: random.Random) -> None:
        """kill -9 of one of them, whichever; another takes its place."""
        victim = self._workers.pop(chance.randrange(len(self._workers)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.start_worker()

    def end(self) -> None:
        """Kill whatever still runs."""
        for worker in self._workers:
            worker.kill()
            worker.wait()

    def await_mails(self, count: int, *, seconds: float = 120) -> None:
        """Return once the mailbox holds so many."""
        self._until(lambda: self.mailbox.count() >= count, f"{count} mails", seconds)

    def await_texts(self, carrier: Carrier, count: int, *, seconds: float = 120) -> None:
        """Return once the carrier took so many."""
        self._until(lambda: sum(carrier.traffic.counts().values()) >= count, f"{count} texts", seconds)

    def await_quiet(self, gw: Gateway, *, seconds: float = 120, hurry: bool = False) -> Counter[MessageState]:
        """Return, once nothing is due or under way any more, how many messages are in each state.

        hurry: what a provider asked to bring later is due at once; nobody waits five minutes for it here.
        """
        final = {*MessageState} - {MessageState.WAITING, MessageState.DEFERRED, MessageState.HANDING_OVER}

        def quiet() -> bool:
            states = set(self.states(gw))
            if hurry and MessageState.DEFERRED in states:
                with begin(gw.engine) as tx:
                    outbox.wake_deferred(tx, at=gw.clock.now())
            return states <= final

        self._until(quiet, "the end of the sending", seconds, every=0.1)
        return self.states(gw)

    def await_finished(self, gw: Gateway, name: str = "lettre", *, seconds: float = 60) -> None:
        """Return once the ticker has found that the rows add up."""
        self._until(lambda: launching.status(gw, name).campaign.state is CampaignState.FINISHED, "finished", seconds, every=0.1)

    def states(self, gw: Gateway) -> Counter[MessageState]:
        """How many messages are in each state."""
        m = tables.message
        with reading(gw.engine) as tx:
            return Counter({row[0]: row[1] for row in tx.execute(select(m.c.state, func.count()).group_by(m.c.state))})

    def addresses(self, gw: Gateway, state: MessageState) -> set[str]:
        """Addresses of the messages in a state."""
        m, a = tables.message, tables.address
        chosen = select(a.c.value).join(m, m.c.address_id == a.c.id).where(m.c.state == state)
        with reading(gw.engine) as tx:
            return set(tx.execute(chosen).scalars())

    def settle_doubt(self, gw: Gateway) -> SettledByLog:
        """As a team does: hand in the relay's whole log."""
        log = self.installed.folder / "mail.log"
        self.mailbox.write_log(log)
        return settle_by_log(gw, log, by="autrice", complete=True)

    def _until(self, reached: Callable[[], bool], what: str, seconds: float, *, every: float = 0.02) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s\n{self._said()}"
            time.sleep(every)

    def _said(self) -> str:
        """The last words of every process."""
        logs = sorted(self.installed.folder.glob("*-*.log"))
        return "\n".join(f"{log.name}: …{log.read_text(errors='replace')[-1500:]}" for log in logs)


@contextmanager
def scene(kind: str, messages: int, *, world: World | None = None, **settings: str) -> Iterator[Scene]:
    """People filled in, workers and ticker starting, nothing launched yet. settings: more of the environment."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        redis = stack.enter_context(RedisServer())
        postgres = stack.enter_context(PostgresServer()) if kind == "postgresql" else None
        url = postgres.create_database("fire") if postgres else f"sqlite:///{folder}/fire.db"
        mailbox = MailboxProcess(folder / "sandbox")
        mailbox.start()
        stack.callback(mailbox.kill)
        installed = Installation(folder, url, smtp_port=mailbox.port, GATEWAY_BROKER__URL=redis.url, **settings)
        ready = Scene(installed, mailbox, redis)
        ready.postgres = postgres
        stack.callback(ready.end)
        installed.fill(world or World(people=messages))
        for _ in range(WORKERS):
            ready.start_worker()
        ticker = ready.start("ticker")
        stack.callback(ticker.wait)
        stack.callback(ticker.kill)
        yield ready

"""A whole installation in a temporary folder, driven as a team would drive it, with the real worker command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from sqlalchemy import func, select

from bench.world import World, populate
from gateway.app import opened
from gateway.cli.staying import READY
from gateway.domain.audience import Audience
from gateway.domain.campaign import CampaignState
from gateway.flows.campaigning import drafting, launching
from gateway.flows.campaigning.definition import Content, Definition
from gateway.flows.gateway import Gateway
from gateway.render.email import EmailContent
from gateway.render.sms import SmsContent
from gateway.settings import load_settings
from gateway.store.engine import reading
from gateway.store.schema import upgrade
from gateway.store.tables import message
from workers.bell import Bell
from workers.broker import open_broker

_PARAGRAPH = (
    '{{ given_name|"Bonjour" }}, ce printemps, {{ given_name|"chez nous" }}, nous voulons **des écoles ouvertes le soir**, une '
    "cantine préparée sur place et des trottoirs où l’on marche à deux. Venez en parler avec nous : "
    "[le programme](https://valbrume.example/programme).\n\n"
)
#: About 10 KB once laid out in two parts with its notices.
NEWSLETTER = "# La lettre de Valbrume\n\n" + _PARAGRAPH * 7 + "À bientôt,\n\nl’équipe de campagne\n"


class Installation:
    """Settings by environment, so that worker processes are given exactly the same."""

    def __init__(self, folder: Path, database_url: str, *, smtp_port: int, **settings: str) -> None:
        self.folder = folder
        self.environment = {
            "GATEWAY_VAR_DIR": str(folder / "var"),
            "GATEWAY_DATABASE__URL": database_url,
            "GATEWAY_SANDBOX__SMTP_PORT": str(smtp_port),
            "GATEWAY_CONFIG": str(Path(__file__).resolve().parent.parent / "config.toml"),
            "GATEWAY_TEAM__SINGLE_APPROVER": "banc d’essai : une seule personne",
            "GATEWAY_LOGS__LEVEL": "warning",
            **settings,
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        upgrade(database_url)

    @contextmanager
    def gateway(self, *, sending: bool = False, asking: bool = False) -> Iterator[Gateway]:
        """The gateway, in this process."""
        with _environment(self.environment):
            settings = load_settings()
            with opened(settings, sending=sending, asking=asking, ring=Bell(open_broker(settings.broker.url)).ring) as gw:
                yield gw

    def fill(self, world: World) -> None:
        """Fill the store."""
        with self.gateway() as gw:
            populate(gw.engine, gw.keys, world)

    def launch(self) -> int:
        """Launch a newsletter, « lettre », to everybody; returns how many messages were frozen."""
        subject = 'La lettre de {{ given_name|"Valbrume" }}'
        return self._launch("lettre", EmailContent(subject=subject, body=NEWSLETTER, format="markdown"))

    def launch_texts(self) -> int:
        """Launch a campaign by SMS to everybody with a mobile; returns how many messages were frozen."""
        return self._launch("sms", SmsContent(text="Réunion samedi 18 h, place du Lavoir."))

    def _launch(self, name: str, content: Content) -> int:
        with self.gateway() as gw:
            drafting.create(gw, name, Definition(content=content, audience=Audience()), by="autrice")
            launching.approve(gw, name, by="relecteur")
            return launching.launch(gw, name, by="autrice", key="banc").messages

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One `gateway worker` process, ready."""
        return self.start([str(Path(sys.executable).parent / "gateway"), "worker"])

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        """A process that stays up, ready; ended with the workers."""
        worker = subprocess.Popen(command, env={**os.environ, **self.environment}, cwd=self.folder, stderr=subprocess.PIPE)
        while worker.stderr and not (line := worker.stderr.readline()).startswith(READY.encode()):
            if not line:
                raise SystemExit(f"{' '.join(command)} ended before it was ready")
            sys.stderr.buffer.write(line)
        self.workers.append(worker)
        return worker

    def worker_seconds(self, those: Iterable[subprocess.Popen[bytes]] | None = None) -> float:
        """Processor time of the workers so far; or of some of them."""
        times = [psutil.Process(worker.pid).cpu_times() for worker in those or self.workers]
        return float(sum(each.user + each.system for each in times))

    def stop_workers(self) -> None:
        """SIGTERM, and wait."""
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(30)
            worker.kill()
        self.workers.clear()

    def wait_finished(self, gw: Gateway) -> CampaignState:
        """Wait until the newsletter is finished, five minutes at most; returns its state, whatever it is at the end."""
        limit = time.monotonic() + 300
        while (state := launching.status(gw, "lettre").campaign.state) is not CampaignState.FINISHED and time.monotonic() < limit:
            time.sleep(0.25)
        return state

    def span_seconds(self, gw: Gateway) -> float:
        """From the first hand-over begun to the last message settled."""
        with reading(gw.engine) as tx:
            first, last = tx.execute(select(func.min(message.c.handed_at), func.max(message.c.settled_at))).one()
        return float((last - first).total_seconds())


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

"""A whole installation in a folder of its own, for the demo: mailbox, web pages, lanes and ticker, all in this process."""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from gateway.app import opened
from gateway.cli.carrying import staged_carrier
from gateway.cli.inbound import listening
from gateway.data import data_dir
from gateway.domain.errors import Conflict, InvalidInput
from gateway.flows.gateway import Gateway
from gateway.logs import configure_logs
from gateway.sandbox.carrier import Carrier
from gateway.sandbox.kept import Mail
from gateway.sandbox.mailbox import Mailbox
from gateway.settings import load_settings
from gateway.store.engine import open_engine, reading
from gateway.store.installations import newest_addresses
from gateway.store.schema import revision, upgrade
from gateway.web.app import web_app
from workers.bell import Bell
from workers.broker import open_broker
from workers.embedded import EmbeddedWorker
from workers.jobs import EVERY_JOB
from workers.ticker import Ticker

_HOST = "127.0.0.1"
_PAGE = 1000
_STOP_SECONDS = 20.0
#: Stands in a folder that a demo made, and that another one may therefore replace.
_MARK = "demo-de-passerelle"


class StageClock:
    """The machine's clock, which the story may move forward: what is due then leaves."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The present instant of the story, in UTC."""
        return datetime.now(UTC) + self._ahead

    def forward(self, to: datetime) -> datetime:
        """Move to an instant that lies ahead; stays where it is for one that has passed. Returns the present instant."""
        self._ahead += max(timedelta(0), to - self.now())
        return self.now()


@dataclass(frozen=True, kw_only=True)
class Stage:
    """An installation at work."""

    folder: Path
    config: Path  #: settings of this installation: GATEWAY_CONFIG for later commands
    gw: Gateway
    clock: StageClock
    mailbox: Mailbox
    carrier: Carrier
    web: str  #: address of its pages

    def mails(self) -> Iterator[Mail]:
        """Every mail of the mailbox, in the order of arrival."""
        after: int | None = None
        while page := self.mailbox.mails(_PAGE, after=after):
            yield from page
            after = page[-1].id


@contextmanager
def staged(folder: Path, *, per_second: float) -> Iterator[Stage]:
    """Everything that `gateway serve` runs, on free ports, at a pace of so many messages a second.

    The database is SQLite in the folder, unless GATEWAY_DATABASE__URL names another, which must hold no contact yet.
    Raises Conflict when it does.
    """
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((_HOST, 0)))
        mailbox = Mailbox(folder / "sandbox")
        stack.callback(mailbox.stop)
        web_port, smtp_port = listener.getsockname()[1], mailbox.start(_HOST, 0)
        config = _write_config(folder, web_port=web_port, smtp_port=smtp_port)
        public_url = f"http://{_HOST}:{web_port}"
        settings = load_settings(
            config,
            mode="trial",
            secret="",
            var_dir=str(folder),
            web={"public_url": public_url},
            smtp={"per_second": per_second},
            sandbox={"smtp_port": smtp_port, "api_port": 0},
            broker={"url": ""},
            calls={"per_second": 0},
            team={"single_approver": ""},
        )
        _refuse_inhabited(settings.database.url)
        clock = StageClock()
        carrier, settings = stack.enter_context(staged_carrier(settings, patience_seconds=0.0, clock=clock))
        if carrier is None:
            raise AssertionError("trial mode has a carrier")
        configure_logs(level="error", form="console", colours=False)
        upgrade(settings.database.url)
        broker = open_broker("")
        gw = stack.enter_context(opened(settings, sending=True, asking=True, ring=Bell(broker).ring, clock=clock))
        stack.enter_context(_serving(web_app(gw, mailbox=mailbox, carrier=carrier), listener))
        if where := stack.enter_context(listening(gw)):
            mailbox.answer_to(where)
        worker, ticker = EmbeddedWorker(gw, broker), Ticker(gw, EVERY_JOB)
        worker.start()
        stack.callback(lambda: worker.stop(within_seconds=_STOP_SECONDS))
        ticker.start()
        stack.callback(lambda: ticker.stop(within_seconds=_STOP_SECONDS))
        yield Stage(folder=folder, config=config, gw=gw, clock=clock, mailbox=mailbox, carrier=carrier, web=public_url)


def _refuse_inhabited(url: str) -> None:
    """Raises Conflict for a database that holds people: an installation is looked at before its tables are touched."""
    engine = open_engine(url)
    try:
        if revision(engine) is None:
            return
        with reading(engine) as tx:
            if newest_addresses(tx, 1):
                raise Conflict(
                    "la démonstration veut une base sans contacts : retirez GATEWAY_DATABASE__URL, ou nommez-en une vide"
                )
    finally:
        engine.dispose()


@contextmanager
def folder_of_demo(keep: Path | None) -> Iterator[Path]:
    """A temporary folder, gone at the end; or `keep`, made anew. Raises InvalidInput for a folder that no demo made."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="passerelle-demo-") as name:
            yield Path(name)
        return
    folder = keep.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not (folder / _MARK).is_file():
            raise InvalidInput(f"{keep} existe déjà, et n’est pas un dossier de démonstration : donnez un autre nom")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("Ce dossier a été fait par « gateway demo » ; il peut être effacé.\n", encoding="utf-8")
    yield folder


def _write_config(folder: Path, *, web_port: int, smtp_port: int) -> Path:
    """The default settings, in this folder and on these ports, so that any later command finds the same installation."""
    text = data_dir("config.toml").read_text(encoding="utf-8")
    given = {
        "var_dir": f'"{folder.as_posix()}"',
        "url": f'"sqlite:///{(folder / "passerelle.db").as_posix()}"',
        "smtp_port": str(smtp_port),
        "public_url": f'"http://{_HOST}:{web_port}"',
    }
    for key, value in given.items():
        text, found = re.subn(rf"(?m)^{key} = \S+", f"{key} = {value}".replace("\\", r"\\"), text, count=1)
        if not found:
            raise InvalidInput(f"config.toml : aucune ligne ne règle {key}")
    text = re.sub(r"(?m)^port = 8000\b", f"port = {web_port}", text, count=1)
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def _serving(app: Any, listener: socket.socket) -> Iterator[None]:
    """The public pages, on a thread."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)

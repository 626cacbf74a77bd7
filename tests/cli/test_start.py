"""What a command reads before it answers: nothing it does not need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.tree import TREE, found

#: Libraries that take long to import: servers, brokers, providers, migrations, and whatever makes or signs a mail.
SERVERS = {"fastapi", "starlette", "uvicorn", "aiosmtpd", "dramatiq", "redis"}
PROVIDERS = {"twilio", "requests", "aiosmtplib", "imap_tools"}
MAKING = {"alembic", "mako", "jinja2", "cryptography"}
DATABASES = {"sqlalchemy", "psycopg"}

SAYS_WHAT_IT_READ = """
import sys
from gateway.cli.main import main
try:
    main()
finally:
    sys.stderr.write("\\n" + " ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def read_by(folder: Path, *words: str, **environment: str) -> set[str]:
    """Top-level packages a command had read when it ended, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SAYS_WHAT_IT_READ, *words],
        cwd=folder,
        env={**os.environ, "GATEWAY_VAR_DIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def test_help_reads_neither_settings_nor_any_command(tmp_path: Path) -> None:
    assert read_by(tmp_path, "--help") & {*SERVERS, *PROVIDERS, *MAKING, *DATABASES, "pydantic", "structlog"} == set()


def test_counting_a_text_opens_no_database_and_no_catalogue(tmp_path: Path) -> None:
    assert read_by(tmp_path, "sms", "count", "Bonjour") & {*SERVERS, *PROVIDERS, *MAKING, *DATABASES, "babel"} == set()


def test_looking_at_contacts_reads_neither_servers_nor_providers_nor_migrations(tmp_path: Path, sqlite_url: str) -> None:
    read = read_by(tmp_path, "contacts", "list", GATEWAY_DATABASE__URL=sqlite_url)
    assert read & {*SERVERS, *PROVIDERS, *MAKING} == set() and "sqlalchemy" in read


def test_a_worker_and_a_ticker_read_no_web_server(tmp_path: Path) -> None:
    assert TREE["worker"].where.partition(":")[0] == TREE["ticker"].where.partition(":")[0]
    assert read_by(tmp_path, "worker", "--help") & {"fastapi", "starlette", "uvicorn"} == set()


@pytest.mark.parametrize("name", TREE)
def test_the_line_of_a_command_is_the_beginning_of_its_own_help(name: str) -> None:
    assert found(name).help.split("\n\n")[0].replace("\n", " ") == TREE[name].says

"""Connections: nobody meets one that the server has closed, nobody asks for nothing, and a database that is away says why."""

from __future__ import annotations

import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from gateway.domain.errors import StoreUnavailable
from gateway.store import connecting
from gateway.store import engine as engines
from gateway.store.away import unavailable
from gateway.store.engine import begin, open_engine, reading
from gateway.store.schema import upgrade

_PID = text("SELECT pg_backend_pid()")


@pytest.fixture
def engine(postgresql_url):
    engine = open_engine(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def asked(engine, monkeypatch):
    """How often the server was asked whether it is there."""
    times, ask = [], engine.dialect.do_ping

    def asking(connection):
        times.append(1)
        return ask(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", asking)
    return times


def test_a_connection_the_server_closed_a_moment_ago_is_replaced_before_anybody_meets_it(engine, asked, postgresql_url):
    with begin(engine) as tx:
        before = tx.execute(_PID).scalar_one()
    other = open_engine(postgresql_url)
    with begin(other) as tx:
        assert tx.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": before}).scalar_one()
    other.dispose()
    with begin(engine) as tx:
        assert tx.execute(_PID).scalar_one() != before
    assert asked == [1]


def test_a_connection_used_a_moment_ago_is_not_asked_and_one_long_silent_is(engine, asked, monkeypatch):
    for _ in range(3):
        with reading(engine) as tx:
            before = tx.execute(_PID).scalar_one()
    assert asked == []
    monkeypatch.setattr(engines, "_TRUSTED_SECONDS", 0.0)
    with reading(engine) as tx:
        assert tx.execute(_PID).scalar_one() == before
    assert asked == [1]


@pytest.mark.parametrize(
    ("found", "told"),
    [(b"ceci n\xe2\x80\x99est pas une base\n" * 40, "son fichier n’en est pas une"), (None, "son fichier ne s’ouvre pas")],
)
def test_a_file_that_is_no_database_is_a_sentence_and_what_to_do(tmp_path: Path, found: bytes | None, told: str) -> None:
    file = tmp_path / "passerelle.db"
    file.mkdir() if found is None else file.write_bytes(found)
    engine = open_engine(f"sqlite:///{file}")
    with pytest.raises(StoreUnavailable, match=f"ne répond pas : {told} ; "), reading(engine):
        pass
    engine.dispose()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("database or disk is full", "il n’y a plus de place sur le disque"),
        ('could not extend file "base/1/2": No space left on device', "il n’y a plus de place sur le disque de PostgreSQL"),
        ('connection to server at "127.0.0.1", port 1 failed: Connection refused\n\tIs the server running?', "aucun serveur"),
        ('FATAL:  database "passerelle" does not exist', "ne connaît pas cette base"),
        ("something nobody foresaw", "Rien ne part"),
    ],
)
def test_what_a_driver_says_is_told_in_french_on_one_line_with_its_own_words_behind(words: str, told: str) -> None:
    says = str(unavailable(sqlite3.OperationalError(words)))
    assert told in says and says.endswith(f"({' '.join(words.split())})")


def test_no_other_account_of_the_machine_reads_the_file_of_contacts(tmp_path):
    """SQLite made it readable to everybody, beside a secret that is not."""
    engine = open_engine(f"sqlite:///{tmp_path / 'var' / 'passerelle.db'}")
    with begin(engine) as tx:
        tx.execute(text("CREATE TABLE person (name TEXT)"))
        files = sorted((tmp_path / "var").iterdir())
        assert {file.name for file in files} >= {"passerelle.db", "passerelle.db-shm", "passerelle.db-wal"}
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    engine.dispose()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_name_is_refused_with_what_to_create(postgres_server, encoding):
    """SQL_ASCII is what a server makes that was set up without a language."""
    name = f"autre_{encoding.lower()}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as tx:
        tx.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    other = open_engine(postgres_server.url(name))
    try:
        with pytest.raises(StoreUnavailable, match=f"« {name} » est en {encoding}.*CREATE DATABASE"), begin(other):
            pass
        with pytest.raises(StoreUnavailable, match="est en"):
            upgrade(postgres_server.url(name))
    finally:
        other.dispose()
        postgres_server.drop_database(name)


def test_a_server_that_takes_the_call_and_says_nothing_is_away():
    """Frozen, or swapping: by default its driver waits for two minutes."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        engine = open_engine(f"postgresql://nobody@127.0.0.1:{mute.getsockname()[1]}/mute?connect_timeout=2")
        with pytest.raises(StoreUnavailable, match="ne répond pas"), reading(engine):
            pass


def test_of_a_server_that_says_nothing_one_thread_asks_for_all():
    """Every thread of the web server waited ten seconds for it, and the objections that could wait on the disk waited behind."""
    with socket.create_server(("127.0.0.1", 0)) as mute, ThreadPoolExecutor(1) as pool:
        engine = open_engine(f"postgresql://nobody@127.0.0.1:{mute.getsockname()[1]}/mute?connect_timeout=2")
        mute.settimeout(10)

        def ask():
            with pytest.raises(StoreUnavailable, match="ne répond pas"), reading(engine):
                pass

        ask()
        mute.accept()[0].close()
        one = pool.submit(ask)
        called, _ = mute.accept()
        for _ in range(3):
            ask()
        assert not one.done()  # who asks for all still waits
        called.close()
        one.result()
        mute.setblocking(False)
        with pytest.raises(BlockingIOError):
            mute.accept()
        engine.dispose()


def test_once_the_server_answers_again_everybody_is_served(postgresql_url, monkeypatch):
    engine = open_engine(postgresql_url)
    connect = engine.dialect.connect

    def refused(*_, **__):
        raise psycopg.OperationalError("Connection refused")

    monkeypatch.setattr(engine.dialect, "connect", refused)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="aucun serveur PostgreSQL"), reading(engine):
            pass
    monkeypatch.setattr(engine.dialect, "connect", connect)
    monkeypatch.setattr(connecting, "_WAIT_SECONDS", 30.0)  # however slow this machine is

    def ask(_):
        with reading(engine) as tx:
            return tx.execute(text("SELECT 1")).scalar_one()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [1] * 8
    engine.dispose()


def test_a_machine_without_power_is_not_waited_for_as_long_as_a_telephone_call(engine, postgresql_url):
    def waited_for(one):
        with reading(one) as tx:
            driver: Any = tx.connection.dbapi_connection
            return driver.info.get_parameters()

    patience = {"connect_timeout": "10", "tcp_user_timeout": "15000", "keepalives_idle": "10"}
    assert waited_for(engine).items() >= patience.items()
    patient = open_engine(f"{postgresql_url}{'&' if '?' in postgresql_url else '?'}connect_timeout=60&keepalives_idle=600")
    assert waited_for(patient).items() >= (patience | {"connect_timeout": "60", "keepalives_idle": "600"}).items()
    patient.dispose()


def test_an_objection_that_lanes_were_told_of_is_on_the_disk_when_its_transaction_is_over(postgresql_url):
    """Its commit does not wait for the disk, where one at a time may tell lanes: what is written behind it does."""
    engine = open_engine(f"{postgresql_url}{'&' if '?' in postgresql_url else '?'}options=-c%20synchronous_commit%3Don")
    with begin(engine, urgent=True) as tx:
        tx.execute(text("CREATE TABLE objection (id int)"))
        tx.execute(text("SELECT pg_notify('objections', '1')"))
        written = tx.execute(text("SELECT pg_current_wal_insert_lsn()")).scalar_one()
    with reading(engine) as tx:
        assert tx.execute(text("SELECT pg_current_wal_flush_lsn() > :written"), {"written": written}).scalar_one()
        assert tx.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
        assert tx.execute(text("SELECT count(*) FROM objection")).scalar_one() == 0
    engine.dispose()


def test_an_objection_that_failed_is_not_committed(engine):
    with pytest.raises(LookupError), begin(engine, urgent=True) as tx:
        tx.execute(text("CREATE TABLE objection (id int)"))
        raise LookupError
    with reading(engine) as tx:
        assert tx.execute(text("SELECT to_regclass('objection')")).scalar_one() is None

"""The servers that other tests kill behave as they do in production."""

from __future__ import annotations

import os

import psutil
import psycopg
import pytest
import redis
from sqlalchemy import text

from gateway.store.engine import open_engine
from gateway.store.schema import at_head
from tests.servers import PostgresServer, RedisServer


def test_a_killed_postgresql_comes_back_on_its_port_with_what_was_committed():
    with PostgresServer() as server:
        url = server.create_database("kept")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE act (what text)")
            connection.execute("INSERT INTO act VALUES ('committed')")
        server.kill()
        assert not server.is_running()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)
        server.restart()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT what FROM act").fetchall() == [("committed",)]
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
    assert not server.directory.exists()


def test_a_killed_redis_comes_back_on_its_port_with_nothing():
    with RedisServer() as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("bell", "rung")
        server.kill()
        with redis.Redis.from_url(server.url) as client, pytest.raises(redis.ConnectionError):
            client.ping()
        server.restart()
        with redis.Redis.from_url(server.url) as client:
            assert client.get("bell") is None
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert not server.directory.exists()


def test_no_server_runs_as_root(postgres_server, redis_server):
    owners = {psutil.Process(server.pid).uids().real for server in (postgres_server, redis_server)}
    assert 0 not in owners and (os.geteuid() == 0 or owners == {os.geteuid()})


def test_a_database_of_a_test_is_migrated_and_its_own(database_url):
    engine = open_engine(database_url)
    try:
        assert at_head(engine)
        with engine.begin() as tx:
            assert tx.execute(text("SELECT count(*) FROM contact")).scalar_one() == 0
            tx.execute(text("DELETE FROM alembic_version"))
    finally:
        engine.dispose()


# Runs after the test above, in the same process: its damage is gone.
test_and_so_is_that_of_the_next_one = test_a_database_of_a_test_is_migrated_and_its_own


def test_a_redis_of_a_test_has_forgotten_everything(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("bell", "rung")


test_and_so_has_that_of_the_next_one = test_a_redis_of_a_test_has_forgotten_everything

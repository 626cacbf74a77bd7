"""The intake as it runs: killed at any moment, a mail is delivered again and takes effect once; commands a person may type."""

from __future__ import annotations

import json
import random
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.cli.main import app
from gateway.domain.errors import NotFound
from gateway.flows.gateway import Gateway
from gateway.present import SystemClock
from gateway.store import tables
from gateway.store.engine import reading
from tests.commands import called, installed, ran
from tests.inbound.mails import bounce, return_path
from tests.mailservers import DovecotServer
from tests.sending.support import Person, add, installation, message_of, newsletter, run
from tests.workers.test_processes import PATIENCE, SECRET, command, heard
from tests.workers.waiting import until

PEOPLE = 40
KILLS = 2


def port_of(running: subprocess.Popen[bytes], said: Path) -> int:
    found = re.search(r"lmtp://127\.0\.0\.1:(\d+)", heard(running, said, "lmtp://127.0.0.1:"))
    assert found is not None
    return int(found.group(1))


def deliver(port: int, mails: dict[str, bytes]) -> None:
    """As a mail server: whoever heard 250 is done, the others wait for the next try."""
    try:
        with smtplib.LMTP("127.0.0.1", port, timeout=10) as session:
            for to in list(mails):
                session.sendmail("", [to], mails[to])
                del mails[to]
    except (OSError, smtplib.SMTPException):
        return


def sent(gw: Gateway) -> dict[str, bytes]:
    """A bounce for each of many people, by the return path of her letter."""
    people = [f"p{number}@exemple.example" for number in range(PEOPLE)]
    add(gw, *(Person(email=one) for one in people))
    newsletter(gw)
    run(gw)
    mails = {}
    for one in people:
        to = return_path(gw, int(message_of(gw, one)["id"]))
        mails[to] = bounce(to, one, "452 4.2.2 mailbox full", number=one)
    return mails


def counts(gw: Gateway) -> tuple[int, int, int]:
    """Receipts, messages with one, and failures counted against addresses."""
    r, a = tables.receipt.c, tables.address.c
    with reading(gw.engine) as tx:
        kept, messages = tx.execute(select(func.count(), func.count(r.message_id.distinct()))).one()
        return kept, messages, tx.execute(select(func.sum(a.failures))).scalar_one()


def test_killed_again_and_again_the_intake_loses_no_mail_and_counts_none_twice(database_url: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    with installation(database_url, SystemClock(), tmp_path) as gw:
        mails = sent(gw)
        for _ in range(KILLS):
            with command("serve", gw) as (running, said):
                port = port_of(running, said)
                killer = subprocess.Popen(
                    [sys.executable, "-c", f"import os,time;time.sleep({chance.uniform(0.01, 0.4)});os.kill({running.pid}, 9)"]
                )
                deliver(port, mails)
                killer.wait()
                running.wait(10)
        with command("serve", gw) as (running, said):
            deliver(port_of(running, said), mails)
            running.send_signal(signal.SIGTERM)
            assert running.wait(PATIENCE) == 0
        assert mails == {}
        assert counts(gw) == (PEOPLE, PEOPLE, PEOPLE)


def test_the_ticker_reads_the_mailbox_and_takes_in_each_mail_once(
    database_url: str, tmp_path: Path, dovecot: DovecotServer
) -> None:
    account = f"retours-{time.monotonic_ns()}"
    with installation(database_url, SystemClock(), tmp_path) as gw:
        for raw in sent(gw).values():
            dovecot.deliver(raw, account)
        mailbox = {
            "inbound__host": "127.0.0.1",
            "inbound__port": dovecot.port,
            "inbound__tls": "none",
            "inbound__username": account,
            "inbound__password": dovecot.password,
        }
        with command("ticker", gw, **mailbox) as (running, _):
            until(lambda: counts(gw)[0] == PEOPLE)
            running.send_signal(signal.SIGTERM)
            assert running.wait(PATIENCE) == 0
        assert counts(gw) == (PEOPLE, PEOPLE, PEOPLE)


@pytest.fixture
def reached(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """An installation that wrote to Léa; commands are its own."""
    installed(monkeypatch, sqlite_url, tmp_path)
    monkeypatch.setenv("GATEWAY_SECRET", SECRET)
    with installation(sqlite_url, SystemClock(), tmp_path / "var") as gw:
        add(gw, Person(email="lea@exemple.example"))
        newsletter(gw)
        run(gw)
        yield gw


def test_a_pipe_delivers_a_mail_and_a_person_reads_what_came_back(reached: Gateway) -> None:
    gw = reached
    message_id = int(message_of(gw, "lea@exemple.example")["id"])
    to = return_path(gw, message_id)
    raw = bounce(to, "lea@exemple.example", "550 5.1.1 no such user")
    whole = [sys.executable, "-c", "from gateway.cli import main; main()", "inbound", "deliver", to]
    done = subprocess.run(whole, input=raw, capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode()) == (0, "✓ non-remise : adresse morte\n")
    assert "déjà reçu" in called(app, "inbound", "deliver", to, typed=raw).stdout

    (one,) = json.loads(called(app, "inbound", "list", "--json").stdout)
    assert (one["kind"], one["message_id"], one["evidence"], one["state"]) == ("bounce", message_id, "dead", "settled")
    assert "non-remise" in called(app, "inbound", "list").stdout
    assert called(app, "inbound", "show", one["id"], "--raw").stdout_bytes == raw
    assert "adresse morte" in called(app, "inbound", "show", one["id"]).stdout
    shown = called(app, "message", "show", message_id).stdout
    assert "adresse morte" in shown and "5.1.1" in shown
    contact = called(app, "contacts", "show", "lea@exemple.example").stdout
    assert "morte" in contact and "5.1.1" in contact
    with pytest.raises(NotFound, match="99"):
        called(app, "inbound", "show", "99")


@pytest.mark.usefixtures("reached")
def test_an_empty_pipe_and_a_store_that_is_away_are_told_apart() -> None:
    assert ran(app, "inbound", "deliver").exit_code == 1
    nowhere = {"GATEWAY_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    assert ran(app, "inbound", "deliver", typed=b"From: a@b.example\n\nBonjour\n", env=nowhere).exit_code == 75


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"GATEWAY_INBOUND__BYTES_MAX": "100000"}, 0),  # cut, as a mailbox and the listener cut it
        ({"GATEWAY_INBOUND__BYTES_MAX": "beaucoup"}, 75),  # a mistake in the settings is no reason to give a mail back
    ],
)
def test_a_mail_of_any_length_is_never_given_back_through_the_pipe(reached: Gateway, env: dict[str, str], code: int) -> None:
    to = return_path(reached, int(message_of(reached, "lea@exemple.example")["id"]))
    raw = bounce(to, "lea@exemple.example", "550 5.1.1 no such user") + b"x\n" * 200_000
    assert ran(app, "inbound", "deliver", to, typed=raw, env=env).exit_code == code


@pytest.mark.usefixtures("reached")
def test_a_fault_of_ours_is_no_reason_to_give_a_mail_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("gateway.cli.inbound.receive", stumbles)
    assert ran(app, "inbound", "deliver", typed=b"From: a@b.example\n\nBonjour\n").exit_code == 75

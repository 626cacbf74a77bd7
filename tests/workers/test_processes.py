"""Real processes: they start, work, and end on SIGTERM with nothing left half done."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from gateway.app import telephone_account
from gateway.cli import working
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.present import SystemClock
from gateway.sandbox.carrier import Carrier
from gateway.sandbox.mailbox import Mailbox
from gateway.settings import load_settings
from gateway.store import campaigns, jobs, progress, suppressions, tables
from gateway.store.engine import reading
from tests.sending.support import Person, add, installation, newsletter
from tests.workers.waiting import until

#: Derives the same keys as the gateways of tests.sending.support.
SECRET = "secret of tests, thirty-two bytes"
VOTERS = 300
MARIE = "+33639980010"
#: Of whoever waits for a process, in seconds: on a machine with other work it may be a while before one has its turn.
PATIENCE = 180
#: What a child runs: asked by SIGUSR1, it says where each of its threads stands.
_CHILD = """
import faulthandler, signal
faulthandler.register(signal.SIGUSR1)
from gateway.cli import main
main()
"""


@contextmanager
def command(name: str, gw: Gateway, **settings: object) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`gateway NAME` on the installation of gw, and the file of what it says; killed at the end if it still runs.

    Every port is a free one, unless said otherwise: others on this machine, and other workers of this suite, run the same.
    A test that fails meanwhile tells what the child said and where it stood.
    """
    gw.settings.var_dir.mkdir(exist_ok=True)
    said = gw.settings.var_dir / f"{name}.log"
    environment = {
        "GATEWAY_DATABASE__URL": gw.settings.database.url,
        "GATEWAY_VAR_DIR": str(gw.settings.var_dir),
        "GATEWAY_SECRET": SECRET,
        "GATEWAY_WEB__PORT": "0",
        "GATEWAY_SANDBOX__SMTP_PORT": "0",
        "GATEWAY_SANDBOX__API_PORT": "0",
        "GATEWAY_SENDING__BATCH": "5",
        **{f"GATEWAY_{key.upper()}": str(value) for key, value in settings.items()},
    }
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}
    with said.open("w") as file:
        running = subprocess.Popen(
            [sys.executable, "-c", _CHILD, name],
            env=inherited | environment,
            stdout=file,
            stderr=file,
        )
    try:
        yield running, said
    except BaseException as fault:
        fault.add_note(_account(name, running, said))
        raise
    finally:
        running.kill()
        running.wait()


def _account(name: str, running: subprocess.Popen[bytes], said: Path) -> str:
    """What a child said until now, and where it stands if it still runs."""
    code = running.poll()
    if code is None:
        before = said.stat().st_size
        running.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 5
        while said.stat().st_size == before and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.2)  # it writes one thread after the other
    state = "still ran" if code is None else f"had ended with exit code {code}"
    return f"`gateway {name}` {state}; it had said:\n{said.read_text(errors='replace')}"


def heard(running: subprocess.Popen[bytes], said: Path, words: str) -> str:
    """What a child has said once it said these words; fails at once when it ends without."""
    until(lambda: words in said.read_text() or running.poll() is not None, seconds=PATIENCE)
    assert words in said.read_text(), f"it ended without saying {words!r}"
    return said.read_text()


def ended(running: subprocess.Popen[bytes], number: int) -> int:
    """Exit code after this signal."""
    running.send_signal(number)
    return running.wait(timeout=PATIENCE)


def rows(gw: Gateway) -> dict[MessageState, int]:
    """How many messages are in each state."""
    with reading(gw.engine) as tx:
        (campaign,) = campaigns.listed(tx)
        return {state: count for state, count in progress.tally(tx, campaign.id).items() if count}


@pytest.fixture
def ready(database_url: str, tmp_path: Path) -> Iterator[Gateway]:
    """A launched newsletter to a few hundred people."""
    with installation(database_url, SystemClock(), tmp_path / "var") as gw:
        add(gw, *(Person(email=f"voter{number}@valbrume.example") for number in range(VOTERS)))
        newsletter(gw)
        yield gw


def test_a_worker_ended_in_mid_campaign_leaves_nothing_half_done_and_the_next_one_goes_on(ready: Gateway):
    mailbox = Mailbox(ready.settings.var_dir / "sandbox")
    port = mailbox.start(port=0)
    try:
        with command("worker", ready, sandbox__smtp_port=port) as (worker, said):
            until(lambda: mailbox.count() > 20, seconds=PATIENCE)
            # Whoever hears people on this machine comes first; 19 is the last of all.
            assert os.getpriority(os.PRIO_PROCESS, worker.pid) >= min(19, os.getpriority(os.PRIO_PROCESS, 0) + 1)
            assert ended(worker, signal.SIGTERM) == 0, said.read_text()
        sent = mailbox.count()
        assert rows(ready) == {MessageState.ACCEPTED: sent, MessageState.WAITING: VOTERS - sent}, said.read_text()
        with command("worker", ready, sandbox__smtp_port=port) as (worker, said):
            until(lambda: mailbox.count() >= VOTERS, seconds=PATIENCE)
            assert ended(worker, signal.SIGINT) == 0, said.read_text()
        mails = Counter(mail.recipient for mail in mailbox.mails(1000))
    finally:
        mailbox.stop()
    assert (len(mails), set(mails.values())) == (VOTERS, {1})
    assert rows(ready) == {MessageState.ACCEPTED: VOTERS}


def test_a_worker_lets_others_go_first_only_once_it_has_started(monkeypatch: pytest.MonkeyPatch):
    """On a machine that was busy it read its rules for minutes, and did not end either when it was told to."""
    told: list[str] = []

    @contextmanager
    def opening(*_: object, **__: object) -> Iterator[None]:
        told.append("opened")
        yield

    def at_work(*_: object, **__: object) -> None:
        told.append("at work")
        raise InterruptedError

    monkeypatch.setattr(working, "configured", load_settings)
    monkeypatch.setattr(working, "Presence", lambda _: None)
    monkeypatch.setattr(working, "opened", opening)
    monkeypatch.setattr(os, "nice", lambda _: told.append("stepped back"))
    monkeypatch.setattr(working, "EmbeddedWorker", at_work)
    with pytest.raises(InterruptedError):
        working.worker()
    assert told == ["opened", "stepped back", "at work"]


_ASLEEP = """
import signal, threading, time
from gateway.cli.staying import stopped_by_signals, until_stopped

def wake_this_thread_alone():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    threading.Event().wait()

with stopped_by_signals() as stop:
    threading.Thread(target=wake_this_thread_alone, daemon=True).start()
    until_stopped(stop)
"""


def test_a_signal_that_wakes_another_thread_than_the_first_ends_the_process_all_the_same():
    assert subprocess.run([sys.executable, "-c", _ASLEEP], timeout=PATIENCE / 6, check=False).returncode == 0


_HUNG_UP = """
import os, signal, sys
from gateway.cli.staying import stopped_by_signals, until_stopped

signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1]))
with stopped_by_signals() as stop:
    os.kill(os.getpid(), signal.SIGHUP)
    if sys.argv[1] == "SIG_DFL":
        until_stopped(stop)
    print("stopped" if stop.is_set() else "goes on")
"""


@pytest.mark.parametrize(("before", "then"), [("SIG_DFL", "stopped"), ("SIG_IGN", "goes on")])
def test_a_terminal_that_is_closed_ends_it_politely_and_nohup_keeps_it_up(before: str, then: str):
    """A volunteer closes the window, a line breaks: what was on the wire is settled, and not left in doubt."""
    child = subprocess.run(
        [sys.executable, "-c", _HUNG_UP, before], timeout=PATIENCE / 6, check=False, capture_output=True, text=True
    )
    assert (child.returncode, child.stdout.strip()) == (0, then), child.stderr


def test_serve_sends_finishes_shows_and_ends(ready: Gateway):
    with command("serve", ready) as (server, said):
        url = re.findall(r"http://127\.0\.0\.1:\d+", heard(server, said, "http://"))[0]
        until(lambda: rows(ready) == {MessageState.ACCEPTED: VOTERS}, seconds=PATIENCE)
        until(lambda: _campaign_state(ready) == "finished", seconds=PATIENCE)
        assert httpx2.get(f"{url}/readyz").status_code == 200
        mails = httpx2.get(f"{url}/sandbox/mails").text
        assert "La lettre" in mails
        source = httpx2.get(f"{url}/sandbox/mails/1").text
        token = re.findall(r"/o/([\w-]{55})", source)[0]
        assert httpx2.post(f"{url}/o/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert ended(server, signal.SIGTERM) == 0, said.read_text()
        assert token not in said.read_text()
        assert "@valbrume.example" not in said.read_text()
        assert "Traceback" not in said.read_text()
    with reading(ready.engine) as tx:
        assert tx.execute(select(tables.suppression.c.cause)).scalar_one() == "one_click"


def test_web_and_ticker_alone_start_and_end(ready: Gateway):
    with command("web", ready) as (web, web_said), command("ticker", ready) as (ticker, ticker_said):
        url = re.findall(r"http://127\.0\.0\.1:\d+", heard(web, web_said, "http://"))[0]
        until(lambda: _housekept(ready), seconds=PATIENCE)
        assert httpx2.get(f"{url}/healthz").status_code == 200
        assert ended(ticker, signal.SIGTERM) == 0, ticker_said.read_text()
        assert ended(web, signal.SIGTERM) == 0, web_said.read_text()
    assert rows(ready) == {MessageState.WAITING: VOTERS}, "neither of them sends"


def test_the_web_process_alone_hears_who_texted_stop_while_it_was_down(database_url: str, tmp_path: Path):
    """Its provider was asked by `serve` alone: beside workers of their own a STOP of that time waited for five minutes."""
    account = telephone_account(load_settings(secret=SECRET))
    assert account is not None
    carrier = Carrier(tmp_path / "carrier", account.sid, account.token)
    port = carrier.start()
    try:
        carrier.reply(MARIE, "36000", "STOP merci")
        with (
            installation(database_url, SystemClock(), tmp_path / "var") as gw,
            command("web", gw, sandbox__api_port=port) as (web, said),
        ):
            heard(web, said, "http://")
            until(lambda: _objected(gw, MARIE), seconds=PATIENCE)
            assert ended(web, signal.SIGTERM) == 0, said.read_text()
    finally:
        carrier.stop()


def test_a_taken_port_is_one_sentence_and_starts_nothing(sqlite_url: str, tmp_path: Path):
    with installation(sqlite_url, SystemClock(), tmp_path / "var") as gw, socket.create_server(("127.0.0.1", 0)) as taken:
        add(gw, Person(email="voter@valbrume.example"))
        newsletter(gw)
        port = taken.getsockname()[1]
        with command("serve", gw, web__port=port) as (server, said):
            assert server.wait(timeout=PATIENCE) == 1
            assert f"web.port : impossible d’écouter sur 127.0.0.1:{port}" in said.read_text().replace("\n", " ")
            assert "Traceback" not in said.read_text()
        assert rows(gw) == {MessageState.WAITING: 1}


def _campaign_state(gw: Gateway) -> str:
    with reading(gw.engine) as tx:
        (campaign,) = campaigns.listed(tx)
        return campaign.state.value


def _objected(gw: Gateway, number: str) -> bool:
    with reading(gw.engine) as tx:
        found = suppressions.present(tx, [gw.keys.address_digest(Medium.SMS, number)], Medium.SMS, gw.clock.now())
    return bool(found)


def _housekept(gw: Gateway) -> bool:
    with reading(gw.engine) as tx:
        return any(job.name == "keep" and job.last_run_at and not job.last_fault for job in jobs.listed(tx))

"""The provider's callbacks over real HTTP: how soon a STOP has taken effect, and what keeping each callback costs.

    python -m bench.callbacks          both databases

A STOP is timed by whoever sends it, from the first byte of the signed form to the answer, which leaves after the commit: what is
measured is a little more than the delay to the effect. Newsletters leave at full speed from the same database meanwhile; people
write at a steady pace, whether those before them were answered or not. Server, workers, database, carrier and callers are
processes of their own.
The rate of status callbacks is that of `gateway web` with 64 callers, half of them "sent" and half "delivered", all of them kept
once; divided by that of the same server which checks each signature and keeps nothing. Both in one run, one after the other;
medians over the rounds. Processor time is that of the web server alone.
On two processors a delay is for the most part waiting for one of them: how many of them programs outside this benchmark kept busy
meanwhile is printed beside it, and figures of a machine that is busy with something else say little.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import hmac
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import psutil
from sqlalchemy import func, select

from bench.apart import temporary_folder
from bench.installation import Installation
from bench.newsletter import PROMISED as WORKERS_BY_DATABASE
from bench.newsletter import database
from bench.smtp_baselines import smtp_sink
from bench.world import World, mobile_of
from gateway.app import TRIAL_ACCOUNT
from gateway.domain.campaign import CampaignState
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.sandbox.carrier import Carrier
from gateway.store.engine import reading
from gateway.store.tables import inbox, message, suppression
from tests.servers import free_port

#: Promised: of the delay of a STOP, and of the rate with its store to that without.
MEDIAN_MS, P99_MS, STORED_SHARE = 10.0, 50.0, 0.65
STOPS_PER_SECOND = 25
#: People who write at once: each waits for her answer, so that a slow one delays none of the others.
_WRITERS = 12
_CALLERS = 64
_BARE, _CARRIER = "--without-store", "--carrier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Delays of STOPs during a campaign."""

    stops: int
    median_ms: float
    p99_ms: float
    sent_per_second: float  #: newsletters that left meanwhile
    server_ms: float  #: processor time of the web server, per STOP, its confirmation's callbacks included
    others: float  #: processors that programs outside this benchmark kept busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Status callbacks a second, of one round."""

    stored: float
    bare: float
    stored_us: float  #: processor time of the web server for each
    bare_us: float

    @property
    def share(self) -> float:
        """What is left of the rate when each is kept."""
        return self.stored / self.bare


class Caller:
    """Signs forms as the provider does, and sends them over connections that stay open."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token

    def request(self, path: str, form: dict[str, str]) -> bytes:
        """One signed callback, ready to leave."""
        told = f"http://127.0.0.1:{self._port}{path}" + "".join(f"{name}{value}" for name, value in sorted(form.items()))
        signature = base64.b64encode(hmac.digest(self._token.encode(), told.encode(), "sha1")).decode()
        body = urlencode(form).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def send(
        self,
        requests: Iterable[bytes],
        *,
        after_seconds: float = 0.0,
        every_seconds: float = 0.0,
        enough: Callable[[], bool] = lambda: False,
    ) -> list[float]:
        """One after the other on one connection; seconds each took. Raises SystemExit for an answer that is no success."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        took, due = [], time.perf_counter() + after_seconds
        for request in requests:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if enough():
                break
            due += every_seconds
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            took.append(time.perf_counter() - began)
            if not head.startswith(b"HTTP/1.1 20"):
                raise SystemExit(f"a callback was answered {head[:60]!r}")
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    await reader.readexactly(int(line.split(b":")[1]))
        writer.close()
        return took


def stops(kind: str, people: int) -> Stopped:
    """People write STOP, some each second, while newsletters leave at full speed."""
    with ExitStack() as stack:
        installed, port, token = stack.enter_context(_installed(kind))
        mobiles = min(people, 9_000)
        installed.fill(World(people=people, mobiles=mobiles))
        stack.callback(installed.stop_workers)
        for _ in range(WORKERS_BY_DATABASE[kind][0]):
            installed.start_worker()
        server = stack.enter_context(_serving(installed, port))
        gw = stack.enter_context(installed.gateway())
        caller = Caller(port, token)
        installed.launch()
        # The STOP that the checklist asks for before anything may leave: what is made once is not counted.
        asyncio.run(caller.send([_stop(caller, mobiles)]))
        spent, began, busy = _seconds_of(server), time.perf_counter(), _seconds_of_others()
        took = asyncio.run(_stop_while_sending(gw, caller, mobiles - 1))
        others = (_seconds_of_others() - busy) / (time.perf_counter() - began)
        spent = _seconds_of(server) - spent
        installed.wait_finished(gw)
        with reading(gw.engine) as tx:
            effective = tx.execute(select(func.count()).select_from(suppression)).scalar_one()
        if effective != len(took) + 1:
            raise SystemExit(f"{len(took) + 1} people wrote STOP, {effective} are on the list")
        milliseconds = [1000 * one for one in took]
        return Stopped(
            stops=len(took),
            median_ms=median(milliseconds),
            p99_ms=quantiles(milliseconds, n=100)[98],
            sent_per_second=people / installed.span_seconds(gw),
            server_ms=1000 * spent / len(took),
            others=others,
        )


async def _stop_while_sending(gw: Gateway, caller: Caller, mobiles: int) -> list[float]:
    """Until the last newsletter has left, or everybody has written."""
    over = asyncio.Event()
    # Whoever calls walks through no memory of its own meanwhile: such a pause, of a tenth of a second, would be told as a delay.
    gc.collect()
    gc.freeze()

    async def watch() -> None:
        while not over.is_set():
            await asyncio.sleep(0.5)
            status = await asyncio.to_thread(launching.status, gw, "lettre")
            if status.campaign.state is CampaignState.FINISHED:
                over.set()

    watching = asyncio.create_task(watch())
    pace = _WRITERS / STOPS_PER_SECOND
    writers = (
        caller.send(
            (_stop(caller, number) for number in range(first, mobiles + 1, _WRITERS)),
            after_seconds=first / STOPS_PER_SECOND,
            every_seconds=pace,
            enough=over.is_set,
        )
        for first in range(1, _WRITERS + 1)
    )
    took = [seconds for one in await asyncio.gather(*writers) for seconds in one]
    over.set()
    await watching
    return took


def _stop(caller: Caller, number: int) -> bytes:
    form = {"MessageSid": f"SM{number:032x}", "From": mobile_of(number), "To": "36000", "Body": "STOP svp"}
    return caller.request("/hooks/twilio/sms/reply", form)


def rates(kind: str, callbacks: int, rounds: int) -> list[Kept]:
    """The rate of status callbacks, kept and not, round by round."""
    found = []
    with _installed(kind) as (installed, port, token):
        messages = min(9_999, callbacks * rounds // 2)
        installed.fill(World(people=messages, mobiles=messages))
        installed.launch_texts()
        with installed.gateway() as gw:
            with reading(gw.engine) as tx:
                tokens = [gw.keys.verp_token(row[0]) for row in tx.execute(select(message.c.id).order_by(message.c.id))]
            told = [(token_, number, status) for number, token_ in enumerate(tokens) for status in ("sent", "delivered")]
            caller = Caller(port, token)
            requests = [
                caller.request(f"/hooks/twilio/sms/{each}/status", {"MessageSid": f"SM{number:032x}", "MessageStatus": status})
                for each, number, status in told
            ]
            size = len(requests) // rounds
            for part in (requests[size * turn : size * (turn + 1)] for turn in range(rounds)):
                with _serving(installed, port, _BARE) as server:
                    bare, bare_us = _rate(caller, part, server)
                with _serving(installed, port) as server:
                    stored, stored_us = _rate(caller, part, server)
                found.append(Kept(stored=stored, bare=bare, stored_us=stored_us, bare_us=bare_us))
            with reading(gw.engine) as tx:
                kept = tx.execute(select(func.count()).select_from(inbox)).scalar_one()
            if kept != size * rounds:
                raise SystemExit(f"{size * rounds} callbacks were told, {kept} are kept")
    return found


def _rate(caller: Caller, requests: Sequence[bytes], server: psutil.Process) -> tuple[float, float]:
    """(callbacks a second, microseconds of the server's processor time for each)."""

    async def crowd() -> None:
        await asyncio.gather(*(caller.send(requests[number::_CALLERS]) for number in range(_CALLERS)))

    asyncio.run(caller.send([requests[0]]))  # the first request of a process waits for what is made once
    began, spent = time.perf_counter(), _seconds_of(server)
    asyncio.run(crowd())
    took, spent = time.perf_counter() - began, _seconds_of(server) - spent
    return len(requests) / took, 1e6 * spent / len(requests)


def _seconds_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _seconds_of_others() -> float:
    """Processor time spent on this machine so far, but for this process and those that come of it and still live."""
    whole, own = psutil.cpu_times(), psutil.Process()
    ours = 0.0
    for each in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            ours += _seconds_of(each)
    return float(whole.user + whole.nice + whole.system) - ours


@contextmanager
def _installed(kind: str) -> Iterator[tuple[Installation, int, str]]:
    """An installation with the carrier of trial mode beside it: it, the port of its web server, the token of signatures."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        url, broker = stack.enter_context(database(kind, str(folder)))
        smtp_port = stack.enter_context(smtp_sink())
        token = "c" * 32
        web, api = free_port(), free_port()
        installed = Installation(
            folder,
            url,
            smtp_port=smtp_port,
            GATEWAY_BROKER__URL=broker,
            GATEWAY_WEB__PORT=str(web),
            GATEWAY_WEB__PUBLIC_URL=f"http://127.0.0.1:{web}",
            GATEWAY_SANDBOX__API_PORT=str(api),
        )
        with installed.gateway() as gw:
            token = gw.callback_token
        stack.enter_context(
            _running({**os.environ, "CARRIER_FOLDER": str(folder / "carrier"), "CARRIER_TOKEN": token}, api, _CARRIER)
        )
        yield installed, web, token


def _serving(installed: Installation, port: int, *how: str) -> AbstractContextManager[psutil.Process]:
    """`gateway web` in a process of its own, answering."""
    return _running({**os.environ, **installed.environment}, port, "--serve", *how)


@contextmanager
def _running(environment: Mapping[str, str], port: int, *how: str) -> Iterator[psutil.Process]:
    """This very module as a server in a process of its own, answering at that port."""
    command = [sys.executable, "-m", "bench.callbacks", *how, "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit(f"a server did not start: {' '.join(how)}") from None
                time.sleep(0.05)
        yield psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(30)


def _serve(*, bare: bool) -> None:
    from gateway.cli import main as gateway
    from gateway.flows import telephoning

    if bare:
        telephoning.text_statuses = lambda gw, told: [bool(gw.keys.read_verp_token(one.token)) for one in told]
    sys.argv = ["gateway", "web"]
    gateway()


def _carry(port: int) -> None:
    carrier = Carrier(Path(os.environ["CARRIER_FOLDER"]), TRIAL_ACCOUNT, os.environ["CARRIER_TOKEN"])
    carrier.start(port=port)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    carrier.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=60_000)
    parser.add_argument("--callbacks", type=int, default=4_000, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(_BARE, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(_CARRIER, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.carrier:
        _carry(chosen.port)
        return
    if chosen.serve:
        _serve(bare=chosen.without_store)
        return
    for kind in WORKERS_BY_DATABASE if chosen.database == "both" else (chosen.database,):
        kept = rates(kind, chosen.callbacks, chosen.rounds)
        print(
            f"{kind}: {median(one.stored for one in kept):,.0f} signed callbacks/s kept,"
            f" {median(one.bare for one in kept):,.0f} without a store: {median(one.share for one in kept):.2f}"
            f" (promised {STORED_SHARE}); {median(one.stored_us for one in kept):.0f} and"
            f" {median(one.bare_us for one in kept):.0f} µs of the server each",
            flush=True,
        )
        found = stops(kind, chosen.people)
        late, sent = f"{found.median_ms:.1f} ms (median, promised {MEDIAN_MS:.0f})", f"{found.sent_per_second:,.0f} msg/s"
        worst = f"{found.p99_ms:.1f} ms (99th percentile, promised {P99_MS:.0f})"
        spent = f"{found.server_ms:.1f} ms of the server each; others kept {found.others:.1f} processors busy"
        print(f"{kind}: {found.stops:,} STOPs while {sent} left: in effect after {late}, {worst}; {spent}", flush=True)


if __name__ == "__main__":
    main()

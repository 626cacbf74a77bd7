"""The provider's callbacks over real HTTP: how soon a STOP has taken effect, and what keeping each callback costs.

    python -m bench.callbacks          both databases

A STOP is timed by whoever sends it, from the first byte of the signed form to the answer, which leaves after the commit: what is
measured is a little more than the delay to the effect. Newsletters leave at full speed from the same database meanwhile.
The rate of status callbacks is that of `gateway web` with 64 callers, half of them "sent" and half "delivered", all of them kept
once; divided by that of the same server which checks each signature and keeps nothing. Both in one run, one after the other;
medians over the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hmac
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from urllib.parse import urlencode

from sqlalchemy import func, select

from bench.installation import Installation, temporary_folder
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

#: Promised: of the delay of a STOP, and of the rate with its store to that without.
MEDIAN_MS, P99_MS, STORED_SHARE = 10.0, 50.0, 0.65
STOPS_PER_SECOND = 25
_CALLERS = 64
_BARE = "--without-store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Delays of STOPs during a campaign."""

    stops: int
    median_ms: float
    p99_ms: float
    sent_per_second: float  #: newsletters that left meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Status callbacks a second, of one round."""

    stored: float
    bare: float

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

    async def send(self, requests: Sequence[bytes], *, every_seconds: float = 0.0) -> list[float]:
        """One after the other on one connection; seconds each took. Raises SystemExit for an answer that is no success."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        took, due = [], time.perf_counter()
        for request in requests:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
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
        stack.enter_context(_serving(installed, port))
        gw = stack.enter_context(installed.gateway())
        installed.launch()
        took = asyncio.run(_stop_while_sending(gw, Caller(port, token), mobiles))
        installed.wait_finished(gw)
        with reading(gw.engine) as tx:
            effective = tx.execute(select(func.count()).select_from(suppression)).scalar_one()
        if effective != len(took):
            raise SystemExit(f"{len(took)} people wrote STOP, {effective} are on the list")
        milliseconds = [1000 * one for one in took]
        return Stopped(
            stops=len(took),
            median_ms=median(milliseconds),
            p99_ms=quantiles(milliseconds, n=100)[98],
            sent_per_second=people / installed.span_seconds(gw),
        )


async def _stop_while_sending(gw: Gateway, caller: Caller, mobiles: int) -> list[float]:
    took: list[float] = []
    for first in range(1, mobiles + 1, STOPS_PER_SECOND):
        some = range(first, min(first + STOPS_PER_SECOND, mobiles + 1))
        forms = [
            {"MessageSid": f"SM{number:032x}", "From": mobile_of(number), "To": "36000", "Body": "STOP svp"} for number in some
        ]
        requests = [caller.request("/hooks/twilio/sms/reply", form) for form in forms]
        took += await caller.send(requests, every_seconds=1 / STOPS_PER_SECOND)
        if launching.status(gw, "lettre").campaign.state is CampaignState.FINISHED:
            break
    return took


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
                with _serving(installed, port, _BARE):
                    bare = _rate(caller, part)
                with _serving(installed, port):
                    stored = _rate(caller, part)
                found.append(Kept(stored=stored, bare=bare))
            with reading(gw.engine) as tx:
                kept = tx.execute(select(func.count()).select_from(inbox)).scalar_one()
            if kept != size * rounds:
                raise SystemExit(f"{size * rounds} callbacks were told, {kept} are kept")
    return found


def _rate(caller: Caller, requests: Sequence[bytes]) -> float:
    async def crowd() -> None:
        await asyncio.gather(*(caller.send(requests[number::_CALLERS]) for number in range(_CALLERS)))

    asyncio.run(caller.send([requests[0]]))  # the first request of a process waits for what is made once
    began = time.perf_counter()
    asyncio.run(crowd())
    return len(requests) / (time.perf_counter() - began)


@contextmanager
def _installed(kind: str) -> Iterator[tuple[Installation, int, str]]:
    """An installation with the carrier of trial mode beside it: it, the port of its web server, the token of signatures."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        url, broker = stack.enter_context(database(kind, str(folder)))
        smtp_port = stack.enter_context(smtp_sink())
        token = "c" * 32
        web, api = _free_port(), _free_port()
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
        carrier = Carrier(folder / "carrier", TRIAL_ACCOUNT, token)
        carrier.start(port=api)
        stack.callback(carrier.stop)
        yield installed, web, token


@contextmanager
def _serving(installed: Installation, port: int, *how: str) -> Iterator[None]:
    """`gateway web` in a process of its own, answering."""
    command = [sys.executable, "-m", "bench.callbacks", "--serve", *how]
    environment = {**os.environ, **installed.environment}
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("the web server did not start") from None
                time.sleep(0.05)
        yield
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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=60_000)
    parser.add_argument("--callbacks", type=int, default=4_000, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(_BARE, action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        _serve(bare=chosen.without_store)
        return
    for kind in WORKERS_BY_DATABASE if chosen.database == "both" else (chosen.database,):
        kept = rates(kind, chosen.callbacks, chosen.rounds)
        print(
            f"{kind}: {median(one.stored for one in kept):,.0f} signed callbacks/s kept,"
            f" {median(one.bare for one in kept):,.0f} without a store: {median(one.share for one in kept):.2f}"
            f" (promised {STORED_SHARE})",
            flush=True,
        )
        found = stops(kind, chosen.people)
        late, sent = f"{found.median_ms:.1f} ms (median, promised {MEDIAN_MS:.0f})", f"{found.sent_per_second:,.0f} msg/s"
        worst = f"{found.p99_ms:.1f} ms (99th percentile, promised {P99_MS:.0f})"
        print(f"{kind}: {found.stops:,} STOPs while {sent} left: in effect after {late}, {worst}", flush=True)


if __name__ == "__main__":
    main()

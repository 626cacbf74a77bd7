"""What SMTP costs on this machine without a gateway: the yardsticks the benchmark of the whole path is measured with.

All of them hand the same ready-made 10 KB bytes over the same number of connections to Postfix's smtp-sink on loopback:

    smtp-source   Postfix's own load generator, in C
    aiosmtplib    a loop of `sendmail` per connection, split over processes
    channel       gateway.channels.smtp, split over processes

    python -m bench.smtp_baselines            prints each and the ratios: medians over interleaved rounds
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import free_port

CACHE = Path("var/bench")
CONNECTIONS = 10
BODY = (
    b"Subject: Lettre\r\nFrom: equipe@campagne.example\r\n\r\n"
    + b"Une ligne de la lettre, ni longue ni courte, ni rien.\r\n" * 185
)
_LANES, _BATCH = 2, 100


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost the sender; the sink's part is not in it."""

    per_second: float  #: messages
    cpu_us: float  #: processor time per message, all processes of the sender

    def __str__(self) -> str:
        return f"{self.per_second:8,.0f} msg/s {self.cpu_us:7.1f} µs/msg"


@dataclass(frozen=True, slots=True)
class Postfix:
    """The two binaries and what they need to run without being installed."""

    sink: Path
    source: Path
    environment: dict[str, str]


def postfix() -> Postfix:
    """The binaries installed on this machine, or those of Debian's package unpacked under var/bench, which installs nothing.

    Raises FileNotFoundError when there is neither.
    """
    folders = [*map(Path, os.get_exec_path()), Path("/usr/sbin"), Path("/usr/lib/postfix/sbin")]
    for folder in folders:
        if (folder / "smtp-sink").exists() and (folder / "smtp-source").exists():
            return Postfix(folder / "smtp-sink", folder / "smtp-source", dict(os.environ))
    root = (CACHE / "postfix").absolute()
    if not (root / "usr/sbin/smtp-sink").exists():
        _unpack(root)
    libraries = {**os.environ, "LD_LIBRARY_PATH": str(root / "usr/lib/postfix")}
    return Postfix(root / "usr/sbin/smtp-sink", root / "usr/sbin/smtp-source", libraries)


def _unpack(root: Path) -> None:
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg")
    if not apt or not dpkg:
        raise FileNotFoundError("smtp-sink and smtp-source: install the package postfix, which has them")
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run([apt, "download", "postfix"], cwd=root, check=True, capture_output=True)
    for package in root.glob("postfix_*.deb"):
        subprocess.run([dpkg, "-x", package, root], check=True)


@contextmanager
def smtp_sink() -> Iterator[int]:
    """An smtp-sink that swallows everything; yields its port."""
    tools, port = postfix(), free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to stay root
    sink = subprocess.Popen([tools.sink, *as_nobody, f"127.0.0.1:{port}", "512"], env=tools.environment)
    try:
        _await(port, sink)
        yield port
    finally:
        sink.terminate()
        sink.wait()


def smtp_source(port: int, messages: int, *, connections: int = CONNECTIONS) -> Cost:
    """Postfix's load generator; -d keeps its connections open between messages, as the others do."""
    tools = postfix()
    command = [tools.source, "-d", "-s", connections, "-m", messages, "-l", len(BODY), "-f", "a@b.example", "-t", "c@d.example"]
    began = time.perf_counter()
    process = subprocess.Popen([*map(str, command), f"127.0.0.1:{port}"], env=tools.environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"smtp-source ended with {process.returncode}")
    return Cost(messages / seconds, (usage.ru_utime + usage.ru_stime) / messages * 1e6)


def aiosmtplib_loop(
    port: int, messages: int, *, connections: int = CONNECTIONS, processes: int = 2, uvloop: bool = False
) -> Cost:
    """A loop of aiosmtplib's sendmail per connection with bytes made in advance, on asyncio's own loop or on uvloop."""
    return _in_processes("aiosmtplib-uvloop" if uvloop else "aiosmtplib", port, messages, connections, processes)


def pipelined(port: int, messages: int, *, connections: int = CONNECTIONS, processes: int = 1) -> Cost:
    """Our channel with bytes made in advance, two lanes of batches of a hundred in each process."""
    return _in_processes("channel", port, messages, connections, processes)


# -- one process of a run: it opens its connections, says so, waits for the start, sends, and tells what it cost


def _in_processes(what: str, port: int, messages: int, connections: int, processes: int) -> Cost:
    command = [sys.executable, "-m", "bench.smtp_baselines", "--run", what, "--port", str(port)]
    command += ["--messages", str(messages // processes), "--connections", str(connections // processes)]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    for each in running:
        if not each.stdout or each.stdout.readline() != "ready\n":
            raise RuntimeError(f"{what}: a process could not begin")
    began = time.perf_counter()
    for each in running:
        if each.stdin:
            each.stdin.write("go\n")
            each.stdin.flush()
    spent = [float(json.loads(each.stdout.readline())["cpu"]) for each in running if each.stdout]
    seconds = time.perf_counter() - began
    for each in running:
        each.communicate()
    sent = messages // processes * processes
    return Cost(sent / seconds, sum(spent) / sent * 1e6)


def _timed(send: Callable[[], None]) -> None:
    """Say ready, wait for the start, send, tell the processor time it took."""
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    send()
    print(json.dumps({"cpu": time.process_time() - began}), flush=True)


def _run_aiosmtplib(port: int, messages: int, connections: int, *, fast_loop: bool = False) -> None:
    import aiosmtplib
    import uvloop

    loop = uvloop.new_event_loop() if fast_loop else asyncio.new_event_loop()

    async def opened() -> aiosmtplib.SMTP:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname="bench.example")
        await client.connect()
        return client

    async def share(client: aiosmtplib.SMTP, first: int) -> None:
        for number in range(first, messages, connections):
            await client.sendmail(f"b+{number}@campagne.example", [f"p{number}@example.fr"], BODY)

    async def everything() -> None:
        await asyncio.gather(*(share(client, first) for first, client in enumerate(clients)))

    async def opened_all() -> list[aiosmtplib.SMTP]:
        return [await opened() for _ in range(connections)]

    clients = loop.run_until_complete(opened_all())
    _timed(lambda: loop.run_until_complete(everything()))


def _run_channel(port: int, messages: int, connections: int) -> None:
    from gateway.channels.smtp import SmtpChannel, SmtpRelay
    from gateway.domain.channel import Accepted, Envelope, Unwatched

    def envelopes(first: int, count: int) -> list[Envelope]:
        return [
            Envelope(number, bytes(16), f"b+{number}@campagne.example", f"p{number}@example.fr", lambda _encoding: BODY)
            for number in range(first, first + count)
        ]

    def batch(first: int, count: int) -> None:
        outcomes = channel.hand_over(envelopes(first, count), Unwatched())
        if not all(isinstance(outcome, Accepted) for outcome in outcomes):
            raise RuntimeError(f"the sink refused: {outcomes[0]}")

    def lane(share: list[int]) -> None:
        for first in share:
            batch(first, min(_BATCH, messages - first))

    def send() -> None:
        starts = list(range(0, messages, _BATCH))
        lanes = [threading.Thread(target=lane, args=(starts[number::_LANES],)) for number in range(_LANES)]
        for each in lanes:
            each.start()
        for each in lanes:
            each.join()

    relay = SmtpRelay(host="127.0.0.1", port=port, tls="none", connections=connections, helo="bench.example")
    channel = SmtpChannel(relay)
    batch(0, connections * 4)
    _timed(send)
    channel.close()


# -- command


def _await(port: int, sink: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and sink.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("smtp-sink does not listen")


def compare(messages: int, rounds: int, connections: int) -> None:
    """Print each runner's medians, then the medians of the ratios of each round."""
    runners: dict[str, Callable[[int], Cost]] = {
        "smtp-source": lambda port: smtp_source(port, messages * 2, connections=connections),
        "aiosmtplib, 1 process": lambda port: aiosmtplib_loop(port, messages, connections=connections, processes=1),
        "aiosmtplib, 2 processes": lambda port: aiosmtplib_loop(port, messages, connections=connections, processes=2),
        "aiosmtplib on uvloop, 2": lambda port: aiosmtplib_loop(port, messages, connections=connections, uvloop=True),
        "channel, 1 process": lambda port: pipelined(port, messages * 2, connections=connections, processes=1),
        "channel, 2 processes": lambda port: pipelined(port, messages * 2, connections=connections, processes=2),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in runners}
    with smtp_sink() as port:
        for number in range(rounds):
            for name, run in runners.items():
                costs[name].append(run(port))
                print(f"round {number + 1}  {name:24} {costs[name][-1]}", flush=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cpus"
    print(f"\nmedians of {rounds} rounds, {len(BODY):,} octets, {connections} connections, {machine}")
    for name, runs in costs.items():
        print(f"  {name:24} {Cost(statistics.median(c.per_second for c in runs), statistics.median(c.cpu_us for c in runs))}")
    for name, yardstick in (
        ("channel, 1 process", "aiosmtplib, 1 process"),
        ("channel, 1 process", "aiosmtplib, 2 processes"),
        ("channel, 2 processes", "aiosmtplib, 2 processes"),
        ("channel, 1 process", "smtp-source"),
        ("channel, 2 processes", "smtp-source"),
    ):
        ratios = [ours.per_second / theirs.per_second for ours, theirs in zip(costs[name], costs[yardstick], strict=True)]
        print(f"  {name} = {statistics.median(ratios):.2f} x {yardstick}   ({min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    """Compare, or be one process of a comparison."""
    arguments = argparse.ArgumentParser(prog="python -m bench.smtp_baselines")
    arguments.add_argument("--messages", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--connections", type=int, default=CONNECTIONS)
    arguments.add_argument("--run", choices=("aiosmtplib", "aiosmtplib-uvloop", "channel"), help=argparse.SUPPRESS)
    arguments.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    match chosen.run:
        case "aiosmtplib":
            _run_aiosmtplib(chosen.port, chosen.messages, chosen.connections)
        case "aiosmtplib-uvloop":
            _run_aiosmtplib(chosen.port, chosen.messages, chosen.connections, fast_loop=True)
        case "channel":
            _run_channel(chosen.port, chosen.messages, chosen.connections)
        case _:
            compare(chosen.messages, chosen.rounds, chosen.connections)


if __name__ == "__main__":
    main()

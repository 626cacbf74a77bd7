"""An SMTP server of our own, in a thread, that can be told to refuse, wait, fall silent or hang up at any point."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType

PIPELINING = ("PIPELINING", "8BITMIME", "SIZE 100000", "ENHANCEDSTATUSCODES")
ONE_BY_ONE = ("8BITMIME", "SIZE 100000", "ENHANCEDSTATUSCODES")


@dataclass(frozen=True)
class Say:
    """Answer with these words (CRLF between the lines of one reply), after a while, perhaps byte by byte."""

    reply: str
    after_seconds: float = 0.0
    in_pieces: bool = False


@dataclass(frozen=True)
class HangUp:
    """Close the connection without a word; at DOT, perhaps after the message was taken."""

    taken: bool = False


@dataclass(frozen=True)
class FallSilent:
    """Never answer; go on reading nothing."""


Answer = Say | HangUp | FallSilent


@dataclass
class Rule:
    """What to answer when `verb` is heard and its line holds `holding`; as many times as said.

    Verbs: CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, BODY (some of it has come, not the dot), DOT, RSET, NOOP, QUIT.
    """

    verb: str
    answer: Answer
    holding: str = ""
    times: int = 1_000_000


@dataclass(frozen=True)
class Heard:
    """One line a client said, when, on which connection, and how many bytes of its next lines had already come."""

    at: float
    connection: int
    line: str
    waiting: int = 0


@dataclass(frozen=True)
class Kept:
    """A message the server answered 250 for."""

    sender: str
    recipient: str
    content: bytes
    connection: int


@dataclass
class _Visit:
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    recipient: str = ""
    secured: bool = False


class _Gone(Exception):
    """The visit is over."""


class _TakenAndGone(_Gone):
    """The visit is over, and the message was taken."""


@dataclass
class Server:
    """A scriptable SMTP server on loopback. Use as a context manager; read `heard` and `kept` afterwards."""

    rules: Sequence[Rule] = ()
    extensions: tuple[str, ...] = PIPELINING
    tls: ssl.SSLContext | None = None  #: offered by STARTTLS, or from the first byte when implicit
    implicit: bool = False
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    connections: int = 0
    open_at_once_max: int = 0
    _open: int = 0

    def __enter__(self) -> Server:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(5)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def lines(self, verb: str) -> list[Heard]:
        """What was heard of one verb, in order."""
        return [heard for heard in self.heard if heard.line.upper().startswith(verb)]

    def recipients(self) -> list[str]:
        """To whom messages were kept, in order."""
        return [kept.recipient for kept in self.kept]

    def hang_up_on_everybody(self) -> None:
        """Close every open connection, as a server that restarts."""
        asyncio.run_coroutine_threadsafe(self._stop_visits(), self._loop).result(5)

    # -- in the server's thread

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        secured = self.tls if self.implicit else None
        self._server = self._loop.run_until_complete(asyncio.start_server(self._welcome, "127.0.0.1", self.port, ssl=secured))
        self.port = self._server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()

    async def _stop(self) -> None:
        self._server.close()
        await self._stop_visits()

    async def _stop_visits(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._open += 1
        self.open_at_once_max = max(self._open, self.open_at_once_max)
        visit = _Visit(self.connections, reader, writer, secured=self.implicit)
        try:
            await self._converse(visit)
        except (_Gone, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            self._open -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    async def _converse(self, visit: _Visit) -> None:
        await self._answer(visit, "CONNECT", "", "220 fake ESMTP")
        while True:
            line = (await visit.reader.readuntil(b"\r\n"))[:-2].decode("latin-1")
            await asyncio.sleep(0)
            waiting = len(visit.reader._buffer)  # type: ignore[attr-defined]
            self.heard.append(Heard(time.perf_counter(), visit.number, line, waiting))
            await self._obey(visit, line.split(" ")[0].split(":")[0].upper(), line)

    async def _obey(self, visit: _Visit, verb: str, line: str) -> None:
        match verb:
            case "EHLO":
                offered = ["fake", *self.extensions, *(["STARTTLS"] if self.tls and not visit.secured else [])]
                await self._answer(visit, verb, line, "\r\n".join([*(f"250-{each}" for each in offered), "250 HELP"]))
            case "MAIL":
                if await self._answer(visit, verb, line, "250 2.1.0 Ok"):
                    visit.sender = line.split("<")[1].split(">")[0]
            case "RCPT":
                if await self._answer(visit, verb, line, "250 2.1.5 Ok"):
                    visit.recipient = line.split("<")[1].split(">")[0]
            case "DATA":
                usual = "354 Go on" if visit.recipient else "554 5.5.1 No valid recipients"
                if await self._answer(visit, verb, visit.recipient, usual):
                    await self._take_body(visit)
            case "STARTTLS":
                if await self._answer(visit, verb, line, "220 Go on"):
                    await visit.writer.start_tls(self.tls)  # type: ignore[arg-type]
                    visit.secured = True
            case "AUTH":
                await self._answer(visit, verb, line, "235 2.7.0 Welcome")
            case "RSET":
                visit.sender = visit.recipient = ""
                await self._answer(visit, verb, line, "250 2.0.0 Ok")
            case "QUIT":
                await self._answer(visit, verb, line, "221 2.0.0 Bye")
                raise _Gone
            case "NOOP" | "HELO":
                await self._answer(visit, verb, line, "250 2.0.0 Ok")
            case _:
                await self._answer(visit, verb, line, "500 5.5.2 What?")

    async def _take_body(self, visit: _Visit) -> None:
        first = await visit.reader.readuntil(b"\r\n")
        await self._answer(visit, "BODY", visit.recipient, "")
        content = first
        while not content.endswith(b"\r\n.\r\n") and content != b".\r\n":
            content += await visit.reader.readuntil(b"\r\n")
        waiting = len(visit.reader._buffer)  # type: ignore[attr-defined]
        self.heard.append(Heard(time.perf_counter(), visit.number, f"<{len(content)} octets>", waiting))
        plain = content[:-3].replace(b"\r\n..", b"\r\n.")
        message = Kept(
            visit.sender, visit.recipient, plain.removeprefix(b".") if plain.startswith(b"..") else plain, visit.number
        )
        visit.sender = visit.recipient = ""
        try:
            if await self._answer(visit, "DOT", message.recipient, f"250 2.0.0 Ok: queued as {visit.number}-{len(self.kept)}"):
                self.kept.append(message)
        except _TakenAndGone:
            self.kept.append(message)
            raise

    async def _answer(self, visit: _Visit, verb: str, line: str, usual: str) -> bool:
        """Answer by rule or as usual. True if the answer was positive."""
        answer: Answer = Say(usual)
        for rule in self.rules:
            if rule.verb == verb and rule.holding in line and rule.times > 0:
                rule.times -= 1
                answer = rule.answer
                break
        match answer:
            case HangUp(taken=taken):
                raise _TakenAndGone if taken else _Gone
            case FallSilent():
                await asyncio.sleep(60)
                raise _Gone
            case Say(reply=reply):
                await asyncio.sleep(answer.after_seconds)
                await self._say(visit, reply, in_pieces=answer.in_pieces)
                return reply[:1] in ("2", "3")

    async def _say(self, visit: _Visit, reply: str, *, in_pieces: bool) -> None:
        if not reply:
            return
        octets = f"{reply}\r\n".encode()
        for piece in [octets[i : i + 1] for i in range(len(octets))] if in_pieces else [octets]:
            visit.writer.write(piece)
            await visit.writer.drain()
            if in_pieces:
                await asyncio.sleep(0.001)

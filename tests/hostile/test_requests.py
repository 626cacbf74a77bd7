"""Malformed and oversized requests on the wire: refused clearly, nothing changed, and everybody else goes on being answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx2
import pytest

from gateway.web.app import web_app
from tests.web.shown import served
from tests.web.voters import Town

ONE_CLICK = "List-Unsubscribe=One-Click"
HALF_SAID = 200


@pytest.fixture
def url(small_town: Town) -> Iterator[str]:
    with served(web_app(small_town.gw)) as root:
        yield root


def speak(url: str, *said: bytes) -> bytes:
    """Say this, piece by piece, and listen until the server hangs up or has nothing more to say."""
    host, _, port = url.removeprefix("http://").partition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=2) as connection, suppress(ConnectionError, TimeoutError):
        for piece in said:
            connection.sendall(piece)
        while heard := connection.recv(65536):
            answer += heard
    return answer


def post(token: str, *headers: str, body: str = ONE_CLICK) -> bytes:
    lines = [f"POST /o/{token} HTTP/1.1", "Host: lettre.exemple.fr", *headers, "", body]
    return "\r\n".join(lines).encode()


MALFORMED = {
    "a chunk whose length is no number": (("Transfer-Encoding: chunked",), f"zz\r\n{ONE_CLICK}\r\n0\r\n\r\n"),
    "a chunk shorter than it says": (("Transfer-Encoding: chunked",), f"4\r\n{ONE_CLICK}\r\n0\r\n\r\n"),
    "a chunk of a negative length": (("Transfer-Encoding: chunked",), f"-1a\r\n{ONE_CLICK}\r\n0\r\n\r\n"),
    "a chunk of an endless length": (("Transfer-Encoding: chunked",), "f" * 40 + f"\r\n{ONE_CLICK}"),
    "a negative length": (("Content-Length: -26",), ONE_CLICK),
    "a length that is no number": (("Content-Length: 26abc",), ONE_CLICK),
    "two lengths that differ": (("Content-Length: 26", "Content-Length: 5"), ONE_CLICK),
    "a header line without a colon": (("Content-Length: 26", "hello there"), ONE_CLICK),
    "a NUL in a header": (("Content-Length: 26", "X: a\x00b"), ONE_CLICK),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_request_is_refused_and_unsubscribes_nobody(small_town: Town, url: str, kind: str) -> None:
    headers, body = MALFORMED[kind]
    before = small_town.everything()
    answer = speak(url, post(small_town.token(), *headers, body=body))
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413")), answer[:60]
    assert small_town.everything() == before
    assert httpx2.get(f"{url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [("X: " + "a" * 2_000_000,), tuple(f"X-{n}: {'a' * 1000}" for n in range(2000))],
    ids=["one endless header", "thousands of headers"],
)
def test_endless_headers_are_not_read_to_the_end(small_town: Town, url: str, headers: tuple[str, ...]) -> None:
    before = small_town.everything()
    answer = speak(url, post(small_town.token(), *headers, "Content-Length: 26"))
    assert answer[:10] in (b"", b"HTTP/1.1 4")
    assert small_town.everything() == before


@pytest.mark.parametrize("path", ["/o/{token}", "/hooks/twilio/sms/reply", "/nowhere"])
def test_whoever_hangs_up_in_the_middle_of_a_request_is_no_fault_of_ours(
    small_town: Town,
    url: str,
    path: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A train goes into a tunnel; or a stranger does it by the thousand, to fill the disk with our log."""
    host, _, port = url.removeprefix("http://").partition(":")
    begun = f"POST {path.format(token=small_town.token())} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n"
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        with socket.create_connection((host, int(port)), timeout=2) as connection:
            connection.sendall(f"{begun}Content-Type: {kind}\r\n\r\nList-Unsub".encode())
    assert httpx2.get(f"{url}/healthz").status_code == 200
    assert [one.getMessage() for one in caplog.records if one.levelname in ("WARNING", "ERROR")] == []


def test_a_body_announced_as_huge_is_refused_before_it_comes(small_town: Town, url: str) -> None:
    answer = speak(url, post(small_town.token(), "Connection: close", "Content-Length: 99999999999"))
    assert answer.startswith(b"HTTP/1.1 413")
    assert small_town.objections() == []


def test_a_request_cut_in_the_middle_of_its_body_unsubscribes_nobody(small_town: Town, url: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        connection.sendall(post(small_town.token(), "Content-Length: 200"))
    assert httpx2.get(f"{url}/healthz").status_code == 200
    assert small_town.objections() == []


def test_many_who_never_finish_their_request_keep_nobody_from_unsubscribing(small_town: Town, url: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    with ExitStack() as stack:
        for number in range(HALF_SAID):
            slow = stack.enter_context(socket.create_connection((host, int(port)), timeout=5))
            head = f"POST /o/{small_town.token()} HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n"
            slow.sendall((head + "\r\nList-" if number % 2 else head).encode())
        answer = httpx2.post(f"{url}/o/{small_town.token()}", data={"List-Unsubscribe": "One-Click"}, timeout=10)
        assert (answer.status_code, answer.text) == (200, "OK\n")
    assert small_town.objections() == [("email", "one_click")]

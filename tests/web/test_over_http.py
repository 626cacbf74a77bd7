"""The same pages behind a real server, as a mailbox provider meets them."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx2

from gateway.domain.message import MessageState
from gateway.web.app import web_app
from tests.web.shown import served
from tests.web.voters import Town


def _speak(url: str, request: bytes) -> bytes:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):  # the server hangs up on what it refuses to read to the end
            while chunk := connection.recv(65536):
                answer += chunk
    return answer


def test_the_very_bytes_of_rfc_8058_unsubscribe(voters_town: Town):
    with served(web_app(voters_town.gw)) as url:
        answer = _speak(
            url,
            f"POST /o/{voters_town.token()} HTTP/1.1\r\nHost: lettre.exemple.fr\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\nConnection: close\r\n\r\n"
            "List-Unsubscribe=One-Click".encode(),
        )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b"OK\n"
    assert b"\r\nset-cookie:" not in head.lower()
    assert b"\r\nlocation:" not in head.lower()
    assert voters_town.objections() == [("email", "one_click")]
    assert voters_town.message_state() is MessageState.CANCELLED


def test_the_multipart_form_of_rfc_8058_unsubscribes(small_town: Town):
    with served(web_app(small_town.gw)) as url:
        answer = httpx2.post(f"{url}/o/{small_town.token()}", files={"List-Unsubscribe": (None, "One-Click")})
    assert (answer.status_code, answer.text) == (200, "OK\n")
    assert small_town.objections() == [("email", "one_click")]


def test_many_providers_at_once_are_all_answered_and_one_objection_is_kept(voters_town: Town):
    with served(web_app(voters_town.gw)) as url, ThreadPoolExecutor(40) as crowd:
        target = f"{url}/o/{voters_town.token()}"

        def asks(_provider: int) -> int:
            # Over HTTP no certificate is looked at: to read the machine's for each provider would take most of the time.
            answer = httpx2.post(target, data={"List-Unsubscribe": "One-Click"}, timeout=30, verify=False)
            return answer.status_code

        answers = list(crowd.map(asks, range(120)))
    assert set(answers) == {200}
    assert voters_town.objections() == [("email", "one_click")]


def test_a_request_that_is_no_http_is_refused_and_the_server_lives_on(small_town: Town):
    with served(web_app(small_town.gw)) as url:
        assert _speak(url, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert _speak(url, b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n")[:10] in (b"", b"HTTP/1.1 4")
        assert httpx2.get(f"{url}/healthz").status_code == 200

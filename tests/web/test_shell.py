"""What surrounds every answer: headers, no cookie, and a last word when all else failed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from gateway.web.about import About
from gateway.web.app import web_app
from gateway.web.pages import Pages
from tests.clock import ManualClock
from tests.web.voters import Town, town

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "cross-origin-opener-policy": "same-origin",
}
EVERY_ROUTE = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/o/{token}", 200),
    ("POST", "/o/{token}", 200),
    ("GET", "/o/forged", 404),
    ("DELETE", "/o/{token}", 405),
    ("GET", "/static/public.css", 200),
    ("GET", "/static/../app.py", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/docs", 404),
    ("GET", "/openapi.json", 404),
    ("GET", "/sandbox/mails", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), EVERY_ROUTE)
def test_every_answer_is_armoured_and_sets_no_cookie(
    small_browser: TestClient, small_town: Town, method: str, path: str, status: int
):
    body = {"List-Unsubscribe": "One-Click"} if method == "POST" else None
    answer = small_browser.request(method, path.format(token=small_town.token()), data=body)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/o/{token}", "/o/forged"])
def test_no_page_has_a_script_an_inline_style_or_anything_from_elsewhere(small_browser: TestClient, small_town: Town, path: str):
    page = small_browser.get(path.format(token=small_town.token())).text
    assert "<script" not in page
    assert "style=" not in page
    assert "<style" not in page
    assert 'src="http' not in page
    assert '<link rel="stylesheet" href="/static/public.css">' in page


def test_the_link_is_never_written_into_its_own_page(small_browser: TestClient, small_town: Town):
    page = small_browser.get(f"/o/{small_town.token()}").text
    assert small_town.token() not in page


def test_pages_reached_by_https_ask_browsers_to_stay_there(sqlite_url: str, tmp_path: Path, clock: ManualClock):
    with town(sqlite_url, tmp_path, clock, web={"public_url": "https://lettre.exemple.fr"}) as ready:
        answer = TestClient(web_app(ready.gw)).get("/healthz")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_page_that_fails_says_so_and_leaks_nothing(
    small_town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def fails(_self: About, _request: Request) -> Response:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(About, "front", fails)
    answer = TestClient(web_app(small_town.gw)).get("/")
    assert answer.status_code == 500
    assert "Nous n’avons pas pu vous répondre" in answer.text and "Ne plus recevoir vos messages" in unquote(answer.text)
    assert "secret detail" not in answer.text
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "secret detail" in caplog.text


def test_where_no_page_can_be_made_there_are_two_lines(small_town: Town, monkeypatch: pytest.MonkeyPatch):
    def fails(_self: Pages, *_given: object, **_named: object) -> str:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Pages, "html", fails)
    answer = TestClient(web_app(small_town.gw)).get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert "Une erreur de notre côté" in answer.text and "secret detail" not in answer.text
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS


def test_readiness_tells_an_old_schema_from_a_current_one(tmp_path: Path, clock: ManualClock, sqlite_url: str):
    with town(sqlite_url, tmp_path, clock) as ready:
        client = TestClient(web_app(ready.gw))
        told = client.get("/readyz").json()
        assert told == {"ready": True, "database": "reached", "schema": "current", "pack": ready.gw.pack.version}
        with ready.gw.engine.begin() as tx:
            tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["schema"]) == (503, "other")

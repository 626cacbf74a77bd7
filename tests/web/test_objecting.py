"""The unsubscribe link: GET shows and never acts, POST acts at once, whoever sends it."""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gateway.domain.keys import Keyring, LinkScope
from gateway.domain.message import MessageState
from gateway.web.app import BODY_BYTES_MAX, web_app
from tests.clock import ManualClock
from tests.web.voters import CONTACT, Town, town

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def test_opening_the_link_shows_who_wrote_and_changes_nothing(browser: TestClient, voters_town: Town):
    before = voters_town.everything()
    page = browser.get(f"/o/{voters_town.token()}")
    assert page.status_code == 200
    for told in ("Camille Rochebrune", "Comité Rochebrune", "c…@exemple.fr", "le formulaire du site", "1er septembre 2026"):
        assert told in page.text
    assert '<button name="scope" value="medium">Ne plus recevoir de courriels</button>' in page.text
    assert voters_town.everything() == before


def test_a_mail_scanner_that_only_asks_for_headers_changes_nothing(browser: TestClient, voters_town: Town):
    before = voters_town.everything()
    answer = browser.head(f"/o/{voters_town.token()}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert voters_town.everything() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_other_method_acts(small_browser: TestClient, small_town: Town, method: str):
    before = small_town.everything()
    answer = small_browser.request(method, f"/o/{small_town.token()}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert small_town.everything() == before


def test_a_person_who_presses_the_button_is_never_written_to_again_and_reads_since_when(browser: TestClient, voters_town: Town):
    page = browser.post(f"/o/{voters_town.token()}", data={"scope": "medium"})
    assert page.status_code == 200
    assert "C’est fait" in page.text
    assert "mardi 1er décembre 2026 à 11\u00a0h\u00a000\u00a0min\u00a000\u00a0s (heure de Paris)" in page.text
    assert "Comité Rochebrune ne vous écrira plus par courriel." in page.text
    assert "1 message prévu pour vous a été annulé." in page.text
    assert voters_town.objections() == [("email", "unsubscribe_link")]
    assert voters_town.message_state() is MessageState.CANCELLED


def test_a_person_may_stop_every_medium_at_once(browser: TestClient, voters_town: Town):
    page = browser.post(f"/o/{voters_town.token()}", data={"scope": "everything"})
    assert "ne vous enverra plus aucun message de campagne, par aucun moyen" in page.text
    assert voters_town.objections() == [("*", "unsubscribe_link")]


def test_a_person_who_stopped_emails_may_then_stop_the_rest(browser: TestClient, voters_town: Town):
    browser.post(f"/o/{voters_town.token()}", data={"scope": "medium"})
    page = browser.get(f"/o/{voters_town.token()}")
    assert "Vous ne recevez plus nos courriels" in page.text, "texts and calls were not stopped, and are not said to be"
    assert 'value="medium"' not in page.text and 'value="everything"' in page.text
    why = f"/w/{voters_town.token(LinkScope.WHY)}"
    assert "Arrêter tous les messages, par tous les moyens" in browser.get(why).text
    browser.post(f"/o/{voters_town.token()}", data={"scope": "everything"})
    assert voters_town.objections() == [("email", "unsubscribe_link"), ("*", "unsubscribe_link")]


def test_a_person_who_stopped_everything_is_offered_nothing_more_to_stop(browser: TestClient, voters_town: Town):
    """A button that is still there makes her doubt that she was heard."""
    browser.post(f"/o/{voters_town.token()}", data={"scope": "everything"})
    page = browser.get(f"/o/{voters_town.token()}").text
    assert "Vous ne recevez plus nos messages" in page and "<button" not in page
    why = browser.get(f"/w/{voters_town.token(LinkScope.WHY)}").text
    assert "vous n’avez rien à refaire" in why and "/o/" not in why


@pytest.mark.parametrize(
    "body",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b"List-Unsubscribe=One-Click"},
        {"data": {"list-unsubscribe": "one-click"}},
        {"content": b""},
        {"content": b'{"List-Unsubscribe": "One-Click"}', "headers": {"Content-Type": "application/json"}},
        {"content": b"List-Unsubscribe=One-Click", "headers": {"Content-Type": "multipart/form-data"}},
        {
            "content": b'--x\nContent-Disposition: form-data; name="List-Unsubscribe"\n\nOne-Click\n--x--\n',
            "headers": {"Content-Type": "multipart/form-data; boundary=x"},
        },
        {"data": ONE_CLICK | {f"more-{number}": "1" for number in range(20)}},
        {
            "content": gzip.compress(b"List-Unsubscribe=One-Click"),
            "headers": {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"},
        },
    ],
    ids=[
        "urlencoded",
        "multipart",
        "no type",
        "other case",
        "nothing",
        "JSON",
        "no multipart",
        "bare lines",
        "more fields",
        "packed",
    ],
)
def test_a_mailbox_provider_unsubscribes_without_cookie_redirect_or_page(browser: TestClient, voters_town: Town, body: dict):
    answer = browser.post(f"/o/{voters_town.token()}", **body)
    assert (answer.status_code, answer.text) == (200, "OK\n")
    assert "set-cookie" not in answer.headers
    assert voters_town.objections() == [("email", "one_click")]
    assert voters_town.message_state() is MessageState.CANCELLED


def test_a_one_click_that_comes_again_a_year_later_keeps_the_first_instant(
    browser: TestClient, voters_town: Town, clock: ManualClock
):
    browser.post(f"/o/{voters_town.token()}", data=ONE_CLICK)
    first = voters_town.everything()["suppression"]
    clock.advance(timedelta(days=365))
    assert browser.post(f"/o/{voters_town.token()}", data=ONE_CLICK).status_code == 200
    assert voters_town.everything()["suppression"] == first
    page = browser.post(f"/o/{voters_town.token()}", data={"scope": "medium"})
    assert "Votre demande était déjà enregistrée" in page.text
    assert voters_town.everything()["suppression"] == first


def test_a_hundred_one_clicks_in_a_row_are_all_answered(small_browser: TestClient, small_town: Town):
    answers = {small_browser.post(f"/o/{small_town.token()}", data=ONE_CLICK).status_code for _ in range(100)}
    assert answers == {200}


DAMAGES = {
    "one short": lambda token: token[:-1],
    "cut": lambda token: token[:20],
    "one long": lambda token: token + "A",
    "other end": lambda token: token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB"),
    "other head": lambda token: ("B" if token[0] != "B" else "C") + token[1:],
    "other case": str.upper,
    "tiny": lambda _token: "x",
    "accents": lambda _token: "é" * 20,
    "NUL": lambda _token: "%00",
    "huge": lambda _token: "A" * 5000,
}


def test_a_damaged_link_does_nothing_and_says_how_to_object_otherwise(browser: TestClient, voters_town: Town):
    before = voters_town.everything()
    for name, damage in DAMAGES.items():
        path = f"/o/{damage(voters_town.token())}"
        for answer in (browser.get(path), browser.post(path, data=ONE_CLICK), browser.post(path, data={"scope": "everything"})):
            assert answer.status_code == 404, name
            assert f"mailto:{CONTACT}" in answer.text, name
            assert "1 place de la Mairie" in answer.text, name
    assert voters_town.everything() == before


@pytest.mark.parametrize("scope", [LinkScope.WHY, LinkScope.INERT])
def test_a_link_made_for_something_else_does_not_unsubscribe(small_browser: TestClient, small_town: Town, scope: LinkScope):
    before = small_town.everything()
    assert small_browser.post(f"/o/{small_town.token(scope)}", data=ONE_CLICK).status_code == 404
    assert small_town.everything() == before


def test_a_link_of_another_installation_does_not_unsubscribe(small_browser: TestClient, small_town: Town):
    foreign = Keyring(b"another secret of thirty-two byte").link_token(LinkScope.OBJECT, 1, small_town.digest)
    assert small_browser.post(f"/o/{foreign}", data=ONE_CLICK).status_code == 404
    assert small_town.objections() == []


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"scope": "nothing"}},
        {"data": {"List-Unsubscribe": "Two-Clicks"}},
        {"content": b"\xff\xfe\x00", "headers": {"Content-Type": "application/octet-stream"}},
    ],
    ids=["unknown scope", "unknown value", "binary"],
)
def test_a_body_that_asks_for_nothing_we_know_is_refused_and_the_person_gets_a_page(
    small_browser: TestClient, small_town: Town, body: dict
):
    before = small_town.everything()
    answer = small_browser.post(f"/o/{small_town.token()}", **body)
    assert answer.status_code == 400
    assert 'value="medium"' in answer.text or f"mailto:{CONTACT}" in answer.text
    assert small_town.everything() == before


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"no boundary here", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nz\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"&".join(b"a%d=1" % i for i in range(500)), "application/x-www-form-urlencoded"),
    ],
    ids=["no part", "no boundary", "a file", "many fields"],
)
def test_a_malformed_body_is_refused_clearly(small_browser: TestClient, small_town: Town, content: bytes, kind: str):
    before = small_town.everything()
    answer = small_browser.post(f"/o/{small_town.token()}", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert small_town.everything() == before


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_an_oversized_body_is_refused_before_it_is_read_whole(small_browser: TestClient, small_town: Town, kind: str):
    before = small_town.everything()
    body = b"List-Unsubscribe=One-Click&a=" + b"x" * BODY_BYTES_MAX
    assert small_browser.post(f"/o/{small_town.token()}", content=body, headers={"Content-Type": kind}).status_code == 413

    def endless():
        for _ in range(100):
            yield b"x" * BODY_BYTES_MAX

    assert small_browser.post(f"/o/{small_town.token()}", content=endless(), headers={"Content-Type": kind}).status_code in (
        400,
        413,
    )
    assert small_town.everything() == before


def test_what_an_author_or_an_origin_is_named_cannot_become_markup(database_url: str, tmp_path: Path, clock: ManualClock):
    hostile = '<script>alert(1)</script>"&{{ 7 * 7 }}'
    with (
        town(database_url, tmp_path, clock, sender={"name": hostile, "email": "lettre@rochebrune.exemple.fr"}) as ready,
        TestClient(web_app(ready.gw)) as client,
    ):
        page = client.get(f"/o/{ready.token()}").text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "49" not in page

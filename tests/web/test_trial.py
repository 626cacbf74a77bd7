"""Trial mode's mailbox as pages: on this machine only, and whatever the mails contain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gateway.sandbox.kept import Arrival, KeptMails
from gateway.web.app import web_app
from tests.clock import ManualClock
from tests.web.voters import Town, town


def here(ready: Town, mailbox: KeptMails) -> TestClient:
    """A browser on the machine itself."""
    return TestClient(web_app(ready.gw, mailbox=mailbox), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000))


def letter(subject: str, html: str = "<p>Bonjour</p>") -> bytes:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["To"] = "camille@exemple.fr"
    mail["List-Unsubscribe"] = "<https://lettre.exemple.fr/o/abc>"
    mail.set_content("Bonjour en texte\n")
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[KeptMails]:
    kept = KeptMails(tmp_path / "sandbox")
    yield kept
    kept.close()


def keep(mailbox: KeptMails, *contents: bytes, recipient: str = "camille@exemple.fr") -> None:
    at = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    mailbox.add([Arrival(at, "b+x@rochebrune.exemple.fr", recipient, content) for content in contents])


def test_the_team_sees_what_people_would_have_received_newest_first(small_town: Town, mailbox: KeptMails):
    keep(mailbox, *(letter(f"Lettre {number}") for number in range(1, 61)))
    client = here(small_town, mailbox)
    page = client.get("/sandbox/mails?lang=fr").text
    assert "60 courriels gardés" in page
    assert page.index("Lettre 60") < page.index("Lettre 11")
    assert "Lettre 10<" not in page
    assert 'href="?after=11" rel="next"' in page
    assert "Lettre 10<" in client.get("/sandbox/mails?after=11").text


def test_the_team_looks_for_one_person(small_town: Town, mailbox: KeptMails):
    keep(mailbox, letter("Pour Camille"))
    keep(mailbox, letter("Pour Dominique"), recipient="dominique@exemple.fr")
    page = here(small_town, mailbox).get("/sandbox/mails?recipient=dominique@exemple.fr").text
    assert "Pour Dominique" in page
    assert "Pour Camille" not in page


def test_one_mail_shows_headers_text_and_source_and_frames_its_html(small_town: Town, mailbox: KeptMails):
    keep(mailbox, letter("Écoles & cantines"))
    client = here(small_town, mailbox)
    page = client.get("/sandbox/mails/1")
    assert "Écoles &amp; cantines" in page.text
    assert "&lt;https://lettre.exemple.fr/o/abc&gt;" in page.text
    assert "Bonjour en texte" in page.text
    assert 'src="/sandbox/mails/1/html" sandbox="allow-popups' in page.text
    assert "script" not in page.headers["content-security-policy"].replace("script-src 'none'", "")


def test_a_hostile_mail_runs_nothing_and_loads_nothing(small_town: Town, mailbox: KeptMails):
    keep(
        mailbox,
        letter("<img src=x onerror=alert(1)>", "</iframe><script>alert(1)</script><img src='https://elsewhere.example/p.png'>"),
    )
    client = here(small_town, mailbox)
    assert "<img" not in client.get("/sandbox/mails").text
    assert "<script" not in client.get("/sandbox/mails/1").text
    policy = client.get("/sandbox/mails/1/html").headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "img-src data:;" in policy


@pytest.mark.parametrize(
    "content",
    [
        b"\r\n",
        b"\xff\xfe\x00",
        b"Content-Type: text/html; charset=no-such-charset\r\n\r\n<p>\xe9</p>",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n",
        b"Subject: =?utf-8?q?broken\r\n\r\nx",
        b"Content-Type: text/plain\r\n\r\n" + b"x" * 300_000,
    ],
    ids=["empty", "binary", "unknown charset", "no part", "broken word", "long"],
)
def test_a_broken_mail_is_shown_all_the_same(small_town: Town, mailbox: KeptMails, content: bytes):
    keep(mailbox, content)
    client = here(small_town, mailbox)
    assert [client.get(path).status_code for path in ("/sandbox/mails", "/sandbox/mails/1", "/sandbox/mails/1/html")] == [200] * 3


@pytest.mark.parametrize("path", ["/sandbox/mails/2", "/sandbox/mails/x", "/sandbox/mails/-1", f"/sandbox/mails/{10**30}"])
def test_a_mail_that_is_not_there_is_not_found(small_town: Town, mailbox: KeptMails, path: str):
    keep(mailbox, letter("Lettre"))
    assert here(small_town, mailbox).get(path).status_code == 404


@pytest.mark.parametrize("after", ["x", "-1", "1e3", "٣", "9" * 30])
def test_a_page_number_that_is_none_is_refused(small_town: Town, mailbox: KeptMails, after: str):
    client = here(small_town, mailbox)
    assert client.get("/sandbox/mails", params={"after": after}).status_code == 400


@pytest.mark.parametrize(
    ("base_url", "client"),
    [
        ("http://127.0.0.1:8000", "192.0.2.7"),
        ("http://passerelle.example", "127.0.0.1"),
        ("http://127.0.0.1.example", "127.0.0.1"),
        ("http://127.0.0.1:8000", "testclient"),
    ],
    ids=["other machine", "other name", "lookalike name", "no address"],
)
def test_nobody_else_sees_the_mailbox(small_town: Town, mailbox: KeptMails, base_url: str, client: str):
    keep(mailbox, letter("Lettre"))
    visitor = TestClient(web_app(small_town.gw, mailbox=mailbox), base_url=base_url, client=(client, 50000))
    assert visitor.get("/sandbox/mails").status_code == visitor.get("/sandbox/mails/1").status_code == 404


def test_in_live_mode_there_is_no_mailbox(sqlite_url: str, tmp_path: Path, clock: ManualClock, mailbox: KeptMails):
    with town(sqlite_url, tmp_path, clock, mode="live", secret="s" * 32) as ready:
        assert here(ready, mailbox).get("/sandbox/mails").status_code == 404

"""`gateway sandbox`: the same mails on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.cli.sandbox import sandbox_app
from gateway.domain.errors import NotFound
from gateway.sandbox.kept import Arrival, KeptMails
from tests.commands import ran


@pytest.fixture(autouse=True)
def _two_mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_VAR_DIR", str(tmp_path))
    kept = KeptMails(tmp_path / "sandbox")
    at = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    kept.add(
        [
            Arrival(at, "b@x.example", f"{name}@exemple.fr", f"Subject: Lettre [/x]\r\n\r\n{name}".encode())
            for name in ("ana", "ben")
        ]
    )
    kept.close()


def test_the_list_shows_the_newest_first_and_adds_up():
    shown = ran(sandbox_app, "mails", "--limit", "1")
    assert shown.exit_code == 0
    assert "1 sur 2" in shown.output
    assert "ben@exemple.fr" in shown.output
    assert "[/x]" in shown.output, "what a mail says is text, never markup of the terminal"
    assert "ana@exemple.fr" not in shown.output


def test_the_list_says_where_a_mail_is_read():
    shown = ran(sandbox_app, "mails", "--recipient", "ana@exemple.fr").output
    number = json.loads(ran(sandbox_app, "mails", "--recipient", "ana@exemple.fr", "--json").output)[0]["id"]
    assert f"/sandbox/mails/{number} " in shown and f"gateway sandbox read {number}" in shown
    assert "Lire le n°" not in ran(sandbox_app, "mails", "--recipient", "personne@exemple.fr").output


def test_programs_get_json():
    answer = json.loads(ran(sandbox_app, "mails", "--recipient", "ana@exemple.fr", "--json").output)
    assert [(mail["id"], mail["subject"], mail["received_at"]) for mail in answer] == [
        (1, "Lettre [/x]", "2026-12-01T10:00:00+00:00")
    ]


def test_a_mail_is_printed_as_it_was_transmitted():
    assert ran(sandbox_app, "read", "2").stdout_bytes == b"Subject: Lettre [/x]\r\n\r\nben"


def test_a_mail_that_is_not_there_is_said_so():
    assert isinstance(ran(sandbox_app, "read", "3").exception, NotFound)

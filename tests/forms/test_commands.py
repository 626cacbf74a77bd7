"""`gateway forms …` and `gateway consent receipt`, as a volunteer runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from gateway.cli.main import app
from gateway.domain.errors import Conflict, NotFound
from tests.commands import installed, ran
from tests.forms.support import FORM, NOTICE, write

Run = Callable[..., Result]


@pytest.fixture
def command(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in an installation of its own, whose form is `lettre`."""
    monkeypatch.chdir(tmp_path)
    installed(monkeypatch, sqlite_url, tmp_path)
    monkeypatch.setenv("GATEWAY_FORMS__FOLDER", str(tmp_path / "forms"))
    write(tmp_path, FORM)

    def run(*arguments: str) -> Result:
        return ran(app, *arguments)

    return run


def test_a_form_is_checked_previewed_published_and_shown(command: Run, tmp_path: Path) -> None:
    assert command("forms", "check", "lettre").exit_code == 0
    assert command("forms", "preview", "lettre", "--to", str(tmp_path / "page.html")).exit_code == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "J’accepte les courriels de la campagne." in page and "<style>" in page and 'name="page" value=""' in page
    published = json.loads(command("forms", "publish", "lettre", "--json").output)
    assert published["address"] == "http://127.0.0.1:8000/f/lettre"
    shown = json.loads(command("forms", "show", "lettre", "--json").output)
    assert shown["version"] == published["version"]
    assert [box["id"] for box in shown["form"]["boxes"]] == ["courriel", "sms", "appels", "apres"]
    [line] = json.loads(command("forms", "list", "--json").output)
    assert (line["form"], line["edited"]) == ("lettre", False)


def test_a_form_that_lacks_something_is_told_so_and_not_published(command: Run, tmp_path: Path) -> None:
    write(tmp_path, FORM.replace(NOTICE, '\n[notice.fr]\nform-purpose = "Vous écrire."\n'))
    checked = command("forms", "check", "lettre", "--json")
    assert checked.exit_code == 1
    assert [one["rule"] for one in json.loads(checked.output)["refusals"]] == ["notice-art13-page"]
    assert isinstance(command("forms", "publish", "lettre").exception, Conflict)


def test_the_lines_to_copy_into_a_site_are_shown_once_the_site_is_named(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    command("forms", "publish", "lettre")
    assert "<iframe" not in command("forms", "show", "lettre").output
    monkeypatch.setenv("GATEWAY_FORMS__EMBED_ORIGINS", '["https://www.exemple.example"]')
    assert '<iframe src="http://127.0.0.1:8000/f/lettre/embed"' in command("forms", "show", "lettre").output


def test_a_form_can_be_taken_off_the_web(command: Run) -> None:
    assert "pas publié" in command("forms", "list").output
    command("forms", "publish", "lettre")
    assert command("forms", "close", "lettre").exit_code == 0
    assert "fermé le " in command("forms", "list").output
    assert isinstance(command("forms", "close", "lettre").exception, NotFound)


def test_there_is_no_receipt_for_somebody_unknown(command: Run) -> None:
    assert isinstance(command("consent", "receipt", "inconnue@exemple.example").exception, NotFound)

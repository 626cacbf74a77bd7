"""The opposition list knows people by digests under one secret: under another, whoever said no would be written to again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.cli.main import app
from gateway.domain.errors import InvalidSettings
from gateway.store.engine import open_engine
from tests.commands import called, installed, ran

OTHER = "another secret of thirty-two characters"


@pytest.fixture
def folder(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trial installation in which Bruno objected."""
    installed(monkeypatch, database_url, tmp_path)
    (tmp_path / "stop.csv").write_text("bruno@exemple.fr\n", "utf-8")
    called(app, "suppressions", "import", tmp_path / "stop.csv")
    return tmp_path


def people_come_in(folder: Path) -> None:
    (folder / "liste.csv").write_text("courriel;consentement\nagathe@exemple.fr;oui\n", "utf-8")
    evidence = ("--form", "site", "--wording", "J’accepte.", "--means", "case", "--given-at", "01/11/2026")
    origin = (
        "--origin",
        "web_form",
        "--label",
        "site",
        "--declare",
        "art13-form",
        "--collected-on",
        "01/11/2026",
        "--collector",
        "équipe",
    )
    called(app, "contacts", "import", folder / "liste.csv", "--yes", *origin, *evidence)


def forget_the_mark(database_url: str) -> None:
    """As a database of an earlier version is."""
    engine = open_engine(database_url)
    with engine.begin() as tx:
        tx.execute(text("DELETE FROM installation"))
    engine.dispose()


def test_a_restored_database_without_its_secret_opens_nothing(folder: Path) -> None:
    (folder / "var" / "secret").unlink()
    with pytest.raises(InvalidSettings, match=r"secret : .* pas celui de cette base.* liste d’opposition .*var/secret"):
        called(app, "policy", "explain", "bruno@exemple.fr")


def test_the_checklist_says_it_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_SECRET", OTHER)
    lines = json.loads(ran(app, "check", "--json").stdout)["lines"]
    (told,) = [line["todo"] for line in lines if "pas celui de cette base" in line["todo"]]
    assert OTHER not in told


def test_the_secret_of_the_trial_goes_on_in_live_mode_when_it_is_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checklist asks for a secret: whoever invented a new one would have lost the opposition list."""
    line = next(one for one in json.loads(ran(app, "check", "--json").stdout)["lines"] if one["id"] == "secret")
    assert f"GATEWAY_SECRET_FILE={folder / 'var' / 'secret'}" in line["todo"]
    monkeypatch.setenv("GATEWAY_SECRET_FILE", str(folder / "var" / "secret"))
    assert "opposition" in called(app, "policy", "explain", "bruno@exemple.fr").stdout


def test_a_database_of_an_earlier_version_is_known_by_its_addresses(
    folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people_come_in(folder)
    forget_the_mark(database_url)
    monkeypatch.setenv("GATEWAY_SECRET", OTHER)
    with pytest.raises(InvalidSettings, match="pas celui de cette base"):
        called(app, "contacts", "list")
    monkeypatch.delenv("GATEWAY_SECRET")
    assert "agathe" in called(app, "contacts", "list").stdout
    monkeypatch.setenv("GATEWAY_SECRET", OTHER)
    with pytest.raises(InvalidSettings, match="pas celui de cette base"):  # remembered, whoever is erased since
        called(app, "contacts", "list")


@pytest.mark.parametrize("left", [b"", b"0123456789"], ids=["empty", "cut short"])
def test_a_secret_that_a_power_cut_or_a_copy_has_damaged_is_told_by_its_file(folder: Path, left: bytes) -> None:
    secret = folder / "var" / "secret"
    whole = secret.read_bytes()
    secret.write_bytes(left)
    with pytest.raises(InvalidSettings, match=r"var/secret est vide ou tronqué.*sauvegarde"):
        called(app, "policy", "explain", "bruno@exemple.fr")
    secret.write_bytes(whole)
    assert "opposition" in called(app, "policy", "explain", "bruno@exemple.fr").stdout


def test_a_secret_that_was_put_back_with_a_line_end_is_the_same(folder: Path) -> None:
    """As `cat > var/secret` writes it; the same file named by GATEWAY_SECRET_FILE was taken."""
    secret = folder / "var" / "secret"
    secret.write_bytes(secret.read_bytes() + b"\n")
    assert "opposition" in called(app, "policy", "explain", "bruno@exemple.fr").stdout

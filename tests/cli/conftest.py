"""Commands on an installation of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from gateway.cli.main import app
from tests.commands import installed, outcome

Called = Callable[..., tuple[int, str]]


@pytest.fixture
def call(sqlite_url, tmp_path, monkeypatch) -> Called:
    """Call `gateway …`: (exit code, standard output). A fault of the gateway is raised."""
    installed(monkeypatch, sqlite_url, tmp_path)
    return partial(outcome, app)


@pytest.fixture
def neighbours(call, tmp_path) -> None:
    """Agathe agreed, Bruno was never asked."""
    path = tmp_path / "voisins.csv"
    path.write_text(
        "courriel;prénom;cp;consentement\nagathe@exemple.fr;Agathe;39999;oui\nbruno@exemple.fr;Bruno;39999;\n", "utf-8"
    )
    origin = ["--origin", "web_form", "--label", "site", "--collected-on", "2026-03-15", "--collector", "équipe"]
    evidence = ["--form", "v3", "--wording", "J’accepte.", "--means", "case", "--given-at", "15/03/2026"]
    assert call("contacts", "import", path, *origin, *evidence, "--declare", "art13-form", "--yes")[0] == 0

"""A disk that is full while somebody takes a file away: a sentence, nothing half written, and nothing counts as done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("neighbours")


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is opened as a new file takes no byte."""
    opened = Path.open

    def on_a_full_disk(self: Path, mode: str = "r", *given: Any, **named: Any) -> Any:
        if mode != "xb":
            return opened(self, mode, *given, **named)
        self.touch(exist_ok=False)
        return opened(Path("/dev/full"), "wb", 1 << 20)  # which is told as late as can be

    monkeypatch.setattr(Path, "open", on_a_full_disk)


@pytest.mark.parametrize(
    "words", ["contacts export", "audit export", "register --to", "register --impact --to", "breach list --to"]
)
def test_a_file_that_finds_no_room_says_so_and_leaves_no_half(call, tmp_path, full, words):
    """It was a trace of Python, or an empty file in the way of the next try."""
    file = tmp_path / "sortie.zip"
    with pytest.raises(InvalidInput, match=r"sortie\.zip : impossible d’y écrire \(le disque est plein\)"):
        call(*words.split(), file)
    assert not file.exists()


def test_a_copy_that_finds_no_room_answers_no_request(call, tmp_path, full):
    """A small one is written as it is closed, and by then the request was answered: her month went by unseen."""
    number = json.loads(call("rights", "open", "access", "agathe@exemple.fr", "--identity", "rappelée", "--json")[1])["id"]
    with pytest.raises(InvalidInput, match="le disque est plein"):
        call("rights", "export", number, tmp_path / "copie.zip")
    assert json.loads(call("rights", "show", number, "--json")[1])["state"] == "open"


def test_a_dossier_that_finds_no_room_leaves_no_folder(call, tmp_path, full):
    with pytest.raises(InvalidInput, match="le disque est plein"):
        call("audit", "dossier", "agathe@exemple.fr", "--to", tmp_path / "dossier")
    assert not (tmp_path / "dossier").exists()

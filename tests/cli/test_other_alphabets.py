"""Terminals, words and file names that are not written in UTF-8: a sentence or a question mark, never an end in mid-work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ORIGIN = ("--origin", "event", "--label", "fête", "--collected-on", "01/11/2026", "--collector", "Inès")


@pytest.fixture
def run(sqlite_url, tmp_path):
    """A real process: (exit code, what it printed, what it said of faults)."""

    def run(*words: str | bytes, encoding: str = "utf-8") -> tuple[int, str, str]:
        told = {"GATEWAY_DATABASE__URL": sqlite_url, "GATEWAY_VAR_DIR": str(tmp_path / "var"), "PYTHONIOENCODING": encoding}
        command = [sys.executable, "-c", "from gateway.cli.main import main; main()", *words]
        done = subprocess.run(command, capture_output=True, check=False, env=os.environ | told)
        return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)

    return run


def test_a_word_that_is_not_utf_8_is_told_and_nothing_is_written(run) -> None:
    code, _, fault = run("rights", "open", "access", "anne@exemple.fr", "--by", b"In\xe8s")
    assert (code, "UTF-8" in fault, "Traceback" in fault) == (2, True, False)
    assert run("rights", "list")[:2] == (0, "✓ Aucune demande n’attend.\n")


def test_a_file_whose_name_is_not_utf_8_comes_in_under_a_name_one_can_read(run, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"r\xe9union.csv")
    file.write_text("courriel\nanne@exemple.fr\n", "utf-8")
    code, said, fault = run("contacts", "import", bytes(file), "--yes", "--declare", "art13-form", *_ORIGIN)
    assert code == 0, fault
    assert "Importé" in said
    assert "réunion.csv" in run("contacts", "batches")[1]


def test_a_terminal_without_the_signs_gets_question_marks(run) -> None:
    code, said, _ = run("rights", "list", encoding="ascii")
    assert (code, said) == (0, "? Aucune demande n?attend.\n")

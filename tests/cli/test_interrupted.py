"""Whoever presses Ctrl-C is told in one sentence what holds; exit code 130, and no half of a file is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.main import app
from gateway.flows.collecting import write
from gateway.store import contacts, staging
from tests.commands import called, installed, ran

PATIENCE_SECONDS = 120
SAID = ("--origin", "web_form", "--label", "site", "--collected-on", "2026-03-01", "--collector", "Claire", "--direct")


@pytest.fixture
def liste(database_url, tmp_path, monkeypatch) -> Path:
    """A file of people, beside an installation."""
    installed(monkeypatch, database_url, tmp_path)
    (tmp_path / "config.toml").touch()
    monkeypatch.chdir(tmp_path)
    liste = tmp_path / "liste.csv"
    liste.write_text("Courriel;Nom\n" + "".join(f"p{rank}@exemple.fr;Riou\n" for rank in range(9)))
    return liste


def brought(liste: Path):
    return ran(app, "contacts", "import", liste, *SAID, "--declare", "art13-form", "--yes")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_real_process_ends_on_a_signal_with_a_sentence_and_no_traceback(number):
    """It has read one line, and waits for the next; the machine is shut down, or the terminal closed."""
    command = [sys.executable, "-c", "from gateway.cli.main import main; main()", "replies", "classify", "-"]
    pipe = subprocess.PIPE
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        command, text=True, stdin=pipe, stdout=pipe, stderr=pipe, env=plain, preexec_fn=_hears_signals
    ) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        try:
            child.stdin.write('{"text": "stop"}\n')
            child.stdin.flush()
            assert "objection" in child.stdout.readline()
            child.send_signal(number)
            assert child.wait(PATIENCE_SECONDS) == 130
            said = child.stderr.read()
        finally:
            child.kill()
    assert said.startswith("✗ interrompu") and said.count("\n") == 1


def test_under_nohup_a_closed_terminal_ends_nothing():
    lines = ("signal.signal(signal.SIGHUP, signal.SIG_IGN)", "end_as_by_ctrl_c()", "os.kill(os.getpid(), signal.SIGHUP)")
    script = "\n".join(("import os, signal", "from gateway.cli.main import end_as_by_ctrl_c", *lines, "print('goes on')"))
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "goes on\n"


def _hears_signals() -> None:
    """Whoever runs the tests in the background has switched them off for their children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_an_import_that_is_cut_off_between_two_parts_says_which_batch_and_what_to_do(liste, monkeypatch):
    monkeypatch.setattr(staging, "_PEOPLE_AT_ONCE", {"postgresql": 3, "sqlite": 3})
    with monkeypatch.context() as once:
        once.setattr(write, "_close", _ctrl_c)
        cut_off = brought(liste)
    assert cut_off.exit_code == 130 and "le lot 1 est enregistré en partie" in cut_off.stderr
    assert "gateway contacts undo 1" in cut_off.stderr
    assert brought(liste).exit_code == 0


def test_an_import_of_one_part_that_is_cut_off_has_stored_nothing(liste, monkeypatch):
    with monkeypatch.context() as once:
        once.setattr(write, "_close", _ctrl_c)
        cut_off = brought(liste)
    assert cut_off.exit_code == 130 and "rien de ce fichier n’est enregistré" in cut_off.stderr
    assert "Lots : rien pour l’instant." in called(app, "contacts", "batches").output


def test_an_export_that_is_cut_off_leaves_no_file(liste, monkeypatch):
    brought(liste)
    out = liste.parent / "sortie.csv"
    with monkeypatch.context() as once:
        once.setattr(contacts, "everybody", _ctrl_c)
        assert ran(app, "contacts", "export", out).exit_code == 130
    assert not out.exists()
    assert ran(app, "contacts", "export", out).exit_code == 0 and out.read_text("utf-8-sig").count("@exemple.fr") == 9


def _ctrl_c(*_given, **_named):
    raise KeyboardInterrupt

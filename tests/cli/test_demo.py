"""The demo, whole: its own checks are the test; and the files it leaves are those of a working installation."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.cli import demo_telephone
from gateway.cli.main import main
from gateway.cli.stage import folder_of_demo
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.message import MessageState
from gateway.sandbox.commune import Commune
from gateway.sandbox.voters import unsubscribe_link
from gateway.store.schema import head

PEOPLE = 240
GATEWAY = str(Path(sys.executable).parent / "gateway")


def told(environment: dict[str, str], *words: str) -> tuple[int, str, str]:
    # Longer than the demo's own patience: where it waits for something in vain, its sentence says for what.
    done = subprocess.run([GATEWAY, *words], env=environment, capture_output=True, text=True, timeout=400)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A bare environment: nothing of this machine's settings."""
    monkeypatch.chdir(tmp_path)
    return {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8", "COLUMNS": "120"}


def test_the_story_is_told_its_installation_can_be_looked_at_and_a_live_configuration_is_never_used(environment, tmp_path):
    (tmp_path / "config.toml").write_text('mode = "live"\n[smtp]\nhost = "relais.exemple.fr"\n', "utf-8")
    real = {"GATEWAY_MODE": "live", "GATEWAY_SMTP__HOST": "relais.exemple.fr", "GATEWAY_SECRET": "s" * 32}
    code, said, heard = told({**environment, **real}, "demo", "--people", str(PEOPLE), "--keep", "ici")
    assert code == 0, said + heard
    assert "Tout tombe juste." in said and "Valbrume" in said and "$ gateway campaign launch" in said
    assert "SMS partis : en Guadeloupe" in said and "touche 9 : opposition sur-le-champ" in said and "Tout concorde" in said
    assert {path.name for path in tmp_path.iterdir()} == {"config.toml", "ici"}

    later = {**environment, "GATEWAY_CONFIG": str(tmp_path / "ici" / "config.toml")}
    code, said, heard = told(later, "campaign", "status", "lettre-de-printemps", "--json")
    assert code == 0, heard
    counts = json.loads(said)["counts"]
    assert all(counts[state] > 0 for state in ("accepted", "cancelled", "refused", "rejected")), counts


def test_the_same_story_on_postgresql_adds_up_and_leaves_nothing(environment, postgresql_url, tmp_path):
    code, said, heard = told({**environment, "GATEWAY_DATABASE__URL": postgresql_url}, "demo", "--people", str(PEOPLE), "--json")
    assert code == 0, said + heard
    sums = json.loads(said)
    assert sums["right"] and all(check["holds"] for check in sums["checks"]) and len(sums["checks"]) == 17
    counts = sums["counts"]
    assert sum(counts.values()) == sums["audience"] and counts["accepted"] == sums["mails"]
    assert counts["cancelled"] > 0 and counts["refused"] > 0 and counts["rejected"] > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("version", [head(), "0005"], ids=["of this version", "of an earlier one"])
def test_a_database_that_holds_people_is_left_alone_and_so_are_its_tables(call, neighbours, sqlite_url, monkeypatch, version):
    monkeypatch.setenv("GATEWAY_DATABASE__URL", sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))
        before = list(database.iterdump())
        with pytest.raises(Conflict, match="une base sans contacts"):
            call("demo", "--people", "120")
        assert list(database.iterdump()) == before


def test_a_folder_that_no_demo_made_is_never_emptied(tmp_path):
    (tmp_path / "precieux.txt").write_text("à garder", "utf-8")
    with pytest.raises(InvalidInput, match="n’est pas un dossier de démonstration"), folder_of_demo(tmp_path):
        pass
    assert (tmp_path / "precieux.txt").exists()


def test_an_earlier_demo_is_replaced(tmp_path):
    with folder_of_demo(tmp_path / "ici") as folder:
        (folder / "reste").write_text("", "utf-8")
    with folder_of_demo(tmp_path / "ici") as folder:
        assert not (folder / "reste").exists()


def test_the_same_seed_makes_the_same_commune_and_no_address_is_real(tmp_path):
    first, second = (Commune(300, today=date(2027, 1, 5)).write(tmp_path / name) for name in ("a", "b"))
    assert first.members.read_bytes() == second.members.read_bytes()
    text = first.members.read_bytes().decode("cp1252").replace(",example", ".example")
    domains = {address.rpartition("@")[2] for line in text.splitlines() for address in re.findall(r"[\w.-]+@[\w.-]+", line)}
    assert domains and all(domain.casefold().endswith("example") for domain in domains), domains


def test_a_folded_header_still_gives_its_link():
    mail = (
        b"Subject: Lettre\r\nList-Unsubscribe: <mailto:stop@exemple.fr>,\r\n <https://exemple.fr/o/abc>\r\n"
        b"\r\nList-Unsubscribe: <https://piege.example/>\r\n"
    )
    assert unsubscribe_link(mail) == "https://exemple.fr/o/abc"
    with pytest.raises(InvalidInput, match="no List-Unsubscribe"):
        unsubscribe_link(b"Subject: x\r\n\r\nList-Unsubscribe: <https://piege.example/>")


def test_a_fault_is_one_sentence_and_its_brackets_are_words(monkeypatch, capsys):
    def fails() -> None:
        raise Conflict("la ligne [bold]3[/bold] et [/] ne vont pas")

    monkeypatch.setattr(sys.modules["gateway.cli.main"], "app", fails)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1 and "la ligne [bold]3[/bold] et [/] ne vont pas" in capsys.readouterr().err


def test_a_scene_ends_only_when_the_call_taken_between_two_looks_has_ended(gw, monkeypatch):
    """A lane takes the call up right after the first look, and it rings for a while: the sums are made once it has ended."""
    ways = iter(["due", *["ringing"] * 5, *["ended"] * 10])
    now = {"state": next(ways)}

    def seen():
        state, now["state"] = now["state"], next(ways)
        return state

    def status(gw, name):
        return SimpleNamespace(counts=Counter([MessageState.RINGING] if seen() == "ringing" else []))

    monkeypatch.setattr("gateway.flows.campaigning.launching.status", status)
    monkeypatch.setattr("gateway.store.campaigns.with_due", lambda tx, medium, at: [1] if seen() == "due" else [])
    carrier = SimpleNamespace(idle=lambda seconds: True)
    story: Any = SimpleNamespace(stage=SimpleNamespace(gw=gw, carrier=carrier))
    demo_telephone._settled(story, "appels", Medium.CALL)
    assert now["state"] == "ended"

"""`gateway audit log` and `verify` as an auditor runs them."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import zipfile
from contextlib import closing

import pytest

from gateway.cli.main import app
from gateway.domain.errors import InvalidInput, NotFound
from tests.commands import called, ran


@pytest.mark.usefixtures("neighbours")
def test_the_journal_is_read_as_a_table_as_lines_of_json_and_as_csv(call):
    code, table = call("audit", "log", "--kind", "import")
    assert code == 0 and "import" in table
    code, lines = call("audit", "log", "--kind", "import", "--format", "json")
    (entry,) = [json.loads(line) for line in lines.splitlines()]
    assert code == 0 and entry["kind"] == "import" and entry["v"] == 2
    code, sheet = call("audit", "log", "--person", "agathe@exemple.fr", "--format", "csv")
    assert sheet.startswith("\ufeffnumber;"), "what spreadsheets tell accents by"
    rows = list(csv.DictReader(sheet.removeprefix("\ufeff").splitlines(), delimiter=";"))
    assert code == 0 and {row["kind"] for row in rows} == {"consent"} and all(len(row["person"]) == 32 for row in rows)
    assert "agathe" not in lines + sheet
    assert all(json.loads(row["entry"])["kind"] == row["kind"] for row in rows)


@pytest.mark.usefixtures("neighbours")
def test_an_auditor_is_told_when_there_is_more_and_when_she_mistyped(call):
    def warned(*words: str) -> str:
        return " ".join(called(app, "audit", "log", *words).stderr.split())

    assert call("audit", "log", "--limit", "1", "--format", "json")[1].count("\n") == 1
    assert "Il y en a d’autres : 1 entrée montrée" in warned("--limit", "1")
    assert warned("--limit", "100000") == "" == warned("--rule", "consent-per-channel")
    assert "Aucune règle en vigueur ne s’appelle « consent-per-chanel »" in warned("--rule", "consent-per-chanel")
    with pytest.raises(InvalidInput, match="allow, defer ou refuse"):
        call("audit", "log", "--verdict", "refused")
    for part in (("log",), ("export", "partie.zip"), ("replay",)):
        with pytest.raises(NotFound, match="« absente »"):
            call("audit", *part, "--campaign", "absente")


@pytest.mark.usefixtures("neighbours")
def test_whoever_asks_for_a_checkpoint_where_the_key_is_not_is_told_that_it_is_an_old_one(call, tmp_path):
    """After a machine was changed, its key left behind: the witness would have kept the same checkpoint for weeks."""
    call("audit", "checkpoint")
    (key,) = tmp_path.rglob("journal.pem")
    key.unlink()
    (tmp_path / "stop.txt").write_text("chloe@exemple.fr\n", "utf-8")
    call("suppressions", "import", tmp_path / "stop.txt")
    result = ran(app, "audit", "checkpoint")
    told = " ".join(result.stderr.split())
    assert result.exit_code == 1 and f"ce point est l’ancien : la clé du journal n’est pas dans {key}" in told
    assert result.stdout.count("—") == 1, "it is shown all the same"


@pytest.mark.usefixtures("neighbours")
def test_an_auditor_is_told_which_tables_somebody_changed_by_hand(call, tmp_path):
    """The seal is of the journal alone: an objection taken off the list left the tree as it was, and nobody knew."""
    (tmp_path / "stop.txt").write_text("parti@exemple.fr\n", "utf-8")
    call("suppressions", "import", tmp_path / "stop.txt")
    call("audit", "checkpoint")
    code, said = call("audit", "verify")
    assert code == 0 and "Les tables disent la même chose que lui" in said
    with closing(sqlite3.connect(next(tmp_path.rglob("*.db")))) as database, database:
        database.execute("DELETE FROM suppression")
    code, said = call("audit", "verify")
    assert code == 1 and "changées à la main : 1 différence." in said and "n’est plus sur la liste" in said
    code, told = call("audit", "verify", "--json")
    found = json.loads(told)
    assert code == 1 and (found["holds"], found["fault"], found["tables"]["different"]) == (False, None, 1)
    assert found["tables"]["differences"][0]["what"] == "objection"


@pytest.mark.usefixtures("neighbours")
def test_the_database_is_held_against_a_checkpoint_kept_outside(call, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text(call("audit", "checkpoint")[1], "utf-8")
    key = call("audit", "key", "show", "--json")[1]
    public = json.loads(key)[0]["key"]
    code, said = call("audit", "verify", "--checkpoint", kept, "--key", public)
    assert code == 0 and "1 point gardé au-dehors" in said
    kept.write_text(kept.read_text("utf-8").replace("\n", "\nx", 1), "utf-8")
    with pytest.raises(InvalidInput, match=r"kept\.txt : ce n’est pas un point de contrôle signé"):
        call("audit", "verify", "--checkpoint", kept)


@pytest.mark.usefixtures("neighbours")
def test_a_key_that_got_lost_on_its_way_does_not_verify_against_the_journal_s_own(call, tmp_path):
    """`--key "$KEY"` where nothing set KEY: whoever meant to hold the journal against her own is not told that all is well."""
    export = tmp_path / "preuve.zip"
    assert call("audit", "export", export)[0] == 0
    code, said = call("audit", "verify", export, "--key", "")
    assert code == 1 and "clé publique" in said
    with pytest.raises(InvalidInput, match="clé publique"):
        call("audit", "verify", "--key", "")


@pytest.mark.usefixtures("neighbours")
def test_a_pipe_or_a_device_for_an_export_is_refused_unopened(call, tmp_path):
    """A pipe was waited for without end, and /dev/zero took all the memory of an auditor's machine."""
    os.mkfifo(tmp_path / "pipe.zip")
    for path in ("/dev/zero", tmp_path / "pipe.zip"):
        code, said = call("audit", "verify", path)
        assert code == 1 and "ce n’est pas un fichier sur un disque" in said


@pytest.mark.usefixtures("neighbours")
def test_a_manifest_whose_size_would_fill_a_screen_is_refused_not_printed(call, tmp_path):
    export, other = tmp_path / "preuve.zip", tmp_path / "autre.zip"
    assert call("audit", "export", export)[0] == 0
    with zipfile.ZipFile(export) as genuine, zipfile.ZipFile(other, "w") as forged:
        for name in genuine.namelist():
            content = genuine.read(name)
            if name == "manifest.json":
                content = json.dumps(json.loads(content) | {"size": 10**4000}).encode()
            forged.writestr(name, content)
    assert call("audit", "verify", other) == (1, "✗ Illisible : manifest.json : illisible\n")

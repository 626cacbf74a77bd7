"""`gateway inbound read`: whoever asks why sees what was understood."""

from __future__ import annotations

import json

from gateway.cli.main import app
from tests.commands import ran
from tests.inbound.letters import TOKEN, block, bounce, mail


def run(*arguments: str) -> tuple[int, str]:
    result = ran(app, "inbound", "read", *arguments, env={"COLUMNS": "300"})
    return result.exit_code, result.output


def test_a_bounce_is_explained_with_its_evidence(tmp_path):
    (tmp_path / "retour.eml").write_bytes(bounce(block("550 5.1.1 User unknown")))
    code, shown = run(str(tmp_path / "retour.eml"))
    assert code == 0
    for words in (
        "retour d’un serveur (compte rendu de remise, RFC 3464)",
        "lucie@mairie.example",
        "l’adresse n’existe pas",
        "5.1.1",
        "report: dead",
        TOKEN,
        "on n’y répond jamais",
    ):
        assert words in shown


def test_several_mails_are_told_as_json(tmp_path):
    (tmp_path / "a.eml").write_bytes(mail("Arrêtez\n\n> STOP"))
    (tmp_path / "b.eml").write_bytes(bounce(block("552 5.2.2 full", action="delayed")))
    code, shown = run("--json", str(tmp_path / "a.eml"), str(tmp_path / "b.eml"))
    reply, late = json.loads(shown)
    assert (code, reply["kind"], reply["text"], reply["recipients"]) == (0, "reply", "Arrêtez", [])
    assert (late["recipients"][0]["verdict"], late["recipients"][0]["final"]) == ("full", False)


def test_the_envelope_may_be_told(tmp_path):
    (tmp_path / "a.eml").write_bytes(mail(""))
    code, shown = run("--to", f"unsubscribe+{TOKEN}@retour.example", str(tmp_path / "a.eml"))
    assert code == 0 and "désinscription (envoyé à l’adresse de désinscription)" in shown


def test_a_file_that_is_not_there_is_named(tmp_path):
    result = ran(app, "inbound", "read", str(tmp_path / "absent.eml"))
    assert result.exit_code == 1 and "absent.eml : illisible (ce chemin n’existe pas)" in str(result.exception)

"""One person typed in from a paper: the same checks as a file, and her agreement with the fingerprint of its scan."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from gateway.cli import adding
from gateway.cli.consent import consent_app
from gateway.cli.contacts import contacts_app
from gateway.cli.main import app
from gateway.cli.suppressions import suppressions_app
from gateway.domain.errors import Conflict, InvalidInput
from tests.collecting.support import brought
from tests.commands import installed, outcome

PAPER = ["--form", "feuille du marché, v2", "--wording", "J’accepte la lettre.", "--given-at", "14/03/2026"]
ATTESTED = ["--declare", "art13-form", "--collector", "Claire"]
LUCIE = ["--email", "lucie@exemple.fr", "--given-name", "Lucie", "--family-name", "Riou", "--postcode", "35000"]


@pytest.fixture
def call(database_url, tmp_path, monkeypatch):
    """Call a command: (exit code, what was shown)."""
    installed(monkeypatch, database_url, tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    return outcome


def people(call) -> list[str]:
    return [one["address"] for one in json.loads(call(contacts_app, "list", "--json")[1])]


def test_a_paper_from_the_market_becomes_a_contact_who_agreed_with_the_fingerprint_of_its_scan(call, tmp_path):
    scan = tmp_path / "feuille.pdf"
    scan.write_bytes(b"%PDF-1.4 Lucie")
    code, said = call(contacts_app, "add", *LUCIE, *PAPER, *ATTESTED, "--scan", scan, "--reference", "classeur 3", "--yes")
    assert code == 0 and "✓ Lucie Riou est dans le fichier (lot 1)." in said and "✓ Accord consigné pour des courriels" in said
    shown = call(contacts_app, "show", "lucie@exemple.fr")[1]
    assert "feuille du marché, v2" in shown and "accordé" in shown
    told = json.loads(call(consent_app, "show", "lucie@exemple.fr", "--json")[1])
    assert sha256(scan.read_bytes()).hexdigest() in json.dumps(told)
    assert call(app, "audit", "verify")[0] == 0


def test_who_objected_stays_protected_whatever_paper_somebody_brings(call, tmp_path):
    call(suppressions_app, "import", brought(tmp_path, "lucie@exemple.fr\n", name="stop.csv"))
    with pytest.raises(Conflict, match="optout-effect"):
        call(contacts_app, "add", *LUCIE, *PAPER, *ATTESTED, "--yes")
    assert people(call) == []


def test_a_paper_without_the_sentence_she_agreed_to_proves_nothing_and_enters_nobody(call):
    with pytest.raises(InvalidInput, match="la phrase exacte"):
        call(contacts_app, "add", *LUCIE, *PAPER[:2], *PAPER[4:], *ATTESTED, "--yes")
    assert people(call) == []


def test_what_a_rule_wants_attested_of_the_form_is_asked_for(call):
    with pytest.raises(Conflict, match="notice-art13-form"):
        call(contacts_app, "add", *LUCIE, *PAPER, "--collector", "Claire", "--yes")
    assert people(call) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--email", "lucie@"], "n’est pas valable"),
        (["--phone", "12"], "12"),
        ([], "il manque comment la joindre"),
        (["--phone", "02 61 91 12 34", "--channel", "sms"], "un fixe ne reçoit pas de SMS"),
        (["--email", "lucie@exemple.fr", "--channel", "call"], "un accord aux appels dit à quelles heures"),
    ],
)
def test_what_cannot_be_right_enters_nobody(call, words, told):
    channel = [] if "--channel" in words or not words or "--email" in words else ["--channel", "sms"]
    with pytest.raises(InvalidInput, match=told):
        call(contacts_app, "add", *words, *channel, *(PAPER if words else []), *ATTESTED, "--yes")
    assert people(call) == []


def test_the_number_of_somebody_else_gets_no_agreement_of_hers(call):
    """An agreement filed under a number goes to whoever holds it."""
    call(contacts_app, "add", "--phone", "06 39 98 12 34", "--given-name", "Yann", "--family-name", "Le Goff", *ATTESTED, "--yes")
    with pytest.raises(Conflict, match="d’une autre personne"):
        call(contacts_app, "add", *LUCIE, "--phone", "06 39 98 12 34", "--channel", "sms", *PAPER, *ATTESTED, "--yes")
    assert "accordé" not in call(contacts_app, "show", "06 39 98 12 34")[1]


def test_whoever_is_known_already_is_completed_and_told_so(call):
    call(contacts_app, "add", *LUCIE[:2], *ATTESTED, "--yes")
    code, said = call(contacts_app, "add", *LUCIE, *PAPER, *ATTESTED, "--yes")
    assert code == 0 and "était déjà dans le fichier ; ce qui manquait est complété" in said
    assert people(call) == ["lucie@exemple.fr"]
    assert "Riou" in call(contacts_app, "show", "lucie@exemple.fr")[1]


def test_without_any_agreement_she_is_told_to_get_no_message(call):
    code, said = call(contacts_app, "add", *LUCIE, *ATTESTED, "--yes")
    assert code == 0 and "Aucun accord n’est consigné" in said


def test_a_postcode_of_nowhere_is_said_to_be_one(call):
    code, said = call(contacts_app, "add", *LUCIE[:2], "--postcode", "999", *ATTESTED, "--yes")
    assert code == 0 and "999 : ce code postal ne désigne aucun territoire connu" in said


def test_hours_of_calls_and_several_channels_of_one_paper(call):
    both = ["--phone", "06 39 98 12 34", "--channel", "email", "--channel", "call", "--hours", "lun-ven 18h-20h"]
    code, said = call(contacts_app, "add", *LUCIE, *both, *PAPER, *ATTESTED, "--yes")
    assert code == 0 and "des courriels" in said and "des appels automatiques" in said and "aux heures suivantes" in said


def test_an_entry_by_mistake_is_taken_away_by_its_batch(call):
    call(contacts_app, "add", *LUCIE, *PAPER, *ATTESTED, "--yes")
    code, said = call(contacts_app, "undo", "1", "--yes")
    assert code == 0, said
    assert people(call) == []


class TestAtATerminal:
    """What options do not say is asked."""

    @pytest.fixture(autouse=True)
    def sits_there(self, monkeypatch):
        monkeypatch.setattr(adding, "somebody_sits_there", lambda: True)

    def test_everything_is_asked_once(self, call):
        answers = ["lucie@exemple.fr", "", "Lucie", "Riou", "35000", "oui", "v2", "J’accepte.", "14/03/2026", "Claire", "oui"]
        code, said = call(contacts_app, "add", answers=answers)
        assert code == 0 and "✓ Lucie Riou est dans le fichier" in said and "Accord consigné" in said, said

    def test_a_slip_of_the_finger_is_asked_about(self, call):
        code, said = call(contacts_app, "add", *LUCIE[2:], "--email", "lucie@gmial.com", *ATTESTED, answers=["non", "non"])
        assert code == 1 and "gmail.com" in said and "Rien n’a été écrit" in said
        assert people(call) == []

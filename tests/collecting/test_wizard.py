"""The import at a terminal: only what is missing is asked, in five steps; nothing is written without a yes."""

from __future__ import annotations

import json

import pytest

from gateway.cli import importing
from gateway.cli.columns import FIELDS, field_said
from gateway.cli.contacts import contacts_app
from gateway.cli.suppressions import suppressions_app
from gateway.flows.collecting.headings import Field
from tests.collecting.support import brought
from tests.collecting.workbooks import xlsx
from tests.commands import installed, outcome

ORIGIN = ["--origin", "paper_form", "--label", "coupon du marché", "--collected-on", "2026-03-15", "--collector", "Claire"]


@pytest.fixture
def call(sqlite_url, tmp_path, monkeypatch):
    """Call a command while somebody sits at the terminal and answers so: (exit code, what was shown)."""
    installed(monkeypatch, sqlite_url, tmp_path)
    monkeypatch.setattr(importing, "somebody_sits_there", lambda: True)
    return outcome


def contacts(call) -> list[str]:
    return [one["address"] for one in json.loads(call(contacts_app, "list", "--json")[1])]


def test_from_the_file_to_the_writing_everything_is_asked_once(call, tmp_path):
    path = brought(tmp_path, "CONTACT;Prénom\na@exemple.fr;Zoé\nb@@exemple.fr;Yann\n")
    answers = [
        "oui",  # without a list of objections
        "2", "", "coupon du marché", "15/03/2026", "Claire", "", "oui",  # paper form, given by the people, attested
        "", "",  # CONTACT is the address; nothing to correct
        "oui", "coupon v2", "J’accepte.", "case cochée", "15/03/2026",  # everybody agreed, and how
        "", "",  # keep refused lines, where it is proposed
        "",  # write
    ]  # fmt: skip
    code, said = call(contacts_app, "import", path, answers=answers)
    assert code == 0, said
    for step in ("1/5 · Le fichier", "2/5 · L’origine", "3/5 · Les colonnes", "4/5 · L’essai à blanc", "5/5 · L’écriture"):
        assert step in said
    assert contacts(call) == ["a@exemple.fr"]
    assert "b@@exemple.fr" in (tmp_path / "liste-a-corriger.csv").read_text("utf-8-sig")
    assert "accordé" in call(contacts_app, "show", "a@exemple.fr")[1]


def test_what_options_say_is_not_asked(call, tmp_path):
    path = brought(tmp_path, "courriel;consentement;date du consentement\na@exemple.fr;;\n")
    answers = ["oui", "", "", "v2", "J’accepte.", "case", "oui"]
    code, said = call(contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form", answers=answers)
    assert code == 0 and "D’où viennent" not in said and "attestation" not in said and "Quand ?" not in said
    assert contacts(call) == ["a@exemple.fr"]


def test_an_origin_that_no_rule_accepts_ends_it_with_the_rule(call, tmp_path):
    path = brought(tmp_path, "courriel\na@exemple.fr\n")
    code, said = call(contacts_app, "import", path, "--origin", "electoral_roll", answers=["oui", "non"])
    assert code == 1 and "La liste électorale sert au courrier postal" in said and "source-electoral-roll" in said
    assert "3/5" not in said and contacts(call) == []


def test_without_the_attestation_that_a_rule_wants_nothing_enters(call, tmp_path):
    path = brought(tmp_path, "courriel\na@exemple.fr\n")
    code, said = call(contacts_app, "import", path, *ORIGIN, "--direct", answers=["", "", "non", "", "non"])
    assert code == 1 and "notice-art13-form" in said and contacts(call) == []


def test_a_column_that_resembles_a_sensitive_one_needs_a_reason(call, tmp_path):
    path = brought(tmp_path, "courriel;Syndicat de copropriété\na@exemple.fr;Les Lilas\n")
    words = [contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form"]
    answers = ["", "", "", "non"]
    assert call(*words, answers=[*answers, ""])[0] == 1 and contacts(call) == []
    assert call(*words, answers=[*answers, "c’est le syndic", "oui"])[0] == 0 and contacts(call) == ["a@exemple.fr"]


def test_two_columns_that_claim_the_same_thing_are_chosen_between(call, tmp_path):
    path = brought(tmp_path, "Email;Courriel\na@exemple.fr;b@exemple.fr\n")
    answers = ["", "", "2", "", "non", "oui"]
    code, said = call(contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form", answers=answers)
    assert code == 0 and "à choisir" in said and contacts(call) == ["b@exemple.fr"]


def test_letters_that_look_wrong_are_read_as_somebody_says(call, tmp_path):
    path = brought(tmp_path, "courriel;nom\na@exemple.fr;Kéréon\n", encoding="mac_roman")
    answers = ["non", "1", "oui", "", "", "non", "oui"]
    code, said = call(contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form", answers=answers)
    assert code == 0 and "Ces accents sont-ils justes : Kéréon" in said
    assert call(contacts_app, "list", "--json")[1].count("KŽrŽon") == 1


def test_a_file_whose_columns_say_nothing_asks_which_one_reaches_people(call, tmp_path):
    path = brought(tmp_path, "Qui;Où\nZoé;?\nYann;a@exemple.fr\nAnna;?\n")
    answers = ["oui", "", "2", "", "", "non", "non", "oui"]
    code, said = call(contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form", answers=answers)
    assert code == 0 and "comment joindre les personnes" in said and contacts(call) == ["a@exemple.fr"]


def test_odile_says_what_a_column_holds_in_the_words_she_was_shown_or_by_its_number(call, tmp_path):
    path = brought(tmp_path, "courriel;Vu;Le\na@exemple.fr;oui;15/03/2026\n")
    offered = list(FIELDS)
    answers = [
        "oui", "",
        "Vu", "accord courriel, je crois", "Accord pour les courriels",
        "Le", offered.index(Field.GIVEN_AT) + 1,
        "",
        "", "v2", "J’accepte.", "case", "oui",
    ]  # fmt: skip
    code, said = call(contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form", answers=answers)
    assert "n’est pas un contenu connu : choisissez parmi « adresse électronique »" in said and "consent_" not in said
    assert "sans cette réponse, ces accords ne sont pas prouvés" in said, "asked again, not refused four steps later"
    assert code == 0 and "accordé" in call(contacts_app, "show", "a@exemple.fr")[1]


@pytest.mark.parametrize(("field", "words"), FIELDS.items())
def test_every_content_is_known_by_the_words_it_is_offered_in(field, words):
    assert field_said(words) is field and field_said(words.upper()) is field


def test_another_sheet_may_be_chosen(call, tmp_path):
    path = tmp_path / "classeur.xlsx"
    xlsx(path, [["Mode d’emploi"]], Base=[["courriel"], ["a@exemple.fr"]])
    answers = ["2", "", "", "", "non", "oui"]
    code, said = call(contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form", answers=answers)
    assert code == 0 and "feuille « Base »" in said and contacts(call) == ["a@exemple.fr"]


def test_sheets_that_list_nobody_are_no_choice(call, tmp_path):
    path = tmp_path / "classeur.xlsx"
    people = [["courriel"], ["a@exemple.fr"]]
    xlsx(path, people, **{"Lisez-moi": [["Une ligne par personne"]], "Statistiques": [["Quartier", "Nombre"], ["Gare", "7"]]})
    answers = ["", "", "", "non", "oui"]
    code, said = call(contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form", answers=answers)
    assert code == 0 and "Quelle feuille" not in said and contacts(call) == ["a@exemple.fr"]


def test_a_list_of_objections_is_asked_for_only_as_long_as_there_is_none(call, tmp_path):
    call(suppressions_app, "import", brought(tmp_path, "z@exemple.fr\n", name="stop.txt"))
    path = brought(tmp_path, "courriel\na@exemple.fr\n")
    code, said = call(
        contacts_app, "import", path, *ORIGIN, "--direct", "--declare", "art13-form", answers=["", "", "non", "oui"]
    )
    assert code == 0 and "Aucune liste d’opposition" not in said


def test_who_closes_the_terminal_writes_nothing(call, tmp_path):
    path = brought(tmp_path, "courriel\na@exemple.fr\n")
    code, said = call(contacts_app, "import", path, answers=["oui", "2"])
    assert code == 1 and "Abandonné : rien n’a été écrit." in said and contacts(call) == []


def test_a_dry_run_asks_but_never_writes(call, tmp_path):
    path = brought(tmp_path, "courriel\na@exemple.fr\n")
    words = ["import", path, *ORIGIN, "--direct", "--declare", "art13-form", "--dry-run"]
    code, said = call(contacts_app, *words, answers=["", "", "", "non"])
    assert code == 0 and "Rien n’a été écrit" in said and "5/5" not in said and contacts(call) == []


def test_without_anybody_at_the_terminal_origin_and_label_must_be_said(call, tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "somebody_sits_there", lambda: False)
    assert call(contacts_app, "import", brought(tmp_path, "courriel\na@exemple.fr\n"))[0] == 2

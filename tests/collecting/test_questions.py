"""Agreements as forms ask for them: boxes below a question, answers in words, a box for the rules of a site beside another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.mapping import proposals
from tests.collecting.support import BOX, consent_states, imported, planned
from tests.collecting.test_told_no import ZOE, objects
from tests.compliance.builders import shipped

LETTER = "Souhaitez-vous recevoir notre lettre d’information par e-mail ?"


def proposed(*table: str) -> dict[str, Field | None]:
    """What the columns of a table are proposed to hold; cells parted by bars."""
    headings, *rows = [line.split("|") for line in table]
    found = proposals(headings, rows, date(2026, 11, 27), words=shipped().list_words, said={})
    return {one.label: one.field for one in found}


def test_who_accepted_the_rules_of_a_site_has_not_asked_for_its_letter():
    """Gravity Forms keeps both boxes; the one that names no message was offered on a par with the other."""
    found = proposed(
        "E-mail|Consentement RGPD (Consentement)|Newsletter (Oui, je veux la recevoir)",
        "a@exemple.fr|Coché|",
        "b@exemple.fr|Coché|Oui",
    )
    assert found["Newsletter (Oui, je veux la recevoir)"] is Field.CONSENT
    assert found["Consentement RGPD (Consentement)"] is None


def test_a_question_is_known_by_the_answers_that_can_be_read_and_the_others_come_back(gw, tmp_path):
    rows = [
        f"{ZOE}|Oui, avec plaisir !",
        "lea@exemple.fr|Pas pour le moment",
        "ann@exemple.fr|Je la reçois déjà",
        "eve@exemple.fr|Cela dépend",
    ]
    assert proposed(f"Adresse e-mail|{LETTER}", *rows)[LETTER] is Field.CONSENT
    text = "\n".join([f"Adresse e-mail|{LETTER}", *rows])
    report = imported(gw, tmp_path, text, claim=BOX, mapping={LETTER: Field.CONSENT})
    assert consent_states(gw) == {ZOE: "granted", "lea@exemple.fr": "refused"} and sum(report.refused.values()) == 2


def test_boxes_below_a_question_of_lime_survey_are_agreements_by_channel():
    heads = [f"Q3[SQ{n}]. Comment pouvons-nous vous contacter ? [Par {by}]" for n, by in ((1, "e-mail"), (2, "SMS"))]
    other = "Q4[SQ1]. Comment nous avez-vous connus ? [Par e-mail]"
    found = proposed("|".join(["Courriel", *heads, other]), "a@exemple.fr|Oui|Non|Oui", "b@exemple.fr|Non|Oui|Oui")
    assert [found[one] for one in (*heads, other)] == [Field.CONSENT, Field.CONSENT_SMS, None]


def test_days_that_a_spreadsheet_left_as_numbers_are_no_postcodes():
    """« Date adhésion » 46027 was proposed as a postcode of the Lot."""
    assert proposed("Courriel|Date adhésion", "a@exemple.fr|46027", "b@exemple.fr|46028")["Date adhésion"] is None


def test_an_agreement_to_infos_is_one_to_messages():
    assert (
        proposed("Courriel|Accepte les infos de la liste", "a@exemple.fr|oui")["Accepte les infos de la liste"] is Field.CONSENT
    )


@pytest.mark.parametrize("heading", ["Envoi newsletter", "Accord RGPD", "ENVOI NEWS", "Souhaitez-vous recevoir la lettre ?"])
@pytest.mark.parametrize("cell", ["Non", "refusé", "Non merci"])
def test_a_file_that_says_no_of_somebody_is_not_overruled_by_a_declaration_of_every_line(gw, tmp_path, heading, cell):
    """A column that was only proposed, and not confirmed, was left out: whoever had said no there was agreed for."""
    text = f"courriel;nom;{heading}\n{ZOE};Riou;Oui\nlea@exemple.fr;Guen;{cell}\n"
    with pytest.raises(InvalidInput, match=rf"vous déclarez que chaque ligne .*« {cell} », ligne 3"):
        planned(gw, tmp_path, text, claim=replace(BOX, everyone=True))
    imported(gw, tmp_path, text, claim=BOX, mapping={heading: Field.CONSENT})
    assert consent_states(gw)[ZOE] == "granted" and consent_states(gw).get("lea@exemple.fr") != "granted"


def test_a_column_left_out_knowingly_or_that_asks_of_another_channel_does_not_stop_the_file(gw, tmp_path):
    text = f"courriel;nom;Veut un SMS ?;Envoi newsletter\n{ZOE};Riou;Non;Non\n"
    imported(gw, tmp_path, text, claim=replace(BOX, everyone=True), mapping={"Envoi newsletter": None})
    assert consent_states(gw) == {ZOE: "granted"}


@pytest.mark.parametrize("heading", ["Diff. mail", "Mail (O/N)", "Envoi courriel"])
def test_a_no_below_the_name_of_a_channel_is_not_overruled_either(gw, tmp_path, heading):
    text = f"adresse;nom;{heading}\n{ZOE};Riou;O\nlea@exemple.fr;Guen;N\n"
    with pytest.raises(InvalidInput, match="vous déclarez que chaque ligne"):
        planned(gw, tmp_path, text, claim=replace(BOX, everyone=True), mapping={"adresse": Field.EMAIL})


@pytest.mark.parametrize(
    "heading",
    ["Tenez-moi informé·e de la campagne de la candidate", "Prévenez-moi des réunions", "Oui, écrivez-moi", "Keep me posted"],
)
def test_a_no_to_a_box_in_her_own_words_is_not_overruled_by_a_declaration_of_every_line(gw, tmp_path, heading):
    """« Tenez-moi informée » was no question to us: whoever had said no to it was agreed for."""
    text = f"courriel;nom;{heading}\n{ZOE};Riou;Oui\nlea@exemple.fr;Guen;Non\nyann@exemple.fr;Le Bris;Oui\n"
    with pytest.raises(InvalidInput, match=r"vous déclarez que chaque ligne .* les distingue"):
        planned(gw, tmp_path, text, claim=replace(BOX, everyone=True))
    imported(gw, tmp_path, text, claim=BOX, mapping={heading: Field.CONSENT})
    assert consent_states(gw)[ZOE] == "granted" and consent_states(gw).get("lea@exemple.fr") != "granted"


@pytest.mark.parametrize(
    "heading",
    [
        "Tenez-moi informé·e",
        "Je veux être tenu·e au courant de la campagne",
        "Souhaitez-vous recevoir la lettre ?",
        "I want to hear from the campaign",
        "J’accepte de recevoir des informations par e-mail",
        "À recontacter",
        "Diffusion",
    ],
)
@pytest.mark.parametrize(("yes", "nothing"), [("Oui", ""), ("x", ""), ("✓", "-"), ("Oui, volontiers", "n/a")])
def test_who_left_a_box_unticked_has_not_agreed_because_all_lines_are_declared(gw, tmp_path, heading, yes, nothing):
    """A box left blank beside one that somebody ticked is nobody’s yes: all of them were agreed for."""
    text = f"courriel;nom;{heading}\n{ZOE};Riou;{yes}\nlea@exemple.fr;Guen;{nothing}\nyann@exemple.fr;Le Bris;{yes}\n"
    with pytest.raises(InvalidInput, match=r"vous déclarez que chaque ligne .*(la ligne 3 n’y répond rien|les distingue)"):
        planned(gw, tmp_path, text, claim=replace(BOX, everyone=True))
    imported(gw, tmp_path, text, claim=BOX, mapping={heading: Field.CONSENT})
    assert [who for who, state in consent_states(gw).items() if state == "granted"] == [ZOE, "yann@exemple.fr"]


@pytest.mark.parametrize(
    ("heading", "first"), [("Je veux donner un coup de main", "ignorer"), ("Je veux être tenue au courant", "consentement")]
)
def test_a_box_that_may_ask_of_something_else_is_not_first_offered_as_an_agreement(gw, tmp_path, heading, first):
    """Who follows the first advice would have taken an offer of help for an agreement to letters."""
    text = f"courriel;nom;{heading}\n{ZOE};Riou;Oui\nlea@exemple.fr;Guen;\n"
    with pytest.raises(InvalidInput, match=f'n’y répond rien : [^"]*--map "{heading}={first}"'):
        planned(gw, tmp_path, text, claim=replace(BOX, everyone=True))


def test_a_box_is_looked_at_as_far_as_the_list_goes(gw, tmp_path):
    ticked = "".join(f"p{n}@exemple.fr;Riou;Oui\n" for n in range(1_100))
    with pytest.raises(InvalidInput, match="la ligne 1102 n’y répond rien"):
        planned(gw, tmp_path, f"courriel;nom;À recontacter\n{ticked}{ZOE};Riou;\n", claim=replace(BOX, everyone=True))


@pytest.mark.parametrize("heading", ["Bénévole", "Veut une affiche", "À jour", "Droit à l’image", "Profession"])
def test_a_box_about_something_else_does_not_stop_a_declared_list(gw, tmp_path, heading):
    text = f"courriel;nom;{heading}\n{ZOE};Riou;Oui\nlea@exemple.fr;Guen;\n"
    assert planned(gw, tmp_path, text, claim=replace(BOX, everyone=True)).impact.granted == 2


@pytest.mark.parametrize("heading", ["Tenez-moi informé·e", "Newsletter"])
def test_a_box_that_is_said_to_be_about_something_else_does_not_stop_the_file(gw, tmp_path, heading):
    text = f"courriel;nom;{heading}\n{ZOE};Riou;Oui\nlea@exemple.fr;Guen;\n"
    assert planned(gw, tmp_path, text, claim=replace(BOX, everyone=True), mapping={heading: None}).impact.granted == 2


def test_a_box_that_everybody_ticked_does_not_stop_the_file(gw, tmp_path):
    text = f"courriel;nom;Tenez-moi informé·e\n{ZOE};Riou;Oui\nlea@exemple.fr;Guen;oui\n"
    assert planned(gw, tmp_path, text, claim=replace(BOX, everyone=True)).impact.granted == 2


def test_a_column_of_agreements_in_words_is_proposed_as_one_and_a_no_in_words_is_kept(gw, tmp_path):
    """It was proposed as remarks: « oui » below it agreed to nothing."""
    heading = "Accord pour recevoir des infos"
    rows = [f"{ZOE}|oui", "lea@exemple.fr|non, plus jamais", "ann@exemple.fr|pas de démarchage", "eve@exemple.fr|oui"]
    assert proposed(f"Courriel|{heading}", *rows)[heading] is Field.CONSENT
    imported(gw, tmp_path, "\n".join([f"Courriel|{heading}", *rows]), claim=BOX, mapping={heading: Field.CONSENT})
    assert consent_states(gw)[ZOE] == "granted"
    assert objects(gw, "lea@exemple.fr", Medium.EMAIL) and objects(gw, "ann@exemple.fr", Medium.EMAIL)


def test_by_which_channels_she_agrees_is_proposed_as_that_though_some_answer_in_words_of_their_own():
    """One « mais pas de SMS », and the column was proposed as remarks: nobody in it had agreed to anything."""
    heading = "Par quels moyens acceptez-vous d’être contacté·e ? (plusieurs choix possibles)"
    cells = ["E-mail;SMS", "SMS", "Aucun", "E-mail", "Courrier postal", "E-mail mais pas de SMS", "E-mail;Courrier postal"]
    rows = [f"{n}@exemple.fr|{cell}" for n, cell in enumerate(cells)]
    assert proposed(f"Adresse e-mail|{heading}", *rows)[heading] is Field.CONSENT_CHANNELS


@pytest.mark.parametrize(
    "heading",
    [
        "Lettre d’info (oui/non)",
        "Lettre d'info",
        "Infos par mail",
        "Lettre (O/N)",
        "Autorise à lui écrire",
        "Recevoir les actualités",
    ],
)
def test_the_letter_by_its_short_name_is_proposed_as_an_agreement_to_emails(heading):
    found = proposed(f"Nom|Mél|{heading}", "Aubert|a@exemple.fr|oui", "Bailly|b@exemple.fr|non")
    assert found[heading] is Field.CONSENT

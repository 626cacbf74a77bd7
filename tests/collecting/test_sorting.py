"""Where each line is declared to be one who agreed, columns that tell people apart are not passed over."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Field
from tests.collecting.support import BOX, imported, planned

EVERYBODY = replace(BOX, everyone=True)
LEA, YANN, ZOE = "lea@exemple.fr", "yann@exemple.fr", "zoe@exemple.fr"


def listed(heading: str, *cells: str) -> str:
    people = (LEA, YANN, ZOE, "mehdi@exemple.fr")
    return f"courriel;{heading}\n" + "".join(f"{who};{cell}\n" for who, cell in zip(people, cells, strict=True))


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Code", ("A", "B", "C", "A")),
        ("Statut", ("1", "2", "1", "1")),
        ("Status", ("C", "U", "S", "C")),
        ("Statut", ("actif", "En attente", "actif", "actif")),
        ("DOUBLE_OPT-IN", ("Yes", "Yes", "No", "Yes")),
        ("Marketing contact status", ("Marketing contact", "Non-marketing contact", "Marketing contact", "Marketing contact")),
        ("Status", ("C", "U", "S", "B")),  # of each one in so short a list
        ("Retour", ("ok", "non", "ok", "ok")),
        ("Réponse", ("oui", "non", "oui", "oui")),
        ("Intéressé(e)", ("oui", "non", "oui", "oui")),
        ("À inviter", ("oui", "non", "oui", "")),
        ("Diff", ("M", "P", "M+P", "0")),
        ("Diffusion", ("mail", "papier", "mail", "")),
        ("Listes", ("Lettre", "Anciens", "Lettre", "Lettre")),
        ("Statut", ("à rappeler", "en litige", "chaud", "vu à la foire")),  # words of its own for each line
    ],
)
def test_a_column_whose_words_say_nothing_to_us_stops_a_declaration_that_everybody_agreed(gw, tmp_path, heading, cells):
    with pytest.raises(InvalidInput, match=rf"la colonne « {re.escape(heading)} » (les distingue|dit « No »|dit peut-être)"):
        planned(gw, tmp_path, listed(heading, *cells), claim=EVERYBODY)
    report = imported(gw, tmp_path, listed(heading, *cells), claim=EVERYBODY, mapping={heading: None})
    assert report.impact.new == 4


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Statut", ("actif", "actif", "actif", "actif")),
        ("Statut", ("abonné", "inscrit", "confirmé", "")),
        ("Code", ("K12", "K13", "K14", "K15")),  # each line its own
        ("Code Insee", ("29019", "29019", "29200", "29200")),
        ("État civil", ("mariée", "célibataire", "mariée", "")),
        ("Liste d’attente", ("1", "2", "1", "")),
        ("Liste électorale", ("x", "", "x", "")),
        ("Accord photo", ("oui", "", "oui", "")),
        ("Invité par", ("Paul", "Léa", "Paul", "")),
        ("Nombre d’invités", ("1", "2", "1", "")),
        ("Commune", ("Brest", "Quimper", "Brest", "")),
    ],
)
def test_columns_about_other_things_stop_nothing(gw, tmp_path, heading, cells):
    assert planned(gw, tmp_path, listed(heading, *cells), claim=EVERYBODY).impact.granted == 4


@pytest.mark.parametrize("marks", [("+", "-", "+", "+"), ("☺", "☹", "☺", ""), ("*", "?", "", "*")])
def test_marks_that_no_heading_explains_tell_people_apart(gw, tmp_path, marks):
    with pytest.raises(InvalidInput, match="les distingue"):
        planned(gw, tmp_path, listed("+/-", *marks), claim=EVERYBODY)


@pytest.mark.parametrize("marks", [("-", "–", "", "-"), ("*", "", "*", ""), ("-", "-", "-", "-")])
def test_marks_for_nothing_and_one_mark_alone_tell_nobody_apart(gw, tmp_path, marks):
    assert planned(gw, tmp_path, listed("étages", *marks), claim=EVERYBODY).impact.granted == 4


def test_a_column_of_agreements_decides_line_by_line_whatever_a_code_says(gw, tmp_path):
    text = f"courriel;consentement;Code\n{LEA};oui;A\n{YANN};oui;B\n{ZOE};non;A\n"
    assert planned(gw, tmp_path, text, claim=BOX).impact.granted == 2


# Agreements told by numbers


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("De 1 (pas du tout) à 5 (tout à fait), souhaitez-vous recevoir nos nouvelles ?", ("5", "1", "3", "5")),
        ("De 1 à 5, souhaitez-vous recevoir la lettre ?", ("1", "1", "1", "1")),  # those of a filter, nobody above
        ("Consentement", ("1", "2", "0", "9")),
        ("Accord SMS", ("1.0", "2.0", "1.0", "0.0")),
        ("Souhaite recevoir la lettre (sur 10)", ("10", "1", "0", "8")),
    ],
)
def test_a_one_on_a_scale_or_among_codes_is_nobodys_yes(gw, tmp_path, heading, cells):
    meant = Field.CONSENT_SMS if "SMS" in heading else Field.CONSENT
    claim = replace(BOX, medium=Medium.SMS) if "SMS" in heading else BOX
    with pytest.raises(InvalidInput, match=r"répond par des nombres \(« .*échelle ou des codes"):
        planned(gw, tmp_path, listed(heading, *cells), claim=claim, mapping={heading: meant})


@pytest.mark.parametrize("heading", ["DOUBLE_OPT-IN", "Double opt-in", "Email confirmé", "Inscription confirmée"])
def test_codes_of_who_confirmed_are_asked_about(gw, tmp_path, heading):
    """Brevo writes 1 for yes and 2 for no."""
    text = f"courriel;consentement;{heading}\n{LEA};oui;1\n{YANN};oui;2\n"
    with pytest.raises(InvalidInput, match=f"la colonne « {heading} » répond par des nombres"):
        planned(gw, tmp_path, text, claim=BOX)
    said = {heading: None}
    assert planned(gw, tmp_path, text, claim=BOX, mapping=said).impact.granted == 2, (
        "somebody said that it is about something else"
    )


def test_ones_and_zeros_are_yes_and_no_and_one_slip_among_words_refuses_its_line_alone(gw, tmp_path):
    report = imported(gw, tmp_path, listed("consentement", "1", "0", "1", "1.0"), claim=BOX)
    assert report.impact.granted == 3
    plan = planned(gw, tmp_path, listed("consentement", "oui", "oui", "non", "2"), claim=BOX)
    assert plan.refused == {"consent": 1}


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("CANAL[SQ002]", ("", "Y", "", "Y")),
        ("G02Q03[SQ001]", ("Y", "", "Y", "")),
        ("Q7", ("A1", "A2", "A1", "-oth-")),
        ("Q12_3", ("1", "0", "1", "1")),
    ],
)
@pytest.mark.parametrize("claim", [BOX, EVERYBODY])
def test_a_question_of_a_survey_told_by_its_code_may_bound_the_agreement_beside_it(gw, tmp_path, heading, cells, claim):
    """« Par quels canaux ? », of which nothing is left but « CANAL[SQ002] » and Y: who ticked texts alone was to get letters."""
    people = zip((LEA, YANN, ZOE, "mehdi@exemple.fr"), cells, strict=True)
    column = {BOX: ";RGPD", EVERYBODY: ""}[claim]
    text = f"courriel{column};{heading}\n" + "".join(f"{who}{column and ';Y'};{cell}\n" for who, cell in people)
    said = {"RGPD": Field.CONSENT} if column else {}
    with pytest.raises(InvalidInput, match=re.escape(f'--map "{heading}=ignorer"')):
        planned(gw, tmp_path, text, claim=claim, mapping=said)
    assert planned(gw, tmp_path, text, claim=claim, mapping={**said, heading: None}).impact.granted == 4


@pytest.mark.parametrize(("heading", "cells"), [("T1", ("x", "", "x", "x")), ("Q7", ("le matin", "le soir", "", ""))])
def test_terms_that_are_paid_and_answers_in_words_are_no_codes(gw, tmp_path, heading, cells):
    people = zip((LEA, YANN, ZOE, "mehdi@exemple.fr"), cells, strict=True)
    text = f"courriel;consentement;{heading}\n" + "".join(f"{who};oui;{cell}\n" for who, cell in people)
    assert planned(gw, tmp_path, text, claim=BOX).impact.granted == 4


@pytest.mark.parametrize(("tick", "cross"), [("v", "x"), ("V", "X"), ("✓", "x"), ("✔", "X"), ("☑", "x")])
def test_a_cross_beside_ticks_may_be_a_refusal(gw, tmp_path, tick, cross):
    """Who ticks those who agree crosses out those who do not: each cross was a yes."""
    with pytest.raises(InvalidInput, match="une croix y est peut-être un refus"):
        planned(gw, tmp_path, listed("Accord", tick, cross, tick, ""), claim=BOX)


@pytest.mark.parametrize("marks", [("x", "", "X", "x"), ("✓", "", "✓", "✔"), ("✓", "✗", "✓", "✓")])
def test_a_cross_among_no_ticks_is_a_yes(gw, tmp_path, marks):
    assert planned(gw, tmp_path, listed("Accord", *marks), claim=BOX).impact.granted == 3

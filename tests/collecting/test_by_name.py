"""One question, several boxes to tick: « par quels moyens acceptez-vous … ? ». Only the channels that are named are agreed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.mapping import proposals
from gateway.flows.collecting.proposed import Sureness
from tests.collecting.support import BOX, imported, planned
from tests.collecting.test_channels import CALL, SMS, agreed
from tests.collecting.test_told_no import objects
from tests.compliance.builders import shipped

ASKS = "Par quels moyens acceptez-vous d’être contacté(e) ?"
BY_NAME = {ASKS: Field.CONSENT_CHANNELS}
TEXT = (
    f"nom;courriel;portable;{ASKS}\n"
    "Riou;zoe@exemple.fr;06 39 98 12 34;E-mail, SMS\nGuen;lea@exemple.fr;06 39 98 56 78;SMS\n"
    "Le Bec;yann@exemple.fr;06 39 98 99 99;\n"
    "Payet;mehdi@exemple.fr;06 39 98 33 33;Courrier papier, Courriel\nHoarau;ida@exemple.fr;06 39 98 44 44;Aucun\n"
)


def test_only_the_channels_a_cell_names_are_agreed_to(gw, tmp_path):
    rows = [line.split(";") for line in TEXT.splitlines()]
    found = proposals(rows[0], rows[1:4], date(2026, 3, 15), words=shipped().list_words, said={})
    assert (found[-1].field, found[-1].sureness) == (Field.CONSENT_CHANNELS, Sureness.LIKELY)
    report = imported(gw, tmp_path, TEXT, mapping=BY_NAME, claims=(BOX, SMS))
    assert (report.impact.new, report.refused) == (5, {})
    granted = {holder: state for holder, (state, _) in agreed(gw).items()}
    assert granted == dict.fromkeys([("Riou", "email"), ("Riou", "sms"), ("Guen", "sms"), ("Payet", "email")], "granted")


def test_without_evidence_for_a_channel_that_is_named_nothing_is_agreed_to(gw, tmp_path):
    plan = planned(gw, tmp_path, TEXT, mapping=BY_NAME, claims=(BOX,))
    assert not plan.admitted and "consent-proof" in plan.admission.rules


def test_calls_that_are_named_need_their_hours(gw, tmp_path):
    text = f"nom;portable;{ASKS}\nRiou;06 39 98 12 34;Téléphone et texto\n"
    plan = planned(gw, tmp_path, text, mapping=BY_NAME, claims=(SMS, CALL))
    assert plan.loaded.noted.without_hours == 0 and plan.impact.granted == 2
    assert planned(gw, tmp_path, text, mapping=BY_NAME).impact.granted == 0


@pytest.mark.parametrize("cell", ["pas de mail", "SMS, plus de mails", "plus rien svp", "oui"])
def test_a_cell_that_may_say_no_agrees_to_nothing(gw, tmp_path, cell):
    text = f"nom;courriel;portable;{ASKS}\nRiou;zoe@exemple.fr;06 39 98 12 34;{cell}\n"
    report = imported(gw, tmp_path, text, mapping=BY_NAME, claims=(BOX, SMS))
    assert report.impact.granted == 0 and agreed(gw) == {}
    assert objects(gw, "zoe@exemple.fr", Medium.EMAIL) is (cell != "oui")


def test_two_columns_of_who_agreed_are_never_weighed_against_each_other(gw, tmp_path):
    text = f"nom;courriel;consentement;{ASKS}\nRiou;zoe@exemple.fr;non;Email\n"
    with pytest.raises(InvalidInput, match="deux colonnes disent qui a consenti"):
        planned(gw, tmp_path, text, mapping=BY_NAME, claim=BOX)


@pytest.mark.parametrize("heading", ["Lettre", "Lettre (O/N)", "Lettre O/N"])
def test_a_column_of_yes_and_no_under_the_name_of_a_channel_is_proposed_as_an_agreement_to_it(heading):
    headings = ["Mail", "Mobile", heading, "SMS", "Appels (oui/non)", "Repas"]
    rows = [
        ["zoe@exemple.fr", "06 39 98 12 34", "O", "N", "non", "oui"],
        ["lea@exemple.fr", "06 39 98 56 78", "N", "O", "oui", "non"],
    ]
    found = proposals(headings, rows, date(2026, 3, 15), words=shipped().list_words, said={})
    assert [(one.field, one.sureness) for one in found[2:]] == [
        *((one, Sureness.LIKELY) for one in (Field.CONSENT, Field.CONSENT_SMS, Field.CONSENT_CALL)),
        (None, Sureness.NONE),
    ]
    numbers = [["zoe@exemple.fr", "0639981234"], ["lea@exemple.fr", "0639985678"]]
    found = proposals(["EMAIL", "SMS"], numbers, date(2026, 3, 15), words=shipped().list_words, said={})
    assert found[1].field is Field.MOBILE, "as a tool calls its column of numbers"


BY_WHICH = "Si oui, par quels moyens ?"
YES_AND_BY_WHICH = (
    f"nom;courriel;portable;consentement;{BY_WHICH}\nRiou;zoe@exemple.fr;06 39 98 12 34;oui;E-mail, SMS\n"
    "Guen;lea@exemple.fr;06 39 98 56 78;oui;SMS\nLe Bec;yann@exemple.fr;06 39 98 99 99;oui;Aucun\n"
)


@pytest.mark.parametrize(
    "heading",
    [BY_WHICH, "Moyens de contact", "Lesquels ?", "Comment souhaitez-vous être tenu au courant ?", "Canal", "Préférences"],
)
@pytest.mark.parametrize("everyone", [False, True])
def test_who_said_yes_and_by_texts_alone_is_not_taken_to_agree_to_emails_unasked(gw, tmp_path, heading, everyone):
    text = YES_AND_BY_WHICH.replace(BY_WHICH, heading)
    if everyone:
        text = text.replace("consentement", "Rue").replace(";oui;", ";des Lilas;")
    with pytest.raises(InvalidInput, match=f"« {heading.replace('?', '[?]')} » .* par quels canaux"):
        planned(gw, tmp_path, text, claim=replace(BOX, everyone=everyone))


def test_one_who_names_texts_and_one_who_names_nothing_are_enough_to_ask(gw, tmp_path):
    text = "courriel;consentement;Communication\nzoe@exemple.fr;oui;Mail\nlea@exemple.fr;oui;Aucune\n"
    with pytest.raises(InvalidInput, match="« Aucune »"):
        planned(gw, tmp_path, text, claim=BOX)


def test_what_asks_by_which_channels_is_read_in_the_place_of_the_yes_once_somebody_says_so(gw, tmp_path):
    said = {BY_WHICH: Field.CONSENT_CHANNELS, "consentement": None}
    imported(gw, tmp_path, YES_AND_BY_WHICH, mapping=said, claims=(BOX, SMS))
    granted = {holder for holder, (state, _) in agreed(gw).items() if state == "granted"}
    assert granted == {("Riou", "email"), ("Riou", "sms"), ("Guen", "sms")}


@pytest.mark.parametrize(
    "heading", ["consentement", "Acceptez-vous que l’équipe vous écrive ?", "Souhaitez-vous être au courant ?"]
)
def test_who_said_no_and_ticked_a_box_all_the_same_waits_for_somebody_to_ask(gw, tmp_path, heading):
    said = {BY_WHICH: Field.CONSENT_CHANNELS, heading: None}
    text = YES_AND_BY_WHICH.replace("oui;E-mail, SMS", "non;E-mail").replace("consentement", heading)
    with pytest.raises(InvalidInput, match="dit « non » de quelqu’un"):
        planned(gw, tmp_path, text, mapping=said, claims=(BOX, SMS))


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Canal préféré", ["Mail", "SMS"]),
        ("Connu par", ["Mail", "Téléphone"]),
        ("Canal d’acquisition", ["SMS", "Mail"]),
        ("Dernier contact", ["SMS", "Mail"]),
        ("Moyens", ["Courriel", "Mail et SMS"]),
        ("Profession", ["Lettres", "Poste"]),
    ],
)
def test_a_preference_a_source_or_channels_all_of_which_take_in_emails_ask_nothing(gw, tmp_path, heading, cells):
    text = f"nom;courriel;consentement;{heading}\n" + "".join(
        f"Riou;p{at}@exemple.fr;oui;{cell}\n" for at, cell in enumerate(cells)
    )
    assert planned(gw, tmp_path, text, claim=BOX).impact.granted == 2


@pytest.mark.parametrize("said", ["Non merci", "non", "NON."])
def test_who_wants_no_news_and_names_no_channel_refuses_each_though_the_channels_are_what_is_read(gw, tmp_path, said):
    """The file is to be read by its channels, the yes and no left aside: her no went with that column, and nobody was told."""
    asks = "Souhaitez-vous recevoir de nos nouvelles ?"
    rows = f"Riou;zoe@exemple.fr;0639981234;{said};\nGuen;lea@exemple.fr;0639985678;Oui;E-mail\nLe Bec;yann@exemple.fr;;;\n"
    text = f"nom;courriel;portable;{asks};Par quel moyen ?\n{rows}"
    report = imported(gw, tmp_path, text, mapping={asks: None, "Par quel moyen ?": Field.CONSENT_CHANNELS}, claims=(BOX, SMS))
    assert report.refused == {}
    assert {whose: state for whose, (state, _) in agreed(gw).items()} == {
        ("Riou", "email"): "refused",
        ("Riou", "sms"): "refused",
        ("Riou", "call"): "refused",
        ("Guen", "email"): "granted",
    }

"""A no to more than its column asks: below « Newsletter », « ne plus contacter » is about calls and texts too."""

from __future__ import annotations

import pytest

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Field
from tests.collecting.support import BOX, consent_states, imported
from tests.collecting.test_told_no import NUMBER, ZOE, objects

HEADER = "courriel;portable;nom;newsletter\n"
LEA = "lea@exemple.fr;0639985678;Guen;oui\n"


def objected(gw) -> set[Medium]:
    return {medium for medium in Medium if objects(gw, ZOE if medium is Medium.EMAIL else NUMBER, medium)}


@pytest.mark.parametrize("said", ["ne plus contacter", "Ne pas contacter", "do not contact", "décédée", "DCD", "NPC"])
def test_who_wants_nothing_any_more_is_neither_called_nor_texted_though_only_letters_were_asked_about(gw, tmp_path, said):
    imported(gw, tmp_path, f"{HEADER}{ZOE};0639981234;Riou;{said}\n{LEA}", claim=BOX)
    assert objected(gw) == set(Medium) and consent_states(gw)["lea@exemple.fr"] == "granted"


@pytest.mark.parametrize("said", ["STOP", "désinscrite", "unsubscribed", "refus"])
def test_who_left_the_letter_objects_to_letters(gw, tmp_path, said):
    imported(gw, tmp_path, f"{HEADER}{ZOE};0639981234;Riou;{said}\n{LEA}", claim=BOX)
    assert Medium.EMAIL in objected(gw) and Medium.CALL not in objected(gw)


@pytest.mark.parametrize("said", ["STOP", "désinscrite", "ne plus contacter"])
def test_who_is_known_by_a_number_alone_objects_there(gw, tmp_path, said):
    imported(gw, tmp_path, f"{HEADER};0639981234;Riou;{said}\n{LEA}", claim=BOX)
    assert objected(gw) == {Medium.SMS, Medium.CALL} and consent_states(gw)["lea@exemple.fr"] == "granted"


def test_so_does_who_has_a_line_for_her_address_and_one_for_her_number(gw, tmp_path):
    rows = f"{ZOE};0639981234;Riou;oui\n;+33639981234;Riou;ne plus contacter\n"
    imported(gw, tmp_path, f"{HEADER}{rows}{LEA}", claim=BOX)
    assert objected(gw) == set(Medium)


@pytest.mark.parametrize("unread", ["Contact", "Première adresse", "E-mail adhérent"])
def test_whoever_objects_is_not_left_reachable_at_an_address_in_a_column_that_nothing_reads(gw, tmp_path, unread):
    """Her STOP held at her mobile alone: at the address that an earlier list had brought in, letters went on."""
    text = f"portable;{unread};opposition\n0639981234;{ZOE};oui\n0639985678;lea@exemple.fr;\n"
    with pytest.raises(InvalidInput, match=r"ligne 2 .* \(« zoe@exemple.fr »\)"):
        imported(gw, tmp_path, text)
    imported(gw, tmp_path, text, mapping={unread: Field.EMAIL})
    assert objected(gw) == set(Medium)


def test_nor_at_a_number(gw, tmp_path):
    text = f"courriel;joignable au;remarque\n{ZOE};06 39 98 12 34;STOP\nlea@exemple.fr;0639985678;\n"
    with pytest.raises(InvalidInput, match='--map "joignable au=téléphone"'):
        imported(gw, tmp_path, text)


def test_what_is_somebody_elses_or_hers_already_is_not_asked_about(gw, tmp_path):
    """Nor is it of those who object to nothing, or once somebody has said that the column is not hers."""
    head = "courriel;saisi par;tél. conjoint;identifiant;vu par;opposition\n"
    rows = f"{ZOE};claire@exemple.fr;0639985678;{ZOE};claire@exemple.fr;oui\nlea@exemple.fr;;;;malik@exemple.fr;\n"
    imported(gw, tmp_path, head + rows, mapping={"vu par": None})
    assert Medium.EMAIL in objected(gw) and not objects(gw, "claire@exemple.fr", Medium.EMAIL)
    imported(gw, tmp_path, "courriel;vu par;opposition\nguen@exemple.fr;claire@exemple.fr;\n")


def test_beside_a_column_of_addresses_the_other_one_is_to_be_named_as_one_more(gw, tmp_path):
    with pytest.raises(InvalidInput, match="nommez cette colonne « Courriel 2 »"):
        imported(gw, tmp_path, f"courriel;contact;opposition\nlea@exemple.fr;{ZOE};oui\n")

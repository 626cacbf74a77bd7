"""A no to more than its column asks: below « Newsletter », « ne plus contacter » is about calls and texts too."""

from __future__ import annotations

import pytest

from gateway.domain.channel import Medium
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

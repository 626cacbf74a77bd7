"""Lists by hand repeat the line above by a sign; tags and cells say who objects in the team's own way."""

from __future__ import annotations

import pytest

from gateway.domain.channel import Medium
from gateway.flows.suppressing import import_list
from tests.collecting.support import BOX, imported, planned
from tests.collecting.test_told_no import objects, reached_at

LEA, YANN, ZOE = "lea@exemple.fr", "yann@exemple.fr", "zoe@exemple.fr"


@pytest.mark.parametrize("same", ["idem", "id.", '""""', "↓", "//"])
def test_an_objection_that_is_told_by_a_sign_below_another_is_kept(gw, tmp_path, same):
    text = f"courriel;nom;consentement;observations\n{LEA};Riou;non;ne veut plus de nos mails\n{YANN};Guen;{same};{same}\n"
    imported(gw, tmp_path, text, claim=BOX, reviewed="vu")
    assert objects(gw, LEA, Medium.EMAIL) and objects(gw, YANN, Medium.EMAIL)


@pytest.mark.parametrize("same", ["idem", '""""', "↓"])
def test_nobody_agrees_by_a_sign_that_repeats_the_line_above(gw, tmp_path, same):
    text = f"courriel;nom;consentement\n{LEA};Riou;oui\n{YANN};{same};{same}\n{ZOE};Guen;oui\n"
    plan = planned(gw, tmp_path, text, claim=BOX)
    assert plan.impact.granted == 2 and plan.refused == {"consent": 1}


@pytest.mark.parametrize("tag", ["NPC", "désinscrit_2024", "Désabonnés", "ne-plus-contacter"])
def test_a_tag_that_says_in_the_words_of_the_team_that_somebody_left_is_an_objection(gw, tmp_path, tag):
    text = f"courriel;consentement;étiquettes\n{LEA};oui;marché\n{YANN};oui;marché, {tag}\n"
    imported(gw, tmp_path, text, claim=BOX)
    assert {value for _, value in reached_at(gw)} == {LEA} and objects(gw, YANN, Medium.EMAIL)


def test_a_tag_that_may_be_a_refusal_holds_the_line_back(gw, tmp_path):
    text = f"courriel;consentement;étiquettes\n{LEA};oui;marché\n{YANN};oui;hostile\n"
    plan = planned(gw, tmp_path, text, claim=BOX)
    assert plan.refused == {"remark": 1} and plan.remarks_waiting == 1


def test_an_address_and_a_number_in_one_cell_of_an_opposition_list_are_both_on_it(gw, tmp_path):
    path = tmp_path / "liste.csv"
    path.write_text(f"Qui;Coordonnées\nRiou;{LEA} / 06 39 98 12 34\nGuen;{YANN}\n", encoding="utf-8")
    report = import_list(gw, path, by="claire")
    assert (report.addresses, report.refused) == (3, {})
    assert objects(gw, LEA, Medium.EMAIL) and objects(gw, "0639981234", Medium.SMS)

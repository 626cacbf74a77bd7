"""« Ne plus contacter », written beside a number: an objection is never cut off with the words around an address."""

from __future__ import annotations

import pytest

from gateway.flows.collecting.beside import Beside, beside, says_no_by
from gateway.flows.collecting.consenting import NOTHING_TOLD
from tests.collecting.support import people, planned
from tests.compliance.builders import shipped


@pytest.mark.parametrize(
    "remark", ["STOP", "ne plus contacter", "ne pas appeler svp", "désinscrite", "faux numéro", "décédé", "NPAI", "a déménagé"]
)
def test_a_remark_is_judged_as_what_people_write_to_us(remark):
    assert Beside(says_no_by(shipped())).forbids(remark, NOTHING_TOLD)


@pytest.mark.parametrize(
    "remark", ["perso", "(bureau)", "le soir après 18 h", "sa fille Anna", "demander Paul", "vérifié", "Tél :"]
)
def test_ordinary_remarks_forbid_nothing(remark):
    assert not Beside(says_no_by(shipped())).forbids(remark, NOTHING_TOLD)


def test_an_address_that_somebody_noted_as_left_is_not_taken_and_comes_back_with_the_words(gw, tmp_path):
    text = (
        "Courriel;Nom\nlea@exemple.fr (désinscrite);Riou\nMehdi Stop <mehdi@exemple.fr>;Stop\nzoe@exemple.fr - perso;Guen\n"
        "STOP yann@exemple.fr;Abgrall\n"
    )
    plan = planned(gw, tmp_path, text)
    assert (plan.impact.new, people(gw)) == (2, {})
    first = plan.refused_samples[0]
    assert (first.line, first.column, first.code) == (2, "Courriel", "remark")
    assert "« désinscrite » est écrit à côté" in first.says and "liste d’opposition" in first.says


def test_a_number_with_such_words_is_left_out_and_the_rest_of_the_line_is_taken(gw, tmp_path):
    text = (
        "Courriel;Portable;Nom\nlea@exemple.fr;06 39 98 12 34 ne plus contacter;Riou\n"
        "mehdi@exemple.fr;06 39 98 12 35 (le soir);Guen\n;06 39 98 12 36 STOP;Abgrall\n"
    )
    plan = planned(gw, tmp_path, text)
    assert plan.impact.new == 2
    assert [(one.line, one.code) for one in plan.doubt_samples] == [(2, "remark")]
    assert [(one.line, one.column, one.code) for one in plan.refused_samples] == [(4, "Portable", "remark")]


def test_what_stands_beside_an_address_is_what_is_not_the_address():
    assert beside("Mme Riou <Zoe@exemple.fr>", "zoe@exemple.fr") == "Mme Riou"
    assert beside("mailto:zoe@exemple.fr", "zoe@exemple.fr") == "mailto"


@pytest.mark.parametrize("name", ["Anaëlle Le Goff", "ZOÉ Riou", "Jean-François d’Hervé"])
def test_a_name_beside_an_address_is_known_for_one_without_reading_it_as_a_reply(name, monkeypatch):
    monkeypatch.setattr("gateway.flows.collecting.beside.read_reply", None)  # a million names would wait for it
    assert not Beside(says_no_by(shipped())).forbids(name, NOTHING_TOLD)


@pytest.mark.parametrize("remark", ["Marie STOP", "Ne Plus Contacter", "Mehdi Riou (désinscrit)", "Décédée"])
def test_what_is_written_like_a_name_and_says_something_is_read(remark):
    assert Beside(says_no_by(shipped())).forbids(remark, NOTHING_TOLD)

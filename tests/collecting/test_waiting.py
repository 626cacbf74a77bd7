"""A line that waits because it may be a refusal, of somebody whom another line of the file says yes of: the yes waits with it."""

from __future__ import annotations

import pytest

from gateway.flows.gateway import Gateway
from tests.collecting.support import BOX, consent_states, imported, planned

ANSWERS = "courriel;nom;prénom;consentement;suivi\n"
LEA = "lea@exemple.fr;Roux;Léa;oui;\n"
YANN = "yann@exemple.fr;Le Goff;Yann;oui;\n"


@pytest.mark.parametrize(
    "again",
    [
        "YANN@exemple.fr;Le Goff;Yann;non;désormais je préfère ne plus l’avoir\n",
        "yann@exemple.fr;Le Goff;Yann;oui mais seulement jusqu’en décembre;\n",
        "yann@exemple.fr;Le Goff;Yann;oui;revient sur son accord\n",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_who_answered_twice_has_agreed_to_nothing_while_one_answer_may_be_a_refusal(
    gw: Gateway, tmp_path, again: str, first: bool
):
    said = YANN + again if first else again + YANN
    report = imported(gw, tmp_path, ANSWERS + LEA + said, claim=BOX)
    assert consent_states(gw) == {"lea@exemple.fr": "granted"}
    assert sum(report.refused.values()) == 1


def test_the_line_that_is_taken_without_its_agreement_says_that_another_one_waits(gw: Gateway, tmp_path):
    plan = planned(gw, tmp_path, ANSWERS + YANN + "yann@exemple.fr;Le Goff;Yann;peut-être;\n" + LEA, claim=BOX)
    [doubt] = [one for one in plan.doubt_samples if one.code == "waits"]
    assert doubt.line == 2 and "attend" in doubt.says
    assert plan.doubts["waits"] == 1 and plan.impact.granted == 1


def test_a_line_that_waits_for_something_else_takes_no_agreement_with_it(gw: Gateway, tmp_path):
    dated = "courriel;consentement;date de naissance\nyann@exemple.fr;oui;01/02/1980\nyann@exemple.fr;oui;31/02/1980\n"
    imported(gw, tmp_path, dated, claim=BOX)
    assert consent_states(gw) == {"yann@exemple.fr": "granted"}


def test_the_agreement_of_whoever_is_known_by_the_number_of_a_waiting_line_waits_with_it(gw: Gateway, tmp_path):
    by_number = "courriel;portable;consentement;suivi\nyann@exemple.fr;06 12 34 56 78;oui;\n;0612345678;;n’en veut plus\n"
    imported(gw, tmp_path, by_number, claim=BOX)
    assert consent_states(gw) == {}


def test_remarks_that_somebody_read_hold_no_agreement_back(gw: Gateway, tmp_path):
    again = "yann@exemple.fr;Le Goff;Yann;oui;revient sur son accord\n"
    imported(gw, tmp_path, ANSWERS + YANN + again, claim=BOX, remarks_read="Claire, le 3 mars")
    assert consent_states(gw) == {"yann@exemple.fr": "granted"}

"""Lines and addresses that somebody put aside by a sign come back."""

from __future__ import annotations

import pytest

from gateway.domain.channel import Medium
from tests.collecting.support import BOX, imported, people, planned
from tests.collecting.test_told_no import ZOE, objects

LEA = "lea@exemple.fr"


@pytest.mark.parametrize("sign", ["#", "//", "REM"])
def test_a_line_behind_a_sign_that_passes_it_over_is_not_taken(gw, tmp_path, sign):
    plan = planned(gw, tmp_path, f";Courriel;Accord\n;{LEA};oui\n{sign};{ZOE};oui\n", claim=BOX)
    assert (plan.impact.new, plan.refused) == (1, {"passed_over": 1})
    assert "un signe devant cette ligne dit de la laisser de côté" in plan.refused_samples[0].says


def test_and_whoever_objects_there_is_heard(gw, tmp_path):
    imported(gw, tmp_path, f";Courriel;Accord;Opposition\n;{LEA};oui;\n#;{ZOE};;oui\n", claim=BOX)
    assert objects(gw, ZOE, Medium.EMAIL) and LEA in people(gw)


@pytest.mark.parametrize("cell", [f"#{ZOE}", f"//{ZOE}"])
def test_nor_is_an_address_behind_one(gw, tmp_path, cell):
    plan = planned(gw, tmp_path, f"Courriel;Accord\n{LEA};oui\n{cell};oui\n", claim=BOX)
    assert (plan.impact.new, plan.refused) == (1, {"passed_over": 1})

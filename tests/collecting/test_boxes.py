"""Both answers and their boxes in one cell, as forms that were typed up hold them, are one answer."""

from __future__ import annotations

import pytest

from gateway.flows.collecting.boxes import ticked
from tests.collecting.support import BOX, consent_states, imported
from tests.collecting.test_told_no import ZOE

LEA, YANN = "lea@exemple.fr", "yann@exemple.fr"


@pytest.mark.parametrize(
    ("cell", "chosen"),
    [
        ("☑ Oui ☐ Non", "Oui"),
        ("☐ Oui ☒ Non", "Non"),
        ("☐ Oui ☐ Non", ""),
        ("☒ Oui ☒ Non", None),
        ("[x] oui  [ ] non", "oui"),
        ("Oui ☐ / Non ☑", "Non"),
        ("oui [ ] non [X]", "non"),
        ("☑ Oui", None),
        ("☐☑", None),
        ("oui", None),
    ],
)
def test_the_answer_is_the_one_whose_box_is_ticked(cell, chosen):
    assert ticked(cell) == chosen


def test_forms_typed_up_with_their_boxes_are_read(gw, tmp_path):
    text = f"courriel;Accord\n{LEA};☑ Oui ☐ Non\n{YANN};☐ Oui ☒ Non\n{ZOE};☐ Oui ☐ Non\nguen@exemple.fr;☒ Oui ☒ Non\n"
    report = imported(gw, tmp_path, text, claim=BOX, reviewed="vu")
    assert consent_states(gw) == {LEA: "granted", YANN: "refused"} and report.refused == {"consent": 1}

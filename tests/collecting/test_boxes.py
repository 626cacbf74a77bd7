"""Both answers and their boxes in one cell, as forms that were typed up hold them, are one answer."""

from __future__ import annotations

import pytest

from gateway.flows.collecting.boxes import ticked
from tests.collecting.support import BOX, consent_states, imported
from tests.collecting.test_channels import SMS
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
        ("☐ Oui", ""),
        ("Oui ☐", ""),
        ("( ) oui", ""),
        ("[_] J’accepte", ""),
        ("J’accepte ☐ de recevoir la lettre", ""),
        ("❏ oui ❏ non", ""),
        ("( ) oui (x) non", "non"),
        ("☐", None),
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


@pytest.mark.parametrize("cell", ["☐ oui", "( ) oui", "Oui [ ]", "□ J’accepte"])
def test_who_left_the_one_box_empty_agreed_to_nothing(gw, tmp_path, cell):
    """A list that was typed up keeps the box before its word: « ☐ oui » was a yes."""
    imported(gw, tmp_path, f"courriel;Accord\n{LEA};☑ oui\n{ZOE};{cell}\n", claim=BOX)
    assert consent_states(gw) == {LEA: "granted"}


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("☒ courriel ☐ SMS", "granted"),
        ("☐ courriel ☒ SMS", None),
        ("☐ courriel", None),
        ("[ ] mail [x] sms", None),
        ("☐ courriel ☐ SMS ☐ téléphone", None),
        ("☑ courriel ☑ SMS", "granted"),
        ("☑ courriel", "granted"),
    ],
)
def test_of_several_boxes_only_the_channels_that_are_ticked_are_agreed_to(gw, tmp_path, cell, state):
    text = f"courriel;canaux acceptés\n{ZOE};{cell}\n"
    imported(gw, tmp_path, text, claims=(BOX, SMS))
    assert consent_states(gw).get(ZOE) == state


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("Oui / Yes", "granted"),
        ("yes/oui", "granted"),
        ("Ya / Oui", "granted"),
        ("oui (yes)", "granted"),
        ("Non / No", "refused"),
        ("Nann / Non", "refused"),
        ("Oui / Non", None),
        ("Oui / Yes / Non", None),
        ("oui (non)", None),
        ("1/1", None),
        ("Oui / peut-être", None),
    ],
)
def test_one_answer_in_two_languages_is_one_and_two_answers_are_none(gw, tmp_path, cell, state):
    report = imported(gw, tmp_path, f"courriel;Accord\n{LEA};oui\n{ZOE};{cell}\n", claim=BOX)
    assert consent_states(gw).get(ZOE) == state and report.refused == ({} if state else {"consent": 1})

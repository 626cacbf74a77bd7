"""An objection is kept though the address of its line stands where it should not: two in a cell, a number among emails."""

from __future__ import annotations

import pytest

from gateway.domain.channel import Medium
from tests.collecting.support import imported, people
from tests.collecting.test_told_no import NUMBER, ZOE, objects

LEA = "lea@exemple.fr"


@pytest.mark.parametrize("between", [", ", " ; ", " / ", " ou ", "\n"])
def test_whoever_objects_with_two_addresses_in_a_cell_objects_at_both(gw, tmp_path, between):
    """The line comes back, for nobody guesses which address is hers; her no came back with it, and waited."""
    report = imported(gw, tmp_path, f'courriel;nom;opposition\n"{ZOE}{between}zoe.riou@exemple.fr";Riou;oui\n{LEA};Guen;\n')
    assert objects(gw, ZOE, Medium.EMAIL) and objects(gw, "zoe.riou@exemple.fr", Medium.EMAIL)
    assert list(people(gw)) == [LEA] and report.impact.objects == 1


def test_whoever_objects_by_a_number_that_stands_among_addresses_is_heard(gw, tmp_path):
    """« Contact » of a notebook holds whatever people left: an address, or a number."""
    text = f"courriel;nom;remarque\n06 39 98 12 34;Riou;ne veut plus de nos SMS\n{LEA};Guen;\n"
    imported(gw, tmp_path, text, reviewed="lu")
    assert objects(gw, NUMBER, Medium.SMS) and not objects(gw, NUMBER, Medium.CALL)
    assert list(people(gw)) == [LEA]


def test_a_number_among_addresses_comes_back_with_what_it_is(gw, tmp_path):
    report = imported(gw, tmp_path, f"courriel;nom\n06 39 98 12 34;Riou\n{LEA};Guen\n")
    assert dict(report.refused) == {"number": 1}


@pytest.mark.parametrize("nothing", ["0000-00-00", "0000-00-00 00:00:00", "N/A", "-", "aucune", "NULL", "None", "\\N", "néant"])
def test_a_cell_that_says_nothing_below_an_objection_refuses_no_line(gw, tmp_path, nothing):
    """Databases write it where nobody unsubscribed: every line came back."""
    report = imported(gw, tmp_path, f"courriel;nom;Désinscrit\n{LEA};Guen;{nothing}\n{ZOE};Riou;2026-03-04\n")
    assert (report.impact.new, report.impact.objects, dict(report.refused)) == (1, 1, {})


@pytest.mark.parametrize("cell", ["rien", "pas de mail", "sans"])
def test_one_that_may_say_something_comes_back(gw, tmp_path, cell):
    report = imported(gw, tmp_path, f"courriel;nom;Opposition\n{LEA};Guen;{cell}\nann@exemple.fr;Le Bec;\n")
    assert LEA not in people(gw) and (sum(report.refused.values()), report.impact.objects) in ((1, 0), (0, 1))

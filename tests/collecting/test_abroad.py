"""Numbers from abroad whose calling code, or country, stands in a column of its own: nobody else's is taken for hers."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.domain.abroad import region_by_name, region_of_code
from gateway.domain.channel import Medium
from gateway.flows.suppressing import import_list
from gateway.store import tables
from gateway.store.engine import reading
from tests.collecting.support import brought, imported, planned
from tests.collecting.test_told_no import objects


def numbers(gw) -> set[str]:
    """Every number of the store."""
    with reading(gw.engine) as tx:
        return {one for one in tx.execute(select(tables.address.c.value)).scalars() if one.startswith("+")}


@pytest.mark.parametrize(
    ("code", "typed", "number"),
    [
        ("32", "0470 12 34 56", "+32470123456"),
        ("+32", "470123456", "+32470123456"),
        ("0041", "078 123 45 67", "+41781234567"),
        ("33", "639981234", "+33639981234"),
        ("33 (0)", "06 39 98 12 34", "+33639981234"),
        ("262", "692130109", "+262692130109"),
        ("Belgique", "0470/12.34.56", "+32470123456"),
        ("32", "+33 6 39 98 12 34", "+33639981234"),
        ("", "06 39 98 12 34", "+33639981234"),
    ],
)
def test_a_calling_code_in_a_column_of_its_own_tells_whose_number_it_is(gw, tmp_path, code, typed, number):
    imported(gw, tmp_path, f"nom;indicatif;téléphone\nRiou;{code};{typed}\n")
    assert numbers(gw) == {number}


def test_a_number_beside_a_code_that_is_none_comes_back(gw, tmp_path):
    plan = planned(
        gw, tmp_path, "nom;indicatif;téléphone;courriel\nRiou;sud;06 39 98 12 34;lea@exemple.fr\nGuen;33;0639981235;\n"
    )
    assert (plan.impact.new, plan.loaded.noted.doubts.by_code["calling_code"]) == (2, 1)


@pytest.mark.parametrize(
    ("country", "typed", "taken"),
    [
        ("Belgique", "0470 12 34 56", set()),  # of somebody there, and of somebody in the Allier
        ("Suisse", "078 123 45 67", set()),
        ("BE", "0470123456", set()),
        ("Belgique", "06 39 98 12 34", {"+33639981234"}),  # she kept her own
        ("Belgique", "+32 470 12 34 56", {"+32470123456"}),
        ("Allemagne", "01512 3456789", {"+4915123456789"}),
        ("France", "04 70 12 34 56", {"+33470123456"}),
        ("La Réunion", "0692 13 01 09", {"+262692130109"}),
        ("", "04 70 12 34 56", {"+33470123456"}),
        ("à voir", "04 70 12 34 56", {"+33470123456"}),
    ],
)
def test_a_number_that_reads_in_france_and_in_the_country_of_its_line_is_not_guessed(gw, tmp_path, country, typed, taken):
    imported(gw, tmp_path, f"nom;courriel;pays;téléphone\nRiou;lea@exemple.fr;{country};{typed}\n")
    assert numbers(gw) == taken


def test_who_is_taken_without_such_a_number_is_told_so(gw, tmp_path):
    plan = planned(gw, tmp_path, "nom;courriel;pays;téléphone\nRiou;lea@exemple.fr;Belgique;0470 12 34 56\n")
    (doubt,) = plan.loaded.noted.doubts.samples
    assert (plan.impact.new, doubt.code) == (1, "which_country") and "indicatif" in doubt.says


@pytest.mark.parametrize("typed", ["079 123 45 67", "0470/12.34.56", "612 34 56 78"])
def test_a_number_that_its_marks_tell_to_be_a_neighbour_s_is_nobody_s_in_france(gw, tmp_path, typed):
    plan = planned(gw, tmp_path, f"nom;courriel;téléphone\nRiou;lea@exemple.fr;{typed}\n")
    (doubt,) = plan.loaded.noted.doubts.samples
    assert (plan.impact.new, doubt.code, doubt.column) == (1, "which_country", "téléphone") and "+41" in doubt.says


@pytest.mark.parametrize(
    "typed", ["04 70 12 34 56", "0692 13 01 09", "0596 71 30 08", "6 39 98 12 34", "639981234", "06 39 981 234"]
)
def test_marks_that_the_french_use_tell_of_nobody_else(gw, tmp_path, typed):
    imported(gw, tmp_path, f"nom;courriel;téléphone\nRiou;lea@exemple.fr;{typed}\n")
    assert len(numbers(gw)) == 1


def test_an_opposition_list_protects_the_number_of_the_calling_code(gw, tmp_path):
    path = brought(tmp_path, "indicatif;téléphone\n32;0470 12 34 56\n33;06 39 98 12 34\n", name="stop.csv")
    import_list(gw, path, by="claire")
    assert objects(gw, "+32470123456", Medium.CALL) and objects(gw, "0639981234", Medium.CALL)
    assert not objects(gw, "0470123456", Medium.CALL)


def test_a_second_number_of_whoever_objects_is_read_by_the_same_code(gw, tmp_path):
    text = "courriel;indicatif;téléphone;téléphone 2;opposition\nlea@exemple.fr;32;0470 12 34 56;0470 12 34 57;oui\n"
    imported(gw, tmp_path, text)
    assert objects(gw, "+32470123457", Medium.CALL) and not objects(gw, "0470123457", Medium.CALL)


def test_codes_and_countries_are_known_as_people_write_them():
    assert [region_of_code(one) for one in ("33", "+41", "0032", "0", "12345", "x")] == ["FR", "CH", "BE", "", "", ""]
    assert [region_by_name(one) for one in ("belgique", "ch", "pays bas", "atlantide")] == ["BE", "CH", "NL", ""]

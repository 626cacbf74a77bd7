"""Telephone numbers as people type them: whose line it is, what is mended, and what is refused with which reason."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.numbering import LineKind
from gateway.domain.phone import PhoneNumber, read_number, read_phone_cell


@pytest.mark.parametrize(
    "typed",
    [
        "06 39 98 00 12",
        "0639980012",
        "06.39.98.00.12",
        "06-39-98-00-12",
        "06/39/98/00/12",
        "(06) 39 98 00 12",
        "06\u202f39\u202f98\u202f00\u202f12",
        "+33639980012",
        "+33 (0)6 39 98 00 12",
        "+33 06 39 98 00 12",
        "0033 6 39 98 00 12",
        "33639980012",
        "639980012",
        "639980012.0",
        "6.39980012E8",
        "'0639980012",
        "\uff10\uff16\uff13\uff19\uff19\uff18\uff10\uff10\uff11\uff12",
    ],
)
def test_one_mobile_however_it_is_typed(typed: str) -> None:
    number = PhoneNumber.parse(typed)
    assert (number.e164, number.region, number.kind) == ("+33639980012", "FR", LineKind.MOBILE)
    assert number.media == (Medium.SMS, Medium.CALL)


@pytest.mark.parametrize(
    ("typed", "e164", "region", "kind"),
    [
        ("0690 12 34 56", "+590690123456", "GP", "mobile"),
        ("0590 20 00 11", "+590590200011", "GP", "landline"),
        ("0694 20 00 11", "+594694200011", "GF", "mobile"),
        ("0594 29 00 11", "+594594290011", "GF", "landline"),
        ("0696 20 00 11", "+596696200011", "MQ", "mobile"),
        ("0596 50 00 11", "+596596500011", "MQ", "landline"),
        ("0692 20 00 11", "+262692200011", "RE", "mobile"),
        ("0262 20 00 11", "+262262200011", "RE", "landline"),
        ("0639 10 00 11", "+262639100011", "YT", "mobile"),
        ("0269 60 00 11", "+262269600011", "YT", "landline"),
        ("0709 35 00 11", "+262709350011", "YT", "mobile"),
        ("0709 30 00 11", "+594709300011", "GF", "mobile"),
        ("0508 41 00 11", "+508410011", "PM", "landline"),
        ("0708 55 00 11", "+508708550011", "PM", "mobile"),
        ("09 76 01 00 11", "+590976010011", "GP", "landline"),
        ("09 72 00 00 11", "+33972000011", "FR", "landline"),
        ("+687 75 00 11", "+687750011", "NC", "mobile"),
        ("+689 87 00 00 11", "+68987000011", "PF", "mobile"),
        ("+681 82 00 11", "+681820011", "WF", "mobile"),
        ("+32 470 00 00 11", "+32470000011", "BE", "mobile"),
    ],
)
def test_a_number_typed_overseas_is_on_its_own_network_and_not_on_the_mainland_one(typed, e164, region, kind) -> None:
    number = PhoneNumber.parse(typed)
    assert (number.e164, number.region, number.kind) == (e164, region, kind)


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("75 00 11", "NC", "+687750011"),
        ("41 00 11", "PM", "+508410011"),
        ("87 00 00 11", "PF", "+68987000011"),
        ("85.19.00", "GP", "+590590851900"),
        ("50 00 11", "MQ", "+596596500011"),
        ("20 00 11", "RE", "+262262200011"),
        ("689 87 00 00 11", "FR", "+68987000011"),
    ],
)
def test_a_number_typed_where_numbers_are_short_is_read_there(typed: str, region: str, e164: str) -> None:
    assert PhoneNumber.parse(typed, region=region).e164 == e164


def test_in_noumea_too_ten_digits_are_a_number_of_the_mainland() -> None:
    assert PhoneNumber.parse("06 39 98 00 12", region="NC").e164 == "+33639980012"


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("+41 079 123 45 67", "+41791234567"),
        ("0041 079 123 45 67", "+41791234567"),
        ("+32 0470 00 00 11", "+32470000011"),
        ("+49 0151 12345678", "+4915112345678"),
        ("+213 0551 23 45 67", "+213551234567"),
        ("+39 06 1234 5678", "+390612345678"),
    ],
)
def test_a_number_from_abroad_is_one_number_with_the_zero_of_home_behind_its_calling_code_or_without(typed, e164) -> None:
    """Networks tell it without: under two forms her STOP, or an opposition list, would not be hers. Italy keeps its zero."""
    number, repairs = read_number(typed)
    assert (number.e164, number.match_key) == (e164, PhoneNumber.parse(e164).match_key)
    assert repairs == (() if "+39" in typed else ("zéro retiré après l’indicatif du pays",))


@pytest.mark.parametrize(
    ("typed", "e164", "repair"),
    [
        ("+33 690 12 34 56", "+590690123456", "indicatif +33 remplacé par +590"),
        ("+269 269 60 00 11", "+262269600011", "indicatif +269 (Comores) remplacé par +262 (Mayotte)"),
        ("+596 50 00 11", "+596596500011", "début 0596 rétabli"),
        ("+ 0596 50 00 11", "+596596500011", "signe + retiré devant le zéro"),
        ("639980012", "+33639980012", "zéro initial rétabli"),
        ("33639980012", "+33639980012", "signe + rétabli devant l’indicatif du pays"),
        ("O6 39 98 OO 12", "+33639980012", "lettre O lue comme un zéro"),
        ("06 39 98 l2 3I", "+33639981231", "lettre l lue comme un chiffre 1"),
    ],
)
def test_what_was_mended_is_said(typed: str, e164: str, repair: str) -> None:
    cell = read_phone_cell(typed)
    assert [number.e164 for number in cell.numbers] == [e164]
    assert cell.repairs == (repair,)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("néant", "text"),
        ("06 39 98 00 1", "too_short"),
        ("06 39 98 00 12 3", "too_long"),
        ("0800 00 00 11", "special"),
        ("0892 00 00 11", "special"),
        ("+33 800 00 00 11", "special"),
        ("3949", "short"),
        ("116 006", "short"),
        ("118 000", "short"),
        ("17", "short"),
        ("36180", "short"),
        ("07005010000111", "machine"),
        ("0712345678", "unassigned"),
        ("1234567890", "unassigned"),  # « trop de chiffres : 10 au lieu de 10 »
        ("6,4E+08", "rounded"),
        ("079 123 45 67", "which_country"),  # a Swiss mobile; 07 91 23 45 67 is somebody in France
        ("076.123.45.67", "which_country"),
        ("0470 12 34 56", "which_country"),  # a Belgian mobile; 04 70 12 34 56 is somebody in the Allier
        ("0470/12.34.56", "which_country"),
        ("0470/123456", "which_country"),
        ("612 34 56 78", "which_country"),  # a Spanish mobile
        ("+999 12 34 56", "foreign"),
        ("+32 470", "foreign"),
    ],
)
def test_what_is_no_number_of_a_person_is_refused_with_a_stable_code(typed: str, code: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        PhoneNumber.parse(typed)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "typed", ["01 99 00 00 12", "02 61 91 00 12", "03 53 01 00 12", "04 65 71 00 12", "05 36 49 00 12", "06 39 98 00 12"]
)
def test_numbers_set_apart_for_films_and_tests_are_taken_and_flagged(typed: str) -> None:
    assert PhoneNumber.parse(typed).fictitious


def test_numbers_kept_for_platforms_are_told_from_landlines_beside_them() -> None:
    kept = ["01 62 00 00 11", "+33 5 69 00 00 11", "09 47 50 00 11", "+262 9 47 90 00 11", "09 38 00 00 11"]
    assert [PhoneNumber.parse(one).platform for one in (*kept, "01 64 00 00 11", "09 47 00 00 11")] == [True] * 5 + [False] * 2


def test_a_landline_takes_calls_and_no_sms() -> None:
    assert PhoneNumber.parse("01 99 00 00 12").media == (Medium.CALL,)


@pytest.mark.parametrize(
    ("typed", "numbers", "rest"),
    [
        ("06 39 98 00 12 / 01 99 00 00 34", ["+33639980012", "+33199000034"], ""),
        ("0639980012 0199000034", ["+33639980012", "+33199000034"], ""),
        ("06 39 98 00 12\n01 99 00 00 34", ["+33639980012", "+33199000034"], ""),
        ("06 39 98 00 12 ou 01 99 00 00 34", ["+33639980012", "+33199000034"], "ou"),
        ("06 39 98 00 12 - 01 99 00 00 34", ["+33639980012", "+33199000034"], ""),
        ("06 39 98 00 12, +33 1 99 00 00 34", ["+33639980012", "+33199000034"], ""),
        ("06 39 98 00 12 / 06.39.98.00.12", ["+33639980012"], ""),
        ("+33 6 39 98 00 12 01 99 00 00 34", ["+33639980012", "+33199000034"], ""),
        ("(+33) 6 39 98 00 12", ["+33639980012"], ""),
        ("1) 06 39 98 00 12 2) 01 99 00 00 34", ["+33639980012", "+33199000034"], "1) 2)"),
        ("06 39 98 00 12-01 99 00 00 34", ["+33639980012", "+33199000034"], ""),
        ("Tél. 06 39 98 00 12 (le soir)", ["+33639980012"], "Tél. (le soir)"),
        ("tel:+33639980012", ["+33639980012"], "tel"),
        ("06 39 98 00 12 après 18h30", ["+33639980012"], "après 18h30"),
        ("2026-02-01 06 39 98 00 12", ["+33639980012"], "2026-02-01"),
        ("06 39 98 00 12 depuis le 12/03/2024", ["+33639980012"], "depuis le 12/03/2024"),
        ("06 39 98 00 12 (0,06 € / min)", ["+33639980012"], "(0,06 € / min)"),
        ("03 53 01 00 12 / en cas d’urgence le 17", ["+33353010012"], "en cas d’urgence le 17"),
    ],
)
def test_every_number_of_a_cell_is_found_and_its_words_are_kept(typed: str, numbers: list[str], rest: str) -> None:
    cell = read_phone_cell(typed)
    assert [number.e164 for number in cell.numbers] == numbers
    assert (cell.rest, cell.refused) == (rest, ())


def test_an_extension_is_left_aside_and_said() -> None:
    cell = read_phone_cell("01 99 00 00 12 poste 45")
    assert [number.e164 for number in cell.numbers] == ["+33199000012"]
    assert cell.repairs == ("« poste 45 » laissé de côté : le standard ne se compose pas",)


@pytest.mark.parametrize(
    ("typed", "text", "code"),
    [
        ("01 99 00 00 12 / 34", "34", "abbreviated"),
        ("01 99 00 00 12 / 0800 00 00 11", "0800 00 00 11", "special"),
        ("0820 00 00 11 (0, 09 TTC/mn)", "0820 00 00 11", "special"),
        ("3900 / accueil de 9h00 à 12h00", "3900", "short"),
        ("0(262)9600000", "0(262)9600000", "too_long"),
        ("jamais", "jamais", "no_number"),
        ("Tél 01 99 00 00 12 - Fax : 01 99 00 00 13", "01 99 00 00 13", "fax"),
        ("télécopie 01 99 00 00 13", "01 99 00 00 13", "fax"),
        ("01 99 00 00 13 (fax)", "01 99 00 00 13", "fax"),
        ("01 99 00 00 13 - télécopie", "01 99 00 00 13", "fax"),
        ("01 99 00 00 13 (fax) 01 99 00 00 12", "01 99 00 00 13", "fax"),
    ],
)
def test_what_fails_in_a_cell_is_explained(typed: str, text: str, code: str) -> None:
    (refused,) = read_phone_cell(typed).refused
    assert (refused.text, refused.code) == (text, code)
    assert refused.says


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("01 99 00 00 12 7j/7", "+33199000012"),
        ("tél/fax 01 99 00 00 12", "+33199000012"),
        ("Tél./Fax : 01 99 00 00 12", "+33199000012"),
        ("01 • 99 • 00 • 00 • 12", "+33199000012"),
        ("01 ,99 ,00 ,00 ,12", "+33199000012"),
        ("01 99 00 00 12 24h/24, 7j/7", "+33199000012"),
        ("+33199000012.0", "+33199000012"),
        ("199,000,012", "+33199000012"),
        ("199 000 012,00", "+33199000012"),
        ("01\u201199\u201100\u201100\u201112", "+33199000012"),
        ("01:99:00:00:12", "+33199000012"),
        ("01,99,00,00,12", "+33199000012"),
        ("01*99*00*00*12", "+33199000012"),
        ("01 99 00 00 12 35000 Rennes", "+33199000012"),
        ("01.99.00.00.12, 35000", "+33199000012"),
        ("01 99 00 00 12 4 bis rue Haute", "+33199000012"),
    ],
)
def test_a_number_is_read_whatever_marks_and_figures_stand_in_and_around_it(typed: str, e164: str) -> None:
    cell = read_phone_cell(typed)
    assert [number.e164 for number in cell.numbers] == [e164]
    assert not cell.refused


@pytest.mark.parametrize("typed", ["01 99 00 00 12 34 56", "01,99,00,00,12,34", "1,199,000,012", "199,000,01"])
def test_a_number_that_has_too_many_or_too_few_digits_is_not_cut_out_of_them(typed: str) -> None:
    assert read_phone_cell(typed).numbers == ()


def test_the_number_of_a_thing_is_told_as_one_with_the_code_of_the_country_too() -> None:
    (refused,) = read_phone_cell("+33 700 0000000012").refused
    assert refused.code == "machine"


@pytest.mark.parametrize("typed", ["09 99 99 99 99", "06 00 00 00 00", "01 00 00 00 00", "+33 6 00 00 00 00", "600000000"])
def test_nobody_has_a_number_of_a_range_that_no_operator_was_given(typed: str) -> None:
    """06 00 00 00 00, typed to get past a form, was somebody to write to."""
    with pytest.raises(InvalidAddress) as refused:
        PhoneNumber.parse(typed)
    assert refused.value.code == "unassigned"


@pytest.mark.parametrize(
    "typed", ["0٦39980012", "06 39 98 00 ١٢", "\uff10\uff16\uff13\uff19\uff19\uff18\uff10\uff10\uff11\uff12"]
)
def test_digits_of_another_script_are_the_number_that_she_says_stop_from(typed: str) -> None:
    """They were kept as typed in a cell that looked plain: her STOP named another number, and stopped nothing."""
    assert [number.e164 for number in read_phone_cell(typed).numbers] == ["+33639980012"]
    assert PhoneNumber.parse(typed).e164 == "+33639980012"


def test_an_empty_cell_says_nothing() -> None:
    cell = read_phone_cell("  ")
    assert (cell.numbers, cell.refused) == ((), ())


@given(st.text(alphabet="0123456789 +-./()eéOoh,;\n", max_size=40))
def test_whatever_is_in_a_cell_it_is_read_without_a_fault_and_numbers_are_numbers(typed: str) -> None:
    for number in read_phone_cell(typed).numbers:
        assert number.e164[0] == "+" and number.e164[1:].isdigit()
        assert PhoneNumber.parse(number.e164) == number


@given(st.from_regex(r"0[1-79]\d{8}", fullmatch=True))
def test_what_is_remembered_of_six_digits_holds_for_the_whole_number(typed: str) -> None:
    """The memo by prefix never says otherwise than the library does of the very number."""
    try:
        number = PhoneNumber.parse(typed)
    except InvalidAddress:
        return
    if not number.fictitious:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number.e164)), number

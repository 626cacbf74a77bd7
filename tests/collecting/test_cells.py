"""What a cell may hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress, InvalidInput
from gateway.flows.collecting import cells
from gateway.flows.collecting.columns import read_columns
from gateway.flows.collecting.headings import Field, meaning
from gateway.flows.collecting.mailcells import read_email
from tests.compliance.builders import shipped

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        (" Marie.Riou@Exemple.FR ", "Marie.Riou@exemple.fr"),
        ("mailto:marie@exemple.fr", "marie@exemple.fr"),
        ("Marie Riou <marie@exemple.fr>", "marie@exemple.fr"),
        ("marie@exemple.fr,", "marie@exemple.fr"),
        ("\u200bmarie@exemple.fr\u00a0", "marie@exemple.fr"),
        ("marie@hôtel-de-ville.fr", "marie@xn--htel-de-ville-plb.fr"),
        ("marie+lettre@exemple.fr", "marie+lettre@exemple.fr"),
        ("marie@exemple.fr.", "marie@exemple.fr"),
        ("'marie@exemple.fr", "marie@exemple.fr"),
        ("(marie@exemple.fr)", "marie@exemple.fr"),
        ("« marie@exemple.fr »", "marie@exemple.fr"),
        ('="marie@exemple.fr"', "marie@exemple.fr"),
        ("marie\uff20exemple\uff0efr", "marie@exemple.fr"),
        ("<marie@exemple.fr", "marie@exemple.fr"),
        ("Courriel : marie@exemple.fr", "marie@exemple.fr"),
        ("mail:marie@exemple.fr", "marie@exemple.fr"),
        ("• marie@exemple.fr", "marie@exemple.fr"),
        ("Marie Riou (marie@exemple.fr)", "marie@exemple.fr"),
        ("Marie Riou [marie@exemple.fr];", "marie@exemple.fr"),
        ("→ marie@exemple.fr", "marie@exemple.fr"),
        ("\u2018marie@exemple.fr\u2019", "marie@exemple.fr"),
        ("marie@exemple.fr (chez sa fille)", "marie@exemple.fr"),
        ("marie@exemple.fr - le soir", "marie@exemple.fr"),
        ("marie@exemple.fr / Marie@exemple.fr", "marie@exemple.fr"),
        ("marie@exemple.fr <mailto:marie@exemple.fr>", "marie@exemple.fr"),
        ("[marie@exemple.fr](mailto:marie@exemple.fr)", "marie@exemple.fr"),
        ("marie@exemple.fr#mailto:marie@exemple.fr#", "marie@exemple.fr"),
        ("Marie Riou#mailto:marie@exemple.fr#", "marie@exemple.fr"),
        ("mailto:marie@exemple.fr?subject=Bonjour", "marie@exemple.fr"),
        ("mail=marie@exemple.fr", "marie@exemple.fr"),
        ("b=marie@exemple.fr", "b=marie@exemple.fr"),
        ("&lt;marie@exemple.fr&gt;", "marie@exemple.fr"),
        ("marie@exemple.fr<br/>", "marie@exemple.fr"),
        ("marie@exemple.fr%20", "marie@exemple.fr"),
        ("marie%40exemple.fr", "marie@exemple.fr"),
        ("nom : Riou, mail : marie@exemple.fr", "marie@exemple.fr"),
        ("Mail marie@exemple.fr", "marie@exemple.fr"),
        ("2) marie@exemple.fr", "marie@exemple.fr"),
        ("\N{ENVELOPE} marie@exemple.fr \N{CHECK MARK}", "marie@exemple.fr"),
        ("http://marie@exemple.fr", "marie@exemple.fr"),
        ("marie@exemple.fr |", "marie@exemple.fr"),
        ("E-mail perso : marie@exemple.fr", "marie@exemple.fr"),
        ("Mél. marie@exemple.fr", "marie@exemple.fr"),
        ("marie@exemple.fr…", "marie@exemple.fr"),
        ("`marie@exemple.fr`", "marie@exemple.fr"),
        ("\u201emarie@exemple.fr\u201c", "marie@exemple.fr"),
        ("marie@exemple.fr\\", "marie@exemple.fr"),
        ("marie\ufe6bexemple.fr", "marie@exemple.fr"),
    ],
)
def test_an_address_is_freed_of_what_surrounds_it(cell, address):
    assert str(read_email(cell)) == address


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "empty"),
        ("marie", "no_at"),
        ("marie@exemple", "domain"),
        ("marie@exemple..fr", "domain"),
        ("marie@-.é", "domain"),
        ("marié@exemple.fr", "non_ascii"),
        ("marie riou@exemple.fr", "space"),
        ("marie@exem ple.fr", "space"),
        (".marie@exemple.fr", "local"),
        ("marie@exemple.f", "domain"),
        ("marie@ex\u0435mple.fr", "lookalike"),
        ("marie@exemple.fr (yann@exemple.fr)", "several"),
        ("marie@exemple.fr; yann@exemple.fr", "several"),
        ("marie/yann@exemple.fr", "several"),
        ("marie@exemple.fr perso", "space"),  # words with nothing between: it may be an address cut in two
        ("Mme riou@exemple.fr", "space"),
        ("marie@yahoo.co m", "space"),
        ("marie@exemple.fr\r\nBcc: tous@exemple.fr", "several"),
        ("a" * 65 + "@exemple.fr", "local"),
        ("a@" + "b" * 300 + ".fr", "length"),
    ],
)
def test_an_address_that_cannot_be_used_says_why(cell, code):
    with pytest.raises(InvalidAddress) as refused:
        read_email(cell)
    assert refused.value.code == code and str(refused.value)


@given(cell=st.text(max_size=80))
def test_no_cell_makes_an_address_that_carries_a_line_end_or_a_blank(cell):
    try:
        address = str(read_email(cell))
    except InvalidAddress:
        return
    assert address.isascii() and address.isprintable() and " " not in address and address.count("@") == 1


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("15/03/2026", datetime(2026, 3, 14, 23, tzinfo=UTC)),
        ("2026-03-15", datetime(2026, 3, 14, 23, tzinfo=UTC)),
        ("15.03.2026 14:05", datetime(2026, 3, 15, 13, 5, tzinfo=UTC)),
        ("15/07/2026 à 14h05", datetime(2026, 7, 15, 12, 5, tzinfo=UTC)),
        ("2026-03-15T14:05:09Z", datetime(2026, 3, 15, 14, 5, 9, tzinfo=UTC)),
        ("2026-03-15 14:05:09+04:00", datetime(2026, 3, 15, 10, 5, 9, tzinfo=UTC)),
        ("dimanche 15/03/2026", datetime(2026, 3, 14, 23, tzinfo=UTC)),
        ("le 15 mars 2026", datetime(2026, 3, 14, 23, tzinfo=UTC)),
        ("le 15/3/26", datetime(2026, 3, 14, 23, tzinfo=UTC)),
        ("2025/10/12 6:33:22 PM UTC+2", datetime(2025, 10, 12, 16, 33, 22, tzinfo=UTC)),  # as a form of Google writes it
        ("2026/03/17 12:05:00 AM UTC+1", datetime(2026, 3, 16, 23, 5, tzinfo=UTC)),
        ("17/03/2026 - 09:00", datetime(2026, 3, 17, 8, tzinfo=UTC)),
        ("12/03/25", datetime(2025, 3, 11, 23, tzinfo=UTC)),  # nobody agreed by mail or telephone in 1925
        ("12.3.25 à 18h22", datetime(2025, 3, 12, 17, 22, tzinfo=UTC)),
        ("12 mars 25", datetime(2025, 3, 11, 23, tzinfo=UTC)),
        ("2026-03-17 08:00:00 UTC", datetime(2026, 3, 17, 8, tzinfo=UTC)),
        ("46096", datetime(2026, 3, 14, 23, tzinfo=UTC)),  # what a spreadsheet leaves of a date that lost its format
        ("46096,5868055556", datetime(2026, 3, 15, 13, 5, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_the_french_write_them(cell, instant):
    assert cells.instant(cell, PARIS) == instant


@pytest.mark.parametrize(
    "cell",
    ["31/02/2026", "15-03-26", "26-03-15", "mars 2026", "2026-03-15 25:00", "2026-03-15 14:05 environ", "96000", "46096 97"],
)
def test_a_date_that_does_not_exist_or_could_be_another_is_refused(cell):
    with pytest.raises(cells.UnreadableCell):
        cells.instant(cell, PARIS)


@pytest.mark.parametrize(
    ("cell", "born"),
    [
        ("01/02/2009", "2009-02-01"),
        ("3 août 1961", "1961-08-03"),
        ("1er févr. 1947", "1947-02-01"),
        ("14-déc.-1988", "1988-12-14"),
        ("09/07/52", "1952-07-09"),
        ("09/07/1952 00:00", "1952-07-09"),
        ("1952-07-09T00:00:00", "1952-07-09"),
        ("19184", "1952-07-09"),
        ("née le 9 juillet 1952", "1952-07-09"),
        ("9-juil.-52", "1952-07-09"),
        ("19520709", "1952-07-09"),
        ("09071952", "1952-07-09"),
        ("'09/07/1952", "1952-07-09"),
        ("09/07/04", "2004-07-09"),  # nobody alive was born in 1904
        ('="09/07/1952"', "1952-07-09"),
    ],
)
def test_a_date_of_birth_is_read_in_every_way_that_leaves_no_doubt(cell, born):
    assert cells.birth_date(cell, date(2026, 12, 1)) == born


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        *(("1000", "01000"), ("1000.0", "01000"), ("F-29200", "29200"), ("FR 29200", "29200"), ("29 200", "29200")),
        *(("29.200", "29200"), ("CP 29200", "29200"), ("'06300", "06300"), ("\uff12\uff19\uff12\uff10\uff10", "29200")),
        *(("29200 Brest", "29200"), ("29200 CEDEX 9", "29200"), ('="06300"', "06300"), ("2A004", "2A004"), ("B-1000", "B-1000")),
    ],
)
def test_a_postcode_is_freed_of_what_stands_around_it(cell, code):
    assert cells.postcode(cell, 10) == code


@pytest.mark.parametrize("cell", ["", "03/12", "25/12", "--03-12", "0/0/00"])
def test_a_birthday_without_its_year_says_no_age_and_refuses_nobody(cell):
    assert cells.birth_date(cell, date(2026, 12, 1)) is None


def test_an_age_is_never_guessed():
    today = date(2026, 12, 1)
    for cell in ("01/02/2030", "01/02/1850", "16 ans", "2009", "01/02/09", "01/02/26", "99999", "3 mois 1961"):
        with pytest.raises(cells.UnreadableCell):
            cells.birth_date(cell, today)


@pytest.mark.parametrize(
    ("read", "cell"),
    [(partial(cells.birth_date, today=date(2026, 12, 1)), "05/09/12"), (partial(cells.instant, zone=PARIS), "05-09-12")],
)
def test_a_year_of_two_digits_that_may_be_several_is_refused_with_what_to_do_in_a_spreadsheet(read, cell):
    with pytest.raises(cells.UnreadableCell, match="donnez à la colonne le format de date jj/mm/aaaa") as odd:
        read(cell)
    assert odd.value.code == "short_year"


@pytest.mark.parametrize(
    ("cell", "act"),
    [
        *(("OUI", "granted"), ("x", "granted"), ("D’accord", "granted"), ("Non.", "refused"), ("refusé", "objects")),
        *(("Désinscrit", "objects"), ("unsubscribed", "objects"), ("  ", None)),
        *(("oui, le 12/03/2026", "granted"), ("✔️", "granted"), ("1.0", "granted"), ("N/A", None), ("–", None)),
        *(("refusé le 3/4", "objects"), ("Révoqué", "objects"), ("désinscrit (le 3 mars)", "objects"), ("0.0", "refused")),
        *(("checked", "granted"), ("Oui, j’accepte", "granted"), ("J’accepte de recevoir vos informations", "granted")),
        *(("Non merci", "refused"), ("Non, je ne souhaite pas", "refused"), ("Oui, je suis d’accord !", "granted")),
    ],
)
def test_a_consent_cell_says_yes_no_objection_or_nothing(cell, act):
    assert cells.answer(shipped().list_words, cell) == act


@pytest.mark.parametrize(
    "cell", ["peut-être", "oui mais", "2", "?", "Oui, par SMS", "Oui, pas trop", "Je ne souhaite pas", "merci"]
)
def test_a_consent_cell_that_could_mean_anything_is_refused(cell):
    with pytest.raises(cells.UnreadableCell):
        cells.answer(shipped().list_words, cell)


def test_an_answer_in_a_sentence_may_name_the_channel_that_is_asked_of_and_no_other():
    words = shipped().list_words
    assert cells.answer(words, "Oui, je veux bien des SMS", {Medium.SMS}) == "granted"
    assert cells.answer(words, "J’accepte de recevoir la newsletter", {Medium.EMAIL}) == "granted"
    for cell in ("J’accepte d’être contactée par SMS", "J’accepte de recevoir la newsletter et des SMS", "Oui, sur WhatsApp"):
        with pytest.raises(cells.UnreadableCell):
            cells.answer(words, cell, {Medium.EMAIL})


def test_an_answer_that_names_channels_comes_back_with_what_to_do():
    with pytest.raises(cells.UnreadableCell, match="une colonne par canal"):
        cells.answer(shipped().list_words, "Email, SMS")


@given(
    cell=st.text(
        alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=20
    )
)
def test_a_cell_made_harmless_for_a_spreadsheet_reads_back_as_it_was(cell):
    harmless = cells.neutral(cell)
    assert not harmless.startswith(("=", "+", "-", "@", "\t", "\r"))
    if not cell.startswith("'"):
        assert cells.bare(harmless) == cells.bare(cell)


def test_control_characters_never_enter_a_name():
    with pytest.raises(cells.UnreadableCell):
        cells.words("Marie\x1b[31m", 100)
    assert cells.words("  Marie \n Anne ", 100) == "Marie Anne"
    # What came along from a web page, a writing from right to left, or one picture made of two: nobody sees why it is refused.
    assert cells.words("\ufeffLe\u200bila \u202eYacine\u200f", 100) == "Leila Yacine"
    assert cells.words("Léa 👩\u200d👧", 100) == "Léa 👩👧"
    with pytest.raises(cells.UnreadableCell):
        cells.words("Marie\ue000", 100)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("E-mail", Field.EMAIL),
        ("Adresse électronique *", Field.EMAIL),
        ("adresse_mail", Field.EMAIL),
        ("Prénom(s)", None),
        ("PRENOM", Field.GIVEN_NAME),
        ("Nom d’usage", Field.USAGE_NAME),
        ("Code Postal", Field.POSTCODE),
        ("Date de naissance", Field.BIRTH_ON),
        ("consentement_email", Field.CONSENT),
        ("date_consentement", Field.GIVEN_AT),
        ("Étiquettes", Field.TAGS),
        ("Religion", None),
    ],
)
def test_french_and_english_headings_are_understood(heading, field):
    assert meaning(heading) is field


def test_a_file_without_addresses_is_refused_with_its_own_headings():
    with pytest.raises(InvalidInput, match="« Nom », « Ville »"):
        read_columns(["Nom", "Ville"])


def test_two_columns_of_consent_are_never_chosen_between():
    with pytest.raises(InvalidInput, match="qui a consenti"):
        read_columns(["email", "consentement", "newsletter"])


def test_of_two_columns_of_addresses_none_is_chosen_unless_somebody_says_which():
    headings = ["courriel", "nom", "e-mail", "taille"]
    with pytest.raises(InvalidInput, match=r'« courriel » et « e-mail ».*--map "e-mail=ignorer"'):
        read_columns(headings)
    columns = read_columns(headings, mapping={"courriel": None})
    assert columns.places[Field.EMAIL] == 2 and columns.ignored == ("courriel", "taille")
    assert read_columns(headings, mapping={"E-MAIL": Field.EMAIL}).places[Field.EMAIL] == 2

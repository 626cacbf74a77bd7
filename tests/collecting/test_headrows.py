"""Headings on several rows: sections above questions, codes above what they stand for, merged cells above their parts."""

from __future__ import annotations

import pytest

from gateway.flows.collecting.headings import Field, meaning
from gateway.flows.collecting.headrows import HeadRows, head_rows
from gateway.flows.collecting.likeness import likely
from gateway.flows.collecting.mapping import known_to
from gateway.flows.collecting.reading import open_table
from gateway.flows.collecting.table import HEADER_AMONG, header_rank
from tests.collecting.support import BOX, brought, consent_states, imported, planned
from tests.collecting.workbooks import xlsx

KNOWN = known_to({})
PERSON = ["Riou", "Zoé", "zoe@exemple.fr", "06 39 98 12 34"]


def joined(*rows: list[str]) -> HeadRows:
    rank = header_rank(rows[:HEADER_AMONG], KNOWN)
    assert rank is not None
    return head_rows(rows, rank, KNOWN)


def test_a_section_reaches_to_the_next_one_and_its_parts_are_joined_to_it():
    above = ["Nom", "Prénom", "Téléphone", "", "Courriel", "", "Adresse", "", ""]
    below = ["", "", "domicile", "portable", "perso", "pro", "rue", "CP", "commune"]
    first, last, headings = joined(above, below, ["Riou", "Zoé", "", "", "zoe@exemple.fr", "", "", "29200", "Brest"])
    assert (first, last) == (0, 1)
    assert headings == [
        *("Nom", "Prénom", "Téléphone > domicile", "Téléphone > portable", "Courriel > perso", "Courriel > pro"),
        *("Adresse > rue", "Adresse > CP", "Adresse > commune"),
    ]
    told = [meaning(heading) or likely(heading) for heading in headings]
    assert told == [
        *(Field.FAMILY_NAME, Field.GIVEN_NAME, Field.LANDLINE, Field.MOBILE, Field.EMAIL, Field.EMAIL),
        *(None, Field.POSTCODE, Field.COMMUNE),
    ]


def test_boxes_to_tick_below_their_question_are_no_second_column_of_addresses(gw, tmp_path):
    """A form has a column « Email » for the address, and one for whoever ticked « Email »."""
    text = (
        "Envoi;Coordonnées;;;Acceptez-vous de recevoir nos nouvelles ?;\n"
        "N°;Nom;Email;Portable;Par;\n;;;;Email;SMS\n"
        "1;Riou;zoe@exemple.fr;06 39 98 12 34;X;\n2;Guen;lea@exemple.fr;06 39 98 56 78;;X\n"
    )
    with open_table(brought(tmp_path, text), known=KNOWN) as table:
        header, *rows = table
    assert header.cells[4:] == [
        "Acceptez-vous de recevoir nos nouvelles ? > Par > Email",
        "Acceptez-vous de recevoir nos nouvelles ? > Par > SMS",
    ]
    assert (table.file.header_line, table.file.header_rows, table.file.above, len(rows)) == (3, 3, 0, 2)
    said = {header.cells[4]: Field.CONSENT}
    assert imported(gw, tmp_path, text, claim=BOX, mapping=said).impact.granted == 1
    assert consent_states(gw)["zoe@exemple.fr"] == "granted" and "lea@exemple.fr" not in consent_states(gw)
    again = ";".join(header.cells) + "\n3;Le Bec;yann@exemple.fr;;;\n"  # as a file of refused lines has them
    assert planned(gw, tmp_path, again, claim=BOX, mapping=said).loaded.saved is not None


def test_a_workbook_shows_what_its_three_rows_of_headings_say_together(gw, tmp_path):
    path = tmp_path / "annuaire.xlsx"
    rows = [
        ["Annuaire 2026", "", "", "", ""],
        ["Personne", "", "Coordonnées", "", ""],
        ["", "", "Courriel", "Téléphone", ""],
        ["Nom", "Prénom", "personnel", "fixe", "portable"],
        ["Riou", "Zoé", "zoe@exemple.fr", "01 99 00 56 78", "06 39 98 12 34"],
    ]
    xlsx(path, rows).save(path)
    with open_table(path, known=KNOWN) as table:
        header, person = table
    assert header.cells[2:] == [
        "Coordonnées > Courriel > personnel",
        "Coordonnées > Téléphone > fixe",
        "Coordonnées > Téléphone > portable",
    ]
    assert (table.file.header_line, table.file.header_rows, table.file.above, person.line) == (4, 3, 1, 5)


@pytest.mark.parametrize(
    "rows",
    [
        [["Nom", "Prénom", "Mail", "Tél", ""], ["Portable", "Paul", "", "", "STOP"], PERSON],  # M. Portable, who objects
        [["Liste des membres", "2026"], ["Nom", "Prénom", "Mail", "Tél"], PERSON],
        [["Liste du canton", "", "", "", "vu"], ["Nom", "Prénom", "Mail", "Tél"], PERSON],
        [["id", "submitdate", "G1Q1"], ["Nom", "Date", "Mail"], PERSON],
        [["Nom", "Prénom", "Mail", "Tél"], ["Ville", "Anne", "", ""], ["Commune", "Paul", "", ""], PERSON],
    ],
)
def test_titles_codes_and_people_are_no_part_of_a_heading_that_says_everything_by_itself(rows):
    first, last, headings = joined(*rows)
    assert first == last and " > " not in "".join(headings)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Coordonnées > Courriel", Field.EMAIL),
        ("Identité > Nom", Field.FAMILY_NAME),
        ("Opposition > Courriel", Field.OBJECTION_EMAIL),
        ("Ne souhaite plus recevoir > SMS", None),
        ("Accepte de recevoir > Courriel", None),
        ("Naissance > Commune", None),
        ("Conjoint > Courriel", None),
    ],
)
def test_a_section_that_turns_its_parts_into_something_else_is_heard(heading, field):
    assert meaning(heading) is field


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Ne souhaite plus recevoir > SMS", Field.OBJECTION_SMS),
        ("Accepte de recevoir > Courriel", Field.CONSENT),
        ("Accepte de recevoir > SMS", Field.CONSENT_SMS),
        ("G1Q3 > Votre adresse électronique", Field.EMAIL),
        ("Conjoint > Adresse électronique", None),
        ("Naissance > Commune", None),
    ],
)
def test_what_a_joined_heading_may_stand_for_is_only_proposed(heading, field):
    assert meaning(heading) is None and likely(heading) is field


def test_titles_over_the_questions_of_a_form_are_no_headings_though_no_question_is_known(gw, tmp_path):
    """Framaforms: two lines of titles, then the questions as they were asked."""
    text = (
        "Inscription à la lettre\t\t\t\t\nDétails de la soumission\t\t\t\t\n"
        "SID\tHeure de soumission\tVotre nom\tVotre adresse électronique\tSouhaitez-vous recevoir notre lettre ?\tUn mot ?\n"
        "3\t2026-02-11 18:04\tRiou\tzoe@exemple.fr\tOui\tBravo\n2\t2026-02-10 09:00\tGuen\tlea@exemple.fr\tNon\tMerci\n"
        "1\t2026-02-09 21:00\tLe Bec\tyann@exemple.fr\tOui\t\n"
    )
    with open_table(brought(tmp_path, text), known=KNOWN) as table:
        assert (table.file.header_line, table.file.above) == (3, 2)
    said = {"Votre adresse électronique": Field.EMAIL, "Souhaitez-vous recevoir notre lettre ?": Field.CONSENT}
    assert imported(gw, tmp_path, text, claim=BOX, mapping=said).impact.granted == 2

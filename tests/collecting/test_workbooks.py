"""Workbooks as associations keep them: what is seen is what is read, and whatever is repaired is said."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from gateway.domain.errors import InvalidInput
from gateway.flows import suppressing
from gateway.flows.collecting import bringing, mapping, plan_import, sheets, write_import
from gateway.flows.collecting.headings import Field, meaning
from gateway.flows.collecting.reading import How, TableFile, open_table
from tests.collecting import workbooks
from tests.collecting.support import asked, people
from tests.collecting.workbooks import ods_cell, ods_parts, xls, xlsx, zipped

#: Rows of LibreOffice that hold nothing, to the end of the sheet.
EMPTY = (
    '<table:table-row table:number-rows-repeated="{}"><table:table-cell table:number-columns-repeated="{}"/></table:table-row>'
)
HEADER = ["Courriel", "Nom", "CP"]


def read(path, how: How = How()) -> tuple[TableFile, list[tuple[int, list[str]]]]:  # noqa: B008
    """(what was found, records after the header)."""
    with open_table(path, how, lambda heading: meaning(heading) is not None) as table:
        records = [(record.line, record.cells) for record in table]
    return table.file, records[1:]


def test_a_sheet_of_excel_is_read_with_the_numbers_of_its_rows(tmp_path):
    path = tmp_path / "liste.xlsx"
    xlsx(path, [HEADER, ["a@exemple.fr", "Riou", 29200], [], ["b@exemple.fr", "Le Goff", 1000]])
    file, rows = read(path)
    assert (file.kind, file.sheet, file.header_line) == ("xlsx", "Contacts", 1)
    assert rows == [(2, ["a@exemple.fr", "Riou", "29200"]), (4, ["b@exemple.fr", "Le Goff", "1000"])]


def test_an_old_workbook_is_read_like_a_new_one_whatever_its_name(tmp_path):
    path = xls(tmp_path / "liste.csv", [HEADER, ["a@exemple.fr", "Riou", 612345678.0]])
    file, rows = read(path)
    assert file.kind == "xls" and rows == [(2, ["a@exemple.fr", "Riou", "612345678"])]


def test_titles_above_the_header_are_left_out_and_counted(tmp_path):
    path = tmp_path / "liste.xlsx"
    book = xlsx(path, [["Adhérents 2026"], [], HEADER, ["a@exemple.fr", "Riou", "29200"]])
    book.active.merge_cells("A1:C1")
    book.save(path)
    file, rows = read(path)
    assert (file.header_line, file.above) == (3, 1) and [line for line, _ in rows] == [4]
    assert not file.noted  # a title over the table is nothing to tell


def test_the_sheet_that_lists_people_is_read_though_others_stand_before_it(tmp_path):
    path = tmp_path / "liste.xlsx"
    people_of_it = [HEADER, ["a@exemple.fr", "Riou", "29200"], ["b@exemple.fr", "Le Goff", "29200"]]
    xlsx(path, [["Tenu par le bureau"], ["Écrire à : bureau@exemple.fr"]], Adhérents=people_of_it, Réglages=[["taux", 3]])
    file, rows = read(path)
    assert file.sheet == "Adhérents" and len(rows) == 2
    assert [each.name for each in file.sheets if not each.chosen] == ["Contacts", "Réglages"]


def test_a_roll_without_any_address_is_found_behind_a_cover_too(tmp_path):
    path = tmp_path / "liste.xlsx"
    xlsx(path, [["Liste électorale"]], Électeurs=[["nom de naissance", "prénoms", "commune"], ["Riou", "Zoé", "Brest"]])
    assert read(path)[0].sheet == "Électeurs"


def test_the_first_sheet_is_read_when_it_lists_people_whatever_follows(tmp_path):
    path = tmp_path / "liste.xlsx"
    people_of_it = [HEADER, ["a@exemple.fr", "Riou", "29200"], ["b@exemple.fr", "Le Goff", "29200"]]
    xlsx(path, people_of_it, Anciens=[*people_of_it, ["c@exemple.fr", "Roux", "29200"]])
    assert read(path)[0].sheet == "Contacts"


def test_a_workbook_that_begins_with_somebody_loses_nobody(tmp_path):
    path = tmp_path / "liste.xlsx"
    xlsx(path, [["a@exemple.fr", "Riou"], ["b@exemple.fr", "Le Goff"]])
    file, rows = read(path)
    assert file.header_line == 0 and len(rows) == 2


def test_a_table_that_begins_far_from_the_corner_keeps_its_place(tmp_path):
    path = tmp_path / "liste.xlsx"
    xlsx(path, [[], [], [None, None, *HEADER], [None, None, "a@exemple.fr", "Riou", "29200"]])
    file, rows = read(path)
    assert file.header_line == 3 and rows == [(4, ["", "", "a@exemple.fr", "Riou", "29200"])]


def test_merged_cells_give_each_line_what_is_seen_there(tmp_path):
    path = tmp_path / "foyers.xlsx"
    book = xlsx(path, [HEADER, ["foyer@exemple.fr", "Riou", "29200"], [None, "Le Goff", None], [None, "Abgrall", "29000"]])
    book.active.merge_cells("A2:A4")
    book.save(path)
    file, rows = read(path)
    assert [cells for _, cells in rows] == [
        ["foyer@exemple.fr", "Riou", "29200"],
        ["foyer@exemple.fr", "Le Goff", ""],
        ["foyer@exemple.fr", "Abgrall", "29000"],
    ]
    assert file.noted["merged"] == 2


def test_rows_and_columns_that_the_workbook_hides_are_not_read_unless_asked_for(tmp_path):
    path = tmp_path / "filtre.xlsx"
    book = xlsx(path, [[*HEADER, "Pointure"], ["a@exemple.fr", "Riou", "29200", ""], ["b@exemple.fr", "Le Goff", "29000", "oui"]])
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["D"].hidden = True
    book.save(path)
    file, rows = read(path)
    assert rows == [(2, ["a@exemple.fr", "Riou", "29200"])]
    assert file.hidden_rows == 1 and file.hidden_columns == ("Pointure",)
    assert read(path, How(hidden=True))[1][1] == (3, ["b@exemple.fr", "Le Goff", "29000", "oui"])


@pytest.mark.parametrize("heading", ["Désinscrit", "Opted out"])
def test_a_hidden_column_that_may_say_no_is_read_all_the_same(tmp_path, heading):
    path = tmp_path / "filtre.xlsx"
    book = xlsx(path, [["Courriel", heading], ["a@exemple.fr", "oui"]])
    book.active.column_dimensions["B"].hidden = True
    book.save(path)
    file, rows = read(path)
    assert rows == [(2, ["a@exemple.fr", "oui"])] and file.hidden_columns == ()


def test_an_objection_in_a_hidden_row_is_kept_and_nobody_enters_by_one(gw, tmp_path):
    """Teams filter « désinscrit » out of their list and save it so: these rows are the ones that count."""
    path = tmp_path / "filtre.xlsx"
    said = [
        ("a@exemple.fr", "", "", ""),
        ("b@exemple.fr", "", "oui", ""),
        ("c@exemple.fr", "", "", ""),
        ("a@exemple.fr", "", "oui", ""),
    ]
    phoned = ("d@exemple.fr", "06 39 98 41 01", "", "oui")
    book = xlsx(path, [["Courriel", "Portable", "Désinscrit", "Opposition SMS"], *said, phoned])
    for row in (3, 4, 5, 6):
        book.active.row_dimensions[row].hidden = True
    book.save(path)
    plan = plan_import(gw, asked(path))
    assert (plan.impact.new, plan.impact.objects, plan.loaded.hidden_objections) == (0, 3, 3)
    write_import(gw, plan)
    assert people(gw) == {}
    assert suppressing.list_counts(gw) == [("objection", "email", 2), ("objection", "sms", 1)]


def test_a_column_without_a_heading_beside_the_table_is_looked_at(gw, tmp_path):
    """Where volunteers write what people told them; it was cut off with all beyond the last heading. Figures are no words."""
    path = tmp_path / "liste.xlsx"
    lines = [[f"p{one}@exemple.fr", "Zoé", "", "", one] for one in range(80)]
    xlsx(
        path,
        [["Liste du canton", "", "", "", "", "vu"], ["Courriel", "Prénom"], *lines, ["l@exemple.fr", "Léa", "ne plus contacter"]],
    )
    with pytest.raises(InvalidInput, match=r"« colonne C ».*« ne plus contacter »"):
        plan_import(gw, asked(path))
    plan = plan_import(gw, asked(path, mapping={"colonne C": Field.REMARK}))
    assert (plan.impact.new, plan.impact.objects, len(plan.loaded.columns.headings)) == (80, 1, 3)


def test_a_sheet_that_is_named_after_those_who_left_is_not_passed_over(gw, tmp_path):
    path = tmp_path / "section.xlsx"
    people_of_it = [HEADER, ["a@exemple.fr", "Riou", "29200"]]
    xlsx(path, people_of_it, Désinscrits=[HEADER, ["b@exemple.fr", "Roy", ""]], Tarifs=[["adhésion", "10 €"]])
    advice = 'gateway suppressions import "section.xlsx" --sheet "Désinscrits"'
    for how in (How(), How(sheet="Désinscrits")):
        with pytest.raises(InvalidInput, match=advice):
            plan_import(gw, asked(path, how=how))
    assert plan_import(gw, asked(path, how=How(sheet="Contacts"))).impact.new == 1
    with pytest.raises(InvalidInput, match="« Contacts », « Désinscrits », « Tarifs » : dites laquelle"):
        suppressing.import_list(gw, path, by="claire")
    assert suppressing.import_list(gw, suppressing.Sheet(path, "Désinscrits"), by="claire").fresh == 1
    assert plan_import(gw, asked(path, how=How(sheet="Contacts"))).impact.new == 1, "only those of the other sheet object"


def test_dates_yes_and_no_and_errors_are_said(tmp_path):
    path = tmp_path / "liste.xlsx"
    born, agreed = date(1980, 5, 1), datetime(2026, 3, 15, 18, 30)  # noqa: DTZ001 - as a workbook holds it
    book = xlsx(
        path, [["Courriel", "Naissance", "Accord", "Le"], ["a@exemple.fr", born, True, agreed], ["b@exemple.fr", "", False, ""]]
    )
    book.active["B3"] = "#N/A"
    book.active["D3"] = "=A1&A2"
    book.save(path)
    file, rows = read(path)
    assert [cells for _, cells in rows] == [
        ["a@exemple.fr", "1980-05-01", "oui", "2026-03-15 18:30"],
        ["b@exemple.fr", "", "non", ""],
    ]
    assert dict(file.noted) == {"date": 2, "boolean": 2, "error": 1, "uncalculated": 1}


def test_the_first_sheet_that_shows_something_is_read_and_another_may_be_chosen(tmp_path):
    path = tmp_path / "classeur.xlsx"
    book = xlsx(
        path,
        [],
        Secret=[HEADER, ["z@exemple.fr", "Caché", ""]],
        Base=[HEADER, ["a@exemple.fr", "Riou", ""]],
        Autre=[["email"], ["c@exemple.fr"]],
    )
    book["Secret"].sheet_state = "hidden"
    book.save(path)
    file, rows = read(path)
    assert file.sheet == "Base" and [sheet.name for sheet in file.sheets if sheet.hidden] == ["Secret"]
    assert rows[0][1][0] == "a@exemple.fr"
    assert read(path, How(sheet="autre"))[1] == [(2, ["c@exemple.fr"])]
    assert read(path, How(sheet="2"))[0].sheet == "Secret"
    with pytest.raises(InvalidInput, match="aucune feuille « 9 » ; il y a « Contacts », « Secret »"):
        read(path, How(sheet="9"))


def test_a_sheet_of_libreoffice_with_a_million_empty_rows_hidden_ones_and_merges(tmp_path):
    row = "<table:table-row>{}</table:table-row>"
    cells = [
        row.format("".join(map(ods_cell, HEADER))),
        row.format(ods_cell("foyer@exemple.fr", number_rows_spanned="2") + ods_cell("Riou")),
        row.format("<table:covered-table-cell/>" + ods_cell("Le Goff")),
        row.format(ods_cell("b@exemple.fr")).replace("table-row>", 'table-row table:visibility="filter">', 1),
        EMPTY.format(1_048_570, 1_024),
    ]
    file, rows = read(zipped(tmp_path / "liste.ods", ods_parts("".join(cells))))
    assert file.kind == "ods" and file.hidden_rows == 1
    assert rows == [(2, ["foyer@exemple.fr", "Riou", ""]), (3, ["foyer@exemple.fr", "Le Goff", ""])]


def test_a_table_without_header_may_be_read_all_the_same(tmp_path):
    path = tmp_path / "liste.xlsx"
    xlsx(path, [["a@exemple.fr", "Riou"], ["b@exemple.fr", "Le Goff"]])
    with open_table(path, How(header_line=0)) as table:
        assert [record.cells for record in table] == [
            ["colonne A", "colonne B"],
            ["a@exemple.fr", "Riou"],
            ["b@exemple.fr", "Le Goff"],
        ]


def test_an_opposition_list_protects_those_that_the_workbook_hides(gw, tmp_path):
    path = tmp_path / "stop.xlsx"
    book = xlsx(path, [["Courriel"], ["a@exemple.fr"], ["b@exemple.fr"]])
    book.active.row_dimensions[3].hidden = True
    book.save(path)
    assert suppressing.import_list(gw, path, by="claire", dry_run=False).fresh == 2


def test_a_workbook_is_imported_like_any_list_and_its_refused_lines_come_back(gw, tmp_path):
    path, refused = tmp_path / "liste.xlsx", tmp_path / "refus.csv"
    xlsx(path, [[*HEADER, "Pointure"], ["a@exemple.fr", "Riou", 29200, 38], ["b@exemple", "Le Goff", 29000, 40]])
    plan = plan_import(gw, asked(path), refused=refused)
    write_import(gw, plan)
    assert list(people(gw)) == ["a@exemple.fr"] and plan.refused == {"domain": 1}
    lines = refused.read_text("utf-8-sig").splitlines()
    assert lines[0].endswith("Courriel;Nom;CP;Pointure") and lines[1].endswith(";3;b@exemple;Le Goff;29000;40")


def test_looking_at_a_workbook_and_bringing_it_in_converts_it_once(gw, tmp_path, monkeypatch):
    path = tmp_path / "liste.xlsx"
    xlsx(
        path,
        [("courriel", "prénom"), ("zoe@exemple.fr", "Zoé"), ("yann@exemple.fr", "Yann")],
        Autre=[("mail",), ("lea@exemple.fr",)],
    )
    convert = sheets._read
    converted: list[str | None] = []

    def counted(path, sheet, rows):
        converted.append(sheet)
        return convert(path, sheet, rows)

    monkeypatch.setattr(sheets, "_read", counted)
    with sheets.workbooks_kept():
        first = mapping.propose(gw, path, How(), {})
        with bringing(gw, asked(path)) as brought:
            assert brought.plan().impact.new == 2
            assert mapping.rows_at(path, How(), {}, [3], gw.pack.list_words) == {3: ["yann@exemple.fr", "Yann"]}
        assert [one.label for one in mapping.propose(gw, path, How(sheet="Autre"), {}).columns] == ["mail"]
        assert mapping.propose(gw, path, How(), {}) == first
    assert converted == [None, "Autre"]
    assert mapping.propose(gw, path, How(), {}) == first
    assert converted == [None, "Autre", None]


def test_the_process_that_reads_says_how_much_it_took(tmp_path):
    path = tmp_path / "liste.xlsx"
    xlsx(path, [HEADER, *(["a@exemple.fr", "Riou", number] for number in range(2_000))])
    code, told = workbooks.read_apart(path)
    assert code == 0 and told["rows"] == 2_001 and told["peak_kibibytes"] < 100_000

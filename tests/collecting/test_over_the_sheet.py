"""What a workbook says otherwise than in cells that are seen: merged ones, notes, boxes of text, hidden columns, other sheets."""

from __future__ import annotations

import zipfile
from typing import Any

import pytest
from openpyxl.comments import Comment

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import plan_import, write_import
from gateway.flows.collecting.reading import How
from gateway.flows.suppressing import import_list
from tests.collecting.support import BOX, asked, people
from tests.collecting.test_told_no import objects
from tests.collecting.workbooks import ods_parts, xlsx, zipped

LEA, YANN, ZOE = "lea@exemple.fr", "yann@exemple.fr", "zoe@exemple.fr"
HEADER: list[Any] = ["Prénom", "Courriel", "Consentement"]
ROWS: list[list[Any]] = [HEADER, ["Léa", LEA, "oui"], ["Yann", YANN, "oui"], ["Zoé", ZOE, "oui"]]


def planned(gw, path, **given):
    return plan_import(gw, asked(path, claim=BOX, **given))


# Merged cells


def test_a_yes_merged_over_a_couple_is_the_agreement_of_the_first_alone(gw, tmp_path):
    book = xlsx(tmp_path / "foyers.xlsx", [HEADER, ["Léa", LEA, "oui"], ["Yann", YANN, None], ["Zoé", ZOE, "oui"]])
    book.active.merge_cells("C2:C3")
    book.save(tmp_path / "foyers.xlsx")
    plan = planned(gw, tmp_path / "foyers.xlsx")
    assert plan.impact.granted == 2 and plan.refused == {"consent": 1}
    assert [one.line for one in plan.refused_samples] == [3]


def test_a_no_merged_over_a_couple_holds_for_both(gw, tmp_path):
    rows: list[list[Any]] = [
        [*HEADER, "Remarques"],
        ["Léa", LEA, "non", "ne plus contacter"],
        ["Yann", YANN, None, None],
        [*ROWS[3], None],
    ]
    book = xlsx(tmp_path / "foyers.xlsx", rows)
    book.active.merge_cells("C2:C3")
    book.active.merge_cells("D2:D3")
    book.save(tmp_path / "foyers.xlsx")
    write_import(gw, planned(gw, tmp_path / "foyers.xlsx", reviewed="vu"))
    assert objects(gw, LEA, Medium.EMAIL) and objects(gw, YANN, Medium.EMAIL) and not objects(gw, ZOE, Medium.EMAIL)


def test_a_person_on_two_lines_for_two_numbers_agrees_once_for_herself(gw, tmp_path):
    rows: list[list[Any]] = [
        ["Courriel", "Téléphone", "Consentement"],
        [LEA, "06 39 98 12 34", "oui"],
        [None, "01 99 00 12 34", None],
    ]
    book = xlsx(tmp_path / "deux.xlsx", [*rows, [ZOE, None, "oui"]])
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("C2:C3")
    book.save(tmp_path / "deux.xlsx")
    plan = planned(gw, tmp_path / "deux.xlsx")
    assert plan.refused == {} and set(people(gw)) == set()


# Notes on cells


def noted(path, place: str, text: str, rows=ROWS):
    """A workbook with a note on a cell, signed as Excel signs them."""
    book = xlsx(path, rows)
    book.active[place].comment = Comment(text, "Malik")
    book.save(path)
    return path


def test_a_note_on_a_cell_that_refuses_is_an_objection(gw, tmp_path):
    path = noted(tmp_path / "liste.xlsx", "C3", "Malik:\na rappelé, ne veut plus recevoir nos mails")
    write_import(gw, planned(gw, path, reviewed="vu"))
    assert objects(gw, YANN, Medium.EMAIL) and not objects(gw, LEA, Medium.EMAIL)


def test_a_note_that_may_be_a_refusal_holds_its_line_back_and_an_ordinary_one_does_not(gw, tmp_path):
    plan = planned(gw, noted(tmp_path / "a.xlsx", "A3", "très fâché"))
    assert plan.refused == {"remark": 1} and "très fâché" in plan.refused_samples[0].value
    assert planned(gw, noted(tmp_path / "b.xlsx", "A3", "cousin de Jo")).impact.granted == 3


def test_the_answers_of_a_thread_are_read_in_the_place_of_the_notice_left_for_an_older_excel(gw, tmp_path):
    path = noted(tmp_path / "liste.xlsx", "C3", "[Commentaire à thread] Votre version d’Excel…")
    thread = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="C3" id="{1}"><text>à rappeler</text></threadedComment>'
        '<threadedComment ref="C3" id="{2}" parentId="{1}"><text>non : ne plus contacter</text></threadedComment>'
        "</ThreadedComments>"
    )
    related(path, "threadedComment", "threadedComments/threadedComment1.xml", thread)
    write_import(gw, planned(gw, path, reviewed="vu"))
    assert objects(gw, YANN, Medium.EMAIL) and not objects(gw, ZOE, Medium.EMAIL)


def test_a_note_of_libreoffice_is_read_like_one_of_excel(gw, tmp_path):
    def row(cells, note=""):
        told = [f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>' for one in cells]
        said = f"<office:annotation><dc:creator>Malik</dc:creator><text:p>{note}</text:p></office:annotation>" if note else ""
        told[-1] = told[-1].replace('"string">', f'"string">{said}')
        return f"<table:table-row>{''.join(told)}</table:table-row>"

    table = "".join(row(cells, "ne plus contacter" if cells[0] == "Yann" else "") for cells in ROWS)
    parts = ods_parts(table)
    content = str(parts["content.xml"]).replace(
        "<office:document-content", '<office:document-content xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    write_import(gw, planned(gw, zipped(tmp_path / "liste.ods", {**parts, "content.xml": content}), reviewed="vu"))
    assert objects(gw, YANN, Medium.EMAIL) and not objects(gw, LEA, Medium.EMAIL)
    assert {ZOE, LEA} <= set(people(gw))


def test_a_note_on_a_heading_that_explains_who_objects_stops_the_file(gw, tmp_path):
    with pytest.raises(InvalidInput, match=r"une note posée sur un titre : .* explique des codes"):
        planned(gw, noted(tmp_path / "liste.xlsx", "C1", "en rouge = ne veut plus rien recevoir"))


def test_a_note_of_an_opposition_list_tells_which_channel_is_meant_and_loses_nobody(gw, tmp_path):
    import_list(gw, noted(tmp_path / "stop.xlsx", "B2", "a écrit en mars", [["Nom", "Courriel"], ["Riou", LEA]]), by="claire")
    assert objects(gw, LEA, Medium.EMAIL)


# Boxes of text, and other sheets


@pytest.mark.parametrize("says", ["Rouge = ne plus contacter", "les lignes en rouge ne veulent plus rien recevoir"])
def test_a_box_of_text_over_the_list_that_explains_its_colours_stops_the_file(gw, tmp_path, says):
    xlsx(tmp_path / "liste.xlsx", ROWS)
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:sp><xdr:txBody>'
        f"<a:p><a:r><a:t>{says}</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>"
    )
    related(tmp_path / "liste.xlsx", "drawing", "drawings/drawing1.xml", drawing)
    with pytest.raises(InvalidInput, match=r"une zone de texte : .* explique des codes"):
        planned(gw, tmp_path / "liste.xlsx")


@pytest.mark.parametrize("rows", [[["en retrait = ne plus solliciter"]], [["Code", "Sens"], ["C", "ne veut plus rien recevoir"]]])
def test_a_sheet_beside_the_list_that_explains_its_codes_stops_the_file(gw, tmp_path, rows):
    xlsx(tmp_path / "liste.xlsx", ROWS, Légende=rows)
    with pytest.raises(InvalidInput, match=r"la feuille « Légende » : .* explique des codes"):
        planned(gw, tmp_path / "liste.xlsx")


def test_other_sheets_that_list_nobody_stop_nothing(gw, tmp_path):
    xlsx(tmp_path / "liste.xlsx", ROWS, Réglages=[["oui", "non"], ["A = adhérent"], ["Opposition : ne plus recevoir"]])
    assert planned(gw, tmp_path / "liste.xlsx").impact.granted == 3


# Hidden columns


@pytest.mark.parametrize(("heading", "cell"), [("Radié", "x"), ("Statut", "désabonné"), ("Suite", "désinscrite")])
def test_a_hidden_column_that_tells_who_left_is_asked_about_as_one_that_is_seen(gw, tmp_path, heading, cell):
    path = tmp_path / "liste.xlsx"
    book = xlsx(path, [[*HEADER, heading], [*ROWS[1], None], [*ROWS[2], cell], [*ROWS[3], None]])
    book.active.column_dimensions["D"].hidden = True
    book.save(path)
    with pytest.raises(InvalidInput, match=f"la colonne « {heading} » dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, path)


def related(path, kind: str, name: str, content: str) -> None:
    """Add a part to a workbook, of this kind, beside its only sheet."""
    with zipfile.ZipFile(path) as package:
        parts = {each: package.read(each) for each in package.namelist()}
    relations = "xl/worksheets/_rels/sheet1.xml.rels"
    ours = f'<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/relationships/{kind}" Target="../{name}"/>'
    none = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    parts[relations] = parts.get(relations, none).replace(b"</Relationships>", f"{ours}</Relationships>".encode())
    zipped(path, {**parts, f"xl/{name}": content})


def test_another_sheet_of_people_that_says_who_stopped_is_not_passed_over(gw, tmp_path):
    february = [HEADER, ["Yann", YANN, "stop"], ["Ana", "ana@exemple.fr", "oui"]]
    xlsx(tmp_path / "mois.xlsx", ROWS, Février=february)
    with pytest.raises(InvalidInput, match=r"« Février » de ce classeur liste aussi des personnes, .* \(« stop »\)"):
        planned(gw, tmp_path / "mois.xlsx")
    write_import(gw, planned(gw, tmp_path / "mois.xlsx", how=How(sheet="Février")))
    write_import(gw, planned(gw, tmp_path / "mois.xlsx", how=How(sheet="Contacts")))
    assert objects(gw, YANN, Medium.EMAIL) and not objects(gw, LEA, Medium.EMAIL)


@pytest.mark.parametrize("cell", ["ne veut plus entendre parler de nous", "très fâchée", "Désinscrite le", "refus SMS"])
def test_what_may_be_a_refusal_on_another_sheet_of_people_stops_the_workbook(gw, tmp_path, cell):
    xlsx(tmp_path / "liste.xlsx", ROWS, Suivi=[["Ana", "ana@exemple.fr", cell]])
    with pytest.raises(InvalidInput, match=f"« Suivi » de ce classeur liste aussi des personnes, .* \\(« {cell} »"):
        planned(gw, tmp_path / "liste.xlsx")


def test_another_sheet_of_people_that_says_nothing_of_who_stopped_is_only_named(gw, tmp_path):
    xlsx(tmp_path / "mois.xlsx", ROWS, Février=[HEADER, ["Ana", "ana@exemple.fr", "oui"], ["Bob", "bob@exemple.fr", "non"]])
    assert planned(gw, tmp_path / "mois.xlsx").impact.granted == 3


@pytest.mark.parametrize("on_it", [[YANN.upper()], ["+33 6 39 98 12 34"], ["Yann", YANN, "vu en mars"]])
def test_whoever_stands_on_another_sheet_too_is_asked_about_since_nothing_says_why(gw, tmp_path, on_it):
    rows = [[*HEADER, "Mobile"], [*ROWS[1], ""], [*ROWS[2], "06 39 98 12 34"], [*ROWS[3], ""]]
    xlsx(tmp_path / "liste.xlsx", rows, Feuil2=[on_it])
    with pytest.raises(InvalidInput, match=r'« Feuil2 » de ce classeur, .* porte 1 des adresses .*--sheet "Contacts"'):
        planned(gw, tmp_path / "liste.xlsx")
    assert planned(gw, tmp_path / "liste.xlsx", how=How(sheet="Contacts")).impact.granted == 3


@pytest.mark.parametrize("called", ["Désabo par mail", "désinsc 2025", "unsub", "Refus", "Fâchés", "À oublier"])
def test_a_sheet_called_in_short_after_those_who_left_stops_the_workbook(gw, tmp_path, called):
    xlsx(tmp_path / "liste.xlsx", ROWS, **{called: [["ana@exemple.fr"]]})
    with pytest.raises(InvalidInput, match=f"la feuille « {called} » de ce classeur semble lister"):
        planned(gw, tmp_path / "liste.xlsx")


@pytest.mark.parametrize("called", ["Liste sans doublons", "Contacts non relancés", "RGPD ok", "Feuil2", "Rue du Refuge"])
def test_sheets_of_other_names_stop_nothing(gw, tmp_path, called):
    xlsx(tmp_path / "liste.xlsx", ROWS, **{called: [["ana@exemple.fr"]]})
    assert planned(gw, tmp_path / "liste.xlsx").impact.granted == 3


def test_a_list_is_read_though_another_sheet_of_its_workbook_is_missing(gw, tmp_path):
    xlsx(tmp_path / "entier.xlsx", ROWS, Autre=[["rien"]])
    with zipfile.ZipFile(tmp_path / "entier.xlsx") as package:
        parts = {name: package.read(name) for name in package.namelist() if not name.endswith("sheet2.xml")}
    assert planned(gw, zipped(tmp_path / "liste.xlsx", dict(parts))).impact.granted == 3


def test_a_list_is_read_though_another_sheet_reaches_to_the_end_of_the_world(gw, tmp_path):
    book = xlsx(tmp_path / "liste.xlsx", ROWS, Autre=[["rien"]])
    book["Autre"]["XFD1048576"] = "loin"
    book.save(tmp_path / "liste.xlsx")
    assert planned(gw, tmp_path / "liste.xlsx").impact.granted == 3

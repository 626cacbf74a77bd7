"""What a workbook says in no cell of its list: on printed pages, in properties, names, help, formats, on other sheets."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import plan_import
from gateway.flows.collecting.reading import How
from tests.collecting.support import BOX, asked
from tests.collecting.workbooks import ods_cell, ods_parts, xlsx, zipped

ROWS: list[list[Any]] = [
    ["Prénom", "Courriel", "Consentement"],
    ["Léa", "lea@exemple.fr", "oui"],
    ["Yann", "yann@exemple.fr", "oui"],
]
NO = "ne veulent plus rien recevoir"


def planned(gw, path, **given):
    return plan_import(gw, asked(path, claim=BOX, **given))


def on_a_page(book: Workbook, says: str) -> None:
    book.active.oddHeader.center.text = f"&P {says}"


def at_the_foot(book: Workbook, says: str) -> None:
    book.active.firstFooter.left.text = says


def as_title(book: Workbook, says: str) -> None:
    book.properties.title = says


def as_keywords(book: Workbook, says: str) -> None:
    book.properties.keywords = says


def as_description(book: Workbook, says: str) -> None:
    book.properties.description = says


def as_help(book: Workbook, says: str) -> None:
    validation = DataValidation(type="list", formula1='"oui,non"', promptTitle="Réponse", prompt=says)
    validation.add("C2:C3")
    book.active.add_data_validation(validation)


def as_name(book: Workbook, says: str) -> None:
    name = says.replace(" ", "_")
    book.defined_names[name] = DefinedName(name, attr_text="Contacts!$A$3:$C$3")


def as_table(book: Workbook, says: str) -> None:
    book.active.add_table(Table(displayName=says.replace(" ", "_"), ref="A1:C3"))


def as_format(book: Workbook, says: str) -> None:
    book.active["C3"].number_format = f'"oui";"{says}"'


def as_title_of_a_chart(book: Workbook, says: str) -> None:
    chart = BarChart()
    chart.title = says
    chart.add_data(Reference(book.active, min_col=3, min_row=1, max_row=3), titles_from_data=True)
    book.active.add_chart(chart, "H2")


PLACES = [
    *(on_a_page, at_the_foot, as_title, as_keywords, as_description, as_help, as_name, as_table, as_format),
    as_title_of_a_chart,
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("says", ["Désinscrits 2025", f"ils {NO}", "très fâchés contre nous"])
def test_a_no_that_stands_in_no_cell_stops_the_workbook(gw, tmp_path, place, says):
    book = xlsx(tmp_path / "liste.xlsx", ROWS)
    place(book, says)
    book.save(tmp_path / "liste.xlsx")
    with pytest.raises(InvalidInput, match="dit peut-être que des personnes de cette liste ne veulent plus rien recevoir"):
        planned(gw, tmp_path / "liste.xlsx")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("says", ["Réunion du 3 mars", "Données RGPD", "Confidentiel ne pas diffuser", "Page 1 sur 3"])
def test_ordinary_words_there_stop_nothing(gw, tmp_path, place, says):
    book = xlsx(tmp_path / "liste.xlsx", ROWS)
    place(book, says)
    book.save(tmp_path / "liste.xlsx")
    assert planned(gw, tmp_path / "liste.xlsx").impact.granted == 2


def test_a_legend_in_the_help_of_a_cell_stops_the_workbook(gw, tmp_path):
    book = xlsx(tmp_path / "liste.xlsx", ROWS)
    as_help(book, "X = ne plus contacter")
    book.save(tmp_path / "liste.xlsx")
    with pytest.raises(InvalidInput, match=r"l’aide à la saisie d’une case : .* explique des codes"):
        planned(gw, tmp_path / "liste.xlsx")


# OpenDocument

_NAMES = 'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
_HELP = (
    '<table:content-validations><table:content-validation table:name="v1"><table:help-message>'
    "<text:p>SAYS</text:p></table:help-message></table:content-validation></table:content-validations>"
)


def ods(path: Path, **more: str) -> Path:
    table = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in ROWS)
    parts = ods_parts(table)
    content = str(parts["content.xml"])
    content = content.replace("<office:spreadsheet>", f"<office:spreadsheet>{more.pop('before', '')}")
    content = content.replace("</office:spreadsheet>", f"{more.pop('after', '')}</office:spreadsheet>")
    return zipped(path, {**parts, "content.xml": content, **{f"{name}.xml": text for name, text in more.items()}})


@pytest.mark.parametrize(
    "where",
    [
        {"before": _HELP},
        {"after": '<table:named-expressions><table:named-range table:name="SAYS"/></table:named-expressions>'},
        {"meta": f'<office:m xmlns:office="{_OFFICE}:office:1.0" {_NAMES}><dc:title>SAYS</dc:title></office:m>'},
        {
            "styles": f'<office:s xmlns:office="{_OFFICE}:office:1.0" xmlns:text="{_OFFICE}:text:1.0" {_NAMES}>'
            "<style:header><text:p>SAYS</text:p></style:header></office:s>"
        },
        {
            "Object 1/content": f'<office:c xmlns:office="{_OFFICE}:office:1.0" xmlns:text="{_OFFICE}:text:1.0" '
            f'xmlns:chart="{_OFFICE}:chart:1.0"><chart:title><text:p>SAYS</text:p></chart:title></office:c>'
        },
    ],
)
def test_a_no_that_stands_in_no_cell_of_libreoffice_stops_the_workbook(gw, tmp_path, where):
    told = {part: text.replace("SAYS", "Oppositions") for part, text in where.items()}
    with pytest.raises(InvalidInput, match="dit peut-être que des personnes de cette liste"):
        planned(gw, ods(tmp_path / "non.ods", **told))
    told = {part: text.replace("SAYS", "Quartier nord") for part, text in where.items()}
    assert planned(gw, ods(tmp_path / "oui.ods", **told)).impact.granted == 2


# Other sheets that list nobody, boxes of text


def test_a_sentence_on_another_sheet_that_speaks_of_refusals_stops_the_workbook_until_the_list_is_named(gw, tmp_path):
    path = tmp_path / "liste.xlsx"
    xlsx(path, ROWS, Notes=[[f"Les gens de la rue des Lilas {NO}"]])
    with pytest.raises(InvalidInput, match=r"la feuille « Notes » : .* dit peut-être"):
        planned(gw, path)
    assert planned(gw, path, how=How(sheet="Contacts")).impact.granted == 2


def test_choices_to_be_made_in_cells_stop_nothing(gw, tmp_path):
    xlsx(tmp_path / "liste.xlsx", ROWS, Listes=[["oui"], ["non"], ["Ne plus contacter"], ["Opposition : ne plus recevoir"]])
    assert planned(gw, tmp_path / "liste.xlsx").impact.granted == 2


def test_a_workbook_without_properties_is_read(gw, tmp_path):
    xlsx(tmp_path / "entier.xlsx", ROWS)
    with zipfile.ZipFile(tmp_path / "entier.xlsx") as package:
        parts = {name: package.read(name) for name in package.namelist() if not name.startswith("docProps")}
    assert planned(gw, zipped(tmp_path / "liste.xlsx", dict(parts))).impact.granted == 2

"""Lines that somebody struck through in a workbook come back: nobody is brought in from under a bar."""

from __future__ import annotations

import zipfile

import pytest
from openpyxl.styles import Font

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import plan_import, write_import
from gateway.flows.collecting.headings import Field
from gateway.flows.suppressing import import_list
from tests.collecting.support import BOX, asked
from tests.collecting.test_told_no import objects
from tests.collecting.workbooks import xlsx

MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
ROWS = [
    ["Nom", "Courriel", "Consentement", "Remarques"],
    ["Riou", "lea@exemple.fr", "oui", ""],
    ["Guen", "yann@exemple.fr", "oui", ""],
    ["Le Bec", "zoe@exemple.fr", "oui", ""],
]


def struck(path, line: int, rows=ROWS, *, only: int = 0):
    """A workbook with a line struck through, or its first cells alone."""
    book = xlsx(path, rows)
    for cell in list(book.active[line])[: only or None]:
        cell.font = Font(strike=True)
    book.save(path)
    return path


def test_a_line_that_is_struck_through_is_not_taken_and_says_so(gw, tmp_path):
    plan = plan_import(gw, asked(struck(tmp_path / "liste.xlsx", 3), claim=BOX, reviewed="vu"))
    assert plan.impact.new == 2 and plan.refused == {"struck": 1}
    (one,) = plan.refused_samples
    assert one.line == 3 and "barrée" in one.says and "yann@exemple.fr" in one.value


def test_a_word_struck_through_in_a_line_leaves_the_line_as_it_is(gw, tmp_path):
    plan = plan_import(gw, asked(struck(tmp_path / "liste.xlsx", 3, only=1), claim=BOX, reviewed="vu"))
    assert plan.impact.new == 3 and not plan.refused


def test_what_a_struck_line_says_of_who_objects_is_kept(gw, tmp_path):
    rows = [*ROWS[:2], ["Guen", "yann@exemple.fr", "oui", "ne plus contacter"], ROWS[3]]
    write_import(gw, plan_import(gw, asked(struck(tmp_path / "liste.xlsx", 3, rows), claim=BOX, reviewed="vu")))
    assert objects(gw, "yann@exemple.fr", Medium.EMAIL) and not objects(gw, "zoe@exemple.fr", Medium.EMAIL)


def test_an_opposition_list_protects_whoever_is_struck_through_there(gw, tmp_path):
    import_list(gw, struck(tmp_path / "oppositions.xlsx", 3), by="claire")
    assert objects(gw, "yann@exemple.fr", Medium.EMAIL)


@pytest.mark.parametrize("line", ["solid", "none"])
def test_libreoffice_says_it_by_a_style_of_the_cell(gw, tmp_path, line):
    def row(cells, style):
        told = "".join(
            f'<table:table-cell table:style-name="{style}" office:value-type="string"><text:p>{one}</text:p></table:table-cell>'
            for one in cells
        )
        return f"<table:table-row>{told}</table:table-row>"

    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "style", "table", "text")
    )
    styles = (
        '<office:automatic-styles><style:style style:name="ce1" style:family="table-cell"><style:text-properties '
        f'style:text-line-through-style="{line}"/></style:style></office:automatic-styles>'
    )
    rows = "".join(row([cell for cell in cells if cell], "ce1" if rank == 2 else "ce2") for rank, cells in enumerate(ROWS))
    content = (
        f"<office:document-content{spaces}>{styles}<office:body><office:spreadsheet>"
        f'<table:table table:name="Liste">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    path = tmp_path / "liste.ods"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", MANIFEST)
    plan = plan_import(gw, asked(path, claim=BOX, reviewed="vu"))
    assert plan.refused == ({"struck": 1} if line == "solid" else {})


@pytest.mark.parametrize("place", ["B3", "C3"])
def test_a_bar_over_her_address_or_her_yes_alone_is_one_over_her_line(gw, tmp_path, place):
    book = xlsx(tmp_path / "liste.xlsx", ROWS)
    book.active[place].font = Font(strike=True)
    book.save(tmp_path / "liste.xlsx")
    plan = plan_import(gw, asked(tmp_path / "liste.xlsx", claim=BOX, reviewed="vu"))
    assert plan.impact.granted == 2 and plan.refused == {"struck": 1}


def test_a_legend_beside_a_struck_line_stops_the_file_all_the_same(gw, tmp_path):
    rows = [["Nom", "Courriel", "Consentement", "Légende"], *([*row[:3], ""] for row in ROWS[1:])]
    rows[2][3] = "rouge = ne veut plus rien"
    with pytest.raises(InvalidInput, match="explique des codes"):
        plan_import(gw, asked(struck(tmp_path / "liste.xlsx", 3, rows), claim=BOX, mapping={"Légende": Field.REMARK}))

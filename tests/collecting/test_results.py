"""A column that is computed, in a workbook that does not hold its results: what it would say of somebody is not known."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import plan_import
from gateway.flows.suppressing import import_list
from gateway.flows.workbooks.formulas import may_tell
from tests.collecting.support import BOX, asked
from tests.collecting.workbooks import ods_cell, ods_parts, xlsx, zipped

STANDING = '=IF(D2<>"","désinscrit","actif")'


def rows(formula: str, heading: str = "Statut") -> list[list[Any]]:
    return [
        ["Nom", "Courriel", "Accord", "Date départ", heading],
        ["Hardy", "hardy@exemple.fr", "oui", "02/05/2026", formula],
    ]


def planned(gw, path: Path, **given):
    return plan_import(gw, asked(path, claim=BOX, **given))


def as_written(path: Path, old: str, new: str) -> Path:
    """The workbook with its sheet changed."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert old.encode() in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(old.encode(), new.encode())
    return zipped(path, {name: part for name, part in parts.items()})


@pytest.mark.parametrize("formula", [STANDING, "=VLOOKUP(B2,Stop!A:B,2,FALSE)", '=IF(COUNTIF(Stop!A:A,B2)>0,"X","")'])
def test_a_standing_that_was_never_computed_stops_the_file(gw, tmp_path, formula):
    xlsx(path := tmp_path / "base.xlsx", rows(formula))

    with pytest.raises(InvalidInput, match=r"la colonne « Statut » se calcule.*n’en garde pas le résultat"):
        planned(gw, path)


def test_as_does_one_whose_other_sheet_is_gone(gw, tmp_path):
    xlsx(path := tmp_path / "base.xlsx", rows("=VLOOKUP(B2,#REF!,2,FALSE)"))
    as_written(path, "<v></v>" if b"<v></v>" in _sheet(path) else "<v />", "<v>#REF!</v>")
    as_written(path, '<c r="E2">', '<c r="E2" t="e">')

    with pytest.raises(InvalidInput, match="Statut"):
        planned(gw, path)


def test_and_in_opendocument(gw, tmp_path):
    head = "".join(map(ods_cell, ("Nom", "Courriel", "Accord", "Statut")))
    formula = '<table:table-cell table:formula="of:=IF([.B2]=&quot;&quot;;&quot;&quot;;&quot;parti&quot;)"/>'
    line = "".join(map(ods_cell, ("Hardy", "hardy@exemple.fr", "oui"))) + formula
    zipped(
        path := tmp_path / "base.ods",
        ods_parts(f"<table:table-row>{head}</table:table-row><table:table-row>{line}</table:table-row>"),
    )

    with pytest.raises(InvalidInput, match="Statut"):
        planned(gw, path)


def test_it_comes_in_once_somebody_says_that_the_column_refuses_nobody(gw, tmp_path):
    xlsx(path := tmp_path / "base.xlsx", rows('=IF(D2<>"","ancien","neuf")', "Ancienneté"))

    assert planned(gw, path, mapping={"Ancienneté": None}).loaded.rows == 1


HARMLESS = ("=ROW()-1", '=DATEDIF(D2,TODAY(),"y")', '=TEXT(D2,"jj/mm/aaaa")', '=A2&" "&B2', "=SUM(D2:D9)")


@pytest.mark.parametrize("formula", HARMLESS)
def test_what_says_nothing_of_its_own_stops_nothing(gw, tmp_path, formula):
    xlsx(path := tmp_path / "base.xlsx", rows(formula, "Calcul"))

    assert planned(gw, path).loaded.rows == 1


def test_nor_does_an_answer_that_is_empty_or_not_found(gw, tmp_path):
    """Excel and LibreOffice write an empty answer as an empty text; #N/A is what looking in vain answers."""
    xlsx(path := tmp_path / "base.xlsx", rows(STANDING))
    as_written(path, '<c r="E2">', '<c r="E2" t="str">')
    plan = planned(gw, path)
    assert plan.loaded.rows == 1
    assert "uncalculated" not in plan.loaded.file.noted

    as_written(path, '<c r="E2" t="str">', '<c r="E2" t="e">')
    as_written(path, "<v></v>" if b"<v></v>" in _sheet(path) else "<v />", "<v>#N/A</v>")
    assert planned(gw, path).loaded.rows == 1


def test_a_formula_that_many_cells_share_is_told_in_the_first_of_them():
    assert may_tell('=IF(A2="x","STOP","")')
    assert may_tell("of:=VLOOKUP([.B2];[$Stop.A1:.B9];2;0)")
    assert not may_tell('=HYPERLINK("mailto:"&B2,"écrire")')


def test_an_opposition_list_of_formulas_is_not_read_as_if_it_were_empty(gw, tmp_path):
    """Its addresses stand on another sheet, and nobody ever computed them: those people were not protected, in silence."""
    xlsx(path := tmp_path / "stop.xlsx", [["Courriel"], ["lea@exemple.fr"], ["=Base!B3"]])

    with pytest.raises(InvalidInput, match="ouvrez le classeur"):
        import_list(gw, path, by="claire")


def _sheet(path: Path) -> bytes:
    with zipfile.ZipFile(path) as package:
        return package.read("xl/worksheets/sheet1.xml")

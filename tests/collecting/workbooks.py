"""Workbooks made for tests: honest ones, and liars."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import xlwt

import gateway

ROOT = Path(gateway.__file__).parents[1]
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_ODS = (
    f'xmlns:office="{_OASIS}:office:1.0" xmlns:table="{_OASIS}:table:1.0" xmlns:text="{_OASIS}:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def xlsx(path: Path, rows: Sequence[Sequence[Any]], **sheets: Sequence[Sequence[Any]]) -> openpyxl.Workbook:
    """An Excel workbook; the caller may change it and save it again."""
    book = openpyxl.Workbook()
    book.active.title = "Contacts"
    for row in rows:
        book.active.append(list(row))
    for title, others in sheets.items():
        sheet = book.create_sheet(title)
        for row in others:
            sheet.append(list(row))
    book.save(path)
    return book


def xls(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """An old Excel workbook."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Contacts")
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(line, column, value)
    book.save(str(path))
    return path


def zipped(path: Path, parts: dict[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip of these parts."""
    with zipfile.ZipFile(path, "w", method) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def ods_parts(table: str) -> dict[str, str | bytes]:
    """An OpenDocument spreadsheet whose table named Contacts holds this XML."""
    content = (
        f'<?xml version="1.0"?><office:document-content {_ODS}><office:body><office:spreadsheet>'
        f'<table:table table:name="Contacts">{table}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content,
        "META-INF/manifest.xml": "<manifest/>",
    }


def ods_cell(text: str, **told: str) -> str:
    """One cell of an OpenDocument table."""
    attributes = "".join(f' table:{name.replace("_", "-")}="{value}"' for name, value in told.items())
    return f'<table:table-cell office:value-type="string"{attributes}><text:p>{text}</text:p></table:table-cell>'


def xlsx_parts(sheet: str, *, strings: str | None = None) -> dict[str, str | bytes]:
    """The least that makes an Excel workbook, with this XML as its only sheet."""
    shared = "" if strings is None else f'<Relationship Id="rId2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
    sheets = '<sheets><sheet name="Contacts" sheetId="1" r:id="rId1"/></sheets>'
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f"{shared}</Relationships>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    if strings:
        parts["xl/sharedStrings.xml"] = strings
    return parts


def sheet_xml(rows: str, before: str = "") -> str:
    """A worksheet around these rows."""
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def text_cell(reference: str, text: str) -> str:
    """One cell of an Excel sheet."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def read_apart(path: Path) -> tuple[int, dict[str, Any]]:
    """(exit code, what it told) of the process that reads workbooks; the dictionary is empty when it died without a word."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "gateway.flows.workbooks", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    last = done.stderr.rstrip().rpartition(b"\n")[2]
    return done.returncode, json.loads(last) if last.startswith(b"{") else {}

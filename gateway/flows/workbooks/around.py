"""What a workbook says in no sheet: its properties, the names of its ranges and tables, how it shows numbers, its pages, its
charts."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Mapping

from gateway.flows.workbooks.limits import NOTE_CHARACTERS_MAX
from gateway.flows.workbooks.marks import PAGE, RANGE
from gateway.flows.workbooks.parts import parse

Around = list[tuple[str, str]]

_PROPERTIES, _FORMAT = "les propriétés du classeur", "un format de nombre"
#: Titles of charts, and drawn schemes: what is typed there, and no copy of a cell.
_DRAWN, _DRAWN_BY = "un graphique", ("p",)
_OF_DRAWINGS = re.compile(r"xl/(?:charts/chart|charts/chartEx|diagrams/data)\d*\.xml$")
_OF_OBJECTS = re.compile(r"[^/]+/content\.xml$")
_TITLES = ("title", "subtitle", "footer")
_TOLD_BY = ("title", "subject", "description", "keywords", "keyword", "category", "user-defined", "lpwstr")
_PAGES = ("header", "header-left", "header-first", "footer", "footer-left", "footer-first")
#: Names that programs give by themselves.
_OF_A_PROGRAM = re.compile(r"_xl|_|(?:Table|Tableau)\d+$", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]{2,})"')
_MOST = 500


def around_of_excel(package: zipfile.ZipFile) -> Around:
    """The same of a package of Excel, with its words. Raises InvalidInput for XML that is broken, or is a trap."""
    found: Around = []

    def named(tag: str, told: Mapping[str, str]) -> None:
        match tag.rpartition(":")[2]:
            case "definedName" | "table":
                names = {told.get("name", ""), told.get("displayName", "")}
                found.extend((RANGE, name) for name in sorted(names) if name and not _OF_A_PROGRAM.match(name))
            case "numFmt":
                found.extend((_FORMAT, words) for words in _QUOTED.findall(told.get("formatCode", "")))

    inside = package.namelist()
    tables = [name for name in inside if name.startswith("xl/tables/") and name.endswith(".xml")][:_MOST]
    for part in ("xl/workbook.xml", "xl/styles.xml", *tables):
        if part in inside:
            parse(package, part, named)
    for part in ("docProps/core.xml", "docProps/custom.xml"):
        if part in inside:
            found += _texts(package, part, _TOLD_BY, _PROPERTIES)
    for part in [name for name in inside if _OF_DRAWINGS.match(name)][:_MOST]:
        found += _texts(package, part, _DRAWN_BY, _DRAWN)
    return found[:_MOST]


def around_of_opendocument(package: zipfile.ZipFile) -> Around:
    """The same of an OpenDocument package, but for what its content says. Raises InvalidInput like `around_of_excel`."""
    inside = package.namelist()
    found = _texts(package, "meta.xml", _TOLD_BY, _PROPERTIES) if "meta.xml" in inside else []
    found += _texts(package, "styles.xml", _PAGES, PAGE) if "styles.xml" in inside else []
    for part in [name for name in inside if _OF_OBJECTS.match(name)][:_MOST]:
        found += _texts(package, part, _TITLES, _DRAWN)
    return found[:_MOST]


def _texts(package: zipfile.ZipFile, part: str, elements: Collection[str], where: str) -> Around:
    """What these elements of a part say."""
    found: Around = []
    said: list[str] = []
    within = 0

    def start(tag: str, _: Mapping[str, str]) -> None:
        nonlocal within
        within += tag.rpartition(":")[2] in elements
        said.append(" ")

    def end(tag: str) -> None:
        nonlocal within
        if tag.rpartition(":")[2] in elements:
            within -= 1
            if (words := " ".join("".join(said).split())[:NOTE_CHARACTERS_MAX]) and len(found) < _MOST:
                found.append((where, words))
            said.clear()

    def text(told: str) -> None:
        if within and len(said) < _MOST:
            said.append(told)

    parse(package, part, start, end, text)
    return found

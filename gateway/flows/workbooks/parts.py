"""Parts of a package: which one holds a sheet, and how one is read. Entities are refused before any is expanded."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Mapping
from xml.parsers import expat

from gateway.domain.errors import InvalidInput
from gateway.flows.workbooks.package import DAMAGED, TRAP

_CHUNK = 1 << 18


def part_of(package: zipfile.ZipFile, sheet: str) -> str:
    """The part that holds a sheet of this name."""
    wanted: list[str] = []
    targets: dict[str, str] = {}

    def of_workbook(tag: str, told: Mapping[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet" and told.get("name") == sheet:
            wanted.extend(value for key, value in told.items() if key.rpartition(":")[2] == "id")

    def of_relations(tag: str, told: Mapping[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            targets[told.get("Id", "")] = told.get("Target", "")

    parse(package, "xl/workbook.xml", of_workbook)
    parse(package, "xl/_rels/workbook.xml.rels", of_relations)
    target = targets.get(wanted[0], "") if wanted else ""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def parse(
    package: zipfile.ZipFile,
    name: str,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Read one part of a package as a stream. Raises InvalidInput for XML that is broken, or is a trap."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _trap
    try:
        with package.open(name) as part:
            while chunk := part.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, KeyError, ValueError, OverflowError) as fault:
        raise InvalidInput(DAMAGED) from fault


def _trap(*_: object) -> None:
    raise InvalidInput(TRAP)

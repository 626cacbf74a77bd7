"""What lies in a zip: which workbook it is, that it is no other thing, and how much it really unpacks to."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path, PurePosixPath

from gateway.domain.errors import InvalidInput
from gateway.flows.workbooks.limits import MEBIBYTE, MEMBERS_MAX, UNPACKED_BYTES_MAX

_CHUNK = 1 << 18
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
#: Parts that are read when a sheet is; images and the like stay packed.
_READ = (".xml", ".rels", ".bin")

DAMAGED = "le classeur est abîmé ou incomplet : téléchargez-le de nouveau, ou enregistrez la feuille en « CSV UTF-8 »"
LOCKED = "le classeur est protégé par un mot de passe : enregistrez-le sans mot de passe, puis recommencez"
TOO_BIG = (
    f"le classeur se déplie à plus de {UNPACKED_BYTES_MAX // MEBIBYTE} Mo : ce n’est pas une liste de contacts ordinaire ; "
    "enregistrez la feuille en « CSV UTF-8 »"
)
TRAP = (
    "le classeur contient des définitions XML qu’aucun tableur n’écrit (« bombe » d’entités) : n’ouvrez pas ce fichier, et "
    "demandez à la personne qui l’a envoyé d’où il vient"
)
_ENTITY = (b"<!ENTITY", "<!ENTITY".encode("utf-16-le"), "<!ENTITY".encode("utf-16-be"))
#: Other things that are zips too, by a part that each of them has.
_OTHERS = (
    ("word/document.xml", "c’est un document Word : copiez le tableau dans un classeur"),
    ("ppt/presentation.xml", "c’est une présentation PowerPoint : copiez le tableau dans un classeur"),
    ("Index/Document.iwa", "c’est un classeur Numbers : exportez-le en CSV (menu Fichier, « Exporter vers », CSV)"),
    ("META-INF/MANIFEST.MF", "c’est un programme"),
    ("AndroidManifest.xml", "c’est un programme"),
    ("META-INF/container.xml", "c’est un livre numérique"),
)
_ARCHIVE = "c’est une archive zip"
#: Names of what may be a table inside another zip, how many of them are told, and how much of each.
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")
_NAMES_TOLD, _NAME_CHARACTERS = 6, 80


class Kind(StrEnum):
    """Which workbook a file is."""

    XLSX = "xlsx"
    XLSM = "xlsm"
    XLSB = "xlsb"
    ODS = "ods"
    XLS = "xls"


@contextmanager
def opened_package(path: Path) -> Iterator[tuple[zipfile.ZipFile, Kind]]:
    """The zip of a workbook, looked through. Raises InvalidInput with what it is instead."""
    try:
        with zipfile.ZipFile(path) as package:
            kind = _kind(package)
            _unpack_all(package)
            yield package, kind
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError) as fault:
        raise InvalidInput(DAMAGED) from fault


def _kind(package: zipfile.ZipFile) -> Kind:
    members = package.infolist()
    if len(members) > MEMBERS_MAX:
        raise InvalidInput(f"l’archive contient {len(members)} fichiers, plus que les {MEMBERS_MAX} admis")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise InvalidInput(LOCKED)
    names = {member.filename for member in members}
    if "xl/workbook.bin" in names:
        return Kind.XLSB
    if "xl/workbook.xml" in names:
        return Kind.XLSM if "xl/vbaProject.bin" in names else Kind.XLSX
    for part, says in _OTHERS:
        if part in names:
            raise InvalidInput(says)
    if "content.xml" not in names:
        raise InvalidInput(_inside(members))
    mimetype = _beginning(package, "mimetype", names)
    if mimetype and b"spreadsheet" not in mimetype:
        raise InvalidInput("c’est un document LibreOffice, mais pas un classeur : copiez le tableau dans un classeur")
    if b"encryption-data" in _beginning(package, "META-INF/manifest.xml", names):
        raise InvalidInput(LOCKED)
    return Kind.ODS


def _inside(members: Sequence[zipfile.ZipInfo]) -> str:
    """What to do with a zip that is no workbook: which of its files are brought in, and which of them first."""
    names = (PurePosixPath(member.filename) for member in members if not member.is_dir())
    tables = [name.name for name in names if name.suffix.lower() in _TABLES and not name.name.startswith(".")]
    if not tables:
        return f"{_ARCHIVE}, et aucun de ses fichiers n’est un tableau : apportez le fichier xlsx, ods ou csv d’origine"
    printed = ("".join(mark for mark in name if mark.isprintable())[:_NAME_CHARACTERS] for name in tables[:_NAMES_TOLD])
    told = ", ".join(f"« {name} »" for name in printed) + (", …" if len(tables) > _NAMES_TOLD else "")
    if len(tables) == 1:
        return f"{_ARCHIVE} : ouvrez-la et importez le tableau qu’elle contient, {told}"
    return (
        f"{_ARCHIVE} : ouvrez-la et apportez un à un les tableaux qu’elle contient ({told}) ; d’abord, sur la liste d’opposition "
        "(gateway suppressions import), celui des désinscrits (« unsubscribed »), s’il y en a un"
    )


def _beginning(package: zipfile.ZipFile, name: str, names: set[str]) -> bytes:
    if name not in names:
        return b""
    with package.open(name) as part:
        return part.read(_CHUNK)


def _unpack_all(package: zipfile.ZipFile) -> None:
    """Unpack every part that will be read, keeping nothing: what a header says of a size may be a lie."""
    left = UNPACKED_BYTES_MAX
    for member in package.infolist():
        if not member.filename.lower().endswith(_READ):
            continue
        if member.compress_type not in _METHODS:
            raise InvalidInput(DAMAGED)
        with package.open(member) as part:
            chunk = part.read(_CHUNK)
            if any(mark in chunk for mark in _ENTITY):  # declared before the first element, if at all
                raise InvalidInput(TRAP)
            while chunk:
                left -= len(chunk)
                if left < 0:
                    raise InvalidInput(TOO_BIG)
                chunk = part.read(_CHUNK)

"""From a file to its records. What it is, is told by its bytes and not by its name; what is no table is refused in a sentence."""

from __future__ import annotations

import re
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from gateway.domain.errors import InvalidInput, system_says
from gateway.flows.collecting.encodings import MIXED, Encodings, is_binary, marked
from gateway.flows.collecting.sheets import opened_sheet
from gateway.flows.collecting.table import How, Known, Malformed, Record, Table, TableFile
from gateway.flows.collecting.texts import SEPARATORS, TextTable, find_header, find_separator

__all__ = ["How", "Malformed", "Record", "Table", "TableFile", "open_table"]

BYTES_MAX = 1024**3
#: No list has more lines: a spreadsheet ends at a million, and an address takes some letters. Blank ones are read, too.
LINES_MAX = 20_000_000
_CHUNK = 1 << 20
AS_FOUND = How()
#: Beginnings of workbooks; which one exactly, the reader of workbooks tells.
_WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"\x09\x08\x10\x00", b"\x09\x08\x08\x00", b"\x09\x04\x06\x00")
_IMAGE = "c’est une image : un tableau photographié ne se lit pas, il faut le fichier d’origine"
_PACKED = "c’est un fichier compressé : ouvrez-le et importez le tableau qu’il contient"
_PROGRAM = "c’est un programme, pas un tableau : ne l’ouvrez pas"
_PAGE = "c’est une page web (HTML) : ouvrez-la dans un tableur et enregistrez la feuille en xlsx ou en « CSV UTF-8 »"
#: Beginnings of files that are no table, with what to do about them.
_OTHERS = (
    (b"%PDF", "c’est un PDF : demandez le tableau d’origine (xlsx, ods ou csv)"),
    (b"\x89PNG", _IMAGE),
    (b"\xff\xd8\xff", _IMAGE),
    (b"GIF8", _IMAGE),
    (b"II*\x00", _IMAGE),
    (b"MM\x00*", _IMAGE),
    (b"RIFF", _IMAGE),
    (b"\x00\x00\x01\x00", _IMAGE),
    (b"\x1f\x8b", _PACKED),
    (b"BZh", _PACKED),
    (b"\xfd7zXZ", _PACKED),
    (b"7z\xbc\xaf", _PACKED),
    (b"Rar!", _PACKED),
    (b"\x28\xb5\x2f\xfd", _PACKED),
    (b"\x7fELF", _PROGRAM),
    (b"MZ", _PROGRAM),
    (b"#!", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"SQLite format 3", "c’est une base de données : exportez la table en CSV"),
    (b"{\\rtf", "c’est un document RTF : copiez le tableau dans un classeur"),
)
_LDIF = "c’est un carnet d’adresses LDIF : dans Thunderbird, Outils, Exporter, choisissez « séparé par des virgules » (CSV)"
_LETTER = "c’est un courrier électronique enregistré : ouvrez-le, et enregistrez la liste qui y est jointe"
#: Beginnings of texts that are no table, in lower case.
_OTHER_TEXTS = (
    *((field, _LETTER) for field in ("return-path: ", "delivered-to: ", "received: from ", "mime-version: ", "from - ")),
    ("<!doctype html", _PAGE),
    *((f"<{tag}", _PAGE) for tag in ("html", "head", "meta", "style", "body", "div", "center", "table", "thead", "tr")),
    ("<?xml", "c’est un fichier XML : ouvrez-le dans un tableur et enregistrez la feuille en xlsx ou en « CSV UTF-8 »"),
    ("begin:vcard", "c’est un carnet d’adresses vCard : exportez-le en CSV"),
    ("begin:vcalendar", "c’est un agenda : exportez les personnes en CSV"),
    ("dn: ", _LDIF),
    ("version: 1\n", _LDIF),
    ("version: 1\r\n", _LDIF),
)
#: How a JSON begins, written in one line or many.
_JSON = re.compile(r'\{\s*"|\[\s*[{\["]')
_SEPARATOR_NAMES = {
    "point-virgule": ";",
    "semicolon": ";",
    "virgule": ",",
    "comma": ",",
    "tabulation": "\t",
    "tab": "\t",
    "\\t": "\t",
    "barre": "|",
    "pipe": "|",
}


@contextmanager
def open_table(
    path: Path, how: How = AS_FOUND, known: Known = lambda heading: False, protects: Known = lambda cell: False
) -> Iterator[Table]:
    """Read a file once, in constant memory, and open it for its records.

    known: whether a heading means something to us; it helps to tell separator and header. protects: whether a heading, or a cell,
    tells of a column that may say no, to be read though a workbook hides it. Raises InvalidInput with what the file is and what
    to do about it.
    """
    try:
        with _regular(path).open("rb") as opened:
            beginning = opened.read(8192)
        size = path.stat().st_size
        if not beginning:
            raise InvalidInput(f"{path.name} : le fichier est vide")
        if beginning.startswith(_WORKBOOKS):
            digest = fingerprint(path)
            found = TableFile(path=path, sha256=digest, size=size, kind="")
            with opened_sheet(found, how, known, protects) as sheet:
                yield sheet
            return
        file = _examine_text(path, size, how, beginning)
        with _open_text(file) as text:
            file = _with_header(file, text, how, known)
        with _open_text(file) as text:
            yield TextTable(file, text, known)
    except OSError as fault:
        raise InvalidInput(f"{path} : illisible ({system_says(fault)})") from fault


#: How spreadsheets call the small file that says that somebody has a workbook open.
_OPEN_ELSEWHERE = ("~$", ".~lock.")


def _regular(path: Path) -> Path:
    """The path of an ordinary file: a pipe would never end, a device has no size."""
    if path.name.startswith(_OPEN_ELSEWHERE):
        raise InvalidInput(
            f"{path.name} : ce n’est pas la liste, mais la marque qu’un tableur pose à côté d’elle tant qu’elle y est ouverte ; "
            "donnez le nom de la liste"
        )
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise InvalidInput(f"{path} : c’est un dossier ; indiquez le fichier qu’il contient")
    if not stat.S_ISREG(mode):
        raise InvalidInput(f"{path} : ce n’est pas un fichier ordinaire ; enregistrez d’abord la liste sur le disque")
    return path


def fingerprint(path: Path) -> str:
    """SHA-256 of a whole file, in constant memory."""
    with path.open("rb") as file:
        digest = sha256()
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def fingerprint_of_scan(scan: Path | None) -> str | None:
    """The same of the scan of a paper. Raises InvalidInput for an empty file: it proves nothing."""
    if scan is not None and not scan.stat().st_size:
        raise InvalidInput(f"--scan : « {scan} » est vide : il ne prouve rien ; numérisez le papier de nouveau")
    return fingerprint(scan) if scan else None


def _examine_text(path: Path, size: int, how: How, beginning: bytes) -> TableFile:
    for magic, what in _OTHERS:
        if beginning.startswith(magic):
            raise InvalidInput(f"{path.name} : {what}")
    wide = marked(beginning) or ""
    bare = beginning.decode(wide, "replace").encode("ascii", "ignore") if wide.startswith("utf-16") else beginning
    seen = bare.lstrip(b"\xef\xbb\xbf \t\r\n").lower().decode("ascii", "replace")
    for start, what in _OTHER_TEXTS:
        if seen.startswith(start):
            raise InvalidInput(f"{path.name} : {what}")
    if _JSON.match(seen):
        raise InvalidInput(f"{path.name} : c’est du JSON : exportez la liste en CSV")
    if size > BYTES_MAX:
        raise InvalidInput(
            f"{path.name} : {size // 1024**2} Mo, plus que les {BYTES_MAX // 1024**2} admis ; partagez le fichier en plusieurs"
        )
    encoding = how.encoding or marked(beginning)
    if encoding is None and (is_binary(beginning) or not beginning.strip(b"\x00")):
        raise InvalidInput(
            f"{path.name} : ce n’est ni du texte ni un classeur ; ouvrez-le dans son logiciel et exportez-le en CSV ou en xlsx"
        )
    by_mark = how.encoding is None and encoding == "utf-8-sig"
    digest, heard, endless, lines = sha256(), Encodings(path.name, encoding, by_mark), 0, 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            heard.hear(chunk)
            endless = 0 if b"\n" in chunk or b"\r" in chunk else endless + len(chunk)
            if endless > _CHUNK:
                raise InvalidInput(f"{path.name} : une ligne sans fin ; ce n’est pas un tableau de contacts")
            lines += max(chunk.count(b"\n"), chunk.count(b"\r"))
            if lines > LINES_MAX:
                raise InvalidInput(
                    f"{path.name} : plus de {LINES_MAX // 10**6} millions de lignes, vides peut-être ; ôtez celles-ci, "
                    "ou partagez le fichier en plusieurs"
                )
    heard.hear(b"", final=True)
    noted = {"twice": heard.twice, "mixed": heard.mixed, "doubtful_letters": heard.doubtful}
    return TableFile(
        path=path,
        sha256=digest.hexdigest(),
        size=size,
        kind="csv",
        encoding=heard.found(),
        noted=Counter({name: count for name, count in noted.items() if count}),
        mixed_line=heard.stray_line,
    )


def _with_header(file: TableFile, text: TextIO, how: How, known: Known) -> TableFile:
    separator = _named_separator(how.separator) if how.separator else find_separator(text, known)
    if separator is None:
        raise InvalidInput(f"{file.name} : le fichier ne contient aucune ligne")
    text.seek(0)
    if how.header_line is None:
        found = find_header(text, separator, known)
        file = replace(file, separator=separator, header_line=found.line, above=found.above)
        return replace(file, header_rows=found.rows, headings=found.headings, titles=found.titles)
    return replace(file, separator=separator, header_line=how.header_line)


def _named_separator(given: str) -> str:
    separator = _SEPARATOR_NAMES.get(given.strip().casefold(), given)
    if separator not in SEPARATORS:
        raise InvalidInput(f"séparateur inconnu : {given} ; on attend point-virgule, virgule, tabulation ou barre")
    return separator


def _open_text(file: TableFile) -> TextIO:
    """The text of a file, line ends untouched."""
    return file.path.open(encoding=file.encoding, errors=MIXED if file.noted.get("mixed") else "strict", newline="")

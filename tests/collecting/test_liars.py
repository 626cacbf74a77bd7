"""Files that are not what they say: refused in a sentence, by a process that cannot take the machine with it."""

from __future__ import annotations

import os
import resource
import zipfile
from contextlib import nullcontext, suppress

import pytest

from gateway.domain.errors import InvalidInput
from gateway.flows import suppressing
from gateway.flows.collecting import loading, refusals
from gateway.flows.collecting.reading import open_table
from gateway.flows.workbooks import limits
from tests.collecting.support import brought, people, planned
from tests.collecting.test_workbooks import EMPTY
from tests.collecting.workbooks import ods_cell, ods_parts, read_apart, sheet_xml, text_cell, xlsx, xlsx_parts, zipped
from tests.patience import not_for_ever

MEBIBYTE = 1024**2


def refused(path) -> str:
    """The sentence under which a file is refused."""
    with pytest.raises(InvalidInput) as caught, open_table(path) as table:
        for _ in table:
            pass
    return str(caught.value)


def bomb(path, parts, name, beginning, filler, times):
    """A workbook one part of which unpacks to `times` times `filler`, written piece by piece."""
    zipped(path, parts)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package, package.open(name, "w", force_zip64=True) as part:
        part.write(beginning)
        for _ in range(times):
            part.write(filler)
    return path


def died_within_limits(path) -> None:
    """The process that read it refused it itself, or was stopped by a limit; it never held more than it may."""
    code, told = read_apart(path)
    assert code != 0
    if told:
        assert told["refused"] and told["peak_kibibytes"] * 1024 <= limits.MEMORY_BYTES_MAX


def test_the_process_narrows_itself_before_it_opens_anything():
    pid = os.fork()
    if pid == 0:
        limits.narrow()
        bounds = [resource.getrlimit(what)[0] for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)]
        os._exit(0 if bounds == [limits.MEMORY_BYTES_MAX, limits.CPU_SECONDS_MAX, 0] else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert limits.MEMORY_BYTES_MAX < 500 * MEBIBYTE and limits.WALL_SECONDS_MAX < 60


def test_a_sheet_that_unpacks_to_half_a_gigabyte_is_refused(tmp_path):
    path = bomb(tmp_path / "a.xlsx", xlsx_parts(sheet_xml("")), "xl/worksheets/sheet2.xml", b"<worksheet>", b" " * MEBIBYTE, 310)
    assert path.stat().st_size < MEBIBYTE and "se déplie à plus de 300 Mo" in refused(path)
    died_within_limits(path)


def test_shared_strings_of_many_megabytes_are_refused(tmp_path):
    parts = xlsx_parts(sheet_xml(f"<row r='1'>{text_cell('A1', 'email')}</row>"))
    path = bomb(tmp_path / "a.xlsx", parts, "xl/sharedStrings.xml", b"<sst>", b"<si><t>" + b"a" * MEBIBYTE + b"</t></si>", 310)
    assert "se déplie à plus de 300 Mo" in refused(path)


def test_strings_that_fit_the_unpacked_limit_but_not_the_memory_end_their_process_alone(tmp_path):
    parts = xlsx_parts(sheet_xml(f"<row r='1'>{text_cell('A1', 'email')}</row>"))
    path = bomb(tmp_path / "a.xlsx", parts, "xl/sharedStrings.xml", b"<sst>", b"<si><t>a</t></si>" * 60_000, 280)
    died_within_limits(path)
    assert "mémoire" in refused(path) or "trop long" in refused(path)


def test_a_zip_of_zips_is_an_archive(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"liste.csv": "email\n"}).read_bytes()
    says = refused(zipped(tmp_path / "a.xlsx", {"a.zip": inner, "b.zip": inner}))
    assert "archive zip" in says and "aucun de ses fichiers n’est un tableau" in says


def test_an_archive_tells_which_of_its_tables_are_brought_in_and_which_first(tmp_path):
    parts: dict[str, str | bytes] = {
        "export/inscrits_77.csv": "a",
        "export/unsubscribed_77.csv": "a",
        "__MACOSX/export/._inscrits_77.csv": "",
        "lisez.md": "",
    }
    says = refused(zipped(tmp_path / "export.zip", parts))
    assert "un à un les tableaux qu’elle contient (« inscrits_77.csv », « unsubscribed_77.csv »)" in says
    assert "liste d’opposition (gateway suppressions import), celui des désinscrits" in says
    alone = refused(zipped(tmp_path / "b.zip", {"liste.CSV": "a"}))
    assert alone.endswith("importez le tableau qu’elle contient, « liste.CSV »")
    many = refused(zipped(tmp_path / "c.zip", {f"{number}\x1b{'é' * 500}.csv": "" for number in range(900)}))
    assert len(many) < 1_000 and "\x1b" not in many


def test_a_value_in_the_last_cell_of_the_sheet_is_named(tmp_path):
    rows = f"<row r='1'>{text_cell('A1', 'email')}</row><row r='1048576'>{text_cell('XFD1048576', 'x')}</row>"
    said = refused(zipped(tmp_path / "a.xlsx", xlsx_parts(sheet_xml(rows))))
    assert "XFD1048576" in said and "valeur égarée" in said


def test_rows_without_end_are_refused_as_soon_as_they_are_counted(tmp_path):
    rows = "<row/>" * (limits.ROWS_MAX + 1)
    assert "1048576 lignes" in refused(zipped(tmp_path / "a.xlsx", xlsx_parts(sheet_xml(rows))))
    rows = "<table:table-row/>" * (limits.ROWS_MAX + 1)
    assert "1048576 lignes" in refused(zipped(tmp_path / "a.ods", ods_parts(rows)))


def test_merged_cells_that_cover_the_sheet_again_and_again_are_refused(tmp_path):
    spans = '<mergeCell ref="A1:A1000000"/>' * 30
    sheet = sheet_xml(f"<row r='1'>{text_cell('A1', 'email')}</row>").replace(
        "</sheetData>", f"</sheetData><mergeCells>{spans}</mergeCells>"
    )
    assert "fusionne plus de cellules" in refused(zipped(tmp_path / "a.xlsx", xlsx_parts(sheet)))


def test_a_declared_dimension_of_billions_of_cells_is_only_words(tmp_path):
    rows = f"<row r='1'>{text_cell('A1', 'email')}</row><row r='2'>{text_cell('A2', 'a@exemple.fr')}</row>"
    sheet = sheet_xml(rows).replace("<sheetData>", "<dimension ref='A1:XFD1048576'/><sheetData>")
    with open_table(zipped(tmp_path / "a.xlsx", xlsx_parts(sheet))) as table:
        assert [record.cells for record in table] == [["email"], ["a@exemple.fr"]]


def test_a_table_of_libreoffice_that_repeats_a_value_a_billion_times_is_refused(tmp_path):
    cell = ods_cell("a", number_columns_repeated="16384")
    table = f"<table:table-row table:number-rows-repeated='1000000000'>{cell}</table:table-row>"
    path = zipped(tmp_path / "a.ods", ods_parts(table))
    assert "s’étend jusqu’à la cellule XFD1000000000" in refused(path)
    died_within_limits(path)


def test_empty_rows_repeated_without_end_cost_nothing(tmp_path):
    rows = "".join(f"<table:table-row>{ods_cell(text)}</table:table-row>" for text in ("email", "a@exemple.fr"))
    code, told = read_apart(zipped(tmp_path / "a.ods", ods_parts(rows + EMPTY.format(1_000_000_000, 100_000))))
    assert (code, told.get("rows")) == (0, 2)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_entities_that_multiply_are_refused_before_they_do(tmp_path, part):
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    trap = f'<!DOCTYPE x [<!ENTITY l0 "ha">{levels}]>'
    parts = xlsx_parts(sheet_xml(f"<row r='1'>{text_cell('A1', '&l9;')}</row>", before=trap))
    if part == "xl/workbook.xml":
        parts[part] = trap + str(parts[part])
        parts["xl/worksheets/sheet1.xml"] = sheet_xml("")
    assert "bombe" in refused(zipped(tmp_path / "a.xlsx", parts))


def test_an_encrypted_workbook_asks_for_its_password_to_be_taken_off(tmp_path):
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500
    path = tmp_path / "a.xlsx"
    path.write_bytes(ole)
    assert "mot de passe" in refused(path)
    manifest = ods_parts("") | {"META-INF/manifest.xml": "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"}
    assert "mot de passe" in refused(zipped(tmp_path / "a.ods", manifest))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_said_incomplete(tmp_path, share):
    path = tmp_path / "a.xlsx"
    xlsx(path, [["email"], *([f"p{n}@exemple.fr"] for n in range(500))])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "abîmé ou incomplet" in refused(path)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"word/document.xml": "<w/>"}, "document Word"),
        ({"ppt/presentation.xml": "<p/>"}, "PowerPoint : copiez le tableau dans un classeur"),
        ({"Index/Document.iwa": "x"}, "Numbers"),
        ({"content.xml": "<o/>", "mimetype": "application/vnd.oasis.opendocument.text"}, "pas un classeur"),
        ({"META-INF/MANIFEST.MF": "x"}, "programme"),
        ({f"part{n}.xml": "" for n in range(limits.MEMBERS_MAX + 1)}, "5001 fichiers"),
    ],
)
def test_other_zips_are_called_by_their_name(tmp_path, parts, sentence):
    assert sentence in refused(zipped(tmp_path / "a.xlsx", parts))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<!DOCTYPE html><html><table><tr><td>email", "page web"),
        (b'\n<meta http-equiv="Content-Type" content="text/html"><table><tr><td>email', "page web"),
        (b"\n\n  <html xmlns:x='urn:schemas-microsoft-com:office:excel'>", "page web"),
        (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?>", "XML"),
        (b"BEGIN:VCARD\nFN:Marie\nEMAIL:a@exemple.fr\nEND:VCARD\n", "vCard"),
        (b'[{"email": "a@exemple.fr"}]', "JSON"),
        (b'{\n  "contacts": [\n    {"email": "a@exemple.fr"}\n  ]\n}\n', "JSON"),
        (b'[\r\n  {"email": "a@exemple.fr"}\r\n]\r\n', "JSON"),
        (b"dn: cn=Ana Lima,mail=ana@exemple.fr\nobjectclass: top\nmail: ana@exemple.fr\n", "LDIF"),
        (b"version: 1\n\ndn: cn=Ana Lima,mail=ana@exemple.fr\n", "LDIF"),
        (b"Return-Path: <a@exemple.fr>\nDelivered-To: b@exemple.fr\nSubject: la liste\n\nBonjour\n", "la liste qui y est jointe"),
        (b"MZ\x90\x00\x03" + b"\x00" * 100, "programme"),
        (b"\x7fELF\x02\x01", "programme"),
        (b"Rar!\x1a\x07", "compressé"),
        (b"SQLite format 3\x00", "base de données"),
        (b"\x00" * 4096, "ni du texte ni un classeur"),
        (bytes(range(256)) * 40, "ni du texte ni un classeur"),
        (b"email;" + b"x;" * 1_000_000 + b"\n", "plus de 65536 caractères"),
        (b"email\n" + b"a" * MEBIBYTE, "plus de 65536 caractères"),
        (b"email\n" + b"a" * (4 * MEBIBYTE), "une ligne sans fin"),
        (b"email;" + b"x;" * 2_000 + b"\n", "2001 colonnes"),
        (b"email\n" + b"\n" * 21_000_000 + b"anne@exemple.fr\n", "plus de 20 millions de lignes"),
    ],
)
@pytest.mark.parametrize("name", ["liste.csv", "liste.xlsx"])
def test_what_is_no_table_is_told_by_its_bytes_not_by_its_name(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    assert sentence in refused(path)


def test_folders_pipes_and_devices_are_not_opened(tmp_path):
    assert "c’est un dossier" in refused(tmp_path)
    pipe = tmp_path / "liste.csv"
    os.mkfifo(pipe)
    assert "pas un fichier ordinaire" in refused(pipe)
    assert "pas un fichier ordinaire" in refused(type(tmp_path)("/dev/zero"))


NOTHING = "".join(f"mot {line}\n" for line in range(300))


@pytest.mark.parametrize(
    ("first", "refused"), [("", True), ("anne@exemple.fr\n", True), ("".join(f"p{n}@exemple.fr\n" for n in range(60)), False)]
)
@pytest.mark.parametrize("contacts", [True, False], ids=["contacts", "objections"])
def test_a_text_with_hardly_an_address_among_its_lines_is_no_list(gw, tmp_path, monkeypatch, first, refused, contacts):
    """Sixty million lines of nothing were read to the last one, and kept to be corrected."""
    monkeypatch.setattr(refusals, "_UNREAD_MOST", 100)
    monkeypatch.setattr(loading, "_ROWS_AT_ONCE", 20)
    monkeypatch.setattr(suppressing, "_ROWS_AT_ONCE", 20)
    text = f"courriel\n{first}{NOTHING}"
    with pytest.raises(InvalidInput, match="presque aucune ligne") if refused else nullcontext():
        if contacts:
            planned(gw, tmp_path, text)
        else:
            suppressing.import_list(gw, brought(tmp_path, text), by="claire")
    if refused:
        assert people(gw) == {} and suppressing.list_counts(gw) == []


@pytest.mark.parametrize(("heading", "unit"), [("courriel", "-"), ("consentement", "("), ("remarques", ", "), ("divers", "( ")])
def test_what_a_stranger_typed_into_a_form_by_the_thousand_signs_does_not_keep_its_file_from_coming_in(
    gw, tmp_path, heading, unit
):
    """Twenty lines of a public form, each with a box full of brackets, commas or dashes: a second, not minutes."""
    box = (unit * 9_000)[:9_000]
    beside = [f"{box}{number}" for number in range(20)]
    lines = beside if heading == "courriel" else [f"p{number}@exemple.fr;{said}" for number, said in enumerate(beside)]
    head = heading if heading == "courriel" else f"courriel;{heading}"
    with not_for_ever(), suppress(InvalidInput):
        planned(gw, tmp_path, "\n".join([head, *lines]))

"""Files as they come: encodings, separators, quotation marks, and what is no table at all."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.file_words import remarks
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import plan_import
from gateway.flows.collecting.headings import Field, meaning
from gateway.flows.collecting.reading import How, Malformed, open_table
from gateway.flows.collecting.texts import LINE_CHARACTERS_MAX
from tests.collecting.support import asked, brought, planned

HEADER = ["courriel", "prénom", "nom"]
#: In cp1252, none of these can pass for the beginning or the rest of a UTF-8 character.
LETTERS = st.text(alphabet="abcXYZ 019@.+-='éèêàçôîùï;,|\t\"", max_size=12)
ROWS = st.lists(st.lists(LETTERS, min_size=3, max_size=3), min_size=1, max_size=8)


def read(path: Path) -> tuple[str, str, list[tuple[int, list[str], Malformed | None]]]:
    """(encoding, separator, records after the header)."""
    with open_table(path, known=known) as table:
        records = [(one.line, one.cells, one.malformed) for one in table]
    return table.file.encoding or "", table.file.separator or "", records[1:]


def known(heading: str) -> bool:
    return meaning(heading) is not None


@pytest.mark.parametrize("first", ["0033639981234;STOP;Stop merci", "zoe@exemple.fr;désinscrit;newsletter"])
def test_whoever_stands_first_below_headings_nobody_knows_is_not_taken_for_them(tmp_path, first):
    """« STOP » heads a column, and is what people answer: the first to object was lost."""
    second = first.replace("0033639981234", "0033639985678").replace("zoe", "lea")
    with open_table(brought(tmp_path, f"Expéditeur;Reçu;Texte entier\n{first}\n{second}\n"), known=known) as table:
        _, *people = table
    assert table.file.header_line == 1 and len(people) == 2


@given(
    rows=ROWS,
    separator=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_spreadsheet_writes_is_what_is_read(rows, separator, encoding, quoting, line_end):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=line_end).writerows([HEADER, *rows])
    with tempfile.TemporaryDirectory() as folder:
        found, seen, records = read(brought(Path(folder), text.getvalue(), encoding=encoding))
    assert seen == separator
    ascii_only = "prénom" not in text.getvalue()
    assert found == encoding or ascii_only
    assert [cells for _, cells, _ in records] == [row for row in rows if any(cell.strip() for cell in row)]
    assert all(malformed is None for _, _, malformed in records)


def test_a_letter_that_only_latin_9_has_is_not_read_as_a_fraction(tmp_path):
    path = brought(tmp_path, "courriel;nom\na@exemple.fr;Cœurdevey\nb@exemple.fr;Lebœuf\n", encoding="iso8859-15")
    found, _, records = read(path)
    assert found == "iso8859-15" and [cells[1] for _, cells, _ in records] == ["Cœurdevey", "Lebœuf"]


def test_two_files_put_together_are_read_each_in_its_own_encoding_and_it_is_said(tmp_path):
    path = brought(tmp_path, "courriel;prénom;nom\na@exemple.fr;Zoé;Rüster\nb@exemple.fr;Hélène;Riou\n")
    path.write_bytes(path.read_bytes() + "c@exemple.fr;Gaël;Corre\n".encode("cp1252"))
    with open_table(path, known=known) as table:
        names = [record.cells[1] for record in table]
    assert names == ["prénom", "Zoé", "Hélène", "Gaël"]
    assert (table.file.encoding, table.file.noted["mixed"]) == ("utf-8", 1)


def test_a_file_marked_as_utf_8_with_a_few_letters_of_windows_is_read_and_the_first_line_of_them_is_named(tmp_path):
    path = brought(tmp_path, "courriel;prénom;nom\na@exemple.fr;Zoé;Riou\n", encoding="utf-8-sig")
    path.write_bytes(path.read_bytes() + "c@exemple.fr;Gaël;Corre\nd@exemple.fr;Maël;Guen\n".encode("cp1252"))
    with open_table(path, known=known) as table:
        names = [record.cells[1] for record in table]
    assert names == ["prénom", "Zoé", "Gaël", "Maël"]
    assert (table.file.encoding, table.file.noted["mixed"], table.file.mixed_line) == ("utf-8-sig", 2, 3)
    assert any(
        "lues comme Windows les écrit : vérifiez les accents (la première ligne 3)" in said for said in remarks(table.file)
    )


def test_bytes_that_are_not_of_the_encoding_somebody_imposed_are_named_by_their_line(tmp_path):
    path = brought(tmp_path, "courriel;nom\na@exemple.fr;Riou\nb@exemple.fr;Hélou\n", encoding="cp1252")
    refused = pytest.raises(InvalidInput, match=r"liste\.csv, ligne 3 : le texte n’est pas lisible en utf-8 ; enregistrez")
    with refused, open_table(path, How(encoding="utf-8"), known):
        pass


def test_cells_in_quotation_marks_after_a_blank_are_read_without_them(tmp_path):
    lines = ["courriel, prénom, nom"] + [f'"{name}@exemple.fr", "Zoé, {name}", "Riou"' for name in "abc"]
    _, separator, records = read(brought(tmp_path, "\n".join(lines) + "\n"))
    assert separator == "," and records[0][1] == ["a@exemple.fr", "Zoé, a", "Riou"]


@pytest.mark.parametrize("text", ["a@exemple.fr\nb@exemple.fr\n", "Riou;a@exemple.fr;29200\nLe Goff;b@exemple.fr;29200\n"])
def test_a_table_that_begins_with_somebody_has_no_header_and_loses_nobody(tmp_path, text):
    with open_table(brought(tmp_path, text), known=known) as table:
        header, *people = table
    assert table.file.header_line == 0 and header.cells[0] == "colonne A" and len(people) == 2


@given(text=st.text(max_size=400))
def test_no_text_whatever_makes_reading_fail_otherwise_than_by_a_sentence(text):
    with tempfile.TemporaryDirectory() as folder:
        try:
            _, _, records = read(brought(Path(folder), "email;nom\n" + text))
        except InvalidInput as fault:
            assert str(fault)
            return
    lines = [line for line, _, _ in records]
    assert lines == sorted(set(lines)) and all(line > 1 for line in lines)


def test_lines_are_numbered_as_an_editor_numbers_them(tmp_path):
    text = 'courriel;nom\n\n"a@exemple.fr";"Le\nGoff"\nb@exemple.fr;Kerbrat\n'
    assert [line for line, _, _ in read(brought(tmp_path, text))[2]] == [3, 5]


def test_a_second_byte_order_mark_hides_no_quotation_mark(tmp_path):
    path = brought(tmp_path, '\ufeff\ufeff"Nom; prénom";Courriel\n"Riou; Zoé";zoe@exemple.fr\n', name="deux.csv")
    with open_table(path, known=known) as table:
        assert [row.cells for row in table] == [["Nom; prénom", "Courriel"], ["Riou; Zoé", "zoe@exemple.fr"]]


def test_a_quotation_mark_left_open_costs_its_own_line_only(tmp_path):
    text = 'courriel;prénom;nom\n"a@exemple.fr;Anaëlle;Le Goff\nb@exemple.fr;Yann;"Kerbrat"\nc@exemple.fr;Zoé;Riou\n'
    records = read(brought(tmp_path, text))[2]
    assert [(line, cells[0], fault) for line, cells, fault in records] == [
        (2, '"a@exemple.fr', Malformed.QUOTE),
        (3, "b@exemple.fr", None),
        (4, "c@exemple.fr", None),
    ]


def test_a_quotation_mark_left_open_on_the_last_line_loses_nothing_before_it(tmp_path):
    text = 'courriel;nom\na@exemple.fr;Le Goff\n"b@exemple.fr;Kerbrat\n'
    assert [(line, fault) for line, _, fault in read(brought(tmp_path, text))[2]] == [(2, None), (3, Malformed.QUOTE)]


def test_a_quotation_mark_left_open_at_the_top_of_a_long_file_does_not_swallow_it(tmp_path):
    body = "".join(f"p{n}@exemple.fr;Nom\n" for n in range(500))
    records = read(brought(tmp_path, f'courriel;nom\n"x@exemple.fr;Nom\n{body}'))[2]
    assert len(records) == 501 and [fault for _, _, fault in records].count(Malformed.QUOTE) == 1


def test_a_comment_of_several_lines_in_a_cell_is_read_whole(tmp_path):
    text = 'courriel,nom,remarque\na@exemple.fr,Riou,"Bonjour,\nje viens"\n'
    assert read(brought(tmp_path, text))[2] == [(2, ["a@exemple.fr", "Riou", "Bonjour,\nje viens"], None)]


def test_rows_with_a_missing_or_an_extra_cell_are_named(tmp_path):
    text = "courriel;prénom;nom\na@exemple.fr;Anaëlle\nb@exemple.fr;Yann;Riou;29200\nc@exemple.fr;Zoé;Riou;;\n"
    assert [fault for _, _, fault in read(brought(tmp_path, text))[2]] == [Malformed.WIDTH, Malformed.WIDTH, None]


def test_a_column_without_a_heading_is_read_where_the_header_leaves_room_for_it(tmp_path):
    text = "courriel;nom;\na@exemple.fr;Riou;\nb@exemple.fr;Yann;voisin\nc@exemple.fr;Zoé;;x\n"
    path = brought(tmp_path, text)
    assert [(cells, fault) for _, cells, fault in read(path)[2]] == [
        (["a@exemple.fr", "Riou", ""], None),
        (["b@exemple.fr", "Yann", "voisin"], None),
        (["c@exemple.fr", "Zoé", "", "x"], Malformed.WIDTH),
    ]
    path = brought(tmp_path, "courriel;nom" + ";" * 300 + "\na@exemple.fr;Riou" + ";" * 300 + "\n")
    assert [(cells, fault) for _, cells, fault in read(path)[2]] == [(["a@exemple.fr", "Riou"], None)]


def test_a_nul_in_a_row_is_named(tmp_path):
    assert read(brought(tmp_path, "courriel;nom\na@exemple.fr;R\x00iou\n"))[2][0][2] is Malformed.NUL


def test_the_separator_that_excel_writes_on_top_is_believed(tmp_path):
    _, separator, records = read(brought(tmp_path, "sep=|\ncourriel|nom\na@exemple.fr|Riou\n"))
    assert separator == "|" and records == [(3, ["a@exemple.fr", "Riou"], None)]


def test_a_single_column_is_a_table_too(tmp_path):
    assert read(brought(tmp_path, "courriel\na@exemple.fr\n"))[2] == [(2, ["a@exemple.fr"], None)]


def test_utf8_that_breaks_far_in_the_file_is_read_as_cp1252_whole(tmp_path):
    path = tmp_path / "liste.csv"
    path.write_bytes(b"courriel;nom\n" + b"a@exemple.fr;Riou\n" * 100_000 + "b@exemple.fr;Kéréon\n".encode("cp1252"))
    encoding, _, records = read(path)
    assert encoding == "cp1252" and records[-1][1] == ["b@exemple.fr", "Kéréon"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "vide"),
        (b"\n\n \n", "aucune ligne"),
        (b"PK\x03\x04rest of a workbook", "abîmé ou incomplet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old workbook", "abîmé ou incomplet"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "image"),
        (b"\x1f\x8b\x08", "compressé"),
        (b"courriel;nom\n\x00\x00\x00;\x01", "ni du texte ni un classeur"),
        (b"courriel" + b";x" * 300 + b"\n", "300 colonnes"),
        (b"courriel;nom\n" + b"a" * (LINE_CHARACTERS_MAX + 1), "ligne 2"),
        (b'"courriel;nom\n' + b"a@exemple.fr;Riou\n" * 200, "en-tête"),
    ],
)
def test_what_is_no_table_of_people_is_refused_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "liste.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=sentence.replace("300", "301")):
        read(path)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(InvalidInput, match="illisible"), open_table(tmp_path / "absent.csv"):
        pass


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
def test_accents_are_read_by_what_stands_around_them(tmp_path, encoding):
    names = ["Kéréon", "Hélène", "Jérôme", "Noël", "Françoise", "BÉGOT", "CÉLESTE", "ANAÏS", "Éloïse"]
    rows = "".join(f"p{rank}@exemple.fr;{name}\n" for rank, name in enumerate(names))
    found, _, records = read(brought(tmp_path, "courriel;prénom\n" + rows, encoding=encoding))
    assert (found, [record[1][1] for record in records]) == (encoding, names)


@pytest.mark.parametrize("names", [["BÉGOT", "CÉLESTE", "HÉLÈNE"], ["LOÏC", "BÉGOT", "FRANÇOISE"], ["CÉLIÈRE", "ÉLODIE", "MAËL"]])
def test_capitals_with_accents_as_windows_writes_them_are_no_signs_of_an_old_mac(tmp_path, names):
    rows = "".join(f"p{rank}@exemple.fr;{name}\n" for rank, name in enumerate(names))
    found, _, records = read(brought(tmp_path, "courriel;nom\n" + rows, encoding="cp1252"))
    assert (found, [record[1][1] for record in records]) == ("cp1252", names)


def test_letters_that_two_encodings_read_as_well_are_said_to_be_doubtful(tmp_path):
    with open_table(brought(tmp_path, "courriel;nom\na@exemple.fr;ANAÏS\n", encoding="cp1252")) as table:
        assert (table.file.encoding, table.file.noted) == ("cp1252", {"doubtful_letters": 1})
    with open_table(brought(tmp_path, "courriel;nom\na@exemple.fr;BÉGOT\nb@exemple.fr;Zoé", encoding="cp1252")) as table:
        assert (table.file.encoding, table.file.noted) == ("cp1252", {})


def test_an_encoding_may_be_imposed(tmp_path):
    path = brought(tmp_path, "courriel;prénom\na@exemple.fr;Zoé\n", encoding="cp437")
    with open_table(path, How(encoding="cp437")) as table:
        assert [one.cells for one in table][1] == ["a@exemple.fr", "Zoé"]
    with pytest.raises(InvalidInput, match="encodage inconnu"), open_table(path, How(encoding="ebcdic-du-dimanche")):
        pass


def test_why_a_line_was_refused_is_nobodys_objection(gw, tmp_path):
    out = tmp_path / "refus.csv"
    plan_import(gw, asked(brought(tmp_path, "courriel;désinscrit\na@exemple.fr;pourquoi pas\n")), refused=out)
    corrected = brought(tmp_path, out.read_text("utf-8-sig").replace("pourquoi pas", "non"), name="corrige.csv")
    assert plan_import(gw, asked(corrected)).impact.new == 1


def test_no_file_of_refused_lines_is_written_over_another_file(gw, tmp_path):
    """« --refused » names the very file that comes back, or one in which somebody corrects: her work would be gone."""
    out = tmp_path / "refus.csv"
    first = brought(tmp_path, "courriel\nb@exemple.fr\na@exemple\n")
    plan_import(gw, asked(first), refused=out)
    written = out.read_bytes()
    plan_import(gw, asked(first), refused=out)  # the same lines for the same reasons, as after a dry run
    assert out.read_bytes() == written and out.stat().st_mode & 0o077 == 0
    other = brought(tmp_path, "courriel\nc@exemple\n", name="autre.csv")
    assert plan_import(gw, asked(out), refused=out).refused_in == tmp_path / "refus-2.csv"
    assert plan_import(gw, asked(other), refused=out).refused_in == tmp_path / "refus-3.csv"
    assert plan_import(gw, asked(other), refused=out).refused_in == tmp_path / "refus-3.csv", "the same lines again"
    assert "c@exemple" in (tmp_path / "refus-3.csv").read_text("utf-8-sig") and not (tmp_path / "refus-4.csv").exists()
    assert out.read_bytes() == written
    assert plan_import(gw, asked(brought(tmp_path, "courriel\nc@exemple.fr\n", name="bon.csv")), refused=out).refused_in is None
    assert out.read_bytes() == written, "nothing was refused"
    empty = tmp_path / "vide.csv"
    empty.touch()
    plan_import(gw, asked(first), refused=empty)
    assert empty.read_bytes() == written, "an empty file is nobody's work"


def test_an_objection_beside_the_table_is_not_lost_and_what_goes_beyond_it_is_named(gw, tmp_path):
    text = "courriel;nom;;\nzoe@exemple.fr;Riou;;\nlea@exemple.fr;Guen;ne veut plus de mails;\nyann@exemple.fr;Le Bec;;;à voir\n"
    with pytest.raises(InvalidInput, match="colonne C=remarque"):
        planned(gw, tmp_path, text)
    plan = planned(gw, tmp_path, text, mapping={"colonne C": Field.REMARK})
    assert (plan.impact.new, plan.impact.objects) == (1, 1)
    assert [one.says for one in plan.refused_samples if "« à voir » dépasse la dernière colonne" in one.says]

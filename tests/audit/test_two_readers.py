"""An export is one thing for whoever reads it: what two programs would read in two ways is refused, however well it is signed."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

import pytest

from tests.audit.forging import content_of, exported, refusal, verified

FORGED = b'{"at":"2027-03-01T18:30:02Z","kind":"decision","message":1,"v":2,"verdict":"allow"}\n'


@pytest.fixture(scope="module")
def bundle(sqlite_template, tmp_path_factory):
    """(path, public key) of an export of the whole journal."""
    return exported(sqlite_template, tmp_path_factory.mktemp("read"))


def zipped(files, **fields):
    """A zip of these files; fields: of the header of keys.txt, the last one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in sorted(files.items(), key=lambda each: each[0] == "keys.txt"):
            member = zipfile.ZipInfo(name)
            for field, value in fields.items() if name == "keys.txt" else ():
                setattr(member, field, value)
            archive.writestr(member, content)
    return made.getvalue()


def halves(whole):
    """(files, directory, how many) of a zip."""
    many, size, start = struct.unpack("<HII", whole[-12:-2])
    return whole[:start], whole[start : start + size], many


def with_two_directories(files, place):
    """The records at the end lead one program to the true directory, and another to one of a forged export, hidden in the true
    one: as a remark upon its last file, or among what is said besides of it."""
    front, true, many = halves(zipped(files))
    hidden, forged, few = halves(zipped({"entries.ndjson": FORGED}))
    begin = len(front) + len(true) + 4 * (place == "besides")
    forged = forged[:42] + struct.pack("<I", begin) + forged[46:]
    told = hidden + forged
    last = true.rindex(b"PK\1\2")
    field = {"remark": 32, "besides": 30}[place]
    told = told if place == "remark" else struct.pack("<HH", 0xCAFE, len(told)) + told
    true = true[: last + field] + struct.pack("<H", len(told)) + true[last + field + 2 :] + told
    end = len(front) + len(true)
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, many, many, len(true), len(front))
    where = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    short = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, few, few, len(forged), begin + len(hidden), 0)
    return front + true + wide + where + short


def also_called(name, other):
    """What some programs take for the name of a file, beside the one that others go by."""
    return struct.pack("<HHBI", 0x7075, 5 + len(other), 1, zlib.crc32(name.encode())) + other.encode()


class TestZip:
    """Whoever unpacks the export with another program finds the files that were verified."""

    @pytest.mark.parametrize("place", ["remark", "besides"])
    def test_a_second_directory_that_leads_other_programs_to_a_forged_export_is_refused(self, bundle, tmp_path, place):
        made = tmp_path / "two.zip"
        made.write_bytes(with_two_directories(content_of(bundle[0]), place))
        assert "aucun export" in refusal(made, bundle[1])

    @pytest.mark.parametrize(
        "fields",
        [
            {"extra": also_called("keys.txt", "README.fr.md")},
            {"comment": b"see elsewhere"},
            {"create_system": 3, "external_attr": (stat.S_IFLNK | 0o777) << 16},
            {"create_system": 3, "external_attr": (stat.S_IFDIR | 0o755) << 16},
        ],
        ids=["another name", "a remark", "a link", "a folder"],
    )
    def test_a_file_that_another_program_would_unpack_otherwise_is_refused_and_named(self, bundle, tmp_path, fields):
        made = tmp_path / "odd.zip"
        made.write_bytes(zipped(content_of(bundle[0])))
        assert verified(made, bundle[1]).holds
        made.write_bytes(zipped(content_of(bundle[0]), **fields))
        assert "keys.txt" in refusal(made, bundle[1])

    @pytest.mark.parametrize(("at", "instead"), [(8, b"\x08"), (14, b"\1\2\3\4"), (18, b"\1\0"), (22, b"\1\0"), (7, b"\x20")])
    def test_a_header_in_front_of_a_file_that_says_something_else_than_the_directory_is_refused(
        self, bundle, tmp_path, at, instead
    ):
        """Programs that read from a pipe know nothing else of it."""
        whole, made = zipped(content_of(bundle[0])), tmp_path / "front.zip"
        made.write_bytes(whole[:at] + instead + whole[at + len(instead) :])
        assert "de deux façons" in refusal(made, bundle[1])

    def test_a_name_that_ends_earlier_for_some_programs_is_refused(self, bundle, tmp_path):
        files = content_of(bundle[0])
        whole = zipped({"keys.txt.cut" if name == "keys.txt" else name: content for name, content in files.items()})
        (tmp_path / "cut.zip").write_bytes(whole.replace(b"keys.txt.cut", b"keys.txt\0cut"))
        assert "keys.txt" in refusal(tmp_path / "cut.zip", bundle[1])

    def test_an_export_with_numbers_too_large_for_an_ordinary_zip_holds(self, bundle, tmp_path, monkeypatch):
        """Of more than four gigabytes; here only the places where their numbers stand."""
        monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
        with zipfile.ZipFile(tmp_path / "wide.zip", "w") as archive:
            for name, content in content_of(bundle[0]).items():
                with archive.open(name, "w", force_zip64=True) as member:
                    member.write(content)
        assert b"PK\6\6" in (tmp_path / "wide.zip").read_bytes()
        assert verified(tmp_path / "wide.zip", bundle[1]).holds

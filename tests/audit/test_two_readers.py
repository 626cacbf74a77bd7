"""An export is one thing for whoever reads it: what two programs would read in two ways is refused, however well it is signed."""

from __future__ import annotations

import io
import random
import stat
import struct
import sys
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from gateway.audit.checkpoint import SigningKey
from gateway.audit.entry import EntryKind, entry
from gateway.flows import auditing, sealing
from gateway.flows.auditing.verifier import verifier
from gateway.store import journal
from gateway.store.engine import begin
from tests.audit.forging import content_of, exported, refusal, sealed_anew, verified, written

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
        told = refusal(made, bundle[1])
        # From 3.12 on Python goes by the other name itself, and then finds two of it.
        assert "keys.txt" in told or ("extra" in fields and sys.version_info >= (3, 12) and "deux fois le même fichier" in told)

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


AT = datetime(2027, 3, 1, 18, 30, 2, tzinfo=UTC)
PLAIN = entry(EntryKind.OPERATOR, AT, by="Inès", act="tested").body
DECISION = b'{"at":"2027-03-01T18:30:02Z","kind":"decision","message":7,"v":2,"verdict":"refuse"}'
ODD = {
    "a key twice": DECISION.replace(b"}", b',"verdict":"allow"}'),
    "another order": b'{"kind":"operator","at":"2027-03-01T18:30:02Z","v":2}',
    "a space": DECISION.replace(b":7", b": 7"),
    "a fraction": DECISION.replace(b":7", b":7.0"),
    "a power": DECISION.replace(b":7", b":7e0"),
    "a leading zero": DECISION.replace(b":7", b":07"),
    "a number that programs round": DECISION.replace(b":7", b":9007199254740993"),
    "nothing": DECISION.replace(b":7", b":null"),
    "nothing within": DECISION.replace(b":7", b':7,"rules":[null]'),
    "a text without end": DECISION.replace(b'"refuse"}', b'"refuse'),
    "a letter written otherwise": DECISION.replace(b"refuse", b"r\\u0065fuse"),
    "a key written otherwise": DECISION.replace(b'"verdict"', b'"v\\u0065rdict"'),
    "a pack hidden behind a space": DECISION.replace(b',"v"', b', "pack":"0123456789abcdef","v"'),
    "a mark in front": b"\xef\xbb\xbf" + DECISION,
    "a line end": DECISION + b"\r",
    "no UTF-8": DECISION.replace(b"refuse", b"r\xe9fuse"),
    "half a letter": DECISION.replace(b"refuse", b"\\ud800"),
    "no object": b"[7]",
    "no JSON": b"hello",
    "nothing at all": b"",
    "no instant": DECISION.replace(b'"at":"2027-03-01T18:30:02Z",', b""),
    "another clock": DECISION.replace(b"02Z", b"02+02:00"),
    "no such day": DECISION.replace(b"03-01", b"13-41"),
    "a version to come": DECISION.replace(b'"v":2', b'"v":3'),
    "no version": DECISION.replace(b'"v":2,', b""),
}


def sealed_with(bundle, folder, bodies, at=AT):
    """An export of these bodies, sealed and signed as it should be: its path, and the key."""
    signer = SigningKey.generate("valbrume.example/journal")
    path = written(folder / "sealed.zip", sealed_anew(content_of(bundle[0]), bodies, signer, at))
    return path, str(signer.verify_key)


class TestEntries:
    """Whoever has the key of a journal may seal anything. What two programs would read in two ways shows one auditor a refusal
    and another one an agreement, and what it names is looked for by neither: so it is refused, and the entry is named."""

    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
    def test_an_entry_that_is_not_written_as_entries_are_is_named(self, bundle, tmp_path, odd):
        held = sealed_with(bundle, tmp_path, [PLAIN, DECISION, PLAIN])
        assert verified(*held).holds
        fault = verified(*sealed_with(bundle, tmp_path, [PLAIN, DECISION, odd, PLAIN])).fault
        assert (fault.what, fault.index) == ("odd", 2)
        assert "deux façons" in fault.detail.fr

    def test_the_second_process_of_a_long_export_finds_the_same(self, bundle, tmp_path, monkeypatch):
        monkeypatch.setattr(verifier(), "LONG_BYTES", 1)
        late = entry(EntryKind.OPERATOR, AT - timedelta(days=400), act="tested").body
        held = verified(*sealed_with(bundle, tmp_path, [PLAIN, DECISION, late]))
        assert held.holds and held.backward.index == 2
        fault = verified(*sealed_with(bundle, tmp_path, [PLAIN] * 300 + [ODD["a key twice"]])).fault
        assert (fault.what, fault.index) == ("odd", 300)

    def test_looking_at_many_entries_at_once_finds_what_looking_at_each_finds(self):
        """A thousand entries, each changed by a sign or two; shapes that were seen before are not looked at again."""
        tool, draw = verifier(), random.Random(5)
        texts = ("", "refuse", "a:", ',"x":', "Inès", "{[", "\\", '"', "1.0", "\x7f", "\u2028", "a\nb")
        whole = [
            entry(EntryKind.CONSENT, AT, person="3f" * 16, by=one, means=two, rules=[three], batch=draw.randrange(3)).body
            for one in texts
            for two in texts
            for three in texts
        ]
        seen = tool.Seen()
        seen.take(whole)
        assert seen.odd is None and all(map(tool.well_written, whole))
        signs = b'{}[]":,\\ 01e.-ntu\n\xc3'
        for body in draw.sample(whole, 1000):
            changed = bytearray(body)
            for _ in range(draw.choice((1, 1, 2))):
                at = draw.randrange(len(changed))
                changed[at : at + draw.choice((0, 1))] = draw.choice((b"", bytes([draw.choice(signs)])))
            seen.odd = None
            seen.take([body, bytes(changed), body])
            assert (seen.odd is None) == tool.well_written(bytes(changed)), bytes(changed)

    def test_an_entry_of_the_database_that_is_not_written_as_entries_are_is_named(self, gw):
        plain = entry(EntryKind.OPERATOR, gw.clock.now(), act="tested")
        odd = plain.body.replace(b'"act":"tested"', b'"act":"refused","act":"tested"')
        with begin(gw.engine) as tx:
            journal.append(tx, [plain, plain._replace(body=odd, sha256=sha256(odd).digest())])
        sealing.seal(gw)
        fault = auditing.verify_store(gw).fault
        assert (fault.what, fault.index) == ("odd", 2)  # after the rules and a plain one


class TestInstants:
    """Nobody can put an entry between sealed ones; but what is written today may say that it is of last year. It is no fault: on
    a machine whose clock was wrong people object all the same. Whoever verifies is told."""

    def test_an_agreement_that_was_backdated_is_told_with_what_stands_before_it(self, bundle, tmp_path):
        granted = entry(EntryKind.CONSENT, AT - timedelta(days=90), act="granted").body
        report = verified(*sealed_with(bundle, tmp_path, [PLAIN, PLAIN, granted, PLAIN]))
        assert report.holds
        told = verifier().told(report, "fr")
        assert "l’entrée 2 : elle se dit du 2026-12-01T18:30:02Z, après une entrée du 2027-03-01T18:30:02Z" in told

    def test_what_a_long_transaction_wrote_is_nothing_to_be_asked_about(self, bundle, tmp_path):
        begun = entry(EntryKind.IMPORT, AT - timedelta(minutes=59), act="begun").body
        report = verified(*sealed_with(bundle, tmp_path, [PLAIN, begun, PLAIN]))
        assert report.holds and report.backward is None

    def test_a_checkpoint_that_says_it_is_older_than_what_it_seals_is_told(self, bundle, tmp_path):
        report = verified(*sealed_with(bundle, tmp_path, [PLAIN], at=AT - timedelta(days=2)))
        assert "le point de contrôle se dit signé le 2027-02-27T18:30:02Z" in verifier().told(report, "fr")

    def test_a_backdated_entry_of_the_database_is_told(self, gw):
        now = gw.clock.now()
        with begin(gw.engine) as tx:
            journal.append(tx, [entry(EntryKind.OPERATOR, at, act="tested") for at in (now, now - timedelta(days=30), now)])
        sealing.seal(gw)
        report = auditing.verify_store(gw)
        assert report.holds and (report.backward.entries, report.backward.index) == (1, 2)

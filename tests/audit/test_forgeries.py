"""Exports made by somebody who knows the format as well as we do: none of them holds, and each gets a sentence."""

from __future__ import annotations

import io
import json
import os
import random
import re
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.audit.checkpoint import Checkpoint, SigningKey, read_checkpoint
from gateway.audit.entry import EntryKind, entry
from gateway.data import data_dir
from gateway.flows import auditing, sealing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.verifier import verifier
from gateway.store import tables
from gateway.store.engine import begin
from tests.audit.forging import content_of, exported, refusal, sealed, verified, write, written

SCRIPT = data_dir("tools") / "verify_bundle.py"


@pytest.fixture
def gw(sqlite_template, tmp_path):
    with sealed(sqlite_template, tmp_path) as gw:
        yield gw


@pytest.fixture(scope="module")
def bundle(sqlite_template, tmp_path_factory):
    """(path, public key) of an export of the whole journal."""
    return exported(sqlite_template, tmp_path_factory.mktemp("forged"))


def script(path, *arguments, **environment):
    command = [sys.executable, "-I", str(SCRIPT), str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment, cwd=path.parent)


def appended(files, told, signer):
    """The same journal with an entry more, signed by this key: all that a stolen key allows."""
    tool = verifier()
    forged = entry(EntryKind.OPERATOR, told, act="forged").body
    leaves = files["leaves.txt"] + b"%d %s\n" % (files["leaves.txt"].count(b"\n"), tool.leaf_of(forged).hex().encode())
    tree = tool.Tree()
    for line in leaves.splitlines():
        tree.add(bytes.fromhex(line.split()[1].decode()))
    note = signer.sign(Checkpoint(origin=signer.name, size=tree.size, root=tree.root(), at=told)).encode()
    manifest = json.loads(files["manifest.json"]) | {"size": tree.size, "entries": tree.size}
    earlier = {"checkpoints.txt": files["checkpoints.txt"] + b"\n\n" + files["checkpoint.txt"], "checkpoint.txt": note}
    entries = {"entries.ndjson": files["entries.ndjson"] + forged + b"\n", "leaves.txt": leaves}
    return files | earlier | entries | {"manifest.json": json.dumps(manifest).encode()}


class TestKeys:
    """Of keys that followed one another."""

    def test_whoever_stole_a_key_that_was_replaced_signs_nothing_for_those_who_know_the_new_one(self, gw, tmp_path):
        """Both signed the checkpoint of the change; it says which of them signs from then on."""
        old = SigningKey.from_pem(str(sealing.verify_keys(gw)[0].name), sealing.key_path(gw).read_bytes())
        new = sealing.rotate_key(gw, by="Claire", why="once a year")
        auditing.export(gw, tmp_path / "true.zip", Scope(), by="Claire")
        assert verified(tmp_path / "true.zip", str(new)).holds
        assert verified(tmp_path / "true.zip", str(old.verify_key)).vouched
        forged = written(tmp_path / "forged.zip", appended(content_of(tmp_path / "true.zip"), gw.clock.now(), old))
        fault = verified(forged, str(new)).fault
        assert fault is not None and fault.what == "signature"

    def test_nobody_answers_for_a_successor_that_did_not_sign_or_that_the_old_key_did_not_name(self, gw):
        tool = verifier()
        old, new, other = (SigningKey.generate("valbrume.example/journal") for _ in range(3))
        point = Checkpoint(origin=old.name, size=3, root=b"3" * 32, at=gw.clock.now())
        named = replace(point, successor=str(new.verify_key))

        def trusted(made, *signers):
            note = signers[0].sign(made) + "".join(one.sign(made).partition("\n\n")[2] for one in signers[1:])
            keys = [tool.read_key(str(one.verify_key)) for one in (old, new, other)]
            return [str(one) for one in tool.vouched_for(keys[0], keys, [tool.read_checkpoint(note)])][1:]

        assert trusted(named, old, new) == trusted(named, new, old) == [str(new.verify_key)]
        assert trusted(named, old) == trusted(named, new) == trusted(named, old, other) == trusted(point, old, new) == []


class TestZip:
    """One file, and no other, for whatever program opens it."""

    def test_a_second_export_in_front_or_behind_or_anything_hidden_is_refused(self, bundle, tmp_path):
        path, key = bundle
        whole = path.read_bytes()
        directory = whole.index(b"PK\x01\x02")
        hidden = {
            "before": b"#!/bin/sh\n" + whole,
            "another before": whole + whole,
            "behind": whole + b"\0",
            "comment": whole[:-2] + b"\4\0evil",
            "between": whole[:directory] + b"evil" + whole[directory:-6] + struct.pack("<I", directory + 4) + whole[-2:],
        }
        for name, content in hidden.items():
            (tmp_path / f"{name}.zip").write_bytes(content)
            assert "aucun export" in refusal(tmp_path / f"{name}.zip", key), name
        assert verified(path, key).holds

    def test_bytes_that_would_be_unpacked_again_and_again_are_refused(self, bundle, tmp_path):
        """Members that overlap: each shrinks as a text does, and all together would keep an auditor busy for days."""
        files = content_of(bundle[0])
        names = [f"wordings/{n:064x}.txt" for n in range(50)]
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (files | dict.fromkeys(names, b"0" * 4000)).items():
                archive.writestr(name, content)
            first = next(one for one in archive.infolist() if one.filename == names[0])
            for one in archive.infolist():
                if one.filename in names:
                    one.header_offset = first.header_offset
        (tmp_path / "o.zip").write_bytes(made.getvalue())
        assert "chevauchent" in refusal(tmp_path / "o.zip")

    def test_an_export_that_an_auditor_packed_anew_holds(self, bundle, tmp_path):
        """Written to a pipe, sizes follow the files."""

        class Pipe(io.BytesIO):
            def seekable(self):
                return False

        made = Pipe()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in content_of(bundle[0]).items():
                archive.writestr(name, content)
        (tmp_path / "anew.zip").write_bytes(made.getvalue())
        assert verified(tmp_path / "anew.zip", bundle[1]).holds

    def test_whatever_is_written_into_the_directory_of_a_zip_gets_a_sentence(self, bundle, tmp_path):
        whole, draw = bundle[0].read_bytes(), random.Random(7)
        begin_at, tool = whole.index(b"PK\x01\x02"), verifier()
        for _ in range(400):
            at, many = draw.randrange(begin_at, len(whole)), draw.choice((1, 2, 4, 8))
            changed = whole[:at] + draw.choice((b"\xff" * many, draw.randbytes(many), b"\0" * many)) + whole[at + many :]
            (tmp_path / "d.zip").write_bytes(changed)
            try:
                tool.verify(str(tmp_path / "d.zip"))
            except tool.Damaged as damage:
                assert damage.why.fr  # anything else ends the test
        name = whole.rindex(b"keys.txt")  # a name in UTF-8 that is none
        odd = whole[: name - 38] + b"\0\x08" + whole[name - 36 : name] + b"\xff\xfe" + whole[name + 2 :]
        (tmp_path / "d.zip").write_bytes(odd)
        assert "n’est pas un export" in refusal(tmp_path / "d.zip")


class TestTexts:
    """What is written otherwise than an export writes it may be read otherwise by somebody else."""

    @pytest.mark.parametrize(
        "old_and_new",
        [
            ('"scope": {', '"scope": {"kind": "person"}, "scope": {'),
            ('"kind": "everything"', '"kind": "person", "kind": "everything"'),
            ('"kind": "everything"', '"kind": "everything", "campaign": ["x"]'),
            ('"size": ', '"size": NaN, "size": '),
            ('"size": 23', '"size": 23.0'),
            ('"entries": 23', '"entries": true'),
            ('"entries": 23', f'"entries": {"9" * 5000}'),
        ],
    )
    def test_a_manifest_that_two_programs_may_read_in_two_ways_is_refused(self, bundle, tmp_path, old_and_new):
        files = content_of(bundle[0])
        changed = files["manifest.json"].decode().replace(*old_and_new)
        assert changed.encode() != files["manifest.json"]
        assert "illisible" in refusal(written(tmp_path / "m.zip", files | {"manifest.json": changed}))

    @pytest.mark.parametrize(
        ("pattern", "instead"),
        [
            (rb"^5 ", b"05 "),
            (rb"^5 ", b"+5 "),
            (rb"^5 ", b" 5 "),
            (rb"^15 ", b"1_5 "),
            (rb"(?<=^5 )(..)", rb"\1 "),
            (rb"(?<=^5 )([0-9a-f]+)", lambda told: told[0].upper()),
            (rb"^5 ", b"9" * 5000 + b" "),
        ],
    )
    def test_a_leaf_that_is_written_otherwise_is_refused_and_said_where(self, bundle, tmp_path, pattern, instead):
        files = content_of(bundle[0])
        changed = re.sub(pattern, instead, files["leaves.txt"], count=1, flags=re.MULTILINE)
        assert changed != files["leaves.txt"]
        assert re.search(r"feuille 1?5\b", refusal(written(tmp_path / "l.zip", files | {"leaves.txt": changed})))

    def test_more_checkpoints_than_any_export_has_keep_nobody_busy(self, bundle, tmp_path):
        files = content_of(bundle[0])
        many = files["checkpoint.txt"] + (b"\n\n" + files["checkpoint.txt"]) * 30_000
        assert "bien trop long" in refusal(written(tmp_path / "c.zip", files | {"checkpoints.txt": many}))

    @pytest.mark.parametrize(
        ("name", "said"), [("absent.zip", "n’existe pas"), ("folder", "dossier"), ("odd.txt", "n’est pas un texte en UTF-8")]
    )
    def test_a_file_that_cannot_be_read_is_told_in_french_throughout(self, bundle, tmp_path, name, said):
        (tmp_path / "folder").mkdir()
        (tmp_path / "odd.txt").write_bytes(b"\xff\xfe")
        words = ("--key-file", name) if name.endswith(".txt") else ()
        ran = script(bundle[0] if words else tmp_path / name, *(str(tmp_path / word) if word == name else word for word in words))
        assert ran.returncode == 1 and said in ran.stdout
        assert not re.search(r"No such|directory|codec", ran.stdout + ran.stderr)

    def test_the_sentences_arrive_where_a_window_has_no_such_letters(self, bundle, tmp_path):
        """An auditor's Windows, or a file that its output goes to; and half a letter in what the bundle says of itself."""
        path, key = bundle
        for encoding in ("cp1252", "ascii"):
            ran = script(path, "--key", key, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
            assert (ran.returncode, ran.stderr) == (0, "") and "Tout concorde" in ran.stdout
        files = content_of(path)
        odd = files["manifest.json"].decode().replace('"origin": "', '"origin": "\\ud800')
        ran = script(written(tmp_path / "s.zip", files | {"manifest.json": odd}), "--json")
        assert (ran.returncode, ran.stderr) == (1, "") and not json.loads(ran.stdout)["holds"]


class TestReplacedKeys:
    """A key signs nothing after it was replaced or revoked, even for those who were given none."""

    def test_a_checkpoint_by_a_key_that_the_export_itself_calls_revoked_is_refused(self, gw, tmp_path):
        old = SigningKey.from_pem(str(sealing.verify_keys(gw)[0].name), sealing.key_path(gw).read_bytes())
        sealing.rotate_key(gw, by="Claire", why="stolen", trusted=False)
        gw.clock.advance(timedelta(hours=1))
        auditing.export(gw, tmp_path / "true.zip", Scope(), by="Claire")
        assert verified(tmp_path / "true.zip").holds
        forged = written(tmp_path / "forged.zip", appended(content_of(tmp_path / "true.zip"), gw.clock.now(), old))
        for key in (None, str(old.verify_key)):
            fault = verified(forged, key).fault
            assert fault is not None and fault.what == "signature" and "remplacée" in fault.detail.fr

    def test_an_export_between_the_change_of_a_key_and_the_next_seal_holds(self, gw, tmp_path):
        auditing.export(gw, tmp_path / "before.zip", Scope(), by="Claire")
        files = content_of(tmp_path / "before.zip")
        new = SigningKey.generate(str(sealing.verify_keys(gw)[0].name)).verify_key
        later = f"{new}\trotated\t{(gw.clock.now() + timedelta(seconds=1)).isoformat()}\tonce a year\n".encode()
        assert verified(written(tmp_path / "between.zip", files | {"keys.txt": later + files["keys.txt"]})).holds

    def test_a_checkpoint_of_the_database_signed_by_a_key_that_had_been_revoked_is_named(self, gw):
        old = SigningKey.from_pem(str(sealing.verify_keys(gw)[0].name), sealing.key_path(gw).read_bytes())
        sealing.rotate_key(gw, by="Claire", why="stolen", trusted=False)
        write(gw, 3)
        assert auditing.verify_store(gw).holds
        c = tables.checkpoint
        with begin(gw.engine) as tx:
            size, note = tx.execute(select(c.c.size, c.c.note).order_by(c.c.size.desc()).limit(1)).one()
            point = read_checkpoint(note, [])[0]
            tx.execute(update(c).where(c.c.size == size).values(note=old.sign(point)))
        fault = auditing.verify_store(gw).fault
        assert fault is not None and (fault.what, fault.index) == ("signature", size) and "remplacée" in fault.detail.fr

    def test_a_reason_of_several_lines_keeps_an_export_readable(self, gw, tmp_path):
        new = sealing.rotate_key(gw, by="Claire", why="machine\tvendue\nà Lyon")
        auditing.export(gw, tmp_path / "true.zip", Scope(), by="Claire")
        assert verified(tmp_path / "true.zip", str(new)).holds

    def test_a_checkpoint_that_an_editor_saved_with_a_mark_in_front_is_read(self, bundle, tmp_path):
        """As Windows does: whoever kept it for a year is not told that it is of another journal."""
        note = content_of(bundle[0])["checkpoint.txt"].decode()
        (tmp_path / "kept.txt").write_bytes(b"\xef\xbb\xbf" + note.replace("\n", "\r\n").encode())
        ran = script(bundle[0], "--key", bundle[1], "--checkpoint", str(tmp_path / "kept.txt"))
        assert ran.returncode == 0 and "Tout concorde" in ran.stdout

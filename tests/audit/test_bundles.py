"""An export tells the truth to somebody who trusts nobody; whatever is changed in it, or in the database, is found and named."""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count, cycle
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update

from gateway.audit.checkpoint import Checkpoint, SigningKey
from gateway.audit.entry import EntryKind, entry
from gateway.data import data_dir
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows import auditing, sealing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.verifier import verifier
from gateway.flows.gateway import Gateway
from gateway.store import journal, tables, tree
from gateway.store.engine import begin, reading
from tests.audit.forging import content_of
from tests.clock import ManualClock
from tests.sending.support import installation

SCRIPT = data_dir("tools") / "verify_bundle.py"
ENTRIES = 700


def write(gw, many, start=0, campaigns=(None,)):
    """So many entries, about these campaigns in turn."""
    at, turn = gw.clock.now(), cycle(campaigns)
    told = [entry(EntryKind.OPERATOR, at, campaign_id=next(turn), act="tested", number=start + n) for n in range(many)]
    with begin(gw.engine) as tx:
        journal.append(tx, told)


@dataclass(frozen=True)
class Sealed:
    """A sealed journal that nobody touches: tests take copies of it."""

    folder: Path  #: var_dir, with the key
    at: datetime
    copied: Callable[[], AbstractContextManager[str]]  #: url of a database like it

    @contextmanager
    def opened(self, folder: Path, clock: ManualClock | None = None) -> Iterator[Gateway]:
        """The installation of a copy, in a folder of its own."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        clock = clock or ManualClock()
        clock.set(self.at)
        with self.copied() as url, installation(url, clock, folder) as gw:
            yield gw


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def sealed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    """On either database, once: entries sealed in seven turns, every other one about a campaign."""
    folder, clock, serial = tmp_path_factory.mktemp("sealed"), ManualClock(), count()
    if request.param == "sqlite":
        file = folder / "p.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        url, server, name = f"sqlite:///{file}", None, ""
    else:
        server, name = request.getfixturevalue("postgresql_template"), folder.name.replace("-", "_")
        url = server.create_database(name, template="template_passerelle")

    @contextmanager
    def copied() -> Iterator[str]:
        number = f"{folder.name}_{next(serial)}"
        if server is None:
            shutil.copyfile(folder / "p.db", folder / number)
            yield f"sqlite:///{folder / number}"
        else:
            yield server.create_database(number, template=name)
            server.drop_database(number)

    with installation(url, clock, folder / "var") as gw:
        with begin(gw.engine) as tx:
            row = {"name": "lettre", "medium": "email", "message_class": "campaign", "state": "finished", "definition": b"{}"}
            tx.execute(insert(tables.campaign).values(**row, author="Claire", created_at=clock.now()))
        for start in range(0, ENTRIES, 100):
            write(gw, 100, start, campaigns=(1, None))
            sealing.seal(gw)
            clock.advance(timedelta(minutes=1))
    yield Sealed(folder / "var", clock.now(), copied)
    if server is not None:
        server.drop_database(name)


@pytest.fixture
def gw(sealed, clock, tmp_path):
    with sealed.opened(tmp_path, clock) as gw:
        yield gw


@pytest.fixture(scope="module")
def bundles(sealed, tmp_path_factory):
    """From either database: an export of the whole journal, one of the campaign, the public key."""
    folder = tmp_path_factory.mktemp("bundle")
    with sealed.opened(folder / "var") as gw:
        auditing.export(gw, folder / "all.zip", Scope(), by="Claire")
        auditing.export(gw, folder / "half.zip", Scope(campaign="lettre"), by="Claire")
        (key,) = sealing.verify_keys(gw)
    return folder / "all.zip", folder / "half.zip", str(key)


@pytest.fixture
def bundle(bundles):
    """An export of a whole journal, and the journal's public key."""
    return bundles[0], bundles[2]


def verified(path, key=None, *kept):
    tool = verifier()
    return tool.verify(str(path), tool.read_key(key) if key else None, [tool.read_checkpoint(note) for note in kept])


@cache
def rewritten(source, target, packed=zipfile.ZIP_STORED, **changed):
    """The same bundle with some files changed (None: left out)."""
    with zipfile.ZipFile(target, "w", packed) as new:
        for name, before in content_of(source).items():
            content = changed.get(name.replace(".", "_"), before)
            if content is not None:
                new.writestr(name, content)
    return target


def lines_of(path, name):
    return content_of(path)[name].split(b"\n")[:-1]


def test_an_untouched_export_holds_and_says_that_nothing_is_missing(bundle):
    path, key = bundle
    report = verified(path, key)
    assert report.holds and report.complete and report.key_trusted
    assert report.entries == report.size > ENTRIES and report.checkpoints > 3


def test_an_untouched_export_of_a_campaign_holds_and_says_that_it_shows_a_part(bundles):
    _, half, key = bundles
    report = verified(half, key)
    assert report.holds and not report.complete and report.entries == ENTRIES / 2 < report.size / 2


def test_the_script_runs_alone_with_nothing_of_ours_and_tells_it_in_french_and_english(bundle, tmp_path):
    path, key = bundle
    alone = tmp_path / "verify_bundle.py"
    alone.write_bytes(SCRIPT.read_bytes())
    for language, words in (("fr", "Tout concorde"), ("en", "Everything holds")):
        command = [sys.executable, "-I", "-S", str(alone), str(path), "--key", key, "--lang", language]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert ran.returncode == 0 and words in ran.stdout, ran.stderr
    assert "gateway" not in SCRIPT.read_text(encoding="utf-8")


def test_the_script_has_every_sentence_it_says_and_no_other():
    text, tool = SCRIPT.read_text(encoding="utf-8"), verifier()
    logic = text.partition("SENTENCES = {")[0]
    said = {name for name in re.findall(r'"([a-z]+(?:-[a-z]+)*)"', logic) if name in tool.SENTENCES}
    assert said == set(tool.SENTENCES)
    asked = set(re.findall(r'(?:raise Damaged\(|SENTENCES\[)"([a-z-]+)"', text))
    asked |= set(re.findall(r'\bfault\("[a-z]+", .*?, "([a-z-]+)"[,)]', logic))
    assert asked <= set(tool.SENTENCES) and len(asked) > 40


@pytest.mark.parametrize("seed", range(80))
def test_whatever_is_done_to_the_entries_of_an_export_is_found_and_named(bundles, tmp_path, seed):
    path, key, draw = bundles[seed // 5 % 2], bundles[2], random.Random(seed)
    bodies = lines_of(path, "entries.ndjson")
    indices = [int(line.split()[0]) for line in lines_of(path, "leaves.txt") if not line.startswith(b"+")]
    at = draw.randrange(len(bodies) - 1)
    act = ("changed", "removed", "inserted", "reordered", "truncated")[seed % 5]
    match act:
        case "changed":
            where = draw.randrange(len(bodies[at]))
            bodies[at] = bodies[at][:where] + bytes([bodies[at][where] ^ 1 or 2]).replace(b"\n", b" ") + bodies[at][where + 1 :]
        case "removed":
            del bodies[at]
        case "inserted":
            bodies.insert(at, bodies[at].replace(b"tested", b"forged", 1) + b" ")
        case "reordered":
            bodies[at], bodies[at + 1] = bodies[at + 1], bodies[at]
        case "truncated":
            del bodies[at:]
    tampered = rewritten(path, tmp_path / "t.zip", entries_ndjson=b"".join(body + b"\n" for body in bodies))
    fault = verified(tampered, key).fault
    assert fault is not None and (fault.what, fault.index) == (act, indices[at])


@pytest.mark.parametrize("seed", range(40))
def test_hashes_changed_with_the_entries_no_longer_make_the_signed_tree(bundles, tmp_path, seed):
    """A forger who computes the leaves anew meets the signature."""
    path, key = bundles[seed // 2 % 2], bundles[2]
    draw, tool = random.Random(seed), verifier()
    bodies, leaves = lines_of(path, "entries.ndjson"), lines_of(path, "leaves.txt")
    here = [place for place, line in enumerate(leaves) if not line.startswith(b"+")]
    at = draw.randrange(len(bodies) - 1)
    if seed % 2:
        bodies[at] = bodies[at].replace(b"tested", b"forged").replace(b"kind", b"kynd", 1)
        index, digest = leaves[here[at]].split()[0], tool.leaf_of(bodies[at])
        leaves[here[at]] = b"%s %s" % (index, digest.hex().encode())
    else:
        del bodies[-1], leaves[here[-1] :]
    content = {"entries_ndjson": b"\n".join(bodies) + b"\n", "leaves_txt": b"\n".join(leaves) + b"\n"}
    fault = verified(rewritten(path, tmp_path / "t.zip", **content), key).fault
    assert fault is not None and fault.what == ("root" if seed % 2 else "truncated")
    if seed % 2:  # checkpoints of every hundred entries tell where
        first, last = map(int, re.findall(r"entries (\d+) to (\d+)", fault.detail)[0])
        assert first <= int(index) <= last and last - first <= 2 * 100


@pytest.mark.parametrize("part", [0, 1], ids=["everything", "campaign"])
def test_a_long_export_is_verified_by_two_processes_which_find_what_one_finds(bundles, tmp_path, monkeypatch, part):
    path, key, tool = bundles[part], bundles[2], verifier()
    bodies = lines_of(path, "entries.ndjson")
    forged = bodies[300].replace(b"tested", b"forged")
    acts = {
        "changed": [*bodies[:300], forged, *bodies[301:]],
        "removed": [*bodies[:300], *bodies[301:]],
        "truncated": bodies[:300],
        "inserted": [*bodies, forged],
    }
    tampered = {
        act: rewritten(path, tmp_path / f"{act}.zip", entries_ndjson=b"".join(body + b"\n" for body in some))
        for act, some in acts.items()
    }
    by_one = {act: verified(each, key) for act, each in tampered.items()} | {"nothing": verified(path, key)}
    monkeypatch.setattr(tool, "LONG_BYTES", 0)
    monkeypatch.setattr(tool.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert {act: verified(each, key) for act, each in tampered.items()} == {act: by_one[act] for act in tampered}
    assert all(by_one[act].fault.what == act for act in tampered)
    monkeypatch.setattr(tool, "_walked", lambda *_: pytest.fail("one process would have done"))
    assert verified(path, key) == by_one["nothing"] and by_one["nothing"].holds


def test_an_entry_appended_after_the_signature_is_named_even_with_its_leaf(bundle, tmp_path):
    path, key = bundle
    bodies, leaves = lines_of(path, "entries.ndjson"), lines_of(path, "leaves.txt")
    forged = bodies[-1].replace(b"export", b"forged")
    size = len(leaves)
    content = {
        "entries_ndjson": b"".join(body + b"\n" for body in [*bodies, forged]),
        "leaves_txt": b"".join(line + b"\n" for line in [*leaves, b"%d %s" % (size, verifier().leaf_of(forged).hex().encode())]),
    }
    fault = verified(rewritten(path, tmp_path / "t.zip", **content), key).fault
    assert fault is not None and (fault.what, fault.index) == ("inserted", size)


def attached(source, target, name, content):
    """The same bundle with a file that the manifest agrees with."""
    manifest = json.loads(content_of(source)["manifest.json"])
    manifest["files"][name] = sha256(content).hexdigest()
    rewritten(source, target, manifest_json=json.dumps(manifest).encode())
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, content)
    return target


OTHER_LAW = b'{"fr/pack.toml":"forged"}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"packs/{sha256(OTHER_LAW).hexdigest()[:16]}.json", OTHER_LAW),
        (f"notices/{sha256(b'STOP: nobody').hexdigest()}.txt", b"STOP: nobody"),
        (f"wordings/{sha256(b'I agree to all').hexdigest()}.txt", b"I agree to all"),
        ("wordings/.txt", b"I agree to all"),
        ("packs/sub/evil.json", b"{}"),
        ("../../etc/cron.d/evil", b"evil"),
        ("/etc/passwd", b"evil"),
        ("Entries.ndjson", b"{}\n"),
    ],
)
def test_a_file_that_no_entry_names_is_told_even_if_its_hash_and_the_manifest_agree(bundles, tmp_path, name, content):
    for path in bundles[:2]:
        fault = verified(attached(path, tmp_path / "t.zip", name, content), bundles[2]).fault
        assert fault is not None and fault.what == "file" and name in fault.detail


def test_a_bundle_that_counts_its_entries_wrongly_is_told(bundle, tmp_path):
    path, key = bundle
    manifest = json.loads(content_of(path)["manifest.json"]) | {"entries": 3}
    fault = verified(rewritten(path, tmp_path / "t.zip", manifest_json=json.dumps(manifest).encode()), key).fault
    assert fault is not None and fault.what == "manifest"


def test_it_is_told_in_french(bundle, tmp_path):
    path, _ = bundle
    bodies = lines_of(path, "entries.ndjson")
    bodies[5] = b"{}"
    tool = verifier()
    told = tool.told(verified(rewritten(path, tmp_path / "t.zip", entries_ndjson=b"\n".join(bodies) + b"\n")), "fr")
    assert "ses octets ne sont pas ceux qui ont été scellés" in told and "(la première est l’entrée 0)" in told


def test_a_foreign_key_is_not_believed(bundle, tmp_path):
    path, _ = bundle
    other = SigningKey.generate("127.0.0.1:8000/journal").verify_key
    fault = verified(path, str(other)).fault
    assert fault is not None and fault.what == "signature"


def test_a_journal_written_anew_contradicts_the_checkpoint_kept_by_a_witness(gw, tmp_path):
    kept = sealing.latest_note(gw)
    (key,) = sealing.verify_keys(gw)
    with begin(gw.engine) as tx:  # everything forged and sealed again, with the true key: only the witness can tell
        for table in (tables.journal_tile, tables.journal_seal, tables.checkpoint):
            tx.execute(delete(table))
        forged = entry(EntryKind.OPERATOR, gw.clock.now(), act="forged")
        row = update(tables.journal).where(tables.journal.c.id == 5)
        tx.execute(row.values(body=forged.body, sha256=forged.sha256, at=forged.at))
    sealing.seal(gw)
    assert auditing.verify_store(gw).holds
    auditing.export(gw, tmp_path / "forged.zip", Scope(), by="forger")
    assert verified(tmp_path / "forged.zip", str(key)).holds
    fault = verified(tmp_path / "forged.zip", str(key), kept).fault
    assert fault is not None and fault.what == "checkpoint"


def test_a_tail_that_was_cut_is_told_by_any_later_checkpoint(gw, tmp_path):
    (key,) = sealing.verify_keys(gw)
    auditing.export(gw, tmp_path / "early.zip", Scope(), by="Claire")
    write(gw, 10)
    sealing.seal(gw)
    fault = verified(tmp_path / "early.zip", str(key), sealing.latest_note(gw)).fault
    assert fault is not None and fault.what == "truncated"


def test_a_checkpoint_kept_before_the_key_was_changed_is_compared_by_whoever_has_the_new_key(gw, tmp_path):
    kept = sealing.latest_note(gw)
    new = sealing.rotate_key(gw, by="Claire", why="once a year")
    auditing.export(gw, tmp_path / "all.zip", Scope(), by="Claire")
    report = verified(tmp_path / "all.zip", str(new), kept)
    assert report.holds and report.key_trusted and not report.not_compared


def test_whoever_trusts_the_old_key_may_trust_the_one_that_replaced_it_but_none_that_replaced_a_stolen_one(gw, tmp_path):
    (old,) = sealing.verify_keys(gw)
    for _ in range(2):  # an export holds some checkpoints: those of a change are among them
        new = sealing.rotate_key(gw, by="Claire", why="once a year")
        write(gw, 3)
        sealing.seal(gw)
    auditing.export(gw, tmp_path / "all.zip", Scope(), by="Claire")
    report = verified(tmp_path / "all.zip", str(old))
    assert report.holds and report.vouched and report.key == str(new)
    assert "a remplacé celle que vous avez donnée" in verifier().told(report, "fr")
    tool = verifier()
    assert auditing.verify_store(gw, key=tool.read_key(str(old))).holds
    sealing.rotate_key(gw, by="Claire", why="stolen", trusted=False)
    auditing.export(gw, tmp_path / "revoked.zip", Scope(), by="Claire")
    fault = verified(tmp_path / "revoked.zip", str(old)).fault
    assert fault is not None and fault.what == "signature"
    assert auditing.verify_store(gw, key=tool.read_key(str(old))).fault.what == "signature"


def test_an_export_of_one_stretch_lacks_nothing_inside_it(gw, tmp_path):
    since = gw.clock.now() - timedelta(minutes=4)
    auditing.export(gw, tmp_path / "p.zip", Scope(since=since, until=since + timedelta(minutes=2)), by="Claire")
    report = verified(tmp_path / "p.zip")
    assert report.holds and report.complete and not report.key_trusted and 100 <= report.entries <= 300
    bodies, leaves = lines_of(tmp_path / "p.zip", "entries.ndjson"), lines_of(tmp_path / "p.zip", "leaves.txt")
    assert len(leaves) < len(bodies) + 30


def cut(source, target, left, right):
    """The same export of a stretch without its first and last entries, its leaves made again: what a careful forger writes."""
    bodies, leaves = lines_of(source, "entries.ndjson"), lines_of(source, "leaves.txt")
    here = [at for at, line in enumerate(leaves) if not line.startswith(b"+")]
    for at in [*here[:left], *here[len(here) - right :]]:
        leaves[at] = b"+0 " + leaves[at]
    bodies = bodies[left : len(bodies) - right]
    manifest = json.loads(content_of(source)["manifest.json"]) | {"entries": len(bodies)}
    kept = {"entries_ndjson": bodies, "leaves_txt": leaves, "manifest_json": [json.dumps(manifest).encode()]}
    return rewritten(source, target, **{name: b"".join(line + b"\n" for line in lines) for name, lines in kept.items()})


@pytest.mark.parametrize(("left", "right"), [(1, 0), (2, 0), (0, 2), (5, 5), (10_000, 0)])
def test_a_stretch_that_was_cut_at_either_end_is_told(gw, tmp_path, left, right):
    """Hashes and signature hold: only the neighbours of the stretch tell that it is all of it."""
    since = gw.clock.now() - timedelta(minutes=4)
    auditing.export(gw, tmp_path / "p.zip", Scope(since=since, until=since + timedelta(minutes=2)), by="Claire")
    leaves = [line for line in lines_of(tmp_path / "p.zip", "leaves.txt") if not line.startswith(b"+")]
    left = min(left, len(leaves))
    fault = verified(cut(tmp_path / "p.zip", tmp_path / "cut.zip", left, right)).fault
    near = leaves[left - 1] if left else leaves[-right]
    assert fault is not None
    assert (fault.what, fault.index) == ("removed", None if left == len(leaves) else int(near.split()[0]))


def test_a_stretch_in_which_nothing_happened_is_shown_by_its_neighbours(gw, tmp_path):
    quiet = gw.clock.now() - timedelta(minutes=4) + timedelta(seconds=1)
    auditing.export(gw, tmp_path / "q.zip", Scope(since=quiet, until=quiet + timedelta(seconds=5)), by="Claire")
    report = verified(tmp_path / "q.zip")
    assert report.holds and report.complete and report.entries == 2
    for number, scope in enumerate((Scope(until=quiet - timedelta(days=9)), Scope(since=gw.clock.now() + timedelta(days=9)))):
        auditing.export(gw, tmp_path / f"{number}.zip", scope, by="Claire")
        report = verified(tmp_path / f"{number}.zip")
        assert report.holds and report.complete and report.entries == 1


def test_what_cannot_be_exported_leaves_no_file(gw, tmp_path):
    with pytest.raises(NotFound):
        auditing.export(gw, tmp_path / "x.zip", Scope(campaign="nowhere"), by="Claire")
    with pytest.raises(NotFound):  # a name that a script left empty is not everything
        auditing.export(gw, tmp_path / "x.zip", Scope(campaign=""), by="Claire")
    with pytest.raises(NotFound):
        auditing.export(gw, tmp_path / "x.zip", Scope(person="nobody@example.fr"), by="Claire")
    assert not (tmp_path / "x.zip").exists()
    (tmp_path / "there.zip").write_bytes(b"mine")
    with pytest.raises(InvalidInput, match="existe déjà"):
        auditing.export(gw, tmp_path / "there.zip", Scope(), by="Claire")
    assert (tmp_path / "there.zip").read_bytes() == b"mine"


class TestDatabase:
    """Straight into the tables, behind the back of the gateway."""

    def test_an_untouched_journal_holds(self, gw):
        write(gw, 3)
        report = auditing.verify_store(gw)
        assert report.holds and (report.size, report.waiting, report.checkpoints) == (ENTRIES + 2, 3, 7)

    def test_whatever_is_done_to_its_rows_is_found_and_named(self, gw):
        with reading(gw.engine) as tx:
            rows = {row.id: row for row in tx.execute(select(tables.journal))}
            order = [number for _, ids, _ in tree.tiles(tx, 0, 3) for number in ids]
        draw = random.Random(1)
        j = tables.journal
        for turn in range(60):
            index = draw.randrange(len(order) - 1)
            number, following = order[index], order[index + 1]
            act = ("changed", "removed", "swapped", "inserted")[turn % 4]
            with begin(gw.engine) as tx:
                match act:
                    case "changed":
                        tx.execute(update(j).where(j.c.id == number).values(body=bytes(rows[number].body).replace(b"t", b"T", 1)))
                    case "removed" | "inserted":
                        tx.execute(delete(j).where(j.c.id == number))
                    case "swapped":
                        for one, two in ((number, following), (following, number)):
                            tx.execute(update(j).where(j.c.id == one).values(body=rows[two].body, sha256=rows[two].sha256))
                if act == "inserted":
                    values = dict(rows[following]._mapping) | {"id": number}
                    tx.execute(insert(j).values(values))
            report = auditing.verify_store(gw)
            fault = report.fault
            assert fault is not None and (fault.index, report.number) == (index, number), (act, fault)
            assert fault.what == {"swapped": "reordered", "inserted": "removed"}.get(act, act)
            with begin(gw.engine) as tx:
                for each in (number, following):
                    tx.execute(delete(j).where(j.c.id == each))
                    tx.execute(insert(j).values(dict(rows[each]._mapping)))
        assert auditing.verify_store(gw).holds

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            *(("person", None), ("person", "0" * 32), ("message_id", 1), ("campaign_id", None), ("kind", "alarm")),
            ("at", datetime(2020, 1, 1, tzinfo=UTC)),
        ],
    )
    def test_a_column_that_hides_an_entry_from_whoever_looks_for_it_is_found_and_named(self, gw, column, value):
        """Bytes, leaf and root hold; a person's dossier and the log of a campaign would lack the entry."""
        j = tables.journal
        told = entry(EntryKind.OBJECTION, gw.clock.now(), campaign_id=7, message_id=12, person="3f" * 16, medium="*")
        with begin(gw.engine) as tx:
            journal.append(tx, [told])
            number = tx.execute(select(func.max(j.c.id))).scalar_one()
        sealing.seal(gw)
        assert auditing.verify_store(gw).holds
        with begin(gw.engine) as tx:
            tx.execute(update(j).where(j.c.id == number).values({column: value}))
        report = auditing.verify_store(gw)
        assert (report.fault.what, report.number) == ("changed", number)
        assert column.removesuffix("_id") in report.fault.detail

    @pytest.mark.parametrize("seed", range(6))
    def test_a_tail_cut_from_the_database_is_told_by_its_checkpoints(self, gw, seed):
        """From the rows alone, or from rows and tree together: then any checkpoint of a longer journal says so."""
        size = 502 if seed % 3 == 2 else random.Random(seed).randrange(120, ENTRIES)
        (key,) = sealing.verify_keys(gw)
        kept = verifier().read_checkpoint(sealing.latest_note(gw))
        j, t, c = tables.journal, tables.journal_tile, tables.checkpoint
        with begin(gw.engine) as tx:
            order = [number for _, ids, _ in tree.tiles(tx, 0, 3) for number in ids]
            tx.execute(delete(j).where(j.c.id.in_(order[size:])))
            if seed % 3:
                tiles = [(number, ids[: max(size - number * 256, 0)], hashes) for number, ids, hashes in tree.tiles(tx, 0, 3)]
                tx.execute(delete(t))
                tx.execute(update(tables.journal_seal).values(size=size, seen_id=max(order[:size])))
                leaves = [(id_, hashes[at * 32 : at * 32 + 32]) for _, ids, hashes in tiles for at, id_ in enumerate(ids)]
                grown = tree.Tree(tx, 0)
                grown.grow(leaves)
                grown.write(tx)
            if seed % 3 == 2:
                tx.execute(delete(c).where(c.c.size > size))
        report = auditing.verify_store(gw)
        if seed % 3 == 2:  # cut where a checkpoint stands, nothing inside remembers: the one that somebody kept does
            assert report.holds
            report = auditing.verify_store(gw, kept=[kept])
        assert report.fault is not None
        assert (report.fault.what, report.fault.index) == (("removed", size) if seed % 3 == 0 else ("truncated", size))
        assert key

    @pytest.mark.parametrize("gone", [1, 7])
    def test_a_checkpoint_that_was_taken_away_is_told_and_nothing_is_signed_without_it(self, gw, gone):
        """Each seal ended with one: without the last, a tree that was bent could be signed as if it were the first."""
        c = tables.checkpoint.c
        with begin(gw.engine) as tx:
            sizes = tx.execute(select(c.size).order_by(c.size.desc())).scalars().all()
            tx.execute(delete(tables.checkpoint).where(c.size.in_(sizes[:gone])))
        fault = auditing.verify_store(gw).fault
        assert fault is not None and fault.what == "checkpoint" and f"{sizes[0]} entrées" in fault.detail.fr
        write(gw, 1)
        with pytest.raises(Conflict, match="rien n’est scellé"):
            sealing.seal(gw)

    def test_checkpoints_and_a_key_from_outside_are_held_against_the_database(self, gw):
        tool = verifier()
        (key,) = sealing.verify_keys(gw)
        kept = [tool.read_checkpoint(note) for note in (sealing.latest_note(gw),)]
        report = auditing.verify_store(gw, key=tool.read_key(str(key)), kept=kept)
        assert report.holds and report.kept == 1
        stranger = SigningKey.generate(key.name)
        fault = auditing.verify_store(gw, key=tool.read_key(str(stranger.verify_key))).fault
        assert fault is not None and fault.what == "signature"
        other = SigningKey.generate("ailleurs.example/journal")
        foreign = tool.read_checkpoint(other.sign(Checkpoint(origin=other.name, size=3, root=b"3" * 32)))
        fault = auditing.verify_store(gw, kept=[foreign]).fault
        assert fault is not None and "another journal" in fault.detail
        forged = tool.read_checkpoint(stranger.sign(Checkpoint(origin=key.name, size=3, root=b"3" * 32)))
        fault = auditing.verify_store(gw, kept=[forged]).fault
        assert fault is not None and fault.what == "checkpoint"

    def test_an_entry_slipped_in_among_sealed_ones_is_named(self, gw):
        with reading(gw.engine) as tx:
            last = max(number for _, ids, _ in tree.tiles(tx, 0, 3) for number in ids)
        forged = entry(EntryKind.OPERATOR, gw.clock.now(), act="forged")
        with begin(gw.engine) as tx:
            row = {"id": 0, "kind": "operator", "at": gw.clock.now(), "body": forged.body, "sha256": forged.sha256}
            tx.execute(insert(tables.journal).values(row))
        fault = auditing.verify_store(gw).fault
        assert fault is not None and fault.what == "inserted" and "0" in fault.detail and last

    @pytest.mark.parametrize("table", ["tile", "upper", "checkpoint", "signature"])
    def test_neither_the_tree_nor_its_checkpoints_can_be_bent(self, gw, table):
        write(gw, 300)
        sealing.seal(gw)
        t, c = tables.journal_tile, tables.checkpoint
        with begin(gw.engine) as tx:
            if table in ("tile", "upper"):
                where = (t.c.level == (1 if table == "upper" else 0), t.c.number == 0)
                hashes = bytes(tx.execute(select(t.c.hashes).where(*where)).scalar_one())
                tx.execute(update(t).where(*where).values(hashes=bytes([hashes[0] ^ 1]) + hashes[1:]))
            else:
                size, note = tx.execute(select(c.c.size, c.c.note).order_by(c.c.size).limit(1)).one()
                changed = note.replace("\n" + str(size) + "\n", "\n" + str(size + 1) + "\n")
                if table == "signature":
                    changed = note[:-6] + ("AAAA=\n" if not note.endswith("AAAA=\n") else "BBBB=\n")
                tx.execute(update(c).where(c.c.size == size).values(note=changed))
        assert auditing.verify_store(gw).fault is not None


def script(*arguments, cwd):
    command = [sys.executable, "-I", str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "Illisible"), (b"not a zip", "Illisible"), (b"PK\x03\x04" + b"\x00" * 200, "Illisible"), (None, "Illisible")],
)
def test_what_is_no_bundle(tmp_path, content, words):
    path = tmp_path / "x.zip"
    if content is not None:
        path.write_bytes(content)
    ran = script(path, cwd=tmp_path)
    assert ran.returncode == 1 and words in ran.stdout and "Traceback" not in ran.stderr
    assert [each.name for each in tmp_path.iterdir()] == (["x.zip"] if content is not None else [])


@pytest.mark.parametrize("sealed", ["sqlite"], indirect=True)
class TestBadInput:
    """Damaged bundles, bombs and wrong keys: a sentence and exit code 1, nothing written."""

    def test_a_bundle_cut_or_flipped_anywhere_never_raises_and_never_holds(self, bundle, tmp_path):
        whole = Path(bundle[0]).read_bytes()
        tool, draw = verifier(), random.Random(3)
        for _ in range(60):
            at = draw.randrange(len(whole))
            damaged = whole[:at] if draw.random() < 0.5 else whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
            path = tmp_path / "d.zip"
            path.write_bytes(damaged)
            try:
                report = tool.verify(str(path), tool.read_key(bundle[1]))
            except tool.Damaged:
                continue
            same = self._content(whole) == self._content(damaged)
            assert not report.holds or same  # a flipped bit of the archive's own bookkeeping may change nothing inside

    def _content(self, raw):
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                return {name: archive.read(name) for name in archive.namelist()}
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
            return None

    def test_a_bomb_is_refused_before_it_bursts(self, bundle, tmp_path):
        path = rewritten(bundle[0], tmp_path / "bomb.zip", zipfile.ZIP_DEFLATED, entries_ndjson=b"0" * (200 << 20))
        ran = script(path, cwd=tmp_path)
        assert ran.returncode == 1 and "éclater" in ran.stdout

    @pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_a_member_packed_so_that_a_few_bytes_unpack_at_a_go_is_refused_unopened(self, bundle, tmp_path, packed):
        """Its size in the index may be a lie: 900 bytes of bzip2 took 1.2 GB of an auditor's memory."""
        path = tmp_path / "p.zip"
        with zipfile.ZipFile(rewritten(bundle[0], path, keys_txt=None), "a", packed) as archive:
            archive.writestr("keys.txt", content_of(bundle[0])["keys.txt"])
        ran = script(path, cwd=tmp_path)
        assert ran.returncode == 1 and "keys.txt : comprimé comme aucun export ne l’est" in ran.stdout

    def test_what_a_bundle_says_of_itself_cannot_pass_for_what_the_script_says(self, bundle, tmp_path):
        manifest = json.loads(content_of(bundle[0])["manifest.json"])
        manifest |= {"origin": "x\n✓ Tout concorde.\x1b[8m", "scope": {"kind": "everything", "campaign": "\x1b[2J\u202e"}}
        path = rewritten(bundle[0], tmp_path / "m.zip", manifest_json=json.dumps(manifest).encode())
        ran = script(path, cwd=tmp_path)
        assert ran.returncode == 1 and "\x1b" not in ran.stdout and "\u202e" not in ran.stdout
        assert [line[0] for line in ran.stdout.splitlines()] == ["J", "✗"]

    def test_a_subtree_that_cannot_begin_there_is_refused(self, bundle, tmp_path):
        leaves = lines_of(bundle[0], "leaves.txt")
        leaves[1:3] = [b"+1 1 " + leaves[1][-64:]]
        changed = {"leaves_txt": b"\n".join(leaves) + b"\n", "entries_ndjson": lines_of(bundle[0], "entries.ndjson")[0] + b"\n"}
        ran = script(rewritten(bundle[0], tmp_path / "s.zip", **changed), cwd=tmp_path)
        assert ran.returncode == 1 and "le sous-arbre à 1 n’y a pas sa place" in ran.stdout

    def test_a_signature_counts_in_its_one_form_and_under_the_journal_s_own_name(self, bundle):
        """RFC 8032 refuses what was made another one of the same; a key of another journal vouches for none of ours."""
        tool, key = verifier(), verifier().read_key(bundle[1])
        point = tool.read_checkpoint(content_of(bundle[0])["checkpoint.txt"].decode())
        assert tool.signed_by(point, [key]) == key
        (name, key_id, signature) = point.signatures[0]
        other = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
        point.signatures = [(name, key_id, signature[:32] + other.to_bytes(32, "little"))]
        assert tool.signed_by(point, [key]) is None
        signer = SigningKey.generate("elsewhere.example/journal")
        theirs = tool.read_checkpoint(signer.sign(Checkpoint(origin="valbrume.example/journal", size=1, root=bytes(32))))
        assert tool.signed_by(theirs, [tool.read_key(str(signer.verify_key))]) is None

    @pytest.mark.parametrize("kind", ["everything", "period"])
    def test_a_part_that_calls_itself_the_whole_or_a_stretch_lacks_entries(self, bundles, tmp_path, kind):
        manifest = json.loads(content_of(bundles[1])["manifest.json"]) | {"scope": {"kind": kind}}
        fault = verified(rewritten(bundles[1], tmp_path / "w.zip", manifest_json=json.dumps(manifest).encode()), bundles[2]).fault
        assert fault is not None and fault.what == "removed"

    def test_one_endless_line_is_refused(self, bundle, tmp_path):
        noise = random.Random(5).randbytes(3 << 20).replace(b"\n", b"x")
        ran = script(rewritten(bundle[0], tmp_path / "line.zip", entries_ndjson=noise), cwd=tmp_path)
        assert ran.returncode == 1 and "une ligne de plus de" in ran.stdout

    @pytest.mark.parametrize("name", ["keys_txt", "checkpoint_txt", "leaves_txt", "manifest_json", "entries_ndjson"])
    def test_a_missing_file_is_named(self, bundle, tmp_path, name):
        ran = script(rewritten(bundle[0], tmp_path / "m.zip", **{name: None}), cwd=tmp_path)
        assert ran.returncode == 1 and name.split("_")[0] in ran.stdout and "Traceback" not in ran.stderr

    def test_an_attached_pack_that_was_changed_is_named_even_if_the_manifest_agrees(self, bundle, tmp_path):
        name = next(each for each in content_of(bundle[0]) if each.startswith("packs/"))
        manifest = json.loads(content_of(bundle[0])["manifest.json"])
        manifest["files"][name] = sha256(b"{}").hexdigest()
        changed = {name.replace(".", "_"): b"{}", "manifest_json": json.dumps(manifest).encode()}
        fault = verified(rewritten(bundle[0], tmp_path / "p.zip", **changed)).fault
        assert fault is not None and fault.what == "file" and name in fault.detail

    @pytest.mark.parametrize("key", ["", "x", "a+b+c", "127.0.0.1:8000/journal+00000000+AA=="])
    def test_a_wrong_key_is_told(self, bundle, tmp_path, key):
        ran = script(bundle[0], "--key", key, cwd=tmp_path)
        assert ran.returncode == 1 and "clé publique" in ran.stdout

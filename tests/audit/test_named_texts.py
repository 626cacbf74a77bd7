"""What entries name by a hash is in the export, word for word, and nothing else: rules, notices, what messages were made of."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from gateway.audit.checkpoint import Checkpoint, SigningKey
from gateway.audit.entry import EntryKind
from gateway.audit.entry import entry as written
from gateway.data import data_dir
from gateway.domain.channel import Medium
from gateway.domain.consent import Evidence, Purpose
from gateway.flows import auditing, consenting, sealing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.verifier import verifier
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Reply, hear
from gateway.store import journal, people, tables
from gateway.store.engine import begin, reading
from gateway.store.kept import Shelf
from tests.clock import ManualClock
from tests.sending.support import Person, add, digest, installation, journal_of, newsletter, run

ANNE, BRUNO = "anne@exemple.example", "bruno@exemple.example"
HER_WORDS, HIS_WORDS = "J’accepte la lettre de la campagne.", "Écrivez-moi, par courriel seulement."
CHANGED = "Ce message vous est adressé pour"
NAMED = {"pack": "packs", "notice": "notices", "content": "contents", "wording": "wordings", "version": "campaigns"}


@dataclass(frozen=True)
class Campaigned:
    """Two letters; between them the team's notices were changed. Anne stopped after the first."""

    gw: Gateway
    bundles: Mapping[str, Path]  #: an export of each kind


def agreed(gw, address, words):
    with begin(gw.engine) as tx:
        evidence = Evidence(given_at=gw.clock.now(), form="coupon", wording=words, collector="Inès", means="case cochée")
        scope = consenting.ConsentScope(medium=Medium.EMAIL, purpose=Purpose.POLITICAL, election=None)
        holder = people.holder(tx, digest(gw, address), Medium.EMAIL)
        assert holder is not None
        consenting.agree(tx, gw, digest(gw, address), holder, consenting.Agreement(scope=scope, evidence=evidence, by="Inès"))


def campaigned(gw, folder):
    """Notices are files of the installation; an update of them is a change of files."""
    add(gw, Person(email=ANNE, consent=None, given_name="Anne"), Person(email=BRUNO, consent=None))
    agreed(gw, ANNE, HER_WORDS)
    agreed(gw, BRUNO, HIS_WORDS)
    newsletter(gw, "premiere")
    run(gw)
    stop = {"text": "STOP", "received_at": gw.clock.now(), "provider_id": "<r1@exemple.example>"}
    hear(gw, Reply(medium=Medium.EMAIL, sender_digest=digest(gw, ANNE), **stop))
    gw.clock.advance(timedelta(days=9))
    second = gw.clock.now()
    for file in ("fr.html", "fr.txt"):
        path = gw.templates / "notices" / "email" / file
        path.write_text(path.read_text("utf-8").replace("Ce message", CHANGED), "utf-8")
    newsletter(gw, "seconde", body="Bonjour encore.\n")
    run(gw)
    scopes = {"everything": Scope(), "campaign": Scope(campaign="premiere"), "person": Scope(person=ANNE)}
    bundles = {kind: folder / f"{kind}.zip" for kind in (*scopes, "period")}
    for kind, path in bundles.items():
        auditing.export(gw, path, scopes.get(kind, Scope(since=second)), by="Claire")
    return Campaigned(gw, bundles)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def done(request, tmp_path_factory):
    """On either database, once."""
    folder, server = tmp_path_factory.mktemp("named"), None
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "p.db")
        url = f"sqlite:///{folder / 'p.db'}"
    else:
        server = request.getfixturevalue("postgresql_template")
        url = server.create_database(folder.name, template="template_passerelle")
    shutil.copytree(data_dir("templates"), folder / "templates")
    with installation(url, ManualClock(), folder / "var", controller={"name": "Comité Valbrume"}) as gw:
        yield campaigned(replace(gw, templates=folder / "templates"), folder)
    if server is not None:
        server.drop_database(folder.name)


def content_of(path):
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def entries_of(path):
    return [json.loads(line) for line in content_of(path)["entries.ndjson"].splitlines()]


def indices_of(path):
    """Where in the journal each entry of the bundle stands."""
    return [int(line.split()[0]) for line in content_of(path)["leaves.txt"].splitlines() if not line.startswith(b"+")]


def repacked(source, target, removed=(), added=None, *, told=True):
    """The same bundle without some files and with others; told: by a forger who writes the manifest anew."""
    files = {name: content for name, content in content_of(source).items() if name not in removed} | (added or {})
    if told:
        manifest = json.loads(files["manifest.json"])
        beside = {name for name in files if name not in ("manifest.json", "entries.ndjson", "leaves.txt")}
        manifest["files"] = {name: sha256(files[name]).hexdigest() for name in sorted(beside)}
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w") as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return target


def verified(path):
    return verifier().verify(str(path))


def folder(path, name):
    return sorted(each for each in content_of(path) if each.startswith(f"{name}/"))


def test_a_notice_that_was_changed_since_is_in_the_export_as_it_was_when_the_message_left(done):
    path = done.bundles["everything"]
    held, notices = content_of(path), [one["notice"] for one in entries_of(path) if one["kind"] == "decision"]
    old, new = notices[0], notices[-1]
    assert CHANGED.encode() not in held[f"notices/{old}.txt"] and CHANGED.encode() in held[f"notices/{new}.txt"]
    assert all(sha256(held[name]).hexdigest() in name for name in folder(path, "notices"))
    assert verified(path).holds


@pytest.mark.parametrize("kind", ["everything", "campaign", "person", "period"])
def test_each_kind_of_export_holds_what_its_entries_name_and_no_more(done, kind):
    path = done.bundles[kind]
    assert verified(path).holds
    there, text = content_of(path), content_of(path)["entries.ndjson"].decode()
    for entry in entries_of(path):
        for key, where in NAMED.items():
            if key in entry:
                assert any(name.startswith(f"{where}/{entry[key]}.") for name in there), (entry["kind"], key)
    attached = [name for name in there if "/" in name]
    assert {name.partition("/")[0] for name in attached} >= {"packs", "notices", "contents"}
    assert all(f'"{re.split("[/.]", name)[1]}"' in text for name in attached)


def test_the_export_of_one_person_holds_the_words_she_agreed_to_and_nobody_else_s(done):
    path = done.bundles["person"]
    words = [content_of(path)[name].decode() for name in folder(path, "wordings")]
    assert words == [HER_WORDS] and HIS_WORDS.encode() not in b"".join(content_of(path).values())


def test_what_a_decision_calls_content_is_there_and_makes_the_binding_of_the_approval_with_nothing_else(done):
    """Whoever holds the message can see that its words are those that were approved."""
    path = done.bundles["everything"]
    entries, held = entries_of(path), content_of(path)
    told = [one for one in entries if one.get("campaign") == 1]
    (approval,) = (one for one in told if one["kind"] == "approval")
    version = [one["version"] for one in told if one.get("act") in ("created", "changed")][-1]
    decision = next(one for one in told if one["kind"] == "decision")
    content = held[f"contents/{decision['content']}.json"]
    made_of = json.loads(content)
    assert made_of["content"]["subject"] == "La lettre" and made_of["notices"] == decision["notice"]
    bound = f"{version} {sha256(content).hexdigest()} {decision['pack']}"
    assert approval["binding"] == sha256(bound.encode()).hexdigest()
    assert json.loads(held[f"campaigns/{version}.json"])["content"] == made_of["content"]


def test_whoever_holds_a_mail_finds_its_entry_by_the_command_of_the_page(done, tmp_path):
    """Saved from her mailbox: servers have put headers on top, and her computer has line ends of its own."""
    page = (Path(__file__).parents[2] / "docs" / "journal.md").read_text("utf-8")
    (command,) = re.findall(r"```sh\npython3 -c '\n(.*?)' entries.ndjson message.eml", page, re.DOTALL)
    left = done.gw.channels[Medium.EMAIL].payloads[BRUNO]
    held = b"Return-Path: <lettre@valbrume.example>\nReceived: from relais.example\n\tby boite.example\n" + left.replace(
        b"\r", b""
    )
    (tmp_path / "message.eml").write_bytes(held)
    (tmp_path / "changed.eml").write_bytes(held.replace(b"Bonjour encore", b"Bonjour enfin"))
    (tmp_path / "entries.ndjson").write_bytes(content_of(done.bundles["everything"])["entries.ndjson"])
    found = {
        name: subprocess.run(
            [sys.executable, "-c", command, "entries.ndjson", name], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
        for name in ("message.eml", "changed.eml")
    }
    entry = json.loads(found["message.eml"])
    assert entry["kind"] == "hand_over" and f"<{entry['message']}.".encode() in left and found["changed.eml"] == ""


def test_what_messages_were_made_of_is_of_nobody(done):
    for name, content in content_of(done.bundles["everything"]).items():
        if name.startswith(("contents/", "notices/")):
            assert not any(word in content.decode() for word in ("Anne", ANNE, BRUNO, "Anaëlle")), name


ACTS = ("dropped", "dropped, and still in the manifest", "exchanged", "replaced")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("key", NAMED)
def test_a_text_left_out_or_exchanged_is_found_and_the_first_entry_that_names_it_is_told(done, tmp_path, key, act):
    """The forger writes the manifest anew, and gives what she puts there its own hash, or that of what was there."""
    draw = random.Random(f"{key} {act}")
    for turn in range(5):
        path = draw.choice([path for path in done.bundles.values() if folder(path, NAMED[key])])
        name = draw.choice(folder(path, NAMED[key]))
        digest, suffix = re.split("[/.]", name)[1:]
        first = next(at for at, one in zip(indices_of(path), entries_of(path), strict=True) if one.get(key) == digest)
        other = b'{"forged": %d}' % turn
        renamed = f"{NAMED[key]}/{sha256(other).hexdigest()[: len(digest)]}.{suffix}"
        added = {"exchanged": {renamed: other}, "replaced": {name: other}}.get(act)
        fault = verified(repacked(path, tmp_path / "t.zip", [name], added, told="still" not in act)).fault
        named = ("lacking", first) if act in ("dropped", "exchanged") else ("file", None)
        assert (fault.what, fault.index) == named and name in fault.detail and name in fault.detail.fr


def test_the_second_process_of_a_long_export_finds_the_same(done, tmp_path, monkeypatch):
    path, tool = done.bundles["campaign"], verifier()
    tampered = repacked(path, tmp_path / "t.zip", folder(path, "notices"))
    by_one = verified(tampered)
    monkeypatch.setattr(tool, "LONG_BYTES", 0)
    monkeypatch.setattr(tool.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(tool, "_walked", lambda *_: pytest.fail("one process would have done"))
    assert verified(tampered) == by_one and by_one.fault.what == "lacking" and verified(path).holds


@pytest.mark.parametrize("shelf", Shelf)
def test_a_text_that_the_database_has_no_more_or_otherwise_is_named(done, shelf):
    k, j = tables.kept_text.c, tables.journal.c
    key = next(each for each, where in NAMED.items() if where == shelf)
    named = journal_of(done.gw, "decision")[-1][key]
    this = (k.shelf == shelf, k.name == named)
    with begin(done.gw.engine) as tx:
        row = dict(tx.execute(select(tables.kept_text).where(*this)).one()._mapping)
        bodies = tx.execute(select(j.id, j.body).order_by(j.id)).all()
        tx.execute(update(tables.kept_text).where(*this).values(text=b"another one"))
    other = auditing.verify_store(done.gw)
    with begin(done.gw.engine) as tx:
        tx.execute(delete(tables.kept_text).where(*this))
    gone = auditing.verify_store(done.gw)
    with begin(done.gw.engine) as tx:
        tx.execute(insert(tables.kept_text).values(row))
    first = next(number for number, body in bodies if json.loads(body).get(key) == named)
    assert other.fault.what == "file" and f"{shelf}/{named}" in other.fault.detail.fr
    assert (gone.fault.what, gone.number) == ("lacking", first) and f"{shelf}/{named}" in gone.fault.detail.fr
    assert auditing.verify_store(done.gw).holds


def test_entries_of_the_first_format_are_not_asked_for_what_nobody_kept_then():
    """A journal that was begun before holds as it did; whoever leaves out what a later entry names gains nothing by it."""
    digests = {"notice": "a" * 64, "content": "b" * 64}
    old, new = ({"v": v, "kind": "decision", **digests} for v in (1, 2))
    lacked = []
    for told in (old, new, {**old, "pack": "c" * 16}, {"v": 2, "kind": "origin", "notice": "a" * 64}):
        seen = verifier().Seen()
        seen.take([b'{"v":2}', json.dumps(told, separators=(",", ":")).encode()])
        lacked.append(seen.lacking)
    assert lacked == [None, (1, f"contents/{'b' * 64}.json"), (1, f"packs/{'c' * 16}.json"), None]


def test_what_is_no_entry_at_all_stops_nobody_from_looking():
    for body in (
        b'{"pack":"\\ud800"}',
        b'{"v":[],"pack":"x"}',
        b'["pack":"x"',
        b'{"pack":"' + b"[" * 9000,
        b"[" * 9000 + b'"pack":"x"',
    ):
        verifier().Seen().take([body])


def test_a_text_is_kept_with_the_first_decision_that_names_it(done):
    with reading(done.gw.engine) as tx:
        kept = {(row.shelf, row.name) for row in tx.execute(select(tables.kept_text))}
    assert kept == {(NAMED[key], one[key]) for one in journal_of(done.gw, "decision") for key in ("pack", "notice", "content")}


def sealed_anew(source, target, change):
    """The same export with other entries, by whoever holds the private key: only what entries name can be looked at still."""
    tool, files = verifier(), content_of(source)
    bodies = change(files["entries.ndjson"].splitlines())
    leaves, tree = [tool.leaf_of(body) for body in bodies], tool.Tree()
    for leaf in leaves:
        tree.add(leaf)
    signer = SigningKey.generate(json.loads(files["manifest.json"])["origin"])
    note = signer.sign(Checkpoint(origin=signer.name, size=tree.size, root=tree.root()))
    told = json.loads(files["manifest.json"]) | {"size": tree.size, "entries": tree.size}
    added = {
        "entries.ndjson": b"".join(body + b"\n" for body in bodies),
        "leaves.txt": b"".join(b"%d %s\n" % (at, leaf.hex().encode()) for at, leaf in enumerate(leaves)),
        "keys.txt": f"{signer.verify_key}\tcreated\n".encode(),
        "checkpoint.txt": note.encode(),
        "checkpoints.txt": b"",
        "manifest.json": json.dumps(told).encode(),
    }
    return repacked(source, target, added=added)


def of_kind(bodies, kind):
    return [at for at, body in enumerate(bodies) if json.loads(body)["kind"] == kind]


def test_facts_that_a_decision_rests_on_are_looked_for_and_must_be_those_of_their_hash(done, tmp_path):
    """Without them nobody can compute the verdict anew."""
    whole = done.bundles["everything"]

    def without(bodies):
        gone = set(of_kind(bodies, "facts")[:1])
        return [body for at, body in enumerate(bodies) if at not in gone]

    def altered(bodies):
        at = of_kind(bodies, "facts")[0]
        told = json.loads(bodies[at])
        told["body"] = told["body"].replace('"granted"', '"none"')
        return [*bodies[:at], json.dumps(told, sort_keys=True, separators=(",", ":")).encode(), *bodies[at + 1 :]]

    def later(bodies):
        at = of_kind(bodies, "facts")[0]
        return [*bodies[:at], *bodies[at + 1 :], bodies[at]]

    for change in (without, altered):
        path = sealed_anew(whole, tmp_path / f"{change.__name__}.zip", change)
        bodies = content_of(path)["entries.ndjson"].splitlines()
        first = of_kind(bodies, "decision")[0]
        fault = verified(path).fault
        assert fault is not None and (fault.what, fault.index) == ("lacking", first)
        assert f"facts {json.loads(bodies[first])['facts']}" in fault.detail.fr
    assert verified(sealed_anew(whole, tmp_path / "later.zip", later)).holds


class TestRules:
    """The version of rules has 16 digits: whoever writes rules can make two texts of one version, and show the milder one."""

    def test_a_text_of_the_same_version_that_was_not_in_force_is_named(self, done, tmp_path):
        whole = done.bundles["everything"]
        (told,) = (one for one in entries_of(whole) if one["kind"] == "pack")
        assert told["text"] == sha256(content_of(whole)[f"packs/{told['pack']}.json"]).hexdigest()
        other = told["text"][:16] + "0" * 48

        def renamed(bodies):
            return [body.replace(told["text"].encode(), other.encode()) for body in bodies]

        assert verified(sealed_anew(whole, tmp_path / "same.zip", list)).holds
        fault = verified(sealed_anew(whole, tmp_path / "other.zip", renamed)).fault
        assert fault.what == "lacking" and other in fault.detail
        assert fault.index == of_kind(content_of(whole)["entries.ndjson"].splitlines(), "pack")[0]

    def test_so_is_one_in_the_database(self, gw):
        with begin(gw.engine) as tx:
            told = written(EntryKind.PACK, gw.clock.now(), pack=gw.pack.version, text=gw.pack.version + "0" * 48)
            journal.append(tx, [told])
        sealing.seal(gw)
        fault = auditing.verify_store(gw).fault
        assert fault.what == "lacking" and "0" * 48 in fault.detail

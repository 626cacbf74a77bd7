"""Exports of a short journal, taken apart and put together otherwise, and rows of tables changed, as a forger would."""

from __future__ import annotations

import json
import shutil
import zipfile
from contextlib import contextmanager
from hashlib import sha256

import pytest
from sqlalchemy import delete, insert, select, update

from gateway.audit.checkpoint import Checkpoint
from gateway.audit.entry import EntryKind, entry
from gateway.flows import auditing, sealing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.verifier import verifier
from gateway.store import journal
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.sending.support import installation


@contextmanager
def sealed(template, folder):
    """An installation with a short journal."""
    file = folder / "p.db"
    shutil.copyfile(template, file)
    with installation(f"sqlite:///{file}", ManualClock(), folder / "var") as gw:
        write(gw, 20)
        yield gw


def write(gw, many):
    with begin(gw.engine) as tx:
        journal.append(tx, [entry(EntryKind.OPERATOR, gw.clock.now(), act="tested", number=n) for n in range(many)])
    sealing.seal(gw)


def exported(template, folder):
    """(path, public key) of an export of the whole of a short journal."""
    with sealed(template, folder) as gw:
        auditing.export(gw, folder / "all.zip", Scope(), by="Claire")
        return folder / "all.zip", str(sealing.verify_keys(gw)[0])


def content_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path, files):
    """A bundle of these files; its manifest agrees with those beside the entries, unless it is left as it is (str)."""
    manifest = files["manifest.json"]
    if isinstance(manifest, bytes):
        beside = {name for name in files if name not in ("manifest.json", "entries.ndjson", "leaves.txt")}
        told = json.loads(manifest) | {"files": {name: sha256(files[name]).hexdigest() for name in beside}}
        manifest = json.dumps(told).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, "manifest.json": manifest}.items():
            archive.writestr(name, content)
    return path


def verified(path, key=None):
    tool = verifier()
    return tool.verify(str(path), tool.read_key(key) if key else None)


def refusal(path, key=None):
    """What the verifier says of a file that it does not take for a bundle."""
    with pytest.raises(verifier().Damaged) as damage:
        verified(path, key)
    return damage.value.why.fr


def sealed_anew(files, bodies, signer, at):
    """An export of these bodies, leaves and signature in order: what whoever has the key of the journal can make of anything."""
    tool, leaves = verifier(), []
    tree = tool.Tree()
    for index, body in enumerate(bodies):
        leaf = tool.leaf_of(body)
        tree.add(leaf)
        leaves.append(b"%d %s\n" % (index, leaf.hex().encode()))
    note = signer.sign(Checkpoint(origin=signer.name, size=tree.size, root=tree.root(), at=at)).encode()
    told = json.loads(files["manifest.json"]) | {"origin": signer.name, "size": tree.size, "entries": tree.size}
    texts = {"entries.ndjson": b"".join(body + b"\n" for body in bodies), "leaves.txt": b"".join(leaves)}
    keys = f"{signer.verify_key}\tcreated\t{at.isoformat()}\t\n".encode()
    beside = {"checkpoint.txt": note, "checkpoints.txt": b"", "keys.txt": keys, "manifest.json": json.dumps(told).encode()}
    return {name: content for name, content in files.items() if "/" not in name} | texts | beside


@contextmanager
def changed(gw, statement):
    """The rows of the table that the statement is about, as it leaves them; afterwards as they were."""
    table = statement.table
    with reading(gw.engine) as tx:
        before = [dict(row) for row in tx.execute(select(table)).mappings()]
    with begin(gw.engine) as tx:
        assert tx.execute(statement).rowcount
    yield
    with begin(gw.engine) as tx:
        if statement.is_update:
            for row in before:
                tx.execute(update(table).where(*(one == row[one.name] for one in table.primary_key)).values(**row))
        else:
            tx.execute(delete(table))
            if before:
                tx.execute(insert(table), before)

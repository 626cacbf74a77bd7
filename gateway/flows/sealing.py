"""Sealing: what was committed enters the tree within seconds, and a signed checkpoint says so; off the sending path.

Whoever has the private key seals; another process without it leaves sealing to that one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from gateway.audit.checkpoint import Checkpoint, SigningKey, VerifyKey, read_checkpoint
from gateway.audit.entry import EntryKind, entry
from gateway.audit.merkle import consistency_proof, leaf_hashes, root_at, verify_consistency
from gateway.domain.errors import Conflict, InvalidInput, system_says
from gateway.flows import lastseal
from gateway.flows.gateway import Gateway
from gateway.store import journal, sealing
from gateway.store.engine import Connection, begin, reading
from gateway.store.sealing import SignedCheckpoint
from gateway.store.tree import Tree

log = logging.getLogger(__name__)

#: Entries that enter the tree in one transaction: few enough that nobody waits for it on SQLite.
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvent:
    """What happened to a key of the journal."""

    at: datetime
    act: str  #: created, rotated (replaces another, which signed this), revoked (replaces one that is no longer to be trusted)
    key: VerifyKey
    replaces: str | None
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What everybody may know of the journal."""

    keys: tuple[KeyEvent, ...]  #: the newest first
    latest: SignedCheckpoint | None


def seal(gw: Gateway) -> int:
    """Bring every entry that is committed now into the tree, sign a checkpoint for each step; returns how many entries entered.

    Raises Conflict when the tree does not continue the last signed checkpoint: what was bent behind our back is never signed.
    Constant memory, and a cost for each entry that does not depend on the size of the tree. Does nothing when another process
    seals, or when this one does not have the key.
    """
    key = _signing_key(gw)
    if key is None:
        return 0
    total = _seal_with(gw, [key])
    if total:
        lastseal.keep(gw)
    return total


def origin(gw: Gateway, events: Sequence[KeyEvent]) -> str:
    """The name of this installation's journal: that of its keys, whatever its settings say since the first.

    events: what happened to its keys, in any order. A journal is known outside by its name, on keys and checkpoints that
    people keep: when the campaign moves to another address, it keeps it.
    """
    if events:
        return max(events, key=lambda event: event.at).key.name
    return gw.settings.journal.origin or f"{urlsplit(gw.settings.web.public_url).netloc or 'passerelle'}/journal"


def key_path(gw: Gateway) -> Path:
    """Where the private key is kept."""
    return gw.settings.journal.key_file or gw.settings.var_dir / "journal.pem"


def key_events(tx: Connection) -> list[KeyEvent]:
    """Everything that happened to keys, oldest first."""
    events = []
    for recorded in journal.of_keys(tx):
        told = orjson.loads(recorded.body)
        key = VerifyKey.parse(told["key"])
        events.append(KeyEvent(at=recorded.at, act=told["act"], key=key, replaces=told.get("replaces"), why=told.get("why")))
    return events


def verify_keys(gw: Gateway) -> list[VerifyKey]:
    """Every public key this journal was ever sealed with, the newest first."""
    with reading(gw.engine) as tx:
        return [event.key for event in reversed(key_events(tx))]


def key_history(gw: Gateway) -> list[KeyEvent]:
    """Everything that happened to keys, the newest first."""
    with reading(gw.engine) as tx:
        return key_events(tx)[::-1]


def published(gw: Gateway) -> Published:
    """Keys and the newest checkpoint, for the public page."""
    with reading(gw.engine) as tx:
        return Published(keys=tuple(key_events(tx)[::-1]), latest=sealing.latest_checkpoint(tx))


def latest_note(gw: Gateway) -> str:
    """The newest signed checkpoint. Raises Conflict when nothing was sealed yet."""
    with reading(gw.engine) as tx:
        latest = sealing.latest_checkpoint(tx)
    if latest is None:
        raise Conflict("le journal n’a encore aucun point de contrôle")
    return latest.note


def waits_for_its_key(gw: Gateway) -> bool:
    """Whether entries stand outside of the tree because this process does not have the key."""
    if _signing_key(gw) is not None:
        return False
    with reading(gw.engine) as tx:
        return sealing.oldest_waiting(tx, sealing.progress(tx)) is not None


def rotate_key(gw: Gateway, *, by: str, why: str, trusted: bool = True) -> VerifyKey:
    """Replace the key; returns the new public key. Everything committed so far is sealed with the old one first.

    trusted: the old key was not lost or stolen; it then signs, beside the new one, the checkpoint that holds the change and names
    the new one: whoever trusts the old key may trust the new one, and nobody who trusts the new one the old one.
    Otherwise the old key is revoked, and the new one must be made known anew.
    Raises Conflict when there is no key to replace, or the old one is not at hand.
    """
    with reading(gw.engine) as tx:
        events = key_events(tx)
    if not events:
        raise Conflict("le journal n’a pas encore de clé : elle est faite au premier scellement")
    old = _stored_key(gw, events)
    if trusted and (old is None or old.verify_key != events[-1].key):
        raise Conflict(
            f"{key_path(gw)} ne contient pas la clé actuelle du journal : remettez-la, ou révoquez-la (gateway audit key revoke)"
        )
    if trusted:
        seal(gw)
    new = SigningKey.generate(origin(gw, events))
    at = gw.clock.now()
    told = entry(
        EntryKind.KEY,
        at,
        act="rotated" if trusted else "revoked",
        key=str(new.verify_key),
        replaces=str(events[-1].key),
        why=why,
        by=by,
    )
    _write_key(key_path(gw), new, replace=True)
    with begin(gw.engine) as tx:
        journal.append(tx, [told])
    signers = [old, new] if trusted and old is not None else [new]
    _seal_with(gw, signers)
    return new.verify_key


def _seal_with(gw: Gateway, keys: list[SigningKey]) -> int:
    """Seal, and sign with these keys, what stands there now; returns how many entries.

    What comes while the last step is made is for the next seal: while a campaign leaves something always does, and whoever waits
    for a checkpoint, or an export, would wait until it has left.
    """
    total, found = 0, _AT_ONCE
    while found >= _AT_ONCE:
        found = _step(gw, keys)
        total += found
    return total


def _step(gw: Gateway, keys: list[SigningKey]) -> int:
    """Everything is computed from what was read; then it is written, if nobody else sealed meanwhile: nobody waits for a hash."""
    with reading(gw.engine) as tx:
        known = sealing.progress(tx)
        read = sealing.unsealed(tx, known, _AT_ONCE)
        tree = Tree(tx, known.size)
        leaves = leaf_hashes([digest for _, digest in read.entries])
        tree.grow(list(zip(read.numbers, leaves, strict=True)))
        signed = _signed(gw, tree, keys) if read.entries else None
        broken = signed and _contradicted(tx, known.size, tree, signed)
    with begin(gw.engine) as tx:
        if not sealing.lock(tx) or sealing.progress(tx) != known or key_events(tx)[-1].key != keys[-1].verify_key:
            return 0  # somebody else sealed, or changed the key: what tells of a change is signed by the one that came
        if broken:  # and nobody sealed while it was read
            raise Conflict(f"{broken} : rien n’est scellé ; `gateway audit verify` nomme la première entrée en cause")
        if signed is None:
            if known.gaps:
                sealing.keep_progress(tx, sealing.advanced(tx, known, read))
            return 0
        tree.write(tx)
        sealing.keep_progress(tx, sealing.advanced(tx, known, read))
        sealing.add_checkpoint(tx, signed)
    return len(read.entries)


def _signed(gw: Gateway, tree: Tree, keys: list[SigningKey]) -> SignedCheckpoint:
    at = gw.clock.now().replace(microsecond=0)
    successor = str(keys[-1].verify_key) if len(keys) > 1 else None
    made = Checkpoint(origin=keys[-1].name, size=tree.size, root=root_at(tree.size, tree.node), at=at, successor=successor)
    note = keys[0].sign(made)
    for also in keys[1:]:
        note += also.sign(made).partition("\n\n")[2]
    return SignedCheckpoint(size=made.size, root=made.root, at=at, note=note)


def _contradicted(tx: Connection, size: int, tree: Tree, signed: SignedCheckpoint) -> str | None:
    """What is wrong, in French, when the tree does not begin with the checkpoint signed last: some twenty hashes tell, whatever
    its size; or when that one is not of the size up to which was sealed: each seal signed one, and none is ever taken away."""
    last = sealing.latest_checkpoint(tx)
    if (last.size if last else 0) != size:
        return f"le dernier point de contrôle du journal n’est pas celui de ses {size} entrées scellées"
    if last is None:
        return None
    point, signer = read_checkpoint(last.note, [event.key for event in key_events(tx)])  # the columns beside it nobody signed
    proof = consistency_proof(last.size, tree.size, tree.node) if 0 < last.size <= tree.size else []
    if signer and verify_consistency(point.size, point.root, signed.size, signed.root, proof):
        return None
    return f"l’arbre du journal ne continue pas le point de contrôle signé de {last.size} entrées"


def _signing_key(gw: Gateway) -> SigningKey | None:
    """The key to sign with, made at the first seal; None when this machine does not have it."""
    with reading(gw.engine) as tx:
        events = key_events(tx)
    key = _stored_key(gw, events)
    if key is not None and events and key.verify_key == events[-1].key:
        return key
    if events:
        log.debug("%s does not hold the present key of the journal: another process seals", key_path(gw))
        return None
    if key is None:
        key = SigningKey.generate(origin(gw, events))
        _write_key(key_path(gw), key, replace=False)
    with begin(gw.engine) as tx:
        if not sealing.lock(tx) or key_events(tx):
            return None
        journal.append(tx, [entry(EntryKind.KEY, gw.clock.now(), act="created", key=str(key.verify_key))])
    return key


def _stored_key(gw: Gateway, events: Sequence[KeyEvent]) -> SigningKey | None:
    try:
        return SigningKey.from_pem(origin(gw, events), key_path(gw).read_bytes())
    except FileNotFoundError:
        return None
    except InvalidInput as fault:
        raise Conflict(f"{key_path(gw)} : {fault}") from fault
    except OSError as fault:
        raise Conflict(f"{key_path(gw)} : la clé du journal ne se lit pas ({system_says(fault)})") from fault


def _write_key(path: Path, key: SigningKey, *, replace: bool) -> None:
    """Keep a private key, mode 0600; the one it replaces stays beside it, since old checkpoints may have to be signed again.

    Raises Conflict where it cannot be written; all is then as it was.
    """
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if replace and path.exists():
            number = next(n for n in range(1, 10_000) if not path.with_name(f"{path.name}.{n}").exists())
            aside = path.rename(path.with_name(f"{path.name}.{number}"))
        _write_private(path, key.to_pem())
    except OSError as fault:
        if aside is not None:
            aside.rename(path)
        raise Conflict(
            f"{path} : la clé du journal n’a pas pu y être écrite ({system_says(fault)}) ; sans elle rien n’est scellé"
        ) from fault


def _write_private(path: Path, content: bytes) -> None:
    """Write a new file that nobody else reads; of half a key nothing stays, since no other would be made beside it."""
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(fd)
    except OSError:
        path.unlink()
        raise

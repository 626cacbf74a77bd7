"""Putting a pack version into force."""

from __future__ import annotations

from hashlib import sha256

from gateway.audit.entry import EntryKind, entry
from gateway.flows.gateway import Gateway
from gateway.store import journal, kept, outbox
from gateway.store.engine import begin, reading
from gateway.store.kept import Shelf


def adopt_pack(gw: Gateway) -> int:
    """Keep the text of a pack version at its first use, and let the gate decide again on whatever was deferred under another.

    Returns how many deferred messages were woken: a date that moved moves what was waiting for it.
    """
    with reading(gw.engine) as tx:
        if kept.known(tx, Shelf.PACKS, gw.pack.version):
            return 0
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        if not kept.keep(tx, Shelf.PACKS, gw.pack.version, gw.pack.text, at):
            return 0
        woken = outbox.wake_deferred(tx, at=at)
        text = sha256(gw.pack.text).hexdigest()
        journal.append(tx, [entry(EntryKind.PACK, at, pack=gw.pack.version, text=text, woken=woken)])
    return woken

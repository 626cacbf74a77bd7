"""The certificate of what terms of retention erased: numbers, rules, and the entries of the journal that prove it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from gateway.audit.entry import EntryKind
from gateway.compliance.explain import reference
from gateway.domain.errors import Conflict
from gateway.flows.auditing.proofs import proven
from gateway.flows.auditing.scope import in_order
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import key_events, seal
from gateway.store import auditing, sealing
from gateway.store.auditing import Choice
from gateway.store.engine import Connection, reading
from gateway.store.journal import Recorded
from gateway.store.tree import places

#: A certificate of more entries leaves their paths to an export.
PATHS_AT_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """One erasure as the journal has it."""

    number: int  #: of the entry
    at: datetime
    rules: tuple[str, ...]
    counts: dict[str, int]


def certificate(gw: Gateway, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """The certificate as plain values: sums, sources, entries with their place, paths to the signed root. Nobody is named in it.

    Whatever was committed is sealed first. Raises Conflict when nothing ever was, InvalidInput for a time that ends before it
    begins.
    """
    in_order(since, until, "--until")
    seal(gw)
    with reading(gw.engine) as tx:
        latest = sealing.latest_checkpoint(tx)
        if latest is None:
            raise Conflict("le journal n’a encore aucun point de contrôle")
        found = list(_erased(_told(tx, since, until)))
        # A sweep frees what was erased before it, and may come after the time that is certified.
        last = max((one.number for one, _ in found), default=0)
        sweeps = [
            {"at": recorded.at, "full": told["full"], "remains": told["remains"]}
            for recorded, told in _told(tx, since, None)
            if told.get("act") == "swept" and recorded.id > last
        ]
        where = places(tx, [one.number for one, _ in found])
        few = [recorded for _, recorded in found] if len(found) <= PATHS_AT_MOST else []
        paths = proven(tx, few, latest.size)
        keys = sorted({str(event.key) for event in key_events(tx)})
    total: Counter[str] = Counter()
    for one, _ in found:
        total.update(one.counts)
    rules = dict.fromkeys(rule for one, _ in found for rule in one.rules)
    return {
        "at": gw.clock.now(),
        "zone": gw.pack.calendar.zone.key,
        "controller": gw.settings.controller,
        "since": since,
        "until": until,
        "sums": {name: count for name, count in total.items() if count},
        "sources": sources(gw, rules),
        "erasures": [
            {"number": one.number, "at": one.at, "rules": one.rules, "counts": one.counts, "index": where.get(one.number)}
            for one, _ in found
        ],
        "checkpoint": latest.note.splitlines(),
        "public_keys": keys,
        "proofs": paths,
        "sweeps": sweeps,
    }


def sources(gw: Gateway, rules: Iterable[str]) -> list[tuple[str, str]]:
    """(rule, what it rests on) for those the present pack knows."""
    known = {rule.id: rule for rule in gw.pack.rules}
    return [(one, reference(known[one].source.instrument, known[one].source.article)) for one in rules if one in known]


def _told(tx: Connection, since: datetime | None, until: datetime | None) -> Iterator[tuple[Recorded, dict[str, object]]]:
    """Every entry about what was erased or swept, and what it says."""
    for recorded in auditing.each(tx, Choice(since=since, until=until, kinds=(EntryKind.ERASURE,))):
        yield recorded, orjson.loads(recorded.body)


def _erased(entries: Iterable[tuple[Recorded, dict[str, Any]]]) -> Iterator[tuple[Certified, Recorded]]:
    """Those of them that are about terms."""
    for recorded, told in entries:
        if told.get("rules"):
            one = Certified(number=recorded.id, at=recorded.at, rules=tuple(told["rules"]), counts=told["counts"])
            yield one, recorded

"""Do the inbox and the opposition list say of what people wrote, and of how soon it was obeyed, what the journal says?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gateway.audit.entry import EntryKind, stamp
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.flows.auditing.acts import Difference
from gateway.store import beside, tabled
from gateway.store.engine import Connection

_AT_ONCE = 1_000


def replies_of(tx: Connection) -> Iterator[Difference]:
    """Each reply is the one that was read, whoever may have objected waits in her pause, and each delay is the one measured."""
    settled, waiting = set[int](), list[dict[str, object]]()
    for one in beside.told(tx, EntryKind.REPLY):
        told = orjson.loads(one.body)
        if told.get("act") == "settled":
            settled.add(told["letter"])
    for one in beside.told(tx, EntryKind.REPLY):
        told = orjson.loads(one.body)
        if "intent" in told:
            waiting.append(told)
        if len(waiting) >= _AT_ONCE:
            yield from _replies(tx, waiting, settled)
            waiting = []
    yield from _replies(tx, waiting, settled)
    yield from _delays(tx)


def _replies(tx: Connection, told: list[dict[str, Any]], settled: set[int]) -> Iterator[Difference]:
    there = tabled.replies(tx, [one["letter"] for one in told]) if told else {}
    paused = [one for one in told if one.get("act") == "paused" and one["letter"] not in settled]
    kept = tabled.listed(tx, [bytes.fromhex(one["digest"]) for one in paused]) if paused else set()
    for one in told:
        row, number = there.get(one["letter"]), one["letter"]
        if row is None:
            yield Difference("reply", number, f"réponse n° {number} : le journal dit qu’elle est arrivée, et elle n’est plus là")
        elif (row.digest, stamp(row.received_at)) != (bytes.fromhex(one["digest"]), one["received"]):
            yield Difference("reply", number, f"réponse n° {number} : ce n’est plus celle du journal (qui l’a écrite, et quand)")
    for one in paused:
        digest = bytes.fromhex(one["digest"])
        if not kept & {(digest, one["medium"]), (digest, EVERY_MEDIUM)}:
            said = "rien ne retient plus qui l’a écrite, et personne ne l’a réglée"
            yield Difference("pause", one["letter"], f"réponse n° {one['letter']} : {said}")


def _delays(tx: Connection) -> Iterator[Difference]:
    """How soon each objection took effect, which the list tells, is what was measured then."""
    measured = {
        hash((told.get("since", told["at"]), told.get("delay_ms"), told["cause"]))
        for told in (orjson.loads(one.body) for one in beside.told(tx, EntryKind.OBJECTION))
        if "delay_ms" in told
    }
    for one in tabled.delayed(tx):
        if hash((stamp(one.since), one.delay_ms, one.cause)) not in measured:
            said = "son instant, son délai ou sa cause ne sont plus ceux du journal"
            yield Difference("objection", None, f"opposition n° {one.seq} de la liste : {said}")

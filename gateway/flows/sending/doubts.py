"""A message in doubt is settled: by what its provider says, or by a person's word. One move, one entry in the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.store import journal, outbox
from gateway.store.engine import Connection, begin

_REPLY_CHARACTERS, _EVIDENCE_CHARACTERS = 500, 200


def settlement(message_id: int, state: MessageState, evidence: str, *, at: datetime, by: str = "gateway", **also: Any) -> Entry:
    """The entry of a message whose end somebody says later; also: campaign, person, until when it waits."""
    shown = evidence[:_EVIDENCE_CHARACTERS]
    return entry(EntryKind.SETTLEMENT, at, message_id=message_id, state=state.value, evidence=shown, by=by, **also)


def resolve(
    tx: Connection, message_id: int, state: MessageState, evidence: str, *, at: datetime, reply: str = "", **also: Any
) -> list[Entry]:
    """uncertain -> accepted | abandoned; returns the entry, or none when it was not uncertain (any more).

    reply: the provider's number of it, where it has one; what else the row shows is the evidence.
    """
    if not outbox.resolve(tx, message_id, state, reply=(reply or evidence)[:_REPLY_CHARACTERS], at=at):
        return []
    return [settlement(message_id, state, evidence, at=at, **also)]


def settle_by_evidence(gw: Gateway, message_id: int, state: MessageState, *, evidence: str, by: str) -> bool:
    """The same in a transaction of its own, on a log's evidence or a person's word; False when it was not uncertain."""
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        settled = resolve(tx, message_id, state, evidence, at=at, reply=f"{by}: {evidence}", by=by)
        journal.append(tx, settled)
    return bool(settled)

"""A message in doubt is settled: by what its provider or the relay's log says, or by a person's word. One move, one entry in the
journal; every mail carries a Message-ID that only we can make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.store import journal, outbox
from gateway.store.engine import Connection, begin, reading

_REPLY_CHARACTERS, _EVIDENCE_CHARACTERS = 500, 200
#: As Postfix logs it (message-id=<…>), or a bare Message-ID.
_REFERENCE = re.compile(rb"<([0-9a-f]+\.[0-9a-f]{20})@")
#: Uncertain messages looked for at once; far more than crashes leave.
_MOST = 100_000


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledByLog:
    """What a log settled."""

    accepted: int
    abandoned: int
    left: int  #: mails still uncertain


def settle_by_log(gw: Gateway, log: Path, *, by: str, complete: bool = False) -> SettledByLog:
    """Read a mail log line by line, in constant memory. Of texts and calls it says nothing: they are left as they are.

    complete: the log covers the whole time of the hand-overs, so what it does not name was never taken; otherwise such
    messages stay uncertain. Nothing is ever sent again.
    """
    with reading(gw.engine) as tx:
        mails = [number for number, medium in outbox.uncertain(tx, most=_MOST) if medium is Medium.EMAIL]
    doubtful = {gw.keys.message_reference(number).encode(): number for number in mails}
    seen: set[bytes] = set()
    with log.open("rb") as lines:
        for line in lines:
            seen.update(found for found in _REFERENCE.findall(line) if found in doubtful)
    accepted = abandoned = 0
    for reference, message_id in doubtful.items():
        if reference in seen:
            accepted += settle_by_evidence(gw, message_id, MessageState.ACCEPTED, evidence=f"named in {log.name}", by=by)
        elif complete:
            abandoned += settle_by_evidence(gw, message_id, MessageState.ABANDONED, evidence=f"not named in {log.name}", by=by)
    return SettledByLog(accepted=accepted, abandoned=abandoned, left=len(doubtful) - accepted - abandoned)

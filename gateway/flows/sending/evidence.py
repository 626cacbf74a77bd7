"""Settling uncertain mails by the relay's own log: every mail carries a Message-ID that only we can make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.flows.sending.doubts import settle_by_evidence
from gateway.store import outbox
from gateway.store.engine import reading

#: As Postfix logs it (message-id=<…>), or a bare Message-ID.
_REFERENCE = re.compile(rb"<([0-9a-f]+\.[0-9a-f]{20})@")
#: Uncertain messages looked for at once; far more than crashes leave.
_MOST = 100_000


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

"""Why a message is where it is: the last decision about it, computed anew from its record, in the words of its rules."""

from __future__ import annotations

import orjson

from gateway.audit.entry import EntryKind
from gateway.compliance.explain import Explanation, explain
from gateway.compliance.verdict import RULE_FAILED
from gateway.domain.message import MessageState
from gateway.flows.auditing.replay import Memory
from gateway.flows.gateway import Gateway
from gateway.store import journal, outbox
from gateway.store.engine import reading


def recalled(gw: Gateway, message_id: int) -> tuple[Explanation, ...]:
    """What decided of one message, a sentence for each rule; empty when no rule did, or the journal no longer tells."""
    with reading(gw.engine) as tx:
        decisions = [one for one in journal.of_message(tx, message_id) if one.kind == EntryKind.DECISION]
        told = orjson.loads(decisions[-1].body) if decisions else {}
        judged = Memory(tx).judged(told) if "facts" in told and RULE_FAILED not in told["rules"] else ""
    if isinstance(judged, str):
        return ()
    verdict, pack = judged
    return tuple(one for one in explain(verdict, pack, gw.settings.language) if one.rule in verdict.rules)


def example(gw: Gateway, campaign_id: int, state: MessageState, because: str) -> tuple[int, tuple[Explanation, ...]]:
    """The first message of a campaign that stands there for this reason, and what decided of it."""
    with reading(gw.engine) as tx:
        first = outbox.first_because(tx, campaign_id, state, because)
    return first, recalled(gw, first)

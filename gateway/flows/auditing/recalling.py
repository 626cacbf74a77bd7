"""Why a message is where it is: the last decision about it, computed anew from its record, in the words of its rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from gateway.audit.entry import EntryKind
from gateway.compliance.explain import Explanation, explain
from gateway.compliance.verdict import RULE_FAILED
from gateway.domain.message import MessageState
from gateway.flows.auditing.replay import Memory
from gateway.flows.gateway import Gateway
from gateway.store import journal, progress
from gateway.store.engine import reading

_HOURS_SHOWN = 24


def recalled(gw: Gateway, message_id: int) -> tuple[Explanation, ...]:
    """What decided of one message, a sentence for each rule; empty when no rule did, or the journal no longer tells."""
    return recalled_each(gw, [message_id]).get(message_id, ())


def recalled_each(gw: Gateway, message_ids: Sequence[int]) -> dict[int, tuple[Explanation, ...]]:
    """The same of a page of messages; those that are missing were decided by no rule, or the journal no longer tells."""
    last: dict[int, dict[str, Any]] = {}
    found: dict[int, tuple[Explanation, ...]] = {}
    if not message_ids:
        return found
    with reading(gw.engine) as tx:
        memory = Memory(tx)
        for recorded in journal.of_messages(tx, message_ids):
            if recorded.kind == EntryKind.DECISION:
                told = orjson.loads(recorded.body)
                last[told["message"]] = told
        for message_id, told in last.items():
            judged = memory.judged(told) if "facts" in told and RULE_FAILED not in told["rules"] else ""
            if not isinstance(judged, str):
                verdict, pack = judged
                said = explain(verdict, pack, gw.settings.language)
                found[message_id] = tuple(one for one in said if one.rule in verdict.rules)
    return found


def example(gw: Gateway, campaign_id: int, state: MessageState, because: str) -> tuple[int, tuple[Explanation, ...]]:
    """The first message of a campaign that stands there for this reason, and what decided of it."""
    with reading(gw.engine) as tx:
        first = progress.first_because(tx, campaign_id, state, because)
    return first, recalled(gw, first)


def due_hours(gw: Gateway, campaign_id: int, because: str) -> list[tuple[datetime, int]]:
    """When those that wait for one reason are decided again, minute by minute, and how many each time, the first hours first."""
    with reading(gw.engine) as tx:
        return progress.due_hours(tx, campaign_id, because, most=_HOURS_SHOWN)

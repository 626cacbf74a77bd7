"""The messages of one person's file, page by page, as the plain values that its pages and its JSON take; instants are aware."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from gateway.audit.entry import EntryKind
from gateway.compliance.explain import explain
from gateway.compliance.verdict import RULE_FAILED, Allow
from gateway.flows.auditing.proofs import Proven, Prover
from gateway.flows.auditing.reconstituting import Reconstitution, Words
from gateway.flows.auditing.replay import Memory
from gateway.store import known
from gateway.store.engine import Connection
from gateway.store.journal import Recorded
from gateway.store.known import MessageOnRecord

#: Entries that are shown with what they are about, and not again in the list of other events.
_SHOWN_ELSEWHERE = frozenset({EntryKind.DECISION, EntryKind.FACTS, EntryKind.HAND_OVER})
#: Nothing by which our own tables know her leaves with the file.
_KEPT_BACK = frozenset({"digest", "twin", "contact_id", "campaign_id"})
_PROVEN = tuple(Proven.__dataclass_fields__)
#: Of an attempt to hand a message over: payload is the SHA-256 of the bytes that left.
_HAND_OVER = ("began", "at", "outcome", "payload", "reply", "code", "why")


def shown(one: Any) -> dict[str, object]:
    """A row of ours as plain values, without what only our own tables know her by."""
    return {name: value for name, value in asdict(one).items() if name not in _KEPT_BACK}


def part_of(messages: Sequence[dict[str, object]], proven: Sequence[Proven]) -> dict[str, Any]:
    """A part of the file: a page of her messages with the entries about them, or all that is about none.

    Of the entries of the journal, `events` are those that no message shows.
    """
    entries = [{name: getattr(one, name) for name in _PROVEN} for one in proven]
    events = [one for one in entries if one["entry"]["kind"] not in _SHOWN_ELSEWHERE]
    return {"messages": messages, "entries": entries, "events": events}


class Teller:
    """Tells a person's messages, page by page, from the entries about them."""

    def __init__(self, tx: Connection, facts: Mapping[str, Recorded], prover: Prover, again: Reconstitution) -> None:
        self._tx, self._facts, self._prover, self._again = tx, dict(facts), prover, again
        self._memory = Memory(tx)

    def part(self, page: Sequence[MessageOnRecord], recorded: Sequence[Recorded]) -> dict[str, Any]:
        """A page of her messages: what each said, what was decided on it and by which rules, what came back.

        recorded: the entries about them; facts come with the first page that rests on them.
        """
        parsed = [(one, orjson.loads(one.body)) for one in recorded]
        behind = [facts for _, told in parsed if (facts := self._facts.pop(told.get("facts", ""), None)) is not None]
        for one in behind:
            self._memory.learn(orjson.loads(one.body))
        entries = self._prover.proven([*behind, *recorded])
        return part_of(self._messages(page, parsed, {one.number for one in entries}), entries)

    def _messages(
        self, page: Sequence[MessageOnRecord], parsed: Sequence[tuple[Recorded, dict[str, Any]]], sealed: Container[int]
    ) -> list[dict[str, object]]:
        """Each message of a page. sealed: numbers of the entries with a proof."""
        decided: dict[int, list[tuple[dict[str, Any], Allow | None]]] = {}
        handed: dict[int, list[dict[str, Any]]] = {}
        for one, told in parsed:
            if one.kind == EntryKind.DECISION:
                decided.setdefault(told["message"], []).append(_decision(self._memory, one, told, one.id in sealed))
            elif one.kind == EntryKind.HAND_OVER:
                attempt = {"number": one.id, "sealed": one.id in sealed} | {name: told.get(name) for name in _HAND_OVER}
                handed.setdefault(told["message"], []).append(attempt)
        came_back: dict[int, list[dict[str, object]]] = {}
        for receipt in known.receipts(self._tx, [message.number for message in page]):
            came_back.setdefault(receipt.message_id, []).append(asdict(receipt))
        messages = []
        for message in page:
            decisions, hand_overs = decided.get(message.number, []), handed.get(message.number, [])
            approval = self._again.approval(message.campaign_id)
            words = _words(self._again, message, decisions, hand_overs)
            told_of = {
                "approved": {"by": approval.approver, "at": approval.at} if approval is not None else None,
                "words": asdict(words) if words is not None else None,
                "decisions": [decision for decision, _ in decisions],
                "hand_overs": hand_overs,
                "receipts": came_back.get(message.number, []),
            }
            messages.append(shown(message) | told_of)
        return messages


def _words(
    again: Reconstitution,
    message: MessageOnRecord,
    decisions: Sequence[tuple[dict[str, Any], Allow | None]],
    hand_overs: Sequence[dict[str, Any]],
) -> Words | None:
    """What a message that was handed over said."""
    allowed = next(((decision["at"], verdict) for decision, verdict in reversed(decisions) if verdict is not None), None)
    if allowed is None or not hand_overs:
        return None
    payload = next((one["payload"] for one in reversed(hand_overs) if one["payload"]), None)
    at, verdict = allowed
    return again.words(message, verdict, at, payload)


def _decision(memory: Memory, recorded: Recorded, told: dict[str, Any], sealed: bool) -> tuple[dict[str, Any], Allow | None]:
    """One verdict as the journal has it, with the sentences of the pack of its time, recomputed from the recorded facts.

    And, where it is computed anew and lets the message go, what it asks of the message. same_again: None where no pack makes it,
    or it cannot be computed any more.
    """
    decision: dict[str, Any] = {
        "number": recorded.id,
        "sealed": sealed,
        "at": recorded.at,
        "verdict": told["verdict"],
        "rules": told["rules"],
        **{name: told.get(name) for name in ("until", "pack", "content", "notice")},
        **{"same_again": None, "findings": [], "carried": []},
    }
    judged = memory.judged(told) if "facts" in told and RULE_FAILED not in told["rules"] else ""
    if isinstance(judged, str):
        return decision, None
    verdict, pack = judged
    decision["same_again"] = (verdict.name, list(verdict.rules)) == (told["verdict"], told["rules"])
    decision["findings"] = [asdict(one) for one in explain(verdict, pack)]
    if not isinstance(verdict, Allow):
        return decision, None
    words = pack.words.get("elements", {})
    decision["carried"] = [words[one]["fr"] if one in words else one for one in sorted(verdict.duties)]
    return decision, verdict

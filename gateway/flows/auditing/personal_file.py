"""What the file of one person holds, and as which plain values its page and its JSON tell it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from gateway.audit.entry import EntryKind
from gateway.compliance.explain import Explanation, explain
from gateway.compliance.verdict import RULE_FAILED, Allow
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.flows.auditing.proofs import Proven, Prover
from gateway.flows.auditing.reconstituting import Reconstitution, Words
from gateway.flows.auditing.replay import Memory
from gateway.settings import Controller
from gateway.store import known
from gateway.store.consents import ConsentStanding
from gateway.store.contacts import AddressView, PersonView
from gateway.store.engine import Connection
from gateway.store.inbox import Letter
from gateway.store.journal import Recorded
from gateway.store.known import MessageOnRecord, OriginOnRecord, ReceiptOnRecord
from gateway.store.requests import Request
from gateway.store.suppressions import Suppression

FORMAT = "passerelle-dossier/1"
#: Entries that are shown with what they are about, and not again in the list of other events.
_SHOWN_ELSEWHERE = frozenset({EntryKind.DECISION, EntryKind.FACTS, EntryKind.HAND_OVER})
#: Nothing by which our own tables know her leaves with the file.
_KEPT_BACK = frozenset({"digest", "twin", "contact_id", "campaign_id"})
_PROVEN = tuple(Proven.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTold:
    """One verdict as the journal has it, with the sentences of the pack of its time: recomputed from the recorded facts."""

    number: int  #: of its entry
    sealed: bool
    at: datetime
    verdict: str
    rules: list[str]
    until: str | None
    pack: str | None
    content: str | None
    notice: str | None
    same_again: bool | None = None  #: None: no pack makes it, or it cannot be computed any more
    findings: Sequence[Explanation] = ()
    carried: Sequence[str] = ()  #: what the message had to carry, in French


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverTold:
    """One attempt to hand a message over, as the journal has it."""

    number: int  #: of its entry
    sealed: bool
    began: str | None
    at: str
    outcome: str
    payload: str | None  #: SHA-256 of the bytes that left
    reply: str | None
    code: int | str | None
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Who let a campaign go."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTold:
    """One message: what it said, what was decided on it, by which rules, what came back."""

    message: MessageOnRecord
    approved: Approved | None
    words: Words | None
    decisions: Sequence[DecisionTold]
    hand_overs: Sequence[HandOverTold]
    receipts: Sequence[ReceiptOnRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTold:
    """What happened to a key of the journal."""

    key: str
    act: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalTold:
    """The journal the file rests on, as its checkpoint tells it."""

    origin: str
    size: int
    root: str  #: hexadecimal
    at: datetime
    checkpoint: str
    keys: Sequence[KeyTold]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the file tells once; her messages and the entries of the journal come in parts. Instants are aware."""

    made_at: datetime
    zone: str
    controller: Controller
    pseudonym: str
    person: PersonView
    territory: str  #: its name
    addresses: Sequence[AddressView]
    tags: Sequence[str]
    origins: Sequence[OriginOnRecord]
    consents: Sequence[ConsentStanding]
    consent_acts: Sequence[Mapping[str, object]]  #: of the ledger, the oldest first
    replies: Sequence[Letter]
    suppressions: Sequence[Suppression]
    requests: Sequence[Request]
    journal: JournalTold


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of what is proven of her: a page of her messages with the entries about them, or all that is about none."""

    messages: Sequence[MessageTold]
    entries: Sequence[Proven]


def values(content: Content) -> dict[str, object]:
    """What the file tells once, as plain values: as its pages and its JSON take them."""
    return {
        "format": FORMAT,
        "made_at": content.made_at,
        "zone": content.zone,
        "controller": {name: getattr(content.controller, name) for name in ("name", "address", "email", "dpo", "candidate")},
        "person": {"pseudonym": content.pseudonym, **asdict(content.person)},
        "territory": content.territory,
        "addresses": [_shown(one) for one in content.addresses],
        "tags": list(content.tags),
        "origins": [asdict(one) for one in content.origins],
        "consents": [asdict(one) for one in content.consents],
        "consent_acts": [{str(name): value for name, value in one.items()} for one in content.consent_acts],
        "replies": [_shown(one) for one in content.replies],
        "suppressions": [_shown(one) | {"every_medium": one.medium == EVERY_MEDIUM} for one in content.suppressions],
        "requests": [_shown(one) for one in content.requests],
        "journal": asdict(content.journal),
    }


def part_values(part: Part) -> dict[str, Any]:
    """A part as plain values: messages, entries of the journal, and those of them that no message shows."""
    entries = [{name: getattr(one, name) for name in _PROVEN} for one in part.entries]
    return {
        "messages": [_message(one) for one in part.messages],
        "entries": entries,
        "events": [one for one in entries if one["entry"]["kind"] not in _SHOWN_ELSEWHERE],
    }


def _shown(one: Any) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if name not in _KEPT_BACK}


def _message(one: MessageTold) -> dict[str, object]:
    return _shown(one.message) | {name: value for name, value in asdict(one).items() if name != "message"}


class Teller:
    """Tells a person's messages, page by page, from the entries about them."""

    def __init__(self, tx: Connection, facts: Mapping[str, Recorded], prover: Prover, again: Reconstitution) -> None:
        self._tx, self._facts, self._prover, self._again = tx, dict(facts), prover, again
        self._memory = Memory(tx)

    def part(self, page: Sequence[MessageOnRecord], recorded: Sequence[Recorded]) -> Part:
        """A page of her messages. recorded: the entries about them; facts come with the first page that rests on them."""
        parsed = [(one, orjson.loads(one.body)) for one in recorded]
        behind = [facts for _, told in parsed if (facts := self._facts.pop(told.get("facts", ""), None)) is not None]
        for one in behind:
            self._memory.learn(orjson.loads(one.body))
        entries = self._prover.proven([*behind, *recorded])
        return Part(messages=self._messages(page, parsed, {one.number for one in entries}), entries=entries)

    def _messages(
        self, page: Sequence[MessageOnRecord], parsed: Sequence[tuple[Recorded, dict[str, Any]]], sealed: Container[int]
    ) -> list[MessageTold]:
        """Each message of a page. sealed: numbers of the entries with a proof."""
        decided: dict[int, list[tuple[DecisionTold, Allow | None]]] = {}
        handed: dict[int, list[HandOverTold]] = {}
        for one, told in parsed:
            if one.kind == EntryKind.DECISION:
                decided.setdefault(told["message"], []).append(_decision(self._memory, one, told, one.id in sealed))
            elif one.kind == EntryKind.HAND_OVER:
                names = ("began", "at", "outcome", "payload", "reply", "code", "why")
                shown: dict[str, Any] = {name: told.get(name) for name in names}
                handed.setdefault(told["message"], []).append(HandOverTold(number=one.id, sealed=one.id in sealed, **shown))
        came_back: dict[int, list[ReceiptOnRecord]] = {}
        for receipt in known.receipts(self._tx, [message.number for message in page]):
            came_back.setdefault(receipt.message_id, []).append(receipt)
        messages = []
        for message in page:
            decisions, hand_overs = decided.get(message.number, []), handed.get(message.number, [])
            approval = self._again.approval(message.campaign_id)
            messages.append(
                MessageTold(
                    message=message,
                    approved=Approved(by=approval.approver, at=approval.at) if approval is not None else None,
                    words=_words(self._again, message, decisions, hand_overs),
                    decisions=[decision for decision, _ in decisions],
                    hand_overs=hand_overs,
                    receipts=came_back.get(message.number, []),
                )
            )
        return messages


def _words(
    again: Reconstitution,
    message: MessageOnRecord,
    decisions: Sequence[tuple[DecisionTold, Allow | None]],
    hand_overs: Sequence[HandOverTold],
) -> Words | None:
    """What a message that was handed over said."""
    allowed = next(((decision.at, verdict) for decision, verdict in reversed(decisions) if verdict is not None), None)
    if allowed is None or not hand_overs:
        return None
    payload = next((one.payload for one in reversed(hand_overs) if one.payload), None)
    at, verdict = allowed
    return again.words(message, verdict, at, payload)


def _decision(memory: Memory, recorded: Recorded, told: dict[str, Any], sealed: bool) -> tuple[DecisionTold, Allow | None]:
    """One verdict; and, where it is computed anew and lets the message go, what it asks of the message."""
    names = ("until", "pack", "content", "notice")
    shown: dict[str, Any] = {
        "number": recorded.id,
        "sealed": sealed,
        "at": recorded.at,
        "verdict": told["verdict"],
        "rules": told["rules"],
        **{name: told.get(name) for name in names},
    }
    judged = memory.judged(told) if "facts" in told and RULE_FAILED not in told["rules"] else ""
    if isinstance(judged, str):
        return DecisionTold(**shown), None
    verdict, pack = judged
    shown["same_again"] = (verdict.name, list(verdict.rules)) == (told["verdict"], told["rules"])
    shown["findings"] = explain(verdict, pack)
    if not isinstance(verdict, Allow):
        return DecisionTold(**shown), None
    words = pack.words.get("elements", {})
    shown["carried"] = [words[one]["fr"] if one in words else one for one in sorted(verdict.duties)]
    return DecisionTold(**shown), verdict

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
from gateway.flows.auditing.proofs import Proven
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
_KEPT_BACK = frozenset({"digest", "contact_id", "campaign_id"})


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
    """Everything the file tells; instants are aware."""

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
    consent_acts: Sequence[Mapping[str, Any]]  #: of the ledger, the oldest first
    messages: Sequence[MessageTold]
    replies: Sequence[Letter]
    suppressions: Sequence[Suppression]
    requests: Sequence[Request]
    entries: Sequence[Proven]
    journal: JournalTold


def values(content: Content) -> dict[str, Any]:
    """The file as plain values, as its page takes them."""
    entries = [asdict(one) for one in content.entries]
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
        "messages": [_message(one) for one in content.messages],
        "replies": [_shown(one) for one in content.replies],
        "suppressions": [_shown(one) | {"every_medium": one.medium == EVERY_MEDIUM} for one in content.suppressions],
        "requests": [_shown(one) for one in content.requests],
        "events": [one for one in entries if one["entry"]["kind"] not in _SHOWN_ELSEWHERE],
        "entries": entries,
        "journal": asdict(content.journal),
    }


def json_of(shown: Mapping[str, Any]) -> bytes:
    """The JSON file of these values: each entry by its bytes alone, so that whoever reads it can hash them."""
    told = {name: value for name, value in shown.items() if name != "events"}
    told["entries"] = [{name: value for name, value in one.items() if name != "entry"} for one in shown["entries"]]
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z) + b"\n"


def _shown(one: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name not in _KEPT_BACK}


def _message(one: MessageTold) -> dict[str, Any]:
    return _shown(one.message) | {name: value for name, value in asdict(one).items() if name != "message"}


def messages_told(
    tx: Connection, contact_id: int, recorded: Sequence[Recorded], sealed: Container[int], again: Reconstitution
) -> list[MessageTold]:
    """Each message of a person. recorded: the entries about her; sealed: numbers of those with a proof."""
    memory, parsed = Memory(tx), [(one, orjson.loads(one.body)) for one in recorded]
    for one, told in parsed:
        if one.kind == EntryKind.FACTS:
            memory.learn(told)
    decided: dict[int, list[tuple[DecisionTold, Allow | None]]] = {}
    handed: dict[int, list[HandOverTold]] = {}
    for one, told in parsed:
        if one.kind == EntryKind.DECISION:
            decided.setdefault(told["message"], []).append(_decision(memory, one, told, one.id in sealed))
        elif one.kind == EntryKind.HAND_OVER:
            names = ("began", "at", "outcome", "payload", "reply", "code", "why")
            shown = HandOverTold(number=one.id, sealed=one.id in sealed, **{name: told.get(name) for name in names})
            handed.setdefault(told["message"], []).append(shown)
    came_back: dict[int, list[ReceiptOnRecord]] = {}
    for receipt in known.receipts(tx, contact_id):
        came_back.setdefault(receipt.message_id, []).append(receipt)
    messages = []
    for message in known.messages(tx, contact_id):
        decisions, hand_overs = decided.get(message.number, []), handed.get(message.number, [])
        approval = again.approval(message.campaign_id)
        messages.append(
            MessageTold(
                message=message,
                approved=Approved(by=approval.approver, at=approval.at) if approval is not None else None,
                words=_words(again, message, decisions, hand_overs),
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

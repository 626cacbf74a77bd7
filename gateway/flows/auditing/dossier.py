"""The file of one person: all that is on record of her, why each message left or stayed, and proof of every line of the journal.

It is made to be sent to an authority the same day. Beside it travels an export of her part of the journal, which the stand-alone
script verifies; each entry of the file carries its own proof too, against the same signed checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from gateway.audit.checkpoint import read_checkpoint
from gateway.audit.entry import EntryKind, entry
from gateway.compliance.explain import explain
from gateway.compliance.verdict import RULE_FAILED, Allow
from gateway.domain.errors import InvalidInput, NotFound, system_says
from gateway.domain.keys import pseudonym
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.flows.auditing.export import export
from gateway.flows.auditing.proofs import proven
from gateway.flows.auditing.reconstituting import Reconstitution, Words
from gateway.flows.auditing.replay import Memory
from gateway.flows.auditing.scope import Scope, choice_of, digests
from gateway.flows.auditing.verifier import verifier
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import key_events, origin
from gateway.store import auditing, consents, contacts, journal, known, requests, sealing, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.journal import Recorded
from gateway.store.known import MessageOnRecord

FORMAT = "passerelle-dossier/1"
PROOFS = "preuves.zip"
SCRIPT = "verify_bundle.py"
_NOT_HELD = "personne n’a cette adresse dans le fichier de contacts ; une fois effacée, rien au journal ne mène à elle"
#: Entries that are shown with what they are about, and not again in the list of other events.
_SHOWN_ELSEWHERE = frozenset({EntryKind.DECISION, EntryKind.FACTS, EntryKind.HAND_OVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A file of one person on disk."""

    folder: Path
    messages: int
    entries: int  #: of the journal, each with its proof
    size: int  #: entries in the whole journal


def make_dossier(gw: Gateway, address: str, folder: Path, *, by: str, page: Callable[[dict[str, Any]], str]) -> Dossier:
    """Write dossier.html, dossier.json, preuves.zip and the script that verifies it into a new folder.

    address: one that the person holds, or a number. page: makes the page of what the JSON file holds. The journal says who took
    the file away.
    Raises NotFound for somebody unknown, InvalidAddress, InvalidInput for a folder that holds something; nothing is written then.
    """
    with reading(gw.engine) as tx:
        _, key, _ = _person(tx, gw, address)
    made = _made_folder(folder)
    written: list[Path] = []
    try:
        with begin(gw.engine) as tx:
            told = entry(EntryKind.EXPORT, gw.clock.now(), person=pseudonym(key), scope="dossier", by=by)
            journal.append(tx, [told])
        written.append(folder / PROOFS)
        proofs = export(gw, folder / PROOFS, Scope(person=address), by=by)
        with reading(gw.engine) as tx:
            content = _content(tx, gw, address, proofs.size)
        script = Path(str(verifier().__file__)).read_bytes()
        for name, text in (("dossier.json", _json(content)), ("dossier.html", page(content).encode()), (SCRIPT, script)):
            written.append(folder / name)
            _write(folder / name, text)
    except BaseException:  # whatever ends it, half a dossier must not stay
        for path in written:
            path.unlink(missing_ok=True)
        if made:
            folder.rmdir()
        raise
    return Dossier(folder=folder, messages=len(content["messages"]), entries=len(content["entries"]), size=proofs.size)


def _content(tx: Connection, gw: Gateway, address: str, size: int) -> dict[str, Any]:
    """Everything the file tells, as plain values; instants are aware. size: of the tree the proofs lead to."""
    contact_id, key, _ = _person(tx, gw, address)
    person = contacts.view(tx, contact_id)
    if person is None:
        raise NotFound(_NOT_HELD)
    held = contacts.addresses(tx, contact_id)
    held_digests = list(dict.fromkeys(one.digest for one in held))
    recorded = list(auditing.each(tx, choice_of(tx, gw, Scope(person=address))))
    entries = proven(tx, recorded, size)
    by_number = {one["number"]: one for one in entries}
    listed = _suppressions(tx, held_digests)
    controller = gw.settings.controller
    return {
        "format": FORMAT,
        "made_at": gw.clock.now(),
        "zone": gw.pack.calendar.zone.key,
        "controller": {name: getattr(controller, name) for name in ("name", "address", "email", "dpo", "candidate")},
        "person": {"pseudonym": pseudonym(key), **asdict(person)},
        "territory": _territory(gw, person.territory),
        "addresses": [{name: value for name, value in asdict(one).items() if name != "digest"} for one in held],
        "tags": contacts.tags(tx, contact_id),
        "origins": [asdict(one) for one in known.origins(tx, contact_id)],
        "consents": [asdict(one) for one in consents.standing(tx, contact_id)],
        "consent_acts": [
            {str(name): value for name, value in one.items()} for one in consents.ledger(tx, contact_id, limit=10_000)
        ],
        "messages": _messages(tx, contact_id, recorded, by_number, Reconstitution(tx, gw, person, held, key)),
        "replies": [
            {name: value for name, value in asdict(one).items() if name != "digest"} for one in known.letters(tx, held_digests)
        ],
        "suppressions": listed,
        "requests": [
            {name: value for name, value in asdict(one).items() if name not in ("digest", "contact_id")}
            for one in requests.of_person(tx, contact_id, held_digests)
        ],
        "events": [one for one in entries if one["entry"]["kind"] not in _SHOWN_ELSEWHERE],
        "entries": entries,
        "journal": _journal(tx, gw, size),
    }


def _person(tx: Connection, gw: Gateway, address: str) -> tuple[int, bytes, tuple[int, ...]]:
    found = next((held for digest in digests(gw, address) if (held := auditing.person_of(tx, digest))), None)
    if found is None:
        raise NotFound(_NOT_HELD)
    return found


def _territory(gw: Gateway, code: str) -> str:
    """The name of a territory; empty where it is not known."""
    known = gw.pack.calendar.territories.get(code)
    return known.name["fr"] if known is not None else ""


def _suppressions(tx: Connection, held: Sequence[bytes]) -> list[dict[str, Any]]:
    """Entries of the opposition list for a person's addresses, each once, the oldest first."""
    seen: dict[tuple[Any, ...], dict[str, Any]] = {}
    for digest in held:  # a person has a handful of addresses
        for one in suppressions.of_digest(tx, digest):
            told = {name: value for name, value in asdict(one).items() if name != "digest"}
            told["every_medium"] = one.medium == EVERY_MEDIUM
            seen[one.medium, one.kind, one.since] = told
    return sorted(seen.values(), key=lambda told: told["since"])


def _messages(
    tx: Connection, contact_id: int, recorded: Sequence[Recorded], sealed: Container[int], again: Reconstitution
) -> list[dict[str, Any]]:
    """Each message: what it said, what was decided on it, by which rules, what came back. sealed: entries with a proof."""
    memory = Memory(tx)
    decided: dict[int, list[dict[str, Any]]] = {}
    handed: dict[int, list[dict[str, Any]]] = {}
    parsed = [(one, orjson.loads(one.body)) for one in recorded]
    for one, told in parsed:
        if one.kind == EntryKind.FACTS:
            memory.learn(told)
    for one, told in parsed:
        if one.kind == EntryKind.DECISION:
            decided.setdefault(told["message"], []).append(_decision(memory, one, told, one.id in sealed))
        elif one.kind == EntryKind.HAND_OVER:
            shown = {name: told.get(name) for name in ("began", "at", "outcome", "payload", "reply", "code", "why")}
            handed.setdefault(told["message"], []).append({"number": one.id, "sealed": one.id in sealed, **shown})
    came_back: dict[int, list[dict[str, Any]]] = {}
    for receipt in known.receipts(tx, contact_id):
        came_back.setdefault(receipt.message_id, []).append(asdict(receipt))
    messages = []
    for message in known.messages(tx, contact_id):
        decisions, hand_overs = decided.get(message.number, []), handed.get(message.number, [])
        shown = {name: value for name, value in asdict(message).items() if name not in ("digest", "campaign_id")}
        words, approval = _words(again, message, decisions, hand_overs), again.approval(message.campaign_id)
        shown["approved"] = {"by": approval.approver, "at": approval.at} if approval is not None else None
        shown["words"] = asdict(words) if words is not None else None
        for decision in decisions:
            del decision["verdict_again"]
        back = came_back.get(message.number, [])
        messages.append({**shown, "decisions": decisions, "hand_overs": hand_overs, "receipts": back})
    return messages


def _words(
    again: Reconstitution, message: MessageOnRecord, decisions: list[dict[str, Any]], hand_overs: list[dict[str, Any]]
) -> Words | None:
    """What a message that was handed over said."""
    allowed = next((one for one in reversed(decisions) if isinstance(one["verdict_again"], Allow)), None)
    if allowed is None or not hand_overs:
        return None
    payload = next((one["payload"] for one in reversed(hand_overs) if one["payload"]), None)
    return again.words(message, allowed["verdict_again"], allowed["at"], payload)


def _decision(memory: Memory, recorded: Recorded, told: dict[str, Any], sealed: bool) -> dict[str, Any]:
    """One verdict as the journal has it, with the sentences of the pack of its time: recomputed from the recorded facts."""
    shown: dict[str, Any] = {
        "number": recorded.id,
        "sealed": sealed,
        "at": recorded.at,
        "verdict": told["verdict"],
        "rules": told["rules"],
        "until": told.get("until"),
        "pack": told.get("pack"),
        "content": told.get("content"),
        "notice": told.get("notice"),
        "same_again": None,
        "findings": [],
        "carried": [],
        "verdict_again": None,
    }
    if "facts" not in told or RULE_FAILED in told["rules"]:
        return shown
    judged = memory.judged(told)
    if isinstance(judged, str):
        return shown
    verdict, pack = judged
    shown["same_again"] = (verdict.name, list(verdict.rules)) == (told["verdict"], told["rules"])
    shown["verdict_again"] = verdict
    shown["findings"] = [asdict(one) for one in explain(verdict, pack)]
    if isinstance(verdict, Allow):
        words = pack.words.get("elements", {})
        shown["carried"] = [words[one]["fr"] if one in words else one for one in sorted(verdict.duties)]
    return shown


def _journal(tx: Connection, gw: Gateway, size: int) -> dict[str, Any]:
    signed = sealing.checkpoints(tx, after=size - 1, limit=1)[0]
    events = key_events(tx)
    checkpoint, _ = read_checkpoint(signed.note, [event.key for event in events])
    keys = [{"key": str(event.key), "act": event.act, "at": event.at} for event in reversed(events)]
    root = checkpoint.root.hex()
    return {"origin": origin(gw, events), "size": size, "root": root, "at": signed.at, "checkpoint": signed.note, "keys": keys}


def _made_folder(folder: Path) -> bool:
    """Make the folder, or take an empty one; returns whether it was made. Raises InvalidInput."""
    try:
        if folder.exists():
            if not folder.is_dir():
                raise InvalidInput(f"{folder} est un fichier : donnez le nom d’un nouveau dossier")
            if any(folder.iterdir()):
                raise InvalidInput(f"{folder} n’est pas vide : choisissez un autre nom")
            return False
        folder.mkdir(mode=0o700)
    except OSError as fault:
        raise InvalidInput(f"{folder} : impossible d’y écrire ({system_says(fault)})") from fault
    return True


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(content)


def _json(content: dict[str, Any]) -> bytes:
    shown = {name: value for name, value in content.items() if name != "events"}
    shown["entries"] = [{name: value for name, value in one.items() if name != "entry"} for one in content["entries"]]
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z) + b"\n"

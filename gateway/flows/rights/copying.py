"""A copy of everything we keep of one person, for herself: a page to read, JSON with its schema, CSV. In one zip.

Serves rules dsar-access-content and dsar-portability of the register: data, purposes, categories, recipients, retention, source,
consents with the wording seen, messages with the verdict in words, rights.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import orjson

from gateway.audit.entry import EntryKind, entry
from gateway.compliance.explain import explain
from gateway.compliance.verdict import RULE_FAILED
from gateway.domain.channel import Medium
from gateway.domain.errors import NotFound
from gateway.domain.keys import pseudonym
from gateway.domain.language import Language, spoken_by
from gateway.domain.rights import Right
from gateway.flows.auditing.replay import Memory
from gateway.flows.collecting.cells import neutral
from gateway.flows.gateway import Gateway
from gateway.flows.newfile import new_file
from gateway.flows.rights.requests import Answer, holder_of, must_be_known, open_one, settle
from gateway.render.origin import origin_sentence
from gateway.render.personalcopy import copy_page
from gateway.store import auditing, consents, contacts, erasing, journal, known, people, requests, signups, suppressions
from gateway.store.auditing import Choice
from gateway.store.engine import Connection, begin

#: The format of copie.json, described by templates/rights/copy.schema.json.
FORMAT = "passerelle-copy/1"
_SCHEMA = ("rights", "copy.schema.json")
#: One instant for every member: the same copy is the same bytes.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def export(gw: Gateway, number: int, path: Path, *, by: str, language: Language | None = None) -> dict[str, Any]:
    """Write the copy a request of access or portability asks for, and answer it; returns what copie.json holds.

    Raises NotFound, Conflict; InvalidInput when the file exists or cannot be written: nothing is answered then.
    """
    with new_file(path) as file, begin(gw.engine) as tx:
        request = open_one(tx, number, Right.ACCESS, Right.PORTABILITY)
        must_be_known(request)
        contact_id = holder_of(request)
        content = copy_of(tx, gw, contact_id, language)
        file.write(zipped(gw, content))
        file.flush()  # a disk that is full says so now, and the request still waits
        told(tx, gw, contact_id, by=by, request=number)
        settle(tx, gw, request, Answer(by=by))
    return content


def told(tx: Connection, gw: Gateway, contact_id: int, *, by: str, request: int) -> None:
    """Within a transaction: the journal says who took a copy away."""
    key = people.key_of(tx, contact_id)
    person = pseudonym(key) if key else None
    journal.append(tx, [entry(EntryKind.EXPORT, gw.clock.now(), person=person, scope="personal-copy", request=request, by=by)])


def copy_of(
    tx: Connection, gw: Gateway, contact_id: int, language: Language | None = None, *, with_messages: bool = True
) -> dict[str, object]:
    """Everything on record of a person, as plain values; instants are aware. Raises NotFound when she is gone.

    with_messages: judge every message to her again; a page that shows none of them need not.
    """
    person = contacts.view(tx, contact_id)
    if person is None:
        raise NotFound("cette personne n’est plus dans le fichier")
    chosen = language or spoken_by(person.language)
    held = contacts.addresses(tx, contact_id)
    # What she wrote from an address that was put right since is hers too, unless somebody else has that address now.
    digests = erasing.traces(tx, [contact_id]).digests
    controller = gw.settings.controller
    return {
        "format": FORMAT,
        "made_at": gw.clock.now(),
        "language": chosen,
        "controller": {name: getattr(controller, name) for name in ("name", "address", "email", "dpo", "candidate")},
        "retention": controller.retention,
        "recipients": _recipients(gw, {one.medium for one in held}, known.handed_by(tx, contact_id)),
        "person": {
            "class": person.contact_class,
            **{name: getattr(person, name) for name in _PERSON},
            "territory": gw.pack.territories[person.territory].name[chosen] if person.territory in gw.pack.territories else "",
        },
        "addresses": [
            {"medium": one.medium, "value": one.value, "state": one.state, "since": one.state_at, "server_said": one.state_reply}
            for one in held
        ],
        "tags": contacts.tags(tx, contact_id),
        "sources": [
            {
                "sentence": origin_sentence(one.label, one.collected_on, chosen),
                "kind": one.kind,
                "collection": one.collection,
                "collector": one.collector,
                "notice": one.notice,
                "reached_us_at": one.at,
            }
            for one in known.origins(tx, contact_id)
        ],
        "consents": [_only(one, _CONSENT) for one in consents.ledger(tx, contact_id, limit=None)],
        "objections": [
            {name: value for name, value in asdict(one).items() if name in _OBJECTION}
            for digest in digests
            for one in suppressions.of_digest(tx, digest)
        ],
        "signups": [_only(asdict(one), _SIGNUP) for one in signups.of_person(tx, contact_id)],
        "messages": _messages(tx, contact_id, chosen) if with_messages else [],
        "letters": [_only(asdict(one), _LETTER) for one in known.letters(tx, digests)],
        "requests": [_only(asdict(one), _REQUEST) for one in requests.of_person(tx, contact_id, digests)],
    }


def zipped(gw: Gateway, content: dict[str, object]) -> bytes:
    """The four files of a copy. Raises RenderFault."""
    held = io.BytesIO()
    files = {
        "copie.html": copy_page(gw.templates, content, gw.pack.calendar.zone).encode(),
        "copie.json": as_json(content),
        "copie.csv": as_csv(content),
        "copie.schema.json": gw.templates.joinpath(*_SCHEMA).read_bytes(),
    }
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), body, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def as_json(content: dict[str, object]) -> bytes:
    """UTF-8, indented, as templates/rights/copy.schema.json describes it."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z) + b"\n"


def as_csv(content: dict[str, object]) -> bytes:
    """One line for each value, in the order of the JSON: section, number, field, value. Excel opens it (UTF-8 with BOM, `;`)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(("rubrique", "numéro", "champ", "valeur"))
    writer.writerows(tuple(neutral(cell) for cell in row) for row in _rows(content))
    return text.getvalue().encode("utf-8-sig")


def _rows(content: dict[str, object]) -> Iterator[tuple[str, str, str, str]]:
    for section, value in content.items():
        if isinstance(value, dict):
            yield from ((section, "", name, _cell(each)) for name, each in value.items())
        elif isinstance(value, list):
            for number, item in enumerate(value, start=1):
                fields = item.items() if isinstance(item, dict) else (("", item),)
                yield from ((section, str(number), name, _cell(each)) for name, each in fields)
        else:
            yield section, "", "", _cell(value)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case datetime() | date():
            return value.isoformat()
        case Enum():
            return str(value.value)
        case list() | tuple():
            return " ".join(_cell(one) for one in value)
        case dict():
            return ", ".join(f"{name} : {_cell(one)}" for name, one in value.items())
        case _:
            return str(value)


def _messages(tx: Connection, contact_id: int, language: Language) -> list[dict[str, object]]:
    """Each message, and why it left or did not, in the sentences of the rules of its time."""
    memory, told = Memory(tx), []
    for page in known.each_page(tx, contact_id):
        last: dict[int, dict[str, object]] = {}
        theirs = Choice(message_ids=tuple(one.number for one in page), kinds=(EntryKind.DECISION,))
        for recorded in auditing.each(tx, theirs):
            decision = orjson.loads(recorded.body)
            last[decision["message"]] = decision
        came_back: dict[int, list[dict[str, object]]] = {}
        for receipt in known.receipts(tx, [one.number for one in page]):
            came_back.setdefault(receipt.message_id, []).append(_only(asdict(receipt), _RECEIPT))
        for one in page:
            why = _sentences(memory, last[one.number], language) if one.number in last else []
            rules = one.because.split(",") if one.because else []
            names = {"number": one.number, "name": one.campaign, "medium": one.medium, "class": one.message_class}
            times = {"state": one.state, "due_at": one.due_at, "handed_at": one.handed_at}
            told.append(names | times | {"rules": rules, "why": why, "came_back": came_back.get(one.number, [])})
    return told


def _sentences(memory: Memory, decision: dict[str, Any], language: Language) -> list[str]:
    """What the last decision rested on, in words; nothing where it cannot be computed anew."""
    if "facts" not in decision or RULE_FAILED in decision["rules"]:
        return []
    judged = memory.judged(decision)
    if isinstance(judged, str):
        return []
    verdict, pack = judged
    return [one.sentence for one in explain(verdict, pack, language) if one.rule in verdict.rules]


def _recipients(gw: Gateway, held: set[Medium], handed: set[Medium]) -> list[dict[str, str]]:
    """To whom her data was, or will be, given: whoever handed something over to her, and who is set up to do so."""
    settings = gw.settings
    will = {Medium.EMAIL: settings.smtp.host, **dict.fromkeys((Medium.SMS, Medium.CALL), settings.twilio.account_sid)}
    media = handed | {one for one in held if will[one]}
    had = [{"id": "team", "name": gw.settings.controller.name}]
    if Medium.EMAIL in media:
        had.append({"id": "relay", "name": gw.settings.smtp.host})
    if media & {Medium.SMS, Medium.CALL}:
        had.append({"id": "carrier", "name": "Twilio"})
    return had


_PERSON = (
    *("given_name", "family_name", "birth_on", "postcode", "commune", "territory", "polling_station", "polling_label"),
    *("language", "restricted", "created_at"),
)
_CONSENT = ("medium", "purpose", "act", "at", "election", "hours", "given_at", "form", "wording", "collector", "means")
_OBJECTION = ("medium", "kind", "cause", "since", "until")
_SIGNUP = ("given_at", "language", "boxes", "answers", "state")
_LETTER = ("medium", "kind", "received_at", "intent", "effective_at", "text")
_RECEIPT = ("kind", "at", "code", "reply")
_REQUEST = ("id", "right", "via", "received_at", "deadline_at", "extended_at", "state", "asked", "answer", "answered_at")


def _only(row: Any, names: tuple[str, ...]) -> dict[str, object]:
    return {name: row[name] for name in names}

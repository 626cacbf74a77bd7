"""The file of one person: all that is on record of her, why each message left or stayed, and proof of every line of the journal.

It is made to be sent to an authority the same day. Beside it travels an export of her part of the journal, which the stand-alone
script verifies; each entry of the file carries its own proof too, against the same signed checkpoint. Somebody who was written to
often has her messages on pages of their own, and no more than a page of them is held at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from gateway.audit.checkpoint import read_checkpoint
from gateway.audit.entry import EntryKind, entry
from gateway.domain.errors import InvalidInput, NotFound, system_says
from gateway.domain.keys import pseudonym
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.flows.auditing.export import export
from gateway.flows.auditing.personal_file import Teller, part_of, shown
from gateway.flows.auditing.personal_json import written_json
from gateway.flows.auditing.proofs import Prover
from gateway.flows.auditing.reconstituting import Reconstitution
from gateway.flows.auditing.scope import NOT_HELD, Scope, choice_of, holder_of
from gateway.flows.auditing.verifier import verifier
from gateway.flows.gateway import Gateway
from gateway.flows.newfile import writing
from gateway.flows.sealing import key_events, origin
from gateway.store import auditing, consents, contacts, erasing, journal, known, requests, sealing, suppressions
from gateway.store.auditing import Choice
from gateway.store.contacts import AddressView, PersonView
from gateway.store.engine import Connection, begin, reading
from gateway.store.suppressions import Suppression

FORMAT = "passerelle-dossier/1"
PROOFS = "preuves.zip"
SCRIPT = "verify_bundle.py"
#: A browser opens a page of these at once, and somebody may print one.
_MESSAGES_ON_A_PAGE = 200
#: Ends of names by which somebody means one file, which a dossier is not.
_OF_FILES = frozenset({".pdf", ".html", ".htm", ".json", ".zip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A file of one person on disk."""

    folder: Path
    messages: int
    sheets: int  #: pages that hold her messages; 0: they are on dossier.html
    entries: int  #: of the journal, each with its proof
    size: int  #: entries in the whole journal


def make_dossier(gw: Gateway, address: str, folder: Path, *, by: str, page: Callable[[dict[str, object]], str]) -> Dossier:
    """Write dossier.html, dossier.json, preuves.zip and the script that verifies it into a new folder.

    address: one that the person holds, or a number. page: makes the page of what the JSON file holds. The journal says who took
    the file away.
    Raises NotFound for somebody unknown, InvalidAddress, InvalidInput for a folder that holds something or cannot be written;
    nothing stays there then.
    """
    with reading(gw.engine) as tx:
        _, key = holder_of(tx, gw, address)
    made = _made_folder(folder)
    written: list[Path] = []
    try:
        with begin(gw.engine) as tx:
            told = entry(EntryKind.EXPORT, gw.clock.now(), person=pseudonym(key), scope="dossier", by=by)
            journal.append(tx, [told])
        written.append(folder / PROOFS)
        proofs = export(gw, folder / PROOFS, Scope(person=address), by=by)
        with writing(folder), reading(gw.engine) as tx:
            messages, sheets, entries = _tell(tx, gw, Scope(person=address), proofs.size, _Files(folder, written, page))
            written.append(folder / SCRIPT)
            _write(folder / SCRIPT, Path(str(verifier().__file__)).read_bytes())
    except BaseException:  # whatever ends it, half a dossier must not stay
        for path in written:
            path.unlink(missing_ok=True)
        if made:
            folder.rmdir()
        raise
    return Dossier(folder=folder, messages=messages, sheets=sheets, entries=entries, size=proofs.size)


@dataclass(frozen=True, slots=True)
class _Files:
    """Where the file of a person is written, and how its pages are made."""

    folder: Path
    written: list[Path]
    page: Callable[[dict[str, object]], str]

    def write(self, name: str, content: dict[str, object]) -> None:
        self.written.append(self.folder / name)
        _write(self.folder / name, self.page(content).encode())


def _tell(tx: Connection, gw: Gateway, scope: Scope, size: int, files: _Files) -> tuple[int, int, int]:
    """Write pages and JSON; returns how many messages, pages of messages, and entries. size: of the tree the proofs lead to."""
    contact_id, key = holder_of(tx, gw, str(scope.person))
    if (person := contacts.view(tx, contact_id)) is None:
        raise NotFound(NOT_HELD)
    held, choice = contacts.addresses(tx, contact_id), choice_of(tx, gw, scope, proving=True)
    ids, facts = [], {}
    for recorded in auditing.each(tx, choice):
        ids.append(recorded.id)
        if recorded.kind == EntryKind.FACTS:
            facts[str(orjson.loads(recorded.body)["facts"])] = recorded
    prover, again = Prover(tx, ids, size), Reconstitution(tx, gw, person, held, key)
    teller, head = Teller(tx, facts, prover, again), _head(tx, gw, person, held, key, size)
    count, told, sheets = known.written(tx, contact_id), set[int](), list[dict[str, object]]()
    files.written.append(files.folder / "dossier.json")
    with written_json(files.folder / "dossier.json", head) as told_json:
        whole: dict[str, Any] = {"messages": [], "entries": [], "events": []}
        for at, page in enumerate(known.each_page(tx, contact_id, limit=_MESSAGES_ON_A_PAGE), start=1):
            theirs = Choice(message_ids=tuple(one.number for one in page))
            part = teller.part(page, list(auditing.each(tx, theirs)))
            told.update(one["number"] for one in part["entries"])
            told_json.take(part)
            if count.messages <= _MESSAGES_ON_A_PAGE:
                whole = part
                continue
            name = f"messages-{at:03}.html"
            sheets.append({"name": name, "messages": len(page), "first": page[0], "last": page[-1]})
            files.write(name, head | part | {"sheet": at, "sheets": sheets, "count": count})
        rest = [one for one in auditing.each(tx, choice) if one.id not in told]
        beside = part_of([], prover.proven(rest))
        told_json.take(beside)
    told.update(one["number"] for one in beside["entries"])
    whole |= {name: sorted((*whole[name], *beside[name]), key=lambda one: one["number"]) for name in ("entries", "events")}
    files.write("dossier.html", head | whole | {"sheet": 0, "sheets": sheets, "count": count, "proven": len(told)})
    return count.messages, len(sheets), len(told)


def _head(
    tx: Connection, gw: Gateway, person: PersonView, held: Sequence[AddressView], key: bytes, size: int
) -> dict[str, object]:
    """What the file tells once; her messages and the entries of the journal come in parts."""
    contact_id, controller = person.contact_id, gw.settings.controller
    # What she wrote from an address that was put right since is hers too, unless somebody else has that address now.
    digests = erasing.traces(tx, [contact_id]).digests
    return {
        "format": FORMAT,
        "made_at": gw.clock.now(),
        "zone": gw.pack.calendar.zone.key,
        "controller": {name: getattr(controller, name) for name in ("name", "address", "email", "dpo", "candidate")},
        "person": {"pseudonym": pseudonym(key), **asdict(person)},
        "territory": _territory(gw, person.territory),
        "addresses": [shown(one) for one in held],
        "tags": list(contacts.tags(tx, contact_id)),
        "origins": [asdict(one) for one in known.origins(tx, contact_id)],
        "consents": [asdict(one) for one in consents.standing(tx, contact_id)],
        "consent_acts": [
            {str(name): value for name, value in one.items()} for one in consents.ledger(tx, contact_id, limit=None)
        ],
        "replies": [shown(one) for one in known.letters(tx, digests)],
        "suppressions": [shown(one) | {"every_medium": one.medium == EVERY_MEDIUM} for one in _suppressions(tx, digests)],
        "requests": [shown(one) for one in requests.of_person(tx, contact_id, digests)],
        "journal": _journal(tx, gw, size),
    }


def _territory(gw: Gateway, code: str) -> str:
    """The name of a territory; empty where it is not known."""
    known = gw.pack.calendar.territories.get(code)
    return known.name["fr"] if known is not None else ""


def _suppressions(tx: Connection, hers: Sequence[bytes]) -> list[Suppression]:
    """Entries of the opposition list for a person's addresses, each once, the oldest first."""
    seen = {(one.medium, one.kind, one.since): one for digest in hers for one in suppressions.of_digest(tx, digest)}
    return sorted(seen.values(), key=lambda one: one.since)  # a person has a handful of addresses


def _journal(tx: Connection, gw: Gateway, size: int) -> dict[str, object]:
    """The journal the file rests on, as its checkpoint tells it."""
    signed = sealing.checkpoints(tx, after=size - 1, limit=1)[0]
    events = key_events(tx)
    checkpoint, _ = read_checkpoint(signed.note, [event.key for event in events])
    return {
        "origin": origin(gw, events),
        "size": size,
        "root": checkpoint.root.hex(),
        "at": signed.at,
        "checkpoint": signed.note,
        "keys": [{"key": str(event.key), "act": event.act, "at": event.at} for event in reversed(events)],
    }


def _made_folder(folder: Path) -> bool:
    """Make the folder, or take an empty one; returns whether it was made. Raises InvalidInput."""
    if folder.suffix.lower() in _OF_FILES:
        raise InvalidInput(f"{folder} : plusieurs fichiers y seront ; donnez un nom de dossier, sans « {folder.suffix} »")
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

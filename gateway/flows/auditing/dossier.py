"""The file of one person: all that is on record of her, why each message left or stayed, and proof of every line of the journal.

It is made to be sent to an authority the same day. Beside it travels an export of her part of the journal, which the stand-alone
script verifies; each entry of the file carries its own proof too, against the same signed checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.audit.checkpoint import read_checkpoint
from gateway.audit.entry import EntryKind, entry
from gateway.domain.errors import InvalidInput, NotFound, system_says
from gateway.domain.keys import pseudonym
from gateway.flows.auditing.export import export
from gateway.flows.auditing.personal_file import Content, JournalTold, KeyTold, json_of, messages_told, values
from gateway.flows.auditing.proofs import proven
from gateway.flows.auditing.reconstituting import Reconstitution
from gateway.flows.auditing.scope import Scope, choice_of, digests
from gateway.flows.auditing.verifier import verifier
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import key_events, origin
from gateway.store import auditing, consents, contacts, journal, known, requests, sealing, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.suppressions import Suppression

PROOFS = "preuves.zip"
SCRIPT = "verify_bundle.py"
_NOT_HELD = "personne n’a cette adresse dans le fichier de contacts ; une fois effacée, rien au journal ne mène à elle"


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
        shown = values(content)
        script = Path(str(verifier().__file__)).read_bytes()
        for name, text in (("dossier.json", json_of(shown)), ("dossier.html", page(shown).encode()), (SCRIPT, script)):
            written.append(folder / name)
            _write(folder / name, text)
    except BaseException:  # whatever ends it, half a dossier must not stay
        for path in written:
            path.unlink(missing_ok=True)
        if made:
            folder.rmdir()
        raise
    return Dossier(folder=folder, messages=len(content.messages), entries=len(content.entries), size=proofs.size)


def _content(tx: Connection, gw: Gateway, address: str, size: int) -> Content:
    """Everything the file tells. size: of the tree the proofs lead to."""
    contact_id, key, _ = _person(tx, gw, address)
    person = contacts.view(tx, contact_id)
    if person is None:
        raise NotFound(_NOT_HELD)
    held = contacts.addresses(tx, contact_id)
    held_digests = list(dict.fromkeys(one.digest for one in held))
    recorded = list(auditing.each(tx, choice_of(tx, gw, Scope(person=address))))
    entries = proven(tx, recorded, size)
    return Content(
        made_at=gw.clock.now(),
        zone=gw.pack.calendar.zone.key,
        controller=gw.settings.controller,
        pseudonym=pseudonym(key),
        person=person,
        territory=_territory(gw, person.territory),
        addresses=held,
        tags=contacts.tags(tx, contact_id),
        origins=known.origins(tx, contact_id),
        consents=consents.standing(tx, contact_id),
        consent_acts=consents.ledger(tx, contact_id, limit=10_000),
        messages=messages_told(
            tx, contact_id, recorded, {one.number for one in entries}, Reconstitution(tx, gw, person, held, key)
        ),
        replies=known.letters(tx, held_digests),
        suppressions=_suppressions(tx, held_digests),
        requests=requests.of_person(tx, contact_id, held_digests),
        entries=entries,
        journal=_journal(tx, gw, size),
    )


def _person(tx: Connection, gw: Gateway, address: str) -> tuple[int, bytes, tuple[int, ...]]:
    found = next((held for digest in digests(gw, address) if (held := auditing.person_of(tx, digest))), None)
    if found is None:
        raise NotFound(_NOT_HELD)
    return found


def _territory(gw: Gateway, code: str) -> str:
    """The name of a territory; empty where it is not known."""
    known = gw.pack.calendar.territories.get(code)
    return known.name["fr"] if known is not None else ""


def _suppressions(tx: Connection, held: Sequence[bytes]) -> list[Suppression]:
    """Entries of the opposition list for a person's addresses, each once, the oldest first."""
    seen = {(one.medium, one.kind, one.since): one for digest in held for one in suppressions.of_digest(tx, digest)}
    return sorted(seen.values(), key=lambda one: one.since)  # a person has a handful of addresses


def _journal(tx: Connection, gw: Gateway, size: int) -> JournalTold:
    signed = sealing.checkpoints(tx, after=size - 1, limit=1)[0]
    events = key_events(tx)
    checkpoint, _ = read_checkpoint(signed.note, [event.key for event in events])
    return JournalTold(
        origin=origin(gw, events),
        size=size,
        root=checkpoint.root.hex(),
        at=signed.at,
        checkpoint=signed.note,
        keys=[KeyTold(key=str(event.key), act=event.act, at=event.at) for event in reversed(events)],
    )


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

"""Looking at contacts: one person whole, a page, a file of everybody. Only taking a file away leaves an entry in the journal."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from gateway.audit.entry import EntryKind, entry
from gateway.domain.channel import Medium
from gateway.domain.contact import ContactClass
from gateway.flows.collecting.cells import neutral
from gateway.flows.gateway import Gateway
from gateway.flows.newfile import new_file
from gateway.store import consents, contacts, journal, suppressions
from gateway.store.consents import ConsentStanding
from gateway.store.contacts import AddressView, ContactLine, MessageView, PersonView, Unreachable
from gateway.store.engine import begin, reading
from gateway.store.suppressions import Suppression

_MESSAGES = 20
#: What its address is called in the file of each channel.
_FIRST = {Medium.EMAIL: "email", Medium.SMS: "mobile", Medium.CALL: "téléphone"}
_HEADINGS = (
    *("prénom", "nom", "code postal", "commune", "territoire", "langue", "classe"),
    *("accord", "opposition", "état de l’adresse", "origine", "recueilli le"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything the gateway knows of an address. `person` is None when nobody holds it: the list may still protect it."""

    digest: bytes
    suppressions: tuple[Suppression, ...]
    person: PersonView | None
    addresses: tuple[AddressView, ...] = ()
    tags: tuple[str, ...] = ()
    consents: tuple[ConsentStanding, ...] = ()
    ledger: tuple[Mapping[str, Any], ...] = ()
    messages: tuple[MessageView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenAway:
    """What a file of contacts came to."""

    contacts: int
    kept_back: int  #: restricted: left out


def look_up(gw: Gateway, address: str) -> Dossier:
    """Everything about an email address or a number: holder, origin, consents with their evidence, suppressions, messages.

    Raises InvalidAddress. A mobile is two addresses, for texts and for calls: what is known of either is told.
    """
    digests = gw.keys.digests_of(address)
    with reading(gw.engine) as tx:
        listed = tuple(entry for digest in digests.values() for entry in suppressions.of_digest(tx, digest))
        held = {medium: contacts.find(tx, digest, medium) for medium, digest in digests.items()}
        medium = next((medium for medium, found in held.items() if found is not None), next(iter(held)))
        digest, contact_id = digests[medium], held[medium]
        if contact_id is None:
            return Dossier(digest=digest, suppressions=listed, person=None)
        return Dossier(
            digest=digest,
            suppressions=listed,
            person=contacts.view(tx, contact_id),
            addresses=tuple(contacts.addresses(tx, contact_id)),
            tags=tuple(contacts.tags(tx, contact_id)),
            consents=tuple(consents.standing(tx, contact_id)),
            ledger=tuple(consents.ledger(tx, contact_id)),
            messages=tuple(contacts.messages(tx, contact_id, limit=_MESSAGES)),
        )


def page(
    gw: Gateway, medium: Medium = Medium.EMAIL, *, classes: Sequence[ContactClass] = (), after: int = 0, limit: int = 50
) -> list[ContactLine]:
    """A page of contacts with an address on a channel, in order of contact id, after a given one."""
    with reading(gw.engine) as tx:
        return contacts.page(tx, medium, classes=classes, after=after, limit=limit)


def without_address(gw: Gateway, *, classes: Sequence[ContactClass] = (), after: int = 0, limit: int = 50) -> list[Unreachable]:
    """A page of people of whom there is no address and no number, in order of contact id, after a given one."""
    with reading(gw.engine) as tx:
        return contacts.without_address(tx, classes=classes, after=after, limit=limit)


def export(gw: Gateway, path: Path, *, by: str, medium: Medium = Medium.EMAIL, classes: Sequence[ContactClass] = ()) -> TakenAway:
    """Write everybody with an address on a channel to a CSV that Excel opens (UTF-8 with BOM, `;`).

    Whoever had the use of her data restricted is left out: it is only kept (rule dsar-restriction). Cells that a spreadsheet
    would compute are made harmless. The journal says who took the file away before it is written. Raises InvalidInput when the
    file exists or cannot be written.
    """
    with new_file(path) as written, TextIOWrapper(written, encoding="utf-8-sig", newline="") as file:
        with begin(gw.engine) as tx:
            only = [one.value for one in classes] or None
            told = entry(EntryKind.OPERATOR, gw.clock.now(), act="contacts-exported", by=by, medium=medium.value, classes=only)
            journal.append(tx, [told])
        writer = csv.writer(file, delimiter=";")
        writer.writerow((_FIRST[medium], *_HEADINGS))
        count = kept_back = 0
        with reading(gw.engine) as tx:
            for lines in contacts.everybody(tx, medium, classes=classes):
                free = [line for line in lines if not line.restricted]
                writer.writerows([neutral(cell) for cell in _cells(line)] for line in free)
                count += len(free)
                kept_back += len(lines) - len(free)
    return TakenAway(contacts=count, kept_back=kept_back)


def _cells(line: ContactLine) -> Sequence[str]:
    return (
        line.address,
        line.given_name,
        line.family_name,
        line.postcode,
        line.commune,
        line.territory,
        line.language,
        line.contact_class.value,
        line.consent.value,
        "oui" if line.objected else "non",
        line.address_state.value,
        line.origin_label,
        line.collected_on.isoformat() if line.collected_on else "",
    )

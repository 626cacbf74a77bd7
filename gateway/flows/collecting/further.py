"""Addresses of whoever objects beyond those that her line is taken with: « Courriel 2 », the second of two mobiles.

Of whom a line brings in, one address of a kind is taken: which of two is hers is not guessed. Her no needs no guess; it holds for
each of them. What stands in a column that nothing reads (« Contact ») may be hers or somebody else's: whoever brings the file is
asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress, InvalidInput
from gateway.domain.keys import Keyring
from gateway.domain.phone import PhoneNumber, read_phone_cell
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import CHANNELS, Field, is_ours, labels, plain
from gateway.flows.collecting.likeness import channel_of, is_no
from gateway.flows.collecting.mailcells import read_email, several
from gateway.flows.collecting.numbers import region_at, region_by, staged_as
from gateway.flows.collecting.objecting import is_of_others, is_of_things
from gateway.flows.collecting.refusals import shown
from gateway.store.staging import ACTS, OBJECTS, SLOTS, Slot, StagedRow

#: How a column that holds addresses, or numbers, may be named.
_NAMES = {Field.EMAIL: "courriel", Field.PHONE: "téléphone"}
_BETWEEN = re.compile(r"[,;/|\s]+")


class Addresses:
    """Finds every address and number of a line, in whichever of its columns: as columns of a staged line."""

    def __init__(self, columns: Columns, keys: Keyring) -> None:
        fields = columns.fields
        self._places = [
            place
            for place, heading in enumerate(columns.headings)
            if fields.get(place) in CHANNELS or (place not in fields and channel_of(heading))
        ]
        self._unread = dict(_unread(columns, {*fields, *self._places}))
        self._taken = columns.places.keys()
        self._code = columns.places.get(Field.CALLING_CODE)
        self._keys = keys

    def of(self, cells: Sequence[str], postcode: str = "") -> Iterator[dict[str, Any]]:
        """cells: as they stand in the file, fewer than it has columns, maybe."""
        for place in self._places:
            yield from self._at(place, cells, postcode)

    def check_unread(self, line: int, cells: Sequence[str], known: Collection[bytes | None]) -> None:
        """Raise InvalidInput for an address or a number of whoever objects in a column that nothing reads and nobody left out.

        known: the digests of what her objection holds for already.
        """
        for place, label in self._unread.items():
            cell = cells[place] if place < len(cells) else ""
            if not _is_address(label, cell) or all(_digests(found) <= {*known} for found in self._at(place, cells)):
                continue
            raise InvalidInput(
                f"ligne {line} : cette personne ne veut plus rien recevoir, et la colonne « {label} », que rien ne lit, tient "
                f"peut-être son adresse ou son numéro (« {shown(cell)} »), où elle serait encore jointe : "
                f"{self._named(label, cell)} ; "
                f'si c’est à quelqu’un d’autre, --map "{label}=ignorer"'
            )

    def _at(self, place: int, cells: Sequence[str], postcode: str = "") -> Iterator[dict[str, Any]]:
        cell = cells[place] if place < len(cells) else ""
        if "@" in cell:
            yield from (_staged_email(address, self._keys) for address in _emails(cell))
        elif cell.strip():
            code = cells[self._code].strip() if self._code is not None and self._code < len(cells) else ""
            region = (region_by(code) if code else "") or region_at(postcode)
            yield from (staged_as(number, cell, self._keys) for number in read_phone_cell(cell, region=region).numbers)

    def _named(self, label: str, cell: str) -> str:
        """How such a column is to be named so that it is read, be it as one more of its kind."""
        field, one_more = (Field.EMAIL, "Courriel 2") if "@" in cell else (Field.PHONE, "Téléphone 2")
        if field in self._taken:
            return f"si c’est à elle, nommez cette colonne « {one_more} »"
        return f'si c’est à elle, --map "{label}={_NAMES[field]}"'


class Further:
    """Gathers them: lines of their own, about the person of the line where they stand."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._rows: list[StagedRow] = []
        self.count = 0
        self.slots: set[Slot] = set()  #: kinds of address among them

    def add(self, row: StagedRow, cells: Sequence[str]) -> None:
        """Look at a line that is taken, be it for its objection alone. cells: as they stand in the file."""
        if OBJECTS not in (row.act_email, row.act_sms, row.act_call):  # nearly all of a million lines
            return
        declined = {act: OBJECTS for act in ACTS.values() if getattr(row, act) == OBJECTS}
        known = {getattr(row, slot.digest) for slot in SLOTS}
        self.slots.update(slot for slot in SLOTS if getattr(row, slot.digest))
        self._addresses.check_unread(row.line, cells, known)
        for address in self._addresses.of(cells, row.postcode):
            hers = {
                slot.digest: digest
                for slot in SLOTS
                if (digest := address.get(slot.digest)) and digest not in known and ACTS[slot.medium] in declined
            }
            if hers:
                known |= set(hers.values())
                told: dict[str, Any] = {name: value for name, value in address.items() if not name.endswith("_digest")}
                told |= {**hers, **declined, "family_name": row.family_name, "given_name": row.given_name}
                self.count += 1
                self.slots.update(slot for slot in SLOTS if slot.digest in hers)
                self._rows.append(StagedRow(-self.count, row.person, **told))  # no line of the file has them for its own

    def taken(self) -> list[StagedRow]:
        """Those gathered since it was last asked, to be set down; `staging.set_behind` gives them lines at last."""
        rows, self._rows = self._rows, []
        return rows


def _unread(columns: Columns, read: Collection[int]) -> Iterator[tuple[int, str]]:
    """Columns that may hold an address of hers, though nothing reads them and nobody left them out, and how they are called."""
    beside = {*read, *columns.remarks, *columns.left_out}
    for place, (heading, label) in enumerate(zip(columns.headings, labels(columns.headings), strict=True)):
        if place not in beside and not is_ours(heading) and not is_of_others(plain(heading)):
            yield place, label


def _is_address(heading: str, cell: str) -> bool:
    """Whether a cell is an address and nothing else, or a number that does not count things, by its heading."""
    if "@" in cell:
        return " " not in cell.strip()
    return bool(misplaced_number(cell)) and not (is_no(Field.PHONE, heading) or is_of_things(plain(heading)))


def _digests(found: Mapping[str, Any]) -> set[bytes]:
    return {value for name, value in found.items() if name.endswith("_digest")}


def _emails(cell: str) -> Iterator[EmailAddress]:
    for part in (cell, *_BETWEEN.split(cell)):
        if "@" in part:
            with suppress(InvalidAddress):
                yield read_email(part)


def misplaced(cell: str, postcode: str, keys: Keyring) -> dict[str, Any]:
    """Columns of a staged line for the first of several addresses that a cell holds, or for a number among addresses."""
    if number := misplaced_number(cell, postcode):
        return staged_as(number, cell, keys)
    found = several(cell)
    return _staged_email(found[0], keys) if found else {}


def misplaced_number(cell: str, postcode: str = "") -> PhoneNumber | None:
    """The number in a cell that should hold an address, where it holds nothing else."""
    if "@" in cell:
        return None
    read = read_phone_cell(cell, region=region_at(postcode))
    return read.numbers[0] if len(read.numbers) == 1 and not read.rest else None


def _staged_email(address: EmailAddress, keys: Keyring) -> dict[str, Any]:
    digest = keys.address_digest(Medium.EMAIL, address.match_key)
    return {"email_digest": digest, "email": str(address), "email_domain": address.domain}


def objecting_alone(row: StagedRow) -> StagedRow | None:
    """Of a line the addresses of the channels it objects to, and nothing else; None where it objects to none."""
    objects = {medium for medium, act in ACTS.items() if getattr(row, act) == OBJECTS}
    if not objects:
        return None
    here = StagedRow(row.line, row.person, row.key)
    if Medium.EMAIL in objects:
        here = here._replace(act_email=OBJECTS, email_digest=row.email_digest, email=row.email)
        here = here._replace(email_typed=row.email_typed, email_domain=row.email_domain)
    if Medium.SMS in objects:
        here = here._replace(act_sms=OBJECTS, sms_digest=row.sms_digest)
    if Medium.CALL in objects:
        here = here._replace(act_call=OBJECTS, call_digest=row.call_digest, landline_digest=row.landline_digest)
        here = here._replace(landline=row.landline, landline_typed=row.landline_typed)
    if here.sms_digest or here.call_digest:
        here = here._replace(mobile=row.mobile, mobile_typed=row.mobile_typed)
    return here

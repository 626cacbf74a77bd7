"""Addresses of whoever objects beyond those that her line is taken with: « Courriel 2 », the second of two mobiles.

Of whom a line brings in, one address of a kind is taken: which of two is hers is not guessed. Her no needs no guess; it holds for
each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.keys import Keyring
from gateway.domain.phone import PhoneNumber, read_phone_cell
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import CHANNELS, Field
from gateway.flows.collecting.likeness import channel_of
from gateway.flows.collecting.mailcells import read_email, several
from gateway.flows.collecting.numbers import region_at, region_by, staged_as
from gateway.store.staging import ACTS, OBJECTS, SLOTS, Slot, StagedRow

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
        self._code = columns.places.get(Field.CALLING_CODE)
        self._keys = keys

    def of(self, cells: Sequence[str], postcode: str = "") -> Iterator[dict[str, Any]]:
        """cells: as they stand in the file, fewer than it has columns, maybe."""
        code = cells[self._code].strip() if self._code is not None and self._code < len(cells) else ""
        region = (region_by(code) if code else "") or region_at(postcode)
        for cell in (cells[place] for place in self._places if place < len(cells)):
            if "@" not in cell:
                for number in read_phone_cell(cell, region=region).numbers if cell.strip() else ():
                    yield staged_as(number, cell, self._keys)
                continue
            for address in _emails(cell):
                yield _staged_email(address, self._keys)


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

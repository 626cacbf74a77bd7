"""The lines of an opposition list: every address and number counts, and none of them needs a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from gateway.compliance.pack import Pack
from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress, InvalidInput
from gateway.domain.keys import Keyring
from gateway.domain.numbering import LineKind
from gateway.domain.phone import PLAIN, PhoneNumber, read_phone_cell
from gateway.flows.collecting.beside import Beside, beside, hears_by
from gateway.flows.collecting.consenting import NOTHING_TOLD
from gateway.flows.collecting.contents import is_email
from gateway.flows.collecting.headings import Field, meaning, plain
from gateway.flows.collecting.likeness import channel_of, people_named
from gateway.flows.collecting.mailcells import among_words, read_email, several
from gateway.flows.collecting.numbers import region_by
from gateway.flows.collecting.objecting import is_of_others
from gateway.flows.collecting.refusals import RefusedRow, shown
from gateway.flows.collecting.remarks import NONE
from gateway.flows.collecting.table import Record
from gateway.store.staging import OBJECTS

#: Rows from which the content of columns is told, and the share of their cells that must be addresses or numbers.
_ROWS_LOOKED_AT, _MOST = 300, 0.6
_HEADINGS_SHOWN = 12
#: What is wrong with a number, where a cell of digits alone is meant as one in whichever column it stands.
_OF_DIGITS = ("too_short", "too_long")
#: Between an address and a number of one cell.
_PARTED = re.compile(r"\s*[,;/|\n]\s*|\s+(?:et|ou|and|or|-|–|—)\s+")

#: Columns of a staged line: of one address, or of one number, that objects.
Objecting = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AddressColumns:
    """The columns of a list that hold addresses or numbers."""

    headings: Sequence[str]
    of_numbers: dict[int, bool]  #: by place: whether it is a column of numbers


def address_columns(name: str, records: Iterator[Record]) -> tuple[AddressColumns, Iterator[Record]]:
    """The columns of addresses and numbers of a list, and the records that follow: one without header begins at once.

    name: of the file, for what is said of it. Raises InvalidInput where no column holds any.
    """
    first = next(records, None)
    if first is not None and first.line == 0:  # the table has no header: what was said are letters of ours
        first = next(records, None)
    if first is None:
        raise InvalidInput(f"{name} : le fichier ne contient aucune ligne")
    if bare := _of_addresses(first.cells):
        named = {place: "numéro" if of_numbers else "courriel" for place, of_numbers in bare.items()}
        headings = [named.get(place, f"colonne {place + 1}") for place in range(len(first.cells))]
        return AddressColumns(headings, bare), chain([first], records)
    meant = {place: field for place, heading in enumerate(first.cells) if (field := channel_of(heading))}
    if not meant:
        beginning = list(islice(records, _ROWS_LOOKED_AT))
        meant, records = _by_content(first.cells, beginning), chain(beginning, records)
    if not meant:
        told = ", ".join(f"« {heading} »" for heading in first.cells[:_HEADINGS_SHOWN] if heading)
        raise InvalidInput(
            f"{name} : aucune colonne d’adresses électroniques ni de numéros de téléphone parmi {told or 'les colonnes'} ; "
            "appelez-la « courriel » ou « téléphone », et recommencez"
        )
    headings = [" ".join(heading.split()) for heading in first.cells]
    return AddressColumns(headings, {place: field is not Field.EMAIL for place, field in meant.items()}), records


def _of_addresses(cells: Sequence[str]) -> dict[int, bool]:
    """Places of the cells of a line that are addresses or numbers: the addresses first."""
    emails = {place: False for place, cell in enumerate(cells) if "@" in cell}
    numbers = {place: True for place, cell in enumerate(cells) if place not in emails and read_phone_cell(cell).numbers}
    return emails | numbers


def _by_content(headings: Sequence[str], rows: Sequence[Record]) -> dict[int, Field]:
    """Columns whose cells are addresses or numbers, where no heading is known: « Contact »; a no needs no guess."""
    found: dict[int, Field] = {}
    for place, heading in enumerate(headings):
        filled = [row.cells[place] for row in rows if place < len(row.cells) and row.cells[place].strip()]
        reached = sum(is_email(cell) or bool(read_phone_cell(cell).numbers) for cell in filled)
        if filled and reached >= _MOST * len(filled) and not (people_named(heading) or is_of_others(plain(heading))):
            found[place] = Field.EMAIL
    return found


def _at(record: Record, place: int) -> str:
    return record.cells[place] if place < len(record.cells) else ""


class OppositionReader:
    """Reads the lines of one list."""

    def __init__(self, keys: Keyring, pack: Pack, columns: AddressColumns) -> None:
        self._keys = keys
        self._columns = columns
        self._beside = Beside(pack.list_words, hears_by(pack))
        codes = (place for place, heading in enumerate(columns.headings) if meaning(heading) is Field.CALLING_CODE)
        self._code = next(codes, None)

    def read(self, record: Record) -> tuple[list[Objecting], list[RefusedRow]]:
        """Every address and number of a line, and what is none: of two of a kind none stands in for the other."""
        found: list[Objecting] = []
        unread: list[RefusedRow] = []
        cells = [(place, _at(record, place)) for place in self._columns.of_numbers]
        region = (region_by(_at(record, self._code)) if self._code is not None else "") or "FR"
        for place, cell in [(place, cell) for place, cell in cells if cell.strip()] or cells[:1]:
            of_cell, refused = self._cell(cell, region, of_numbers=self._columns.of_numbers[place])
            found += of_cell
            heading = self._columns.headings[place]
            unread += [
                RefusedRow(line=record.line, column=heading, value=shown(value), code=code, says=says)
                for value, code, says in refused
            ]
        if found:  # words where a number was not given protect nobody less
            unread = [one for one in unread if one.code != "no_number"]
        return found, unread

    def places_beside(self, record: Record) -> set[int]:
        """Places of other columns where somebody may be reached: nothing says whom they belong to."""
        read = self._columns.of_numbers
        return {
            place
            for place, cell in enumerate(record.cells)
            if place not in read and ("@" in cell or PLAIN.fullmatch(cell.strip()) is not None)
        }

    def _cell(self, cell: str, region: str, *, of_numbers: bool) -> tuple[list[Objecting], list[tuple[str, str, str]]]:
        """What a cell holds; and (text, code, sentence) of what cannot be read there.

        A list that people write by hand has an address on one line and a number on the next: each cell says what it is.
        """
        if cell.strip() and "@" not in cell:
            read = read_phone_cell(cell, region=region)
            of_no_words = _OF_DIGITS if not any(map(str.isalpha, cell)) else ()
            if read.numbers or of_numbers or any(one.code in ("which_country", *of_no_words) for one in read.refused):
                refused = [(one.text or cell, one.code, one.says) for one in read.refused]
                return [self._number(one) for one in read.numbers], refused
        try:
            return [self._email(self._declining(cell) or read_email(cell))], []
        except InvalidAddress as fault:
            # Which of several is hers is not guessed; her no holds for each.
            hers = [self._email(one) for one in several(cell)] or self._of_both_kinds(cell)
            return hers, [] if hers else [(cell, fault.code, str(fault))]

    def _of_both_kinds(self, cell: str) -> list[Objecting]:
        """Addresses and numbers of a cell with nothing else but what parts them: « jean@… / 06 12 … »; none of any other."""
        found: list[Objecting] = []
        for piece in filter(str.strip, _PARTED.split(cell)):
            read = read_phone_cell(piece)
            if "@" not in piece and read.numbers and not (read.rest or read.refused):
                found += [self._number(one) for one in read.numbers]
                continue
            try:
                found.append(self._email(read_email(piece)))
            except InvalidAddress:
                return []
        return found

    def _declining(self, cell: str) -> EmailAddress | None:
        """The address in a cell whose other words may be an objection: « jean@… STOP ». No other words are cut off an address."""
        address = among_words(cell) if " " in cell.strip() else None
        if address is None or self._beside.restricts(beside(cell, str(address)), NOTHING_TOLD, number=False) == NONE:
            return None
        return address

    def _email(self, address: EmailAddress) -> Objecting:
        return {"email_digest": self._keys.address_digest(Medium.EMAIL, address.match_key), "act_email": OBJECTS}

    def _number(self, number: PhoneNumber) -> Objecting:
        """A number that objects: to calls, and to texts unless it is one that takes none."""
        call = self._keys.address_digest(Medium.CALL, number.match_key)
        if number.kind is LineKind.LANDLINE:
            return {"landline_digest": call, "act_call": OBJECTS}
        sms = self._keys.address_digest(Medium.SMS, number.match_key)
        return {"sms_digest": sms, "call_digest": call, "act_sms": OBJECTS, "act_call": OBJECTS}

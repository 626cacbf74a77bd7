"""Telephone numbers of a line: which column they stand in says what was meant, the numbers themselves say what they are."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import Any

from gateway.domain.abroad import region_by_name, region_of_code
from gateway.domain.channel import Medium
from gateway.domain.keys import Keyring
from gateway.domain.numbering import LineKind
from gateway.domain.phone import PhoneCell, PhoneNumber, RefusedNumber, read_phone_cell
from gateway.flows.collecting.beside import Beside, Declined, forbidden, kept_apart
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.consenting import AT
from gateway.flows.collecting.headings import Field, plain
from gateway.flows.collecting.refusals import Doubt, shown
from gateway.flows.collecting.remarks import NONE
from gateway.flows.collecting.table import Record

_POSTCODE, _COUNTRY, _CALLING_CODE = AT[Field.POSTCODE], AT[Field.COUNTRY], AT[Field.CALLING_CODE]
_COLUMNS = (Field.MOBILE, Field.PHONE, Field.LANDLINE)
#: Places whose numbers are typed in a plan of their own, by the beginning of their postcodes.
_REGIONS = {"975": "PM", "986": "WF", "987": "PF", "988": "NC"}
_PLATFORM = (
    "numéro d’une plateforme d’appels, pas d’une personne : il est d’une série réservée aux automates et aux intermédiaires"
)
_INTERNATIONAL = re.compile(r"\s*\(?(?:\+|00)")
_NO_CODE = "l’indicatif de cette ligne ne se lit pas : écrivez le numéro avec le sien, +33…"
_WHICH_COUNTRY = (
    "ce numéro se lit en France, et peut être de l’autre pays que dit la ligne : on ne sait pas lequel ; écrivez-le avec son "
    "indicatif, +33…"
)
_WORDS = {LineKind.MOBILE: "mobiles", LineKind.LANDLINE: "fixes"}


class Numbers:
    """Reads the columns of numbers of one file."""

    def __init__(self, columns: Columns, keys: Keyring, beside: Beside, at_home: Container[str]) -> None:
        """at_home: what France and its territories are called as countries."""
        self._places = [(columns.headings[columns.places[one]], columns.places[one]) for one in _COLUMNS if one in columns.places]
        self._keys = keys
        self._beside = beside
        self._at_home = at_home
        self.present = bool(self._places)  #: whether the file has any

    def read(self, record: Record, told: Sequence[Any]) -> tuple[dict[str, Any], list[Doubt], list[Declined]]:
        """Columns of the staged line for what can be taken, what cannot, and channels declined: a number is never guessed.

        A mobile and a landline are both the person's; two of a kind may be two people's. A landline is no address for SMS,
        wherever it stands. told: what the line says of the person.
        """
        region = region_at(told[_POSTCODE])
        found: dict[LineKind, tuple[PhoneNumber, str]] = {}
        apart: set[LineKind] = set()
        doubts: list[Doubt] = []
        declined: list[Declined] = []
        for heading, place in self._places:
            if not (text := record.cells[place]).strip():
                continue
            cell = self._cell(text, told) if told[_COUNTRY] or told[_CALLING_CODE] else read_phone_cell(text, region=region)
            doubts += _unusable(record.line, heading, text, cell)
            if cell.numbers and cell.rest and (said := self._beside.restricts(cell.rest, told, number=True)) != NONE:
                if said.why:
                    doubts.append(_doubt(record.line, heading, text, "remark", forbidden(cell.rest, said)))
                    continue
                note = _doubt(record.line, heading, text, "channels", kept_apart(cell.rest, said))
                declined.append(Declined(note, said.declined))
            for number in cell.numbers:
                if number.kind is LineKind.OTHER or number.platform:
                    continue
                if (before := found.setdefault(number.kind, (number, text)))[0] != number and number.kind not in apart:
                    apart.add(number.kind)
                    says = f"deux {_WORDS[number.kind]} sur la même ligne : on ne sait pas lequel est celui de la personne"
                    doubts.append(_doubt(record.line, heading, f"{before[0]} {number}", "several_numbers", says))
        taken: dict[str, Any] = {}
        for kind, (number, text) in found.items():
            if kind not in apart:
                taken |= staged_as(number, text, self._keys)
        return taken, doubts, declined

    def _cell(self, text: str, told: Sequence[Any]) -> PhoneCell:
        """The numbers of a cell, of a line that tells of a country: typed there or in France, it is not guessed which."""
        here = read_phone_cell(text, region=region_at(told[_POSTCODE]))
        if code := told[_CALLING_CODE]:
            if region := region_by(code):
                return read_phone_cell(text, region=region)
            return here if _INTERNATIONAL.match(text) else _refused(text, "calling_code", _NO_CODE)
        region = "" if told[_COUNTRY] in self._at_home else region_by_name(told[_COUNTRY])
        there = read_phone_cell(text, region=region) if region else here
        if not there.numbers or there.numbers == here.numbers:
            return here
        doubtful = here.numbers or any(one.code == "which_country" for one in here.refused)
        return _refused(text, "which_country", _WHICH_COUNTRY) if doubtful else there


def region_by(code: str) -> str:
    """In which plan numbers are typed beside a calling code, or the name of a country in its place; empty where it is neither."""
    return region_of_code(code) or region_by_name(plain(code))


def region_at(postcode: str) -> str:
    """In which plan numbers are typed where a postcode is."""
    return _REGIONS.get(postcode[:3], "FR")


def staged_as(number: PhoneNumber, text: str, keys: Keyring) -> dict[str, Any]:
    """Columns of a staged line for a number, and as it was typed; none for one of which nobody knows what it takes."""
    if number.kind is LineKind.OTHER:
        return {}
    call = keys.address_digest(Medium.CALL, number.match_key)
    if number.kind is LineKind.LANDLINE:
        return {"landline_digest": call, "landline": number.e164, "landline_typed": text.strip()}
    sms = keys.address_digest(Medium.SMS, number.match_key)
    return {"sms_digest": sms, "call_digest": call, "mobile": number.e164, "mobile_typed": text.strip()}


def _refused(text: str, code: str, says: str) -> PhoneCell:
    return PhoneCell((), refused=(RefusedNumber(text.strip(), code, says),))


def _unusable(line: int, heading: str, text: str, cell: PhoneCell) -> list[Doubt]:
    found = [_doubt(line, heading, one.text or text, one.code, one.says) for one in cell.refused]
    found += [_doubt(line, heading, text, "platform", _PLATFORM) for number in cell.numbers if number.platform]
    if any(number.kind is LineKind.OTHER for number in cell.numbers):
        found.append(_doubt(line, heading, text, "other_line", "on ne sait pas si ce numéro reçoit des messages ou des appels"))
    return found


def _doubt(line: int, heading: str, value: str, code: str, says: str) -> Doubt:
    return Doubt(line=line, column=heading, value=shown(value), code=code, says=says)

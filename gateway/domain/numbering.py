"""The French numbering plan, as far as it takes to know whose network a ten-digit number is on.

Ten-digit numbers are one plan for the whole Republic, but overseas each territory has a calling code of its own: 0696… typed in
Fort-de-France is +596 696…, and a library that reads it as +33 would ring nobody. Where the numbers of a place go is fact of
the plan (ARCEP, decision 2018-0881 as amended); which hours or rules hold there is the pack's business.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

from gateway.domain.errors import InvalidAddress

#: Digits of a national number, with its leading zero, that say all there is to know about its line.
HEAD_DIGITS = 6
_MAINLAND_DIGITS = 4

#: Calling codes of the plan, with the region a number is of when its beginning says nothing else.
CALLING_CODES = {"33": "FR", "590": "GP", "594": "GF", "596": "MQ", "262": "RE", "508": "PM"}
#: Regions where people type ten digits with a leading zero.
ZERO_REGIONS = frozenset({"FR", "GP", "BL", "MF", "GF", "MQ", "RE", "YT", "TF", "PM"})
#: Beginning of the landlines of a place, which people there leave out among themselves.
LOCAL_BEGINNINGS = {
    "GP": "0590",
    "BL": "0590",
    "MF": "0590",
    "GF": "0594",
    "MQ": "0596",
    "RE": "0262",
    "YT": "0269",
    "PM": "0508",
}

#: Beginnings of national numbers that are not on the mainland network. The longest wins.
_OVERSEAS = {
    "GP": ("0590", "0690", "0691", "05987", "07090", "09395", "09475", "09760", "09761"),
    "GF": ("0594", "0694", "05988", "070930", "070931", "070932", "070933", "070934", "09396", "09476", "09764", "09765"),
    "MQ": ("0596", "0696", "0697", "05989", "07091", "09397", "09477", "09766", "09767"),
    "RE": ("0262", "0263", "0268", "0692", "0693", "07092", "09399", "09479", "09762", "09763"),
    "YT": ("0269", "02689", "0639", "070935", "070936", "070937", "070938", "070939", "09398", "09478", "09769"),
    "PM": ("0508", "07084", "07085"),
}
_CODES = {"FR": "33", "GP": "590", "GF": "594", "MQ": "596", "RE": "262", "YT": "262", "PM": "508"}
_REGIONS = {beginning: region for region, beginnings in _OVERSEAS.items() for beginning in beginnings}
#: Numbers that ARCEP sets apart for films and tests: no one will ever have them.
_FICTITIOUS = ("019900", "026191", "035301", "046571", "053649", "063998")
#: Beginnings kept for platforms: those that call by themselves (NPV, ARCEP 2022-1583), and those that put two people through.
_PLATFORMS = (
    *("0162", "0163", "0270", "0271", "0377", "0378", "0424", "0425", "0568", "0569", "0948", "0949"),
    *("09475", "09476", "09477", "09478", "09479", "0937", "0938", "0939"),
)
#: Beginnings without any range given to an operator, which the library takes all the same.
_CLOSED = ("0100", "0200", "0300", "0400", "0500", "0600", "090", "091", "092", "099")
#: Beginning of the numbers of things: meters, lifts, cars.
MACHINES = "0700"


class LineKind(StrEnum):
    """What can be reached at the end of a line."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    #: A number that exists, of which nobody can say whether it takes messages or calls.
    OTHER = "other"


class Line(NamedTuple):
    """What the beginning of a number tells."""

    code: str  #: calling code, without plus
    region: str  #: ISO 3166-1 code; GP stands for Saint-Barthélemy and Saint-Martin too, which share its numbers
    kind: LineKind
    skip: int  #: digits of the national number that are not dialled after the calling code
    fictitious: bool
    platform: bool


_REACHES = {
    PhoneNumberType.MOBILE: LineKind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: LineKind.MOBILE,
    PhoneNumberType.FIXED_LINE: LineKind.LANDLINE,
    PhoneNumberType.VOIP: LineKind.LANDLINE,
}
_SPECIAL = (
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.UAN,
)


@lru_cache(maxsize=1 << 17)
def line_of(head: str) -> Line:
    """The line of a national number by its first six digits, leading zero included.

    Raises InvalidAddress (special, machine, unassigned).
    """
    if head.startswith(MACHINES):
        raise machine()
    if head.startswith("08"):
        raise InvalidAddress("special", "numéro spécial (08…) : c’est celui d’un service, pas d’une personne")
    if head.startswith(_CLOSED):
        raise unassigned()
    if head in _FICTITIOUS:
        kind = LineKind.MOBILE if head[1] == "6" else LineKind.LANDLINE
        return Line("33", "FR", kind, 1, fictitious=True, platform=False)
    lengths = range(HEAD_DIGITS, 3, -1)
    region = next((_REGIONS[head[:length]] for length in lengths if head[:length] in _REGIONS), "FR")
    platform = head.startswith(_PLATFORMS)
    if region == "FR":
        return Line("33", "FR", _mainland(head[:_MAINLAND_DIGITS]), 1, fictitious=False, platform=platform)
    skip = 4 if head.startswith("0508") else 1
    kind = kind_of(_CODES[region] + head[skip:] + "0" * (10 - HEAD_DIGITS))
    return Line(_CODES[region], region, kind, skip, fictitious=False, platform=platform)


@lru_cache(maxsize=1_000)
def _mainland(head: str) -> LineKind:
    """Four digits are enough there."""
    return kind_of("33" + head[1:] + "0" * (10 - len(head)))


def kind_of(digits: str) -> LineKind:
    """What is at the end of an international number (digits without plus). Raises InvalidAddress (special, unassigned)."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException as fault:
        raise unassigned() from fault
    if not phonenumbers.is_valid_number(number):
        raise unassigned()
    found = phonenumbers.number_type(number)
    if found in _SPECIAL:
        raise InvalidAddress("special", "numéro spécial : c’est celui d’un service, pas d’une personne")
    return _REACHES.get(found, LineKind.OTHER)


def international(digits: str) -> str:
    """An international number (digits without plus) as networks know it: without the zero that is dialled at home alone, and that
    people leave behind the calling code (+41 079…). Where it belongs to the number, as in Italy, it stays."""
    return phonenumbers.format_number(phonenumbers.parse(f"+{digits}"), phonenumbers.PhoneNumberFormat.E164)


def region_of(digits: str) -> str:
    """ISO code of the region of an international number outside the plan; empty for a number of no country."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(f"+{digits}")) or ""


def machine() -> InvalidAddress:
    """What is said of the number of a thing."""
    return InvalidAddress("machine", "numéro d’un objet connecté (0700…), pas d’une personne")


def unassigned() -> InvalidAddress:
    """What is said of a number that no operator may give out."""
    return InvalidAddress("unassigned", "numéro impossible : aucun opérateur n’attribue de numéro qui commence ainsi")

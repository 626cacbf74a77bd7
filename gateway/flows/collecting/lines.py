"""From what a line of a file says to the line that is staged: its columns in their order, its key, its territory."""

from __future__ import annotations

import secrets
from typing import Any

from gateway.compliance.territory import NUMBER_BEGINS
from gateway.domain.contact import UNKNOWN_TERRITORY
from gateway.domain.keys import PERSON_KEY_BYTES
from gateway.flows.collecting.consenting import AT, Noted
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.readers import REMEMBERED, Surroundings
from gateway.store.staging import StagedRow

_KEYS_AT_ONCE = 1_000
_GIVEN_NAME, _GIVEN_NAMES = AT[Field.GIVEN_NAME], AT[Field.GIVEN_NAMES]
_FAMILY_NAME, _USAGE_NAME, _BIRTH_NAME = AT[Field.FAMILY_NAME], AT[Field.USAGE_NAME], AT[Field.BIRTH_NAME]
_BIRTH_ON, _POSTCODE, _COMMUNE, _COUNTRY = (AT[one] for one in (Field.BIRTH_ON, Field.POSTCODE, Field.COMMUNE, Field.COUNTRY))
_POLLING_STATION, _POLLING_LABEL = AT[Field.POLLING_STATION], AT[Field.POLLING_LABEL]
_LANGUAGE, _TAGS = AT[Field.LANGUAGE], AT[Field.TAGS]
_MOBILE, _LANDLINE = (StagedRow._fields.index(name) - StagedRow._fields.index("email_digest") for name in ("mobile", "landline"))


class Lines:
    """Makes the lines of one file."""

    def __init__(self, around: Surroundings, noted: Noted) -> None:
        self._around = around
        self._noted = noted
        self._keys: list[bytes] = []
        self._territories: dict[tuple[str, str, str], str] = {}

    def staged(self, line: int, told: list[Any], known_by: tuple[Any, ...], said: tuple[Any, ...]) -> StagedRow:
        """A staged line, its columns in their order. known_by: its addresses; said: what it agrees and objects to."""
        return StagedRow._make(
            (
                line,
                line,
                self.key(),
                *known_by,
                told[_GIVEN_NAME] or told[_GIVEN_NAMES],
                told[_USAGE_NAME] or told[_FAMILY_NAME] or told[_BIRTH_NAME],
                told[_BIRTH_ON],
                postcode := told[_POSTCODE],
                told[_COMMUNE],
                self._territory(postcode, known_by[_MOBILE] or known_by[_LANDLINE] or "", told[_COUNTRY]),
                told[_POLLING_STATION],
                told[_POLLING_LABEL],
                told[_LANGUAGE],
                *said,
                told[_TAGS],
            )
        )

    def key(self) -> bytes:
        """A fresh random key; asked of the system by the thousand."""
        if not self._keys:
            drawn = secrets.token_bytes(PERSON_KEY_BYTES * _KEYS_AT_ONCE)
            self._keys = [drawn[at : at + PERSON_KEY_BYTES] for at in range(0, len(drawn), PERSON_KEY_BYTES)]
        return self._keys.pop()

    def _territory(self, postcode: str, number: str, country: str) -> str:
        """Of the three together; those with one postcode, and numbers that begin alike, share it."""
        known = (postcode, number[:NUMBER_BEGINS], country)
        if (territory := self._territories.get(known)) is None:
            territory = self._around.territory_of(postcode, number=number, country=country)
            if len(self._territories) < REMEMBERED:
                self._territories[known] = territory
        if postcode and territory == UNKNOWN_TERRITORY:
            self._noted.unknown_postcodes += 1
        return territory

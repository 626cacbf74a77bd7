"""From a record to a staged line: an address and what the file says of its holder, or the reason why not."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, Evidence
from gateway.domain.contact import UNKNOWN_TERRITORY
from gateway.domain.errors import InvalidAddress, InvalidInput
from gateway.domain.keys import Keyring
from gateway.flows.collecting import cells
from gateway.flows.collecting.headings import Columns, Field
from gateway.flows.collecting.reading import Malformed, Record
from gateway.flows.collecting.refusals import RefusedRow, shown
from gateway.flows.collecting.request import ConsentClaim, hash_of
from gateway.store.staging import StagedRow

NAME_CHARACTERS_MAX = 100
POSTCODE_CHARACTERS_MAX = 10
TAG_CHARACTERS_MAX = 64
TAGS_PER_CONTACT_MAX = 20
EVIDENCE_CHARACTERS_MAX = 300
WORDING_CHARACTERS_MAX = 5_000
#: Distinct wordings and tags of one file: more of them are no wordings and no tags, but something personal in each row.
WORDINGS_MAX = 200
TAGS_MAX = 500
KEY_BYTES = 16
_REMEMBERED = 50_000

_MALFORMED = {
    Malformed.QUOTE: "un guillemet est ouvert et n’est jamais fermé",
    Malformed.WIDTH: "le nombre de cellules n’est pas celui de l’en-tête",
    Malformed.FIELD: "une cellule est démesurée",
    Malformed.NUL: "contient un caractère nul",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What reading a row needs to know besides the row."""

    keys: Keyring
    territory_of: Callable[[str | None], str]
    zone: ZoneInfo  #: clock of dates without offset
    now: datetime
    claim: ConsentClaim | None = None


@dataclass(slots=True)
class Noted:
    """What was met on the way, beside the rows themselves."""

    wordings: dict[str, str] = field(default_factory=dict)  #: text by its hash
    tags: set[str] = field(default_factory=set)
    agreed: int = 0  #: lines that say yes
    without_evidence: int = 0  #: of those, lines whose evidence is incomplete: they count for nothing
    repaired_postcodes: int = 0  #: lines whose postcode had lost the zero at its beginning
    unknown_postcodes: int = 0  #: lines with a postcode of no known territory: the widest silence holds for them


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, columns: Columns, around: Surroundings) -> None:
        self._columns = columns
        self._around = around
        self._claim = around.claim or ConsentClaim()
        self._territories: dict[str, str] = {}
        self._instants: dict[str, datetime | None] = {}
        self.noted = Noted()
        if self._claim.wording:
            self.noted.wordings[hash_of(self._claim.wording)] = self._claim.wording
        readers = self._readers()
        self._present = [(meant, place, readers[meant]) for meant, place in columns.places.items() if meant in readers]

    def read(self, record: Record) -> StagedRow | RefusedRow:
        """One line of the file, ready to be staged; or why not. Raises InvalidInput when the whole file cannot be meant so."""
        if record.malformed is not None:
            fault, value = record.malformed, shown(" ".join(record.cells))
            return RefusedRow(line=record.line, column="", value=value, code=fault.value, says=_MALFORMED[fault])
        told: dict[Field, Any] = {}
        for meant, place, read in self._present:
            cell = record.cells[place]
            if cell or meant is Field.EMAIL:
                try:
                    told[meant] = read(cell)
                except (InvalidAddress, cells.UnreadableCell) as why:
                    heading = self._columns.headings[place]
                    return RefusedRow(line=record.line, column=heading, value=shown(cell), code=why.code, says=str(why))
        return self._row(record, told)

    def _row(self, record: Record, told: Mapping[Field, Any]) -> StagedRow:
        address: EmailAddress = told[Field.EMAIL]
        value = str(address)
        typed = record.cells[self._columns.places[Field.EMAIL]].strip()
        postcode = told.get(Field.POSTCODE, "")
        return StagedRow(
            line=record.line,
            digest=self._around.keys.address_digest(Medium.EMAIL, address.match_key),
            value=value,
            typed=typed if typed != value else None,
            domain=address.domain,
            given_name=told.get(Field.GIVEN_NAME) or told.get(Field.GIVEN_NAMES, ""),
            family_name=told.get(Field.USAGE_NAME) or told.get(Field.FAMILY_NAME) or told.get(Field.BIRTH_NAME, ""),
            birth_on=told.get(Field.BIRTH_ON),
            postcode=postcode,
            commune=told.get(Field.COMMUNE, ""),
            territory=self._territory(postcode),
            language=told.get(Field.LANGUAGE, ""),
            key=secrets.token_bytes(KEY_BYTES),
            tags=told.get(Field.TAGS, ()),
            **self._consent(told),
        )

    def _consent(self, told: Mapping[Field, Any]) -> dict[str, Any]:
        """What the line says of consent. A yes without all its evidence is nothing (rule consent-proof)."""
        act = told.get(Field.CONSENT)
        if Field.CONSENT not in self._columns.places and self._claim.everyone:
            act = ConsentAct.GRANTED
        if act is None:
            return {}
        if act != ConsentAct.GRANTED:
            return {"act": act, "given_at": told.get(Field.GIVEN_AT)}
        self.noted.agreed += 1
        claim = self._claim
        evidence = Evidence(
            given_at=told.get(Field.GIVEN_AT) or claim.given_at,
            form=told.get(Field.FORM) or claim.form,
            wording=told.get(Field.WORDING) or claim.wording,
            collector=told.get(Field.COLLECTOR) or claim.collector,
            means=told.get(Field.MEANS) or claim.means,
        )
        if not evidence.complete or evidence.wording is None:
            self.noted.without_evidence += 1
            return {}
        return {
            "act": act,
            "given_at": evidence.given_at,
            "form": evidence.form,
            "wording_sha256": self._keep_wording(evidence.wording),
            "collector": evidence.collector,
            "means": evidence.means,
        }

    def _readers(self) -> dict[Field, Callable[[str], Any]]:
        today = self._around.now.astimezone(self._around.zone).date()
        name = partial(cells.words, most=NAME_CHARACTERS_MAX)
        evidence = partial(cells.words, most=EVIDENCE_CHARACTERS_MAX)
        return {
            Field.EMAIL: cells.email,
            Field.GIVEN_NAME: name,
            Field.GIVEN_NAMES: partial(cells.first_name, most=NAME_CHARACTERS_MAX),
            Field.FAMILY_NAME: name,
            Field.USAGE_NAME: name,
            Field.BIRTH_NAME: name,
            Field.COMMUNE: name,
            Field.POSTCODE: self._postcode,
            Field.BIRTH_ON: partial(cells.birth_date, today=today),
            Field.LANGUAGE: cells.language,
            Field.TAGS: self._tags,
            Field.CONSENT: cells.answer,
            Field.GIVEN_AT: self._instant,
            Field.FORM: evidence,
            Field.MEANS: evidence,
            Field.COLLECTOR: evidence,
            Field.WORDING: partial(cells.words, most=WORDING_CHARACTERS_MAX),
        }

    def _postcode(self, cell: str) -> str:
        code = cells.postcode(cell, POSTCODE_CHARACTERS_MAX)
        self.noted.repaired_postcodes += code != cell.strip() and len(code) == len(cell.strip()) + 1
        return code

    def _tags(self, cell: str) -> tuple[str, ...]:
        found = cells.tags(cell, TAGS_PER_CONTACT_MAX, TAG_CHARACTERS_MAX)
        self.noted.tags.update(found)
        if len(self.noted.tags) > TAGS_MAX:
            raise InvalidInput(f"plus de {TAGS_MAX} étiquettes différentes : ce ne sont pas des étiquettes ; retirez la colonne")
        return found

    def _instant(self, cell: str) -> datetime | None:
        known = self._instants.get(cell)
        if known is None:
            known = cells.instant(cell, self._around.zone)
            if known is not None and known > self._around.now:
                raise cells.UnreadableCell("future", "cette date est dans l’avenir")
            if len(self._instants) < _REMEMBERED:
                self._instants[cell] = known
        return known

    def _territory(self, postcode: str) -> str:
        territory = self._territories.get(postcode)
        if territory is None:
            territory = self._around.territory_of(postcode)
            if len(self._territories) < _REMEMBERED:
                self._territories[postcode] = territory
        if postcode and territory == UNKNOWN_TERRITORY:
            self.noted.unknown_postcodes += 1
        return territory

    def _keep_wording(self, wording: str) -> str:
        digest = hash_of(wording)
        if digest not in self.noted.wordings:
            if len(self.noted.wordings) >= WORDINGS_MAX:
                raise InvalidInput(f"plus de {WORDINGS_MAX} textes de consentement différents : vérifiez la colonne")
            self.noted.wordings[digest] = wording
        return digest

"""From a record to a staged line: addresses and what the file says of their holder, or the reason why not."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from gateway.compliance.mailboxes import Mailboxes
from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct
from gateway.domain.contact import UNKNOWN_TERRITORY
from gateway.domain.errors import InvalidAddress, InvalidInput
from gateway.domain.hours import CallWindow
from gateway.domain.keys import Keyring
from gateway.flows.collecting import cells, hints, numbers
from gateway.flows.collecting.headings import CHANNELS, CONSENTS, Columns, Field
from gateway.flows.collecting.numbers import Numbers
from gateway.flows.collecting.refusals import Doubt, Doubts, RefusedRow, shown
from gateway.flows.collecting.request import ConsentClaim, hash_of
from gateway.flows.collecting.table import Malformed, Record
from gateway.store.folding import plain
from gateway.store.staging import OBJECTS, StagedRow

NAME_CHARACTERS_MAX = 100
POSTCODE_CHARACTERS_MAX = 10
STATION_CHARACTERS_MAX = 32
TAG_CHARACTERS_MAX = 64
TAGS_PER_CONTACT_MAX = 20
EVIDENCE_CHARACTERS_MAX = 300
WORDING_CHARACTERS_MAX = 5_000
#: Distinct wordings and tags of one file: more of them are no wordings and no tags, but something personal in each row.
WORDINGS_MAX = 200
TAGS_MAX = 500
KEY_BYTES = 16
_KEYS_AT_ONCE = 1_000
#: Different cells of a column that are remembered.
_REMEMBERED = 20_000
_UNKNOWN = object()
#: Columns whose cells are each their own, or tell something by every line.
_OF_THE_PERSON = frozenset({Field.EMAIL, Field.BIRTH_ON, Field.POSTCODE})

_MALFORMED = {
    Malformed.QUOTE: "un guillemet est ouvert et n’est jamais fermé",
    Malformed.WIDTH: "le nombre de cellules n’est pas celui de l’en-tête",
    Malformed.FIELD: "une cellule est démesurée",
    Malformed.NUL: "contient un caractère nul",
}
#: Column that says who consented to a channel.
CONSENT_TO = {Medium.EMAIL: Field.CONSENT, Medium.SMS: Field.CONSENT_SMS, Medium.CALL: Field.CONSENT_CALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What reading a row needs to know besides the row."""

    keys: Keyring
    territory_of: Callable[..., str]  #: of a postcode, and of the `number` of whoever has none: Gazetteer.territory_of
    zone: ZoneInfo  #: clock of dates without offset
    now: datetime
    claims: Mapping[Medium, ConsentClaim]  #: what is declared of each channel
    roll: bool = False  #: an electoral roll: nobody is reached by it, people are known by name and date of birth
    mailboxes: Mailboxes


@dataclass(slots=True)
class Noted:
    """What was met on the way, beside the rows themselves."""

    wordings: dict[str, str] = field(default_factory=dict)  #: text by its hash
    tags: set[str] = field(default_factory=set)
    agreed: dict[Medium, int] = field(default_factory=lambda: dict.fromkeys(Medium, 0))  #: lines that say yes
    without_evidence: int = 0  #: of those, lines whose evidence is incomplete: they count for nothing
    repaired_postcodes: int = 0  #: lines whose postcode had lost the zero at its beginning
    without_hours: int = 0  #: of those, agreements to calls that say no hours: they count for nothing
    unknown_postcodes: int = 0  #: lines with a postcode of no known territory: the widest silence holds for them
    doubts: Doubts = field(default_factory=Doubts)  #: numbers that are not taken
    hints: Doubts = field(default_factory=Doubts)  #: addresses that are taken, and deserve a look


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, columns: Columns, around: Surroundings) -> None:
        self._columns = columns
        self._around = around
        self._territories: dict[str, str] = {}
        self._keys: list[bytes] = []
        self.noted = Noted()
        for claim in around.claims.values():
            if claim.wording:
                self.noted.wordings[hash_of(claim.wording)] = claim.wording
        self._numbers = Numbers(columns, around.keys)
        readers = self._readers()
        #: What a column holds, where, how it is read, and what its cells were read as before: most columns say few things.
        self._present = [
            (meant, place, readers[meant], None if meant in _OF_THE_PERSON else dict[str, Any]())
            for meant, place in columns.places.items()
            if meant in readers
        ]
        if around.roll:
            self._present = [one for one in self._present if one[0] not in (*CHANNELS, *CONSENTS)]
        self._consents = [
            (medium, claim, CONSENT_TO[medium] if CONSENT_TO[medium] in columns.places else None)
            for medium, claim in around.claims.items()
            if CONSENT_TO[medium] in columns.places or claim.everyone
        ]
        self._no_address = self._absent()

    def read(self, record: Record) -> StagedRow | RefusedRow:
        """One line of the file, ready to be staged; or why not. Raises InvalidInput when the whole file cannot be meant so."""
        if record.malformed is not None:
            fault, value = record.malformed, shown(" ".join(record.cells))
            return RefusedRow(line=record.line, column="", value=value, code=fault.value, says=_MALFORMED[fault])
        told: dict[Field, Any] = {}
        row = record.cells
        for meant, place, read, known in self._present:
            if cell := row[place]:
                if known is not None and (found := known.get(cell, _UNKNOWN)) is not _UNKNOWN:
                    told[meant] = found
                    continue
                try:
                    found = told[meant] = read(cell)
                    if known is not None and len(known) < _REMEMBERED:
                        known[cell] = found
                except (InvalidAddress, cells.UnreadableCell) as why:
                    heading = self._columns.headings[place]
                    says = f"{why}{hints.instead(cell, self._around.mailboxes) if meant is Field.EMAIL else ''}"
                    return RefusedRow(line=record.line, column=heading, value=shown(cell), code=why.code, says=says)
        return self._row(record, told)

    def _row(self, record: Record, told: dict[Field, Any]) -> StagedRow | RefusedRow:
        postcode = told.get(Field.POSTCODE, "")
        if self._around.roll:
            return self._voter(record, told, postcode)
        addresses = self._email(record, told.get(Field.EMAIL))
        numbers_, doubts = self._numbers.read(record, postcode)
        addresses |= numbers_
        if not addresses:
            if doubts:
                only = doubts[0]
                return RefusedRow(line=record.line, column=only.column, value=only.value, code=only.code, says=only.says)
            return RefusedRow(line=record.line, value="", code="empty", **self._no_address)
        for doubt in doubts:
            self.noted.doubts.add(doubt)
        if (address := told.get(Field.EMAIL)) and (found := hints.hinted(address, self._around.mailboxes)):
            heading = self._columns.heading(Field.EMAIL)
            self.noted.hints.add(
                Doubt(line=record.line, column=heading, value=shown(str(address)), code=found.code, says=found.says)
            )
        said = self._consent(told, addresses) if self._consents and not told.get(Field.OBJECTION) else {}
        if told.get(Field.OBJECTION):
            said = {f"act_{medium.value}": OBJECTS for medium in Medium if numbers.MARKS[medium].intersection(addresses)}
        return self._staged(record.line, told, postcode, **addresses, **said)

    def _voter(self, record: Record, told: Mapping[Field, Any], postcode: str) -> StagedRow | RefusedRow:
        """A line of an electoral roll: no address, no consent; who she is, is kept as a digest."""
        names = told.get(Field.BIRTH_NAME) or told.get(Field.FAMILY_NAME), self._given_names(record, told)
        if not all(names) or not told.get(Field.BIRTH_ON):
            says = "il faut le nom, les prénoms et la date de naissance pour reconnaître la personne d’une liste à l’autre"
            return RefusedRow(line=record.line, column="", value=shown(" ".join(record.cells)), code="identity", says=says)
        place = told.get(Field.COMMUNE) or told.get(Field.POLLING_STATION, "").lstrip("0")
        identity = "\x00".join((*(plain(name or "") for name in names), told[Field.BIRTH_ON], plain(place)))
        return self._staged(record.line, told, postcode, roll_digest=self._around.keys.roll_digest(identity))

    def _given_names(self, record: Record, told: Mapping[Field, Any]) -> str:
        """All given names, as the roll writes them: by the first alone, cousins would be one person."""
        place = self._columns.places.get(Field.GIVEN_NAMES)
        return told.get(Field.GIVEN_NAME, "") if place is None else cells.bare(record.cells[place])

    def _staged(self, line: int, told: Mapping[Field, Any], postcode: str, **more: Any) -> StagedRow:
        return StagedRow(
            line=line,
            person=line,
            key=self._key(),
            given_name=told.get(Field.GIVEN_NAME) or told.get(Field.GIVEN_NAMES, ""),
            family_name=told.get(Field.USAGE_NAME) or told.get(Field.FAMILY_NAME) or told.get(Field.BIRTH_NAME, ""),
            birth_on=told.get(Field.BIRTH_ON),
            postcode=postcode,
            commune=told.get(Field.COMMUNE, ""),
            territory=self._territory(postcode, more.get("mobile") or more.get("landline") or ""),
            polling_station=told.get(Field.POLLING_STATION, ""),
            polling_label=told.get(Field.POLLING_LABEL, ""),
            language=told.get(Field.LANGUAGE, ""),
            tags=told.get(Field.TAGS, ()),
            **more,
        )

    def _key(self) -> bytes:
        """A fresh random key; asked of the system by the thousand."""
        if not self._keys:
            drawn = secrets.token_bytes(KEY_BYTES * _KEYS_AT_ONCE)
            self._keys = [drawn[at : at + KEY_BYTES] for at in range(0, len(drawn), KEY_BYTES)]
        return self._keys.pop()

    def _email(self, record: Record, address: EmailAddress | None) -> dict[str, Any]:
        if address is None:
            return {}
        value = str(address)
        typed = record.cells[self._columns.places[Field.EMAIL]].strip()
        return {
            "email_digest": self._around.keys.address_digest(Medium.EMAIL, address.match_key),
            "email": value,
            "email_typed": typed if typed != value else None,
            "email_domain": address.domain,
        }

    def _consent(self, told: Mapping[Field, Any], addresses: Mapping[str, Any]) -> dict[str, Any]:
        """What the line says of consent, channel by channel. A yes without all its evidence is nothing (rule consent-proof)."""
        said: dict[str, Any] = {}
        hours = told.get(Field.CALL_HOURS)
        for medium, claim, column in self._consents:
            act = told.get(column) if column else _everyone(medium, addresses)
            if act == ConsentAct.GRANTED:
                self.noted.agreed[medium] += 1
                if not _proved(told, claim):
                    self.noted.without_evidence += 1
                    continue
                if medium is Medium.CALL and not (hours or claim.hours):
                    self.noted.without_hours += 1
                    continue
            if act is not None:
                said[f"act_{medium.value}"] = act
        if said:
            said |= {"given_at": told.get(Field.GIVEN_AT), "hours": hours}
            if ConsentAct.GRANTED.value in said.values():
                said |= {name: told.get(meant) for name, meant in _OWN_EVIDENCE.items()}
                wording = told.get(Field.WORDING)
                said["wording_sha256"] = self._keep_wording(wording) if wording else None
        return said

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
            Field.POLLING_STATION: partial(cells.words, most=STATION_CHARACTERS_MAX),
            Field.POLLING_LABEL: name,
            Field.POSTCODE: self._postcode,
            Field.BIRTH_ON: partial(cells.birth_date, today=today),
            Field.LANGUAGE: cells.language,
            Field.TAGS: self._tags,
            Field.OBJECTION: cells.objection,
            Field.CONSENT: cells.answer,
            Field.CONSENT_SMS: cells.answer,
            Field.CONSENT_CALL: cells.answer,
            Field.CALL_HOURS: self._call_hours,
            Field.GIVEN_AT: self._instant,
            Field.FORM: evidence,
            Field.MEANS: evidence,
            Field.COLLECTOR: evidence,
            Field.WORDING: partial(cells.words, most=WORDING_CHARACTERS_MAX),
        }

    def _absent(self) -> dict[str, str]:
        """What is said of a line without any address: of its one column, where there is only one."""
        present = [field for field in CHANNELS if field in self._columns.places]
        if present == [Field.EMAIL]:
            return {"column": self._columns.heading(Field.EMAIL), "says": "adresse vide"}
        return {"column": "", "says": "ni adresse ni numéro : personne à joindre"}

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

    def _call_hours(self, cell: str) -> str | None:
        """Agreed hours, as the ledger writes them; None when no hours can be read: a consent to calls then counts for nothing."""
        try:
            return str(CallWindow.parse(cell))
        except InvalidInput:
            return None

    def _instant(self, cell: str) -> datetime | None:
        at = cells.instant(cell, self._around.zone)
        if at is not None and at > self._around.now:
            raise cells.UnreadableCell("future", "cette date est dans l’avenir")
        return at

    def _territory(self, postcode: str, number: str) -> str:
        """Of the postcode, else of the beginning of the number, which is remembered as one."""
        territory = self._territories.get(postcode)
        if territory is None:
            territory = self._around.territory_of(postcode)
            if len(self._territories) < _REMEMBERED:
                self._territories[postcode] = territory
        if territory == UNKNOWN_TERRITORY and number:
            territory = self._around.territory_of(None, number=number)
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


_OWN_EVIDENCE = {"form": Field.FORM, "collector": Field.COLLECTOR, "means": Field.MEANS}


def _everyone(medium: Medium, addresses: Mapping[str, Any]) -> ConsentAct | None:
    """Whoever brings the file says that everybody agreed: everybody who can be reached by that channel."""
    return ConsentAct.GRANTED if numbers.MARKS[medium].intersection(addresses) else None


def _proved(told: Mapping[Field, Any], claim: ConsentClaim) -> bool:
    return bool(
        (told.get(Field.GIVEN_AT) or claim.given_at)
        and (told.get(Field.FORM) or claim.form)
        and (told.get(Field.WORDING) or claim.wording)
        and (told.get(Field.COLLECTOR) or claim.collector)
        and (told.get(Field.MEANS) or claim.means)
    )

"""From a record to a staged line: addresses and what the file says of their holder, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from gateway.compliance.listwords import Standing
from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct
from gateway.domain.errors import InvalidAddress
from gateway.flows.collecting import cells, hints, sayings
from gateway.flows.collecting.beside import Beside, Declined, beside, forbidden, kept_apart
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.consenting import AT, CONSENT_TO, NOTHING_SAID, Consents, Noted
from gateway.flows.collecting.further import Addresses, misplaced, misplaced_number, objecting_alone
from gateway.flows.collecting.headings import AGREEING, Field
from gateway.flows.collecting.lines import Lines
from gateway.flows.collecting.mailcells import among_words
from gateway.flows.collecting.names import Order, told_apart
from gateway.flows.collecting.nobody import Nobody
from gateway.flows.collecting.numbers import Numbers
from gateway.flows.collecting.objecting import EVERY_CHANNEL
from gateway.flows.collecting.readers import REMEMBERED, SAMPLES_SHOWN, Readers, Surroundings
from gateway.flows.collecting.readings import readings_of
from gateway.flows.collecting.refusals import Doubt, RefusedRow, shown
from gateway.flows.collecting.table import UNREAD, Malformed, Record
from gateway.store.folding import plain
from gateway.store.staging import ACTS, OBJECTS, StagedRow

_UNKNOWN = object()
_EMAIL = AT[Field.EMAIL]
_GIVEN_NAME = AT[Field.GIVEN_NAME]
_FAMILY_NAME, _BIRTH_NAME, _BIRTH_ON = AT[Field.FAMILY_NAME], AT[Field.BIRTH_NAME], AT[Field.BIRTH_ON]
_POSTCODE, _COMMUNE, _POLLING_STATION = AT[Field.POSTCODE], AT[Field.COMMUNE], AT[Field.POLLING_STATION]

#: What a column of whole names says of their order.
_WHOLE_NAMES = {
    Field.FAMILY_GIVEN: Order.FAMILY_FIRST,
    Field.GIVEN_FAMILY: Order.GIVEN_FIRST,
    Field.FULL_NAME: Order.UNSAID,
}
#: Columns of a staged line, in their order: of its email address, of its numbers.
_Email = tuple[bytes | None, str | None, str | None, str | None]
_NO_EMAIL: _Email = (None, None, None, None)
_NUMBER_COLUMNS = (
    "sms_digest",
    "call_digest",
    "mobile",
    "mobile_typed",
    "landline_digest",
    "landline",
    "landline_typed",
)
_NO_NUMBERS = tuple(None for _ in _NUMBER_COLUMNS)
_BY_NO_CHANNEL = (False, False, False)


class RowReader:
    """Reads the rows of one file.

    A million lines pass here: what a line says is kept in a list by field, and a cell or a way of consenting that was read before
    is not read again.
    """

    def __init__(self, columns: Columns, around: Surroundings) -> None:
        self._columns = columns
        self._around = around
        self.noted = Noted()
        self._lines = Lines(around, self.noted)
        self._consents = Consents(columns, around.claims, self.noted)
        self._beside = Beside(around.words, around.hears)
        self._numbers = Numbers(columns, around.keys, self._beside, around.at_home)
        self._readers, self._addresses = Readers(around, self.noted), Addresses(columns, around.keys)
        self._readings = readings_of(columns, around, self._readers)
        self._whole_name = next((field for field in _WHOLE_NAMES if field in columns.places), None)
        self._email_place = columns.places.get(Field.EMAIL, -1)
        self._nobody = Nobody(columns)

    @property
    def of_roll(self) -> bool:
        """Whether these are rows of an electoral roll, which says of nobody that she objects."""
        return self._around.roll

    def read(self, record: Record) -> StagedRow | RefusedRow:
        """One line of the file, ready to be staged; or why not. Raises InvalidInput when the whole file cannot be meant so."""
        if record.malformed is not None:
            if record.malformed in UNREAD and (objecting := self._objecting(record)):
                return objecting
            fault, value = record.malformed, shown(" ".join(record.cells))
            says = sayings.MALFORMED[fault]
            if fault is Malformed.WIDTH and (beyond := " ".join(record.cells[len(self._columns.headings) :]).strip()):
                says = sayings.BEYOND.format(shown(beyond))
            return RefusedRow(line=record.line, column="", value=value, code=fault.value, says=says)
        told = [*self._readings.nothing_told]
        row, place, cell = record.cells, 0, ""
        try:
            for at, place, read, known in self._readings.present:
                if not (cell := row[place]):
                    continue
                if known is None:
                    told[at] = read(cell)
                elif (found := known.get(cell, _UNKNOWN)) is not _UNKNOWN:
                    told[at] = found
                else:
                    told[at] = found = read(cell)
                    if len(known) < REMEMBERED:
                        known[cell] = found
        except (InvalidAddress, cells.UnreadableCell) as why:
            return self._objecting(record) or self._unread(record, told, place, why)
        if self._whole_name is not None and told[AT[self._whole_name]]:
            self._tell_apart(record.line, told, self._whole_name)
        if self._around.roll:
            return self._voter(record, told)
        taken = self._row(record, told)
        return self._despite(record, told, taken) if isinstance(taken, RefusedRow) else taken

    def _unread(self, record: Record, told: list[Any], place: int, why: InvalidAddress | cells.UnreadableCell) -> RefusedRow:
        """Why a line is not taken: one of its cells cannot be read, or it is nobody's: a title merged over it, a total."""
        if self._nobody.has(record):
            return self._nobody.refused(record)
        cell, says, code = record.cells[place], str(why), why.code
        if place == self._email_place:
            remark = " ".join(word for word in cell.split() if "@" not in word)
            meant = hints.instead(cell, self._around.mailboxes)
            if "@" not in cell and " " in cell.strip() and any(map(str.isalpha, cell)) and not meant:
                says, code = sayings.NO_ADDRESS, "no_at"
            elif misplaced_number(cell):
                says, code = sayings.A_NUMBER, "number"
            elif code == "space" and (found := self._beside.restricts(remark, told, number=False)).why:
                says, code = forbidden(remark, found), "remark"
            else:
                says += meant
        return RefusedRow(line=record.line, column=self._columns.headings[place], value=shown(cell), code=code, says=says)

    def _objecting(self, record: Record) -> StagedRow | None:
        """What a line says of whoever objects, though one of its cells cannot be read: that never waits for a correction.

        None where nobody objects, or nothing tells who: the line comes back as any other.
        """
        if self._around.roll:
            return None
        told, unread, in_words = [*self._readings.nothing_told], dict[int, str](), list[Declined]()
        for at, place, read, _ in self._readings.present:
            try:
                told[at] = read(record.cells[place]) if record.cells[place] else told[at]
            except (InvalidAddress, cells.UnreadableCell) as fault:
                unread[place] = str(fault)
        for place in [one for one in unread if self._columns.fields.get(one) in AGREEING]:
            if channels := self._readers.declines(record.cells[place]):
                in_words.append(Declined(self._doubt(record, place, "channels", sayings.IN_WORDS), channels))
                del unread[place]
        if self._email_place in unread and (address := self._declining(record.cells[self._email_place], told)):
            told[_EMAIL] = address
            del unread[self._email_place]
        elif not in_words and not self._says_no(record, told):
            return None
        if unread:  # what cannot be read may be against it
            for at in [at for at in self._readings.consented if told[at] == ConsentAct.GRANTED]:
                told[at] = None
        row = self._row(record, told, in_words, agrees=not unread)
        alone = self._misplaced(record, told, in_words) if isinstance(row, RefusedRow) else row
        if alone is None:
            return None
        for place, why in unread.items():
            says = f"{why} : laissé de côté ; de cette ligne l’opposition est retenue, et aucun accord n’est pris"
            self.noted.doubts.add(self._doubt(record, place, "left_out", says))
        return alone

    def _despite(self, record: Record, told: list[Any], refused: RefusedRow) -> StagedRow | RefusedRow:
        """What a line says of whoever objects, though nothing of it can be taken: « 06 … (ancien) », two mobiles."""
        in_words = self._numbers.read(record, told)[2] if self._numbers.present else []
        if (alone := self._misplaced(record, told, in_words)) is None:
            return refused
        says = f"de cette ligne l’opposition est retenue, et rien d’autre n’est pris ({refused.says})"
        self.noted.doubts.add(Doubt(line=record.line, column=refused.column, value=refused.value, code="left_out", says=says))
        return alone

    def _misplaced(self, record: Record, told: list[Any], in_words: Sequence[Declined]) -> StagedRow | None:
        """Of a line that objects and is not taken, the first of its addresses, for its no alone: further ones follow it."""
        hers = self._addresses.of(record.cells, told[_POSTCODE])
        found = next((one for one in hers if one), None) or self._in_its_cell(record, told)
        declined = self._declined(told, in_words) | {medium for medium, field in CONSENT_TO.items() if told[AT[field]] == OBJECTS}
        acts: dict[str, Any] = {ACTS[medium]: OBJECTS for medium in declined}
        return objecting_alone(StagedRow(record.line, record.line, self._lines.key(), **found, **acts)) if found else None

    def _in_its_cell(self, record: Record, told: list[Any]) -> dict[str, Any]:
        """The first of two addresses, or a number, in the cell of an address."""
        return misplaced(record.cells[self._email_place], told[_POSTCODE], self._around.keys) if self._email_place >= 0 else {}

    def _declining(self, cell: str, told: list[Any]) -> EmailAddress | None:
        """The address of a cell whose other words decline messages beyond doubt: « ne plus écrire jean@… »; None of any other."""
        address = among_words(cell)
        if address is None or not self._beside.restricts(beside(cell, str(address)), told, number=False).declined:
            return None
        return address

    def _says_no(self, record: Record, told: list[Any]) -> bool:
        """Whether columns, remarks or words beside a number say that she wants no more of something."""
        if self._declined(told) or any(told[at] == OBJECTS for at in self._readings.consented):
            return True
        return any(one.channels == EVERY_CHANNEL for one in self._numbers.read(record, told)[2])

    def _tell_apart(self, line: int, told: list[Any], field: Field) -> None:
        """Family name and given names of a whole name; one that nothing tells apart is kept as it is, and said."""
        text = told[AT[field]]
        name = told_apart(text, _WHOLE_NAMES[field])
        if name is not None:
            told[_FAMILY_NAME], told[_GIVEN_NAME] = name
            self.noted.split += 1
            if len(self.noted.splits) < SAMPLES_SHOWN:
                self.noted.splits.append((text, *name))
            return
        told[_FAMILY_NAME] = text
        says = "rien ne dit où finit le nom et où commence le prénom : gardé tel quel comme nom, sans prénom"
        self.noted.whole.add(
            Doubt(line=line, column=self._columns.heading(field), value=shown(text), code="whole_name", says=says)
        )

    def _doubt(self, record: Record, place: int, code: str, says: str) -> Doubt:
        heading, value = self._columns.headings[place], shown(record.cells[place])
        return Doubt(line=record.line, column=heading, value=value, code=code, says=says)

    def _row(
        self, record: Record, told: list[Any], in_words: Sequence[Declined] = (), *, agrees: bool = True
    ) -> StagedRow | RefusedRow:
        """A line that can be read: its addresses, what stands beside them, what it objects to, and where it may, agrees to."""
        address: EmailAddress | None = told[_EMAIL]
        if dead := self._dead_email(record.line, told) if self._readings.dead else None:
            address = None
        email = _NO_EMAIL if address is None else self._email(record, address)
        declined = list(in_words)
        if email[2] is not None and (refused := self._beside_email(record.line, told, email, declined)):
            return refused
        numbered = self._numbered(record, told, declined, alone=address is None) if self._numbers.present else _NO_NUMBERS
        if isinstance(numbered, RefusedRow):
            return numbered
        if address is None and numbered is _NO_NUMBERS:
            return RefusedRow(**asdict(dead)) if dead else self._nobody.refused(record)
        if dead:
            self.noted.doubts.add(dead)
        if address and (hint := hints.hinted(address, self._around.mailboxes)):
            heading = self._columns.heading(Field.EMAIL)
            doubt = Doubt(line=record.line, column=heading, value=shown(str(address)), code=hint.code, says=hint.says)
            self.noted.hints.add(doubt)
        said = self._consenting(record, told, email, numbered, agrees=agrees)
        for at, place, why in self._readings.left_out:
            if told[at]:
                self.noted.declined.add(self._doubt(record, place, "left_out", why))
        told_no = any([told[at] for at in self._readings.against])  # a list: asked of every line
        against = self._declined(told, declined) if declined or self._readings.dead or told_no else None
        if said[0] == OBJECTS and email[0] is None:  # « STOP » under « Newsletter », of whom nothing is known but a number
            against = EVERY_CHANNEL
        if against:
            said = (*(OBJECTS if medium in against else act for medium, act in zip(Medium, said, strict=False)), *said[3:])
        return self._lines.staged(record.line, told, (*email, *numbered, None), said)

    def _beside_email(self, line: int, told: list[Any], email: _Email, declined: list[Declined]) -> RefusedRow | None:
        """What is written beside an email address: it may keep the line from being taken, or decline channels."""
        says = self._beside.restricts(remark := beside(typed := email[2] or "", email[1] or ""), told, number=False)
        note = Doubt(line=line, column=self._columns.heading(Field.EMAIL), value=shown(typed), code="remark", says="")
        if says.why:
            return RefusedRow(**asdict(replace(note, says=forbidden(remark, says))))
        if says.declined:
            declined.append(Declined(replace(note, code="channels", says=kept_apart(remark, says)), says.declined))
        return None

    def _numbered(
        self, record: Record, told: list[Any], declined: list[Declined], *, alone: bool
    ) -> tuple[Any, ...] | RefusedRow:
        """The numbers of a line, by column. alone: nothing else tells whose it is, and a number that is none refuses it."""
        found, doubts, beside_numbers = self._numbers.read(record, told)
        declined += beside_numbers
        if not found and alone and doubts:
            only = doubts[0]
            return RefusedRow(line=record.line, column=only.column, value=only.value, code=only.code, says=only.says)
        for doubt in doubts:
            self.noted.doubts.add(doubt)
        return tuple(map(found.get, _NUMBER_COLUMNS)) if found else _NO_NUMBERS

    def _consenting(
        self, record: Record, told: list[Any], email: _Email, numbered: tuple[Any, ...], *, agrees: bool
    ) -> tuple[Any, ...]:
        """What it agrees to, through the addresses that it has; nothing where she never confirmed."""
        known = (email[0] is not None, numbered[0] is not None, numbered[1] is not None or numbered[4] is not None)
        reached = known if agrees else _BY_NO_CHANNEL
        for place, says in [(place, says) for at, place, says in self._readings.unconfirmed if told[at]][:1]:
            reached = _BY_NO_CHANNEL
            for at in [at for at in self._readings.consented if told[at] == ConsentAct.GRANTED]:
                told[at] = None
            self.noted.doubts.add(self._doubt(record, place, "unconfirmed", says))
        if any([told[at] for at in self._readings.refusing]):
            for at in [at for at in self._readings.consented if told[at] is None]:
                told[at] = ConsentAct.REFUSED.value
        for place in [place for at, place in self._readings.read_over if told[at]]:
            self.noted.doubts.add(self._doubt(record, place, "read_over", sayings.READ_OVER))
        return self._consents.read(told, reached) if self._consents.possible else NOTHING_SAID

    def _declined(self, told: list[Any], beside_addresses: Sequence[Declined] = ()) -> frozenset[Medium]:
        """The channels that columns, remarks and words beside addresses say she declines, with an address here or not."""
        for one in beside_addresses:
            self.noted.declined.add(one.note)
        columns = (told[at] for at in self._readings.against if told[at])
        if any(told[at] is Standing.OBJECTS for at in self._readings.dead):
            return EVERY_CHANNEL
        return frozenset[Medium]().union(*columns, *(one.channels for one in beside_addresses))

    def _dead_email(self, line: int, told: list[Any]) -> Doubt | None:
        """Why her email address is not taken, where the list says it is dead; an objection needs it."""
        address = told[_EMAIL]
        if not address or not any(told[at] is Standing.DEAD for at in self._readings.dead) or self._declined(told):
            return None
        column = self._columns.heading(Field.EMAIL)
        return Doubt(line=line, column=column, value=shown(str(address)), code="dead", says=cells.DEAD_SAYS)

    def _voter(self, record: Record, told: list[Any]) -> StagedRow | RefusedRow:
        """A line of an electoral roll: no address, no consent; who she is, is kept as a digest."""
        names = told[_BIRTH_NAME] or told[_FAMILY_NAME], self._given_names(record, told)
        if not all(names) or not told[_BIRTH_ON]:
            says = "il faut le nom, les prénoms et la date de naissance pour reconnaître la personne d’une liste à l’autre"
            return RefusedRow(line=record.line, column="", value=shown(" ".join(record.cells)), code="identity", says=says)
        place = told[_COMMUNE] or told[_POLLING_STATION].lstrip("0")
        identity = "\x00".join((*(plain(name or "") for name in names), told[_BIRTH_ON], plain(place)))
        digest = self._around.keys.roll_digest(identity)
        return self._lines.staged(record.line, told, (*_NO_EMAIL, *_NO_NUMBERS, digest), NOTHING_SAID)

    def _given_names(self, record: Record, told: list[Any]) -> str:
        """All given names, as the roll writes them: by the first alone, cousins would be one person."""
        place = self._columns.places.get(Field.GIVEN_NAMES)
        return told[_GIVEN_NAME] if place is None else cells.bare(record.cells[place])

    def _email(self, record: Record, address: EmailAddress) -> _Email:
        value = str(address)
        typed = record.cells[self._email_place].strip()
        digest = self._around.keys.address_digest(Medium.EMAIL, address.match_key)
        return digest, value, typed if typed != value else None, address.domain

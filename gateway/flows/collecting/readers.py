"""How the cell of each field is read, and what reading it needs to know."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from gateway.compliance.listwords import ListWords, Standing
from gateway.compliance.mailboxes import Mailboxes
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.domain.hours import CallWindow
from gateway.domain.keys import Keyring
from gateway.flows.collecting import cells, objecting, standings
from gateway.flows.collecting.beside import FORBIDDEN, Hears, forbidden
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.consenting import AT, Noted
from gateway.flows.collecting.headings import CONSENTS, OBJECTIONS, WHOLE_NAMES, Field, plain
from gateway.flows.collecting.likeness import is_answer_of_hers, likely, says_by_no
from gateway.flows.collecting.mailcells import email_or_nothing
from gateway.flows.collecting.noting import Declines, has_nothing_to_say, may_decline_all
from gateway.flows.collecting.objecting import EVERY_CHANNEL
from gateway.flows.collecting.refusals import shown
from gateway.flows.collecting.request import ConsentClaim

NAME_CHARACTERS_MAX = 100
POSTCODE_CHARACTERS_MAX = 10
STATION_CHARACTERS_MAX = 32
TAG_CHARACTERS_MAX = 64
TAGS_PER_CONTACT_MAX = 20
EVIDENCE_CHARACTERS_MAX = 300
WORDING_CHARACTERS_MAX = 5_000
#: Distinct tags of one file: more of them are no tags, but something personal in each row.
TAGS_MAX = 500
#: Different cells of a column that are remembered.
REMEMBERED = 20_000
#: Whole names that are shown as they were told apart, and dates as they were completed.
SAMPLES_SHOWN = 5
#: No list of ours is older: an agreement of 1926 or 1900 is a slip of the hand, or of a spreadsheet.
_AGREED_SINCE = 1980
#: A day that says its year, be it in two digits.
_WITH_YEAR = re.compile(r"\d[/.-]\d{1,2}[/.-]\d|[a-zéû.] \d|^\d{4}-")
_DEAD_LABEL = (
    "l’étiquette « {label} » dit qu’une adresse ne reçoit plus rien : celle-ci n’est pas prise ; si elle parle du courrier "
    "postal, ôtez-la"
)
#: What stands between the words of a tag, and the year of it.
_JOINS = re.compile(r"[_#\d]+|(?<=[^\W\d_])-(?=[^\W\d_])")
_OBJECTS_TO = {
    Field.OBJECTION: EVERY_CHANNEL,
    Field.OBJECTION_EMAIL: frozenset({Medium.EMAIL}),
    Field.OBJECTION_SMS: frozenset({Medium.SMS}),
    Field.OBJECTION_CALL: frozenset({Medium.CALL}),
}
#: … and the channel that a column of consent asks of.
_ASKS_OF = {
    Field.CONSENT: frozenset({Medium.EMAIL}),
    Field.CONSENT_SMS: frozenset({Medium.SMS}),
    Field.CONSENT_CALL: frozenset({Medium.CALL}),
}
_NAMES = (Field.GIVEN_NAME, Field.FAMILY_NAME, Field.USAGE_NAME, Field.BIRTH_NAME, *WHOLE_NAMES, Field.COMMUNE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What reading a row needs to know besides the row."""

    keys: Keyring
    territory_of: Callable[..., str]  #: of a postcode, and of the `number` of whoever has none: Gazetteer.territory_of
    at_home: Container[str]  #: what France and its territories are called as countries
    zone: ZoneInfo  #: clock of dates without offset
    now: datetime
    claims: Mapping[Medium, ConsentClaim]  #: what is declared of each channel
    roll: bool = False  #: an electoral roll: nobody is reached by it, people are known by name and date of birth
    mailboxes: Mailboxes
    words: ListWords  #: what cells say of whoever stands there
    declined: Declines  #: what a remark about the person declines: noting.declined_by
    hears: Hears  #: what words beside an address or a number decline: beside.hears_by
    remarks_read: bool = False  #: somebody read the remarks that may be refusals, and found none


class Readers:
    """Reads cells, field by field. Raises UnreadableCell, InvalidAddress; InvalidInput for a file that cannot be meant so."""

    def __init__(self, around: Surroundings, noted: Noted) -> None:
        self._around = around
        self._noted = noted
        self._today = around.now.astimezone(around.zone).date()
        self._postcodes: dict[str, str] = {}

    @cached_property
    def by_field(self) -> Mapping[Field, Callable[[str], Any]]:
        """How the cell of each field is read."""
        words = self._around.words
        evidence = partial(cells.words, most=EVIDENCE_CHARACTERS_MAX)
        return {
            Field.EMAIL: email_or_nothing,
            **dict.fromkeys(_NAMES, partial(cells.words, most=NAME_CHARACTERS_MAX)),
            Field.GIVEN_NAMES: partial(cells.first_name, most=NAME_CHARACTERS_MAX),
            Field.POLLING_STATION: partial(cells.words, most=STATION_CHARACTERS_MAX),
            Field.POLLING_LABEL: partial(cells.words, most=NAME_CHARACTERS_MAX),
            Field.POSTCODE: self._postcode,
            Field.CALLING_CODE: str.strip,
            Field.COUNTRY: plain,
            Field.BIRTH_ON: self._birth_on,
            Field.LANGUAGE: cells.language,
            Field.TAGS: self._tags,
            **{field: partial(self._objected, field) for field in OBJECTIONS},
            Field.DEAD_EMAIL: partial(standings.dead, words),
            Field.REMARK: self._for_sure if self._around.remarks_read else self._around.declined,
            **{field: partial(cells.answer, words, asked=_ASKS_OF[field]) for field in CONSENTS},
            Field.CALL_HOURS: _call_hours,
            Field.GIVEN_AT: self._instant,
            Field.FORM: evidence,
            Field.MEANS: evidence,
            Field.COLLECTOR: evidence,
            Field.WORDING: partial(cells.words, most=WORDING_CHARACTERS_MAX),
        }

    def of(self, field: Field, heading: str) -> Callable[[str], Any]:
        """How the cells below a heading are read, that hold a field."""
        if field in (*OBJECTIONS, Field.DEAD_EMAIL) and objecting.gives_reason(plain(heading)):
            return partial(self._for_a_reason, field)
        if field is Field.REMARK:
            return self._answering(heading)
        if not says_by_no(heading, self._around.words):
            return self.by_field[field]
        if field in CONSENTS:
            return partial(cells.subscribed, self._around.words)
        if field in OBJECTIONS:
            return partial(self._left, field)
        return partial(standings.not_working, self._around.words) if field is Field.DEAD_EMAIL else self.by_field[field]

    def _answering(self, heading: str) -> Callable[[str], frozenset[Medium]]:
        """How remarks are read below a heading: some are answers to what it asks."""
        if objecting.asks_how_to_write(plain(heading)):
            return self._how_to_write
        if likely(heading, self._around.words) in CONSENTS or is_answer_of_hers(heading):
            return self._whether_to_write
        return self._anything_said if objecting.asks_for_words(heading) else self.by_field[Field.REMARK]

    def _how_to_write(self, cell: str) -> frozenset[Medium]:
        """« Courriel » is preferred, and says nothing of the others; « aucun » may say that nobody is to write."""
        if self._around.words.listed(cell):
            return frozenset()
        if may_decline_all(self._around.words, cell) and not self._around.remarks_read:
            raise cells.UnreadableCell("remark", forbidden(cell, FORBIDDEN))
        found: frozenset[Medium] = self.by_field[Field.REMARK](cell)
        return found

    def _whether_to_write(self, cell: str) -> frozenset[Medium]:
        """« Non » below « Souhaite être recontactée ? » or « Réponse » may be a refusal, though another column says yes."""
        found: frozenset[Medium] = self.by_field[Field.REMARK](cell)
        if not (found or self._around.remarks_read) and self.says_no(cell):
            raise cells.UnreadableCell("remark", forbidden(cell, FORBIDDEN))
        return found

    def says_no(self, cell: str) -> bool:
        """Whether a cell says no where it is asked whether somebody agrees."""
        try:
            return cells.answer(self._around.words, cell, EVERY_CHANNEL) in (Standing.NO, Standing.OBJECTS)
        except cells.UnreadableCell:
            return False

    def _anything_said(self, cell: str) -> frozenset[Medium]:
        """« Non merci » answers whether she has a question, and nothing else."""
        if has_nothing_to_say(self._around.words, cell):
            return frozenset()
        found: frozenset[Medium] = self.by_field[Field.REMARK](cell)
        return found

    def days_of_answers(self, columns: Columns) -> Iterator[tuple[int, int, Callable[[str], Any], dict[str, Any]]]:
        """How a column of agreements is read for when each was given, where it is the one and no other column says it."""
        asking = [columns.places[field] for field in CONSENTS if field in columns.places]
        if len(asking) == 1 and Field.GIVEN_AT not in columns.places and Field.CONSENT_CHANNELS not in columns.places:
            yield AT[Field.GIVEN_AT], asking[0], self._agreed_on, {}

    def _agreed_on(self, cell: str) -> datetime | None:
        """« oui, le 12/03/2026 »; of a day without its year, what is declared of all stands. Raises UnreadableCell."""
        day = self._around.words.day_of_yes(cells.bare(cell))
        return self._instant(day) if _WITH_YEAR.search(day) else None

    def by_name(self, field: Field) -> Callable[[str], str | None]:
        """How a column that names the channels people agreed to is read for one of them."""
        (medium,) = _ASKS_OF[field]
        return partial(standings.agreed_by_name, self._around.words, medium)

    def of_everything(self, cell: str) -> frozenset[Medium]:
        """Every channel where an answer about one refuses more: « ne plus contacter », « décédée »; « stop » answers it."""
        words = self._around.words
        wide = cells.says_objected(words, cell) and (words.forbids_all(cell) or words.objects(cell))
        return EVERY_CHANNEL if wide else frozenset()

    def left_out(self, field: Field, heading: str) -> Callable[[str], frozenset[Medium]]:
        """How a column is read that somebody left out: for the objections it tells beyond doubt, and for nothing else."""
        return partial(self._heard, field, says_by_no(heading, self._around.words))

    def _heard(self, field: Field, who_left: bool, cell: str) -> frozenset[Medium]:
        try:
            if field in OBJECTIONS and who_left:
                return self._left(field, cell)
            if who_left and cells.subscribed(self._around.words, cell) == Standing.OBJECTS:
                return _ASKS_OF.get(field, EVERY_CHANNEL)
            if field in OBJECTIONS:
                return self._objected(field, cell)
            asked = _ASKS_OF.get(field, EVERY_CHANNEL)
            if cells.says_objected(self._around.words, cell, of_channel=field in _ASKS_OF):
                return self.of_everything(cell) or asked
            # « refus » alone answers whatever the column asks
            declined = self._around.declined(cell) if len(cell.split()) > 1 else frozenset[Medium]()
            return asked if declined == EVERY_CHANNEL else declined
        except cells.UnreadableCell:
            return frozenset()

    def _for_sure(self, cell: str) -> frozenset[Medium]:
        """The channels that a remark declines beyond doubt."""
        try:
            return self._around.declined(cell)
        except cells.UnreadableCell:
            return frozenset()

    def doubtful(self, cell: str) -> bool:
        """Whether a remark may be a refusal, and is none beyond doubt."""
        try:
            self._around.declined(cell)
        except cells.UnreadableCell:
            return True
        return False

    def labelled(self, cell: str) -> frozenset[Medium]:
        """The channels that tags decline beyond doubt: « Bénévole, Désabonné », « désinscrit_2024 ».

        Raises UnreadableCell; for one that says that an address gets nothing, too, be it that of her house: « NPAI ».
        """
        declined = frozenset[Medium]()
        for label in (label.strip() for label in re.split(r"[,;|]", cell)):
            said = " ".join(_JOINS.sub(" ", label).split())
            if standings.dead_in_words(self._around.words, said):
                raise cells.UnreadableCell("dead", _DEAD_LABEL.format(label=label))
            heard = self._heard(Field.REMARK, False, label) or self._heard(Field.REMARK, False, said)
            if not (heard or self._around.remarks_read) and self._around.words.unease.stirred(said):
                raise cells.UnreadableCell("remark", forbidden(label, FORBIDDEN))
            declined |= heard
        return declined

    def declines(self, cell: str) -> frozenset[Medium]:
        """The channels that words in a column of agreements decline beyond doubt."""
        try:
            return self._around.declined(cell) if len(cell.split()) > 1 else frozenset()
        except cells.UnreadableCell:
            return frozenset()

    def _objected(self, field: Field, cell: str) -> frozenset[Medium]:
        """The channels that a column of objections is about, where its cell says that she objects."""
        if listed := self._around.words.listed(cell):  # « ne veut pas être contactée par » : SMS
            return listed
        return _OBJECTS_TO[field] if cells.objection(self._around.words, cell) else frozenset()

    def _for_a_reason(self, field: Field, cell: str) -> Any:
        """What a cell says that holds the reason of it: that it is so, where there is one."""
        said = self._around.words.standing(cells.bare(cell))
        if cells.says_nothing(cell) or said in (Standing.NO, Standing.STANDS, Standing.LISTED, Standing.UNCONFIRMED):
            return None
        return Standing.DEAD if field is Field.DEAD_EMAIL else _OBJECTS_TO[field]

    def _left(self, field: Field, cell: str) -> frozenset[Medium]:
        """The channels that a column of who still gets something is about, where its cell says that she left."""
        return _OBJECTS_TO[field] if standings.left(self._around.words, cell) else frozenset()

    def _birth_on(self, cell: str) -> str | None:
        born = cells.birth_date(cell, self._today)
        if born is not None and not cell[-4:].isdigit() and cells.has_short_year(cell):
            self._noted.short_years += 1
            if len(self._noted.short_year_samples) < SAMPLES_SHOWN:
                self._noted.short_year_samples.append((shown(cell), born))
        return born

    def _postcode(self, cell: str) -> str:
        if (code := self._postcodes.get(cell)) is not None:
            return code
        code = cells.postcode(cell, POSTCODE_CHARACTERS_MAX)
        if code != cell.strip() and len(code) == len(cell.strip()) + 1:
            self._noted.repaired_postcodes += 1
        elif len(self._postcodes) < REMEMBERED:
            self._postcodes[cell] = code
        return code

    def _tags(self, cell: str) -> tuple[str, ...]:
        found = cells.tags(cell, TAGS_PER_CONTACT_MAX, TAG_CHARACTERS_MAX)
        self._noted.tags.update(found)
        if len(self._noted.tags) > TAGS_MAX:
            raise InvalidInput(f"plus de {TAGS_MAX} étiquettes différentes : ce ne sont pas des étiquettes ; retirez la colonne")
        return found

    def _instant(self, cell: str) -> datetime | None:
        at = cells.instant(cell, self._around.zone)
        if at is not None and at > self._around.now:
            raise cells.UnreadableCell("future", "cette date est dans l’avenir")
        if at is not None and at.year < _AGREED_SINCE:
            raise cells.UnreadableCell("past", "cette date est bien trop ancienne pour un accord : vérifiez l’année")
        if at is not None:
            for told, is_so in ((self._noted.short_agreed, cells.has_short_year), (self._noted.counted_agreed, cells.is_counted)):
                if len(told) < SAMPLES_SHOWN and is_so(cell):
                    told[shown(cell)] = at.astimezone(self._around.zone).date()
        return at


def _call_hours(cell: str) -> str | None:
    """Agreed hours, as the ledger writes them; None when no hours can be read: a consent to calls then counts for nothing."""
    try:
        return str(CallWindow.parse(cell))
    except InvalidInput:
        return None

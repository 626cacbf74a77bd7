"""What a line is being read to say, field by field, and what it comes to about consent, channel by channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import CONSENTS, Field
from gateway.flows.collecting.refusals import Doubts
from gateway.flows.collecting.request import ConsentClaim, hash_of

#: Distinct wordings of one file: more of them are no wordings, but something personal in each row.
WORDINGS_MAX = 200
#: Different ways of consenting that are remembered.
_REMEMBERED = 2_000
#: Column that says who consented to a channel.
CONSENT_TO = {Medium.EMAIL: Field.CONSENT, Medium.SMS: Field.CONSENT_SMS, Medium.CALL: Field.CONSENT_CALL}

#: Where a line that is being read keeps what each field says, and what it holds of a field the line does not have.
AT = {one: rank for rank, one in enumerate(Field)}
_SILENT_FIELDS = (
    Field.GIVEN_NAME,
    Field.GIVEN_NAMES,
    Field.FAMILY_NAME,
    Field.USAGE_NAME,
    Field.BIRTH_NAME,
    Field.POSTCODE,
    Field.COMMUNE,
    Field.CALLING_CODE,
    Field.COUNTRY,
    Field.POLLING_STATION,
    Field.POLLING_LABEL,
    Field.LANGUAGE,
)
NOTHING_TOLD: list[Any] = [() if one is Field.TAGS else "" if one in _SILENT_FIELDS else None for one in Field]
#: The channels in French: what somebody says yes or no to, and what her agreement is about.
TO_CHANNEL = {Medium.EMAIL: "aux courriels", Medium.SMS: "aux SMS", Medium.CALL: "aux appels"}
THE_CHANNEL = {Medium.EMAIL: "les courriels", Medium.SMS: "les SMS", Medium.CALL: "les appels"}
_CALL_HOURS, _GIVEN_AT, _FORM = AT[Field.CALL_HOURS], AT[Field.GIVEN_AT], AT[Field.FORM]
_WORDING, _COLLECTOR, _MEANS = AT[Field.WORDING], AT[Field.COLLECTOR], AT[Field.MEANS]
#: Everything a line may say of consent.
_OF_CONSENT = itemgetter(*(AT[one] for one in CONSENTS), _CALL_HOURS, _GIVEN_AT, _FORM, _WORDING, _COLLECTOR, _MEANS)


@dataclass(slots=True)
class Noted:
    """What was met on the way, beside the rows themselves."""

    wordings: dict[str, str] = field(default_factory=dict)  #: text by its hash
    tags: set[str] = field(default_factory=set)
    agreed: dict[Medium, int] = field(default_factory=lambda: dict.fromkeys(Medium, 0))  #: lines that say yes
    #: Of those, whose evidence is incomplete: they count for nothing.
    without_evidence: Counter[Medium] = field(default_factory=Counter)
    repaired_postcodes: int = 0  #: lines whose postcode had lost the zero at its beginning
    without_hours: int = 0  #: of those, agreements to calls that say no hours: they count for nothing
    unknown_postcodes: int = 0  #: lines with a postcode of no known territory: the widest silence holds for them
    doubts: Doubts = field(default_factory=Doubts)  #: numbers that are not taken
    declined: Doubts = field(default_factory=Doubts)  #: channels that words beside an address decline, which is taken
    hints: Doubts = field(default_factory=Doubts)  #: addresses that are taken, and deserve a look
    short_years: int = 0  #: dates of birth whose year had two digits, completed by the only year that is possible
    short_year_samples: list[tuple[str, str]] = field(default_factory=list)  #: a few: as written, in ISO 8601
    short_agreed: dict[str, date] = field(
        default_factory=dict
    )  #: a few days of agreement whose year had two digits, and as they were read
    counted_agreed: dict[str, date] = field(
        default_factory=dict
    )  #: a few that a spreadsheet had left as numbers of days, and as they were read
    split: int = 0  #: whole names told apart into family name and given names
    splits: list[tuple[str, str, str]] = field(default_factory=list)  #: a few: as written, family name, given names
    whole: Doubts = field(default_factory=Doubts)  #: whole names that nothing told apart: kept as they are, as a family name


class _Said(NamedTuple):
    """What a line comes to about consent."""

    columns: tuple[Any, ...]  #: of the staged line, in their order: acts, hours, instant, evidence
    agreed: tuple[Medium, ...]
    without_evidence: tuple[Medium, ...]
    without_hours: int


#: What a line comes to that says nothing of consent.
NOTHING_SAID: tuple[Any, ...] = tuple(None for _ in range(9))


class Consents:
    """Reads what lines of one file say of consent. Files hold few ways of consenting: each is looked at once."""

    def __init__(self, columns: Columns, claims: Mapping[Medium, ConsentClaim], noted: Noted) -> None:
        self._noted = noted
        for claim in claims.values():
            if claim.wording:
                noted.wordings[hash_of(claim.wording)] = claim.wording
        self._claims = [
            (medium, claim, AT[CONSENT_TO[medium]] if CONSENT_TO[medium] in columns.places else None)
            for medium, claim in claims.items()
            if CONSENT_TO[medium] in columns.places or claim.everyone
        ]
        self._ways: dict[tuple[Any, ...], _Said] = {}

    @property
    def possible(self) -> bool:
        """Whether any line may say something."""
        return bool(self._claims)

    def read(self, told: list[Any], reached: tuple[bool, ...]) -> tuple[Any, ...]:
        """Acts, hours, instant and evidence of a staged line, in its order.

        told: what the line says, by field (AT). reached: by which channels the person can be, in the order of Medium.
        """
        way = (*_OF_CONSENT(told), *reached)
        if (said := self._ways.get(way)) is None:
            said = self._way(told, reached)
            if len(self._ways) < _REMEMBERED:
                self._ways[way] = said
        for medium in said.agreed:
            self._noted.agreed[medium] += 1
        for medium in said.without_evidence:
            self._noted.without_evidence[medium] += 1
        self._noted.without_hours += said.without_hours
        return said.columns

    def _way(self, told: list[Any], reached: tuple[bool, ...]) -> _Said:
        """A yes without all its evidence is nothing (rule consent-proof)."""
        acts: dict[Medium, str] = {}
        agreed: list[Medium] = []
        without_evidence: list[Medium] = []
        without_hours = 0
        hours = told[_CALL_HOURS]
        for medium, claim, column in self._claims:
            act = _everyone(medium, reached) if column is None else told[column]
            if act == ConsentAct.GRANTED:
                agreed.append(medium)
                if not _proved(told, claim):
                    without_evidence.append(medium)
                    continue
                if medium is Medium.CALL and not (hours or claim.hours):
                    without_hours += 1
                    continue
            if act is not None:
                acts[medium] = act
        if not acts:
            return _Said(NOTHING_SAID, tuple(agreed), tuple(without_evidence), without_hours)
        evidence: tuple[Any, ...] = (None, None, None, None)
        if ConsentAct.GRANTED.value in acts.values():
            wording = self._keep_wording(told[_WORDING]) if told[_WORDING] else None
            evidence = (told[_FORM], wording, told[_COLLECTOR], told[_MEANS])
        columns = (*map(acts.get, Medium), hours, told[_GIVEN_AT], *evidence)
        return _Said(columns, tuple(agreed), tuple(without_evidence), without_hours)

    def _keep_wording(self, wording: str) -> str:
        digest = hash_of(wording)
        if digest not in self._noted.wordings:
            if len(self._noted.wordings) >= WORDINGS_MAX:
                raise InvalidInput(f"plus de {WORDINGS_MAX} textes de consentement différents : vérifiez la colonne")
            self._noted.wordings[digest] = wording
        return digest


def _everyone(medium: Medium, reached: tuple[bool, ...]) -> str | None:
    """Whoever brings the file says that everybody agreed: everybody who can be reached by that channel."""
    return ConsentAct.GRANTED.value if reached[_RANK[medium]] else None


_RANK = {medium: rank for rank, medium in enumerate(Medium)}


def _proved(told: list[Any], claim: ConsentClaim) -> bool:
    return bool(
        (told[_GIVEN_AT] or claim.given_at)
        and (told[_FORM] or claim.form)
        and (told[_WORDING] or claim.wording)
        and (told[_COLLECTOR] or claim.collector)
        and (told[_MEANS] or claim.means)
    )

"""Where people vote and by which clock they live: territories of the pack, known by commune, postcode or telephone number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from gateway.compliance.holidays import Holiday, Holidays
from gateway.compliance.reading import Faults, Table
from gateway.domain.contact import UNKNOWN_TERRITORY

_POSTCODE_DIGITS = 5
#: How far into a number, with its plus, a territory may be told: numbers that begin alike so far are of one place.
NUMBER_BEGINS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """A part of the country, or of the world, whose voters share a calendar."""

    code: str
    name: Mapping[str, str]  #: by language
    zones: tuple[ZoneInfo, ...]  #: every clock in use there; a rule takes the strictest of them
    clock: Mapping[str, str]  #: how one names the hour there, by language: "heure de Paris"
    holidays: Holidays  #: public holidays of any part of it
    postcodes: tuple[str, ...] = ()  #: beginnings of its postcodes; the longest match wins
    communes: tuple[str, ...] = ()  #: beginnings of the INSEE codes of its communes
    numbers: tuple[str, ...] = ()  #: beginnings of telephone numbers (E.164) that are in use nowhere else
    countries: tuple[str, ...] = ()  #: what it is called as a country: lower case, no accents
    members: tuple[str, ...] = ()  #: territories it stands for, when a number does not say which of them


def read_territories(
    root: Table, languages: tuple[str, ...], calendars: Mapping[str, tuple[Holiday, ...]], faults: Faults
) -> dict[str, Territory]:
    """Territories by code. Records a fault for an unknown zone, holiday or member, a beginning used twice, or no `unknown`."""
    territories: dict[str, Territory] = {}
    claimed: dict[tuple[str, str], str] = {}
    for table in root.tables("territory"):
        territory = _read_territory(table, languages, calendars, territories)
        for name in ("postcodes", "communes", "numbers", "countries"):
            for beginning in getattr(territory, name):
                if (name, beginning) in claimed:
                    table.fault(name, f"« {beginning} » appartient déjà à {claimed[name, beginning]}")
                claimed[name, beginning] = territory.code
        if territory.code in territories:
            table.fault("code", f"« {territory.code} » y est deux fois")
        territories[territory.code] = territory
        table.done()
    root.done()
    if UNKNOWN_TERRITORY not in territories:
        faults.add(
            root.file, "territory", f"« {UNKNOWN_TERRITORY} » manque : il sert à toute personne dont on ne sait pas où elle vote"
        )
    return territories


def _read_territory(
    table: Table, languages: tuple[str, ...], calendars: Mapping[str, tuple[Holiday, ...]], known: Mapping[str, Territory]
) -> Territory:
    members = table.texts("members", ())
    for code in members:
        if code not in known:
            table.fault("members", f"« {code} » n’est pas un territoire donné avant celui-ci")
    parts = [known[code] for code in members if code in known]
    zones = _read_zones(table, parts)
    own = table.texts("holidays", ())
    for name in own:
        if name not in calendars:
            table.fault("holidays", f"« {name} » n’est pas un calendrier de holidays.toml")
    days = Holidays.of(*(calendars[name] for name in own if name in calendars), *(part.holidays.all for part in parts))
    postcodes = _read_beginnings(table, "postcodes", _POSTCODE_DIGITS)
    return Territory(
        code=table.text("code"),
        name=table.in_languages("name", languages),
        zones=zones or (ZoneInfo("UTC"),),
        clock=table.in_languages("clock", languages),
        holidays=days,
        postcodes=postcodes,
        communes=_read_beginnings(table, "communes", _POSTCODE_DIGITS),
        numbers=_read_numbers(table),
        countries=_read_countries(table),
        members=members,
    )


@cache
def known_zones() -> frozenset[str]:
    """Names of the IANA database of this machine, listed once: to list them reads a folder tree."""
    return frozenset(available_timezones())


def _read_zones(table: Table, parts: Iterable[Territory]) -> tuple[ZoneInfo, ...]:
    known = known_zones()
    named = table.texts("zones", ())
    for zone in named:
        if zone not in known:
            table.fault("zones", f"« {zone} » n’est pas un fuseau de la base IANA")
    zones = dict.fromkeys(
        (*(ZoneInfo(zone) for zone in named if zone in known), *(zone for part in parts for zone in part.zones))
    )
    if not named and not zones:
        table.fault("zones", "il faut au moins un fuseau")
    return tuple(zones)


def _read_beginnings(table: Table, name: str, most: int) -> tuple[str, ...]:
    beginnings = table.texts(name, ())
    for one in beginnings:
        if not one.isalnum() or not one.isascii() or len(one) > most:
            table.fault(name, f"« {one} » n’est pas le début d’un code de {most} caractères")
    return beginnings


def _read_numbers(table: Table) -> tuple[str, ...]:
    numbers = table.texts("numbers", ())
    for one in numbers:
        if not one.startswith("+") or not one[1:].isdigit():
            table.fault("numbers", f"« {one} » n’est pas le début d’un numéro international, comme +590")
        elif len(one) > NUMBER_BEGINS:
            table.fault("numbers", f"« {one} » est trop long : {NUMBER_BEGINS - 1} chiffres après le + au plus")
    return numbers


def _read_countries(table: Table) -> tuple[str, ...]:
    countries = table.texts("countries", ())
    for one in countries:
        if one != " ".join(one.casefold().split()) or not one.isascii():
            table.fault("countries", f"« {one} » s’écrit en minuscules, sans accent ni signe")
    return countries


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """From what is known of a person to her territory."""

    postcodes: Mapping[str, str]
    communes: Mapping[str, str]
    numbers: Mapping[str, str]
    countries: Mapping[str, str]
    abroad: frozenset[str]  #: territories whose postcodes are none of ours

    @classmethod
    def of(cls, territories: Mapping[str, Territory]) -> Gazetteer:
        """Index the beginnings of all territories."""
        every = territories.values()
        return cls(
            postcodes={one: territory.code for territory in every for one in territory.postcodes},
            communes={one: territory.code for territory in every for one in territory.communes},
            numbers={one: territory.code for territory in every for one in territory.numbers},
            countries={one: territory.code for territory in every for one in territory.countries},
            abroad=frozenset(one.code for one in every if one.communes and not one.postcodes and not one.members),
        )

    def territory_of(
        self, postcode: str | None, *, commune: str | None = None, number: str | None = None, country: str = ""
    ) -> str:
        """Code of a person's territory: that of the INSEE code of her polling place, else of her postcode, else of her number.

        commune: INSEE code of the commune of the polling place; number: E.164; country: where the postcode is from, as
        Territory.countries writes it. What is unreadable counts as not known. A number of the mainland says nothing: people keep
        it wherever they go, and vote where they are registered. A postcode from a country that is none of ours, or beside a
        number from abroad, may look like one of ours (10001 is New York, too): it says nothing. `unknown` at last.
        """
        if commune and (found := _longest(self.communes, "".join(commune.split()).upper(), _POSTCODE_DIGITS)):
            return found
        home, by_number = self.countries.get(country), self._by_number(number or "")
        if home in self.abroad:
            return home
        ours = home is not None or not country
        if postcode and ours and (found := _longest(self.postcodes, "".join(postcode.split()), _POSTCODE_DIGITS)):
            return found if home is not None or by_number not in self.abroad else UNKNOWN_TERRITORY
        return by_number

    def _by_number(self, number: str) -> str:
        for length in range(NUMBER_BEGINS, 1, -1):
            if found := self.numbers.get(number[:length]):
                return found
        return UNKNOWN_TERRITORY


def _longest(beginnings: Mapping[str, str], code: str, length: int) -> str | None:
    """Of the longest beginning of a code that has this very length, in ASCII letters and digits."""
    if len(code) != length or not (code.isascii() and code.isalnum()):
        return None
    return next((beginnings[code[:end]] for end in range(length, 0, -1) if code[:end] in beginnings), None)

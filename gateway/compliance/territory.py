"""Where people vote: territories of the pack, their clocks and their postcodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from gateway.compliance.reading import Faults, Table
from gateway.domain.contact import UNKNOWN_TERRITORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """A part of the country, or of the world, whose voters share a calendar."""

    code: str
    name: Mapping[str, str]  #: by language
    zones: tuple[ZoneInfo, ...]  #: every clock in use there; a rule takes the strictest of them
    clock: Mapping[str, str]  #: how one names the hour there, by language: "heure de Paris"
    postcodes: tuple[str, ...] = ()  #: beginnings of its postcodes; the longest match wins


def read_territories(root: Table, languages: tuple[str, ...], faults: Faults) -> dict[str, Territory]:
    """Territories by code. Records a fault for an unknown zone, a code or a postcode used twice, or no `unknown`."""
    known_zones = available_timezones()
    territories: dict[str, Territory] = {}
    claimed: dict[str, str] = {}
    for table in root.tables("territory"):
        code = table.text("code")
        names = table.texts("zones")
        for zone in names:
            if zone not in known_zones:
                table.fault("zones", f"{zone!r} is not a zone of the IANA database")
        if not names:
            table.fault("zones", "at least one zone is needed")
        postcodes = table.texts("postcodes", ())
        for prefix in postcodes:
            if not prefix.isdigit() or len(prefix) > 5:
                table.fault("postcodes", f"{prefix!r} is not the beginning of a postcode")
            if prefix in claimed:
                table.fault("postcodes", f"{prefix!r} already belongs to {claimed[prefix]}")
            claimed[prefix] = code
        if code in territories:
            table.fault("code", f"{code!r} stands twice")
        territories[code] = Territory(
            code=code,
            name=table.in_languages("name", languages),
            zones=tuple(ZoneInfo(zone) for zone in names if zone in known_zones) or (ZoneInfo("UTC"),),
            clock=table.in_languages("clock", languages),
            postcodes=postcodes,
        )
        table.done()
    root.done()
    if UNKNOWN_TERRITORY not in territories:
        faults.add(
            root.file, "territory", f"{UNKNOWN_TERRITORY!r} is missing: it serves everyone whose polling place is not known"
        )
    return territories


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """From a postcode to a territory."""

    by_prefix: Mapping[str, str]

    @classmethod
    def of(cls, territories: Mapping[str, Territory]) -> Gazetteer:
        """Index the postcodes of all territories."""
        return cls({prefix: territory.code for territory in territories.values() for prefix in territory.postcodes})

    def territory_of(self, postcode: str | None) -> str:
        """Code of the territory of a postcode; `unknown` for anything that is not five digits of a known place."""
        if postcode is None:
            return UNKNOWN_TERRITORY
        digits = "".join(postcode.split())
        if len(digits) != 5 or not (digits.isascii() and digits.isdigit()):
            return UNKNOWN_TERRITORY
        for length in range(5, 0, -1):
            if code := self.by_prefix.get(digits[:length]):
                return code
        return UNKNOWN_TERRITORY

"""Telephones of Valbrume: a file of numbers as the team keeps it, and what their owners answer.

Nobody here exists: numbers are of the range the regulator keeps for fiction (06 39 98 …). Their last two digits say how each
telephone behaves (sandbox.carrier.handsets).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from gateway.sandbox.commune import POSTCODE

#: Where the clocks are five or six hours behind: it is still the afternoon there.
_FAR_POSTCODE = "97199"
_EVENINGS, _MORNINGS = "lun-ven 18h-20h", "lun-ven 10h-12h"
_HEADINGS = ["Prénom", "Mobile", "Code postal", "Accord SMS", "Accord appels", "Heures d’appel", "Date de l’accord"]
_NAMES = [
    "Adèle",
    "Bastien",
    "Clara",
    "Djibril",
    "Élise",
    "Farid",
    "Gaëlle",
    "Hugo",
    "Irène",
    "Jules",
    "Kenza",
    "Loïc",
    "Maëlle",
    "Nour",
    "Oscar",
    "Pauline",
    "Rémi",
    "Salomé",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Somebody with a mobile."""

    given: str
    number: str  #: E.164
    postcode: str = POSTCODE
    sms: str = ""  #: oui, non, or nothing
    call: str = ""
    hours: str = ""

    @property
    def shown(self) -> str:
        """The number as people write it."""
        national = f"0{self.number.removeprefix('+33')}"
        return " ".join(national[start : start + 2] for start in range(0, 10, 2))


def subscribers() -> list[Subscriber]:
    """Everybody, the same each time: most agreed to texts, some to calls at hours of their choice, some to nothing."""
    near = [_one(rank, sms="oui") for rank in range(30)]
    dead = [_one(30, ending=1, sms="oui")]
    far = [_one(rank, postcode=_FAR_POSTCODE, sms="oui") for rank in range(31, 35)]
    silent = [*(_one(rank) for rank in range(35, 39)), *(_one(rank, sms="non") for rank in range(39, 41))]
    mornings = [_one(rank, call="oui", hours=_MORNINGS) for rank in range(41, 44)]
    evenings = [_one(rank, call="oui", hours=_EVENINGS) for rank in range(44, 50)]
    odd = [_one(50 + n, ending=ending, call="oui", hours=_EVENINGS) for n, ending in enumerate((6, 8, 9))]
    return [*near, *dead, *far, *silent, *mornings, *evenings, *odd, _one(53, call="oui")]


def write_numbers(path: Path, people: list[Subscriber], *, agreed_on: date) -> None:
    """The team's file of numbers."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(_HEADINGS)
        for rank, one in enumerate(people):
            day = (agreed_on - timedelta(days=rank % 40)).strftime("%d/%m/%Y")
            writer.writerow([one.given, one.shown, one.postcode, one.sms, one.call, one.hours, day])


def _one(rank: int, *, ending: int | None = None, **columns: str) -> Subscriber:
    number = f"+3363998{rank:02d}{10 + rank if ending is None else ending:02d}"
    return Subscriber(given=_NAMES[rank % len(_NAMES)], number=number, **columns)

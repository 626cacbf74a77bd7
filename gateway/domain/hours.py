"""Hours a person agreed to be called at (rule voice-consent-window: the consent states them precisely)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from gateway.domain.errors import InvalidInput

DAY_MINUTES = 1440
CANONICAL_CHARACTERS_MAX = 200

#: From opening to closing, in minutes of the day; 1440 closes at midnight.
Stretch = tuple[int, int]

_NAMES = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
_DAYS = {
    name: rank
    for rank, names in enumerate(
        (
            "lundis lundi lun lu monday mon",
            "mardis mardi mar ma tuesday tue tues",
            "mercredis mercredi mer me wednesday wed",
            "jeudis jeudi jeu je thursday thu thur thurs",
            "vendredis vendredi ven ve friday fri",
            "samedis samedi sam sa saturday sat",
            "dimanches dimanche dim di sunday sun",
        )
    )
    for name in names.split()
}
_SPANS = {
    "tous les jours": range(7),
    "chaque jour": range(7),
    "7j/7": range(7),
    "every day": range(7),
    "en semaine": range(5),
    "jours ouvres": range(5),
    "weekdays": range(5),
    "le week-end": range(5, 7),
    "week-end": range(5, 7),
    "weekend": range(5, 7),
}
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_SPAN = "|".join(re.escape(words) for words in sorted(_SPANS, key=len, reverse=True))
_TO = r"(?:\s*-\s*|\s+(?:au|a|et|to|until|jusqu'a)\s+)"
_HOUR = r"(?:midi|minuit|noon|midnight|\d{1,2}(?:\s*(?:heures?|h|:)\s*(?:\d{2})?)?(?:\s*[ap]m)?)"
_STRETCH = re.compile(rf"(?:(?:de|entre|from|between)\s+)?({_HOUR}){_TO}({_HOUR})")
_RANGE = re.compile(rf"(?:(?:du|de|from)\s+)?({_DAY})\b\.?(?:\s*-\s*|\s+(?:au|a|to)\s+)({_DAY})\b\.?")
_SINGLE = re.compile(rf"(?:(?:le|les|on)\s+)?({_DAY})\b\.?")
_WHOLE = re.compile(rf"({_SPAN})")
_BETWEEN = re.compile(r"[\s,;:&/]+|(?:et|ou|and|or|puis)\b")
_CLOCK = re.compile(r"(\d{1,2})\s*(?:heures?|h|:)?\s*(\d{2})?\s*([ap]m)?")

_ADVICE = "écrivez par exemple « lun-ven 18:00-20:00; sam 10:00-12:00 »"


@dataclass(frozen=True, slots=True)
class CallWindow:
    """Agreed hours by weekday, Monday first, on the person's own clock. Each day's stretches are sorted and apart."""

    week: tuple[tuple[Stretch, ...], ...]

    def __str__(self) -> str:
        """The canonical text, the same for the same hours: `lun-ven 18:00-20:00; sam 10:00-12:00`."""
        parts = []
        for hours, ranks in self.runs():
            days = _NAMES[ranks[0]] if len(ranks) == 1 else f"{_NAMES[ranks[0]]}-{_NAMES[ranks[-1]]}"
            parts.append(f"{days} {', '.join(f'{_clock(opens)}-{_clock(closes)}' for opens, closes in hours)}")
        return "; ".join(parts)

    def runs(self) -> list[tuple[tuple[Stretch, ...], list[int]]]:
        """Neighbouring days with the same hours, together; days without hours left out."""
        grouped = groupby(range(7), key=lambda rank: self.week[rank])
        return [(hours, list(ranks)) for hours, ranks in grouped if hours]

    def covers(self, local: datetime) -> bool:
        """Whether an instant, on the person's own clock, is inside: a stretch holds its first minute and not its last."""
        minute = local.hour * 60 + local.minute
        return any(opens <= minute < closes for opens, closes in self.week[local.weekday()])

    def within(self, other: CallWindow) -> bool:
        """Whether every minute of these hours is one of the other's: each stretch lies whole in one of theirs."""
        return all(
            any(first <= opens and closes <= last for first, last in theirs)
            for mine, theirs in zip(self.week, other.week, strict=True)
            for opens, closes in mine
        )

    @classmethod
    def parse(cls, text: str) -> CallWindow:
        """Read hours as people write them, in French or English; without a day they hold every day.

        Raises InvalidInput, in French, for anything that is not wholly days and hours: what was agreed is never guessed.
        """
        said = list(_said(_plain(text)))
        if not said:
            raise InvalidInput(f"aucune plage horaire : {_ADVICE}")
        week: list[set[Stretch]] = [set() for _ in range(7)]
        for days, hours in _sentences(said):
            for rank in days:
                week[rank].update(hours)
        window = cls(tuple(_merged(stretches) for stretches in week))
        if len(str(window)) > CANONICAL_CHARACTERS_MAX:
            raise InvalidInput("plages horaires trop nombreuses : regroupez-les")
        return window


#: Days, or one stretch of hours, in the order they are said.
_Said = frozenset[int] | Stretch


def _plain(text: str) -> str:
    """Lower case, without accents, one kind of dash and apostrophe."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join("-" if unicodedata.category(mark) == "Pd" else mark for mark in folded if not unicodedata.combining(mark))
    return " ".join(bare.replace("’", "'").split()).strip(" .;,")


def _said(text: str) -> Iterator[_Said]:
    """The days and hours of a text. Raises InvalidInput where it says something else."""
    at = 0
    while at < len(text):
        if between := _BETWEEN.match(text, at):
            at = between.end()
        elif whole := _WHOLE.match(text, at):
            yield frozenset(_SPANS[whole[1]])
            at = whole.end()
        elif days := _RANGE.match(text, at):
            first, last = _DAYS[days[1]], _DAYS[days[2]]
            yield frozenset(rank % 7 for rank in range(first, last + 1 if last >= first else last + 8))
            at = days.end()
        elif day := _SINGLE.match(text, at):
            yield frozenset({_DAYS[day[1]]})
            at = day.end()
        elif hours := _STRETCH.match(text, at):
            yield _hours(hours[1], hours[2])
            at = hours.end()
        else:
            raise InvalidInput(f"plage horaire illisible à partir de « {text[at : at + 30]} » : {_ADVICE}")


def _sentences(said: list[_Said]) -> Iterator[tuple[frozenset[int], list[Stretch]]]:
    """Days with the hours that go with them: those that follow, or those before when days are named once, at the end."""
    blocks = [(kind, list(parts)) for kind, parts in groupby(said, key=lambda part: isinstance(part, frozenset))]
    if not blocks[0][0]:
        blocks = [(True, [frozenset(range(7))]), *blocks] if len(blocks) == 1 else blocks[::-1]
    if len(blocks) % 2 or not blocks[0][0]:
        raise InvalidInput(f"on ne sait pas quelles heures vont avec quels jours : {_ADVICE}")
    for (_, days), (_, hours) in zip(blocks[::2], blocks[1::2], strict=True):
        named = frozenset(rank for part in days if isinstance(part, frozenset) for rank in part)
        yield named, [part for part in hours if not isinstance(part, frozenset)]


def _hours(opens: str, closes: str) -> Stretch:
    begin, end = _minute(opens), _minute(closes)
    if end == 0:
        end = DAY_MINUTES
    if end <= begin:
        raise InvalidInput(f"« {opens}-{closes} » finit avant de commencer : coupez les heures à minuit")
    return begin, end


def _minute(text: str) -> int:
    if text in ("midi", "noon"):
        return DAY_MINUTES // 2
    if text in ("minuit", "midnight"):
        return 0
    clock = _CLOCK.fullmatch(text.strip())
    if clock is None:
        raise InvalidInput(f"heure illisible « {text} » : {_ADVICE}")
    hours, minutes = int(clock[1]), int(clock[2] or 0)
    if clock[3]:
        if not 1 <= hours <= 12:
            raise InvalidInput(f"heure impossible « {text} »")
        hours = hours % 12 + (12 if clock[3] == "pm" else 0)
    if minutes > 59 or hours * 60 + minutes > DAY_MINUTES:
        raise InvalidInput(f"heure impossible « {text} »")
    return hours * 60 + minutes


def _merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    merged: list[Stretch] = []
    for opens, closes in sorted(stretches):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return tuple(merged)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"

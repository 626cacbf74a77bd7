"""Strict reading of the TOML of packs: every key is asked for by name, every fault is gathered with its file and key.

A getter that meets a fault records it and answers a harmless value of the right type, so that one reading reports them all;
`Faults.raise_if_any` then makes sure that nothing built on such a value is ever used.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from gateway.compliance.span import Span
from gateway.domain.errors import InvalidPack
from gateway.domain.unreadable import what_is_wrong

E = TypeVar("E", bound=StrEnum)

_NO_DATE = dt.date(1970, 1, 1)


@dataclass(slots=True)
class Faults:
    """What is wrong with a pack, one line a fault: file, key, reason."""

    lines: list[str] = field(default_factory=list)

    def add(self, file: str, key: str, reason: str) -> None:
        """Record one fault; said twice it is one."""
        line = f"{file}: {key}: {reason}" if key else f"{file}: {reason}"
        if line not in self.lines:
            self.lines.append(line)

    def raise_if_any(self) -> None:
        """Raise InvalidPack naming every fault."""
        if self.lines:
            raise InvalidPack("\n".join(self.lines))


def parse_toml(text: str, file: str, faults: Faults) -> Table:
    """The root table of a file; a syntax fault is recorded with its line and answers an empty table."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        line, says = what_is_wrong(text, fault)
        faults.add(file, "", f"ligne {line} : {says}")
        content = {}
    return Table(content, file, "", faults)


def not_utf8(fault: UnicodeDecodeError) -> str:
    """Where a file that was read as UTF-8 is none, and what to do."""
    line = fault.object[: fault.start].count(b"\n") + 1
    return f"ligne {line} : un signe n’est pas en UTF-8 ; enregistrez le fichier en UTF-8"


class Table:
    """One TOML table. `done` reports the keys nobody asked for."""

    __slots__ = ("_asked", "_content", "_faults", "file", "key")

    def __init__(self, content: Mapping[str, object], file: str, key: str, faults: Faults) -> None:
        self._content = content
        self._faults = faults
        self._asked: set[str] = set()
        self.file = file
        self.key = key

    def __contains__(self, name: str) -> bool:
        return name in self._content

    def names(self) -> tuple[str, ...]:
        """Keys present, in the order of the file."""
        return tuple(self._content)

    @property
    def content(self) -> Mapping[str, object]:
        """The raw content, for comparison and display."""
        return self._content

    def fault(self, name: str, reason: str) -> None:
        """Record a fault of one key of this table."""
        self._faults.add(self.file, self._path(name), reason)

    def done(self, *, but: Collection[str] = ()) -> None:
        """Record every key that nothing asked for: a misspelt key must not be a rule forgotten. `but`: told already."""
        for name in self._content:
            if name not in self._asked and name not in but:
                self.fault(name, "clé inconnue : corrigez son nom, ou retirez-la")

    def text(self, name: str, default: str | None = None) -> str:
        """A non-empty string."""
        value = self._get(name, default)
        if isinstance(value, str) and value.strip():
            return value
        if value is not None:
            self.fault(name, "il faut un texte non vide")
        return ""

    def texts(self, name: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of non-empty strings without repetition."""
        value = self._get(name, default)
        if value is None:
            return ()
        items = list(value) if isinstance(value, (list, tuple)) else [None]
        if all(isinstance(item, str) and item for item in items):
            if len(set(items)) != len(items):
                self.fault(name, "le même texte y est deux fois")
            return tuple(str(item) for item in items)
        self.fault(name, "il faut une liste de textes")
        return ()

    def date(self, name: str) -> dt.date:
        """A date without time."""
        value = self._get(name, None)
        if isinstance(value, dt.date) and not isinstance(value, datetime):
            return value
        if value is not None:
            self.fault(name, "il faut une date, comme 2026-11-23")
        return _NO_DATE

    def optional_date(self, name: str) -> dt.date | None:
        """A date, or None when the key is absent."""
        if name not in self._content:
            return None
        return self.date(name)

    def instant(self, name: str) -> datetime:
        """A date and time with its offset."""
        value = self._get(name, None)
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
        if value is not None:
            self.fault(name, "il faut une date, une heure et un décalage, comme 2027-04-18T20:00:00+02:00")
        return datetime(1970, 1, 1, tzinfo=UTC)

    def flag(self, name: str, default: bool | None = None) -> bool:
        """true or false."""
        value = self._get(name, default)
        if isinstance(value, bool):
            return value
        if value is not None:
            self.fault(name, "il faut true ou false")
        return False

    def count(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """A whole number of at least `least`."""
        value = self._get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        if value is not None:
            self.fault(name, f"il faut un nombre entier d’au moins {least}")
        return least

    def span(self, name: str, default: str | None = None) -> Span:
        """An ISO 8601 duration such as P2M, P7D or PT2H."""
        value = self._get(name, default)
        if isinstance(value, str):
            try:
                return Span.parse(value)
            except ValueError as fault:
                self.fault(name, str(fault))
        elif value is not None:
            self.fault(name, "il faut une durée, comme P2M, P7D ou PT2H")
        return Span()

    def choice(self, name: str, options: type[E], default: E | None = None) -> E:
        """One member of a closed set."""
        value = self._get(name, default)
        if isinstance(value, str) and value in set(options):
            return options(value)
        if value is not None:
            self.fault(name, f"« {value} » n’est pas admis ; on attend {', '.join(options)}")
        return next(iter(options))

    def choices(self, name: str, options: type[E], *, every: str | None = None) -> frozenset[E]:
        """Members of a closed set; the word `every`, alone, stands for all of them."""
        value = self.texts(name)
        if every is not None and value == (every,):
            return frozenset(options)
        known = set(options)
        for item in value:
            if item not in known:
                self.fault(name, f"« {item} » n’est pas admis ; on attend {', '.join(options)}")
        if name in self._content and not value:
            self.fault(name, "il faut au moins une valeur")
        return frozenset(options(item) for item in value if item in known)

    def table(self, name: str) -> Table:
        """A table that must be there."""
        value = self._get(name, None)
        if value is not None and not isinstance(value, dict):
            self.fault(name, "il faut une table")
        return self._child(name, value if isinstance(value, dict) else {})

    def optional_table(self, name: str) -> Table | None:
        """A table, or None when the key is absent."""
        return self.table(name) if name in self._content else None

    def tables(self, name: str) -> tuple[Table, ...]:
        """An array of tables, at least one."""
        value = self._get(name, None)
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            return tuple(self._child(f"{name}[{rank}]", item) for rank, item in enumerate(value))
        if value is not None:
            self.fault(name, "il faut une liste de tables, d’une au moins")
        return ()

    def raw(self, name: str) -> object:
        """A value of any kind, for a caller that checks it itself; None when absent."""
        self._asked.add(name)
        return self._content.get(name)

    def in_languages(self, name: str, languages: Iterable[str]) -> dict[str, str]:
        """A text in each language: `name.fr`, `name.en`…"""
        spoken = self.table(name)
        texts = {language: spoken.text(language) for language in languages}
        spoken.done()
        return texts

    def _get(self, name: str, default: object) -> object:
        self._asked.add(name)
        if name in self._content:
            return self._content[name]
        if default is None:
            self.fault(name, "manque")
        return default

    def _child(self, name: str, content: Mapping[str, object]) -> Table:
        return Table(content, self.file, self._path(name), self._faults)

    def _path(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

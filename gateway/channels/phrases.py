"""Phrases that are looked for in what servers write."""

from __future__ import annotations

import re


class Words:
    """Phrases one of which is looked for, in whatever case: compiled with the first text, since most commands read none."""

    __slots__ = ("_compiled", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        """They as one expression."""
        if self._compiled is None:
            self._compiled = re.compile(self.pattern, re.IGNORECASE)
        return self._compiled

    def search(self, text: str) -> re.Match[str] | None:
        """The first place where one of them stands."""
        return self.compiled.search(text)

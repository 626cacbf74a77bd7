"""Slots: the places of a message where a person's own words go.

Author and notices are compiled once, with a mark where each slot stands; the marks are private-use characters that content may
not contain, so that nothing a person is called and nothing an author writes can ever be taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OPEN, CLOSE = "\ue000", "\ue001"
#: Characters that neither content nor a person's values may contain: controls, bidirectional overrides, private use.
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\uf8ff\ufffe\uffff]")
#: A line of a value, once escaped, is at most this long; lines leave room for it (RFC 5322: 998 bytes).
VALUE_BYTES_MAX = 400

_MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")


@dataclass(frozen=True, slots=True)
class Slot:
    """One place to fill: the name of a field, and the words used when the person has none."""

    name: str
    fallback: str = ""


class SlotTable:
    """Numbers the slots of one message; the same slot always gets the same mark."""

    def __init__(self) -> None:
        self._numbers: dict[Slot, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All slots, in the order of their numbers."""
        return tuple(self._numbers)

    def mark(self, slot: Slot) -> str:
        """What stands for the slot in a text that is being compiled."""
        return f"{OPEN}{self._numbers.setdefault(slot, len(self._numbers))}{CLOSE}"

    def show(self, text: str) -> str:
        """The text with each mark written as authors write it: what a scanner or a list of drafts shows."""
        slots = self.slots
        return _MARK.sub(lambda mark: f"{{{{ {slots[int(mark[1])].name} }}}}", text)


def cut(text: str) -> list[str | int]:
    """The text cut at its marks: strings and slot numbers, in turn; the first and the last are strings."""
    parts = _MARK.split(text)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)]


def numbers(text: str) -> frozenset[int]:
    """Numbers of the slots marked in a text."""
    return frozenset(int(number) for number in _MARK.findall(text))


def room(text: str) -> int:
    """Bytes the text may take at most, once its slots are filled."""
    return sum(VALUE_BYTES_MAX if isinstance(part, int) else len(part.encode()) for part in cut(text))

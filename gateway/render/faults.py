"""Faults of content: found all at once, each with its line, told together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.domain.errors import InvalidContent

_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Why content cannot be sent as it stands, in the words of the person who wrote it."""

    line: int  #: of the body, from 1; 0: the fault is elsewhere (subject, preheader) or everywhere
    why: str

    def __str__(self) -> str:
        return f"ligne {self.line} : {self.why}" if self.line else self.why


def refuse(faults: Iterable[Fault]) -> None:
    """Raise InvalidContent naming every fault, in the order of the lines; nothing happens without one."""
    found = sorted(set(faults))
    if not found:
        return
    shown = [str(fault) for fault in found[:_SHOWN_MAX]]
    if others := len(found) - len(shown):
        shown.append(f"… et {others} autre{'s' if others > 1 else ''}")
    raise InvalidContent("\n".join(shown))


def line_of(text: str, position: int) -> int:
    """Line, from 1, of a position in a text."""
    return text.count("\n", 0, position) + 1

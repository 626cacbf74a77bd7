"""Invented telephones: what each does with a message or a call, by its last two digits, unless somebody answers by hand.

Ends in 01: number not in service; 02: unreachable; 03: a landline, takes no SMS; 04: switched off for ever; 05: blocked by its
carrier; 06: busy; 07: nobody answers; 08: an answering machine; 09: presses the key to object. All others take everything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Handset:
    """How one telephone behaves."""

    message_error: int | None = None  #: the provider's code with which messages end as undelivered
    off: bool = False  #: messages wait until their validity period ends
    call_ends: str | None = None  #: busy, no-answer or failed
    machine: bool = False
    presses: str = ""  #: keys pressed at the first question


_BY_ENDING = {
    "01": Handset(message_error=30005, call_ends="failed"),
    "02": Handset(message_error=30003, call_ends="no-answer"),
    "03": Handset(message_error=30006),
    "04": Handset(off=True, call_ends="no-answer"),
    "05": Handset(message_error=30007),
    "06": Handset(call_ends="busy"),
    "07": Handset(call_ends="no-answer"),
    "08": Handset(machine=True),
    "09": Handset(presses="9"),
}
_ORDINARY = Handset()


def handset(number: str) -> Handset:
    """How the telephone of this number behaves."""
    return _BY_ENDING.get(number[-2:], _ORDINARY)

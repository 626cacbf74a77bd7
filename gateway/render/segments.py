"""How a text message is cut into parts, each of which is paid for; and which plain characters would make it cheaper.

One character outside the GSM alphabet (3GPP TS 23.038) halves what every part holds: ê, ç, œ, a curly apostrophe, a no-break
space. What would be written instead is proposed and shown, never done in silence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Written with an escape: two units each.
_EXTENSION = frozenset("\f^{}\\[~]|€")

#: What people type, and what a plain telephone shows for it.
_PLAIN = {
    "’": "'",
    "‘": "'",
    "\u201a": "'",
    "\u02bc": "'",
    "\u00b4": "'",
    "`": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "\u2039": "'",
    "\u203a": "'",
    "…": "...",
    "–": "-",
    "—": "-",
    "\u2010": "-",
    "\u2011": "-",
    "\u2212": "-",
    "•": "-",
    "·": "-",
    "œ": "oe",
    "Œ": "OE",
    "×": "x",
    "\t": " ",
    "\u200b": "",
    "\u200c": "",
    "\ufeff": "",
    "\u00ad": "",
    "\u2060": "",
}
#: French quotation marks keep their words company with a space that straight ones do not take.
_QUOTED = re.compile(r"«[\s\u00a0\u202f]*|[\s\u00a0\u202f]*»")


class Alphabet(StrEnum):
    """How the characters of a message travel."""

    GSM = "gsm-7"
    UCS2 = "ucs-2"


#: Units a message holds: in one part alone, in each part of several.
_ROOM = {Alphabet.GSM: (160, 153), Alphabet.UCS2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text travels."""

    alphabet: Alphabet
    units: int  #: septets, or 16-bit units
    parts: int
    left: int  #: units that the last part still holds
    outside: tuple[str, ...]  #: characters outside the GSM alphabet, each once, in the order of the text

    def over(self, parts_max: int) -> int:
        """Units that do not fit into so many parts; 0 when all do. What a part leaves free before a sign of two counts."""
        alone, each = _ROOM[self.alphabet]
        taken = self.units if parts_max == 1 or self.parts == 1 else each * self.parts - self.left
        return max(0, taken - (alone if parts_max == 1 else each * parts_max))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be written with plain characters only."""

    text: str
    changes: tuple[tuple[str, str], ...]  #: what is replaced and by what, each once
    remaining: tuple[str, ...]  #: characters that nothing plain stands for, such as emoji


def segments(text: str) -> Segments:
    """Cut a text as networks do: an escaped character, or a pair of 16-bit units, is never split between parts."""
    outside = tuple(dict.fromkeys(mark for mark in text if mark not in _BASIC and mark not in _EXTENSION))
    if outside:
        return _cut(Alphabet.UCS2, (2 if ord(mark) > 0xFFFF else 1 for mark in text), outside)
    return _cut(Alphabet.GSM, (2 if mark in _EXTENSION else 1 for mark in text), outside)


def _cut(alphabet: Alphabet, sizes: Iterable[int], outside: tuple[str, ...]) -> Segments:
    alone, each = _ROOM[alphabet]
    units, parts, used = 0, 1, 0
    for size in sizes:
        units += size
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    if units <= alone:
        return Segments(alphabet, units, 1, alone - units, outside)
    return Segments(alphabet, units, parts, each - used, outside)


def proposal(text: str) -> Proposal:
    """The text in the GSM alphabet as far as it goes: accents that it lacks are dropped, signs become plain ones."""
    composed = unicodedata.normalize("NFC", text)
    changes: dict[str, str] = {}
    straight = _QUOTED.sub('"', composed)
    if straight != composed:
        changes.update({mark: '"' for mark in "«»" if mark in composed})
    written = []
    for mark in straight:
        plain = _plain(mark)
        if plain != mark:
            changes[mark] = plain
        written.append(plain)
    done = "".join(written)
    return Proposal(done, tuple(changes.items()), segments(done).outside)


def _plain(mark: str) -> str:
    if mark in _BASIC or mark in _EXTENSION:
        return mark
    if mark in _PLAIN:
        return _PLAIN[mark]
    if mark.isspace():
        return " "
    base = "".join(part for part in unicodedata.normalize("NFKD", mark) if not unicodedata.combining(part))
    return base if base and all(part in _BASIC or part in _EXTENSION for part in base) else mark

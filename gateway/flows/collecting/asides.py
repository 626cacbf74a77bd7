"""What somebody wrote about a person where something else is asked: « RIOU (ne plus contacter) », « Troyes – désinscrite ».

Names sound like many words (« Barré », « Lasserre »): one is listened to only where more is written than a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.compliance.listwords import ListWords, Standing
from gateway.domain.channel import Medium
from gateway.flows.collecting.cells import UnreadableCell, bare, says_objected
from gateway.flows.collecting.headings import NAME_PARTS, WHOLE_NAMES, Field
from gateway.flows.collecting.noting import Declines
from gateway.flows.collecting.objecting import EVERY_CHANNEL

#: Columns where a name, or a place, is all that is asked.
NAMING = frozenset(
    (*NAME_PARTS, *WHOLE_NAMES, Field.POSTCODE, Field.COMMUNE, Field.COUNTRY, Field.POLLING_STATION, Field.POLLING_LABEL)
)
#: … and those where sentences are at home, or a number: there only what is beyond doubt counts.
OTHERS = frozenset((Field.CALL_HOURS, Field.FORM, Field.MEANS, Field.COLLECTOR, Field.MOBILE, Field.LANDLINE, Field.PHONE))
#: What stands beside a name: in brackets, or behind a dash or a comma.
_BESIDE = re.compile(r"[(\[{]([^)\]}]*)|(?:\s[-–—]|[,;:/|=])\s*([^(\[{]*)")
#: Words of a sentence, and of no name; « feu M. Riou » died.
_OF_A_SENTENCE = re.compile(
    r"\b(?:feue? (?:m|mr|mme|monsieur|madame)"
    r"|ne|n['’]|pas|plus|veu(?:t|x|lent)|souhaite\w*|refus\w*|demand\w*|tr[eè]s|rien|jamais|aucune?|contact\w*|recevoir|not|no"
    r" longer)\b",
    re.IGNORECASE,
)
#: Somebody's name, written as one.
_A_NAME = "Stop"
_SIGNS = frozenset("❌✗✘⛔🚫❎🛑†✝")
_DIGIT = re.compile(r"\d")
_NONE = frozenset[Medium]()


class Asides:
    """Listens to such columns. Raises UnreadableCell where words may be a refusal: the line waits as for any remark."""

    def __init__(self, words: ListWords, declined: Declines, *, read_over: bool) -> None:
        """read_over: somebody read what may be a refusal, and found none."""
        self._words = words
        self._declined = declined
        self._read_over = read_over

    def of_name(self, cell: str) -> frozenset[Medium]:
        """The channels that words beside a name or a place decline."""
        if cell.strip() != _A_NAME and says_objected(self._words, cell):
            return EVERY_CHANNEL
        heard = _NONE
        for said in self._said(cell):
            try:
                heard |= self._declined(said)
            except UnreadableCell:
                if not self._read_over:
                    raise
        return heard

    def for_sure(self, cell: str) -> frozenset[Medium]:
        """Every channel, where a cell declines all of them beyond doubt, and says nothing else; a number is read elsewhere."""
        if says_objected(self._words, cell):
            return EVERY_CHANNEL
        if _DIGIT.search(cell) or not _OF_A_SENTENCE.search(cell):
            return _NONE
        try:
            return EVERY_CHANNEL if self._declined(cell) == EVERY_CHANNEL else _NONE
        except UnreadableCell:
            return _NONE

    def _said(self, cell: str) -> Iterator[str]:
        """What is written besides a name."""
        if not _SIGNS.isdisjoint(cell) or (" " in cell.strip() and _OF_A_SENTENCE.search(cell)):
            yield cell
            yield from _SIGNS.intersection(cell)  # « Karim † »: alone it says what it says
            return
        for found in _BESIDE.finditer(cell):
            piece = (found[1] or found[2] or "").strip()
            if piece and (not _is_titled(piece) or self._objects(piece)):
                yield piece
        words = cell.split()
        yield from (word for word in words if len(words) > 1 and self._objects(word))

    def _objects(self, word: str) -> bool:
        return word != _A_NAME and self._words.standing(bare(word).strip("().,;:-")) is Standing.OBJECTS


def _is_titled(piece: str) -> bool:
    """Whether words are written as names are: « Le Goff », « GUILLOU »."""
    return all(word[:1].isupper() for word in piece.split() if len(word) > 2)  # « de », « la »

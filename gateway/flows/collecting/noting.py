"""What somebody wrote about a person in a column of remarks: nothing of it is kept, but an objection told there counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from gateway.compliance.folding import bare
from gateway.compliance.pack import Pack
from gateway.compliance.wording import ReplyWords, read_reply
from gateway.domain.channel import Medium
from gateway.domain.reply import Intent
from gateway.flows.collecting.beside import FORBIDDEN, forbidden
from gateway.flows.collecting.cells import UnreadableCell, says_objected
from gateway.flows.collecting.objecting import EVERY_CHANNEL

#: Reads the channels that the person of a remark declines. Raises UnreadableCell where it may be an objection.
Declines = Callable[[str], frozenset[Medium]]
_FOLDED = re.compile(r"[a-z0-9]+")
_NONE = frozenset[Medium]()
#: Fewest words by which a cell of an unknown column may tell an objection: « refus » answers whatever the column asks.
_WORDS_MIN = 2


def declined_by(pack: Pack) -> Declines:
    """What remarks say to the reader of replies of a pack: the channels they name, else every one.

    A doubt is a person's to settle, as it is beside an address: the line comes back with its words.
    """
    return partial(_declined, pack)


def tells_objection(pack: Pack) -> Callable[[str], bool]:
    """Whether a cell of a column of which nothing is known tells an objection, in a sentence and beyond doubt."""
    return partial(_tells, pack)


def _declined(pack: Pack, cell: str) -> frozenset[Medium]:
    if says_objected(pack.list_words, cell):
        return EVERY_CHANNEL
    if (declined := pack.list_words.declined(cell, EVERY_CHANNEL)) is not None:
        return declined
    if pack.list_words.objects(cell):
        return pack.list_words.objected(cell)
    words = pack.reply_words  # built when a file has remarks: that takes half a second
    if not _speaks(words, cell):
        return _NONE
    read = read_reply(cell, words)
    if read.intent is Intent.DOUBTFUL:
        raise UnreadableCell("remark", forbidden(cell, FORBIDDEN))
    if read.intent is not Intent.OBJECTION or read.plain_no:
        return _NONE
    return pack.list_words.objected(cell)


def _tells(pack: Pack, cell: str) -> bool:
    if says_objected(pack.list_words, cell):
        return True
    if (declined := pack.list_words.declined(cell, EVERY_CHANNEL)) is not None:
        return bool(declined)
    if pack.list_words.objects(cell):
        return True
    if len(cell.split()) < _WORDS_MIN or not _speaks(pack.reply_words, cell):
        return False
    read = read_reply(cell, pack.reply_words)
    return read.intent is Intent.OBJECTION and not read.plain_no


def _speaks(words: ReplyWords, cell: str) -> bool:
    """Whether any word of a cell says something to the reader of replies: most remarks hold none, and reading them takes time."""
    return any(map(words.says, set(_FOLDED.findall(bare(cell)))))

"""What somebody wrote about a person in a column of remarks: nothing of it is kept, but an objection told there counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from gateway.compliance.folding import bare
from gateway.compliance.listwords import ListWords
from gateway.compliance.pack import Pack
from gateway.compliance.wording import ReplyWords, read_reply
from gateway.domain.channel import Medium
from gateway.domain.reply import Intent
from gateway.flows.collecting.beside import FORBIDDEN, forbidden
from gateway.flows.collecting.cells import UnreadableCell, says_objected
from gateway.flows.collecting.headings import plain
from gateway.flows.collecting.objecting import EVERY_CHANNEL, asks_for_words, is_of_no_channel, is_of_things

#: Reads the channels that the person of a remark declines. Raises UnreadableCell where it may be an objection.
Declines = Callable[[str], frozenset[Medium]]
_FOLDED = re.compile(r"[a-z0-9]+")
_NONE = frozenset[Medium]()
#: « Refus au téléphone »: of calls, or said to whoever called; nobody guesses.
_BY_OR_OF = re.compile(r"\brefus[a-z]* (?:par|au|via) (?:le )?(?:tel|phon|mail|courriel|sms|texto|message)")
#: Fewest words by which a cell of an unknown column may tell an objection: « jamais » answers whatever the column asks.
_WORDS_MIN = 2


def declined_by(pack: Pack) -> Declines:
    """What remarks say to the reader of replies of a pack: the channels they name, else every one.

    A doubt is a person's to settle, as it is beside an address: the line comes back with its words.
    """
    return partial(_declined, pack)


def tells_objection(pack: Pack) -> Callable[[str], bool]:
    """Whether a cell of a column of which nothing is known tells an objection, in a sentence and beyond doubt."""
    return partial(_tells, pack)


def may_object(words: ListWords, cell: str) -> bool:
    """Whether a cell of such a column may tell one that no rule understood."""
    one = len(cell.split()) < _WORDS_MIN
    return words.unease.stirred(cell) and not (one and bare(cell).strip(" .!") in words.unease.alone)


def is_about_people(heading: str, words: ListWords) -> bool:
    """Whether what stands below a heading that means nothing to us may be a word about somebody's wishes."""
    bare = plain(heading)
    return not (is_of_things(bare) or is_of_no_channel(bare) or words.is_of_no_channel(heading))


def may_object_below(words: ListWords, heading: str, cell: str) -> bool:
    """The same as `may_object`, below a heading."""
    if asks_for_words(heading) and has_nothing_to_say(words, cell):
        return False
    return is_about_people(heading, words) and may_object(words, cell)


def has_nothing_to_say(words: ListWords, cell: str) -> bool:
    """Whether a whole answer to whether somebody has a question is that she has none: « Non merci »."""
    return bare(cell).strip(" .!") in words.unease.nothing_to_say


def may_decline_all(words: ListWords, cell: str) -> bool:
    """Whether a whole answer to how, or how often, to write to somebody may be that nobody is to: « aucun », « jamais »."""
    return bare(cell).strip(" .!") in words.unease.none


def _declined(pack: Pack, cell: str) -> frozenset[Medium]:
    if says_objected(pack.list_words, cell):
        return EVERY_CHANNEL
    if _BY_OR_OF.search(" ".join(_FOLDED.findall(bare(cell)))):
        raise UnreadableCell("remark", forbidden(cell, FORBIDDEN))
    if (declined := pack.list_words.declined(cell, EVERY_CHANNEL)) is not None:
        return declined
    if pack.list_words.objects(cell):
        return pack.list_words.objected(cell)
    words = pack.reply_words  # built when a file has remarks: that takes half a second
    read = read_reply(cell, words) if _speaks(words, cell) else None
    if read and read.intent is Intent.OBJECTION and not read.plain_no:
        return pack.list_words.objected(cell)
    stirred = pack.list_words.unease.stirred(cell) and not pack.list_words.says_dead(cell)
    if stirred or (read and read.intent is Intent.DOUBTFUL and _doubtful(pack, cell)):
        raise UnreadableCell("remark", forbidden(cell, FORBIDDEN))
    return _NONE


def _doubtful(pack: Pack, cell: str) -> bool:
    """Whether words that leave the reader of replies in doubt still do beside what teams note of everybody: « a déménagé »."""
    rest = pack.list_words.unease.beside_eased(cell)
    return bool(rest) and read_reply(rest, pack.reply_words).intent is not Intent.OTHER


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

"""Words that people write beside an address or a number: « ne plus contacter », « décédée », « le soir »."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from gateway.compliance.folding import bare
from gateway.compliance.listwords import ListWords
from gateway.compliance.pack import Pack
from gateway.compliance.wording import ReplyWords, read_reply
from gateway.domain.channel import Medium
from gateway.domain.reply import Intent
from gateway.flows.collecting.consenting import AT, TO_CHANNEL
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.objecting import EVERY_CHANNEL
from gateway.flows.collecting.refusals import Doubt, shown
from gateway.flows.collecting.remarks import NONE, Restriction, restriction

#: Different words that are remembered: a column of numbers holds the same remarks over and over.
_REMEMBERED = 20_000
_LETTERS_MIN = 2
_FOLDED = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
#: Parts of names that are words elsewhere: « Anaëlle Le Goff ».
_PARTICLES = frozenset({"d", "de", "des", "du", "l", "la", "le"})
_NAMES = (Field.GIVEN_NAME, Field.GIVEN_NAMES, Field.FAMILY_NAME, Field.USAGE_NAME, Field.BIRTH_NAME)
FORBIDDEN = Restriction(
    "si cette personne ne veut plus rien recevoir, portez-la sur la liste d’opposition ; sinon, ôtez ces mots"
)
_AGAINST = (Intent.OBJECTION, Intent.DOUBTFUL)


class Declined(NamedTuple):
    """Channels that words beside an address of a line decline, and how that is told."""

    note: Doubt
    channels: frozenset[Medium]


#: What words say to the reader of replies: the channels they decline beyond doubt, none for ordinary words; None: they may
#: decline.
Hears = Callable[[str], frozenset[Medium] | None]


class Beside:
    """Judges what stands beside addresses and numbers as the pack judges what people write to us."""

    def __init__(self, words: ListWords, hears: Hears) -> None:
        self._words = words
        self._hears = hears
        self._known: dict[str, frozenset[Medium] | None] = {}

    def restricts(self, remark: str, told: Sequence[Any], *, number: bool) -> Restriction:
        """What a remark comes to: the address or the number is not taken, some channels are declined, or nothing.

        told: what the line says of the person. Words never agree to anything.
        """
        found = restriction(self._words, remark, number=number)
        if found != NONE:
            return found
        if not self._words.unease.signs.isdisjoint(remark):  # « jean@exemple.fr ❌ »
            return FORBIDDEN
        declined = self._heard(remark, told)
        if declined is None or (not declined and _only_denies(self._words, remark)):
            return FORBIDDEN
        return Restriction(declined=declined)

    def _heard(self, remark: str, told: Sequence[Any]) -> frozenset[Medium] | None:
        """What a remark declines; None where it may say that nobody wants to be reached here, or that nobody is.

        told: what the line says of the person; her own name is no remark.
        """
        own = set(_WORD.findall(" ".join(told[AT[field]] or "" for field in _NAMES).casefold()))
        said = " ".join(word for word in _WORD.findall(remark) if word.casefold() not in own)
        if len(said) < _LETTERS_MIN or self._words.announces(said):
            return frozenset()
        if said in self._known:
            return self._known[said]
        heard = self._hears(said)
        if len(self._known) < _REMEMBERED:
            self._known[said] = heard
        return heard


def hears_by(pack: Pack) -> Hears:
    """Hears words as the reader of replies of a pack: the channels that an objection names, else every one."""
    return partial(_hears, pack)


def _hears(pack: Pack, words: str) -> frozenset[Medium] | None:
    if _is_name(words, pack.reply_words):
        return frozenset()
    read = read_reply(words, pack.reply_words)
    if read.intent is Intent.OBJECTION and not read.plain_no:
        return pack.list_words.objected(words)
    return None if read.intent in _AGAINST or pack.list_words.unease.stirred(words) else frozenset()


def _only_denies(words: ListWords, remark: str) -> bool:
    """Whether a remark says no, and nothing else: « pas le » before a number."""
    said, denies = set(_FOLDED.findall(bare(remark))), words.negations | words.never
    return not said.isdisjoint(denies) and said <= denies | words.small


def _is_name(words: str, known: ReplyWords) -> bool:
    """Whether words are a name beyond doubt: written as one, with no word that says anything to the reader of replies.

    A million of them, each its own, would take minutes to read as replies.
    """
    told = _WORD.findall(words)
    written = len(told) > 1 and any(map(str.istitle, told)) and not any(word.islower() for word in told)
    return written and not any(map(known.says, set(_FOLDED.findall(bare(words))) - _PARTICLES))


def beside(cell: str, address: str) -> str:
    """What a cell says besides the address it holds."""
    return " ".join(re.sub(re.escape(address), " ", cell, flags=re.IGNORECASE).split()).strip(" <>()[]«»\"',;:.-–")


def forbidden(remark: str, restriction: Restriction) -> str:
    """Why an address or a number with such a remark is not taken."""
    return f"« {_words(remark)} » est écrit à côté : {restriction.why}"


def kept_apart(remark: str, restriction: Restriction) -> str:
    """What becomes of a number or an address that is taken, and not for every channel, or for none."""
    if restriction.declined == EVERY_CHANNEL:
        return f"« {_words(remark)} » est écrit à côté : retenu comme une opposition à tout message"
    channels = " et ".join(TO_CHANNEL[medium] for medium in Medium if medium in restriction.declined)
    return f"« {_words(remark)} » est écrit à côté : gardé, avec une opposition {channels}"


def _words(remark: str) -> str:
    return shown(remark.strip(" ()[]«»,;:.-–"))

"""What one column may hold: what somebody said of it, else what its heading means, else what it looks like. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from gateway.compliance.listwords import ListWords
from gateway.flows.collecting.consenting import CONSENT_TO
from gateway.flows.collecting.contents import Content, is_answer, is_day, is_day_agreed, is_email, is_phone, share
from gateway.flows.collecting.headings import CONSENTS, OBJECTIONS, SEVERAL, Field, meaning, plain
from gateway.flows.collecting.likeness import (
    in_words,
    is_no,
    likely,
    says_by_no,
    standing_of,
    tells_when_agreed,
    without_choices,
)
from gateway.flows.collecting.objecting import gives_reason
from gateway.flows.collecting.proposed import Sureness

#: Below this share of readable cells, a heading is contradicted by its column.
_FEW = 0.2
#: From this share of cells that name channels, a question about agreements asks by which of them.
_HALF = 0.5
#: The field of a column whose heading tells nothing, by what its cells look like.
LOOKS_LIKE: Mapping[Content, Field] = {
    Content.EMAILS: Field.EMAIL,
    Content.MOBILES: Field.MOBILE,
    Content.LANDLINES: Field.LANDLINE,
    Content.PHONES: Field.PHONE,
    Content.POSTCODES: Field.POSTCODE,
    Content.BIRTH_DATES: Field.BIRTH_ON,
    Content.STANDINGS: Field.OBJECTION,
    Content.DEAD: Field.DEAD_EMAIL,
}
#: What days look like.
OF_DAYS = frozenset({Content.DATES, Content.BIRTH_DATES})
#: What the cells of a field must look like, where that can be told.
_EXPECTED: Mapping[Field, frozenset[Content]] = {
    Field.EMAIL: frozenset({Content.EMAILS}),
    # … or nothing that can be told: a few numbers among many damaged ones
    Field.MOBILE: frozenset({Content.MOBILES, Content.PHONES, Content.OTHER}),
    Field.LANDLINE: frozenset({Content.LANDLINES, Content.PHONES, Content.OTHER}),
    Field.PHONE: frozenset({Content.MOBILES, Content.LANDLINES, Content.PHONES, Content.OTHER}),
    Field.BIRTH_ON: OF_DAYS,
    Field.GIVEN_AT: OF_DAYS,
    **dict.fromkeys(
        (*OBJECTIONS, Field.DEAD_EMAIL),
        frozenset(
            {
                *(Content.ANSWERS, Content.CHANNELS, Content.STANDINGS, Content.DEAD),
                *(Content.DATES, Content.BIRTH_DATES, Content.EMPTY),
            }
        ),
    ),
    **dict.fromkeys(CONSENTS, frozenset({Content.ANSWERS})),
}
#: … and where a no below the heading is what it promises: « Abonné le » is no such column.
_SAID_BY_NO = frozenset({Content.ANSWERS, Content.STANDINGS, Content.DEAD, Content.CHANNELS, Content.EMPTY})
#: What a column of yes and no asks whose heading is the name of a channel and nothing else: « Lettre », « SMS ».
_ASKED_BY_NAME = {frozenset({medium}): field for medium, field in CONSENT_TO.items()}


class Known(NamedTuple):
    """What somebody said that columns hold, by folded label; None: nothing that is to be read."""

    said: Mapping[str, Field | None]  #: of this file
    saved: Mapping[str, Field | None]  #: of one with the same headings
    recalled: Mapping[str, Field | None]  #: of any other


class Guess(NamedTuple):
    """What a column may hold, and how sure that is."""

    field: Field | None
    sureness: Sureness


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the first rows of a file."""

    heading: str
    label: str  #: under which it is spoken of, folded
    filled: Sequence[str]  #: its cells that say something
    content: Content  #: what they look like


_NOTHING = Guess(None, Sureness.NONE)


def guess(column: Column, known: Known, words: ListWords) -> Guess:
    """What a column may hold, and how sure that is: somebody's word comes first, and what cells look like last."""
    if column.label in known.said:
        return Guess(known.said[column.label], Sureness.SAID)
    if column.label in known.saved:
        return Guess(known.saved[column.label], Sureness.SAVED)
    if field := meaning(column.heading):
        by_name = field in CONSENTS and column.content is Content.CHANNELS
        return Guess(Field.CONSENT_CHANNELS, Sureness.LIKELY) if by_name else Guess(field, Sureness.KNOWN)
    if column.heading and plain(column.heading) == column.label and column.label in known.recalled:
        return Guess(known.recalled[column.label], Sureness.RECALLED)
    if likely_one := _alike(column, words):
        return Guess(likely_one, Sureness.LIKELY)
    if looks_like := _by_cells(column):
        return Guess(looks_like, Sureness.HINT)
    if asked := _asked(column, words):
        return Guess(asked, Sureness.LIKELY)
    return _NOTHING


def _alike(column: Column, words: ListWords) -> Field | None:
    """What a heading is like that we do not know, where its cells do not say otherwise."""
    near = likely(column.heading, words)
    if near is None:
        named = words.listed(in_words(without_choices(column.heading))) or words.asked(column.heading)
        return _ASKED_BY_NAME.get(named) if column.content is Content.ANSWERS else None
    if near in CONSENTS and column.content is Content.CHANNELS:
        return Field.CONSENT_CHANNELS
    if near in CONSENTS and column.content in OF_DAYS and tells_when_agreed(column.heading):  # « Accord donné le »
        return Field.GIVEN_AT
    if near in SEVERAL and gives_reason(plain(column.heading)):
        return near
    by_no = near in SEVERAL and says_by_no(column.heading, words)
    return near if column.content in (_SAID_BY_NO if by_no else _EXPECTED.get(near, {column.content})) else None


def _by_cells(column: Column) -> Field | None:
    """What its cells look like, unless the heading says that they are of something, or somebody, else."""
    found = LOOKS_LIKE.get(column.content)
    if found is Field.OBJECTION:
        return standing_of(column.heading)
    return None if is_no(found, column.heading) else found


def _asked(column: Column, words: ListWords) -> Field | None:
    """The agreement that a heading asks for, or its day, where some of the answers can be read: the lines of others come back."""
    near, filled = likely(column.heading, words), column.filled
    if near not in CONSENTS or not filled:
        return None
    if share(filled, lambda cell: bool(words.accepted(cell))) >= _HALF:
        return Field.CONSENT_CHANNELS
    answers = share(filled, partial(is_answer, words))
    days = share(filled, is_day_agreed) if tells_when_agreed(column.heading) else 0
    if max(answers, days) < _FEW:
        return None
    return Field.GIVEN_AT if days > answers else near


def contradicts(filled: Sequence[str], field: Field, words: ListWords) -> bool:
    """Whether few of the cells of a column can be what a field promises, where that can be told."""
    reads = partial(is_answer, words) if field in CONSENTS else _READS.get(field)
    return bool(filled) and reads is not None and share(filled, reads) < _FEW


#: Whether a cell can be what a field promises, where that can be told.
_READS: Mapping[Field, Callable[[str], bool]] = {
    Field.EMAIL: is_email,
    Field.MOBILE: is_phone,
    Field.LANDLINE: is_phone,
    Field.PHONE: is_phone,
    Field.BIRTH_ON: is_day,
    Field.GIVEN_AT: is_day_agreed,
}

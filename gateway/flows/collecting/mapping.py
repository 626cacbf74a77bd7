"""What each column of a file is proposed to hold, how sure we are and why: shown, confirmed or corrected, never applied unseen.

A heading that we know is believed. One that looks like it, or a column whose cells look like something, is only proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import islice, takewhile
from pathlib import Path
from typing import NamedTuple

from gateway.compliance.listwords import ListWords
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.consenting import CONSENT_TO
from gateway.flows.collecting.contents import Content, content_of, is_answer, is_day, is_day_agreed, is_email, is_phone, share
from gateway.flows.collecting.headings import (
    CHANNELS,
    CONSENTS,
    NAME_PARTS,
    OBJECTIONS,
    SEVERAL,
    WHOLE_NAMES,
    Field,
    is_of_email_beside,
    is_ours,
    key_of,
    labels,
    meaning,
    plain,
)
from gateway.flows.collecting.likeness import (
    is_number,
    is_of_payer,
    likely,
    people_named,
    says_by_no,
    standing_of,
    tells_when_agreed,
)
from gateway.flows.collecting.reading import How, TableFile, open_table
from gateway.flows.gateway import Gateway
from gateway.store import mappings
from gateway.store.engine import reading
from gateway.store.mappings import SavedMapping
from gateway.store.staging import Tx

#: Earlier files of which what was said is recalled.
_FILES_RECALLED = 100
#: Rows from which the content of columns is told.
ROWS_LOOKED_AT = 300
_SAMPLES = 3
_NUMBERED = re.compile(r"(?P<name>.*?\D)(?P<number>\d)")
#: Below this share of readable cells, a heading is contradicted by its column.
_FEW = 0.2


class Sureness(StrEnum):
    """How sure a proposal is."""

    SAID = "said"  #: somebody said so for this file
    SAVED = "saved"  #: somebody said so for an earlier file with the same headings
    KNOWN = "known"  #: the heading is one we know
    RECALLED = "recalled"  #: somebody said so of this heading in a file whose other headings were not these
    LIKELY = "likely"  #: the heading looks like one we know
    HINT = "hint"  #: the heading says nothing; the cells look like it
    NONE = "none"  #: neither says anything: left out


_HINTS: Mapping[Content, Field] = {
    Content.EMAILS: Field.EMAIL,
    Content.MOBILES: Field.MOBILE,
    Content.LANDLINES: Field.LANDLINE,
    Content.PHONES: Field.PHONE,
    Content.POSTCODES: Field.POSTCODE,
    Content.BIRTH_DATES: Field.BIRTH_ON,
    Content.STANDINGS: Field.OBJECTION,
    Content.DEAD: Field.DEAD_EMAIL,
}
#: What the cells of a field must look like, where that can be told.
_EXPECTED: Mapping[Field, frozenset[Content]] = {
    Field.EMAIL: frozenset({Content.EMAILS}),
    Field.MOBILE: frozenset({Content.MOBILES, Content.PHONES}),
    Field.LANDLINE: frozenset({Content.LANDLINES, Content.PHONES}),
    Field.PHONE: frozenset({Content.MOBILES, Content.LANDLINES, Content.PHONES}),
    Field.BIRTH_ON: frozenset({Content.BIRTH_DATES, Content.DATES}),
    Field.GIVEN_AT: frozenset({Content.DATES, Content.BIRTH_DATES}),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProposal:
    """What one column is proposed to hold."""

    label: str  #: under which it is spoken of
    field: Field | None  #: None: left out, not stored
    sureness: Sureness
    content: Content
    samples: tuple[str, ...]
    contradicted: bool = False  #: the cells do not look like what the heading says
    by_no: bool = False  #: a no below the heading is what says so: « Abonné »
    clashes: tuple[str, ...] = ()  #: labels of the columns that claim the same thing

    @property
    def settled(self) -> bool:
        """Whether it is applied without anybody's word."""
        return self.sureness in (Sureness.SAID, Sureness.SAVED, Sureness.KNOWN) and not self.clashes


class Before(NamedTuple):
    """What somebody said of the columns of earlier files."""

    same: Mapping[str, Field | None]  #: of one with the same headings, by label
    other: Mapping[str, Field | None]  #: of any other, by folded heading


_NEVER = Before({}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A file, and what its columns are proposed to hold."""

    file: TableFile
    columns: tuple[ColumnProposal, ...]
    saved: SavedMapping | None  #: what was said of an earlier file with these headings

    @property
    def open(self) -> tuple[ColumnProposal, ...]:
        """Columns that somebody should look at: proposed but not certain, claimed twice, or contradicted by their cells."""
        return tuple(one for one in self.columns if (one.field is not None and not one.settled) or one.contradicted)

    @property
    def reachable(self) -> bool:
        """Whether some column says how to reach a person, if the proposal is followed."""
        return any(one.field in CHANNELS for one in self.columns)


def propose(gw: Gateway, path: Path, how: How, said: Mapping[str, Field | None]) -> Proposal:
    """Look at the beginning of a file and propose what its columns hold; stores nothing. Raises InvalidInput."""
    with open_table(path, how, known_to(said)) as table:
        looked_at = list(islice(table, ROWS_LOOKED_AT + 1))
    if not looked_at:
        raise InvalidInput(f"{path.name} : le fichier ne contient aucune ligne")
    header, *rows = looked_at
    headings = [" ".join(heading.split()) for heading in header.cells]
    with reading(gw.engine) as tx:
        saved = mappings.find(tx, key_of(headings)) if table.file.header_line else None
        recalled = recalled_fields(tx) if table.file.header_line else {}
    today = gw.clock.now().astimezone(gw.pack.calendar.zone).date()
    sound = [row.cells for row in rows if row.malformed is None]
    columns = proposals(headings, sound, today, words=gw.pack.list_words, said=said, before=Before(saved_fields(saved), recalled))
    return Proposal(file=table.file, columns=columns, saved=saved)


def rows_at(path: Path, how: How, said: Mapping[str, Field | None], lines: Collection[int]) -> dict[int, list[str]]:
    """The cells of some lines of a file, as they are written; the file is read no further than the last of them."""
    found: dict[int, list[str]] = {}
    last = max(lines, default=0)
    with open_table(path, how, known_to(said)) as table:
        for record in takewhile(lambda record: record.line <= last, table):
            if record.line in lines:
                found[record.line] = record.cells
    return found


def known_to(said: Mapping[str, Field | None]) -> Callable[[str], bool]:
    """Whether a heading means something, by itself or because somebody said so."""
    spoken_of = {plain(label) for label, field in said.items() if field is not None}
    return lambda heading: meaning(heading) is not None or plain(heading) in spoken_of


def saved_fields(saved: SavedMapping | None) -> dict[str, Field | None]:
    """What was said of an earlier file, by label. A field that no longer exists leaves its column to its heading."""
    fields = saved.fields if saved else {}
    return {label: Field(value) if value else None for label, value in fields.items() if not value or value in set(Field)}


def recalled_fields(tx: Tx) -> dict[str, Field | None]:
    """What was last said of a heading in any earlier file, by the folded heading: only proposed, as the file is another one."""
    found: dict[str, Field | None] = {}
    for saved in mappings.latest(tx, most=_FILES_RECALLED):
        for label, field in saved_fields(saved).items():
            found.setdefault(plain(label), field)
    return found


def proposals(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    today: date,
    *,
    words: ListWords,
    said: Mapping[str, Field | None],
    before: Before = _NEVER,
) -> tuple[ColumnProposal, ...]:
    """One proposal for each column that says something, in the order of the file. Pure."""
    spoken = {plain(label): field for label, field in said.items()}
    kept = {plain(label): field for label, field in before.same.items()}
    found = []
    for place, label in enumerate(labels(headings)):
        filled = [row[place] for row in rows if place < len(row) and row[place].strip()]
        if is_ours(headings[place]) or not (headings[place] or filled):
            continue
        content = content_of(filled, today, words)
        field, sureness = _meant(headings[place], plain(label), content, (spoken, kept, before.other), words)
        found.append(
            ColumnProposal(
                label=label,
                field=field,
                sureness=sureness,
                content=content,
                samples=tuple(dict.fromkeys(filled))[:_SAMPLES],
                by_no=field in SEVERAL and says_by_no(headings[place], words),
                contradicted=field is not None and _contradicts(filled, field, words),
            )
        )
    fields = [one.field for one in found if one.sureness is not Sureness.NONE]
    found = [_replaced(one, field=Field.OBJECTION_EMAIL) if _is_of_email_alone(one, fields) else one for one in found]
    if any(one.field in NAME_PARTS for one in found):
        found = [_replaced(one, field=None, sureness=Sureness.NONE) if one.field in WHOLE_NAMES else one for one in found]
    return tuple(_with_clashes(_parted_by_kind(found)))


def _parted_by_kind(found: Sequence[ColumnProposal]) -> Sequence[ColumnProposal]:
    """Of columns of telephones the first of mobiles and the first of landlines, where the cells of all tell which is which."""
    phones = [one for one in found if one.field is Field.PHONE and one.sureness in (Sureness.KNOWN, Sureness.LIKELY)]
    firsts: dict[Field, ColumnProposal] = {}
    for one in phones:
        if (field := _HINTS.get(one.content)) not in (Field.MOBILE, Field.LANDLINE):
            return found
        firsts.setdefault(field, one)
    if len(firsts) != 2 or any(one.field in firsts for one in found):
        return found
    meant = {one.label: field for field, one in firsts.items()}
    parted = [_replaced(one, field=meant.get(one.label), sureness=Sureness.LIKELY) if one in phones else one for one in found]
    return [_put_aside(one) if one.field is None else one for one in parted]


def _is_of_email_alone(one: ColumnProposal, fields: Collection[Field | None]) -> bool:
    guessed = one.sureness in (Sureness.KNOWN, Sureness.LIKELY)
    return guessed and one.field is Field.OBJECTION and is_of_email_beside(one.label, fields)


def _meant(
    heading: str, label: str, content: Content, known: Sequence[Mapping[str, Field | None]], words: ListWords
) -> tuple[Field | None, Sureness]:
    """known: what somebody said of this file, of one with the same headings, and of any other, by folded label."""
    said, saved, recalled = known
    if label in said:
        return said[label], Sureness.SAID
    if label in saved:
        return saved[label], Sureness.SAVED
    if field := meaning(heading):
        return (
            (Field.CONSENT_CHANNELS, Sureness.LIKELY)
            if field in CONSENTS and content is Content.CHANNELS
            else (field, Sureness.KNOWN)
        )
    if heading and plain(heading) == label and label in recalled:
        return recalled[label], Sureness.RECALLED
    near, hint = likely(heading, words), _HINTS.get(content)
    if hint is Field.OBJECTION:
        hint = standing_of(heading)
    if hint is Field.POSTCODE and is_number(heading):
        hint = None
    if near in CONSENTS and content is Content.CHANNELS:
        return Field.CONSENT_CHANNELS, Sureness.LIKELY
    if near in CONSENTS and content in _EXPECTED[Field.GIVEN_AT] and tells_when_agreed(heading):  # « Accord donné le »
        return Field.GIVEN_AT, Sureness.LIKELY
    if near is None and content is Content.ANSWERS and (asked := _ASKED_BY_NAME.get(words.listed(heading))):
        return asked, Sureness.LIKELY
    if near is not None:
        by_no = near in SEVERAL and says_by_no(heading, words)
        if content in (_SAID_BY_NO if by_no else _EXPECTED.get(near, {content})):
            return near, Sureness.LIKELY
    if hint is not None:
        return hint, Sureness.HINT
    return None, Sureness.NONE


def _with_clashes(found: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Two columns for one field: the one somebody spoke of wins, then the known heading over a mere likeness; equals clash.

    Who objected may stand in several.
    """
    rank = {sureness: place for place, sureness in enumerate(Sureness)}
    settled = []
    found = _of_whom_is_written_to(found)
    for one in found:
        rivals = [other for other in found if other is not one and other.field is one.field not in (None, Field.REMARK, *SEVERAL)]
        best = min((_strength(other.sureness, rank) for other in rivals), default=len(rank))
        own = _strength(one.sureness, rank)
        if not rivals or own < best:
            settled.append(one)
        elif own > best:
            settled.append(_put_aside(one))
        elif one.sureness is Sureness.LIKELY and (first := _first_of_numbered(one, rivals)) is not None:
            settled.append(one if first is one else _put_aside(one))
        else:
            equals = tuple(other.label for other in rivals if _strength(other.sureness, rank) == own)
            settled.append(_replaced(one, clashes=equals))
    return settled


def _first_of_numbered(one: ColumnProposal, rivals: Sequence[ColumnProposal]) -> ColumnProposal | None:
    """Of « email1 », « email2 » the first: a line has one address of a kind. None where more than a number parts them."""
    told = [(_NUMBERED.fullmatch(each.label.strip()), each) for each in (one, *rivals)]
    numbered = {int(found["number"]): each for found, each in told if found}
    same = {found["name"].casefold() for found, _ in told if found}
    return numbered[min(numbered)] if len(same) == 1 and len(numbered) == len(told) else None


def _of_whom_is_written_to(found: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Where names and addresses are those of two people (« adhérent », « payeur »), the ones of whom the email address is.

    Of two addresses it is not that of who paid: a line is about whoever takes part, and what she agreed to stands in it.
    """
    emails = [one for one in found if one.field is Field.EMAIL]
    others = [one for one in emails if not is_of_payer(one.label)]
    if others and len(others) < len(emails):
        payers = [one for one in emails if one not in others and one.sureness is Sureness.LIKELY]
        found = [_put_aside(one) if one in payers else one for one in found]
    hers = [people_named(one.label) for one in found if one.field is Field.EMAIL]
    if len(hers) != 1:
        return list(found)
    guesses = [one for one in found if one.sureness is Sureness.LIKELY]
    kept = {one.field for one in guesses if people_named(one.label) == hers[0] or not (hers[0] or is_of_payer(one.label))}
    return [_put_aside(one) if one in guesses and _is_of_another(one, hers[0], kept) else one for one in found]


def _is_of_another(one: ColumnProposal, hers: frozenset[str], kept: Collection[Field | None]) -> bool:
    """Whether a column is about somebody else than whose email address is taken. kept: what is known of her."""
    named = people_named(one.label)
    if is_of_payer(one.label) and hers and named != hers:
        return True
    return one.field in kept and bool(named) and (named != hers if hers else is_of_payer(one.label))


def _put_aside(one: ColumnProposal) -> ColumnProposal:
    return _replaced(one, field=None, sureness=Sureness.NONE)


def _strength(sureness: Sureness, rank: Mapping[Sureness, int]) -> int:
    return rank[Sureness.SAID] if sureness is Sureness.SAVED else rank[sureness]


def _replaced(one: ColumnProposal, **changes: object) -> ColumnProposal:
    given = {name: getattr(one, name) for name in ColumnProposal.__slots__}
    return ColumnProposal(**{**given, **changes})


def _contradicts(filled: Sequence[str], field: Field, words: ListWords) -> bool:
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

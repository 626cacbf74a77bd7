"""What each column of a file is proposed to hold, how sure we are and why: shown, confirmed or corrected, never applied unseen.

A heading that we know is believed. One that looks like it, or a column whose cells look like something, is only proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice, takewhile
from pathlib import Path
from typing import NamedTuple

from gateway.compliance.listwords import ListWords
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.answers import SENTENCE_CHARACTERS_MAX
from gateway.flows.collecting.cells import says_objected
from gateway.flows.collecting.contents import content_of
from gateway.flows.collecting.guessing import LOOKS_LIKE, OF_DAYS, Column, Known, contradicts, guess
from gateway.flows.collecting.headings import (
    AGREEING,
    CHANNELS,
    NAME_PARTS,
    PROTECTING,
    SEVERAL,
    WHOLE_NAMES,
    Field,
    is_of_email_beside,
    is_ours,
    is_remark,
    key_of,
    labels,
    meaning,
    plain,
)
from gateway.flows.collecting.likeness import (
    is_standing,
    likely,
    says_by_no,
)
from gateway.flows.collecting.noting import may_object_below, tells_objection
from gateway.flows.collecting.proposed import ColumnProposal, Sureness, put_aside, replaced, with_nothing_to_ask
from gateway.flows.collecting.reading import How, TableFile, open_table
from gateway.flows.collecting.rivals import with_clashes
from gateway.flows.gateway import Gateway
from gateway.store import mappings
from gateway.store.engine import Connection, reading
from gateway.store.mappings import SavedMapping

#: Earlier files of which what was said is recalled.
_FILES_RECALLED = 100
#: Rows from which the content of columns is told.
ROWS_LOOKED_AT = 300
_SAMPLES = 3
#: How days are headed that stand right after what they are the days of.
_WHEN = re.compile(
    r"(?:donnee?|recueillie?|obtenue?|consentie?|acceptee?|cochee?)? ?le(?: \d)?|(?:en )?date(?: du| \d)?|quand|on|when"
)


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
    with open_table(path, how, known_to(said), protecting(gw.pack.list_words)) as table:
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
    before = Before(saved_fields(saved), recalled)
    columns = proposals(headings, sound, today, words=gw.pack.list_words, said=said, before=before)
    columns = columns if len(rows) == ROWS_LOOKED_AT or table.file.hidden_rows else tuple(map(with_nothing_to_ask, columns))
    words = gw.pack.list_words
    columns = with_remarks(columns, headings, sound, tells_objection(gw.pack), may=partial(may_object_below, words))
    return Proposal(file=table.file, columns=columns, saved=saved)


def rows_at(
    path: Path, how: How, said: Mapping[str, Field | None], lines: Collection[int], words: ListWords
) -> dict[int, list[str]]:
    """The cells of some lines of a file, as they are written; the file is read no further than the last of them."""
    found: dict[int, list[str]] = {}
    last = max(lines, default=0)
    with open_table(path, how, known_to(said), protecting(words)) as table:
        for record in takewhile(lambda record: record.line <= last, table):
            if record.line in lines:
                found[record.line] = record.cells
    return found


def known_to(said: Mapping[str, Field | None]) -> Callable[[str], bool]:
    """Whether a heading means something, by itself or because somebody said so."""
    spoken_of = {plain(label) for label, field in said.items() if field is not None}
    return lambda heading: meaning(heading) is not None or plain(heading) in spoken_of


def protecting(words: ListWords) -> Callable[[str], bool]:
    """Whether a heading, or a cell, tells of a column that may say no, in the words of the pack."""
    return lambda cell: is_standing(cell) or likely(cell, words) in PROTECTING or says_objected(words, cell)


def saved_fields(saved: SavedMapping | None) -> dict[str, Field | None]:
    """What was said of an earlier file, by label. A field that no longer exists leaves its column to its heading."""
    fields = saved.fields if saved else {}
    return {label: Field(value) if value else None for label, value in fields.items() if not value or value in set(Field)}


def recalled_fields(tx: Connection) -> dict[str, Field | None]:
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
    known = Known(
        said={plain(label): field for label, field in said.items()},
        saved={plain(label): field for label, field in before.same.items()},
        recalled=before.other,
    )
    found = []
    for place, label in enumerate(labels(headings)):
        heading, filled = headings[place], [row[place] for row in rows if place < len(row) and row[place].strip()]
        if is_ours(heading) or not (heading or filled):
            continue
        content = content_of(filled, today, words, refusals=is_standing(heading))
        column = Column(heading=heading, label=plain(label), filled=filled, content=content)
        field, sureness = guess(column, known, words)
        found.append(
            ColumnProposal(
                label=label,
                field=field,
                sureness=sureness,
                content=content,
                samples=tuple(dict.fromkeys(filled))[:_SAMPLES],
                by_no=field in SEVERAL and says_by_no(heading, words),
                contradicted=field is not None and contradicts(filled, field, words),
            )
        )
    return tuple(with_clashes(_beside_each_other(found, labels(headings), rows)))


def _beside_each_other(
    found: Sequence[ColumnProposal], names: Sequence[str], rows: Sequence[Sequence[str]]
) -> Sequence[ColumnProposal]:
    """The same, where what one column holds is told by those beside it."""
    found = _with_days(found)
    fields = [one.field for one in found if one.sureness is not Sureness.NONE]
    found = [replaced(one, field=Field.OBJECTION_EMAIL) if _is_of_email_alone(one, fields) else one for one in found]
    if parts := {one.field for one in found if one.field in NAME_PARTS}:
        given = next((one.label for one in found if one.field is Field.GIVEN_NAME), None) if len(parts) == 1 else None
        aside = {one.label: _rest_of_name(names, rows, given, one) for one in found if one.field in WHOLE_NAMES}
        found = [aside.get(one.label, one) for one in found]
    return _parted_by_kind([_as_it_looks(one) for one in found])


def _rest_of_name(
    names: Sequence[str], rows: Sequence[Sequence[str]], given: str | None, whole: ColumnProposal
) -> ColumnProposal:
    """What a column of whole names is, beside one of given names alone: family names, where it never holds them (Mailjet)."""
    if given is None:
        return put_aside(whole)
    first, other = names.index(given), names.index(whole.label)
    both = [(plain(row[first]), plain(row[other])) for row in rows if max(first, other) < len(row) and row[first] and row[other]]
    if not both or any(set(one.split()) & set(name.split()) for one, name in both):
        return put_aside(whole)
    return replaced(whole, field=Field.FAMILY_NAME, sureness=Sureness.LIKELY)


def with_remarks(
    found: Sequence[ColumnProposal],
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    tells: Callable[[str], bool],
    may: Callable[[str, str], bool] = lambda heading, cell: False,
) -> tuple[ColumnProposal, ...]:
    """The same, where a column of which nothing is known is proposed as remarks if its cells tell objections. Pure.

    tells: whether a cell tells one; may: whether one below a heading may tell one.
    """
    places = {label: place for place, label in enumerate(labels(headings))}

    def objects(one: ColumnProposal) -> bool:
        column = (row[places[one.label]] for row in rows if places[one.label] < len(row))
        sentences = [cell for cell in column if cell and len(cell) <= SENTENCE_CHARACTERS_MAX and "@" not in cell]
        return any(map(tells, sentences)) or any(may(one.label, cell) for cell in sentences)

    return tuple(
        replaced(one, field=Field.REMARK, sureness=Sureness.HINT)
        if one.sureness is Sureness.NONE and not is_remark(one.label) and objects(one)
        else one
        for one in found
    )


def _with_days(found: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Days right after a column of agreements, headed « le », « Donné le » or « Date », are proposed as when each was given."""
    if any(one.field is Field.GIVEN_AT for one in found):
        return list(found)
    asked = [None, *(one.field for one in found)]
    of_days = (one.sureness is Sureness.NONE and one.content in OF_DAYS for one in found)
    return [
        replaced(one, field=Field.GIVEN_AT, sureness=Sureness.HINT)
        if days and before in AGREEING and _WHEN.fullmatch(plain(one.label))
        else one
        for one, days, before in zip(found, of_days, asked, strict=False)
    ]


def _as_it_looks(one: ColumnProposal) -> ColumnProposal:
    """Under « Mail » numbers, or addresses under « Tél. »: what the cells are, where two columns were exchanged."""
    hint = LOOKS_LIKE.get(one.content)
    guessed = one.sureness in (Sureness.KNOWN, Sureness.LIKELY)
    if not (guessed and one.contradicted and one.field in CHANNELS and hint in CHANNELS):
        return one
    return replaced(one, field=hint, sureness=Sureness.HINT, contradicted=False)


def _parted_by_kind(found: Sequence[ColumnProposal]) -> Sequence[ColumnProposal]:
    """Of columns of telephones the first of mobiles and the first of landlines, where the cells of all tell which is which."""
    phones = [one for one in found if one.field is Field.PHONE and one.sureness in (Sureness.KNOWN, Sureness.LIKELY)]
    firsts: dict[Field, ColumnProposal] = {}
    for one in phones:
        if (field := LOOKS_LIKE.get(one.content)) not in (Field.MOBILE, Field.LANDLINE):
            return found
        firsts.setdefault(field, one)
    if len(firsts) != 2 or any(one.field in firsts for one in found):
        return found
    meant = {one.label: field for field, one in firsts.items()}
    parted = [replaced(one, field=meant.get(one.label), sureness=Sureness.LIKELY) if one in phones else one for one in found]
    return [put_aside(one) if one.field is None else one for one in parted]


def _is_of_email_alone(one: ColumnProposal, fields: Collection[Field | None]) -> bool:
    guessed = one.sureness in (Sureness.KNOWN, Sureness.LIKELY)
    return guessed and one.field is Field.OBJECTION and is_of_email_beside(one.label, fields)

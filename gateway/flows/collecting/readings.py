"""What is read of each column of a file, how, and where in the list of what a line says it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.flows.collecting import sayings, standings
from gateway.flows.collecting.asides import NAMING, OTHERS, Asides
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.confirming import unconfirmed_columns
from gateway.flows.collecting.consenting import AT, NOTHING_TOLD
from gateway.flows.collecting.headings import CHANNELS, CONSENTS, OBJECTIONS, Field
from gateway.flows.collecting.likeness import asks_whether_she_agrees, objection_of
from gateway.flows.collecting.readers import Readers, Surroundings

Read = Callable[[str], Any]
#: Where is kept what a column says, its place, how it is read, and what its cells, mostly few, were read as before (None where
#: each is its own, or tells something by every line). A plain tuple: a million lines unpack it, column by column.
Reading = tuple[int, int, Read, dict[str, Any] | None]

_OF_THE_PERSON = frozenset({Field.EMAIL, Field.BIRTH_ON, Field.POSTCODE})
#: Columns whose cells are read as the channels that the person declines.
_AGAINST = (*OBJECTIONS, Field.REMARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """How the lines of one file are read. A column may be read more than once, each time for something else."""

    present: Sequence[Reading]  #: in the order in which cells are read: the first that cannot be is what a line comes back for
    nothing_told: Sequence[Any]  #: what a line says before it is read
    # Places in what a line says:
    against: Sequence[int] = ()  #: the channels that the person declines
    consented: Sequence[int] = ()  #: what she agrees to
    dead: Sequence[int] = ()  #: whether her email address is dead, or she objects to all
    # … and of these the column, too:
    left_out: Sequence[tuple[int, int, str]] = ()  #: what nobody reads a column for declines channels, and what is said of it
    read_over: Sequence[tuple[int, int]] = ()  #: a remark may be a refusal, and somebody read it and found that it is none
    unconfirmed: Sequence[tuple[int, int, str]] = ()  #: she never confirmed, and what is said of it then
    refusing: Sequence[int] = ()  #: she says no where it is asked whether, and another column is read for by which channels


def readings_of(columns: Columns, around: Surroundings, readers: Readers) -> Readings:
    """What is read of the columns of a file; of an electoral roll nothing but who people are."""
    places = columns.places
    fields = {meant: place for meant, place in places.items() if meant in readers.by_field}
    if around.roll:
        fields = {meant: place for meant, place in fields.items() if meant not in (*CHANNELS, *CONSENTS)}
        return Readings(present=[_of_field(columns, readers, *one) for one in fields.items()], nothing_told=NOTHING_TOLD)
    said = _Said([*(_of_field(columns, readers, *one) for one in fields.items()), *readers.days_of_answers(columns)])
    further = [*columns.more, *((place, Field.REMARK) for place in columns.remarks)]
    more = [(said.further(place, _how(columns, readers, meant, place)), meant) for place, meant in further]
    left_out = [(said.further(place, read), place, why) for place, read, why in _unasked(columns, around, readers)]
    read_over = said.of_each(columns.remarks if around.remarks_read else (), readers.doubtful)
    declared = any(claim.everyone for claim in around.claims.values())
    today = around.now.astimezone(around.zone).date()
    never = unconfirmed_columns(columns, around.words, today, declared=declared)
    unconfirmed = [(said.further(place, read), place, why) for place, read, why in never]
    refusing = said.of_each(_whether(columns), readers.says_no)
    dead = said.of_each(columns.remarks, partial(standings.dead_in_words, around.words))
    asking = [meant for meant in CONSENTS if meant in places]
    more_than_asked = said.of_each([places[meant] for meant in asking], readers.of_everything)
    kept = [*((AT[meant], meant) for meant in places), *more]
    against = [at for at, meant in kept if meant in _AGAINST] + [at for at, *_ in left_out]
    return Readings(
        present=said.present,
        nothing_told=said.nothing,
        against=[*against, *(at for at, _ in more_than_asked)],
        consented=[AT[meant] for meant in asking],
        dead=[*(at for at, meant in kept if meant is Field.DEAD_EMAIL), *(at for at, _ in dead)],
        left_out=left_out,
        read_over=read_over,
        unconfirmed=unconfirmed,
        refusing=[at for at, _ in refusing],
    )


class _Said:
    """What a line says: by field first, then one more place for each further reading."""

    def __init__(self, present: list[Reading]) -> None:
        self.present = present
        self.nothing: list[Any] = list(NOTHING_TOLD)

    def further(self, place: int, read: Read) -> int:
        """Where is kept what one more reading of a column says."""
        at = len(self.nothing)
        self.present.append((at, place, read, {}))
        self.nothing.append(None)
        return at

    def of_each(self, places: Sequence[int], read: Read) -> list[tuple[int, int]]:
        """The same of several columns, read alike; and the column."""
        return [(self.further(place, read), place) for place in places]


def _of_field(columns: Columns, readers: Readers, meant: Field, place: int) -> Reading:
    return AT[meant], place, _how(columns, readers, meant, place), None if meant in _OF_THE_PERSON else {}


def _how(columns: Columns, readers: Readers, meant: Field, place: int) -> Read:
    """How the cells of a column are read, for one of the things that it holds."""
    if meant in CONSENTS and place == columns.places.get(Field.CONSENT_CHANNELS):
        return readers.by_name(meant)
    return readers.of(meant, columns.headings[place])


def _whether(columns: Columns) -> list[int]:
    """Columns that ask whether she agrees, left out because another one says by which channels: her no stands there alone."""
    if Field.CONSENT_CHANNELS not in columns.places:
        return []
    return [place for place in columns.left_out if asks_whether_she_agrees(columns.headings[place])]


def _unasked(columns: Columns, around: Surroundings, readers: Readers) -> Iterator[tuple[int, Read, str]]:
    """Columns where somebody may have written that she declines, though nobody asks it of them, and what is said of it then.

    Those that are left out; tags; names, places and evidence: « RIOU (ne plus contacter) ».
    """
    for place in columns.left_out:
        heading = columns.headings[place]
        yield place, readers.left_out(objection_of(heading, around.words), heading), sayings.LEFT_OUT
    if (tags := columns.places.get(Field.TAGS)) is not None:
        yield tags, readers.labelled, sayings.LABELLED
    asides = Asides(around.words, around.declined, read_over=around.remarks_read)
    for meant, place in columns.places.items():
        if meant in NAMING:
            yield place, asides.of_name, sayings.ASIDE
        elif meant in OTHERS:
            yield place, asides.for_sure, sayings.ASIDE

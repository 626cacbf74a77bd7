"""Which columns that nothing reads are listened to, and for what: one of them may say that somebody wants nothing more.

Pure; told by the headings alone, before the first line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gateway.compliance.listwords import ListWords
from gateway.domain.channel import Medium
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.confirming import tells_who_confirmed
from gateway.flows.collecting.consenting import CONSENT_TO
from gateway.flows.collecting.headings import CHANNELS, CONSENTS, OBJECTIONS, Field, is_ours, plain
from gateway.flows.collecting.likeness import (
    asks_whether_she_agrees,
    asks_whether_to_send,
    is_number,
    likely,
    says_by_no,
    says_no,
    without_choices,
)
from gateway.flows.collecting.noting import is_about_people
from gateway.flows.collecting.objecting import asks_for_words, asks_how_to_write, channels_named
from gateway.flows.collecting.sorting import sorts_people

_TO_EMAIL = frozenset({Medium.EMAIL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Columns that are listened to though nothing reads them, by their places."""

    taken: frozenset[int]  #: columns that are read, and are none of these
    of_no: tuple[int, ...]  #: whose headings speak of whoever wants nothing more
    by_no: frozenset[int]  #: … of which a no says so: « Abonné »
    unknown: tuple[int, ...]  #: of which nothing is known
    explaining: tuple[int, ...]  #: where a legend of codes or colours may stand beside people
    speaking: tuple[int, ...]  #: of those unknown, where what may be a refusal counts, to the end of the file
    asking_how: frozenset[int]  #: … that ask how to write to her: « Par quels moyens ? »
    asking_for_words: frozenset[int]  #: … that ask for words: « Un message ? »
    #: Of those unknown, what may ask for an agreement that each line is declared to have given.
    asking: Mapping[int, Field]
    #: Of those unknown, where people may be sorted whose every line is declared to have agreed.
    sorting: tuple[int, ...]
    #: Of those, where a yes may be the agreement that is declared, so that a line without one agreed to nothing.
    boxes: Mapping[int, Field]
    #: Of those left out or unknown, those that ask for an agreement which another column tells, and where that stands.
    rivals: Mapping[int, int]

    @property
    def to_the_end(self) -> bool:
        """Whether any of them is listened to beyond the first lines."""
        return bool(self.of_no or self.boxes or self.speaking or self.rivals)


def watched(columns: Columns, words: ListWords, of_old: Collection[str], everyone: Collection[Medium]) -> Watched:
    """What to listen to in a file.

    of_old: folded headings that told who objected in earlier files. everyone: the channels to which each line is declared to
    have agreed.
    """

    def headed(test: Callable[[str], bool], among: Iterable[int]) -> tuple[int, ...]:
        return tuple(place for place in among if test(columns.headings[place]))

    taken = frozenset((*columns.fields, *columns.remarks))
    beside = headed(lambda heading: not is_ours(heading), (at for at in range(len(columns.headings)) if at not in taken))
    of_no = headed(lambda heading: plain(heading) in of_old or _may_say_no(heading, words), beside)
    unknown = tuple(place for place in beside if place not in of_no)
    speaking = headed(lambda heading: is_about_people(heading, words), unknown)
    declared = {CONSENT_TO[medium] for medium in everyone} - columns.places.keys()
    sorting = unknown if declared else ()
    asking = {place: field for place in unknown if (field := _asking(columns.headings[place], words, declared))}
    sorted_by = headed(lambda heading: sorts_people(heading, words), sorting)
    return Watched(
        taken=taken,
        of_no=of_no,
        by_no=frozenset(headed(lambda heading: says_by_no(heading, words), of_no)),
        unknown=unknown,
        explaining=(*unknown, *columns.remarks),
        speaking=speaking,
        asking_how=frozenset(headed(lambda heading: asks_how_to_write(plain(heading)), speaking)),
        asking_for_words=frozenset(headed(asks_for_words, speaking)),
        asking=asking,
        sorting=sorting,
        boxes={**dict.fromkeys(sorted_by, next(iter(declared), Field.CONSENT)), **asking},
        rivals=dict(_rivals(columns, unknown, words)),
    )


def _may_say_no(heading: str, words: ListWords) -> bool:
    if says_no(heading):
        return True
    near = likely(heading, words)
    unsaid = near is None and is_about_people(heading, words) and not is_number(heading)
    return near in OBJECTIONS or (unsaid and words.unease.stirred(heading))


def _rivals(columns: Columns, unknown: Collection[int], words: ListWords) -> Iterator[tuple[int, int]]:
    """Columns that ask for an agreement which another one tells, and where that one stands."""
    told = columns.places
    left = {place: _asking(columns.headings[place], words, told) for place in columns.left_out}
    left |= {place: _asks_too(columns.headings[place], words, told) for place in unknown}
    if Field.CONSENT_CHANNELS in told:  # whether she agrees is left out for by which channels: her no stands there
        left |= {place: Field.CONSENT for place in columns.left_out if asks_whether_she_agrees(columns.headings[place])}
    return ((place, told[field]) for place, field in left.items() if field in CONSENTS)


def _asking(heading: str, words: ListWords, asked: Collection[Field]) -> Field | None:
    """The agreement that a column may say of a channel: by its heading, or because that names the channel (« Diff. mail »)."""
    if (near := likely(heading, words)) in asked:
        return near
    if tells_who_confirmed(heading, words):  # it is read for that
        return None
    named = channels_named(plain(heading)) if near is None or near in CHANNELS else ()
    return next((CONSENT_TO[medium] for medium in Medium if medium in named and CONSENT_TO[medium] in asked), None)


def _asks_too(heading: str, words: ListWords, read: Collection[Field]) -> Field | None:
    """The agreement, told by a column that is read, for which a heading that nobody spoke of asks beyond doubt: « Mailing »."""
    named = words.listed(without_choices(heading)) or (_TO_EMAIL if asks_whether_to_send(heading) else ())
    found = likely(heading, words) if len(named) != 1 else CONSENT_TO[next(iter(named))]
    return found if found in read else None

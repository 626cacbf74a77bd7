"""What columns of few answers say, so that the pack can judge a column by its cells where its heading says nothing.

A column of names or addresses has as many cells as people; one that sorts people has few, and they tell what it sorts by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from gateway.compliance.listwords import ListWords, Standing
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import cells, standings
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.consenting import CONSENT_TO
from gateway.flows.collecting.contents import is_day_agreed
from gateway.flows.collecting.headings import AGREEING, CHANNELS, CONSENTS, OBJECTIONS, Field, is_ours, labels, plain
from gateway.flows.collecting.likeness import (
    asks_whether_to_send,
    is_number,
    is_outcome,
    is_standing,
    likely,
    says_by_no,
    says_no,
    without_choices,
)
from gateway.flows.collecting.noting import has_nothing_to_say, is_about_people, may_decline_all, may_object
from gateway.flows.collecting.objecting import asks_for_words, asks_how_to_write, channels_named
from gateway.flows.collecting.refusals import shown
from gateway.flows.collecting.sections import Legends
from gateway.flows.collecting.sorting import check_numbered, check_sorted, is_numbered, is_of_marks, sorts_people
from gateway.flows.collecting.table import Malformed, Record, is_somebody

#: What is longer is no remark about somebody.
SENTENCE_CHARACTERS_MAX = 300
#: Rows that are listened to, and how many different cells a column of answers may have.
ROWS_HEARD = 1_000
_DIFFERENT_MAX = 30
_CELL_CHARACTERS_MAX = 40
#: Fields whose cells a rule may judge; what other fields hold is a person's own name, number or date.
_JUDGED = frozenset({Field.TAGS})
#: How a column of agreements is to be named.
_AGREED = {Field.CONSENT: "consentement", Field.CONSENT_SMS: "consentement sms", Field.CONSENT_CALL: "consentement appel"}
#: How a column of objections is to be named, where its heading tells which one it is.
_MEANT = {
    Field.OBJECTION_EMAIL: "opposition courriels",
    Field.OBJECTION_SMS: "opposition sms",
    Field.OBJECTION_CALL: "opposition appels",
}


_TO_EMAIL = frozenset({Medium.EMAIL})


class Answers:
    """Listens to the first rows of a table while they pass by."""

    def __init__(
        self,
        columns: Columns,
        words: ListWords,
        tells_objection: Callable[[str], bool],
        legends: Legends,
        recalled: Mapping[str, Field | None] = MappingProxyType({}),
        everyone: Collection[Medium] = (),
    ) -> None:
        """recalled: what headings were said to hold in earlier files, folded. everyone: the channels to which each line is
        declared to have agreed."""
        self._words = words
        self._of_old = {bare: field for bare, field in recalled.items() if field in OBJECTIONS}
        self._tells_objection, self._legends = tells_objection, legends
        self._taken = frozenset((*columns.fields, *columns.remarks))
        self._of_no = [
            place
            for place, heading in enumerate(columns.headings)
            if place not in self._taken and not is_ours(heading) and self._may_say_no(heading)
        ]
        self._by_no = frozenset(place for place in self._of_no if says_by_no(columns.headings[place], words))
        self._of_others: dict[int, str] = {}  #: by column of who objects, the first address: a list beside the list
        self._objecting: dict[int, str] = {}  #: by column, the first cell that says that somebody wants nothing more
        #: Columns of which nothing is known, whose sentences are listened to.
        self._unknown = [
            place
            for place, heading in enumerate(columns.headings)
            if place not in self._taken and place not in self._of_no and not is_ours(heading)
        ]
        self._explaining = [*self._unknown, *columns.remarks]
        #: By column of which nothing is known, how many cells were days; gone with the first that is none.
        self._days = Counter({place: 0 for place in self._unknown if Field.GIVEN_AT not in columns.places})
        #: Of those, where what may be a refusal counts, to the end of the file.
        self._speaking = [place for place in self._unknown if is_about_people(columns.headings[place], words)]
        self._how = {place for place in self._speaking if asks_how_to_write(plain(columns.headings[place]))}
        self._for_words = {place for place in self._speaking if asks_for_words(columns.headings[place])}
        asked = {CONSENT_TO[medium] for medium in everyone} - columns.places.keys()
        self._asking = {place: field for place in self._unknown if (field := _asking(columns.headings[place], words, asked))}
        left = {place: _asking(columns.headings[place], words, columns.places) for place in columns.left_out}
        left |= {place: _asks_too(columns.headings[place], words, columns.places) for place in self._unknown}
        #: Of columns left out, those that ask for an agreement which another one tells, and where that stands.
        self._rivals = {place: columns.places[field] for place, field in left.items() if field in CONSENTS}
        self._contradicting: dict[int, int] = {}  #: by such a column, the first line of which it says no and the other one yes
        self._sorting = Counter({place: 0 for place in self._unknown if asked})
        self._refusing: dict[int, tuple[int, str]] = {}  #: by column, the first line and cell that says no where all are declared
        #: By column of agreements, the different numbers that answer.
        self._numbers: dict[int, set[str]] = {place: set() for place, field in columns.fields.items() if field in AGREEING}
        personal = {place for place, field in columns.fields.items() if field not in _JUDGED}
        self._headings = columns.headings
        self._found: dict[int, set[str]] = {
            place: set() for place, heading in enumerate(columns.headings) if place not in personal and not is_ours(heading)
        }

    def heard(self, records: Iterator[Record]) -> Iterator[Record]:
        """The same records."""
        for record in islice(records, ROWS_HEARD):
            if record.malformed is None:
                self._hear(record.cells)
                self._hear_sentences(record.cells)
                self._hear_days(record.cells)
                self._hear_numbers(record.cells)
            if record.malformed in (None, Malformed.STRUCK):  # whoever the line is about, a legend beside her is of all
                self._hear_legends(record)
            self._hear_no(record)
            yield record
        for record in records if self._of_no or self._asking or self._speaking or self._rivals else ():
            self._hear_no(record)
            self._hear_unease(record.cells)
            yield record
        yield from records

    def told(self) -> tuple[tuple[str, str], ...]:
        """(heading, cell) of every column that turned out to have few answers."""
        return tuple((self._headings[place], cell) for place, cells in self._found.items() for cell in sorted(cells))

    def of_days(self) -> tuple[str, ...]:
        """Columns left aside that hold days and nothing else, in a file that does not say when each person agreed."""
        return tuple(labels(self._headings)[place] for place, count in self._days.items() if count)

    def check_objections(self, mapping: Mapping[str, Field | None]) -> None:
        """Raise InvalidInput for a column that tells who objected, when nobody said what it is: it is never overlooked.

        mapping: what was said of columns, by label; None leaves one out knowingly.
        """
        said = {plain(label) for label in mapping}
        self._check_others(said)
        self._check_refusing(said)
        self._check_sorting(said)
        for place, numbers in self._numbers.items():
            check_numbered(self._headings[place], labels(self._headings)[place], numbers)
        few = ((place, cell) for place, several in self._found.items() for cell in sorted(several))
        told = [(place, cell) for place, cell in few if self._tells_of_who_left(place, cell)]
        for place, word in (*self._objecting.items(), *told):
            label = labels(self._headings)[place]
            if place not in self._taken and plain(label) not in said:
                meant = self._answered(place) or (
                    "remarque"
                    if place in self._unknown and place in self._objecting
                    else _MEANT.get(self._of_old.get(plain(label)) or likely(label, self._words) or Field.OBJECTION, "opposition")
                )
                raise InvalidInput(
                    f"la colonne « {label} » dit peut-être qui ne veut plus rien recevoir (« {word} ») : dites-le, "
                    f'--map "{label}={meant}" ; laissée de côté, --map "{label}=ignorer", seules les oppositions qu’elle dit en '
                    "toutes lettres sont encore retenues, et si elle parle d’autre chose, ôtez-la du fichier"
                )
        self._check_rivals()

    def _answered(self, place: int) -> str:
        """How a column is to be named that names one channel and says yes of some: there « jamais » is one of its answers."""
        heading = self._headings[place]
        named = self._words.channels_named(heading)
        yes = any(self._words.standing(cells.bare(cell)) is Standing.YES for cell in self._found.get(place, ()))
        return _AGREED[CONSENT_TO[next(iter(named))]] if yes and len(named) == 1 and not says_no(heading) else ""

    def _check_others(self, said: Collection[str]) -> None:
        """Raise InvalidInput for a list of those who left that stands beside the list."""
        for place, address in self._of_others.items():
            if plain(label := labels(self._headings)[place]) not in said:
                raise InvalidInput(
                    f"la colonne « {label} » semble lister d’autres personnes, qui ne veulent plus rien recevoir (« {address} ») "
                    ": copiez-la dans un fichier à part, apportez-le d’abord (gateway suppressions import), puis ôtez-la d’ici"
                )

    def _check_refusing(self, said: Collection[str]) -> None:
        """Raise InvalidInput for a column that says no of somebody, where each line is declared to be one who agreed."""
        for place, asked in ((place, asked) for place, asked in self._asking.items() if place in self._refusing):
            line, cell = self._refusing[place]
            if plain(label := labels(self._headings)[place]) not in said:
                raise InvalidInput(
                    f"vous déclarez que chaque ligne est une personne qui a consenti, et la colonne « {label} » dit « {cell} », "
                    f'ligne {line} : si elle dit qui a consenti, --map "{label}={_AGREED[asked]}", et sans --everyone ; '
                    f'si elle parle d’autre chose, --map "{label}=ignorer"'
                )

    def _check_sorting(self, said: Collection[str]) -> None:
        """Raise InvalidInput for a column that tells people apart, where each line is declared to be one who agreed."""
        for place, filled in self._sorting.items():
            told = self._found.get(place, ())
            if not (sorts_people(self._headings[place]) or is_of_marks(told)):
                continue
            if plain(label := labels(self._headings)[place]) not in said and place not in self._objecting:
                check_sorted(self._headings[place], label, told, filled, self._words)

    def _check_rivals(self) -> None:
        """Raise InvalidInput for a column left out that says no of somebody of whom the one that is read says yes."""
        for place, line in self._contradicting.items():
            names = labels(self._headings)
            raise InvalidInput(
                f"ligne {line} : « {names[place]} », laissée de côté, dit « non » de quelqu’un dont "
                f"« {names[self._rivals[place]]} » dit « oui » : lisez la plus récente, laissez l’autre de côté ; "
                "si elle parle d’autre chose, ôtez-la du fichier"
            )

    def _hear_no(self, record: Record) -> None:
        """Columns whose headings speak of objections or agreements, though nothing reads them, are listened to until the end."""
        for place in self._asking if record.malformed is None else ():
            if place not in self._refusing and _refuses(self._words, record.cells[place]):
                self._refusing[place] = (record.line, record.cells[place].strip())
        for place, read in self._rivals.items() if record.malformed is None else ():
            contradicts = place not in self._contradicting and record.cells[read].strip() and record.cells[place].strip()
            if contradicts and _refuses(self._words, record.cells[place]) and not _refuses(self._words, record.cells[read]):
                self._contradicting[place] = record.line
        for place in self._of_no if record.malformed is None else ():
            if place not in self._of_others and "@" in record.cells[place] and is_somebody([record.cells[place]]):
                self._of_others[place] = record.cells[place].strip()
            if place not in self._objecting and _objects(self._words, record.cells[place], by_no=place in self._by_no):
                self._objecting[place] = record.cells[place].strip()

    def _tells_of_who_left(self, place: int, cell: str) -> bool:
        heading = self._headings[place]
        told_by_her = is_standing(heading) or is_outcome(heading) or bool(self._words.channels_named(heading))
        return cells.says_objected(self._words, cell, of_channel=told_by_her)

    def _may_say_no(self, heading: str) -> bool:
        if says_no(heading) or plain(heading) in self._of_old:
            return True
        near = likely(heading, self._words)
        unsaid = near is None and is_about_people(heading, self._words) and not is_number(heading)
        return near in OBJECTIONS or (unsaid and self._words.unease.stirred(heading))

    def _hear_sentences(self, row: list[str]) -> None:
        for place in self._unknown:
            cell = row[place] if place < len(row) else ""
            if cell and place not in self._objecting and len(cell) <= SENTENCE_CHARACTERS_MAX and self._tells_objection(cell):
                self._objecting[place] = shown(cell)
        self._hear_unease(row)

    def _hear_days(self, row: list[str]) -> None:
        for place in list(self._days):
            if cell := row[place].strip():
                self._days[place] += 1
                if not is_day_agreed(cell):
                    del self._days[place]

    def _hear_numbers(self, row: list[str]) -> None:
        for place, numbers in self._numbers.items():
            if (cell := cells.bare(row[place])) not in numbers and is_numbered(cell):
                numbers.add(cell)

    def _hear_legends(self, record: Record) -> None:
        for place in self._explaining:
            if cell := record.cells[place]:
                self._legends.check_beside(f"ligne {record.line}", cell)

    def _hear_unease(self, row: list[str]) -> None:
        for place in self._speaking:
            cell = row[place] if place < len(row) else ""
            if not cell or place in self._objecting or len(cell) > SENTENCE_CHARACTERS_MAX:
                continue
            if place in self._for_words and has_nothing_to_say(self._words, cell):
                continue
            if may_object(self._words, cell) or (place in self._how and may_decline_all(self._words, cell)):
                self._objecting[place] = shown(cell)

    def _hear(self, row: list[str]) -> None:
        for place in list(self._found):
            cell = row[place].strip() if place < len(row) else ""
            if not cell or len(cell) > _CELL_CHARACTERS_MAX:
                continue
            self._found[place].add(cell)
            if place in self._sorting:
                self._sorting[place] += 1
            if len(self._found[place]) > _DIFFERENT_MAX:
                del self._found[place]


def _asking(heading: str, words: ListWords, asked: Collection[Field]) -> Field | None:
    """The agreement that a column may say of a channel: by its heading, or because that names the channel (« Diff. mail »)."""
    if (near := likely(heading, words)) in asked:
        return near
    named = channels_named(plain(heading)) if near is None or near in CHANNELS else ()
    return next((CONSENT_TO[medium] for medium in Medium if medium in named and CONSENT_TO[medium] in asked), None)


def _asks_too(heading: str, words: ListWords, read: Collection[Field]) -> Field | None:
    """The agreement, told by a column that is read, for which a heading that nobody spoke of asks beyond doubt: « Mailing »."""
    named = words.listed(without_choices(heading)) or (_TO_EMAIL if asks_whether_to_send(heading) else ())
    found = likely(heading, words) if len(named) != 1 else CONSENT_TO[next(iter(named))]
    return found if found in read else None


def _refuses(words: ListWords, cell: str) -> bool:
    try:
        return cells.answer(words, cell, frozenset(Medium)) in (Standing.NO, Standing.OBJECTS)
    except InvalidInput:
        return False


def _objects(words: ListWords, cell: str, *, by_no: bool) -> bool:
    try:
        return standings.left(words, cell) if by_no else bool(words.listed(cell)) or cells.objection(words, cell)
    except InvalidInput:
        return False

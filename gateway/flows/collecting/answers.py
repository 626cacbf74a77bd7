"""What columns of few answers say, so that the pack can judge a column by its cells where its heading says nothing.

A column of names or addresses has as many cells as people; one that sorts people has few, and they tell what it sorts by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from gateway.compliance.listwords import ListWords, Standing
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import cells, standings
from gateway.flows.collecting.bywhich import check_by_which
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.confirming import tells_who_confirmed
from gateway.flows.collecting.consenting import CONSENT_TO
from gateway.flows.collecting.contents import is_day_agreed
from gateway.flows.collecting.headings import AGREEING, OBJECTIONS, Field, is_ours, labels, plain
from gateway.flows.collecting.likeness import is_outcome, is_standing, likely, says_no, standing_of
from gateway.flows.collecting.noting import has_nothing_to_say, may_decline_all, may_object
from gateway.flows.collecting.refusals import shown
from gateway.flows.collecting.sections import Legends
from gateway.flows.collecting.sorting import (
    check_coded,
    check_marked,
    check_numbered,
    check_sorted,
    is_coded,
    is_mark,
    is_numbered,
    is_of_marks,
)
from gateway.flows.collecting.table import UNREAD, Record, is_somebody
from gateway.flows.collecting.watched import watched

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


class Answers:
    """Listens to the first rows of a table while they pass by."""

    def __init__(
        self,
        columns: Columns,
        words: ListWords,
        tells_objection: Callable[[str], bool],
        legends: Legends,
        *,
        recalled: Mapping[str, Field | None] = MappingProxyType({}),
        everyone: Collection[Medium] = (),
    ) -> None:
        """recalled: what headings were said to hold in earlier files, folded. everyone: the channels to which each line is
        declared to have agreed."""
        self._words = words
        self._headings, self._labels = columns.headings, labels(columns.headings)
        self._of_old = {bare: field for bare, field in recalled.items() if field in OBJECTIONS}
        self._tells_objection, self._legends = tells_objection, legends
        self._watched = watched(columns, words, self._of_old, everyone)
        self._asked, self._remarks = _asked(columns, everyone), columns.remarks  # « Comment vous joindre ? » may be among these
        self._of_others: dict[int, str] = {}  #: by column of who objects, the first address: a list beside the list
        self._objecting: dict[int, str] = {}  #: by column, the first cell that says that somebody wants nothing more
        self._refusing: dict[int, tuple[int, str]] = {}  #: by column, the first line and cell that says no where all are declared
        self._ticked: dict[int, str] = {}  #: by box of an agreement that is declared, the first cell that says yes …
        self._unticked: dict[int, int] = {}  #: … and the first line of somebody who left it blank
        self._contradicting: dict[int, int] = {}  #: by rival, the first line of which it says no and the other one yes
        #: By column of which nothing is known, how many cells were days; gone with the first that is none.
        self._days = dict.fromkeys(() if Field.GIVEN_AT in columns.places else self._watched.unknown, 0)
        self._filled = dict.fromkeys(self._watched.sorting, 0)  #: by column that may sort people, how many lines fill it
        fields = columns.fields
        #: By column of agreements, or of who confirmed hers, the different numbers and marks that answer.
        self._numbers: dict[int, set[str]] = {
            place: set()
            for place, heading in enumerate(columns.headings)
            if (fields.get(place) in AGREEING if place in fields else tells_who_confirmed(heading, words))
        }
        personal = {place for place, field in fields.items() if field not in _JUDGED}
        #: By column of answers, those that are different; gone where they are too many.
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
            if record.malformed is None or record.malformed in UNREAD:  # whoever the line is about, a legend beside her is of all
                self._hear_legends(record)
            self._hear_no(record)
            yield record
        for record in records if self._watched.to_the_end else ():
            self._hear_no(record)
            self._hear_unease(record.cells)
            yield record
        yield from records

    def told(self) -> tuple[tuple[str, str], ...]:
        """(heading, cell) of every column that turned out to have few answers."""
        return tuple((self._headings[place], cell) for place, cells in self._found.items() for cell in sorted(cells))

    def of_days(self) -> tuple[str, ...]:
        """Columns left aside that hold days and nothing else, in a file that does not say when each person agreed."""
        return tuple(self._labels[place] for place, count in self._days.items() if count)

    def check_objections(self, mapping: Mapping[str, Field | None]) -> None:
        """Raise InvalidInput for a column that tells who objected, when nobody said what it is: it is never overlooked.

        mapping: what was said of columns, by label; None leaves one out knowingly.
        """
        said = {plain(label) for label in mapping}
        self._check_others(said)
        self._check_refusing(said)
        self._check_sorting(said)
        self._check_unticked(said)
        self._check_by_which(said)
        for place, numbers in self._numbers.items():
            if place not in self._watched.taken and plain(self._labels[place]) in said:
                continue
            check_numbered(self._headings[place], self._labels[place], set(filter(is_numbered, numbers)))
            check_marked(self._labels[place], numbers)
        for place, word in (*self._objecting.items(), *self._who_left()):
            label = self._labels[place]
            if place not in self._watched.taken and plain(label) not in said:
                raise InvalidInput(
                    f"la colonne « {label} » dit peut-être qui ne veut plus rien recevoir (« {word} ») : dites-le, "
                    f'--map "{label}={self._meant(place)}" ; laissée de côté, --map "{label}=ignorer", seules les oppositions '
                    "qu’elle dit en toutes lettres sont encore retenues, et si elle parle d’autre chose, ôtez-la du fichier"
                )
        self._check_rivals()
        asking = self._watched.unknown if self._asked else ()
        coded = [at for at in asking if is_coded(self._headings[at], self._found.get(at, ()), self._words)]
        check_coded([self._labels[at] for at in coded if plain(self._labels[at]) not in said])

    def _who_left(self) -> list[tuple[int, str]]:
        """Columns of few answers, with each answer that says of somebody that she left."""
        few = ((place, cell) for place, several in self._found.items() for cell in sorted(several))
        return [(place, cell) for place, cell in few if self._tells_of_who_left(place, cell)]

    def _meant(self, place: int) -> str:
        """How a column that may tell who left is to be named, so that it is read."""
        if agreed := self._answered(place):
            return agreed
        label, heading, told = self._labels[place], self._headings[place], sorted(self._found.get(place, ()))
        if told and standings.tells_standings(self._words, told, refusals=is_standing(heading)):
            return _MEANT.get(standing_of(heading), "opposition")
        if place in self._watched.unknown and place in self._objecting:
            return "remarque"
        field = self._of_old.get(plain(label)) or likely(label, self._words) or Field.OBJECTION
        return _MEANT.get(field, "opposition")

    def _answered(self, place: int) -> str:
        """How a column is to be named that names one channel and says yes of some: there « jamais » is one of its answers."""
        heading = self._headings[place]
        named = self._words.channels_named(heading)
        yes = any(self._words.standing(cells.bare(cell)) is Standing.YES for cell in self._found.get(place, ()))
        return _AGREED[CONSENT_TO[next(iter(named))]] if yes and len(named) == 1 and not says_no(heading) else ""

    def _check_others(self, said: Collection[str]) -> None:
        """Raise InvalidInput for a list of those who left that stands beside the list."""
        for place, address in self._of_others.items():
            label = self._labels[place]
            if plain(label) not in said:
                raise InvalidInput(
                    f"la colonne « {label} » semble lister d’autres personnes, qui ne veulent plus rien recevoir (« {address} ») "
                    ": copiez-la dans un fichier à part, apportez-le d’abord (gateway suppressions import), puis ôtez-la d’ici"
                )

    def _check_refusing(self, said: Collection[str]) -> None:
        """Raise InvalidInput for a column that says no of somebody, where each line is declared to be one who agreed."""
        for place in [place for place in self._watched.asking if place in self._refusing]:
            label, agreement = self._labels[place], _AGREED[self._watched.asking[place]]
            line, cell = self._refusing[place]
            if plain(label) not in said:
                raise InvalidInput(
                    f"vous déclarez que chaque ligne est une personne qui a consenti, et la colonne « {label} » dit « {cell} », "
                    f'ligne {line} : si elle dit qui a consenti, --map "{label}={agreement}", et sans --everyone ; '
                    f'si elle parle d’autre chose, --map "{label}=ignorer"'
                )

    def _check_unticked(self, said: Collection[str]) -> None:
        """Raise InvalidInput for a box that some ticked and others did not, where each line is declared to be one who agreed."""
        for place, field in self._watched.boxes.items():
            label, cell, line = self._labels[place], self._ticked.get(place), self._unticked.get(place)
            if cell and line and plain(label) not in said:
                agreed = f'si c’est là qu’elles ont consenti, --map "{label}={_AGREED[field]}", et sans --everyone'
                other = f'si elle parle d’autre chose, --map "{label}=ignorer"'
                likelier = (agreed, other) if place in self._watched.asking else (other, agreed)  # who reads the first, does it
                raise InvalidInput(
                    f"vous déclarez que chaque ligne est une personne qui a consenti, et la colonne « {label} » ne dit "
                    f"« {cell} » que de certaines, la ligne {line} n’y répond rien : {' ; '.join(likelier)}"
                )

    def _check_sorting(self, said: Collection[str]) -> None:
        """Raise InvalidInput for a column that tells people apart, where each line is declared to be one who agreed."""
        for place, filled in self._filled.items():
            heading, label, told = self._headings[place], self._labels[place], self._found.get(place, ())
            if plain(label) in said or place in self._objecting:
                continue
            if place in self._watched.boxes or is_of_marks(told):
                check_sorted(heading, label, told, filled, self._words)

    def _check_by_which(self, said: Collection[str]) -> None:
        """Raise InvalidInput for a column that says by which channels people agreed, where another is read for whether."""
        for place in (*self._watched.speaking, *self._remarks) if self._asked else ():
            told: Collection[str] = self._found.get(place, ())
            if place in self._objecting:  # « aucun » alone is asked about below
                told = [cell for cell in told if not may_decline_all(self._words, cell)]
            if told and plain(self._labels[place]) not in said:
                check_by_which(self._headings[place], self._labels[place], told, self._asked, self._words)

    def _check_rivals(self) -> None:
        """Raise InvalidInput for a column left out that says no of somebody of whom the one that is read says yes."""
        for place, line in self._contradicting.items():
            raise InvalidInput(
                f"ligne {line} : « {self._labels[place]} », laissée de côté, dit « non » de quelqu’un dont "
                f"« {self._labels[self._watched.rivals[place]]} » dit « oui » : lisez la plus récente, laissez l’autre de côté ; "
                "si elle parle d’autre chose, ôtez-la du fichier"
            )

    def _hear_no(self, record: Record) -> None:
        """Columns whose headings speak of objections or agreements, though nothing reads them, are listened to until the end."""
        if record.malformed is not None:
            return
        self._hear_refusals(record)
        self._hear_rivals(record)
        for place in self._watched.of_no:
            cell = record.cells[place]
            if place not in self._of_others and "@" in cell and is_somebody([cell]):
                self._of_others[place] = cell.strip()
            if place not in self._objecting and _objects(self._words, cell, by_no=place in self._watched.by_no):
                self._objecting[place] = cell.strip()

    def _hear_refusals(self, record: Record) -> None:
        for place in self._watched.boxes:
            cell = record.cells[place].strip()
            match _answer(self._words, cell):
                case Standing.YES:
                    self._ticked.setdefault(place, cell)
                case Standing.NO | Standing.OBJECTS if place in self._watched.asking:
                    self._refusing.setdefault(place, (record.line, cell))
                case None if not cell or cells.says_nothing(cell):
                    self._unticked.setdefault(place, record.line)

    def _hear_rivals(self, record: Record) -> None:
        for place, read in self._watched.rivals.items():
            left_out, told = record.cells[place], record.cells[read]
            if place in self._contradicting or not (left_out.strip() and told.strip()):
                continue
            if _refuses(self._words, left_out) and not _refuses(self._words, told):
                self._contradicting[place] = record.line

    def _tells_of_who_left(self, place: int, cell: str) -> bool:
        heading = self._headings[place]
        told_by_her = is_standing(heading) or is_outcome(heading) or bool(self._words.channels_named(heading))
        return cells.says_objected(self._words, cell, of_channel=told_by_her)

    def _hear_sentences(self, row: list[str]) -> None:
        for place in self._watched.unknown:
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
            if (cell := cells.bare(row[place])) not in numbers and (is_numbered(cell) or is_mark(cell)):
                numbers.add(cell)

    def _hear_legends(self, record: Record) -> None:
        for place in self._watched.explaining:
            if cell := record.cells[place]:
                self._legends.check_beside(f"ligne {record.line}", cell)

    def _hear_unease(self, row: list[str]) -> None:
        for place in self._watched.speaking:
            cell = row[place] if place < len(row) else ""
            if not cell or place in self._objecting or len(cell) > SENTENCE_CHARACTERS_MAX:
                continue
            if place in self._watched.asking_for_words and has_nothing_to_say(self._words, cell):
                continue
            if may_object(self._words, cell) or (place in self._watched.asking_how and may_decline_all(self._words, cell)):
                self._objecting[place] = shown(cell)

    def _hear(self, row: list[str]) -> None:
        for place in list(self._found):
            cell = row[place].strip() if place < len(row) else ""
            if not cell or len(cell) > _CELL_CHARACTERS_MAX:
                continue
            self._found[place].add(cell)
            if place in self._filled:
                self._filled[place] += 1
            if len(self._found[place]) > _DIFFERENT_MAX:
                del self._found[place]


def _asked(columns: Columns, everyone: Collection[Medium]) -> frozenset[Medium]:
    """The channels to which people agree by a yes, or because whoever brings the file says so; none where they are named."""
    if Field.CONSENT_CHANNELS in columns.places:
        return frozenset()
    return frozenset((*everyone, *(medium for medium, field in CONSENT_TO.items() if field in columns.places)))


def _answer(words: ListWords, cell: str) -> str | None:
    """What a cell of any column says to an agreement; None for what answers nothing, or cannot be read."""
    try:
        return cells.answer(words, cell, frozenset(Medium))
    except InvalidInput:
        return None


def _refuses(words: ListWords, cell: str) -> bool:
    return _answer(words, cell) in (Standing.NO, Standing.OBJECTS)


def _objects(words: ListWords, cell: str, *, by_no: bool) -> bool:
    try:
        return standings.left(words, cell) if by_no else bool(words.listed(cell)) or cells.objection(words, cell)
    except InvalidInput:
        return False

"""What stops a file as a whole, before its first line: it may say who wants nothing more where no line is read for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gateway.compliance.listwords import ListWords
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import CHANNELS, OBJECTIONS, plain
from gateway.flows.collecting.likeness import says_no
from gateway.flows.collecting.noting import may_object
from gateway.flows.collecting.objecting import names_register
from gateway.flows.collecting.reading import How, TableFile
from gateway.flows.collecting.refusals import shown
from gateway.flows.collecting.request import ImportRequest
from gateway.flows.collecting.results import check_results
from gateway.flows.collecting.rolls import check_no_roll
from gateway.flows.collecting.sections import Legends


def check_whole(
    file: TableFile, columns: Columns, request: ImportRequest, legends: Legends, tells_of_somebody: Callable[[str], bool]
) -> None:
    """Raise InvalidInput for a file that may say who objects where no line is read for it, or that nobody may bring in so."""
    _check_legends(file, columns, request.how, legends)
    _check_sheet_of_who_left(file, request.how, legends)
    _check_called(file, columns, legends)
    _check_other_sheets(file, request.how, tells_of_somebody)
    check_no_roll(file, columns, request.reviewed)
    check_results(file, columns)


def may_tell(words: ListWords, tells: Callable[[str], bool], cell: str) -> bool:
    """Whether a cell may say that somebody wants nothing more."""
    return tells(cell) or may_object(words, cell) or says_no(cell)


def _check_legends(file: TableFile, columns: Columns, how: How, legends: Legends) -> None:
    """Raise InvalidInput for titles, notes, boxes or headings that explain codes or colours, or say who these people are."""
    for title in file.titles:
        legends.check_title(title)
    for where, told in file.aside:
        legends.check(where, told)
        if how.sheet is None or not where.startswith("la feuille"):
            legends.check_sentence(where, " ".join(told))
    for where, words in file.around:
        legends.check(where, [words])
        legends.check_said(where, words)
    for heading in columns.headings:
        legends.check_heading(heading)


def _check_sheet_of_who_left(file: TableFile, how: How, legends: Legends) -> None:
    """Raise InvalidInput for a workbook another of whose sheets is called after who left, until it is said which one to read."""
    if how.sheet is not None:
        return
    left = next((one.name for one in file.sheets if not one.chosen and legends.names_them(one.name)), None)
    if left is not None:
        raise InvalidInput(
            f"la feuille « {left} » de ce classeur semble lister des personnes qui ne veulent plus rien recevoir, et elle n’est "
            f'pas lue ici : apportez-la d’abord (gateway suppressions import "{file.name}" --sheet "{left}"), puis dites '
            f'quelle feuille est la liste (--sheet "{file.sheet}")'
        )


def _check_called(file: TableFile, columns: Columns, legends: Legends) -> None:
    """Raise InvalidInput for a file called after those who object, no column of which says who it is."""
    if not columns.places.keys().isdisjoint(OBJECTIONS):
        return
    called = next(_called_after_them(file, columns, legends), None)
    if called is not None:
        sheet = f' --sheet "{file.sheet}"' if len(file.sheets) > 1 else ""
        raise InvalidInput(
            f"« {called} » semble être une liste de personnes qui ne veulent plus rien recevoir, et aucune colonne ne dit qui "
            f'l’a demandé : si toutes l’ont demandé, gateway suppressions import "{file.name}"{sheet} ; si une colonne '
            'le dit, --map "Colonne=opposition" ; si ce n’en est pas une, renommez le fichier, la feuille, le titre ou la colonne'
        )


def _called_after_them(file: TableFile, columns: Columns, legends: Legends) -> Iterator[str]:
    """Of the sheet, the file, its addresses and its titles, those called after people who object."""
    if file.sheet and legends.names_them(file.sheet):
        yield file.sheet
    of_addresses = [columns.heading(field) for field in CHANNELS if field in columns.places]
    yield from (name for name in (file.path.stem, *of_addresses, *file.titles) if names_register(plain(name)))


def _check_other_sheets(file: TableFile, how: How, tells_of_somebody: Callable[[str], bool]) -> None:
    """Raise InvalidInput for a workbook another of whose lists may say who objects, or has some of the same people.

    Until it is said which one is to be read.
    """
    for name, cells in file.said if how.sheet is None else ():
        if told := next(filter(tells_of_somebody, cells), None):
            raise InvalidInput(
                f"la feuille « {name} » de ce classeur liste aussi des personnes, et dit peut-être qui ne veut plus rien "
                f'(« {shown(told)} ») ; elle n’est pas lue ici : dites laquelle apporter (--sheet "{file.sheet}"), et apportez '
                f"« {name} » aussi, celle qui dit les oppositions d’abord"
            )
    for name, cells in file.shared if how.sheet is None else ():
        raise InvalidInput(
            f"la feuille « {name} » de ce classeur, qui n’est pas lue ici, porte {len(cells)} des adresses ou numéros de celle-ci"
            ", et rien ne dit pourquoi : si ce sont des personnes qui ne veulent plus rien recevoir, apportez-la d’abord "
            f'(gateway suppressions import "{file.name}" --sheet "{name}") ; puis, ou sinon, dites quelle feuille est la liste '
            f'(--sheet "{file.sheet}")'
        )

"""Titles among the lines of a table: whoever stands below « Ne veulent plus rien recevoir » is no contact."""

from __future__ import annotations

from collections.abc import Callable

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import plain
from gateway.flows.collecting.objecting import names_register
from gateway.flows.collecting.refusals import shown
from gateway.flows.collecting.table import Record, is_somebody


class Sections:
    """Looks at the lines of a file that hold nobody, and at whether somebody follows."""

    def __init__(self, tells_objection: Callable[[str], bool]) -> None:
        self._tells_objection = tells_objection
        self._title: tuple[int, str] | None = None

    def nobody(self, record: Record) -> None:
        """Take note of a line that could not be taken: a title says one thing, and holds no address."""
        told = [cell for cell in record.cells if cell.strip()]
        if len(told) != 1 or is_somebody(told):
            return
        objects = names_register(plain(told[0])) or self._tells_objection(told[0])
        self._title = (record.line, shown(told[0])) if objects else None

    def somebody(self) -> None:
        """Raise InvalidInput when a title says of the person of this line that she wants nothing more."""
        if self._title is None:
            return
        line, title = self._title
        raise InvalidInput(
            f"ligne {line} : « {title} » semble être le titre d’une liste de personnes qui ne veulent plus rien recevoir, et les "
            "lignes qui suivent seraient prises comme les autres : mettez-les dans un fichier à part, apportez-le d’abord "
            "(gateway suppressions import), puis ôtez-les de celui-ci ; si ce n’est pas cela, ôtez cette ligne"
        )

"""Files that look like an electoral roll and are said to be something else (rule source-electoral-roll)."""

from __future__ import annotations

import re

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import Field, plain
from gateway.flows.collecting.refusals import shown
from gateway.flows.collecting.table import TableFile

#: How files, sheets and titles call a roll; folded.
_CALLED = re.compile(r"\blistes? electorales?\b|\b(?:liste|extrait|export)\b.{0,30}\belecteurs?\b|\breu\b")
#: A number that only a roll gives, and one that others give, too.
_ITS_NUMBER = re.compile(r"\b(?:n|no|num|numero|id|identifiant)\b.{0,12}\belecteur\b")
_ITS_ORDER = re.compile(r"\b(?:n|no|num|numero) d ordre\b")
_OF_A_ROLL = (Field.POLLING_STATION, Field.BIRTH_NAME, Field.BIRTH_ON)


def check_no_roll(file: TableFile, columns: Columns, reviewed: str | None) -> None:
    """Raise InvalidInput for a file that is perhaps a roll: it gives neither addresses nor numbers, which come from elsewhere.

    reviewed: how somebody who looked at it says that they came.
    """
    names = (*file.titles, file.sheet or "", file.path.stem)
    found = next((name for name in names if _CALLED.search(plain(name))), None) or _by_headings(columns)
    if found is None or reviewed:
        return
    raise InvalidInput(
        f"« {shown(found)} » : ce fichier semble venir d’une liste électorale, qui ne donne ni courriel ni téléphone, et "
        "vous lui donnez une autre origine : si c’en est une, --origin electoral_roll ; si ces personnes ont elles-mêmes donné "
        "leurs adresses, "
        'dites comment vous le savez, --reviewed "…" (source-electoral-roll)'
    )


def _by_headings(columns: Columns) -> str | None:
    """The heading that tells a roll."""
    told = {heading: plain(heading) for heading in columns.headings}
    if all(field in columns.places for field in _OF_A_ROLL):
        return next((heading for heading, bare in told.items() if _ITS_ORDER.search(bare) or _ITS_NUMBER.search(bare)), None)
    return next((heading for heading, bare in told.items() if _ITS_NUMBER.search(bare)), None)

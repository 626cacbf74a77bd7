"""A column that says by which channels people agreed, beside one that says whether: « oui », by « SMS », is no yes to emails."""

from __future__ import annotations

import re
from collections.abc import Collection

from gateway.compliance.listwords import ListWords
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.cells import says_nothing
from gateway.flows.collecting.headings import plain
from gateway.flows.collecting.likeness import is_outcome
from gateway.flows.collecting.noting import may_decline_all
from gateway.flows.collecting.refusals import shown

#: Share of its different cells that name channels and nothing else: « Autre : … » may stand beside them.
_MOSTLY = 0.5
#: What is liked best, or how somebody came to us or was met, limits nothing.
_NO_LIMIT = re.compile(
    r"\b(?:preferee?s?|preferred|favori\w*|connue?s?|dernier|derniere|last|premier|premiere|first|origine?|provenance|via|recueil\w*"
    r"|collect\w*|recue?s?|received|inscri\w*|adhesion|action|type|rencontr\w*|acquisition|saisie?s?)\b"
)


def check_by_which(heading: str, label: str, told: Collection[str], asked: Collection[Medium], words: ListWords) -> None:
    """Raise InvalidInput for a column that nobody reads and that names channels, where somebody names none of those asked of.

    told: its different cells. asked: the channels to which other columns, or whoever brings the file, say that people agreed.
    """
    if _NO_LIMIT.search(plain(heading)) or is_outcome(heading):
        return
    of_none = {cell: frozenset[Medium]() for cell in told if may_decline_all(words, cell)}
    named = {cell: words.listed(cell) for cell in told if not says_nothing(cell)} | of_none
    answers = {cell: channels for cell, channels in named.items() if channels or cell in of_none}
    without = sorted(cell for cell, channels in named.items() if not channels.issuperset(asked))
    if any(answers.values()) and without and len(answers) > _MOSTLY * len(named):
        raise InvalidInput(
            f"la colonne « {label} » dit peut-être par quels canaux chacun accepte d’être joint (« {shown(without[0])} »), et un "
            f'oui donné ailleurs vaudrait pour les autres : --map "{label}=canaux acceptés", et la colonne des oui et des non de '
            f'côté (=ignorer) ; si elle parle d’autre chose, --map "{label}=ignorer"'
        )

"""Columns that sort people, where each line is declared to be one who agreed: « Code » A, B and C, « Statut » 1 and 2.

Nobody can tell from outside what a code stands for; that all of them agreed is then said by whoever knows it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from gateway.compliance.listwords import ListWords, Standing
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.cells import bare, is_some_day, says_nothing
from gateway.flows.collecting.headings import plain
from gateway.flows.collecting.likeness import asks_whether_to_send, is_standing
from gateway.flows.collecting.refusals import shown

_SORTS = re.compile(
    r"\b(?:statuts?|status|etats?|codes?|listes?|lists?|resultats?|avis|couleurs?|opt ?in|marketing|lead|legal basis|base legale"
    r"|reponses?|retours?|interesse\w*|partante?s?|inviter|contactable\w*"
    r"|consent\w*|accords?|abonn\w*|subscri\w*)\b"
)
#: … and those of other things: « Code Insee », « Statut professionnel », « État civil ».
_OF_OTHER_THINGS = re.compile(
    r"\b(?:postal|insee|commune|pays|promo|porte|parrain|client|adherent|produit|article|tarif|naf|bureau|bv|territoire|professionn\w*"
    r"|electorales?|photos?|parental|reglement|don|civil|marital|familial|social|juridique|matrimonial|paiement|commande|order|payment|attente|date|le|at|on)\b"
)
#: Answers that say nothing against an agreement.
_STANDING = (Standing.STANDS, Standing.LISTED, Standing.YES)
_SHOWN = 4
#: « + » and « - »: two marks or more, which no heading explains.
_MARKS = re.compile(r"[^\w\s]{1,3}")
#: What people write where they have nothing to write.
_DASHES = re.compile(r"[-–—./:]+")
#: A cell of so few characters is a code, and sorts people even where each line has its own; so are words without a figure.
_CODE_CHARACTERS_MAX = 2
_FIGURE = re.compile(r"\d")
#: How surveys head their columns where they say codes in place of questions, and what they answer then.
_QUESTION = re.compile(r"(?:g\d{1,3})?q\d{1,3}(?:[\[_ .-]\w+\]?)*|.+\[[a-z]{1,3}\d{1,4}\]", re.IGNORECASE)
_CHOICE = re.compile(r"[A-Z]{1,2}\d{1,3}|-oth-")
#: Marks of a hand: alone in a column, a cross is a yes.
_CROSSES, _TICKS = frozenset({"x"}), frozenset({"v", "✓", "✔", "☑", "✅", "√"})
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d)?")
#: « De 1 à 5, souhaitez-vous… », « sur 10 », « /5 ».
_ON_A_SCALE = re.compile(
    r"\b(?:de|from) [01]\b.{0,60}?\b(?:à|a|to) (?:[3-9]|10)\b|(?:\bsur|\bout of|/) ?(?:5|10)\b", re.IGNORECASE
)


def sorts_people(heading: str, words: ListWords) -> bool:
    """Whether a column may say by its heading who agreed and who did not."""
    said = plain(heading)
    sorts = bool(_SORTS.search(said)) and not _OF_OTHER_THINGS.search(said)
    return sorts or words.is_in_her_name(heading) or asks_whether_to_send(heading)


def is_of_marks(told: Collection[str]) -> bool:
    """Whether a column holds marks and nothing else, and tells people apart by them."""
    marks = {cell.strip() for cell in told if cell.strip()}
    return len(marks) > 1 and all(map(_MARKS.fullmatch, marks)) and not all(map(_DASHES.fullmatch, marks))


def check_sorted(heading: str, label: str, told: Collection[str], filled: int, words: ListWords) -> None:
    """Raise InvalidInput for a column that tells people apart by words that say nothing to us.

    told: its different cells; filled: how many lines fill it. One that numbers every line tells nobody apart, nor does a day.
    """
    cells = sorted(cell for cell in told if not says_nothing(cell) or is_of_marks(told))
    of_each = len(cells) == filled and all(len(cell) > _CODE_CHARACTERS_MAX and _FIGURE.search(cell) for cell in cells)
    if len(cells) < 2 or of_each or all(map(is_some_day, cells)):
        return
    known = (*_STANDING, Standing.UNCONFIRMED) if is_standing(heading) else _STANDING
    if all(words.standing(bare(cell)) in known for cell in cells):
        return
    few = ", ".join(f"« {shown(cell)} »" for cell in cells[:_SHOWN]) + ("…" if len(cells) > _SHOWN else "")
    raise InvalidInput(
        f"vous déclarez que chaque ligne est une personne qui a consenti, et la colonne « {label} » les distingue ({few}) : si "
        "elle dit qui a consenti ou qui ne veut plus rien, remplacez d’abord ses codes par ces mots (« oui », « non », "
        f'« opposition »), puis --map "{label}=consentement", sans --everyone ; si elle parle d’autre chose, '
        f'--map "{label}=ignorer"'
    )


def is_coded(heading: str, told: Collection[str], words: ListWords) -> bool:
    """Whether a column is a question of a survey of which nothing is said but its code, answered by a yes, a no or a code."""
    cells = [cell for cell in told if cell.strip()]
    answers = (Standing.YES, Standing.NO)
    return bool(cells and _QUESTION.fullmatch(heading.strip())) and all(
        _CHOICE.fullmatch(cell) or words.standing(bare(cell)) in answers for cell in cells
    )


def check_coded(labels: Collection[str]) -> None:
    """Raise InvalidInput for questions that are told by codes, beside an agreement that one of them may bound."""
    if not labels:
        return
    few = ", ".join(f"« {label} »" for label in [*labels][:_SHOWN]) + ("…" if len(labels) > _SHOWN else "")
    aside = " ".join(f'--map "{label}=ignorer"' for label in labels)
    raise InvalidInput(
        f"{few} : ces titres sont des codes, et l’une de ces questions borne peut-être l’accord (par quels canaux, pour quoi) : "
        f"exportez les réponses avec leurs questions en toutes lettres ; si aucune n’en parle, {aside}"
    )


def is_mark(cell: str) -> bool:
    """Whether an answer is a cross or a tick."""
    return cell.casefold() in _CROSSES | _TICKS


def check_marked(label: str, marks: Collection[str]) -> None:
    """Raise InvalidInput for a column of agreements that has crosses and ticks: beside a tick, a cross may be a refusal."""
    crosses, ticks = ([mark for mark in sorted(marks) if mark.casefold() in kind] for kind in (_CROSSES, _TICKS))
    if not (crosses and ticks):
        return
    raise InvalidInput(
        f"la colonne « {label} » a des coches (« {ticks[0]} ») et des croix (« {crosses[0]} ») : une croix y est peut-être un "
        f'refus ; écrivez « oui » ou « non » à leur place, ou laissez-la de côté, --map "{label}=ignorer"'
    )


def is_numbered(cell: str) -> bool:
    """Whether an answer is a number: a yes where the others are 0 and 1, and only there."""
    return _NUMBER.fullmatch(cell) is not None


def check_numbered(heading: str, label: str, numbers: Collection[str]) -> None:
    """Raise InvalidInput for a column of agreements that answers on a scale, or by codes: its « 1 » is nobody's yes."""
    values = sorted({float(number.replace(",", ".")) for number in numbers})
    if not {0.0, 1.0}.intersection(values) or not (_ON_A_SCALE.search(heading) or {*values} - {0.0, 1.0}):
        return
    few = ", ".join(f"« {value:g} »" for value in values[:_SHOWN]) + ("…" if len(values) > _SHOWN else "")
    raise InvalidInput(
        f"la colonne « {label} » répond par des nombres ({few}) : sur une échelle ou des codes, « 1 » n’est pas un oui, ni "
        f'« 0 » un non ; écrivez « oui » ou « non » à leur place, ou laissez-la de côté, --map "{label}=ignorer"'
    )

"""What cells say of who still gets something from another tool, who left it, and which addresses get nothing any more. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from gateway.compliance.listwords import ListWords, Standing
from gateway.domain.channel import Medium
from gateway.flows.collecting.boxes import all_ticked
from gateway.flows.collecting.cells import DEAD_SAYS, UnreadableCell, bare, is_some_day, objection, says_nothing

#: Share of cells that must be known words for a column of standings.
_MOSTLY = 0.6
_SAYS_NO = (Standing.NO, Standing.DECLINES)
_OF_WHO_LEFT = (Standing.OBJECTS, Standing.LISTED, Standing.UNCONFIRMED, Standing.DEAD)


def tells_standings(words: ListWords, filled: Sequence[str], *, refusals: bool = False) -> bool:
    """Whether cells tell who still gets a newsletter and who left it; « inscrit » alone is said of anything.

    refusals: whether « refusé » is said of who left, as below « Statut ».
    """
    told = [words.standing(bare(cell)) for cell in filled]
    if refusals:
        told = [Standing.OBJECTS if said is Standing.DECLINES else said for said in told]
    left = Standing.OBJECTS in told
    known = sum(said is Standing.STANDS or (left and said in _OF_WHO_LEFT) for said in told)
    return known >= _MOSTLY * len(told)


def tells_dead(words: ListWords, filled: Sequence[str]) -> bool:
    """Whether cells tell which addresses get nothing any more: some do, and the others still get something."""
    told = [words.standing(bare(cell)) for cell in filled]
    known = sum(said in (Standing.DEAD, Standing.STANDS, Standing.LISTED, Standing.UNCONFIRMED) for said in told)
    return Standing.DEAD in told and known >= _MOSTLY * len(told)


def dead(words: ListWords, cell: str) -> Standing | None:
    """What a cell about an address says: DEAD, or OBJECTS, which is never lost there; None otherwise. Raises UnreadableCell."""
    said = words.standing(bare(cell))
    if said in (Standing.DEAD, Standing.OBJECTS):
        return said
    return Standing.DEAD if objection(words, cell) else None


def left(words: ListWords, cell: str) -> bool:
    """Whether a cell of who still gets something says that she does not any more: a no, or a word of objection.

    Raises UnreadableCell.
    """
    text = bare(cell)
    match words.standing(text):
        case Standing.NO | Standing.OBJECTS | Standing.WITHHOLDS | Standing.DECLINES:
            return True
        case Standing.YES | Standing.STANDS | Standing.LISTED | Standing.UNCONFIRMED:
            return False
        case Standing.DEAD:
            raise UnreadableCell("dead", DEAD_SAYS)
        case None:
            pass
        case never:
            assert_never(never)
    if not text or is_some_day(text):  # since when she has got it
        return False
    raise UnreadableCell("objection", "on attend « oui », « non », « abonné », « désabonné » ou une cellule vide")


def not_working(words: ListWords, cell: str) -> Standing | None:
    """What a cell of whether an address works says: DEAD by a no, OBJECTS, which is never lost there; None otherwise."""
    match words.standing(bare(cell)):
        case Standing.NO | Standing.DECLINES | Standing.DEAD:
            return Standing.DEAD
        case Standing.OBJECTS:
            return Standing.OBJECTS
        case _:
            return None


def agreed_by_name(words: ListWords, medium: Medium, cell: str) -> str | None:
    """What a cell that names the channels somebody agreed to says of one of them: as `cells.answer`.

    None where others are named, or nothing: nothing was said of this one. Raises UnreadableCell.
    """
    cell = all_ticked(cell)
    said = words.standing(bare(cell))
    if said in (Standing.NO, Standing.WITHHOLDS):
        return Standing.NO.value
    if said in (Standing.OBJECTS, Standing.DECLINES):
        return Standing.OBJECTS.value
    if says_nothing(cell) and not words.channels_named(cell):  # « pas de mail » is a no here
        return None
    named = None if said is Standing.YES or "?" in cell else words.accepted(cell)
    if named is None:
        raise UnreadableCell("consent", "on attend les canaux acceptés (« courriel, SMS »), « non », ou une cellule vide")
    return Standing.YES.value if medium in named else None


def tells_channels(words: ListWords, filled: Sequence[str]) -> bool:
    """Whether cells name channels and nothing else, but for those who named none: « Courriel, SMS », « aucun »."""
    listed = list(map(words.listed, filled))
    others = (cell for cell, channels in zip(filled, listed, strict=True) if not channels)
    return any(listed) and all(says_nothing(cell) or words.standing(bare(cell)) in _SAYS_NO for cell in others)


def dead_in_words(words: ListWords, cell: str) -> Standing | None:
    """DEAD where a remark says of her address that it gets nothing any more, and nothing else: « mail HS », « bouncing »."""
    return Standing.DEAD if words.says_dead(cell) or words.standing(bare(cell)) is Standing.DEAD else None

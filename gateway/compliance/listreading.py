"""Reads `lists.toml` of a pack: the words of lists, as teams and tools keep them."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace

from gateway.compliance.folding import bare
from gateway.compliance.listparts import folded
from gateway.compliance.listwords import Heading, ListWords, Standing
from gateway.compliance.packparts import read_standing
from gateway.compliance.reading import Table
from gateway.compliance.toldby import ToldBy
from gateway.compliance.unease import Unease, phrases
from gateway.domain.channel import Medium

#: The lists of words of the file.
_CELLS = {
    "yes": Standing.YES,
    "no": Standing.NO,
    "declines": Standing.DECLINES,
    "objects": Standing.OBJECTS,
    "stands": Standing.STANDS,
    "withholds": Standing.WITHHOLDS,
    "listed": Standing.LISTED,
    "unconfirmed": Standing.UNCONFIRMED,
    "dead": Standing.DEAD,
}
#: Of them, those that came after the first packs.
_NEWER = (Standing.WITHHOLDS, Standing.DECLINES, Standing.UNCONFIRMED)
_NEWER_HEADINGS = (Heading.REACHABLE, Heading.CONFIRMED, Heading.PENDING)
_CHANNELS = {"email": Medium.EMAIL, "sms": Medium.SMS, "call": Medium.CALL, "none_of_ours": None}


def read_list_words(root: Table, sources: Container[str]) -> ListWords:
    """Read `lists.toml` of a pack; faults are recorded in it.

    Lists and tables that may be absent came after the first packs: the versions that a store keeps are still read, so that
    what they decided can be replayed.
    """
    read_standing(root, sources)
    said, channels, remarks = root.table("cells"), root.table("channels"), root.table("remarks")
    named = {word: medium for name, medium in _CHANNELS.items() for word in channels.texts(name)}
    read = ListWords(
        cells=_read_cells(said),
        channels={word: medium for word, medium in named.items() if not word.endswith("~")},
        beginnings={word[:-1]: medium for word, medium in named.items() if word.endswith("~")},
        every=frozenset(channels.texts("every")),
        only=frozenset(remarks.texts("only")),
        wishing=frozenset(remarks.texts("wishing", ())),
        by_post=frozenset(channels.texts("by_post", ())),
        complaining=_beginnings(remarks, "complaining"),
        about=frozenset(remarks.texts("about", ())),
        never=frozenset(remarks.texts("never")),
        no_more=tuple(remarks.texts("no_more")),
        agreed=frozenset(remarks.texts("agreed")),
        small=frozenset(remarks.texts("small")),
        against=tuple(remarks.texts("against", ())),
        closing=tuple(remarks.texts("closing", ())),
        gone=tuple(remarks.texts("gone", ())),
        crosses=tuple(remarks.texts("crosses", ())),
        when=frozenset(remarks.texts("when", ())),
        reaching=_beginnings(remarks, "reaching"),
        negations=frozenset(remarks.texts("negations", ())),
        needs=tuple(remarks.texts("needs", ())),
        excepting=frozenset(remarks.texts("excepting", ())),
        linking=frozenset(remarks.texts("linking", ())),
        through=frozenset(remarks.texts("through", ())),
        told_by=_read_told_by(remarks),
        left=_beginnings(remarks, "left"),
        broken=frozenset((*remarks.texts("broken", ()), *(" ".join(folded(word)) for word in said.texts("dead")))),
    )
    for name, add in (("answers", _with_answers), ("headings", _with_headings), ("doubts", _with_doubts)):
        if table := root.optional_table(name):
            read = add(read, table)
            table.done()
    for table in (said, channels, remarks, root):
        table.done()
    return read


def _read_cells(said: Table) -> dict[str, Standing]:
    cells: dict[str, Standing] = {}
    for name, standing in _CELLS.items():
        for word in said.texts(name, () if standing in _NEWER else None):
            if cells.setdefault(word, standing) is not standing:
                said.fault(name, f"« {word} » est déjà un mot de « {cells[word].name.lower()} » : une case ne dit qu’une chose")
    return cells


def _beginnings(table: Table, name: str) -> tuple[str, ...]:
    """Beginnings of words, which a list writes « prospect~ »."""
    return tuple(word.removesuffix("~") for word in table.texts(name, ()))


def _with_answers(read: ListWords, answers: Table) -> ListWords:
    polite, agreeing, offered = (frozenset(answers.texts(name)) for name in ("polite", "agreeing", "offered"))
    return replace(read, polite=polite, agreeing=agreeing, offered=offered)


def _with_headings(read: ListWords, headings: Table) -> ListWords:
    told = {
        " ".join(word for word in folded(words) if word not in read.small): heading
        for heading in Heading
        for words in headings.texts(heading.value, () if heading in _NEWER_HEADINGS else None)
    }
    spoken = "|".join(bare(words).replace("~", "[a-z]+") for words in headings.texts("in_her_name", ()))
    return replace(read, headings=told, in_her_name=re.compile(rf"\b(?:{spoken})\b") if spoken else None)


def _with_doubts(read: ListWords, doubts: Table) -> ListWords:
    uneasy, eased, denied, about = (
        phrases(" ".join(map(_spelt, one.split())) for one in doubts.texts(name))
        for name in ("uneasy", "eased", "denied", "about")
    )
    alone, signs = frozenset(map(bare, doubts.texts("alone"))), frozenset(doubts.texts("signs"))
    none, nothing_to_say = (frozenset(map(bare, doubts.texts(name, ()))) for name in ("none", "nothing_to_say"))
    return replace(read, unease=Unease(uneasy, eased, denied, about, alone, signs, none, nothing_to_say))


def _spelt(word: str) -> str:
    """A word of a phrase as it is folded in a remark; its signs stay."""
    return word if word in "…$" else bare(word)


def _read_told_by(remarks: Table) -> ToldBy:
    return ToldBy(
        telling=_beginnings(remarks, "telling"),
        by=frozenset(remarks.texts("told_by", ())),
        done=frozenset(remarks.texts("she_did", ())),
        did=frozenset(remarks.texts("she_did_after", ())),
        we_did=frozenset(remarks.texts("we_did", ())),
        after=frozenset(remarks.texts("brought_after", ())),
        before=frozenset(remarks.texts("brought_before", ())),
        by_itself=frozenset(remarks.texts("by_itself", ())),
    )

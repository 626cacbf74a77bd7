"""The exact sentences by which people agree on our own pages, from templates/wordings; kept with each consent as its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.channel import Medium
from gateway.domain.consent import Purpose
from gateway.domain.errors import RenderFault
from gateway.domain.language import Language
from gateway.render.tables import read_table

#: Purposes in the order in which a page offers them.
_PURPOSES = (Purpose.POLITICAL, Purpose.AFTER_ELECTION, Purpose.TARGETING, Purpose.OPEN_PIXEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordings:
    """One language's sentences, filled in for this installation."""

    version: str  #: of the sentences: evidence names it
    by_email: Mapping[Purpose, str]


def read_wordings(templates: Path, language: Language, names: Mapping[str, str]) -> Wordings:
    """Read templates/wordings/LANGUAGE.toml. names: what stands for {controller}, {candidate} and {election}.

    Raises RenderFault naming the file, when a purpose has no sentence or a sentence asks for another name.
    """
    path = templates / "wordings" / f"{language}.toml"
    table, _ = read_table(path)
    try:
        sentences = table[Medium.EMAIL]
        by_email = {purpose: str(sentences[purpose]).format_map(names) for purpose in _PURPOSES}
        return Wordings(version=str(table["version"]), by_email=by_email)
    except (KeyError, ValueError) as fault:
        raise RenderFault(f"{path} : une phrase manque, ou nomme ce que nul ne connaît ici ({fault})") from fault

"""Letters: the installation's own texts for single messages, one file for each name and language under templates/letters."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.errors import RenderFault
from gateway.render.content import EmailContent, Language

_KEYS = frozenset({"subject", "preheader", "ask", "fields", "body"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Words that answer one act of a person."""

    content: EmailContent
    fields: tuple[str, ...]  #: names its text may place beside those of every person
    ask: str  #: block of the notices whose button leads to the page of the act; empty: none


def read_letter(templates: Path, name: str, language: Language) -> Letter:
    """Read templates/letters/NAME.LANGUAGE.toml. Raises RenderFault naming the file and what is wrong with it."""
    path = templates / "letters" / f"{name}.{language}.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise RenderFault(f"{path}: this letter cannot be read ({fault})") from fault
    if odd := sorted(_KEYS.symmetric_difference(table)):
        raise RenderFault(f"{path}: keys missing or unknown: {', '.join(odd)}; a letter has {', '.join(sorted(_KEYS))}")
    words = {key: table[key] for key in ("subject", "preheader", "ask", "body")}
    if not all(isinstance(value, str) for value in (*words.values(), *table["fields"])):
        raise RenderFault(f"{path}: subject, preheader, ask, body and the names in fields are texts")
    content = EmailContent(
        subject=words["subject"], preheader=words["preheader"], body=words["body"].strip(), format="markdown", language=language
    )
    return Letter(content=content, fields=tuple(table["fields"]), ask=words["ask"])

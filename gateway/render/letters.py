"""Letters: the installation's own texts for single messages, one file for each name and language under templates/letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.errors import RenderFault
from gateway.domain.language import Language
from gateway.render.content import EmailContent
from gateway.render.sms import SmsContent
from gateway.render.tables import read_table

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
    table, _ = read_table(path)
    if odd := sorted(_KEYS.symmetric_difference(table)):
        raise RenderFault(f"{path} : clés en trop ou manquantes ({', '.join(odd)}) ; une lettre a {', '.join(sorted(_KEYS))}")
    words = {key: table[key] for key in ("subject", "preheader", "ask", "body")}
    if not all(isinstance(value, str) for value in (*words.values(), *table["fields"])):
        raise RenderFault(f"{path} : subject, preheader, ask, body et les noms de fields sont des textes")
    content = EmailContent(
        subject=words["subject"], preheader=words["preheader"], body=words["body"].strip(), format="markdown", language=language
    )
    return Letter(content=content, fields=tuple(table["fields"]), ask=words["ask"])


def read_text(templates: Path, name: str, language: Language, words: Mapping[str, str]) -> SmsContent:
    """Read templates/letters/sms/NAME.LANGUAGE.toml, filled with what the installation says of itself.

    Its names are written in plain characters where the alphabet of texts lacks a letter: an answer is one part.
    Raises RenderFault naming the file and what is wrong with it.
    """
    path = templates / "letters" / "sms" / f"{name}.{language}.toml"
    table, _ = read_table(path)
    if set(table) != {"text"} or not isinstance(table["text"], str):
        raise RenderFault(f"{path} : une seule clé, text, et rien d’autre")
    try:
        return SmsContent(text=table["text"].format_map(words), language=language, simplify=True)
    except (KeyError, ValueError, IndexError) as fault:
        raise RenderFault(f"{path} : text nomme ce que nul ne connaît ici ({fault})") from fault

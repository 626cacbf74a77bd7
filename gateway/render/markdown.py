"""Markdown bodies: CommonMark and tables, without raw HTML and without code blocks; links and images as links.py allows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from gateway.render.faults import Fault, line_of
from gateway.render.links import image_fault, link_fault

_NESTING_MAX = 12
#: Smaller headings look like this one: mails have no other.
_DEEPEST = "h3"
#: An image or a link that is none: its address has a space, and CommonMark leaves the words as they are.
_SPACED = re.compile(r"!?\[[^\]\n]{0,200}\]\([^()\n]{0,200}[^()\s][ \u00a0][^()\s\"'][^()\n]{0,200}\)")
_HTML = re.compile(r"<(?!https?:|mailto:|[A-Za-z0-9._%+-]+@)[a-zA-Z/!?]")


def faults(source: str) -> Iterator[Fault]:
    """Faults of a Markdown body whose placeholders are marked already."""
    for html in _HTML.finditer(source):
        yield Fault(line_of(source, html.start()), "le HTML n’est pas accepté dans un texte Markdown ; utilisez MJML")
    for token in _parser().parse(source):
        if token.level > _NESTING_MAX:
            yield Fault(_line(token), "trop de niveaux de listes ou de citations")
        for child in token.children or ():
            yield from (Fault(_line(token), why) for why in _link_faults(child))


def to_html(source: str) -> str:
    """HTML fragment of a checked Markdown body."""
    parser = _parser()
    tokens = parser.parse(source)
    for token in tokens:
        if token.type.startswith("heading") and token.tag > _DEEPEST:
            token.tag = _DEEPEST
    html: str = parser.renderer.render(tokens, parser.options, {})
    return html


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": _NESTING_MAX * 2})
    parser.enable("table")
    parser.disable(["code", "fence"])
    # Every target becomes a token, so that a refused one is a fault with its line and not a text left as it was.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # its own way to be told
    return parser


def _link_faults(token: Token) -> Iterator[str]:
    match token.type:
        case "link_open":
            if why := link_fault(str(token.attrGet("href") or "")):
                yield why
        case "image":
            if why := image_fault(str(token.attrGet("src") or "")):
                yield why
            if not token.content.strip():
                yield "une image a une description : ![description](adresse)"
        case "text":
            if spaced := _SPACED.search(token.content):
                yield (
                    f"« {spaced[0][:80]} » resterait tel quel dans la lettre : il y a une espace dans l’adresse ; ôtez-la, "
                    "ou renommez le fichier"
                )
        case _:
            return


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0

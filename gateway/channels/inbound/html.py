"""HTML mails as text: for reading what was said, never for showing.

A tokenizer of its own, since html.parser takes quadratic time for tags that never end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

HTML_MAX = 300_000
_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,30})((?:\s[^<>]{0,4000})?)/?>|<![^<>]{0,4000}>|<\?[^<>]{0,4000}>")
_HUGE_REFERENCE = re.compile(r"&#x?[0-9a-fA-F]{8,};?")
_NAMED = re.compile(r"\b(?:class|id|type)\s*=\s*(?:\"([^\"]{0,500})\"|'([^']{0,500})'|([^\s\"'>]{1,200}))", re.IGNORECASE)
_SILENT = frozenset({"style", "script", "head", "title"})
_LINES = frozenset(["p", "div", "br", "tr", "li", "blockquote", "h1", "h2", "h3", "h4", "table", "hr", "ul", "ol", "pre", "td"])
_VOID = frozenset(["br", "hr", "img", "input", "meta", "link", "wbr", "col", "area", "base", "source"])
#: Where mail programs put what they quote, and signatures.
_LEFT_OUT = frozenset(
    {
        "gmail_quote",
        "gmail_attr",
        "moz-cite-prefix",
        "yahoo_quoted",
        "protonmail_quote",
        "zmail_extra",
        "gmail_signature",
        "moz-signature",
        "ms-outlook-mobile-signature",
        "protonmail_signature_block",
    }
)
#: From here on Outlook quotes.
_ENDS = frozenset({"divrplyfwdmsg", "appendonsend", "x_divrplyfwdmsg"})


def text_of(html: str, *, own: bool = False) -> str:
    """The words of an HTML text, line by line. own: without what is quoted from earlier mails, and without signatures.

    Linear in the first 300,000 characters.
    """
    html = _without_comments(html[:HTML_MAX])
    # Some servers call HTML what is plain text: its line feeds are all that parts its lines.
    pieces = _HUGE_REFERENCE.sub("", "".join(_pieces(html, own)) if _TOKEN.search(html) else html)
    lines = (" ".join(line.split()) for line in unescape(pieces).split("\n"))
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def _without_comments(html: str) -> str:
    kept: list[str] = []
    at = 0
    while (begin := html.find("<!--", at)) >= 0:
        kept.append(html[at:begin])
        end = html.find("-->", begin)
        if end < 0:
            return "".join(kept)
        at = end + 3
    kept.append(html[at:])
    return "".join(kept)


def _pieces(html: str, own: bool) -> Iterator[str]:
    """Text and line feeds, in order."""
    at = 0
    open_inside = ""  # the element being left out, and how many of its name are open
    depth = 0
    for token in _TOKEN.finditer(html):
        if not depth:
            yield " ".join(html[at : token.start()].split("\n"))
        at = token.end()
        tag = (token.group(2) or "").lower()
        closing = bool(token.group(1))
        if depth:
            if tag == open_inside:
                depth += -1 if closing else 1
            continue
        if tag in _LINES:
            yield "\n"
        if closing or not tag:
            continue
        names = _names(token.group(3)) if own else frozenset()
        if names & _ENDS:
            return
        if tag not in _VOID and (tag in _SILENT or names & _LEFT_OUT or (own and tag == "blockquote" and "cite" in names)):
            open_inside, depth = tag, 1
    if not depth:
        yield " ".join(html[at:].split("\n"))


def _names(attributes: str) -> frozenset[str]:
    """Words of class, id and type, lower case."""
    values = (found.group(1) or found.group(2) or found.group(3) or "" for found in _NAMED.finditer(attributes))
    return frozenset(name for value in values for name in value.lower().split())

"""The plain-text part, derived from the HTML of the body: paragraphs, lists, links with their address, images in words."""

from __future__ import annotations

import re
import textwrap
from html.parser import HTMLParser

from gateway.render.slots import CLOSE, OPEN, cut

WIDTH = 72

_BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "ul", "ol", "li", "blockquote", "table", "tr", "hr"})
_SPACED = frozenset({"p", "h1", "h2", "h3", "ul", "ol", "blockquote", "table", "hr"})
#: White space of HTML, which a no-break space is none of.
SPACE = re.compile(r"[ \t\r\n\f]+")
#: How long a filled slot is taken to be when lines are wrapped.
_SLOT_WIDTH = 12


def to_text(fragment: str) -> str:
    """Plain text of a clean HTML fragment; marks are kept, lines are at most 72 characters but for long links."""
    reader = _Reader()
    reader.feed(fragment)
    reader.close()
    return reader.result()


def wrap(line: str, *, first: str = "", rest: str = "") -> str:
    """One paragraph in lines of 72 characters; marks count as a short word, and no word or link is ever cut."""
    stand_ins: dict[str, str] = {}
    shown = ""
    for part in cut(line):
        if isinstance(part, int):
            key = f"\ue002{part:0{_SLOT_WIDTH - 2}d}\ue003"
            stand_ins[key] = f"{OPEN}{part}{CLOSE}"
            part = key
        shown += part
    wrapped = textwrap.fill(
        shown, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    for key, mark in stand_ins.items():
        wrapped = wrapped.replace(key, mark)
    return wrapped


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[str] = []
        self._line = ""
        self._lists: list[int | None] = []
        self._quotes = 0
        self._bullet = ""
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS:
            self._flush(spaced=tag in _SPACED and not (tag in ("ul", "ol") and self._lists))
        match tag:
            case "br":
                self._line = self._line.rstrip() + "\n"
            case "hr":
                self._blocks.append("-" * 20)
                self._flush(spaced=True)
            case "ul":
                self._lists.append(None)
            case "ol":
                self._lists.append(int(held["start"]) if held.get("start", "").isdecimal() else 1)
            case "li":
                self._begin_item()
            case "blockquote":
                self._quotes += 1
            case "a":
                self._links.append((held.get("href", ""), len(self._line)))
            case "img":
                self._line += f"[{held['alt']}]" if held.get("alt") else ""
            case "td" | "th":
                self._line = f"{self._line.rstrip(' ')} · " if self._line.strip(" \n") else self._line
            case _:
                return

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            target, start = self._links.pop()
            shown = self._line[start:].strip()
            address = target.removeprefix("mailto:").partition("?")[0]
            if target and shown not in (target, address):
                self._line += f" ({address if target.startswith('mailto:') else target})"
        if tag in _BLOCKS:
            self._flush(spaced=tag in _SPACED and not (tag in ("ul", "ol") and len(self._lists) > 1))
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)

    def handle_data(self, data: str) -> None:
        text = SPACE.sub(" ", data)
        self._line += text.lstrip(" ") if not self._line or self._line.endswith((" ", "\n")) else text

    def result(self) -> str:
        """All blocks, one blank line between paragraphs."""
        self._flush()
        kept: list[str] = []
        for block in self._blocks:
            if block or (kept and kept[-1]):
                kept.append(block)
        return "\n".join(kept).strip("\n")

    def _begin_item(self) -> None:
        indent = "  " * max(0, len(self._lists) - 1)
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._bullet = f"{indent}- "
        else:
            self._bullet = f"{indent}{number}. "
            self._lists[-1] = number + 1

    def _flush(self, *, spaced: bool = False) -> None:
        text = self._line.strip(" \n")
        self._line = ""
        if text:
            first = "> " * self._quotes + self._bullet
            rest = "> " * self._quotes + " " * (len(self._bullet) or 2 * len(self._lists))
            for line in text.split("\n"):
                self._blocks.append(wrap(line.strip(" "), first=first, rest=rest))
                first = rest
            self._bullet = ""
        if spaced:
            self._blocks.append("")

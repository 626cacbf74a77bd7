"""What a message's content betrays: flags, by the marks that the pack's rules of kind `content` give.

Pure; reads HTML with the standard parser, which never raises for broken markup. The flags go into Facts.content_flags, and
the decision refuses those that are forbidden at the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from gateway.compliance.pack import Pack
from gateway.compliance.rules.content import ContentRule, Mark, Place

_STYLE_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])", re.IGNORECASE)
_SIZE = re.compile(r"(?<![-\w])(width|height)\s*:\s*(\d+)(?:px)?\b", re.IGNORECASE)
_DIALS = ("tel:", "sms:")
_PAGES = ("http:", "https:")
_UNREAD = frozenset({"script", "style", "title"})


def scan(pack: Pack, at: datetime, *, html: str = "", text: str = "") -> tuple[str, ...]:
    """Flags found in a message by the marks in force at an instant, sorted.

    html: the body as designed, without our own notices, placeholders unfilled: what varies by recipient shows as {{ }}.
    text: the subject and the plain part.
    """
    places = _Places()
    places.feed(html)
    places.close()
    found: dict[Place, list[str]] = {
        Place.IMAGE: places.images,
        Place.LINK: places.links,
        Place.LABEL: places.labels,
        Place.TEXT: [*places.text(), text],
    }
    return tuple(sorted({mark.flag for mark in _marks(pack, at) if any(map(mark.pattern.search, found[mark.place]))}))


def strangers(html: str, own: Iterable[str]) -> tuple[str, ...]:
    """Hosts a message fetches from when it is opened (its pictures, above all), sorted, without those of `own`.

    html: as for `scan`. own: addresses of pages of the sender; what stands on the same host, or below it, is hers.
    """
    places = _Places()
    places.feed(html)
    places.close()
    hers = {_host(page).removeprefix("www.") for page in own} - {""}
    asked = {_host(image.rpartition(" ")[2]) for image in places.images} - {""}
    return tuple(sorted(host for host in asked if not any(host == one or host.endswith(f".{one}") for one in hers)))


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # brackets that hold no address: nothing is fetched from there
        return ""


def _marks(pack: Pack, at: datetime) -> Iterator[Mark]:
    for rule in pack.rules:
        value = rule.value_at(at)
        if value is not None and isinstance(value.assessor, ContentRule):
            yield from value.assessor.marks


class _Places(HTMLParser):
    """Collects addresses of images (with their size, or "hidden", before them), addresses and words of links, what is read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.images: list[str] = []
        self.links: list[str] = []
        self.labels: list[str] = []
        self._label: list[str] | None = None  #: the words so far of the link that stands open
        self._read: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes of every element, whatever its name: a background or a poster fetches as well as an image does."""
        said = {name: value or "" for name, value in attrs}
        style = said.get("style", "")
        for name in ("src", "background", "poster"):
            if said.get(name):
                self.images.append(_image(said, style) + said[name].strip())
        for candidate in said.get("srcset", "").split(","):
            if candidate.strip():
                self.images.append(_image(said, style) + candidate.split()[0])
        self.images += _STYLE_URL.findall(style)
        if href := said.get("href", "").strip():
            (self.images if tag == "link" else self.links).append(href)
            if href.lower().startswith(_DIALS):
                self._read.append(href.partition(":")[2])
            if tag == "a" and href.lower().startswith(_PAGES):
                self._label = []
        for name in ("alt", "title", "aria-label"):
            self._read.append(said.get(name, ""))
        if self._label is not None and tag == "img":
            self._label.append(said.get("alt", ""))
        if tag in _UNREAD:
            self._unread += 1

    def handle_endtag(self, tag: str) -> None:
        """What stands inside a style or a script is not read; a link is whole."""
        if tag == "a" and self._label is not None:
            self.labels.append(" ".join("".join(self._label).split()))
            self._label = None
        if tag in _UNREAD and self._unread:
            self._unread -= 1

    def handle_data(self, data: str) -> None:
        """Text, or the rules of a style sheet, which may fetch images too."""
        if self._unread:
            self.images += _STYLE_URL.findall(data)
        else:
            self._read.append(data)
            if self._label is not None:
                self._label.append(data)

    def text(self) -> tuple[str, str]:
        """What is read, joined twice: as it flows, since a number may be cut by markup, and piece by piece."""
        return "".join(self._read), "\n".join(self._read)


def _image(said: dict[str, str], style: str) -> str:
    """What the marks see before the address of an image: "1x1 ", "hidden " or nothing."""
    if "hidden" in said or _HIDDEN.search(style):
        return "hidden "
    styled = {name.lower(): size for name, size in _SIZE.findall(style)}
    width, height = (styled.get(name) or said.get(name, "").strip().removesuffix("px") for name in ("width", "height"))
    width, height = (size if size.isdigit() else "" for size in (width, height))
    return f"{width}x{height} " if width or height else ""

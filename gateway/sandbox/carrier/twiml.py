"""TwiML as a telephone hears it: the few verbs that a recorded call needs, read step by step."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

_DOCUMENTS_MAX = 20
#: How fast a voice reads.
_CHARACTERS_PER_SECOND = 15


class BadTwiml(Exception):
    """The document is not one the provider would run (its error 12100 or 12200)."""


@dataclass(slots=True, kw_only=True)
class Listener:
    """Whoever is at the other end."""

    hear: Callable[[str], None]
    #: Asked while a question is read and stands, for so many seconds at most: the keys pressed, "" for none.
    press: Callable[[float], str]
    #: Fetches the next document: (address, keys pressed or None).
    fetch: Callable[[str, str | None], bytes]


@dataclass(slots=True)
class _Script:
    listener: Listener
    documents: int = field(default=0)

    def run(self, url: str, document: bytes) -> None:
        while True:
            self.documents += 1
            if self.documents > _DOCUMENTS_MAX:
                raise BadTwiml("documents lead in a circle")
            following = self._one(url, document)
            if following is None:
                return
            url, document = following

    def _one(self, url: str, document: bytes) -> tuple[str, bytes] | None:
        for verb in _verbs(document):
            match verb.tag:
                case "Say" | "Play" | "Pause":
                    self._speak(verb)
                case "Gather":
                    for inner in verb:
                        self._speak(inner)
                    read = sum(len(inner.text or "") for inner in verb) / _CHARACTERS_PER_SECOND
                    digits = self.listener.press(read + float(verb.get("timeout", "5")))
                    if digits or verb.get("actionOnEmptyResult") == "true":
                        action = urljoin(url, verb.get("action", url))
                        return action, self.listener.fetch(action, digits)
                case "Redirect":
                    action = urljoin(url, (verb.text or "").strip())
                    return action, self.listener.fetch(action, None)
                case "Hangup" | "Reject":
                    return None
                case _:
                    raise BadTwiml(f"<{verb.tag}> is not a verb this carrier knows")
        return None

    def _speak(self, verb: ET.Element) -> None:
        match verb.tag:
            case "Say":
                self.listener.hear(" ".join((verb.text or "").split()))
            case "Play":
                self.listener.hear(f"[{(verb.text or '').strip()}]")
            case "Pause":
                pass
            case _:
                raise BadTwiml(f"<{verb.tag}> cannot stand in a question")


def run(url: str, document: bytes, listener: Listener) -> None:
    """Let a telephone hear a document, and those it leads to, until the call ends. Raises BadTwiml."""
    _Script(listener).run(url, document)


def _verbs(document: bytes) -> list[ET.Element]:
    try:
        root = ET.fromstring(document)  # noqa: S314  # our own pages, on this machine
    except ET.ParseError as fault:
        raise BadTwiml("not well-formed XML") from fault
    if root.tag != "Response":
        raise BadTwiml(f"<{root.tag}> where <Response> should stand")
    return list(root)

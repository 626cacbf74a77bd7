"""What every kind of message is to the gate: compiled once for a campaign, varied by duties, filled for one person."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

from gateway.domain.channel import Encoding
from gateway.render.fields import PersonFields


class Filled(Protocol):
    """A message that lacks only its recipient."""

    def payload(self, person: PersonFields, encoding: Encoding) -> bytes:
        """The bytes for one person. Same arguments, same bytes. Raises RenderFault."""


@dataclass(frozen=True, kw_only=True)
class Compiled(ABC):
    """A checked message under the installation's own mentions."""

    content_hash: str  #: SHA-256, hex, of all that decides what recipients read or hear
    content_bytes: bytes = field(repr=False)  #: all that decides it, as JSON: the same for everybody, of nobody
    notice_version: str  #: SHA-256, hex, of the mentions
    notice_bytes: bytes = field(repr=False)  #: the mentions themselves
    elements: frozenset[str]  #: elements it can carry; a verdict that asks for another is a refusal
    flags: frozenset[str]  #: what it holds that rules may look at ("remote_image")
    bare_placeholders: frozenset[str] = frozenset()  #: fields written without words for people who have none
    subject: str = ""  #: as written; empty where there is none
    html: str = ""  #: of the body alone, placeholders shown as written; empty where there is none
    text: str  #: the author's words, placeholders shown as written

    @abstractmethod
    def variant(self, duties: frozenset[str]) -> Filled:
        """The message carrying these duties and no other element. Raises RenderFault for a duty that is not offered."""

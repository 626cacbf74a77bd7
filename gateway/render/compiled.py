"""What every kind of message is to the gate: compiled once for a campaign, varied by duties, filled for one person."""

from __future__ import annotations

from typing import Protocol

from gateway.domain.channel import Encoding
from gateway.render.fields import PersonFields


class Filled(Protocol):
    """A message that lacks only its recipient."""

    def payload(self, person: PersonFields, encoding: Encoding) -> bytes:
        """The bytes for one person. Same arguments, same bytes. Raises RenderFault."""
        ...


class Compiled(Protocol):
    """A checked message under the installation's own mentions."""

    @property
    def content_hash(self) -> str:
        """SHA-256, hex, of all that decides what recipients read or hear."""
        ...

    @property
    def content_bytes(self) -> bytes:
        """All that decides it, as JSON: what `content_hash` is the hash of. The same for everybody, of nobody."""
        ...

    @property
    def notice_version(self) -> str:
        """SHA-256, hex, of the mentions."""
        ...

    @property
    def notice_bytes(self) -> bytes:
        """The mentions: what `notice_version` is the hash of."""
        ...

    @property
    def elements(self) -> frozenset[str]:
        """Elements it can carry; a verdict that asks for another is a refusal."""
        ...

    @property
    def flags(self) -> frozenset[str]:
        """What it holds that rules may look at."""
        ...

    @property
    def bare_placeholders(self) -> frozenset[str]:
        """Fields written without words for people who have none."""
        ...

    @property
    def subject(self) -> str:
        """Subject as written; empty where there is none."""
        ...

    @property
    def html(self) -> str:
        """The body as HTML; empty where there is none."""
        ...

    @property
    def text(self) -> str:
        """The author's words."""
        ...

    def variant(self, duties: frozenset[str]) -> Filled:
        """The message carrying these duties and no other element. Raises RenderFault for a duty that is not offered."""
        ...

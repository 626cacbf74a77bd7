"""The words of the notices of text messages, from a versioned file of each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from gateway.domain.contact import OriginKind
from gateway.domain.errors import RenderFault
from gateway.domain.language import Language
from gateway.render.tables import read_table

_SECTIONS = {
    "opening": ("later", "first"),
    "elements": ("origin", "notice-link"),
    "stop": ("number", "link"),
}


@dataclass(frozen=True, slots=True)
class SmsNotices:
    """One language, read once: what was hashed is what is rendered, even if the file changes later."""

    version: str  #: SHA-256, hex, of the file
    raw: bytes = field(repr=False)  #: the file
    _words: Mapping[str, Mapping[str, str]]

    def opening(self, which: str, words: Mapping[str, str]) -> str:
        """How a text begins: "first" or "later"."""
        return self._filled("opening", which, words)

    def element(self, name: str, words: Mapping[str, str]) -> str:
        """One element by the id that duties name it by."""
        return self._filled("elements", name, words)

    def stop(self, how: str, words: Mapping[str, str]) -> str:
        """How to object: by a "number", or a "link"."""
        return self._filled("stop", how, words)

    def origin(self, kind: OriginKind | None) -> str:
        """Where a number comes from, in few words. Raises RenderFault when nobody can say."""
        if kind is None or kind not in self._words["origin"]:
            raise RenderFault(f"l’origine du numéro ne peut être dite en peu de mots ({kind or 'inconnue'})")
        return self._words["origin"][kind]

    @property
    def longest_origin(self) -> str:
        """What a text is measured with."""
        return max(self._words["origin"].values(), key=len, default="")

    def _filled(self, section: str, name: str, words: Mapping[str, str]) -> str:
        try:
            return self._words[section][name].format_map(words)
        except (KeyError, ValueError, IndexError) as fault:
            raise RenderFault(f"mention « {section}.{name} » des SMS illisible : {fault}") from fault


def read_notices(templates: Path, language: Language) -> SmsNotices:
    """The notices of one language. Raises RenderFault naming the file and the key."""
    path = templates / "notices" / "sms" / f"{language}.toml"
    words, raw = read_table(path)
    for section, names in _SECTIONS.items():
        for name in names:
            if not isinstance(words.get(section, {}).get(name), str):
                raise RenderFault(f"notices/sms/{path.name} : il manque {section}.{name}")
    if odd := sorted(set(words.get("origin", {})) - set(OriginKind)):
        raise RenderFault(f"notices/sms/{path.name} : origin.{odd[0]} n’est pas une origine")
    return SmsNotices(sha256(raw).hexdigest(), raw, {"origin": {}, **words})

"""A remark told apart into its parts, and a text into its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from gateway.compliance.folding import bare

_FOLDED = re.compile(r"[a-z0-9]+")
#: What parts a remark: « ok mail, pas de texto ».
_PARTS = re.compile(r"[,;./&+()\n]|\bmais\b|\s[-–—]\s")
#: Words cut short, whose full stop ends nothing: « tél. seulement ».
_CUT_SHORT = re.compile(r"\b(t[ée]l|port|mob)\.", re.IGNORECASE)


def parts(remark: str) -> list[str]:
    """The parts of a remark, each of which says one thing."""
    return _PARTS.split(_CUT_SHORT.sub(r"\1 ", remark))


def folded(text: str) -> list[str]:
    """Its words, without case, accents and marks."""
    return _FOLDED.findall(bare(text))


def apart(words: list[str], at_any_of: Collection[str]) -> tuple[list[str], list[str]]:
    """The words before the first of some, and those behind it."""
    cut = next((at for at, word in enumerate(words) if word in at_any_of), len(words))
    return words[:cut], words[cut + 1 :]

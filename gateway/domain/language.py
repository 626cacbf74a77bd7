"""The languages that people are written to in."""

from __future__ import annotations

from typing import Literal

from gateway.domain.errors import InvalidInput

Language = Literal["fr", "en"]


def spoken_by(language: str | None) -> Language:
    """The language to write to somebody in: hers where it is one of ours, else French."""
    return "en" if language == "en" else "fr"


def read_language(text: str) -> Language:
    """The language that somebody named. Raises InvalidInput for one that is not ours."""
    if text not in ("fr", "en"):
        raise InvalidInput(f"langue : « {text} » ; choisissez fr ou en")
    return spoken_by(text)

"""The languages that people are written to in."""

from __future__ import annotations

from typing import Literal

Language = Literal["fr", "en"]


def spoken_by(language: str | None) -> Language:
    """The language to write to somebody in: hers where it is one of ours, else French."""
    return "en" if language == "en" else "fr"

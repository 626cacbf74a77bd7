"""Catalogues of translations: a .po file beside the face that speaks, compiled when it is first asked for."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations


@cache
def compiled(source: Path, language: str) -> NullTranslations:
    """The catalogue of a .po file; a sentence that it does not hold is said as it stands in the sources."""
    written = BytesIO()
    with source.open("rb") as file:
        write_mo(written, read_po(file, locale=language))
    written.seek(0)
    return Translations(written)

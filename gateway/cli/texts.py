"""Texts that people wrote into files of their own."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.domain.errors import InvalidInput, system_says

#: What can only be meant as the name of a file: it begins as a path does, or ends as texts are called.
_FILE_NAME = re.compile(r"(?:~|\.{0,2}/)[^\n]*|[^\n]*\.(?:txt|md|markdown|text|docx?|odt|rtf)", re.IGNORECASE)


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, with or without its mark. Raises InvalidInput, with what to do."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InvalidInput(f"{path} : ce fichier n’est pas un texte en UTF-8 ; enregistrez-le ainsi, puis recommencez") from fault
    except OSError as fault:
        raise InvalidInput(f"{path} : illisible ({system_says(fault)})") from fault


def words_of(option: str) -> str:
    """The words of an option: of the file it names, when there is one. Raises InvalidInput when that file is not there: its name
    must not leave in place of what it holds."""
    try:
        named = bool(option) and Path(option).is_file()
    except (OSError, ValueError):
        named = False  # too long to be the name of a file, or not one
    if not named and _FILE_NAME.fullmatch(option.strip()):
        raise InvalidInput(
            f"le fichier « {option.strip()} » n’existe pas : vérifiez le nom, et le dossier d’où vous lancez la commande"
        )
    return (text_of(Path(option)) if named else option).strip()

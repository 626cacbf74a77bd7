"""A command that was mistyped, in one French sentence: what is wrong with it and what to type. Typer would frame English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    ClickException,
    MissingParameter,
    NoSuchOption,
    UsageError,
)

from gateway.cli.choices import shown
from gateway.cli.help_page import called, examples

#: What Typer says and keeps nowhere else.
_COMMAND = re.compile(r"No such command ['\"](.*?)['\"](?:\. Did you mean (.*)\?)?\.?$")
_EXTRA = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)$", re.DOTALL)
_PATH = re.compile(r"(?:file|dir|path) '(.*)' (does not exist|is a file|is a directory|is not readable|is not writable)\.$")
_VALUE = re.compile(r"'(.*?)' (?:is not one of|does not match) ")
#: A day as people write it, whatever follows it: year, month, day; or day, month, year.
_DAY = re.compile(r"(?:(\d{4})-(\d\d?)-(\d\d?)|(\d\d?)/(\d\d?)/(\d{4}))(?!\d)")
_PATHS = {
    "does not exist": "n’existe pas : vérifiez le nom, et le dossier d’où vous lancez la commande",
    "is a file": "est un fichier : donnez un dossier",
    "is a directory": "est un dossier : donnez un fichier",
    "is not readable": "ne se laisse pas lire : demandez-en le droit, ou donnez un autre nom",
    "is not writable": "ne se laisse pas écrire : demandez-en le droit, ou donnez un autre nom",
}


def sentence(fault: ClickException) -> str:
    """What is wrong with a command, and what to do; the words of Typer where it says what nobody foresaw."""
    path = fault.ctx.command_path if isinstance(fault, UsageError) and fault.ctx is not None else "gateway"
    match fault:
        case NoSuchOption(option_name=name, possibilities=alike):
            return _unknown(f"{path} n’a pas d’option « {name} »", " ou ".join(_alike(name, alike or ())), path)
        case MissingParameter(param=param) if param is not None:
            return f"il manque {called(param)} : {_wanted(param) or f'{path} --help dit ce que c’est'}"
        case BadParameter(param=param, message=said) if param is not None:
            return f"{called(param)} : {_unfit(param, said) or f'{path} --help dit ce qui convient'}"
        case BadParameter(message=said):  # ours, in French
            return said
        case BadOptionUsage(option_name=name, message=said):
            if "requires" in said:
                return f"l’option {name} attend une valeur : écrivez-la après elle"
            return f"l’option {name} n’attend pas de valeur : écrivez {name} seul"
        case UsageError(message=said) if found := _COMMAND.match(said):
            return _unknown(f"{path} n’a pas de commande « {found[1]} »", (found[2] or "").replace("'", ""), path)
        case UsageError(message=said) if found := _EXTRA.match(said):
            return f"« {found[1]} » est de trop : mettez entre guillemets un texte de plusieurs mots ; {path} --help dit le reste"
    return fault.format_message()


def _alike(name: str, options: Sequence[str]) -> list[str]:
    """Options that are like a name by their letters: the dashes, which all of them share, make none alike."""
    letters = {one.lstrip("-"): one for one in options}
    return [letters[one] for one in get_close_matches(name.lstrip("-"), letters, n=2)]


def _unknown(what: str, alike: str, path: str) -> str:
    return f"{what} : vouliez-vous dire {alike} ?" if alike else f"{what} ; {path} --help montre ce qu’il y a"


def _unfit(param: Any, said: str) -> str:
    """What is wrong with a value, and which would do."""
    if found := _PATH.search(said):
        there = _alike_there(Path(found[1])) if found[2] == "does not exist" else ""
        return f"« {found[1]} » n’existe pas : vouliez-vous dire « {there} » ?" if there else f"« {found[1]} » {_PATHS[found[2]]}"
    found, wanted = _VALUE.search(said), _wanted(param)
    if found is None or not wanted:
        return wanted
    if alike := get_close_matches(found[1].casefold(), [_value(one) for one in param.type_descriptor.choices or ()], n=1):
        return f"« {found[1]} » ne convient pas : vouliez-vous dire {alike[0]} ?"
    if param.type_descriptor.is_datetime and _no_day(found[1]):
        return f"« {found[1]} » n’est pas un jour du calendrier ; {wanted}"
    return f"« {found[1]} » ne convient pas ; {wanted}"


def _alike_there(path: Path) -> str:
    """What is called nearly so in the same folder; empty when nothing is, or the folder cannot be looked at."""
    with suppress(OSError):
        alike = get_close_matches(path.name, [one.name for one in path.parent.iterdir()], n=1, cutoff=0.75)
        return str(path.with_name(alike[0])) if alike else ""
    return ""


def _no_day(text: str) -> bool:
    """Whether a day is written as it should be and yet does not exist, as 31 November: its form is not what is wrong."""
    written = _DAY.match(text)
    if written is None:
        return False
    year, month, day = written.group(1, 2, 3) if written[1] else written.group(6, 5, 4)
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return True
    return False


def _wanted(param: Any) -> str:
    """Which values would do; empty when any text does."""
    kind = param.type_descriptor
    if kind.choices is not None:
        return f"choisissez parmi {', '.join(map(_choice, kind.choices))}"
    if kind.is_datetime:
        return f"écrivez la date ainsi : {' ou '.join(examples(kind.parameter_info.formats))}"
    if kind.is_path:
        return f"donnez le nom d’un {'dossier' if kind.path_type == 'dir' else 'fichier'}"
    if kind.annotation in (int, float):
        return f"donnez un nombre{' entier' if kind.annotation is int else ''}{_bounds(kind.parameter_info)}"
    return "donnez un nom" if param.metavar == "NAME" else ""


def _value(one: Any) -> str:
    return str(getattr(one, "value", one))


def _choice(one: object) -> str:
    """A value as it is typed, and what it means where that is another word."""
    value = _value(one)
    meant = shown(one) if isinstance(one, StrEnum) else value
    return value if meant.casefold() == value else f"{value} ({meant})"


def _bounds(limits: Any) -> str:
    match limits.min, limits.max:
        case None, None:
            return ""
        case least, None:
            return f" d’au moins {least}"
        case None, most:
            return f" d’au plus {most}"
    return f" de {limits.min} à {limits.max}"

"""Closed sets on the command line: a choice is typed as its code or in the French words it is shown with."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from gateway.cli.words import said


def shown(one: StrEnum) -> str:
    """A choice in French, without what explains it in brackets."""
    return said(one).partition(" (")[0]


def understood(param: Any) -> None:
    """Let a parameter take the French words of its choices. Codes mean what they meant; a word of two choices means neither."""
    choices = [one for one in param.type_descriptor.choices or () if isinstance(one, StrEnum)]
    if not choices:
        return
    process = param.process_value

    def in_french(ctx: Any, value: Any) -> object:
        if isinstance(value, list | tuple):
            return process(ctx, type(value)(_code(one, choices) for one in value))
        return process(ctx, _code(value, choices))

    param.process_value = in_french


def _code(typed: Any, choices: Iterable[StrEnum]) -> Any:
    if not isinstance(typed, str) or any(typed == one.value for one in choices):
        return typed
    words = [(_plain(shown(one)), one.value) for one in choices]
    often = Counter(word for word, _ in words)
    return next((code for word, code in words if word == _plain(typed) and often[word] == 1), typed)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(mark for mark in folded if not unicodedata.combining(mark)).split())

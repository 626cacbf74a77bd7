"""What the model finds wrong with a value, in French: its own words are English, and no volunteer asked for a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WHOLE, _NUMBER, _TEXT = "donnez un nombre entier", "donnez un nombre", "donnez un texte entre guillemets"
_DAY = "donnez un jour, écrit ainsi : 2027-03-15"
_SAID = {
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "decimal_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "greater_than_equal": "donnez au moins {ge:g}",
    "greater_than": "donnez plus de {gt:g}",
    "less_than_equal": "donnez au plus {le:g}",
    "string_type": _TEXT,
    "path_type": _TEXT,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "tuple_type": 'donnez une liste, écrite ainsi : ["a", "b"]',
    "dict_type": "donnez une table",
    "literal_error": "choisissez {expected}",
    "enum": "choisissez {expected}",
    "value_error": "{error}",
}


def in_french(fault: Mapping[str, Any]) -> str:
    """What to do about one fault of a ValidationError; its own words where nobody foresaw it."""
    told = _SAID.get(fault["type"])
    if told is None:
        return str(fault["msg"])
    context = dict(fault.get("ctx", {}))
    if "expected" in context:
        context["expected"] = context["expected"].replace("'", "").replace(" or ", " ou ")
    return told.format(**context)

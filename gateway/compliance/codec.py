"""Facts as bytes: what the journal keeps of a decision, and what a replay reads back."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from gateway.compliance.facts import Facts
from gateway.domain.errors import InvalidInput

#: Type of each field of Facts.
FACT_TYPES = get_type_hints(Facts)
_FIELDS = tuple(field.name for field in fields(Facts) if field.name != "at")
#: Facts that came later: left out while they say nothing, so that what was written before reads, and hashes, as it did.
_LATER = {
    field.name: field.default
    for field in fields(Facts)
    if field.name in ("sender", "hours", "network", "signing_up", "nothing_afterwards")
}


def facts_to_json(facts: Facts) -> bytes:
    """Canonical bytes without `at`: keys sorted, no space, UTF-8; equal facts give equal bytes."""
    content: dict[str, object] = {name: getattr(facts, name) for name in _FIELDS}
    for name, nothing in _LATER.items():
        if content[name] == nothing:
            del content[name]
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def facts_from_json(text: bytes, at: datetime) -> Facts:
    """The facts that `facts_to_json` wrote, at an instant given apart.

    Raises InvalidInput naming the key: for a missing or unknown key, a value outside its closed set, or bytes that are not JSON.
    """
    try:
        content = json.loads(text)
    except ValueError as fault:
        raise InvalidInput(f"ces faits ne peuvent pas être lus : {fault}") from fault
    if not isinstance(content, dict):
        raise InvalidInput("ces faits ne peuvent pas être lus : on attend un objet JSON")
    content = {**_LATER, **content}
    if odd := set(content).symmetric_difference(_FIELDS):
        raise InvalidInput(f"ces faits ne peuvent pas être lus : clés inconnues ou manquantes {', '.join(sorted(odd))}")
    return Facts(at=at, **{name: read_value(name, FACT_TYPES[name], value) for name, value in content.items()})


def read_value(name: str, hint: object, value: object) -> Any:
    """A value of a type of facts from its JSON or TOML form: an enum, a tuple of such, text, number, truth value or none.

    Raises InvalidInput naming the key, for anything else and for a value outside its closed set.
    """
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if isinstance(value, str) and value in set(hint):
            return hint(value)
        raise InvalidInput(f"{name}: « {value} » n’est pas admis ; on attend {', '.join(hint)}")
    if get_origin(hint) is tuple:
        if not isinstance(value, (list, tuple)):
            raise InvalidInput(f"{name}: il faut une liste, pas « {value} »")
        return tuple(read_value(name, get_args(hint)[0], item) for item in value)
    options = get_args(hint) or (hint,)
    if type(value) in options:
        return value
    raise InvalidInput(f"{name}: « {value} » n’est pas une valeur admise")

"""Where settings come from: config.toml, credentials, the environment. Each value keeps the place it was found at.

Reads, and nothing else: what was read is checked against the keys that exist, and every fault is collected, so that all of them
can be told at once. A fault never repeats a value: it may be a secret.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from gateway.domain.errors import system_says
from gateway.domain.unreadable import what_is_wrong

_FILE_SUFFIX = "_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key that may be set, by its dotted name."""

    name: str
    secret: bool  #: may come from a file, and is never shown
    container: type | None  #: tuple or dict when the value is a list or a table


@dataclass(frozen=True, slots=True)
class Given:
    """A value somebody gave, and where: "config.toml:12", "GATEWAY_WEB__PORT"."""

    value: object
    where: str


@dataclass(slots=True)
class Reading:
    """What the sources gave so far, by dotted name (a later source wins), and every fault met."""

    keys: Mapping[str, Key]
    given: dict[str, Given] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def unknown(self, where: str, name: str, spelling: Mapping[str, str] | None = None) -> None:
        """Note a key that does not exist, with the nearest that does, spelt as in that source."""
        known = spelling or {key: key for key in self.keys}
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        advice = f"vouliez-vous dire {nearest[0]} ?" if nearest else "ôtez-la ; le config.toml du projet montre celles qu’il y a"
        self.faults.append(f"{where} : {name} : cette clé n’existe pas ; {advice}")

    def nested(self) -> dict[str, object]:
        """The values as nested tables, ready for the model."""
        root: dict[str, Any] = {}
        for name, given in self.given.items():
            *tables, last = name.split(".")
            table = root
            for part in tables:
                table = table.setdefault(part, {})
            table[last] = given.value
        return root


def keys_of(model: type[BaseModel], prefix: str = "") -> dict[str, Key]:
    """Every key of a model and of its tables, by dotted name."""
    keys: dict[str, Key] = {}
    for name, declared in model.model_fields.items():
        kind = declared.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys |= keys_of(kind, f"{prefix}{name}.")
        else:
            keys[prefix + name] = _key(prefix + name, declared)
    return keys


def read_toml(file: Path, reading: Reading) -> None:
    """Read a configuration file; a fault names its line."""
    try:
        text = file.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as fault:
        reading.faults.append(f"{file} : illisible ({_why(fault)})")
        return
    except tomllib.TOMLDecodeError as fault:
        line, says = what_is_wrong(text, fault)
        reading.faults.append(f"{file}:{line} : {says}")
        return
    lines = _toml_lines(text)
    _read_tables(content, reading, lambda name: f"{file}:{lines[name]}" if name in lines else str(file))


def read_mapping(values: Mapping[str, object], reading: Reading) -> None:
    """Take values given by the program itself: keys, and tables as mappings."""
    _read_tables(values, reading, lambda _name: "donné par le programme")


def read_credentials(directory: Path, reading: Reading) -> None:
    """Read the secrets a service manager laid out, one file per key, named as it (systemd: LoadCredential=smtp.password:…)."""
    for key in reading.keys.values():
        file = directory / key.name
        if key.secret and file.is_file():
            _read_secret_file(file, str(file), key, reading)


def read_environment(environment: Mapping[str, str], prefix: str, own: frozenset[str], reading: Reading) -> None:
    """Read PREFIX_TABLE__KEY variables, and PREFIX_TABLE__KEY_FILE for secrets; `own` names variables that are no keys."""
    spelling = {prefix + name.upper().replace(".", "__"): name for name in reading.keys}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(prefix) or variable in own:
            continue
        name = spelling.get(variable)
        by_value = variable.removesuffix(_FILE_SUFFIX)
        target = reading.keys.get(spelling.get(by_value, ""))
        if name is not None:
            _read_variable(variable, text, reading.keys[name], reading)
        elif target is None or not target.secret:
            reading.unknown("environnement", variable, spelling)
        elif by_value in environment:
            reading.faults.append(f"{variable} : {target.name} est donné aussi par sa valeur ; gardez l’un des deux")
        else:
            _read_secret_file(Path(text), variable, target, reading)


def _why(fault: OSError | UnicodeDecodeError) -> str:
    return system_says(fault) if isinstance(fault, OSError) else "ce n’est pas un texte en UTF-8"


def _key(name: str, declared: FieldInfo) -> Key:
    origin = get_origin(declared.annotation)
    container = origin if origin in (tuple, dict) else None
    return Key(name=name, secret=declared.annotation is SecretStr or not declared.repr, container=container)


def _read_tables(tables: Mapping[str, object], reading: Reading, where_is: Callable[[str], str]) -> None:
    for name, value in _flattened(tables, reading.keys):
        if name in reading.keys:
            reading.given[name] = Given(value, where_is(name))
        elif any(key.startswith(f"{name}.") for key in reading.keys):
            reading.faults.append(f"{where_is(name)} : {name} : c’est une table, et non une valeur ; ses clés sont {name}.…")
        else:
            reading.unknown(where_is(name), name)


def _flattened(table: Mapping[str, Any], keys: Mapping[str, Key], prefix: str = "") -> Iterator[tuple[str, object]]:
    for part, value in table.items():
        name = prefix + part
        is_table = isinstance(value, Mapping) and any(key.startswith(f"{name}.") for key in keys)
        if is_table:
            yield from _flattened(value, keys, f"{name}.")
        else:
            yield name, value


def _toml_lines(text: str) -> dict[str, int]:
    """Line of each key and table, by dotted name; only for messages, so that what it cannot see is simply not there."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare.startswith("[") and "=" not in bare:
            table = bare.strip("[] \t") + "."
            lines.setdefault(table[:-1], number)
        elif "=" in bare and not bare.startswith("#"):
            name = bare.partition("=")[0].strip().strip("\"'")
            lines.setdefault(table + name, number)
    return lines


def _read_variable(variable: str, text: str, key: Key, reading: Reading) -> None:
    if key.container is None:
        reading.given[key.name] = Given(text, variable)
    elif key.container is tuple and not text.lstrip().startswith("["):
        reading.given[key.name] = Given([part.strip() for part in text.split(",") if part.strip()], variable)
    else:
        try:
            reading.given[key.name] = Given(json.loads(text), variable)
        except ValueError:
            example = '["a", "b"] ou a,b' if key.container is tuple else '{"orange.fr": 5}'
            reading.faults.append(f"{variable} : {key.name} : ce n’est pas du JSON ; écrivez {example}")


def _read_secret_file(file: Path, where: str, key: Key, reading: Reading) -> None:
    try:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as fault:
        reading.faults.append(f"{where} : {key.name} : le fichier {file} est illisible ({_why(fault)})")
        return
    if secret:
        reading.given[key.name] = Given(secret, where)
    else:
        reading.faults.append(f"{where} : {key.name} : le fichier {file} est vide ; écrivez-y le secret")

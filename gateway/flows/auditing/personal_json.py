"""The JSON of one person's file, written as it is told: constant memory, however many messages there are."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

_INDENT = b"\n    "


class _Items:
    """Values of a list, one after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._before = file, b""

    def add(self, value: Mapping[str, object]) -> None:
        self._file.write(self._before + _INDENT + _json(value).replace(b"\n", _INDENT))
        self._before = b","


class Telling:
    """Takes parts of a file: messages go into it, entries of the journal wait beside it until all messages are there."""

    def __init__(self, file: IO[bytes], beside: IO[bytes]) -> None:
        self._messages, self._entries = _Items(file), _Items(beside)

    def take(self, part: Mapping[str, Any]) -> None:
        """The next messages and entries. An entry goes by its bytes alone, so that whoever reads the file can hash them."""
        for one in part["messages"]:
            self._messages.add(one)
        for one in part["entries"]:
            self._entries.add({name: value for name, value in one.items() if name != "entry"})


@contextmanager
def written_json(path: Path, head: Mapping[str, object]) -> Iterator[Telling]:
    """A new file, mode 0600. head: what is told once, before messages and entries."""
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as file, tempfile.TemporaryFile() as beside:
        file.write(_json(head).removesuffix(b"\n}") + b',\n  "messages": [')
        yield Telling(file, beside)
        file.write(b'\n  ],\n  "entries": [')
        beside.seek(0)
        shutil.copyfileobj(beside, file)
        file.write(b"\n  ]\n}\n")


def _json(value: Mapping[str, object]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)

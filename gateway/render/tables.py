"""Files of sentences that a team may change: notices of texts and calls, letters, wordings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from gateway.domain.errors import RenderFault


def read_table(path: Path) -> tuple[Mapping[str, Any], bytes]:
    """What a TOML file holds, and its very bytes, as they are now: read again when it was changed.

    Raises RenderFault naming the file and what is wrong with it.
    """
    try:
        seen = path.stat()
        return _as_of(path, seen.st_mtime_ns, seen.st_size)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise RenderFault(f"{path} : illisible ({fault})") from fault


@lru_cache(maxsize=64)
def _as_of(path: Path, _changed_ns: int, _size: int) -> tuple[Mapping[str, object], bytes]:
    raw = path.read_bytes()
    return tomllib.loads(raw.decode()), raw

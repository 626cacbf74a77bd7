"""Where the sandbox keeps what it takes: a disk that refuses is told in a sentence, as for the rest of var_dir."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.domain.errors import InvalidSettings, system_says


def opened(file: Path) -> sqlite3.Connection:
    """A file of the sandbox: it survives a killed process; a power cut may cost it what came last."""
    db = sqlite3.connect(file, isolation_level=None, timeout=10, check_same_thread=False)
    db.execute("PRAGMA synchronous = OFF")
    return db


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Raises InvalidSettings where a file of the sandbox cannot be made, or opened, in there."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as fault:
        why = system_says(fault) if isinstance(fault, OSError) else str(fault)
        raise InvalidSettings(
            f"var_dir : impossible d’écrire dans {folder} ({why}) ; faites-y de la place, ou nommez un autre dossier"
        ) from fault

"""A file that is made for somebody to take away: new, readable to whoever made it alone, whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gateway.domain.errors import InvalidInput, system_says


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A new file, mode 0600; taken away again by whatever ends its writing, Ctrl-C or a full disk included.

    Raises InvalidInput when the file exists or cannot be written. What must be on disk before something else counts is flushed.
    """
    try:
        file = path.open("xb")
    except FileExistsError as fault:
        raise InvalidInput(f"{path} existe déjà : choisissez un autre nom") from fault
    except OSError as fault:
        raise InvalidInput(f"{path} : impossible d’y écrire ({system_says(fault)})") from fault
    try:
        with writing(path), file:
            path.chmod(0o600)
            yield file
    except BaseException:  # half an export must not stay
        path.unlink(missing_ok=True)
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Whatever the system refuses within is said of this file or folder. Raises InvalidInput."""
    try:
        yield
    except OSError as fault:
        raise InvalidInput(f"{path} : impossible d’y écrire ({system_says(fault)})") from fault

"""Whether the file of a SQLite database is still the one that was opened.

A folder that is synchronised between machines, or a backup that is put back under a running process, exchanges the file: the
process would go on writing to one that nobody can name any more, and whoever objected would be told that it is noted.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from gateway.domain.errors import StoreUnavailable


class SameFile:
    """The file that one engine opened first, by its number on the disk."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).absolute()
        self._opened: tuple[int, int] | None = None

    def opened(self, _connection: object, _record: object) -> None:
        """A connection was opened: the first one tells which file it is."""
        if self._opened is None:
            self._opened = self._there()

    def require(self, _connection: Connection) -> None:
        """A transaction begins. Raises StoreUnavailable when another file stands there, or none: nothing is written then."""
        if self._there() != self._opened:
            raise StoreUnavailable(
                f"le fichier de la base, {self._path}, a été remplacé, déplacé ou effacé pendant que ce programme l’utilisait "
                "(dossier synchronisé ? sauvegarde remise ?) : rien n’y est plus écrit. Sortez-le de tout dossier synchronisé, "
                "arrêtez tout, remettez le bon fichier, puis relancez (docs/operations.md)"
            )

    def _there(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

"""The mails the sandbox keeps: one SQLite file, written by the mailbox, read by anybody on this machine."""

from __future__ import annotations

import email.policy
import re
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from pathlib import Path

from gateway.domain.errors import NotFound
from gateway.sandbox.folder import opened, writable

FILE_NAME = "mails.sqlite3"
LIST_MAX = 1000
_HEADERS_READ = 16 * 1024  #: octets of a mail looked at for its subject
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]{1,500}>)", re.IGNORECASE | re.MULTILINE)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY,
    received_at TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS mail_recipient ON mail (recipient);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one recipient, as the envelope said and as the list shows it."""

    id: int
    received_at: datetime  #: aware, UTC
    sender: str  #: return path, "" when empty
    recipient: str
    message_id: str  #: with its angle brackets, "" when it has none
    subject: str
    size: int  #: octets


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail to one recipient, just received."""

    received_at: datetime
    sender: str
    recipient: str
    content: bytes


class KeptMails:
    """Mails under a folder. One process writes; any thread or process may read while it does.

    A mail acknowledged survives the death of the process, not that of the machine: it is a sandbox.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME
        with writable(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
            with closing(opened(self._file)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_SCHEMA)
        self._writer: sqlite3.Connection | None = None

    def add(self, arrivals: Sequence[Arrival]) -> int:
        """Keep them all or none; returns the id of the first, the others follow. One thread at a time."""
        if self._writer is None:
            self._writer = opened(self._file)
        db = self._writer
        db.execute("BEGIN IMMEDIATE")
        with db:
            first: int = db.execute("SELECT coalesce(max(id), 0) + 1 FROM mail").fetchone()[0]
            db.executemany(
                "INSERT INTO mail (id, received_at, sender, recipient, message_id, content) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (number, each.received_at.isoformat(), each.sender, each.recipient, message_id(each.content), each.content)
                    for number, each in enumerate(arrivals, first)
                ],
            )
        return first

    def forget(self, recipients: Collection[str], references: Collection[str] = ()) -> int:
        """Erase every mail to these people, that names one of their addresses, or that has one of these Message-IDs' left parts.

        Returns how many went; the file is then written anew, so that nothing is left in it.
        """
        with closing(opened(self._file)) as db:
            db.execute("PRAGMA secure_delete = ON")
            wanted = {one.lower() for one in recipients}
            gone = [
                number
                for number, to, content in db.execute("SELECT id, recipient, content FROM mail")
                if to.lower() in wanted
                or any(one.encode() in content.lower() for one in wanted)
                or any(f"<{one}@".encode() in content for one in references)
            ]
            db.executemany("DELETE FROM mail WHERE id = ?", [(number,) for number in gone])
            if gone:
                db.execute("VACUUM")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(gone)

    def close(self) -> None:
        """End writing; reading goes on."""
        if self._writer:
            self._writer.close()
            self._writer = None

    def mails(
        self, limit: int = 50, after: int | None = None, *, recipient: str | None = None, newest_first: bool = False
    ) -> list[Mail]:
        """A page of the list, in order of arrival or the newest first, from the one after `after` (its id) in that order."""
        where, values = ["1"], list[int | str]()
        if after is not None:
            where.append("id < ?" if newest_first else "id > ?")
            values.append(after)
        if recipient is not None:
            where.append("recipient = ?")
            values.append(recipient)
        query = (  # nothing but the constants above enters its text
            "SELECT id, received_at, sender, recipient, message_id, length(content), substr(content, 1, ?) FROM mail"  # noqa: S608 (constants)
            f" WHERE {' AND '.join(where)} ORDER BY id {'DESC' if newest_first else 'ASC'} LIMIT ?"
        )
        with closing(opened(self._file)) as db:
            rows = db.execute(query, (_HEADERS_READ, *values, max(0, min(limit, LIST_MAX)))).fetchall()
        return [
            Mail(
                id=number,
                received_at=datetime.fromisoformat(received_at),
                sender=sender,
                recipient=to,
                message_id=reference,
                subject=_subject(headers),
                size=size,
            )
            for number, received_at, sender, to, reference, size, headers in rows
        ]

    def read(self, mail_id: int) -> bytes:
        """The mail as it came, dots undone. Raises NotFound."""
        with closing(opened(self._file)) as db:
            row = db.execute("SELECT content FROM mail WHERE id = ?", (mail_id,)).fetchone()
        if row is None:
            raise NotFound(f"aucun courriel d’essai n’a le numéro {mail_id} : gateway sandbox mails les montre")
        content: bytes = row[0]
        return content

    def count(self, *, recipient: str | None = None) -> int:
        """How many mails are kept, in all or for one recipient."""
        with closing(opened(self._file)) as db:
            counted = "SELECT count(*) FROM mail WHERE :recipient IS NULL OR recipient = :recipient"
            row = db.execute(counted, {"recipient": recipient}).fetchone()
        found: int = row[0]
        return found


def message_id(content: bytes) -> str:
    """The Message-ID in the header of a mail, with its angle brackets, or ""."""
    end = content.find(b"\r\n\r\n")
    found = _MESSAGE_ID.search(content, 0, len(content) if end < 0 else end)
    return found.group(1).decode("ascii", "replace") if found else ""


def _subject(headers: bytes | None) -> str:
    return str(BytesHeaderParser(policy=email.policy.default).parsebytes(headers or b"")["subject"] or "")

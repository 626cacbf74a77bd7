"""What the carrier keeps: messages and calls in one SQLite file, written by the carrier, read by anybody on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from gateway.sandbox.folder import opened, writable

FILE_NAME = "carrier.sqlite3"
PAGE_MAX = 1000
#: Statuses of a call that has not ended.
UNDER_WAY = ("queued", "ringing", "in-progress")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY,
    sid TEXT NOT NULL UNIQUE,
    direction TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    body TEXT NOT NULL,
    segments INTEGER NOT NULL,
    status TEXT NOT NULL,
    error_code INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    sent_at TEXT,
    expires_at TEXT,
    callback TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_recipient ON message (recipient, number);
CREATE INDEX IF NOT EXISTS message_sender ON message (sender, number);
CREATE TABLE IF NOT EXISTS call (
    number INTEGER PRIMARY KEY,
    sid TEXT NOT NULL UNIQUE,
    caller TEXT NOT NULL,
    callee TEXT NOT NULL,
    status TEXT NOT NULL,
    answered_by TEXT,
    heard TEXT NOT NULL,
    digits TEXT NOT NULL,
    request TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT
);
CREATE INDEX IF NOT EXISTS call_callee ON call (callee, number);
CREATE TABLE IF NOT EXISTS opted_out (sender TEXT NOT NULL, recipient TEXT NOT NULL, PRIMARY KEY (sender, recipient));
"""

#: Where the numbers of people stand.
_NUMBERS = (
    *(("message", "sender"), ("message", "recipient")),
    *(("call", "caller"), ("call", "callee")),
    *(("opted_out", "sender"), ("opted_out", "recipient")),
)
_ANY: Mapping[str, str] = {}

Row = TypeVar("Row", "Message", "Call")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One SMS, to a handset or from one."""

    number: int
    sid: str
    direction: str  #: outbound-api or inbound
    sender: str
    recipient: str
    body: str
    segments: int
    status: str  #: queued, sent, delivered, undelivered, failed; received when inbound
    error_code: int | None
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None
    expires_at: datetime | None  #: end of the validity period
    callback: str  #: where changes of status are told; empty: nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to a handset."""

    number: int
    sid: str
    caller: str
    callee: str
    status: str  #: queued, ringing, in-progress, completed, busy, no-answer, failed, canceled
    answered_by: str | None  #: human or machine_start, when detection was asked for
    heard: tuple[str, ...]  #: what was said or played, in order
    digits: str  #: keys pressed
    request: Mapping[str, Any]  #: what the call was asked for with
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Traffic:
    """Messages and calls under a folder. One process writes; any other may read while it does."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME
        self._lock = threading.Lock()
        with writable(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
            self._db = opened(self._file)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """End."""
        with self._lock:
            self._db.close()

    def forget(self, numbers: Collection[str]) -> int:
        """Erase every text from or to these numbers, and every call; returns how many went. The file is then written anew."""
        wanted = [(number,) for number in numbers]
        with self._lock:
            db = self._db
            db.execute("PRAGMA secure_delete = ON")
            before = db.total_changes
            for table, column in _NUMBERS:
                db.executemany(f"DELETE FROM {table} WHERE {column} = ?", wanted)  # noqa: S608 - our own names
            gone = db.total_changes - before
            if gone:
                db.execute("VACUUM")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def add_message(self, **columns: Any) -> Message:
        """Keep one more message."""
        self._add("message", columns)
        return self._one(Message, "sid", columns["sid"])

    def add_call(self, **columns: Any) -> Call:
        """Keep one more call."""
        self._add("call", columns | {"heard": "[]", "digits": "", "request": json.dumps(columns["request"])})
        return self._one(Call, "sid", columns["sid"])

    def message(self, sid: str) -> Message | None:
        """One message by its SID."""
        return self._find(Message, sid)

    def call(self, sid: str) -> Call | None:
        """One call by its SID."""
        return self._find(Call, sid)

    def move_message(self, sid: str, status: str, at: datetime, **also: object) -> Message:
        """Give a message a new status."""
        self._set("message", sid, {"status": status, "updated_at": at} | also)
        return self._one(Message, "sid", sid)

    def move_call(
        self, sid: str, status: str, at: datetime, *, leaves: Collection[str] = UNDER_WAY, **also: object
    ) -> Call | None:
        """Give a call that is in one of the states `leaves` a new status; None when it is in none of them."""
        columns: dict[str, object] = {"status": status, "updated_at": at} | also
        names = ", ".join(f"{name} = ?" for name in columns)
        states = ", ".join("?" * len(leaves))
        moving = f"UPDATE call SET {names} WHERE sid = ? AND status IN ({states})"  # noqa: S608 - our own names
        with self._lock:
            moved = self._db.execute(moving, [*map(_bound, columns.values()), sid, *leaves]).rowcount
        return self._one(Call, "sid", sid) if moved else None

    def hear(self, sid: str, words: str) -> None:
        """Somebody in this call heard these words."""
        call = self._one(Call, "sid", sid)
        self._set("call", sid, {"heard": json.dumps([*call.heard, words], ensure_ascii=False)})

    def press(self, sid: str, digits: str) -> None:
        """Somebody in this call pressed keys."""
        call = self._one(Call, "sid", sid)
        self._set("call", sid, {"digits": call.digits + digits})

    def messages(
        self, *, after: int = 0, limit: int = 50, newest_first: bool = False, equal: Mapping[str, str] = _ANY
    ) -> list[Message]:
        """A page of messages, in order of arrival or the newest first; `equal`: columns and what they must hold."""
        return self._page(Message, after, limit, newest_first, equal)

    def calls(
        self, *, after: int = 0, limit: int = 50, newest_first: bool = False, equal: Mapping[str, str] = _ANY
    ) -> list[Call]:
        """A page of calls, likewise."""
        return self._page(Call, after, limit, newest_first, equal)

    def numbers(self, limit: int = 200) -> list[tuple[str, int, int]]:
        """(handset, messages, calls), those with the latest traffic first."""
        query = """
            SELECT handset, sum(messages), sum(calls) FROM (
                SELECT recipient AS handset, count(*) AS messages, 0 AS calls, max(updated_at) AS at FROM message
                WHERE direction = 'outbound-api' GROUP BY recipient
                UNION ALL SELECT callee, 0, count(*), max(updated_at) FROM call GROUP BY callee
            ) GROUP BY handset ORDER BY max(at) DESC, handset LIMIT ?
        """
        with closing(opened(self._file)) as db:
            return [tuple(row) for row in db.execute(query, (min(limit, PAGE_MAX),))]

    def counts(self) -> dict[tuple[str, str], int]:
        """How many outbound messages and calls have each status: ("message" | "call", status)."""
        with closing(opened(self._file)) as db:
            messages = db.execute("SELECT status, count(*) FROM message WHERE direction = 'outbound-api' GROUP BY status")
            found = {("message", status): count for status, count in messages}
            found.update(
                {("call", status): count for status, count in db.execute("SELECT status, count(*) FROM call GROUP BY status")}
            )
            return found

    def opt_out(self, sender: str, recipient: str) -> None:
        """From now on, no message from this sender reaches this handset."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO opted_out (sender, recipient) VALUES (?, ?)", (sender, recipient))

    def opt_in(self, sender: str, recipient: str) -> None:
        """Undo opt_out."""
        with self._lock:
            self._db.execute("DELETE FROM opted_out WHERE sender = ? AND recipient = ?", (sender, recipient))

    def opted_out(self, sender: str, recipient: str) -> bool:
        """Whether the handset told the carrier to stop this sender."""
        with closing(opened(self._file)) as db:
            query = "SELECT 1 FROM opted_out WHERE sender = ? AND recipient = ?"
            return db.execute(query, (sender, recipient)).fetchone() is not None

    def unfinished(self) -> tuple[list[str], list[str]]:
        """SIDs of messages and calls whose story was under way when the carrier ended."""
        with closing(opened(self._file)) as db:
            messages = db.execute("SELECT sid FROM message WHERE direction = 'outbound-api' AND status IN ('queued', 'sent')")
            calls = db.execute("SELECT sid FROM call WHERE status IN ('queued', 'ringing', 'in-progress')")
            return [row[0] for row in messages], [row[0] for row in calls]

    def _add(self, table: str, columns: Mapping[str, object]) -> None:
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        with self._lock:
            # our own names
            self._db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [_bound(value) for value in columns.values()])  # noqa: S608 (our names)

    def _set(self, table: str, sid: str, columns: Mapping[str, object]) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        with self._lock:
            self._db.execute(f"UPDATE {table} SET {names} WHERE sid = ?", [*map(_bound, columns.values()), sid])  # noqa: S608 - our own names

    def _find(self, kind: type[Row], sid: str) -> Row | None:
        found = self._page(kind, 0, 1, False, {"sid": sid})
        return found[0] if found else None

    def _one(self, kind: type[Row], column: str, value: str) -> Row:
        return self._page(kind, 0, 1, False, {column: value})[0]

    def _page(self, kind: type[Row], after: int, limit: int, newest_first: bool, equal: Mapping[str, str]) -> list[Row]:
        names = [each.name for each in fields(kind)]
        if unknown := set(equal) - set(names):
            raise ValueError(f"no such column: {unknown}")
        where = ["number < ?" if newest_first and after else "number > ?", *(f"{name} = ?" for name in equal)]
        query = (
            f"SELECT {', '.join(names)} FROM {kind.__name__.lower()} WHERE {' AND '.join(where)}"  # noqa: S608 - our own names
            f" ORDER BY number {'DESC' if newest_first else 'ASC'} LIMIT ?"
        )
        with self._lock:
            rows = self._db.execute(query, [after, *equal.values(), max(0, min(limit, PAGE_MAX))]).fetchall()
        return [_read(kind, dict(zip(names, row, strict=True))) for row in rows]


def _bound(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(kind: type[Row], row: dict[str, Any]) -> Row:
    for name, value in row.items():
        if name.endswith("_at") and value is not None:
            row[name] = datetime.fromisoformat(value)
    if "heard" in row:
        row |= {"heard": tuple(json.loads(row["heard"])), "request": json.loads(row["request"])}
    return kind(**row)

"""Whose database this is: the mark of the secret under which its digests were made."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, FromClause, exists, select, update

from gateway.domain.channel import Medium
from gateway.store.engine import upsert
from gateway.store.tables import address, installation

#: Channel, address and digest of an address on file.
Known: TypeAlias = tuple[Medium, str, bytes]
_THIS = 1


def secret_mark(tx: Connection) -> bytes | None:
    """The mark of its secret; None as long as nobody has left one."""
    found = tx.execute(select(installation.c.secret_mark).where(installation.c.id == _THIS)).scalar_one_or_none()
    return None if found is None else bytes(found)


def keep_mark(tx: Connection, mark: bytes, at: datetime, *, live: bool) -> None:
    """Leave the mark of its secret, and whether it begins for real; the first one stays."""
    row = {"id": _THIS, "secret_mark": mark, "since": at, "live_since": at if live else None}
    tx.execute(upsert(tx, installation).values(row).on_conflict_do_nothing())


def live_since(tx: Connection) -> datetime | None:
    """Since when it writes to real people; None: it is a trial, or was one until now."""
    return tx.execute(select(installation.c.live_since).where(installation.c.id == _THIS)).scalar_one_or_none()


def go_live(tx: Connection, at: datetime) -> bool:
    """Note that it writes to real people from now on; False when it did before. Who notes it first holds the others up."""
    unmarked = update(installation).where(installation.c.id == _THIS, installation.c.live_since.is_(None))
    return bool(tx.execute(unmarked.values(live_since=at)).rowcount)


def for_real(messages: FromClause) -> ColumnElement[bool]:
    """Of rows of the outbox: not handed over as a trial, whose mailbox shows them to the team alone."""
    return ~exists().where(installation.c.live_since >= messages.c.handed_at).correlate(messages)


def newest_addresses(tx: Connection, count: int) -> list[Known]:
    """The newest addresses on file, so many at most."""
    a = address.c
    rows = tx.execute(select(a.medium, a.value, a.digest).order_by(a.id.desc()).limit(count))
    return [(Medium(row[0]), row[1], bytes(row[2])) for row in rows]

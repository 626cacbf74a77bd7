"""Numbers of messages stand in links, return paths and Message-IDs that people keep: none may ever be given twice."""

from __future__ import annotations

from sqlalchemy import Connection, text

from gateway.store.engine import is_postgresql

#: More messages than any campaign of this country could have sent since a backup.
_FAR = 100_000_000
_POSTGRESQL = text(
    "SELECT setval(pg_get_serial_sequence('message', 'id'), nextval(pg_get_serial_sequence('message', 'id')) + :far)"
)
_SQLITE = text("UPDATE sqlite_sequence SET seq = seq + :far WHERE name = 'message'")
_SQLITE_FIRST = text("INSERT INTO sqlite_sequence (name, seq) VALUES ('message', :far)")


def leap(tx: Connection) -> None:
    """Leave a wide gap before the next message: whatever was numbered in a stretch that this database has lost stays unknown.

    Else an answer, a bounce or an objection to a lost message would be taken for one of whoever has its number now.
    """
    if is_postgresql(tx):
        tx.execute(_POSTGRESQL, {"far": _FAR})
    elif not tx.execute(_SQLITE, {"far": _FAR}).rowcount:
        tx.execute(_SQLITE_FIRST, {"far": _FAR})

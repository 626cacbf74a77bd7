"""Pack versions, kept at first use, so that an old verdict can be recomputed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.engine import is_postgresql
from gateway.store.tables import pack_version


def keep(tx: Connection, version: str, text: bytes, at: datetime) -> bool:
    """Keep a version; False when it was known."""
    upsert = postgresql.insert if is_postgresql(tx) else sqlite.insert
    row = {"version": version, "text": text, "first_used_at": at}
    statement = upsert(pack_version).values(row).on_conflict_do_nothing().returning(pack_version.c.version)
    return tx.execute(statement).first() is not None


def known(tx: Connection, version: str) -> bool:
    """Whether a version was used before."""
    return tx.execute(select(pack_version.c.version).where(pack_version.c.version == version)).first() is not None

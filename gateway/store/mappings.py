"""What somebody said the columns of a file hold, kept under the digest of its headings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, delete, insert, select

from gateway.store.tables import import_mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMapping:
    """What the columns of an earlier file were said to hold."""

    fields: Mapping[str, str | None]  #: by label of the column; None: left out
    operator: str
    at: datetime


def find(tx: Connection, headings_sha256: str) -> SavedMapping | None:
    """What was said of the last file with these headings, if anything."""
    m = import_mapping.c
    row = tx.execute(select(m.fields, m.operator, m.at).where(m.headings_sha256 == headings_sha256)).first()
    return None if row is None else SavedMapping(fields=orjson.loads(row.fields), operator=row.operator, at=row.at)


def latest(tx: Connection, *, most: int) -> list[SavedMapping]:
    """What was said of the last files, whatever their headings, newest first."""
    m = import_mapping.c
    chosen = select(m.fields, m.operator, m.at).order_by(m.at.desc(), m.headings_sha256).limit(most)
    return [SavedMapping(fields=orjson.loads(row.fields), operator=row.operator, at=row.at) for row in tx.execute(chosen)]


def save(tx: Connection, headings_sha256: str, said: SavedMapping) -> None:
    """Keep what was said, in place of what was said before."""
    m = import_mapping
    tx.execute(delete(m).where(m.c.headings_sha256 == headings_sha256))
    values = {"fields": orjson.dumps(dict(said.fields)).decode(), "operator": said.operator, "at": said.at}
    tx.execute(insert(m).values(headings_sha256=headings_sha256, **values))

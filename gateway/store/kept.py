"""Texts that entries of the journal name by their hash, kept at first use: packs, notices, and all that a message is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, select

from gateway.store.engine import upsert
from gateway.store.tables import kept_text


class Shelf(StrEnum):
    """What a text is; an export has a folder of that name (tools/verify_bundle.py)."""

    PACKS = "packs"  #: named by the first 16 digits of their SHA-256, the others by all of it
    NOTICES = "notices"
    CONTENTS = "contents"


def keep(tx: Connection, shelf: Shelf, name: str, text: bytes, at: datetime) -> bool:
    """Keep a text; False when it was known."""
    row = {"shelf": shelf.value, "name": name, "text": text, "first_used_at": at}
    statement = upsert(tx, kept_text).values(row).on_conflict_do_nothing().returning(kept_text.c.name)
    return tx.execute(statement).first() is not None


def known(tx: Connection, shelf: Shelf, name: str) -> bool:
    """Whether a text was used before."""
    return tx.execute(select(kept_text.c.name).where(_is(shelf, name))).first() is not None


def text(tx: Connection, shelf: Shelf, name: str) -> bytes | None:
    """A text; None when it was never used."""
    found = tx.execute(select(kept_text.c.text).where(_is(shelf, name))).scalar_one_or_none()
    return None if found is None else bytes(found)


def _is(shelf: Shelf, name: str) -> ColumnElement[bool]:
    return and_(kept_text.c.shelf == shelf.value, kept_text.c.name == name)


def each(tx: Connection) -> Iterator[tuple[Shelf, str, bytes]]:
    """(shelf, name, text) of all of them, one at a time."""
    k = kept_text.c
    for row in tx.execute(select(k.shelf, k.name, k.text).order_by(k.shelf, k.name)):
        yield Shelf(row[0]), row[1], bytes(row[2])

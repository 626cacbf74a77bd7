"""Where contacts come from: origins, and the batches they arrived in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, Select, func, insert, select

from gateway.domain.contact import BatchState, Collection, OriginKind
from gateway.store.tables import contact, import_batch, origin

_ORIGIN = ("kind", "label", "collection", "collected_on", "collector", "notice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where data comes from, as people are told (RGPD 14(2)(f); rule source-required)."""

    kind: OriginKind
    label: str  #: as shown to people: "formulaire de la réunion publique du 3 mars"
    collection: Collection
    collected_on: date | None = None
    collector: str | None = None
    notice: str | None = None  #: the notice people were given when their data was collected

    @property
    def complete(self) -> bool:
        """Kind, date and collector are known."""
        return self.collected_on is not None and bool(self.collector)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFile:
    """What a batch is made of."""

    name: str
    sha256: str
    sheet: str | None  #: of a workbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One file that was written to the store."""

    id: int
    origin_id: int
    file_name: str
    file_sha256: str
    operator: str
    at: datetime
    counts: Mapping[str, Any]
    state: BatchState
    undone_at: datetime | None
    undone_by: str | None
    sheet: str | None  #: of a workbook; None: of another file, or of a batch of before

    def is_of(self, sheet: str | None) -> bool:
        """Whether it was made, or may have been, of this sheet of its file."""
        return self.sheet is None or self.sheet == sheet


def enter(tx: Connection, given: Origin, *, at: datetime) -> tuple[int, bool]:
    """The id of an origin, and whether it is a new one: the same words make the same origin, which keeps them until `tx` ends."""
    o = origin.c
    same = (
        o.kind == given.kind,
        o.label == given.label,
        o.collection == given.collection,
        o.collected_on.is_not_distinct_from(given.collected_on),
        o.collector.is_not_distinct_from(given.collector),
        o.notice.is_not_distinct_from(given.notice),
    )
    # Held: whoever is about to come in under these words was not told what somebody notes of the others meanwhile.
    if (known := tx.execute(select(o.id).where(*same).limit(1).with_for_update(read=True)).scalar_one_or_none()) is not None:
        return known, False
    values = {name: getattr(given, name) for name in _ORIGIN}
    return tx.execute(insert(origin).values(**values, created_at=at).returning(o.id)).scalar_one(), True


def find(tx: Connection, origin_id: int) -> tuple[Origin, datetime | None, bool] | None:
    """An origin, held until `tx` ends; when the last of its people came in; whether a file of it is being written. Or None."""
    o, b = origin.c, import_batch.c
    row = tx.execute(select(*(o[name] for name in _ORIGIN)).where(o.id == origin_id).with_for_update()).mappings().first()
    if row is None:
        return None
    last = select(func.max(contact.c.created_at)).where(contact.c.origin_id == origin_id)
    writing = select(b.id).where(b.origin_id == origin_id, b.state == BatchState.WRITING).limit(1)
    return Origin(**row), tx.execute(last).scalar_one(), tx.execute(writing).first() is not None


def note_notice(tx: Connection, origin_id: int, notice: str) -> None:
    """Keep what the people of an origin were told. The same words of a later file make an origin of its own."""
    tx.execute(origin.update().where(origin.c.id == origin_id).values(notice=notice))


def add_batch(tx: Connection, file: BatchFile, *, origin_id: int, operator: str, at: datetime) -> int:
    """Open a batch; what it comes to follows by `close_batch`. Returns its id."""
    values = {"origin_id": origin_id, "operator": operator, "at": at, "counts": "{}", "state": BatchState.WRITING}
    values |= {"file_name": file.name, "file_sha256": file.sha256, "sheet": file.sheet}
    batch_id: int = tx.execute(insert(import_batch).values(**values).returning(import_batch.c.id)).scalar_one()
    return batch_id


def close_batch(tx: Connection, batch_id: int, counts: Mapping[str, object], *, state: BatchState) -> None:
    """Keep what a batch came to, and where it stands."""
    told = {"counts": orjson.dumps(counts).decode(), "state": state}
    tx.execute(import_batch.update().where(import_batch.c.id == batch_id).values(told))


def batches_of_file(tx: Connection, sha256: str) -> list[Batch]:
    """Batches made from the very same file, oldest first."""
    b = import_batch
    rows = tx.execute(select(b).where(b.c.file_sha256 == sha256).order_by(b.c.id).limit(20)).mappings()
    return [_batch(row) for row in rows]


def batch(tx: Connection, batch_id: int) -> Batch | None:
    """One batch, or None."""
    row = tx.execute(select(import_batch).where(import_batch.c.id == batch_id)).mappings().first()
    return _batch(row) if row else None


def batches(tx: Connection, *, limit: int = 50) -> list[tuple[Batch, Origin]]:
    """The newest batches, each with its origin, newest first."""
    chosen = select(import_batch, *(origin.c[name].label(f"origin_{name}") for name in _ORIGIN))
    rows = tx.execute(
        chosen.join(origin, origin.c.id == import_batch.c.origin_id).order_by(import_batch.c.id.desc()).limit(limit)
    ).mappings()
    return [(_batch(row), Origin(**{name: row[f"origin_{name}"] for name in _ORIGIN})) for row in rows]


def mark_undone(tx: Connection, batch_id: int, *, by: str, at: datetime) -> None:
    """writing | written -> undone."""
    told = {"state": BatchState.UNDONE, "undone_at": at, "undone_by": by}
    tx.execute(import_batch.update().where(import_batch.c.id == batch_id).values(told))


def mark_in_parts(tx: Connection, batch_id: int) -> None:
    """written -> writing: parts of the batch are being taken back."""
    tx.execute(import_batch.update().where(import_batch.c.id == batch_id).values(state=BatchState.WRITING))


def undone() -> Select[int]:
    """Batches that were taken back: nothing of theirs counts any more."""
    return select(import_batch.c.id).where(import_batch.c.state == BatchState.UNDONE)


def _batch(row: RowMapping) -> Batch:
    told = {one.name: row[one.name] for one in fields(Batch)}
    return Batch(**{**told, "counts": orjson.loads(row["counts"])})

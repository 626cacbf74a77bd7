"""Column types that behave alike on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import Enum as PythonEnum
from enum import StrEnum

from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Enum, Integer, TypeDecorator

#: Identity columns: SQLite counts by itself only in INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. A naive datetime is refused: it would mean another instant on another machine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the store")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite forgets the zone; what comes back is UTC again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def closed(kind: type[StrEnum], name: str) -> Enum:
    """A column that holds one value of a closed set, checked by the database too."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def instant(tx: Connection, at: datetime) -> datetime | str:
    """An aware instant as the driver of this connection stores it, for statements that bypass SQLAlchemy's types."""
    if tx.dialect.name == "postgresql":
        return at
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).replace(tzinfo=None).isoformat(" ", "microseconds")


def native(tx: Connection, value: object) -> object:
    """A value as the driver of this connection takes it, for statements that bypass SQLAlchemy's types.

    Raises ValueError for a naive instant, which would mean another one on another machine.
    """
    if isinstance(value, PythonEnum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the store")
        return instant(tx, value)
    if isinstance(value, date) and tx.dialect.name == "sqlite":
        return value.isoformat()
    return value


def from_driver(at: datetime | str) -> datetime:
    """The instant that the driver gave, in UTC, for statements that bypass SQLAlchemy's types."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def listed_ids(tx: Connection, ids: Sequence[int]) -> list[int] | str:
    """Ids as one parameter, for `= ANY(...)` on PostgreSQL and `json_each(...)` on SQLite: the statement stays the same text."""
    return list(ids) if tx.dialect.name == "postgresql" else "[" + ",".join(map(str, ids)) + "]"

"""Statements written once: compiled for each database at their first use, then sent to the driver as text.

For what runs for every reply and every callback. Building and compiling a statement of Core takes several times as long as the
database takes to run it, and a STOP waits for all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    String,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy import Enum as Enums
from sqlalchemy.sql.dml import UpdateBase

from gateway.store.types import native

#: Types of most values; every driver takes them.
_AS_THEY_ARE = frozenset({int, str, bytes, bool, type(None)})
Statement = Select[Any] | CompoundSelect[Any] | UpdateBase


class _Compiled(NamedTuple):
    """One statement as one database takes it."""

    sql: str
    constants: dict[str, object]  #: by parameter, as the driver takes them; None where they are told
    order: tuple[str, ...] | None  #: names of its parameters, in order; None: the driver takes them by name
    keys: tuple[str, ...]  #: names of the columns that come back
    readers: tuple[Callable[[Any], Any] | None, ...]  #: from the driver's values to ours, for each of them


def given(name: str, type_: Any = None) -> BindParameter[Any]:
    """A parameter that is told when the statement is run; type_ where no column beside it says so."""
    return bindparam(name, None, type_=type_)


def selected(name: str, column: ColumnElement[Any]) -> BindParameter[Any]:
    """A parameter in a list of columns, for that column; a closed set as text, since PostgreSQL would not know its type there."""
    return given(name, String() if isinstance(column.type, Enums) else column.type)


def one_of(column: ColumnElement[int], name: str, dialect: str) -> ColumnElement[bool]:
    """The condition that a number is among those of a list, told as `types.listed_ids`: one parameter, however many they are."""
    if dialect == "postgresql":
        return column == any_(given(name, ARRAY(BigInteger)))
    return column.in_(select(literal_column("value")).select_from(func.json_each(given(name))))


class Sent(NamedTuple):
    """A statement on its way."""

    cursor: Any
    readers: tuple[Callable[[Any], Any] | None, ...]

    def rows(self) -> list[tuple[Any, ...]]:
        """Every row that comes back, in our types; to be asked once."""
        found = self.cursor.fetchall()
        self.cursor.close()
        if not any(self.readers):
            return [tuple(row) for row in found]
        return [
            tuple(value if read is None else read(value) for value, read in zip(row, self.readers, strict=True)) for row in found
        ]

    def scalar(self) -> Any:
        """The first value of its first row, or None."""
        found = self.rows()
        return found[0][0] if found else None


class Prepared:
    """A statement whose parameters are `given`; the same rules of types as when Core runs it."""

    def __init__(self, statement: Statement, *, sqlite: Statement | None = None) -> None:
        """sqlite: the statement there, where it is another one."""
        self._statements = {"sqlite": sqlite if sqlite is not None else statement, "postgresql": statement}
        self._by_dialect: dict[str, _Compiled] = {}

    def send(self, tx: Connection, **told: object) -> Sent:
        """Run it; its rows are asked for later. Within `engine.together` it has perhaps not been run by then."""
        known = self._compiled(tx)
        cursor = tx.connection.cursor()
        cursor.execute(known.sql, _values(tx, known, told))
        return Sent(cursor, known.readers)

    def rows(self, tx: Connection, **told: object) -> list[tuple[Any, ...]]:
        """Run it; every row that comes back, in our types."""
        return self.send(tx, **told).rows()

    def scalar(self, tx: Connection, **told: object) -> Any:
        """Run it; the first value of its first row, or None."""
        return self.send(tx, **told).scalar()

    def mappings(self, tx: Connection, **told: object) -> list[dict[str, Any]]:
        """Run it; every row that comes back, by the names of its columns."""
        keys = self._compiled(tx).keys
        return [dict(zip(keys, row, strict=True)) for row in self.rows(tx, **told)]

    def run(self, tx: Connection, **told: object) -> int:
        """Run what brings no rows back; how many it changed."""
        known = self._compiled(tx)
        cursor = tx.connection.cursor()
        try:
            cursor.execute(known.sql, _values(tx, known, told))
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _compiled(self, tx: Connection) -> _Compiled:
        dialect = tx.dialect
        known = self._by_dialect.get(dialect.name)
        if known is None:
            statement = self._statements[dialect.name]
            compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
            columns = tuple(statement.exported_columns)
            order = getattr(compiled, "positiontup", None)
            known = self._by_dialect[dialect.name] = _Compiled(
                sql=str(compiled),
                constants={name: native(tx, value) for name, value in compiled.params.items()},
                order=tuple(order) if order else None,
                keys=tuple(str(column.key) for column in columns),
                readers=tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns),
            )
        return known


def _values(tx: Connection, known: _Compiled, told: dict[str, object]) -> Any:
    values = known.constants.copy()
    for name, value in told.items():
        values[name] = value if type(value) in _AS_THEY_ARE else native(tx, value)
    if len(values) > len(known.constants):
        raise TypeError(f"the statement has no parameter {', '.join(sorted(told.keys() - known.constants.keys()))}")
    return values if known.order is None else [values[name] for name in known.order]

"""Agreements of staged lines that are not certain: another line about the same person waits to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Column as Col
from sqlalchemy import Connection, LargeBinary, MetaData, Table, case, func, or_, select, update

from gateway.domain.consent import ConsentAct
from gateway.store.bulk import bulk_insert
from gateway.store.staged import staged_row
from gateway.store.staging import ACTS, expect_many

_metadata = MetaData()
_awaited = Table("staged_awaited", _metadata, Col("digest", LargeBinary(16), nullable=False), prefixes=["TEMPORARY"])
_LINES_AT_ONCE = 5_000
#: By what a person is known beyond doubt, and the channels of which an agreement waits then: a landline is a household's.
_KNOWN_BY = {
    "email_digest": tuple(ACTS.values()),
    "call_digest": tuple(ACTS.values()),
    "landline_digest": ("act_call",),
}


def withhold(tx: Connection, digests: Iterable[bytes]) -> Iterator[int]:
    """Take every agreement back from lines about people who are known by these digests; yields the lines concerned, in order.

    Folded lines: what one of them is known by, all of them are.
    """
    _metadata.create_all(tx, checkfirst=False)
    bulk_insert(tx, _awaited, ("digest",), ((digest,) for digest in digests))
    r = staged_row.c
    expect_many(tx, tx.execute(select(func.max(r.line))).scalar_one() or 0)
    lines: set[int] = set()
    for column, acts in _KNOWN_BY.items():
        known = select(r.person).where(r[column].in_(select(_awaited.c.digest)))
        concerned = (r.person.in_(known), or_(*(r[act] == ConsentAct.GRANTED.value for act in acts)))
        found = tx.execute(select(r.line).where(*concerned), execution_options={"yield_per": _LINES_AT_ONCE})
        lines.update(found.scalars())
        taken_back = {act: case((r[act] == ConsentAct.GRANTED.value, None), else_=r[act]) for act in acts}
        tx.execute(update(staged_row).where(*concerned).values(taken_back))
    _metadata.drop_all(tx, checkfirst=False)
    yield from sorted(lines)

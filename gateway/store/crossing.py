"""A file on its way in, and a person of it who objects or is erased meanwhile: one comes first, and the other sees all of it.

On PostgreSQL both write side by side, and neither would see the other: an address that a file brings of somebody who objects at
that very moment would stay off the opposition list. Whoever leaves never waits for a file. A file is written as if nobody would,
looks once more right before its commit, and is written anew where somebody of it left meanwhile. On SQLite one writes at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, text
from sqlalchemy.exc import IntegrityError

from gateway.domain.suppression import SuppressionKind
from gateway.store.engine import is_postgresql
from gateway.store.matching import Standing
from gateway.store.staged import staged_address, staged_person
from gateway.store.tables import address, contact, erasure_round, suppression

#: Advisory lock of PostgreSQL, shared by everybody who leaves, until their commit.
_LEAVING_LOCK = 7_263_021
_LEAVES = f"SELECT pg_advisory_xact_lock_shared({_LEAVING_LOCK})"
#: How long a file that is written waits for those who are leaving; one of them may be waiting for the file.
_PATIENCE_SECONDS, _NAP_SECONDS = 2.0, 0.001
#: A row that another transaction wrote, this one's own being the objections that the file itself tells of.
_OF_OTHERS = text("suppression.xmin <> CAST(pg_current_xact_id() AS xid)")


#: A pause, or words that wait to be read, hold at what the file brings of her too.
_LEAVING = (SuppressionKind.OBJECTION, SuppressionKind.PAUSE, SuppressionKind.DOUBT)


class Crossed(Exception):
    """Somebody whom a part is about left, or came by herself, while it was being written."""


class Mark(NamedTuple):
    """The last of those who have left."""

    objection: int
    erasure: int


def leave(tx: Connection) -> None:
    """Somebody objects, pauses, takes a consent back or is erased in this transaction; said before anything of hers is read.

    From then on no file may commit what it has not looked at again. Within `engine.together` nothing is waited for.
    """
    if is_postgresql(tx):
        cursor = tx.connection.cursor()
        cursor.execute(_LEAVES)
        cursor.close()


def hold(tx: Connection) -> None:
    """Let nobody leave before the end of this transaction, which has touched nothing yet.

    It gives somebody another address, takes a consent of hers down, or ends her pause: on what she said until now.
    """
    if is_postgresql(tx):
        tx.execute(select(func.pg_advisory_xact_lock(_LEAVING_LOCK)))


def mark(tx: Connection) -> Mark:
    """Where objections and erasures end: whoever leaves after the end of this transaction comes behind."""
    hold(tx)
    lasts = (func.coalesce(func.max(each), 0) for each in (suppression.c.seq, erasure_round.c.id))
    return Mark(*tx.execute(select(*(select(last).scalar_subquery() for last in lasts))).one())


@contextmanager
def coming_first() -> Iterator[None]:
    """A file gives people addresses that nobody had. Raises Crossed when somebody has just signed up with one of them."""
    try:
        yield
    except IntegrityError as taken:
        raise Crossed from taken


def look_again(
    tx: Connection, since: Mark, *, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Right before the commit of a part: nobody leaves from here on, and whoever did after the mark is not among its people.

    Raises Crossed when one of them did, or waits for what this transaction holds. It never waits for her in its turn.
    """
    if not is_postgresql(tx):
        return
    until = monotonic() + _PATIENCE_SECONDS
    while not tx.execute(select(func.pg_try_advisory_xact_lock(_LEAVING_LOCK))).scalar_one():
        if monotonic() >= until:
            raise Crossed
        sleep(_NAP_SECONDS)
    if _anybody_left(tx, since):
        raise Crossed


def _anybody_left(tx: Connection, since: Mark) -> bool:
    """Asked in small first: nearly always nobody has left at all."""
    s, a, p = suppression.c, staged_address.c, staged_person.c
    objected = and_(s.seq > since.objection, s.kind.in_(_LEAVING), _OF_OTHERS)
    named = and_(objected, a.digest == s.digest)
    hers = and_(objected, address.c.digest == s.digest, p.contact_id == address.c.contact_id)
    if _any(tx, objected) and (_any(tx, named) or _any(tx, hers)):
        return True
    gone = and_(p.standing == Standing.KNOWN, ~exists().where(contact.c.id == p.contact_id))
    return _any(tx, erasure_round.c.id > since.erasure) and _any(tx, gone)


def _any(tx: Connection, such: ColumnElement[bool]) -> bool:
    return bool(tx.execute(select(exists().where(such))).scalar_one())

"""What servers and providers said about messages and addresses, and why somebody settled one: free words, kept for a term.

The state of a message, of an address and of a receipt stays, with its code; the words go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, func, select, update

from gateway.store.overdue import Many
from gateway.store.tables import address, campaign, erasure_round, message, receipt


class Place(NamedTuple):
    """Where such words stand, and since when."""

    table: Table
    words: Column[Any]
    at: Column[Any]


#: A message that is not settled yet has no instant here, and keeps its words.
PLACES = (
    Place(message, message.c.reply, message.c.settled_at),
    Place(receipt, receipt.c.reply, receipt.c.at),
    Place(address, address.c.state_reply, address.c.state_at),
)


def count(tx: Connection) -> Many:
    """How many such words are kept, and since when the first of them."""
    found = [
        tx.execute(select(func.count(), func.min(one.at)).where(one.words.is_not(None), one.at.is_not(None))).one()
        for one in PLACES
    ]
    return Many(count=sum(row[0] for row in found), since=min((row[1] for row in found if row[1]), default=None))


def anything_before(tx: Connection, before: datetime) -> bool:
    """Whether there was a campaign at an instant or earlier: before the first one no server had anything to say."""
    first: datetime | None = tx.execute(select(func.min(campaign.c.created_at))).scalar_one()
    return first is not None and first <= before


def said(tx: Connection, place: Place, before: datetime, *, after: int, limit: int) -> list[int]:
    """Numbers of the next rows whose words were said at an instant or earlier. Looked for without any lock."""
    table, words, at = place
    due = select(table.c.id).where(table.c.id > after, words.is_not(None), at <= before)
    return list(tx.execute(due.order_by(table.c.id).limit(limit)).scalars())


def forget(tx: Connection, place: Place, ids: Sequence[int], before: datetime, *, at: datetime) -> int:
    """Erase the words of those among these rows for which they still stand and are due; returns how many."""
    table, words, since = place
    due = update(table).where(table.c.id.in_(list(ids)), words.is_not(None), since <= before)
    gone = tx.execute(due.values({words: None})).rowcount
    if gone:
        tx.execute(erasure_round.insert().values(at=at, contacts=0))
    return gone

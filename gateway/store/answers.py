"""Answers in the outbox: single messages, each to one act of one person; and who it is that answers us."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, func, literal, literal_column, select, true, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.store.engine import Upsert
from gateway.store.people import HOLDS_THERE, Holder
from gateway.store.prepared import Prepared, Sent, given, selected
from gateway.store.tables import campaign, message


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Whoever writes to us from an address."""

    holder: Holder | None  #: None: a stranger
    latest_id: int | None  #: the message that was last handed over there: what a text answers to
    answered: tuple[tuple[str, datetime], ...]  #: (occasion, when it was due) of every answer of class rights, oldest first


_m = message.c
#: Rows of an address are found campaign by campaign: what the index begins with, and they are few.
_CARRIERS = select(campaign.c.id).where(campaign.c.message_class == MessageClass.RIGHTS, campaign.c.medium == given("medium"))
_ANSWERS = select(_m.id, _m.occasion, func.coalesce(_m.handed_at, _m.due_at).label("at")).where(
    _m.campaign_id.in_(_CARRIERS), _m.digest == given("digest")
)
_LATEST = (
    select(_m.id)
    .where(
        _m.campaign_id.in_(select(campaign.c.id).where(campaign.c.medium == given("medium"))),
        _m.digest == given("digest"),
        _m.handed_at.is_not(None),
    )
    .order_by(_m.handed_at.desc(), _m.id.desc())
    .limit(literal_column("1"))
)


def _who_writes() -> Prepared:
    """One line for each answer she had, or one without any; what is known of her stands in each."""
    one, holder, answer = select(literal(1).label("one")).subquery(), HOLDS_THERE.subquery(), _ANSWERS.subquery()
    lines = one.outerjoin(holder, true()).outerjoin(answer, true())
    columns = (*holder.c, _LATEST.scalar_subquery().label("latest"), answer.c.occasion, answer.c.at)
    return Prepared(select(*columns).select_from(lines).order_by(answer.c.id))


_WHO_WRITES = _who_writes()
#: By her, or by her address where that is all we know: each has its index.
_BY_HER = select(_m.id).where(*(_m[name] == given(name) for name in ("contact_id", "message_class", "occasion")))
_BY_ADDRESS = select(_m.id).where(
    _m.campaign_id.in_(select(campaign.c.id).where(campaign.c.name == given("carrier"))),
    *(_m[name] == given(name) for name in ("digest", "occasion")),
)
_ANSWERING = Prepared(union_all(_BY_HER, _BY_ADDRESS).limit(literal_column("1")))


#: Where the row of an answer keeps the number of somebody nobody in our file is, until it is settled.
_TO = "to"


def kept(number: str) -> dict[str, str]:
    """What the row of an answer holds of a number that nobody in our file has."""
    return {_TO: number}


def number_in(fields: str | None) -> str | None:
    """That number, from the row; None in any other row."""
    number = json.loads(fields).get(_TO) if fields else None
    return number if isinstance(number, str) else None


def send_writer(tx: Connection, digest: bytes, medium: Medium) -> Sent:
    """Who writes to us from an address, by a channel? One question, for `writer` to read."""
    return _WHO_WRITES.send(tx, digest=digest, medium=medium)


def writer(sent: Sent) -> Writer:
    """Who writes to us."""
    lines = sent.rows()
    *held, latest_id, _, _ = lines[0]
    holder = None if held[0] is None else Holder(**dict(zip(Holder.__dataclass_fields__, held, strict=True)))
    answered = tuple((line[-2], line[-1]) for line in lines if line[-2] is not None)
    return Writer(holder=holder, latest_id=latest_id, answered=answered)


def answering(tx: Connection, carrier: str, message_class: MessageClass, **act: object) -> int | None:
    """The message that answers this act (contact_id, digest, occasion) of a person, or of whoever has that address; or None."""
    found: int | None = _ANSWERING.scalar(tx, carrier=carrier, message_class=message_class, **act)
    return found


def add(tx: Connection, carrier: str, message_class: MessageClass, **row: object) -> Sent:
    """Write one waiting row that answers an act of a person, once; for `added` to read.

    row: contact_id, digest and occasion among it.
    """
    told = {"message_class": message_class, "state": MessageState.WAITING, **row}
    return _adding(tuple(sorted(told))).send(tx, carrier=carrier, **told)


def added(sent: Sent) -> tuple[int, int] | None:
    """Its id, and that of the campaign that carries it. None when this act has its answer, or no campaign has that name."""
    found = sent.rows()
    return (found[0][0], found[0][1]) if found else None


@cache
def _adding(columns: tuple[str, ...]) -> Prepared:
    before = message.alias().c
    same = (before[name] == given(name) for name in ("contact_id", "message_class", "occasion"))
    fresh = ~select(before.id).where(*same).exists()
    told = (selected(name, _m[name]) for name in columns)
    carried = select(campaign.c.id, *told).where(campaign.c.name == given("carrier"), fresh)

    def adding(empty: Upsert) -> ReturningInsert[int, int]:
        added = empty.from_select(["campaign_id", *columns], carried).on_conflict_do_nothing()
        return added.returning(_m.id, _m.campaign_id)

    return Prepared(adding(postgresql.insert(message)), sqlite=adding(sqlite.insert(message)))

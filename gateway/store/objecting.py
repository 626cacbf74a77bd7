"""What an objection changes: the opposition list, what waits for her, her consents.

On PostgreSQL one statement does all of it: whoever objects waits for every trip to the server, and at full speed a trip waits for
processors that are busy with the campaign.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Update,
    and_,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql

from gateway.domain.consent import ConsentAct, ConsentState
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.store import outbox, suppressions
from gateway.store.engine import Later, is_postgresql
from gateway.store.prepared import Prepared, given, selected
from gateway.store.suppressions import ENTRY, Suppression
from gateway.store.tables import address, consent, consent_event, suppression

_LEDGER = ("contact_id", "medium", "purpose", "act", "at", "election", "means", "recorded_at")


class Changed(NamedTuple):
    """What an objection came to."""

    fresh: int  #: her addresses that were not on the list before
    cancelled: int  #: messages that were waiting
    withdrawn: int  #: consents that stood


def take_effect(tx: Connection, told: Suppression, contact_id: int | None, *, because: str, at: datetime) -> Later[Changed]:
    """Put an objection on the list, cancel what waits for its person there, and withdraw her consents, in ledger and projection.

    All her addresses that serve the channel are put on the list: she objects, not her number.
    contact_id: whoever holds the address; None for a stranger. Workers hear of it when `tx` commits.
    What it came to is asked for afterwards: what is sent beside it within `engine.together` travels with it.
    """
    only = {} if told.medium == EVERY_MEDIUM else {"medium": told.medium}
    hers = {"contact_id": contact_id, **only}
    if is_postgresql(tx):
        entry = {name: getattr(told, name) for name in ENTRY}
        act = {"contact_id": contact_id, "reason": because, "means": told.cause, "now": at}
        sent = _at_once(bool(only)).send(tx, **entry, **act)
        return lambda: Changed(*sent.rows()[0])
    others = _others(bool(only)).rows(tx, digest=told.digest, **hers)
    fresh = suppressions.add_all(tx, [told, *(replace(told, digest=row[0], delay_ms=None, message_id=None) for row in others)])
    cancelled = outbox.cancelling(*only).rows(tx, digest=told.digest, reason=because, now=at, **only)
    noted, ended = _one_by_one(bool(only))
    withdrawn = noted.run(tx, means=told.cause, now=at, **hers) and ended.run(tx, now=at, **hers)
    changed = Changed(fresh=fresh, cancelled=len(cancelled), withdrawn=withdrawn)
    return lambda: changed


@cache
def _at_once(one_medium: bool) -> Prepared:
    """All of it as one statement. The ledger notes what the projection really changed, whoever else was at it meanwhile."""
    spoken = {name: selected(name, suppression.c[name]) for name in ENTRY}
    implied = {**spoken, "digest": address.c.digest, "delay_ms": null(), "message_id": null()}
    listed = union_all(select(*spoken.values()), select(*implied.values()).where(_hers_too(one_medium)))
    # By digest: of two STOPs at once, from two numbers of hers, the second waits for the first, and neither for the other.
    added = postgresql.insert(suppression).from_select(ENTRY, listed.order_by(literal_column("1"))).on_conflict_do_nothing()
    fresh = added.returning(suppression.c.digest).cte("fresh")
    cancelled = outbox.cancelling_statement(*(["medium"] if one_medium else [])).cte("cancelled")
    of = consent.c
    ended = _ending(one_medium).returning(of.contact_id, of.medium, of.purpose, of.election).cte("ended")
    noted = insert(consent_event).from_select(_LEDGER, _noting(ended)).cte("noted")
    announced = select(func.count(func.pg_notify(suppressions.ANNOUNCEMENTS, func.encode(fresh.c.digest, "hex"))))
    counts = (announced, *(select(func.count()).select_from(one) for one in (cancelled, ended)))
    return Prepared(select(*(count.scalar_subquery() for count in counts)).add_cte(noted))


@cache
def _others(one_medium: bool) -> Prepared:
    return Prepared(select(address.c.digest).where(_hers_too(one_medium)))


def _hers_too(one_medium: bool) -> ColumnElement[bool]:
    hers = and_(address.c.contact_id == given("contact_id"), address.c.digest != given("digest"))
    return and_(hers, address.c.medium == given("medium")) if one_medium else hers


@cache
def _one_by_one(one_medium: bool) -> tuple[Prepared, Prepared]:
    """What notes every consent that stands in the ledger as withdrawn, and what ends them."""
    noted = insert(consent_event).from_select(_LEDGER, _noting(consent).where(_stands(one_medium)))
    return Prepared(noted), Prepared(_ending(one_medium))


def _noting(those: FromClause) -> Select[Any]:
    now, means = given("now", consent_event.c.at.type), given("means", consent_event.c.means.type)
    of = those.c
    return select(of.contact_id, of.medium, of.purpose, literal(ConsentAct.WITHDRAWN.value), now, of.election, means, now)


def _ending(one_medium: bool) -> Update:
    now = given("now", consent.c.since.type)
    return update(consent).where(_stands(one_medium)).values(state=ConsentState.WITHDRAWN, since=now)


def _stands(one_medium: bool) -> ColumnElement[bool]:
    standing = consent.c.state.in_((ConsentState.GRANTED, ConsentState.PENDING))
    hers = and_(consent.c.contact_id == given("contact_id", consent.c.contact_id.type), standing)
    return and_(hers, consent.c.medium == given("medium")) if one_medium else hers

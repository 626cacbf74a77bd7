"""What an objection changes: the opposition list, what waits for her, her consents.

On PostgreSQL one statement does all of it: whoever objects waits for every trip to the server, and at full speed a trip waits for
processors that are busy with the campaign.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql

from gateway.domain.consent import ConsentAct, ConsentState
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.store import outbox, suppressions
from gateway.store.engine import is_postgresql
from gateway.store.prepared import Prepared, given
from gateway.store.suppressions import ENTRY, Suppression
from gateway.store.tables import consent, consent_event

_LEDGER = ("contact_id", "medium", "purpose", "act", "at", "election", "means", "recorded_at")


class Changed(NamedTuple):
    """What an objection came to."""

    fresh: bool  #: it was not on the list before
    cancelled: int  #: messages that were waiting
    withdrawn: int  #: consents that stood


def take_effect(tx: Connection, told: Suppression, contact_id: int | None, *, because: str, at: datetime) -> Changed:
    """Put an objection on the list, cancel what waits for its person there, and withdraw her consents, in ledger and projection.

    contact_id: whoever holds the address; None for a stranger. Workers hear of it when `tx` commits.
    """
    entry = {name: getattr(told, name) for name in ENTRY}
    only = {} if told.medium == EVERY_MEDIUM else {"medium": told.medium}
    if is_postgresql(tx):
        row = _at_once(bool(only)).rows(tx, contact_id=contact_id, reason=because, now=at, means=told.cause, **entry)[0]
        return Changed(fresh=bool(row[0]), cancelled=row[1], withdrawn=row[2])
    fresh = suppressions.add(tx, told)
    cancelled = outbox.cancelling(*only).rows(tx, digest=told.digest, reason=because, now=at, **only)
    hers = {"contact_id": contact_id, **only}
    noted, ended = _one_by_one(bool(only))
    withdrawn = noted.run(tx, means=told.cause, now=at, **hers) and ended.run(tx, now=at, **hers)
    return Changed(fresh=fresh, cancelled=len(cancelled), withdrawn=withdrawn)


@cache
def _at_once(one_medium: bool) -> Prepared:
    """All of it as one statement. The ledger notes what the projection really changed, whoever else was at it meanwhile."""
    fresh = suppressions.adding(postgresql.insert).cte("fresh")
    cancelled = outbox.cancelling_statement(*(["medium"] if one_medium else [])).cte("cancelled")
    ended = (
        _ending(one_medium).returning(*(consent.c[name] for name in ("contact_id", "medium", "purpose", "election"))).cte("ended")
    )
    noted = insert(consent_event).from_select(_LEDGER, _noting(ended)).cte("noted")
    announced = select(func.count(func.pg_notify(suppressions.ANNOUNCEMENTS, func.encode(fresh.c.digest, "hex"))))
    counts = (announced, *(select(func.count()).select_from(one) for one in (cancelled, ended)))
    return Prepared(select(*(count.scalar_subquery() for count in counts)).add_cte(noted))


@cache
def _one_by_one(one_medium: bool) -> tuple[Prepared, Prepared]:
    """What notes every consent that stands in the ledger as withdrawn, and what ends them."""
    noted = insert(consent_event).from_select(_LEDGER, _noting(consent).where(_stands(one_medium)))
    return Prepared(noted), Prepared(_ending(one_medium))


def _noting(those: FromClause) -> Any:
    now, means = given("now", consent_event.c.at.type), given("means", consent_event.c.means.type)
    of = those.c
    return select(of.contact_id, of.medium, of.purpose, literal(ConsentAct.WITHDRAWN.value), now, of.election, means, now)


def _ending(one_medium: bool) -> Any:
    now = given("now", consent.c.since.type)
    return update(consent).where(_stands(one_medium)).values(state=ConsentState.WITHDRAWN, since=now)


def _stands(one_medium: bool) -> ColumnElement[bool]:
    standing = consent.c.state.in_((ConsentState.GRANTED, ConsentState.PENDING))
    hers = and_(consent.c.contact_id == given("contact_id", consent.c.contact_id.type), standing)
    return and_(hers, consent.c.medium == given("medium")) if one_medium else hers

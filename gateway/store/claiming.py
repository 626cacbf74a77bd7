"""The claim: due rows locked, with everything the decision and the rendering need of each person, in one statement.

The statement is written once per kind of message and goes to the driver as text, since it runs for every micro-batch.

What has reached a person is counted at that instant, so on PostgreSQL two lanes that claim messages of two campaigns to her could
both find room under a cap. So a lane first takes the people it decides on, by locks that end with its transaction, and passes
over whoever is another lane's; only then does it count, and sees what was committed of them. No lane waits for another, and
whoever was passed over is due still.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    all_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.campaign import CampaignState
from gateway.domain.message import DUE_STATES
from gateway.store.engine import is_postgresql, together
from gateway.store.facts import TELLING, FactQuestion, instants, join_facts, person_columns
from gateway.store.outbox import in_states
from gateway.store.prepared import Prepared, given
from gateway.store.tables import address, campaign, contact, message, origin, person_key
from gateway.store.types import native


class Claimed(NamedTuple):
    """A locked row: the message, the person, and the raw columns of her facts."""

    message_id: int
    digest: bytes
    domain: str
    attempts: int
    sample_id: int | None
    fields: str | None  #: single messages: what they say of their occasion, JSON
    contact_id: int | None  #: None: the person is gone
    person_key: bytes
    address: str
    given_name: str
    family_name: str
    commune: str
    origin: str
    collected_on: date | str | None  #: of SQLite, as ISO text
    facts: tuple[Any, ...]  #: columns of facts.person_columns, in order


_OWN_COLUMNS = len(Claimed._fields) - 1
#: Advisory locks of PostgreSQL, one for each so-manieth person: its table of locks holds some thousands of them, and every lane
#: of an installation together takes no more than these.
_DECIDING_LOCK, _PEOPLE_LOCKS = 7_263_031, 4096
#: A lane looks for people whom nobody decides on among so many batches of due messages.
_BATCHES_AHEAD = 8
#: Where the database keeps, until the end of the transaction, which rows are this lane's to claim.
_HELD = "gateway.held"


def _holds() -> Prepared:
    """Take people who are due, and whom no other lane decides on at this moment, oldest due first."""
    m = message.c
    skipped, most = given("skipped", ARRAY(Text)), given("most", Integer)
    due = (
        select(m.id, m.contact_id)
        .where(m.campaign_id == given("campaign"), in_states(DUE_STATES), m.due_at <= given("at"), m.domain != all_(skipped))
        .order_by(m.due_at, m.id)
        .limit(given("ahead", Integer))
        .subquery("due")
    )
    person = cast(due.c.contact_id % literal_column(str(_PEOPLE_LOCKS)), Integer)
    free = func.pg_try_advisory_xact_lock(_DECIDING_LOCK, person, type_=Boolean)
    mine = select(due.c.id).where(or_(due.c.contact_id.is_(None), free)).limit(most).subquery("mine")
    return Prepared(select(func.set_config(_HELD, func.coalesce(cast(func.array_agg(mine.c.id), Text), "{}"), true())))


_HOLDS = _holds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What to claim."""

    campaign_id: int
    question: FactQuestion
    at: datetime
    most: int
    not_domains: Iterable[str] = ()


def claim(tx: Connection, wanted: Claim) -> list[Claimed]:
    """Lock at most `most` due rows of a running campaign, oldest due first.

    Rows another worker holds are skipped. A campaign that is no longer running gives none. What is counted of each person stays
    true until `tx` ends.
    """
    if wanted.most < 1:
        return []
    sql, constants = _statement(wanted.question, tx.dialect.name)
    skipped = list(wanted.not_domains)
    parameters = {
        **constants,
        "campaign": wanted.campaign_id,
        "most": wanted.most,
        "skipped": skipped if is_postgresql(tx) else "[" + ",".join(f'"{domain}"' for domain in skipped) + "]",
    }
    for name, value in instants(wanted.question, wanted.at).items():
        parameters[name] = native(tx, value)
    cursor = tx.connection.cursor()
    try:
        with together(tx):
            if _by_person(wanted.question, tx.dialect.name):
                ahead = wanted.most * _BATCHES_AHEAD
                _HOLDS.send(tx, campaign=wanted.campaign_id, at=wanted.at, skipped=skipped, ahead=ahead, most=wanted.most)
            cursor.execute(sql, parameters)
        return [Claimed._make((*row[:_OWN_COLUMNS], row[_OWN_COLUMNS:])) for row in cursor.fetchall()]
    finally:
        cursor.close()


@lru_cache(maxsize=128)
def _statement(question: FactQuestion, dialect: str) -> tuple[str, dict[str, object]]:
    """The text of the claim and its constant parameters."""
    dialects: dict[str, Any] = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}
    known = dialects[dialect](paramstyle="pyformat" if dialect == "postgresql" else "named")
    compiled = _select(question, dialect).compile(dialect=known, compile_kwargs={"render_postcompile": True})
    constants = {name: value.value if isinstance(value, Enum) else value for name, value in compiled.params.items()}
    return str(compiled), {name: value for name, value in constants.items() if value is not None}


def _by_person(question: FactQuestion, dialect: str) -> bool:
    """Whether messages of this kind are counted, in a database where several lanes count at once."""
    return dialect == "postgresql" and question.message_class in TELLING


def _held() -> ColumnElement[bool]:
    """The condition that the person of a row is this lane's."""
    return message.c.id == any_(cast(func.current_setting(_HELD), ARRAY(BigInteger)))


def _select(question: FactQuestion, dialect: str) -> Select[Any]:
    not_skipped = {
        "postgresql": "message.domain <> ALL(CAST(:skipped AS text[]))",
        "sqlite": "message.domain NOT IN (SELECT value FROM json_each(:skipped))",
    }
    running = select(campaign.c.id).where(campaign.c.id == message.c.campaign_id, campaign.c.state == CampaignState.RUNNING)
    due = (
        select(message)
        .where(
            message.c.campaign_id == bindparam("campaign", None),
            in_states(DUE_STATES),
            message.c.due_at <= bindparam("at", None, type_=message.c.due_at.type),
            text(not_skipped[dialect]).bindparams(bindparam("skipped", None)),
            running.exists(),
            _held() if _by_person(question, dialect) else true(),
        )
        .order_by(message.c.due_at, message.c.id)
        .limit(bindparam("most", None, type_=Integer()))
        .with_for_update(of=message, skip_locked=True)
        .cte("claimed")
    )
    source = (
        due.outerjoin(contact, contact.c.id == due.c.contact_id)
        .outerjoin(address, address.c.id == due.c.address_id)
        .outerjoin(person_key, person_key.c.contact_id == contact.c.id)
    )
    columns = (
        due.c.id,
        due.c.digest,
        due.c.domain,
        due.c.attempts,
        due.c.sample_id,
        due.c.fields,
        contact.c.id,
        person_key.c.key,
        address.c.value,
        contact.c.given_name,
        contact.c.family_name,
        contact.c.commune,
        origin.c.label,
        origin.c.collected_on,
    )
    whole = select(*columns, *person_columns(question)).select_from(join_facts(source, question))
    # A join may come back in any order: what has waited longest is first among what is handed over at once, too.
    return whole.order_by(due.c.due_at, due.c.id)

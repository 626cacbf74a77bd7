"""Facts of people, by set: the same columns fill the gate's batches and group the dry run's audience.

No rule stands here. What a rule counts or compares with (windows of caps, an age) comes from the pack as FactNeeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    type_coerce,
)

from gateway.compliance.facts import Cap, FactNeeds
from gateway.domain.address import AddressState
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import SAID_NO, ConsentScope, ConsentState, Purpose
from gateway.domain.contact import AgeBand, Collection, ContactClass, OriginKind
from gateway.domain.form import SignupState
from gateway.domain.message import MessageState
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionKind, SuppressionState
from gateway.store import tables
from gateway.store.engine import is_postgresql
from gateway.store.installations import for_real
from gateway.store.tables import address, campaign, consent_request, contact, message, origin, signup, suppression

#: States in which a message has, or may have, reached the person.
REACHED = (MessageState.ACCEPTED, MessageState.HANDING_OVER, MessageState.RINGING, MessageState.UNCERTAIN)

#: Classes of the messages that campaigns send of their own accord: they tell people everything, and they are counted.
TELLING = (MessageClass.CAMPAIGN, MessageClass.CONSENT_REQUEST)

#: A rank rather than a word: the subquery is then written, and run, once per row.
_BY_RANK = (SuppressionState.NONE, SuppressionState.PAUSE, SuppressionState.TECHNICAL, SuppressionState.OBJECTION)

_political = tables.consent.alias("political")
_targeting = tables.consent.alias("targeting")
_afterwards = tables.consent.alias("afterwards")
_earlier = message.alias("earlier")
_address = address.alias("own")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactQuestion:
    """For which kind of message facts are wanted. Statements are made once per question; the instant is a parameter."""

    medium: Medium
    message_class: MessageClass
    election: str | None
    needs: FactNeeds
    team: tuple[bytes, ...] = ()  #: class test: digests of the team's addresses, whoever holds them


def instants(question: FactQuestion, at: datetime) -> dict[str, date]:
    """Parameters of person_columns for one instant."""
    found: dict[str, date] = {"at": at}
    found.update({f"since_{cap.days}": at - timedelta(days=cap.days) for cap in question.needs.caps})
    if question.needs.age_years is not None:
        found["born_after"] = _years_before(at.date(), question.needs.age_years)
    return found


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of equal facts."""

    people: int
    sample: int  #: id of one contact of the class
    person: dict[str, Any]  #: the person's fields of Facts
    apart: bool = False  #: addresses that were to be counted apart


def _origin_complete() -> ColumnElement[bool]:
    """Whether one can say where a person's data comes from: not where the import that brought it was undone."""
    return and_(origin.c.collected_on.is_not(None), origin.c.collector.is_not(None), ~contact.c.set_aside)


def person_columns(question: FactQuestion) -> list[ColumnElement[Any]]:
    """Columns that are facts, named after the fields of Facts; raw values, to be read by `read_person`."""
    return [
        _class(question).label("contact_class"),
        contact.c.territory,
        _age(question).label("age"),
        contact.c.restricted,
        _raw(origin.c.kind).label("origin"),
        _raw(origin.c.collection).label("collection"),
        _origin_complete().label("origin_complete"),
        func.coalesce(_raw(_political.c.state), ConsentState.NONE.value).label("consent"),
        func.coalesce(_political.c.evidence, literal(False)).label("consent_evidence"),
        _scope(question).label("consent_scope"),
        case((_targeting.c.evidence, _raw(_targeting.c.state)), else_=ConsentState.NONE.value).label("targeting_consent"),
        func.coalesce(_afterwards.c.state.in_(SAID_NO), literal(False)).label("nothing_afterwards"),
        _signing_up(question).label("signing_up"),
        _suppression(question).label("suppression"),
        _raw(address.c.state).label("address"),
        (~_reached()).label("first_contact"),
        _consent_requests(question).label("consent_requests"),
        *(_sent(question, cap).label(f"sent_{rank}") for rank, cap in enumerate(question.needs.caps)),
        *((func.coalesce(_political.c.hours, "").label("hours"),) if question.medium is Medium.CALL else ()),
        *((_network(question.needs.networks).label("network"),) if _tells_networks(question) else ()),
    ]


def join_facts(source: FromClause, question: FactQuestion) -> FromClause:
    """Add to a source that has contact and address what person_columns reads besides."""
    return (
        source.outerjoin(origin, origin.c.id == contact.c.origin_id)
        .outerjoin(_political, _consent_of(_political, Purpose.POLITICAL, question.medium))
        .outerjoin(_targeting, _consent_of(_targeting, Purpose.TARGETING, question.medium))
        .outerjoin(_afterwards, _consent_of(_afterwards, Purpose.AFTER_ELECTION, question.medium))
    )


def classes(
    tx: Connection,
    question: FactQuestion,
    audience: ColumnElement[bool],
    at: datetime,
    *,
    apart: ColumnElement[bool] | None = None,
) -> Iterator[ClassRow]:
    """The audience grouped by its facts, one row per class: a few hundred for a million people.

    apart: which addresses of it make classes of their own, whatever their facts.
    """
    columns = [(literal(False) if apart is None else apart).label("apart"), *person_columns(question)]
    everyone = contact.join(address, and_(address.c.contact_id == contact.c.id, address.c.medium == question.medium))
    each = (
        select(contact.c.id.label("contact_id"), *columns).select_from(join_facts(everyone, question)).where(audience).subquery()
    )
    parameters = instants(question, at)
    if not is_postgresql(tx):
        for facts_of_class, (people, sample) in _counted(tx, each, parameters).items():
            row = dict(zip(fact_names(question), facts_of_class[1:], strict=True))
            yield ClassRow(people, sample, read_person(row, question), apart=bool(facts_of_class[0]))
        return
    facts = [column for column in each.c if column.name != "contact_id"]
    grouped = select(func.count().label("people"), func.min(each.c.contact_id).label("sample"), *facts).group_by(*facts)
    # The planner cannot know that so many columns make so few groups, and sorts a million rows instead of hashing them.
    tx.execute(text("SET LOCAL enable_sort = off"))
    for found in tx.execute(grouped, parameters).mappings():
        yield ClassRow(found["people"], found["sample"], read_person(found, question), apart=found["apart"])


def _counted(tx: Connection, each: Subquery, parameters: Mapping[str, object]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """People and a sample by class: SQLite groups by sorting, which takes a million rows twice as long as counting them here."""
    people: dict[tuple[Any, ...], int] = {}
    samples: dict[tuple[Any, ...], int] = {}
    rows: Any = tx.execute(select(*each.c), parameters).cursor  # the driver's own rows: nothing is made of them
    for row in rows:
        key = row[1:]
        if key in people:
            people[key] += 1
        else:
            people[key], samples[key] = 1, row[0]
    return {key: (count, samples[key]) for key, count in people.items()}


def read_person(row: Mapping[str, Any] | RowMapping, question: FactQuestion) -> dict[str, Any]:
    """Fields of Facts from a row of person_columns. Raises ValueError for a value of no known set: such facts decide nothing."""
    needs = question.needs
    person = {
        "contact_class": ContactClass(row["contact_class"]),
        "territory": row["territory"],
        "age": AgeBand(row["age"]),
        "restricted": bool(row["restricted"]),
        "origin": OriginKind(row["origin"]),
        "collection": Collection(row["collection"]),
        "origin_complete": bool(row["origin_complete"]),
        "consent": ConsentState(row["consent"]),
        "consent_evidence": bool(row["consent_evidence"]),
        "consent_scope": ConsentScope(row["consent_scope"]),
        "targeting_consent": ConsentState(row["targeting_consent"]),
        "nothing_afterwards": bool(row["nothing_afterwards"]),
        "signing_up": bool(row["signing_up"]),
        "suppression": _BY_RANK[row["suppression"]],
        "address": AddressState(row["address"]),
        "first_contact": bool(row["first_contact"]),
        "consent_requests": min(row["consent_requests"], 2),
        "sent": tuple(min(row[f"sent_{rank}"], needs.cap_most + 1) for rank in range(len(needs.caps))),
    }
    if question.medium is Medium.CALL:
        person["hours"] = row["hours"]
    if _tells_networks(question):
        person["network"] = row["network"]
    return person


def suppression_rank(state: SuppressionState) -> int:
    """How person_columns write a standing of the opposition list."""
    return _BY_RANK.index(state)


@lru_cache(maxsize=128)
def fact_names(question: FactQuestion) -> tuple[str, ...]:
    """Names of person_columns, in order."""
    return tuple(column.name for column in person_columns(question))


def _raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The stored text of an enum column: the gate memoises by raw rows and builds enums once per class."""
    return type_coerce(column, String)


def _instant(name: str) -> ColumnElement[Any]:
    return bindparam(name, None, type_=suppression.c.until.type)


def _class(question: FactQuestion) -> ColumnElement[Any]:
    if not question.team:
        return _raw(contact.c.contact_class)
    return case((address.c.digest.in_(question.team), ContactClass.TEAM.value), else_=_raw(contact.c.contact_class))


def _consent_of(ledger: FromClause, purpose: Purpose, medium: Medium) -> ColumnElement[bool]:
    return and_(ledger.c.contact_id == contact.c.id, ledger.c.medium == medium, ledger.c.purpose == purpose)


def _age(question: FactQuestion) -> ColumnElement[Any]:
    years = question.needs.age_years
    if years is None:
        return literal(AgeBand.UNKNOWN.value)
    return case(
        (contact.c.birth_on.is_(None), AgeBand.UNKNOWN.value),
        (contact.c.birth_on > bindparam("born_after", None, type_=contact.c.birth_on.type), AgeBand.UNDER.value),
        else_=AgeBand.REACHED.value,
    )


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _scope(question: FactQuestion) -> ColumnElement[Any]:
    return case(
        (_political.c.contact_id.is_(None), ConsentScope.NONE.value),
        (_political.c.election.is_(None), ConsentScope.OPEN.value),
        (_political.c.election == (question.election or ""), ConsentScope.THIS_ELECTION.value),
        else_=ConsentScope.OTHER_ELECTION.value,
    )


def _signing_up(question: FactQuestion) -> ColumnElement[Any]:
    if question.message_class is not MessageClass.CONFIRMATION:
        return literal(False)
    return exists().where(signup.c.contact_id == contact.c.id, signup.c.state == SignupState.PENDING)


def _suppression(question: FactQuestion) -> ColumnElement[Any]:
    """Rank of the strongest entry of the opposition list for this address; see _BY_RANK."""
    rank = case(
        *((suppression.c.kind == SuppressionKind(state), rank) for rank, state in enumerate(_BY_RANK) if rank),
        (suppression.c.kind == SuppressionKind.DOUBT, _BY_RANK.index(SuppressionState.PAUSE)),
        else_=len(_BY_RANK),
    )
    strongest = (
        select(func.max(rank))
        .where(
            suppression.c.digest == address.c.digest,
            suppression.c.medium.in_((question.medium.value, EVERY_MEDIUM)),
            or_(suppression.c.until.is_(None), suppression.c.until > _instant("at")),
        )
        .scalar_subquery()
    )
    return func.coalesce(strongest, 0)


def _reached() -> ColumnElement[bool]:
    """A message that tells her who we are, her rights and how to object has surely left for this address before.

    What is in doubt may never have told her: the next message does. Answers to her own acts tell none of it.
    """
    return exists().where(
        _earlier.c.contact_id == contact.c.id,
        _earlier.c.address_id == address.c.id,
        _earlier.c.state == MessageState.ACCEPTED,
        _earlier.c.message_class.in_(TELLING),
        for_real(_earlier),
    )


def _consent_requests(question: FactQuestion) -> ColumnElement[Any]:
    if question.message_class is not MessageClass.CONSENT_REQUEST:
        return literal(0)
    # Said, not left to be found: two levels down, everybody's addresses would be hers.
    mine = select(_address.c.digest).where(_address.c.contact_id == contact.c.id).correlate(contact)
    # Marked under the name of somebody erased since, at an address she has: it was she.
    before = exists().where(consent_request.c.digest.in_(mine), consent_request.c.contact_id != contact.c.id)
    asked = (
        select(func.count())
        .select_from(_earlier)
        .where(
            _earlier.c.contact_id == contact.c.id,
            _earlier.c.state.in_(REACHED),
            _earlier.c.message_class == MessageClass.CONSENT_REQUEST,
            for_real(_earlier),
        )
        .scalar_subquery()
    )
    return asked + case((before, 1), else_=0)


def _tells_networks(question: FactQuestion) -> bool:
    return question.medium is not Medium.EMAIL and bool(question.needs.networks)


def _network(networks: Sequence[str]) -> ColumnElement[Any]:
    """The longest of these beginnings that a number has; empty for none."""
    longest_first = sorted(networks, key=len, reverse=True)
    return case(*((func.substr(address.c.value, 1, len(one)) == one, one) for one in longest_first), else_="")


def _sent(question: FactQuestion, cap: Cap) -> ColumnElement[Any]:
    """Messages, or attempts, of a cap's window; none is counted for a channel that the cap never stops.

    What may have reached her counts: a hand-over under way, and one in doubt, of which nobody knows the instant.
    """
    if question.medium not in cap.channels:
        return literal(0)
    e = _earlier.c
    since = _instant(f"since_{cap.days}")
    campaigns = select(campaign.c.id).where(campaign.c.medium.in_(cap.counted))
    reached = e.state.in_(REACHED)
    untold = and_(e.handed_at.is_(None), reached, or_(e.settled_at.is_(None), e.settled_at > since))
    counted = (
        select(func.coalesce(func.sum(_attempts()), 0) if cap.attempts else func.count())
        .select_from(_earlier)
        .where(
            e.contact_id == contact.c.id,
            e.message_class.in_(TELLING),
            or_(e.handed_at > since, untold),
            for_real(_earlier),
            *(() if cap.attempts else (reached,)),
            *((e.campaign_id.in_(campaigns),) if cap.counted else ()),
        )
        .scalar_subquery()
    )
    return counted


def _attempts() -> ColumnElement[int]:
    """How often a message was tried, the attempt included of a lane that holds it, or did when its lease ran out."""
    e = _earlier.c
    return case((e.worker.is_not(None), e.attempts + 1), (e.attempts == 0, 1), else_=e.attempts)

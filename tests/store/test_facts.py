"""Facts of a call and of a text: what the store answers besides what it answers of a letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import pytest
from sqlalchemy import insert, true

from gateway.compliance.decide import decide
from gateway.compliance.facts import Cap, FactNeeds
from gateway.compliance.situations import read_facts
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.store import tables
from gateway.store.engine import begin, open_engine, reading
from gateway.store.facts import FactQuestion, classes
from tests.compliance.builders import base, paris, shipped

NOW = datetime(2027, 3, 2, 17, tzinfo=UTC)  # a Tuesday, 18:00 in Paris
NEEDS = FactNeeds(
    caps=(Cap(7, (), (Medium.CALL, Medium.EMAIL, Medium.SMS)), Cap(30, (Medium.CALL,), (Medium.CALL,))),
    cap_most=4,
    networks=("+508", "+687"),
)


@pytest.fixture
def engine(database_url):
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def lea(tx, *, number: str = "+33639980012", hours: str | None = "lun-ven 18:00-20:00") -> int:
    """Léa, who agreed on paper to texts and to calls at her hours."""
    origin = {"kind": "paper_form", "label": "marché", "collection": "direct", "created_at": NOW, "collected_on": NOW.date()}
    origin_id = tx.execute(insert(tables.origin).values(**origin, collector="Zoé").returning(tables.origin.c.id)).scalar_one()
    contact = {"contact_class": "regular", "territory": "metropole", "origin_id": origin_id, "created_at": NOW}
    contact_id = tx.execute(insert(tables.contact).values(contact).returning(tables.contact.c.id)).scalar_one()
    for medium in ("sms", "call"):
        digest = blake2b(f"{medium}{number}".encode(), digest_size=16).digest()
        tx.execute(insert(tables.address).values(contact_id=contact_id, medium=medium, value=number, digest=digest))
        agreed = {"medium": medium, "purpose": "political", "state": "granted", "evidence": True, "since": NOW}
        tx.execute(insert(tables.consent).values(contact_id=contact_id, **agreed, hours=hours if medium == "call" else None))
    return contact_id


def reached(tx, contact_id: int, medium: Medium, *, times: int, ago: timedelta) -> None:
    """Earlier messages to a person, each of a campaign of its own."""
    for rank in range(times):
        campaign = {"name": f"{medium} {rank} {ago}", "medium": medium, "message_class": "campaign", "state": "finished"}
        campaign_id = tx.execute(
            insert(tables.campaign)
            .values(**campaign, definition=b"{}", author="a", created_at=NOW)
            .returning(tables.campaign.c.id)
        ).scalar_one()
        row = {"campaign_id": campaign_id, "contact_id": contact_id, "digest": bytes(16), "message_class": "campaign"}
        tx.execute(insert(tables.message).values(**row, state="accepted", due_at=NOW, handed_at=NOW - ago))


def facts_of(engine, medium: Medium, needs: FactNeeds = NEEDS) -> dict:
    question = FactQuestion(medium=medium, message_class=MessageClass.CAMPAIGN, election=None, needs=needs)
    with reading(engine) as tx:
        (found,) = classes(tx, question, true(), NOW)
    return found.person


def test_the_hours_a_person_stated_are_facts_of_a_call_and_of_nothing_else(engine):
    with begin(engine) as tx:
        lea(tx)
    assert facts_of(engine, Medium.CALL)["hours"] == "lun-ven 18:00-20:00"
    assert "hours" not in facts_of(engine, Medium.SMS)


def test_a_consent_without_hours_is_one_without_and_the_call_is_refused(engine):
    with begin(engine) as tx:
        lea(tx, hours=None)
    person = facts_of(engine, Medium.CALL, shipped().needs)
    assert person["hours"] == ""
    situation = {**base("appel"), **person}
    verdict = decide(read_facts(situation, NOW, shipped().needs), shipped())
    assert (verdict.name, verdict.rules) == ("refuse", ("voice-consent-window",))


def test_with_her_hours_the_same_call_leaves_at_six_and_not_a_minute_before(engine):
    with begin(engine) as tx:
        lea(tx)
    situation = {**base("appel"), **facts_of(engine, Medium.CALL, shipped().needs), "first_contact": False}
    assert decide(read_facts(situation, paris("2027-03-02 18:00"), shipped().needs), shipped()).name == "allow"
    assert decide(read_facts(situation, paris("2027-03-02 17:59"), shipped().needs), shipped()).name == "defer"


@pytest.mark.parametrize(("number", "network"), [("+33639980012", ""), ("+687750011", "+687"), ("+508410011", "+508")])
def test_a_network_that_a_rule_names_is_a_fact_of_the_number(engine, number: str, network: str):
    with begin(engine) as tx:
        lea(tx, number=number)
    assert facts_of(engine, Medium.CALL)["network"] == network
    assert facts_of(engine, Medium.SMS)["network"] == network
    assert "network" not in facts_of(engine, Medium.CALL, FactNeeds())


def test_calls_are_counted_apart_where_a_rule_counts_calls_and_every_message_where_it_counts_all(engine):
    with begin(engine) as tx:
        person = lea(tx)
        reached(tx, person, Medium.SMS, times=2, ago=timedelta(days=3))
        reached(tx, person, Medium.CALL, times=1, ago=timedelta(days=3))
        reached(tx, person, Medium.CALL, times=2, ago=timedelta(days=20))
        reached(tx, person, Medium.CALL, times=1, ago=timedelta(days=31))
    assert facts_of(engine, Medium.CALL)["sent"] == (3, 3)
    assert facts_of(engine, Medium.SMS)["sent"] == (3, 0)  # no rule on texts counts calls: nothing is counted for it

"""Facts of a call and of a text: what the store answers besides what it answers of a letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import pytest
from sqlalchemy import insert, select, true

from gateway.compliance.decide import decide
from gateway.compliance.facts import Cap, FactNeeds
from gateway.compliance.situations import read_facts
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.store import tables
from gateway.store.engine import begin, reading
from gateway.store.facts import FactQuestion, classes
from tests.compliance.builders import base, paris, shipped

NOW = datetime(2027, 3, 2, 17, tzinfo=UTC)  # a Tuesday, 18:00 in Paris
NEEDS = FactNeeds(
    caps=(Cap(7, (), (Medium.CALL, Medium.EMAIL, Medium.SMS)), Cap(30, (Medium.CALL,), (Medium.CALL,))),
    cap_most=4,
    networks=("+508", "+687"),
)


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


def earlier(tx, contact_id: int, *, medium: Medium = Medium.CALL, **row) -> None:
    """One earlier message of a campaign, as it stands."""
    campaign = {"name": f"{medium} to {contact_id}", "medium": medium, "message_class": row.get("message_class", "campaign")}
    campaign_id = tx.execute(
        insert(tables.campaign)
        .values(**campaign, state="running", definition=b"{}", author="a", created_at=NOW)
        .returning(tables.campaign.c.id)
    ).scalar_one()
    hers = select(tables.address).where(tables.address.c.contact_id == contact_id, tables.address.c.medium == medium)
    address = tx.execute(hers).mappings().one()
    named = {"contact_id": contact_id, "address_id": address["id"], "digest": address["digest"]}
    told = {"message_class": "campaign", "due_at": NOW - timedelta(hours=5)} | row
    tx.execute(insert(tables.message).values(campaign_id=campaign_id, **named, **told))


def each(engine, fact, medium: Medium, stories: list[dict]) -> list:
    """One fact of as many people, each with one earlier message."""
    with begin(engine) as tx:
        people = [lea(tx, number=f"+336399800{rank}") for rank in range(10, 10 + len(stories))]
        for person, told in zip(people, stories, strict=True):
            earlier(tx, person, medium=medium, **told)
    needs = shipped().needs
    question = FactQuestion(medium=medium, message_class=MessageClass.CAMPAIGN, election=None, needs=needs)
    with reading(engine) as tx:
        found = (next(classes(tx, question, tables.contact.c.id == person, NOW)).person for person in people)
        return [fact(one) for one in found]


def ago(**told) -> datetime:
    return NOW - timedelta(**told)


def test_every_attempt_to_call_counts_against_four_in_thirty_days_whether_anybody_answered_or_not(engine):
    stories: list[tuple[dict, object]] = [
        ({"state": "expired", "attempts": 3, "handed_at": ago(days=2)}, 3),  # nobody ever answered
        ({"state": "deferred", "attempts": 2, "handed_at": ago(hours=1)}, 2),  # to be tried again
        ({"state": "ringing", "attempts": 1, "handed_at": NOW}, 1),
        ({"state": "handing_over", "attempts": 0, "worker": "lane"}, 1),  # it may be ringing this very moment
        ({"state": "handing_over", "attempts": 2, "worker": "lane", "handed_at": ago(hours=2)}, 3),
        ({"state": "uncertain", "attempts": 0, "worker": "lane"}, 1),  # the lease ran out: nobody can say
        ({"state": "accepted", "attempts": 0, "settled_at": ago(days=1)}, 1),  # a person settled the doubt
        ({"state": "accepted", "attempts": 0, "settled_at": ago(days=31)}, 0),
        ({"state": "expired", "attempts": 3, "handed_at": ago(days=30)}, 0),  # thirty days are over
        ({"state": "expired", "attempts": 3, "handed_at": ago(days=30, seconds=-1)}, 3),
        ({"state": "waiting", "attempts": 0}, 0),
        ({"state": "refused", "attempts": 0}, 0),
        ({"state": "abandoned", "attempts": 1}, 0),  # the provider never took it
    ]
    counted = each(engine, lambda person: person["sent"][1], Medium.CALL, [told for told, _ in stories])
    assert counted == [attempts for _, attempts in stories]


def test_a_text_that_may_have_reached_her_counts_in_the_week_and_one_that_did_not_does_not(engine):
    stories: list[tuple[dict, object]] = [
        ({"state": "handing_over"}, 1),
        ({"state": "uncertain"}, 1),
        ({"state": "accepted", "handed_at": ago(days=7)}, 0),
        ({"state": "accepted", "attempts": 3, "handed_at": ago(days=7, seconds=-1)}, 1),
        ({"state": "accepted", "attempts": 1, "handed_at": NOW, "message_class": "consent_request"}, 1),
        ({"state": "accepted", "attempts": 1, "handed_at": NOW, "message_class": "rights"}, 0),
        ({"state": "expired", "attempts": 5, "handed_at": NOW}, 0),  # it reached nobody
    ]
    counted = each(engine, lambda person: person["sent"][0], Medium.SMS, [told for told, _ in stories])
    assert counted == [messages for _, messages in stories]


def test_the_first_message_is_first_until_one_that_told_her_everything_has_surely_left(engine):
    stories: list[tuple[dict, object]] = [
        ({"state": "accepted"}, False),
        ({"state": "accepted", "message_class": "consent_request"}, False),
        ({"state": "uncertain"}, True),  # she may never have read who we are and how to object: she is told
        ({"state": "handing_over"}, True),
        ({"state": "accepted", "message_class": "confirmation"}, True),  # it shows neither objection nor rights
        ({"state": "accepted", "message_class": "rights"}, True),
        ({"state": "accepted", "message_class": "test"}, True),
    ]
    counted = each(engine, lambda person: person["first_contact"], Medium.SMS, [told for told, _ in stories])
    assert counted == [first for _, first in stories]

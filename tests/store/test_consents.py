"""The ledger of consent and its projection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from gateway.domain.channel import Medium
from gateway.domain.consent import Consent, ConsentAct, ConsentState, Evidence, Purpose
from gateway.domain.hours import CallWindow
from gateway.flows.collecting.request import hash_of
from gateway.store import consents, tables
from gateway.store.engine import begin, reading
from tests.clock import AN_ORDINARY_MORNING as NOW

SIGNED = Evidence(
    given_at=datetime(2026, 3, 15, tzinfo=UTC), form="carton v2", wording="J’accepte.", collector="Zoé", means="papier"
)
YES = Consent(medium=Medium.EMAIL, purpose=Purpose.POLITICAL, act=ConsentAct.GRANTED, at=NOW, evidence=SIGNED)


@pytest.fixture
def anne(engine):
    """The number of a contact who has said nothing yet."""
    with begin(engine) as tx:
        origin = {"kind": "web_form", "label": "site", "collection": "direct", "created_at": NOW}
        origin_id = tx.execute(insert(tables.origin).values(origin).returning(tables.origin.c.id)).scalar_one()
        contact = {"contact_class": "regular", "origin_id": origin_id, "created_at": NOW}
        return tx.execute(insert(tables.contact).values(contact).returning(tables.contact.c.id)).scalar_one()


def record(engine, contact_id, entry):
    words = entry.evidence.wording
    with begin(engine) as tx:
        consents.keep_wordings(tx, {hash_of(words): words} if words else {}, at=NOW)
        consents.record(tx, contact_id, entry, wording_sha256=hash_of(words) if words else None, at=NOW)


def standing(engine, contact_id):
    with reading(engine) as tx:
        return {(one.medium, one.purpose): (one.state, one.evidence) for one in consents.standing(tx, contact_id)}


def test_the_last_act_is_projected_and_every_act_stays_in_the_ledger(engine, anne):
    record(engine, anne, YES)
    record(engine, anne, replace(YES, act=ConsentAct.WITHDRAWN, at=NOW + timedelta(days=1)))
    assert standing(engine, anne) == {(Medium.EMAIL, Purpose.POLITICAL): (ConsentState.WITHDRAWN, True)}
    with reading(engine) as tx:
        assert [entry["act"] for entry in consents.ledger(tx, anne)] == [ConsentAct.GRANTED, ConsentAct.WITHDRAWN]


def test_a_consent_names_one_channel_and_one_purpose(engine, anne):
    record(engine, anne, YES)
    record(engine, anne, replace(YES, purpose=Purpose.TARGETING))
    record(engine, anne, replace(YES, medium=Medium.SMS, act=ConsentAct.REFUSED))
    assert {key: state for key, (state, _) in standing(engine, anne).items()} == {
        (Medium.EMAIL, Purpose.POLITICAL): ConsentState.GRANTED,
        (Medium.EMAIL, Purpose.TARGETING): ConsentState.GRANTED,
        (Medium.SMS, Purpose.POLITICAL): ConsentState.REFUSED,
    }


@pytest.mark.parametrize("missing", ["given_at", "form", "wording", "collector", "means"])
def test_a_consent_without_one_element_of_evidence_is_projected_as_unproven(engine, anne, missing):
    record(engine, anne, replace(YES, evidence=replace(SIGNED, **{missing: None})))
    assert standing(engine, anne) == {(Medium.EMAIL, Purpose.POLITICAL): (ConsentState.GRANTED, False)}


def test_having_been_asked_is_no_state(engine, anne):
    record(engine, anne, replace(YES, act=ConsentAct.REQUESTED))
    assert standing(engine, anne) == {}


def test_the_words_agreed_to_are_kept_once_and_shown_with_each_act(engine, anne):
    record(engine, anne, YES)
    record(engine, anne, YES)
    with reading(engine) as tx:
        assert [entry["wording"] for entry in consents.ledger(tx, anne)] == ["J’accepte.", "J’accepte."]
        assert tx.execute(select(tables.wording.c.text)).scalars().all() == ["J’accepte."]


def test_the_ledger_shown_is_bounded_and_keeps_the_newest(engine, anne):
    for day in range(4):
        record(engine, anne, replace(YES, at=NOW + timedelta(days=day)))
    with reading(engine) as tx:
        assert [entry["at"] for entry in consents.ledger(tx, anne, limit=2)] == [NOW + timedelta(days=2), NOW + timedelta(days=3)]


def test_the_ledger_goes_with_the_person(engine, anne):
    record(engine, anne, YES)
    with begin(engine) as tx:
        tx.execute(tables.contact.delete())
    with reading(engine) as tx:
        assert consents.ledger(tx, anne) == [] and consents.standing(tx, anne) == []


def test_agreed_hours_of_calls_stand_in_the_ledger_and_end_with_the_consent(engine, anne):
    agreed = replace(YES, medium=Medium.CALL, hours=CallWindow.parse("lun-ven 18h-20h"))
    with begin(engine) as tx:
        consents.record(tx, anne, agreed, wording_sha256=None, at=NOW)
    with reading(engine) as tx:
        assert [one.hours for one in consents.standing(tx, anne)] == ["lun-ven 18:00-20:00"]
    with begin(engine) as tx:
        withdrawn = replace(agreed, act=ConsentAct.WITHDRAWN, at=NOW + timedelta(days=1), hours=None)
        consents.record(tx, anne, withdrawn, wording_sha256=None, at=NOW + timedelta(days=1))
    with reading(engine) as tx:
        assert [one.hours for one in consents.standing(tx, anne)] == [None]
        assert [entry["hours"] for entry in consents.ledger(tx, anne)] == ["lun-ven 18:00-20:00", None]

"""The journal, filtered for reading: each filter gives its entries and no other."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from gateway.audit.entry import EntryKind
from gateway.domain.errors import InvalidInput, NotFound
from gateway.flows.auditing import Scope
from gateway.flows.auditing.log import logged
from tests.sending.support import Person, add, installation, newsletter, run

LEA, MARC = "lea@exemple.fr", "marc@exemple.fr"


@pytest.fixture
def gw(database_url, clock, tmp_path):
    """Léa agreed and Marc did not; a letter to both, and another one two days later."""
    with installation(database_url, clock, tmp_path) as gw:
        add(gw, Person(email=LEA), Person(email=MARC, consent=None))
        newsletter(gw, "lettre")
        run(gw)
        clock.advance(timedelta(days=2))
        newsletter(gw, "suite")
        run(gw)
        yield gw


def told(gw, scope=None, **filters):
    return [orjson.loads(one.body) for one in logged(gw, scope or Scope(), **filters)]


def test_by_verdict_and_rule(gw):
    refused = told(gw, verdict="refuse")
    assert [(one["kind"], one["verdict"], one["campaign"]) for one in refused] == [
        ("decision", "refuse", 1),
        ("decision", "refuse", 2),
    ]
    (rule, *_) = refused[0]["rules"]
    assert [one for one in told(gw, rule=rule) if one["verdict"] == "refuse"] == refused
    assert told(gw, rule=rule[:-1]) == [] and told(gw, verdict="ref") == [] and told(gw, rule='"') == []
    assert {one["verdict"] for one in told(gw, verdict="allow")} == {"allow"}


def test_by_campaign_person_and_kind(gw):
    assert {one["campaign"] for one in told(gw, Scope(campaign="suite"))} == {2}
    hers = told(gw, Scope(person=LEA), kinds=[EntryKind.HAND_OVER])
    assert [(one["kind"], one["campaign"]) for one in hers] == [("hand_over", 1), ("hand_over", 2)]
    assert told(gw, Scope(person=MARC), kinds=[EntryKind.HAND_OVER]) == []
    several = told(gw, Scope(person=LEA), kinds=[EntryKind.HAND_OVER, EntryKind.DECISION])
    assert [one["kind"] for one in several] == ["decision", "hand_over"] * 2, "and not the last one asked for alone"
    with_facts = told(gw, Scope(person=MARC))
    assert {one["kind"] for one in with_facts} == {"facts", "decision"}
    assert len(told(gw, Scope(person=MARC, campaign="suite"), verdict="refuse")) == 1
    with pytest.raises(NotFound):
        told(gw, Scope(campaign="ailleurs"))


def test_by_dates(gw, clock):
    second = told(gw, Scope(since=clock.now() - timedelta(days=1)), kinds=[EntryKind.DECISION])
    assert [one["campaign"] for one in second] == [2, 2]
    first = told(gw, Scope(until=clock.now() - timedelta(days=1)), kinds=[EntryKind.DECISION])
    assert [one["campaign"] for one in first] == [1, 1]
    with pytest.raises(InvalidInput, match="--from doit venir avant --to"):
        told(gw, Scope(since=clock.now(), until=clock.now() - timedelta(days=1)))

"""Facts and verdicts in the journal: canonical bytes, read back to the same verdict, refused when they cannot be trusted."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given, settings

from gateway.compliance.codec import facts_from_json, facts_to_json
from gateway.compliance.decide import decide
from gateway.compliance.facts import Facts
from gateway.compliance.pack import Pack
from gateway.domain.errors import InvalidInput
from tests.compliance.builders import NOON, lawful, paris, shipped
from tests.compliance.test_semantics import ANY_FACTS


@pytest.fixture(scope="module")
def kept() -> Pack:
    """The pack as the journal keeps it, read back from its text."""
    return Pack.from_text(shipped().text)


@settings(max_examples=150, deadline=None)
@given(facts=ANY_FACTS)
def test_facts_read_back_are_equal_and_decide_alike_under_the_pack_kept_with_them(kept: Pack, facts: Facts) -> None:
    again = facts_from_json(facts_to_json(facts), facts.at)
    assert again == facts
    assert again.at == facts.at
    assert decide(again, kept) == decide(facts, shipped())


def test_equal_facts_give_equal_bytes_whatever_the_instant() -> None:
    facts = lawful()
    later = dataclasses.replace(facts, at=paris("2027-01-01 08:00"))
    assert facts_to_json(facts) == facts_to_json(later)
    assert b" " not in facts_to_json(facts).replace(b'" ', b"")
    assert list(json.loads(facts_to_json(facts))) == sorted(json.loads(facts_to_json(facts)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"channel": "pigeon"}, "channel: « pigeon » n’est pas admis"),
        ({"consent": None}, "consent: « None » n’est pas admis"),
        ({"restricted": 1}, "restricted: « 1 » n’est pas une valeur admise"),
        ({"consent_requests": True}, "consent_requests: « True » n’est pas une valeur admise"),
        ({"sent": ["1"]}, "sent: « 1 » n’est pas une valeur admise"),
        ({"criteria": "commune"}, "criteria: il faut une liste, pas « commune »"),
        ({"mood": "good"}, "clés inconnues ou manquantes mood"),
    ],
)
def test_facts_outside_their_sets_are_refused_by_key(change: dict[str, object], reason: str) -> None:
    content = {**json.loads(facts_to_json(lawful())), **change}
    with pytest.raises(InvalidInput) as refused:
        facts_from_json(json.dumps(content).encode(), NOON)
    assert reason in str(refused.value)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b'"channel"'])
def test_bytes_that_are_no_facts_are_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput, match="ne peuvent pas être lus"):
        facts_from_json(text, NOON)


def test_facts_written_before_a_fact_existed_read_back_with_its_default_and_hash_as_they_did() -> None:
    """The journal of an earlier version names facts by the hash of their bytes."""
    content = json.loads(facts_to_json(lawful()))
    assert not {"sender", "hours", "network"} & content.keys()
    assert facts_from_json(json.dumps(content).encode(), NOON) == lawful()
    called = lawful(paris("2027-03-02 18:00"), "appel")
    assert json.loads(facts_to_json(called))["hours"] == "lun-ven 18:00-20:00"
    assert facts_from_json(facts_to_json(called), called.at) == called

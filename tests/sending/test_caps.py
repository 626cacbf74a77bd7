"""A cap is a cap: two lanes that write to one person for two campaigns at the same moment do not both find room under it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.flows.gateway import Gateway
from gateway.flows.sending import gate
from gateway.flows.sending.briefing import brief
from gateway.flows.sending.runner import Runner
from gateway.store import campaigns
from gateway.store.claiming import Claim, claim
from gateway.store.engine import Connection, begin, reading
from tests.meanwhile import Act, right_before, two_write
from tests.sending.support import Person, RecordingChannel, add, journal_of, newsletter, run

LEA, MEHDI = "lea@exemple.example", "mehdi@exemple.example"


@pytest.fixture
def lanes(gw: Gateway) -> Iterator[Runner]:
    runner = Runner(gw)
    yield runner
    runner.close()


def test_a_person_who_had_three_messages_this_week_gets_one_of_two_that_are_due_at_once(
    gw: Gateway, channel: RecordingChannel, lanes: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """House rule: four a week. Each lane counted three before the other had said that it sends the fourth."""
    add(gw, Person(email=LEA))
    for name in ("un", "deux", "trois"):
        newsletter(gw, name)
        run(gw)
    newsletter(gw, "quatre")
    newsletter(gw, "cinq")
    other = Act(lambda: lanes.step(1))
    right_before(monkeypatch, gate, "_record", other)
    lanes.step(0)
    other.done()
    run(gw)
    assert channel.recipients == [LEA] * 4
    decided = [(told["verdict"], told["rules"]) for told in journal_of(gw, "decision")]
    assert [verdict for verdict, _ in decided] == ["allow"] * 4 + ["refuse"]
    assert "house-campaign-cap" in decided[-1][1]


def test_only_who_is_another_lane_s_at_this_moment_is_passed_over_and_she_is_due_still(gw: Gateway) -> None:
    """Two campaigns decide side by side: neither waits for the other, and each sees what the other did to whom it claims."""
    add(gw, Person(email=LEA))
    newsletter(gw, "un")
    add(gw, Person(email=MEHDI))
    newsletter(gw, "deux")
    if not two_write(gw):  # SQLite: one lane writes at a time
        return
    with begin(gw.engine) as first:
        assert claimed(gw, first, "un") == [LEA]
        with begin(gw.engine) as second:
            assert claimed(gw, second, "deux") == [MEHDI]
            with begin(gw.engine) as third:
                assert claimed(gw, third, "deux") == []
    with begin(gw.engine) as later:
        assert sorted(claimed(gw, later, "deux")) == [LEA, MEHDI]


def claimed(gw: Gateway, tx: Connection, name: str) -> list[str]:
    """Addresses of whoever one lane claims for a campaign."""
    with reading(gw.engine) as other:
        campaign = campaigns.by_name(other, name)
    assert campaign is not None
    wanted = Claim(campaign_id=campaign.id, question=brief(gw, campaign).question, at=gw.clock.now(), most=10)
    return [row.address for row in claim(tx, wanted)]

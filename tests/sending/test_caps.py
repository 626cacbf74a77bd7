"""A cap is a cap: two lanes that write to one person for two campaigns at the same moment do not both find room under it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.flows.gateway import Gateway
from gateway.flows.sending import gate
from gateway.flows.sending.runner import Runner
from tests.meanwhile import Act, right_before
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

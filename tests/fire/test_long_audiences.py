"""A long audience is frozen, and cancelled, in parts: whoever objects meanwhile is heard between two of them.

On SQLite one writes at a time: she waited for the whole list, and so did everybody else who objected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.domain.audience import Audience
from gateway.domain.campaign import CampaignState
from gateway.domain.contact import ContactClass
from gateway.domain.errors import Conflict
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.suppression import SuppressionCause
from gateway.flows.campaigning import drafting, launching
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.flows.listening import object_by_link
from gateway.flows.sending.housekeeping import keep
from gateway.store import freezing
from gateway.store.engine import begin
from tests.sending.support import Person, RecordingChannel, add, digest, journal_of, newsletter, run

PEOPLE = tuple(f"p{number}@exemple.example" for number in range(5))
LAST = PEOPLE[-1]


class CutOff(Exception):
    """The process ends here."""


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """Two rows a transaction; each of these is done once, after the first transaction, the second, and so on."""
    acts: list[Callable[[], None]] = []

    @contextmanager
    def begun(*given: Any, **named: Any) -> Iterator[Any]:
        with begin(*given, **named) as tx:
            yield tx
        if acts:
            acts.pop(0)()

    monkeypatch.setattr(freezing, "_AT_ONCE", {"postgresql": 2, "sqlite": 2})
    monkeypatch.setattr(launching, "begin", begun)
    return acts


@pytest.fixture
def approved(gw: Gateway) -> Gateway:
    """A newsletter to five people, approved."""
    add(gw, *(Person(email=email) for email in PEOPLE))
    newsletter(gw, launched=False)
    return gw


def launch(gw: Gateway, key: str = "k1") -> int:
    return launching.launch(gw, "lettre", by="autrice", key=key).messages


def objects(gw: Gateway, email: str) -> None:
    object_by_link(gw, gw.keys.link_token(LinkScope.OBJECT, 0, digest(gw, email)), cause=SuppressionCause.REPLY)


def nothing() -> None:
    pass


def cut_off() -> None:
    raise CutOff


def counts(gw: Gateway) -> dict[MessageState, int]:
    return {state: count for state, count in launching.status(gw, "lettre").counts.items() if count}


@pytest.mark.parametrize("email", [PEOPLE[0], LAST])
def test_whoever_objects_while_a_campaign_is_launched_is_heard_before_it_leaves(approved, channel, between, email):
    """Her row stands already, or is still to come."""
    between.append(lambda: objects(approved, email))
    assert launch(approved) == 5
    assert between == []
    run(approved)
    assert sorted(channel.recipients) == sorted(set(PEOPLE) - {email})
    assert sum(counts(approved).values()) == 5


def test_nothing_leaves_of_a_launch_that_was_cut_off_and_the_next_one_reaches_everybody_once(
    approved: Gateway, channel: RecordingChannel, between: list[Callable[[], None]]
) -> None:
    between += [nothing, cut_off]
    with pytest.raises(CutOff):
        launch(approved)
    assert run(approved) == 0
    assert channel.handed == []
    assert launching.status(approved, "lettre").campaign.state is CampaignState.APPROVED
    assert launch(approved) == 5
    run(approved)
    assert sorted(channel.recipients) == sorted(PEOPLE)
    assert [act["messages"] for act in journal_of(approved, "campaign") if act["act"] == "launched"] == [5]


def test_whoever_the_second_version_is_not_for_gets_nothing_of_a_launch_of_the_first_that_was_cut_off(approved, channel, between):
    between += [nothing, cut_off]
    with pytest.raises(CutOff):
        launch(approved)
    content = Definition.from_body(launching.status(approved, "lettre").campaign.definition).content
    nobody = Definition(content=content, audience=Audience(classes=(ContactClass.FORMER_MEMBER,)))
    drafting.change(approved, "lettre", nobody, by="autrice")
    launching.approve(approved, "lettre", by="relecteur")
    assert launch(approved) == 0
    run(approved)
    assert channel.handed == []


def test_a_campaign_whose_launch_was_cut_off_can_be_cancelled_and_its_rows_add_up(approved, channel, between):
    between += [nothing, cut_off]
    with pytest.raises(CutOff):
        launch(approved)
    launching.cancel(approved, "lettre", by="autrice")
    run(approved)
    assert channel.handed == []
    assert counts(approved) == {MessageState.CANCELLED: 4}


@pytest.mark.parametrize("key", ["k1", "k2"])
def test_of_two_who_launch_a_campaign_at_once_one_does(approved, channel, between, key):
    """With one key, as by two clicks, the other is told so; with another key, that it is on its way."""
    between.append(lambda: launch(approved, key))
    if key == "k1":
        assert launch(approved) == 5
    else:
        with pytest.raises(Conflict):
            launch(approved)
    run(approved)
    assert sorted(channel.recipients) == sorted(PEOPLE)


def test_a_launch_whose_rows_another_one_removed_does_not_leave_without_them(approved, channel, between):
    def another_begins() -> None:
        between.append(cut_off)
        with pytest.raises(CutOff):
            launch(approved)

    between.append(another_begins)
    with pytest.raises(Conflict, match="deux fois en même temps"):
        launch(approved)
    assert run(approved) == 0
    assert launch(approved) == 5
    run(approved)
    assert sorted(channel.recipients) == sorted(PEOPLE)


def test_a_campaign_that_was_changed_while_it_was_launched_does_not_leave(approved, channel, between):
    between.append(lambda: launching.cancel(approved, "lettre", by="autrice"))
    with pytest.raises(Conflict):
        launch(approved)
    keep(approved)
    assert run(approved) == 0
    assert set(counts(approved)) == {MessageState.CANCELLED}


def test_whoever_objects_while_a_campaign_is_cancelled_is_heard_before_the_end(approved, between):
    launch(approved)
    between += [nothing, lambda: objects(approved, LAST)]
    assert launching.cancel(approved, "lettre", by="autrice").waited == 5
    assert between == []
    told = [(act["messages"], act["by"]) for act in journal_of(approved, "campaign") if act["act"] == "cancelled"]
    assert told == [(2, "autrice"), (2, "autrice")]
    reasons = {because: count for _, because, count in launching.status(approved, "lettre").reasons}
    assert reasons == {"campaign-cancelled": 4, "optout-effect": 1}


def test_what_a_cancelling_that_was_cut_off_left_never_leaves_and_is_cancelled_by_the_ticker(approved, channel, between):
    launch(approved)
    between.append(cut_off)
    with pytest.raises(CutOff):
        launching.cancel(approved, "lettre", by="autrice")
    assert launching.status(approved, "lettre").campaign.state is CampaignState.CANCELLED
    assert run(approved) == 0
    assert channel.handed == []
    keep(approved)
    assert counts(approved) == {MessageState.CANCELLED: 5}
    told = [(act["messages"], act["by"]) for act in journal_of(approved, "campaign") if act["act"] == "cancelled"]
    assert told == [(2, "autrice"), (2, "gateway"), (1, "gateway")]

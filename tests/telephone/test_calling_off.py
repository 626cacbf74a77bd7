"""Calls that wait at the provider when nothing may be said in them any more: no telephone rings. On both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from gateway.flows.consenting import withdraw_consent
from gateway.flows.keeping import forget
from gateway.flows.telephoning import call_off, trace
from gateway.store import correcting
from gateway.store.engine import begin
from tests.sending.support import run
from tests.telephone.support import add, call, lose_callbacks, object_to_calls, row_of

MARIE, JEAN = "+33639980010", "+33639980011"
WEEKDAYS = "mon-fri 09:00-20:00"


@pytest.fixture
def queue(t, monkeypatch):
    """The provider takes every call, and places none until it is told to."""
    waiting: list[str] = []
    ring = t.carrier._courier.ring
    monkeypatch.setattr(t.carrier._courier, "ring", waiting.append)

    def place():
        for sid in waiting:
            ring(sid)
        assert t.carrier.idle()

    return place


def rang(t, number=MARIE):
    return [one.status for one in t.carrier.traffic.calls(equal={"callee": number}) if one.status != "canceled"]


def test_a_call_still_queued_when_its_hour_ends_rings_no_more_and_is_made_the_next_day(t, queue):
    t.clock.set(datetime(2026, 12, 1, 15, 30, tzinfo=UTC))
    add(t, MARIE, call=True, hours="mon-fri 16:00-17:00")  # in Paris: until 16:00 UTC
    call(t)
    run(t.gw)
    assert row_of(t, MARIE, Medium.CALL)["state"] is MessageState.RINGING
    assert call_off(t.gw) == 0, "its hour is not over"
    t.clock.set(datetime(2026, 12, 1, 15, 59, 50, tzinfo=UTC))
    assert call_off(t.gw) == 1
    queue()
    assert rang(t) == []
    row = row_of(t, MARIE, Medium.CALL)
    assert (row["state"], row["because"]) == (MessageState.DEFERRED, "canceled")
    t.clock.set(datetime(2026, 12, 2, 15, 10, tzinfo=UTC))
    run(t.gw)
    queue()
    assert rang(t) == ["completed"] and row_of(t, MARIE, Medium.CALL)["state"] is MessageState.ACCEPTED


@pytest.mark.parametrize("says", ["objects", "withdraws", "restricts"])
def test_whoever_says_no_while_her_call_is_queued_hears_no_telephone(t, queue, says):
    marie = add(t, MARIE, call=True, hours=WEEKDAYS)
    add(t, JEAN, call=True, hours=WEEKDAYS)
    call(t)
    run(t.gw)
    t.clock.advance(timedelta(seconds=5))  # one call a second
    run(t.gw)
    if says == "objects":
        object_to_calls(t, MARIE)
    elif says == "withdraws":
        withdraw_consent(t.gw, MARIE, by="the person", means="preference page", medium=Medium.CALL)
    else:
        with begin(t.gw.engine) as tx:
            correcting.restrict(tx, marie, True)
    assert call_off(t.gw) == 1
    queue()
    assert rang(t) == [] and rang(t, JEAN) == ["completed"]
    if says == "objects":
        assert row_of(t, MARIE, Medium.CALL)["state"] is MessageState.CANCELLED


@pytest.mark.parametrize("halt", [launching.pause, launching.cancel])
def test_calls_still_queued_when_the_team_halts_them_ring_nowhere(t, queue, halt):
    """What they say is wrong, and somebody noticed: nobody more hears it."""
    add(t, MARIE, call=True, hours=WEEKDAYS)
    call(t)
    run(t.gw)
    halt(t.gw, "appel-1", by="autrice")
    assert call_off(t.gw) == 1
    queue()
    assert rang(t) == []
    assert row_of(t, MARIE, Medium.CALL)["state"] in (MessageState.DEFERRED, MessageState.CANCELLED)


def test_whoever_answers_a_call_that_the_team_has_just_halted_hears_nothing_of_it(t, queue):
    add(t, MARIE, call=True, hours=WEEKDAYS)
    call(t)
    run(t.gw)
    launching.pause(t.gw, "appel-1", by="autrice")
    queue()
    assert row_of(t, MARIE, Medium.CALL)["state"] is not MessageState.ACCEPTED


def test_whoever_has_her_data_only_kept_and_answers_a_queued_call_hears_nothing(t, queue):
    marie = add(t, MARIE, call=True, hours=WEEKDAYS)
    call(t)
    run(t.gw)
    with begin(t.gw.engine) as tx:
        correcting.restrict(tx, marie, True)
    queue()
    assert row_of(t, MARIE, Medium.CALL)["state"] is not MessageState.ACCEPTED


def test_a_call_that_somebody_answered_goes_on(t, queue):
    add(t, MARIE, call=True, hours=WEEKDAYS)
    call(t)
    run(t.gw)
    queue()
    object_to_calls(t, MARIE)
    assert call_off(t.gw) == 0 and rang(t) == ["completed"]


def test_a_provider_that_cannot_be_asked_is_asked_again(t, queue):
    add(t, MARIE, call=True, hours=WEEKDAYS)
    call(t)
    run(t.gw)
    object_to_calls(t, MARIE)
    t.carrier._api._token = "another"
    assert call_off(t.gw) == 0 and row_of(t, MARIE, Medium.CALL)["state"] is MessageState.RINGING
    t.carrier._api._token = "t" * 32
    assert call_off(t.gw) == 1


@pytest.mark.parametrize("how", ["called off", "told", "asked"])
def test_whoever_is_erased_while_her_telephone_rings_keeps_no_campaign_open(t, queue, monkeypatch, how):
    contact_id = add(t, MARIE, call=True, hours=WEEKDAYS)
    call(t)
    run(t.gw)
    with begin(t.gw.engine) as tx:
        forget(tx, t.gw, [contact_id], (), at=t.clock.now())
    if how == "called off":
        assert call_off(t.gw) == 1
    if how == "asked":
        lose_callbacks(t, monkeypatch)
    queue()
    t.clock.advance(timedelta(hours=3))
    trace(t.gw)
    t.clock.advance(timedelta(hours=3))
    run(t.gw)
    row = row_of(t, MARIE, Medium.CALL)
    assert row["state"] is MessageState.REFUSED and row["reply"] is None
    assert not any("samedi" in said for one in t.carrier.traffic.calls(equal={"callee": MARIE}) for said in one.heard)

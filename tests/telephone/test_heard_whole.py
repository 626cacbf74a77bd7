"""Whoever answers hears a call to its end: her rights and how to object come last. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.audience import Audience
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidContent
from gateway.domain.message import MessageState
from gateway.flows.campaigning import drafting
from gateway.flows.campaigning.definition import Definition
from gateway.flows.sending.briefing import brief
from gateway.render.voice import CallContent
from tests.sending.support import run
from tests.telephone.support import add, call, row_of

MARIE = "+33639980010"
MORNINGS = "mon-fri 10:00-12:00"  # in Paris: until 11:00 UTC
NOON = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)


def calls_to_marie(t):
    assert t.carrier.idle()
    return t.carrier.traffic.calls(equal={"callee": MARIE})


def lasts(t):
    return timedelta(seconds=brief(t.gw, drafting.find(t.gw, "appel-1")).lasts_seconds)


def test_a_call_that_would_be_cut_off_before_it_says_her_rights_is_refused_to_its_author(t):
    long = CallContent(
        audio_url="https://valbrume.example/a.mp3", audio_sha256="a" * 64, audio_seconds=170, transcript="Bonjour."
    )
    with pytest.raises(InvalidContent) as refused:
        drafting.create(t.gw, "long", Definition(content=long, audience=Audience()), by="autrice")
    assert "il est coupé après 180 (calls.talk_seconds_max)" in str(refused.value)
    assert "ses dernières mentions manqueraient" in str(refused.value)
    shorter = Definition(content=replace(long, audio_seconds=90), audience=Audience())
    assert drafting.create(t.gw, "court", shorter, by="autrice").name == "court"


def test_a_call_that_could_not_end_inside_her_hours_is_not_begun_and_waits_for_the_next_day(t):
    add(t, MARIE, call=True, hours=MORNINGS)
    t.clock.set(NOON - timedelta(minutes=4))
    call(t)
    t.clock.set(NOON - timedelta(seconds=130))  # it would ring for half a minute, and speak for more than one
    assert lasts(t) > timedelta(seconds=40)
    run(t.gw)
    row = row_of(t, MARIE, Medium.CALL)
    assert (row["state"], row["because"], row["due_at"]) == (MessageState.DEFERRED, "arrives-late", NOON)
    assert calls_to_marie(t) == []
    t.clock.set(NOON)
    run(t.gw)
    assert row_of(t, MARIE, Medium.CALL)["due_at"] == NOON + timedelta(hours=22)


@pytest.mark.parametrize(("late", "hears"), [(-1, True), (0, False)])
def test_whoever_answers_when_too_little_of_her_hour_is_left_hears_nothing_rather_than_half(t, monkeypatch, late, hears):
    waiting: list[str] = []
    ring = t.carrier._courier.ring
    monkeypatch.setattr(t.carrier._courier, "ring", waiting.append)
    add(t, MARIE, call=True, hours=MORNINGS)
    t.clock.set(NOON - timedelta(minutes=10))
    call(t)
    run(t.gw)
    t.clock.set(NOON - lasts(t) + timedelta(seconds=late))
    ring(*waiting)
    (made,) = calls_to_marie(t)
    assert bool(made.heard) is hears
    state = MessageState.ACCEPTED if hears else MessageState.DEFERRED
    assert row_of(t, MARIE, Medium.CALL)["state"] is state
    assert int(made.request["TimeLimit"]) >= lasts(t).total_seconds(), "nor does the provider cut her off"

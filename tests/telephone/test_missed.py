"""Whoever texts while the machine is off is heard once we are back: a provider tells a text only once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.domain.message import MessageState
from gateway.domain.reply import InboxKind
from gateway.domain.rights import Right
from gateway.flows.rights import erasing
from gateway.flows.telephoning import take_in_missed
from gateway.store import tables
from gateway.store.engine import reading
from gateway.web.app import web_app
from tests.rights.support import asks_proven
from tests.sending.support import journal_of, run
from tests.telephone.support import add, objected, row_of, text
from tests.workers.waiting import until
from workers.jobs import EVERY_JOB, MISSED_TEXTS

MARIE, ZOE = "+33639980010", "+33639980020"


def writes_while_nobody_is_here(t, number, words):
    """The provider's callback meets a closed door, and it goes on."""
    told_at, t.carrier.sms_url = t.carrier.sms_url, ""
    t.carrier.reply(number, "36000", words)
    t.carrier.sms_url = told_at


def comes_back(t):
    t.clock.advance(timedelta(minutes=10))
    return take_in_missed(t.gw)


def test_a_stop_texted_while_the_machine_was_off_is_obeyed_before_the_next_text(t):
    add(t, MARIE)
    writes_while_nobody_is_here(t, MARIE, "Arrêtez de m'écrire svp")
    assert comes_back(t) == 1
    assert objected(t, MARIE)
    (told,) = journal_of(t.gw, "objection")
    assert told["delay_ms"] == 600_000  # the journal says how long it took, whoever's fault it was
    text(t)
    run(t.gw)
    assert row_of(t, MARIE)["state"] is MessageState.REFUSED
    assert comes_back(t) == 0


def test_a_stranger_is_obeyed_too_and_it_is_a_job_of_every_installation(t):
    writes_while_nobody_is_here(t, ZOE, "STOP")
    assert comes_back(t) == 1
    assert objected(t, ZOE) and MISSED_TEXTS in EVERY_JOB


def test_what_was_told_as_it_came_is_heard_once(t):
    add(t, MARIE)
    t.carrier.reply(MARIE, "36000", "STOP")
    assert comes_back(t) == 0
    assert len(journal_of(t.gw, "reply")) == 1


def test_a_callback_under_way_is_not_overtaken(t):
    writes_while_nobody_is_here(t, ZOE, "STOP")
    assert take_in_missed(t.gw) == 0


def test_who_wrote_while_the_web_server_was_down_is_heard_at_its_next_start(t):
    """Nothing is under way that was told before it was there: nobody waits for the regular question."""
    add(t, MARIE)
    writes_while_nobody_is_here(t, MARIE, "STOP")
    with TestClient(web_app(t.gw)):
        until(lambda: objected(t, MARIE))


def test_a_start_from_before_her_last_stop_brings_nobody_back(t):
    add(t, MARIE)
    t.carrier.reply(MARIE, "36000", "STOP")
    writes_while_nobody_is_here(t, MARIE, "START")
    t.clock.advance(timedelta(minutes=1))
    t.carrier.reply(MARIE, "36000", "STOP")
    assert comes_back(t) == 1
    assert objected(t, MARIE)


def test_what_somebody_wrote_who_was_erased_since_does_not_come_in_again(t):
    add(t, MARIE)
    t.carrier.reply(MARIE, "36000", "Que faites-vous pour la cantine ?")
    erasing.erase(t.gw, asks_proven(t.gw, Right.ERASURE, MARIE).id, by="Inès")
    assert comes_back(t) == 0
    i = tables.inbox.c
    with reading(t.gw.engine) as tx:
        assert tx.execute(select(i.text).where(i.kind == InboxKind.REPLY)).scalars().all() == [None]


def test_a_provider_that_cannot_be_asked_is_asked_again(t):
    writes_while_nobody_is_here(t, ZOE, "STOP")
    t.carrier.stop()
    assert comes_back(t) == 0

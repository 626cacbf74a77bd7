"""Whoever takes her consent back at the very moment in which somebody records an older one has the last word."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState, Evidence, Purpose
from gateway.domain.errors import Conflict
from gateway.domain.keys import LinkScope
from gateway.flows import personal
from gateway.flows.consenting import ConsentScope, record_consent, withdraw_consent
from gateway.flows.gateway import Gateway
from gateway.flows.personal import ask_for_link, narrow_hours, take_one_back
from gateway.flows.preferring import Choice, give_up
from gateway.store import consents, contacts, tables
from gateway.store.engine import begin, reading
from tests.meanwhile import Act, right_before
from tests.sending.support import Person, add, digest, message_of, newsletter, run

ANNE = "anne@exemple.example"
PAPER = Evidence(
    given_at=datetime(2026, 10, 1, 10, tzinfo=UTC),
    form="bulletin 3",
    wording="J’accepte les courriels.",
    collector="Inès",
    means="bulletin signé",
)


def stands(gw: Gateway, contact_id: int, medium: Medium = Medium.EMAIL) -> ConsentState:
    with reading(gw.engine) as tx:
        known = [one for one in consents.standing(tx, contact_id) if one.medium is medium]
    [political] = [one for one in known if one.purpose is Purpose.POLITICAL]
    return political.state


def personal_link(gw: Gateway) -> str:
    """The token of the link in the letter that she asked for."""
    newsletter(gw)
    run(gw)
    ask_for_link(gw, gw.keys.link_token(LinkScope.PREFER, message_of(gw, ANNE)["id"], digest(gw, ANNE)))
    run(gw)
    m = tables.message
    with reading(gw.engine) as tx:
        letter_id = tx.execute(select(func.max(m.c.id)).where(m.c.digest == digest(gw, ANNE))).scalar_one()
    return gw.keys.link_token(LinkScope.PREFER, letter_id, digest(gw, ANNE))


@pytest.mark.parametrize("how", ["by the team", "by her link", "on her personal page"])
def test_an_old_paper_recorded_while_she_withdraws_does_not_bring_her_consent_back(gw, clock, monkeypatch, how):
    """RGPD 7(3): nothing stood against the paper when it was looked for; she withdrew before it was written down."""
    (anne,) = add(gw, Person(email=ANNE))
    token = personal_link(gw)
    clock.advance(timedelta(hours=1))
    taken_back = {
        "by the team": Act(lambda: withdraw_consent(gw, ANNE, by="Malo", means="téléphone")),
        "by her link": Act(lambda: give_up(gw, token, [Choice.EMAIL])),
        "on her personal page": Act(lambda: take_one_back(gw, token, Medium.EMAIL, Purpose.POLITICAL)),
    }[how]
    right_before(monkeypatch, contacts, "promote", taken_back)
    with suppress(Conflict):
        record_consent(gw, ANNE, ConsentScope(), PAPER, by="Inès")
    taken_back.done()
    assert stands(gw, anne) is ConsentState.WITHDRAWN


def test_fewer_hours_kept_while_she_takes_her_agreement_to_calls_back_do_not_bring_it_back(gw, monkeypatch):
    """Two windows of her browser: one keeps fewer hours, the other one ends the calls, and says so before the first is done."""
    (anne,) = add(gw, Person(email=ANNE))
    token = personal_link(gw)
    agreed = {"purpose": "political", "state": "granted", "evidence": True, "since": PAPER.given_at}
    with begin(gw.engine) as tx:
        tx.execute(insert(tables.consent).values(contact_id=anne, medium="call", hours="mon-fri 10:00-19:00", **agreed))
    taken_back = Act(lambda: take_one_back(gw, token, Medium.CALL, Purpose.POLITICAL))
    right_before(monkeypatch, personal, "record", taken_back)
    narrow_hours(gw, token, "mon-fri 10:00-12:00")
    taken_back.done()
    assert stands(gw, anne, Medium.CALL) is ConsentState.WITHDRAWN

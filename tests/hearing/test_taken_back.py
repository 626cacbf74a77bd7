"""Whoever takes her consent back at the very moment in which somebody records an older one has the last word."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.consent import ConsentState, Evidence, Purpose
from gateway.domain.errors import Conflict
from gateway.domain.keys import LinkScope
from gateway.flows.consenting import ConsentScope, record_consent, withdraw_consent
from gateway.flows.gateway import Gateway
from gateway.flows.preferring import Choice, give_up
from gateway.store import consents, contacts
from gateway.store.engine import reading
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


def stands(gw: Gateway, contact_id: int) -> ConsentState:
    with reading(gw.engine) as tx:
        [political] = [one for one in consents.standing(tx, contact_id) if one.purpose is Purpose.POLITICAL]
    return political.state


@pytest.mark.parametrize("how", ["by the team", "by her link"])
def test_an_old_paper_recorded_while_she_withdraws_does_not_bring_her_consent_back(gw, clock, monkeypatch, how):
    """RGPD 7(3): nothing stood against the paper when it was looked for; she withdrew before it was written down."""
    (anne,) = add(gw, Person(email=ANNE))
    newsletter(gw)
    run(gw)
    token = gw.keys.link_token(LinkScope.PREFER, message_of(gw, ANNE)["id"], digest(gw, ANNE))
    clock.advance(timedelta(hours=1))
    if how == "by the team":
        taken_back = Act(lambda: withdraw_consent(gw, ANNE, by="Malo", means="téléphone"))
    else:
        taken_back = Act(lambda: give_up(gw, token, [Choice.EMAIL]))
    right_before(monkeypatch, contacts, "promote", taken_back)
    with suppress(Conflict):
        record_consent(gw, ANNE, ConsentScope(), PAPER, by="Inès")
    taken_back.done()
    assert stands(gw, anne) is ConsentState.WITHDRAWN

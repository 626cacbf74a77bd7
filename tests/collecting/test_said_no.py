"""Whoever said no to the one request for her agreement is not brought back by the agreement that an old file claims for her."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.channel import Medium
from gateway.domain.keys import LinkScope
from gateway.flows.requesting import Standing, say_no
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.collecting.support import BOX, OCCASIONAL, consent_states, imported, people
from tests.sending.support import digest, newsletter, run

ANNE = "anne@exemple.fr"
OLD = f"courriel;nom;consentement\n{ANNE};Riou;oui\n"


@pytest.fixture
def refused(gw, tmp_path):
    """Anne signed a petition, was asked for her agreement, and said no: nothing of her is left but the mark."""
    imported(gw, tmp_path, f"courriel;nom\n{ANNE};Riou\n", contact_class=OCCASIONAL)
    with begin(gw.engine) as tx:
        contact_id = tx.execute(select(tables.contact.c.id)).scalar_one()
        row = {"message_id": 77, "contact_id": contact_id, "digest": digest(gw, ANNE), "asked_at": gw.clock.now()}
        tx.execute(tables.consent_request.insert().values(row))
    gw.clock.advance(timedelta(days=1))
    assert say_no(gw, gw.keys.link_token(LinkScope.ANSWER, 77, digest(gw, ANNE))) is Standing.GONE
    assert people(gw) == {}


def test_an_agreement_from_before_her_no_is_not_taken(gw, tmp_path, refused):
    report = imported(gw, tmp_path, OLD, claim=BOX)
    assert (report.impact.new, report.impact.granted, report.impact.kept_refusals) == (1, 0, 1)
    newsletter(gw)
    run(gw)
    assert gw.channels[Medium.EMAIL].recipients == []


def test_one_that_she_gave_since_is(gw, tmp_path, refused):
    gw.clock.advance(timedelta(days=2))
    imported(gw, tmp_path, OLD, claim=replace(BOX, given_at=gw.clock.now() - timedelta(days=1)))
    assert consent_states(gw) == {ANNE: "granted"}
    with reading(gw.engine) as tx:
        assert len(tx.execute(select(tables.consent_request.c.refused_at)).all()) == 1

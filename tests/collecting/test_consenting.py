"""One person's consent, recorded and withdrawn by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.consent import Evidence, Purpose
from gateway.domain.contact import ContactClass
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.suppression import SuppressionCause
from gateway.flows.collecting import looking
from gateway.flows.consenting import ConsentScope, record_consent, withdraw_consent
from gateway.flows.listening import Heard, objection
from gateway.store.engine import begin
from tests.collecting.support import consent_states, people
from tests.sending.support import Person, add, digest, journal_of, message_of, newsletter, run

PAPER = Evidence(
    given_at=datetime(2026, 11, 20, 18, tzinfo=UTC),
    form="carton v2",
    wording="J’accepte de recevoir la lettre de la liste.",
    collector="Claire",
    means="papier",
)
EMAIL = "yann@exemple.fr"


def test_a_consent_on_paper_is_recorded_with_all_its_evidence_and_journalled(gw):
    add(gw, Person(email=EMAIL, consent=None))
    standing = record_consent(gw, "YANN@exemple.fr", ConsentScope(), PAPER, "claire")
    assert (standing.state, standing.evidence, standing.since) == ("granted", True, PAPER.given_at)
    [entry] = looking.look_up(gw, EMAIL).ledger
    assert (entry["wording"], entry["collector"], entry["means"]) == (PAPER.wording, "Claire", "papier")
    [told] = journal_of(gw, "consent")
    assert (told["act"], told["by"], told["given"]) == ("granted", "claire", "2026-11-20T18:00:00Z")
    assert "person" in told and EMAIL not in str(told)


def test_an_occasional_contact_who_agrees_becomes_a_regular_one(gw):
    add(gw, Person(email=EMAIL, consent=None, contact_class=ContactClass.OCCASIONAL))
    record_consent(gw, EMAIL, ConsentScope(purpose=Purpose.TARGETING), PAPER, "claire")
    assert people(gw)[EMAIL]["contact_class"] is ContactClass.OCCASIONAL
    record_consent(gw, EMAIL, ConsentScope(), PAPER, "claire")
    assert people(gw)[EMAIL]["contact_class"] is ContactClass.REGULAR


@pytest.mark.parametrize(
    ("missing", "said"),
    [({"given_at": None}, "la date"), ({"wording": ""}, "la phrase"), ({"form": None, "means": None}, "par quel moyen")],
)
def test_a_consent_that_lacks_evidence_is_not_recorded(gw, missing, said):
    add(gw, Person(email=EMAIL, consent=None))
    with pytest.raises(InvalidInput, match=said):
        record_consent(gw, EMAIL, ConsentScope(), replace(PAPER, **missing), "claire")
    assert consent_states(gw) == {}


def test_a_consent_dated_tomorrow_or_for_an_unknown_election_is_refused(gw):
    add(gw, Person(email=EMAIL, consent=None))
    with pytest.raises(InvalidInput, match="avenir"):
        record_consent(gw, EMAIL, ConsentScope(), replace(PAPER, given_at=gw.clock.now() + timedelta(days=1)), "claire")
    with pytest.raises(InvalidInput, match="presidentielle-2027"):
        record_consent(gw, EMAIL, ConsentScope(election="presidentielle-1848"), PAPER, "claire")


def test_somebody_unknown_cannot_consent_by_hand(gw):
    with pytest.raises(NotFound):
        record_consent(gw, EMAIL, ConsentScope(), PAPER, "claire")
    with pytest.raises(NotFound):
        withdraw_consent(gw, EMAIL, by="claire", means="téléphone")


def test_a_person_on_the_opposition_list_is_not_consented_by_the_team(gw):
    add(gw, Person(email=EMAIL))
    with begin(gw.engine) as tx:
        heard = Heard(digest=digest(gw, EMAIL), medium=None, cause=SuppressionCause.REPLY, received_at=gw.clock.now())
        objection(tx, gw, heard)
    with pytest.raises(Conflict, match="optout-effect"):
        record_consent(gw, EMAIL, ConsentScope(), PAPER, "claire")


def test_an_old_form_says_nothing_against_a_later_withdrawal_and_a_newer_one_does(gw, tmp_path):
    add(gw, Person(email=EMAIL))
    withdraw_consent(gw, EMAIL, by="claire", means="courriel")
    with pytest.raises(Conflict, match="01/12/2026"):
        record_consent(gw, EMAIL, ConsentScope(), PAPER, "claire")
    gw.clock.advance(timedelta(days=3))
    record_consent(gw, EMAIL, ConsentScope(), replace(PAPER, given_at=gw.clock.now() - timedelta(hours=1)), "claire")
    assert consent_states(gw) == {EMAIL: "granted"}


def test_a_person_who_withdraws_while_her_message_waits_does_not_get_it(gw):
    add(gw, Person(email=EMAIL), Person(email="zoe@exemple.fr"))
    newsletter(gw)
    done = withdraw_consent(gw, EMAIL, by="claire", means="téléphone")
    assert (done.cancelled, done.purposes) == (1, (Purpose.POLITICAL,))
    run(gw)
    row = message_of(gw, EMAIL)
    assert (row["state"], row["because"]) == ("cancelled", "consent-withdrawal-easy")
    assert message_of(gw, "zoe@exemple.fr")["state"] == "accepted"
    assert [entry["act"] for entry in journal_of(gw, "consent")] == ["withdrawn"]


def test_withdrawing_everything_ends_each_purpose_and_withdrawing_one_leaves_the_others(gw):
    add(gw, Person(email=EMAIL))
    record_consent(gw, EMAIL, ConsentScope(purpose=Purpose.TARGETING), PAPER, "claire")
    assert withdraw_consent(gw, EMAIL, by="claire", means="courriel", purpose=Purpose.TARGETING).purposes == (Purpose.TARGETING,)
    assert consent_states(gw) == {EMAIL: "granted"}
    gw.clock.advance(timedelta(hours=1))
    record_consent(gw, EMAIL, ConsentScope(purpose=Purpose.TARGETING), replace(PAPER, given_at=gw.clock.now()), "claire")
    assert set(withdraw_consent(gw, EMAIL, by="claire", means="courriel").purposes) == {Purpose.TARGETING, Purpose.POLITICAL}
    assert {one.state for one in looking.look_up(gw, EMAIL).consents} == {"withdrawn"}


def test_what_was_never_given_is_recorded_as_withdrawn_too(gw):
    add(gw, Person(email=EMAIL, consent=None))
    withdraw_consent(gw, EMAIL, by="claire", means="au marché")
    assert consent_states(gw) == {EMAIL: "withdrawn"}

"""One person's consent, recorded and withdrawn by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.channel import Medium
from gateway.domain.consent import Evidence, Purpose
from gateway.domain.contact import ContactClass
from gateway.domain.errors import Conflict, InvalidAddress, InvalidInput, NotFound
from gateway.domain.hours import CallWindow
from gateway.flows.collecting import looking
from gateway.flows.consenting import ConsentScope, record_consent, withdraw_consent
from tests.collecting.support import BOX, consent_states, imported, people, planned
from tests.sending.support import Person, add, journal_of, message_of, newsletter, objects, run

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
    objects(gw, EMAIL)
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


def test_an_older_paper_noted_later_takes_nothing_from_the_agreement_that_came_after_it(gw):
    add(gw, Person(email=EMAIL, consent=None))
    newer = replace(PAPER, given_at=datetime(2026, 11, 22, 18, tzinfo=UTC), wording="J’accepte la lettre, et elle seule.")
    record_consent(gw, EMAIL, ConsentScope(election="presidentielle-2027"), newer, "claire")
    with pytest.raises(Conflict, match="un accord plus récent, du 22/11/2026, est consigné avec sa preuve : c’est lui qui vaut"):
        record_consent(gw, EMAIL, ConsentScope(), PAPER, "claire")
    assert [one["wording"] for one in looking.look_up(gw, EMAIL).ledger] == [newer.wording]
    record_consent(gw, EMAIL, ConsentScope(), replace(newer, given_at=datetime(2026, 11, 23, 18, tzinfo=UTC)), "claire")


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


class TestCalls:
    """A consent to calls states its hours (voice-consent-window)."""

    NUMBER = "06 39 98 12 34"
    CALLS = ConsentScope(medium=Medium.CALL, hours=CallWindow.parse("lun-ven 18h-20h"))

    @pytest.fixture
    def riou(self, gw, tmp_path):
        imported(gw, tmp_path, "nom;portable\nRiou;06 39 98 12 34\n")

    def test_it_is_recorded_with_its_hours_and_shown_by_the_number(self, gw, riou):
        standing = record_consent(gw, self.NUMBER, self.CALLS, PAPER, "claire")
        assert (standing.medium, standing.state, standing.hours) == ("call", "granted", "lun-ven 18:00-20:00")
        [told] = journal_of(gw, "consent")
        assert (told["medium"], told["hours"]) == ("call", "lun-ven 18:00-20:00")
        dossier = looking.look_up(gw, "+33 (0)6 39 98 12 34")
        assert [entry["hours"] for entry in dossier.ledger] == ["lun-ven 18:00-20:00"]

    def test_without_hours_it_is_not_recorded_and_hours_go_with_calls_only(self, gw, riou):
        with pytest.raises(InvalidInput, match="à quelles heures"):
            record_consent(gw, self.NUMBER, replace(self.CALLS, hours=None), PAPER, "claire")
        with pytest.raises(InvalidInput, match="ne vont qu’avec un accord aux appels"):
            record_consent(gw, self.NUMBER, replace(self.CALLS, medium=Medium.SMS), PAPER, "claire")

    def test_it_says_nothing_of_texts_and_is_taken_back_alone(self, gw, riou):
        record_consent(gw, self.NUMBER, self.CALLS, PAPER, "claire")
        record_consent(gw, self.NUMBER, ConsentScope(medium=Medium.SMS), PAPER, "claire")
        withdraw_consent(gw, self.NUMBER, by="claire", means="téléphone", medium=Medium.CALL)
        states = {one.medium: (one.state, one.hours) for one in looking.look_up(gw, self.NUMBER).consents}
        assert states == {"call": ("withdrawn", None), "sms": ("granted", None)}

    @pytest.mark.parametrize(
        ("address", "medium", "why"),
        [
            ("01 99 00 12 34", Medium.SMS, "un fixe ne reçoit pas de SMS"),
            (EMAIL, Medium.CALL, "il faut un numéro de téléphone"),
            ("0800 00 00 11", Medium.CALL, "numéro spécial"),
        ],
    )
    def test_an_address_of_another_channel_is_refused_with_the_reason(self, gw, address, medium, why):
        with pytest.raises(InvalidAddress, match=why):
            record_consent(gw, address, replace(self.CALLS, medium=medium), PAPER, "claire")


def test_days_of_agreement_that_a_spreadsheet_left_as_numbers_count_and_are_shown_as_they_were_read(gw, tmp_path):
    """A column pasted as values keeps 46327 for 1 November 2026: each of its lines was refused for it."""
    lines = ["01/11/2026", "46328", "46328.770833", "86000", "60000"]
    text = "courriel;nom;consentement;date consentement\n"
    text += "".join(f"p{place}@exemple.fr;Riou;oui;{day}\n" for place, day in enumerate(lines))
    plan = planned(gw, tmp_path, text, claim=replace(BOX, given_at=None))
    assert (plan.impact.granted, plan.refused) == (3, {"date": 1, "future": 1})
    assert plan.loaded.noted.counted_agreed == {"46328": date(2026, 11, 2), "46328.770833": date(2026, 11, 2)}


def test_a_day_of_agreement_with_a_year_of_two_digits_counts_and_is_shown_as_it_was_read(gw, tmp_path):
    text = "courriel;nom;consentement;date consentement\nzoe@exemple.fr;Riou;oui;12/03/25\nlea@exemple.fr;Guen;oui;12/03/87\n"
    plan = planned(gw, tmp_path, text, claim=replace(BOX, given_at=None))
    assert (plan.impact.granted, plan.refused) == (1, {"future": 1}), "2087 is no day on which anybody agreed, and 1987 neither"
    assert plan.loaded.noted.short_agreed == {"12/03/25": date(2025, 3, 12)}


@pytest.mark.parametrize(
    ("cell", "since"),
    [
        ("oui le 12/10/2026", datetime(2026, 10, 11, 22, tzinfo=UTC)),
        ("ok (12 octobre 2026)", datetime(2026, 10, 11, 22, tzinfo=UTC)),
        ("X 12/10/26", datetime(2026, 10, 11, 22, tzinfo=UTC)),
        ("oui le 12/10", BOX.given_at),
        ("oui", BOX.given_at),
    ],
)
def test_the_day_beside_a_yes_is_when_it_was_given(gw, tmp_path, cell, since):
    """The day declared of the whole file stood in the ledger, and the one on her line was read and dropped."""
    imported(gw, tmp_path, f"courriel;consentement\n{EMAIL};{cell}\n", claim=BOX)
    [entry] = looking.look_up(gw, EMAIL).ledger
    assert entry["at"] == since


@pytest.mark.parametrize(
    ("cell", "code"), [("oui le 12/12/2031", "future"), ("oui le 31/02/2026", "date"), ("oui jusqu’en mars", "consent")]
)
def test_a_yes_on_a_day_that_cannot_be_proves_nothing(gw, tmp_path, cell, code):
    plan = planned(gw, tmp_path, f"courriel;consentement\n{EMAIL};{cell}\nzoe@exemple.fr;oui\n", claim=BOX)
    assert (plan.refused, plan.impact.granted) == ({code: 1}, 1)


def test_a_column_of_days_wins_over_the_day_beside_a_yes(gw, tmp_path):
    imported(gw, tmp_path, f"courriel;consentement;date du consentement\n{EMAIL};oui le 12/10/2026;05/10/2026\n", claim=BOX)
    [entry] = looking.look_up(gw, EMAIL).ledger
    assert entry["at"] == datetime(2026, 10, 4, 22, tzinfo=UTC)

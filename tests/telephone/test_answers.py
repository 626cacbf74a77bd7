"""What somebody who writes to our number is answered by text, and what she is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from gateway.channels.twilio.callbacks import sms_reply
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct
from gateway.domain.message import MessageState
from gateway.domain.reply import Settlement
from gateway.flows import resolving
from gateway.flows.resolving import Decision
from gateway.flows.telephoning import hear_text, trace
from gateway.render.segments import segments
from gateway.sandbox.carrier import Faults
from gateway.store import inbox, suppressions, tables
from gateway.store.engine import begin, reading
from tests.sending.support import journal_of, run
from tests.telephone.support import add, digest, lose_callbacks, objected, row_of, text, town

MARIE, ZOE = "+33639980010", "+33639980020"


def written_back(t, number, words, sid="SM" + "1" * 32):
    """A reply as the provider tells it; the same sid is the same reply."""
    form = {"MessageSid": sid, "From": number, "To": "36000", "Body": words}
    return hear_text(t.gw, sms_reply(form), form)


def answers(t):
    """How many answers the outbox holds, whatever became of them."""
    m = tables.message
    with reading(t.gw.engine) as tx:
        return tx.execute(select(func.count()).where(m.c.message_class == MessageClass.RIGHTS)).scalar_one()


def withdrawals(t):
    """Consents withdrawn, as the ledger has them."""
    e = tables.consent_event.c
    with reading(t.gw.engine) as tx:
        return tx.execute(select(func.count()).where(e.act == ConsentAct.WITHDRAWN)).scalar_one()


class TestStop:
    """Rule sms-stop-confirm."""

    def test_a_stop_is_confirmed_once_by_a_text_that_carries_nothing_of_the_campaign(self, t):
        add(t, MARIE)
        text(t)
        run(t.gw)
        assert t.carrier.idle()
        t.carrier.reply(MARIE, "36000", "stop svp")
        run(t.gw)
        assert t.carrier.idle()
        campaign, confirmed = t.sent_to(MARIE)
        assert "Réunion" in campaign
        assert confirmed == (
            "Camille Rochebrune: C'est noté: nous ne vous enverrons plus de SMS. Vous n'avez rien d'autre à faire."
        )
        assert (segments(confirmed).parts, segments(confirmed).outside) == (1, ())
        row = row_of(t, MARIE)
        assert (row["state"], row["because"]) == (MessageState.ACCEPTED, "rights-messages-exempt")
        run(t.gw)
        assert len(t.sent_to(MARIE)) == 2

    def test_the_very_objection_it_answers_does_not_hold_the_confirmation_back_at_the_last_moment(self, t, monkeypatch):
        for number in (MARIE, ZOE):
            add(t, number)
        text(t)
        written_back(t, MARIE, "stop svp")
        monkeypatch.setattr(type(t.gw.feed), "suppressed_since", lambda *_: True)  # seen only once both were claimed
        run(t.gw)
        assert [len(t.sent_to(number)) for number in (MARIE, ZOE)] == [1, 0]
        assert (row_of(t, ZOE)["state"], row_of(t, ZOE)["because"]) == (MessageState.CANCELLED, "objection-first")

    def test_a_stop_told_twice_by_the_provider_and_a_second_stop_are_confirmed_once(self, t):
        add(t, MARIE)
        assert written_back(t, MARIE, "stop svp").fresh
        assert not written_back(t, MARIE, "stop svp").fresh
        assert written_back(t, MARIE, "Arrêtez !!", sid="SM" + "2" * 32).objection.already
        run(t.gw)
        assert len(t.sent_to(MARIE)) == answers(t) == 1

    @pytest.mark.parametrize("number", [MARIE, ZOE], ids=["known", "stranger"])
    def test_two_stops_at_the_same_instant_are_both_heard_and_confirmed_once(self, t, number):
        add(t, MARIE)
        with ThreadPoolExecutor(4) as threads:
            heard = list(threads.map(lambda n: written_back(t, number, "stop svp", sid=f"SM{n:032d}"), range(8)))
        assert all(one.fresh and one.objection is not None for one in heard)
        assert [one.objection.already for one in heard].count(False) == 1
        told = [one["withdrawn"] for one in journal_of(t.gw, "objection")]
        assert told == [1 if number == MARIE else 0] and withdrawals(t) == told[0]
        run(t.gw)
        assert len(t.sent_to(number)) == answers(t) == 1

    def test_stops_from_two_numbers_of_one_person_at_the_same_instant_stop_both_and_wait_for_each_other(self, t):
        contact_id = add(t, MARIE)
        with begin(t.gw.engine) as tx:
            hers = {"contact_id": contact_id, "medium": Medium.SMS, "value": ZOE, "digest": digest(t.gw, ZOE)}
            tx.execute(tables.address.insert().values(hers))
        told = [(MARIE, ZOE)[number % 2] for number in range(8)]
        with ThreadPoolExecutor(4) as threads:
            heard = list(threads.map(lambda n: written_back(t, told[n], "stop svp", sid=f"SM{n:032d}"), range(8)))
        assert [one.objection.already for one in heard].count(False) == 1
        assert withdrawals(t) == 1
        with reading(t.gw.engine) as tx:
            assert all(suppressions.of_digest(tx, digest(t.gw, number)) for number in (MARIE, ZOE))

    def test_a_stop_at_night_on_a_sunday_is_confirmed_at_once(self, t):
        t.clock.set(datetime(2026, 12, 6, 22, 0, tzinfo=UTC))
        add(t, MARIE)
        written_back(t, MARIE, "ne m'envoyez plus de sms")
        run(t.gw)
        assert len(t.sent_to(MARIE)) == 1

    def test_whoever_wants_nothing_more_by_any_means_is_told_just_that(self, t):
        add(t, MARIE)
        written_back(t, MARIE, "STOP TOUT")
        run(t.gw)
        (read,) = t.sent_to(MARIE)
        assert "ni de courriel" in read and segments(read).parts == 1

    def test_a_crash_before_the_stop_is_committed_leaves_neither_stop_nor_confirmation(self, t, monkeypatch):
        add(t, MARIE)

        def cut(*_, **__):
            raise KeyboardInterrupt

        with monkeypatch.context() as power:
            power.setattr(inbox, "read", cut)
            with pytest.raises(KeyboardInterrupt):
                written_back(t, MARIE, "stop svp")
        assert answers(t) == 0 and not objected(t, MARIE)
        assert written_back(t, MARIE, "stop svp").fresh
        run(t.gw)
        assert len(t.sent_to(MARIE)) == 1 and objected(t, MARIE)

    def test_a_stranger_is_obeyed_and_told_so_once_and_her_number_goes_with_the_answer(self, t):
        written_back(t, ZOE, "stop svp")
        kept = row_of(t, ZOE)
        assert (kept["contact_id"], kept["address_id"], ZOE in kept["fields"]) == (None, None, True)
        run(t.gw)
        assert t.carrier.idle()
        (read,) = t.sent_to(ZOE)
        assert "C'est noté" in read
        row = row_of(t, ZOE)
        assert (row["state"], row["because"], row["fields"]) == (MessageState.ACCEPTED, "rights-messages-exempt", None)
        written_back(t, ZOE, "arrêtez !", sid="SM" + "2" * 32)
        run(t.gw)
        assert len(t.sent_to(ZOE)) == answers(t) == 1
        (facts,) = journal_of(t.gw, "facts")
        assert '"suppression":"objection"' in facts["body"] and ZOE not in str(journal_of(t.gw, "decision"))

    def test_a_stranger_who_asks_who_we_are_is_told(self, t):
        written_back(t, ZOE, "CONTACT")
        run(t.gw)
        (read,) = t.sent_to(ZOE)
        assert t.gw.settings.controller.name in read

    @pytest.mark.parametrize("sender", ["38180", "+33298000000"])
    def test_a_short_code_or_a_landline_is_obeyed_and_not_answered(self, t, sender):
        assert written_back(t, sender, "stop").objection is not None
        assert answers(t) == 0

    def test_a_stranger_whose_answer_is_in_doubt_is_looked_up_and_not_answered_again(
        self, database_url, clock, tmp_path, monkeypatch
    ):
        faults = Faults(timeout_after_acceptance=1.0, timeout_seconds=0)
        with town(database_url, clock, tmp_path, faults=faults) as t:
            lose_callbacks(t, monkeypatch)
            written_back(t, ZOE, "stop svp")
            run(t.gw)
            assert t.carrier.idle() and row_of(t, ZOE)["state"] is MessageState.UNCERTAIN
            clock.advance(timedelta(minutes=3))
            assert trace(t.gw).accepted == 1
            row = row_of(t, ZOE)
            assert (row["state"], row["fields"], len(t.sent_to(ZOE))) == (MessageState.ACCEPTED, None, 1)

    def test_a_stranger_whose_answer_the_provider_refuses_leaves_no_number_behind(self, t):
        t.carrier.reply(ZOE, "36000", "STOP")  # the provider stops us by itself: 21610
        run(t.gw)
        row = row_of(t, ZOE)
        assert (t.sent_to(ZOE), row["state"], row["fields"]) == ([], MessageState.REJECTED, None)

    def test_a_doubtful_reply_is_confirmed_when_somebody_says_it_was_an_objection(self, t):
        add(t, MARIE)
        heard = written_back(t, MARIE, "Ça suffit !")
        run(t.gw)
        assert heard.paused and t.sent_to(MARIE) == []
        decision = Decision(settlement=Settlement.OBJECTION, by="relectrice", why="elle ne veut plus de SMS")
        resolving.resolve(t.gw, heard.letter_id, decision)
        resolving.resolve(t.gw, heard.letter_id, decision)
        run(t.gw)
        assert len(t.sent_to(MARIE)) == 1

    def test_an_answer_too_long_for_one_part_is_an_alarm_and_never_undoes_the_stop(self, database_url, clock, tmp_path):
        name = "Comité de soutien à la candidature de Camille Rochebrune, circonscription de Valbrume-les-Eaux et environs"
        named = {"name": name, "sender": "36000", "stop_number": "36000", "election": "présidentielle 2027"}
        with town(database_url, clock, tmp_path, sms=named) as t:
            add(t, MARIE)
            assert written_back(t, MARIE, "stop svp").objection is not None
            assert objected(t, MARIE) and answers(t) == 0
            (alarm,) = journal_of(t.gw, "alarm")
            assert alarm["alarm"] == "answer-unwritten" and "parties" in alarm["why"]


class TestContact:
    """Rule sms-contact-keyword."""

    @pytest.mark.parametrize("words", ["CONTACT", "Aide svp", "qui êtes-vous ?"])
    def test_whoever_asks_who_we_are_is_told_the_controller_and_how_to_reach_them(self, t, words):
        add(t, MARIE)
        heard = written_back(t, MARIE, words)
        run(t.gw)
        (read,) = t.sent_to(MARIE)
        controller = t.gw.settings.controller
        assert controller.name in read and (controller.email or t.gw.settings.sender.reply_to) in read and "Réunion" not in read
        assert segments(read).parts == 1
        with reading(t.gw.engine) as tx:
            letter = inbox.find(tx, heard.letter_id)
        assert letter is not None and letter.settled_as is Settlement.ANSWERED

    def test_even_after_a_stop(self, t):
        add(t, MARIE)
        written_back(t, MARIE, "stop svp")
        written_back(t, MARIE, "contact", sid="SM" + "2" * 32)
        run(t.gw)
        assert len(t.sent_to(MARIE)) == 2

    def test_a_hundred_questions_in_a_day_are_answered_once(self, t):
        add(t, MARIE)
        for number in range(100):
            written_back(t, MARIE, "contact", sid=f"SM{number:032d}")
        run(t.gw)
        assert len(t.sent_to(MARIE)) == 1

"""Texts and calls, from the draft to the handset and back: gate, provider's SDK, carrier, signed callbacks."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gateway.channels.twilio.callbacks import CallStatus
from gateway.domain.audience import Audience
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.domain.receipt import ReceiptKind
from gateway.domain.reply import Settlement
from gateway.domain.suppression import SuppressionCause
from gateway.flows import listening
from gateway.flows.campaigning import drafting, launching, trying
from gateway.flows.campaigning.definition import Definition
from gateway.flows.consenting import withdraw_consent
from gateway.flows.sending import gate
from gateway.flows.sending.housekeeping import keep
from gateway.flows.telephoning import trace, tracing
from gateway.flows.telephoning.calls import end
from gateway.render.sms import SmsContent
from gateway.sandbox.carrier import Faults
from gateway.store import inbox, receipts, suppressions, tables
from gateway.store.engine import begin, reading
from tests.sending.support import journal_of, run
from tests.telephone.support import add, call, digest, lose_callbacks, object_to_calls, objected, row_of, text, town

MARIE, JEAN, ZOE = "+33639980010", "+33639980011", "+33639980020"
WEEKDAYS = "mon-fri 09:00-20:00"


def objects(t):
    object_to_calls(t, MARIE)


def pauses(t):
    at = t.clock.now()
    with begin(t.gw.engine) as tx:
        suppressions.pause(tx, [digest(t.gw, MARIE, Medium.CALL)], until=at + timedelta(days=30), at=at)


def takes_back(t):
    withdraw_consent(t.gw, MARIE, by="the person", means="preference page", medium=Medium.CALL)


class TestTexts:
    """SMS."""

    def test_a_first_text_says_who_for_which_election_from_where_and_how_to_stop(self, t):
        add(t, MARIE)
        text(t)
        run(t.gw)
        assert t.carrier.idle()
        (read,) = t.sent_to(MARIE)
        assert read.startswith("Camille Rochebrune") and "présidentielle 2027" in read
        assert "STOP" in read and "36000" in read and "valbrume.example/i" in read
        assert "Réunion samedi 18 h, place du Lavoir." in read
        row = row_of(t, MARIE)
        assert row["state"] is MessageState.ACCEPTED and row["reply"].startswith("SM")
        with reading(t.gw.engine) as tx:
            assert [one.kind for one in receipts.of_message(tx, row["id"])] == ["delivered"]

    def test_a_text_due_at_night_waits_for_the_morning_and_says_until_when(self, t):
        t.clock.set(datetime(2026, 12, 1, 20, 30, tzinfo=UTC))
        add(t, MARIE)
        text(t)
        run(t.gw)
        row = row_of(t, MARIE)
        assert (row["state"], row["because"], row["due_at"]) == (
            MessageState.DEFERRED,
            "sms-hours",
            datetime(2026, 12, 2, 7, 0, tzinfo=UTC),
        )
        t.clock.set(datetime(2026, 12, 2, 7, 0, tzinfo=UTC))
        run(t.gw)
        assert len(t.sent_to(MARIE)) == 1

    def test_no_text_may_arrive_after_the_window_has_closed(self, t):
        t.clock.set(datetime(2026, 12, 1, 18, 30, tzinfo=UTC))  # 19:30 in Paris
        add(t, MARIE)
        text(t)
        run(t.gw)
        (kept,) = t.carrier.traffic.messages(equal={"recipient": MARIE})
        closes = datetime(2026, 12, 1, 19, 0, tzinfo=UTC)
        assert closes - timedelta(seconds=5) <= kept.expires_at <= closes  # the provider may take the request five seconds late

    def test_a_text_that_would_come_too_late_waits_instead_of_leaving_a_minute_before_closing(self, t):
        t.clock.set(datetime(2026, 12, 1, 18, 59, tzinfo=UTC))
        add(t, MARIE)
        text(t)
        run(t.gw)
        row = row_of(t, MARIE)
        assert (row["state"], row["because"]) == (MessageState.DEFERRED, "arrives-late") and t.sent_to(MARIE) == []

    def test_a_stop_written_back_takes_effect_before_the_next_text(self, t):
        add(t, MARIE)
        text(t)
        run(t.gw)
        assert t.carrier.idle()
        t.carrier.reply(MARIE, "36000", "stop svp merci")
        assert objected(t, MARIE, Medium.SMS) and not objected(t, MARIE, Medium.CALL)
        text(t, "sms-2")
        run(t.gw)
        row = row_of(t, MARIE)
        assert row["state"] is MessageState.REFUSED and "optout" in row["because"]
        assert [one for one in t.sent_to(MARIE) if "Réunion" in one] == t.sent_to(MARIE)[:1]
        (told,) = journal_of(t.gw, "objection")
        assert told["cause"] == "reply" and told["delay_ms"] >= 0

    def test_a_stranger_who_writes_stop_is_obeyed_all_the_same(self, t):
        t.carrier.reply(ZOE, "36000", "STOP")
        assert objected(t, ZOE, Medium.SMS)

    def test_somebody_opted_out_at_the_provider_is_on_our_list_too(self, t):
        add(t, MARIE)
        t.carrier.traffic.opt_out("36000", MARIE)
        text(t)
        run(t.gw)
        row = row_of(t, MARIE)
        assert (row["state"], row["because"]) == (MessageState.REJECTED, "optout-effect")
        assert objected(t, MARIE, Medium.SMS)

    def test_she_is_on_it_too_when_the_worker_dies_before_it_could_write_down_what_the_provider_said(self, t, monkeypatch):
        add(t, MARIE)
        t.carrier.traffic.opt_out("36000", MARIE)
        text(t)
        with monkeypatch.context() as killed:
            killed.setattr(gate, "settle", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                run(t.gw)
        assert not objected(t, MARIE, Medium.SMS)
        keep(t.gw)
        row = row_of(t, MARIE)
        assert (row["state"], row["because"]) == (MessageState.REJECTED, "optout-effect")
        assert objected(t, MARIE, Medium.SMS)
        (told,) = journal_of(t.gw, "objection")
        assert (told["cause"], told["medium"]) == ("reply", "sms")

    @pytest.mark.parametrize(("ending", "kind"), [("01", "dead"), ("02", "full"), ("05", "refused")])
    def test_what_the_network_says_of_a_number_is_kept_with_its_reason(self, t, ending, kind):
        number = f"+336399801{ending}"
        add(t, number)
        text(t)
        run(t.gw)
        assert t.carrier.idle()
        with reading(t.gw.engine) as tx:
            (receipt,) = receipts.of_message(tx, row_of(t, number)["id"])
        assert receipt.kind == kind
        text(t, "sms-2")
        run(t.gw)
        assert (row_of(t, number)["because"] == "number-unreachable") == (kind == "dead")

    def test_a_callback_told_twice_or_out_of_order_counts_once(self, database_url, clock, tmp_path):
        faults = Faults(duplicate_callbacks=1.0, shuffled_callbacks=1.0)
        with town(database_url, clock, tmp_path, faults=faults) as t:
            add(t, MARIE)
            text(t)
            run(t.gw)
            assert t.carrier.idle()
            with reading(t.gw.engine) as tx:
                assert len(receipts.of_message(tx, row_of(t, MARIE)["id"])) == 1

    def test_a_lost_answer_is_looked_up_and_never_sent_again(self, database_url, clock, tmp_path, monkeypatch):
        faults = Faults(timeout_after_acceptance=1.0, timeout_seconds=0)
        with town(database_url, clock, tmp_path, faults=faults) as t:
            lose_callbacks(t, monkeypatch)
            add(t, MARIE)
            text(t)
            run(t.gw)
            assert t.carrier.idle() and row_of(t, MARIE)["state"] is MessageState.UNCERTAIN
            clock.advance(timedelta(minutes=3))
            assert trace(t.gw).accepted == 1
            row = row_of(t, MARIE)
            assert row["state"] is MessageState.ACCEPTED and row["reply"].startswith("SM")
            run(t.gw)
            assert len(t.sent_to(MARIE)) == 1

    @pytest.mark.parametrize(("first", "settled"), [("broken", "uncertain"), ("timeout_after_acceptance", "accepted")])
    def test_of_two_texts_in_doubt_to_one_person_neither_is_taken_for_the_other(
        self, database_url, clock, tmp_path, monkeypatch, first, settled
    ):
        faults = Faults(timeout_seconds=0)
        with town(database_url, clock, tmp_path, faults=faults) as t:
            lose_callbacks(t, monkeypatch)
            add(t, MARIE)
            for name, fault in (("sms-1", first), ("sms-2", "timeout_after_acceptance")):
                setattr(faults, fault, 1.0)
                text(t, name, f"Réunion de {name}.")
                run(t.gw)
                setattr(faults, fault, 0.0)
                clock.advance(timedelta(seconds=10))  # a provider that answers nothing is left in peace for a moment
            assert t.carrier.idle()
            assert {launching.status(t.gw, name).counts[MessageState.UNCERTAIN] for name in ("sms-1", "sms-2")} == {1}
            clock.advance(timedelta(minutes=30))
            trace(t.gw)
            assert {launching.status(t.gw, name).counts.get(settled) for name in ("sms-1", "sms-2")} == {1}
            assert len(t.sent_to(MARIE)) == (1 if settled == "uncertain" else 2)

    def test_a_text_that_nobody_can_settle_stands_in_no_other_s_way(self, database_url, clock, tmp_path, monkeypatch):
        monkeypatch.setattr(tracing, "_AT_ONCE", 1)
        faults = Faults(timeout_seconds=0)
        with town(database_url, clock, tmp_path, faults=faults) as t:
            lose_callbacks(t, monkeypatch)
            add(t, MARIE)
            for name, fault in (("sms-1", "broken"), ("sms-2", "timeout_after_acceptance")):  # of two, one was taken: which?
                setattr(faults, fault, 1.0)
                text(t, name, f"Réunion de {name}.")
                run(t.gw)
                setattr(faults, fault, 0.0)
                clock.advance(timedelta(seconds=10))  # a provider that answers nothing is left in peace for a moment
            add(t, JEAN)
            faults.timeout_after_acceptance = 1.0
            text(t, "sms-3")
            run(t.gw)
            assert t.carrier.idle() and row_of(t, JEAN)["state"] is MessageState.UNCERTAIN
            clock.advance(timedelta(minutes=30))
            trace(t.gw)
            assert row_of(t, JEAN)["state"] is MessageState.ACCEPTED
            assert {launching.status(t.gw, name).counts[MessageState.UNCERTAIN] for name in ("sms-1", "sms-2")} == {1}

    def test_a_message_the_provider_never_took_is_given_up_not_sent_again(self, database_url, clock, tmp_path):
        with town(database_url, clock, tmp_path, faults=Faults(broken=1.0)) as t:
            add(t, MARIE)
            text(t)
            run(t.gw)
            assert row_of(t, MARIE)["state"] is MessageState.UNCERTAIN
            clock.advance(timedelta(minutes=3))
            trace(t.gw)
            assert row_of(t, MARIE)["state"] is MessageState.UNCERTAIN  # lists of the provider may lag behind
            clock.advance(timedelta(minutes=10))
            assert trace(t.gw).abandoned == 1
            run(t.gw)
            assert row_of(t, MARIE)["state"] is MessageState.ABANDONED and t.sent_to(MARIE) == []

    def test_without_a_short_code_each_text_carries_a_link_that_stops_texts(self, database_url, clock, tmp_path):
        named = {
            "name": "Rochebrune",
            "sender": "ROCHEBRUNE",
            "stop_number": "",
            "election": "présidentielle 2027",
            "parts_max": 2,
        }
        attested: dict[str, Any] = {"controller": {"declarations": _declared("sender-id-registered")}}
        with town(database_url, clock, tmp_path, sms=named | {"notice_url": "https://valbrume.example/i"}, **attested) as t:
            add(t, MARIE)
            text(t)
            run(t.gw)
            (read,) = t.sent_to(MARIE)
            (token,) = re.findall(r"/o/([A-Za-z0-9_-]{55})", read)
            view = listening.read_link(t.gw, token)
            assert view.medium is Medium.SMS and "…" in view.address_hint and "98" not in view.address_hint[:4]
            listening.object_by_link(t.gw, token, cause=SuppressionCause.UNSUBSCRIBE_LINK)
            assert objected(t, MARIE, Medium.SMS) and not objected(t, MARIE, Medium.EMAIL)

    def test_the_dry_run_shows_parts_and_cost(self, t):
        add(t, MARIE)
        add(t, JEAN)
        from gateway.domain.audience import Audience
        from gateway.flows.campaigning import drafting
        from gateway.flows.campaigning.definition import Definition
        from gateway.render.sms import SmsContent

        drafting.create(t.gw, "brouillon", Definition(content=SmsContent(text="Réunion samedi."), audience=Audience()), by="a")
        found = trying.dry_run(t.gw, "brouillon")
        assert found.cost is not None and (found.cost.unit, found.cost.units, found.allowed) == ("parts", 2, 2)

    def test_the_dry_run_tells_who_gets_it_at_which_hour(self, t):
        for number, territory in ((MARIE, "metropole"), (JEAN, "metropole"), (ZOE, "974")):
            add(t, number, territory=territory)
        t.clock.set(datetime(2026, 12, 1, 20, 0, tzinfo=UTC))
        drafting.create(t.gw, "nuit", Definition(content=SmsContent(text="Réunion samedi."), audience=Audience()), by="a")
        told = {
            one.until: (one.people, " ".join(why.sentence for why in one.explanations if why.rule in one.rules))
            for one in trying.dry_run(t.gw, "nuit").outcomes
        }
        here, there = told[datetime(2026, 12, 2, 7, tzinfo=UTC)], told[datetime(2026, 12, 2, 4, tzinfo=UTC)]
        assert len(told) == 2 and (here[0], there[0]) == (2, 1)
        assert "(Hexagone et Corse)" in here[1] and "(La Réunion)" in there[1]

    def test_a_first_text_that_does_not_fit_one_part_leaves_nobody_in_the_dark(self, t):
        add(t, MARIE)
        drafting.create(
            t.gw, "long", Definition(content=SmsContent(text="Réunion au lavoir. " * 5), audience=Audience()), by="autrice"
        )
        (outcome,) = trying.dry_run(t.gw, "long").outcomes
        assert (outcome.verdict, outcome.rules, outcome.people) == ("refuse", ("rule-failed",), 1)
        said = " ".join(one.sentence for one in outcome.explanations)
        assert re.search("ne peut pas être composé .*avec ses mentions, .*raccourcissez-le d’au moins [0-9]+ signes[.]", said)
        assert "render" not in said, "a volunteer can mend it, and the one who runs the installation need not be told"


class TestCalls:
    """Automated calls."""

    def test_a_person_who_agreed_hears_everything_in_order_inside_her_hours(self, t):
        add(t, MARIE, call=True, hours=WEEKDAYS)
        call(t)
        run(t.gw)
        assert t.carrier.idle()
        (made,) = t.carrier.traffic.calls(equal={"callee": MARIE})
        heard = " | ".join(made.heard)
        places = [
            heard.index(words)
            for words in ("Bonjour. Ici", "enregistré", "artificielle", "touche 9", "formulaire du site", "venez samedi", "CNIL")
        ]
        assert places == sorted(places)
        assert made.heard[-2].startswith("Pour ne plus être appelé")
        assert row_of(t, MARIE, Medium.CALL)["state"] is MessageState.ACCEPTED

    def test_nobody_is_called_without_stated_hours(self, t):
        add(t, MARIE, call=True, hours=None)
        call(t)
        run(t.gw)
        row = row_of(t, MARIE, Medium.CALL)
        assert (row["state"], row["because"]) == (MessageState.REFUSED, "voice-consent-window")

    def test_a_call_outside_the_agreed_hours_waits_for_them(self, t):
        add(t, MARIE, call=True, hours="mon-fri 17:00-19:00")
        call(t)
        run(t.gw)
        row = row_of(t, MARIE, Medium.CALL)
        assert (row["state"], row["due_at"]) == (MessageState.DEFERRED, datetime(2026, 12, 1, 16, 0, tzinfo=UTC))

    def test_a_key_pressed_is_an_objection_on_the_spot_and_is_thanked_for(self, t):
        number = "+33639980109"  # presses 9 at the first question
        add(t, number, sms=True, call=True, hours=WEEKDAYS)
        call(t)
        run(t.gw)
        assert t.carrier.idle()
        (made,) = t.carrier.traffic.calls(equal={"callee": number})
        assert made.digits == "9" and made.heard[-1].startswith("C’est noté")
        assert objected(t, number, Medium.CALL) and not objected(t, number, Medium.SMS)
        (told,) = journal_of(t.gw, "objection")
        assert told["cause"] == "key_press"
        call(t, "appel-2")
        run(t.gw)
        assert len(t.carrier.traffic.calls(equal={"callee": number})) == 1

    @pytest.mark.parametrize(("ending", "why"), [("06", "busy"), ("07", "no-answer"), ("08", "machine")])
    def test_nobody_answers_and_the_call_is_tried_again_a_few_times_inside_her_hours(self, t, ending, why):
        number = f"+336399801{ending}"
        add(t, number, call=True, hours="mon-sun 09:00-20:00")
        call(t)
        for _ in range(20):  # each wait may end at night: the gate then waits for her hours
            run(t.gw)
            assert t.carrier.idle()
            row = row_of(t, number, Medium.CALL)
            if row["state"] is not MessageState.DEFERRED:
                break
            assert row["because"] in (why, "voice-default-window", "voice-consent-window")
            t.clock.set(row["due_at"])
        assert row["state"] is MessageState.EXPIRED and row["attempts"] == 3
        made = t.carrier.traffic.calls(equal={"callee": number})
        assert len(made) == 3
        assert all("venez samedi" not in line for one in made for line in one.heard)
        with reading(t.gw.engine) as tx:
            assert {one.kind for one in receipts.of_message(tx, row["id"])} == {ReceiptKind.UNHEARD}, "nothing arrived"
        keep(t.gw)

    def test_whoever_never_answers_is_rung_up_four_times_in_thirty_days_whatever_the_campaigns(self, t):
        number = "+33639980107"
        add(t, number, call=True, hours="mon-sun 09:00-20:00")
        for name in ("appel-1", "appel-2"):
            t.clock.advance(timedelta(hours=1))
            call(t, name)
            for _ in range(20):
                run(t.gw)
                assert t.carrier.idle()
                row = row_of(t, number, Medium.CALL)
                if row["state"] is not MessageState.DEFERRED:
                    break
                t.clock.set(row["due_at"])
        assert (row["state"], row["because"]) == (MessageState.REFUSED, "voice-frequency")
        assert len(t.carrier.traffic.calls(equal={"callee": number})) == 4

    @pytest.mark.parametrize("say", [objects, takes_back, pauses], ids=["objection", "consent-taken-back", "pause"])
    def test_somebody_who_says_no_while_her_telephone_rings_is_told_nothing(self, t, say):
        add(t, MARIE, call=True, hours=WEEKDAYS)
        call(t)
        fetch = t.carrier._hooks.post
        said: list[str] = []

        def saying(url, parameters):
            if url.endswith("/document") and not said:
                said.append(url)
                say(t)
            return fetch(url, parameters)

        t.carrier._hooks.post = saying
        run(t.gw)
        assert t.carrier.idle() and said
        (made,) = t.carrier.traffic.calls(equal={"callee": MARIE})
        assert made.heard == ()
        row = row_of(t, MARIE, Medium.CALL)
        ended = (MessageState.CANCELLED, "objection-first") if say is objects else (MessageState.DEFERRED, "nothing-said")
        assert (row["state"], row["because"]) == ended, "nobody heard it, and no record says so"
        [told] = journal_of(t.gw, "receipt")
        assert told["receipt"] == "nothing-said"

    @pytest.mark.parametrize("why", ["too-late", "we-are-away"])
    def test_a_call_in_which_nothing_could_be_said_was_not_heard(self, t, why):
        """The provider rang her once the hour was over, or found nobody at home when it asked what to say."""
        add(t, MARIE, call=True, hours=WEEKDAYS)
        call(t)
        fetch = t.carrier._hooks.post
        before = t.clock.now()

        def late(url, parameters):
            if not url.endswith("/document"):
                return fetch(url, parameters)
            if why == "we-are-away":
                return None
            t.clock.set(datetime(2026, 12, 1, 19, 0, tzinfo=UTC))  # 20:00 in Paris
            try:
                return fetch(url, parameters)
            finally:
                t.clock.set(before)

        t.carrier._hooks.post = late
        run(t.gw)
        assert t.carrier.idle()
        (made,) = t.carrier.traffic.calls(equal={"callee": MARIE})
        assert not any("venez samedi" in line for line in made.heard)
        row = row_of(t, MARIE, Medium.CALL)
        assert row["state"] is MessageState.DEFERRED and row["attempts"] == 1
        assert row["because"] == ("nothing-said" if why == "too-late" else "failed")

    def test_a_call_that_was_given_up_and_was_heard_is_told_as_heard(self, t):
        add(t, MARIE, call=True, hours=WEEKDAYS)
        call(t)
        post, told = t.carrier._hooks.post, []

        def noting(url, parameters):
            if not url.endswith("/status"):
                return post(url, parameters)
            told.append((url, parameters))
            with begin(t.gw.engine) as tx:
                tx.execute(update(tables.message).values(state=MessageState.ABANDONED, worker=None))
            return None

        t.carrier._hooks.post = noting
        run(t.gw)
        assert t.carrier.idle()
        assert row_of(t, MARIE, Medium.CALL)["state"] is MessageState.ABANDONED
        t.clock.advance(timedelta(days=1))
        post(*told[0])
        row = row_of(t, MARIE, Medium.CALL)
        assert (row["state"], row["reply"]) == (MessageState.ACCEPTED, told[0][1]["CallSid"])

    def test_the_end_of_the_first_call_told_again_does_not_end_the_second(self, t):
        number = "+33639980106"  # busy
        add(t, number, call=True, hours="mon-sun 09:00-20:00")
        call(t)
        post, told = t.carrier._hooks.post, []

        def noting(url, parameters):
            told.append((url, parameters))
            return None if url.endswith("/status") and len({one["CallSid"] for _, one in told}) > 1 else post(url, parameters)

        t.carrier._hooks.post = noting
        run(t.gw)
        assert t.carrier.idle()
        while (ringing := row_of(t, number, Medium.CALL))["state"] is MessageState.DEFERRED:  # until it is her hour
            t.clock.set(ringing["due_at"])
            run(t.gw)
            assert t.carrier.idle()
        (url, first), (_, second) = told
        post(url, first)
        post(url, first | {"CallStatus": "no-answer"})  # told otherwise, still of a call that is over
        assert row_of(t, number, Medium.CALL) == ringing and ringing["state"] is MessageState.RINGING
        post(url, second)
        assert row_of(t, number, Medium.CALL)["state"] is MessageState.DEFERRED
        with reading(t.gw.engine) as tx:
            kept = [inbox.by_provider_id(tx, Medium.CALL, f"{one['CallSid']}:busy") for one in (first, second)]
        assert [one.settled_as if one else None for one in kept] == [Settlement.FILED] * 2

    def test_a_call_doubted_as_its_lease_ran_out_counts_as_tried_once_its_end_is_told(self, t):
        add(t, MARIE, call=True, hours=WEEKDAYS)
        call(t)
        doubted = {"state": MessageState.UNCERTAIN, "worker": "a machine that is away", "attempts": 0}
        with begin(t.gw.engine) as tx:
            tx.execute(update(tables.message).values(doubted))
        told = CallStatus(sid="CA" + "0" * 32, status="no-answer", answered_by=None, seconds=None)
        with begin(t.gw.engine) as tx:
            assert end(tx, t.gw, row_of(t, MARIE, Medium.CALL)["id"], told)
        row = row_of(t, MARIE, Medium.CALL)
        assert (row["state"], row["attempts"]) == (MessageState.DEFERRED, 1)
        assert row["due_at"] == t.clock.now() + timedelta(minutes=t.gw.settings.calls.retry_minutes[0])

    def test_an_earlier_call_to_her_is_not_taken_for_the_one_in_doubt(self, database_url, clock, tmp_path):
        faults, number = Faults(), "+33639980107"  # nobody ever answers
        with town(database_url, clock, tmp_path, faults=faults) as t:
            add(t, number, call=True, hours=WEEKDAYS)
            call(t)
            run(t.gw)
            assert t.carrier.idle()
            clock.advance(timedelta(minutes=1))
            call(t, "appel-2")
            faults.broken = 1.0
            run(t.gw)
            assert row_of(t, number, Medium.CALL)["state"] is MessageState.UNCERTAIN
            faults.broken = 0.0
            clock.advance(timedelta(minutes=15))
            assert trace(t.gw).ended == 0
            assert row_of(t, number, Medium.CALL)["state"] is MessageState.ABANDONED

    def test_a_call_whose_end_nobody_told_is_asked_about(self, t):
        add(t, MARIE, call=True, hours=WEEKDAYS)
        call(t)
        fetch = t.carrier._hooks.post
        t.carrier._hooks.post = lambda url, parameters: None if url.endswith("/status") else fetch(url, parameters)
        run(t.gw)
        assert t.carrier.idle()
        assert row_of(t, MARIE, Medium.CALL)["state"] is MessageState.RINGING
        t.clock.advance(timedelta(minutes=20))
        assert trace(t.gw).ended == 1
        assert row_of(t, MARIE, Medium.CALL)["state"] is MessageState.ACCEPTED


def _declared(*also):
    from gateway.settings import load_settings

    return [*load_settings().controller.declarations, *also]

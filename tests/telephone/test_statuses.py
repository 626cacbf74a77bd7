"""What the provider tells of a text, in whatever order: what it comes to is the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.channels.twilio.callbacks import MessageStatus, SmsReply
from gateway.domain.campaign import SINGLE_CLASSES
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.domain.rights import Right
from gateway.flows import suppressing
from gateway.flows.rights.erasing import erase
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.runner import Runner
from gateway.flows.telephoning import Told, hear_text, text_statuses
from gateway.store import contacts, receipts, tables
from gateway.store.engine import begin, reading
from tests.meanwhile import Act, right_before
from tests.rights.support import asks_proven
from tests.sending.support import journal_of, run
from tests.telephone.support import Town, add, lose_callbacks, row_of, text, town

MARIE = "+33639980010"
QUEUE_OVERFLOW, UNKNOWN_HANDSET, TOO_FAST, VALIDITY_OVER, CARRIER_AWAY = 30001, 30005, 30022, 30036, 30006


@pytest.fixture
def t(database_url, clock, tmp_path, monkeypatch):
    with town(database_url, clock, tmp_path) as made:
        lose_callbacks(made, monkeypatch)  # each test tells them in its own order
        yield made


def tells(t: Town, status: str, code: int | None = None, *, sid: str | None = None) -> Told:
    """What the provider says of her latest text."""
    row = row_of(t, MARIE)
    return Told(
        t.gw.keys.verp_token(row["id"]), MessageStatus(sid=sid or row["reply"], status=status, error_code=code), {"a": status}
    )


def number_is(t: Town, contact_id: int) -> str:
    with reading(t.gw.engine) as tx:
        [mobile] = [one for one in contacts.addresses(tx, contact_id) if one.medium is Medium.SMS]
    return mobile.state.value


def kinds(t: Town) -> list[str]:
    with reading(t.gw.engine) as tx:
        return [one.kind.value for one in receipts.of_message(tx, row_of(t, MARIE)["id"])]


class TestDeliveredAndNot:
    """The provider says both of one text: the handset has it."""

    @pytest.mark.parametrize("order", [("delivered", "undelivered"), ("undelivered", "delivered"), ("both",)])
    def test_the_number_lives_whatever_was_said_first(self, t, order):
        marie = add(t, MARIE)
        text(t)
        run(t.gw)
        told = {"delivered": tells(t, "delivered"), "undelivered": tells(t, "undelivered", UNKNOWN_HANDSET)}
        if order == ("both",):
            text_statuses(t.gw, [told["undelivered"], told["delivered"]])
        for what in order if len(order) == 2 else ():
            text_statuses(t.gw, [told[what]])
        assert number_is(t, marie) == "valid"
        assert [one["receipt"] for one in journal_of(t.gw, "receipt")].count("delivered") == 1
        states = [(one["state"], one.get("because")) for one in journal_of(t.gw, "address")]
        assert states == ([("dead", None), ("valid", "reached")] if order[0] == "undelivered" else [])

    def test_two_processes_that_are_told_both_at_once_come_to_the_same(self, t, monkeypatch):
        marie = add(t, MARIE)
        text(t)
        run(t.gw)
        delivered, failed = tells(t, "delivered"), tells(t, "undelivered", UNKNOWN_HANDSET)
        other = Act(lambda: text_statuses(t.gw, [delivered]))
        right_before(monkeypatch, receipts, "add_all", other)
        text_statuses(t.gw, [failed])
        other.done()
        assert number_is(t, marie) == "valid"

    def test_what_another_text_said_of_the_number_stands(self, t, clock):
        marie = add(t, MARIE)
        text(t)
        run(t.gw)
        first = tells(t, "delivered")
        clock.advance(timedelta(hours=1))
        text(t, "sms-2")
        run(t.gw)
        text_statuses(t.gw, [tells(t, "undelivered", UNKNOWN_HANDSET)])
        text_statuses(t.gw, [first])
        assert number_is(t, marie) == "dead"


class TestANumberThatDoesNotTakeTexts:
    """An address is left in peace for what is said of it, and no longer than that holds."""

    def test_a_carrier_out_of_reach_of_our_short_code_once_is_no_dead_number(self, t):
        marie = add(t, MARIE)
        text(t)
        run(t.gw)
        text_statuses(t.gw, [tells(t, "undelivered", CARRIER_AWAY)])
        assert (number_is(t, marie), kinds(t)) == ("valid", ["failed"])

    def test_five_times_in_a_row_it_is_left_in_peace_until_somebody_says_why_it_may_be_tried_again(self, t):
        marie = add(t, MARIE)
        text(t)
        run(t.gw)
        for number in range(5):
            text_statuses(t.gw, [tells(t, "undelivered", CARRIER_AWAY, sid=f"SM{number:032x}")])
        assert number_is(t, marie) == "failing"
        assert suppressing.lift(t.gw, MARIE, why="son opérateur passe de nouveau par le 36000", by="autrice") == 1
        assert number_is(t, marie) == "valid"


class TestGivenUpByUs:
    """The provider had no such text when it was asked, and says later what became of it: its word is the last."""

    @pytest.mark.parametrize("over", [False, True], ids=["campaign-runs", "campaign-over"])
    def test_a_text_that_was_given_up_and_arrived_is_no_longer_told_as_given_up(self, t, clock, over):
        marie = add(t, MARIE)
        text(t)
        Runner(t.gw).step(0)
        told = tells(t, "delivered")
        with begin(t.gw.engine) as tx:
            tx.execute(update(tables.message).values(state=MessageState.ABANDONED, reply="the provider has no such message"))
        if over:
            assert keep(t.gw).finished == ("sms-1",)
        clock.advance(timedelta(days=1))
        assert text_statuses(t.gw, [told]) == [True] and text_statuses(t.gw, [told]) == [False]
        row = row_of(t, MARIE)
        assert (row["state"], row["reply"]) == (MessageState.ACCEPTED, told.status.sid)
        [settled] = journal_of(t.gw, "settlement")
        assert (settled["state"], settled["evidence"]) == ("accepted", "the provider says delivered")
        assert (number_is(t, marie), kinds(t)) == ("valid", ["delivered"])

    def test_one_that_did_not_arrive_stays_given_up(self, t):
        add(t, MARIE)
        text(t)
        Runner(t.gw).step(0)
        told = tells(t, "failed", UNKNOWN_HANDSET)
        with begin(t.gw.engine) as tx:
            tx.execute(update(tables.message).values(state=MessageState.ABANDONED))
        text_statuses(t.gw, [told])
        assert row_of(t, MARIE)["state"] is MessageState.ABANDONED


class TestGivenUpInTheQueue:
    """We send too fast, and the provider says so afterwards: what no carrier had is sent again."""

    @pytest.fixture
    def marie(self, t):
        """Her text was taken, and so was nobody else's: the campaign has not been looked at since."""
        marie = add(t, MARIE)
        text(t)
        Runner(t.gw).step(0)
        return marie

    @pytest.mark.parametrize("code", [QUEUE_OVERFLOW, TOO_FAST, VALIDITY_OVER])
    def test_a_text_given_up_before_any_carrier_had_it_waits_and_is_sent_once_more(self, t, clock, marie, code):
        first = row_of(t, MARIE)["reply"]
        text_statuses(t.gw, [tells(t, "failed", code)])
        row = row_of(t, MARIE)
        assert (row["state"], row["because"]) == (MessageState.DEFERRED, "throttled")
        assert row["due_at"] == clock.now() + timedelta(minutes=5), "as after the same refusal at the hand-over"
        assert (number_is(t, marie), kinds(t)) == ("valid", [])
        assert keep(t.gw).finished == (), "a campaign is over when its rows are"
        clock.advance(timedelta(minutes=15))
        run(t.gw)
        row = row_of(t, MARIE)
        assert (row["state"], row["attempts"]) == (MessageState.ACCEPTED, 2) and row["reply"] != first
        [told] = journal_of(t.gw, "settlement")
        assert (told["state"], told["evidence"]) == ("deferred", f"the provider says failed {code}")

    @pytest.mark.parametrize("arrives_first", [True, False])
    def test_one_that_arrived_all_the_same_is_not_sent_again(self, t, clock, marie, arrives_first):
        given_up, arrived = tells(t, "failed", QUEUE_OVERFLOW), tells(t, "delivered")
        for told in (arrived, given_up) if arrives_first else (given_up, arrived):
            text_statuses(t.gw, [told])
        clock.advance(timedelta(hours=1))
        run(t.gw)
        row = row_of(t, MARIE)
        assert (row["state"], row["attempts"], kinds(t)) == (MessageState.ACCEPTED, 1, ["delivered"])

    def test_what_a_carrier_had_and_could_not_deliver_is_not_sent_again(self, t, clock, marie):
        """ "undelivered": somebody else had it, and says that she does not; that is not certain enough to write to her twice."""
        text_statuses(t.gw, [tells(t, "undelivered", TOO_FAST)])
        row = row_of(t, MARIE)
        assert (row["state"], kinds(t)) == (MessageState.ACCEPTED, ["expired"])

    def test_that_we_send_too_fast_is_no_word_against_her_number(self, t, clock, marie):
        for number in range(6):
            text_statuses(t.gw, [tells(t, "undelivered", TOO_FAST, sid=f"SM{number:032x}")])
        assert number_is(t, marie) == "valid"

    def test_nor_is_it_when_every_hand_over_was_refused_for_that(self, t, clock, marie):
        t.carrier._courier._dice.faults.throttled = 1.0
        text(t, "sms-2")
        with begin(t.gw.engine) as tx:
            tx.execute(update(tables.message).values(attempts=4))
            tx.execute(update(tables.address).values(failures=4, failed_at=clock.now()))
        Runner(t.gw).step(0)
        row = row_of(t, MARIE)
        assert (row["state"], row["because"], row["attempts"]) == (MessageState.EXPIRED, "tries-used-up", 5)
        assert number_is(t, marie) == "valid"

    def test_once_its_campaign_is_over_what_it_came_to_stays_as_it_was_said(self, t, marie):
        assert keep(t.gw).finished == ("sms-1",)
        text_statuses(t.gw, [tells(t, "failed", QUEUE_OVERFLOW)])
        assert (row_of(t, MARIE)["state"], kinds(t), number_is(t, marie)) == (MessageState.ACCEPTED, ["expired"], "valid")

    def test_given_up_once_too_often_it_has_expired(self, t, clock, marie):
        for minutes in (5, 15, 60, 240):
            text_statuses(t.gw, [tells(t, "failed", QUEUE_OVERFLOW)])
            clock.advance(timedelta(minutes=minutes))
            Runner(t.gw).step(0)
            assert row_of(t, MARIE)["state"] is MessageState.ACCEPTED
        text_statuses(t.gw, [tells(t, "failed", QUEUE_OVERFLOW)])
        row = row_of(t, MARIE)
        assert (row["state"], row["because"], row["attempts"]) == (MessageState.EXPIRED, "tries-used-up", 5)
        assert keep(t.gw).finished == ("sms-1",)

    def test_an_answer_to_an_act_of_hers_keeps_nothing_to_send_again(self, t, marie):
        stops(t)
        assert row_of(t, MARIE)["message_class"] in SINGLE_CLASSES
        text_statuses(t.gw, [tells(t, "failed", QUEUE_OVERFLOW)])
        assert row_of(t, MARIE)["state"] is MessageState.ACCEPTED

    def test_who_objected_meanwhile_does_not_get_what_was_given_up(self, t, clock, marie):
        given_up = tells(t, "failed", QUEUE_OVERFLOW)
        stops(t)
        text_statuses(t.gw, [given_up])
        clock.advance(timedelta(minutes=15))
        run(t.gw)
        with reading(t.gw.engine) as tx:
            m = tables.message.c
            states = tx.execute(select(m.state).where(m.message_class == "campaign")).scalars().all()
        assert states == [MessageState.REFUSED]


def stops(t: Town) -> None:
    """She writes STOP, and has her answer."""
    hear_text(t.gw, SmsReply(sid=f"SM{99:032x}", sender=MARIE, recipient="36000", text="STOP"), {})
    run(t.gw)


@pytest.mark.parametrize("status", ["sent", "delivered", "undelivered"])
def test_what_comes_after_she_was_erased_counts_and_does_not_bring_her_number_back(t, status):
    """Her telephone was switched off: the provider tells of her text hours after she was forgotten."""
    add(t, MARIE)
    text(t)
    run(t.gw)
    told = tells(t, status, CARRIER_AWAY if status == "undelivered" else None)._replace(
        form={"To": MARIE, "MessageStatus": status}
    )
    erase(t.gw, asks_proven(t.gw, Right.ERASURE, MARIE).id, by="Inès")
    assert text_statuses(t.gw, [told]) == [True] and text_statuses(t.gw, [told]) == [False]
    with reading(t.gw.engine) as tx:
        (kept,) = tx.execute(select(tables.inbox.c.body).where(tables.inbox.c.provider_id.endswith(f":{status}"))).scalars()
    assert kept is None and len(kinds(t)) == (status != "sent")

"""The outbox on both databases: a row moves only from the states that a move names, whoever asks and whatever came between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, Engine, insert, select, text, update

from gateway.compliance.facts import FactNeeds
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.message import DUE_STATES, HELD_STATES, OPEN_STATES, MessageState
from gateway.store import endings, freezing, outbox, progress, tables
from gateway.store.claiming import Claim, claim
from gateway.store.engine import begin, is_postgresql, open_engine
from gateway.store.facts import FactQuestion
from gateway.store.outbox import Move, Settled

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
_serial = count(1)


def campaign(tx: Connection, medium: Medium = Medium.EMAIL) -> int:
    """A running campaign."""
    told = {"medium": medium, "message_class": "campaign", "state": "running", "definition": b"{}", "author": "a"}
    name = f"campaign-{next(_serial)}"
    made = insert(tables.campaign).values(**told, name=name, created_at=NOW).returning(tables.campaign.c.id)
    return int(tx.execute(made).scalar_one())


def row(tx: Connection, campaign_id: int, state: MessageState = MessageState.WAITING, **told: object) -> int:
    """One message, of nobody in our file any more unless told otherwise."""
    values = {
        "digest": next(_serial).to_bytes(16, "big"),
        "message_class": "campaign",
        "due_at": NOW,
        "fields": '{"a": "b"}',
    } | told
    made = insert(tables.message).values(campaign_id=campaign_id, state=state, **values).returning(tables.message.c.id)
    return int(tx.execute(made).scalar_one())


def one_in_each_state(tx: Connection, **told: object) -> tuple[int, dict[int, MessageState]]:
    """A campaign with one row in each state."""
    campaign_id = campaign(tx)
    return campaign_id, {row(tx, campaign_id, state, **told): state for state in MessageState}


def found(tx: Connection, campaign_id: int) -> dict[int, MessageState]:
    m = tables.message.c
    return {each.id: each.state for each in tx.execute(select(m.id, m.state).where(m.campaign_id == campaign_id))}


def accepted(ids: dict[int, MessageState]) -> list[Settled]:
    return [Settled(number, MessageState.ACCEPTED, reply="250 camille", handed_at=NOW, attempts=1) for number in ids]


def end_calls(tx: Connection, ids: dict[int, MessageState]) -> None:
    for number in ids:
        endings.end_call(tx, number, Settled(number, MessageState.EXPIRED, because="x"), at=NOW)


def resolve_all(tx: Connection, ids: dict[int, MessageState]) -> None:
    for number in ids:
        outbox.resolve(tx, number, MessageState.ABANDONED, reply="x", at=NOW)


MOVES: dict[str, tuple[Callable[[Connection, int, dict[int, MessageState]], object], tuple[MessageState, ...]]] = {
    "take": (lambda tx, _, ids: outbox.take(tx, list(ids), worker="b", lease_until=LATER, because="x"), DUE_STATES),
    "turn away": (lambda tx, _, ids: outbox.turn_away(tx, Move(list(ids), MessageState.CANCELLED, "x"), at=NOW), DUE_STATES),
    "settle": (
        lambda tx, _, ids: outbox.settle(tx, "lane", accepted(ids), at=NOW),
        (MessageState.HANDING_OVER, MessageState.UNCERTAIN),
    ),
    "settle what another holds": (lambda tx, _, ids: outbox.settle(tx, "other", accepted(ids), at=NOW), ()),
    "doubt": (lambda tx, _, ids: outbox.doubt(tx, list(ids), because="x"), (MessageState.HANDING_OVER,)),
    "resolve": (lambda tx, _, ids: resolve_all(tx, ids), (MessageState.UNCERTAIN,)),
    "end call": (lambda tx, _, ids: end_calls(tx, ids), HELD_STATES),
    "cancel": (lambda tx, campaign_id, _: freezing.cancel_some(tx, campaign_id, at=NOW), DUE_STATES),
}
#: The state each move enters: whoever is there already cannot be told to have moved.
ENTERS = {
    "take": MessageState.HANDING_OVER,
    "turn away": MessageState.CANCELLED,
    "settle": MessageState.ACCEPTED,
    "settle what another holds": MessageState.ACCEPTED,
    "doubt": MessageState.UNCERTAIN,
    "resolve": MessageState.ABANDONED,
    "end call": MessageState.EXPIRED,
    "cancel": MessageState.CANCELLED,
}


def test_every_move_leaves_the_states_it_names_and_no_other(engine: Engine) -> None:
    with begin(engine) as tx:
        nobody_told_of, theirs = one_in_each_state(tx, worker="lane")
        for name, (move, leaves) in MOVES.items():
            campaign_id, ids = one_in_each_state(tx, worker="lane")
            move(tx, campaign_id, ids)
            wanted = {number: ENTERS[name] if state in leaves else state for number, state in ids.items()}
            assert found(tx, campaign_id) == wanted, name
            assert found(tx, nobody_told_of) == theirs, f"{name}: messages that nobody named stay where they are"


def test_a_text_given_up_by_its_provider_leaves_the_attempt_that_is_named_and_comes_back_when_it_arrived(engine: Engine) -> None:
    again = Settled(0, MessageState.DEFERRED, because="x", due_at=LATER)
    with begin(engine) as tx:
        campaign_id, ids = one_in_each_state(tx, reply="SM1", fields=None)
        for number in ids:
            endings.reopen(tx, number, "SM1", again, at=NOW)
        left = {MessageState.ACCEPTED}
        wanted = {number: MessageState.DEFERRED if state in left else state for number, state in ids.items()}
        assert found(tx, campaign_id) == wanted, "what is handed over again has not been given up"
        for number in ids:
            endings.arrived_after_all(tx, number, "SM1", at=NOW)
        given_up = {MessageState.DEFERRED, MessageState.ABANDONED}
        wanted = {number: MessageState.ACCEPTED if state in given_up else state for number, state in wanted.items()}
        assert found(tx, campaign_id) == wanted
        campaign_id, ids = one_in_each_state(tx, worker="lane", reply="SM0")
        for number in ids:
            endings.reopen(tx, number, "SM1", again, at=NOW)
            endings.arrived_after_all(tx, number, "SM2", at=NOW)
        left = {MessageState.HANDING_OVER, MessageState.UNCERTAIN}
        moved = {number for number, state in found(tx, campaign_id).items() if state is not ids[number]}
        arrived = {number for number in moved if ids[number] is MessageState.ABANDONED}  # whichever attempt it was, she has it
        moved -= arrived
        assert {ids[number] for number in moved} == left, "of the attempt before, nothing is said of this one"
        assert len(arrived) == 1
        assert outbox.attempts_of(tx, list(moved)) == dict.fromkeys(moved, 1)


def test_what_was_handed_over_forgets_what_it_said_and_a_server_names_nobody_who_was_erased(engine: Engine) -> None:
    m = tables.message.c
    with begin(engine) as tx:
        campaign_id = campaign(tx)
        hers = row(tx, campaign_id, MessageState.HANDING_OVER, worker="lane", contact_id=1)
        erased = row(tx, campaign_id, MessageState.HANDING_OVER, worker="lane")
        later = row(tx, campaign_id, MessageState.HANDING_OVER, worker="lane")
        put_off = Settled(later, MessageState.DEFERRED, because="x", due_at=LATER, attempts=1)
        assert (
            outbox.settle(tx, "lane", [*accepted({hers: MessageState.ACCEPTED, erased: MessageState.ACCEPTED}), put_off], at=NOW)
            == 3
        )
        kept = {
            each.id: each for each in tx.execute(select(m.id, m.reply, m.fields, m.settled_at, m.worker, m.attempts, m.due_at))
        }
        assert (kept[hers].reply, kept[hers].fields, kept[hers].settled_at) == ("250 camille", None, NOW)
        assert (kept[erased].reply, kept[erased].fields) == (None, None)
        assert (kept[later].fields, kept[later].settled_at, kept[later].due_at) == ('{"a": "b"}', None, LATER)
        assert {(each.worker, each.attempts) for each in kept.values()} == {(None, 1)}
        waiting = row(tx, campaign_id)
        outbox.turn_away(tx, Move([waiting], MessageState.REFUSED, "x"), at=NOW)
        assert tx.execute(select(m.fields).where(m.id == waiting)).scalar_one() is None
        waiting = row(tx, campaign_id)
        freezing.cancel_some(tx, campaign_id, at=NOW)
        assert tx.execute(select(m.fields).where(m.id == waiting)).scalar_one() is None


def test_a_campaign_has_something_open_while_any_row_asks_for_something(engine: Engine) -> None:
    with begin(engine) as tx:
        for state in MessageState:
            campaign_id = campaign(tx)
            row(tx, campaign_id, state)
            assert progress.any_open(tx, campaign_id) is (state in OPEN_STATES), state


def test_a_lease_holds_until_its_last_instant_and_a_call_counts_the_attempt_nobody_has_counted_yet(engine: Engine) -> None:
    with begin(engine) as tx:
        campaign_id = campaign(tx)
        held = row(tx, campaign_id, MessageState.HANDING_OVER, worker="lane", lease_until=NOW)
        assert outbox.overdue(tx, at=NOW, most=5) == []
        assert outbox.overdue(tx, at=NOW + timedelta(microseconds=1), most=5) == [(held, "lane")]
        ringing = row(tx, campaign_id, MessageState.RINGING, attempts=1)
        doubted = row(tx, campaign_id, MessageState.UNCERTAIN, worker="lane")
        settled = row(tx, campaign_id, MessageState.UNCERTAIN, attempts=1)
        ids = [held, ringing, doubted, settled]
        end_calls(tx, dict.fromkeys(ids, MessageState.RINGING))
        assert outbox.attempts_of(tx, ids) == dict.fromkeys(ids, 1)


def test_what_is_due_longest_is_claimed_first_and_a_domain_that_must_wait_holds_up_no_other(engine: Engine) -> None:
    question = FactQuestion(medium=Medium.EMAIL, message_class=MessageClass.CAMPAIGN, election=None, needs=FactNeeds())
    with begin(engine) as tx:
        campaign_id = campaign(tx)
        for minutes, domain in ((0, "lent.example"), (2, "b.example"), (1, "a.example"), (-1, "soon.example")):
            row(tx, campaign_id, due_at=NOW - timedelta(minutes=minutes), domain=domain)

        def claimed(most: int, *, waiting: tuple[str, ...] = ()) -> list[str]:
            wanted = Claim(campaign_id=campaign_id, question=question, at=NOW, most=most, not_domains=waiting)
            return [each.domain for each in claim(tx, wanted)]

        assert claimed(2) == ["b.example", "a.example"]
        assert claimed(9) == ["b.example", "a.example", "lent.example"]
        assert claimed(2, waiting=("b.example", "nowhere.example")) == ["a.example", "lent.example"]
        assert claimed(0) == []


def test_that_order_holds_whatever_way_the_database_takes_to_the_people(engine: Engine) -> None:
    question = FactQuestion(medium=Medium.EMAIL, message_class=MessageClass.CAMPAIGN, election=None, needs=FactNeeds())
    due = {}
    with begin(engine) as tx:
        campaign_id = campaign(tx)
        origin = {"kind": "web_form", "label": "x", "collection": "direct", "created_at": NOW}
        origin_id = tx.execute(insert(tables.origin).values(origin).returning(tables.origin.c.id)).scalar_one()
        person = {"contact_class": "regular", "territory": "metropole", "origin_id": origin_id, "created_at": NOW}
        for minutes in (3, 1, 5, 0, 4, 2):
            contact_id = tx.execute(insert(tables.contact).values(person).returning(tables.contact.c.id)).scalar_one()
            due[minutes] = row(tx, campaign_id, due_at=NOW - timedelta(minutes=minutes), contact_id=contact_id)
        if is_postgresql(tx):
            tx.execute(text("SET LOCAL enable_nestloop = off"))
        claimed = claim(tx, Claim(campaign_id=campaign_id, question=question, at=NOW, most=5))
    assert [one.message_id for one in claimed] == [due[minutes] for minutes in (5, 4, 3, 2, 1)]


def test_an_objection_cancels_what_waits_for_her_there_but_no_answer_to_what_she_asked(engine: Engine) -> None:
    t, m = tables, tables.message.c
    with begin(engine) as tx:
        origin = {"kind": "web_form", "label": "x", "collection": "direct", "created_at": NOW}
        origin_id = tx.execute(insert(t.origin).values(origin).returning(t.origin.c.id)).scalar_one()
        person = {"contact_class": "regular", "territory": "metropole", "origin_id": origin_id, "created_at": NOW}
        hers, other = (tx.execute(insert(t.contact).values(person).returning(t.contact.c.id)).scalar_one() for _ in range(2))
        rows = {}
        for rank, (who, medium) in enumerate(((hers, "email"), (hers, "email"), (hers, "sms"), (other, "email"))):
            address = {"contact_id": who, "medium": medium, "value": f"{rank}", "digest": bytes([rank]) * 16}
            address_id = tx.execute(insert(t.address).values(address).returning(t.address.c.id)).scalar_one()
            for message_class in MessageClass:
                told = {"contact_id": who, "address_id": address_id, "message_class": message_class}
                rows[row(tx, campaign(tx), due_at=LATER if rank == 1 else NOW, **told)] = (rank, message_class)

        def cancelled(medium: Medium | None, **soon: datetime) -> set[int]:
            """Which of the four addresses lost something; none of them lost an answer."""
            gone = outbox.cancel_for_contacts(tx, bytes(16), medium, because="x", at=NOW, **soon)
            assert {rows[number][1] for number in gone} <= set(MessageClass) - {MessageClass.RIGHTS, MessageClass.ACKNOWLEDGEMENT}
            return {rows[number][0] for number in gone}

        assert cancelled(Medium.EMAIL, due_before=LATER) == {0}
        assert cancelled(Medium.EMAIL) == {1}
        assert cancelled(None) == {2}
        assert cancelled(None) == set()
        kept = {rows[number] for number in tx.execute(select(m.id).where(m.state == MessageState.WAITING)).scalars()}
        answers = {MessageClass.RIGHTS, MessageClass.ACKNOWLEDGEMENT}
        assert kept == {one for one in rows.values() if one[0] == 3 or one[1] in answers}


def test_only_what_was_put_off_and_is_not_due_yet_is_woken(engine: Engine) -> None:
    """A change of the law or of a date makes the gate decide again; what is planned for another day stays planned for it."""
    earlier = NOW - timedelta(hours=1)
    with begin(engine) as tx:
        campaign_id, ids = one_in_each_state(tx, due_at=LATER)
        ids[row(tx, campaign_id, MessageState.DEFERRED, due_at=earlier)] = MessageState.DEFERRED
        assert outbox.wake_deferred(tx, at=NOW) == 1
        m = tables.message.c
        due = [(each.state, each.due_at) for each in tx.execute(select(m.state, m.due_at).order_by(m.id))]
    put_off = MessageState.DEFERRED
    assert due == [*((state, NOW if state is put_off else LATER) for state in list(ids.values())[:-1]), (put_off, earlier)]


def test_a_message_in_doubt_says_why_and_once_it_is_settled_is_nobody_s_any_more(engine: Engine) -> None:
    m = tables.message.c
    shown = select(m.state, m.because, m.worker, m.lease_until, m.reply, m.fields, m.settled_at)
    with begin(engine) as tx:
        number = row(tx, campaign(tx), MessageState.HANDING_OVER, worker="lane", lease_until=NOW)
        outbox.doubt(tx, [number], because="lease-expired")
        doubted = (MessageState.UNCERTAIN, "lease-expired", "lane", None, None, '{"a": "b"}', None)
        assert tuple(tx.execute(shown).one()) == doubted, "the lane may still bring its evidence"
        assert outbox.resolve(tx, number, MessageState.ACCEPTED, reply="250 ok", at=LATER)
        settled = (MessageState.ACCEPTED, "lease-expired", None, None, "250 ok", None, LATER)
        assert tuple(tx.execute(shown).one()) == settled


def test_only_what_is_being_handed_over_can_be_overdue(engine: Engine) -> None:
    with begin(engine) as tx:
        _, ids = one_in_each_state(tx, worker="lane", lease_until=NOW)
        under_way = [number for number, state in ids.items() if state is MessageState.HANDING_OVER]
        assert outbox.overdue(tx, at=NOW, most=100) == []
        assert outbox.overdue(tx, at=LATER, most=100) == [(number, "lane") for number in under_way]


def test_the_leases_that_ran_out_first_are_looked_at_first(engine: Engine) -> None:
    """A crash leaves more than one look takes: whoever waits longest for somebody to say what became of her letter is first."""
    with begin(engine) as tx:
        campaign_id = campaign(tx)
        late = {
            age: row(tx, campaign_id, MessageState.HANDING_OVER, worker="lane", lease_until=NOW - timedelta(minutes=age))
            for age in (1, 3, 2)
        }
        assert outbox.overdue(tx, at=NOW, most=2) == [(late[3], "lane"), (late[2], "lane")]


def test_a_lane_that_comes_back_is_asked_about_what_it_held_and_nothing_of_another_s(engine: Engine) -> None:
    """It brings its evidence for these alone: what is settled is settled, and another lane knows what it did itself."""
    with begin(engine) as tx:
        campaign_id, ids = one_in_each_state(tx, worker="lane")
        row(tx, campaign_id, MessageState.HANDING_OVER, worker="other")
        held = [number for number, state in ids.items() if state in HELD_STATES]
        assert outbox.held_by(tx, "lane") == held != []


def test_only_what_is_in_doubt_is_looked_for_the_oldest_first(engine: Engine) -> None:
    """What was accepted needs no evidence, and what waits never left: a mailbox of bounces may not settle either."""
    with begin(engine) as tx:
        _, ids = one_in_each_state(tx)
        doubted = [number for number, state in ids.items() if state is MessageState.UNCERTAIN]
        doubted.append(row(tx, campaign(tx), MessageState.UNCERTAIN))
        assert outbox.uncertain(tx, most=10) == [(number, Medium.EMAIL) for number in doubted]
        assert outbox.uncertain(tx, most=1) == [(doubted[0], Medium.EMAIL)]


def test_the_channel_of_a_message_is_that_of_its_own_campaign(engine: Engine) -> None:
    with begin(engine) as tx:
        numbers = {row(tx, campaign(tx, medium)): medium for medium in (Medium.SMS, Medium.CALL, Medium.EMAIL)}
        assert {number: outbox.medium_of(tx, number) for number in numbers} == numbers
        assert outbox.medium_of(tx, max(numbers) + 1) is None


def test_two_processes_that_look_for_late_leases_at_once_pass_over_each_other_s(postgresql_url: str) -> None:
    """Neither waits for the other, and nobody's letter is doubted twice."""
    engine = open_engine(postgresql_url)
    with begin(engine) as tx:
        late = row(tx, campaign(tx), MessageState.HANDING_OVER, worker="lane", lease_until=NOW)
    with begin(engine) as one, begin(engine) as other:
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert outbox.overdue(one, at=LATER, most=5) == [(late, "lane")]
        assert outbox.overdue(other, at=LATER, most=5) == []
    engine.dispose()


def test_the_end_of_a_trial_cancels_the_answers_that_wait_and_rewrites_none_that_left(engine: Engine) -> None:
    with begin(engine) as tx:
        answers, sent = one_in_each_state(tx, message_class=MessageClass.ACKNOWLEDGEMENT)
        letters, launched = one_in_each_state(tx)
        assert outbox.cancel_answers(tx, at=NOW) == len(DUE_STATES)
        ended = {number: MessageState.CANCELLED if state in DUE_STATES else state for number, state in sent.items()}
        assert (found(tx, answers), found(tx, letters)) == (ended, launched)


def test_evidence_without_an_hour_keeps_the_hour_of_the_hand_over(engine: Engine) -> None:
    """Her letter was on the wire at ten; that a server's word came later is no reason to forget when she may have got it."""
    m = tables.message.c
    with begin(engine) as tx:
        number = row(tx, campaign(tx), MessageState.UNCERTAIN, worker="lane", handed_at=NOW, because="lease-expired")
        assert outbox.settle(tx, "lane", [Settled(number, MessageState.ACCEPTED)], at=LATER) == 1
        settled = tx.execute(select(m.handed_at, m.because, m.due_at, m.settled_at)).one()
        assert tuple(settled) == (NOW, "lease-expired", NOW, LATER)


@pytest.mark.parametrize(("for_good", "stops"), [(True, {"campaign", "agreed:1", "receipt:1"}), (False, {"campaign"})])
def test_whoever_says_no_for_good_is_not_thanked_for_a_consent_and_still_gets_her_answers(
    engine: Engine, for_good: bool, stops: set[str]
) -> None:
    answers = {"acknowledgement": ("agreed:1", "receipt:1", "stop:1"), "rights": ("rights:1",), "campaign": ("campaign",)}
    m = tables.message.c
    with begin(engine) as tx:
        campaign_id = campaign(tx)
        for message_class, occasions in answers.items():
            for occasion in occasions:
                row(tx, campaign_id, message_class=message_class, occasion=occasion)
        stopped = tx.execute(select(m.occasion).where(outbox.stopped(for_good=for_good))).scalars()
        assert set(stopped) == stops


@pytest.mark.parametrize("message_class", [MessageClass.CAMPAIGN, MessageClass.ACKNOWLEDGEMENT])
def test_a_campaign_that_does_not_run_gives_nothing_whatever_runs_beside_it(engine: Engine, message_class: MessageClass) -> None:
    """Léa paused her campaign: neither the letters nor the answers of another one that runs make hers leave."""
    question = FactQuestion(medium=Medium.EMAIL, message_class=message_class, election=None, needs=FactNeeds())
    c = tables.campaign.c.id
    with begin(engine) as tx:
        running, paused = campaign(tx), campaign(tx)
        due = {number: row(tx, number, message_class=message_class) for number in (running, paused)}
        for stopped in (one for one in CampaignState if one is not CampaignState.RUNNING):
            tx.execute(update(tables.campaign).where(c == paused).values(state=stopped))
            gives = {
                number: [one.message_id for one in claim(tx, Claim(campaign_id=number, question=question, at=NOW, most=5))]
                for number in (running, paused)
            }
            assert gives == {running: [due[running]], paused: []}, stopped

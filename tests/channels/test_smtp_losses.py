"""What is promised when a connection is lost, an answer never comes, or the relay cannot be reached."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from unittest.mock import Mock

import aiosmtplib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.channels.smtp import SmtpChannel, SmtpRelay, pool, relay
from gateway.domain.channel import Accepted, Fault, Outcome, Rejected, Unsure
from tests.channels.letters import Witness, channel, hand_over, letters
from tests.channels.server import ONE_BY_ONE, PIPELINING, Answer, FallSilent, HangUp, Rule, Say, Server
from tests.meanwhile import LONG_SECONDS

BOTH_WAYS = pytest.mark.parametrize("extensions", [PIPELINING, ONE_BY_ONE], ids=["pipelining", "one by one"])


def kinds(outcomes: list[Outcome]) -> list[str]:
    """Each outcome in a word: its class, and for a refusal its fault."""
    return [outcome.fault.value if isinstance(outcome, Rejected) else type(outcome).__name__ for outcome in outcomes]


@BOTH_WAYS
@pytest.mark.parametrize("loss", [HangUp(), FallSilent()], ids=["hangs up", "falls silent"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_lost_before_its_body_was_written_a_message_may_leave_another_time(
    extensions: tuple[str, ...], loss: Answer, verb: str
) -> None:
    holding = {"MAIL": "b+1@", "RCPT": "p1@", "DATA": "p1@"}[verb]
    with Server(extensions=extensions, rules=[Rule(verb, loss, holding=holding)]) as server:
        outcomes, witness = hand_over(server, letters(3), timeout_seconds=0.5)
        assert kinds(outcomes) == ["Accepted", "connection", "Accepted"]
        assert isinstance(outcomes[1], Rejected)
        assert not outcomes[1].permanent
        assert server.recipients() == ["p0@example.fr", "p2@example.fr"]
        assert witness.told == {0: 1, 1: 1, 2: 1}


@BOTH_WAYS
@pytest.mark.parametrize(
    ("verb", "loss"),
    [("BODY", HangUp()), ("BODY", FallSilent()), ("DOT", HangUp()), ("DOT", HangUp(taken=True)), ("DOT", FallSilent())],
)
def test_lost_after_its_body_was_written_a_message_is_uncertain_and_it_alone(
    extensions: tuple[str, ...], verb: str, loss: Answer
) -> None:
    with Server(extensions=extensions, rules=[Rule(verb, loss, holding="p1@")]) as server:
        outcomes, witness = hand_over(server, letters(5), timeout_seconds=0.5)
        assert isinstance(outcomes[0], Accepted)
        assert isinstance(outcomes[1], Unsure)
        # With pipelining the next one had begun, its body had not: it may leave another time. The one after never began.
        assert kinds(outcomes[2:]) == ["connection" if extensions is PIPELINING else "Accepted", "Accepted", "Accepted"]
        arrived = {f"p{n}@example.fr" for n, kind in enumerate(kinds(outcomes)) if kind == "Accepted"}
        assert set(server.recipients()) - {"p1@example.fr"} == arrived
        assert ("p1@example.fr" in server.recipients()) is (loss == HangUp(taken=True))
        assert witness.told == dict.fromkeys(range(5), 1)


@BOTH_WAYS
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT"])
def test_a_server_that_says_421_has_not_taken_the_message_and_the_rest_leaves_by_another_connection(
    extensions: tuple[str, ...], verb: str
) -> None:
    holding = {"MAIL": "b+1@"}.get(verb, "p1@")
    with Server(extensions=extensions, rules=[Rule(verb, Say("421 4.7.0 Too many messages"), holding=holding)]) as server:
        outcomes, _ = hand_over(server, letters(5))
        throttled = [number for number, kind in enumerate(kinds(outcomes)) if kind == "throttled"]
        assert throttled == ([1, 2] if verb == "DOT" and extensions is PIPELINING else [1])
        assert [outcome.permanent for outcome in outcomes if isinstance(outcome, Rejected)] == [False] * len(throttled)
        assert len(server.kept) == 5 - len(throttled)
        assert server.connections == 2


@BOTH_WAYS
@pytest.mark.parametrize(("verb", "kind"), [("MAIL", "connection"), ("RCPT", "throttled"), ("DATA", "throttled")])
def test_a_server_that_stops_before_it_has_heard_of_her_has_refused_nobody(
    extensions: tuple[str, ...], verb: str, kind: str
) -> None:
    """« 421 » to MAIL FROM, of a relay that is started anew, was a try of whoever came next: after five, she was given up."""
    holding = {"MAIL": "b+1@"}.get(verb, "p1@")
    with Server(extensions=extensions, rules=[Rule(verb, Say("421 4.3.2 Shutting down"), holding=holding)]) as server:
        outcomes, _ = hand_over(server, letters(3))
        assert kinds(outcomes) == ["Accepted", kind, "Accepted"]


@BOTH_WAYS
@pytest.mark.parametrize("reply", ["Ok", "25", "150 Perhaps", "354 Go on", "999 ?", "250-Yes\r\nno"])
def test_an_answer_to_the_final_dot_that_is_neither_yes_nor_no_leaves_the_message_uncertain(
    extensions: tuple[str, ...], reply: str
) -> None:
    with Server(extensions=extensions, rules=[Rule("DOT", Say(reply), holding="p0@")]) as server:
        outcomes, _ = hand_over(server, letters(1))
        assert isinstance(outcomes[0], Unsure)


def test_a_dead_address_is_known_even_if_the_connection_is_lost_right_after() -> None:
    second_data = [Rule("DATA", Say("354 Go on"), times=1), Rule("DATA", HangUp(), times=1)]
    rules = [Rule("RCPT", Say("550 5.1.1 Nobody"), holding="p1@"), *second_data]
    with Server(rules=rules) as server:
        outcomes, _ = hand_over(server, letters(3))
        assert kinds(outcomes) == ["Accepted", "recipient", "Accepted"]


def test_after_a_final_dot_patience_is_doubled() -> None:
    with Server(rules=[Rule("DOT", Say("250 Ok", after_seconds=0.7))]) as server:
        outcomes, _ = hand_over(server, letters(1), timeout_seconds=0.5)
        assert kinds(outcomes) == ["Accepted"]


@pytest.mark.parametrize(
    ("verb", "answer", "kind"),
    [
        ("CONNECT", HangUp(), "connection"),
        ("CONNECT", FallSilent(), "connection"),
        ("CONNECT", Say("421 4.3.2 Too busy"), "throttled"),
        ("CONNECT", Say("554 5.7.1 Your address is blocked"), "ours"),
        ("EHLO", HangUp(), "connection"),
        ("EHLO", FallSilent(), "connection"),
        ("MAIL", HangUp(), "connection"),
        ("MAIL", Say("421 4.7.0 Not you"), "connection"),
        ("MAIL", Say("421 4.7.0 Too many messages"), "throttled"),
        ("MAIL", Say("nonsense"), "connection"),
    ],
)
def test_a_relay_that_cannot_be_worked_with_fails_the_batch_after_one_attempt(verb: str, answer: Answer, kind: str) -> None:
    with Server(rules=[Rule(verb, answer)]) as server:
        outcomes, witness = hand_over(server, letters(500), connections=10, timeout_seconds=0.5)
        assert set(kinds(outcomes)) == {kind}
        assert server.connections <= 10
        assert witness.told == dict.fromkeys(range(500), 1)
        assert server.kept == []


def test_nobody_listens_and_a_thousand_messages_are_told_so_after_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = Mock(side_effect=relay.connect)
    monkeypatch.setattr(pool, "connect", attempts)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        closed_port = held.getsockname()[1]
        hall = SmtpChannel(SmtpRelay(host="127.0.0.1", port=closed_port, tls="none"))
        outcomes = hall.hand_over(letters(1000), Witness())
        hall.close()
    assert attempts.call_count == 1
    assert set(kinds(outcomes)) == {"connection"}
    assert isinstance(outcomes[0], Rejected)
    assert (outcomes[0].permanent, str(closed_port) in outcomes[0].reply) == (False, True)


def test_the_relay_comes_back_and_the_next_batch_leaves() -> None:
    with Server() as server:
        hall, port = channel(server), server.port
        assert kinds(hall.hand_over(letters(1), Witness())) == ["Accepted"]
    assert kinds(hall.hand_over(letters(2), Witness())) == ["connection", "connection"]
    with Server(port=port) as server:
        assert kinds(hall.hand_over(letters(2), Witness())) == ["Accepted", "Accepted"]
        hall.close()


def test_connections_are_kept_between_batches_and_replaced_when_the_server_drops_them() -> None:
    with Server() as server:
        hall = channel(server, connections=3)
        for _ in range(3):
            assert set(kinds(hall.hand_over(letters(9), Witness()))) == {"Accepted"}
        assert server.connections <= 3
        server.hang_up_on_everybody()
        time.sleep(0.1)
        assert set(kinds(hall.hand_over(letters(9), Witness()))) == {"Accepted"}
        hall.close()


def test_a_connection_that_rested_is_tried_before_a_message_is_entrusted_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.channels.smtp.session.FRESH_SECONDS", 0.05)
    with Server(rules=[Rule("NOOP", HangUp(), times=1)]) as server:
        hall = channel(server)
        hall.hand_over(letters(1), Witness())
        time.sleep(0.1)
        assert kinds(hall.hand_over(letters(3), Witness())) == ["Accepted"] * 3
        assert (server.connections, len(server.lines("NOOP"))) == (2, 1)
        time.sleep(0.1)
        assert kinds(hall.hand_over(letters(3), Witness())) == ["Accepted"] * 3
        assert (server.connections, len(server.lines("NOOP"))) == (2, 2)
        hall.close()


def test_a_connection_at_rest_for_long_is_closed_politely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.channels.smtp.pool.IDLE_SECONDS", 0.05)
    with Server() as server:
        hall = channel(server, timeout_seconds=0.5)
        hall.hand_over(letters(1), Witness())
        until = time.monotonic() + LONG_SECONDS
        while not server.lines("QUIT") and time.monotonic() < until:
            time.sleep(0.05)
        assert len(server.lines("QUIT")) == 1
        hall.close()


def test_a_relay_that_grants_few_connections_is_served_by_those() -> None:
    refusing = [Rule("CONNECT", Say("220 welcome"), times=2), Rule("CONNECT", Say("421 4.7.0 Too many connections"))]
    with Server(rules=refusing) as server:
        outcomes, _ = hand_over(server, letters(200), connections=10)
        assert set(kinds(outcomes)) == {"Accepted"}
        assert len({kept.connection for kept in server.kept}) == 2
        assert server.connections <= 11


def test_closing_refuses_what_waits_and_lets_what_has_begun_end() -> None:
    with Server(rules=[Rule("DOT", Say("250 Ok", after_seconds=0.2))]) as server:
        hall, witness = channel(server), Witness()
        outcomes: list[Outcome] = []
        sending = threading.Thread(target=lambda: outcomes.extend(hall.hand_over(letters(50), witness)))
        sending.start()
        assert witness.told_first.wait(5)
        hall.close()
        sending.join(5)
        accepted = kinds(outcomes).count("Accepted")
        assert (len(outcomes), accepted) == (50, len(server.kept))
        assert 1 <= accepted <= 4
        assert kinds(outcomes)[accepted:] == ["connection"] * (50 - accepted)
        assert kinds(hall.hand_over(letters(2), Witness())) == ["connection"] * 2
        hall.close()


def test_closing_does_not_wait_for_ever_and_says_what_is_not_known() -> None:
    with Server(rules=[Rule("DOT", FallSilent(), holding="p1@")]) as server:
        hall, witness = channel(server, timeout_seconds=0.5), Witness()
        outcomes: list[Outcome] = []
        sending = threading.Thread(target=lambda: outcomes.extend(hall.hand_over(letters(50), witness)))
        sending.start()
        assert witness.told_first.wait(5)
        hall.close()
        sending.join(LONG_SECONDS)
        assert not sending.is_alive()
        assert kinds(outcomes) == ["Accepted", "Unsure"] + ["connection"] * 48


def test_a_thousand_messages_over_ten_connections_from_three_lanes_arrive_once_each() -> None:
    with Server() as server:
        hall, witness = channel(server, connections=10), Witness()
        everyone = letters(1000)
        results: list[Outcome] = []
        lanes = [
            threading.Thread(target=lambda mine=mine: results.extend(hall.hand_over(mine, witness)))
            for mine in (everyone[:400], everyone[400:700], everyone[700:])
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join(30)
        hall.close()
        assert Counter(kinds(results)) == {"Accepted": 1000}
        assert Counter(server.recipients()) == dict.fromkeys((f"p{n}@example.fr" for n in range(1000)), 1)
        assert witness.asked == witness.told == dict.fromkeys(range(1000), 1)
        assert 2 <= server.open_at_once_max <= 10


accidents = st.builds(
    lambda verb, number, answer: Rule(verb, answer, holding=f"b+{number}@" if verb == "MAIL" else f"p{number}@", times=1),
    st.sampled_from(["MAIL", "RCPT", "DATA", "BODY", "DOT"]),
    st.integers(0, 19),
    st.sampled_from(
        [
            HangUp(),
            HangUp(taken=True),
            *map(Say, ("421 4.7.0 Later", "451 4.3.0 Not now", "550 5.1.1 Nobody", "999 ?", "354 Hm", "?")),
        ]
    ),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(rules=st.lists(accidents, max_size=8), extensions=st.sampled_from([PIPELINING, ONE_BY_ONE]), connections=st.integers(1, 3))
def test_whatever_goes_wrong_nobody_gets_two_and_every_outcome_is_true(
    rules: list[Rule], extensions: tuple[str, ...], connections: int
) -> None:
    rules = [rule for rule in rules if rule.verb != "BODY" or rule.answer == HangUp()]
    rules = [rule for rule in rules if rule.verb == "DOT" or rule.answer != HangUp(taken=True)]
    with Server(rules=rules, extensions=extensions) as server:
        outcomes, witness = hand_over(server, letters(20), connections=connections, timeout_seconds=1.0)
        arrived = Counter(kept.recipient for kept in server.kept if kept.content)
        lost = sum(1 for rule in rules if rule.times == 0)
        for number, outcome in enumerate(outcomes):
            got = arrived[f"p{number}@example.fr"]
            match outcome:
                case Accepted():
                    assert got == 1
                case Rejected():
                    assert got == 0, outcome
                case Unsure():
                    assert got <= 1
                case _:
                    pytest.fail(f"unexpected {outcome}")
        assert kinds(outcomes).count("Unsure") <= lost
        assert witness.told == dict.fromkeys(range(20), 1)
        assert set(witness.passed.values()) <= {1}
        assert {n for n, outcome in enumerate(outcomes) if isinstance(outcome, Accepted | Unsure)} <= set(witness.passed)
        assert all(
            not outcome.permanent for outcome in outcomes if isinstance(outcome, Rejected) and outcome.fault is Fault.CONNECTION
        )


def test_an_attempt_to_connect_that_breaks_in_an_unforeseen_way_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("gateway.channels.smtp.pool.connect", breaks)
    with Server() as server:
        outcomes, _ = hand_over(server, letters(3))
    assert [(outcome.fault, outcome.permanent) for outcome in outcomes if isinstance(outcome, Rejected)] == [
        (Fault.CONNECTION, False)
    ] * 3


def test_a_server_that_hangs_up_right_after_its_greeting_is_unreachable_and_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def greets_and_goes(client: aiosmtplib.SMTP) -> None:
        await client.ehlo()
        client.close()

    monkeypatch.setattr("gateway.channels.smtp.relay._greet", greets_and_goes)
    with Server() as server:
        outcomes, _ = hand_over(server, letters(2))
    assert [outcome.fault for outcome in outcomes if isinstance(outcome, Rejected)] == [Fault.CONNECTION] * 2

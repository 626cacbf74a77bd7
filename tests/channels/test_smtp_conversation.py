"""What the channel says to a server that answers, and what it makes of its answers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.smtp import wire
from gateway.channels.smtp.handover import digest_of
from gateway.domain.channel import (
    Accepted,
    Encoding,
    Envelope,
    Fault,
    HeldBack,
    Medium,
    Outcome,
    Rejected,
    Unrendered,
    Withheld,
)
from gateway.domain.errors import RenderFault
from tests.channels.letters import BODY, Witness, channel, hand_over, letter, letters, sha256
from tests.channels.server import ONE_BY_ONE, PIPELINING, Rule, Say, Server

BOTH_WAYS = pytest.mark.parametrize("extensions", [PIPELINING, ONE_BY_ONE], ids=["pipelining", "one by one"])


def refused(outcome: Outcome) -> tuple[bool, str, Fault]:
    """What matters of a refusal."""
    assert isinstance(outcome, Rejected), outcome
    return outcome.permanent, outcome.code, outcome.fault


@BOTH_WAYS
def test_a_message_taken_is_accepted_with_the_servers_words_and_the_hash_of_what_left(extensions: tuple[str, ...]) -> None:
    with Server(extensions=extensions) as server:
        outcomes, witness = hand_over(server, letters(3))
        assert outcomes == [Accepted(f"2.0.0 Ok: queued as 1-{n}", sha256(BODY)) for n in range(3)]
        assert [kept.content for kept in server.kept] == [BODY] * 3
        assert [kept.sender for kept in server.kept] == [f"b+{n}@campagne.example" for n in range(3)]
        assert server.recipients() == [f"p{n}@example.fr" for n in range(3)]
        assert witness.outcomes == dict(enumerate(outcomes))


@given(st.binary(max_size=9000))
def test_the_hash_of_what_left_is_that_of_the_whole_message_however_long_it_is(payload: bytes) -> None:
    assert digest_of(payload) == sha256(payload)


def test_with_pipelining_the_next_message_begins_while_the_server_takes_the_last_one() -> None:
    with Server() as server:
        hand_over(server, letters(3))
        bodies = [heard for heard in server.heard if heard.line.startswith("<")]
        assert [body.waiting > 0 for body in bodies] == [True, True, False]


def test_without_pipelining_nothing_is_written_before_the_last_answer() -> None:
    with Server(extensions=ONE_BY_ONE, rules=[Rule("RCPT", Say("250 Ok", after_seconds=0.01))]) as server:
        hand_over(server, letters(3))
        assert {heard.waiting for heard in server.heard} == {0}


def test_eight_bit_and_size_are_declared_as_the_server_offered_them() -> None:
    asked: list[Encoding] = []

    def payload(encoding: Encoding) -> bytes:
        asked.append(encoding)
        return BODY

    with Server() as server, Server(extensions=("PIPELINING",)) as plain:
        hand_over(server, [letter(0, payload=payload)])
        hand_over(plain, [letter(0, payload=payload)])
        assert server.lines("MAIL")[0].line == f"MAIL FROM:<b+0@campagne.example> BODY=8BITMIME SIZE={len(BODY)}"
        assert plain.lines("MAIL")[0].line == "MAIL FROM:<b+0@campagne.example>"
    assert asked == [Encoding.EIGHT_BIT, Encoding.QUOTED_PRINTABLE]


def test_a_message_larger_than_the_relay_takes_is_refused_before_anything_is_written() -> None:
    with Server(extensions=("PIPELINING", "SIZE 50")) as server:
        outcomes, _ = hand_over(server, [letter(0), letter(1, payload=b"a: b\r\n\r\nshort\r\n")])
        assert refused(outcomes[0]) == (True, "5.3.4", Fault.CONTENT)
        assert isinstance(outcomes[1], Accepted)
        assert server.recipients() == ["p1@example.fr"]
        assert len(server.lines("MAIL")) == 1


@BOTH_WAYS
def test_replies_of_several_lines_and_in_pieces_are_read_whole(extensions: tuple[str, ...]) -> None:
    long = Say("250-2.0.0 First\r\n250-2.0.0 second\r\n250 2.0.0 last", in_pieces=True)
    with Server(extensions=extensions, rules=[Rule(verb, long) for verb in ("MAIL", "RCPT", "DOT")]) as server:
        outcomes, _ = hand_over(server, letters(2))
        assert outcomes == [Accepted("2.0.0 First 2.0.0 second 2.0.0 last", sha256(BODY))] * 2


@BOTH_WAYS
def test_a_dead_address_is_refused_alone_and_the_others_are_served_on_the_same_connection(extensions: tuple[str, ...]) -> None:
    with Server(extensions=extensions, rules=[Rule("RCPT", Say("550 5.1.1 No such user"), holding="p1@")]) as server:
        outcomes, witness = hand_over(server, letters(3))
        assert refused(outcomes[1]) == (True, "550 5.1.1", Fault.RECIPIENT)
        assert server.recipients() == ["p0@example.fr", "p2@example.fr"]
        assert server.connections == 1
        assert witness.told == {0: 1, 1: 1, 2: 1}


def test_data_accepted_without_any_recipient_ends_with_a_lone_dot_that_reaches_nobody() -> None:
    rules = [Rule("RCPT", Say("550 5.1.1 No such user"), holding="p0@"), Rule("DATA", Say("354 Go on"), times=1)]
    with Server(rules=rules) as server:
        outcomes, _ = hand_over(server, letters(2))
        assert refused(outcomes[0]) == (True, "550 5.1.1", Fault.RECIPIENT)
        assert isinstance(outcomes[1], Accepted)
        assert [(kept.recipient, kept.content) for kept in server.kept] == [("", b""), ("p1@example.fr", BODY)]
        assert server.connections == 1


def test_data_accepted_after_mail_was_refused_closes_rather_than_deliver_an_empty_mail() -> None:
    with Server(rules=[Rule("MAIL", Say("451 4.3.0 Not now"), times=1)]) as server:
        outcomes, _ = hand_over(server, letters(2))
        assert refused(outcomes[0]) == (False, "451 4.3.0", Fault.CONNECTION)
        assert isinstance(outcomes[1], Accepted)
        assert [(kept.recipient, kept.content) for kept in server.kept] == [("p1@example.fr", BODY)]
        assert server.connections == 2


@BOTH_WAYS
@pytest.mark.parametrize(
    ("verb", "reply", "expected"),
    [
        ("MAIL", "550 5.7.1 Sender not allowed", (False, "550 5.7.1", Fault.OURS)),
        ("RCPT", "452 4.2.2 Mailbox full", (False, "452 4.2.2", Fault.MAILBOX)),
        ("DATA", "451 4.3.0 Not now", (False, "451 4.3.0", Fault.THROTTLED)),
        ("DOT", "554 5.7.1 Looks like spam", (True, "554 5.7.1", Fault.CONTENT)),
        ("DOT", "451 4.7.1 Greylisted", (False, "451 4.7.1", Fault.THROTTLED)),
    ],
)
def test_a_refusal_at_any_point_leaves_the_next_message_untouched(
    extensions: tuple[str, ...], verb: str, reply: str, expected: tuple[bool, str, Fault]
) -> None:
    with Server(extensions=extensions, rules=[Rule(verb, Say(reply), times=1)]) as server:
        outcomes, _ = hand_over(server, letters(3))
        assert refused(outcomes[0]) == expected
        assert [type(outcome) for outcome in outcomes[1:]] == [Accepted, Accepted]
        assert server.recipients() == ["p1@example.fr", "p2@example.fr"]


def test_a_message_that_cannot_be_rendered_is_not_transmitted_and_disturbs_nobody() -> None:
    def missing_notice(_encoding: Encoding) -> bytes:
        raise RenderFault("la mention d’information manque")

    def broken(_encoding: Encoding) -> bytes:
        raise ZeroDivisionError("by zero")

    with Server() as server:
        envelopes = [letter(0), letter(1, payload=missing_notice), letter(2, payload=broken), letter(3, payload=b""), letter(4)]
        outcomes, witness = hand_over(server, envelopes)
        assert outcomes[1:4] == [
            Unrendered("la mention d’information manque"),
            Unrendered("ZeroDivisionError: by zero"),
            Unrendered("the message is empty"),
        ]
        assert server.recipients() == ["p0@example.fr", "p4@example.fr"]
        assert len(server.lines("MAIL")) == 2
        assert server.connections == 1
        assert witness.told == dict.fromkeys(range(5), 1)


@BOTH_WAYS
def test_a_person_whose_objection_just_came_is_withheld_and_her_address_never_reaches_the_wire(
    extensions: tuple[str, ...],
) -> None:
    with Server(extensions=extensions) as server:
        witness = Witness(withhold=frozenset({0, 2, 4}))
        hall = channel(server)
        outcomes = hall.hand_over(letters(5), witness)
        hall.close()
        assert [type(outcome) for outcome in outcomes] == [Withheld, Accepted, Withheld, Accepted, Withheld]
        assert server.recipients() == ["p1@example.fr", "p3@example.fr"]
        assert not [heard for heard in server.heard if re.search(r"p[024]@", heard.line)]
        assert witness.asked == dict.fromkeys(range(5), 1)


@BOTH_WAYS
def test_the_watch_is_asked_once_right_before_the_first_byte_of_each_message(extensions: tuple[str, ...]) -> None:
    with Server(extensions=extensions, rules=[Rule("DATA", Say("354 Go on", after_seconds=0.02))]) as server:
        _, witness = hand_over(server, letters(5))
        begun = [heard.at for heard in server.lines("MAIL")]
        invited = [heard.at + 0.02 for heard in server.lines("DATA")]
        asked = [witness.asked_at[number] for number in range(5)]
        assert witness.asked == witness.told == dict.fromkeys(range(5), 1)
        assert all(question < first_byte for question, first_byte in zip(asked, begun, strict=True))
        # Not in advance either: only once the message before may go, whose body it leaves with.
        assert all(question > before for question, before in zip(asked[1:], invited, strict=False))


@BOTH_WAYS
def test_the_watch_is_told_of_the_point_of_no_return_before_the_body_leaves_and_only_then(extensions: tuple[str, ...]) -> None:
    rules = [Rule("RCPT", Say("550 5.1.1 Nobody"), holding="p1@"), Rule("DOT", Say("554 5.7.1 Spam"), holding="p2@")]
    with Server(extensions=extensions, rules=rules) as server:
        _, witness = hand_over(server, letters(4))
        arrived = [heard.at for heard in server.heard if heard.line.startswith("<")]
        invited = {heard.at for heard in server.lines("DATA")}
        assert witness.passed == {0: 1, 2: 1, 3: 1}
        assert all(witness.passed_at[n] < at for n, at in zip((0, 2, 3), arrived, strict=True))
        assert witness.passed_at[0] > min(invited)


@BOTH_WAYS
def test_whoever_objects_while_the_server_thinks_about_her_envelope_gets_no_letter_and_everybody_else_does(
    extensions: tuple[str, ...],
) -> None:
    class Objected(Witness):
        def passing(self, envelope: Envelope) -> None:
            if envelope.message_id == 1:
                raise HeldBack
            super().passing(envelope)

    with Server(extensions=extensions) as server:
        hall, witness = channel(server), Objected()
        outcomes = hall.hand_over(letters(4), witness)
        hall.close()
        assert [type(outcome) for outcome in outcomes] == [Accepted, Withheld, Accepted, Accepted]
        assert server.recipients() == ["p0@example.fr", "p2@example.fr", "p3@example.fr"]
        assert witness.told == dict.fromkeys(range(4), 1)


def test_a_point_of_no_return_that_cannot_be_noted_is_not_passed(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk: each is said in one line, and not in thirty on the disk that the log is on."""

    class Full(Witness):
        def passing(self, envelope: Envelope) -> None:
            raise OSError(28, "No space left on device")

    with Server() as server:
        hall = channel(server)
        outcomes = hall.hand_over(letters(3), Full())
        hall.close()
        assert [refused(outcome) for outcome in outcomes] == [(False, "", Fault.CONNECTION)] * 3
        assert server.kept == []
        assert not [heard for heard in server.heard if heard.line.startswith("<")]
    said = [one for one in caplog.records if "No space left on device" in one.getMessage()]
    assert said and all(one.exc_info is None for one in caplog.records)


def test_a_watch_that_fails_lets_nothing_through() -> None:
    class Broken(Witness):
        def may_begin(self, envelope: Envelope) -> bool:
            raise RuntimeError("the feed of objections is gone")

    with Server() as server:
        hall = channel(server)
        assert hall.hand_over(letters(2), Broken()) == [Withheld(), Withheld()]
        hall.close()
        assert server.lines("MAIL") == []


def test_a_watch_that_fails_to_hear_the_end_does_not_cost_the_outcome() -> None:
    class Deaf(Witness):
        def ended(self, envelope: Envelope, outcome: Outcome) -> None:
            raise RuntimeError("no memory left")

    with Server() as server:
        hall = channel(server)
        assert [type(outcome) for outcome in hall.hand_over(letters(2), Deaf())] == [Accepted, Accepted]
        hall.close()


@pytest.mark.parametrize(
    ("recipient", "sender", "fault"),
    [
        ("a@b.fr>\r\nRCPT TO:<c@d.fr", "", Fault.RECIPIENT),
        ("a@b.fr\r\nDATA\r\n", "", Fault.RECIPIENT),
        ("a@b.fr\n", "", Fault.RECIPIENT),
        ("a b@c.fr", "", Fault.RECIPIENT),
        ("é@c.fr", "", Fault.RECIPIENT),
        ("a@" + "b" * 253, "", Fault.RECIPIENT),
        ("<a@b.fr>", "", Fault.RECIPIENT),
        ("a@b.fr", "c@d.fr> BODY=8BITMIME\r\nRSET", Fault.OURS),
        ("a@b.fr", "c\x00@d.fr", Fault.OURS),
    ],
)
def test_an_address_that_would_inject_a_command_is_refused_before_anything_is_written(
    recipient: str, sender: str, fault: Fault
) -> None:
    with Server() as server:
        outcomes, witness = hand_over(server, [letter(0, to=recipient, sender=sender), letter(1)])
        assert refused(outcomes[0])[2] is fault
        assert isinstance(outcomes[1], Accepted)
        assert [heard.line.split()[0] for heard in server.heard] == ["EHLO", "MAIL", "RCPT", "DATA", f"<{len(BODY) + 3}", "QUIT"]
        assert witness.asked == {1: 1}


def test_the_return_path_of_an_automatic_answer_may_be_empty() -> None:
    with Server() as server:
        empty = Envelope(message_id=1, digest=b"", sender="", recipient="p1@example.fr", payload=lambda _encoding: BODY)
        outcomes, _ = hand_over(server, [empty])
        assert isinstance(outcomes[0], Accepted)
        assert server.lines("MAIL")[0].line.startswith("MAIL FROM:<> ")


def test_the_recipients_address_is_taken_out_of_the_words_we_keep() -> None:
    rules = [Rule("RCPT", Say("550 5.1.1 <P0@example.fr>: unknown"), holding="p0@"), Rule("DOT", Say("250 Ok for p1@example.fr"))]
    with Server(rules=rules) as server:
        outcomes, _ = hand_over(server, letters(2))
        assert outcomes[0] == Rejected(permanent=True, code="550 5.1.1", reply="5.1.1 <…>: unknown", fault=Fault.RECIPIENT)
        assert outcomes[1] == Accepted("Ok for …", sha256(BODY))


def test_lines_that_begin_with_a_dot_arrive_as_they_were_written() -> None:
    dotted = b".first\r\n..second\r\n.\r\nlast\r\n"
    with Server() as server:
        outcomes, _ = hand_over(server, [letter(0, payload=dotted)])
        assert server.kept[0].content == dotted
        assert outcomes == [Accepted("2.0.0 Ok: queued as 1-0", sha256(dotted))]


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"\x0b", "é".encode()]), min_size=1).map(b"".join))
def test_no_payload_can_end_itself_or_change_on_the_way(payload: bytes) -> None:
    normal = wire.normal(payload)
    sent = wire.stuffed(normal)
    assert re.sub(rb"\r\n|\r|\n", b"\n", payload).rstrip(b"\n") == normal.replace(b"\r\n", b"\n").rstrip(b"\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", sent)
    assert not any(line == b"." for line in sent.split(b"\r\n"))
    assert re.sub(rb"(?m)^\.", b"", sent.replace(b"\r\n", b"\n")) == normal.replace(b"\r\n", b"\n")


def test_the_channel_says_what_it_can_do() -> None:
    with Server() as server:
        capabilities = channel(server, connections=7).capabilities
        assert (capabilities.medium, capabilities.concurrency) == (Medium.EMAIL, 7)


def test_an_empty_batch_returns_at_once_and_connects_to_nobody() -> None:
    with Server() as server:
        assert hand_over(server, [])[0] == []
        assert server.connections == 0

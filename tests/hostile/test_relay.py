"""A relay that does not speak SMTP as it should: no message is taken for delivered that was not, and none leaves twice.

`Accepted` is said only of what the server really kept; of what it kept nothing is said that would make it leave again.
"""

from __future__ import annotations

import pytest

from gateway.domain.channel import Accepted, Fault, Outcome, Rejected, Unsure
from tests.channels.letters import hand_over, letters
from tests.channels.server import ONE_BY_ONE, PIPELINING, Rule, Say, Server

MESSAGES = 6
NONSENSE = {
    "no code": "hello",
    "two digits": "25 ok",
    "a code out of range": "999 ok",
    "code zero": "000 ok",
    "no blank after the code": "250ok",
    "a blank line": " ",
    "a NUL": "250\x00 ok",
    "other digits": "\u0662\u0665\u0660 ok",
    "codes that change within a reply": "250-first\r\n550 last",
    "a page of a web server": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
    "an endless line": "250 " + "a" * 300_000,
    "a reply of endless lines": "\r\n".join(["250-more"] * 50_000) + "\r\n250 last",
}
VERBS = ("EHLO", "MAIL", "RCPT", "DATA", "DOT")


def _honest(server: Server, outcomes: list[Outcome]) -> None:
    kept = [mail.recipient for mail in server.kept]
    assert len(kept) == len(set(kept)), "nobody gets two"
    for number, outcome in enumerate(outcomes):
        is_kept = f"p{number}@example.fr" in kept
        match outcome:
            case Accepted():
                assert is_kept, f"message {number} was not taken"
            case Rejected(permanent=False):
                assert not is_kept, f"message {number} would leave again"
            case Rejected():
                assert not is_kept, f"message {number} arrived"
            case Unsure():
                pass
            case never:
                raise AssertionError(never)


@pytest.mark.parametrize("extensions", [PIPELINING, ONE_BY_ONE], ids=["pipelining", "one by one"])
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_in_place_of_one_reply(nonsense: str, verb: str, extensions: tuple[str, ...]) -> None:
    with Server([Rule(verb, Say(NONSENSE[nonsense]), times=1)], extensions=extensions) as server:
        outcomes, _ = hand_over(server, letters(MESSAGES), timeout_seconds=0.5)
        _honest(server, outcomes)
        condemned = [one for one in outcomes if isinstance(one, Rejected) and one.fault is Fault.RECIPIENT]
        assert condemned == [], "nonsense condemns no address"


@pytest.mark.parametrize("extensions", [PIPELINING, ONE_BY_ONE], ids=["pipelining", "one by one"])
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("also", ["250 2.0.0 Ok: queued", "354 go on", "550 5.1.1 no such person", "421 closing"])
def test_a_reply_too_many_shifts_no_outcome_to_another_person(verb: str, also: str, extensions: tuple[str, ...]) -> None:
    usual = {"DATA": "354 go on"}.get(verb, "250 2.0.0 Ok")
    with Server([Rule(verb, Say(f"{usual}\r\n{also}"), times=1)], extensions=extensions) as server:
        outcomes, _ = hand_over(server, letters(MESSAGES), timeout_seconds=0.5)
        _honest(server, outcomes)

"""Whoever asked for her rights has her answer in hand, or the team knows that she has not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.domain.channel import Fault, Medium, Rejected
from gateway.domain.receipt import ReceiptKind
from gateway.domain.rights import Right
from gateway.flows.checking import Standing, rights_line
from gateway.flows.rights import letters, requests
from gateway.flows.rights.requests import Answer
from gateway.store import signups
from gateway.store.engine import begin
from gateway.store.signups import NewAddress
from tests.rights.support import asks, asks_proven
from tests.rights.test_requests import ANNE
from tests.sending.support import Person, add, digest, newsletter, run
from tests.sending.test_returns import comes_back


def answered(gw, **more) -> int:
    request = asks_proven(gw, Right.ACCESS, ANNE)
    requests.answer(gw, request.id, Answer(by="Inès", text="Voici ce que nous avons.", send=True, **more))
    return request.id


def test_an_answer_that_was_taken_is_shown_with_its_hour(gw, clock):
    add(gw, Person(email=ANNE))
    number = answered(gw)
    run(gw)
    (letter,) = requests.show(gw, number).letters
    assert (letter.name, letter.state, letter.at, letter.astray) == ("answer", "accepted", clock.now(), False)
    assert letters.astray(gw) == []


def test_an_answer_that_waits_is_not_astray(gw):
    add(gw, Person(email=ANNE))
    (letter,) = requests.show(gw, answered(gw)).letters
    assert (letter.state, letter.astray) == ("waiting", False)


def test_an_answer_that_comes_back_is_told_to_the_team_for_a_month(gw, clock):
    add(gw, Person(email=ANNE))
    number = answered(gw)
    run(gw)
    assert rights_line(gw).standing is Standing.READY
    comes_back(gw, ANNE, ReceiptKind.DEAD, "5.1.1")
    told = rights_line(gw)
    assert told.standing is Standing.ADVISED and f"gateway rights show {number}" in told.todo
    (letter,) = letters.astray(gw)
    assert (letter.request, letter.back) == (number, ReceiptKind.DEAD)
    assert requests.show(gw, number).letters == (letter,)
    clock.advance(timedelta(days=31))
    assert letters.astray(gw) == []


def test_a_refusal_that_her_server_does_not_take_is_astray_with_the_reason(gw, channel):
    add(gw, Person(email=ANNE))
    channel.answer = lambda envelope: Rejected(True, "550 5.1.1", "unknown", Fault.RECIPIENT)
    number = answered(gw, refused=True)
    run(gw)
    (letter,) = letters.astray(gw)
    assert (letter.request, letter.name, letter.state) == (number, "refusal", "rejected")
    assert letter.because


@pytest.mark.parametrize("times", [1, 2])
def test_each_request_has_its_own_letters(gw, times):
    add(gw, Person(email=ANNE))
    numbers = [answered(gw) for _ in range(times)]
    longer = asks(gw, Right.PORTABILITY, ANNE)
    requests.extend(gw, longer.id, why="volumineux", by="Inès")
    run(gw)
    told = {number: [letter.name for letter in requests.show(gw, number).letters] for number in (*numbers, longer.id)}
    assert told == {number: ["answer"] for number in numbers} | {longer.id: ["extension"]}


def test_an_answer_goes_to_an_address_of_hers_that_works(gw, channel):
    (contact_id,) = add(gw, Person(email=ANNE))
    newsletter(gw)
    run(gw)
    comes_back(gw, ANNE, ReceiptKind.DEAD, "5.1.1")
    other = "anne.lise@exemple.example"
    with begin(gw.engine) as tx:
        given = NewAddress(medium=Medium.EMAIL, value=other, digest=digest(gw, other), domain="exemple.example")
        assert signups.add_address(tx, contact_id, given)
    answered(gw)
    run(gw)
    assert channel.recipients == [ANNE, other]


def test_whoever_came_into_the_file_after_asking_is_still_who_asked_once_she_is_answered(gw):
    request = asks_proven(gw, Right.ACCESS, ANNE)
    (contact_id,) = add(gw, Person(email=ANNE))
    requests.answer(gw, request.id, Answer(by="Inès", text="Voici.", send=True))
    line = requests.show(gw, request.id)
    assert (line.request.contact_id, [letter.name for letter in line.letters]) == (contact_id, ["answer"])

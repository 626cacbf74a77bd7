"""`gateway policy place`: where the rules put a person, and what holds there."""

from __future__ import annotations

import json

import pytest

from gateway.domain.errors import InvalidAddress, InvalidInput


def asked(call, *words):
    return json.loads(call("policy", "place", *words, "--json")[1])


@pytest.mark.parametrize(
    ("words", "territory"),
    [
        (("--postcode", "97200"), "972"),
        (("--number", "0692 12 34 56"), "974"),
        (("--number", "0262 12 34 56"), "974-976"),
        (("--number", "06 39 98 12 34"), "unknown"),
        (("--number", "0692 12 34 56", "--postcode", "67000"), "alsace-moselle"),
        (("--number", "0692 12 34 56", "--postcode", "67000", "--commune", "2A004"), "metropole"),
    ],
)
def test_the_polling_place_comes_before_the_postcode_and_the_postcode_before_the_number(call, words, territory):
    assert asked(call, *words)["territory"] == territory


def test_a_place_that_may_be_two_shows_both_clocks_and_is_open_when_both_are(call):
    told = asked(call, "--number", "0262 12 34 56", "--at", "2027-03-02T05:30+01:00")  # 8:30 in Réunion, 7:30 in Mayotte
    assert told["zones"] == ["Indian/Reunion", "Indian/Mayotte"]
    sms = next(window for window in told["windows"] if window["rule"] == "sms-hours")
    assert (sms["open"], sms["changes_at"]) == (False, "2027-03-02T05:00:00+00:00")


def test_the_next_holidays_and_the_silence_are_those_of_the_place(call):
    code, said = call("policy", "place", "--postcode", "67000", "--at", "2027-03-20T10:00+01:00")
    words = " ".join(said.replace("\u00a0", " ").split())
    assert code == 0
    assert "vendredi 26 mars 2027" in words and "Vendredi saint" in words
    assert "Silence électoral : du samedi 17 avril 2027 à 0 h au dimanche 18 avril 2027 à 20 h, heure de Paris" in words
    assert "sms-hours : ouvert jusqu’au samedi 20 mars 2027 à 20 h" in words


def test_nothing_asked_and_a_number_that_is_none_are_refused(call):
    with pytest.raises(InvalidInput, match="au moins un code postal"):
        call("policy", "place")
    with pytest.raises(InvalidAddress, match="numéro spécial"):
        call("policy", "place", "--number", "0800 00 00 11")

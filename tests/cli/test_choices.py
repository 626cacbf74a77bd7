"""What is chosen from a closed set is typed in French or by its code."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from gateway.cli.choices import understood
from gateway.domain.channel import Medium


@pytest.mark.parametrize(
    ("right", "via"),
    [("accès", "téléphone"), ("ACCES", "telephone"), ("access", "phone"), ("Accès", "phone")],
)
def test_odile_opens_a_request_in_the_words_she_reads(call, neighbours, right: str, via: str):
    code, told = call("rights", "open", right, "agathe@exemple.fr", "--via", via, "--json")
    opened = json.loads(told)
    assert (code, opened["right"], opened["via"]) == (0, "access", "phone"), told


def test_several_choices_are_each_told_in_french(call, neighbours):
    both = ("--class", "contact régulier", "--class", "adhérent")
    code, told = call("contacts", "list", "--channel", "courriel", *both, "--json")
    assert code == 0 and "agathe@exemple.fr" in told


def test_a_code_means_what_it_meant_and_no_other_word_is_guessed():
    param = SimpleNamespace(type_descriptor=SimpleNamespace(choices=list(Medium)), process_value=lambda _ctx, value: value)
    understood(param)
    assert [param.process_value(None, typed) for typed in ("sms", "courriel", "Appel", "cour", "mail", None)] == [
        "sms",
        "email",
        "call",
        "cour",
        "mail",
        None,
    ]

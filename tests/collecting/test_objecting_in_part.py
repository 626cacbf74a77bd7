"""Whoever declines one channel on a line of which something else cannot be read: her no counts, and no yes of that line does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.channel import Medium
from tests.collecting.support import BOX, consent_states, imported, people
from tests.collecting.test_told_no import objects

LEA, ZOE = "lea@exemple.fr", "zoe@exemple.fr"
HEADER = "courriel;mobile;consentement;opposition sms;date du consentement;remarque\n"
SURE = f"{ZOE};;oui;;01/02/2026;\n"


@pytest.mark.parametrize(
    "unread",
    [
        pytest.param("oui;oui;01/09/2031;", id="she agreed on a day to come"),
        pytest.param("oui;oui;31/02/2026;", id="she agreed on a day that never was"),
        pytest.param("oui;oui;01/02/2026;très fâchée", id="a remark that may be a refusal"),
    ],
)
def test_a_no_to_texts_counts_and_the_yes_to_emails_of_that_line_waits_until_all_of_it_is_read(gw, tmp_path, unread):
    report = imported(gw, tmp_path, f"{HEADER}{LEA};0639981234;{unread}\n{SURE}", claim=BOX, reviewed="vu")
    assert consent_states(gw) == {ZOE: "granted"} and LEA in people(gw)
    assert objects(gw, "0639981234", Medium.SMS) and not objects(gw, LEA, Medium.EMAIL)
    assert report.impact.granted == 1


def test_nor_does_the_agreement_that_is_declared_for_every_line(gw, tmp_path):
    text = f"courriel;mobile;opposition sms;remarque\n{LEA};0639981234;oui;très fâchée\n{ZOE};;;\n"
    imported(gw, tmp_path, text, claim=replace(BOX, everyone=True), reviewed="vu")
    assert consent_states(gw) == {ZOE: "granted"} and objects(gw, "0639981234", Medium.SMS)


def test_a_no_to_emails_beside_what_cannot_be_read_is_still_a_no(gw, tmp_path):
    text = f"courriel;mobile;consentement;opposition sms;remarque\n{LEA};0639981234;non;oui;très fâchée\n"
    imported(gw, tmp_path, text, claim=BOX, reviewed="vu")
    assert consent_states(gw)[LEA] == "refused"

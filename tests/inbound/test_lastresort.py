"""The library that is asked last: only when nothing else names anybody, and never a reason to fail."""

from __future__ import annotations

import pytest

from gateway.channels.inbound.lastresort import guessed
from gateway.channels.inbound.notices import Notice, read_notice
from gateway.channels.inbound.report import Verdict

NOTICE = b"""From: MAILER-DAEMON@relais.example
To: lettre@valbrume.example
Subject: Undeliverable Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

Your message could not be delivered.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; relais.example

Original-Recipient: rfc822; agathe@courriel.example
Action: failed
Status: 5.1.1

--x--
"""


def test_a_notice_that_names_nobody_is_given_to_the_library():
    (one,) = read_notice(Notice("550 5.1.1 User unknown"), last=lambda: guessed(NOTICE))
    assert one.address == "agathe@courriel.example" and one.verdict is Verdict.HARD


def test_the_library_is_not_asked_when_the_notice_names_somebody():
    def never() -> list[str]:
        raise AssertionError("asked, although the notice names her")

    (one,) = read_notice(Notice("550 5.1.1 <malik@courriel.example>: user unknown"), last=never)
    assert one.address == "malik@courriel.example"


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"Content-Type: multipart/report; boundary=\n\n--\n", NOTICE[:200]])
def test_what_it_cannot_read_names_nobody(raw):
    assert guessed(raw) == []

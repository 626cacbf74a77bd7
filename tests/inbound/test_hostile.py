"""Whatever arrives on port 25: the reader answers, soon, and never raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.inbound import MailKind, MailReport, Verdict, read_mail
from gateway.channels.inbound.mime import DEPTH_MAX, take_apart
from tests.inbound.letters import block, bounce, feedback, mail, parts
from tests.patience import not_for_ever

DAEMON = b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
REPORT = DAEMON + b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n"
COMPLAINT = (
    b"From: fbl@mx.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\n"
    b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
)
SOMEBODY = b"From: a@b.example\n"

BOMBS = {
    "one endless line": DAEMON + b"\n" + b"a" * 3_000_000,
    "at signs": DAEMON + b"\n" + b"a@" * 500_000,
    "thirty thousand recipients": DAEMON + b"\n" + b"".join(b"<a%d@b.example>: 550 user unknown\n" % i for i in range(30_000)),
    "nine thousand reports": REPORT + b"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n" * 9_000,
    "blank lines in a report": REPORT + b"\n \n" * 300_000,
    "words of refusal": DAEMON + b"\n550 " + b"user recipient mailbox message mail content " * 20_000,
    "dots": DAEMON + b"\n550 " + b"a.b-c." * 150_000,
    "parts": DAEMON + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 200_000,
    "nested parts": DAEMON + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(20_000)),
    "header fields": b"X: y\n" * 200_000,
    "a folded field": b"Subject: a\n" + b" b\n" * 300_000,
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 70_000 + b"\n\n",
    "parameters": SOMEBODY + b"Content-Type: multipart/mixed" + b'; a="b' * 100_000 + b"\n\n",
    "a punycode charset": SOMEBODY + b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 900_000,
    "tags that never end": SOMEBODY + b"Content-Type: text/html\n\n" + b"<a " * 300_000,
    "open elements": SOMEBODY + b"Content-Type: text/html\n\n" + b"<div><blockquote>" * 50_000,
    "character references": SOMEBODY + b"Content-Type: text/html\n\n" + b"&#" + b"9" * 100_000 + b";",
    "comments": SOMEBODY + b"Content-Type: text/html\n\n" + b"<!--" * 200_000,
    "JSON": SOMEBODY + b'\n{"notificationType":' + b"[" * 200_000,
    "quotes": SOMEBODY + b"\n" + b"> > > \n" * 150_000,
    "attributions": SOMEBODY + b"\n" + b"Le 3 mars a b c a \xc3\xa9crit x\n" * 30_000,
    "a hundred megabytes": SOMEBODY + b"\n" + b"x" * 100_000_000,
    "words for a message": DAEMON + b"\nmessage mail courrier delivery could not unable to " * 20_000,
    "words for a domain": DAEMON + b"\n550 domain host zone no mx could not find any " * 20_000,
    "words without spaces": DAEMON + b"Content-Type: text/plain; charset=utf-8\n\n" + "宛先アドレス".encode() * 50_000,
    "return paths": COMPLAINT + b"Original-Mail-From: " + b"a=b.c-" * 100_000 + b"\n\n--x\nContent-Type: message/rfc822\n\n",
    "links": COMPLAINT + b"\n--x\nContent-Type: message/rfc822\n\nList-Unsubscribe: " + b"=a.b%40c.d&" * 80_000,
    "NULs": b"\0" * 1_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_mail_holds_the_reader_up(name: str) -> None:
    with not_for_ever():
        report = read_mail(BOMBS[name])
    assert isinstance(report, MailReport) and len(report.recipients) <= 200 and len(report.text) <= 50_000


def test_parts_are_opened_only_so_deep():
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(DEPTH_MAX + 50))
    (left,) = take_apart(deep).parts
    assert left.type == "multipart/mixed"


def test_what_cannot_be_read_says_why_and_is_not_answered():
    report = read_mail(b"")
    assert (report.kind, report.auto, report.reason) == (MailKind.OTHER, True, "no header")


def test_a_fault_of_the_reader_is_told_and_stops_nothing(monkeypatch):
    monkeypatch.setattr("gateway.channels.inbound.reader.take_apart", lambda raw: 1 / 0)
    report = read_mail(mail("Bonjour"))
    assert (report.kind, report.auto, report.reason) == (MailKind.OTHER, True, "unreadable: ZeroDivisionError")


SAMPLES = [
    bounce(block("550 5.1.1 User unknown"), block("552 5.2.2 full", address="p@b.example")),
    feedback("Feedback-Type: abuse", "Original-Rcpt-To: lucie@mairie.example"),
    mail("Stop\n\nLe 3 mars 2031 à 10:00, L <l@c.example> a écrit :\n> x", subject="=?utf-8?b?w6k=?="),
    parts(("text/html; charset=iso-2022-jp", "<p>Bonjour <b>vous</b></p>"), ("text/plain", "x")),
]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert not read_mail(raw).reason.startswith("unreadable")


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 40), st.binary(max_size=12)), max_size=8),
)
def test_no_damage_on_the_way_makes_it_raise(raw: bytes, damages: list[tuple[int, int, bytes]]) -> None:
    for at, length, put in damages:
        raw = raw[:at] + put + raw[at + length :]
    assert not read_mail(raw).reason.startswith("unreadable")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_no_words_of_a_person_condemn_anybody(text: str) -> None:
    report = read_mail(mail(text.replace("\r", " ")))
    assert all(each.verdict is not Verdict.HARD for each in report.recipients)

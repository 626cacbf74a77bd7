"""What invented people send back about the mails they get: reports and replies that our own reader understands."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.channels.inbound import MailKind, MailReport, Verdict, read_mail
from gateway.channels.mailbox import Listener
from gateway.sandbox.mailbox import Mailbox
from tests.workers.waiting import until

TOKEN = "0" * 36
RETURN_PATH = f"b+{TOKEN}@valbrume.example"
LETTER = (
    b"From: lettre@valbrume.example\r\nReply-To: equipe@valbrume.example\r\nSubject: La lettre\r\n"
    b"Message-ID: <7.abc@valbrume.example>\r\nCFBL-Address: fbl@valbrume.example; report=arf\r\n\r\nBonjour\r\n"
)


@contextmanager
def street(folder: Path) -> Iterator[tuple[smtplib.SMTP, list[tuple[str, MailReport]]]]:
    """A mailbox whose people answer, a session to write to them, and what comes back: (recipient, report)."""
    back: list[tuple[str, MailReport]] = []
    listener = Listener(
        lambda raw, to: back.append((to[0], read_mail(raw, envelope_to=to))), lambda address: True, bytes_max=1_000_000
    )
    mailbox = Mailbox(folder)
    port = mailbox.start(port=0)
    mailbox.answer_to(f"lmtp://127.0.0.1:{listener.start('lmtp', '127.0.0.1', 0)}")
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as session:
            yield session, back
    finally:
        mailbox.stop()
        listener.stop()


def answer(folder: Path, who: str) -> tuple[str, MailReport]:
    with street(folder) as (session, back):
        session.sendmail(RETURN_PATH, [f"{who}.essai@courriel.example"], LETTER)
        until(lambda: bool(back))
    return back[0]


def test_a_mailbox_that_does_not_exist_bounces_to_the_return_path(tmp_path: Path) -> None:
    to, report = answer(tmp_path, "revient")
    assert (to, report.kind, report.tokens) == (RETURN_PATH, MailKind.BOUNCE, (TOKEN,))
    assert [(one.verdict, one.status) for one in report.recipients] == [(Verdict.HARD, "5.1.1")]


def test_a_complaint_goes_where_the_letter_asks_for_it(tmp_path: Path) -> None:
    to, report = answer(tmp_path, "plainte")
    assert (to, report.kind, report.feedback) == ("fbl@valbrume.example", MailKind.COMPLAINT, "abuse")
    assert "7.abc@valbrume.example" in report.answers


def test_a_person_answers_to_the_team_and_her_mailbox_too(tmp_path: Path) -> None:
    to, report = answer(tmp_path, "repond-stop")
    assert (to, report.kind) == ("equipe@valbrume.example", MailKind.REPLY)
    assert report.text.startswith("STOP") and report.answers == ("7.abc@valbrume.example",)
    to, report = answer(tmp_path / "deux", "absente")
    assert (to, report.kind, report.auto) == ("equipe@valbrume.example", MailKind.VACATION, True)


def test_everybody_else_keeps_silent(tmp_path: Path) -> None:
    with street(tmp_path) as (session, back):
        session.sendmail(RETURN_PATH, ["lea@courriel.example"], LETTER)
        session.sendmail(RETURN_PATH, ["revient.essai@courriel.example"], LETTER)
        until(lambda: bool(back))
    assert len(back) == 1

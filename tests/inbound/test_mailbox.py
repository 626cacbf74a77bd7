"""The mailbox of what comes back, read by IMAP on a real Dovecot: nothing is lost, nothing is marked before it was taken in."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from gateway.channels.mailbox import ImapAccount, take_mails, unread
from gateway.domain.errors import MailboxUnavailable, StoreUnavailable
from tests.mailservers import DovecotServer

_accounts = count(1)


@pytest.fixture
def account(dovecot: DovecotServer) -> ImapAccount:
    return ImapAccount(
        host="127.0.0.1", port=dovecot.port, tls="none", username=f"boite{next(_accounts)}", password=dovecot.password
    )


def mail(number: int, size: int = 0) -> bytes:
    return f"From: a@exemple.example\r\nSubject: {number}\r\n\r\n".encode() + b"x" * size + b"\r\n"


def deliver(dovecot: DovecotServer, account: ImapAccount, *numbers: int) -> None:
    for number in numbers:
        dovecot.deliver(mail(number), account.username)


def subjects(taken: list[bytes]) -> list[str]:
    return [one.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for one in taken]


def test_mails_come_in_bounded_batches_oldest_first_and_each_once(dovecot: DovecotServer, account: ImapAccount) -> None:
    deliver(dovecot, account, *range(5))
    taken: list[bytes] = []
    first = take_mails(account, taken.append, most=3, bytes_max=100_000)
    assert (first.taken, first.left, subjects(taken)) == (3, 2, ["0", "1", "2"])
    take_mails(account, taken.append, most=3, bytes_max=100_000)
    assert subjects(taken) == ["0", "1", "2", "3", "4"]
    assert take_mails(account, taken.append, most=3, bytes_max=100_000).taken == 0


def test_a_mail_that_could_not_be_kept_stays_unread_and_comes_again(dovecot: DovecotServer, account: ImapAccount) -> None:
    deliver(dovecot, account, 1, 2, 3)
    taken: list[bytes] = []

    def store_goes_away(raw: bytes) -> None:
        if b"Subject: 2" in raw:
            raise StoreUnavailable("the database cannot be reached")
        taken.append(raw)

    with pytest.raises(StoreUnavailable):
        take_mails(account, store_goes_away, most=10, bytes_max=100_000)
    assert subjects(taken) == ["1"]
    take_mails(account, taken.append, most=10, bytes_max=100_000)
    assert subjects(taken) == ["1", "2", "3"]


def test_looking_at_how_many_wait_marks_none(dovecot: DovecotServer, account: ImapAccount) -> None:
    deliver(dovecot, account, 1, 2)
    assert (unread(account), unread(account)) == (2, 2)


def test_of_an_endless_mail_only_the_beginning_is_fetched(dovecot: DovecotServer, account: ImapAccount) -> None:
    dovecot.deliver(mail(1, size=500_000), account.username)
    taken: list[bytes] = []
    take_mails(account, taken.append, most=10, bytes_max=100_000)
    assert [len(one) for one in taken] == [100_000]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"password": "faux"}, "AUTHENTICATIONFAILED|Authentication failed"),
        ({"folder": "Absent"}, "Absent"),
        ({"port": 1}, "refused"),
    ],
)
def test_a_mailbox_that_cannot_be_opened_is_named(account: ImapAccount, changed: dict[str, object], why: str) -> None:
    with pytest.raises(MailboxUnavailable, match=f"inbound: the mailbox .*({why})"):
        take_mails(replace(account, **changed), lambda raw: None, most=1, bytes_max=100_000)  # type: ignore[arg-type]

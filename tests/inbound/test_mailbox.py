"""The mailbox of what comes back, read by IMAP on a real Dovecot: nothing is lost, nothing is marked before it was taken in."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from gateway.channels.mailbox import ImapAccount, take_mails, unread
from gateway.domain.errors import MailboxUnavailable, StoreUnavailable
from gateway.flows.receiving import Received, receive
from gateway.present import SystemClock
from gateway.store import receipts
from gateway.store.engine import reading
from tests.inbound.mails import bounce, return_path
from tests.mailservers import DovecotServer
from tests.sending.support import Person, add, installation, message_of, newsletter, run

LEA = "lea@exemple.example"

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


def test_a_power_cut_between_the_effect_and_the_mark_changes_nothing_twice(
    dovecot: DovecotServer, account: ImapAccount, sqlite_url: str, tmp_path: Path
) -> None:
    with installation(sqlite_url, SystemClock(), tmp_path) as gw:
        add(gw, Person(email=LEA))
        newsletter(gw)
        run(gw)
        message_id = int(message_of(gw, LEA)["id"])
        dovecot.deliver(bounce(return_path(gw, message_id), LEA, "452 4.2.2 mailbox full"), account.username)
        done: list[Received] = []

        def power_fails(raw: bytes) -> None:
            done.append(receive(gw, raw))
            raise RuntimeError("the power failed")

        with pytest.raises(RuntimeError):
            take_mails(account, power_fails, most=10, bytes_max=100_000)
        take_mails(account, lambda raw: done.append(receive(gw, raw)), most=10, bytes_max=100_000)
        assert [one.again for one in done] == [False, True]
        with reading(gw.engine) as tx:
            assert len(receipts.of_message(tx, message_id)) == 1
        assert unread(account) == 0


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

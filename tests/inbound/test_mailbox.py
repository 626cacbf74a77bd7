"""The mailbox of what comes back, read by IMAP on a real Dovecot: nothing is lost, nothing is marked before it was taken in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from imap_tools import MailBoxUnencrypted

from gateway.channels.mailbox import ImapAccount, take_mails, unread
from gateway.domain.errors import MailboxRefused, MailboxUnavailable, StoreUnavailable
from gateway.flows.receiving import Received, receive
from gateway.flows.sending.returnpaths import to_a_return_path
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


class PowerCut(BaseException):
    """Nothing that follows is done."""


def mail(number: int, size: int = 0) -> bytes:
    return f"From: a@exemple.example\r\nSubject: {number}\r\n\r\n".encode() + b"x" * size + b"\r\n"


@contextmanager
def breaking(port: int, after_bytes: int) -> Iterator[int]:
    """A way to a server that is cut for good once so many bytes of its answers went through; its port."""

    def answers(server: socket.socket, client: socket.socket) -> None:
        left = after_bytes
        while left and (said := server.recv(min(left, 4096))):
            left -= len(said)
            client.sendall(said)
        for one in (server, client):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def asked(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client:
            while said := client.recv(4096):
                server.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(("127.0.0.1", port)) as server:

        def pass_on() -> None:
            client, _ = door.accept()
            threading.Thread(target=asked, args=(client, server), daemon=True).start()
            answers(server, client)

        passing = threading.Thread(target=pass_on, daemon=True)
        passing.start()
        yield int(door.getsockname()[1])
        passing.join(timeout=10)


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


def test_a_mail_that_nobody_can_take_in_holds_up_no_other(dovecot: DovecotServer, account: ImapAccount) -> None:
    deliver(dovecot, account, *range(4))
    taken: list[bytes] = []

    def stumbles(raw: bytes) -> None:
        if b"Subject: 0" in raw or b"Subject: 2" in raw:
            raise RuntimeError("a fault of ours")
        taken.append(raw)

    visit = take_mails(account, stumbles, most=3, bytes_max=100_000)
    assert (visit.taken, visit.passed_over, visit.left, subjects(taken)) == (2, 2, 0, ["1", "3"])
    assert unread(account) == 2


def test_a_visit_ends_after_as_many_faults_as_mails_it_may_take(dovecot: DovecotServer, account: ImapAccount) -> None:
    deliver(dovecot, account, *range(5))

    def stumbles(raw: bytes) -> None:
        raise RuntimeError("a fault of ours")

    visit = take_mails(account, stumbles, most=2, bytes_max=100_000)
    assert (visit.taken, visit.passed_over, visit.left) == (0, 2, 3)


def test_mails_that_nobody_can_take_in_come_behind_all_others_at_the_next_visit(
    dovecot: DovecotServer, account: ImapAccount
) -> None:
    """Otherwise as many of them as a visit may meet would block the mailbox for good."""
    deliver(dovecot, account, *range(6))
    taken: list[bytes] = []

    def stumbles(raw: bytes) -> None:
        if subjects([raw])[0] in "0123":
            raise RuntimeError("a fault of ours")
        taken.append(raw)

    visits = [take_mails(account, stumbles, most=2, bytes_max=100_000) for _ in range(3)]
    assert [(one.taken, one.passed_over, one.left) for one in visits] == [(0, 2, 4), (0, 2, 4), (2, 0, 4)]
    assert subjects(taken) == ["4", "5"]
    assert unread(account) == 4, "they stay, and are tried again"


def test_an_objection_behind_thousands_of_bounces_is_taken_first(dovecot: DovecotServer, account: ImapAccount) -> None:
    """Rule optout-effect: a large mailing brings back more than one visit takes, and whoever wants no more waits for none of it.

    The mail to « contact » is what somebody wrote to us: a STOP may stand in it.
    """
    for number, whom in enumerate(("b+", "b+", "b+", "unsubscribe+", "b+", "contact")):
        address = f"{whom}{'0' * 36 if whom.endswith('+') else ''}@lettre.example"
        dovecot.deliver(f"To: <{address}>\r\n".encode() + mail(number), account.username)
    taken: list[bytes] = []
    take_mails(account, taken.append, most=3, bytes_max=100_000, urgent=lambda addressed: not to_a_return_path(addressed))
    assert subjects(taken) == ["3", "5", "0"]


@pytest.mark.parametrize(
    ("addressed", "so"),
    [
        (f"Delivered-To: b+{'a1' * 18}@lettre.example", True),
        (f"To: <B+{'A1' * 18}@lettre.example>", True),
        (f"To: unsubscribe+{'a1' * 18}@lettre.example", False),
        (f"To: club+{'a1' * 18}@lettre.example, b+court@lettre.example", False),
        ("", False),
    ],
)
def test_only_a_whole_return_path_lets_a_mail_wait(addressed: str, so: bool) -> None:
    assert to_a_return_path(addressed) is so


def test_a_mail_that_somebody_else_took_away_meanwhile_holds_up_no_other(dovecot: DovecotServer, account: ImapAccount) -> None:
    deliver(dovecot, account, 1, 2, 3)
    taken: list[bytes] = []

    def tidied(raw: bytes) -> None:
        taken.append(raw)
        if len(taken) == 1:
            with MailBoxUnencrypted("127.0.0.1", dovecot.port, timeout=10).login(account.username, account.password) as box:
                box.delete([box.uids()[1]])

    take_mails(account, tidied, most=10, bytes_max=100_000)
    assert (subjects(taken), unread(account)) == (["1", "3"], 0)


@pytest.mark.parametrize("after_bytes", [1_500, 60_000])
def test_a_line_that_breaks_in_the_middle_loses_nothing_and_takes_no_half_mail(
    dovecot: DovecotServer, account: ImapAccount, after_bytes: int
) -> None:
    for number in range(3):
        dovecot.deliver(mail(number, size=40_000), account.username)
    taken: list[bytes] = []
    with breaking(dovecot.port, after_bytes) as port, pytest.raises(MailboxUnavailable):
        take_mails(replace(account, port=port), taken.append, most=10, bytes_max=100_000)
    assert len(taken) < 3
    take_mails(account, taken.append, most=10, bytes_max=100_000)
    assert {len(one) for one in taken} == {len(mail(0, size=40_000))}
    assert sorted(set(subjects(taken))) == ["0", "1", "2"]


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
            raise PowerCut

        with pytest.raises(PowerCut):
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
        ({"password": "faux"}, "inbound.username, et GATEWAY_INBOUND__PASSWORD_FILE.* Il dit : Authentication failed"),
        ({"password": "clé"}, "inbound.username, et GATEWAY_INBOUND__PASSWORD_FILE"),
        ({"folder": "Boîte"}, "pas de dossier « Boîte ».*inbound.folder. Il dit : Mailbox doesn't exist: Boîte"),
        ({"port": 1}, "personne n’y répond : inbound.host et inbound.port"),
        ({"tls": "implicit"}, 'inbound.tls = "required"'),
        ({"tls": "required"}, 'd’ordinaire 993, avec inbound.tls = "implicit"'),
        ({"host": "boite.invalid"}, "ce nom de serveur n’existe pas, ou la machine est hors ligne : inbound.host"),
    ],
)
def test_a_mailbox_that_cannot_be_opened_is_said_in_words_with_the_setting_to_look_at(
    account: ImapAccount, changed: dict[str, Any], why: str
) -> None:
    """It was « Response status "OK" expected, but "NO" received. Data: [b'…'] », in English."""
    with pytest.raises(MailboxUnavailable, match=f"^la boîte des retours, à .*, ne se lit pas : .*{why}"):
        take_mails(replace(account, **changed), lambda raw: None, most=1, bytes_max=100_000)


def test_a_refused_password_is_told_apart_from_a_server_that_is_away(account: ImapAccount) -> None:
    with pytest.raises(MailboxRefused):
        unread(replace(account, password="faux"))
    with pytest.raises(MailboxUnavailable) as away:
        unread(replace(account, port=1))
    assert not isinstance(away.value, MailboxRefused)


def test_a_server_that_hangs_up_says_that_nothing_is_lost(account: ImapAccount) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        threading.Thread(target=lambda: mute.accept()[0].close(), daemon=True).start()
        gone = replace(account, port=mute.getsockname()[1])
        with pytest.raises(MailboxUnavailable, match="la liaison s’est rompue ; rien n’est perdu"):
            unread(gone)


def test_a_name_with_accents_opens_its_mailbox(dovecot: DovecotServer, account: ImapAccount) -> None:
    """It ended in a trace of Python, at every visit."""
    assert unread(replace(account, username="hélène")) == 0

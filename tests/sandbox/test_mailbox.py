"""The mailbox of trial mode: it keeps everything it says it keeps, and nothing of it leaves the machine."""

from __future__ import annotations

import errno
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.smtp import Offer, SmtpChannel, SmtpRelay
from gateway.domain.channel import Accepted, Envelope, Fault, Outcome, Rejected, Unsure
from gateway.domain.errors import InvalidSettings, NotFound
from gateway.sandbox.carrier.traffic import Traffic
from gateway.sandbox.kept import KeptMails
from gateway.sandbox.mailbox import Mail, Mailbox
from tests.channels.letters import Witness, letter
from tests.clock import ManualClock


class Running:
    """A mailbox that listens, and its port."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.mailbox = Mailbox(folder, clock=clock)
        self.port = self.mailbox.start(port=0)

    def channel(self, connections: int = 2) -> closing[SmtpChannel]:
        """The real channel to it."""
        return closing(channel_to(self.port, connections))

    def raw(self) -> socket.socket:
        """A bare connection, greeted."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        assert plain.recv(1000).startswith(b"220 ")
        return plain


def channel_to(port: int, connections: int) -> SmtpChannel:
    """The real channel to a port of this machine."""
    return SmtpChannel(SmtpRelay(host="127.0.0.1", port=port, tls="none", connections=connections, timeout_seconds=5))


@pytest.fixture
def running(tmp_path: Path, clock: ManualClock) -> Iterator[Running]:
    """A mailbox in a folder of its own."""
    one = Running(tmp_path / "sandbox", clock)
    yield one
    one.mailbox.stop()


def newsletter(number: int, *, to: str = "") -> Envelope:
    """A letter with a subject and a Message-ID."""
    subject = f"=?utf-8?q?Lettre_n=C2=B0_{number}?="
    content = f"Subject: {subject}\r\nMessage-ID: <{number}@campagne.example>\r\n\r\nBonjour {number}\r\n.\r\n"
    return letter(number, to=to, payload=content.encode())


def test_a_newsletter_sent_in_trial_mode_is_found_and_read(running: Running, clock: ManualClock) -> None:
    with running.channel() as channel:
        assert isinstance(channel.hand_over([newsletter(1)], Witness())[0], Accepted)
    content = running.mailbox.read(1)
    assert content.endswith(b"\r\n\r\nBonjour 1\r\n.\r\n")
    assert running.mailbox.mails() == [
        Mail(
            id=1,
            received_at=clock.now(),
            sender="b+1@campagne.example",
            recipient="p1@example.fr",
            message_id="<1@campagne.example>",
            subject="Lettre n° 1",
            size=len(content),
        )
    ]


def test_the_list_is_paged_both_ways_and_by_recipient(running: Running, clock: ManualClock) -> None:
    with running.channel(connections=1) as channel:
        for number in range(1, 6):
            channel.hand_over([newsletter(number, to="ana@example.fr" if number % 2 else "bob@example.fr")], Witness())
            clock.advance(timedelta(minutes=1))
    mailbox = running.mailbox

    def ids(*args: int, **options: Any) -> list[int]:
        return [mail.id for mail in mailbox.mails(*args, **options)]

    assert ids() == [1, 2, 3, 4, 5]
    assert ids(2) == [1, 2]
    assert ids(2, 2) == [3, 4]
    assert ids(2, newest_first=True) == [5, 4]
    assert ids(2, 4, newest_first=True) == [3, 2]
    assert ids(recipient="ana@example.fr") == [1, 3, 5]
    assert ids(1, 1, recipient="ana@example.fr") == [3]
    assert ids(0) == ids(-1) == ids(5, 5) == []
    assert (mailbox.count(), mailbox.count(recipient="bob@example.fr"), mailbox.count(recipient="eve@example.fr")) == (5, 2, 0)


def test_a_mail_nobody_sent_is_not_found(running: Running) -> None:
    with pytest.raises(NotFound, match="numéro 7"):
        running.mailbox.read(7)


def test_evidence_for_an_uncertain_message_is_its_message_id(running: Running) -> None:
    with running.channel() as channel:
        channel.hand_over([newsletter(1)], Witness())
    assert [mail.message_id for mail in running.mailbox.mails()] == ["<1@campagne.example>"]


@pytest.mark.parametrize(
    ("address", "code", "fault", "permanent"),
    [
        ("inconnue.dupont@example.fr", "550 5.1.1", Fault.RECIPIENT, True),
        ("Pleine-boite@example.fr", "452 4.2.2", Fault.MAILBOX, False),
        ("attente@example.fr", "451 4.7.1", Fault.THROTTLED, False),
        ("refus@example.fr", "554 5.7.1", Fault.CONTENT, True),
    ],
)
def test_invented_people_answer_by_the_beginning_of_their_address(
    running: Running, address: str, code: str, fault: Fault, permanent: bool
) -> None:
    with running.channel() as channel:
        refused, taken = channel.hand_over([newsletter(1, to=address), newsletter(2)], Witness())
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.fault, refused.permanent) == (code, fault, permanent)
    assert isinstance(taken, Accepted)
    assert [mail.recipient for mail in running.mailbox.mails()] == ["p2@example.fr"]


def test_it_offers_what_a_relay_offers(running: Running) -> None:
    with running.channel() as channel:
        assert channel.probe() == Offer(tls="", pipelining=True, eight_bit=True, size_max=10 * 1024 * 1024, auth=())


def test_five_thousand_mails_over_ten_connections_are_kept_once_each(running: Running) -> None:
    with running.channel(connections=10) as channel:
        outcomes = channel.hand_over([newsletter(number) for number in range(5000)], Witness())
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    kept = running.mailbox
    recipients = [mail.recipient for page in range(5) for mail in kept.mails(1000, page * 1000)]
    assert len(recipients) == len(set(recipients)) == kept.count() == 5000


def test_a_mail_to_two_people_is_kept_for_each(running: Running) -> None:
    with smtplib.SMTP("127.0.0.1", running.port) as client:
        client.sendmail("a@example.fr", ["b@example.fr", "c@example.fr"], b"Subject: deux\r\n\r\nBonjour\r\n")
        client.sendmail("a@example.fr", "d@example.fr", b"Subject: trois\r\n\r\nBonjour\r\n")
    assert [(mail.id, mail.recipient, mail.subject) for mail in running.mailbox.mails()] == [
        (1, "b@example.fr", "deux"),
        (2, "c@example.fr", "deux"),
        (3, "d@example.fr", "trois"),
    ]


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (b"RCPT TO:<a@b.fr>\r\n", [b"503"]),
        (b"DATA\r\n", [b"554"]),
        (b"MAIL FROM:a@b.fr\r\n", [b"501"]),
        (b"MAIL FROM:<a@b.fr>\r\nMAIL FROM:<a@b.fr>\r\n", [b"250", b"503"]),
        (b"MAIL FROM:<a@b.fr> BODY=8BITMIME SIZE=99999999\r\n", [b"552"]),
        (b"MAIL FROM:<a@b.fr>\r\nRCPT TO:<>\r\n", [b"250", b"501"]),
        (b"VRFY a@b.fr\r\n", [b"500"]),
        (b"MAIL FROM:<a@b.fr>\r\nRSET\r\nRCPT TO:<c@d.fr>\r\n", [b"250", b"250", b"503"]),
        (b"NOOP\r\nQUIT\r\nNOOP\r\n", [b"250", b"221"]),
        (b"X" * 3000, [b"421"]),
        (b"MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n.\r\nQUIT\r\n", [b"250", b"250", b"354", b"250", b"221"]),
    ],
)
def test_out_of_turn_or_malformed_commands_get_a_clear_refusal(running: Running, said: bytes, answered: list[bytes]) -> None:
    with running.raw() as plain:
        plain.sendall(said)
        heard = b""
        while heard.count(b"\r\n") < len(answered):
            more = plain.recv(4096)
            assert more, heard
            heard += more
        assert [line[:3] for line in heard.splitlines()] == answered


def test_a_mail_that_comes_byte_by_byte_or_ends_in_two_pieces_is_whole(running: Running) -> None:
    with running.raw() as plain:
        for octet in b"MAIL FROM:<a@b.fr>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n..dot\r\nsecond\r\n.\r\n":
            plain.sendall(bytes([octet]))
        plain.sendall(b"QUIT\r\n")
        while plain.recv(4096):
            pass
    assert running.mailbox.read(1) == b".dot\r\nsecond\r\n"


def test_a_mail_cut_before_its_dot_is_not_kept(running: Running) -> None:
    with running.raw() as plain:
        plain.sendall(b"MAIL FROM:<a@b.fr>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\nSubject: coup\r\n\r\nBonj")
        time.sleep(0.05)
    time.sleep(0.05)
    assert running.mailbox.count() == 0


def test_a_disk_that_refuses_is_told_to_the_sender_who_may_try_again(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with running.channel() as channel:
        with monkeypatch.context() as broken:
            broken.setattr("gateway.sandbox.kept.opened", lambda file: closed_database())
            refused = channel.hand_over([newsletter(1)], Witness())[0]
        running.mailbox.close()
        taken = channel.hand_over([newsletter(2)], Witness())[0]
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.permanent) == ("451 4.3.0", False)
    assert isinstance(taken, Accepted)
    assert running.mailbox.count() == 1


def closed_database() -> object:
    """A database that fails at every word."""
    import sqlite3

    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.close()
    return db


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "mail.example"])
def test_it_never_listens_where_others_could_reach_it(tmp_path: Path, host: str) -> None:
    with pytest.raises(InvalidSettings, match=r"sandbox\.host"):
        Mailbox(tmp_path).start(host, 0)


def test_a_port_already_taken_is_named(tmp_path: Path, running: Running) -> None:
    with pytest.raises(InvalidSettings, match=rf"impossible d’écouter sur 127\.0\.0\.1:{running.port}"):
        Mailbox(tmp_path).start(port=running.port)


def test_a_mailbox_stopped_and_started_again_has_everything_and_goes_on(tmp_path: Path, clock: ManualClock) -> None:
    for number in (1, 2):
        one = Running(tmp_path, clock)
        with one.channel() as channel:
            channel.hand_over([newsletter(number)], Witness())
        with pytest.raises(InvalidSettings, match="écoute déjà"):
            one.mailbox.start(port=0)
        one.mailbox.stop()
        one.mailbox.stop()
    assert [mail.id for mail in Mailbox(tmp_path).mails()] == [1, 2]


def started(folder: Path, port: int) -> subprocess.Popen[str]:
    """A mailbox in its own process, listening."""
    command = [sys.executable, "-m", "gateway.sandbox.mailbox", "--port", str(port), "--dir", str(folder)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    assert running.stdout.readline().startswith("listening on 127.0.0.1:")
    return running


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_a_mailbox_killed_while_mails_arrive_has_kept_what_it_acknowledged_and_evidence_settles_the_rest(tmp_path: Path) -> None:
    port = free_port()
    server = started(tmp_path, port)
    results: list[Outcome] = []
    envelopes = [newsletter(number) for number in range(20_000)]
    with closing(channel_to(port, connections=4)) as channel:
        witness = Witness()
        sending = threading.Thread(target=lambda: results.extend(channel.hand_over(envelopes, witness)))
        sending.start()
        assert witness.told_first.wait(10)
        time.sleep(0.1)
        server.kill()
        sending.join(30)
    server.communicate()
    kept = Mailbox(tmp_path)
    mails = [mail for page in range(21) for mail in kept.mails(1000, page * 1000)]
    arrived, references = {mail.recipient for mail in mails}, {mail.message_id for mail in mails}
    assert len(arrived) == kept.count()
    for number, outcome in enumerate(results):
        match outcome:
            case Accepted():
                assert f"p{number}@example.fr" in arrived
            case Unsure():
                assert (f"<{number}@campagne.example>" in references) is (f"p{number}@example.fr" in arrived)
            case _:
                assert f"p{number}@example.fr" not in arrived
    assert 0 < sum(isinstance(outcome, Accepted) for outcome in results) < 20_000
    assert sum(isinstance(outcome, Unsure) for outcome in results) <= 4


def test_a_mailbox_told_to_end_ends_well(tmp_path: Path) -> None:
    server = started(tmp_path, free_port())
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=10)
    assert server.returncode == 0


def test_no_other_account_of_the_machine_reads_what_people_would_have_received(tmp_path: Path) -> None:
    KeptMails(tmp_path)
    Traffic(tmp_path).close()
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("kept", [KeptMails, Traffic])
def test_a_disk_that_cannot_be_written_to_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: type[KeptMails] | type[Traffic]
) -> None:
    """`gateway serve` on a folder that was mounted to be read only: a volunteer got fifty lines of a program."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(InvalidSettings, match=r"^var_dir : impossible d’écrire dans .* \(ce disque est en lecture seule\)"):
        kept(tmp_path / "sandbox")


@pytest.mark.parametrize("kept", [KeptMails, Traffic])
def test_a_file_of_the_sandbox_that_does_not_open_is_told_in_a_sentence(
    tmp_path: Path, kept: type[KeptMails] | type[Traffic]
) -> None:
    for name in ("mails.sqlite3", "carrier.sqlite3"):
        (tmp_path / name).mkdir()
    with pytest.raises(InvalidSettings, match=r"^var_dir : impossible d’écrire dans .* \(unable to open database file\)"):
        kept(tmp_path)

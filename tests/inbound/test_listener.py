"""The listener on this machine: what it takes, what it turns away, and what it says when nothing can be kept."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import pytest

from gateway.channels.mailbox import Listener
from gateway.domain.errors import InvalidSettings, StoreUnavailable

OURS = "b+aa@retours.example"
NO_SENDER = b"Return-Path: <>\r\n"
MAIL = b"From: a@exemple.example\r\nSubject: avis\r\n\r\nbonjour\r\n.\r\nfin\r\n"
Take = Callable[[bytes, tuple[str, ...]], object]
Protocol = Literal["lmtp", "smtp"]
CLIENTS = {"lmtp": smtplib.LMTP, "smtp": smtplib.SMTP}


@contextmanager
def listening(take: Take, protocol: Protocol = "lmtp", bytes_max: int = 100_000) -> Iterator[smtplib.SMTP]:
    listener = Listener(take, lambda address: address.endswith("@retours.example"), bytes_max=bytes_max)
    port = listener.start(protocol, "127.0.0.1", 0)
    try:
        with CLIENTS[protocol]("127.0.0.1", port, timeout=10) as session:
            yield session
    finally:
        listener.stop()


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_mail_arrives_whole_with_the_recipient_of_its_envelope_before_250_is_said(protocol: Protocol) -> None:
    taken: list[tuple[bytes, tuple[str, ...]]] = []
    with listening(lambda raw, to: taken.append((raw, to)), protocol) as session:
        session.sendmail("", [OURS], MAIL)
        assert [(raw, to) for raw, to in taken] == [(NO_SENDER + MAIL, (OURS,))]


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_mail_tells_the_sender_of_its_envelope_where_its_mail_server_did_not_write_it(protocol: Protocol) -> None:
    """Postfix writes no Return-Path over LMTP: the absence of a mailbox would pass for the words of its owner."""
    taken: list[bytes] = []
    told = b"Return-Path: <lea@exemple.example>\r\n"
    with listening(lambda raw, to: taken.append(raw), protocol) as session:
        session.sendmail("lea@exemple.example", [OURS], MAIL)
        session.sendmail("", [OURS], told + MAIL)
    assert taken == [told + MAIL, told + MAIL]


def test_several_mails_of_one_session_and_an_empty_return_path_are_taken() -> None:
    taken: list[bytes] = []
    with listening(lambda raw, to: taken.append(raw)) as session:
        for _ in range(3):
            session.sendmail("", [OURS], MAIL)
    assert len(taken) == 3


def test_an_address_that_is_not_ours_is_refused_at_once() -> None:
    with listening(lambda raw, to: None) as session, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        session.sendmail("", ["quelqu-un@ailleurs.example"], MAIL)
    assert refused.value.recipients["quelqu-un@ailleurs.example"][0] == 550


def test_a_second_recipient_is_asked_to_come_alone_so_that_each_has_its_own_answer() -> None:
    taken: list[tuple[str, ...]] = []
    with listening(lambda raw, to: taken.append(to)) as session:
        refused = session.sendmail("", [OURS, "b+bb@retours.example"], MAIL)
    assert (taken, [code for code, _ in refused.values()]) == ([(OURS,)], [452])


@pytest.mark.parametrize("fault", [StoreUnavailable("away"), RuntimeError("a fault of ours")])
def test_what_could_not_be_kept_stays_with_the_mail_server(fault: Exception) -> None:
    def away(raw: bytes, to: tuple[str, ...]) -> None:
        raise fault

    with listening(away) as session, pytest.raises(smtplib.SMTPDataError) as refused:
        session.sendmail("", [OURS], MAIL)
    assert refused.value.smtp_code == 451


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_mail_too_long_is_cut_not_refused_and_the_session_goes_on(protocol: Protocol) -> None:
    """Refused for good, it would come back to her, or be thrown away: her objection would be lost."""
    taken: list[bytes] = []
    with listening(lambda raw, to: taken.append(raw), protocol, bytes_max=1000) as session:
        session.sendmail("", [OURS], MAIL + b"y\r\n" * 20_000)
        session.sendmail("", [OURS], MAIL)
    assert [raw.removeprefix(NO_SENDER) for raw in taken] == [(MAIL + b"y\r\n" * 1000)[: len(taken[0]) - len(NO_SENDER)], MAIL]
    assert 990 < len(taken[0].removeprefix(NO_SENDER)) <= 1000


@pytest.mark.parametrize("length", [1_500, 100_000, 100_001, 250_000])
def test_a_line_longer_than_the_protocol_allows_is_no_reason_to_lose_a_mail(length: int) -> None:
    taken: list[bytes] = []
    with listening(lambda raw, to: taken.append(raw), bytes_max=1_000_000) as session:
        session.sendmail("", [OURS], MAIL + b"." * length + b"\r\nSTOP\r\n")
        session.sendmail("", [OURS], MAIL)
    long, short = (raw.removeprefix(NO_SENDER) for raw in taken)
    assert (long.replace(b"\r\n", b""), short) == ((MAIL + b"." * length + b"STOP").replace(b"\r\n", b""), MAIL)


def test_a_line_that_breaks_in_the_middle_of_a_mail_takes_nothing() -> None:
    taken: list[bytes] = []
    with listening(lambda raw, to: taken.append(raw)) as session:
        session.mail("")
        session.rcpt(OURS)
        session.docmd("DATA")
        session.send(MAIL[:40])
        assert session.sock is not None
        session.sock.shutdown(socket.SHUT_RDWR)
        session.close()
    assert taken == []


def test_it_never_listens_where_other_machines_could_reach_it() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::", "relais.example"):
        with pytest.raises(InvalidSettings, match=r"inbound\.listen : .* se joint de l’extérieur"):
            Listener(lambda raw, to: None, lambda address: True, bytes_max=1000).start("lmtp", host, 0)


def test_a_taken_port_is_named_and_stopping_leaves_no_thread() -> None:
    listener = Listener(lambda raw, to: None, lambda address: True, bytes_max=1000)
    port = listener.start("lmtp", "127.0.0.1", 0)
    with pytest.raises(InvalidSettings, match=f"impossible d’écouter sur 127.0.0.1:{port}"):
        Listener(lambda raw, to: None, lambda address: True, bytes_max=1000).start("lmtp", "127.0.0.1", port)
    listener.stop()
    listener.stop()
    assert "inbound" not in {thread.name for thread in threading.enumerate()}

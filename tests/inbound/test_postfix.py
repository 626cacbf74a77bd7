"""The whole way there and back, through a real Postfix: what recipients' servers answer decides what becomes of each address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from gateway.channels.mailbox import Listener
from gateway.channels.smtp import SmtpChannel, SmtpRelay
from gateway.domain.address import AddressState
from gateway.domain.errors import StoreUnavailable
from gateway.domain.message import MessageState
from gateway.domain.receipt import AddressCause, ReceiptKind
from gateway.flows.campaigning import drafting, launching
from gateway.flows.gateway import Gateway
from gateway.flows.receiving import receive
from gateway.flows.sending.returnpaths import ours
from gateway.present import SystemClock
from gateway.store import journal, receipts, tables
from gateway.store.engine import reading
from tests.conftest import never_skipped_in_ci
from tests.mailservers import PostfixServer
from tests.sending.support import Person, add, digest, installation, journal_of, message_of, newsletter, run
from tests.servers import free_port
from tests.workers.waiting import until

#: A relay tries again by the second, but what it starts for that may wait for its turn: nothing else is measured here.
_LONG_SECONDS = 150
#: What the servers of our recipients answer, by the left part of the address.
ANSWERS = {
    "lea": "250 2.1.5 Ok",
    "morte": "550 5.1.1 No such user here",
    "pleine": "552 5.2.2 Mailbox full",
    "bloquee": "550 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org",
    "lente": "451 4.3.0 Try again later",
}


class Recipients:
    """The mail server of everybody we write to. aiosmtpd calls these by name."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        answer = ANSWERS[address.partition("@")[0]]
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        await asyncio.sleep(0)
        self.taken += [(address, bytes(envelope.original_content)) for address in envelope.rcpt_tos]
        return "250 2.0.0 Ok"


@contextmanager
def there_and_back(url: str, folder: Path) -> Iterator[tuple[Gateway, Recipients]]:
    """A gateway that hands over to Postfix, recipients behind it, and the listener to which it returns what it cannot deliver."""
    with ExitStack() as stack:
        recipients = Recipients()
        behind = Controller(recipients, hostname="127.0.0.1", port=free_port())
        behind.start()
        stack.callback(behind.stop)
        port = free_port()
        with never_skipped_in_ci():
            routes = {"valbrume.example": f"lmtp:inet:127.0.0.1:{port}"}
            postfix = PostfixServer(routes, elsewhere=f"smtp:[127.0.0.1]:{behind.port}")
        stack.enter_context(postfix)
        relay = SmtpRelay(host="127.0.0.1", port=postfix.port, tls="none", connections=2, timeout_seconds=20)
        channel = SmtpChannel(relay)
        stack.callback(channel.close)
        gw = stack.enter_context(installation(url, SystemClock(), folder, channel=channel))
        listener = Listener(lambda raw, to: receive(gw, raw, to), ours(gw.settings), bytes_max=1_000_000)
        listener.start("lmtp", "127.0.0.1", port)
        stack.callback(listener.stop)
        try:
            yield gw, recipients
        except AssertionError as fault:
            fault.add_note(postfix.log())  # what the relay saw
            raise


def address(who: str) -> str:
    return f"{who}@exemple.example"


def condition(gw: Gateway, who: str) -> tuple[AddressState, str | None, int]:
    """State of an address, its cause, and failures in a row."""
    a = tables.address.c
    with reading(gw.engine) as tx:
        chosen = select(a.state, a.state_reason, a.failures).where(a.digest == digest(gw, address(who)))
        state, cause, failures = tx.execute(chosen).one()
    return state, cause, failures


def came_back(gw: Gateway, who: str) -> list[tuple[ReceiptKind, str | None]]:
    """What came back about the letter to somebody."""
    with reading(gw.engine) as tx:
        found = receipts.of_message(tx, int(message_of(gw, address(who))["id"]))
    return [(one.kind, one.code) for one in found]


def test_each_answer_behind_a_real_relay_ends_in_the_right_state_of_the_address(database_url: str, tmp_path: Path) -> None:
    with there_and_back(database_url, tmp_path) as (gw, recipients):
        add(gw, *(Person(email=address(who)) for who in ANSWERS))
        newsletter(gw)
        run(gw)
        assert {message_of(gw, address(who))["state"] for who in ANSWERS} == {MessageState.ACCEPTED}
        until(lambda: sum(launching.status(gw, "lettre").returned.values()) == 4, seconds=_LONG_SECONDS)

        # Delivered: one copy, and nothing comes back.
        assert [to for to, _ in recipients.taken] == [address("lea")]
        assert (came_back(gw, "lea"), condition(gw, "lea")) == ([], (AddressState.VALID, None, 0))

        # Its server knows nobody of that name: dead at once.
        assert came_back(gw, "morte") == [(ReceiptKind.DEAD, "5.1.1")]
        assert condition(gw, "morte") == (AddressState.DEAD, AddressCause.REFUSED, 1)

        # Full, or a relay that gave up: one failure each, and the address stays valid.
        assert came_back(gw, "pleine") == [(ReceiptKind.FULL, "5.2.2")]
        assert condition(gw, "pleine") == (AddressState.VALID, None, 1)
        assert [kind for kind, _ in came_back(gw, "lente")] == [ReceiptKind.EXPIRED]
        assert condition(gw, "lente") == (AddressState.VALID, None, 1)

        # We are refused, not she: the campaign says so, her address is left alone.
        assert came_back(gw, "bloquee") == [(ReceiptKind.BLOCKED, "5.7.1")]
        assert condition(gw, "bloquee") == (AddressState.VALID, None, 0)
        letter = drafting.find(gw, "lettre")
        said = letter.warning or letter.why or ""  # marked, or stopped when that came back before the last hand-over was settled
        assert "refuse notre expéditeur, pas la personne" in said and "spamhaus" in said

        assert sorted(entry["receipt"] for entry in journal_of(gw, "receipt")) == ["blocked", "dead", "expired", "full"]
        assert [entry["alarm"] for entry in journal_of(gw, "alarm")] == ["sender-fault"]
        assert [entry["code"] for entry in journal_of(gw, "address")] == ["5.1.1"]


def test_a_return_that_could_not_be_kept_waits_at_the_relay_and_takes_effect_once(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter([True, True])

    def away_at_first(tx: Any, entries: Any) -> None:
        if next(refusals, False):
            raise StoreUnavailable("the database went away before the commit")
        journal_append(tx, entries)

    journal_append = journal.append
    with there_and_back(sqlite_url, tmp_path) as (gw, _):
        add(gw, Person(email=address("morte")))
        newsletter(gw)
        run(gw)
        monkeypatch.setattr(journal, "append", away_at_first)
        until(lambda: condition(gw, "morte")[0] is AddressState.DEAD, seconds=_LONG_SECONDS)
        assert (next(refusals, None), came_back(gw, "morte")) == (None, [(ReceiptKind.DEAD, "5.1.1")])

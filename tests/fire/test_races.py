"""People who unsubscribe while two lanes send: for each of them either her mail began first, or there is no mail at all."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.listening import object_by_link
from gateway.flows.sending.runner import Runner
from gateway.present import SystemClock
from gateway.store import tables
from gateway.store.bulk import bulk_insert
from gateway.store.engine import begin, reading
from gateway.store.types import instant
from tests.sending.support import Person, RecordingChannel, add, digest, drain, installation, newsletter

PEOPLE = int(os.environ.get("FIRE_PEOPLE", "1500"))
OBJECTING = PEOPLE * 2 // 3
LANES = 2
_THREADS = 3


@pytest.fixture
def channel() -> RecordingChannel:
    return RecordingChannel(concurrency=10)


@pytest.fixture
def gw(database_url: str, tmp_path: Path, channel: RecordingChannel) -> Iterator[Gateway]:
    sending = {"batch": 25, "lanes": LANES}
    with installation(database_url, SystemClock(), tmp_path, channel=channel, sending=sending) as gateway:
        yield gateway


def test_a_thousand_people_object_while_their_messages_leave(gw: Gateway, channel: RecordingChannel) -> None:
    emails = [f"p{n}@exemple.example" for n in range(PEOPLE)]
    _settle_in(gw, emails)
    newsletter(gw)
    messages = _messages(gw)
    objectors = emails.copy()
    random.shuffle(objectors)
    del objectors[OBJECTING:]
    # In the order of the outbox, from its front: most of them object while their own batch is decided or handed over.
    objectors.sort(key=lambda email: messages[digest(gw, email)])
    objected = _send_while_they_object(gw, channel, [(messages[digest(gw, email)], digest(gw, email)) for email in objectors])

    rows = _rows(gw)
    assert len(rows) == PEOPLE
    assert len(channel.handed) == len(set(channel.recipients)), "nobody gets two mails"
    handed = {envelope.message_id for envelope in channel.handed}
    log = _journal(gw)
    for message_id, state in rows.items():
        assert state in (MessageState.ACCEPTED, MessageState.CANCELLED, MessageState.REFUSED), message_id
        assert (state is MessageState.ACCEPTED) == (message_id in handed)
        if message_id not in objected:
            assert state is MessageState.ACCEPTED, "whoever says nothing gets her newsletter"
    for message_id in objected:
        story = log[message_id]
        objection = next(number for number, entry in story if entry["kind"] == "objection")
        allowed = [number for number, entry in story if entry["kind"] == "decision" and entry["verdict"] == "allow"]
        assert all(number < objection for number in allowed), "nobody is allowed after her objection"
        hand_overs = [entry for _, entry in story if entry["kind"] == "hand_over"]
        if rows[message_id] is not MessageState.ACCEPTED:
            assert {entry["outcome"] for entry in hand_overs} <= {"withheld"}, "held back means that nothing left"
        if rows[message_id] is MessageState.REFUSED:
            # Where nobody could tell for a moment who objects, her message went back to the gate.
            refused = [number for number, entry in story if entry["kind"] == "decision" and entry["verdict"] == "refuse"]
            assert refused and objection < min(refused)
        if rows[message_id] is MessageState.ACCEPTED:
            [entry] = [entry for entry in hand_overs if entry["outcome"] != "withheld"]
            assert allowed and entry["began"] <= entry["at"], "her mail was decided first, and both instants are there"


def test_the_races_were_real(gw: Gateway, channel: RecordingChannel) -> None:
    """An objection that arrives between verdict and hand-over, each time, for hundreds of people at once."""
    emails = [f"p{n}@exemple.example" for n in range(200)]
    _settle_in(gw, emails)
    newsletter(gw)
    messages = _messages(gw)
    tokens = {email: gw.keys.link_token(LinkScope.OBJECT, messages[digest(gw, email)], digest(gw, email)) for email in emails}
    once = threading.Lock()
    heard: set[str] = set()

    def everybody_else_objects(_envelope: object) -> None:
        with once:
            if heard:
                return
            heard.update(emails)
            for token in tokens.values():
                object_by_link(gw, token, cause=SuppressionCause.ONE_CLICK)
            _await_feed(gw, digest(gw, emails[-1]))

    channel.before = everybody_else_objects
    _drain(gw)
    assert channel.handed == []
    assert set(_rows(gw).values()) == {MessageState.CANCELLED}


def _settle_in(gw: Gateway, emails: list[str]) -> None:
    """People who agreed, by set: the first as tests do it, the others like her."""
    [first] = add(gw, Person(email=emails[0]))
    at = datetime(2026, 9, 1, tzinfo=UTC)
    numbers = range(first + 1, first + len(emails))
    with begin(gw.engine) as tx:
        person = tx.execute(select(tables.contact).where(tables.contact.c.id == first)).mappings().one()
        columns = ("id", "contact_class", "given_name", "territory", "origin_id", "created_at")
        alike = ("regular", "Anaëlle", "metropole", person["origin_id"], instant(tx, at))
        bulk_insert(tx, tables.contact, columns, ((n, *alike) for n in numbers))
        bulk_insert(tx, tables.person_key, ("contact_id", "key"), ((n, n.to_bytes(16, "big")) for n in numbers))
        written = ("contact_id", "medium", "value", "domain", "digest")
        rows = ((n, "email", email, "exemple.example", digest(gw, email)) for n, email in zip(numbers, emails[1:], strict=True))
        bulk_insert(tx, tables.address, written, rows)
        given = ("contact_id", "medium", "purpose", "state", "evidence", "since")
        bulk_insert(tx, tables.consent, given, ((n, "email", "political", "granted", True, instant(tx, at)) for n in numbers))


def _send_while_they_object(gw: Gateway, channel: RecordingChannel, objectors: list[tuple[int, bytes]]) -> set[int]:
    """Send to everybody; returns the messages that were objected to meanwhile."""
    began = threading.Event()
    objected = set[int]()
    channel.before = lambda _envelope: began.set()

    def one(chosen: tuple[int, bytes]) -> int:
        object_by_link(gw, gw.keys.link_token(LinkScope.OBJECT, *chosen), cause=SuppressionCause.ONE_CLICK)
        return chosen[0]

    def all_of_them() -> None:
        began.wait(20)
        with ThreadPoolExecutor(_THREADS) as crowd:
            objected.update(crowd.map(one, objectors))

    crowd = threading.Thread(target=all_of_them)
    crowd.start()
    _drain(gw)
    crowd.join()
    _drain(gw)
    assert len(objected) == len(objectors)
    return objected


def _drain(gw: Gateway) -> None:
    runner = Runner(gw)
    try:
        drain(runner)
    finally:
        runner.close()


def _await_feed(gw: Gateway, last: bytes) -> None:
    for _ in range(1000):
        if gw.feed.suppressed_since(last, 0):
            return
        threading.Event().wait(0.005)
    raise AssertionError("the feed did not tell")


def _messages(gw: Gateway) -> dict[bytes, int]:
    m = tables.message
    with reading(gw.engine) as tx:
        return {row[0]: row[1] for row in tx.execute(select(m.c.digest, m.c.id))}


def _rows(gw: Gateway) -> dict[int, MessageState]:
    m = tables.message
    with reading(gw.engine) as tx:
        return {row[0]: row[1] for row in tx.execute(select(m.c.id, m.c.state))}


def _journal(gw: Gateway) -> dict[int, list[tuple[int, dict]]]:
    """Entries by message, in the order in which they were written."""
    j = tables.journal
    found: dict[int, list[tuple[int, dict]]] = {}
    with reading(gw.engine) as tx:
        for number, message_id, body in tx.execute(
            select(j.c.id, j.c.message_id, j.c.body).where(j.c.message_id.is_not(None)).order_by(j.c.id)
        ):
            found.setdefault(message_id, []).append((number, orjson.loads(body)))
    return found

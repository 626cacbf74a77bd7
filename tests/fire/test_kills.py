"""Power cuts of every kind in the middle of a campaign: nobody gets two mails, nobody is lost, and it goes on alone.

FIRE_MESSAGES and FIRE_KILLS set the size (20000 and 10 for the full one: `python -m bench.kills`); FIRE_SEED the instants.
"""

from __future__ import annotations

import os
import random
import sys
import time

import pytest
from sqlalchemy import select

from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.store import journal, tables
from gateway.store.engine import reading
from tests.fire.scene import CONNECTIONS, WORKERS, MailboxProcess, Scene, scene
from tests.servers import Server

#: About as many as leave while three workers are killed and three start again.
MESSAGES = int(os.environ.get("FIRE_MESSAGES", "1500"))
KILLS = int(os.environ.get("FIRE_KILLS", "3"))
DATABASES = ("sqlite", "postgresql")


@pytest.mark.parametrize("kind", DATABASES)
def test_workers_killed_again_and_again_send_nobody_two_mails_and_the_rows_add_up(kind: str) -> None:
    seed = int(os.environ.get("FIRE_SEED", str(random.randrange(10**6))))
    chance = random.Random(seed)
    sys.stdout.write(f"FIRE_SEED={seed}\n")  # shown when it fails
    with scene(kind, MESSAGES) as field, field.installed.gateway() as gw:
        assert field.installed.launch() == MESSAGES
        for share in sorted(chance.uniform(0.02, 0.9) for _ in range(KILLS)):
            field.await_mails(int(share * MESSAGES))
            time.sleep(chance.uniform(0, 0.05))
            field.kill_a_worker(chance)
        _adds_up(field, gw, MESSAGES, doubtful_most=CONNECTIONS * KILLS)


@pytest.mark.parametrize("kind", DATABASES)
def test_servers_killed_one_after_the_other_and_started_again_lose_nobody_and_delay_nobody_for_long(kind: str) -> None:
    with scene(kind, MESSAGES) as field, field.installed.gateway() as gw:
        field.installed.launch()
        servers: list[Server | MailboxProcess] = [field.redis, *([field.postgres] if field.postgres else []), field.mailbox]
        for share, server in enumerate(servers, 1):
            field.await_mails(MESSAGES * share // 6)
            # Only who speaks to the mail server as it dies is in doubt: Redis is but a doorbell, and workers that live know
            # what became of everything they had on the wire when the database went.
            assert field.states(gw)[MessageState.UNCERTAIN] == 0
            server.kill()
            time.sleep(1)
            server.start()
        _adds_up(field, gw, MESSAGES, doubtful_most=CONNECTIONS * WORKERS)


def _adds_up(field: Scene, gw: Gateway, messages: int, *, doubtful_most: int) -> None:
    """Wait for the end; then everybody is accounted for, by the mailbox's own contents."""
    states = field.await_quiet(gw)
    doubtful = states[MessageState.UNCERTAIN]
    assert states.total() == messages
    assert states[MessageState.ACCEPTED] + doubtful == messages
    assert doubtful <= doubtful_most
    _each_doubt_is_named(gw)
    settled = field.settle_doubt(gw)
    assert (settled.accepted + settled.abandoned, settled.left) == (doubtful, 0)
    field.await_finished(gw)
    received = field.mailbox.recipients()
    assert [address for address, mails in received.items() if mails > 1] == []
    assert field.addresses(gw, MessageState.ACCEPTED) == set(received)
    assert len(received) + settled.abandoned == messages
    assert launching.status(gw, "lettre").messages == messages


def _each_doubt_is_named(gw: Gateway) -> None:
    """A message in doubt says so in its row, with its reason, and in the journal."""
    m = tables.message
    with reading(gw.engine) as tx:
        rows = tx.execute(select(m.c.id, m.c.because, m.c.reply).where(m.c.state == MessageState.UNCERTAIN)).all()
        for message_id, because, reply in rows:
            assert because == "unsure" and reply
            assert b'"outcome":"unsure"' in journal.of_message(tx, message_id)[-1].body

"""She pauses, not her address: whoever asked for a pause, or may have said no, is written to at none of her addresses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.keys import LinkScope
from gateway.domain.reply import Settlement
from gateway.flows.auditing import compare_tables
from gateway.flows.preferring import pause
from gateway.flows.resolving import Decision, resolve
from gateway.store import tables as t
from gateway.store.engine import reading
from tests.collecting.support import BOX, imported
from tests.sending.support import message_of, newsletter, run

ANNE, SECOND = "anne@exemple.fr", "anne.neuve@exemple.fr"
HEAD = "courriel;mobile;prénom;nom;consentement\n"
DOUBTFUL = "Comment avez-vous eu mon adresse ?"


def known_by(gw, folder, email):
    """A file that knows her by this address, and by her number."""
    imported(gw, folder, f"{HEAD}{email};06 39 98 10 20;Anne;Kermadec;oui\n", claim=BOX)


@pytest.fixture
def anne(gw, tmp_path):
    known_by(gw, tmp_path, ANNE)
    newsletter(gw)
    run(gw)
    return message_of(gw, ANNE)


def later(gw, channel):
    """Whom a letter of two weeks later reaches."""
    gw.clock.advance(timedelta(days=15))
    newsletter(gw, f"suite-{gw.clock.now():%j}")
    del channel.handed[:]
    run(gw)
    return channel.recipients


def test_a_file_with_another_address_of_hers_does_not_end_the_pause_she_asked_for(gw, anne, tmp_path, channel):
    token = gw.keys.link_token(LinkScope.PREFER, anne.id, anne.digest)
    pause(gw, token, gw.clock.now() + timedelta(days=20))
    known_by(gw, tmp_path, SECOND)
    assert later(gw, channel) == []
    assert compare_tables(gw).agrees
    assert later(gw, channel) == [SECOND], "it is over: she is written to at the newest of her addresses"


def test_who_may_have_said_no_is_not_written_to_at_an_address_that_a_file_brings_meanwhile(gw, anne, writes, tmp_path, channel):
    heard = writes(ANNE, DOUBTFUL)
    assert heard.paused
    known_by(gw, tmp_path, SECOND)
    assert later(gw, channel) == []
    resolve(
        gw, heard.letter_id, Decision(settlement=Settlement.NOT_OBJECTION, by="Claire", why="elle demande d’où vient la lettre")
    )
    assert later(gw, channel) == [SECOND]


def test_who_may_have_said_no_at_one_of_two_addresses_is_written_to_at_neither(gw, anne, writes, tmp_path, channel):
    """The newest of them gets the letters, and it was not the one she wrote from."""
    known_by(gw, tmp_path, SECOND)
    first, second = writes(ANNE, DOUBTFUL), writes(SECOND, DOUBTFUL)
    assert later(gw, channel) == []
    told = Decision(settlement=Settlement.NOT_OBJECTION, by="Claire", why="rappelée")
    assert not resolve(gw, first.letter_id, told).resumed, "the other one waits still"
    assert later(gw, channel) == []
    assert resolve(gw, second.letter_id, told).resumed
    assert later(gw, channel) == [SECOND]
    with reading(gw.engine) as tx:
        assert tx.execute(select(t.suppression.c.kind)).all() == []

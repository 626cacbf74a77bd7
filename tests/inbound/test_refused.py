"""Refusals that sound as if they were meant for us: a campaign stops for those that are, and for no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.domain.address import AddressState
from gateway.domain.campaign import CampaignState
from gateway.flows.campaigning import drafting, launching
from gateway.flows.gateway import Gateway
from gateway.flows.receiving import receive
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.inbound.mails import bounce, return_path
from tests.sending.support import Person, add, digest, installation, message_of, newsletter

LEA, MEHDI, INES, ZOE = "lea@un.example", "mehdi@deux.example", "ines@deux.example", "zoe@trois.example"
RELAY = "554 5.7.1 Relay access denied"


@pytest.fixture
def gw(database_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[Gateway]:
    """A newsletter under way."""
    with installation(database_url, clock, tmp_path) as gateway:
        add(gateway, *(Person(email=one) for one in (LEA, MEHDI, INES, ZOE)))
        newsletter(gateway, start_at=clock.now() + timedelta(days=1))
        yield gateway


def comes_back(gw: Gateway, email: str, reply: str, *, returned: str = "", failed: str = "") -> str:
    """Her letter comes back with these words; returns what that did."""
    to = return_path(gw, int(message_of(gw, email)["id"]))
    return receive(gw, bounce(to, failed or email, reply, number=email, returned=returned), (to,)).effect


def running(gw: Gateway) -> bool:
    return drafting.find(gw, "lettre").state is CampaignState.RUNNING


def unharmed(gw: Gateway, email: str) -> bool:
    a = tables.address.c
    with reading(gw.engine) as tx:
        row = tx.execute(select(a.state, a.failures).where(a.digest == digest(gw, email))).one()
    return tuple(row) == (AddressState.VALID, 0)


def test_a_domain_whose_server_carries_no_mail_for_it_stops_no_campaign_and_buries_nobody(gw: Gateway) -> None:
    """Of ten thousand addresses a few have such a domain: the letter of the others leaves all the same."""
    assert [comes_back(gw, one, RELAY) for one in (LEA, MEHDI, INES)] == ["blocked"] * 3
    assert running(gw)
    assert all(unharmed(gw, one) for one in (LEA, MEHDI, INES))


def test_a_relay_that_carries_nothing_anywhere_does_not_know_us_and_stops_the_campaign(gw: Gateway) -> None:
    for one in (LEA, MEHDI, ZOE):
        comes_back(gw, one, RELAY)
    campaign = drafting.find(gw, "lettre")
    assert campaign.state is CampaignState.PAUSED
    assert "Relay access denied" in (campaign.why or "")


def test_nobody_who_got_a_letter_keeps_the_campaign_stopped_by_reports_of_his_own(gw: Gateway, clock: ManualClock) -> None:
    """His return path is good, and the report is his own work: it stops the campaign once. After that it takes three people."""
    forged = "550 5.7.26 unauthenticated mail"
    comes_back(gw, LEA, forged)
    assert not running(gw)
    clock.advance(timedelta(minutes=5))
    launching.resume(gw, "lettre", by="Claire")
    with begin(gw.engine) as tx:
        tx.execute(update(tables.message).values(handed_at=clock.now() + timedelta(minutes=1)))
    clock.advance(timedelta(minutes=5))
    assert comes_back(gw, LEA, f"{forged} again") == "blocked"
    comes_back(gw, LEA, f"{forged} and again")
    comes_back(gw, MEHDI, f"{forged} again")
    assert running(gw) and "5.7.26" in (drafting.find(gw, "lettre").warning or "")
    comes_back(gw, ZOE, f"{forged} again")
    assert not running(gw)


def test_where_she_has_her_letters_forwarded_to_the_one_who_forwards_is_refused_not_we(gw: Gateway) -> None:
    """A forwarded letter breaks SPF: Gmail says so to the school she once went to, and the campaign goes on."""
    ours = f"From: lettre@valbrume.example\nTo: {LEA}\nDelivered-To: {LEA}\nSubject: La lettre\n"
    why = "550 5.7.26 Your email has been blocked because the sender is unauthenticated"
    assert comes_back(gw, LEA, why, returned=ours, failed="lea1972@gmail.example") == "refused"
    assert running(gw) and unharmed(gw, LEA)


@pytest.mark.parametrize(
    "why",
    [
        "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
        "550 5.7.1 Sender blocked by recipient",
        "550 5.7.1 you are not allowed to send mail to this address",
    ],
)
def test_somebody_who_takes_no_mail_of_ours_stops_nobody_elses(gw: Gateway, why: str) -> None:
    assert comes_back(gw, LEA, why) == "refused"
    assert running(gw) and unharmed(gw, LEA)


@pytest.mark.parametrize(
    "why", ["550 5.4.5 Daily user sending quota exceeded", "554 5.7.1 Votre quota d'envoi quotidien est dépassé"]
)
def test_what_our_provider_allows_us_is_used_up_and_no_mailbox_is_said_to_be_full(gw: Gateway, why: str) -> None:
    assert comes_back(gw, LEA, why) == "blocked"
    assert not running(gw) and unharmed(gw, LEA)

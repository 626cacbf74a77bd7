"""A newsletter, what its reader chooses behind its links, and the campaigns that follow: both databases, the real application."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.flows.campaigning import trying
from gateway.flows.gateway import Gateway
from gateway.store import tables
from gateway.store.engine import reading
from gateway.web.app import web_app
from tests.clock import ManualClock
from tests.collecting.support import BOX, imported
from tests.journeys.mailbox import last_mail, link_in, mails_to, text_of
from tests.mails import part_of
from tests.sending.support import installation, newsletter, pack_reviewed_until, run

ANNE, PAUL = "anne@exemple.fr", "paul@exemple.fr"
FILE = f"courriel;prénom;nom;code postal;consentement\n{ANNE};Anne;Kermadec;35000;oui\n{PAUL};Paul;Lefort;35000;oui\n"


@pytest.fixture
def gw(database_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[Gateway]:
    """Two subscribers, brought in by a file, who have both got a first newsletter."""
    with installation(database_url, clock, tmp_path) as gateway:
        imported(gateway, tmp_path, FILE, claim=BOX)
        newsletter(gateway, "premiere")
        run(gateway)
        assert (mails_to(gateway, ANNE), mails_to(gateway, PAUL)) == (1, 1)
        yield gateway


def outcomes(gw: Gateway, name: str) -> dict[str, str]:
    """State and reason of each message of a campaign, by address."""
    m, c, a = tables.message, tables.campaign, tables.address
    source = m.join(c, c.c.id == m.c.campaign_id).join(a, a.c.digest == m.c.digest)
    with reading(gw.engine) as tx:
        rows = tx.execute(select(a.c.value, m.c.state, m.c.because).select_from(source).where(c.c.name == name))
        return {row.value: f"{row.state} {row.because or ''}".strip() for row in rows}


def sent(gw: Gateway, name: str, **definition: Any) -> dict[str, str]:
    """Send a newsletter and see what became of it."""
    newsletter(gw, name, **definition)
    run(gw)
    return outcomes(gw, name)


def test_every_newsletter_offers_the_objection_and_the_choices_side_by_side(gw: Gateway):
    text = text_of(gw, ANNE)
    assert text.index(link_in(gw, ANNE, "o")) < text.index(link_in(gw, ANNE, "p"))
    assert part_of(last_mail(gw, ANNE), "html").count("Choisir ce que je reçois, ou faire une pause") == 1
    assert link_in(gw, ANNE, "p") != link_in(gw, PAUL, "p")


def test_one_channel_off_and_the_next_campaign_says_why(gw: Gateway, browser: TestClient):
    browser.post(link_in(gw, ANNE, "p"), data={"act": "stop", "sms": "1", "call": "1"})
    assert sent(gw, "deuxieme") == {ANNE: "accepted consent-per-channel", PAUL: "accepted consent-per-channel"}
    browser.post(link_in(gw, ANNE, "p"), data={"act": "stop", "email": "1"})
    after = sent(gw, "troisieme")
    assert after[ANNE].startswith("refused ") and "consent-withdrawal-easy" in after[ANNE]
    assert after[PAUL].startswith("accepted")


def test_whoever_wants_nothing_after_the_election_gets_nothing_once_its_vote_is_over(
    database_url: str, tmp_path: Path, clock: ManualClock
):
    with installation(database_url, clock, tmp_path, law=pack_reviewed_until(date(2027, 12, 31))) as gw:
        imported(gw, tmp_path, FILE, claim=BOX)
        sent(gw, "premiere")
        with TestClient(web_app(gw)) as browser:
            browser.post(link_in(gw, ANNE, "p"), data={"act": "stop", "after_election": "1"})
        clock.set(datetime(2027, 4, 20, 10, tzinfo=UTC))
        assert sent(gw, "entre-deux-tours") == {one: "accepted consent-per-channel" for one in (ANNE, PAUL)}
        clock.set(datetime(2027, 5, 3, 10, tzinfo=UTC))
        assert trying.dry_run(gw, "entre-deux-tours").voted is not None, "what it says of the election is said to be over"
        assert sent(gw, "merci") == {ANNE: "refused nothing-after-election", PAUL: "accepted consent-per-channel"}


def test_a_break_cancels_what_waits_refuses_what_follows_and_ends_by_itself(gw: Gateway, browser: TestClient, clock: ManualClock):
    newsletter(gw, "en-route")
    browser.post(link_in(gw, ANNE, "p"), data={"act": "day", "until": "2026-12-20"})
    run(gw)
    assert outcomes(gw, "en-route") == {ANNE: "cancelled optout-pause", PAUL: "accepted consent-per-channel"}
    clock.advance(timedelta(days=8))
    assert sent(gw, "pendant")[ANNE] == "refused optout-pause"
    clock.advance(timedelta(days=12))
    assert sent(gw, "apres")[ANNE] == "accepted consent-per-channel"
    assert mails_to(gw, ANNE) == 2, "what she missed is not caught up with"


def test_a_break_ended_early_behind_a_personal_link(gw: Gateway, browser: TestClient):
    browser.post(link_in(gw, ANNE, "p"), data={"act": "vote"})
    browser.post(link_in(gw, ANNE, "p"), data={"act": "link"})
    run(gw)
    assert "Votre lien personnel" in str(last_mail(gw, ANNE)["Subject"]), "a break holds back no answer to what she asks"
    browser.post(link_in(gw, ANNE, "p"), data={"act": "resume"})
    assert sent(gw, "suite")[ANNE] == "accepted consent-per-channel"


def test_everything_off_holds_against_the_next_file(gw: Gateway, browser: TestClient, tmp_path: Path, clock: ManualClock):
    browser.post(link_in(gw, ANNE, "p"), data={"act": "everything"})
    clock.advance(timedelta(days=1))
    imported(gw, tmp_path, FILE + "nina@exemple.fr;Nina;;35000;oui\n", claim=BOX)
    assert sent(gw, "suite") == {
        ANNE: "refused consent-per-channel,consent-withdrawal-easy,optout-effect",
        PAUL: "accepted consent-per-channel",
        "nina@exemple.fr": "accepted consent-per-channel",
    }


def test_an_old_objection_outlives_the_person_and_the_file_that_brings_her_back(
    gw: Gateway, browser: TestClient, tmp_path: Path, clock: ManualClock
):
    link = link_in(gw, ANNE, "o")
    with gw.engine.begin() as tx:
        tx.execute(tables.contact.delete().where(tables.contact.c.given_name == "Anne"))
    clock.advance(timedelta(days=20))
    assert browser.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200, "two years old or two days: it works"
    imported(gw, tmp_path, FILE, claim=BOX)
    sent(gw, "suite")
    assert mails_to(gw, ANNE) == 1


def test_whoever_got_the_newsletter_forwarded_learns_nothing_and_gives_nothing(gw: Gateway, browser: TestClient):
    before = [browser.get(link_in(gw, ANNE, page)).text for page in ("o", "p")]
    for text in before:
        for private in (ANNE, "Kermadec", "35000", "site v3", "J’accepte de recevoir la lettre de la liste"):
            assert private not in text
        assert "a…@exemple.fr" in text
    assert browser.post(link_in(gw, ANNE, "p"), data={"act": "agree", "agree-targeting": "1"}).status_code == 400

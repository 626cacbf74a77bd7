"""The preference link: what a person stops or pauses holds before she reads so, and a stranger with her mail learns nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from gateway.domain.channel import Envelope, Medium
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.flows.preferring import OPTOUT_PAUSE
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.sending.support import journal_of, newsletter, pack, pack_reviewed_until, run
from tests.web.voters import EMAIL, Town
from tests.workers.waiting import until

THE_VOTE_ENDS = pack().elections["presidentielle-2027"].ends_at


@pytest.fixture
def page(voters_town: Town) -> str:
    """The address of her page."""
    return f"/p/{voters_town.token(LinkScope.PREFER)}"


@pytest.fixture
def small_page(small_town: Town) -> Iterator[str]:
    """The same in the small town."""
    yield f"/p/{small_town.token(LinkScope.PREFER)}"


def consents(town: Town) -> dict[tuple[str, str], str]:
    """State of each consent of the voter."""
    c = tables.consent
    with reading(town.gw.engine) as tx:
        return {(row.medium, row.purpose): row.state for row in tx.execute(select(c.c.medium, c.c.purpose, c.c.state))}


def agreed_to(town: Town, *pairs: tuple[str, str]) -> None:
    """Let the voter have agreed to these, too."""
    with begin(town.gw.engine) as tx:
        contact_id = tx.execute(select(tables.contact.c.id)).scalar_one()
        for medium, purpose in pairs:
            row = {"contact_id": contact_id, "medium": medium, "purpose": purpose, "state": "granted", "evidence": True}
            tx.execute(insert(tables.consent).values(**row, since=datetime(2026, 9, 1, tzinfo=UTC)))


def outcome(town: Town, name: str) -> tuple[str, str]:
    """What became of the voter's message of a campaign, and why."""
    m, c = tables.message, tables.campaign
    with reading(town.gw.engine) as tx:
        row = tx.execute(select(m.c.state, m.c.because).join(c, c.c.id == m.c.campaign_id).where(c.c.name == name)).one()
    return row.state, row.because


def pauses(town: Town) -> list[tuple[str, str, datetime]]:
    """(medium, cause, until) of the pauses on the list."""
    s = tables.suppression
    with reading(town.gw.engine) as tx:
        rows = tx.execute(select(s.c.medium, s.c.cause, s.c.until).where(s.c.kind == "pause").order_by(s.c.seq))
        return [tuple(row) for row in rows]


def test_looking_changes_nothing(browser: TestClient, voters_town: Town, page: str):
    before = voters_town.everything()
    assert browser.get(page).status_code == 200
    assert browser.head(page).status_code == 200
    assert voters_town.everything() == before


def test_whoever_got_the_mail_forwarded_learns_neither_name_nor_address_nor_what_was_agreed(
    browser: TestClient, voters_town: Town
):
    page = f"/p/{voters_town.token(LinkScope.PREFER)}"
    before = browser.get(page).text
    for told in (EMAIL, "Anaëlle", "granted", "formulaire du site", "2026"):
        assert told not in before
    assert "c…@exemple.fr" in before
    agreed_to(voters_town, ("sms", "political"), ("email", "targeting"))
    assert browser.get(page).text == before, "the page is the same whatever is on record"


def test_an_old_newsletter_still_lets_the_person_choose_years_later(browser: TestClient, page: str, clock: ManualClock):
    clock.advance(timedelta(days=2000))
    assert browser.get(page).status_code == 200
    assert browser.post(page, data={"act": "stop", "email": "1"}).status_code == 200


def test_a_person_who_stops_emails_gets_no_more_of_them_and_the_next_newsletter_says_why(
    browser: TestClient, voters_town: Town, page: str
):
    agreed_to(voters_town, ("email", "targeting"), ("sms", "political"))
    done = browser.post(page, data={"act": "stop", "email": "1"})
    assert done.status_code == 200
    assert "Comité Rochebrune arrête pour vous" in done.text
    assert "Les courriels de campagne" in done.text
    assert "1 message prévu pour vous a été annulé." in done.text
    assert "mardi 1er décembre 2026 à 11\u00a0h\u00a000" in done.text
    assert consents(voters_town) == {
        ("email", "political"): "withdrawn",
        ("email", "targeting"): "withdrawn",
        ("sms", "political"): "granted",
    }
    assert voters_town.objections() == [], "taking a consent back is not objecting: she may agree again"
    assert voters_town.message_state() is MessageState.CANCELLED
    newsletter(voters_town.gw, "suivante")
    run(voters_town.gw)
    assert outcome(voters_town, "suivante")[0] == MessageState.REFUSED
    assert "consent-withdrawal-easy" in outcome(voters_town, "suivante")[1]


def test_what_is_stopped_enters_ledger_and_journal_with_the_means(browser: TestClient, voters_town: Town, page: str):
    browser.post(page, data={"act": "stop", "sms": "1"})
    e = tables.consent_event
    with reading(voters_town.gw.engine) as tx:
        ledger = [tuple(row) for row in tx.execute(select(e.c.medium, e.c.purpose, e.c.act, e.c.means, e.c.collector))]
    assert ledger == [("sms", "political", "withdrawn", "page de préférences", "la personne")]
    (told,) = journal_of(voters_town.gw, "consent")
    assert (told["medium"], told["act"], told["by"], told["means"]) == ("sms", "withdrawn", "la personne", "page de préférences")
    assert EMAIL not in str(told)
    assert voters_town.message_state() is MessageState.WAITING, "her emails go on"


def test_pressing_twice_says_so_twice_and_is_recorded_once(browser: TestClient, voters_town: Town, page: str):
    browser.post(page, data={"act": "stop", "call": "1", "targeting": "1"})
    before = voters_town.everything()
    assert browser.post(page, data={"act": "stop", "call": "1", "targeting": "1"}).status_code == 200
    assert voters_town.everything() == before


def test_a_purpose_is_stopped_on_every_channel_and_leaves_the_rest(browser: TestClient, voters_town: Town, page: str):
    agreed_to(voters_town, ("email", "targeting"), ("email", "after_election"))
    browser.post(page, data={"act": "stop", "targeting": "1", "open_pixel": "1"})
    now = consents(voters_town)
    assert {pair for pair, state in now.items() if state == "withdrawn"} == {
        ("email", "targeting"),
        ("sms", "targeting"),
        ("call", "targeting"),
        ("email", "open_pixel"),
    }
    assert now["email", "political"] == now["email", "after_election"] == "granted"
    assert voters_town.message_state() is MessageState.WAITING


def test_a_break_until_after_the_vote_cancels_what_waits_refuses_the_next_newsletter_and_ends_by_itself(
    browser: TestClient, voters_town: Town, page: str, clock: ManualClock
):
    done = browser.post(page, data={"act": "vote"})
    assert done.status_code == 200
    assert "dimanche 2 mai 2027 à 20\u00a0h (heure de Paris)" in done.text, "seconds that nobody counted are not told"
    assert pauses(voters_town) == [("*", "person_pause", THE_VOTE_ENDS)]
    assert outcome(voters_town, "lettre") == (MessageState.CANCELLED, OPTOUT_PAUSE)
    (told,) = journal_of(voters_town.gw, "suppression")
    assert (told["act"], told["by"], len(told["cancelled"])) == ("paused", "la personne", 1)
    newsletter(voters_town.gw, "pendant")
    run(voters_town.gw)
    assert outcome(voters_town, "pendant") == (MessageState.REFUSED, OPTOUT_PAUSE)
    clock.set(THE_VOTE_ENDS + timedelta(days=1))
    later = replace(voters_town.gw, pack=pack_reviewed_until(date(2028, 1, 1)))
    newsletter(later, "apres")
    run(later)
    assert outcome(voters_town, "apres")[0] == MessageState.ACCEPTED


def test_a_break_covers_every_address_of_hers_and_stopping_texts_cancels_texts_alone(
    browser: TestClient, voters_town: Town, page: str
):
    number = voters_town.gw.keys.address_digest(Medium.SMS, "+33612345678")
    with begin(voters_town.gw.engine) as tx:
        contact_id = tx.execute(select(tables.contact.c.id)).scalar_one()
        row = {"contact_id": contact_id, "medium": "sms", "value": "+33612345678", "digest": number}
        address_id = tx.execute(insert(tables.address).values(row).returning(tables.address.c.id)).scalar_one()
        text = {"contact_id": contact_id, "address_id": address_id, "digest": number, "state": "waiting"}
        due = {"message_class": "campaign", "campaign_id": 1, "due_at": voters_town.gw.clock.now()}
        tx.execute(insert(tables.message).values(text | due))
    browser.post(page, data={"act": "stop", "sms": "1"})
    m = tables.message.c
    with reading(voters_town.gw.engine) as tx:
        states = {row.digest: row.state for row in tx.execute(select(m.digest, m.state))}
    assert states == {number: MessageState.CANCELLED, voters_town.digest: MessageState.WAITING}
    browser.post(page, data={"act": "vote"})
    s = tables.suppression.c
    with reading(voters_town.gw.engine) as tx:
        paused = {row.digest for row in tx.execute(select(s.digest).where(s.kind == "pause", s.medium == "*"))}
    assert paused == {number, voters_town.digest}


def test_a_break_includes_its_last_day_on_the_clock_of_paris(browser: TestClient, voters_town: Town, page: str):
    browser.post(page, data={"act": "day", "until": "2027-01-31"})
    assert pauses(voters_town) == [("*", "person_pause", datetime(2027, 1, 31, 23, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("territory", "ends"),
    [
        ("972", datetime(2027, 2, 1, 4, tzinfo=UTC)),  # Fort-de-France
        ("987", datetime(2027, 2, 1, 10, tzinfo=UTC)),  # Papeete
        ("974", datetime(2027, 1, 31, 23, tzinfo=UTC)),  # never sooner than in Paris
    ],
)
def test_the_last_day_of_a_break_ends_where_she_is_and_a_stranger_is_not_told_where(
    browser: TestClient, voters_town: Town, page: str, territory: str, ends: datetime
):
    with begin(voters_town.gw.engine) as tx:
        tx.execute(update(tables.contact).values(territory=territory))
    said = browser.post(page, data={"act": "day", "until": "2027-01-31"}).text
    assert pauses(voters_town) == [("*", "person_pause", ends)]
    assert '<time datetime="2027-01-31T23:00:00+00:00">lundi 1er février 2027</time>' in said


def test_a_message_meant_for_later_than_the_break_still_waits(browser: TestClient, voters_town: Town, page: str):
    later = datetime(2027, 2, 15, tzinfo=UTC)
    with begin(voters_town.gw.engine) as tx:
        tx.execute(update(tables.message).values(due_at=later))
    browser.post(page, data={"act": "day", "until": "31/01/2027"})
    assert voters_town.message_state() is MessageState.WAITING


def test_a_stranger_can_prolong_a_break_never_shorten_it(browser: TestClient, voters_town: Town, page: str):
    browser.post(page, data={"act": "vote"})
    shorter = browser.post(page, data={"act": "day", "until": "2027-01-31"})
    assert "dimanche 31 janvier" not in shorter.text and "lundi 1er février 2027" in shorter.text, "as asked"
    assert "2 mai" not in shorter.text, "and nothing of what was in force"
    assert [until for _, _, until in pauses(voters_town)] == [THE_VOTE_ENDS]
    browser.post(page, data={"act": "day", "until": "2027-06-30"})
    assert [until for _, _, until in pauses(voters_town)] == [datetime(2027, 6, 30, 22, tzinfo=UTC)]


def test_a_break_asked_while_the_message_is_about_to_leave_holds_it_back(browser: TestClient, voters_town: Town, page: str):
    channel: Any = next(iter(voters_town.gw.channels.values()))

    def takes_a_break(_envelope: Envelope) -> None:
        browser.post(page, data={"act": "vote"})
        until(lambda: voters_town.gw.feed.suppressed_since(voters_town.digest, 0))  # milliseconds, on a thread of its own

    channel.before = takes_a_break
    run(voters_town.gw)
    assert (voters_town.message_state(), channel.handed) == (MessageState.CANCELLED, [])


@pytest.mark.parametrize("until", ["", "hier", "2026-11-30", "2029-01-01", "31/02/2027", "9999-12-31"])
def test_a_break_without_a_good_date_changes_nothing_and_says_what_to_write(
    small_browser: TestClient, small_town: Town, small_page: str, until: str
):
    before = small_town.everything()
    answer = small_browser.post(small_page, data={"act": "day", "until": until})
    assert answer.status_code == 400
    assert "À corriger" in answer.text
    assert 'aria-describedby="until-problem"' in answer.text
    assert small_town.everything() == before


def test_once_the_vote_is_over_nobody_is_offered_a_break_until_then(
    small_browser: TestClient, small_page: str, clock: ManualClock
):
    assert 'value="vote"' in small_browser.get(small_page).text
    clock.set(THE_VOTE_ENDS)
    assert 'value="vote"' not in small_browser.get(small_page).text
    assert small_browser.post(small_page, data={"act": "vote"}).status_code == 400


@pytest.mark.parametrize("body", [{}, {"act": "stop"}, {"act": "agree", "email": "1"}, {"email": "1"}])
def test_a_form_that_asks_for_nothing_changes_nothing(small_browser: TestClient, small_town: Town, small_page: str, body: dict):
    before = small_town.everything()
    answer = small_browser.post(small_page, data=body)
    assert answer.status_code == 400
    assert "Rien n’a encore été changé" in answer.text
    assert small_town.everything() == before


def test_everything_stops_in_one_act_and_for_good(browser: TestClient, voters_town: Town, page: str):
    done = browser.post(page, data={"act": "everything"})
    assert "ne vous enverra plus aucun message de campagne, par aucun moyen" in done.text
    assert voters_town.objections() == [("*", "unsubscribe_link")]
    assert voters_town.message_state() is MessageState.CANCELLED
    assert consents(voters_town) == {("email", "political"): "withdrawn"}


def test_the_page_of_the_objection_leads_here_and_its_own_link_does_not_open_this_page(
    small_browser: TestClient, small_town: Town
):
    assert f"/p/{small_town.token(LinkScope.PREFER)}" in small_browser.get(f"/o/{small_town.token()}").text
    assert small_browser.get(f"/p/{small_town.token()}").status_code == 404
    assert small_browser.post(f"/o/{small_town.token(LinkScope.PREFER)}", data={"scope": "medium"}).status_code == 404


def test_a_person_who_was_erased_may_still_pause_and_stop_her_address(browser: TestClient, voters_town: Town, page: str):
    with begin(voters_town.gw.engine) as tx:
        tx.execute(tables.contact.delete())
    assert browser.get(page).status_code == 200
    assert browser.post(page, data={"act": "stop", "email": "1"}).status_code == 200
    assert browser.post(page, data={"act": "vote"}).status_code == 200
    assert browser.post(page, data={"act": "everything"}).status_code == 200
    assert voters_town.objections() == [("*", "person_pause"), ("*", "unsubscribe_link")]

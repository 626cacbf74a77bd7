"""The personal link: what is on record is shown, and consent given, to whoever reads the mailbox on file and to nobody else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default as modern
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from starlette.testclient import TestClient

from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.suppression import SuppressionCause
from gateway.flows.listening import object_by_link
from gateway.flows.thanking import Given, thank
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.mails import part_of
from tests.sending.support import Person, add, digest, journal_of, newsletter, run
from tests.web.voters import EMAIL, Town


@pytest.fixture
def forwarded(voters_town: Town) -> str:
    """The link of her newsletter, which others may have."""
    return f"/p/{voters_town.token(LinkScope.PREFER)}"


@pytest.fixture
def personal(browser: TestClient, voters_town: Town, forwarded: str) -> str:
    """The link in the letter she asked for."""
    return asked_for(browser, voters_town, forwarded)


def letter(town: Town, email: str = EMAIL) -> str:
    """The text of the last mail to an address."""
    channel: Any = next(iter(town.gw.channels.values()))
    return part_of(message_from_bytes(channel.payloads[email], policy=modern))


def asked_for(browser: TestClient, town: Town, forwarded: str) -> str:
    """Ask for a personal link and take it out of the mailbox."""
    run(town.gw)
    assert browser.post(forwarded, data={"act": "link"}).status_code == 200
    run(town.gw)
    (found,) = re.findall(r"/p/[\w-]+", letter(town))
    return str(found)


def consents(town: Town) -> dict[tuple[str, str], tuple[str, bool, str | None]]:
    """(state, with evidence, election) of each consent."""
    c = tables.consent
    columns = (c.c.medium, c.c.purpose, c.c.state, c.c.evidence, c.c.election)
    with reading(town.gw.engine) as tx:
        return {(row.medium, row.purpose): (row.state, row.evidence, row.election) for row in tx.execute(select(*columns))}


def test_the_letter_goes_to_the_address_on_file_and_says_nothing_but_the_link(
    browser: TestClient, voters_town: Town, personal: str
):
    text = letter(voters_town)
    assert "Voir et changer mes choix" in text
    assert "Anaëlle" not in text
    assert personal != f"/p/{voters_town.token(LinkScope.PREFER)}"
    assert [told["letter"] for told in journal_of(voters_town.gw, "notice")] == ["personal"]


def test_the_page_behind_it_shows_what_was_agreed_since_when_and_by_which_words(
    browser: TestClient, voters_town: Town, forwarded: str, personal: str
):
    browser.post(forwarded, data={"act": "stop", "sms": "1"})
    page = browser.get(personal).text
    assert f"Ce que nous avons noté pour {EMAIL}" in page
    assert "mardi 1er septembre 2026" in page
    assert re.search(r"Messages de campagne\s+par SMS.*Retiré", page, re.DOTALL)
    assert "page de préférences" in page


@pytest.mark.parametrize("days", [3, 400])
def test_after_two_days_it_is_like_any_forwarded_link(
    browser: TestClient, voters_town: Town, personal: str, clock: ManualClock, days: int
):
    clock.advance(timedelta(days=days))
    before = voters_town.everything()
    page = browser.get(personal)
    assert page.status_code == 200
    assert EMAIL not in page.text
    for act in ({"act": "agree", "agree-targeting": "1"}, {"act": "resume"}, {"act": "take-back:email:political"}):
        answer = browser.post(personal, data=act)
        assert answer.status_code == 400
        assert "Votre lien personnel ne vaut plus" in answer.text
    assert voters_town.everything() == before
    assert browser.post(personal, data={"act": "stop", "email": "1"}).status_code == 200, "but it still lets her go"


def test_a_stranger_with_a_forwarded_newsletter_cannot_subscribe_her_to_anything_nor_end_her_break(
    browser: TestClient, voters_town: Town, forwarded: str
):
    browser.post(forwarded, data={"act": "vote"})
    before = voters_town.everything()
    for act in ({"act": "agree", "agree-targeting": "1"}, {"act": "resume"}, {"act": "take-back:email:political"}):
        assert browser.post(forwarded, data=act).status_code == 400
    assert voters_town.everything() == before


def test_the_link_of_one_person_shows_nothing_of_another(browser: TestClient, voters_town: Town, personal: str):
    add(voters_town.gw, Person(email="autre@exemple.fr"))
    number = voters_town.gw.keys.read_link_token(personal[3:], LinkScope.PREFER).message_id
    crossed = voters_town.gw.keys.link_token(LinkScope.PREFER, number, digest(voters_town.gw, "autre@exemple.fr"))
    assert "autre@exemple.fr" not in browser.get(f"/p/{crossed}").text


def test_a_new_consent_is_recorded_with_the_exact_words_the_version_and_the_election(
    browser: TestClient, voters_town: Town, personal: str
):
    page = browser.get(personal).text
    assert "checked" not in page
    words = "J’accepte que Comité Rochebrune choisisse une partie des courriels politiques"
    assert words in page
    done = browser.post(personal, data={"act": "agree", "agree-targeting": "1"})
    assert "Votre accord est noté" in done.text
    assert consents(voters_town)["email", "targeting"] == ("granted", True, "presidentielle-2027")
    assert ("sms", "targeting") not in consents(voters_town)
    (told,) = journal_of(voters_town.gw, "consent")
    assert told["form"] == "page de préférences, version 1 (fr)"
    assert told["means"] == "page de préférences"
    with reading(voters_town.gw.engine) as tx:
        kept = tx.execute(select(tables.wording.c.text).where(tables.wording.c.sha256 == told["wording"])).scalar_one()
    assert kept.startswith(words)
    assert words in browser.get(personal).text, "and she can read them again"


def test_a_receipt_with_the_words_follows_and_its_link_is_no_personal_link(browser: TestClient, voters_town: Town, personal: str):
    browser.post(personal, data={"act": "agree", "agree-targeting": "1"})
    run(voters_town.gw)
    text = " ".join(letter(voters_town).split())
    assert "choisisse une partie des courriels politiques" in text
    (receipt,) = re.findall(r"/r/[\w-]+", letter(voters_town))
    (withdraw,) = set(re.findall(r"/p/[\w-]+", browser.get(receipt).text))
    assert EMAIL not in browser.get(withdraw).text
    assert browser.post(withdraw, data={"act": "agree", "agree-open_pixel": "1"}).status_code == 400


def test_the_receipt_has_every_sentence_however_many_she_agreed_to_at_once(voters_town: Town, personal: str):
    controller = "Association de financement électoral de Camille Rochebrune, candidate à l’élection présidentielle"
    words = tuple(f"J’accepte que {controller} {does}." for does in ("m’écrive", "choisisse mes courriels", "m’écrive après"))
    given = Given(words=words, form="page de préférences", at=voters_town.gw.clock.now(), language="fr")
    with begin(voters_town.gw.engine) as tx:
        thank(tx, voters_town.gw, digest(voters_town.gw, EMAIL), given)
    run(voters_town.gw)
    text = " ".join(letter(voters_town).split())
    assert all(sentence in text for sentence in words)


def called(town: Town, hours: str) -> None:
    """Let her have agreed to calls at these hours."""
    at = datetime(2026, 9, 1, tzinfo=UTC)
    with begin(town.gw.engine) as tx:
        contact_id = tx.execute(select(tables.contact.c.id).limit(1)).scalar_one()
        tx.execute(insert(tables.wording).values(sha256="c" * 64, text="J’accepte les appels.", first_seen_at=at))
        given = {"contact_id": contact_id, "medium": "call", "purpose": "political", "hours": hours}
        event = {"act": "granted", "at": at, "given_at": at, "form": "Carton", "wording_sha256": "c" * 64, "means": "papier"}
        tx.execute(insert(tables.consent_event).values(**given, **event, collector="équipe", recorded_at=at))
        tx.execute(insert(tables.consent).values(**given, state="granted", evidence=True, since=at))


def test_hours_of_calls_may_be_made_fewer_on_the_evidence_of_the_same_consent(
    browser: TestClient, voters_town: Town, personal: str
):
    called(voters_town, "lun-ven 18:00-20:00")
    assert browser.get(personal).text.count("du lundi au vendredi de 18\N{NO-BREAK SPACE}h à 20\N{NO-BREAK SPACE}h") == 2, (
        "as told, and as she may change them"
    )
    done = browser.post(personal, data={"act": "hours", "hours": "lundi et mardi de 18h à 19h"})
    assert "aucun appel en dehors de ces heures" in done.text
    c = tables.consent.c
    with reading(voters_town.gw.engine) as tx:
        kept = tx.execute(select(c.hours, c.state, c.evidence).where(c.medium == "call")).one()
    assert tuple(kept) == ("lun-mar 18:00-19:00", "granted", True)
    (told,) = journal_of(voters_town.gw, "consent")
    assert (told["hours"], told["form"], told["by"]) == ("lun-mar 18:00-19:00", "Carton", "la personne")


@pytest.mark.parametrize(("language", "told"), [("fr", "désinscription en un clic"), ("en", "one-click unsubscription")])
def test_how_she_took_it_back_is_told_in_her_words_and_not_by_a_code(
    browser: TestClient, voters_town: Town, personal: str, language: str, told: str
):
    browser.post(f"/o/{voters_town.token()}", data={"List-Unsubscribe": "One-Click"})
    page = browser.get(f"{personal}?lang={language}").text
    assert told in page and "one_click" not in page


@pytest.mark.parametrize("hours", ["", "lun-ven 18:00-21:00", "sam 18:00-19:00", "quand vous voulez"])
def test_more_hours_than_were_agreed_are_refused(browser: TestClient, voters_town: Town, personal: str, hours: str):
    called(voters_town, "lun-ven 18:00-20:00")
    before = voters_town.everything()
    answer = browser.post(personal, data={"act": "hours", "hours": hours})
    assert answer.status_code == 400
    assert "heures comprises dans celles que vous aviez acceptées" in answer.text
    assert f'name="hours" value="{hours}"' in answer.text  # what she typed is there to be put right
    assert voters_town.everything() == before


def test_hours_are_nobodys_business_behind_a_forwarded_link(browser: TestClient, voters_town: Town, forwarded: str):
    called(voters_town, "lun-ven 18:00-20:00")
    assert "18:00" not in browser.get(forwarded).text
    assert browser.post(forwarded, data={"act": "hours", "hours": "lun 18:00-19:00"}).status_code == 400


def test_whoever_stopped_emails_may_agree_again_and_gets_the_next_newsletter(
    browser: TestClient, voters_town: Town, personal: str, clock: ManualClock
):
    browser.post(personal, data={"act": "take-back:email:political"})
    assert consents(voters_town)["email", "political"][0] == "withdrawn"
    clock.advance(timedelta(minutes=5))
    browser.post(personal, data={"act": "agree", "agree-political": "1"})
    assert consents(voters_town)["email", "political"] == ("granted", True, "presidentielle-2027")
    newsletter(voters_town.gw, "suivante")
    run(voters_town.gw)
    m, c = tables.message, tables.campaign
    with reading(voters_town.gw.engine) as tx:
        chosen = select(m.c.state).join(c, c.c.id == m.c.campaign_id).where(c.c.name == "suivante")
        assert tx.execute(chosen).scalar_one() == MessageState.ACCEPTED


def test_agreeing_twice_is_recorded_once(browser: TestClient, voters_town: Town, personal: str):
    browser.post(personal, data={"act": "agree", "agree-targeting": "1"})
    before = voters_town.everything()
    browser.post(personal, data={"act": "agree", "agree-targeting": "1"})
    assert voters_town.everything() == before


def test_whoever_objected_is_shown_so_and_is_offered_no_consent(browser: TestClient, voters_town: Town, personal: str):
    object_by_link(voters_town.gw, voters_town.token(), cause=SuppressionCause.UNSUBSCRIBE_LINK)
    page = browser.get(personal).text
    assert "Vous avez dit stop à nos messages (par courriel)" in page
    assert "agree-" not in page
    before = voters_town.everything()
    answer = browser.post(personal, data={"act": "agree", "agree-political": "1"})
    assert answer.status_code == 400 and "Vos choix ont changé depuis" in answer.text
    assert "ne vaut plus" not in answer.text, "her link is as good as it was"
    assert voters_town.everything() == before


def test_whoever_objected_still_gets_the_link_she_asks_for(browser: TestClient, voters_town: Town, forwarded: str):
    run(voters_town.gw)
    object_by_link(voters_town.gw, voters_town.token(), cause=SuppressionCause.UNSUBSCRIBE_LINK, every_medium=True)
    browser.post(forwarded, data={"act": "link"})
    run(voters_town.gw)
    assert "Voir et changer mes choix" in letter(voters_town)


def test_a_break_ends_early_when_the_person_herself_says_so(
    browser: TestClient, voters_town: Town, forwarded: str, personal: str
):
    browser.post(forwarded, data={"act": "vote"})
    assert "Vous avez demandé une pause jusqu’au" in browser.get(personal).text
    assert "La pause est finie" in browser.post(personal, data={"act": "resume"}).text
    assert [told["act"] for told in journal_of(voters_town.gw, "suppression")] == ["paused", "resumed"]
    newsletter(voters_town.gw, "suivante")
    run(voters_town.gw)
    with reading(voters_town.gw.engine) as tx:
        states = tx.execute(select(tables.message.c.state).order_by(tables.message.c.id.desc()).limit(1)).scalar_one()
    assert states == MessageState.ACCEPTED


def test_asking_again_and_again_sends_one_letter_an_hour(
    browser: TestClient, voters_town: Town, forwarded: str, clock: ManualClock
):
    def letters() -> int:
        m = tables.message
        with reading(voters_town.gw.engine) as tx:
            return tx.execute(select(func.count()).select_from(m).where(m.c.message_class == "rights")).scalar_one()

    for _ in range(5):
        assert browser.post(forwarded, data={"act": "link"}).status_code == 200
    assert letters() == 1
    clock.advance(timedelta(hours=1))
    browser.post(forwarded, data={"act": "link"})
    assert letters() == 2


def test_nobody_learns_whether_an_address_is_still_on_file(browser: TestClient, voters_town: Town, forwarded: str):
    known = browser.post(forwarded, data={"act": "link"}).text
    with begin(voters_town.gw.engine) as tx:
        tx.execute(tables.contact.delete())
    assert browser.post(forwarded, data={"act": "link"}).text == known


def test_words_kept_with_an_old_consent_are_shown_as_they_were(browser: TestClient, voters_town: Town, personal: str):
    said = "Je veux bien <b>recevoir</b> la lettre."
    e, w = tables.consent_event, tables.wording
    with begin(voters_town.gw.engine) as tx:
        contact_id = tx.execute(select(tables.contact.c.id).limit(1)).scalar_one()
        at = voters_town.gw.clock.now()
        tx.execute(insert(w).values(sha256="0" * 64, text=said, first_seen_at=at))
        row = {"medium": "email", "purpose": "political", "act": "granted", "at": at, "form": "Carton vert", "recorded_at": at}
        tx.execute(insert(e).values(contact_id=contact_id, wording_sha256="0" * 64, **row))
    page = browser.get(personal).text
    assert "Je veux bien &lt;b&gt;recevoir&lt;/b&gt; la lettre." in page
    assert "Carton vert" in page

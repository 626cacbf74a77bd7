"""« Pourquoi ai-je reçu ce message ? »: told to whoever holds the link; details and rights behind a link of her own."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from gateway.domain.keys import LinkScope
from gateway.domain.rights import Identity, RequestState, RequestVia, Right
from gateway.flows.auditing.whole import verify_store
from gateway.flows.retaining import lift_holds, place_hold
from gateway.flows.rights import requests
from gateway.flows.rights.erasing import UnderHold, erase
from gateway.flows.sealing import seal
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.journeys.mailbox import link_in, text_of
from tests.rights.support import asks
from tests.sending.support import Person, add, digest, journal_of, newsletter, run
from tests.web.voters import EMAIL, Town

ACTS: tuple[dict[str, str], ...] = (
    {"act": "download"},
    {"act": "correct", "given_name": "Zoé"},
    {"act": "restrict"},
    {"act": "erase", "sure": "1"},
)


@pytest.fixture
def forwarded(voters_town: Town) -> str:
    """The link in the footer of her newsletter, which others may have."""
    run(voters_town.gw)
    return link_in(voters_town.gw, EMAIL, "w")


@pytest.fixture
def own(browser: TestClient, voters_town: Town, forwarded: str) -> str:
    """The link in the letter she asked for."""
    assert browser.post(forwarded, data={"act": "link"}).status_code == 200
    run(voters_town.gw)
    assert "Voir mes données et exercer mes droits" in text_of(voters_town.gw, EMAIL)
    return link_in(voters_town.gw, EMAIL, "w")


def person(town: Town) -> Any:
    with reading(town.gw.engine) as tx:
        return tx.execute(select(tables.contact)).mappings().first()


def the_request(town: Town) -> requests.Line:
    (line,) = requests.everything(town.gw)
    return line


def test_the_footer_of_her_newsletter_leads_to_who_wrote_for_which_election_and_where_her_address_comes_from(
    browser: TestClient, voters_town: Town, forwarded: str
):
    before = voters_town.everything()
    page = browser.get(forwarded)
    assert page.status_code == 200
    for words in (
        "Camille Rochebrune",
        "Comité Rochebrune",
        "c…@exemple.fr",
        "élection présidentielle de 2027",
        "D’où viennent vos coordonnées\u00a0: le formulaire du site",
        "www.cnil.fr/fr/plaintes",
        "M’opposer à ces messages",
    ):
        assert words in page.text, words
    assert voters_town.everything() == before, "looking changes nothing"


def test_a_stranger_with_a_forwarded_newsletter_reads_nothing_of_hers_and_does_nothing_in_her_name(
    browser: TestClient, voters_town: Town, forwarded: str
):
    page = browser.get(forwarded).text
    assert EMAIL not in page and "Anaëlle" not in page and "Ce que vous avez accepté" not in page
    before = voters_town.everything()
    for act in ACTS:
        answer = browser.post(forwarded, data=act)
        assert answer.status_code == 400 and "Votre lien personnel ne vaut plus" in answer.text
    assert voters_town.everything() == before


def test_her_own_link_shows_what_is_on_record_and_looking_changes_nothing(browser: TestClient, voters_town: Town, own: str):
    at, events = voters_town.gw.clock.now(), []
    for purpose, acts in (("political", ("pending", "granted")), ("after_election", ("pending",))):
        events += [{"medium": "email", "purpose": purpose, "act": act, "at": at, "recorded_at": at} for act in acts]
    with begin(voters_town.gw.engine) as tx:
        tx.execute(insert(tables.consent_event).values(contact_id=tx.scalar(select(tables.contact.c.id))), events)
        tx.execute(update(tables.contact).values(postcode="97400"))
    before = voters_town.everything()
    page = browser.get(own).text
    assert (page.count("Accepté,"), page.count("À confirmer,")) == (1, 1), "what was confirmed since awaits nothing"
    assert re.search("<dt>Code postal</dt><dd>97400</dd>", page) and "<dt>Commune</dt>" not in page
    for words in (EMAIL, "Anaëlle", "D’où elles viennent", "Ce que vous avez accepté", "Télécharger toutes mes données"):
        assert words in page, words
    assert voters_town.everything() == before


def test_the_hours_at_which_she_agreed_to_be_called_stand_with_her_agreement(browser: TestClient, voters_town: Town, own: str):
    at = voters_town.gw.clock.now()
    agreed = {
        "medium": "call",
        "purpose": "political",
        "act": "granted",
        "hours": "lun-ven 18:00-20:00",
        "at": at,
        "recorded_at": at,
    }
    with begin(voters_town.gw.engine) as tx:
        tx.execute(insert(tables.consent_event).values(contact_id=tx.scalar(select(tables.contact.c.id)), **agreed))
    assert (
        "Heures acceptées\N{NO-BREAK SPACE}: du lundi au vendredi de 18\N{NO-BREAK SPACE}h à 20\N{NO-BREAK SPACE}h."
        in unescape(browser.get(own).text)
    )


@pytest.mark.parametrize("days", [2, 400])
def test_after_two_days_it_is_like_any_forwarded_link(
    browser: TestClient, voters_town: Town, own: str, clock: ManualClock, days: int
):
    clock.advance(timedelta(days=days))
    before = voters_town.everything()
    assert EMAIL not in browser.get(own).text
    assert [browser.post(own, data=act).status_code for act in ACTS] == [400] * len(ACTS)
    assert voters_town.everything() == before


def test_a_link_for_something_else_or_of_somebody_else_opens_nothing(browser: TestClient, voters_town: Town, own: str):
    keys = voters_town.gw.keys
    add(voters_town.gw, Person(email="autre@exemple.fr"))
    number = keys.read_link_token(own[3:], LinkScope.WHY).message_id
    crossed = keys.link_token(LinkScope.WHY, number, digest(voters_town.gw, "autre@exemple.fr"))
    assert "autre@exemple.fr" not in browser.get(f"/w/{crossed}").text
    assert browser.post(f"/w/{crossed}", data={"act": "erase", "sure": "1"}).status_code == 400
    for scope in (LinkScope.OBJECT, LinkScope.PREFER, LinkScope.INERT):
        token = keys.link_token(scope, number, voters_town.digest)
        assert browser.get(f"/w/{token}").status_code == browser.post(f"/w/{token}").status_code == 404
    assert browser.get(own[:-1] + ("A" if own[-1] != "A" else "B")).status_code == 404


def test_the_link_to_her_choices_is_no_link_to_her_data(browser: TestClient, voters_town: Town, forwarded: str):
    prefer = link_in(voters_town.gw, EMAIL, "p")
    browser.post(prefer, data={"act": "link"})
    run(voters_town.gw)
    fresh = link_in(voters_town.gw, EMAIL, "p")
    number = voters_town.gw.keys.read_link_token(fresh[3:], LinkScope.PREFER).message_id
    token = voters_town.gw.keys.link_token(LinkScope.WHY, number, voters_town.digest)
    assert EMAIL not in browser.get(f"/w/{token}").text


def test_she_downloads_everything_and_her_request_is_answered_the_same_second(browser: TestClient, voters_town: Town, own: str):
    answer = browser.post(own, data={"act": "download"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="mes-donnees.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        content = json.loads(archive.read("copie.json"))
    assert content["addresses"][0]["value"] == EMAIL
    request = the_request(voters_town).request
    assert (request.right, request.via, request.state) == (Right.ACCESS, RequestVia.PAGE, RequestState.GRANTED)
    assert (request.identity, request.answered_by) == (Identity.MAILBOX, "la personne")
    assert [told["act"] for told in journal_of(voters_town.gw, "rights")] == ["opened", "answered"]
    english = browser.post(f"{own}?lang=en", data={"act": "download"})
    assert "my-data.zip" in english.headers["content-disposition"]


def test_she_puts_her_name_right(browser: TestClient, voters_town: Town, own: str):
    done = browser.post(own, data={"act": "correct", "given_name": "  Zoé ", "postcode": "67000", "birth_on": "15/03/1970"})
    assert "Vos corrections sont enregistrées" in done.text and "porte le numéro 1" in done.text
    now = person(voters_town)
    assert (now["given_name"], now["postcode"], now["birth_on"].isoformat()) == ("Zoé", "67000", "1970-03-15")
    assert 'value="Zoé"' in browser.get(own).text
    emptied = browser.post(own, data={"act": "correct", "given_name": "Zoé", "birth_on": " "})
    assert "Vos corrections sont enregistrées" in emptied.text and person(voters_town)["birth_on"] is None
    before = voters_town.everything()
    again = browser.post(own, data={"act": "correct", "given_name": "Zoé"})
    assert again.status_code == 400 and "est déjà ce que nous avons" in again.text
    odd = browser.post(own, data={"act": "correct", "birth_on": "31/02/1970"})
    assert odd.status_code == 400 and "Cette date de naissance n’est pas possible, ou ne se lit pas" in odd.text
    unborn = browser.post(own, data={"act": "correct", "given_name": "Zélie", "birth_on": "15/03/2070"})
    assert unborn.status_code == 400 and 'value="15/03/2070"' in unborn.text and 'value="Zélie"' in unborn.text, "what was typed"
    assert voters_town.everything() == before


def test_what_she_types_cannot_be_markup(browser: TestClient, voters_town: Town, own: str):
    browser.post(own, data={"act": "correct", "given_name": '"><script>alert(1)</script>'})
    assert "<script>" not in browser.get(own).text


def test_she_has_her_data_only_kept_and_no_newsletter_reaches_her(
    browser: TestClient, voters_town: Town, own: str, clock: ManualClock
):
    assert "Nous gardons vos données sans nous en servir" in browser.post(own, data={"act": "restrict"}).text
    assert "L’usage de vos données est limité" in browser.get(own).text
    first = the_request(voters_town).request
    clock.advance(timedelta(minutes=5))
    again = browser.post(own, data={"act": "restrict"})  # from a page that was open before
    assert f"numéro {first.id}." in again.text and f'datetime="{first.answered_at:%Y-%m-%dT%H:%M}' in again.text
    assert the_request(voters_town).request == first, "no second request is opened for what is in force"
    channel: Any = next(iter(voters_town.gw.channels.values()))
    before = len(channel.handed)
    newsletter(voters_town.gw, "suivante")
    run(voters_town.gw)
    assert len(channel.handed) == before


def test_she_has_everything_erased_and_the_page_says_what_stays(browser: TestClient, voters_town: Town, own: str):
    unsure = browser.post(own, data={"act": "erase"})
    assert unsure.status_code == 400 and person(voters_town) is not None
    done = browser.post(own, data={"act": "erase", "sure": "1"})
    assert done.status_code == 200 and "n’a plus rien sur vous" in done.text and "empreinte illisible" in done.text
    assert person(voters_town) is None and voters_town.objections() == [("*", "unsubscribe_link")]
    assert "n’a plus vos coordonnées" in browser.get(own).text
    before = voters_town.everything()
    for act in ({"act": "erase", "sure": "1"}, {"act": "restrict"}):  # pressed twice, or in another tab: no mistake of hers
        again = browser.post(own, data=act)
        assert again.status_code == 200 and "n’a plus vos coordonnées" in again.text and "ne vaut plus" not in again.text
    for scope, page in ((LinkScope.WHY, "w"), (LinkScope.OBJECT, "o"), (LinkScope.PREFER, "p")):
        later = browser.get(f"/{page}/{voters_town.token(scope)}").text
        assert "liste d’opposition" in later and "un vieux fichier pourrait vous faire revenir" in later
        assert "<button" not in later and "M’opposer" not in later, "there is nothing left to object to, nor to choose"
    assert browser.post(own, data={"act": "link"}).status_code == 200, "and nobody learns that she is gone"
    assert voters_town.everything() == before
    seal(voters_town.gw)
    assert verify_store(voters_town.gw).fault is None


def test_a_dispute_keeps_her_data_and_her_request_waits_for_a_person(browser: TestClient, voters_town: Town, own: str):
    gw = voters_town.gw
    until = gw.clock.now() + timedelta(days=90)
    place_hold(gw, EMAIL, reason="recours devant le tribunal", until=until, by="Inès")
    done = browser.post(own, data={"act": "erase", "sure": "1"})
    assert "nous oblige à garder vos données" in done.text and "1er janvier 2027" in done.text
    assert "recours devant le tribunal" not in done.text
    request = the_request(voters_town).request
    assert person(voters_town) is not None and (request.state, request.identity) == (RequestState.OPEN, Identity.MAILBOX)
    with pytest.raises(UnderHold, match="gateway retention release"):
        erase(gw, request.id, by="Inès")
    lift_holds(gw, EMAIL, by="Inès")
    assert erase(gw, request.id, by="Inès").erased.contacts == 1


def test_a_request_she_had_made_by_reply_is_the_one_that_is_answered(browser: TestClient, voters_town: Town, own: str):
    open_one = asks(voters_town.gw, Right.ERASURE, EMAIL, via=RequestVia.REPLY, recorded_by=None)
    browser.post(own, data={"act": "erase", "sure": "1"})
    assert the_request(voters_town).request.id == open_one.id
    assert the_request(voters_town).request.state is RequestState.GRANTED


def test_asking_again_and_again_sends_one_letter_an_hour_and_tells_nothing(
    browser: TestClient, voters_town: Town, forwarded: str
):
    known = browser.post(forwarded, data={"act": "link"}).text
    for _ in range(4):
        browser.post(forwarded, data={"act": "link"})
    with reading(voters_town.gw.engine) as tx:
        m = tables.message
        assert len(tx.execute(select(m.c.id).where(m.c.message_class == "rights")).all()) == 1
    with begin(voters_town.gw.engine) as tx:
        tx.execute(tables.contact.delete())
    assert browser.post(forwarded, data={"act": "link"}).text == known


def test_the_page_of_the_objection_leads_there_too(browser: TestClient, voters_town: Town):
    page = browser.get(f"/o/{voters_town.token()}").text
    (link,) = re.findall(r"/w/[\w-]+", page)
    assert "Pourquoi ai-je reçu ce message" in browser.get(link).text


def test_whoever_was_called_on_a_landline_is_told_how_to_reach_the_team(small_browser: TestClient, small_town: Town):
    gw = small_town.gw
    with begin(gw.engine) as tx:
        tx.execute(tables.address.update().values(medium="call", value="+33199001234"))
    path = f"/w/{small_town.token(LinkScope.WHY)}"
    page = small_browser.get(path).text
    assert "nous ne pouvons pas y envoyer de code" in page and "contact@rochebrune.exemple.fr" in page
    assert "À votre numéro" in page and "À votre adresse" not in page
    assert 'value="link"' in page and 'value="code"' not in page and "+33199001234" not in page
    told = small_browser.post(path, data={"act": "link"}).text
    with begin(gw.engine) as tx:
        m, a = tables.message, tables.address
        letters = select(m.c.digest).where(m.c.message_class == "rights")
        assert tx.execute(letters).all() == [], "no mailbox of hers is known"
        (phone,) = tx.execute(select(a.c.contact_id)).all()
        mailbox = {"medium": "email", "value": "elle@exemple.fr", "domain": "exemple.fr", "digest": b"mailbox of hers!"}
        tx.execute(a.insert().values(contact_id=phone.contact_id, **mailbox))
    assert small_browser.post(path, data={"act": "link"}).text == told, "whether one is known is told to nobody"
    with reading(gw.engine) as tx:
        assert [bytes(row.digest) for row in tx.execute(letters)] == [b"mailbox of hers!"]

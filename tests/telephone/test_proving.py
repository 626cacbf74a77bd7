"""Somebody known by telephone alone exercises her rights by herself: a code by text to the number on file, then her pages."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from gateway.channels.twilio.callbacks import sms_reply
from gateway.domain.channel import Medium
from gateway.domain.keys import LinkScope
from gateway.domain.rights import Identity, RequestState, RequestVia, Right
from gateway.flows.auditing.whole import verify_store
from gateway.flows.rights import proving, requests
from gateway.flows.sealing import seal
from gateway.flows.telephoning import hear_text
from gateway.render.segments import segments
from gateway.store import tables
from gateway.store.engine import open_engine, reading
from gateway.web.app import web_app
from tests.sending.support import journal_of, pack_reviewed_until, run
from tests.telephone.support import add, call, digest, row_of, text, town

MARIE, ZOE = "+33639980010", "+33639980020"
TYPED = "06 39 98 00 10"
LAW = pack_reviewed_until(date(2028, 1, 1))
ASKED = {"act": "number", "phone": TYPED}


@pytest.fixture
def t(database_url, clock, tmp_path):
    controller = {"name": "Comité Rochebrune", "email": "contact@exemple.fr"}
    with town(database_url, clock, tmp_path, controller=controller, law=LAW) as made:
        yield made


@pytest.fixture
def browser(t):
    with TestClient(web_app(t.gw), headers={"Accept-Language": "fr"}, follow_redirects=False) as client:
        yield client


def code_sent(t, number=MARIE) -> str:
    """The code in the last text a telephone got."""
    run(t.gw)
    assert t.carrier.idle()
    found = re.search(r"\d{4} \d{4}", t.sent_to(number)[-1])
    assert found, t.sent_to(number)
    return found[0]


def token_in(page: Any) -> str:
    """What the page where a code is typed in carries."""
    (to,) = re.findall(r'name="to" value="([\w-]+)"', page.text)
    return str(to)


def opened(t, browser) -> str:
    """The page a code of Marie's leads to."""
    to = token_in(browser.post("/rights", data=ASKED))
    answer = browser.post("/rights", data={"act": "code", "to": to, "code": code_sent(t)})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def messages(t) -> int:
    with reading(t.gw.engine) as tx:
        return tx.execute(select(func.count()).select_from(tables.message)).scalar_one()


def test_by_her_number_alone_she_sees_what_is_held_and_looking_changes_nothing(t, browser):
    add(t, MARIE, given_name="Marie", commune="Valbrume")
    assert "Votre numéro de mobile" in browser.get("/rights").text
    asked = browser.post("/rights", data=ASKED)
    assert asked.status_code == 200 and "Si ce numéro est dans notre fichier" in asked.text
    code = code_sent(t)
    (read,) = t.sent_to(MARIE)
    assert read == f"Camille Rochebrune: Code {code} pour voir vos données, valable 30 minutes. " + (
        "Ne le donnez à personne. Pas demandé? Ne faites rien."
    )
    assert segments(read).parts == 1 and row_of(t, MARIE)["because"] == "rights-messages-exempt"
    led = browser.post("/rights", data={"act": "code", "to": token_in(asked), "code": code.replace(" ", "-")})
    page = browser.get(led.headers["location"])
    for words in (MARIE, "Marie", "D’où elles viennent", "Télécharger toutes mes données", "M’opposer à ces messages", "cnil.fr"):
        assert words in page.text, words
    assert [told["act"] for told in journal_of(t.gw, "rights")] == ["code"]


def test_her_own_stop_and_the_silence_of_the_eve_keep_the_campaign_away_and_not_the_code_she_asks_for(t, browser):
    """Rule rights-messages-exempt: whoever objected does not lose her other rights by it."""
    add(t, MARIE)
    form = {"MessageSid": "SM" + "1" * 32, "From": MARIE, "To": "36000", "Body": "STOP"}
    hear_text(t.gw, sms_reply(form), form)
    run(t.gw)
    before = len(t.sent_to(MARIE))
    t.clock.set(datetime(2027, 4, 17, 22, 0, tzinfo=UTC))  # the night before the first round
    page = browser.get(opened(t, browser)).text
    assert "Votre demande est enregistrée et reste valable" in page
    text(t)
    run(t.gw)
    assert len(t.sent_to(MARIE)) == before + 1, "one code, and nothing of the campaign"


def test_of_a_number_nobody_has_the_same_is_said_nothing_is_sent_and_nothing_kept(t, browser):
    add(t, MARIE)
    known = browser.post("/rights", data=ASKED)
    before = messages(t)
    stranger = browser.post("/rights", data={"act": "number", "phone": "0639980020"})
    assert (stranger.status_code, stranger.text.replace(token_in(stranger), "")) == (200, known.text.replace(token_in(known), ""))
    assert messages(t) == before
    code_sent(t)
    for typed in ("1", "١٢٣٤٥٦٧٨", "é1", ""):  # digits of another script are no code; a fault would tell that one was sent
        wrong = [browser.post("/rights", data={"act": "code", "to": token_in(one), "code": typed}) for one in (known, stranger)]
        assert {one.status_code for one in wrong} == {400}, typed
        assert len({one.text.replace(token_in(one), "") for one in wrong}) == 1
    assert ZOE not in stranger.text and t.sent_to(ZOE) == []


def test_a_code_is_good_once_for_thirty_minutes_and_for_one_number(t, browser):
    for number in (MARIE, ZOE):
        add(t, number)
    to = token_in(browser.post("/rights", data=ASKED))
    code = code_sent(t)
    other = t.gw.keys.link_token(LinkScope.CODE, 0, digest(t.gw, ZOE))
    for token, typed in ((other, code), (to, "00000000"), (to, "")):
        refused = browser.post("/rights", data={"act": "code", "to": token, "code": typed})
        assert refused.status_code == 400 and "Ce code ne convient pas" in refused.text
    assert browser.post("/rights", data={"act": "code", "to": to, "code": code}).status_code == 303
    assert browser.post("/rights", data={"act": "code", "to": to, "code": code}).status_code == 400, "used"
    t.clock.advance(timedelta(minutes=6))
    browser.post("/rights", data=ASKED)
    late = code_sent(t)
    assert late != code
    t.clock.advance(timedelta(minutes=30))
    assert browser.post("/rights", data={"act": "code", "to": to, "code": late}).status_code == 400, "too old"
    for forged in (to[:-2] + "AA", t.gw.keys.link_token(LinkScope.WHY, 1, digest(t.gw, MARIE)), ""):
        assert browser.post("/rights", data={"act": "code", "to": forged, "code": code}).status_code == 404


def test_after_an_hour_the_page_is_like_any_link_of_a_message(t, browser):
    add(t, MARIE, given_name="Marie")
    page = opened(t, browser)
    t.clock.advance(timedelta(hours=1))
    shown = browser.get(page).text
    assert MARIE not in shown and "Marie" not in shown and 'value="code"' in shown
    for act in ({"act": "download"}, {"act": "correct", "given_name": "X"}, {"act": "restrict"}, {"act": "erase", "sure": "1"}):
        answer = browser.post(page, data=act)
        assert answer.status_code == 400 and "Cette page n’est plus ouverte" in answer.text


def test_the_text_before_its_code_was_typed_opens_nothing(t, browser):
    add(t, MARIE, given_name="Marie")
    browser.post("/rights", data=ASKED)
    code_sent(t)
    guessed = t.gw.keys.link_token(LinkScope.WHY, row_of(t, MARIE)["id"], digest(t.gw, MARIE))
    assert "Marie" not in browser.get(f"/w/{guessed}").text


def test_no_strangers_click_makes_a_telephone_ring_again_and_again(t, browser):
    add(t, MARIE)
    for _ in range(4):
        browser.post("/rights", data=ASKED)
    assert messages(t) == 1, "never two within five minutes"
    for _ in range(6):
        t.clock.advance(timedelta(minutes=6))
        browser.post("/rights", data=ASKED)
    assert messages(t) == 3, "three a day"
    for _ in range(6):
        t.clock.advance(timedelta(days=1, minutes=1))
        browser.post("/rights", data=ASKED)
    assert messages(t) == 6, "and when nobody used six of them, none until a month is over"
    t.clock.advance(timedelta(days=31))
    browser.post("/rights", data=ASKED)
    assert messages(t) == 7


def test_one_place_on_the_network_types_in_so_many_numbers_an_hour_and_so_many_codes_for_one(t):
    add(t, MARIE)
    few = replace(
        t.gw, settings=t.gw.settings.model_copy(update={"rights": t.gw.settings.rights.model_copy(update={"posts_per_hour": 8})})
    )
    with TestClient(web_app(few)) as client:
        to = token_in(client.post("/rights", data=ASKED))
        tried = [client.post("/rights", data={"act": "code", "to": to, "code": f"{n:08}"}) for n in range(6)]
        assert [one.status_code for one in tried] == [400] * 5 + [429]
        assert "Trop de codes ont été essayés" in tried[-1].text and tried[-1].headers["retry-after"] == "3600"
        code = code_sent(t)
        assert client.post("/rights", data={"act": "code", "to": to, "code": code}).status_code == 429, "nor the right one"
        busy = client.post("/rights", data=ASKED)
        assert busy.status_code == 429 and "Trop de demandes viennent de votre réseau" in busy.text


def test_a_code_missed_too_often_is_good_no_more_whichever_process_was_asked(t, browser):
    """Each process counts for itself as well; the database counts for all of them."""
    add(t, MARIE)
    browser.post("/rights", data=ASKED)
    code, number = code_sent(t), digest(t.gw, MARIE)
    for wrong in range(proving.TRIES):
        assert proving.enter_code(t.gw, number, f"0000 000{wrong}") is None
    assert proving.enter_code(t.gw, number, code) is None
    t.clock.advance(timedelta(minutes=6))
    browser.post("/rights", data=ASKED)
    for wrong in range(proving.TRIES - 1):
        assert proving.enter_code(t.gw, number, f"0000 000{wrong}") is None
    assert proving.enter_code(t.gw, number, code_sent(t)), "the next one has its own tries"


def test_what_receives_no_text_is_said_to_be_so(t, browser):
    incomplete = "Ce numéro n’est pas complet"
    for typed, words in {
        "01 99 00 12 34": "Un téléphone fixe ne reçoit pas de SMS",
        "06 12": incomplete,
        "camille@exemple.fr": incomplete,
        "": incomplete,
    }.items():
        answer = browser.post("/rights", data={"act": "number", "phone": typed})
        assert answer.status_code == 400 and words in answer.text and "contact@exemple.fr" in answer.text, typed


def test_what_a_machine_fills_in_is_thanked_and_thrown_away(t, browser):
    add(t, MARIE)
    assert browser.post("/rights", data=ASKED | {"website": "https://spam.example"}).status_code == 200
    assert messages(t) == 0


def test_without_the_database_nobody_is_told_that_a_text_is_under_way(t):
    away = replace(t.gw, engine=open_engine("postgresql://nobody@127.0.0.1:1/away"))
    with TestClient(web_app(away)) as client:
        assert client.post("/rights", data=ASKED).status_code == 503


def test_she_downloads_corrects_restricts_and_erases_and_each_is_answered_at_once(t, browser):
    add(t, MARIE, given_name="Mari")
    page = opened(t, browser)
    body = browser.post(page, data={"act": "download"})
    with zipfile.ZipFile(io.BytesIO(body.content)) as archive:
        assert MARIE in {one["value"] for one in json.loads(archive.read("copie.json"))["addresses"]}
    assert "Vos corrections sont enregistrées" in browser.post(page, data={"act": "correct", "given_name": "Marie"}).text
    assert "sans nous en servir" in browser.post(page, data={"act": "restrict"}).text
    assert "n’a plus rien sur vous" in browser.post(page, data={"act": "erase", "sure": "1"}).text
    rights = (Right.ERASURE, Right.RESTRICTION, Right.RECTIFICATION, Right.ACCESS)
    for line, right in zip(requests.everything(t.gw), rights, strict=True):
        request = line.request
        assert (request.right, request.via, request.state) == (right, RequestVia.PAGE, RequestState.GRANTED)
        assert request.identity is Identity.TELEPHONE
    assert "n’a plus vos coordonnées" in browser.get(page).text
    t.clock.advance(timedelta(minutes=10))
    before = messages(t)
    browser.post("/rights", data=ASKED)
    assert messages(t) == before, "nobody has this number any more"
    seal(t.gw)
    assert verify_store(t.gw).fault is None


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.CALL])
def test_the_link_about_a_text_or_a_call_leads_to_a_code_on_the_number_on_file(t, browser, medium):
    add(t, MARIE, call=True, hours="lun-dim 08:00-21:00")
    (text if medium is Medium.SMS else call)(t)
    run(t.gw)
    row = row_of(t, MARIE, medium)
    page = f"/w/{t.gw.keys.link_token(LinkScope.WHY, row['id'], row['digest'])}"
    shown = browser.get(page).text
    assert "nous envoyons donc un code par SMS" in shown and MARIE not in shown
    asked = browser.post(page, data={"act": "code"})
    assert asked.status_code == 200 and MARIE not in asked.text
    led = browser.post("/rights?lang=en", data={"act": "code", "to": token_in(asked), "code": code_sent(t)})
    assert led.headers["location"].endswith("?lang=en")
    assert MARIE in browser.get(led.headers["location"]).text


def test_without_a_sender_of_texts_the_page_says_how_to_reach_the_team(sqlite_url, clock, tmp_path):
    controller = {"email": "contact@exemple.fr"}
    with (
        town(sqlite_url, clock, tmp_path, sms={"sender": ""}, controller=controller) as bare,
        TestClient(web_app(bare.gw)) as client,
    ):
        page = client.get("/rights").text
        assert 'name="phone"' not in page and "contact@exemple.fr" in page
        assert client.post("/rights", data=ASKED).status_code == 400


def test_a_name_too_long_for_one_part_sends_no_text_and_raises_an_alarm(sqlite_url, clock, tmp_path):
    with town(sqlite_url, clock, tmp_path, sms={"sender": "36000", "name": "Liste d’union " * 8}) as bare:
        add(bare, MARIE)
        with TestClient(web_app(bare.gw)) as client:
            assert client.post("/rights", data=ASKED).status_code == 200
        (told,) = journal_of(bare.gw, "alarm")
        assert (told["alarm"], told["letter"]) == ("answer-unwritten", "own-code")

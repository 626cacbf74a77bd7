"""The public pages of a form, from the first look to the receipt, through the real application and both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from gateway.domain.message import MessageState
from gateway.domain.rights import Right
from gateway.flows.forms import publishing
from gateway.flows.gateway import Gateway
from gateway.flows.rights import acting
from gateway.store import tables
from gateway.store.engine import reading
from gateway.web.app import BODY_BYTES_MAX, web_app
from tests.clock import ManualClock
from tests.forms.support import EMAIL_BOX, FORM, office, write
from tests.mails import part_of
from tests.rights.support import asks
from tests.sending.support import Person, RecordingChannel, add, journal_of, newsletter, objects, run

LEA = "lea@exemple.example"
LETTER = {"email": LEA, "box-courriel": "1"}


def browser(gw: Gateway) -> TestClient:
    return TestClient(web_app(gw), headers={"Accept-Language": "fr"}, follow_redirects=False)


def opened(client: TestClient, path: str = "/f/lettre") -> dict[str, str]:
    """What the page carries when it is opened."""
    page = client.get(path)
    assert page.status_code == 200, page.text
    found = re.search(r'name="page" value="([^"]+)"', page.text)
    assert found
    return {"page": found[1]}


def send(client: TestClient, clock: ManualClock, typed: dict[str, str], path: str = "/f/lettre", seconds: int = 30) -> Any:
    """Open the form, take the time to read it, and send it."""
    carried = opened(client, path)
    clock.advance(timedelta(seconds=seconds))
    return client.post(path, data={**carried, **typed})


def link_in(channel: RecordingChannel, page: str, email: str = LEA) -> str:
    mail = message_from_bytes(channel.payloads[email], policy=policy.default)
    found = re.search(rf"http://127\.0\.0\.1:8000(/{page}/[\w-]+)", part_of(mail))
    assert found
    return found[1]


def signups(gw: Gateway) -> int:
    with reading(gw.engine) as tx:
        return tx.execute(select(func.count()).select_from(tables.signup)).scalar_one()


def test_from_the_form_to_the_receipt_and_the_newsletter(gw: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    client = browser(gw)
    sent = send(client, clock, {**LETTER, "given_name": "Léa", "box-apres": "1"})
    assert sent.status_code == 200 and "votre boîte aux lettres" in sent.text
    run(gw)
    confirm = link_in(channel, "c")
    page = client.get(confirm)
    assert "J’accepte les courriels de la campagne." in page.text and "Oui, je confirme" in page.text
    done = client.post(confirm)
    assert done.status_code == 200 and "Votre inscription est confirmée" in done.text
    run(gw)
    receipt = client.get(link_in(channel, "r"))
    assert "J’accepte les courriels de la campagne." in receipt.text
    as_json = client.get(link_in(channel, "r"), headers={"Accept": "application/json"})
    assert [one["purpose"] for one in as_json.json()["consents"]] == ["after_election", "political"]
    newsletter(gw)
    run(gw)
    with reading(gw.engine) as tx:
        rows = tx.execute(select(tables.message.c.message_class, tables.message.c.state).order_by(tables.message.c.id)).all()
    assert [(kind.value, state) for kind, state in rows] == [
        ("confirmation", MessageState.ACCEPTED),
        ("rights", MessageState.ACCEPTED),
        ("campaign", MessageState.ACCEPTED),
    ]
    withdraw = re.search(r'href="http://127\.0\.0\.1:8000(/p/[\w-]+)"', receipt.text)
    assert withdraw and client.get(withdraw[1]).status_code == 200
    client.post(withdraw[1], data={"act": "everything"})
    for again in (client.get(confirm), client.post(confirm)):
        assert "Vous ne recevez plus nos messages" in again.text and "Merci" not in again.text
        assert "Voir mon reçu de consentement" in again.text


def test_the_page_says_exactly_what_was_published(desk: Gateway, tmp_path: Path) -> None:
    write(tmp_path, FORM.replace("J’accepte les courriels", "J’accepte TOUT"))
    page = unescape(browser(desk).get("/f/lettre").text)
    version = publishing.current(desk, "lettre")
    assert version is not None
    for box in version.form.boxes:
        assert box.text["fr"] in page
    for line in version.form.notice["fr"]:
        assert line.text in page
    assert "TOUT" not in page and version.sha256[:12] in page
    assert "checked" not in page


def test_the_answer_is_the_same_whoever_it_was(desk: Gateway, clock: ManualClock) -> None:
    add(desk, Person(email="connue@exemple.example"), Person(email="partie@exemple.example"))
    objects(desk, "partie@exemple.example")
    client = browser(desk)
    people = ("connue", "partie", "inconnue")
    answers = {send(client, clock, {**LETTER, "email": f"{one}@exemple.example"}).text.replace(one, "…") for one in people}
    assert len(answers) == 1, "but for the address, as she typed it"


def test_who_mistyped_her_address_reads_it_where_she_waits_for_a_letter(desk: Gateway, clock: ManualClock) -> None:
    sent = unescape(send(browser(desk), clock, {**LETTER, "email": "lea@gmial.example"}).text)
    assert "Vous avez écrit\N{NO-BREAK SPACE}: <strong>lea@gmial.example</strong>" in sent


def test_a_slip_of_the_finger_is_asked_about_before_a_stranger_gets_her_letter(desk: Gateway, clock: ManualClock) -> None:
    client = browser(desk)
    slipped = {**LETTER, "email": "Lea.Moreau@gmial.com"}
    asked = send(client, clock, slipped)
    page = unescape(asked.text)
    assert asked.status_code == 400 and "Vouliez-vous écrire Lea.Moreau@gmail.com\N{NO-BREAK SPACE}?" in page
    assert 'aria-describedby="email-problem' in page and signups(desk) == 0
    english = unescape(client.get("/f/lettre?lang=en").text)
    assert "Did you mean" not in english, "nobody is asked before she has written anything"
    sure = re.search(r'name="email-sure" value="([^"]+)"', page)
    token = re.search(r'name="page" value="([^"]+)"', page)
    assert sure and token
    assert client.post("/f/lettre", data={**slipped, "page": token[1], "email-sure": sure[1]}).status_code == 200
    assert signups(desk) == 1, "the address is hers after all"


def test_another_slip_than_the_one_she_was_asked_about_is_asked_about(desk: Gateway, clock: ManualClock) -> None:
    sure = {**LETTER, "email": "lea@hotmial.com", "email-sure": "lea@gmial.com"}
    asked = send(browser(desk), clock, sure)
    assert "Vouliez-vous écrire lea@hotmail.com" in unescape(asked.text) and signups(desk) == 0


def test_an_address_with_an_accent_is_not_said_to_be_incomplete(desk: Gateway, clock: ManualClock) -> None:
    page = unescape(send(browser(desk), clock, {**LETTER, "email": "léa@exemple.example"}).text)
    assert "Une adresse s’écrit sans accent" in page and "n’est pas complète" not in page


def test_what_was_typed_is_kept_and_each_fault_is_told_beside_its_field_and_above(desk: Gateway, clock: ManualClock) -> None:
    page = send(browser(desk), clock, {"email": "lea@", "given_name": "<b>Léa", "postcode": "1", "box-sms": "1"})
    assert page.status_code == 400
    text = unescape(page.text)
    assert 'value="lea@"' in text and 'id="box-sms" name="box-sms" value="1" checked' in text
    assert "<b>Léa" not in page.text and "&lt;b&gt;Léa" in page.text
    for field in ("email", "given_name", "postcode", "phone"):
        assert f'<a href="#{field}">' in text and f'id="{field}-problem"' in text
        assert f'aria-describedby="{field}-problem' in text
    assert "À corriger" in text.split("<title>")[1].split("</title>")[0]
    assert signups(desk) == 0


def test_a_machine_that_fills_in_everything_is_thanked_and_forgotten(desk: Gateway, clock: ManualClock) -> None:
    answer = send(browser(desk), clock, {**LETTER, "website": "https://pirate.example"})
    assert answer.status_code == 200 and signups(desk) == 0


def test_a_form_sent_faster_than_anybody_reads_is_asked_again_with_what_was_typed(desk: Gateway, clock: ManualClock) -> None:
    client = browser(desk)
    again = send(client, clock, LETTER, seconds=1)
    assert again.status_code == 400 and f'value="{LEA}"' in again.text and signups(desk) == 0
    token = re.search(r'name="page" value="([^"]+)"', again.text)
    assert token
    clock.advance(timedelta(seconds=5))
    assert client.post("/f/lettre", data={"page": token[1], **LETTER}).status_code == 200
    assert signups(desk) == 1


@pytest.mark.parametrize("token", ["", "x", "A" * 54])
def test_a_form_that_was_not_opened_here_is_asked_again(desk: Gateway, token: str) -> None:
    page = browser(desk).post("/f/lettre", data={"page": token, **LETTER})
    assert page.status_code == 400 and signups(desk) == 0


def test_a_page_left_open_for_a_day_is_asked_again(desk: Gateway, clock: ManualClock) -> None:
    assert send(browser(desk), clock, LETTER, seconds=24 * 3600).status_code == 400
    assert signups(desk) == 0


def test_who_had_the_page_open_while_it_was_published_again_agreed_to_what_she_saw(
    desk: Gateway, clock: ManualClock, tmp_path: Path
) -> None:
    client = browser(desk)
    before = publishing.current(desk, "lettre")
    carried = opened(client)
    write(tmp_path, FORM.replace("J’accepte les courriels", "J’accepte TOUT"))
    publishing.publish(desk, "lettre", by="l’équipe")
    clock.advance(timedelta(seconds=30))
    assert client.post("/f/lettre", data={**carried, **LETTER}).status_code == 200
    with reading(desk.engine) as tx:
        assert before is not None and tx.execute(select(tables.signup.c.form_sha256)).scalar_one() == before.sha256


def test_a_closed_form_takes_nothing_any_more(desk: Gateway, clock: ManualClock) -> None:
    client = browser(desk)
    carried = opened(client)
    publishing.close(desk, "lettre", by="l’équipe")
    clock.advance(timedelta(seconds=30))
    assert client.post("/f/lettre", data={**carried, **LETTER}).status_code == 410
    closed = client.get("/f/lettre")
    assert closed.status_code == 410 and signups(desk) == 0
    assert "Ce formulaire est fermé" in closed.text and "coupé par votre messagerie" not in closed.text
    assert client.get("/f/autre").status_code == 404


def test_too_many_forms_from_one_place_wait_and_no_address_of_the_network_is_stored(
    sqlite_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    with office(sqlite_url, clock, tmp_path, forms={"posts_per_hour": 2}) as gw:
        client = browser(gw)
        codes = [send(client, clock, {**LETTER, "email": f"p{number}@exemple.example"}).status_code for number in range(3)]
        assert codes == [200, 200, 429]
        with reading(gw.engine) as tx:
            kept = str([tuple(row) for table in tables.metadata.sorted_tables for row in tx.execute(select(table))])
        assert "testclient" not in kept


def test_a_mailbox_that_is_typed_in_under_many_spellings_is_written_to_a_few_times_a_day(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    spellings = [f"zoe.dupont+{number}@gmail.com" for number in range(5)] + ["z.o.edupont@gmail.com", "ZoeDupont@googlemail.com"]
    client = browser(gw)
    for one in (*spellings, "paul@exemple.example"):
        assert "votre boîte aux lettres" in send(client, clock, {**LETTER, "email": one}).text
    run(gw)
    assert set(channel.recipients) == {*spellings[:6], "paul@exemple.example"} and len(channel.recipients) == 7


def test_several_web_processes_count_together_where_there_is_redis(
    sqlite_url: str, redis_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    with office(sqlite_url, clock, tmp_path, forms={"posts_per_hour": 2}, broker={"url": redis_url}) as gw:
        processes = [browser(gw), browser(gw), browser(gw)]
        typed = [{**LETTER, "email": f"p{number}@exemple.example"} for number in range(3)]
        assert [send(one, clock, fields).status_code for one, fields in zip(processes, typed, strict=True)] == [200, 200, 429]


def test_when_nobody_can_count_the_page_says_to_come_back_and_nothing_is_kept(
    sqlite_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    with office(sqlite_url, clock, tmp_path, broker={"url": "redis://127.0.0.1:1/0"}) as gw:
        answer = send(browser(gw), clock, LETTER)
        assert answer.status_code == 503 and signups(gw) == 0


def test_a_body_that_is_too_long_or_has_too_many_fields_is_refused(desk: Gateway) -> None:
    client = browser(desk)
    assert client.post("/f/lettre", data={"email": "a" * BODY_BYTES_MAX}).status_code == 413
    assert client.post("/f/lettre", data={f"f{number}": "1" for number in range(60)}).status_code == 400


def test_a_form_is_in_nobodys_frame_but_that_of_the_sites_that_settings_name(
    sqlite_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    with office(sqlite_url, clock, tmp_path) as gw:
        assert browser(gw).get("/f/lettre/embed").status_code == 404
    origins = ["https://www.exemple.example", "https://autre.example"]
    with office(sqlite_url, clock, tmp_path, forms={"embed_origins": origins}) as gw:
        client = browser(gw)
        alone, framed = client.get("/f/lettre"), client.get("/f/lettre/embed")
        assert "frame-ancestors 'none'" in alone.headers["content-security-policy"]
        assert alone.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors https://www.exemple.example https://autre.example" in framed.headers["content-security-policy"]
        assert "x-frame-options" not in framed.headers
        assert send(client, clock, LETTER, "/f/lettre/embed").status_code == 200 and signups(gw) == 1


def test_the_page_speaks_the_languages_of_the_form_and_no_other(desk: Gateway) -> None:
    page = browser(desk).get("/f/lettre?lang=en")
    assert '<html lang="fr">' in page.text


def test_a_head_or_a_get_of_a_confirmation_link_never_confirms(
    desk: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    client = browser(desk)
    send(client, clock, LETTER)
    run(desk)
    link = link_in(channel, "c")
    for method in ("GET", "HEAD", "GET"):
        client.request(method, link)
    assert [one["act"] for one in journal_of(desk, "form")] == ["published", "signed-up"]
    assert client.get("/c/" + "A" * 55).status_code == 404


def test_whoever_had_her_data_only_kept_and_confirms_reads_that_nothing_will_come(
    desk: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """The page thanked her, and promised letters that rule dsar-restriction refuses. Before she confirms it tells nobody."""
    client = browser(desk)
    send(client, clock, LETTER)
    run(desk)
    link = link_in(channel, "c")
    acting.restrict(desk, asks(desk, Right.RESTRICTION, LEA).id, by="Inès")
    assert "seulement conserver" not in client.get(link).text
    for page in (client.post(link), client.get(link)):
        assert "Votre inscription est confirmée" in page.text
        assert "rien ne vous sera envoyé tant que cela vaut" in unescape(page.text)
    assert "nothing will be sent to you" in client.get(f"{link}?lang=en").text


def test_the_page_of_a_confirmation_names_the_day_that_its_letter_names(
    desk: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    client = browser(desk)
    send(client, clock, LETTER)
    run(desk)
    link, letter = link_in(channel, "c"), message_from_bytes(channel.payloads[LEA], policy=policy.default)
    said = " ".join(part_of(letter).split())
    named = re.search(r"jusqu’au (\S+ \S+ \d{4})", said)
    assert named
    day = f"Possible jusqu’au {named[1]}."
    assert day in client.get(link).text
    while day in (page := client.get(link).text):
        clock.advance(timedelta(hours=1))
    assert re.search(r"Possible jusqu’au \w+ \d+ \w+ \d{4} à \d+", page) and "Oui, je confirme" in page, "hours are left"


def test_whose_address_a_stranger_types_in_says_so_once_and_gets_no_more_letters(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    client = browser(gw)
    send(client, clock, LETTER)
    run(gw)
    stop = link_in(channel, "o")
    assert "Ne plus recevoir nos messages" in client.get(stop).text
    assert signups(gw) == 1 and client.post(stop, data={"scope": "everything"}).status_code == 200
    for _ in range(3):
        clock.advance(timedelta(days=2))
        assert "votre boîte aux lettres" in send(client, clock, LETTER).text
        run(gw)
    assert len(channel.handed) == 1
    assert [told["cause"] for told in journal_of(gw, "objection")] == ["unsubscribe_link"]


def test_mails_of_a_sign_up_track_nobody_and_name_no_list(desk: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    send(browser(desk), clock, LETTER)
    run(desk)
    mail = message_from_bytes(channel.payloads[LEA], policy=policy.default)
    html = part_of(mail, "html")
    assert mail["List-Unsubscribe"] is None and mail["List-Id"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "<img" not in html and "http://127.0.0.1:8000/c/" in html
    assert "Communication politique" not in html


def test_a_form_of_one_box_is_enough(sqlite_url: str, clock: ManualClock, tmp_path: Path) -> None:
    from tests.forms.support import HEAD, NOTICE

    with office(sqlite_url, clock, tmp_path, form=HEAD + EMAIL_BOX + NOTICE) as gw:
        assert send(browser(gw), clock, LETTER).status_code == 200 and signups(gw) == 1

"""The carrier of trial mode, spoken to by the provider's own SDK."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from gateway.domain.errors import Conflict, InvalidInput, InvalidSettings
from gateway.sandbox.carrier import Carrier, Faults
from gateway.sandbox.carrier.twiml import Listener, run
from tests.sandbox.page import Page

ACCOUNT, TOKEN = "AC" + "0" * 32, "t" * 32
OURS, MARIE = "+33162000001", "+33639980010"
KEYPAD = """<?xml version="1.0"?><Response><Say>Bonjour, message enregistré de Camille.</Say>
<Gather numDigits="1" timeout="2" action="{action}"><Say>Pour ne plus être appelé, faites le 9.</Say></Gather>
<Say>Voici le message.</Say><Hangup/></Response>"""
THANKS = "<Response><Say>C’est noté, nous ne vous appellerons plus.</Say><Hangup/></Response>"


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page()
    yield page
    page.shutdown()
    page.server_close()


@pytest.fixture
def carrier(tmp_path) -> Iterator[Carrier]:
    carrier = Carrier(tmp_path, ACCOUNT, TOKEN)
    yield carrier
    carrier.stop()


def client(carrier: Carrier, *, patience_seconds: float = 0.0) -> Client:
    port = carrier.start(patience_seconds=patience_seconds)
    sdk = Client(ACCOUNT, TOKEN)
    sdk.api.base_url = f"http://127.0.0.1:{port}"
    return sdk


def test_a_message_reaches_its_handset_and_each_status_is_told_in_order_with_a_valid_signature(carrier, page):
    sdk = client(carrier)
    sent = sdk.messages.create(to=MARIE, from_=OURS, body="Bonsoir", status_callback=f"{page.root}/sms?m=1", validity_period=600)
    assert (sent.status, sent.num_segments) == ("queued", "1")
    assert carrier.idle()
    assert sdk.messages(sent.sid).fetch().status == "delivered"
    assert [form["MessageStatus"] for form in page.of("/sms?m=1")] == ["sent", "delivered"]
    validator = RequestValidator(TOKEN)
    assert all(validator.validate(f"{page.root}{path}", form, signed) for path, form, signed in page.told)
    (kept,) = carrier.traffic.messages(equal={"recipient": MARIE})
    assert (kept.body, kept.sender, kept.sid) == ("Bonsoir", OURS, sent.sid)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"to": "0639980010", "from_": OURS, "body": "x"}, 21211),
        ({"to": MARIE, "from_": OURS, "body": ""}, 21602),
        ({"to": MARIE, "from_": "ungrandnomdexpediteur", "body": "x"}, 21212),
        ({"to": MARIE, "from_": MARIE, "body": "x"}, 21266),
        ({"to": MARIE, "from_": OURS, "body": "x" * 1601}, 21617),
        ({"to": MARIE, "from_": OURS, "body": "x", "validity_period": 0}, 20001),
        ({"to": MARIE, "from_": OURS, "body": "x", "status_callback": "sms"}, 21609),
    ],
)
def test_what_the_provider_refuses_is_refused_with_its_code_and_nothing_is_kept(carrier, asked, code):
    with pytest.raises(TwilioRestException) as refused:
        client(carrier).messages.create(**asked)
    assert refused.value.code == code
    assert carrier.traffic.messages() == []


def test_a_stranger_without_the_token_is_told_nothing(carrier):
    port = carrier.start()
    root = f"http://127.0.0.1:{port}/2010-04-01/Accounts/{ACCOUNT}"
    assert requests.get(f"{root}/Messages.json", auth=(ACCOUNT, "wrong"), timeout=5).json()["code"] == 20003
    other = f"http://127.0.0.1:{port}/2010-04-01/Accounts/AC{'1' * 32}/Messages.json"
    assert requests.get(other, auth=(ACCOUNT, TOKEN), timeout=5).status_code == 404


@pytest.mark.parametrize(("ending", "code"), [("01", 30005), ("02", 30003), ("03", 30006), ("05", 30007)])
def test_a_telephone_that_cannot_be_reached_ends_undelivered_with_the_reason(carrier, page, ending, code):
    sdk = client(carrier)
    sdk.messages.create(to=f"+336399801{ending}", from_=OURS, body="x", status_callback=f"{page.root}/sms")
    assert carrier.idle()
    last = page.of("/sms")[-1]
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", str(code))


def test_a_telephone_switched_off_never_gets_a_message_after_its_validity(carrier):
    sdk = client(carrier)
    sent = sdk.messages.create(to="+33639980104", from_=OURS, body="x", validity_period=1)
    deadline = datetime.now(UTC) + timedelta(seconds=8)
    while (status := sdk.messages(sent.sid).fetch()).status != "undelivered" and datetime.now(UTC) < deadline:
        pass
    assert (status.status, status.error_code) == ("undelivered", 30036)


def test_a_bare_stop_reaches_us_and_the_provider_refuses_that_sender_from_then_on(carrier, page):
    sdk = client(carrier)
    carrier.sms_url = f"{page.root}/reply"
    carrier.reply(MARIE, OURS, "Stop")
    (told,) = page.of("/reply")
    assert (told["From"], told["To"], told["Body"]) == (MARIE, OURS, "Stop")
    with pytest.raises(TwilioRestException) as refused:
        sdk.messages.create(to=MARIE, from_=OURS, body="x")
    assert refused.value.code == 21610
    sdk.messages.create(to=MARIE, from_="38123", body="x")  # another sender is not stopped by the provider: that is our business
    carrier.reply(MARIE, OURS, "START")
    sdk.messages.create(to=MARIE, from_=OURS, body="x")


def test_a_key_pressed_during_a_call_is_brought_to_our_page_and_the_thanks_are_heard(carrier, page):
    sdk = client(carrier)
    page.documents = {"/call": KEYPAD.format(action=f"{page.root}/key"), "/key": THANKS}
    events = ["initiated", "ringing", "answered", "completed"]
    made = sdk.calls.create(
        to="+33639980109",
        from_=OURS,
        url=f"{page.root}/call",
        status_callback=f"{page.root}/status",
        status_callback_event=events,
    )
    assert carrier.idle()
    assert [form["CallStatus"] for form in page.of("/status")] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["Digits"] for form in page.of("/key")] == ["9"]
    call = carrier.traffic.call(made.sid)
    assert call is not None and call.digits == "9"
    assert call.heard[-1] == "C’est noté, nous ne vous appellerons plus."
    assert "Voici le message." not in call.heard


def test_a_question_stands_while_it_is_read_and_a_while_after():
    stood: list[float] = []

    def press(seconds: float) -> str:
        stood.append(seconds)
        return ""

    said = "Pour ne plus être appelé, appuyez sur la touche 9. " * 6
    document = f'<Response><Gather timeout="4" action="key"><Say>{said}</Say></Gather></Response>'.encode()
    run("", document, Listener(hear=lambda _: None, press=press, fetch=lambda *_: b""))
    assert stood == [pytest.approx(4 + len(said) / 15)]


def test_a_key_pressed_by_hand_is_heard_while_the_question_stands(carrier, page):
    sdk = client(carrier, patience_seconds=5.0)
    page.documents = {"/call": KEYPAD.format(action=f"{page.root}/key"), "/key": THANKS}
    made = sdk.calls.create(to=MARIE, from_=OURS, url=f"{page.root}/call")
    while not (call := carrier.traffic.call(made.sid)) or call.status != "in-progress":
        pass
    carrier.press(made.sid, "9")
    assert carrier.idle()
    assert [form["Digits"] for form in page.of("/key")] == ["9"]
    with pytest.raises(Conflict, match="cet appel est fini"):
        carrier.press(made.sid, "9")


@pytest.mark.parametrize(
    ("ending", "status", "by"),
    [("06", "busy", None), ("07", "no-answer", None), ("01", "failed", None), ("08", "completed", "machine_start")],
)
def test_who_does_not_answer_is_told_apart_from_a_machine(carrier, page, ending, status, by):
    sdk = client(carrier)
    page.documents = {"/call": "<Response><Hangup/></Response>"}
    made = sdk.calls.create(to=f"+336399801{ending}", from_=OURS, url=f"{page.root}/call", machine_detection="Enable")
    assert carrier.idle()
    ended = sdk.calls(made.sid).fetch()
    assert (ended.status, ended.answered_by) == (status, by)


def test_a_document_that_is_no_twiml_fails_the_call(carrier, page):
    sdk = client(carrier)
    page.documents = {"/call": "<html/>"}
    made = sdk.calls.create(to=MARIE, from_=OURS, url=f"{page.root}/call")
    assert carrier.idle()
    assert sdk.calls(made.sid).fetch().status == "failed"


def test_a_lost_answer_is_found_again_by_recipient_and_time(tmp_path):
    carrier = Carrier(tmp_path, ACCOUNT, TOKEN, faults=Faults(timeout_after_acceptance=1.0, timeout_seconds=0.01))
    try:
        sdk = client(carrier)
        began = datetime.now(UTC) - timedelta(seconds=1)
        with pytest.raises(TwilioRestException):
            sdk.messages.create(to=MARIE, from_=OURS, body="x")
        assert [m.to for m in sdk.messages.list(to=MARIE, date_sent_after=began)] == [MARIE]
        assert sdk.messages.list(to=MARIE, date_sent_before=began) == []
    finally:
        carrier.stop()


def test_a_bad_day_throttles_breaks_and_repeats(tmp_path, page):
    faults = Faults(throttled=0.3, broken=0.3, duplicate_callbacks=1.0, shuffled_callbacks=1.0)
    carrier = Carrier(tmp_path, ACCOUNT, TOKEN, faults=faults)
    try:
        sdk = client(carrier)
        statuses = []
        for _ in range(30):
            try:
                sdk.messages.create(to=MARIE, from_=OURS, body="x", status_callback=f"{page.root}/sms")
                statuses.append(201)
            except TwilioRestException as refused:
                statuses.append(refused.status)
        assert set(statuses) == {201, 429, 500}
        assert carrier.idle()
        assert len(carrier.traffic.messages()) == statuses.count(201)
        told = [form["MessageStatus"] for form in page.of("/sms")]
        assert len(told) == 4 * statuses.count(201)
        assert told[:2] == ["delivered", "delivered"]
    finally:
        carrier.stop()


def test_a_list_is_paged_as_the_sdk_expects(carrier):
    sdk = client(carrier)
    for number in range(7):
        sdk.messages.create(to=f"+3363998002{number}", from_=OURS, body=str(number))
    assert sorted(message.body for message in sdk.messages.list(page_size=3)) == list("0123456")


def test_the_carrier_forgets_nothing_when_it_ends_and_carries_on(tmp_path, page):
    carrier = Carrier(tmp_path, ACCOUNT, TOKEN)
    at = datetime.now(UTC)
    columns = {
        "sid": "SM" + "a" * 32,
        "direction": "outbound-api",
        "sender": OURS,
        "recipient": MARIE,
        "body": "x",
        "segments": 1,
    }
    carrier.traffic.add_message(**columns, status="queued", created_at=at, updated_at=at, callback=f"{page.root}/sms")
    carrier.stop()
    again = Carrier(tmp_path, ACCOUNT, TOKEN)
    try:
        again.start()
        assert again.idle()
        assert again.traffic.messages()[0].status == "delivered"
    finally:
        again.stop()


def test_nothing_is_called_beyond_this_machine(carrier, caplog):
    sdk = client(carrier)
    sdk.messages.create(to=MARIE, from_=OURS, body="x", status_callback="https://elsewhere.example/sms")
    assert carrier.idle()
    assert "calls this machine only" in caplog.text


def test_it_listens_on_this_machine_only(carrier):
    with pytest.raises(InvalidSettings, match="se joint de l’extérieur"):
        carrier.start("0.0.0.0")


def test_a_share_of_faults_is_between_nothing_and_all():
    with pytest.raises(InvalidInput, match="broken"):
        Faults(broken=1.5)

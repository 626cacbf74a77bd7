"""SMS and calls handed over by the provider's own SDK, to the carrier of trial mode."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twilio.request_validator import RequestValidator
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.message import MessageInstance

from gateway.channels.ourside import Blame, blamed
from gateway.channels.twilio import callbacks
from gateway.channels.twilio.account import TwilioAccount
from gateway.channels.twilio.callbacks import signed
from gateway.channels.twilio.channel import TwilioCalls, TwilioSms
from gateway.channels.twilio.codes import meaning
from gateway.domain.channel import Accepted, Envelope, Fault, Medium, Outcome, Rejected, Unrendered, Unsure, Withheld
from gateway.domain.errors import InvalidInput, RenderFault
from gateway.sandbox.carrier import Carrier, Faults
from tests.sandbox.page import Page

ACCOUNT, TOKEN = "AC" + "0" * 32, "t" * 32
OURS, MARIE = "+33162000001", "+33639980010"
HANG_UP = b"<Response><Say>Bonjour</Say><Hangup/></Response>"


class MachineClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Watching:
    """A watch that lets everybody pass but those it is told to hold back."""

    def __init__(self, *held: int) -> None:
        self.held = held
        self.passed: list[int] = []
        self.outcomes: dict[int, Outcome] = {}

    def may_begin(self, envelope: Envelope) -> bool:
        return envelope.message_id not in self.held

    def passing(self, envelope: Envelope) -> None:
        self.passed.append(envelope.message_id)

    def ended(self, envelope: Envelope, outcome: Outcome) -> None:
        self.outcomes[envelope.message_id] = outcome


def letter(number: int, to: str = MARIE, text: bytes = b"Bonsoir", **also: Any) -> Envelope:
    return Envelope(number, b"d" * 16, OURS, to, lambda _: text, **also)


def started(tmp_path, faults: Faults | None = None) -> tuple[Carrier, TwilioAccount]:
    carrier = Carrier(tmp_path, ACCOUNT, TOKEN, faults=faults)
    port = carrier.start()
    return carrier, TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=f"http://127.0.0.1:{port}", timeout_seconds=5, concurrency=4)


@pytest.fixture
def carrier(tmp_path) -> Iterator[tuple[Carrier, TwilioAccount]]:
    carrier, account = started(tmp_path)
    yield carrier, account
    carrier.stop()


@pytest.fixture
def sms(carrier) -> Iterator[TwilioSms]:
    channel = TwilioSms(carrier[1], MachineClock())
    yield channel
    channel.close()


def test_what_leaves_is_what_was_rendered_and_the_provider_s_number_is_the_evidence(carrier, sms):
    watch = Watching()
    outcomes = sms.hand_over([letter(number, f"+3363998002{number}", f"n°{number}".encode()) for number in range(8)], watch)
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 8
    kept = {m.sid: m for m in carrier[0].traffic.messages()}
    for number, outcome in enumerate(outcomes):
        assert isinstance(outcome, Accepted)
        assert kept[outcome.reference].body == f"n°{number}"
        assert outcome.payload_sha256 == hashlib.sha256(f"n°{number}".encode()).digest()
    assert sorted(watch.passed) == list(range(8)) and watch.outcomes == dict(enumerate(outcomes))


def test_somebody_who_objected_at_the_last_moment_gets_nothing(carrier, sms):
    assert sms.hand_over([letter(1), letter(2)], Watching(1))[0] == Withheld()
    assert len(carrier[0].traffic.messages()) == 1


def test_a_message_is_valid_no_longer_than_the_law_lets_it_arrive(carrier, sms):
    soon = datetime.now(UTC) + timedelta(minutes=10)
    sms.hand_over([letter(1, good_until=soon)], Watching())
    (kept,) = carrier[0].traffic.messages()
    assert kept.expires_at is not None and kept.expires_at <= soon
    # The provider counts from the moment it has the request: at most as late as its answer is waited for.
    waited = timedelta(seconds=carrier[1].timeout_seconds)
    assert soon - waited - timedelta(seconds=3) < kept.expires_at <= soon - waited + timedelta(seconds=1)


def test_a_message_that_would_come_too_late_does_not_begin(carrier, sms):
    late = datetime.now(UTC) + timedelta(seconds=5)
    assert sms.hand_over([letter(1, good_until=late)], Watching()) == [Withheld()]
    assert carrier[0].traffic.messages() == []


def test_a_message_that_cannot_be_rendered_is_not_transmitted(carrier, sms):
    def broken(_: object) -> bytes:
        raise RenderFault("no name")

    broken_one = Envelope(1, b"d" * 16, OURS, MARIE, broken)
    assert sms.hand_over([broken_one, letter(2, text=b"")], Watching()) == [
        Unrendered("no name"),
        Unrendered("the message is empty"),
    ]
    assert carrier[0].traffic.messages() == []


def test_a_person_who_stopped_us_at_the_provider_is_told_apart(carrier, sms):
    carrier[0].reply(MARIE, OURS, "STOP")
    (outcome,) = sms.hand_over([letter(1)], Watching())
    assert isinstance(outcome, Rejected) and (outcome.code, outcome.fault, outcome.permanent) == ("21610", Fault.OPTED_OUT, True)


def test_a_wrong_token_is_a_fault_of_ours_and_not_of_the_person(carrier):
    channel = TwilioSms(TwilioAccount(sid=ACCOUNT, token="wrong", api_url=carrier[1].api_url), MachineClock())
    (outcome,) = channel.hand_over([letter(1)], Watching())
    assert isinstance(outcome, Rejected) and (outcome.fault, outcome.permanent) == (Fault.OURS, False)
    channel.close()


@pytest.mark.parametrize("faults", [Faults(timeout_after_acceptance=1.0, timeout_seconds=0.4), Faults(broken=1.0)])
def test_a_lost_answer_is_unsure_and_a_look_up_says_what_became_of_it(tmp_path, faults):
    carrier, account = started(tmp_path, faults)
    channel = TwilioSms(TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=account.api_url, timeout_seconds=0.2), MachineClock())
    try:
        began = datetime.now(UTC)
        (outcome,) = channel.hand_over([letter(1)], Watching())
        assert isinstance(outcome, Unsure)
        found = channel.look_up(MARIE, began, datetime.now(UTC))
        taken = carrier.traffic.messages()
        assert [trace.reference for trace in found] == [message.sid for message in taken]
        assert len(taken) == (1 if faults.timeout_after_acceptance else 0)
        assert channel.look_up(MARIE, began - timedelta(hours=2), began - timedelta(hours=1)) == []
    finally:
        channel.close()
        carrier.stop()


def test_a_provider_that_asks_to_slow_down_reopens_the_row(tmp_path):
    carrier, account = started(tmp_path, Faults(throttled=1.0))
    channel = TwilioSms(account, MachineClock())
    (outcome,) = channel.hand_over([letter(1)], Watching())
    assert isinstance(outcome, Rejected) and (outcome.fault, outcome.permanent) == (Fault.THROTTLED, False)
    channel.close()
    carrier.stop()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # A page of something between us and the provider, an answer cut off, another one without a number.
        (201, b"<html>Bienvenue sur le Wi-Fi</html>", Unsure),
        (201, b'{"sid": "SM01', Unsure),
        (201, b"[]", Unsure),
        (201, b"{}", Unsure),
        (502, b"<html>Bad Gateway</html>", Unsure),
        (408, b"", Unsure),
        (400, b'{"type": "x", "title": "Bad", "status": 400, "code": 21211, "detail": "Invalid To"}', Rejected),
        (500, b'{"type": "x", "title": "Bad", "status": 500, "code": 20500}', Unsure),
    ],
)
def test_an_answer_that_nobody_can_read_is_unsure_and_the_other_messages_go_on(status, body, kind):
    with _answering(status, body) as root:
        channel = TwilioSms(TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=root, timeout_seconds=2), MachineClock())
        outcomes = channel.hand_over([letter(1), letter(2)], Watching())
        assert [type(one) for one in outcomes] == [kind] * 2
        channel.close()


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, b"[]"), (503, b"<html>"), (429, b"{}")])
def test_a_look_up_that_nobody_can_read_says_so_and_nothing_of_the_message(status, body):
    with _answering(status, body) as root:
        channel = TwilioSms(TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=root, timeout_seconds=2), MachineClock())
        with pytest.raises(OSError, match="the provider answered"):
            channel.look_up(MARIE, datetime.now(UTC), datetime.now(UTC))
        channel.close()


@contextmanager
def _answering(status: int, body: bytes, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that answers whatever it is asked with this; its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"] or 0))
            self.do_GET()

        def do_CONNECT(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_provider_that_is_away_was_given_nothing():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    channel = TwilioSms(TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=f"http://127.0.0.1:{port}"), MachineClock())
    (outcome,) = channel.hand_over([letter(1)], Watching())
    assert isinstance(outcome, Rejected) and outcome.fault is Fault.CONNECTION
    with pytest.raises(OSError, match=r"."):
        channel.look_up(MARIE, datetime.now(UTC), datetime.now(UTC))
    channel.close()
    (closed_one,) = channel.hand_over([letter(1)], Watching())
    assert isinstance(closed_one, Rejected) and closed_one.fault is Fault.CONNECTION


@pytest.mark.parametrize("between", ["stranger", "proxy"])
def test_a_connection_that_is_refused_before_anything_was_said_was_given_nothing(tmp_path, monkeypatch, between):
    """Somebody else's certificate, or a clock that is years off; a proxy that wants a password: nobody is in doubt for that."""
    with _answering(407, b"", tls=_self_signed(tmp_path) if between == "stranger" else None) as root:
        api = root.replace("http:", "https:") if between == "stranger" else "https://api.valbrume.example"
        if between == "proxy":
            monkeypatch.setenv("HTTPS_PROXY", root)
        channel = TwilioSms(TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=api, timeout_seconds=2), MachineClock())
        (outcome,) = channel.hand_over([letter(1)], Watching())
        assert isinstance(outcome, Rejected) and outcome.fault is Fault.CONNECTION
        channel.close()


def _self_signed(folder: Path) -> ssl.SSLContext:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "stranger.pem"
    file.write_bytes(pem + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


def test_a_call_says_exactly_the_document_that_was_approved(carrier):
    calls, page = TwilioCalls(carrier[1], MachineClock()), Page()
    page.documents = {"/calls/1/document": HANG_UP.decode()}
    began = datetime.now(UTC)
    (outcome,) = calls.hand_over([letter(1, text=HANG_UP, callback=f"{page.root}/calls/1")], Watching())
    assert isinstance(outcome, Accepted) and outcome.payload_sha256 == hashlib.sha256(HANG_UP).digest() and outcome.pending
    assert carrier[0].idle()
    call = carrier[0].traffic.call(outcome.reference)
    assert call is not None and (call.status, call.heard, call.request["MachineDetection"]) == (
        "completed",
        ("Bonjour",),
        "Enable",
    )
    (trace,) = calls.look_up(MARIE, began, datetime.now(UTC))
    assert (trace.reference, trace.status) == (outcome.reference, "completed")
    assert calls.look_up("", began, began, reference="CA" + "f" * 32) == []
    assert calls.capabilities.medium is Medium.CALL
    assert page.of("/calls/1/document")[0]["AnsweredBy"] == "human"
    assert page.of("/calls/1/status")[0]["CallStatus"] == "completed"
    calls.close()
    page.shutdown()
    page.server_close()


@pytest.mark.parametrize(
    ("code", "status", "fault", "permanent"),
    [
        (21610, 400, Fault.OPTED_OUT, True),
        (21211, 400, Fault.RECIPIENT, True),
        (21614, 400, Fault.RECIPIENT, True),
        (30005, None, Fault.RECIPIENT, True),
        # Of a short code, "landline" also says that its carrier is out of reach at present: the number is not dead for that.
        (30006, None, Fault.RECIPIENT, False),
        (30003, None, Fault.MAILBOX, False),
        # It stood in the provider's queue for too long: we send too fast, and the telephone has nothing to do with it.
        (30036, None, Fault.THROTTLED, False),
        (30007, None, Fault.CONTENT, True),
        (20003, 401, Fault.OURS, False),
        (20429, 429, Fault.THROTTLED, False),
        (99999, 429, Fault.THROTTLED, False),
        (99999, 403, Fault.OURS, False),
        # Nobody here knows it: a table that is older than the account, or one number of thousands.
        (99999, 400, Fault.UNKNOWN, False),
        (99999, 422, Fault.UNKNOWN, False),
        (None, None, Fault.CONTENT, True),
        (22005, 400, Fault.THROTTLED, False),
        (39999, None, Fault.MAILBOX, False),
        # The number is ours, or the account: every other message would be refused as well.
        (21601, 400, Fault.OURS, False),
        (21659, 400, Fault.OURS, False),
        (21661, 400, Fault.OURS, False),
        (21701, 400, Fault.OURS, False),
        (20404, 404, Fault.OURS, False),
        (None, 404, Fault.OURS, False),
        # Something between us and the provider answers: no message is at fault.
        (302, 302, Fault.OURS, False),
        (407, 407, Fault.OURS, False),
        (10004, 400, Fault.THROTTLED, False),
        (30042, None, Fault.OURS, False),
        # A landline in the file is dead for texts; a destination the provider blocks for an hour is not, and nobody's fault.
        (21635, 400, Fault.RECIPIENT, True),
        (30450, None, Fault.MAILBOX, False),
        (30453, None, Fault.MAILBOX, False),
        (21730, 400, Fault.THROTTLED, False),
    ],
)
def test_each_code_says_whose_fault_it_is(code, status, fault, permanent):
    assert meaning(code, status) == (fault, permanent)


class TestSignatures:
    """Ours against the provider's own validator."""

    URL = "https://valbrume.example/hooks/sms?m=1&é=%C3%A9"
    FORM = (("To", "+33639980010"), ("From", "38123"), ("Body", "Arrêt ✋"), ("Body", "encore"), ("Empty", ""))

    def test_it_agrees_with_the_provider_s_validator(self):
        theirs = RequestValidator(TOKEN).compute_signature(self.URL, dict(self.FORM[:2]))
        assert signed(TOKEN, self.URL, self.FORM[:2], theirs)

    @pytest.mark.parametrize("forged", ["", "x", "AAAA", "é"])
    def test_a_forged_signature_is_refused(self, forged):
        assert not signed(TOKEN, self.URL, self.FORM, forged)

    def test_it_covers_the_address_and_every_parameter(self):
        good = RequestValidator(TOKEN).compute_signature(self.URL, dict(self.FORM[:2]))
        assert not signed(TOKEN, self.URL + "&x=1", self.FORM[:2], good)
        assert not signed(TOKEN, self.URL, self.FORM[:3], good)
        assert not signed("another token", self.URL, self.FORM[:2], good)


class TestCallbacks:
    """Forms read into values, or refused with the name of what is wrong."""

    SID = "SM" + "a" * 32

    def test_a_status(self):
        told = callbacks.message_status({"MessageSid": self.SID, "MessageStatus": "undelivered", "ErrorCode": "30003"})
        assert (told.sid, told.status, told.error_code) == (self.SID, "undelivered", 30003)

    @pytest.mark.parametrize(
        ("statuses", "read", "name", "sid"),
        [
            (MessageInstance.Status, callbacks.message_status, "Message", SID),
            (CallInstance.Status, callbacks.call_status, "Call", "CA" + "a" * 32),
        ],
        ids=["texts", "calls"],
    )
    def test_every_status_that_the_provider_s_own_library_knows_is_taken(self, statuses, read, name, sid):
        """One that is not taken would be told again and again, and nobody would learn what became of her text or her call."""
        known = {told for key, told in vars(statuses).items() if key.isupper()}
        never_ours = {"scheduled", "partially_delivered"}  # texts for later, and to groups
        for status in (known - never_ours) | ({"initiated"} if name == "Call" else set()):
            assert read({f"{name}Sid": sid, f"{name}Status": status}).status == status

    def test_a_reply_keeps_the_words(self):
        told = callbacks.sms_reply({"MessageSid": self.SID, "From": MARIE, "To": OURS, "Body": "Arrêt\x00 svp"})
        assert (told.sender, told.text) == (MARIE, "Arrêt svp")

    def test_a_key(self):
        told = callbacks.key_press({"CallSid": "CA" + "a" * 32, "To": MARIE, "Digits": "9", "AnsweredBy": "human"})
        assert (told.digits, told.answered_by) == ("9", "human")

    @pytest.mark.parametrize(
        ("read", "form", "key"),
        [
            (callbacks.message_status, {"MessageSid": "x", "MessageStatus": "sent"}, "MessageSid"),
            (callbacks.message_status, {"MessageSid": SID, "MessageStatus": "gone"}, "MessageStatus"),
            (callbacks.message_status, {"MessageSid": SID, "MessageStatus": "sent", "ErrorCode": "abc"}, "ErrorCode"),
            (callbacks.sms_reply, {"MessageSid": SID, "To": OURS}, "From"),
            (callbacks.sms_reply, {"MessageSid": SID, "From": "x" * 41, "To": OURS}, "From"),
            (callbacks.key_press, {"CallSid": "CA" + "a" * 32, "Digits": "9; drop"}, "Digits"),
            (callbacks.call_status, {"CallSid": "CA" + "a" * 32, "CallStatus": ""}, "CallStatus"),
        ],
    )
    def test_malformed_forms_are_refused_by_the_name_of_what_is_wrong(self, read, form, key):
        with pytest.raises(InvalidInput, match=key):
            read(form)


def test_the_team_is_told_to_mend_its_token_or_to_see_about_its_account() -> None:
    """« 20003 Authenticate » was followed by « Corrigez ce qu’il nous reproche »."""
    assert blamed("20003 Unable to create record: Authenticate") is Blame.LOGIN
    assert blamed("20005 Unable to create record: Account is not active") is Blame.ALLOWANCE
    assert blamed("21606 Unable to create record: The 'From' phone number provided is not valid") is Blame.UNTOLD

"""The addresses the provider calls back, as strangers and bad days use them: a clear answer, nothing lost, nothing leaked."""

from __future__ import annotations

import base64
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import MappingProxyType
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from gateway.channels.twilio.callbacks import signed
from gateway.domain.channel import Medium
from gateway.domain.errors import StoreUnavailable
from gateway.domain.reply import Intent
from gateway.flows import resolving, spooling, telephoning
from gateway.flows.checking import Standing, callbacks_line
from gateway.render.voice import HANG_UP
from gateway.store import inbox, spool, suppressions, tables
from gateway.store.engine import reading
from gateway.store.locks import lock
from gateway.web import promptly
from tests.meanwhile import silent
from tests.sending.support import journal_of, run
from tests.telephone.support import TOKEN, add, call, digest, objected, row_of, text
from tests.workers.waiting import until

MARIE, ABROAD = "+33639980010", "+447700900123"


def posted(t, path, body, *, signature=""):
    """Status and words of the answer to a raw body."""
    url = f"{t.gw.settings.web.public_url}/hooks/twilio/{path}"
    request = Request(url, data=body, headers={"X-Twilio-Signature": signature}, method="POST")
    try:
        with urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def told(t, path, form):
    """The same for a form that the provider signed."""
    url = f"{t.gw.settings.web.public_url}/hooks/twilio/{path}"
    wanted = url + "".join(f"{name}{value}" for name, value in sorted(form.items()))
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), wanted.encode(), "sha1")).decode()
    return posted(t, path, urlencode(form).encode(), signature=signature)


def kept(t):
    with reading(t.gw.engine) as tx:
        return tx.execute(select(func.count()).select_from(tables.inbox)).scalar_one()


def status(number, what="delivered"):
    return {"MessageSid": f"SM{number:032x}", "MessageStatus": what}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"=&=&=",
        b"a" * 1000,
        b"&".join(b"a=1" for _ in range(500)),
        b'{"MessageSid": "SM1"}',
        b"x=" + b"y" * 10_000_000,
    ],
    ids=["empty", "no-text", "no-names", "no-form", "too-many", "json", "ten-megabytes"],
)
def test_what_is_not_signed_is_told_nothing_and_leaves_nothing(t, body):
    try:
        code, words = posted(t, "sms/reply", body, signature="Zm9yZ2Vk")
    except OSError:  # cut off in the middle of ten megabytes
        code, words = 413, ""
    assert code in (403, 413) and "SM" not in words
    assert kept(t) == 0


def test_a_signature_for_another_address_or_another_form_is_refused(t):
    form = {"MessageSid": f"SM{1:032x}", "From": MARIE, "To": "36000", "Body": "STOP"}
    url = f"{t.gw.settings.web.public_url}/hooks/twilio/sms/reply"
    wanted = "".join(f"{name}{value}" for name, value in sorted(form.items()))
    for told_of in (url + "?x=1" + wanted, url.replace("http:", "https:") + wanted, url + wanted + "1"):
        forged = base64.b64encode(hmac.digest(TOKEN.encode(), told_of.encode(), "sha1")).decode()
        assert posted(t, "sms/reply", urlencode(form).encode(), signature=forged)[0] == 403
    assert kept(t) == 0


@pytest.mark.parametrize(
    ("told", "signs", "good"),
    [
        ("https://lettre.exemple.fr", "https://lettre.exemple.fr", True),
        ("https://lettre.exemple.fr", "https://lettre.exemple.fr:443", True),
        ("https://lettre.exemple.fr:8443", "https://lettre.exemple.fr", True),
        ("https://lettre.exemple.fr:8443", "https://lettre.exemple.fr:8443", True),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]", True),
        ("http://lettre.exemple.fr", "http://lettre.exemple.fr:80", True),
        ("https://lettre.exemple.fr", "https://lettre.exemple.fr:80", False),
        ("https://lettre.exemple.fr:8443", "https://lettre.exemple.fr:443", False),
        ("https://lettre.exemple.fr", "http://lettre.exemple.fr", False),
        ("https://lettre.exemple.fr", "https://autre.exemple.fr", False),
        ("https://lettre.exemple.fr", "https://lettre.exemple.fr:8443", False),
    ],
)
def test_the_provider_signs_an_address_with_its_port_or_without_one_and_no_other(told, signs, good):
    """Its own library looks at both; behind a port of its own every STOP was taken for a forgery."""
    path, form = "/hooks/twilio/sms/reply?a=1:2", [("Body", "STOP"), ("From", MARIE)]
    wanted = f"{signs}{path}BodySTOPFrom{MARIE}"
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), wanted.encode(), "sha1")).decode()
    assert signed(TOKEN, told + path, form, signature) is good
    assert RequestValidator(TOKEN).validate(told + path, dict(form), signature) is good or "[" in told


def test_signatures_that_are_not_the_provider_s_are_counted_and_the_team_reads_what_to_look_at(t):
    assert callbacks_line(t.gw).standing is Standing.READY
    assert posted(t, "sms/reply", b"Body=STOP")[0] == 403  # some robot: it does not even try
    assert callbacks_line(t.gw).standing is Standing.READY
    for _ in range(5):  # a flood: one is written down at once, the others a minute later with the next
        assert posted(t, "sms/reply", b"Body=STOP", signature="Zm9yZ2Vk") == (403, "")
    assert callbacks_line(t.gw).todo.startswith("Un rappel refusé depuis hier, le dernier le 01/12/2026 à 11:00")
    t.clock.advance(timedelta(minutes=2))
    posted(t, "calls/x/key", b"Digits=9", signature="Zm9yZ2Vk")
    line = callbacks_line(t.gw)
    assert line.standing is Standing.ADVISED and line.todo.startswith("6 rappels refusés")
    assert f"web.public_url ({t.gw.settings.web.public_url})" in line.todo and "GATEWAY_TWILIO__AUTH_TOKEN_FILE" in line.todo
    t.clock.advance(timedelta(days=3))
    assert callbacks_line(t.gw).standing is Standing.READY


def test_a_signed_callback_that_cannot_be_read_or_is_about_no_message_of_ours_is_told_so(t):
    assert told(t, "sms/reply", {"MessageSid": "SM1", "From": MARIE, "Body": "STOP"})[0] == 400
    token = t.gw.keys.verp_token(1)
    assert told(t, f"sms/{token}/status", {"MessageSid": f"SM{1:032x}", "MessageStatus": "eaten"})[0] == 400
    code, words = told(t, "sms/not-a-token/status", status(1))
    assert code == 404 and "deux installations ont-elles le même compte" in words
    assert kept(t) == 0


def test_a_stop_from_a_number_abroad_that_nobody_knows_is_obeyed(t):
    form = {"MessageSid": f"SM{7:032x}", "From": ABROAD, "To": "36000", "Body": "stop"}
    assert told(t, "sms/reply", form)[0] == 200
    with reading(t.gw.engine) as tx:
        assert suppressions.present(tx, [digest(t.gw, ABROAD)], Medium.SMS, t.clock.now())


@pytest.mark.parametrize("by", ["whatsapp:", "rcs:"])
def test_a_stop_written_by_another_messenger_of_the_same_telephone_stops_texts(t, by):
    add(t, MARIE)
    code, _ = told(t, "sms/reply", {"MessageSid": "SM" + "6" * 32, "From": by + MARIE, "To": by + "+33700000000", "Body": "STOP"})
    assert code == 200
    with reading(t.gw.engine) as tx:
        assert suppressions.of_digest(tx, digest(t.gw, MARIE))


def test_a_field_that_says_two_things_is_refused_and_one_said_twice_alike_is_not(t):
    """Whether she wrote STOP or good day is not guessed: the provider shows the refusal, and is asked for the text later."""
    url = f"{t.gw.settings.web.public_url}/hooks/twilio/sms/reply"
    form = [("MessageSid", "SM" + "7" * 32), ("From", MARIE), ("To", "36000"), ("Body", "STOP"), ("Body", "Bonjour")]
    for fields, code in ((form, 400), ([*form[:4], form[3]], 200)):
        wanted = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
        signature = base64.b64encode(hmac.digest(TOKEN.encode(), wanted.encode(), "sha1")).decode()
        answered, words = posted(t, "sms/reply", urlencode(fields).encode(), signature=signature)
        assert answered == code
        assert (words == "Body : donné deux fois, et pas pareil\n") == (code == 400)
    assert kept(t) == 1


@pytest.mark.parametrize(("kind", "stopped"), [("STOP", True), ("HELP", False), ("START", False)])
def test_a_word_by_which_the_provider_itself_stops_us_is_an_objection_here_too(t, kind, stopped):
    add(t, MARIE)
    form = {"MessageSid": f"SM{9:032x}", "From": MARIE, "To": "36000", "Body": "BRUME", "OptOutType": kind}
    assert told(t, "sms/reply", form)[0] == 200
    with reading(t.gw.engine) as tx:
        assert bool(suppressions.present(tx, [digest(t.gw, MARIE)], Medium.SMS, t.clock.now())) is stopped
        kept_as = inbox.by_provider_id(tx, Medium.SMS, form["MessageSid"])
    assert kept_as is not None and (kept_as.intent, kept_as.text) == (Intent.OBJECTION if stopped else Intent.OTHER, "BRUME")


@pytest.mark.parametrize("body", [{"Body": ""}, {"Body": " \n"}, {}], ids=["empty", "blank", "none"])
def test_a_picture_without_a_word_pauses_until_somebody_has_looked_at_it(t, body):
    add(t, MARIE)
    picture = {"MediaUrl0": "https://media.example/1", "MediaContentType0": "image/jpeg", "NumMedia": "1"}
    assert told(t, "sms/reply", {"MessageSid": f"MM{7:032x}", "From": MARIE, "To": "36000", **picture, **body})[0] == 200
    (waiting,) = resolving.queue(t.gw)
    assert (waiting.letter.intent, waiting.letter.text) == (Intent.DOUBTFUL, "📎 (pièce jointe, sans texte)")
    assert journal_of(t.gw, "reply")[0]["patterns"] == ["no-words"], (
        "the pack knows what stands for her words by this pattern alone"
    )
    text(t)
    run(t.gw)
    assert t.sent_to(MARIE) == []


def test_a_picture_beside_the_word_stop_changes_nothing_about_it(t):
    form = {"MessageSid": f"MM{8:032x}", "From": MARIE, "To": "36000", "Body": "STOP", "NumMedia": "1", "MediaUrl0": "x"}
    assert told(t, "sms/reply", form)[0] == 200
    with reading(t.gw.engine) as tx:
        assert suppressions.present(tx, [digest(t.gw, MARIE)], Medium.SMS, t.clock.now())


@pytest.mark.parametrize(
    ("path", "of", "act", "form"),
    [
        ("sms/reply", telephoning, "hear_text", {"MessageSid": f"SM{8:032x}", "From": MARIE, "To": "36000", "Body": "stop"}),
        ("calls/{token}/key", telephoning, "key_pressed", {"CallSid": f"CA{8:032x}", "Digits": "9"}),
    ],
)
def test_workers_stand_aside_from_the_moment_somebody_writes_or_presses_a_key(t, monkeypatch, path, of, act, form):
    """A status of the provider, on the other hand, holds up no worker."""
    stood_aside = []

    def look(*_, **__):
        with (t.gw.settings.var_dir / "first").open("a") as looked_at:
            stood_aside.append(not lock(looked_at.fileno()))
        return b""

    monkeypatch.setattr(of, act, look)
    monkeypatch.setattr(telephoning, "text_statuses", look)
    token = t.gw.keys.verp_token(1)
    told(t, path.format(token=token), form)
    told(t, f"sms/{token}/status", status(1))
    assert stood_aside == [True, False]


def test_many_callbacks_at_once_are_each_kept_once_and_a_bad_one_takes_none_with_it(t):
    add(t, MARIE)
    text(t)
    token = t.gw.keys.verp_token(row_of(t, MARIE)["id"])
    calls = [(f"sms/{token}/status", status(number, "sent")) for number in range(30)] * 2
    calls += [("sms/not-a-token/status", status(99)), (f"sms/{token}/status", status(1)), (f"sms/{token}/status", status(1))]
    with ThreadPoolExecutor(24) as crowd:
        codes = list(crowd.map(lambda call: told(t, *call)[0], calls))
    assert codes == [204] * 60 + [404, 204, 204]
    assert kept(t) == 31
    with reading(t.gw.engine) as tx:
        row = tx.execute(select(tables.inbox).where(tables.inbox.c.provider_id == f"SM{1:032x}:delivered")).mappings().one()
        receipts = tx.execute(select(func.count()).select_from(tables.receipt)).scalar_one()
    assert (row["state"], row["settled_as"], row["kept_at"]) == ("settled", "filed", t.clock.now())
    assert json.loads(row["body"]) == status(1) and receipts == 1


def test_a_stop_amid_as_many_signs_as_a_text_can_hold_is_heard(t):
    """1,600 characters is what the provider takes; written as a form, a sign of anger is twelve bytes."""
    add(t, MARIE)
    form = {"MessageSid": f"SM{7:032x}", "From": MARIE, "To": "36000", "Body": "STOP " + "😡" * 1595, "NumMedia": "10"}
    form |= {f"MediaUrl{n}": f"https://media.example/{n:090}" for n in range(10)}
    assert told(t, "sms/reply", form)[0] == 200
    with reading(t.gw.engine) as tx:
        assert suppressions.present(tx, [digest(t.gw, MARIE)], Medium.SMS, t.clock.now())


def test_a_key_pressed_while_the_database_is_away_is_thanked_for_and_takes_effect_when_it_is_back(t, monkeypatch):
    def away(*_, **__):
        raise StoreUnavailable("nobody answers")

    add(t, MARIE, call=True, hours="mon-sun 09:00-20:00")
    call(t)
    run(t.gw)
    path = f"calls/{t.gw.keys.verp_token(row_of(t, MARIE, Medium.CALL)['id'])}/key"
    form = {"CallSid": f"CA{8:032x}", "To": MARIE, "Digits": "9"}
    monkeypatch.setattr(telephoning, "key_pressed", away)
    monkeypatch.setattr(spooling, "object_by_key", away)  # the web server of the town looks every second whether it is back
    assert "appuyez sur la touche 9" in told(t, path, form | {"Digits": "5"})[1]
    assert told(t, path, form | {"Digits": ""}) == (200, HANG_UP.decode())
    assert spooling.waiting(t.gw) == (0, 0)
    code, said = told(t, path, form)
    assert code == 200 and "C’est noté" in said
    with reading(t.gw.engine) as tx:
        assert not suppressions.present(tx, [digest(t.gw, MARIE, Medium.CALL)], Medium.CALL, t.clock.now())
    t.clock.advance(timedelta(seconds=30))
    monkeypatch.undo()
    until(lambda: spooling.waiting(t.gw) == (0, 0))
    (told_of_it,) = journal_of(t.gw, "objection")
    assert (told_of_it["cause"], told_of_it["delay_ms"]) == ("key_press", 30_000)
    with reading(t.gw.engine) as tx:
        assert suppressions.present(tx, [digest(t.gw, MARIE, Medium.CALL)], Medium.CALL, t.clock.now())


class TestATextWhileTheDatabaseIsAway:
    """Its provider tells it once. Whoever wrote STOP is obeyed once the database is back, not once the provider is asked."""

    FORM = MappingProxyType({"MessageSid": f"SM{9:032x}", "From": MARIE, "To": "36000", "Body": "Stop svp"})

    @pytest.fixture
    def gone(self, t, monkeypatch):
        """Away until it is undone; the web server of the town looks every second whether it is back."""

        def away(*_, **__):
            raise StoreUnavailable("nobody answers")

        add(t, MARIE)
        with monkeypatch.context() as patch:
            for of in (telephoning, spooling):
                patch.setattr(of, "hear_text", away)
            yield patch

    def is_back(self, t, gone):
        gone.undo()
        until(lambda: spooling.waiting(t.gw) == (0, 0))

    def test_stop_waits_on_the_disk_and_takes_effect_once_with_its_true_delay(self, t, gone):
        for _ in range(2):
            assert told(t, "sms/reply", dict(self.FORM))[0] == 200
        assert spooling.waiting(t.gw) == (1, 0) and not objected(t, MARIE)
        (path,) = spool.waiting(t.gw.spool)
        assert path.stat().st_mode & 0o077 == 0  # her number and her words are nobody else's
        t.clock.advance(timedelta(seconds=30))
        self.is_back(t, gone)
        assert objected(t, MARIE)
        (objection,) = journal_of(t.gw, "objection")
        assert (objection["cause"], objection["delay_ms"]) == ("reply", 30_000)
        run(t.gw)
        assert len(t.sent_to(MARIE)) == 1  # her confirmation

    def test_what_the_provider_is_asked_for_later_is_the_same_text(self, t, gone):
        told(t, "sms/reply", dict(self.FORM))
        self.is_back(t, gone)
        t.clock.advance(timedelta(minutes=10))
        assert telephoning.take_in_missed(t.gw) == 0 and len(journal_of(t.gw, "reply")) == 1

    def test_start_brings_nobody_back_so_late(self, t, gone):
        told(t, "sms/reply", dict(self.FORM))
        told(t, "sms/reply", self.FORM | {"MessageSid": f"SM{10:032x}", "Body": "START", "OptOutType": "START"})
        self.is_back(t, gone)
        assert objected(t, MARIE) and len(journal_of(t.gw, "reply")) == 2

    def test_what_cannot_be_read_is_refused_and_leaves_nothing(self, t, gone):
        assert told(t, "sms/reply", self.FORM | {"From": ""})[0] == 400
        assert spooling.waiting(t.gw) == (0, 0)

    def test_a_disk_that_refuses_too_is_said_to_the_provider(self, t, gone, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(spool, "keep", full)
        assert told(t, "sms/reply", dict(self.FORM))[0] == 503

    def test_a_database_that_says_nothing_keeps_the_provider_waiting_for_seconds_and_she_is_heard_once(
        self, t, database_url, monkeypatch
    ):
        monkeypatch.setattr(promptly, "_WITHIN_SECONDS", 0.2)
        add(t, MARIE)
        with silent(database_url):
            assert told(t, "sms/reply", dict(self.FORM))[0] == 200
            assert spooling.waiting(t.gw) == (1, 0)
        until(lambda: spooling.waiting(t.gw) == (0, 0))
        assert objected(t, MARIE) and len(journal_of(t.gw, "reply")) == 1

    def test_a_file_that_holds_no_text_is_set_aside(self, t):
        for number, nonsense in enumerate(({"From": MARIE}, ["STOP"], 3)):
            spool.keep(t.gw.spool, {"text": nonsense}, f"2026-12-01T10:00:0{number}Z")
        until(lambda: spooling.waiting(t.gw) == (0, 3))

"""The keys that people press during a call, as they press them: at once, twice, another one, none. On both databases."""

from __future__ import annotations

from gateway.channels.twilio.callbacks import KeyPress
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.flows.telephoning import key_pressed
from gateway.sandbox.carrier import courier
from gateway.sandbox.carrier.twiml import Listener
from tests.sending.support import journal_of, run
from tests.telephone.support import add, call, objected, row_of

MARIE = "+33639980010"
WHICH = "Pour ne plus être appelé, appuyez sur la touche 9."


def hears_and_presses(t, monkeypatch, *keys, **who):
    """What Marie hears of a call whose questions she answers by these keys, one each."""
    add(t, MARIE, call=True, hours="mon-fri 09:00-20:00", **who)
    call(t)
    answers = iter(keys)
    monkeypatch.setattr(courier, "Listener", lambda **given: Listener(**given | {"press": lambda seconds: next(answers, "")}))
    run(t.gw)
    assert t.carrier.idle()
    (made,) = t.carrier.traffic.calls(equal={"callee": MARIE})
    return list(made.heard)


def test_whoever_presses_another_key_is_told_which_one_objects_and_is_obeyed_then(t, monkeypatch):
    """She meant to say no: a call that just hung up would leave her called again, and nobody told."""
    heard = hears_and_presses(t, monkeypatch, "6", "9")
    assert heard[-2:] == [WHICH, "C’est noté : nous ne vous appellerons plus. Au revoir."]
    assert objected(t, MARIE, Medium.CALL)


def test_whoever_presses_one_wrong_key_after_another_is_told_each_time_and_objects_to_nothing(t, monkeypatch):
    heard = hears_and_presses(t, monkeypatch, "6", "*", "0")
    assert heard[-3:] == [WHICH] * 3
    assert not objected(t, MARIE, Medium.CALL) and row_of(t, MARIE, Medium.CALL)["state"] is MessageState.ACCEPTED


def test_she_is_told_so_in_her_own_language(t, monkeypatch):
    heard = hears_and_presses(t, monkeypatch, "6", language="en")
    assert heard[-1] == "To stop these calls, press 9."


def test_whoever_presses_no_key_hears_the_call_to_its_end(t, monkeypatch):
    heard = hears_and_presses(t, monkeypatch)
    assert heard[-2:] == [WHICH, "Merci de votre écoute. Au revoir."]
    assert not objected(t, MARIE, Medium.CALL)


def test_the_key_told_twice_is_one_objection(t, monkeypatch):
    hears_and_presses(t, monkeypatch, "9")
    again = KeyPress(sid=f"CA{8:032x}", callee=MARIE, digits="99", answered_by=None)
    token = t.gw.keys.verp_token(row_of(t, MARIE, Medium.CALL)["id"])
    assert "C’est noté".encode() in key_pressed(t.gw, token, again, received_at=t.clock.now())
    assert len(journal_of(t.gw, "objection")) == 1

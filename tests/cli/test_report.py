"""`gateway campaign report` as a volunteer reads it after a night in which the server said no."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import timedelta

import pytest

from gateway.cli import campaign as commands
from gateway.cli import session
from gateway.domain.channel import Envelope, Fault, Outcome, Rejected
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.store import progress
from gateway.store.engine import reading
from tests.clock import ManualClock
from tests.sending.support import Person, RecordingChannel, add, newsletter, run


@pytest.fixture
def told(gw: Gateway, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """The report of the newsletter, as one line."""
    monkeypatch.setattr(session, "gateway", lambda **_: nullcontext(gw))

    def report() -> str:
        commands._report("lettre", as_json=False, with_reasons=True)
        return " ".join(capsys.readouterr().out.replace("│", " ").split())

    return report


def sent_to_three(gw: Gateway) -> None:
    add(gw, *(Person(email=f"{name}@exemple.example") for name in ("lea", "mehdi", "noe")))
    newsletter(gw)
    run(gw, lanes=1)


def test_letters_that_a_refused_password_holds_up_wait_for_the_team_and_for_no_hour(
    gw: Gateway, channel: RecordingChannel, told
) -> None:
    """Nothing leaves before she resumes the campaign; « prochain passage » and « la personne a accepté » said otherwise."""
    channel.answer = lambda envelope: Rejected(False, "535", "5.7.8 Authentication credentials invalid", Fault.OURS)
    sent_to_three(gw)
    said = told()
    assert "refus de notre côté : campagne arrêtée" in said and "gateway campaign resume lettre" in said
    assert "prochain passage" not in said and "a accepté" not in said


@pytest.fixture
def put_off(gw: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    """The servers of three people put their letters off, each at an instant of its own."""

    def later(envelope: Envelope) -> Outcome:
        clock.advance(timedelta(milliseconds=10))
        return Rejected(False, "451", "4.7.1 Greylisted, try again later", Fault.MAILBOX)

    channel.answer = later
    sent_to_three(gw)


@pytest.mark.usefixtures("put_off")
def test_letters_that_servers_put_off_within_one_minute_are_one_line_of_the_report(told) -> None:
    """Each has an instant of its own: a greylisted newsletter was told as « 08:05 : 1 », as many times as it has readers."""
    assert [line for line in told().split("prochain passage")[1].split(" : ")[1:] if line.split()[0] == "3"]


@pytest.mark.usefixtures("put_off")
def test_each_letter_that_was_put_off_is_counted_however_many_instants_there_are(gw: Gateway) -> None:
    """Of a long list only the first instants were looked at, and the line of a minute told fewer letters than it had."""
    with reading(gw.engine) as tx:
        (reason,) = [because for state, because, _ in progress.reasons(tx, 1) if state is MessageState.DEFERRED]
        ((_, many),) = progress.due_hours(tx, 1, reason, most=1)
    assert many == 3


def test_whoever_cancels_amid_a_batch_is_told_of_the_letters_in_hand(
    gw: Gateway, channel: RecordingChannel, told, capsys: pytest.CaptureFixture[str]
) -> None:
    """« 20 messages ne partiront pas » was said where thirty did not: ten were with a lane, and had not begun."""
    said: list[str] = []

    def cancel(envelope: Envelope) -> None:
        if not said:
            commands.cancel("lettre", by="autrice", why="le jour est faux")
            said.append(" ".join(capsys.readouterr().out.split()))

    channel.begun = cancel
    sent_to_three(gw)
    assert "0 message ne partira pas ; 3 étaient en cours de remise, et n’arriveront que s’ils avaient déjà commencé" in said[0]
    assert "--rest-of lettre" in said[0]


def test_while_the_relay_is_away_the_status_says_so_and_that_nobody_need_do_anything(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock, capsys: pytest.CaptureFixture[str], told
) -> None:
    """« reportés : 3 » alone was read for hours, as if some rule or hour held them back."""
    channel.answer = lambda envelope: Rejected(False, "", "connection refused", Fault.CONNECTION)
    sent_to_three(gw)
    for _ in range(2):
        clock.advance(timedelta(minutes=3))
        run(gw, lanes=1)
    away = "Le relais ne répond pas, ou n’en prend plus pour l’instant : "
    away += "Passerelle réessaie d’elle-même, toutes les deux minutes au plus."
    commands.status("lettre")
    assert away in " ".join(capsys.readouterr().out.split())
    commands.status("lettre", as_json=True)
    assert json.loads(capsys.readouterr().out)["provider_away"] is True
    channel.answer = lambda envelope: None
    clock.advance(timedelta(minutes=3))
    run(gw, lanes=1)
    assert "Le relais ne répond pas" not in told()

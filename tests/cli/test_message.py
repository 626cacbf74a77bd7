"""`gateway message` and `gateway inbound show`: what became of one message, as a volunteer reads it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from gateway.cli.main import app
from gateway.domain.message import MessageState
from gateway.flows.receiving import receive
from gateway.present import SystemClock
from gateway.store import tables
from gateway.store.engine import begin
from tests.commands import called, installed
from tests.inbound.mails import mail
from tests.sending.support import Person, add, installation, message_of, newsletter, run
from tests.workers.test_processes import SECRET

LEA, YANN = "lea@exemple.example", "yann@exemple.example"


@pytest.fixture
def gw(sqlite_url, tmp_path, monkeypatch):
    """An installation that wrote to Léa, and not to Yann, who did not agree; commands are its own."""
    installed(monkeypatch, sqlite_url, tmp_path)
    monkeypatch.setenv("GATEWAY_SECRET", SECRET)
    with installation(sqlite_url, SystemClock(), tmp_path / "var") as gw:
        add(gw, Person(email=LEA), Person(email=YANN, consent=None))
        newsletter(gw)
        run(gw)
        yield gw


def shown(*words: object) -> str:
    """What a command says, without the frames of its tables."""
    return " ".join(re.sub("[─-╿]", " ", called(app, *words).stdout).split())


def test_a_message_is_shown_with_its_campaign_its_verdict_and_its_hand_over_in_words(gw):
    said = shown("message", "show", message_of(gw, LEA)["id"])
    for words in (
        "Campagne lettre Sorte lettre de campagne État remis",
        "décision verdict : autorisé",
        "remise",
        "issue : accepté par le serveur",
    ):
        assert words in said, said
    refused = shown("message", "show", message_of(gw, YANN)["id"])
    assert "État refusé par les règles" in refused and "verdict : refusé" in refused and "consent" in refused
    for english in ("accepted", "message_class", "handed_at", '"verdict"', "allow"):
        assert english not in said + refused


def test_a_refusal_is_a_sentence_wherever_a_volunteer_reads_of_it(gw):
    yann = message_of(gw, YANN)["id"]
    never_asked = "La personne n’a pas donné son accord pour ce canal. (consent-per-channel)"
    report = shown("campaign", "report", "lettre")
    assert f"refusés par les règles {never_asked} 1 par exemple le message {yann}" in report
    assert "remis La personne a accepté de recevoir nos messages par ce canal. (consent-per-channel)" in report
    assert f"Pourquoi {never_asked}" in shown("message", "show", yann)


def test_the_contact_of_a_message_is_shown_in_words_and_on_the_clock_of_the_law(gw):
    said = shown("contacts", "show", LEA)
    why = "La personne a accepté de recevoir nos messages par ce canal."
    assert "Adresse (courriel)" in said and re.search(rf"lettre remis {why} \d\d/\d\d/\d{{4}} à \d\d:\d\d", said)
    assert json.loads(called(app, "contacts", "show", LEA, "--json").stdout)["messages"][0]["because"] == "consent-per-channel"
    for english in ("accepted", "UTC", "email)", "web_form"):
        assert english not in said


def test_a_message_that_was_cancelled_is_dated_by_that_day_and_not_by_the_one_it_was_meant_for(gw):
    m = tables.message
    due, ended = datetime(2027, 3, 1, 9, tzinfo=UTC), datetime(2026, 11, 29, 9, tzinfo=UTC)
    gone = {"state": "cancelled", "because": "optout-pause", "due_at": due, "handed_at": None, "settled_at": ended}
    with begin(gw.engine) as tx:
        tx.execute(update(m).where(m.c.id == message_of(gw, YANN)["id"]).values(gone))
    said = shown("contacts", "show", YANN)
    assert "29/11/2026 à 10:00" in said and "01/03/2027" not in said


def test_a_page_of_messages_speaks_french_and_says_how_to_go_on(gw):
    said = shown("message", "list", "--limit", "1")
    first = json.loads(called(app, "message", "list", "--limit", "1", "--json").stdout)[0]["id"]
    assert "remis La personne a accepté de recevoir nos messages par ce canal." in said and "consent-per-channel" not in said
    assert "remis" in said and said.endswith(f"La suite : gateway message list --after {first}")
    rest = shown("message", "list", "--campaign", "lettre", "--after", first)
    assert "refusé par les règles" in rest and "La suite" not in rest


def test_an_uncertain_message_is_settled_by_a_word_and_said_so(gw):
    number = message_of(gw, LEA)["id"]
    with begin(gw.engine) as tx:
        tx.execute(update(tables.message).where(tables.message.c.id == number).values(state=MessageState.UNCERTAIN))
    settle = ("message", "settle", number, "--as", "accepted", "--evidence", "elle l’a lue", "--by", "Inès")
    assert shown(*settle) == f"✓ Message {number} : remis. Il ne repartira pas."
    said = shown("message", "show", number)
    assert "message incertain réglé" in said and "preuve : elle l’a lue" in said and "par : Inès" in said


def test_a_mail_that_came_in_is_shown_in_words(gw):
    done = receive(gw, mail(LEA, "equipe@valbrume.example", "Ne m’écrivez plus, merci."), ("equipe@valbrume.example",))
    said = shown("inbound", "show", done.letter_id)
    for words in (
        "Lu comme opposition",
        "Ses mots Bonjour Ne m’écrivez plus, merci.",
        "Où il en est réglé",
        "Réglé comme opposition",
    ):
        assert words in said, said

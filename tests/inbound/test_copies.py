"""Answers that return our letter without any mark of a quote: what our own notices say objects in nobody's name."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from gateway.domain.reply import Intent
from gateway.flows.gateway import Gateway
from gateway.flows.receiving import receive
from tests.inbound.mails import mail
from tests.mails import part_of
from tests.sending.support import Person, RecordingChannel, add, newsletter, run

LEA, TEAM = "lea@exemple.example", "equipe@valbrume.example"


@pytest.fixture
def gw(gw: Gateway) -> Gateway:
    """Léa has got the newsletter."""
    add(gw, Person(email=LEA, given_name="Léa"))
    newsletter(gw)
    run(gw)
    return gw


def letter(channel: RecordingChannel, kind: str = "plain") -> str:
    """The letter as Léa has it: its text, or its page."""
    return part_of(message_from_bytes(channel.payloads[LEA], policy=policy.default), kind)


def heard(gw: Gateway, text: str, *, subject: str = "Re: La lettre", html: str = "") -> Intent | None:
    raw = mail(LEA, TEAM, text, subject=subject)
    if html:
        raw = mail(LEA, TEAM, html, subject=subject).replace(b"text/plain", b"text/html")
    return receive(gw, raw, (TEAM,)).intent


@pytest.mark.parametrize("words", ["Bravo, je partage avec mes voisins !", "Bonjour, quand aura lieu la réunion ?\n\nL. Riou"])
def test_a_letter_copied_below_praise_without_any_mark_objects_in_nobodys_name(
    gw: Gateway, channel: RecordingChannel, words: str
) -> None:
    assert heard(gw, f"{words}\n\n{letter(channel)}") is Intent.OTHER


def test_nor_does_one_copied_above_it(gw: Gateway, channel: RecordingChannel) -> None:
    assert heard(gw, f"{letter(channel)}\n\nJe viendrai samedi, avec des amis. Bravo !") is Intent.OTHER


def test_nor_its_page_as_a_webmail_puts_it_into_the_answer(gw: Gateway, channel: RecordingChannel) -> None:
    page = letter(channel, "html")
    assert heard(gw, "", html=f"<div>Très beau programme, merci.</div><br>{page}") is Intent.OTHER


def test_nor_the_case_that_a_desk_opens_with_it(gw: Gateway, channel: RecordingChannel) -> None:
    text = f"Votre demande (n° 4521) a bien été reçue et sera traitée.\n\nDescription :\n{letter(channel)}"
    assert heard(gw, text, subject="[Aide #4521] Nouveau ticket") is Intent.OTHER


@pytest.mark.parametrize(
    "words",
    [
        "Merci de ne plus m'écrire.",
        "Je m’oppose à recevoir ces messages",
        "Se désabonner",
        "Vous préférez ne plus recevoir nos messages ? Oui : stop.",
    ],
)
@pytest.mark.parametrize("order", ["above", "below"])
def test_who_objects_beside_such_a_copy_is_heard_even_in_our_own_words(
    gw: Gateway, channel: RecordingChannel, words: str, order: str
) -> None:
    pieces = (words, letter(channel)) if order == "above" else (letter(channel), words)
    assert heard(gw, "\n\n".join(pieces)) is Intent.OBJECTION


def test_a_sentence_of_our_notices_alone_is_hers(gw: Gateway) -> None:
    assert heard(gw, "Je m’oppose à recevoir ces messages") is Intent.OBJECTION


def test_a_word_added_to_our_subject_is_hers_where_she_wrote_nothing_else(gw: Gateway) -> None:
    assert heard(gw, "", subject="Re: La lettre STOP") is Intent.OBJECTION


def test_our_subject_says_nothing_for_who_answers_in_words(gw: Gateway) -> None:
    assert heard(gw, "Merci pour tout.", subject="Re: Stop au parking") is Intent.OTHER


@pytest.mark.parametrize(
    "ours", ["Stop à la vie chère", '{{ given_name|"Chère voisine" }}, stop aux cris !', "Disons stop ensemble"]
)
@pytest.mark.parametrize("answer", ["Re: {}", "RE: Re : {}", "re: {}  "])
def test_an_empty_answer_below_our_own_stop_says_nothing(gw: Gateway, channel: RecordingChannel, ours: str, answer: str) -> None:
    newsletter(gw, "stop", subject=ours)
    run(gw)
    subject = str(message_from_bytes(channel.payloads[LEA], policy=policy.default)["Subject"])
    assert answered(gw, channel, answer.format(subject)) is Intent.OTHER
    assert answered(gw, channel, answer.format(f"{subject} STOP")) is Intent.OBJECTION


def answered(gw: Gateway, channel: RecordingChannel, subject: str) -> Intent | None:
    """What is read in an answer to the last letter that has a subject and nothing else."""
    letter = message_from_bytes(channel.payloads[LEA], policy=policy.default)
    raw = mail(LEA, TEAM, "", subject=subject, number=str(len(subject)), In_Reply_To=str(letter["Message-ID"]))
    return receive(gw, raw, (TEAM,)).intent

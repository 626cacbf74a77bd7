"""What programs write in somebody's name without saying so: nobody objects, and no mailbox fails, by a word that is not hers."""

from __future__ import annotations

import logging

import pytest

from gateway.channels.inbound import MailKind, read_mail
from gateway.channels.inbound.lastresort import guessed
from tests.inbound.letters import RETURN_PATH, mail, parts

ABSENCES = [
    "Je suis actuellement en arrêt maladie. Merci de ne pas m'écrire pendant cette période.",
    "Je suis absente du 23/11 au 11/12. Merci de ne plus envoyer de messages à cette adresse d'ici là.",
    "Congé maternité jusqu'au 3 mars. Cette boîte n'est pas relevée, ce message ne sera pas transféré.",
    "I am on annual leave. Please do not email me until my return.",
    "Ich bin im Urlaub und wieder erreichbar ab dem 4.12.",
]


@pytest.mark.parametrize("said", ABSENCES)
def test_an_absence_sent_to_a_return_path_is_no_objection_though_no_field_says_that_a_machine_wrote_it(said: str) -> None:
    report = read_mail(mail(said, subject="Re: Notre programme", To=RETURN_PATH))
    assert (report.kind, report.auto) == (MailKind.VACATION, True)
    written_to_us = read_mail(mail(said, subject="Re: Notre programme"))
    assert written_to_us.kind is MailKind.REPLY, "where people write, it may be hers"


def test_a_stop_sent_to_a_return_path_is_read_all_the_same() -> None:
    report = read_mail(mail("Ne m'écrivez plus.", subject="Re: Notre programme", To=RETURN_PATH))
    assert (report.kind, report.text) == (MailKind.REPLY, "Ne m'écrivez plus.")


CHALLENGES = [
    "Lucie utilise un service antispam. Pour que votre message lui soit remis, cliquez ici :\nhttps://antispam.example/v?id=1\n"
    "Sans action de votre part, votre message sera supprimé et l'adresse restera bloquée.",
    "Je reçois trop de publicités. Pour que votre courriel me parvienne, veuillez confirmer que vous êtes une personne. "
    "Sinon il sera effacé.",
    "Votre message à destination de Lucie n'est pas encore remis. Afin de vérifier que vous n'êtes pas un robot, "
    "cliquez ci-dessous.",
    "Just once, click the link below so I can receive your emails. If you do not verify, your message will be deleted.",
]


@pytest.mark.parametrize("said", CHALLENGES)
def test_a_mailbox_that_asks_whether_we_are_people_neither_fails_nor_objects(said: str) -> None:
    report = read_mail(mail(said, subject="[Vérification] Notre programme", To=RETURN_PATH))
    assert (report.kind, report.recipients, report.auto) == (MailKind.OTHER, (), True)
    assert read_mail(mail(said)).kind is MailKind.REPLY, "where people write, somebody looks"


def invitation(said: str, subject: str = "Refusé : Réunion publique") -> bytes:
    answer = "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nATTENDEE;PARTSTAT=DECLINED:mailto:lucie@mairie.example\nEND:VEVENT\n"
    return parts(
        ("text/plain; charset=utf-8", said), ("text/calendar; method=REPLY", answer), kind="alternative", subject=subject
    )


@pytest.mark.parametrize(
    "said",
    ["Lucie a refusé cette invitation.", "Lucie has declined this invitation.", "Lucie hat diesen Termin abgelehnt.", ""],
)
def test_an_invitation_that_she_declines_is_no_refusal_of_our_letters(said: str) -> None:
    report = read_mail(invitation(said))
    assert (report.kind, report.auto) == (MailKind.OTHER, True)


def test_what_she_adds_to_her_answer_is_her_own_word() -> None:
    report = read_mail(invitation("Lucie a refusé cette invitation.\n\nNe m'écrivez plus jamais."))
    assert (report.kind, report.text) == (MailKind.REPLY, "Ne m'écrivez plus jamais.")


def test_a_field_with_bare_accents_does_not_fill_the_log_when_the_library_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        guessed("From: Gérard <gerard@pme.example>\nSubject: Vérification\n\nBonjour\n".encode())
    assert caplog.records == []

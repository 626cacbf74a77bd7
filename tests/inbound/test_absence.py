"""Nobody is there: said in many tongues, in any order, by servers nobody has seen; and words alike that say something else."""

from __future__ import annotations

import pytest

from gateway.channels.inbound import MailKind, Verdict, read_mail
from gateway.channels.refusals import Reply, Step, judge
from tests.inbound.letters import OURS, RETURN_PATH, block, bounce, mail

NOBODY = [
    "550 that mail drop was purged last spring",
    "550 The alias lucie ceased to exist",
    "550 There is no such subscriber",
    "550 we have no active account for her",
    "550 this inbox has been decommissioned",
    "550 could not identify the addressee",
    "550 our staff list has no record of this person",
    "550 not in my validrcptto list",
    "550 recipient refused",
    "550 account unavailable",
    "550 La boîte de votre correspondante n'est plus attribuée",
    "550 Aucune adresse de ce nom chez nous",
    "550 Cette personne n'a plus de boîte aux lettres chez nous",
    "550 Le destinataire ne possède plus de messagerie",
    "550 Il ne dispose plus de compte ici",
    "550 L'abonnée a été résiliée, compte clôturé",
    "550 Cette salariée a quitté la maison",
    "550 Ce collaborateur ne fait plus partie de l'entreprise",
    "550 L'élève a quitté l'établissement",
    "550 Boîte retirée du service",
    "550 Cette adresse n'est attribuée à personne",
    "550 Utilisateur parti, compte détruit",
    "550 5.2.1 Adresse désactivée suite au départ de la personne",
    "550 Das Postfach wurde aufgelöst",
    "550 Unbekannter Teilnehmer",
    "550 La casilla fue eliminada",
    "550 No se encuentra el buzón",
    "550 Nessuna casella con questo nome",
    "550 A conta foi encerrada",
    "550 Dit adres is opgeheven",
    "550 Skrzynka nie istnieje",
    "550 Mottagaren hittades inte",
    "550 Adresát neexistuje",
    "550 Căsuța nu există",
    "550 A postafiók nem található",
    "550 Kullan\u0131c\u0131 bulunamad\u0131",
    "550 παραλήπτης δεν υπάρχει",
    "550 Абонент удалён",
    "550 5.2.1 Mailbox permanently disabled",
    "550 5.2.1 Compte désactivé définitivement",
    "550 5.2.1 Adresse fermée pour inactivité",
    "550 5.2.1 suspended or removed",
    "550 the mailbox was closed for inactivity",
    "550 the domain mairie.example is not registered",
    "550 Domaine introuvable",
    "550 Nous n'avons trouvé aucune boîte de cette abonnée",
    "550 Cette agente ne figure plus dans l'annuaire : adresse non référencée",
    "550 Diese Adresse ist nicht mehr eingerichtet",
    "550 La casella non è più attiva",
    "550 Son compte est fermé",
    "550 Cette adresse n'est plus valable",
    "550 Client résilié",
    "550 le domaine mairie.example n'est plus en service",
    "550 the domain mairie.example is no longer in use",
    "550 Le domaine mairie.example a été supprimé",
    "550 BAL inconnue",
    "550 Ce n'est pas une adresse : elle n'est plus une boîte valide",
    "550 her account was withdrawn",
    "550 5.2.1 permanently unavailable",
    "550 Não foi possível localizar o destinatário",
    "550 USER_DOES_NOT_EXIST",
    "550 Refused: this recipient or her mailbox does not exist",
    "550 Rejected since the address or the domain is unknown",
    "550 Address rejected (invalid or mistyped recipient)",
    "550 MailboxUnknown",
    "550 E_NOUSER",
    "550 unknown rcpt",
    "550 Inconnu",
    "550 Inconnue à cette adresse",
    "550 lucie@mairie.example n'est pas une boîte connue",
    "550 Nous ne connaissons pas cette abonnée",
    "550 Pas de compte <lucie@mairie.example>",
    "550 Il n'existe pas de boîte de ce nom",
    "550 Cette adresse n'est plus en service",
    "550 adresse obsolète",
    "550 Cette personne n'est plus en poste",
    "550 Votre correspondante a changé d'opérateur",
    "550 we do not have that subscriber",
    "550 cannot find lucie@mairie.example in our files",
    "550 that user isn't here",
]
SOMEBODY = [
    "550 your sender account does not exist",
    "550 L'adresse de l'expéditeur n'existe pas",
    "550 L'expéditeur n'a pas de compte chez nous",
    "550 Réservé aux employés, votre serveur est inconnu",
    "550 Le score s'élève à 12, il a quitté la zone verte",
    "550 Le serveur n'a pas d'adresse inverse",
    "550 l'adresse ip de votre serveur est inconnue",
    "550 Die Absenderadresse existiert nicht",
    "550 mailbox over limit, user unknown to the quota daemon",
    "550 cannot find storage for this user",
    "550 5.2.1 The account is disabled",
    "550 5.2.1 Mailbox temporarily closed for inactivity",
    "550 5.2.1 Compte désactivé",
    "550 mail loop on the way to an unknown user",
    "550 5.7.1 url of an unknown domain in the message",
    "550 directory server unavailable, try again",
    "450 4.1.1 no such subscriber",
    "550 Possible causes: no such subscriber, a full inbox, a server at rest",
    "550 the alias may not exist",
    "550 Compte temporairement fermé",
    "550 L'adresse de retour n'existe pas",
    "550 5.7.1 invalid credentials for this account",
    "550 Die IP-Adresse ist unbekannt",
    "550 votre domaine n'existe pas",
    "550 votre domaine n'est plus actif",
    "550 La connexion au domaine a été fermée",
    "550 Le certificat du domaine mairie.example a expiré",
    "550 ligne trop longue",
    "550 plus de place",
    "550 taille maximale de la boîte dépassée",
    "550 destinataire : connexion fermée",
    "550 L'adresse est peut-être inconnue",
    "550 the limit of unknown users was passed",
    "550 she rejects mail from unknown addresses",
    "550 La destinataire refuse les courriels d'adresses inconnues",
    "550 your List-Unsubscribe address does not exist",
    "550 Denied by policy or no such user",
    "550 refusé : politique de la maison ou destinataire inconnu",
    "550 your address is unknown to us",
    "550 votre compte est inconnu ici",
    "550 the bounce address does not exist",
    "550 Adresse d'envoi inconnue",
    "550 mailbox temporarily unknown",
    "550 utilisatrice temporairement introuvable",
    "550 relaying to an unknown domain is refused",
    "550 NoUserConsentGiven",
]


@pytest.mark.parametrize("reply", NOBODY)
def test_a_server_that_refuses_her_because_nobody_is_there_is_believed(reply: str) -> None:
    assert judge(Reply.parse(reply, step=Step.RCPT)).verdict is Verdict.HARD


@pytest.mark.parametrize("reply", SOMEBODY)
def test_words_alike_that_speak_of_us_or_of_a_passing_trouble_condemn_nobody(reply: str) -> None:
    assert judge(Reply.parse(reply, step=Step.RCPT)).verdict is not Verdict.HARD


def test_who_bounces_and_names_no_other_server_speaks_for_itself():
    own = bounce(block("550 Unknown user", status="5.0.0"))
    relayed = bounce(block("550 Unknown user", status="5.0.0") + "\nRemote-MTA: dns; mx.ailleurs.example")
    quoted = bounce(block("550 Unknown user", status="5.0.0"), words="The remote server of lucie@mairie.example said no.")
    assert [read_mail(each).recipients[0].verdict for each in (own, relayed, quoted)] == [
        Verdict.HARD,
        Verdict.UNKNOWN,
        Verdict.UNKNOWN,
    ]


def test_a_notice_in_words_that_names_no_other_server_speaks_for_itself():
    told = mail("<lucie@mairie.example>:\n550 No such person", subject="failure notice", sender="MAILER-DAEMON@mairie.example")
    assert [each.verdict for each in read_mail(told).recipients] == [Verdict.HARD]


def test_a_report_that_repeats_the_last_success_is_completed_by_the_words():
    told = bounce(
        block("250 OK", status="2.0.0"),
        words="<lucie@mairie.example>\n>>> RCPT To:<lucie@mairie.example>\n<<< 550 gone\n550 User unknown",
    )
    assert [each.verdict for each in read_mail(told).recipients] == [Verdict.HARD]


def test_a_relayed_reply_without_a_step_is_believed_when_it_says_more_than_filters_do():
    def told(reply: str) -> Verdict:
        return read_mail(bounce(block(reply, status="5.0.0") + "\nRemote-MTA: dns; mx.ailleurs.example")).recipients[0].verdict

    assert told("550 No such user") is Verdict.UNKNOWN
    assert told("550 No such user: her alias was purged last spring") is Verdict.HARD


def test_a_server_the_message_only_came_from_is_not_the_one_that_refused():
    words = "The message was received today\nfrom campagne.example ([192.0.2.9])\n\n<lucie@mairie.example>:\n<<< 550 User unknown"
    told = mail(words, subject="Undeliverable", sender="MAILER-DAEMON@mairie.example")
    assert [each.verdict for each in read_mail(told).recipients] == [Verdict.HARD]


def test_a_report_that_a_person_forwards_counts_only_when_it_is_whole():
    piece = "Final-Recipient: rfc822; paul@mairie.example\nAction: failed\nStatus: 5.1.1\n"
    kinds = [read_mail(mail(f"Voyez :\n\n{head}{piece}")).kind for head in ("", "Reporting-MTA: dns; mx.mairie.example\n\n")]
    assert kinds == [MailKind.REPLY, MailKind.BOUNCE]


class TestAnsweringMachines:
    """Servers call their notices automatic answers, as mailboxes call theirs; only the first speak of somebody else."""

    GONE = "L'adresse lucie@mairie.example n'existe plus. Votre message n'a pas été lu."

    @pytest.mark.parametrize(
        "subject", ["Votre message n'a pas été remis", "Adresse supprimée", "Mail rejected", "Non-remise : Lettre"]
    )
    def test_a_house_that_says_that_she_left_is_a_bounce(self, subject):
        told = mail(self.GONE, subject=subject, sender="Mairie <accueil@mairie.example>", Auto_Submitted="auto-replied")
        assert [(each.address, each.verdict) for each in read_mail(told).recipients] == [("lucie@mairie.example", Verdict.HARD)]

    @pytest.mark.parametrize("subject", ["Fermeture annuelle", "Re: Votre message n'a pas été remis", "Adresse supprimée"])
    def test_she_herself_condemns_nobody_whatever_her_mailbox_writes(self, subject):
        told = mail(
            f"{self.GONE}\n\n----- Message original -----\n{OURS}",
            subject=subject,
            Auto_Submitted="auto-replied",
            Return_Path="<>",
        )
        report = read_mail(told)
        assert (report.kind, report.recipients) == (MailKind.VACATION, ())

    @pytest.mark.parametrize(
        "words",
        [
            "Cette adresse n'existe plus, vous pouvez me joindre à lucie@ailleurs.example",
            "Votre message n'a pas été lu : l'adresse est supprimée. Merci d'utiliser lucie@ailleurs.example",
            "I have left the town hall; this address no longer exists, your message was not delivered.",
        ],
    )
    @pytest.mark.parametrize("to", ["lettre@campagne.example", RETURN_PATH])
    def test_whoever_has_a_mailbox_and_tells_of_her_new_one_is_no_server(self, words, to):
        told = mail(words, subject="Adresse supprimée", To=to, Return_Path="<>", X_Auto_Response_Suppress="All")
        assert (read_mail(told).kind, read_mail(told).recipients) == (MailKind.OTHER, ())

    def test_an_absence_that_names_a_colleague_who_left_condemns_nobody(self):
        words = f"paul@mairie.example n'existe plus\n\n----- Message original -----\n{OURS}"
        told = mail(words, subject="Message non lu", sender="Accueil <accueil@mairie.example>", Auto_Submitted="auto-replied")
        assert read_mail(told).kind is MailKind.VACATION


class TestForwarding:
    """Lucie's town hall forwards her mail to an address we never wrote to; that one died."""

    DEAD = block("550 5.1.1 User unknown", address="lucie.perso@ailleurs.example", status="5.1.1")

    def test_what_is_returned_says_whom_we_wrote_to(self):
        taken = (
            "Received: from campagne.example by mx.mairie.example for <lucie@mairie.example>; Tue, 4 Mar 2031 10:00:00 +0100\n"
            + OURS
        )
        (told,) = read_mail(bounce(self.DEAD, returned=taken)).recipients
        assert (told.address, told.forwarded_to, told.verdict) == (
            "lucie@mairie.example",
            "lucie.perso@ailleurs.example",
            Verdict.HARD,
        )

    def test_words_that_say_whence_the_address_came_are_believed(self):
        words = "  lucie.perso@ailleurs.example\n    (generated from lucie@mairie.example)\n    550 5.1.1 User unknown"
        (told,) = read_mail(bounce(self.DEAD, words=words, returned="Subject: rien\n\n")).recipients
        assert (told.address, told.forwarded_to) == ("lucie@mairie.example", "lucie.perso@ailleurs.example")

    def test_a_header_alone_proves_nothing(self):
        (told,) = read_mail(bounce(self.DEAD, returned=OURS)).recipients
        assert (told.address, told.forwarded_to) == ("lucie.perso@ailleurs.example", None)

"""Notices that no standard report carries: other servers, tongues, providers, lists. The living are never taken for dead."""

from __future__ import annotations

import json

import pytest

from gateway.channels.inbound import MailKind, Verdict, read_mail
from gateway.channels.refusals import Reply, Step, judge
from tests.inbound.letters import OURS, RETURN_PATH, block, bounce, mail, parts

POSTMASTER = "Postmaster <postmaster@mx.mairie.example>"


def told(
    words: str, subject: str = "Message non remis", sender: str = POSTMASTER, **fields: str
) -> list[tuple[str | None, Verdict]]:
    """Whom a notice in words speaks of, and what it says of each."""
    report = read_mail(mail(words, subject=subject, sender=sender, **({"To": RETURN_PATH} | fields)))
    return [(each.address, each.verdict) for each in report.recipients] if report.kind is MailKind.BOUNCE else []


class TestTongues:
    """A server says in its own language that nobody of this name is there."""

    @pytest.mark.parametrize(
        "said",
        [
            "Der Empfänger steht nicht im Adressbuch dieses Hauses; Benutzer nicht verzeichnet.",
            "Benutzer Lucie ist nicht in unserem Mitgliederverzeichnis.",
            "El destinatario ya no trabaja en esta casa.",
            "El usuario no figura en nuestro directorio.",
            "L'utente non figura tra i nostri iscritti.",
            "O utilizador já não pertence a esta associação.",
            "Deze gebruiker komt niet voor in ons ledenbestand.",
            "Votre correspondante n'est plus dans notre annuaire.",
            "L'utilisatrice a déménagé.",
            "Käyttäjää ei löydy.",
            "Korisnik ne postoji.",
            "Користувача не знайдено: скринька видалена.",
            "Такого абонента не существует.",
            "お届け先のアドレスは現在使われておりません。",
            "收件者地址找不到。",
            "The addressee is not listed among our members.",
            "Diagnostic code: unrecognised O/R name",
        ],
    )
    def test_nobody_of_that_name_is_dead_in_any_of_them(self, said):
        assert told(f"Votre message n'a pas pu être remis à\n\nlucie@mairie.example\n\n{said}") == [
            ("lucie@mairie.example", Verdict.HARD)
        ]

    @pytest.mark.parametrize(
        "said",
        [
            "Der Absender steht nicht im Adressbuch dieses Hauses.",
            "Ihr Server ist nicht in unserer Liste.",
            "El remitente no figura en nuestro directorio.",
            "Le domaine de l'expéditeur n'existe pas.",
            "La connexion n'est pas dans les délais.",
        ],
    )
    def test_what_is_said_of_us_condemns_nobody(self, said):
        ((_, verdict),) = told(f"Votre message n'a pas pu être remis à\n\nlucie@mairie.example\n\n{said}")
        assert verdict is not Verdict.HARD

    @pytest.mark.parametrize(
        ("said", "verdict"),
        [
            ("La cuenta está suspendida por ahora", Verdict.SOFT),
            ("A conta foi bloqueada temporariamente", Verdict.SOFT),
            ("La casella è stata sospesa", Verdict.SOFT),
            ("Het postvak is geblokkeerd", Verdict.SOFT),
            ("La quota della casella è esaurita", Verdict.FULL),
            ("O espaço da caixa está esgotado", Verdict.FULL),
            ("Das Postfach hat sein Kontingent erreicht", Verdict.FULL),
            ("受信箱の容量を超えました", Verdict.FULL),
        ],
    )
    def test_a_full_or_closed_mailbox_is_somebodys_in_any_of_them(self, said, verdict):
        assert judge(Reply.parse(said, step=Step.RCPT)).verdict is verdict


class TestDomains:
    """Where there is no domain there is nobody; where it only cannot be asked now, she may be there."""

    @pytest.mark.parametrize(
        "said",
        [
            "the domain (mairie.example) does not seem to be registered",
            "No mail servers seem to exist for this domain",
            "as the domain doesnt exist",
            "Le nom de domaine mairie.example n'est pas enregistré",
            "Die Domain mairie.example wurde nicht gefunden",
            "Il dominio mairie.example non esiste",
            "O domínio mairie.example não foi encontrado",
            "El dominio mairie.example no está registrado",
            "DNS: NXDOMAIN for mairie.example",
        ],
    )
    def test_no_such_domain_is_dead(self, said):
        assert judge(Reply.parse(said, gave_up=True)).verdict is Verdict.HARD

    @pytest.mark.parametrize(
        "said",
        [
            "550 5.7.1 DKIM: the domain was not found",
            "550 5.7.1 Domain not registered here as a correspondent",
            "550 Domain of sender does not exist",
            "501 5.1.8 Domain campagne.example does not exist",
            "550 Cannot verify the sender: no such user",
        ],
    )
    def test_a_domain_that_a_rule_speaks_of_is_not_hers(self, said):
        assert judge(Reply.parse(said, step=Step.RCPT)).verdict is not Verdict.HARD

    @pytest.mark.parametrize(
        "said",
        ["450 4.4.3 domain not found, try again", "Your own domain is not registered", "Could not find a gateway for the host"],
    )
    def test_a_trouble_of_names_that_passes_or_is_ours_condemns_nobody(self, said):
        assert judge(Reply.parse(said, gave_up=True)).verdict is not Verdict.HARD


class TestWhatProvidersRemember:
    """A provider that sends for us keeps a list of whom it could not reach."""

    @pytest.mark.parametrize(
        "said",
        [
            "605 This recipient previously bounced, not sent again",
            "The address is on the suppression list of your account: hard bounced earlier",
            "550 5.0.0 Bounced Address",
        ],
    )
    def test_an_address_it_knows_to_be_dead_is_dead(self, said):
        assert judge(Reply.parse(said, reported="5.0.0")).verdict is Verdict.HARD

    def test_an_address_kept_back_because_she_complained_is_not_dead(self):
        assert (
            judge(Reply.parse("On the suppression list because she unsubscribed", reported="5.0.0")).verdict is not Verdict.HARD
        )

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_a_notification_in_the_envelope_of_another_service_is_understood(self, wrapped):
        gone = {
            "bounceType": "Permanent",
            "bounceSubType": "NoEmail",
            "bouncedRecipients": [{"emailAddress": "lucie@mairie.example"}],
        }
        inner = json.dumps({"eventType": "Bounce", "bounce": gone})
        body = json.dumps({"Type": "Notification", "Message": inner}) if wrapped else inner
        assert told(body, sender="no-reply@sns.fournisseur.example") == [("lucie@mairie.example", Verdict.HARD)]

    def test_an_envelope_in_an_envelope_is_nobodys_word(self):
        inner = json.dumps({"Type": "Notification", "Message": '{"eventType": "Bounce"}'})
        body = json.dumps({"Type": "Notification", "Message": inner})
        assert told(body, "Avis", "no-reply@sns.fournisseur.example") == []


class TestWhoSpeaks:
    """A notice is known by its author and its own words, where no header and no subject tells."""

    WORDS = "Your message could not be delivered to lucie@mairie.example.\nReason: 550 5.1.1 user unknown"

    @pytest.mark.parametrize(
        ("sender", "subject", "fields"),
        [
            ("postmaster@mx.mairie.example", "Re: Notre programme", {}),
            ("no-reply@envois.example", "Événement", {}),
            ("Filtre <filtre@mx.mairie.example>", "Avis", {"Return_Path": "<>"}),
            ("Filtre <filtre@mx.mairie.example>", "Avis", {}),
            ("admin@mx.mairie.example", "NON-DELIVERY of: Notre programme", {"To": "lettre@campagne.example"}),
        ],
    )
    def test_a_machine_that_says_it_in_its_first_lines_is_believed(self, sender, subject, fields):
        assert told(self.WORDS, subject, sender, **fields) == [("lucie@mairie.example", Verdict.HARD)]

    @pytest.mark.parametrize(
        "words",
        [
            "Bonjour,\nvotre lettre à Lucie me revient, pourquoi ?\n\n> " + WORDS.replace("\n", "\n> "),
            "Bonjour,\nma femme n'habite plus ici, écrivez à lucie@mairie.example",
        ],
    )
    @pytest.mark.parametrize("to", [RETURN_PATH, "lettre@campagne.example"])
    def test_a_person_who_tells_of_a_bounce_condemns_nobody(self, words, to):
        report = read_mail(mail(words, subject="Fwd: Undelivered Mail", sender="Paul <paul@mairie.example>", To=to))
        assert (report.kind, report.recipients) == (MailKind.REPLY, ())

    @pytest.mark.parametrize("subject", ["Ticket 12 : adresse inconnue", "[Demande 7] Unknown address"])
    def test_a_desk_that_repeats_what_it_was_asked_condemns_nobody(self, subject):
        words = "Une demande a été ouverte : « l'adresse lucie@mairie.example n'existe pas »."
        report = read_mail(mail(words, subject=subject, sender="no-reply@aide.example", To=RETURN_PATH, Return_Path="<>"))
        assert (report.kind, report.recipients) == (MailKind.OTHER, ())

    def test_an_address_after_the_word_for_message_is_not_taken_for_ours(self):
        said = "Ditt meddelande till lucie@mairie.example kunde inte levereras.\nMottagaren finns inte här."
        assert told(said) == [("lucie@mairie.example", Verdict.HARD)]

    def test_an_answering_machine_of_hers_condemns_nobody(self):
        away = mail(
            "Votre message n'a pas été remis : je suis absente. Écrivez à accueil@mairie.example",
            Auto_Submitted="auto-replied",
            To=RETURN_PATH,
        )
        assert read_mail(away).kind is MailKind.VACATION


class TestFilters:
    """A mailbox's own filter, or a list, that will not have our message: nobody is dead."""

    def rejection(
        self, words: str, disposition: str = "automatic-action/MDN-sent-automatically; deleted", **fields: str
    ) -> bytes:
        receipt = f"Final-Recipient: rfc822; lucie@mairie.example\nDisposition: {disposition}\n"
        return parts(
            ("text/plain", words),
            ("message/disposition-notification", receipt),
            ("message/rfc822", OURS),
            kind="report; report-type=disposition-notification",
            **({"sender": POSTMASTER, "subject": "Rejected: Notre programme", "Auto_Submitted": "auto-replied"} | fields),
        )

    @pytest.mark.parametrize(
        ("words", "verdict"), [("Rejected: mailbox is full", Verdict.FULL), ("Rejected: no letters, please", Verdict.POLICY)]
    )
    def test_a_receipt_that_says_rejected_is_a_refusal(self, words, verdict):
        (recipient,) = read_mail(self.rejection(words)).recipients
        assert (recipient.address, recipient.verdict) == ("lucie@mairie.example", verdict)

    def test_a_message_thrown_away_unread_by_a_person_is_none(self):
        report = read_mail(
            self.rejection("Not read", "manual-action/MDN-sent-automatically; deleted", sender="Lucie <lucie@mairie.example>")
        )
        assert (report.kind, report.recipients) == (MailKind.OTHER, ())

    def test_a_list_that_takes_mail_of_its_members_alone_refuses_the_message(self):
        words = "You are not a member of amis@mairie.example.\nYour mail was not distributed."
        found = told(words, "Not a member", "amis-owner@mairie.example", X_ML_Name="amis", Precedence="list")
        assert found == [("amis@mairie.example", Verdict.POLICY)]

    def test_so_does_one_whose_header_names_no_list_but_whose_robot_wrote(self):
        words = "Votre message pour la liste amis a été refusé car cette liste n'accepte que les messages de ses abonnés."
        sender = "SYMPA <sympa@listes.example>"
        (found,) = told(words, "Message rejeté", sender, Auto_Submitted="auto-replied", X_Loop="sympa@listes.example")
        assert found[1] is Verdict.POLICY


def test_a_transcript_shows_where_mail_went_on_to_and_the_list_whom_we_wrote_to():
    words = (
        "   ----- The following addresses had fatal errors -----\n<lucie@mairie.example>\n\n   ----- Transcript -----\n"
        ">>> RCPT To:<lucie@interne.mairie.example>\n<<< 550 <lucie@interne.mairie.example>... User unknown"
    )
    assert told(words, "Returned mail: User unknown") == [("lucie@mairie.example", Verdict.HARD)]


@pytest.mark.parametrize(
    "words",
    [
        "Could not deliver.\n\nOriginal address: lucie@mairie.example\nRecipient address: l@mx.example\nReason: no such user",
        "Message to lucie@mairie.example returned.\n551 5.1.6 She has moved; please write to <lucie@ailleurs.example>",
    ],
)
def test_an_address_that_a_notice_names_besides_is_nobody_who_failed(words):
    assert told(words) == [("lucie@mairie.example", Verdict.HARD)]


@pytest.mark.parametrize(
    "said",
    [
        "La dirección de correo lucie@mairie.example no existe.",
        "La boite de votre correspondant lucie@mairie.example n'existe plus.",
        "Das Postfach von Lucie Abgrall lucie@mairie.example existiert nicht.",
    ],
)
def test_whom_a_notice_names_within_a_sentence_is_found_behind_a_small_word(said):
    """« de » made a sender of her: nobody knew who had failed."""
    assert told(said) == [("lucie@mairie.example", Verdict.HARD)]


def test_whom_the_message_is_from_has_not_failed():
    said = "Nous n'avons pas pu remettre le message de camille@campagne.example\nà lucie@mairie.example : adresse inconnue."
    assert told(said) == [("lucie@mairie.example", Verdict.HARD)]


def test_a_report_that_says_nothing_is_completed_by_the_words_beside_it():
    said = "I could not deliver your message:\n\nlucie@mairie.example\nReason: 550 5.1.1 unknown recipient"
    (recipient,) = read_mail(bounce(block("542 Rejected", status="5.0.0"), words=said)).recipients
    assert recipient.verdict is Verdict.HARD


def test_what_a_server_adds_to_its_status_counts_where_nothing_else_is_said():
    (recipient,) = read_mail(bounce(block("", status="5.1.2 (bad destination system: no such domain)"))).recipients
    assert recipient.verdict is Verdict.HARD


@pytest.mark.parametrize("said", ["550 5.2.1 Mailbox blocked for inactivity", "550 Boîte désactivée pour inactivité"])
def test_a_mailbox_shut_because_nobody_opened_it_may_be_opened_again(said):
    assert judge(Reply.parse(said, step=Step.RCPT)).verdict is Verdict.SOFT


def test_an_address_in_the_middle_of_what_a_notice_says_ends_no_sentence():
    words = "Votre lettre à lucie@mairie.example a été bloquée."
    report = read_mail(mail(words, subject="Message bloqué", sender=POSTMASTER))
    assert (report.kind, [each.address for each in report.recipients]) == (MailKind.BOUNCE, ["lucie@mairie.example"])


class TestOldServers:
    """Notices as servers of other times still write them."""

    def test_whom_our_message_was_addressed_to_is_not_whom_it_did_not_reach(self):
        words = (
            "Your message\n\nTo: liste@mairie.example\nCc: amis@mairie.example\nSubject: Programme\n\n"
            "did not reach the following recipient(s):\n\nlucie@mairie.example on Thu, 12 Nov 2026 16:54:54 +0100\n"
            "    The recipient name is not recognized"
        )
        assert told(words, "Undeliverable: Programme") == [("lucie@mairie.example", Verdict.HARD)]

    def test_the_kind_of_an_address_is_no_part_of_it(self):
        words = (
            "Your message\n\ndid not reach the following recipient(s):\n\n"
            "c=FR;a= ;p=MAIRIE;o=Hotel;dda:SMTP=lucie@mairie.example; on Thu\n    The recipient name is not recognized"
        )
        assert told(words, "Undeliverable: Programme") == [("lucie@mairie.example", Verdict.HARD)]

    def test_a_server_that_names_her_in_the_breath_of_its_refusal_refused_her(self):
        words = "Could not deliver message to:\n\nFailed: lucie@mairie.example\nReason: Remote host said: 550 unknown user "
        words += "<lucie@mairie.example>"
        assert told(words, "Delivery Failure") == [("lucie@mairie.example", Verdict.HARD)]

    def test_one_that_names_nobody_may_be_a_filter(self):
        words = (
            "Could not deliver message to:\n\nFailed: lucie@mairie.example\nReason: host mx.mairie.example said: 550 unknown user"
        )
        assert told(words, "Delivery Failure") == [("lucie@mairie.example", Verdict.UNKNOWN)]

    @pytest.mark.parametrize(
        ("sender", "subject", "words", "verdict"),
        [
            (
                "G200_SMTP_Mail_Service@mairie.example",
                "Returned Mail - Error",
                "------ Failed Recipients ------\n\n<lucie@mairie.example>: mailbox unavailable. [SMTP Error Code 550]",
                Verdict.HARD,
            ),
            (
                "Acme_AntiVirus_for_Gateways@mairie.example",
                "Delivery failure notification",
                "Your message with Subject: Programme...\ncould not be delivered to the following recipients:\n\n"
                "lucie@mairie.example\n\nDelivery attempts will continue to be made for 5 day(s).",
                Verdict.SOFT,
            ),
        ],
    )
    def test_a_machine_that_calls_itself_otherwise_is_one(self, sender, subject, words, verdict):
        assert told(words, subject, sender, To="lettre@campagne.example") == [("lucie@mairie.example", verdict)]

    def test_a_person_who_works_at_the_gateway_is_none(self):
        words = "Bonjour,\n\nVotre message à lucie@mairie.example est revenu chez nous, pouvez-vous regarder ?"
        assert told(words, "Votre newsletter", "Reseau_Gateway@mairie.example", To="lettre@campagne.example") == []

    def test_what_a_server_calls_html_may_be_plain_lines(self):
        words = "I'm afraid I wasn't able to deliver the following message.\n\nSubject: Programme\nTo: lucie@mairie.example\n"
        found = told(words, "", "MAILER-DAEMON@mairie.example", Content_Type="text/html; charset=utf-8")
        assert found == [("lucie@mairie.example", Verdict.UNKNOWN)]

    def test_a_report_put_whole_into_another_mail_is_read(self):
        """A gateway that adds a notice of confidentiality to all that leaves its house."""
        inner = bounce(block("", status="5.1.1")).decode().replace("\r\n", "\n")
        raw = parts(
            ("text/plain", "This e-mail is confidential."),
            ("message/rfc822", inner.replace("_limite_1", "_limite_2")),
            sender=POSTMASTER,
            subject="Delivery Status Notification (Failure)",
        )
        report = read_mail(raw)
        assert [(each.address, each.verdict) for each in report.recipients] == [("lucie@mairie.example", Verdict.HARD)]

    def test_a_report_that_a_person_hands_on_condemns_nobody(self):
        inner = bounce(block("", status="5.1.1")).decode().replace("\r\n", "\n").replace("_limite_1", "_limite_2")
        report = read_mail(parts(("text/plain", "Bonjour, voici ce que j'ai reçu."), ("message/rfc822", inner), subject="Fwd"))
        assert (report.kind, report.recipients) == (MailKind.REPLY, ())

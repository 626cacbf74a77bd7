"""Mails that people write, and automatic answers: whose words they are, and that nobody is harmed by them."""

from __future__ import annotations

import pytest

from gateway.channels.inbound import MailKind, read_mail
from tests.inbound.letters import OURS, TOKEN, bounce, mail, parts

AUTOMATIC_ANSWERS = [
    {"Auto_Submitted": "auto-replied", "subject": "Re: Notre programme"},
    {"subject": "Réponse automatique : Notre programme"},
    {"subject": "Automatic reply: Notre programme", "X_Auto_Response_Suppress": "All"},
    {"subject": "Out of Office: Notre programme"},
    {"subject": "Absence du bureau"},
    {"subject": "Abwesenheitsnotiz: Programm"},
    {"subject": "Respuesta automática: programa"},
    {"subject": "Notre programme", "X_Autoreply": "yes"},
    {"subject": "Notre programme ", "X_Apple_Action": "vacation"},
    {"subject": "Auto: Notre programme"},
    {"subject": "Lucie Abgrall est absent(e)."},
    {"subject": "Lucie Abgrall is out of the office (returning 12/04)"},
    {"subject": "Re: Notre programme", "Precedence": "auto_reply"},
    {"subject": "Re: Notre programme", "Return_Path": "<>", "Auto_Submitted": "auto-replied (vacation)"},
]


@pytest.mark.parametrize("fields", AUTOMATIC_ANSWERS, ids=lambda fields: fields["subject"])
def test_an_automatic_answer_is_nobodys_word_and_is_never_answered(fields: dict[str, str]) -> None:
    report = read_mail(mail("Je suis absente. STOP à bientôt. 550 User unknown.", **fields))
    assert (report.kind, report.recipients, report.auto) == (MailKind.VACATION, (), True)


@pytest.mark.parametrize(
    "subject",
    [
        "Accusé de réception : Notre programme",
        "[Aide #4521] Confirmation de réception",
        "Votre message a bien été reçu",
        "Your request has been received",
    ],
)
def test_a_desk_that_has_got_our_letter_objects_in_nobodys_name_and_who_answers_such_a_letter_of_ours_is_read(
    subject: str,
) -> None:
    said = "Nous vous répondrons bientôt. Pour ne plus recevoir ce type d'accusé, répondez STOP."
    assert read_mail(mail(said, subject=subject)).kind is MailKind.VACATION
    assert read_mail(mail("Stop", subject=f"Re: {subject}")).kind is MailKind.REPLY
    assert read_mail(mail("Stop", subject="Votre message a bien été reçu, mais plus jamais ça")).kind is MailKind.REPLY


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"List_Id": "<actu.example.org>"},
        {"Return_Path": "<>"},
        {"sender": "noreply@mairie.example"},
        {"X_Loop": "lucie@mairie.example"},
        {"subject": "Report domain: liste.example Submitter: fai.example Report-ID: <77.1>"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_program_that_writes_is_never_answered(fields: dict[str, str]) -> None:
    report = read_mail(mail("Nouvelles de la commune", **fields))
    assert report.auto and report.kind is not MailKind.REPLY and report.recipients == ()


def test_a_subject_damaged_on_its_way_does_not_hide_what_a_person_asks():
    report = read_mail(mail("Stop", subject="=?utf-8?b?k=?="))
    assert (report.kind, report.text, report.auto) == (MailKind.REPLY, "Stop", False)


def test_a_person_who_speaks_of_bounces_is_a_person():
    for subject in ("Re: Undelivered Mail Returned to Sender", "Message non remis", "Mail delivery failed"):
        report = read_mail(mail("Bonjour, 550 5.1.1 User unknown, que faire ?", subject=subject))
        assert (report.kind, report.recipients, report.auto) == (MailKind.REPLY, (), False)


def test_a_person_who_sends_a_bounce_along_as_an_attachment_condemns_nobody():
    attached = bounce().decode()
    report = read_mail(parts(("text/plain", "Regardez ceci"), ("message/rfc822", attached), subject="Un rebond"))
    assert (report.kind, report.recipients) == (MailKind.REPLY, ())


def test_auto_submitted_no_is_a_person():
    assert not read_mail(mail("Merci", Auto_Submitted="no")).auto


def test_a_reply_says_which_letter_it_answers_and_who_wrote():
    report = read_mail(
        mail(
            "Merci",
            subject="=?utf-8?q?Re=3A_Pr=C3=A9vu?=",
            In_Reply_To="<7.ab@campagne.example>",
            References="<1@x> <7.ab@campagne.example>",
        )
    )
    assert (report.subject, report.sender, report.message_id) == ("Re: Prévu", "lucie@mairie.example", "1@mairie.example")
    assert report.answers == ("7.ab@campagne.example", "1@x")


QUOTES = {
    "Gmail in French": (
        "\n\nLe lun. 3 mars 2031 à 10:00, Liste Demain <lettre@campagne.example> a écrit :\n\n> Pour vous"
        " désinscrire : STOP\n> merci\n"
    ),
    "folded": "\n\nLe lun. 3 mars 2031 à 10:00, Liste Demain\n<lettre@campagne.example>\na écrit :\n\n> STOP\n",
    "English": "\n\nOn Mon, Mar 3, 2031 at 10:00 AM Liste Demain <lettre@campagne.example> wrote:\n> STOP\n",
    "German": "\n\nAm 03.03.31 um 10:00 schrieb Liste Demain:\n> STOP\n",
    "a language nobody foresaw": "\n\n2031-03-03 10:00, Liste Demain <lettre@campagne.example> kirjutas:\n> STOP\n",
    "without marks": (
        "\n\nLe 3 mars 2031 à 10:00, Liste Demain <lettre@campagne.example> a écrit :\n\nPour vous désinscrire : STOP\n"
    ),
    "Outlook in French": (
        "\n\nDe : Liste Demain <lettre@campagne.example>\nEnvoyé : lundi 3 mars 2031 10:00\nÀ : Lucie\nObjet"
        " : Notre programme\n\nSTOP\n"
    ),
    "Outlook in English": "\n________________________________\nFrom: Liste Demain\nSent: Monday\nTo: Lucie\nSubject: x\n\nSTOP",
    "an old Outlook": "\n\n-----Message d'origine-----\nDe : Liste Demain\n\nSTOP\n",
    "a telephone": (
        "\n\nEnvoyé de mon iPhone\n\n> Le 3 mars 2031 à 10:00, Liste Demain <lettre@campagne.example> a écrit :\n>\n> STOP\n"
    ),
    "a signature": "\n\n-- \nLucie Martin\nSTOP aux pesticides\n",
    "Outlook on a telephone": "\n\nTélécharger Outlook pour Android\n________________________________\nSTOP",
    "forwarded": "\n\n---------- Forwarded message ---------\nSTOP\n",
}


@pytest.mark.parametrize("name", QUOTES)
def test_only_her_own_words_are_kept(name: str) -> None:
    assert read_mail(mail("Oui, je viendrai." + QUOTES[name])).text == "Oui, je viendrai."


def test_words_below_the_quote_are_hers_too():
    assert (
        read_mail(mail("On Mon, Mar 3, 2031 at 10:00, Liste <l@campagne.example> wrote:\n> Bonjour Lucie\n\nArrêtez.")).text
        == "> Bonjour Lucie\nArrêtez."
    )


def test_lines_between_quotes_are_hers_and_keep_what_they_answer():
    """« > Se désabonner », « Oui, faites-le » was read as « Oui, faites-le »: nobody knew what."""
    told = (
        "> Viendrez-vous ?\n>\nNon.\n| Et Paul ?\n\nPeut-être.\n> Se désabonner :\n> https://exemple.example/o\nOui, faites-le."
    )
    assert read_mail(mail(told)).text == (
        "> Viendrez-vous ?\nNon.\n\n> Et Paul ?\nPeut-être.\n> Se désabonner :\n> https://exemple.example/o\nOui, faites-le."
    )


def test_a_whole_letter_above_an_answer_was_not_picked_out_and_goes():
    letter = "\n".join(f"> {said}" for said in ("Bonjour", "Venez samedi", "Au lavoir", "Camille", "Se désabonner : ici"))
    assert read_mail(mail(f"{letter}\n\nJ’y serai.")).text == "J’y serai."


def test_an_ordinary_colon_is_no_quote():
    told = "Trois raisons :\nle prix, le bruit\nle 3 mars : trop tôt\nNom : Martin\nPrénom : Lucie"
    assert read_mail(mail(told)).text == told


def test_an_answer_that_only_quotes_says_nothing():
    assert read_mail(mail("> Pour ne plus rien recevoir : STOP\n")).text == ""


@pytest.mark.parametrize(
    "html",
    [
        '<div>Arrêtez&nbsp;!</div><div class="gmail_quote"><div class="gmail_attr">3 mars :</div>STOP</div>',
        '<p>Arrêtez !</p><blockquote type="cite"><div>STOP<blockquote type="cite">STOP</blockquote></div></blockquote>',
        '<p>Arrêtez !</p><div id="divRplyFwdMsg"><b>De :</b> Liste</div><p>STOP</p>',
        "<style>p {}</style><p>Arrêtez&#32;!<!-- STOP --></p><div class=moz-cite-prefix>Le 3 mars STOP :</div>",
    ],
)
def test_html_is_read_without_what_it_quotes(html: str) -> None:
    assert read_mail(mail(html, Content_Type="text/html; charset=utf-8")).text.replace("\u00a0", " ") == "Arrêtez !"


def test_the_plain_text_is_preferred_and_an_attachment_is_nobodys_word():
    pieces = (
        ("text/plain; charset=utf-8", "Oui"),
        ("text/html", "<p>Non</p>"),
        ('Content-Type: text/plain\nContent-Disposition: attachment; filename="stop.txt"', "STOP"),
    )
    assert read_mail(parts(*pieces)).text == "Oui"


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("windows-1252", "Déjà"),
        ("iso-8859-15", "Déjà"),
        ("utf-8", "Déjà"),
        ("", "Déjà"),
        ("unheard-of", "Déjà"),
    ],
)
def test_charsets_are_read_and_wrong_ones_forgiven(charset: str, raw: str) -> None:
    codec = charset if charset and charset != "unheard-of" else "utf-8"
    head = mail("", Content_Type=f"text/plain; charset={charset}" if charset else "")
    assert read_mail(head + raw.encode(codec)).text == raw


class TestUnsubscribe:
    """Mails to the address of List-Unsubscribe."""

    def test_the_tag_counts_wherever_the_envelope_is_written(self):
        address = f"unsubscribe+{TOKEN}@retour.campagne.example"
        for report in (
            read_mail(mail(""), envelope_to=[address]),
            read_mail(mail("", Delivered_To=address)),
            read_mail(mail("", To=address.upper())),
        ):
            assert (report.kind, report.tokens, report.recipients) == (MailKind.UNSUBSCRIBE, (TOKEN,), ())

    def test_a_bounce_to_that_address_is_still_a_bounce(self):
        assert (
            read_mail(bounce("Final-Recipient: rfc822; a@b.example\nAction: failed", To=f"unsubscribe+{TOKEN}@x.example")).kind
            is MailKind.BOUNCE
        )

    def test_the_word_in_an_ordinary_address_is_no_request(self):
        assert read_mail(mail("Bonjour", To="unsubscribe@campagne.example")).kind is MailKind.REPLY


def test_a_copy_of_our_letter_that_lucie_sends_back_is_not_an_objection():
    report = read_mail(parts(("text/plain", "Pour Paul"), ("message/rfc822", OURS), subject="Tr : Notre programme"))
    assert (report.kind, report.text) == (MailKind.REPLY, "Pour Paul")


@pytest.mark.parametrize(
    "offer",
    [
        "Pour ne plus recevoir nos menus, répondez STOP.",
        "Pour ne plus recevoir ce type d'accusé, répondez STOP.",
        "Si vous ne souhaitez plus recevoir nos notifications,\nrépondez STOP",
        "Si vous ne désirez plus recevoir nos offres, cliquez sur le lien ci-dessous",
        "To unsubscribe, reply STOP.",
        "Si vous ne souhaitez plus recevoir nos offres, écrivez STOP à contact@lucie.example ou cliquez sur « se désabonner ».",
        "Pour ne plus recevoir nos courriels, il vous suffit de répondre à ce message en indiquant « STOP » en objet.",
        "Si vous ne souhaitez plus être sollicité, merci de nous le signaler par retour de mail.",
        "Si vous ne souhaitez plus recevoir de messages de notre part, ni d’autre boulangerie du bourg,\nécrivez STOP à Lucie.",
        "If you no longer wish to receive emails from Lucie, please reply with “unsubscribe”.",
        "Vous recevez ce message car vous êtes adhérent. Se désinscrire : https://lavoir.example/d",
        "Se désabonner | Mentions légales | Politique de confidentialité",
        "Mentions légales · Se désinscrire",
        "Conformément au RGPD, vous disposez d’un droit d’accès, de rectification et d’opposition.",
        "Désinscription : https://lavoir.example/d",
        "Désinscription\nhttps://lavoir.example/d",
        "Unsubscribe from this list: https://lavoir.example/d",
        "Gérer mes préférences | Se désinscrire | Voir en ligne",
        "Si vous ne souhaitez plus recevoir ces informations, envoyez « désinscription » à mairie@lucie.example, merci.",
        "Pour fermer ce dossier, répondez « désinscription » dans l’objet.",
        "Conformément à la loi, vous pouvez vous opposer au traitement de vos données en écrivant à notre délégué.",
        "Si vous n’êtes pas le destinataire de ce message, merci de le supprimer et de cesser d’en prendre connaissance.",
        "Si vous avez reçu ce courriel par erreur, veuillez le détruire, ainsi que ses pièces jointes.",
        "Merci de supprimer tout exemplaire reçu par erreur et de ne plus nous en adresser copie.",
        "Ce courriel et ses pièces jointes sont confidentiels et ne doivent plus être diffusés.",
        "If you are not the intended recipient, please delete this message and stop using it.",
        "[EXTERNE] Méfiez-vous des spams : n’y répondez jamais, supprimez-les, ne cliquez sur aucun lien.",
        "ATTENTION : ce message vient de l’extérieur. Signalez-le comme indésirable le cas échéant.",
        "Avant d’imprimer ce courriel, pensez à la planète. Stop au papier !",
    ],
)
def test_what_her_own_letters_offer_their_readers_is_not_what_she_asks_of_us(offer: str) -> None:
    assert read_mail(mail(f"Bravo, merci !\n\nChez Lucie\n{offer}\n")).text == "Bravo, merci !\n\nChez Lucie"


@pytest.mark.parametrize(
    "said",
    [
        "Pour ne plus recevoir vos messages, que dois-je faire ?",
        "Si vous ne voulez plus m'écrire, répondez STOP",
        "Pour ne plus recevoir vos pubs, cliquez ici : ça ne marche pas.",
        "Pour vous désabonner, cliquez ici, dites-vous, et rien ne se passe.",
        "Répondez STOP, dites-vous. STOP",
        "Pour ne plus recevoir vos mails j'ai fait ce que vous dites, répondez STOP.",
        "Pour ne plus nous importuner, retirez notre adresse de votre fichier.",
        "Si vous ne voulez pas être signalés à la CNIL, arrêtez de nous écrire.",
        "Si vous ne souhaitez plus recevoir de plaintes, cessez vos envois.",
        "Conformément au RGPD, je m’oppose à ce traitement.",
        "Conformément au RGPD, vous avez le droit de me répondre, et moi celui de m’opposer.",
        "Vous recevez ce message car je ne veux plus de vos lettres.",
        "Vous recevez ce message pour la dernière fois : supprimez mon adresse.",
        "Vous recevez ce message pour la dernière fois : effacez nos deux adresses.",
        "Si vous avez reçu ce mail, arrêtez vos envois.",
        "Si vous avez reçu mon premier message par erreur, voici le second : désabonnez-moi.",
        "Message reçu par erreur : retirez notre adresse de la liste.",
        "Message reçu par erreur, merci de ne plus en envoyer.",
        "Courriel reçu par erreur, ne plus rien nous envoyer svp",
        "Ce message est destiné à demander la désinscription de cette adresse.",
        "Ce message est privé, merci d’arrêter.",
        "ATTENTION : adresse externe à votre campagne, ne plus écrire.",
        "Avant d’imprimer d’autres tracts, désinscrivez la famille.",
        "Ce message est le dernier : plus de courriels, merci.",
        "Attention, je vous signale comme expéditeur de spam : arrêtez !",
        "N’imprimez plus vos messages, et ne m’en envoyez plus.",
        "vous avez pas le droit de menvoyer des mails",
        "ATTENTION spam ! Retirez cette adresse de la liste.",
        "Attention, courrier externe : nous demandons à être retirés.",
        "Désabonnez-moi https://campagne.example/u/1",
        "Se désinscrire",
        "Se désinscrire : https://campagne.example/u/1",
        "Désinscription | Lucie Martin",
    ],
)
def test_who_asks_us_to_stop_is_heard_whatever_she_borrows_of_such_a_sentence(said: str) -> None:
    assert read_mail(mail(said)).text == said

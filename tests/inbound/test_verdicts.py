"""What refusals mean, as servers word them: the living are never taken for dead."""

from __future__ import annotations

import base64
import quopri
from textwrap import wrap

import pytest

from gateway.channels.inbound import MailKind, MailReport, Verdict, read_mail
from gateway.channels.refusals import Reply, Step, judge
from tests.inbound.letters import OURS, RETURN_PATH, TOKEN, block, bounce, mail, parts

HARD = [
    "550 5.1.1 <lucie@mairie.example>: Recipient address rejected: User unknown in local recipient table",
    "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the address",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient lucie@mairie.example not found by SMTP address lookup",
    "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [mx7.mairie.example]",
    "550 5.1.2 <lucie@mairie.example>: Recipient address rejected: Domain not found",
    "551 5.1.6 The user has moved to another house",
    "556 5.1.10 Domain does not accept mail (nullMX)",
    "553 5.3.0 <lucie@mairie.example>... No such user here (RCPT)",
    "550 5.2.1 <lucie@mairie.example>: Recipient address rejected: User unknown",
    "511 5.1.1 Adresse du destinataire inconnue",
    "550 5.1.1 Utilisateur inconnu !",
    "550 5.1.1 Dieses Postfach existiert nicht",
    "550 5.1.1 El usuario no existe",
    "550 5.4.310 DNS domain mairie.example does not exist",
    "550 RCPT TO:<lucie@mairie.example> Usuário desconhecido",
    "550 RCPT TO:<lucie@mairie.example> Utente non trovato",
    "550 RCPT TO:<lucie@mairie.example> Gebruiker onbekend",
    "550 RCPT TO:<lucie@mairie.example> Kein solcher Benutzer",
    "550 RCPT TO:<lucie@mairie.example> нет такого пользователя",
    "550 RCPT TO:<lucie@mairie.example> 收件人邮箱不存在",
    "550 RCPT TO:<lucie@mairie.example> Cette adresse n'est plus valide",
    "550 RCPT TO:<lucie@mairie.example> Votre correspondant n'a plus de compte ici",
    "550 RCPT TO:<lucie@mairie.example> Redirection inexistante",
    "550 5.7.1 RCPT TO:<lucie@mairie.example> No such user",
    "550 RCPT TO:<lucie@mairie.example> There is nobody by that name",
    "550 RCPT TO:<lucie@mairie.example> Destinataire absente de l'annuaire",
    "550 RCPT TO:<lucie@mairie.example> The recipient could not be located",
    "554 Invalid mailbox. Local mailbox lucie@mairie.example is unavailable: user not found",
    "Host or domain name not found. Name service error for name=mairie.example type=MX: Host not found",
    "450 4.1.1 <lucie@mairie.example>: Recipient address rejected: unverified address: User unknown",
]
FULL = [
    "552 5.2.2 Mailbox full",
    "452 4.2.2 The email account that you tried to reach is over quota",
    "552 5.7.0 Quota exceeded",
    "550 5.1.1 <lucie@mairie.example>: mailbox has exceeded its quota",
    "554 5.2.2 mailbox full; STOREDRV.Deliver; Quota exceeded",
    "550 Boîte du destinataire pleine",
    "550 Capacité de la boîte aux lettres dépassée. Nouvelle tentative impossible",
    "552 5.7.1 La boite de reception de lucie@mairie.example a depasse son quota",
    "550 5.0.0 Das Postfach ist voll",
    "550 5.1.1 Storage quota of this user is exhausted",
    "550 L'espace de stockage alloué à votre correspondante est saturé",
    "550 La messagerie de votre correspondante est saturée",
    "552 5.2.3 The mailbox size limit was exceeded: quota exceeded",
    "550 5.2.2 The recipient's mailbox has exceeded its daily message quota",
    "550 La boîte de votre correspondant a atteint son volume maximal",
    "552 5.2.2 Le destinataire a dépassé son quota de réception quotidien",
]
SOFT = [
    "550 5.2.1 The email account that you tried to reach is disabled",
    "554 5.0.0 This account has been suspended",
    "450 4.3.2 System not accepting network messages",
    "451 4.7.1 Greylisted, try again",
    "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
    "550 Compte désactivé",
    "550 5.1.1 Temporarily unable to look up this user",
    "550 5.1.0 The recipient could not be verified at this time",
    "554 5.4.14 Hop count exceeded",
    "554 Mail loop detected",
    "550 5.2.1 This mailbox is currently not active",
    "554 5.7.1 Votre correspondant a une boîte bloquée",
]
BLOCKED = [
    "550 5.7.26 This mail is unauthenticated: SPF did not pass",
    "550 5.7.1 Message rejected due to DMARC policy of campagne.example",
    "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org",
    "550 5.7.606 Access denied, banned sending IP [192.0.2.9]",
    "553 5.1.8 <b+0@campagne.example>... Domain of sender address does not exist",
    "550 5.1.0 <b+0@campagne.example>: Sender address rejected: User unknown",
    "550 5.1.1 <lucie@mairie.example> 192.0.2.9 has sent to too many recipients this hour",
    "421 4.7.0 Your IP address has been temporarily deferred due to user complaints",
    "550 5.7.25 The IP address sending this message does not have a PTR record",
    "550 Mailbox unavailable: your server is on our blocklist",
    "550 Emetteur invalide. Invalid Sender. OFR_405",
    "550 5.1.1 Too many invalid recipients in your session",
    "550 5.1.1 The sending user is unknown to SPF",
    "550 5.7.25 rDNS of your server: host not found",
    "550 HELO rejected: host unknown",
    # What our own provider allows us: nobody's mailbox is full, or closed.
    "550 5.4.5 Daily user sending quota exceeded",
    "554 5.7.1 Sender quota exceeded for lettre@campagne.example",
    "452 4.3.1 Outgoing mail quota exceeded",
    "550 You have exceeded your hourly email quota",
    "550 Votre quota d'envoi quotidien est dépassé",
    "554 Limite d'envoi horaire atteinte",
    "454 Throttling failure: Daily message quota exceeded.",
    "451 Maximum credits exceeded",
    "525 5.7.13 Your Exemplaire account has been blocked",
    "550 5.7.1 Votre compte d'envoi est suspendu",
    "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-3",
    "550 Verification failed: the mail server does not recognize b+0@campagne.example as a valid sender.",
    # A page that tells about our server.
    "554 5.7.1 Blocked - see https://ipcheck.filtre.example/?ip=192.0.2.9",
]
MISROUTED = [
    "554 5.7.1 <lucie@mairie.example>: Relay access denied",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "550 5.7.1 Unable to relay for lucie@mairie.example",
    "530 5.7.1 Client was not authenticated",
    "550 relay not permitted",
    "554 relayage interdit pour lucie@mairie.example",
    "550 5.7.1 Ce serveur ne relaie pas le courrier",
]
POLICY = [
    "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
    "550 5.7.1 Sender blocked by recipient",
    "550 Blocked by recipient's personal blacklist",
    "550 5.7.1 <lucie@mairie.example>: you are not allowed to send mail to this address",
    "550 5.7.1 Recipient not accepting mail from outside the organization",
    "554 Le destinataire a bloqué cet expéditeur",
    "550 Pièce jointe interdite",
    "554 5.1.1 RCP-P3 http://postmaster.reseau.example/response_codes?ip=192.0.2.9#rcp Refused due to recipient preferences",
    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
    "552 5.3.4 Message size exceeds fixed limit",
    "554 5.7.1 The message was rejected because it looks like spam",
    "550 5.7.1 This message contains a virus",
    "550 RCPT TO:<lucie@mairie.example> Policy: attachment contains an invalid signature, rejected by content policy",
    "550 5.0.0 Message rejected: attachment of this kind is not allowed",
    "550 5.7.1 Refused by the recipient",
    "550 5.1.1 Message blocked by our content filter",
    "550 5.7.1 Taken for spam; this recipient is not on the list of those who want it, detected as spam",
]
EXPIRED = [
    "4.7.5 delivery temporarily suspended: TLS is required, but was not offered by host mx.mairie.example[192.0.2.5]",
    "4.7.5 Server certificate not trusted",
    "4.4.7 Message expired: unable to deliver in 840 minutes",
    "connect to mx.mairie.example[192.0.2.5]:25: Connection timed out",
    "delivery temporarily suspended: lost connection while receiving the initial greeting",
    "retry timeout exceeded",
]
UNKNOWN = ["550 5.0.0 Requested action not taken", "554 Transaction failed", "", "550 ?"]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (reply, verdict)
        for verdict, replies in (
            (Verdict.HARD, HARD),
            (Verdict.FULL, FULL),
            (Verdict.SOFT, SOFT),
            (Verdict.BLOCKED, BLOCKED),
            (Verdict.MISROUTED, MISROUTED),
            (Verdict.POLICY, POLICY),
            (Verdict.EXPIRED, EXPIRED),
            (Verdict.UNKNOWN, UNKNOWN),
        )
        for reply in replies
    ],
)
def test_a_reply_in_a_report_says_what_became_of_her(reply: str, verdict: Verdict) -> None:
    (recipient,) = read_mail(bounce(block(reply, status="4.0.0" if verdict is Verdict.EXPIRED else "5.0.0"))).recipients
    assert (recipient.verdict, recipient.address) == (verdict, "lucie@mairie.example"), recipient.why


class TestStep:
    """The same words mean a dead address at RCPT, and a shy filter once the recipient was taken."""

    WORDS = "550 5.0.0 User unknown"

    @pytest.mark.parametrize(
        ("step", "verdict"), [(Step.RCPT, Verdict.HARD), (Step.DATA, Verdict.POLICY), (Step.UNTOLD, Verdict.UNKNOWN)]
    )
    def test_words_alone_need_to_be_said_of_the_recipient(self, step, verdict):
        assert judge(Reply.parse(self.WORDS, step=step)).verdict is verdict

    def test_a_transcript_tells_the_step(self):
        at_rcpt = bounce(block(self.WORDS), words=">>> RCPT To:<lucie@mairie.example>\n<<< 550 5.0.0 User unknown")
        at_data = bounce(block(self.WORDS), words="<lucie@mairie.example>\n>>> DATA\n<<< 550 5.0.0 User unknown")
        assert [read_mail(each).recipients[0].verdict for each in (at_rcpt, at_data)] == [Verdict.HARD, Verdict.POLICY]

    def test_a_status_of_a_dead_address_needs_no_step(self):
        assert judge(Reply.parse("550 5.1.1 User unknown", step=Step.DATA)).verdict is Verdict.HARD

    @pytest.mark.parametrize("text", ["550 5.1.1 Access denied", "550 Access denied", "550 Mail not accepted"])
    def test_a_made_up_status_beside_a_bare_no_condemns_nobody(self, text):
        assert judge(Reply.parse(text.replace("5.1.1 ", ""), reported="5.1.1")).verdict is not Verdict.HARD


class TestOwnWords:
    """ "User unknown", quoted without its step, is believed when whoever bounced had found the same."""

    @pytest.mark.parametrize(
        ("own", "verdict"),
        [
            ("Address not found: the address couldn't be found.", Verdict.HARD),
            ("Message not delivered: there was a problem.", Verdict.UNKNOWN),
        ],
    )
    def test_in_a_report_and_in_a_notice(self, own, verdict):
        told = f"Your message to lucie@mairie.example:\n{own}\nThe answer was:\n550 Unknown user"
        report = bounce(block("550 Unknown user"), words=told)
        notice = mail(told, subject="Undeliverable", sender="Mail Delivery <MAILER-DAEMON@mx.mairie.example>")
        assert [read_mail(each).recipients[0].verdict for each in (report, notice)] == [verdict, verdict]

    def test_a_step_in_google_s_own_numbers(self):
        found = [judge(Reply.parse(f"550 Unknown user (state {state})")).verdict for state in (14, 17)]
        assert found == [Verdict.HARD, Verdict.POLICY]


def test_names_and_hosts_mean_nothing():
    for text in (
        "550 5.0.0 <user-unknown@spam.example>: no",
        "554 no-such-user.blacklist.example refused",
        "550 unknown@x.example",
    ):
        assert judge(Reply.parse(text, step=Step.RCPT)).verdict is Verdict.UNKNOWN


def test_words_that_say_the_box_is_full_are_believed_against_a_report_that_calls_it_dead():
    told = bounce(
        block("550 5.1.1 User unknown", status="5.1.1"), words="Your message was automatically rejected:\nQuota exceeded"
    )
    assert [(each.verdict, each.why) for each in read_mail(told).recipients] == [(Verdict.FULL, "report: words beside it")]


def test_words_beside_a_report_speak_where_it_is_silent():
    silent = bounce(block("", status="5.0.0"), words="<lucie@mairie.example>:\n    User unknown")
    assert [(each.verdict, each.reply) for each in read_mail(silent).recipients] == [
        (Verdict.HARD, "<lucie@mairie.example>: User unknown")
    ]


def test_a_report_that_names_nobody_is_completed_by_the_words():
    report = read_mail(bounce(words="Delivery to the following recipients failed:\n\n   * lucie@mairie.example\n\nUser unknown"))
    assert [(each.address, each.verdict) for each in report.recipients] == [("lucie@mairie.example", Verdict.HARD)]


DAEMON = {"sender": "Mail Delivery System <MAILER-DAEMON@mx.mairie.example>", "To": RETURN_PATH}

NOTICES = {
    "qmail": (
        "Hi. This is the qmail-send program at mx.mairie.example.\nI wasn't able to deliver your message to"
        " these addresses.\n\n"
        "<lucie@mairie.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a"
        " copy of the message.\n\n",
        "failure notice",
        Verdict.HARD,
    ),
    "Exim": (
        "This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n"
        "  lucie@mairie.example\n    SMTP error from remote mail server after RCPT TO:<lucie@mairie.example>:\n"
        "    host mx.mairie.example [192.0.2.5]: 550 Unknown user\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n",
        "Mail delivery failed: returning message to sender",
        Verdict.HARD,
    ),
    "old Sendmail": (
        "   ----- Transcript of session follows -----\n>>> RCPT To:<lucie@mairie.example>\n"
        "<<< 550 <lucie@mairie.example>... User unknown\n550 <lucie@mairie.example>... User unknown\n\n"
        "   ----- Unsent message follows -----\n",
        "Returned mail: User unknown",
        Verdict.HARD,
    ),
    "Exchange": (
        "Your message did not reach some or all of the intended recipients.\n\n      Subject:\tNotre programme\n\n"
        "The following recipient(s) could not be reached:\n\n      lucie@mairie.example on 03/03/2031 10:00\n"
        "            The e-mail address could not be found.\n",
        "Undeliverable: Notre programme",
        Verdict.HARD,
    ),
    "Yahoo": (
        "Sorry, we were unable to deliver your message to the following address.\n\n<lucie@mairie.example>:\n"
        "Remote host said:\n552 5.2.2 Mailbox full\n[RCPT_TO]\n\n--- Below this line is a copy of the message.\n\n",
        "Failure Notice",
        Verdict.FULL,
    ),
    "a delay": (
        "There was an error delivering your mail to <lucie@mairie.example>.\n\nCould not deliver for the"
        " last 432000 seconds. Giving up.\n\n"
        "Message headers follow.\n\n",
        "Mail delivery failed",
        Verdict.EXPIRED,
    ),
    "Lotus Domino": (
        "------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\nlucie@mairie.example\n\n"
        "------- Returned Message --------\n",
        "DELIVERY FAILURE: User not listed in directory",
        Verdict.HARD,
    ),
    "Exim, a reply of two lines": (
        "The following address(es) failed:\n\n  lucie@mairie.example\n"
        "    SMTP error from remote mail server after RCPT TO:<lucie@mairie.example>:\n"
        "    host mx.mairie.example [192.0.2.5]: 550-Verification failed for this address\n    550 No such user here\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n",
        "Mail delivery failed: returning message to sender",
        Verdict.HARD,
    ),
    "words alone": (
        "The mailbox of lucie@mairie.example is currently full.\n\n----- Original message -----\n\n",
        "Undeliverable mail",
        Verdict.FULL,
    ),
    "Chinese, no space between words and address": (
        "抱歉\n\n收件人lucie@mairie.example不存在\nhost mx.mairie.example said: 550 Mailbox not found\n\n",
        "系统退信",
        Verdict.HARD,
    ),
    "a blocked server": (
        "Could not deliver message to:\n\n<lucie@mairie.example>: 550 5.7.1 Mail from 192.0.2.9 refused, see our blocklist\n\n",
        "Undelivered Mail Returned to Sender",
        Verdict.BLOCKED,
    ),
    "French": (
        "Votre message n'a pas pu être remis au destinataire suivant :\n\nlucie@mairie.example\nL'adresse n'existe pas.\n\n",
        "Message non remis",
        Verdict.HARD,
    ),
}


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_in_plain_words_names_her_and_says_why(name: str) -> None:
    words, subject, verdict = NOTICES[name]
    report = read_mail(mail(words + OURS, subject=subject, **DAEMON))
    assert (report.kind, [(each.address, each.verdict) for each in report.recipients]) == (
        MailKind.BOUNCE,
        [("lucie@mairie.example", verdict)],
    )
    assert report.tokens == (TOKEN,)


def test_a_nameless_machine_that_returns_our_letter_with_a_reason_is_a_bounce():
    told = (("text/plain; charset=utf-8", "Boîte du destinataire pleine"), ("message/rfc822", OURS))
    report = read_mail(parts(*told, sender="no-reply@mairie.example", subject="Avis d'erreur"))
    assert (report.kind, [(each.address, each.verdict) for each in report.recipients]) == (
        MailKind.BOUNCE,
        [("lucie@mairie.example", Verdict.FULL)],
    )
    away = read_mail(parts(*told, sender="no-reply@mairie.example", subject="Absence du bureau", Auto_Submitted="auto-replied"))
    assert (away.kind, away.recipients) == (MailKind.VACATION, ())


LATE = [
    "This is a warning message only. You do not need to resend your message.\n\n<lucie@mairie.example>: User unknown",
    "A message of yours has not yet been delivered after 24 hours.\n\n  lucie@mairie.example\n\nDelivery attempts will continue.",
    "Votre message n'a pas encore été remis à lucie@mairie.example ; le serveur réessaiera pendant trois jours.",
    "La remise est différée pour lucie@mairie.example ; nouvelle tentative dans une heure. 550 5.1.1 inconnue",
]


@pytest.mark.parametrize("told", LATE)
def test_a_server_that_is_only_late_condemns_nobody_and_ends_nothing(told: str) -> None:
    (recipient,) = read_mail(mail(told, subject="Warning: message delayed", **DAEMON)).recipients
    assert (recipient.address, recipient.final) == ("lucie@mairie.example", False)
    assert recipient.verdict in (Verdict.SOFT, Verdict.EXPIRED)


@pytest.mark.parametrize(
    "ends", ["Il n'y aura pas de nouvelle tentative.", "Aucune nouvelle tentative de remise.", "Le serveur ne réessaiera pas."]
)
def test_a_server_that_says_it_tries_no_more_has_given_up(ends: str) -> None:
    told = f"Votre message n'a pas pu être remis à lucie@mairie.example : 550 5.1.1 utilisateur inconnu.\n\n{ends}"
    (recipient,) = read_mail(mail(told, subject="Message non remis", **DAEMON)).recipients
    assert (recipient.address, recipient.verdict, recipient.final) == ("lucie@mairie.example", Verdict.HARD, True)


def test_a_report_that_gave_up_is_final_and_one_of_a_delay_is_not():
    for action, final in (("failed", True), ("delayed", False)):
        (recipient,) = read_mail(bounce(block("450 4.2.1 busy", action=action, status="4.2.1"))).recipients
        assert recipient.final is final


def test_two_people_in_one_notice_have_their_own_verdicts():
    told = "<lucie@mairie.example>:\n550 5.1.1 User unknown\n\n<paul@mairie.example>:\n552 5.2.2 Mailbox full\n"
    report = read_mail(mail(told, subject="failure notice", **DAEMON))
    assert [(each.address, each.verdict) for each in report.recipients] == [
        ("lucie@mairie.example", Verdict.HARD),
        ("paul@mairie.example", Verdict.FULL),
    ]


def test_a_failed_recipient_in_the_header_is_believed_before_the_text():
    told = mail("Contact assistance@mairie.example. 550 5.1.1 no such user", X_Failed_Recipients="lucie@mairie.example", **DAEMON)
    assert [(each.address, each.verdict) for each in read_mail(told).recipients] == [("lucie@mairie.example", Verdict.HARD)]


def test_a_notice_that_names_nobody_still_counts_with_its_token():
    report = read_mail(mail("The user is unknown here.", subject="Undeliverable mail", **DAEMON))
    assert [(each.address, each.verdict) for each in report.recipients] == [(None, Verdict.HARD)]
    assert report.tokens == (TOKEN,)


class TestTransport:
    """A bounce means the same however it was carried."""

    STATUS = "Reporting-MTA: dns; mx.mairie.example\n\n" + block("550 5.1.1 User unknown", status="5.1.1") + "\n"

    @staticmethod
    def verdicts(report: MailReport) -> list[Verdict]:
        return [each.verdict for each in report.recipients]

    def carried(self, encoding: str, body: str) -> MailReport:
        head = f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: {encoding}"
        return read_mail(parts(("text/plain", "…"), (head, body), kind="report", **DAEMON))

    def test_base64(self):
        assert self.verdicts(self.carried("base64", "\n".join(wrap(base64.b64encode(self.STATUS.encode()).decode(), 76)))) == [
            Verdict.HARD
        ]

    def test_quoted_printable(self):
        assert self.verdicts(self.carried("quoted-printable", quopri.encodestring(self.STATUS.encode()).decode())) == [
            Verdict.HARD
        ]

    def test_folded_after_every_word(self):
        assert self.verdicts(read_mail(bounce(block("550 5.1.1\n User\n unknown", status="5.1.1")))) == [Verdict.HARD]

    def test_html_alone(self):
        told = "<html><p>Adresse inexistante :</p><ul><li>lucie@mairie.example</li></ul><p>550 5.1.1 User unknown</p></html>"
        report = read_mail(mail(told, subject="Undeliverable", Content_Type="text/html", **DAEMON))
        assert [(each.address, each.verdict) for each in report.recipients] == [("lucie@mairie.example", Verdict.HARD)]

    def test_a_boundary_that_never_ends(self):
        assert self.verdicts(read_mail(bounce(block("550 5.1.1 User unknown")).replace(b"--=_limite_1--", b""))) == [Verdict.HARD]

    def test_forwarded_as_quoted_text(self):
        quoted = "\n".join("> " + line for line in self.STATUS.split("\n"))
        assert self.verdicts(read_mail(mail("Voici :\n" + quoted, subject="Fwd: Undelivered Mail"))) == [Verdict.HARD]


class TestAmazon:
    """Amazon SES reports by JSON, in a mail of its notification service."""

    def told(self, body: str) -> MailReport:
        return read_mail(mail(body, sender="no-reply@sns.example", subject="AWS Notification Message"))

    def test_a_complaint(self):
        report = self.told(
            '{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"lucie@mairie.example"}],'
            '"complaintFeedbackType":"abuse"}}\n--\nIf you wish to stop'
        )
        assert (report.kind, [each.address for each in report.recipients]) == (MailKind.COMPLAINT, ["lucie@mairie.example"])

    @pytest.mark.parametrize(
        ("sort", "detail", "said", "verdict"),
        [
            ("Permanent", "General", "smtp; 550 5.1.1 user unknown", Verdict.HARD),
            ("Permanent", "NoEmail", "", Verdict.HARD),
            ("Permanent", "General", "", Verdict.UNKNOWN),
            ("Transient", "MailboxFull", "", Verdict.FULL),
            ("Transient", "General", "", Verdict.SOFT),
        ],
    )
    def test_a_bounce(self, sort, detail, said, verdict):
        report = self.told(
            f'{{"notificationType":"Bounce","bounce":{{"bounceType":"{sort}","bounceSubType":"{detail}",'
            f'"bouncedRecipients":[{{"emailAddress":"lucie@mairie.example","diagnosticCode":"{said}"}}]}}}}'
        )
        assert (report.kind, [each.verdict for each in report.recipients]) == (MailKind.BOUNCE, [verdict])

"""What standard reports say: bounces (RFC 3464), complaints and opt-outs (RFC 5965), tokens of return paths."""

from __future__ import annotations

import pytest

from gateway.channels.inbound import MailKind, Verdict, read_mail
from gateway.domain.keys import Keyring
from gateway.render.letterhead import verp_address
from tests.inbound.letters import OURS, RETURN_PATH, TOKEN, block, bounce, feedback, mail, parts


def test_a_bounce_of_two_people_says_what_became_of_each():
    report = read_mail(
        bounce(
            block("550 5.1.1 <lucie@mairie.example>: User unknown", status="5.1.1"),
            block("552 5.2.2 Mailbox full", status="5.2.2", address="paul@mairie.example"),
        )
    )
    assert report.kind is MailKind.BOUNCE and report.auto
    assert [(each.address, each.verdict, each.status) for each in report.recipients] == [
        ("lucie@mairie.example", Verdict.HARD, "5.1.1"),
        ("paul@mairie.example", Verdict.FULL, "5.2.2"),
    ]
    assert report.recipients[0].reply == "550 5.1.1 <lucie@mairie.example>: User unknown"
    assert report.recipients[0].why == "report: dead"


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "Delivered (to mailbox)"])
def test_a_message_that_arrived_is_no_bounce(action):
    (recipient,) = read_mail(bounce(block("", action=action, status="2.0.0"))).recipients
    assert recipient.verdict is Verdict.DELIVERED


def test_a_delay_condemns_nobody_even_with_words_for_a_dead_address():
    (recipient,) = read_mail(bounce(block("450 4.1.1 User unknown", action="delayed", status="4.1.1"))).recipients
    assert (recipient.verdict, recipient.why) == (Verdict.SOFT, "report: for-now")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("utf-8; zo\\x{E9}@mairie.example", "zoé@mairie.example"),
        ("rfc822; lucie+2Blettre@mairie.example", "lucie+lettre@mairie.example"),
        ("rfc822; lucie+24@mairie.example", "lucie+24@mairie.example"),
        ("utf-8; zo\\x{FFFFFF}@mairie.example", "zo\\x{FFFFFF}@mairie.example"),
    ],
)
def test_a_recipient_is_named_as_she_writes_herself_however_the_report_encodes_her(written, read):
    (recipient,) = read_mail(bounce(f"Final-Recipient: {written}\nAction: failed\nStatus: 5.1.1")).recipients
    assert (recipient.address, recipient.verdict) == (read, Verdict.HARD)


def test_whom_we_wrote_to_is_the_original_recipient_not_where_her_mail_is_forwarded():
    forwarded = "Original-Recipient: rfc822;lucie+2Blettre@mairie.example\n" + block(
        "550 5.1.1 Unknown user", address="l@ailleurs.example"
    )
    (recipient,) = read_mail(bounce(forwarded)).recipients
    assert recipient.address == "lucie+lettre@mairie.example"


def test_a_report_without_blank_lines_still_tells_recipients_apart():
    glued = block("550 5.1.1 User unknown") + "\n" + block("550 5.7.1 blocked using a blocklist", address="paul@mairie.example")
    recipients = read_mail(bounce(glued)).recipients
    assert [(each.address, each.verdict) for each in recipients] == [
        ("lucie@mairie.example", Verdict.HARD),
        ("paul@mairie.example", Verdict.BLOCKED),
    ]


def test_a_report_with_a_blank_line_inside_a_block_is_still_one_recipient():
    split = block("550 5.1.1 User unknown").replace("\nAction", "\n\nAction")
    assert [each.verdict for each in read_mail(bounce(split)).recipients] == [Verdict.HARD]


class TestTokens:
    """Which of our messages a mail speaks of; only candidates, most trusted first."""

    def test_the_token_is_the_one_our_return_paths_carry(self):
        keys = Keyring(b"x" * 32)
        path = verp_address("retour.campagne.example", keys.verp_token(7))
        (token,) = read_mail(bounce(block("550 5.1.1 User unknown"), To=path, returned="")).tokens
        assert keys.read_verp_token(token) == 7

    def test_the_envelope_comes_before_what_anybody_may_write_into_a_header(self):
        other = TOKEN[::-1]
        report = read_mail(bounce(To=f"b+{other}@retour.campagne.example"), envelope_to=[RETURN_PATH.upper()])
        assert report.tokens == (TOKEN, other)

    @pytest.mark.parametrize("name", ["Delivered_To", "X_Original_To", "Envelope_To", "To"])
    def test_a_token_is_found_wherever_servers_write_the_envelope(self, name):
        report = read_mail(bounce(returned="", **{"To": "lettre@campagne.example", name: f"<{RETURN_PATH}>"}))
        assert report.tokens == (TOKEN,)

    def test_a_complaint_that_hides_the_recipient_still_names_our_message(self):
        report = read_mail(feedback("Feedback-Type: abuse", f"Original-Mail-From: <{RETURN_PATH}>"))
        assert (report.kind, report.tokens) == (MailKind.COMPLAINT, (TOKEN,))
        assert report.answers == ("7.abcdef0123456789abcd@campagne.example",)

    def test_hexadecimal_that_is_no_token_is_left_alone(self):
        assert read_mail(mail(To=f"b+{TOKEN}0@x.example, b+{TOKEN[1:]}@x.example")).tokens == ()


class TestFeedback:
    """Complaints and opt-outs are objections; what no person did is neither."""

    @pytest.mark.parametrize("sort", ["abuse", "fraud", "virus", "other", "miscategorized", ""])
    def test_a_complaint_names_who_complained(self, sort):
        report = read_mail(feedback(f"Feedback-Type: {sort}", "Original-Rcpt-To: <lucie@mairie.example>"))
        assert report.kind is MailKind.COMPLAINT
        assert [(each.address, each.verdict) for each in report.recipients] == [("lucie@mairie.example", Verdict.DELIVERED)]

    @pytest.mark.parametrize(
        ("told", "hers"),
        [("masquelier@mairie.example", "masquelier@mairie.example"), ("masque@fournisseur.example", "lucie@mairie.example")],
    )
    def test_a_name_that_begins_like_a_hidden_address_is_hers(self, told, hers):
        report = read_mail(feedback("Feedback-Type: abuse", f"Original-Rcpt-To: {told}"))
        assert (report.kind, [each.address for each in report.recipients]) == (MailKind.COMPLAINT, [hers])

    def test_an_opt_out_names_who_wants_no_more(self):
        report = read_mail(feedback("Feedback-Type: opt-out", "Removal-Recipient: lucie@mairie.example"))
        assert (report.kind, report.feedback) == (MailKind.UNSUBSCRIBE, "opt-out")
        assert [each.address for each in report.recipients] == ["lucie@mairie.example"]

    @pytest.mark.parametrize("sort", ["not-spam", "auth-failure"])
    def test_what_is_no_complaint_harms_nobody(self, sort):
        report = read_mail(feedback(f"Feedback-Type: {sort}", "Original-Rcpt-To: lucie@mairie.example"))
        assert (report.kind, report.recipients) == (MailKind.OTHER, ())

    def test_a_provider_that_returns_the_message_alone_is_understood(self):
        returned = "X-HmXmrOriginalRecipient: lucie@mairie.example\n" + OURS
        report = read_mail(parts(("message/rfc822", returned), subject="complaint about message from 192.0.2.1"))
        assert (report.kind, [each.address for each in report.recipients]) == (MailKind.COMPLAINT, ["lucie@mairie.example"])


def test_a_report_under_a_wrong_content_type_is_still_a_complaint():
    told = feedback("Feedback-Type: abuse", "Original-Rcpt-To: lucie@mairie.example").replace(
        b"message/feedback-report", b"text/plain"
    )
    report = read_mail(told)
    assert (report.kind, [each.address for each in report.recipients]) == (MailKind.COMPLAINT, ["lucie@mairie.example"])


def test_a_request_that_apple_mail_sends_is_an_objection_of_its_author():
    report = read_mail(mail("", X_Apple_Unsubscribe="true", subject="unsubscribe"))
    assert (report.kind, [each.address for each in report.recipients]) == (MailKind.UNSUBSCRIBE, ["lucie@mairie.example"])


def test_a_mail_to_the_address_of_list_unsubscribe_is_an_objection_even_if_a_program_sent_it():
    report = read_mail(mail(To=f"unsubscribe+{TOKEN}@retour.campagne.example", Auto_Submitted="auto-generated"))
    assert (report.kind, report.tokens) == (MailKind.UNSUBSCRIBE, (TOKEN,))


@pytest.mark.parametrize("before", ["", "Bonjour,\nun abonné s’est plaint de ce message.\n\n"])
def test_a_complaint_whose_report_stands_in_a_plain_text_is_one(before):
    said = f"{before}Feedback-Type: abuse\nUser-Agent: Plaintes/1\nVersion: 1\n\nMessage en cause :\n{OURS}"
    report = read_mail(mail(said, sender="Plaintes <fbl@fournisseur.example>", subject="abuse"))
    assert (report.kind, report.feedback, report.auto) == (MailKind.COMPLAINT, "abuse", True)
    kind = read_mail(mail(said.replace("abuse", "not-spam"), sender="fbl@fournisseur.example")).kind
    assert kind is MailKind.OTHER


def test_a_person_who_names_such_a_field_writes_no_report():
    report = read_mail(mail("Bonjour, que veut dire « Feedback-Type: abuse » dans vos en-têtes ?\nFeedback-Type: abuse\nMerci"))
    assert report.kind is MailKind.REPLY

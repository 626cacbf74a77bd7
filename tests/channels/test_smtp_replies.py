"""The table of refusals, with replies as providers word them."""

from __future__ import annotations

import pytest

from gateway.channels.smtp.replies import Phase, refusal
from gateway.domain.channel import Fault

AGAIN, FOR_GOOD = False, True
ADDRESS_IS_DEAD = [
    (Phase.RCPT, 550, "5.1.1 The email account that you tried to reach does not exist. Please try double-checking"),
    (Phase.RCPT, 550, "5.1.1 <…>: Recipient address rejected: User unknown in local recipient table"),
    (Phase.RCPT, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    (Phase.RCPT, 550, "5.1.0 Address rejected"),
    (Phase.RCPT, 550, "5.1.1 User not listed in directory"),
    # Exchange Online's words for an address that the house does not have (Directory Based Edge Blocking).
    (Phase.RCPT, 550, "5.4.1 Recipient address rejected: Access denied"),
    (Phase.RCPT, 556, "5.1.10 Recipient address has null MX"),
    (Phase.CONTENT, 554, "delivery error: dd This user doesn't have a yahoo.com account"),
    (Phase.RCPT, 550, "Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416"),
    (Phase.RCPT, 550, "No such user here"),
]
PERSON_IS_THERE = [
    (Phase.RCPT, 452, "4.2.2 The email account that you tried to reach is over quota"),
    (Phase.RCPT, 552, "5.2.2 Mailbox full"),
    (Phase.CONTENT, 552, "Requested mail action aborted: exceeded storage allocation"),
    (Phase.RCPT, 550, "5.2.1 The user you are trying to contact is receiving mail at a rate that prevents"),
    # Suspended: the account is somebody's, and may come back.
    (Phase.RCPT, 550, "5.2.1 The email account that you tried to reach is disabled"),
    (Phase.RCPT, 450, "4.2.1 The user you are trying to contact is receiving mail too quickly"),
    (Phase.RCPT, 450, "4.1.1 unverified address"),
    (Phase.RCPT, 450, "4.1.2 Recipient address rejected: Domain not found"),
    # The way to her server is closed for now, and no haste of ours closed it.
    (Phase.RCPT, 451, "4.4.1 No answer from host"),
    (Phase.RCPT, 550, "Boîte aux lettres pleine"),
]
COME_BACK_LATER = [
    (Phase.CONNECT, 421, "4.3.2 Service not available"),
    (
        Phase.CONNECT,
        421,
        "Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR004_104",
    ),
    (Phase.MAIL, 450, "4.7.1 Error: too much mail from 192.0.2.1"),
    (Phase.RCPT, 450, "4.7.1 Greylisted, try again in 300 seconds"),
    (Phase.RCPT, 451, "Greylisting in action"),
    (Phase.CONTENT, 421, "4.7.28 Unusual rate of unsolicited mail originating from your IP address"),
    (Phase.LOGIN, 454, "4.7.0 Temporary authentication failure"),
    (Phase.RCPT, 451, "4.7.650 The mail server has been temporarily rate limited due to IP reputation"),
    # No reply at all by its number: nobody is judged by the words beside it.
    (Phase.DATA, 999, "?"),
    (Phase.RCPT, 600, "No such user here"),
    (Phase.RCPT, 399, "No such user here"),
    (Phase.RCPT, 454, "Throttling failure: Daily message quota exceeded."),
    (Phase.RCPT, 452, "4.3.1 Outgoing mail quota exceeded"),
]
#: Said before the server has heard of anybody: it is closed for now, and no letter has been tried.
NOBODY_WAS_TRIED = [
    (Phase.MAIL, 421, "4.3.2 relais.example Service shutting down, closing connection"),
    (Phase.MAIL, 421, "4.4.2 relais.example Error: timeout exceeded"),
    (Phase.MAIL, 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints"),
    (Phase.MAIL, 452, "4.3.1 Insufficient system storage"),
    (Phase.MAIL, 451, "4.3.0 Temporary lookup failure"),
]
FAULT_IS_OURS = [
    (Phase.CONNECT, 554, "5.7.1 Client host rejected"),
    (Phase.LOGIN, 535, "5.7.8 Username and Password not accepted"),
    (Phase.MAIL, 530, "5.7.0 Authentication Required"),
    (Phase.MAIL, 550, "5.1.8 Sender address rejected: Domain not found"),
    (Phase.MAIL, 553, "mailbox name not allowed"),
    # Nothing was shown yet but who writes: of a letter, its announced size alone can be refused here, by its code.
    (Phase.MAIL, 554, "5.7.1 The message looks like spam"),
    (Phase.MAIL, 552, "5.2.2 Mailbox full"),
    (Phase.LOGIN, 552, "5.3.4 Message size exceeds fixed limit"),
    (Phase.RCPT, 554, "5.7.1 <…>: Relay access denied"),
    (Phase.RCPT, 550, "5.1.0 <b+1@campagne.example>: Sender address rejected: User unknown"),
    (Phase.CONTENT, 550, "5.7.26 This mail has been blocked because the sender is unauthenticated"),
    (Phase.CONTENT, 550, "5.7.515 Access denied, sending domain does not meet the required authentication level"),
    (Phase.RCPT, 550, "5.7.606 Access denied, banned sending IP"),
    (
        Phase.RCPT,
        550,
        "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent; part of their network is on our block list (S3140)",
    ),
    (Phase.RCPT, 554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
    (Phase.CONTENT, 550, "5.7.1 DKIM verification failed"),
    # What our provider allows us for a day is used up: no mailbox of anybody's is full.
    (Phase.RCPT, 550, "5.4.5 Daily user sending quota exceeded"),
    (Phase.CONTENT, 550, "5.4.5 Daily SMTP relay sending limit exceeded"),
    (Phase.RCPT, 550, "Votre quota d'envoi quotidien est dépassé"),
    (Phase.CONTENT, 554, "Votre compte d'envoi est suspendu"),
    (Phase.RCPT, 530, "5.7.1 Client was not authenticated"),
]
MESSAGE_IS_REFUSED = [
    (Phase.CONTENT, 552, "5.3.4 Message size exceeds fixed limit"),
    (Phase.MAIL, 552, "5.3.4 Message size exceeds fixed limit"),
    (Phase.CONTENT, 552, "message exceeds the maximum size of 10 MB"),
    (Phase.CONTENT, 552, "5.7.0 This message was blocked because its content presents a potential security issue"),
    (Phase.CONTENT, 554, "5.7.1 The message looks like spam"),
    (Phase.CONTENT, 550, "5.7.1 This message violates example.com email policy"),
    (Phase.CONTENT, 554, "Transaction failed"),
    (Phase.RCPT, 550, "Requested action not taken"),
    (Phase.RCPT, 501, "5.5.4 Syntax error in parameters"),
    (Phase.RCPT, 599, ""),
    (Phase.RCPT, 500, "Syntax error, command unrecognized"),
    # A relay that had it too long: it is over, and her address did nothing.
    (Phase.CONTENT, 554, "5.4.7 Delivery time expired"),
]


@pytest.mark.parametrize(
    ("phase", "code", "text", "fault", "permanent"),
    [
        (*reply, fault, permanent)
        for replies, fault, permanent in (
            (ADDRESS_IS_DEAD, Fault.RECIPIENT, FOR_GOOD),
            (PERSON_IS_THERE, Fault.MAILBOX, AGAIN),
            (COME_BACK_LATER, Fault.THROTTLED, AGAIN),
            (NOBODY_WAS_TRIED, Fault.CONNECTION, AGAIN),
            (FAULT_IS_OURS, Fault.OURS, AGAIN),
            (MESSAGE_IS_REFUSED, Fault.CONTENT, FOR_GOOD),
        )
        for reply in replies
    ],
)
def test_a_reply_says_whose_fault_it_is(phase: Phase, code: int, text: str, fault: Fault, permanent: bool) -> None:
    read = refusal(phase, code, text)
    assert (read.fault, read.permanent) == (fault, permanent)


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("code", [400, 421, 450, 451, 452, 455, 499])
def test_no_temporary_reply_is_ever_final(phase: Phase, code: int) -> None:
    for text in ("", "4.1.1 user unknown", "4.7.1 spam", "5.1.1 a server that contradicts itself"):
        assert not refusal(phase, code, text).permanent


def test_what_is_kept_is_the_code_the_status_and_the_words_within_bounds() -> None:
    read = refusal(Phase.RCPT, 550, "5.1.1 " + "x" * 1000)
    assert (read.code, len(read.reply)) == ("550 5.1.1", 500)
    assert refusal(Phase.RCPT, 550, "Nobody").code == "550"

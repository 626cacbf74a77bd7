"""What the reader understood of one inbound mail. Frozen values; nothing here was verified against our keys or our store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.channels.refusals import Verdict

__all__ = ["MailKind", "MailReport", "RecipientReport", "Verdict"]


class MailKind(StrEnum):
    """What a mail is."""

    BOUNCE = "bounce"  #: a server speaks of our message: refused, delayed, or delivered (see the verdicts)
    COMPLAINT = "complaint"  #: a provider says that a person called our message unwanted (RFC 5965)
    UNSUBSCRIBE = "unsubscribe"  #: sent to the mailto: of List-Unsubscribe, or feedback of type opt-out
    VACATION = "vacation"  #: an automatic answer: nobody read, nothing is wrong
    REPLY = "reply"  #: a person wrote
    OTHER = "other"  #: none of these, or unreadable: `reason` says which


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientReport:
    """What a mail says of one recipient."""

    address: str | None  #: as the mail writes it, without brackets; None when it names nobody. Never proof of who: see tokens
    verdict: Verdict
    forwarded_to: str | None = None  #: the address that failed, where the mail was forwarded; None when it was `address`
    status: str = ""  #: enhanced status (RFC 3463) as found, "5.1.1"; empty when there is none
    reply: str = ""  #: the refusing server's words on one line, at most 500 characters
    final: bool = True  #: False: the relay only says that it is late, and goes on trying
    why: str = ""  #: which source and which row of the table decided: evidence for the journal and for people


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """One mail, understood. The reader only proposes: whoever acts on it first verifies a token (Keyring.read_verp_token)."""

    kind: MailKind
    recipients: tuple[RecipientReport, ...] = ()
    #: Candidate VERP tokens (36 hex digits, lower case, not verified), most trusted first: envelope, delivery headers,
    #: visible headers, fields of the report, and last the returned message.
    tokens: tuple[str, ...] = ()
    #: Message-IDs this mail answers or returns, without brackets, nearest first.
    answers: tuple[str, ...] = ()
    #: Of a complaint or an opt-out: the message it returns, header and texts, as far as it does; at most 100,000 characters.
    returned: str = ""
    text: str = ""  #: the person's own new words, quoted original and signature left out; of other kinds, what was said
    subject: str = ""
    sender: str = ""  #: bare address of From, as written; empty when there is none
    message_id: str = ""  #: without brackets
    #: Sent by a machine: never answer it. Also true for whatever could not be read.
    auto: bool = False
    feedback: str = ""  #: Feedback-Type of a complaint or opt-out ("abuse", "fraud", "opt-out" …)
    reason: str = ""  #: why it is of this kind, in a few English words, for logs and programs

    @property
    def says_something(self) -> bool:
        """Whether it says anything definite of anybody."""
        return any(each.verdict is not Verdict.UNKNOWN for each in self.recipients)

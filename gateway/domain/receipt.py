"""What comes back about a message: what a server said of it, at once or days later, and what that says of the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.channel import Medium


class ReceiptKind(StrEnum):
    """What one report says of one message to one address."""

    DELIVERED = "delivered"  #: it is in her mailbox, on her telephone, in her ear
    UNHEARD = "unheard"  #: her telephone rang, and she heard nothing: nobody answered, it was busy, or a machine answered
    DEAD = "dead"  #: the address does not exist, or never will receive again
    FAILED = "failed"  #: it could not be delivered this time
    FULL = "full"  #: her mailbox is full: she is there
    EXPIRED = "expired"  #: a relay tried for days, then gave up
    BLOCKED = "blocked"  #: we were refused, not she: authentication or reputation
    REFUSED = "refused"  #: this message was refused for what it says
    UNKNOWN = "unknown"  #: a report nobody can read
    COMPLAINT = "complaint"  #: she reported it as unwanted


#: Reports that count against an address: enough of them in a row, and it is left in peace for a while.
PASSING_FAILURES = frozenset({ReceiptKind.FAILED, ReceiptKind.FULL, ReceiptKind.EXPIRED})


class AddressCause(StrEnum):
    """Why an address is in the state it is in."""

    REFUSED = "refused"  #: its server refused it for good
    FAILURES = "failures"  #: too many letters in a row could not be delivered
    RESTED = "rested"  #: it was failing, and may be tried again
    REACHED = "reached"  #: the message that was said not to have reached it did
    LIFTED = "lifted"  #: somebody of the team knows better, and said why


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What shows the state of an address."""

    at: datetime
    code: str = ""  #: reply code and enhanced status ("550 5.1.1")
    reply: str = ""  #: the server's words, without addresses; or the reason somebody gave


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One report about one message, ready to take effect."""

    kind: ReceiptKind
    message_id: int
    campaign_id: int
    digest: bytes  #: of the address the message went to
    medium: Medium
    evidence: Evidence
    handed_at: datetime | None = None  #: when the message was handed over
    person: str | None = None  #: pseudonym; None once she was erased

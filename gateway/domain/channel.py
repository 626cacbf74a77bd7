"""What a channel is: one hand-over of ready envelopes, and honest outcomes. It never reads the store, decides or retries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class Medium(StrEnum):
    """The means by which a person is reached. A consent names one of them."""

    EMAIL = "email"
    SMS = "sms"
    CALL = "call"


class Encoding(StrEnum):
    """How the next hop takes bytes (RFC 6152)."""

    EIGHT_BIT = "8bit"
    QUOTED_PRINTABLE = "quoted-printable"


class Fault(StrEnum):
    """Whose fault a refusal of the provider is; decides what happens to the row, the address and the campaign."""

    RECIPIENT = "recipient"  #: the address is dead or does not exist
    MAILBOX = "mailbox"  #: full or busy: the person is there
    CONTENT = "content"  #: this message was refused for what it says
    OURS = "ours"  #: authentication, reputation, configuration: the campaign must stop
    THROTTLED = "throttled"  #: too fast: come back later
    CONNECTION = "connection"  #: out of reach, or closed to everybody for now: nothing was transmitted
    UNKNOWN = "unknown"  #: refused, and nobody here knows why: ours if nothing gets through, else of this message alone
    OPTED_OUT = "opted_out"  #: the person told the provider itself to stop us: an objection


class Envelope(NamedTuple):
    """One message to one recipient, decided and committed, ready to leave."""

    message_id: int
    digest: bytes  #: keyed digest of the recipient, 16 bytes
    sender: str  #: return path (VERP for email)
    recipient: str
    #: Renders the bytes; called at most once, while the server answers. May raise RenderFault.
    payload: Callable[[Encoding], bytes]
    #: Nothing may be delivered from this instant on (window, silence period), nor a call begin to speak; aware. None: no limit
    #: of ours.
    good_until: datetime | None = None
    #: Where the provider asks and tells about it: addresses that begin so. Empty for channels that do not.
    callback: str = ""
    lasts_seconds: int = 0  #: a call: how long it speaks once it has begun, which may be later than `good_until`


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took charge of the message."""

    reference: str  #: the provider's own words or id: evidence
    payload_sha256: bytes  #: hash of the very bytes that left
    pending: bool = False  #: it has only begun (a telephone rings): the provider tells later how it ended


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider refused the message; nothing was delivered."""

    permanent: bool
    code: str  #: SMTP reply code and enhanced status ("550 5.1.1"), or provider code
    reply: str  #: the provider's words, at most 500 characters
    fault: Fault


@dataclass(frozen=True, slots=True)
class Unsure:
    """The connection was lost after the message was transmitted: nobody can say whether it was taken."""

    why: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """The hand-over never began, because the watch did not let it."""


@dataclass(frozen=True, slots=True)
class Unrendered:
    """The message could not be rendered whole; it was not transmitted."""

    why: str


@dataclass(frozen=True, slots=True)
class Traced:
    """What the provider answers when it is asked about a message: evidence that settles what is uncertain."""

    reference: str
    recipient: str
    status: str  #: in the provider's words
    error_code: int | None
    at: datetime  #: aware; when the provider took it
    text: str | None = None  #: what was transmitted, where the provider keeps it
    answered_by: str | None = None  #: a call: person or machine, in the provider's words


@dataclass(frozen=True, slots=True)
class Inbound:
    """What somebody wrote to a number of ours, as the provider keeps it."""

    reference: str  #: the same by which it was, or should have been, told
    sender: str
    recipient: str
    text: str
    at: datetime  #: aware; when the provider received it
    media: int = 0  #: pictures and sounds that came with it


Outcome = Accepted | Rejected | Unsure | Withheld | Unrendered


class HeldBack(Exception):
    """Somebody objected after her hand-over had begun, and before anything of her message was written."""


class Watch(Protocol):
    """The gate's eyes during a hand-over. Called on the channel's own thread; the calls are quick and never block."""

    def may_begin(self, envelope: Envelope) -> bool:
        """Asked right before the first byte of one envelope is written. False: answer Withheld, write nothing."""

    def passing(self, envelope: Envelope) -> None:
        """Told right before the point of no return: from the next byte on the provider may be taking the message.

        Raises HeldBack: not a byte of it may be written any more, and the answer is Withheld.
        """

    def ended(self, envelope: Envelope, outcome: Outcome) -> None:
        """Told as soon as the outcome of one envelope is known."""


class Unwatched:
    """The watch over what no objection can hold back."""

    def may_begin(self, envelope: Envelope) -> bool:
        """Always."""
        return True

    def passing(self, envelope: Envelope) -> None:
        """Nobody keeps count."""

    def ended(self, envelope: Envelope, outcome: Outcome) -> None:
        """The caller is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel serves, and how much of it at once."""

    medium: Medium
    concurrency: int  #: hand-overs that may be on the wire at once


class Tracer(Protocol):
    """A provider that can be asked what became of a message."""

    def look_up(self, recipient: str, since: datetime, until: datetime, reference: str = "") -> Sequence[Traced]:
        """What it knows of messages to a recipient begun between two instants, or of one reference. Raises OSError."""

    def received(self, number: str, since: datetime) -> Sequence[Inbound]:
        """What people wrote to a number of ours since an instant, the newest first. Raises OSError."""

    def call_off(self, reference: str) -> bool:
        """Have it drop what it took and has not begun, or what still rings; False when it is too late. Raises OSError."""

    def close(self) -> None:
        """End its connections."""


class Channel(Protocol):
    """A way to hand messages over to a provider."""

    @property
    def capabilities(self) -> Capabilities:
        """What this channel can do."""

    def hand_over(self, envelopes: Sequence[Envelope], watch: Watch) -> list[Outcome]:
        """Hand each envelope over at most once; one outcome per envelope, in order. Never raises for a provider's fault."""

    def close(self) -> None:
        """End connections politely."""

"""What people write back, and what became of it."""

from __future__ import annotations

from enum import StrEnum


class Intent(StrEnum):
    """What a reply asks of us, as far as its words tell."""

    OBJECTION = "objection"
    #: May be an objection: the person is paused at once, and somebody reads.
    DOUBTFUL = "doubtful"
    #: Asks to be written to again.
    RESTART = "restart"
    #: Asks who we are, or how to reach us.
    HELP = "help"
    OTHER = "other"


class Told(StrEnum):
    """By what act a person told us."""

    REPLY = "reply"  #: words, to a number or an address of ours
    KEY = "key"  #: the key that objects, during a call
    REPORT = "report"  #: she reported a message as unwanted, to the operators' number for it or to her provider


class Answer(StrEnum):
    """What the gateway answers by itself to what a person told; elements of words.toml."""

    STOP_CONFIRMATION = "stop-confirmation"
    INTRODUCTION = "introduction"


class RightAsked(StrEnum):
    """A right of the person (RGPD chapter III) that a reply invokes beside its intent."""

    ERASURE = "erasure"
    ACCESS = "access"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"


class InboxKind(StrEnum):
    """What came in."""

    REPLY = "reply"
    CALLBACK = "callback"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    VACATION = "vacation"
    OTHER = "other"


class InboxState(StrEnum):
    """Whether somebody still has to look at it."""

    OPEN = "open"
    SETTLED = "settled"


class Settlement(StrEnum):
    """How something that came in was settled, by the gateway or by a person."""

    OBJECTION = "objection"
    NOT_OBJECTION = "not-objection"
    #: A consent was refused; other messages that the person agreed to go on.
    REFUSAL = "refusal"
    #: Somebody answered, or handed the request on.
    ANSWERED = "answered"
    #: It asks for nothing: a bounce taken into account, an automatic answer.
    FILED = "filed"

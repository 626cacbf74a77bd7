"""Rights of persons over what is kept of them (RGPD chapter III), and what becomes of a request."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """What a person asks for."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"


#: As people call them, with their article of the RGPD.
RIGHT_NAMES = {
    Right.ACCESS: "accès (article 15)",
    Right.RECTIFICATION: "rectification (article 16)",
    Right.ERASURE: "effacement (article 17)",
    Right.RESTRICTION: "limitation (article 18)",
    Right.PORTABILITY: "portabilité (article 20)",
    Right.OBJECTION: "opposition (article 21)",
}
#: These take nothing from her and tell nobody anything: they are done without asking who she is.
HARMLESS = frozenset({Right.RESTRICTION, Right.OBJECTION})


class RequestVia(StrEnum):
    """How a request reached us."""

    PAGE = "page"  #: the personal link
    REPLY = "reply"  #: an answer to one of our messages
    EMAIL = "email"
    POST = "post"
    PHONE = "phone"
    IN_PERSON = "in_person"


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


class Identity(StrEnum):
    """How we know that it is she who asks, in proportion to what is asked."""

    UNCHECKED = "unchecked"
    #: Whoever asks reads the mailbox on file: a fresh link was sent there.
    MAILBOX = "mailbox"
    #: Whoever asks reads the texts of the number on file: a code was sent there.
    TELEPHONE = "telephone"
    #: Somebody of the team made sure; how is on record.
    CHECKED = "checked"

"""The opposition list (liste d'opposition): keyed digests that stop messages, and survive the erasure of the person."""

from __future__ import annotations

from enum import StrEnum


class SuppressionKind(StrEnum):
    """How strong a suppression is. An objection never lapses, and nobody ends it but the person who made it."""

    OBJECTION = "objection"
    TECHNICAL = "technical"
    #: The person asked not to be written to for a while.
    PAUSE = "pause"
    #: A reply may be an objection: nothing leaves until somebody has read it. Apart from PAUSE, so that neither ends the other.
    DOUBT = "doubt"


class SuppressionCause(StrEnum):
    """Why an address is on the list."""

    UNSUBSCRIBE_LINK = "unsubscribe_link"
    ONE_CLICK = "one_click"
    REPLY = "reply"
    KEY_PRESS = "key_press"
    COMPLAINT = "complaint"
    IMPORTED_LIST = "imported_list"
    OPERATOR = "operator"
    HARD_BOUNCE = "hard_bounce"
    PERSON_PAUSE = "person_pause"


class SuppressionState(StrEnum):
    """What the list says of one address for one channel: the strongest entry wins. A doubt is a pause to the law."""

    NONE = "none"
    PAUSE = "pause"
    TECHNICAL = "technical"
    OBJECTION = "objection"


#: The `medium` of a suppression that covers every channel.
EVERY_MEDIUM = "*"

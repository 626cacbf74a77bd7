"""The opposition list (liste d'opposition): keyed digests that stop messages, and survive the erasure of the person."""

from __future__ import annotations

from enum import StrEnum


class SuppressionKind(StrEnum):
    """How strong a suppression is. Only TECHNICAL and PAUSE may ever be lifted or lapse."""

    OBJECTION = "objection"
    TECHNICAL = "technical"
    PAUSE = "pause"


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
    """What the list says of one address for one channel: the strongest entry wins."""

    NONE = "none"
    PAUSE = "pause"
    TECHNICAL = "technical"
    OBJECTION = "objection"


#: The `medium` of a suppression that covers every channel.
EVERY_MEDIUM = "*"

"""Campaigns, message classes and who speaks."""

from __future__ import annotations

from enum import StrEnum


class MessageClass(StrEnum):
    """A rule says which classes it governs."""

    CAMPAIGN = "campaign"
    CONSENT_REQUEST = "consent_request"
    CONFIRMATION = "confirmation"
    ACKNOWLEDGEMENT = "acknowledgement"
    RIGHTS = "rights"
    #: A test copy to a declared member of the team.
    TEST = "test"


#: Classes of messages that answer one act of one person; a standing carrier holds them, and never finishes.
SINGLE_CLASSES = (MessageClass.CONFIRMATION, MessageClass.ACKNOWLEDGEMENT, MessageClass.RIGHTS)


class CampaignState(StrEnum):
    """Life of a campaign."""

    DRAFT = "draft"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"
    #: Its hour passed while nothing ran: it does not fire late, it asks.
    LATE = "late"


class SenderKind(StrEnum):
    """What the controller is (Regulation (EU) 2024/900 art. 18(3) exempts bodies, not a lone candidate)."""

    CANDIDATE = "candidate"
    PARTY = "party"
    ASSOCIATION = "association"
    FOUNDATION = "foundation"
    NONPROFIT = "nonprofit"

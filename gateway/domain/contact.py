"""People and where their data came from (CNIL: contact régulier / occasionnel, origine des données)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

#: Nobody has lived much longer: an older date of birth is a slip of the keyboard.
_OLDEST_YEARS = 120
#: A contact whose polling place is not known: every rule takes the widest window for it.
UNKNOWN_TERRITORY = "unknown"


def may_be_born(born: date, today: date) -> bool:
    """Whether somebody alive may have this date of birth."""
    return today.year - _OLDEST_YEARS <= born.year and born <= today


class ContactClass(StrEnum):
    """CNIL's classes (délib. 2012-021 art. 1; rule contact-class). Promotion needs a positive act of the person."""

    MEMBER = "member"
    FORMER_MEMBER = "former_member"
    REGULAR = "regular"
    OCCASIONAL = "occasional"
    #: A member of the campaign team, for test messages only; never part of an audience.
    TEAM = "team"


class Collection(StrEnum):
    """Whether the person gave the data herself (RGPD 13) or somebody else did (RGPD 14)."""

    DIRECT = "direct"
    INDIRECT = "indirect"


class BatchState(StrEnum):
    """Where an import stands for good."""

    #: Parts of it are written, or it was cut off there: bringing the same file again, or undoing the batch, settles it.
    WRITING = "writing"
    WRITTEN = "written"
    UNDONE = "undone"


class OriginKind(StrEnum):
    """Kinds of origin an import must choose from; which are lawful, and for what, is the pack's business."""

    WEB_FORM = "web_form"
    PAPER_FORM = "paper_form"
    EVENT = "event"
    DOORSTEP = "doorstep"
    MEMBERSHIP = "membership"
    PETITION = "petition"
    DONATION = "donation"
    PARTY_FILE = "party_file"
    REFERRAL = "referral"
    PUBLIC_DIRECTORY = "public_directory"
    ELECTORAL_ROLL = "electoral_roll"
    RENTED_FILE = "rented_file"
    SOCIAL_SCRAPE = "social_scrape"
    CIVIL_REGISTRY = "civil_registry"
    PUBLIC_SERVICE_FILE = "public_service_file"
    LOCAL_REFERENDUM = "local_referendum"
    STAFF_FILE = "staff_file"
    ASSOCIATION_OFFICE_FILE = "association_office_file"
    CANICULE_REGISTER = "canicule_register"
    INTERNAL_DIRECTORY = "internal_directory"
    PATIENT_FILE = "patient_file"
    CLIENT_FILE = "client_file"
    OTHER_MANDATE_FILE = "other_mandate_file"
    OTHER_CANDIDATE_FILE = "other_candidate_file"
    TEAM = "team"


class AgeBand(StrEnum):
    """Age as far as a rule may see it; the limit itself is a value of the pack."""

    UNDER = "under"
    REACHED = "reached"
    UNKNOWN = "unknown"

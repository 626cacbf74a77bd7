"""What a decision about keeping may look at: one record, and the moments its term counts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.domain.contact import Collection, ContactClass, OriginKind


class RecordKind(StrEnum):
    """What is kept."""

    CONTACT = "contact"
    ROLL_EXTRACT = "roll_extract"
    SUPPRESSION = "suppression"
    CONSENT_EVIDENCE = "consent_evidence"
    MESSAGE_BODY = "message_body"
    PROVIDER_PAYLOAD = "provider_payload"
    DECISION_LOG = "decision_log"
    CAMPAIGN_RECORD = "campaign_record"
    RIGHTS_REQUEST = "rights_request"
    BREACH = "breach"
    SIGNUP = "signup"  #: a form that was filled in and awaits its confirmation


class Moment(StrEnum):
    """What a term counts from."""

    CREATED = "created"  #: the record came to be; for a contact: was collected
    ASKED = "asked"  #: the one consent request was handed over
    LAST_FROM_PERSON = "last_from_person"  #: last sign of life from the person herself
    EXCHANGES_ENDED = "exchanges_ended"
    CONSENT_ENDED = "consent_ended"
    ELECTION_CLOSED = "election_closed"  #: the last polling place closed
    CONTEST_OVER = "contest_over"  #: the election can no longer be contested, or the last contest was judged
    ACCOUNT_CLEARED = "account_cleared"  #: the campaign account was settled
    RECEIVED = "received"  #: a request came in
    BECAME_AWARE = "became_aware"  #: of a breach


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFacts:
    """One record, or a class of records that share these facts."""

    at: datetime = field(compare=False)  #: aware; the instant of the decision
    record: RecordKind
    contact_class: ContactClass = ContactClass.REGULAR
    origin: OriginKind = OriginKind.WEB_FORM
    collection: Collection = Collection.DIRECT
    answered: bool = False  #: the person, or we, answered what was asked
    informed: bool = False  #: the notice owed to the person reached her
    extended: bool = False  #: the longer term was claimed, and the person told so
    agreed_after_election: bool = False  #: explicit agreement to hear from us afterwards
    contest_known: bool = False  #: somebody said until when the election can be contested
    moments: tuple[tuple[Moment, datetime], ...] = ()  #: aware

    def moment(self, name: Moment) -> datetime | None:
        """When something happened, if it did."""
        return next((instant for known, instant in self.moments if known == name), None)

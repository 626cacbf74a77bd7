"""What a decision about entering the store may look at: one batch of contacts, as declared by whoever brings it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState
from gateway.domain.contact import Collection, ContactClass, OriginKind


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFacts:
    """One batch (a file, a form, a person typed in), one origin, one class of contacts."""

    at: datetime = field(compare=False)  #: aware; the instant of the decision
    origin: OriginKind
    collection: Collection = Collection.DIRECT
    contact_class: ContactClass = ContactClass.REGULAR
    origin_complete: bool = False  #: origin has kind, date and collector
    channels: tuple[Medium, ...] = ()  #: channels for which the batch carries addresses
    columns: tuple[str, ...] = ()  #: column headings as written in the file
    told: tuple[str, ...] = ()  #: headings of columns that mean something to us only because somebody said so
    tags: tuple[str, ...] = ()  #: distinct tags the rows would put on contacts
    cells: tuple[tuple[str, str], ...] = ()  #: (column, cell): what columns of few answers say, in the rows looked at
    heard: tuple[str, ...] = ()  #: headings of free text of which nothing is kept, every cell of which was listened to
    said: tuple[tuple[str, str], ...] = ()  #: (column, words): what is said there that rules of kind `words` look for
    consent: ConsentState = ConsentState.NONE  #: what the batch claims its people said
    consent_evidence: bool = False  #: every element of evidence comes with the claim
    consent_implied: bool = False  #: the claim rests on another act: a petition signed, a gift, a click on "like"
    declared: tuple[str, ...] = ()  #: attestations of whoever brings the batch ("art13-form")

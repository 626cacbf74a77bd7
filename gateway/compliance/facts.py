"""What a decision may look at: small, frozen, hashable, made of discrete values.

The verdict of a million people is that of a few hundred classes of equal Facts: the dry run groups the audience by these very
fields in SQL and decides once per class; the gate remembers verdicts by Facts. `at` is no part of equality: a verdict holds for
equal Facts until its `valid_until`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import get_type_hints

from gateway.domain.address import AddressState
from gateway.domain.campaign import MessageClass, SenderKind
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentScope, ConsentState
from gateway.domain.contact import UNKNOWN_TERRITORY, AgeBand, Collection, ContactClass, OriginKind
from gateway.domain.suppression import SuppressionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One person, one channel, one message, one instant, as far as the law can see them."""

    at: datetime = field(compare=False)  #: aware; the instant of the decision

    # the message and its campaign: the same for a whole audience
    channel: Medium
    message_class: MessageClass
    sender_kind: SenderKind = SenderKind.CANDIDATE
    election: str | None = None  #: id of the election the message is about
    criteria: tuple[str, ...] = ()  #: declared selection criteria of the audience, sorted
    declared: tuple[str, ...] = ()  #: what controller, sender and campaign declare (settings, attestations), sorted
    elements: tuple[str, ...] = ()  #: notice elements and headers this message is able to carry, sorted
    sender: str = ""  #: what a telephone shows: caller number or short code, or a name; email: nothing
    content_flags: tuple[str, ...] = ()  #: what the content scanner found ("remote_image", "freephone_number"...), sorted

    # the person, for this channel
    contact_class: ContactClass = ContactClass.REGULAR
    territory: str = UNKNOWN_TERRITORY  #: code of territories.toml of the polling place, else of the postcode
    age: AgeBand = AgeBand.UNKNOWN
    restricted: bool = False  #: RGPD 18
    origin: OriginKind = OriginKind.WEB_FORM
    collection: Collection = Collection.DIRECT
    origin_complete: bool = True  #: origin has kind, date and collector
    consent: ConsentState = ConsentState.NONE  #: purpose political, this channel
    consent_evidence: bool = False  #: every element of evidence is there
    consent_scope: ConsentScope = ConsentScope.NONE
    targeting_consent: ConsentState = ConsentState.NONE  #: purpose targeting, this channel, with evidence
    nothing_afterwards: bool = False  #: she took back, or never gave when asked, purpose after_election for this channel
    signing_up: bool = False  #: she filled in a form of ours and has not confirmed yet (class confirmation only)
    suppression: SuppressionState = SuppressionState.NONE
    address: AddressState = AddressState.VALID
    first_contact: bool = True  #: no message that tells her everything has surely left for her by this channel before
    consent_requests: int = 0  #: consent requests ever claimed for this person (any channel), at most 2 told apart
    hours: str = ""  #: agreed hours of calls, as CallWindow writes them; empty: none were stated, or the channel is another
    network: str = ""  #: which of Pack.needs.networks the person's number begins with
    sent: tuple[int, ...] = ()  #: messages, or attempts, that may have reached her within each of Pack.needs.caps, same order


@dataclass(frozen=True, slots=True, order=True)
class Cap:
    """A window in which earlier messages are counted."""

    days: int
    counted: tuple[Medium, ...] = ()  #: channels whose messages count, sorted; empty: every channel
    channels: tuple[Medium, ...] = ()  #: channels whose messages it may stop, sorted; for others nothing need be counted
    attempts: bool = False  #: every time a telephone rang counts, not only what was heard


@dataclass(frozen=True, slots=True, kw_only=True)
class FactNeeds:
    """What a pack asks the store to count or compare, so that no legal value stands in SQL."""

    caps: tuple[Cap, ...] = ()  #: windows in which messages are counted
    cap_most: int = 0  #: counts above this need not be told apart
    age_years: int | None = None  #: limit of AgeBand, in years
    networks: tuple[str, ...] = ()  #: beginnings of numbers that a rule tells apart


def closed_sets(facts: type) -> dict[str, type[StrEnum]]:
    """Fields of a class of facts whose value is one member of a closed set, and which set that is."""
    return {name: kind for name, kind in get_type_hints(facts).items() if isinstance(kind, type) and issubclass(kind, StrEnum)}

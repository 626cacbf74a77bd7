"""Consent: one act, for one purpose, by one channel, with its evidence (RGPD 4(11), 7(1))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.channel import Medium
from gateway.domain.hours import CallWindow


class Purpose(StrEnum):
    """What a person may agree to; never bundled in one box."""

    POLITICAL = "political"
    #: Second, separate consent to targeted political advertising (Regulation (EU) 2024/900 art. 18).
    TARGETING = "targeting"
    #: Open pixel (CNIL délib. 2026-042).
    OPEN_PIXEL = "open_pixel"
    AFTER_ELECTION = "after_election"


class ConsentAct(StrEnum):
    """Entries of the append-only ledger."""

    REQUESTED = "requested"
    PENDING = "pending"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    #: The import that said so was undone: what stood before holds again.
    ANNULLED = "annulled"


class ConsentState(StrEnum):
    """Projection of the ledger for a person, purpose and channel."""

    NONE = "none"
    PENDING = "pending"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


#: Acts by which a consent ends, or is declined; and where it stands then. No file ever turns that into an agreement again: only a
#: new act of the person herself does.
ENDING = (ConsentAct.WITHDRAWN, ConsentAct.REFUSED)
SAID_NO = (ConsentState.WITHDRAWN, ConsentState.REFUSED)


class ConsentScope(StrEnum):
    """Which election a consent covers, seen from the message at hand."""

    OPEN = "open"
    THIS_ELECTION = "this_election"
    OTHER_ELECTION = "other_election"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What makes a consent count (rule consent-proof). A consent without all of it never grants anything."""

    given_at: datetime | None  #: aware; the instant of the person's act
    form: str | None  #: form name and version the person saw
    wording: str | None  #: the exact sentence agreed to; kept by its hash
    collector: str | None  #: who collected it
    means: str | None  #: web form, paper, spoken...
    scan_sha256: str | None = None  #: fingerprint of the scan of a paper form; the scan itself is not kept here
    scan_reference: str | None = None  #: where the paper is kept: "classeur 3, feuille 12"

    @property
    def complete(self) -> bool:
        """True when every element is there."""
        return all((self.given_at, self.form, self.wording, self.collector, self.means))


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One entry of the ledger, before it is stored."""

    medium: Medium
    purpose: Purpose
    act: ConsentAct
    at: datetime  #: aware, UTC; when it takes effect
    evidence: Evidence
    election: str | None = None  #: None: not tied to one election
    hours: CallWindow | None = None  #: agreed hours of calls (rule voice-consent-window); None: none were stated

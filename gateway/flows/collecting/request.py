"""What whoever brings a file declares, before anything of it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from gateway.domain.channel import Medium
from gateway.domain.consent import Purpose
from gateway.domain.contact import ContactClass, OriginKind
from gateway.domain.errors import InvalidInput
from gateway.domain.hours import CallWindow
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.table import How
from gateway.store.origins import Origin

#: Acts that say something else than "write to me": a claim that everybody consented rests on nothing but them.
_OTHER_ACTS = frozenset({OriginKind.PETITION, OriginKind.DONATION, OriginKind.EVENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentClaim:
    """What a file says of consent to one channel, and on what evidence (rule consent-proof). A column wins, row by row."""

    medium: Medium = Medium.EMAIL
    purpose: Purpose = Purpose.POLITICAL
    form: str | None = None
    wording: str | None = None  #: the exact sentence people agreed to
    means: str | None = None
    collector: str | None = None
    given_at: datetime | None = None  #: aware
    scan_sha256: str | None = None  #: fingerprint of the scan of the paper
    scan_reference: str | None = None  #: where the paper is kept
    election: str | None = None  #: None: not tied to one election
    hours: CallWindow | None = None  #: agreed hours of calls; without any, a consent to calls counts for nothing
    #: Whether each and every line is a person who agreed. Without it, only a column of consent says who did.
    everyone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """One file to bring in."""

    path: Path
    origin: Origin
    operator: str
    contact_class: ContactClass = ContactClass.REGULAR
    claims: tuple[ConsentClaim, ...] = ()  #: one for each channel at most
    how: How = field(default_factory=How)  #: overrides what is found
    mapping: Mapping[str, Field | None] = field(default_factory=dict)  #: what columns hold, by label; None: left out
    declared: tuple[str, ...] = ()  #: attestations, as rules ask for them
    reviewed: str | None = None  #: why the file may enter, said by somebody who looked at what a rule holds back
    #: Who read the remarks that may be refusals and found none among them: their lines are taken, and those beyond doubt heard.
    remarks_read: str | None = None

    def __post_init__(self) -> None:
        if len({claim.medium for claim in self.claims}) < len(self.claims):
            raise InvalidInput("deux déclarations de consentement portent sur le même canal")
        if self.claims and self.roll:
            raise InvalidInput("une liste électorale ne dit rien de ce que les gens acceptent : elle ne porte aucun accord")

    def claim(self, medium: Medium) -> ConsentClaim:
        """What is declared of a channel; nothing, where nothing is."""
        return next((claim for claim in self.claims if claim.medium is medium), ConsentClaim(medium=medium))

    @property
    def everyone(self) -> tuple[Medium, ...]:
        """The channels to which each line is declared to have agreed."""
        return tuple(claim.medium for claim in self.claims if claim.everyone)

    @property
    def roll(self) -> bool:
        """Whether this is an electoral roll, whose lines carry no channel and no consent (rule source-electoral-roll)."""
        return self.origin.kind is OriginKind.ELECTORAL_ROLL

    @property
    def consent_implied(self) -> bool:
        """Whether a claim rests on another act: a petition signed, a gift, a meeting attended (rule support-not-newsletter)."""
        return any(claim.everyone for claim in self.claims) and self.origin.kind in _OTHER_ACTS


class Step(StrEnum):
    """Where an import stands."""

    EXAMINE = "examine"
    READ = "read"
    MATCH = "match"
    WRITE = "write"
    JOURNAL = "journal"


class Progress(Protocol):
    """Told how far an import is."""

    def __call__(self, step: Step, done: int, total: int) -> None:
        """`done` of `total`, in units of the step: bytes while reading."""


def silent(step: Step, done: int, total: int) -> None:
    """Progress that nobody watches."""


def check_given(at: datetime | None, now: datetime) -> None:
    """Nobody has agreed yet to what is dated ahead. Raises InvalidInput, in French."""
    if at is not None and at > now:
        raise InvalidInput("la date de l’accord est dans l’avenir")


def hash_of(words: str) -> str:
    """SHA-256 under which a wording is kept."""
    return sha256(words.encode()).hexdigest()

"""Whoever stopped our texts by a text and asks for them again, by a text from the same number (rule sms-restart)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gateway.audit.entry import EntryKind, entry
from gateway.domain.channel import Medium
from gateway.domain.consent import Consent, ConsentAct, Evidence, Purpose
from gateway.domain.keys import pseudonym
from gateway.domain.suppression import SuppressionCause
from gateway.flows.consenting import record
from gateway.flows.gateway import Gateway
from gateway.store import contacts, journal, people, suppressions
from gateway.store.engine import Connection

#: Form and means of the consent that such a text is, in the ledger.
FORM, MEANS = "sms-restart", "SMS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """The text by which somebody comes back."""

    digest: bytes
    medium: Medium
    words: str  #: as she wrote them: they are the wording of her consent
    received_at: datetime
    by: str  #: who says so, in the ledger
    lifts: Iterable[SuppressionCause]


def come_back(tx: Connection, gw: Gateway, wanted: Return) -> bool:
    """End her own objection to this channel and record her new consent; False when nothing of hers ends.

    An objection to every channel, by a link or from a list stays, whatever she texts: somebody reads it. Of a stranger the
    objection ends, and there is no consent. What was cancelled meanwhile stays so.
    """
    at = gw.clock.now()
    ended = suppressions.end_objection(tx, wanted.digest, wanted.medium, wanted.lifts)
    if not ended:
        return False
    holder = people.holder(tx, wanted.digest, wanted.medium)
    told = entry(
        EntryKind.SUPPRESSION,
        at,
        person=pseudonym(holder.key) if holder else None,
        act="restarted",
        digest=wanted.digest.hex(),
        medium=wanted.medium.value,
        entries=ended,
        received=wanted.received_at,
        by=wanted.by,
    )
    journal.append(tx, [told])
    if holder is not None:
        collector = gw.settings.controller.name
        evidence = Evidence(given_at=wanted.received_at, form=FORM, wording=wanted.words, collector=collector, means=MEANS)
        agreed = Consent(medium=wanted.medium, purpose=Purpose.POLITICAL, act=ConsentAct.GRANTED, at=at, evidence=evidence)
        promoted = contacts.promote(tx, holder.contact_id)
        record(tx, holder, agreed, by=wanted.by, at=at, promoted=promoted or None)
    return True

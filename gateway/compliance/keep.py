"""What may still be kept, and what somebody must look after: terms and deadlines of the pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.compliance.assess import assess
from gateway.compliance.kept import KeptFacts
from gateway.compliance.pack import Pack
from gateway.compliance.verdict import Decided, Effect


class Act(StrEnum):
    """What becomes of a record now."""

    KEEP = "keep"
    ALERT = "alert"  #: somebody must act
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepVerdict(Decided):
    """The decision about a record."""

    act: Act
    due_at: datetime | None  #: end of the term that decides, or of the next one to come; None when none runs
    next_at: datetime | None  #: ask again then; None: no term runs


def keep(record: KeptFacts, pack: Pack) -> KeepVerdict:
    """Say what becomes of a record at record.at. Pure.

    A term that says "keep until" beats one that says "delete"; deleting beats alerting. A rule that fails is an alert: what
    cannot be judged is neither destroyed nor forgotten.
    """
    rules, edge = pack.keeping(record.at)
    findings, next_at = assess(rules, edge, record)
    held = tuple(finding for finding in findings if finding.effect is Effect.GRANT)
    over = tuple(finding for finding in findings if finding.effect is Effect.REFUSE and finding.until is not None)
    asks = tuple(
        finding
        for finding in findings
        if finding.effect is Effect.DEFER or (finding.effect is Effect.REFUSE and finding.until is None)
    )
    if over and not held and not any(finding.until is None for finding in asks):
        act, because = Act.DELETE, over
    elif asks:
        act, because = Act.ALERT, asks
    else:
        act, because = Act.KEEP, held
    running = because or findings
    due_at = min((finding.until for finding in running if finding.until is not None), default=None)
    return KeepVerdict(act=act, due_at=due_at, next_at=next_at, findings=findings, because=because)

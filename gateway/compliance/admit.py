"""What may enter the store: one decision for a batch, by the same semantics as for a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.compliance.assess import assess
from gateway.compliance.batch import BatchFacts
from gateway.compliance.pack import Pack
from gateway.compliance.rule import Ask
from gateway.compliance.rules.words import WordsRule
from gateway.compliance.verdict import NO_GROUND, Decided, Effect, Finding


class Entry(StrEnum):
    """What becomes of a batch."""

    ACCEPTED = "accepted"
    REVIEW = "review"  #: somebody looks at it first, and says why it may enter
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission(Decided):
    """The decision about a batch."""

    entry: Entry


def listening(pack: Pack, at: datetime) -> tuple[WordsRule, ...]:
    """The rules that judge free text by its words; whoever reads a file asks them of each cell, for BatchFacts."""
    entering = (rule.value_at(at) for rule in pack.rules if Ask.ENTER in rule.head.asks)
    return tuple(value.assessor for value in entering if value is not None and isinstance(value.assessor, WordsRule))


def admit(batch: BatchFacts, pack: Pack) -> Admission:
    """Say whether a batch may enter. Pure; never raises for a refusal.

    An origin no rule accepts is refused; a DEFER finding asks for a person's look.
    """
    rules, edge = pack.entering(batch.at)
    findings, _ = assess(rules, edge, batch)
    for effect, entry in ((Effect.REFUSE, Entry.REFUSED), (Effect.DEFER, Entry.REVIEW), (Effect.GRANT, Entry.ACCEPTED)):
        if entry is not Entry.REFUSED and not any(finding.effect is Effect.GRANT for finding in findings):
            break
        if because := tuple(finding for finding in findings if finding.effect is effect):
            return Admission(entry=entry, findings=findings, because=because)
    nothing = Finding(rule=NO_GROUND, effect=Effect.REFUSE, params=(("ask", "enter"),))
    return Admission(entry=Entry.REFUSED, findings=(*findings, nothing), because=(nothing,))

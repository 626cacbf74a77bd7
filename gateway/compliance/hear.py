"""What an act of a person comes to: an objection, a pause until somebody reads, a return, or nothing; and what she is owed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.compliance.assess import assess
from gateway.compliance.heard import HeardFacts
from gateway.compliance.pack import Pack
from gateway.compliance.rules.heard import COVERS, Covers
from gateway.compliance.verdict import RULE_FAILED, Decided, Effect, Finding
from gateway.domain.reply import Answer, Intent
from gateway.domain.suppression import SuppressionCause


class Outcome(StrEnum):
    """What becomes of whoever told us something."""

    OBJECTION = "objection"  #: on the opposition list, at once
    PAUSED = "paused"  #: nothing leaves for her until somebody has read it
    RESTARTED = "restarted"  #: her own earlier objection ends
    NOTHING = "nothing"  #: it is kept; nothing else changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing(Decided):
    """The decision about an act."""

    outcome: Outcome
    every_medium: bool  #: an objection to every channel
    answers: frozenset[Answer]  #: what she is owed
    lifts: frozenset[SuppressionCause]  #: RESTARTED: objections that end


def judge(told: HeardFacts, pack: Pack) -> Hearing:
    """Say what an act comes to. Pure.

    An objection beats a doubt, which beats a return. What may be an objection while no rule speaks of it is a doubt, and so is
    what a failing rule could not judge: when in doubt nothing leaves, and somebody reads.
    """
    rules, edge = pack.hearing(told.channel, told.at)
    findings, _ = assess(rules, edge, told)
    objects = _with(findings, Effect.REFUSE)
    doubts = tuple(one for one in findings if one.effect is Effect.DEFER or one.rule == RULE_FAILED)
    returns = _with(findings, Effect.GRANT)
    if objects:
        outcome, because = Outcome.OBJECTION, objects
    elif doubts or told.intent in (Intent.OBJECTION, Intent.DOUBTFUL):
        outcome, because = Outcome.PAUSED, doubts
    elif returns:
        outcome, because = Outcome.RESTARTED, returns
    else:
        outcome, because = Outcome.NOTHING, _with(findings, Effect.DUTY)
    covers = {dict(finding.params).get(COVERS) for finding in objects}
    return Hearing(
        outcome=outcome,
        every_medium=bool(objects) and (told.every_medium or Covers.EVERY in covers),
        answers=frozenset(Answer(name) for finding in _with(findings, Effect.DUTY) for name in finding.elements),
        lifts=frozenset(SuppressionCause(name) for finding in returns for name in finding.elements),
        findings=findings,
        because=because,
    )


def _with(findings: tuple[Finding, ...], effect: Effect) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.effect is effect and one.rule != RULE_FAILED)

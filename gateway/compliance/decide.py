"""The decision.

Nothing is allowed unless the pack grants its ground; any refuse beats any defer beats allow; all findings are returned.
"""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from gateway.compliance.assess import assess, failed
from gateway.compliance.facts import Facts, closed_sets
from gateway.compliance.pack import Pack
from gateway.compliance.verdict import NO_GROUND, Allow, Defer, Effect, Finding, Refuse, Verdict

_SETS = closed_sets(Facts)
_KINDS = tuple(_SETS.values())
_members = attrgetter(*_SETS)


def decide(facts: Facts, pack: Pack) -> Verdict:
    """Say whether this message may be handed over at facts.at, and why. Pure: same facts, same pack, same verdict.

    Never raises. A missing ground is a refusal, and so beats a deferral: nobody waits for what will not be.
    """
    if fault := _unreadable(facts):
        return Refuse(findings=(fault,), valid_until=None, because=(fault,))
    rules, edge = pack.sending(facts)
    findings, changes_at = assess(rules, edge, facts)
    refusals = tuple(finding for finding in findings if finding.effect is Effect.REFUSE or _endless(finding))
    if not refusals and not any(finding.effect is Effect.GRANT for finding in findings):
        refusals = (Finding(rule=NO_GROUND, effect=Effect.REFUSE),)
        findings += refusals
    if refusals:
        return Refuse(findings=findings, valid_until=changes_at, because=refusals)
    waits = [finding.until for finding in findings if finding.until is not None and finding.effect is Effect.DEFER]
    if waits:
        return Defer(findings=findings, valid_until=changes_at, until=max(waits))
    duties = frozenset(element for finding in findings if finding.effect is Effect.DUTY for element in finding.elements)
    return Allow(findings=findings, valid_until=changes_at, duties=duties)


def _endless(finding: Finding) -> bool:
    """A wait that does not say until when is none that could end: it refuses."""
    return finding.effect is Effect.DEFER and finding.until is None


def _unreadable(facts: Facts) -> Finding | None:
    """A refusal for facts outside their closed sets, or without a clock: no rule may be asked about those."""
    if not isinstance(facts.at, datetime) or facts.at.tzinfo is None:
        return failed("facts", "at")
    for kind, value in zip(_KINDS, _members(facts), strict=True):
        if type(value) is not kind:
            return failed("facts", next(name for name, known in _SETS.items() if type(getattr(facts, name)) is not known))
    return None

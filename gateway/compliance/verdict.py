"""What a decision says: allow, defer until, or refuse; with every finding, in the words of the pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Effect(StrEnum):
    """What one rule finds."""

    GRANT = "grant"  #: the ground on which the message may go
    DUTY = "duty"  #: the message must carry an element
    NOTE = "note"  #: recorded; changes nothing
    DEFER = "defer"  #: not now
    REFUSE = "refuse"  #: not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says of these facts."""

    rule: str  #: rule id; stable, it appears in verdicts and in the journal
    effect: Effect
    params: tuple[tuple[str, str], ...] = ()  #: values for the rule's sentence
    until: datetime | None = None  #: DEFER: decide again then. REFUSE: when the reason ends, if it does
    elements: tuple[str, ...] = ()  #: DUTY: elements the message must carry


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a question about anything but a message came to; explained by explain.explain_findings."""

    findings: tuple[Finding, ...]  #: all of them, in the order of the pack
    because: tuple[Finding, ...]  #: those that decided

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that decided, each once."""
        return tuple(dict.fromkeys(finding.rule for finding in self.because))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    findings: tuple[Finding, ...]  #: all of them, in the order of the pack
    valid_until: datetime | None  #: next instant at which the same facts could get another verdict; None: never

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that decided, each once: what the journal and the reports name."""
        return tuple(dict.fromkeys(finding.rule for finding in self._deciding()))

    def _deciding(self) -> tuple[Finding, ...]:
        raise NotImplementedError  # each verdict has its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow(_Verdict):
    """The message may be handed over, carrying its duties."""

    duties: frozenset[str] = frozenset()

    name = "allow"

    def _deciding(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.effect is Effect.GRANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer(_Verdict):
    """Not now: decide again at `until`."""

    until: datetime

    name = "defer"

    def _deciding(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.effect is Effect.DEFER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(_Verdict):
    """The message does not leave."""

    because: tuple[Finding, ...]

    name = "refuse"

    def _deciding(self) -> tuple[Finding, ...]:
        return self.because


Verdict = Allow | Defer | Refuse

#: Findings that come from the engine and not from a rule of a pack.
NO_GROUND = "no-ground"
RULE_FAILED = "rule-failed"
#: The rule named as failed when a message cannot be made with its notices.
RENDER = "render"
#: Words for two of these cases, where the pack has them: a message that cannot be made, a file that no rule lets in.
UNMADE = "unmade"
NO_ENTRY = "no-entry"

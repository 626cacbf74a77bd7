"""What a form must say before people may see it (RGPD 13): one decision for a version of a form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.compliance.assess import assess
from gateway.compliance.pack import Pack
from gateway.compliance.verdict import Decided, Effect
from gateway.domain.channel import Medium
from gateway.domain.consent import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFacts:
    """One version of a form, in every language it is shown in."""

    at: datetime = field(compare=False)  #: aware; the instant of the decision
    declared: tuple[str, ...] = ()  #: what the form tells people: ids of section [declared] of words.toml
    channels: tuple[Medium, ...] = ()  #: channels it has a box for
    purposes: tuple[Purpose, ...] = ()  #: purposes it has a box for
    asks_more: bool = False  #: it asks for more than what the boxes need


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication(Decided):
    """The decision about a form."""

    allowed: bool


def publishable(form: FormFacts, pack: Pack) -> Publication:
    """Say whether a form may be shown to people. Pure. Any refusal refuses; a rule that fails refuses too."""
    rules, edge = pack.publishing(form.at)
    findings, _ = assess(rules, edge, form)
    because = tuple(finding for finding in findings if finding.effect is Effect.REFUSE)
    return Publication(allowed=not because, findings=findings, because=because)

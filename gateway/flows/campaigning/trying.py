"""Essai à blanc: who would get this campaign now, who would not, and why; by classes of facts, with the engine of the gate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.compliance.decide import decide
from gateway.compliance.explain import Explanation, explain
from gateway.compliance.facts import Facts
from gateway.compliance.scan import strangers
from gateway.compliance.verdict import Defer, Verdict
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Medium
from gateway.flows.campaigning.definition import Definition, binding
from gateway.flows.campaigning.drafting import find
from gateway.flows.campaigning.pricing import Cost, cost_of, units_of
from gateway.flows.campaigning.remainder import not_over
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import Brief, made
from gateway.flows.sending.briefing import brief
from gateway.flows.sending.pacing import pace_of
from gateway.render.compiled import Filled
from gateway.store import facts as store_facts
from gateway.store.audience import second_choice, selected
from gateway.store.engine import reading

#: Contacts shown as samples of one outcome.
_SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassVerdict:
    """One class of equal facts: how many people, and what would be decided."""

    people: int
    sample: int  #: id of one contact
    facts: Facts
    verdict: Verdict
    filled: Filled | None  #: an allowed message, with its duties


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Everybody for whom the same rules decide the same, and until the same hour."""

    verdict: str  #: allow, defer, refuse
    rules: tuple[str, ...]
    people: int = 0
    samples: list[int] = field(default_factory=list)
    until: datetime | None = None
    explanations: tuple[Explanation, ...] = ()
    units: int = 0  #: parts or minutes of one message, at most; 0 for email and for what does not leave


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What would happen, and what an approval would be bound to."""

    campaign: str
    state: CampaignState  #: a campaign that was launched is tried as if it left anew
    at: datetime
    start_at: datetime | None  #: when it is planned to begin; None: at its launch
    people: int
    elsewhere: int  #: further addresses of theirs on the channel: nobody gets the same message twice
    allowed: int
    deferred: int
    refused: int
    classes: int
    outcomes: tuple[Outcome, ...]
    binding: str
    content_hash: str
    pack_version: str
    criteria: tuple[str, ...]
    ends_at: datetime | None  #: expected end of the hand-overs, at the pace set; None when no pace is set
    cost: Cost | None  #: of texts and calls
    unreached_by: tuple[str, ...]  #: campaigns that it takes the place of: nobody whom one of them reached
    not_over: tuple[str, ...]  #: those of them that may still reach somebody; it cannot be launched before they end
    voted: tuple[str, datetime] | None  #: the election it names is over when it leaves: its name, and since when
    pictures_from: tuple[str, ...]  #: hosts that are no page of the campaign, and learn who opens the letter and when


def dry_run(gw: Gateway, name: str, *, at: datetime | None = None) -> DryRun:
    """Decide once per class of the audience and multiply. Reads only; constant memory over any audience."""
    campaign = find(gw, name)
    definition = Definition.from_body(campaign.definition)
    known = brief(gw, campaign)
    at = at or max(gw.clock.now(), definition.start_at or gw.clock.now())
    counts = {"allow": 0, "defer": 0, "refuse": 0}
    outcomes: dict[tuple[str, tuple[str, ...], datetime | None], Outcome] = {}
    verdicts, elsewhere = classes(gw, known, definition, at)
    with reading(gw.engine) as tx:
        going = not_over(tx, definition.audience)
    for one in sorted(verdicts, key=lambda one: -one.people):  # what is said of several classes is said of the largest
        counts[one.verdict.name] += one.people
        until = one.verdict.until if isinstance(one.verdict, Defer) else None
        key = (one.verdict.name, one.verdict.rules, until)
        outcome = outcomes.setdefault(key, Outcome(verdict=one.verdict.name, rules=one.verdict.rules, until=until))
        outcome.people += one.people
        if len(outcome.samples) < _SAMPLES:
            outcome.samples.append(one.sample)
        if one.filled is not None and known.medium is not Medium.EMAIL:
            outcome.units = max(outcome.units, units_of(known.compiled, one.filled))
        if not outcome.explanations:
            outcome.explanations = explain(one.verdict, gw.pack, gw.settings.language)
    return DryRun(
        campaign=name,
        state=campaign.state,
        at=at,
        start_at=definition.start_at,
        people=sum(counts.values()),
        elsewhere=elsewhere,
        allowed=counts["allow"],
        deferred=counts["defer"],
        refused=counts["refuse"],
        classes=len(verdicts),
        outcomes=tuple(sorted(outcomes.values(), key=lambda one: -one.people)),
        binding=binding(definition, known.compiled.content_hash, gw.pack.version),
        content_hash=known.compiled.content_hash,
        pack_version=gw.pack.version,
        criteria=definition.audience.criteria,
        ends_at=_expected_end(gw, known.medium, at, counts["allow"]),
        unreached_by=definition.audience.unreached_by,
        not_over=going,
        voted=_voted(gw, at),
        pictures_from=strangers(known.compiled.html, _own_pages(gw)),
        cost=cost_of(gw.settings, known.medium, known.compiled, ((o.people, o.filled) for o in verdicts if o.filled is not None)),
    )


def _voted(gw: Gateway, at: datetime) -> tuple[str, datetime] | None:
    election = gw.pack.elections.get(gw.settings.election)
    if election is None or at < election.ends_at:
        return None
    return election.name[gw.settings.language], election.ends_at


def classes(gw: Gateway, known: Brief, definition: Definition, at: datetime) -> tuple[list[ClassVerdict], int]:
    """The audience by classes of equal facts, each with its verdict at that instant; and how many addresses are passed over."""
    base = known.base
    question = store_facts.FactQuestion(
        medium=base.channel, message_class=base.message_class, election=base.election, needs=gw.pack.needs
    )
    merged: dict[Facts, ClassVerdict] = {}
    elsewhere = 0
    with reading(gw.engine) as tx:
        people = selected(definition.audience, base.message_class)
        for row in store_facts.classes(tx, question, people, at, apart=second_choice(base.channel)):
            if row.apart:
                elsewhere += row.people
                continue
            facts = replace(base, at=at, **row.person)
            there = merged.get(facts)
            if there is None:
                verdict, filled = made(known.compiled, decide(facts, gw.pack))
                merged[facts] = ClassVerdict(people=row.people, sample=row.sample, facts=facts, verdict=verdict, filled=filled)
            else:
                merged[facts] = replace(there, people=there.people + row.people)
    return list(merged.values()), elsewhere


def _own_pages(gw: Gateway) -> tuple[str, ...]:
    controller = gw.settings.controller
    return (gw.settings.web.public_url, controller.privacy_url, controller.transparency_url)


def _expected_end(gw: Gateway, medium: Medium, at: datetime, allowed: int) -> datetime | None:
    pace = pace_of(gw.settings, medium)
    return at + timedelta(seconds=allowed / pace) if pace else None

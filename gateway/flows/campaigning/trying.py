"""Essai à blanc: who would get this campaign now, who would not, and why; by classes of facts, with the engine of the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.compliance.decide import decide
from gateway.compliance.explain import Explanation, explain
from gateway.compliance.facts import Facts
from gateway.compliance.scan import strangers
from gateway.compliance.verdict import Defer, Refuse, Verdict
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Medium
from gateway.flows.campaigning.definition import Definition, binding
from gateway.flows.campaigning.drafting import find, to_reread
from gateway.flows.campaigning.pricing import Cost, cost_of, units_of
from gateway.flows.campaigning.remainder import not_over
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import Brief, made
from gateway.flows.sending.briefing import brief
from gateway.flows.sending.declared import TOLD
from gateway.flows.sending.pacing import pace_of
from gateway.render.compiled import Filled
from gateway.store import facts as store_facts
from gateway.store.audience import lacking, second_choice, selected
from gateway.store.engine import reading

#: Contacts shown as samples of one outcome.
_SAMPLES = 3
#: Times a message that waits is decided again to see what it would be: a night, then a Sunday, a holiday, a silence.
_WAITS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassVerdict:
    """One class of equal facts: how many people, and what would be decided."""

    people: int
    sample: int  #: id of one contact
    facts: Facts
    verdict: Verdict
    then: Refuse | None  #: of a message that waits: why it will not leave as its hour comes either
    filled: Filled | None  #: the message with its duties, as it leaves now or as its hour comes; None: it does not leave


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Everybody for whom the same rules decide the same, for the same reasons in words, and until the same hour."""

    verdict: str  #: allow, defer, refuse
    rules: tuple[str, ...]
    people: int = 0
    samples: list[int] = field(default_factory=list)
    until: datetime | None = None
    explanations: tuple[Explanation, ...] = ()
    then: tuple[Explanation, ...] = ()  #: why those who wait will not get it at their hour either; empty: they will
    units: int = 0  #: parts or minutes of one message, at most; 0 for email and for what never leaves


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
    in_vain: int  #: of the deferred, those who will not get it at their hour either
    classes: int
    outcomes: tuple[Outcome, ...]
    binding: str
    content_hash: str
    pack_version: str
    criteria: tuple[str, ...]
    ends_at: datetime | None  #: expected end of the hand-overs, those that wait included, at the pace set; None without one
    cost: Cost | None  #: of texts and calls, those that wait for their hour included
    unreached_by: tuple[str, ...]  #: campaigns that it takes the place of: nobody whom one of them reached
    not_over: tuple[str, ...]  #: those of them that may still reach somebody; it cannot be launched before they end
    voted: tuple[str, datetime] | None  #: the election it names is over when it leaves: its name, and since when
    past_vote: tuple[int, datetime] | None  #: people whom the silence leaves it for after the next round; and when that ends
    attestable: tuple[str, ...]  #: declarations whose want refuses somebody, and that the campaign may make if they are true
    lacking: dict[str, int]  #: fields written without words for who has none -> people of the audience who read a gap there
    pictures_from: tuple[str, ...]  #: hosts that are no page of the campaign, and learn who opens the letter and when
    to_reread: tuple[str, ...]  #: what is probably a slip in its words, each as a sentence


def dry_run(gw: Gateway, name: str, *, at: datetime | None = None) -> DryRun:
    """Decide once per class of the audience and multiply. Reads only; constant memory over any audience."""
    campaign = find(gw, name)
    definition = Definition.from_body(campaign.definition)
    known = brief(gw, campaign)
    at = at or max(gw.clock.now(), definition.start_at or gw.clock.now())
    verdicts, elsewhere = classes(gw, known, definition, at)
    with reading(gw.engine) as tx:
        going = not_over(tx, definition.audience)
        chosen = selected(definition.audience, known.base.message_class)
        gaps = lacking(tx, chosen, known.medium, sorted(known.compiled.bare_placeholders))
    counts: Counter[str] = Counter()
    for one in verdicts:
        counts[one.verdict.name] += one.people
    outcomes = _outcomes(gw, known, verdicts)
    return DryRun(
        campaign=name,
        state=campaign.state,
        at=at,
        start_at=definition.start_at,
        people=counts.total(),
        elsewhere=elsewhere,
        allowed=counts["allow"],
        deferred=counts["defer"],
        refused=counts["refuse"],
        in_vain=sum(one.people for one in verdicts if one.then is not None),
        classes=len(verdicts),
        outcomes=outcomes,
        binding=binding(definition, known.compiled.content_hash, gw.pack.version),
        content_hash=known.compiled.content_hash,
        pack_version=gw.pack.version,
        criteria=definition.criteria,
        ends_at=_expected_end(pace_of(gw.settings, known.medium), at, verdicts),
        unreached_by=definition.audience.unreached_by,
        not_over=going,
        voted=_voted(gw, at),
        past_vote=_past_vote(gw, at, verdicts),
        attestable=_attestable(outcomes),
        lacking=gaps,
        pictures_from=strangers(known.compiled.html, _own_pages(gw)),
        to_reread=to_reread(gw, definition),
        cost=cost_of(gw.settings, known.medium, known.compiled, ((o.people, o.filled) for o in verdicts if o.filled is not None)),
    )


def _outcomes(gw: Gateway, known: Brief, verdicts: Iterable[ClassVerdict]) -> tuple[Outcome, ...]:
    """Classes put together that are told alike, the largest first; samples are of the largest classes of each."""
    outcomes: dict[tuple[Hashable, ...], Outcome] = {}
    for one in sorted(verdicts, key=lambda one: -one.people):
        until = one.verdict.until if isinstance(one.verdict, Defer) else None
        told = explain(one.verdict, gw.pack, gw.settings.language)
        then = _deciding(one.then, gw) if one.then is not None else ()
        reasons = tuple(why.sentence for why in (*told, *then) if why in then or why.rule in one.verdict.rules)
        outcome = outcomes.setdefault(
            (one.verdict.name, one.verdict.rules, until, reasons),
            Outcome(verdict=one.verdict.name, rules=one.verdict.rules, until=until, explanations=told, then=then),
        )
        outcome.people += one.people
        if len(outcome.samples) < _SAMPLES:
            outcome.samples.append(one.sample)
        if one.filled is not None and known.medium is not Medium.EMAIL:
            outcome.units = max(outcome.units, units_of(known.compiled, one.filled))
    return tuple(sorted(outcomes.values(), key=lambda one: -one.people))


def _attestable(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    told = (why for one in outcomes for why in (*one.explanations, *one.then) if why.rule in one.rules or why in one.then)
    return tuple(sorted({name for why in told for name in why.missing} - TOLD))


def _voted(gw: Gateway, at: datetime) -> tuple[str, datetime] | None:
    election = gw.pack.elections.get(gw.settings.election)
    if election is None or at < election.ends_at:
        return None
    return election.name[gw.settings.language], election.ends_at


def _past_vote(gw: Gateway, at: datetime, verdicts: Iterable[ClassVerdict]) -> tuple[int, datetime] | None:
    election = gw.pack.elections.get(gw.settings.election)
    ends = next((vote.ends_at for vote in election.rounds if at < vote.ends_at), None) if election else None
    if ends is None:
        return None
    waits = (one for one in verdicts if isinstance(one.verdict, Defer) and one.verdict.until >= ends and one.filled is not None)
    people = sum(one.people for one in waits)
    return (people, ends) if people else None


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
                then: Verdict | None = None
                if isinstance(verdict, Defer):
                    then, filled = _as_its_hour_comes(gw, known, facts, verdict)
                merged[facts] = ClassVerdict(
                    people=row.people,
                    sample=row.sample,
                    facts=facts,
                    verdict=verdict,
                    then=then if isinstance(then, Refuse) else None,
                    filled=filled,
                )
            else:
                merged[facts] = replace(there, people=there.people + row.people)
    return list(merged.values()), elsewhere


def _as_its_hour_comes(gw: Gateway, known: Brief, facts: Facts, verdict: Verdict) -> tuple[Verdict, Filled | None]:
    """What will be decided of a message that waits, and the message then: what never fits is told before the night is over."""
    for _ in range(_WAITS_MAX):
        if not isinstance(verdict, Defer):
            break
        verdict = decide(replace(facts, at=verdict.until), gw.pack)
    return made(known.compiled, verdict)


def _deciding(verdict: Verdict, gw: Gateway) -> tuple[Explanation, ...]:
    return tuple(why for why in explain(verdict, gw.pack, gw.settings.language) if why.rule in verdict.rules)


def _own_pages(gw: Gateway) -> tuple[str, ...]:
    controller = gw.settings.controller
    return (gw.settings.web.public_url, controller.privacy_url, controller.transparency_url)


def _expected_end(pace: float, at: datetime, verdicts: list[ClassVerdict]) -> datetime | None:
    """When the last of those that leave would be handed over, each wave at its hour."""
    if not pace:
        return None
    waves: Counter[datetime] = Counter()
    for one in verdicts:
        if one.filled is not None:
            waves[one.verdict.until if isinstance(one.verdict, Defer) else at] += one.people
    for begins, people in sorted(waves.items()):
        at = max(at, begins) + timedelta(seconds=people / pace)
    return at

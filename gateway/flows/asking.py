"""May I write to this person now? One person's facts, the engine of the gate, and the answer in sentences. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.compliance.decide import decide
from gateway.compliance.explain import Explanation, explain
from gateway.compliance.facts import Facts
from gateway.compliance.verdict import Verdict
from gateway.domain.audience import Audience
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.campaigning.definition import Content, Definition
from gateway.flows.campaigning.drafting import find
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import brief
from gateway.render.email import EmailContent
from gateway.render.sms import SmsContent
from gateway.render.voice import CallContent
from gateway.store import facts as store_facts
from gateway.store import suppressions
from gateway.store.audience import at_address
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import reading
from gateway.store.suppressions import Suppression

#: An ordinary message, for questions that name no campaign: it holds nothing a rule could mind.
_ORDINARY: Mapping[Medium, Content] = {
    Medium.EMAIL: EmailContent(subject="Lettre", body="Bonjour,", format="markdown"),
    Medium.SMS: SmsContent(text="Bonjour"),
    Medium.CALL: CallContent(text="Bonjour."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody wonders."""

    address: str
    medium: Medium = Medium.EMAIL
    message_class: MessageClass = MessageClass.CAMPAIGN
    campaign: str | None = None  #: with the words, audience and attestations of this campaign
    at: datetime | None = None  #: aware; None: now


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the gate would decide; `verdict` is None when nobody holds the address, and then there is nobody to write to."""

    at: datetime
    message_class: MessageClass
    facts: Facts | None
    verdict: Verdict | None
    explanations: tuple[Explanation, ...]
    suppressions: tuple[Suppression, ...]  #: what the list says of the address, known or not

    @property
    def allowed(self) -> bool:
        """Whether a message could be handed over at that instant."""
        return self.verdict is not None and self.verdict.name == "allow"


def may_write(gw: Gateway, question: Question) -> Answer:
    """What the gate would decide of a message to this person, and why.

    Facts are those of now; `at` moves only the instant of the decision. Raises InvalidAddress, NotFound, InvalidInput.
    """
    if question.at is not None and question.at.tzinfo is None:
        raise InvalidInput("--at : il manque le fuseau horaire ; écrivez 2027-04-17T10:00+02:00")
    digest = gw.keys.digest_of(question.address, question.medium)
    at = question.at or gw.clock.now()
    campaign = find(gw, question.campaign) if question.campaign else ordinary(gw, question.medium, question.message_class)
    if campaign.medium is not question.medium:
        raise InvalidInput(f"la campagne « {campaign.name} » part par un autre canal ({campaign.medium})")
    known = brief(gw, campaign)
    with reading(gw.engine) as tx:
        listed = tuple(suppressions.of_digest(tx, digest))
        found = next(store_facts.classes(tx, known.question, at_address(digest), at), None)
    if found is None:
        return Answer(at=at, message_class=campaign.message_class, facts=None, verdict=None, explanations=(), suppressions=listed)
    facts = replace(known.base, at=at, **found.person)
    verdict = decide(facts, gw.pack)
    return Answer(
        at=at,
        message_class=campaign.message_class,
        facts=facts,
        verdict=verdict,
        explanations=explain(verdict, gw.pack, gw.settings.language),
        suppressions=listed,
    )


def ordinary(gw: Gateway, medium: Medium = Medium.EMAIL, message_class: MessageClass = MessageClass.CAMPAIGN) -> CampaignRow:
    """A campaign that stands for any: ordinary words to everybody, stored nowhere."""
    return CampaignRow(
        id=0,
        name="",
        medium=medium,
        message_class=message_class,
        state=CampaignState.DRAFT,
        definition=Definition(content=_ORDINARY[medium], audience=Audience()).body(),
        author="",
        created_at=gw.clock.now(),
        launch_key=None,
        launched_at=None,
        resumed_at=None,
        ended_at=None,
        why=None,
        warning=None,
        reports_seen=0,
    )

"""What another version of the law would change for the messages that wait now. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.compliance.diff import PackDiff, diff
from gateway.compliance.facts import FactNeeds, Facts
from gateway.compliance.pack import Pack
from gateway.domain.campaign import CampaignState
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import brief
from gateway.store import campaigns
from gateway.store import facts as store_facts
from gateway.store.audience import still_waiting, written_to
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import reading

#: Campaigns whose messages wait, or will as soon as they are launched.
_AHEAD = (CampaignState.APPROVED, CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two packs, side by side."""

    campaigns: tuple[str, ...]  #: those whose messages were looked at
    comparable: bool  #: False: the packs count messages in other windows, and only the rules were compared
    difference: PackDiff


def compare(gw: Gateway, other: Pack) -> Comparison:
    """Rule by rule, and for the messages of approved and running campaigns: what `other` would decide otherwise.

    The store counts earlier messages in the windows of the present pack. Where the other one has different windows, verdicts
    are not compared: a count that was not made is not guessed.
    """
    ours, theirs = gw.pack.needs, other.needs
    comparable = (ours.caps, ours.age_years, ours.networks) == (theirs.caps, theirs.age_years, theirs.networks)
    needs = replace(ours, cap_most=max(ours.cap_most, theirs.cap_most))
    with reading(gw.engine) as tx:
        ahead = list(campaigns.each(tx, states=_AHEAD)) if comparable else []
    return Comparison(
        campaigns=tuple(campaign.name for campaign in ahead),
        comparable=comparable,
        difference=diff(gw.pack, other, (one for campaign in ahead for one in _waiting(gw, campaign, needs))),
    )


def _waiting(gw: Gateway, campaign: CampaignRow, needs: FactNeeds) -> Iterator[tuple[Facts, int]]:
    known = brief(gw, campaign)
    at = gw.clock.now()
    if campaign.state is CampaignState.APPROVED:
        people = written_to(Definition.from_body(campaign.definition).audience, campaign.message_class, campaign.medium)
    else:
        people = still_waiting(campaign.id)
    with reading(gw.engine) as tx:
        for row in store_facts.classes(tx, replace(known.question, needs=needs), people, at):
            yield replace(known.base, at=at, **row.person), row.people

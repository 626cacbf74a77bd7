"""Housekeeping of the outbox, called by the ticker every few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gateway.audit.entry import EntryKind, entry
from gateway.domain.campaign import SINGLE_CLASSES, CampaignState
from gateway.flows.campaigning.definition import Definition
from gateway.flows.campaigning.lateness import VOTED, stop_late, vote_over
from gateway.flows.campaigning.launching import cancel_rest
from gateway.flows.gateway import Gateway
from gateway.flows.sending.recovering import Recovered, expire_leases, recover
from gateway.store import campaigns, journal, progress
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import begin, reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a round of housekeeping did."""

    recovered: Recovered
    uncertain: int  #: leases that ran out
    finished: tuple[str, ...]  #: campaigns whose rows add up


def keep(gw: Gateway) -> Kept:
    """Settle what dead lanes left, doubt what outlived its lease, finish the campaigns whose rows add up."""
    recovered = recover(gw)
    uncertain = expire_leases(gw)
    with reading(gw.engine) as tx:
        running, left_over = campaigns.unfinished(tx), campaigns.left_over(tx)
    for campaign_id in left_over:
        cancel_rest(gw, campaign_id, by="gateway")
    finished = tuple(name for campaign_id, name in running if finish(gw, campaign_id))
    return Kept(recovered=recovered, uncertain=uncertain, finished=finished)


def is_late(gw: Gateway, campaign: CampaignRow) -> bool:
    """Whether a running campaign missed its hour before anything left: then it does not fire, it asks.

    Moves it to `late` and says so; returns True when it did.
    """
    definition = Definition.from_body(campaign.definition)
    at = gw.clock.now()
    start_at = max(filter(None, (definition.start_at, campaign.launched_at, campaign.resumed_at)), default=at)
    if at - start_at < timedelta(minutes=gw.settings.sending.late_minutes):
        return False
    with begin(gw.engine) as tx:
        if progress.any_begun(tx, campaign.id):
            return False
        why = (
            "Rien n’est parti à l’heure prévue. Reprenez la campagne si elle a encore du sens, ou annulez-la ; si la base vient "
            "d’une sauvegarde, elle est partie depuis : annulez-la."
        )
        return stop_late(tx, campaign, why, due=start_at, at=at)


def outlives_vote(gw: Gateway, campaign: CampaignRow) -> bool:
    """Whether a vote has passed since a running campaign was launched: what the silence kept back does not leave unasked, after
    the day it may speak of.

    Moves it to `late` and says so; returns True when it did.
    """
    over = vote_over(gw, campaign)
    if over is None:
        return False
    with begin(gw.engine) as tx:
        return stop_late(tx, campaign, VOTED, due=over, at=gw.clock.now())


def finish(gw: Gateway, campaign_id: int) -> bool:
    """Finish a running campaign if every row is in a final state; the entry holds the sum. False when one is not.

    Standing carriers of single messages never finish.
    """
    with reading(gw.engine) as tx:
        campaign = campaigns.by_id(tx, campaign_id)
        if campaign is None or campaign.state is not CampaignState.RUNNING or campaign.message_class in SINGLE_CLASSES:
            return False
        if progress.any_open(tx, campaign_id):
            return False
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        campaigns.by_id(tx, campaign.id, lock=True)  # before looking: a text that its provider gave up may wait again from now on
        if progress.any_open(tx, campaign.id):
            return False
        if not campaigns.move(tx, campaign.id, leaves=[CampaignState.RUNNING], enters=CampaignState.FINISHED, ended_at=at):
            return False
        counts = {state.value: count for state, count in progress.tally(tx, campaign.id).items() if count}
        finished = entry(EntryKind.CAMPAIGN, at, campaign_id=campaign.id, act="finished", name=campaign.name, counts=counts)
        journal.append(tx, [finished])
    return True

"""Housekeeping of the outbox, called by the ticker every few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.audit.entry import EntryKind, entry
from gateway.domain.campaign import SINGLE_CLASSES, CampaignState, MessageClass
from gateway.flows.campaigning.definition import Definition
from gateway.flows.campaigning.launching import cancel_rest
from gateway.flows.gateway import Gateway
from gateway.flows.sending.recovering import Recovered, expire_leases, recover
from gateway.store import campaigns, journal, progress
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import Connection, begin, reading


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
        return _stop_late(tx, campaign, why, due=start_at, at=at)


def vote_between(gw: Gateway, campaign: CampaignRow) -> datetime | None:
    """When the next vote after the launch of a campaign is over, if its silence may cut it short.

    None: no vote is to come; or its silence had begun when the team launched or resumed it, and the dry run told what follows.
    """
    since = max(filter(None, (campaign.launched_at, campaign.resumed_at)), default=None)
    if campaign.message_class is not MessageClass.CAMPAIGN or since is None:
        return None
    start_at = max(filter(None, (since, Definition.from_body(campaign.definition).start_at)))
    calendar = gw.pack.calendar
    cut = (stretch for place in calendar.territories for stretch in calendar.silence(place) if start_at < stretch.start)
    return min((stretch.end for stretch in cut), default=None)


def outlives_vote(gw: Gateway, campaign: CampaignRow) -> bool:
    """Whether a vote has passed since a running campaign was launched: what the silence kept back does not leave unasked, after
    the day it may speak of.

    Moves it to `late` and says so; returns True when it did.
    """
    at, over = gw.clock.now(), vote_between(gw, campaign)
    if over is None or at < over:
        return False
    why = (
        "Un vote a eu lieu depuis son lancement, et le silence électoral a retenu le reste. Reprenez la campagne si ses mots "
        "valent encore, ou annulez-la."
    )
    with begin(gw.engine) as tx:
        return _stop_late(tx, campaign, why, due=over, at=at)


def _stop_late(tx: Connection, campaign: CampaignRow, why: str, *, due: datetime, at: datetime) -> bool:
    """running -> late, with its alarm; False when it was not running any more."""
    if not campaigns.move(tx, campaign.id, leaves=[CampaignState.RUNNING], enters=CampaignState.LATE, why=why):
        return False
    journal.append(tx, [entry(EntryKind.ALARM, at, campaign_id=campaign.id, alarm="late", due=due)])
    return True


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

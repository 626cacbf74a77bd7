"""What asks before it leaves: a campaign whose hour passed, or after whose launch a vote was held, the day it may speak of."""

from __future__ import annotations

from datetime import datetime

from gateway.audit.entry import EntryKind, entry
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.store import campaigns, journal
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import Connection

#: Told with a campaign that asks, and to whoever resumes one that did not ask yet.
VOTED = (
    "Un vote a eu lieu depuis son lancement, et le reste n’est pas parti avant lui. Reprenez la campagne si ses mots "
    "valent encore, ou annulez-la."
)


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


def vote_over(gw: Gateway, campaign: CampaignRow) -> datetime | None:
    """When the vote was over that was held since a campaign was launched or resumed; None: none was."""
    over = vote_between(gw, campaign)
    return over if over is not None and over <= gw.clock.now() else None


def stop_late(
    tx: Connection, campaign: CampaignRow, why: str, *, due: datetime, at: datetime, leaves: CampaignState = CampaignState.RUNNING
) -> bool:
    """Move a campaign to `late`, and say why; False when somebody else moved it first."""
    if not campaigns.move(tx, campaign.id, leaves=[leaves], enters=CampaignState.LATE, why=why):
        return False
    journal.append(tx, [entry(EntryKind.ALARM, at, campaign_id=campaign.id, alarm="late", due=due)])
    return True

"""A text that the provider took, and gave up in its own queue because we send too fast, is sent again: nobody ever had it.

The same refusal at the hand-over has the same consequence. At most once to the person: only what the provider itself says that it
never handed to a carrier is sent again.
"""

from __future__ import annotations

from datetime import datetime

from gateway.domain.campaign import SINGLE_CLASSES, CampaignState
from gateway.domain.channel import Fault, Rejected
from gateway.domain.receipt import Returned
from gateway.flows.gateway import Gateway
from gateway.flows.sending import outcomes
from gateway.flows.sending.doubts import settlement
from gateway.flows.sending.outcomes import HandedOver
from gateway.store import campaigns, endings, journal, outbox
from gateway.store.engine import Connection

#: Campaigns of which something may still leave.
_GOES_ON = (CampaignState.RUNNING, CampaignState.PAUSED)


def reopened(tx: Connection, gw: Gateway, failed: Returned, sid: str, *, at: datetime) -> bool:
    """Have a text wait for its next try, or end once it was tried too often; False where it stays as it is.

    What a campaign came to is said once it is over, and stays so. An answer to an act of hers keeps nothing to send again.
    """
    campaign = campaigns.by_id(tx, failed.campaign_id, lock=True)
    if campaign is None or campaign.state not in _GOES_ON:
        return False
    row = outbox.find(tx, failed.message_id)
    if row is None or row["message_class"] in SINGLE_CLASSES:
        return False
    shown = failed.evidence
    tried = row["attempts"] + (row["worker"] is not None)
    handed = HandedOver(
        message_id=failed.message_id,
        outcome=Rejected(False, shown.code, shown.reply, Fault.THROTTLED),
        began=row["handed_at"] or at,
        ended=at,
        objected=False,
        attempts=tried - 1,
    )
    again = outcomes.settled(handed, gw.settings.sending.retry_minutes)
    if not endings.reopen(tx, failed.message_id, sid, again, at=at):
        return False
    evidence = f"the provider says {shown.reply} {shown.code}"
    told = settlement(
        failed.message_id,
        again.state,
        evidence,
        at=at,
        campaign_id=failed.campaign_id,
        person=failed.person,
        until=again.due_at,
    )
    journal.append(tx, [told])
    return True

"""Stopping a campaign for a fault of ours, with a sentence for the team."""

from __future__ import annotations

from datetime import datetime

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.campaign import CampaignState
from gateway.store import campaigns
from gateway.store.engine import Connection


def stop_for_fault(tx: Connection, campaign_id: int, words: str, at: datetime) -> list[Entry]:
    """Pause a running campaign because the provider refuses the sender, not the recipient (rule email-enforcement)."""
    why = f"Le serveur d’envoi refuse notre expéditeur : « {words} ». Corrigez la configuration, puis reprenez la campagne."
    if not campaigns.move(tx, campaign_id, leaves=[CampaignState.RUNNING], enters=CampaignState.PAUSED, why=why):
        return []
    return [entry(EntryKind.ALARM, at, campaign_id=campaign_id, alarm="sender-fault", why=words)]

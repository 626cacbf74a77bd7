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
    return _stop(tx, campaign_id, why, at, alarm="sender-fault", words=words)


def stop_unprepared(tx: Connection, campaign_id: int, words: str, at: datetime) -> list[Entry]:
    """Pause a running campaign whose message can no longer be made as it was approved."""
    why = f"La lettre ne peut plus être préparée comme elle a été approuvée : {words}. Rien d’autre ne part."
    return _stop(tx, campaign_id, why, at, alarm="unprepared", words=words)


def _stop(tx: Connection, campaign_id: int, why: str, at: datetime, *, alarm: str, words: str) -> list[Entry]:
    if not campaigns.move(tx, campaign_id, leaves=[CampaignState.RUNNING], enters=CampaignState.PAUSED, why=why):
        return []
    return [entry(EntryKind.ALARM, at, campaign_id=campaign_id, alarm=alarm, why=words)]

"""How many people report a campaign as unwanted: weighed whenever a further complaint came (rule email-complaint-rate)."""

from __future__ import annotations

from datetime import datetime

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.campaign import CampaignState
from gateway.flows.gateway import Gateway
from gateway.flows.sending.stopping import stop_for_complaints
from gateway.store import campaigns, journal, receipts
from gateway.store.engine import Connection, begin, reading
from gateway.store.receipts import Reports

_RATE, _SAMPLE = "email-complaint-rate", "email-rate-sample"
#: Complaints about a campaign that is over still say something of the next one.
_WEIGHED = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.LATE, CampaignState.FINISHED)


def weigh_complaints(gw: Gateway) -> int:
    """Warn of campaigns that are reported too often, and pause those that run and go too far; returns how many were weighed.

    A campaign that a person resumes goes on until somebody else complains.
    """
    with reading(gw.engine) as tx:
        due = receipts.reported(tx, _WEIGHED)
    if not due:
        return 0
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        due = receipts.reported(tx, _WEIGHED)
        for reports in due:
            journal.append(tx, _weigh(tx, gw, reports, at))
            campaigns.weighed(tx, reports.campaign_id, reports.complaints)
    return len(due)


def _weigh(tx: Connection, gw: Gateway, reports: Reports, at: datetime) -> list[Entry]:
    """Few complaints, or few letters, are told to the team; nothing stops before there are enough of both (email-rate-sample)."""
    sample = gw.pack.threshold(_SAMPLE, at).limits
    many, enough = reports.complaints >= sample["complaints"], reports.delivered >= sample["delivered"]
    limits = gw.pack.threshold(_RATE, at).limits
    rate = reports.complaints / max(reports.delivered, 1)
    if rate < limits["warn"] or not (many or enough):
        return []
    who = "personne" if reports.complaints == 1 else "personnes"
    said = "l’a signalée" if reports.complaints == 1 else "l’ont signalée"
    words = (
        f"{reports.complaints} {who} sur {reports.delivered} qui ont reçu cette lettre {said} comme indésirable, "
        f"soit {_percent(rate)} (limite : {{most}}, {_RATE})."
    )
    if rate < limits["pause"]:
        return _warn(tx, reports, words.format(most=_percent(limits["warn"])), at)
    told = words.format(most=_percent(limits["pause"]))
    if many and enough and (stopped := stop_for_complaints(tx, reports.campaign_id, told, at)):
        return stopped
    return _warn(tx, reports, told, at)


def _warn(tx: Connection, reports: Reports, words: str, at: datetime) -> list[Entry]:
    if not campaigns.warn(tx, reports.campaign_id, words):
        return []
    return [entry(EntryKind.ALARM, at, campaign_id=reports.campaign_id, alarm="complaint-rate", why=words)]


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".replace(".", ",") + "\u00a0%"

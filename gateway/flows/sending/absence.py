"""After nothing of this installation has run for a while: what was under way asks before it goes on.

A database that comes from a backup looks like one whose machine was switched off, and nothing in it can tell which it is: what
left since the backup waits in it, and objections since the backup are missing. Only people know, so they are asked.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from gateway.flows.gateway import Gateway
from gateway.flows.sending.stopping import stop_after_absence
from gateway.store import campaigns, jobs, journal, outbox
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import begin, reading

log = logging.getLogger(__name__)


def ask_after_absence(gw: Gateway) -> list[str]:
    """Pause campaigns that had begun when everything stopped, longer ago than sending.late_minutes; returns their names.

    To be called before anything is sent and before any regular job runs: these leave the signs of life that are looked at.
    """
    at, most = gw.clock.now(), timedelta(minutes=gw.settings.sending.late_minutes)
    with reading(gw.engine) as tx:
        seen_at = jobs.last_run_at(tx)
        if seen_at is None or at - seen_at < most:
            return []
        unfinished = [campaigns.by_id(tx, id_) for id_, _ in campaigns.unfinished(tx)]
        begun = [one for one in unfinished if one and not _set_going_since(one, seen_at) and outbox.any_begun(tx, one.id)]
    since = f"{seen_at.astimezone(gw.pack.calendar.zone):%d/%m/%Y à %H:%M}"
    stopped = []
    for one in begun:
        with begin(gw.engine) as tx:
            entries = stop_after_absence(tx, one.id, one.name, since, at)
            journal.append(tx, entries)
        if entries:
            stopped.append(one.name)
            log.warning("campaign %s asks before it goes on: nothing has run here since %s", one.name, seen_at.isoformat())
    return stopped


def _set_going_since(one: CampaignRow, seen_at: datetime) -> bool:
    """Whether somebody launched or resumed it since: she has answered already."""
    return any(at is not None and at > seen_at for at in (one.launched_at, one.resumed_at))

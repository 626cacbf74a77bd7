"""After nothing of this installation has run for a while: what was under way asks before it goes on.

A database that comes from a backup looks like one whose machine was switched off, and nothing in it can tell which it is: what
left since the backup waits in it, and objections since the backup are missing. Only people know, so they are asked. The machine
that seals notes what it sealed last beside the database, and knows an older one by that (`flows/lastseal.py`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.audit.entry import Entry
from gateway.flows import lastseal, secondlist
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import key_path
from gateway.flows.sending.stopping import stop_after_absence, stop_after_backup
from gateway.store import campaigns, jobs, journal, numbers, progress, sealing
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import Connection, begin, reading

log = logging.getLogger(__name__)


class Presence:
    """Notices that a process which stays up was not there: its machine slept, or came back from a snapshot, memory and all.

    One for each process, shared by everything that sends or ticks in it.
    """

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self._seen_at = gw.clock.now()
        self._turn = threading.Lock()

    def look(self) -> None:
        """Ask as at a start, if nobody looked for sending.late_minutes; to be called before anything is sent or ticks.

        Nobody goes on while it is asked. Raises StoreUnavailable: then the next look asks.
        """
        with self._turn:
            at = self._gw.clock.now()
            if at - self._seen_at >= timedelta(minutes=self._gw.settings.sending.late_minutes):
                ask_after_absence(self._gw)
            self._seen_at = at


def ask_after_absence(gw: Gateway) -> list[str]:
    """Pause campaigns that had begun when everything stopped, longer ago than sending.late_minutes; returns their names.

    Where the database does not know what this machine has sealed it is an older one, however short the break: then each campaign
    that runs asks, begun or not, for it may have left since.
    To be called before anything is sent and before any regular job runs: these leave the signs of life that are looked at.
    """
    older_than = lastseal.forgotten(gw) or secondlist.unknown_since(gw)
    if older_than is not None:
        return _ask_after_backup(gw, older_than)
    if _comes_from_elsewhere(gw):
        with begin(gw.engine) as tx:
            numbers.leap(tx)
    at, most = gw.clock.now(), timedelta(minutes=gw.settings.sending.late_minutes)
    with reading(gw.engine) as tx:
        seen_at = jobs.last_run_at(tx)
        if seen_at is None or at - seen_at < most:
            return []
        begun = [one for one in _running(tx, since=seen_at) if progress.any_begun(tx, one.id)]
    since = _told(gw, seen_at)
    stopped = _asking(gw, begun, lambda tx, one: stop_after_absence(tx, one.id, one.name, since, at))
    for name in stopped:
        log.warning("campaign %s asks before it goes on: nothing has run here since %s", name, seen_at.isoformat())
    return stopped


def _ask_after_backup(gw: Gateway, sealed_at: datetime) -> list[str]:
    at, sealed = gw.clock.now(), _told(gw, sealed_at)
    with reading(gw.engine) as tx:
        running = _running(tx, since=sealed_at)
    stopped = _asking(gw, running, lambda tx, one: stop_after_backup(tx, one.id, one.name, sealed, at))
    with begin(gw.engine) as tx:
        numbers.leap(tx)
    objected = secondlist.take_in(gw)
    kept = lastseal.set_aside(gw) if lastseal.path_of(gw).exists() else secondlist.path_of(gw)
    log.warning(
        "the database does not know what this machine sealed at %s (%s): it is an older one; campaigns that ask: %s. "
        "On the list again: %d who objected since, as this machine noted. Who else said stop, and who was erased: "
        "docs/operations.md, 5",
        sealed_at.isoformat(),
        kept,
        ", ".join(stopped) or "none",
        objected,
    )
    return stopped


def _asking(gw: Gateway, rows: list[CampaignRow], stop: Callable[[Connection, CampaignRow], list[Entry]]) -> list[str]:
    """Stop each in a transaction of its own, until somebody answers; the names of those that ran."""
    stopped = []
    for one in rows:
        with begin(gw.engine) as tx:
            entries = stop(tx, one)
            journal.append(tx, entries)
        if entries:
            stopped.append(one.name)
    return stopped


def _comes_from_elsewhere(gw: Gateway) -> bool:
    """Whether this machine has the key of a journal and never sealed it: its database was moved, or put back, here."""
    if lastseal.path_of(gw).exists() or not key_path(gw).exists():
        return False
    with reading(gw.engine) as tx:
        return sealing.latest_checkpoint(tx) is not None


def _running(tx: Connection, *, since: datetime) -> list[CampaignRow]:
    """Campaigns that run, and that nobody has set going since an instant: whoever did has answered already."""
    found = campaigns.by_ids(tx, [number for number, _ in campaigns.unfinished(tx)])
    return [one for one in found if not _set_going_since(one, since)]


def _told(gw: Gateway, at: datetime) -> str:
    return f"{at.astimezone(gw.pack.calendar.zone):%d/%m/%Y à %H:%M}"


def _set_going_since(one: CampaignRow, seen_at: datetime) -> bool:
    return any(at is not None and at > seen_at for at in (one.launched_at, one.resumed_at))

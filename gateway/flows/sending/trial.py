"""From a trial to real people, on one database: what the trial's mailbox took has reached nobody.

Rows of the outbox look alike, whoever took them. So the first process that sends for real notes the instant: whatever was handed
over before tells nobody who we are (first contact, RGPD 13 and 14), counts in no cap, and asked nobody for her consent. What was
launched as a trial waits for somebody's word before it leaves for real.
"""

from __future__ import annotations

import logging

from gateway.audit.entry import EntryKind, entry
from gateway.domain.errors import InvalidSettings, StoreUnavailable
from gateway.flows.gateway import Gateway
from gateway.flows.sending.stopping import stop_after_trial
from gateway.store import asking, campaigns, installations, journal, outbox
from gateway.store.engine import Connection, begin

log = logging.getLogger(__name__)

_NOT_A_TRIAL = (
    "cette base écrit à de vraies personnes : en mode d’essai, ses messages seraient notés comme partis sans partir. Remettez "
    'mode = "live" (est-ce le bon config.toml ?), ou donnez à l’essai sa propre base (database.url) et son propre var_dir'
)


def enter_mode(gw: Gateway) -> list[str]:
    """Note that real people are written to from now on, when they are, and were not; the names of campaigns that ask first.

    To be called before anything is sent. Raises InvalidSettings for a trial on a database that writes to real people.
    """
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        if gw.settings.mode == "trial":
            if installations.live_since(tx) is not None:
                raise InvalidSettings(f"mode : {_NOT_A_TRIAL}")
            return []
        if not installations.go_live(tx, at):
            return []
        cancelled = outbox.cancel_answers(tx, at=at)
        asking.forget_unanswered(tx)
        stopped = []
        for campaign_id, name in campaigns.unfinished(tx):
            entries = stop_after_trial(tx, campaign_id, name, at)
            journal.append(tx, entries)
            stopped += [name] if entries else []
        journal.append(tx, [entry(EntryKind.OPERATOR, at, act="went-live", counts={"cancelled": cancelled})])
    log.warning("real people are written to from now on; campaigns of the trial that ask first: %s", ", ".join(stopped) or "none")
    return stopped


def require_trial(tx: Connection, gw: Gateway) -> None:
    """Of a trial that goes on while another process went live: it claims nothing more. Raises StoreUnavailable."""
    if gw.settings.mode == "trial" and installations.live_since(tx) is not None:
        raise StoreUnavailable(_NOT_A_TRIAL)

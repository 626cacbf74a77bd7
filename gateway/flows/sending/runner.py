"""Running the gate: which campaign is next, and several lanes side by side."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.domain.errors import Conflict, GatewayError, StoreUnavailable, system_says
from gateway.flows.campaigning.lateness import vote_between
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import Brief
from gateway.flows.sending.briefing import brief as make_brief
from gateway.flows.sending.gate import pass_batch
from gateway.flows.sending.housekeeping import finish, is_late, outlives_vote
from gateway.flows.sending.lane import Lane
from gateway.flows.sending.stopping import stop_unprepared
from gateway.store import campaigns, journal
from gateway.store.engine import begin, reading

log = logging.getLogger(__name__)

#: Resumed as it is, such a campaign would stop again at once.
_CHANGED = (
    "ce qui partirait n’est plus ce qui a été approuvé : réglages, mentions ou version de Passerelle ont changé depuis. "
    "Remettez-les et reprenez-la ; ou arrêtez-la (gateway campaign cancel {name} --why …), et faites approuver sa suite, "
    "pour qui ne l’a pas eue (gateway campaign create … --rest-of {name})"
)
#: A lane looks round for other campaigns after this many batches of one.
_BATCHES_IN_A_ROW = 10
_SAY_EVERY = timedelta(hours=1)
_NAMED_MOST = 5


class Runner:
    """The lanes of one process. A lane is used by one thread at a time."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self._lanes: dict[int, Lane] = {}
        self._briefs: dict[int, Brief] = {}
        self._votes: dict[int, datetime] = {}  #: of campaigns known, when the vote is over whose silence may cut them short
        self._stays: dict[int, tuple[int, int]] = {}
        self._served: dict[int, set[int]] = {}
        self._turn = threading.Lock()
        self._next = 0
        self._said_at: datetime | None = None  #: when it was last said that rules wait for their review

    def step(self, lane: int) -> int:
        """Pass one micro-batch through the gate; returns how many rows were claimed, 0 when nothing is due.

        Raises StoreUnavailable when the database is away, or the disk of the wire logs refuses. Nothing is sent while a rule of
        the pack waits for its review.
        """
        gw = self._gw
        at = gw.clock.now()
        if self._waits_for_review(at):
            return 0
        for campaign_id in self._candidates(lane, at):
            brief = self._brief(campaign_id)
            if brief is not None and (claimed := self._pass(lane, brief)):
                self._served.setdefault(lane, set()).add(campaign_id)
                return claimed
        for campaign_id in self._served.pop(lane, ()):
            finish(gw, campaign_id)
        return 0

    def _waits_for_review(self, at: datetime) -> bool:
        """Whether rules of the pack wait for their review, or the clock is behind.

        Said once an hour, since lanes ask every few seconds.
        """
        stale = self._gw.pack.stale(at.date())
        if stale and (self._said_at is None or at - self._said_at >= _SAY_EVERY):
            self._said_at = at
            named = ", ".join(stale[:_NAMED_MOST]) + (", …" if len(stale) > _NAMED_MOST else "")
            behind = self._gw.pack.checked_after(at.date())
            why = "checked on a day to come: is the clock behind?" if behind else "past their review"
            log.error("nothing leaves: %d rules of the pack are %s (gateway check): %s", len(stale), why, named)
        return bool(stale)

    def close(self) -> None:
        """End the lanes; nothing may be under way."""
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()

    def _pass(self, lane: int, brief: Brief) -> int:
        holds = self._lane(lane)
        try:
            return pass_batch(self._gw, holds, brief)
        except BaseException:  # an interruption, too
            # Something may be unsettled: the lane is given up, and its wire log speaks for it at the next recovery.
            with self._turn:
                self._lanes.pop(lane).abandon()
            raise

    def _lane(self, number: int) -> Lane:
        with self._turn:
            if number not in self._lanes:
                self._lanes[number] = self._new_lane()
            return self._lanes[number]

    def _new_lane(self) -> Lane:
        """A lane that can note what it has on the wire; without that nothing leaves, as without the database."""
        folder = self._gw.wire_logs
        try:
            return Lane(folder)
        except OSError as fault:
            raise StoreUnavailable(
                f"{folder} : impossible d’y noter ce qui part ({system_says(fault)}) ; rien ne part tant qu’il s’y refuse"
            ) from fault

    def _candidates(self, lane: int, at: datetime) -> Iterator[int]:
        """Campaigns to try: the lane's last one for a while, then whatever is due."""
        campaign_id, batches = self._stays.pop(lane, (0, 0))
        if batches:
            self._stays[lane] = (campaign_id, batches - 1)
            yield campaign_id
        for medium in self._gw.channels:
            with reading(self._gw.engine) as tx:
                due = campaigns.with_due(tx, medium, at)
            for campaign_id in self._in_turn(due):
                self._stays[lane] = (campaign_id, _BATCHES_IN_A_ROW)
                yield campaign_id
        self._stays.pop(lane, None)

    def _in_turn(self, due: list[int]) -> list[int]:
        """Campaigns in rotation, so that a long one does not hold up a short one."""
        if len(due) < 2:
            return due
        with self._turn:
            self._next += 1
            cut = self._next % len(due)
        return due[cut:] + due[:cut]

    def _brief(self, campaign_id: int) -> Brief | None:
        """The brief of a campaign; None when it is late or cannot be prepared, and then it is stopped with a sentence."""
        gw = self._gw
        with self._turn:
            known, over = self._briefs.get(campaign_id), self._votes.get(campaign_id)
            if known is not None and (over is None or gw.clock.now() < over):
                return known
            with reading(gw.engine) as tx:
                campaign = campaigns.by_id(tx, campaign_id)
            if campaign is None or is_late(gw, campaign) or outlives_vote(gw, campaign):
                return None
            try:
                known = make_brief(gw, campaign)
                with reading(gw.engine) as tx:
                    approved = campaigns.last_approval(tx, campaign_id)
                if approved is not None and approved.content_hash != known.compiled.content_hash:
                    raise Conflict(_CHANGED.format(name=campaign.name))
            except GatewayError as fault:
                log.error("campaign %s cannot be prepared and is paused: %s", campaign.name, fault)
                with begin(gw.engine) as tx:
                    journal.append(tx, stop_unprepared(tx, campaign.id, str(fault), gw.clock.now()))
                return None
            self._briefs[campaign_id] = known
            self._votes.pop(campaign_id, None)
            if ahead := vote_between(gw, campaign):
                self._votes[campaign_id] = ahead
            return known

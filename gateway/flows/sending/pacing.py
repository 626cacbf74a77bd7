"""How much may be claimed now: batch size, pace of the sender and of destination domains, rest after a failure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.domain.channel import Medium
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import Brief
from gateway.settings import Settings
from gateway.store import paces
from gateway.store.claiming import Claim, Claimed
from gateway.store.engine import Connection, is_postgresql

#: On SQLite, where one writes at a time, rows of one batch at most: whoever objects waits until the batch under way is decided.
ONE_TURN = 50
_FIRST_REST_SECONDS = 1.0
_LONGEST_REST_SECONDS = 120.0


def pace_of(settings: Settings, medium: Medium) -> float:
    """Messages a second that a sender may begin; 0: as many as the provider takes."""
    match medium:
        case Medium.EMAIL:
            return settings.smtp.per_second
        case Medium.SMS:
            return settings.sms.per_second
        case Medium.CALL:
            return settings.calls.per_second


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What one micro-batch may take."""

    sender: str  #: key of the sender's bucket
    most: int  #: rows to claim at most
    allowed: dict[str, int]  #: messages each paced key may still begin
    resting: bool  #: the provider failed last time it was tried

    @classmethod
    def read(cls, tx: Connection, gw: Gateway, medium: Medium, at: datetime) -> Pace:
        """Look at buckets and rests; locks the buckets until `tx` ends."""
        sender = paces.sender_of(medium)
        rest = paces.rest(tx, sender)
        if paces.lasts(rest.until, at, most_seconds=_LONGEST_REST_SECONDS):
            return cls(sender=sender, most=0, allowed={}, resting=True)
        domains = gw.settings.smtp.per_second_by_domain if medium is Medium.EMAIL else {}
        rates = {f"domain:{domain}": rate for domain, rate in domains.items()}
        if per_second := pace_of(gw.settings, medium):
            rates[sender] = per_second
        allowed = paces.allowances(tx, rates, at)
        batch = gw.settings.sending.batch if is_postgresql(tx) else min(gw.settings.sending.batch, ONE_TURN)
        most = min(batch, allowed.get(sender, batch))
        if rest.failures:
            # One asks whether the provider is back: whatever it takes in without a word after that stays in doubt.
            most = min(most, 1)
        if not gw.feed.healthy:
            # Without its feed, only the facts protect whoever objects: claim no more than what is on the wire at once.
            most = min(most, gw.channels[medium].capabilities.concurrency)
        return cls(sender=sender, most=most, allowed=allowed, resting=rest.failures > 0)

    @property
    def spent_domains(self) -> list[str]:
        """Destination domains that must wait."""
        return [key.removeprefix("domain:") for key, count in self.allowed.items() if key.startswith("domain:") and count < 1]

    def claim_of(self, brief: Brief, at: datetime) -> Claim:
        """What one micro-batch of a campaign claims."""
        return Claim(
            campaign_id=brief.campaign_id, question=brief.question, at=at, most=self.most, not_domains=self.spent_domains
        )

    def within(self, claimed: list[Claimed]) -> list[Claimed]:
        """The claimed rows that stay within the pace of their domain; the others are left as they are."""
        left = {key.removeprefix("domain:"): count for key, count in self.allowed.items() if key.startswith("domain:")}
        kept = []
        for row in claimed:
            if row.domain in left:
                if left[row.domain] < 1:
                    continue
                left[row.domain] -= 1
            kept.append(row)
        return kept

    def spend(self, tx: Connection, allowed: list[Any]) -> None:
        """Take from the buckets what is about to be handed over."""
        if not self.allowed:
            return
        spent = Counter(f"domain:{one.recipient.domain}" for one in allowed)
        spent[self.sender] = len(allowed)
        paces.spend(tx, {key: count for key, count in spent.items() if key in self.allowed and count})

    def failed(self, tx: Connection, at: datetime) -> datetime:
        """The provider cannot be reached: everybody rests; returns until when."""
        return paces.failed(tx, self.sender, at, first_seconds=_FIRST_REST_SECONDS, most_seconds=_LONGEST_REST_SECONDS)

    def succeeded(self, tx: Connection) -> None:
        """The provider answered."""
        if self.resting:
            paces.succeeded(tx, self.sender)

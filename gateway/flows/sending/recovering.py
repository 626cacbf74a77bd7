"""After a crash: what dead lanes left is settled from their wire logs; what nobody can say is uncertain, never sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.channel import Fault, Outcome, Rejected, Unsure
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.flows.sending import outcomes
from gateway.flows.sending.outcomes import HandedOver
from gateway.flows.sending.returning import take_refusals
from gateway.flows.sending.watch import read_back
from gateway.store import journal, outbox, receipts
from gateway.store.engine import begin
from gateway.store.wirelog import Remains, dead_lanes

#: Rows settled in one transaction.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a recovery found."""

    settled: int = 0  #: outcome known from a wire log
    reopened: int = 0  #: surely never passed the point of no return: due again
    uncertain: int = 0  #: nobody can say

    def __add__(self, other: Recovered) -> Recovered:
        return Recovered(
            settled=self.settled + other.settled,
            reopened=self.reopened + other.reopened,
            uncertain=self.uncertain + other.uncertain,
        )


def recover(gw: Gateway) -> Recovered:
    """Settle what dead lanes of this machine held. Safe to repeat, and while other lanes live."""
    found = Recovered()
    with dead_lanes(gw.wire_logs) as lanes:
        for remains in lanes:
            found += _settle_lane(gw, remains)
    if found.reopened:
        gw.ring()
    return found


def expire_leases(gw: Gateway) -> int:
    """Rows whose lease ran out, with no wire log on this machine to speak for them, are uncertain; returns how many."""
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        late = outbox.overdue(tx, at=at, most=_AT_ONCE)
        ids = [message_id for message_id, _ in late]
        if not ids:
            return 0
        moved = outbox.doubt(tx, ids, because="lease-expired")
        entries = [entry(EntryKind.HAND_OVER, at, message_id=i, outcome="unsure", why="lease expired") for i in ids]
        journal.append(tx, entries)
    return moved


def _settle_lane(gw: Gateway, remains: Remains) -> Recovered:
    at = gw.clock.now()
    found = Recovered()
    with begin(gw.engine) as tx:
        held = outbox.held_by(tx, remains.lane)
        tried = outbox.attempts_of(tx, held)
        handed = [_judge(remains, message_id, tried, at) for message_id in held]
        rows = [outcomes.settled(one, gw.settings.sending.retry_minutes) for one in handed]
        for start in range(0, len(rows), _AT_ONCE):
            outbox.settle(tx, remains.lane, rows[start : start + _AT_ONCE], at=at)
        known = receipts.addressees(tx, held)
        entries = [_entry(one, remains, known[one.message_id].address or "") for one in handed]
        entries += take_refusals(tx, gw, handed, rows)
        journal.append(tx, entries)
    for row in rows:
        if row.state is MessageState.UNCERTAIN:
            found += Recovered(uncertain=1)
        elif row.because in (Fault.CONNECTION, outcomes.NOT_BEGUN):
            found += Recovered(reopened=1)
        else:
            found += Recovered(settled=1)
    return found


def _judge(remains: Remains, message_id: int, tried: Mapping[int, int], at: datetime) -> HandedOver:
    """What the wire log says of one message the dead lane held."""
    passed = remains.passed.get(message_id)
    outcome: Outcome
    if message_id in remains.ended:
        outcome = read_back(remains.ended[message_id])
    elif passed is not None:
        outcome = Unsure("the worker died while the message was on the wire")
    elif remains.same_boot:
        outcome = Rejected(False, "", "the worker died before the message was on the wire", Fault.CONNECTION)
    else:
        outcome = Unsure("the machine stopped; what its worker had on the wire is not known")
    return HandedOver(
        message_id=message_id,
        outcome=outcome,
        began=datetime.fromisoformat(passed) if passed else None,
        ended=at,
        objected=False,
        attempts=tried.get(message_id, 0),
    )


def _entry(one: HandedOver, remains: Remains, address: str) -> Entry:
    told = outcomes.told(one.outcome, address)
    return entry(EntryKind.HAND_OVER, one.ended, message_id=one.message_id, began=one.began, recovered=remains.lane, **told)

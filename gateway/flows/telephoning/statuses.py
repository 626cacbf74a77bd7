"""Texts: what the provider says became of each. Statuses that come at the same moment share one transaction.

Callbacks come in any order, and what they come to does not depend on it: a text that was delivered was, whatever else is told of
it before or after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.channels.twilio.callbacks import MessageStatus
from gateway.channels.twilio.codes import meaning
from gateway.domain.channel import Fault, Medium
from gateway.domain.message import MessageState
from gateway.domain.receipt import Evidence, ReceiptKind, Returned
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import keep_until
from gateway.flows.listening import objection
from gateway.flows.sending.doubts import resolve, settlement
from gateway.flows.sending.returning import kind_of, opted_out, returned, take_back, take_effect
from gateway.flows.telephoning.reopening import reopened
from gateway.store import conditions, endings, inbox, journal, receipts
from gateway.store.engine import Connection, begin, ending, together
from gateway.store.receipts import Addressee

#: Statuses that end the story of a text.
_DELIVERED = frozenset({"delivered", "read"})
_FAILED = frozenset({"undelivered", "failed"})
_ENDS = _DELIVERED | _FAILED


class Told(NamedTuple):
    """One callback about a text."""

    token: str  #: of the message, from the address that was called
    status: MessageStatus
    form: Mapping[str, str]  #: as it came


class _Ended(NamedTuple):
    """A text whose story is over, and what that says of its number."""

    status: MessageStatus
    returned: Returned
    fault: Fault | None  #: None: it arrived
    before: Addressee  #: what was known

    @property
    def arrived(self) -> bool:
        """Whether it was delivered."""
        return self.fault is None


def text_statuses(gw: Gateway, told: Sequence[Told]) -> list[bool]:
    """Take statuses of texts into account, each once; False for one that was told before. Committed before this returns.

    All of them or none: Raises InvalidToken for one that is not ours, StoreUnavailable.
    """
    at = gw.clock.now()
    until = keep_until(gw, at)
    callbacks = [
        inbox.Callback.of(one.status.sid, one.status.status, gw.keys.read_verp_token(one.token), one.form) for one in told
    ]
    final = [row.message_id for row, one in zip(callbacks, told, strict=True) if one.status.status in _ENDS]
    alone = any(one.status.status in _FAILED for one in told)
    with begin(gw.engine) as tx:
        with together(tx) if final else ending(tx):
            filed = inbox.file_all(tx, Medium.SMS, callbacks, at=at, keep_until=until, alone=alone)
            asked = receipts.send_addressees(tx, final) if final else None
        fresh = filed()
        kept: list[bool] = []
        for one in callbacks:  # of two alike in one go, the first counts
            kept.append(one.provider_id in fresh)
            fresh.discard(one.provider_id)
        if asked:
            new = [(row.message_id, one) for row, one, is_new in zip(callbacks, told, kept, strict=True) if is_new]
            _end(tx, gw, _ended(new, receipts.known(asked), at), at)
    return kept


def _end(tx: Connection, gw: Gateway, ended: Sequence[_Ended], at: datetime) -> None:
    """What follows from the ends of stories, and the end of the transaction."""
    for over in ended:
        if over.fault is Fault.OPTED_OUT:
            objection(tx, gw, opted_out(over.returned, at))
    entries = [_receipt(one) for one in ended]
    counts = _uncontradicted(tx, ended)
    again = [one for one in counts if _never_left(one) and reopened(tx, gw, one.returned, one.status.sid, at=at)]
    if again:
        ended, counts = ([one for one in those if one not in again] for those in (ended, counts))
    entries += _resolve(tx, ended, at) + _take_effect(tx, gw, counts)
    with ending(tx):
        receipts.add_all(tx, [one.returned for one in counts])
        journal.append(tx, entries)


def _uncontradicted(tx: Connection, ended: Sequence[_Ended]) -> list[_Ended]:
    """All but failures of texts that were delivered: the provider says both of some, and the handset has it."""
    failed = [one.returned.message_id for one in ended if not one.arrived]
    if not failed:
        return list(ended)
    delivered = {one.returned.message_id for one in ended if one.arrived} | receipts.delivered(tx, failed)
    return [one for one in ended if one.arrived or one.returned.message_id not in delivered]


def _never_left(one: _Ended) -> bool:
    """Whether the provider gave it up in its own queue, as we send too fast: no carrier had it ("failed", not "undelivered")."""
    return one.fault is Fault.THROTTLED and one.status.status == "failed"


def _ended(fresh: Sequence[tuple[int, Told]], known: Mapping[int, Addressee], at: datetime) -> list[_Ended]:
    """Those that end a story, with what each says of its number; texts that do not exist are left out."""
    ended = []
    for message_id, (_, status, _) in fresh:
        if status.status not in _ENDS or message_id not in known:
            continue
        found = None if status.status in _DELIVERED else meaning(status.error_code)
        kind = ReceiptKind.DELIVERED if found is None else kind_of(found.fault, permanent=found.permanent)
        code = "" if status.error_code is None else str(status.error_code)
        shown = Evidence(at=at, code=code, reply=status.status)
        gone_to = known[message_id]
        ended.append(_Ended(status, returned(gone_to, kind, shown), found.fault if found else None, gone_to))
    return ended


def _receipt(one: _Ended) -> Entry:
    return entry(
        EntryKind.RECEIPT,
        one.returned.evidence.at,
        campaign_id=one.returned.campaign_id,
        message_id=one.returned.message_id,
        person=one.returned.person,
        receipt=one.returned.kind.value,
        code=one.returned.evidence.code or None,
    )


def _resolve(tx: Connection, ended: Sequence[_Ended], at: datetime) -> list[Entry]:
    """A text in doubt of which the provider speaks was taken by it; one that was given up, and did arrive, has left."""
    entries: list[Entry] = []
    for one in ended:
        message_id, sid, before = one.returned.message_id, one.status.sid, one.before
        state, evidence = MessageState.ACCEPTED, f"the provider says {one.status.status}"
        settled = resolve(tx, message_id, state, evidence, at=at, reply=sid) if before.in_doubt else []
        if not settled and before.waits and one.arrived and endings.arrived_after_all(tx, message_id, sid, at=at):
            settled = [settlement(message_id, state, evidence, at=at)]
        entries += settled
    return entries


def _take_effect(tx: Connection, gw: Gateway, ended: Sequence[_Ended]) -> list[Entry]:
    """On the numbers: those that were reached begin again at zero, together; the others one by one, in the order they came.

    That we send too fast says nothing of a number.
    """
    reached = [one for one in ended if one.arrived]
    conditions.forgive_all(tx, [one.returned.digest for one in reached if one.before.failures], Medium.SMS)
    entries = [told for one in reached if one.before.unusable for told in take_back(tx, one.returned)]
    others = [one.returned for one in ended if not one.arrived and one.fault is not Fault.THROTTLED]
    in_one_order = sorted(others, key=lambda one: one.digest)  # of two processes neither waits for a number that the other holds
    return entries + [told for one in in_one_order for told in take_effect(tx, gw, one)]

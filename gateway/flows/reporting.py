"""Reports of unwanted messages that reach the team from outside: to the operators' number 33700, or to a provider.

A report is an objection (rule sms-spam-33700), whether the number is in our file or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.audit.entry import EntryKind, entry
from gateway.compliance.hear import judge
from gateway.compliance.heard import HeardFacts
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress, InvalidInput
from gateway.domain.phone import PhoneNumber
from gateway.domain.reply import Told
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.listening import Objection, Stop, objection
from gateway.store import journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the reports of some numbers came to."""

    numbers: int
    fresh: int  #: not on the list before
    cancelled: int  #: messages that were waiting
    rules: tuple[str, ...]  #: that made objections of them
    unread: tuple[str, ...] = ()  #: what is no number, as typed: whoever it stands for is not protected yet


def report(gw: Gateway, numbers: Iterable[str], *, by: str, why: str) -> Reported:
    """Put whoever reported our texts on the opposition list; committed before this returns.

    A slip of the keyboard in one number leaves none of the others unheard. Raises InvalidAddress where none can be read,
    InvalidInput without a number or a reason.
    """
    typed = list(numbers)
    if not typed or not why.strip():
        raise InvalidInput("donnez les numéros signalés, et dites d’où vient le signalement (--why) : c’est gardé au journal")
    wanted, unread = _read(typed)
    at = gw.clock.now()
    hearing = judge(HeardFacts(at=at, channel=Medium.SMS, told=Told.REPORT), gw.pack)
    found: list[Objection] = []
    with gw.urgent() as tx:
        for number in wanted:
            digest, twin = (gw.keys.address_digest(medium, number) for medium in (Medium.SMS, Medium.CALL))
            stop = Stop(
                digest=digest,
                medium=None if hearing.every_medium else Medium.SMS,
                cause=SuppressionCause.COMPLAINT,
                received_at=at,
                twins=(twin,),
            )
            found.append(objection(tx, gw, stop))
            told = entry(
                EntryKind.SUPPRESSION, at, act="reported", digest=digest.hex(), rules=list(hearing.rules) or None, by=by, why=why
            )
            journal.append(tx, [told])
    return Reported(
        numbers=len(wanted),
        fresh=sum(not one.already for one in found),
        cancelled=sum(one.cancelled for one in found),
        rules=hearing.rules,
        unread=unread,
    )


def _read(typed: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """(keys of the numbers, what is none). Raises InvalidAddress where nothing is one."""
    keys: set[str] = set()
    unread: dict[str, InvalidAddress] = {}
    for one in typed:
        try:
            keys.add(PhoneNumber.parse(one).match_key)
        except InvalidAddress as fault:
            unread[one] = fault
    if not keys:
        raise next(iter(unread.values()))
    return sorted(keys), tuple(unread)

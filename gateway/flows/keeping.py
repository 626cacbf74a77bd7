"""What may no longer be kept goes: terms come from the pack, each deletion leaves a certificate of numbers in the journal.

Here the people who were asked for consent and did not say yes (rule purge-occasional), and what every erasure has in common;
`retaining` has the other terms, and holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.audit.entry import EntryKind, entry
from gateway.channels.inbound.mime import said_in
from gateway.compliance.keep import Act, KeepVerdict, keep
from gateway.compliance.kept import KeptFacts, Moment, RecordKind
from gateway.domain.contact import ContactClass, OriginKind
from gateway.domain.errors import InvalidAddress
from gateway.flows.gateway import Gateway
from gateway.store import asking, crossing, erasing, journal, sweeping
from gateway.store.asking import Unanswered
from gateway.store.engine import Connection, begin, reading
from gateway.store.erasing import Erased, Reader
from gateway.store.sweeping import Swept

#: The rule under which whoever did not say yes goes.
NO_FAVOURABLE_ANSWER = "purge-occasional"
_AT_ONCE = 500
#: Hours in which hardly anybody writes to us; and within which time there is one, on a machine that is never off.
_NIGHT, _A_NIGHT_WITHIN = range(2, 5), timedelta(hours=24)


class Awaited(NamedTuple):
    """People of one kind of origin who were asked and have not said yes."""

    origin: OriginKind
    people: int
    verdict: KeepVerdict  #: on the one asked longest ago: when she falls due


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a round of deletion did."""

    contacts: int = 0
    messages_cancelled: int = 0

    def __add__(self, erased: Erased) -> Purged:
        return Purged(
            contacts=self.contacts + erased.contacts, messages_cancelled=self.messages_cancelled + erased.messages_cancelled
        )


def plan(gw: Gateway) -> tuple[Awaited, ...]:
    """Whose answer is awaited, and when the first of them fall due. Changes nothing."""
    at = gw.clock.now()
    with reading(gw.engine) as tx:
        counts = asking.count_unanswered(tx, at)
        found = []
        for kind in counts:
            oldest = asking.unanswered(tx, kind, at=at, limit=1)
            if oldest:
                found.append(Awaited(kind, counts[kind], verdict_on(gw, kind, oldest[0], at)))
    return tuple(found)


def purge(gw: Gateway) -> Purged:
    """Erase whoever was asked for consent and said no, or whose term is over; harmless when repeated, in batches of some hundred.

    People of one kind of origin fall due in the order in which they were asked: the first who is still within her term ends it.
    """
    with reading(gw.engine) as tx:
        kinds = list(asking.count_unanswered(tx, gw.clock.now()))
    total = _purge_refusals(gw) if kinds else Purged()
    for kind in kinds:
        last: Unanswered | None = None
        while True:
            erased, last = _purge_batch(gw, kind, last)
            if erased is None:
                break
            total += erased
    return total


def forget(
    tx: Connection, gw: Gateway, contact_ids: Sequence[int], rules: Sequence[str], *, at: datetime, request: int | None = None
) -> Erased:
    """Within a transaction: erase these people, and leave the certificate. rules, request: what asks for it.

    `sweep` then frees what the database still has of them beside its tables.
    """
    crossing.leave(tx)
    elsewhere = _forget_elsewhere(tx, gw, contact_ids)
    erased = erasing.erase(tx, contact_ids, reader_of(gw), at=at)
    counts = {
        "contacts": erased.contacts,
        "addresses": erased.addresses,
        "consent_acts": erased.consent_acts,
        "messages_cancelled": erased.messages_cancelled,
        "letters": erased.letters,
        "trial_copies": elsewhere,
    }
    told = entry(EntryKind.ERASURE, at, rules=list(rules) or None, pack=gw.pack.version, counts=counts, request=request)
    journal.append(tx, [told])
    return erased


def _forget_elsewhere(tx: Connection, gw: Gateway, contact_ids: Sequence[int]) -> int:
    """What trial mode keeps of them: the mails, texts and calls they would have received."""
    known = erasing.traces(tx, contact_ids)
    letters = (*known.samples, *known.former_letters)
    return gw.forget_elsewhere(known.values, [gw.keys.message_reference(number) for number in letters])


def reader_of(gw: Gateway) -> Reader:
    """How mails of nobody knows whom are read, and a word that may be an address or a number is recognised in them, once its
    value is kept nowhere."""

    def found(word: str) -> list[bytes]:
        try:
            return list(gw.keys.digests_of(word).values())
        except InvalidAddress:
            return []

    return Reader(digests_of=found, opened=said_in)


def sweep(gw: Gateway, *, full: bool = False, at_once: bool = False) -> Swept:
    """Free the space of what was erased since the last time. Nothing erased: nothing done.

    A long SQLite file is left for the night, or for a day at most: while it is written anew nobody else writes, and whoever
    objects would wait. at_once: somebody asks for it now, and knows. full: PostgreSQL writes each table anew, while nobody reads
    or writes it, and over its own log. Each sweep leaves an entry in the journal that says where bytes may remain.
    """
    with reading(gw.engine) as tx:
        upto = sweeping.due(tx)
        if not upto and not full:
            return Swept(done=True)
        if not at_once and sweeping.keeps_others_waiting(tx) and not _may_hold_up(gw, sweeping.waiting_since(tx)):
            return Swept(done=False, at_night=True)
    found = sweeping.sweep(gw.engine, full=full)
    if found.done:
        with begin(gw.engine) as tx:
            at = gw.clock.now()
            sweeping.swept(tx, upto, at=at)
            told = entry(EntryKind.ERASURE, at, act="swept", full=full, remains=[one.value for one in found.remains])
            journal.append(tx, [told])
    return found


def _may_hold_up(gw: Gateway, since: datetime | None) -> bool:
    """Whether others may wait now: it is night, or what was erased has waited for a night that did not come."""
    at = gw.clock.now()
    return at.astimezone(gw.pack.calendar.zone).hour in _NIGHT or (since is not None and at - since >= _A_NIGHT_WITHIN)


def verdict_on(gw: Gateway, kind: OriginKind, person: Unanswered, at: datetime) -> KeepVerdict:
    """What the pack says of keeping somebody who was asked and has not said yes."""
    facts = KeptFacts(
        at=at,
        record=RecordKind.CONTACT,
        contact_class=ContactClass.OCCASIONAL,
        origin=kind,
        collection=person.collection,
        answered=False,
        informed=True,  # the request carried the notice of article 14
        moments=((Moment.ASKED, person.asked_at),),
    )
    return keep(facts, gw.pack)


def _purge_refusals(gw: Gateway) -> Purged:
    """Erase who wrote back a no: behind the link it erases at once, and nothing is left to keep them for."""
    total = Purged()
    while True:
        with begin(gw.engine) as tx:
            crossing.leave(tx)
            at = gw.clock.now()
            gone = asking.refusing(tx, at=at, limit=_AT_ONCE)
            if not gone:
                return total
            total += forget(tx, gw, gone, (NO_FAVOURABLE_ANSWER,), at=at)


def _purge_batch(gw: Gateway, kind: OriginKind, after: Unanswered | None) -> tuple[Erased | None, Unanswered | None]:
    """Erase the next batch of one kind of origin, in one transaction, and who was its last; None when nobody is due any more."""
    with begin(gw.engine) as tx:
        crossing.leave(tx)
        at = gw.clock.now()
        due: list[int] = []
        last = after
        rules: dict[str, None] = {}
        for person in asking.unanswered(tx, kind, at=at, limit=_AT_ONCE, after=after, lock=True):
            verdict = verdict_on(gw, kind, person, at)
            if verdict.act is not Act.DELETE:
                break
            due.append(person.contact_id)
            last = person
            rules.update(dict.fromkeys(verdict.rules))
        return (forget(tx, gw, due, tuple(rules), at=at) if due else None), last

"""The STOP: one transaction for whatever way it came by, and the page of its link. It takes effect before we answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.channel import Medium
from gateway.domain.keys import LinkScope, LinkToken, pseudonym
from gateway.domain.language import Language
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind
from gateway.flows.gateway import Gateway
from gateway.render.origin import origin_sentences
from gateway.store import crossing, journal, objecting, outbox, people, suppressions
from gateway.store.engine import Connection, Later, reading
from gateway.store.people import Holder
from gateway.store.suppressions import Suppression

#: Reason on the messages an objection cancels: the rule it serves.
OPTOUT_EFFECT = "optout-effect"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """What a page may show to whoever holds a link; it may be a stranger with a forwarded message."""

    medium: Medium
    already_objected: bool  #: to everything, or to the channel of the message
    objected_to_all: bool  #: to everything: there is nothing left to stop
    language: str
    address_hint: str  #: "c…@exemple.fr"; empty when the person is gone
    origin: Mapping[Language, str]  #: where her details come from, as a sentence by language; empty when the person is gone
    preference_token: str  #: for the page where she stops less than everything; as good in a stranger's hands as this one
    why_token: str  #: for the page that says why she was written to; just as good


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """An objection in force."""

    effective_at: datetime  #: of the first one, when it was in force before
    cancelled: int  #: messages that were waiting
    already: bool  #: it was in force before
    person: str | None = None  #: the journal's name of whoever holds the address


def read_link(gw: Gateway, token: str) -> LinkView:
    """What an objection link stands for. Changes nothing. Raises InvalidToken."""
    link = gw.keys.read_link_token(token, LinkScope.OBJECT)
    with reading(gw.engine) as tx:
        medium = _medium_of(tx, link)
        holder = people.holder(tx, link.digest, medium)
        objected = bool(suppressions.present(tx, [link.digest], medium, gw.clock.now()))
        to_all = suppressions.objected_at(tx, link.digest, EVERY_MEDIUM) is not None
    return LinkView(
        medium=medium,
        already_objected=objected,
        objected_to_all=to_all,
        language=holder.language if holder else gw.settings.language,
        address_hint=address_hint(holder.value) if holder else "",
        origin=origin_sentences(holder.origin, holder.collected_on) if holder else {},
        preference_token=gw.keys.link_token(LinkScope.PREFER, link.message_id, link.digest),
        why_token=gw.keys.link_token(LinkScope.WHY, link.message_id, link.digest),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """An objection as it reached us."""

    digest: bytes
    medium: Medium | None  #: None covers every channel
    cause: SuppressionCause
    received_at: datetime
    message_id: int | None = None  #: the message whose link, reply or report it was
    since: datetime | None = None  #: when it took effect, if a pause held before it was read; None: now
    twins: tuple[bytes, ...] = ()  #: digests of the same number on other channels


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """An objection that has just taken effect, within a transaction that goes on."""

    objection: Objection
    entries: tuple[Entry, ...]  #: of the journal; none when it was in force before, and stopped nothing


def object_by_link(
    gw: Gateway, token: str, *, cause: SuppressionCause, every_medium: bool = False, received_at: datetime | None = None
) -> Objection:
    """Object by the link of a message; committed before this returns, and safe to repeat. received_at: None is now.

    Works after the person and the message are gone: the token itself names the address. Raises InvalidToken, StoreUnavailable.
    """
    received_at = received_at or gw.clock.now()
    link = gw.keys.read_link_token(token, LinkScope.OBJECT)
    with gw.urgent() as tx:
        medium = None if every_medium else _medium_of(tx, link)
        stop = Stop(digest=link.digest, medium=medium, cause=cause, received_at=received_at, message_id=link.message_id)
        return objection(tx, gw, stop)


def objection(tx: Connection, gw: Gateway, stop: Stop) -> Objection:
    """The STOP transaction: suppression by digest, consents withdrawn, waiting messages cancelled, journal (rule optout-effect).

    All addresses of the person that serve the channel are put on the list: she objects, not her number. An objection that was in
    force already keeps its first instant, and is not journalled again unless it still stopped something.
    """
    crossing.leave(tx)
    holder = people.holder(tx, stop.digest, stop.medium)
    if holder is None and stop.message_id is not None:
        holder = people.addressee(tx, stop.message_id, stop.digest)
    found = put_in_force(tx, gw, stop, holder)()
    journal.append(tx, found.entries)
    return found.objection


def put_in_force(tx: Connection, gw: Gateway, stop: Stop, holder: Holder | None) -> Later[InForce]:
    """The same for whoever holds the address; its entries are the caller's to write, with those of what it comes with.

    What it came to is asked for afterwards, as with `objecting.take_effect`.
    """
    at = gw.clock.now()
    person = pseudonym(holder.key) if holder else None
    since = stop.since or at
    delay_ms = _milliseconds(since - stop.received_at)
    medium = stop.medium.value if stop.medium else EVERY_MEDIUM
    told_to_us = Suppression(
        digest=stop.digest,
        medium=medium,
        kind=SuppressionKind.OBJECTION,
        cause=stop.cause,
        since=since,
        delay_ms=delay_ms,
        message_id=stop.message_id,
    )
    # A file that knows her number by one channel only, or not at all, may be followed by one that knows it by the other.
    twins = _twins(tx, gw, stop, holder) if stop.medium is None else set()
    fresh = suppressions.add_all(tx, (replace(told_to_us, digest=one, delay_ms=None, message_id=None) for one in sorted(twins)))
    contact_id = holder.contact_id if holder else None
    taken = objecting.take_effect(tx, told_to_us, contact_id, because=OPTOUT_EFFECT, at=at)

    def in_force() -> InForce:
        changed = taken()
        already = not fresh and not changed.fresh
        objection = Objection(
            effective_at=(suppressions.objected_at(tx, stop.digest, medium) or at) if already else since,
            cancelled=changed.cancelled,
            already=already,
            person=person,
        )
        if already and not changed.cancelled and not changed.withdrawn:
            return InForce(objection=objection, entries=())
        told = entry(
            EntryKind.OBJECTION,
            at,
            message_id=stop.message_id,
            person=person,
            digest=None if person else stop.digest.hex(),  # of a stranger nothing else tells who is to stay on the list
            medium=medium,
            cause=stop.cause.value,
            received=stop.received_at,
            since=stop.since,
            delay_ms=delay_ms,
            cancelled=changed.cancelled,
            withdrawn=changed.withdrawn,
            already=already,
        )
        return InForce(objection=objection, entries=(told,))

    return in_force


def _twins(tx: Connection, gw: Gateway, stop: Stop, holder: Holder | None) -> set[bytes]:
    """Digests of her numbers on channels by which the file does not know them."""
    if holder is None:
        return set(stop.twins) - {stop.digest}
    numbers = people.numbers(tx, holder.contact_id)
    known = {digest for value, _ in numbers for digest in gw.keys.digests_of(value).values()}
    return (known | set(stop.twins)) - {stop.digest, *(digest for _, digest in numbers)}


def _milliseconds(delay: timedelta) -> int:
    """A reception on another machine's clock may seem to come after its effect: that is no delay."""
    return max(0, round(delay.total_seconds() * 1000))


def _medium_of(tx: Connection, link: LinkToken) -> Medium:
    """The channel a link came by: an address has its own digest on each. Letters alone outlive their person and their row."""
    return people.medium_of(tx, link.digest) or outbox.medium_of(tx, link.message_id) or Medium.EMAIL


def address_hint(address: str) -> str:
    """Enough for the reader to know her address or number, not enough for a stranger to learn it."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}…@{domain}" if at else f"…{address[-2:]}"

"""What a person chooses for herself behind the link of a message: stop a channel or a purpose, pause, stop everything.

A link may be in a stranger's hands: the message was forwarded. So what stands here only ever reduces what the person gets, says
nothing of what is on record, and works as long as the message is kept, since taking a consent back is as easy as giving it
(rule consent-withdrawal-easy). What is on record is shown, and consent given, behind a fresh link alone (flows/personal.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from gateway.audit.entry import EntryKind, entry
from gateway.domain.channel import Medium
from gateway.domain.consent import SAID_NO, Purpose
from gateway.domain.contact import UNKNOWN_TERRITORY
from gateway.domain.errors import InvalidInput
from gateway.domain.keys import LinkScope, LinkToken, pseudonym
from gateway.domain.suppression import SuppressionCause
from gateway.flows.consenting import TakenBack, take_back, to_withdraw
from gateway.flows.gateway import Gateway
from gateway.flows.listening import Objection, Stop, address_hint, objection
from gateway.store import consents, crossing, journal, outbox, people, suppressions
from gateway.store.engine import Connection, reading
from gateway.store.people import Holder

#: Who acts, and how, in ledger and journal.
BY, MEANS = "la personne", "page de préférences"
#: Reason on the messages a pause cancels: the rule it serves.
OPTOUT_PAUSE = "optout-pause"
#: Whoever wants more than that wants no message at all, and the page offers it.
_PAUSE_DAYS_MAX = 366


class Choice(StrEnum):
    """What a person may stop by itself."""

    EMAIL = "email"
    SMS = "sms"
    CALL = "call"
    TARGETING = "targeting"
    OPEN_PIXEL = "open_pixel"
    AFTER_ELECTION = "after_election"


_MEDIUM = {Choice.EMAIL: Medium.EMAIL, Choice.SMS: Medium.SMS, Choice.CALL: Medium.CALL}
_PURPOSE = {
    Choice.TARGETING: ((Medium.EMAIL, Medium.SMS, Medium.CALL), Purpose.TARGETING),
    Choice.OPEN_PIXEL: ((Medium.EMAIL,), Purpose.OPEN_PIXEL),
    Choice.AFTER_ELECTION: ((Medium.EMAIL, Medium.SMS, Medium.CALL), Purpose.AFTER_ELECTION),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """The election a pause may last until."""

    names: Mapping[str, str]  #: by language
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceView:
    """What the page may show to whoever holds a link of a message; it may be a stranger."""

    language: str
    address_hint: str  #: "c…@exemple.fr"; empty when the person is gone
    already_objected: bool  #: to everything, or to the channel of the message
    vote: Vote | None  #: None once it is over
    objection_token: str  #: for the page of the objection alone


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """What was stopped."""

    effective_at: datetime
    choices: tuple[Choice, ...]
    cancelled: int  #: messages that were waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """A pause in force."""

    effective_at: datetime
    until: datetime  #: as asked; that a longer one was in force is nobody's business
    cancelled: int  #: messages that would have left meanwhile


def read_preferences(gw: Gateway, token: str) -> PreferenceView:
    """What a preference link stands for. Changes nothing. Raises InvalidToken."""
    link = gw.keys.read_link_token(token, LinkScope.PREFER)
    at = gw.clock.now()
    with reading(gw.engine) as tx:
        holder = people.holder(tx, link.digest)
        medium = people.medium_of(tx, link.digest) or Medium.EMAIL
        objected = bool(suppressions.present(tx, [link.digest], medium, at))
    language = holder.language if holder else gw.settings.language
    return PreferenceView(
        language=language,
        address_hint=address_hint(holder.value) if holder else "",
        already_objected=objected,
        vote=next_vote(gw, at),
        objection_token=gw.keys.link_token(LinkScope.OBJECT, link.message_id, link.digest),
    )


def give_up(gw: Gateway, token: str, choices: Sequence[Choice]) -> GivenUp:
    """Take back everything these choices stand for; committed before this returns, and safe to repeat.

    What she never gave is recorded as withdrawn too, so that no file brought in later can claim it. Raises InvalidToken.
    """
    link = gw.keys.read_link_token(token, LinkScope.PREFER)
    with gw.urgent() as tx:
        crossing.leave(tx)
        at = gw.clock.now()
        holder = people.holder(tx, link.digest)
        cancelled = 0 if holder is None else _give_up(tx, holder, link.digest, choices, at)
    return GivenUp(effective_at=at, choices=tuple(choices), cancelled=cancelled)


def pause(gw: Gateway, token: str, until: datetime, *, last_day: date | None = None) -> Paused:
    """Nothing leaves for this person, by any channel, until that instant; then everything is as before (rule optout-pause).

    last_day: which day is to be over, also where she is; where that is, the answer does not tell a stranger.
    Messages that would have left meanwhile are cancelled, and are not caught up with later. A longer pause in force stays.
    Raises InvalidToken; InvalidInput for an instant that is past, or more than a year ahead.
    """
    link = gw.keys.read_link_token(token, LinkScope.PREFER)
    with gw.urgent() as tx:
        crossing.leave(tx)
        at = gw.clock.now()
        if not at < until <= at + timedelta(days=_PAUSE_DAYS_MAX):
            raise InvalidInput("une pause finit dans l’avenir, et dure un an au plus")
        holder = people.holder(tx, link.digest)
        lasts = until if last_day is None else _end_of(tx, gw, last_day, holder)
        digests = {link.digest, *(people.digests(tx, holder.contact_id) if holder else ())}
        longer = suppressions.pause(tx, digests, until=lasts, at=at)
        cancelled = outbox.cancel_for_contacts(tx, link.digest, None, because=OPTOUT_PAUSE, at=at, due_before=lasts)
        if longer or cancelled:
            told = entry(
                EntryKind.SUPPRESSION,
                at,
                message_id=link.message_id,
                person=pseudonym(holder.key) if holder else None,
                act="paused",
                until=lasts,
                cancelled=cancelled,
                by=BY,
            )
            journal.append(tx, [told])
    return Paused(effective_at=at, until=until, cancelled=len(cancelled))


def stop_everything(gw: Gateway, token: str) -> Objection:
    """Object to every message, by every channel, for good (rule optout-effect). Raises InvalidToken, StoreUnavailable."""
    received_at = gw.clock.now()
    link: LinkToken = gw.keys.read_link_token(token, LinkScope.PREFER)
    stop = Stop(
        digest=link.digest,
        medium=None,
        cause=SuppressionCause.UNSUBSCRIBE_LINK,
        received_at=received_at,
        message_id=link.message_id,
    )
    with gw.urgent() as tx:
        return objection(tx, gw, stop)


def next_vote(gw: Gateway, at: datetime) -> Vote | None:
    """The election the team campaigns for, unless it is over."""
    election = gw.pack.elections.get(gw.settings.election)
    if election is None or election.ends_at <= at:
        return None
    return Vote(names=election.name, ends_at=election.ends_at)


def _end_of(tx: Connection, gw: Gateway, day: date, holder: Holder | None) -> datetime:
    territory = people.territory_of(tx, holder.contact_id) if holder else UNKNOWN_TERRITORY
    return gw.pack.calendar.end_of(day, territory=territory)


def _give_up(tx: Connection, holder: Holder, digest: bytes, choices: Sequence[Choice], at: datetime) -> int:
    standing = consents.standing(tx, holder.contact_id)
    refused = {(one.medium, one.purpose) for one in standing if one.state in SAID_NO}
    wanted: list[tuple[Medium, Purpose]] = []
    for choice in choices:
        if medium := _MEDIUM.get(choice):
            wanted += [(medium, purpose) for purpose in to_withdraw(standing, medium)]
        else:
            media, purpose = _PURPOSE[choice]
            wanted += [(medium, purpose) for medium in media]
    open_ones = sorted(dict.fromkeys(pair for pair in wanted if pair not in refused))
    cancelled = 0
    for medium, pairs in groupby(open_ones, key=lambda pair: pair[0]):
        taken = TakenBack(medium=medium, purposes=tuple(purpose for _, purpose in pairs), by=BY, means=MEANS)
        cancelled += take_back(tx, holder, digest, taken, at=at)
    return cancelled

"""Behind a fresh link: what a person agreed to, by which words; a new consent, by her own address; the end of a break.

A link is fresh when it came with the letter that answers her asking for it, a short while ago. That letter goes to the address on
file alone, so whoever holds the link reads that mailbox. It proves nothing of another channel: a consent to text messages or
calls is never given here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.audit.entry import EntryKind, entry
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import Consent, ConsentAct, ConsentState, Evidence, Purpose
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.hours import CallWindow
from gateway.domain.keys import LinkScope, LinkToken, pseudonym
from gateway.domain.language import Language, spoken_by
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.flows.consenting import Agreement, ConsentScope, TakenBack, agree, record, take_back
from gateway.flows.gateway import Gateway
from gateway.flows.notifying import Notice, notify
from gateway.flows.preferring import BY, MEANS
from gateway.flows.thanking import Given, thank
from gateway.render.wordings import Wordings, read_wordings
from gateway.store import consents, crossing, journal, outbox, people, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.people import Holder

#: How long a fresh link stays so; the letter says two days.
FRESH = timedelta(days=2)
_LETTER, _OCCASION = "personal", "preferences:"
#: What may be agreed to here, in the order of the page.
_OFFERED = (Purpose.POLITICAL, Purpose.AFTER_ELECTION, Purpose.TARGETING, Purpose.OPEN_PIXEL)
#: These speak of the campaign at hand: the consent is tied to its election.
_OF_THIS_ELECTION = (Purpose.POLITICAL, Purpose.TARGETING, Purpose.OPEN_PIXEL)
_ACT = {
    ConsentState.GRANTED: ConsentAct.GRANTED,
    ConsentState.PENDING: ConsentAct.PENDING,
    ConsentState.WITHDRAWN: ConsentAct.WITHDRAWN,
    ConsentState.REFUSED: ConsentAct.REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """One consent as the ledger has it."""

    medium: Medium
    purpose: Purpose
    state: ConsentState
    since: datetime
    form: str  #: "" when the ledger names none
    wording: str  #: the exact words, "" when the ledger has none
    means: str
    hours: str  #: agreed for calls; "" where none are
    election: str | None
    given_at: datetime | None
    collector: str | None

    @property
    def narrows(self) -> bool:
        """Whether these are hours that may be made fewer."""
        return self.state is ConsentState.GRANTED and bool(self.hours) and self.purpose is Purpose.POLITICAL

    @property
    def open(self) -> bool:
        """Whether there is something to take back."""
        return self.state in (ConsentState.GRANTED, ConsentState.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A consent that may be given, in these very words."""

    purpose: Purpose
    wording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalView:
    """What the person alone may see."""

    address: str
    language: str
    until: datetime  #: when the link is no longer fresh
    on_record: tuple[OnRecord, ...]
    objected: tuple[tuple[str, datetime], ...]  #: (medium or *, since)
    paused_until: datetime | None
    offers: tuple[Offer, ...]  #: none for somebody who objected to emails
    version: str  #: of the wordings offered


def ask_for_link(gw: Gateway, token: str) -> None:
    """Send a fresh link to the address a message went to, at most one an hour. Raises InvalidToken.

    It says nothing of whether anybody still holds the address.
    """
    link = gw.keys.read_link_token(token, LinkScope.PREFER)
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        holder = people.holder(tx, link.digest, Medium.EMAIL)
        language = spoken_by(holder.language if holder else None)
        notice = Notice(
            message_class=MessageClass.RIGHTS, letter=_LETTER, occasion=f"{_OCCASION}{at:%Y%m%d%H}", language=language
        )
        notify(tx, gw, link.digest, notice)
    gw.ring()


def read_personal(gw: Gateway, token: str, language: Language) -> PersonalView | None:
    """What is on record, when the link is fresh; None when it is not. Changes nothing. Raises InvalidToken."""
    link = gw.keys.read_link_token(token, LinkScope.PREFER)
    at = gw.clock.now()
    with reading(gw.engine) as tx:
        until = fresh_until(tx, link, at)
        holder = people.holder(tx, link.digest, Medium.EMAIL)
        if until is None or holder is None:
            return None
        listed = suppressions.of_digest(tx, link.digest)
        objected = tuple((one.medium, one.since) for one in listed if one.kind is SuppressionKind.OBJECTION)
        pauses = [one.until for one in listed if one.cause is SuppressionCause.PERSON_PAUSE and one.until and one.until > at]
        known = _on_record(tx, holder.contact_id)
        may_agree = not suppressions.present(tx, [link.digest], Medium.EMAIL, at)
    given = {one.purpose for one in known if one.medium is Medium.EMAIL and one.state is ConsentState.GRANTED}
    wordings = wordings_of(gw, language)
    offers = [Offer(purpose=one, wording=wordings.by_email[one]) for one in _OFFERED if may_agree and one not in given]
    return PersonalView(
        address=holder.value,
        language=holder.language,
        until=until,
        on_record=known,
        objected=objected,
        paused_until=max(pauses, default=None),
        offers=tuple(offers),
        version=wordings.version,
    )


def take_one_back(gw: Gateway, token: str, medium: Medium, purpose: Purpose) -> datetime:
    """Take back one consent; returns since when that holds. Raises InvalidToken, and Conflict when the link is not fresh."""
    with gw.urgent() as tx:
        crossing.leave(tx)
        link, holder, at = _fresh_holder(tx, gw, token)
        known = {(one.medium, one.purpose): one for one in consents.standing(tx, holder.contact_id)}
        standing = known.get((medium, purpose))
        if standing is not None and standing.state is ConsentState.WITHDRAWN:
            return standing.since
        take_back(tx, holder, link.digest, TakenBack(medium=medium, purposes=(purpose,), by=BY, means=MEANS), at=at)
    return at


def agree_by_email(gw: Gateway, token: str, purposes: Sequence[Purpose], language: Language) -> datetime:
    """Record consents to emails, in the words the page showed; returns since when they hold.

    Given again they change nothing. Raises InvalidToken; Conflict when the link is not fresh, or when she objected to emails.
    """
    with begin(gw.engine) as tx:
        crossing.hold(tx)
        link, holder, at = _fresh_holder(tx, gw, token)
        wordings = wordings_of(gw, language)
        standing = consents.standing(tx, holder.contact_id)
        given = {one.purpose for one in standing if one.medium is Medium.EMAIL and one.state is ConsentState.GRANTED}
        fresh = [purpose for purpose in purposes if purpose not in given]
        form = f"page de préférences, version {wordings.version} ({language})"
        for purpose in fresh:
            evidence = Evidence(
                given_at=at,
                form=form,
                wording=wordings.by_email[purpose],
                collector=gw.settings.controller.name,
                means=MEANS,
            )
            election = (gw.settings.election or None) if purpose in _OF_THIS_ELECTION else None
            scope = ConsentScope(medium=Medium.EMAIL, purpose=purpose, election=election)
            agree(tx, gw, link.digest, holder, Agreement(scope=scope, evidence=evidence, by=BY))
        if fresh:
            words = tuple(wordings.by_email[purpose] for purpose in fresh)
            thank(tx, gw, link.digest, Given(words=words, form=form, at=at, language=language))
    gw.ring()
    return at


def narrow_hours(gw: Gateway, token: str, text: str) -> datetime:
    """Keep fewer of the hours agreed for calls; a new entry of the ledger, on the evidence of the consent it narrows.

    Raises InvalidToken; Conflict when the link is not fresh or there is no consent to calls; InvalidInput, in French, for hours
    that cannot be read or that were not agreed: more hours take a new consent, and this link proves no number.
    """
    with begin(gw.engine) as tx:
        crossing.hold(tx)
        _link, holder, at = _fresh_holder(tx, gw, token)
        known = next((one for one in _on_record(tx, holder.contact_id) if one.narrows), None)
        if known is None:
            raise Conflict("aucun accord aux appels n’est en cours")
        hours = CallWindow.parse(text)
        if not hours.within(CallWindow.parse(known.hours)):
            raise InvalidInput(f"ces heures dépassent celles que vous aviez acceptées ({known.hours})")
        if str(hours) == known.hours:
            return known.since
        evidence = Evidence(
            given_at=known.given_at, form=known.form, wording=known.wording, collector=known.collector, means=known.means
        )
        kept = Consent(
            medium=Medium.CALL,
            purpose=Purpose.POLITICAL,
            act=ConsentAct.GRANTED,
            at=at,
            evidence=evidence,
            election=known.election,
            hours=hours,
        )
        record(tx, holder, kept, by=BY, at=at, promoted=None)
    return at


def end_break(gw: Gateway, token: str) -> datetime:
    """End a break before its time. Raises InvalidToken, and Conflict when the link is not fresh."""
    with begin(gw.engine) as tx:
        link, holder, at = _fresh_holder(tx, gw, token)
        gone = suppressions.end_pause(tx, {link.digest, *people.digests(tx, holder.contact_id)})
        if gone:
            told = entry(EntryKind.SUPPRESSION, at, person=pseudonym(holder.key), act="resumed", entries=gone, by=BY)
            journal.append(tx, [told])
    return at


def _fresh_holder(tx: Connection, gw: Gateway, token: str) -> tuple[LinkToken, Holder, datetime]:
    link = gw.keys.read_link_token(token, LinkScope.PREFER)
    at = gw.clock.now()
    holder = people.holder(tx, link.digest, Medium.EMAIL)
    if holder is None or fresh_until(tx, link, at) is None:
        raise Conflict("ce lien personnel ne vaut plus : demandez-en un autre")
    return link, holder, at


def fresh_until(tx: Connection, link: LinkToken, at: datetime, *, asked: str = _OCCASION) -> datetime | None:
    """Until when a link is fresh: it came with a letter that was asked for, to this very address, not long ago; else None.

    asked: how the act begins that such letters answer.
    """
    row = outbox.find(tx, link.message_id)
    if row is None or row["digest"] != link.digest or not row["occasion"].startswith(asked):
        return None
    until: datetime = (row["handed_at"] or row["due_at"]) + FRESH
    return until if at < until else None


def _on_record(tx: Connection, contact_id: int) -> tuple[OnRecord, ...]:
    ledger = consents.ledger(tx, contact_id)
    found = []
    for one in consents.standing(tx, contact_id):
        if one.state not in _ACT:
            continue
        wanted = (one.medium, one.purpose, _ACT[one.state])
        told: Mapping[str, Any] = next(
            (row for row in reversed(ledger) if (row["medium"], row["purpose"], row["act"]) == wanted), {}
        )
        found.append(
            OnRecord(
                medium=one.medium,
                purpose=one.purpose,
                state=one.state,
                since=one.since,
                form=told.get("form") or "",
                wording=told.get("wording") or "",
                means=told.get("means") or "",
                hours=one.hours or "",
                election=one.election,
                given_at=told.get("given_at"),
                collector=told.get("collector"),
            )
        )
    return tuple(found)


def wordings_of(gw: Gateway, language: Language) -> Wordings:
    """The exact sentences of consent, filled in for this installation. Raises RenderFault."""
    controller, election = gw.settings.controller, gw.pack.elections.get(gw.settings.election)
    names = {
        "controller": controller.name,
        "candidate": controller.candidate or controller.name,
        "election": election.name[language] if election else "",
    }
    return read_wordings(gw.templates, language, names)

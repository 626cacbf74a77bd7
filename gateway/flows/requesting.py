"""The one request for consent to an occasional contact, and her answer behind its link.

Yes is her positive act: a consent with its evidence, and a regular contact (rules consent-proof, contact-class). No erases her at
once: nothing is left to keep her for. Silence is never a yes; flows/keeping ends it. The link says yes once: whoever the message
was forwarded to cannot subscribe again somebody who changed her mind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gateway.domain.channel import Medium
from gateway.domain.consent import SAID_NO, Consent, ConsentAct, ConsentState, Evidence, Purpose
from gateway.domain.contact import ContactClass
from gateway.domain.keys import LinkScope, LinkToken
from gateway.domain.language import Language, spoken_by
from gateway.flows.consenting import Agreement, ConsentScope, TakenBack, agree, record, take_back, to_withdraw
from gateway.flows.gateway import Gateway
from gateway.flows.keeping import NO_FAVOURABLE_ANSWER, forget, verdict_on
from gateway.flows.listening import address_hint
from gateway.flows.personal import wordings_of
from gateway.flows.thanking import Given, thank
from gateway.render.origin import origin_sentence
from gateway.store import asking, consents, contacts, crossing, outbox, people, retaining, suppressions
from gateway.store.asking import Unanswered
from gateway.store.engine import Connection, begin, reading
from gateway.store.people import Holder

_BY, _MEANS = "la personne", "réponse à la demande d’accord"


class Standing(StrEnum):
    """Where the request stands."""

    OPEN = "open"
    AGREED = "agreed"
    WITHDRAWN = "withdrawn"  #: she agreed, then took it back
    OBJECTED = "objected"
    GONE = "gone"  #: nobody of that address is on file (any more)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """What the page of a request shows; the reader may be a stranger with a forwarded message."""

    language: str
    standing: Standing
    since: datetime | None  #: of an agreement
    address_hint: str
    origin: str  #: where her details come from, as a sentence
    wording: str  #: the exact words of a yes
    version: str
    forgotten_on: date | None  #: the day silence erases her, at the latest
    preference_token: str
    objection_token: str


def read_request(gw: Gateway, token: str, language: Language | None = None) -> RequestView:
    """What the link of a request stands for. Changes nothing. Raises InvalidToken."""
    link = gw.keys.read_link_token(token, LinkScope.ANSWER)
    with reading(gw.engine) as tx:
        holder = people.holder(tx, link.digest, Medium.EMAIL)
        standing, since = _standing(tx, link, holder, gw.clock.now())
        forgotten_on = _forgotten_on(tx, gw, holder) if holder and standing is Standing.OPEN else None
    spoken = language or spoken_by(holder.language if holder else None)
    wordings = wordings_of(gw, spoken)
    return RequestView(
        language=holder.language if holder else gw.settings.language,
        standing=standing,
        since=since,
        address_hint=address_hint(holder.value) if holder else "",
        origin=origin_sentence(holder.origin, holder.collected_on, spoken) if holder else "",
        wording=wordings.by_email[Purpose.POLITICAL],
        version=wordings.version,
        forgotten_on=forgotten_on,
        preference_token=gw.keys.link_token(LinkScope.PREFER, link.message_id, link.digest),
        objection_token=gw.keys.link_token(LinkScope.OBJECT, link.message_id, link.digest),
    )


def say_yes(gw: Gateway, token: str, language: Language) -> Standing:
    """Record her consent in the words the page showed, and make a regular contact of her; returns where the request stands now.

    Answers once: said again, or by whoever withdrew or objected since, it changes nothing. Raises InvalidToken.
    """
    link = gw.keys.read_link_token(token, LinkScope.ANSWER)
    with begin(gw.engine) as tx:
        crossing.hold(tx)
        at = gw.clock.now()
        holder = people.holder(tx, link.digest, Medium.EMAIL)
        standing, _ = _standing(tx, link, holder, at)
        if holder is None or standing is not Standing.OPEN:
            return standing
        wordings = wordings_of(gw, language)
        evidence = Evidence(
            given_at=at,
            form=f"{_form(tx, link)}, version {wordings.version} ({language})",
            wording=wordings.by_email[Purpose.POLITICAL],
            collector=gw.settings.controller.name,
            means=_MEANS,
        )
        scope = ConsentScope(medium=Medium.EMAIL, purpose=Purpose.POLITICAL, election=gw.settings.election or None)
        agree(tx, gw, link.digest, holder, Agreement(scope=scope, evidence=evidence, by=_BY))
        words = (wordings.by_email[Purpose.POLITICAL],)
        thank(tx, gw, link.digest, Given(words=words, form=evidence.form or "", at=at, language=language))
    gw.ring()
    return Standing.AGREED


def say_no(gw: Gateway, token: str) -> Standing:
    """Record her refusal and erase her at once; returns where the request stands now. Nobody asks her again, nor takes an older
    agreement for hers: the mark stays.

    Whoever said yes before takes it back, and stays the contact that she became. Safe to repeat. Raises InvalidToken.
    """
    link = gw.keys.read_link_token(token, LinkScope.ANSWER)
    with gw.urgent() as tx:
        crossing.leave(tx)
        at = gw.clock.now()
        holder = people.holder(tx, link.digest, Medium.EMAIL)
        standing, _ = _standing(tx, link, holder, at)
        if holder is not None and standing is Standing.AGREED:
            ended = to_withdraw(consents.standing(tx, holder.contact_id), Medium.EMAIL)
            take_back(tx, holder, link.digest, TakenBack(medium=Medium.EMAIL, purposes=ended, by=_BY, means=_MEANS), at=at)
            return Standing.WITHDRAWN
        if holder is None or standing is not Standing.OPEN:
            return standing
        evidence = Evidence(given_at=at, form=_form(tx, link), wording=None, collector=None, means=_MEANS)
        refusal = Consent(medium=Medium.EMAIL, purpose=Purpose.POLITICAL, act=ConsentAct.REFUSED, at=at, evidence=evidence)
        record(tx, holder, refusal, by=_BY, at=at, promoted=None)
        asking.refused(tx, link.digest, at=at)
        person = contacts.view(tx, holder.contact_id)
        if person is None or person.contact_class is not ContactClass.OCCASIONAL:
            return Standing.WITHDRAWN  # a member who says no to emails is still a member
        if retaining.stays(tx, holder.contact_id, at):
            return Standing.WITHDRAWN  # a dispute, a request or a restriction of hers keeps her; her term erases her after it
        forget(tx, gw, [holder.contact_id], [NO_FAVOURABLE_ANSWER], at=at)
    return Standing.GONE


def _standing(tx: Connection, link: LinkToken, holder: Holder | None, at: datetime) -> tuple[Standing, datetime | None]:
    if holder is None:
        return Standing.GONE, None
    if suppressions.present(tx, [link.digest], Medium.EMAIL, at):
        return Standing.OBJECTED, None
    for one in consents.standing(tx, holder.contact_id):
        if (one.medium, one.purpose) == (Medium.EMAIL, Purpose.POLITICAL):
            if one.state is ConsentState.GRANTED:
                return Standing.AGREED, one.since
            if one.state in SAID_NO:
                return Standing.WITHDRAWN, one.since
    return Standing.OPEN, None


def _forgotten_on(tx: Connection, gw: Gateway, holder: Holder) -> date | None:
    """The day the pack has her erased, if she says nothing."""
    person, asked_at = contacts.view(tx, holder.contact_id), asking.asked(tx, holder.contact_id)
    if person is None or asked_at is None or person.contact_class is not ContactClass.OCCASIONAL:
        return None
    awaited = Unanswered(contact_id=holder.contact_id, asked_at=asked_at, collection=person.collection)
    due_at = verdict_on(gw, person.origin_kind, awaited, gw.clock.now()).due_at
    return due_at.astimezone(gw.pack.calendar.zone).date() if due_at else None


def _form(tx: Connection, link: LinkToken) -> str:
    row = outbox.find(tx, link.message_id)
    return f"demande d’accord « {row['campaign']} »" if row else "demande d’accord"

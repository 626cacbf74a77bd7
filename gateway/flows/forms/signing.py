"""Signing up: what a form says is kept, and one letter asks the person whether it was she. Until she confirms, nothing changes.

Serves rules consent-proof, double-optin-confirmation, contact-class, optout-effect and purge-unconfirmed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.compliance.keep import Act
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import Consent, ConsentAct, Evidence
from gateway.domain.contact import Collection, OriginKind
from gateway.domain.errors import InvalidInput
from gateway.domain.form import Box, SignupState
from gateway.domain.keys import PERSON_KEY_BYTES, pseudonym
from gateway.domain.language import Language
from gateway.flows.consenting import record
from gateway.flows.forms.answering import Answers
from gateway.flows.forms.publishing import Version
from gateway.flows.gateway import Gateway
from gateway.flows.keeping import forget
from gateway.flows.notifying import Notice, notify
from gateway.flows.terms import SIGNUPS
from gateway.render.origin import long_day
from gateway.store import crossing, journal, origins, people, signups, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.origins import Origin
from gateway.store.people import Holder
from gateway.store.signups import NewAddress, NewSignup, SignupRow

MEANS = "formulaire en ligne"
LETTER = "confirmation"
_OCCASION = "signup:"
#: Who acts, in the journal: the person herself.
PERSON = "la personne elle-même"
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
#: Whoever has not found the letters of so many days in her mailbox finds no further one: they are a stranger's doing.
_DAYS_A_WEEK = 2
_AT_ONCE = 500
#: The rule under which whoever came by a form alone is erased.
_RULES = ("purge-unconfirmed",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """What was cleared away."""

    signups: int
    people: int  #: erased with it: nothing else spoke of them


def sign_up(gw: Gateway, version: Version, answers: Answers, language: Language) -> None:
    """Keep what a form says and ask the person to confirm. What it answers never tells whether she was known.

    Nothing is kept of, and nothing is sent to, an address that objected, or that has had its letters of the day, or of the week
    (forms.confirmations_per_day). A known person keeps everything as it is until she confirms.
    """
    at = gw.clock.now()
    digest = gw.keys.address_digest(Medium.EMAIL, answers.email.match_key)
    with begin(gw.engine) as tx:
        holder = people.holder(tx, digest, Medium.EMAIL)
        if suppressions.present(tx, [digest], Medium.EMAIL, at):
            journal.append(tx, [_turned_away(version, holder, at)])
            return
        if holder is not None and _had_enough(tx, gw, holder, at):
            return
        fresh = holder is None and _enter(tx, gw, version, answers, language)
        holder = holder or people.holder(tx, digest, Medium.EMAIL)
        if holder is None:
            raise AssertionError("somebody holds an address that was just entered")
        new = NewSignup(
            form_sha256=version.sha256,
            contact_id=holder.contact_id,
            fresh=fresh,
            language=language,
            given_at=at,
            boxes=answers.boxes,
            answers=answers.given,
        )
        signup_id = signups.add(tx, new)
        for box in boxes_of(version, answers.boxes):
            act = act_of(version, box, language, given_at=at, at=at, act=ConsentAct.PENDING)
            record(tx, holder, act, by=PERSON, at=at, promoted=None)
        journal.append(
            tx, [signup_entry("signed-up", signup_id, version, holder, at, boxes=list(answers.boxes), fresh=fresh or None)]
        )
        notice = Notice(
            message_class=MessageClass.CONFIRMATION,
            letter=LETTER,
            occasion=occasion(signup_id),
            fields={"until": long_day(last_day(gw, at), language)},
            language=language,
        )
        notify(tx, gw, digest, notice)
    gw.ring()


def lapse(gw: Gateway) -> Lapsed:
    """Clear away forms that nobody confirmed within their term (rule purge-unconfirmed), and who came to be by them alone."""
    cleared = erased = 0
    after: tuple[datetime, int] | None = None
    while True:
        with reading(gw.engine) as tx:
            waiting = signups.pending(tx, after=after, most=_AT_ONCE)
        over = [one for one in waiting if is_over(gw, one)]
        if over:
            with begin(gw.engine) as tx:
                crossing.leave(tx)
                forms, people_gone = _lapse(tx, gw, over)
            cleared, erased = cleared + forms, erased + people_gone
        if len(waiting) < _AT_ONCE:
            return Lapsed(signups=cleared, people=erased + _forget_kept_till_now(gw))
        after = (waiting[-1].given_at, waiting[-1].id)


def _had_enough(tx: Connection, gw: Gateway, holder: Holder, at: datetime) -> bool:
    """Whether she has had as many letters as may go to one address in a day, or twice as many in a week."""
    most = gw.settings.forms.confirmations_per_day
    in_a_day, in_a_week = (signups.since(tx, holder.contact_id, at - span) for span in (_DAY, _WEEK))
    return in_a_day >= most or in_a_week >= _DAYS_A_WEEK * most


def is_over(gw: Gateway, row: SignupRow) -> bool:
    """Whether the time to confirm a form is over."""
    return SIGNUPS.judge(gw, row.given_at).act is Act.DELETE


def confirm_by(gw: Gateway, given_at: datetime) -> datetime | None:
    """Until when a form that was filled in then may be confirmed."""
    return SIGNUPS.judge(gw, given_at).due_at


def last_day(gw: Gateway, given_at: datetime) -> date:
    """The last whole day on which a form that was filled in then may be confirmed: what its letter names."""
    until = confirm_by(gw, given_at)
    if until is None:
        raise AssertionError("the pack gives a sign-up its term (rule purge-unconfirmed)")
    return (until - _DAY).astimezone(gw.pack.calendar.zone).date()


def occasion(signup_id: int) -> str:
    """The act that the letter of confirmation answers."""
    return f"{_OCCASION}{signup_id}"


def signup_of(occasion: str) -> int | None:
    """The sign-up whose letter of confirmation answers that act; None for any other letter."""
    number = occasion.removeprefix(_OCCASION)
    return int(number) if number != occasion and number.isdecimal() else None


def boxes_of(version: Version, ids: tuple[str, ...]) -> list[Box]:
    """Boxes of a version. Raises InvalidInput for one it does not have."""
    found = [version.form.box(one) for one in ids]
    if None in found:
        raise InvalidInput(f"le formulaire « {version.name} » n’a pas cette case")
    return [box for box in found if box is not None]


def act_of(version: Version, box: Box, language: str, *, given_at: datetime, at: datetime, act: ConsentAct) -> Consent:
    """One box, as an entry of the ledger with all its evidence."""
    means = MEANS if act is ConsentAct.PENDING else f"{MEANS}, confirmé par le lien envoyé par courriel"
    evidence = Evidence(
        given_at=given_at, form=version.name, wording=box.text[language], collector=version.form.collector, means=means
    )
    return Consent(
        medium=box.medium, purpose=box.purpose, act=act, at=at, evidence=evidence, election=box.election, hours=box.hours
    )


def _enter(tx: Connection, gw: Gateway, version: Version, answers: Answers, language: str) -> bool:
    """A new contact, with the origin that every message will tell; False when another form made her at this very moment."""
    at = gw.clock.now()
    origin = Origin(
        kind=OriginKind.WEB_FORM,
        label=version.form.origin,
        collection=Collection.DIRECT,
        collected_on=at.astimezone(gw.pack.calendar.zone).date(),
        collector=version.form.collector,
        notice=version.name,
    )
    origin_id, new = origins.enter(tx, origin, at=at)
    if new:
        told = entry(
            EntryKind.ORIGIN,
            at,
            origin=origin_id,
            of="form",
            label=origin.label,
            collection=origin.collection.value,
            collected=origin.collected_on.isoformat() if origin.collected_on else None,
            collector=origin.collector,
        )
        journal.append(tx, [told])
    digest = gw.keys.address_digest(Medium.EMAIL, answers.email.match_key)
    email = NewAddress(medium=Medium.EMAIL, value=str(answers.email), domain=answers.email.domain, digest=digest)
    key = secrets.token_bytes(PERSON_KEY_BYTES)
    return signups.enter_person(tx, email, language=language, origin_id=origin_id, key=key, at=at)


def _lapse(tx: Connection, gw: Gateway, over: list[SignupRow]) -> tuple[int, int]:
    """Settle them, and erase whoever came to be by them alone; (forms settled, people erased)."""
    at = gw.clock.now()
    settled = [row for row in over if signups.settle(tx, row.id, SignupState.LAPSED, at=at)]
    alone = signups.by_form_alone(tx, at=at, most=_AT_ONCE, among=[row.contact_id for row in settled]) if settled else []
    told = []
    for row in settled:
        key, erased = people.key_of(tx, row.contact_id), row.contact_id in alone
        about: dict[str, Any] = {"act": "lapsed", "signup": row.id, "version": row.form_sha256, "erased": erased or None}
        told.append(entry(EntryKind.FORM, at, person=pseudonym(key) if key else None, **about))
    journal.append(tx, told)
    if alone:
        forget(tx, gw, alone, _RULES, at=at)
    return len(settled), len(alone)


def _forget_kept_till_now(gw: Gateway) -> int:
    """Erase whose form lapsed while a hold, a request or a restriction kept them, and who are kept by nothing any more."""
    total = 0
    while True:
        with reading(gw.engine) as tx:
            seen = signups.by_form_alone(tx, at=gw.clock.now(), most=_AT_ONCE)
        if not seen:
            return total
        with begin(gw.engine) as tx:
            crossing.leave(tx)
            at = gw.clock.now()
            alone = signups.by_form_alone(tx, at=at, most=_AT_ONCE, among=seen)
            if not alone:
                return total
            forget(tx, gw, alone, _RULES, at=at)
        total += len(alone)


def _turned_away(version: Version, holder: Holder | None, at: datetime) -> Entry:
    person = pseudonym(holder.key) if holder else None
    return entry(EntryKind.FORM, at, person=person, act="objected", form=version.form.id, version=version.sha256)


def signup_entry(act: str, signup_id: int, version: Version, holder: Holder, at: datetime, **more: Any) -> Entry:
    """What becomes of a form that was filled in, as the journal tells it."""
    return entry(
        EntryKind.FORM,
        at,
        person=pseudonym(holder.key),
        act=act,
        signup=signup_id,
        form=version.form.id,
        version=version.sha256,
        **more,
    )

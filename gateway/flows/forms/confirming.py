"""Confirming: the person herself says, by the link sent to her address, that she did fill in the form. Only then does it count.

Looking at the page does nothing, however often a mail scanner does it; pressing the button twice does nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, Purpose
from gateway.domain.errors import InvalidToken
from gateway.domain.form import Box, FieldName, SignupState
from gateway.domain.keys import LinkScope, LinkToken
from gateway.domain.language import Language, spoken_by
from gateway.flows.consenting import record
from gateway.flows.forms.publishing import Version, kept_version
from gateway.flows.forms.signing import PERSON, act_of, boxes_of, confirm_by, is_over, last_day, signup_entry, signup_of
from gateway.flows.gateway import Gateway
from gateway.flows.listening import address_hint
from gateway.flows.notifying import Notice, notify
from gateway.render.origin import day_and_hour
from gateway.store import contacts, crossing, forms, journal, outbox, people, signups, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.outbox import CONFIRMED
from gateway.store.people import Holder
from gateway.store.signups import Details, NewAddress, SignupRow

RECEIPT_LETTER = "receipt"
_NOTHING = {"fr": "rien", "en": "nothing"}
_BY = {
    "fr": {Medium.EMAIL: "par courriel", Medium.SMS: "par SMS", Medium.CALL: "par appel automatique"},
    "en": {Medium.EMAIL: "by email", Medium.SMS: "by SMS", Medium.CALL: "by automated call"},
}
_AGREED = {
    "fr": {
        Purpose.POLITICAL: "les messages de campagne {}",
        Purpose.TARGETING: "les messages choisis selon votre situation {}",
        Purpose.OPEN_PIXEL: "la mesure d’ouverture {}",
        Purpose.AFTER_ELECTION: "les messages d’après l’élection {}",
    },
    "en": {
        Purpose.POLITICAL: "campaign messages {}",
        Purpose.TARGETING: "messages chosen by your situation {}",
        Purpose.OPEN_PIXEL: "measuring opens {}",
        Purpose.AFTER_ELECTION: "messages after the election {}",
    },
}


class Stage(StrEnum):
    """Where a sign-up stands when its link is followed."""

    WAITING = "waiting"
    DONE = "done"
    STOPPED = "stopped"  #: it was confirmed, and an objection or a break came since
    OVER = "over"  #: too late, or an objection came since: she may fill in the form again


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What the page of a confirmation link may show."""

    stage: Stage
    form_id: str
    language: str
    title: str
    given_at: datetime
    until: datetime | None
    last_day: date | None  #: as the letter says it; None once it is over, and hours are left
    address_hint: str
    words: tuple[str, ...]  #: what was ticked, word for word
    kept_out: tuple[Medium, ...] = ()  #: channels whose objection stands, or whose number could not be taken
    only_kept: bool = False  #: once it was confirmed: she had the use of her data restricted (RGPD 18), and nothing will leave
    receipt_token: str = ""  #: once it was confirmed: leads to the receipt


class _Followed(NamedTuple):
    """A confirmation link, and all it is about."""

    link: LinkToken
    row: SignupRow
    version: Version
    holder: Holder
    only_kept: bool  #: the use of her data is restricted


def read_confirmation(gw: Gateway, token: str) -> Confirmation:
    """What a confirmation link stands for. Changes nothing. Raises InvalidToken."""
    link = gw.keys.read_link_token(token, LinkScope.CONFIRM)
    with reading(gw.engine) as tx:
        followed = _follow(tx, link, lock=False)
        return _view(gw, followed, _stage(tx, gw, followed))


def confirm(gw: Gateway, token: str) -> Confirmation:
    """Make a sign-up count: consents with all their evidence, what the person told of herself, and her receipt on its way.

    Safe to repeat. An objection in force is never lifted by it: on that channel nothing is granted. Raises InvalidToken.
    """
    link = gw.keys.read_link_token(token, LinkScope.CONFIRM)
    with begin(gw.engine) as tx:
        crossing.hold(tx)
        followed = _follow(tx, link, lock=True)
        stage = _stage(tx, gw, followed)
        if stage is not Stage.WAITING:
            return _view(gw, followed, stage)
        kept_out = _apply(tx, gw, followed)
    gw.ring()
    return _view(gw, followed, Stage.DONE, kept_out)


def _apply(tx: Connection, gw: Gateway, followed: _Followed) -> tuple[Medium, ...]:
    """Grant what may be granted; returns the channels left out."""
    at = gw.clock.now()
    row, version, holder = followed.row, followed.version, followed.holder
    boxes = boxes_of(version, row.boxes)
    signups.fill_in(tx, row.contact_id, _details(gw, row))
    reached = _reached(tx, gw, followed, boxes)
    promoted = contacts.promote(tx, row.contact_id)
    agreed = [box for box in boxes if box.medium in reached]
    for box in agreed:
        act = act_of(version, box, row.language, given_at=row.given_at, at=at, act=ConsentAct.GRANTED)
        record(tx, holder, act, by=PERSON, at=at, promoted=(promoted and box.purpose is Purpose.POLITICAL) or None)
    signups.settle(tx, row.id, SignupState.CONFIRMED, at=at)
    kept_out = tuple(sorted({box.medium for box in boxes} - reached))
    left_out = [medium.value for medium in kept_out] or None
    journal.append(tx, [signup_entry("confirmed", row.id, version, holder, at, kept_out=left_out)])
    language = spoken_by(row.language)
    receipt = Notice(
        message_class=MessageClass.RIGHTS,
        letter=RECEIPT_LETTER,
        occasion=f"{CONFIRMED}{row.id}",
        language=language,
        fields=_receipt_fields(gw, followed, agreed, language),
    )
    notify(tx, gw, followed.link.digest, receipt)
    return kept_out


def _receipt_fields(gw: Gateway, followed: _Followed, agreed: list[Box], language: Language) -> dict[str, str]:
    """What the letter itself tells: should the link ever die, it still says what was agreed to, by which form, and when."""
    zone = gw.pack.calendar.zone
    given, now = followed.row.given_at.astimezone(zone), gw.clock.now().astimezone(zone)
    words = [_AGREED[language][box.purpose].format(_BY[language][box.medium]) for box in agreed]
    return {
        "agreed": ", ".join(words) or _NOTHING[language],
        "form": followed.version.name,
        "given": day_and_hour(given, language),
        "confirmed": day_and_hour(now, language),
    }


def _reached(tx: Connection, gw: Gateway, followed: _Followed, boxes: list[Box]) -> set[Medium]:
    """Channels of the boxes by which this person may be reached: addresses of hers that no objection covers.

    A number typed into the form becomes hers here, unless it is somebody else's.
    """
    at = gw.clock.now()
    row = followed.row
    number = row.answers.get(FieldName.PHONE)
    reached = set()
    for medium in {box.medium for box in boxes}:
        if medium is Medium.EMAIL:
            digest = followed.link.digest
        elif number is None:
            continue
        else:
            digest = gw.keys.address_digest(medium, number)
        if suppressions.present(tx, [digest], medium, at):
            continue
        if medium is Medium.EMAIL or signups.add_address(
            tx, row.contact_id, NewAddress(medium=medium, value=number or "", digest=digest)
        ):
            reached.add(medium)
    suppressions.carry(tx, people.addresses_of(row.contact_id), at=at)
    return reached


def _details(gw: Gateway, row: SignupRow) -> Details:
    typed = row.answers
    born = typed.get(FieldName.BIRTH_ON)
    postcode = typed.get(FieldName.POSTCODE, "")
    return Details(
        given_name=typed.get(FieldName.GIVEN_NAME, ""),
        family_name=typed.get(FieldName.FAMILY_NAME, ""),
        postcode=postcode,
        territory=gw.pack.territory_of(postcode or None, number=typed.get(FieldName.PHONE)),
        birth_on=date.fromisoformat(born) if born else None,
    )


def _follow(tx: Connection, link: LinkToken, *, lock: bool) -> _Followed:
    """What a link is about. Raises InvalidToken when nothing of it is left: it lapsed, and the person was erased."""
    sent = outbox.find(tx, link.message_id)
    signup_id = signup_of(sent["occasion"]) if sent else None
    row = signups.find(tx, signup_id, lock=lock) if signup_id is not None else None
    holder = people.holder(tx, link.digest, Medium.EMAIL)
    version = forms.by_sha256(tx, row.form_sha256) if row else None
    if row is None or version is None or holder is None or holder.contact_id != row.contact_id:
        raise InvalidToken("this sign-up is over: it was never confirmed, or the person is no longer in our file")
    person = contacts.view(tx, row.contact_id)
    return _Followed(link, row, kept_version(version), holder, person is not None and person.restricted)


def _stage(tx: Connection, gw: Gateway, followed: _Followed) -> Stage:
    row = followed.row
    objected = suppressions.present(tx, [followed.link.digest], Medium.EMAIL, gw.clock.now())
    if row.state is SignupState.CONFIRMED:
        return Stage.STOPPED if objected else Stage.DONE
    return Stage.OVER if objected or row.state is SignupState.LAPSED or is_over(gw, row) else Stage.WAITING


def _view(gw: Gateway, followed: _Followed, stage: Stage, kept_out: tuple[Medium, ...] = ()) -> Confirmation:
    link, row, version, holder, only_kept = followed
    form = version.form
    done = stage in (Stage.DONE, Stage.STOPPED)
    day = last_day(gw, row.given_at)
    return Confirmation(
        stage=stage,
        form_id=form.id,
        language=row.language,
        title=form.title[row.language],
        given_at=row.given_at,
        until=confirm_by(gw, row.given_at),
        last_day=day if gw.clock.now().astimezone(gw.pack.calendar.zone).date() <= day else None,
        address_hint=address_hint(holder.value),
        words=tuple(box.text[row.language] for box in boxes_of(version, row.boxes)),
        kept_out=kept_out,
        only_kept=done and only_kept,
        receipt_token=gw.keys.link_token(LinkScope.RECEIPT, link.message_id, link.digest) if done else "",
    )

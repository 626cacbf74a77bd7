"""« Pourquoi ai-je reçu ce message ? »: who, which election, where the data came from; and, behind a fresh link, her rights.

The link of a message may be in a stranger's hands. So it says no more than the page of the objection does. Details, and whatever
takes or gives something, need the link that was sent a short while ago to the address on file: its holder reads that mailbox;
or the page that a code led to which went by text to the number on file (flows/rights/proving.py).
What she does here is a numbered request like any other, and is answered at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from gateway.compliance.calendar import Election
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidAddress
from gateway.domain.keys import LinkScope, LinkToken
from gateway.domain.language import Language, spoken_by
from gateway.domain.rights import Identity, RequestVia, Right
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.flows.gateway import Gateway
from gateway.flows.listening import address_hint
from gateway.flows.notifying import Notice, notify
from gateway.flows.personal import fresh_until
from gateway.flows.preferring import BY
from gateway.flows.rights import acting, copying, erasing, proving
from gateway.flows.rights.acting import Correction
from gateway.flows.rights.requests import Answer, found, open_in, settle
from gateway.render.origin import origin_sentences
from gateway.store import contacts, people, requests, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.requests import Asked, Request

Done = TypeVar("Done")

#: The letter with the fresh link; it says two days.
LETTER, _OCCASION = "own-data", "own-data:"


@dataclass(frozen=True, slots=True)
class _Proof:
    """How we know, for a while, that whoever holds a link is the person."""

    until: datetime
    medium: Medium  #: by which her address or number is known
    identity: Identity
    how: str  #: in words of the register


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyView:
    """What whoever holds the link of a message may see; it may be a stranger."""

    language: str
    address_hint: str  #: empty when the person is gone
    origin: Mapping[Language, str]  #: a sentence, by language; empty when the person is gone
    election: Mapping[str, str]  #: its name by language; empty when the team has named none
    votes_on: tuple[date, ...]
    by_mail: bool  #: a fresh link can be sent to where the message went
    by_text: bool  #: a code can be
    already_objected: bool  #: to everything, or to the channel of the message
    objected_to_all: bool
    objection_token: str
    preference_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnView:
    """What the person alone may see."""

    until: datetime  #: when the link is no longer fresh
    copy: Mapping[str, object]  #: as copying.copy_of tells it, without her messages: those are in what she downloads


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What was done for her, at once."""

    request: int
    at: datetime
    right: Right
    answer_by: datetime | None = None  #: it could not be done at once: a person answers by then


def read_why(gw: Gateway, token: str) -> WhyView:
    """What the link of a message stands for. Changes nothing. Raises InvalidToken."""
    link = gw.keys.read_link_token(token, LinkScope.WHY)
    with reading(gw.engine) as tx:
        holder = people.holder(tx, link.digest)
        medium = people.medium_of(tx, link.digest) or Medium.EMAIL
        objected = bool(suppressions.present(tx, [link.digest], medium, gw.clock.now()))
        to_all = suppressions.objected_at(tx, link.digest, EVERY_MEDIUM) is not None
    election: Election | None = gw.pack.elections.get(gw.settings.election)
    return WhyView(
        language=holder.language if holder else gw.settings.language,
        address_hint=address_hint(holder.value) if holder else "",
        origin=origin_sentences(holder.origin, holder.collected_on) if holder else {},
        election=election.name if election else {},
        votes_on=tuple(one.votes_on for one in election.rounds) if election else (),
        by_mail=medium is Medium.EMAIL,
        by_text=medium is not Medium.EMAIL and holder is not None and _mobile(gw, holder.value) is not None,
        already_objected=objected,
        objected_to_all=to_all,
        objection_token=gw.keys.link_token(LinkScope.OBJECT, link.message_id, link.digest),
        preference_token=gw.keys.link_token(LinkScope.PREFER, link.message_id, link.digest),
    )


def read_own(gw: Gateway, token: str, language: Language) -> OwnView | None:
    """Everything on record, when the link is fresh; None when it is not. Changes nothing. Raises InvalidToken."""
    link = gw.keys.read_link_token(token, LinkScope.WHY)
    with reading(gw.engine) as tx:
        proof = _proof(tx, link, gw.clock.now())
        holder = people.holder(tx, link.digest, proof.medium) if proof else None
        if proof is None or holder is None:
            return None
        return OwnView(until=proof.until, copy=copying.copy_of(tx, gw, holder.contact_id, language, with_messages=False))


def ask_for_own_link(gw: Gateway, token: str) -> None:
    """Send a fresh link to the address a message went to, at most one an hour. Raises InvalidToken.

    It says nothing of whether anybody still holds the address. Whoever was written to by text or call gets it at her email
    address, if we have one: a link proves a mailbox.
    """
    link = gw.keys.read_link_token(token, LinkScope.WHY)
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        holder = people.holder(tx, link.digest)
        digest = _mailbox(tx, holder.contact_id, link.digest) if holder is not None else None
        if holder is not None and digest is not None:
            language = spoken_by(holder.language)
            occasion = f"{_OCCASION}{at:%Y%m%d%H}"
            asked = Notice(message_class=MessageClass.RIGHTS, letter=LETTER, occasion=occasion, language=language)
            notify(tx, gw, digest, asked)
    gw.ring()


def _mailbox(tx: Connection, contact_id: int, wrote_to: bytes) -> bytes | None:
    """The email address a message went to; else the first one she has; None when there is none."""
    mailboxes = [one.digest for one in contacts.addresses(tx, contact_id) if one.medium is Medium.EMAIL]
    return wrote_to if wrote_to in mailboxes else next(iter(mailboxes), None)


def ask_for_code(gw: Gateway, token: str) -> str:
    """Text a code to the number a message went to; returns the token of the page where it is typed in. Raises InvalidToken.

    The same is done and said whether anybody still holds the number or not.
    """
    link = gw.keys.read_link_token(token, LinkScope.WHY)
    with reading(gw.engine) as tx:
        holder = people.holder(tx, link.digest)
    # A call went to the number under another digest than a text does.
    digest = (_mobile(gw, holder.value) if holder else None) or link.digest
    proving.send_code(gw, digest)
    return proving.page_token(gw, digest)


def _mobile(gw: Gateway, number: str) -> bytes | None:
    """Digest by which a number is known for texts; None for a landline, and where no text can be sent."""
    try:
        return proving.number_digest(gw, number) if proving.sends_texts(gw) else None
    except InvalidAddress:
        return None


def _proof(tx: Connection, link: LinkToken, at: datetime) -> _Proof | None:
    """How the holder of a link is known to be the person; None when it is a link that anybody may have."""
    if (until := fresh_until(tx, link, at, asked=_OCCASION)) is not None:
        return _Proof(until, Medium.EMAIL, Identity.MAILBOX, "lien envoyé à l’adresse du fichier")
    if (until := proving.open_until(tx, link)) is not None and at < until:
        return _Proof(until, Medium.SMS, Identity.TELEPHONE, "code envoyé par SMS au numéro du fichier")
    return None


def download(gw: Gateway, token: str, language: Language) -> bytes:
    """A zip of everything on record; access given, and journalled. Raises InvalidToken, Conflict when the link is not fresh."""

    def give(tx: Connection, request: Request, contact_id: int) -> bytes:
        body = copying.zipped(gw, copying.copy_of(tx, gw, contact_id, language))
        copying.told(tx, gw, contact_id, by=BY, request=request.id)
        settle(tx, gw, request, Answer(by=BY))
        return body

    return _carry_out(gw, token, Right.ACCESS, give)[1]


def correct(gw: Gateway, token: str, correction: Correction) -> Carried:
    """Put right what she says is wrong. Raises InvalidToken; InvalidInput when nothing differs; Conflict as above."""

    def write(tx: Connection, request: Request, _contact_id: int) -> None:
        acting.correct(tx, gw, request, correction, by=BY)
        settle(tx, gw, request, Answer(by=BY))

    return _carry_out(gw, token, Right.RECTIFICATION, write)[0]


def restrict(gw: Gateway, token: str) -> Carried:
    """Keep her data and send her nothing. Raises InvalidToken, Conflict as above.

    Pressed again while that stands, it is the request that brought it about, and its instant: no second one is opened.
    """
    with begin(gw.engine) as tx:
        asked, contact_id = _asked(tx, gw, token, Right.RESTRICTION)
        standing = acting.restriction(tx, contact_id)
        if standing is not None and standing.answered_at is not None:
            return Carried(request=standing.id, at=standing.answered_at, right=Right.RESTRICTION)
        number, _ = open_in(tx, gw, asked)
        at = acting.restrict_in(tx, gw, found(tx, number), by=BY)
    return Carried(request=number, at=at, right=Right.RESTRICTION)


def erase(gw: Gateway, token: str) -> Carried:
    """Erase her everywhere; free space is swept by the ticker. Raises InvalidToken, Conflict as above.

    Under a hold nothing is erased: her request stays open, and a person answers it.
    """
    try:
        return _carry_out(gw, token, Right.ERASURE, lambda tx, request, _: erasing.erase_in(tx, gw, request, by=BY))[0]
    except erasing.UnderHold:
        done, due = _carry_out(gw, token, Right.ERASURE, lambda _tx, request, _: request.deadline_at)
        return replace(done, answer_by=due)


def _carry_out(gw: Gateway, token: str, right: Right, act: Callable[[Connection, Request, int], Done]) -> tuple[Carried, Done]:
    """A request and its answer in one transaction; one that was open already is the one that is answered."""
    with begin(gw.engine) as tx:
        asked, contact_id = _asked(tx, gw, token, right)
        number, _ = open_in(tx, gw, asked)
        done = act(tx, found(tx, number), contact_id)
    return Carried(request=number, at=asked.received_at, right=right), done


def _asked(tx: Connection, gw: Gateway, token: str, right: Right) -> tuple[Asked, int]:
    """What the holder of a link asks, one at a time, and who she is. Raises InvalidToken, Conflict when the link is not fresh."""
    link: LinkToken = gw.keys.read_link_token(token, LinkScope.WHY)
    requests.one_by_one(tx, link.digest)
    at = gw.clock.now()
    proof = _proof(tx, link, at)
    holder = people.holder(tx, link.digest, proof.medium) if proof else None
    if proof is None or holder is None:
        raise Conflict("ce lien personnel ne vaut plus : demandez-en un autre")
    asked = Asked(
        right=right,
        via=RequestVia.PAGE,
        received_at=at,
        contact_id=holder.contact_id,
        digest=link.digest,
        identity=proof.identity,
        identity_how=proof.how,
    )
    return asked, holder.contact_id

"""One inbound mail: kept once, read, its effect and its journal entries in one transaction.

A mail delivered again, by the same way or another, changes nothing. Nothing automatic is ever answered. Serves rules
email-bounce, email-fbl, optout-effect and purge-logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import assert_never

from gateway.audit.entry import EntryKind, entry
from gateway.channels.inbound import MailKind, MailReport, read_mail
from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.reply import InboxKind, Intent
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Reply, as_objection, hear_in, keep_until
from gateway.flows.listening import objection
from gateway.flows.receiving.effects import Effect, bounced, complained, unsubscribed
from gateway.flows.receiving.ownletter import ANSWERS, beside_our_subject, without_our_notices
from gateway.flows.receiving.tokens import holds_a_link, spoken_of
from gateway.render.content import EmailContent
from gateway.store import campaigns, inbox, journal, people
from gateway.store.engine import Connection, begin
from gateway.store.folding import two_people
from gateway.store.inbox import Incoming, Read
from gateway.store.people import Holder
from gateway.store.receipts import Addressee

_KINDS = {
    MailKind.BOUNCE: InboxKind.BOUNCE,
    MailKind.COMPLAINT: InboxKind.COMPLAINT,
    MailKind.UNSUBSCRIBE: InboxKind.UNSUBSCRIBE,
    MailKind.VACATION: InboxKind.VACATION,
    MailKind.REPLY: InboxKind.REPLY,
    MailKind.OTHER: InboxKind.OTHER,
}
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one inbound mail."""

    letter_id: int | None  #: its number in the inbox; None when it had been kept before
    kind: InboxKind
    message_id: int | None = None  #: the message it speaks of
    effect: str = ""  #: what it did, in a word of the journal
    intent: Intent | None = None  #: of a person's reply
    again: bool = False  #: it had been delivered before, and nothing was done


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A mail, read, with the message of ours it speaks of."""

    raw: bytes
    report: MailReport
    key: str
    at: datetime
    addressee: Addressee | None

    @property
    def of_nobody(self) -> bool:
        """Whether it speaks of a message to somebody who was erased since: its words would name her again."""
        return self.addressee is not None and self.addressee.address is None

    @property
    def message_id(self) -> int | None:
        return self.addressee.message_id if self.addressee else None


def receive(gw: Gateway, raw: bytes, envelope_to: tuple[str, ...] = ()) -> Received:
    """Take one mail in; committed before this returns. What is longer than inbound.bytes_max is cut.

    envelope_to: recipients of the envelope, where its carrier knows them. Raises StoreUnavailable: nothing was kept then, and the
    mail is to be delivered again.
    """
    raw = raw[: gw.settings.inbound.bytes_max]
    report = read_mail(raw, envelope_to=envelope_to)
    with begin(gw.engine) if report.kind is MailKind.BOUNCE else gw.urgent() as tx:
        addressee = spoken_of(tx, gw, report, raw)
        key = _key(report, raw, gw.settings.inbound.bytes_max // 4)
        mail = _Opened(raw=raw, report=report, key=key, at=gw.clock.now(), addressee=addressee)
        kind = _KINDS[report.kind]
        if kind is InboxKind.REPLY:
            if addressee and holds_a_link(gw, report):
                kind = InboxKind.UNSUBSCRIBE
            elif authors := _authors(tx, gw, mail):
                return _hear(tx, gw, mail, authors)
        return _take(tx, gw, mail, kind)


def _take(tx: Connection, gw: Gateway, mail: _Opened, kind: InboxKind) -> Received:
    """Whatever is no person's own words."""
    letter_id = inbox.keep(tx, _incoming(tx, gw, mail, kind))
    if letter_id is None:
        return Received(letter_id=None, kind=kind, again=True)
    effect = _effect(tx, gw, mail, kind)
    noted = Read(
        intent=None,
        evidence=effect.evidence or mail.report.reason or None,
        effective_at=effect.effective_at,
        settled=None if effect.asks else effect.settlement,
    )
    inbox.read(tx, letter_id, noted, at=mail.at)
    told = entry(
        EntryKind.INBOUND,
        mail.at,
        message_id=mail.message_id,
        letter=letter_id,
        of=kind.value,
        effect=effect.evidence or None,
    )
    journal.append(tx, [told, *effect.entries])
    return Received(letter_id=letter_id, kind=kind, message_id=mail.message_id, effect=effect.evidence)


def _effect(tx: Connection, gw: Gateway, mail: _Opened, kind: InboxKind) -> Effect:
    match kind:
        case InboxKind.BOUNCE:
            return bounced(tx, gw, mail.report, mail.addressee)
        case InboxKind.COMPLAINT:
            return complained(tx, gw, mail.report, mail.addressee)
        case InboxKind.UNSUBSCRIBE:
            return unsubscribed(tx, gw, mail.addressee, _askers(tx, gw, mail))
        case InboxKind.VACATION:
            return Effect(evidence="")
        case InboxKind.REPLY | InboxKind.OTHER | InboxKind.CALLBACK:
            # Of a person nobody can name, or of nobody knows what: a human looks, unless a machine wrote it.
            return Effect(evidence="", asks=not mail.report.auto)
        case never:
            assert_never(never)


def _hear(tx: Connection, gw: Gateway, mail: _Opened, authors: tuple[bytes, ...]) -> Received:
    """What a person wrote. Under two addresses, a STOP stops both: the one we wrote to, and the one she writes from."""
    first, *others = authors
    reply = Reply(
        medium=Medium.EMAIL,
        sender_digest=first,
        text=_words(tx, gw, mail),
        received_at=mail.at,
        provider_id=mail.key,
        message_id=mail.message_id,
        body=mail.raw,
    )
    heard = hear_in(tx, gw, reply)
    if heard.fresh and heard.objection:
        for other in others:
            theirs = replace(reply, sender_digest=other, message_id=None)
            objection(tx, gw, as_objection(theirs, every_medium=heard.every_medium))
    return Received(
        letter_id=heard.letter_id,
        kind=InboxKind.REPLY,
        message_id=reply.message_id,
        effect=heard.intent.value,
        intent=heard.intent,
        again=not heard.fresh,
    )


def _askers(tx: Connection, gw: Gateway, mail: _Opened) -> tuple[bytes, ...]:
    """Digests of whoever wrote, when she asks for herself; a provider that passes an opt-out on asks for somebody else."""
    asked_for = {(each.address or "").casefold() for each in mail.report.recipients}
    return _authors(tx, gw, mail) if mail.report.sender.casefold() in asked_for else ()


def _authors(tx: Connection, gw: Gateway, mail: _Opened) -> tuple[bytes, ...]:
    """Digests of whoever wrote: of the address we had written to, then of the one she writes from, or the other way round when we
    know that one.

    Whoever is known to us by another first name answers a letter that was forwarded, and speaks for that address alone.
    """
    written_to = (mail.addressee.digest,) if mail.addressee else ()
    try:
        sender = EmailAddress.parse(mail.report.sender)
    except InvalidAddress:
        return written_to
    digest = gw.keys.address_digest(Medium.EMAIL, sender.match_key)
    writer = people.holder(tx, digest, Medium.EMAIL)
    if writer is None:
        return tuple(dict.fromkeys((*written_to, digest)))
    hers = (one for one in written_to if one != digest and not _are_two(tx, writer, people.holder(tx, one, Medium.EMAIL)))
    return (digest, *hers)


def _are_two(tx: Connection, writer: Holder, reader: Holder | None) -> bool:
    """Whether the file knows two people by these two addresses: what it does not say of their names speaks against nothing."""
    if reader is None:
        return False
    known = [people.names(tx, one.contact_id) or {} for one in (writer, reader)]
    one, other = ((each.get("family_name", ""), each.get("given_name", "")) for each in known)
    return two_people(one, other)


def _words(tx: Connection, gw: Gateway, mail: _Opened) -> str:
    """What a person says: a STOP may stand in the subject alone. The subject of an answer is ours, not hers; where she wrote
    nothing else, what she added to it is hers."""
    report = mail.report
    said = without_our_notices(report.text, gw.templates, gw.settings.controller.retention).strip()
    if not ANSWERS.match(report.subject):
        return "\n".join(filter(None, (report.subject, said)))
    return said or beside_our_subject(report.subject, _our_subject(tx, mail))


def _our_subject(tx: Connection, mail: _Opened) -> str:
    """The subject of the letter that is answered; empty when nobody knows which one that was."""
    sent = campaigns.by_id(tx, mail.addressee.campaign_id) if mail.addressee else None
    content = Definition.from_body(sent.definition).content if sent else None
    return content.subject if isinstance(content, EmailContent) else ""


def _incoming(tx: Connection, gw: Gateway, mail: _Opened, kind: InboxKind) -> Incoming:
    """What is kept, under whoever it is about, so that it can be found when she asks for what we hold."""
    about = _authors(tx, gw, mail) if kind is InboxKind.VACATION else ()
    return Incoming(
        medium=Medium.EMAIL,
        provider_id=mail.key,
        kind=kind,
        digest=mail.addressee.digest if mail.addressee else next(iter(about), None),
        received_at=mail.at,
        kept_at=mail.at,
        body=None if mail.of_nobody else mail.raw,
        message_id=mail.message_id,
        keep_until=keep_until(gw, mail.at),
    )


def _key(report: MailReport, raw: bytes, bytes_max: int) -> str:
    """The same for the same mail, whatever servers it went through: its Message-ID, what it says, and whom it was sent to.

    A Message-ID alone would let a stranger's mail take the place of one to come. Where there is none, who wrote stands for it:
    two people may both have said nothing but « stop ». Of its text the first bytes_max count: a long one is cut where its way has
    it, with line ends of one byte or two.
    """
    body = _BLANK_LINE.split(raw, maxsplit=1)[-1].replace(b"\r\n", b"\n").strip()[:bytes_max]
    whom = ",".join(sorted(report.tokens))
    held = sha256(f"{report.message_id or report.sender}\0{whom}\0{report.subject}\0".encode("utf-8", "replace") + body)
    return f"sha256:{held.hexdigest()}"

"""One inbound mail: kept once, read, its effect and its journal entries in one transaction.

A mail delivered again, by the same way or another, changes nothing. Nothing automatic is ever answered. Serves rules
email-bounce, email-fbl, optout-effect and purge-logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, assert_never

from gateway.audit.entry import EntryKind, entry
from gateway.channels.inbound import MailKind, MailReport, read_mail
from gateway.compliance.keep import keep
from gateway.compliance.kept import KeptFacts, Moment, RecordKind
from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.reply import InboxKind, Intent
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Reply, hear_in
from gateway.flows.receiving.effects import Effect, bounced, complained, unsubscribed
from gateway.flows.receiving.tokens import holds_a_link, spoken_of
from gateway.store import inbox, journal, people
from gateway.store.engine import Connection, begin
from gateway.store.inbox import Incoming, Read
from gateway.store.receipts import Addressee

_KINDS = {
    MailKind.BOUNCE: InboxKind.BOUNCE,
    MailKind.COMPLAINT: InboxKind.COMPLAINT,
    MailKind.UNSUBSCRIBE: InboxKind.UNSUBSCRIBE,
    MailKind.VACATION: InboxKind.VACATION,
    MailKind.REPLY: InboxKind.REPLY,
    MailKind.OTHER: InboxKind.OTHER,
}
_ANSWER = re.compile(r"\s*(?:re|tr|fwd?|aw|sv|réf?)\s?:", re.IGNORECASE)
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


def receive(gw: Gateway, raw: bytes, envelope_to: tuple[str, ...] = ()) -> Received:
    """Take one mail in; committed before this returns. What is longer than inbound.bytes_max is cut.

    envelope_to: recipients of the envelope, where its carrier knows them. Raises StoreUnavailable: nothing was kept then, and the
    mail is to be delivered again.
    """
    raw = raw[: gw.settings.inbound.bytes_max]
    report = read_mail(raw, envelope_to=envelope_to)
    key = _key(report, raw, envelope_to)
    with begin(gw.engine) as tx:
        addressee = spoken_of(tx, gw, report, raw)
        kind = _KINDS[report.kind]
        if kind is InboxKind.REPLY:
            if addressee and holds_a_link(gw, report):
                kind = InboxKind.UNSUBSCRIBE
            elif (digest := _author(tx, gw, report, addressee)) is not None:
                return _hear(tx, gw, Reply(**_kept(gw, key, addressee, raw), sender_digest=digest, text=_words(report)))
        digest = addressee.digest if addressee else _author(tx, gw, report, None) if kind is InboxKind.VACATION else None
        return _take(tx, gw, report, _incoming(gw, _kept(gw, key, addressee, raw), kind, digest), addressee)


def _take(tx: Connection, gw: Gateway, report: MailReport, incoming: Incoming, addressee: Addressee | None) -> Received:
    """Whatever is no person's own words."""
    letter_id = inbox.keep(tx, incoming)
    if letter_id is None:
        return Received(letter_id=None, kind=incoming.kind, again=True)
    effect = _effect(tx, gw, report, incoming.kind, addressee)
    at = incoming.kept_at
    noted = Read(
        intent=None,
        evidence=effect.evidence or report.reason or None,
        effective_at=effect.effective_at,
        settled=None if effect.asks else effect.settlement,
    )
    inbox.read(tx, letter_id, noted, at=at)
    told = entry(
        EntryKind.INBOUND,
        at,
        message_id=incoming.message_id,
        letter=letter_id,
        of=incoming.kind.value,
        effect=effect.evidence or None,
    )
    journal.append(tx, [told, *effect.entries])
    return Received(letter_id=letter_id, kind=incoming.kind, message_id=incoming.message_id, effect=effect.evidence)


def _effect(tx: Connection, gw: Gateway, report: MailReport, kind: InboxKind, addressee: Addressee | None) -> Effect:
    match kind:
        case InboxKind.BOUNCE:
            return bounced(tx, gw, report, addressee)
        case InboxKind.COMPLAINT:
            return complained(tx, gw, report, addressee)
        case InboxKind.UNSUBSCRIBE:
            return unsubscribed(tx, gw, addressee)
        case InboxKind.VACATION:
            return Effect(evidence="")
        case InboxKind.REPLY | InboxKind.OTHER | InboxKind.CALLBACK:
            # Of a person nobody can name, or of nobody knows what: a human looks, unless a machine wrote it.
            return Effect(evidence="", asks=not report.auto)
        case never:
            assert_never(never)


def _hear(tx: Connection, gw: Gateway, reply: Reply) -> Received:
    heard = hear_in(tx, gw, reply)
    return Received(
        letter_id=heard.letter_id,
        kind=InboxKind.REPLY,
        message_id=reply.message_id,
        effect=heard.intent.value,
        intent=heard.intent,
        again=not heard.fresh,
    )


def _author(tx: Connection, gw: Gateway, report: MailReport, addressee: Addressee | None) -> bytes | None:
    """Digest of whoever wrote: of the address she writes from when we know it, else of the one we had written to."""
    try:
        sender = EmailAddress.parse(report.sender)
    except InvalidAddress:
        return addressee.digest if addressee else None
    digest = gw.keys.address_digest(Medium.EMAIL, sender.match_key)
    if addressee is not None and people.holder(tx, digest, Medium.EMAIL) is None:
        return addressee.digest
    return digest


def _words(report: MailReport) -> str:
    """What a person says: a STOP may stand in the subject alone. The subject of an answer is ours, not hers."""
    subject = "" if _ANSWER.match(report.subject) else report.subject
    return "\n".join(filter(None, (subject, report.text)))


def _kept(gw: Gateway, key: str, addressee: Addressee | None, raw: bytes) -> dict[str, Any]:
    """What is kept of any mail."""
    return {
        "medium": Medium.EMAIL,
        "provider_id": key,
        "received_at": gw.clock.now(),
        "message_id": addressee.message_id if addressee else None,
        "body": raw,
    }


def _incoming(gw: Gateway, kept: dict[str, Any], kind: InboxKind, digest: bytes | None) -> Incoming:
    """digest: of whoever it is about, so that it can be found when she asks for what we hold."""
    at = gw.clock.now()
    term = keep(KeptFacts(at=at, record=RecordKind.PROVIDER_PAYLOAD, moments=((Moment.CREATED, at),)), gw.pack)
    return Incoming(**kept, kind=kind, digest=digest, kept_at=at, keep_until=term.due_at)


def _key(report: MailReport, raw: bytes, envelope_to: tuple[str, ...]) -> str:
    """The same for the same mail, whatever servers it went through: its Message-ID, what it says, and whom it was sent to.

    A Message-ID alone would let a stranger's mail take the place of one to come.
    """
    body = _BLANK_LINE.split(raw, maxsplit=1)[-1].replace(b"\r\n", b"\n").strip()
    whom = ",".join(sorted(one.casefold() for one in envelope_to)) or ",".join(report.tokens)
    held = sha256(f"{report.message_id}\0{whom}\0{report.subject}\0".encode("utf-8", "replace") + body)
    return f"sha256:{held.hexdigest()}"

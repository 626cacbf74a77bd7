"""What a bounce, a complaint or an unsubscription by mail does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.channels.inbound import MailReport, RecipientReport, Verdict
from gateway.domain.channel import Medium
from gateway.domain.keys import pseudonym
from gateway.domain.message import MessageState
from gateway.domain.receipt import Evidence, ReceiptKind
from gateway.domain.reply import Settlement
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.listening import Stop, objection
from gateway.flows.sending.doubts import resolve
from gateway.flows.sending.outcomes import redacted
from gateway.flows.sending.returning import returned, take_effect
from gateway.store import receipts
from gateway.store.engine import Connection
from gateway.store.receipts import Addressee

_KINDS = {
    Verdict.HARD: ReceiptKind.DEAD,
    Verdict.SOFT: ReceiptKind.FAILED,
    Verdict.FULL: ReceiptKind.FULL,
    Verdict.BLOCKED: ReceiptKind.BLOCKED,
    Verdict.MISROUTED: ReceiptKind.BLOCKED,
    Verdict.POLICY: ReceiptKind.REFUSED,
    Verdict.EXPIRED: ReceiptKind.EXPIRED,
    Verdict.DELIVERED: ReceiptKind.DELIVERED,
    Verdict.UNKNOWN: ReceiptKind.UNKNOWN,
}
#: A bounce that proves no message of ours: kept, shown, and without effect.
UNPROVEN = "unproven"
#: So many domains whose servers carry no mail for them are no accident: the relay does not know us.
_DOMAINS_MISROUTED = 3
#: The relay still tries: nothing is decided.
DELAYED = "delayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a mail did."""

    evidence: str  #: what was found, in a word or two of the journal
    effective_at: datetime | None = None  #: since when its author is not written to because of it
    settlement: Settlement = Settlement.FILED
    asks: bool = False  #: somebody has to look
    entries: tuple[Entry, ...] = ()


def bounced(tx: Connection, gw: Gateway, report: MailReport, addressee: Addressee | None) -> Effect:
    """A server speaks of a message: only a return path of ours proves which (rule email-bounce)."""
    if addressee is None:
        return Effect(evidence=UNPROVEN)
    said = _about(report.recipients, addressee)
    if said is not None and not said.final:
        return Effect(evidence=DELAYED)
    kind = _kind(said)
    shown = Evidence(
        at=gw.clock.now(),
        code=said.status[:40] if said else "",
        reply=redacted(said.reply, addressee.address) if said and addressee.address else "",
    )
    came_back = returned(addressee, kind, shown)
    receipts.add(tx, came_back)
    entries = [*_settle_doubt(tx, addressee, shown), _receipt(addressee, kind, shown)]
    if not _only_her_domain(tx, said, addressee):
        entries += take_effect(tx, gw, came_back)
    return Effect(evidence=kind.value, entries=tuple(entries))


def _kind(said: RecipientReport | None) -> ReceiptKind:
    """Of a letter that she has forwarded, the next server judges the one that forwards it, not us."""
    if said is None:
        return ReceiptKind.UNKNOWN
    passed_on = said.forwarded_to is not None and _domain(said.forwarded_to) != _domain(said.address)
    return ReceiptKind.REFUSED if said.verdict is Verdict.BLOCKED and passed_on else _KINDS[said.verdict]


def _only_her_domain(tx: Connection, said: RecipientReport | None, addressee: Addressee) -> bool:
    """Whether a server that carries no mail for a domain says something of that domain alone, as far as we have heard."""
    if said is None or said.verdict is not Verdict.MISROUTED:
        return False
    return receipts.domains_blocking(tx, addressee.campaign_id) < _DOMAINS_MISROUTED


def _domain(address: str | None) -> str:
    return (address or "").rpartition("@")[2].casefold()


def complained(tx: Connection, gw: Gateway, report: MailReport, addressee: Addressee | None) -> Effect:
    """A person told her provider that she does not want this: an objection, even after she was erased (rule email-fbl)."""
    if addressee is None:
        return Effect(evidence=UNPROVEN, asks=True)
    shown = Evidence(at=gw.clock.now(), code=report.feedback[:40])
    receipts.add(tx, returned(addressee, ReceiptKind.COMPLAINT, shown))
    effective_at = _object(tx, gw, addressee, SuppressionCause.COMPLAINT)
    return Effect(
        evidence=ReceiptKind.COMPLAINT.value,
        effective_at=effective_at,
        settlement=Settlement.OBJECTION,
        entries=(_receipt(addressee, ReceiptKind.COMPLAINT, shown),),
    )


def unsubscribed(tx: Connection, gw: Gateway, addressee: Addressee | None, askers: Sequence[bytes] = ()) -> Effect:
    """A mail to the unsubscribe address of a message, or an opt-out a provider passes on: an objection at once.

    askers: digests of whoever wrote it for herself. Where no token of ours says which message it was, her address is enough to
    stop writing to it: as with STOP, nobody gains by forging it.
    """
    if addressee is not None:
        effective_at = _object(tx, gw, addressee, SuppressionCause.UNSUBSCRIBE_LINK)
    elif askers:
        effective_at = max(_object_of(tx, gw, digest, SuppressionCause.UNSUBSCRIBE_LINK) for digest in askers)
    else:
        return Effect(evidence=UNPROVEN, asks=True)
    return Effect(evidence="unsubscribed", effective_at=effective_at, settlement=Settlement.OBJECTION)


def _object(tx: Connection, gw: Gateway, addressee: Addressee, cause: SuppressionCause) -> datetime:
    return _object_of(tx, gw, addressee.digest, cause, addressee.message_id)


def _object_of(tx: Connection, gw: Gateway, digest: bytes, cause: SuppressionCause, message_id: int | None = None) -> datetime:
    stop = Stop(digest=digest, medium=Medium.EMAIL, cause=cause, received_at=gw.clock.now(), message_id=message_id)
    return objection(tx, gw, stop).effective_at


def _about(recipients: Sequence[RecipientReport], addressee: Addressee) -> RecipientReport | None:
    """What a report says of the one we wrote to; of whoever it names first when she forwards her mail."""
    wanted = (addressee.address or "").casefold()
    hers = (one for one in recipients if one.address and one.address.casefold() == wanted)
    return next(hers, recipients[0] if recipients else None)


def _settle_doubt(tx: Connection, addressee: Addressee, shown: Evidence) -> list[Entry]:
    """uncertain -> accepted: a server speaks of the message, so it was taken."""
    words = f"revenu : {shown.code} {shown.reply}".strip()
    return resolve(tx, addressee.message_id, MessageState.ACCEPTED, "a report came back", at=shown.at, reply=words)


def _receipt(addressee: Addressee, kind: ReceiptKind, shown: Evidence) -> Entry:
    return entry(
        EntryKind.RECEIPT,
        shown.at,
        campaign_id=addressee.campaign_id,
        message_id=addressee.message_id,
        person=pseudonym(addressee.key) if addressee.key else None,
        receipt=kind.value,
        code=shown.code or None,
        reply=shown.reply or None,
    )

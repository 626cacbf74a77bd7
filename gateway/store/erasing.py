"""Erasure of people: whatever shows who they were goes; what must outlive them (digests, journal, sums) stays, nameless."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, and_, case, cast, delete, exists, func, insert, or_, select, update

from gateway.domain.channel import Medium
from gateway.domain.message import DUE_STATES, MessageState
from gateway.domain.reply import InboxState, Settlement
from gateway.store.outbox import cancelled, in_states
from gateway.store.tables import (
    address,
    call_document,
    consent_event,
    contact,
    erasure_round,
    inbox,
    message,
    pace,
    receipt,
    rights_request,
)

#: Reason on messages that end because the person was erased; no pack makes it.
PERSON_GONE = "person-gone"
#: Who settled what she had written, when nobody needs to look at it any more.
_BY = "effacement"
_ROWS_AT_ONCE = 500
#: What may be an address or a number in what came in from nobody knows whom. No part is longer than an address has it: a letter
#: without end would be gone through again from each of its letters, while everybody else waits for the erasure.
_TOKENS = re.compile(rb"[A-Za-z0-9._%+'-]{1,64}(?:@|%40|=40)[A-Za-z0-9.-]{1,255}|\+?\d[\d .-]{7,}\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What went, in numbers: the certificate."""

    contacts: int
    addresses: int
    consent_acts: int
    messages_cancelled: int
    letters: int = 0  #: of the inbox, whose words went


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """By what people can be recognised outside of the tables about them."""

    #: Of their addresses, and of those they had when they were written to, unless others have them now.
    digests: tuple[bytes, ...]
    values: frozenset[str]  #: addresses and numbers, as stored and as typed
    domains: frozenset[str]
    samples: tuple[int, ...] = ()  #: test copies that showed their details
    former: frozenset[bytes] = frozenset()  #: those of `digests` of which no value is known any more
    former_letters: tuple[int, ...] = ()  #: messages that went there


@dataclass(frozen=True, slots=True)
class Reader:
    """How what came in from nobody knows whom is read."""

    #: The digests by which an address or a number may be known, however it is written; none of what is neither.
    digests_of: Callable[[str], Collection[bytes]]
    #: What stands in a mail once its encodings are undone: an address in base64 is an address.
    opened: Callable[[bytes], bytes]


def traces(tx: Connection, contact_ids: Sequence[int]) -> Traces:
    """Everything that names these people outside of the tables about them."""
    a = address.c
    rows = tx.execute(select(a.digest, a.value, a.typed, a.domain).where(a.contact_id.in_(list(contact_ids)))).all()
    samples = tx.execute(select(message.c.id).where(message.c.sample_id.in_(list(contact_ids)))).scalars()
    somebody_elses = exists().where(a.digest == message.c.digest, a.contact_id.not_in(list(contact_ids)))
    theirs = select(message.c.digest).where(message.c.contact_id.in_(list(contact_ids)), ~somebody_elses)
    written_to = tx.execute(theirs.distinct()).scalars().all()
    former = frozenset(written_to).difference(row.digest for row in rows)
    went_there = select(message.c.id).where(message.c.contact_id.in_(list(contact_ids)), message.c.digest.in_(former))
    return Traces(
        digests=tuple(dict.fromkeys((*(row.digest for row in rows), *written_to))),
        former=former,
        former_letters=tuple(tx.execute(went_there.order_by(message.c.id)).scalars()) if former else (),
        values=frozenset(text for row in rows for text in (row.value, row.typed) if text),
        domains=frozenset(row.domain for row in rows if row.domain),
        samples=tuple(samples),
    )


def erase(tx: Connection, contact_ids: Sequence[int], reader: Reader, *, at: datetime) -> Erased:
    """Erase people: names, addresses, consents, tags, what they wrote and their own keys; whatever still waits is cancelled.

    Their pseudonyms in the journal then lead nowhere. The opposition list and the marks of who was asked hold digests, and stay.
    reader: knows addresses that they have no more, and that nothing keeps.
    """
    ids = list(contact_ids)
    known = traces(tx, ids)
    waiting = update(message).where(message.c.contact_id.in_(ids), in_states(DUE_STATES))
    ended = tx.execute(waiting.values(cancelled(PERSON_GONE, at))).rowcount
    letters = forget_words(tx, known, reader, contact_ids=ids, at=at)
    _make_nameless(tx, ids)
    held, acts = (
        tx.execute(select(func.count()).select_from(table).where(table.c.contact_id.in_(ids))).scalar_one()
        for table in (address, consent_event)
    )
    contacts = tx.execute(delete(contact).where(contact.c.id.in_(ids))).rowcount
    _forget_domains(tx, known.domains)
    tx.execute(insert(erasure_round).values(at=at, contacts=contacts))
    return Erased(
        contacts=contacts,
        addresses=held,
        consent_acts=acts,
        messages_cancelled=ended,
        letters=letters,
    )


def forget_words(tx: Connection, known: Traces, reader: Reader, *, contact_ids: Sequence[int], at: datetime) -> int:
    """Erase the words of what these people wrote, of what came back about their messages, of their requests; returns how many.

    What nobody could attribute is searched for their addresses. Each letter keeps its number, which the journal names.
    """
    i, r = inbox.c, rights_request.c
    theirs = select(message.c.id).where(message.c.contact_id.in_(list(contact_ids)))
    emptied = {"body": None, "text": None, "evidence": None, "settled_why": None}
    count = 0
    # One after the other, each by its own index: together they would be looked for in the whole inbox.
    others = or_(i.digest.is_(None), i.digest.not_in(known.digests))
    for hers in (i.digest.in_(known.digests), and_(i.message_id.in_(theirs), others)):
        open_ones = update(inbox).where(hers, i.state == InboxState.OPEN)
        tx.execute(open_ones.values(state=InboxState.SETTLED, settled_as=Settlement.ANSWERED, settled_by=_BY, settled_at=at))
        count += tx.execute(update(inbox).where(hers).values(provider_id="erased:" + cast(i.id, String), **emptied)).rowcount
    unknown = _mentioning(tx, known, reader)
    if unknown:
        count += tx.execute(update(inbox).where(i.id.in_(unknown)).values(**emptied)).rowcount
    words = {"asked": None, "answer": None, "identity_how": None, "extended_why": None, "contact_id": None}
    asked = or_(r.contact_id.in_(list(contact_ids)), r.digest.in_(known.digests))
    tx.execute(update(rights_request).where(asked).values(**words))
    return count


def _make_nameless(tx: Connection, ids: Sequence[int]) -> None:
    """Messages stay in the sums of their campaigns; a keyed digest tells that one address got one message, not whose it is."""
    m = message.c
    theirs = select(m.id).where(m.contact_id.in_(ids))
    tx.execute(delete(call_document).where(call_document.c.message_id.in_(theirs)))
    tx.execute(update(receipt).where(receipt.c.message_id.in_(theirs), receipt.c.reply.is_not(None)).values(reply=None))
    tx.execute(update(message).where(m.sample_id.in_(ids)).values(sample_id=None, fields=None))
    # While a telephone rings, its end is told by the provider's number of the call: it goes with that end.
    reply = case((in_states((MessageState.RINGING,)), m.reply), else_=None)
    nameless = {"contact_id": None, "address_id": None, "domain": "", "reply": reply, "fields": None}
    tx.execute(update(message).where(m.contact_id.in_(ids)).values(**nameless))


def _forget_domains(tx: Connection, domains: Collection[str]) -> None:
    """A domain that nobody else has an address of may be her own name: its pace goes too."""
    keys = {f"domain:{domain}": domain for domain in domains}
    paced = tx.execute(select(pace.c.key).where(pace.c.key.in_(list(keys)))).scalars().all()
    for key in paced:  # as many as destinations with a pace of their own: the large providers, where the first row answers
        held = exists().where(address.c.domain == keys[key])
        due = exists().where(message.c.domain == keys[key], in_states(DUE_STATES))
        if not tx.execute(select(or_(held, due))).scalar_one():
            tx.execute(delete(pace).where(pace.c.key == key))


def _mentioning(tx: Connection, known: Traces, reader: Reader) -> list[int]:
    """Letters of nobody knows whom in which one of their addresses or numbers stands. Digests are computed of what stands there
    only where an address is known by nothing else: hardly anybody has such a one."""
    i = inbox.c
    wanted = {_folded(value.encode()) for value in known.values}

    def theirs(token: bytes) -> bool:
        if _folded(token) in wanted:
            return True
        return bool(known.former) and not known.former.isdisjoint(reader.digests_of(_plain(token).decode()))

    nobody = and_(i.digest.is_(None), i.message_id.is_(None), or_(i.body.is_not(None), i.text.is_not(None)))
    found: list[int] = []
    after = 0
    columns = select(i.id, i.medium, i.body, i.text).where(nobody).order_by(i.id).limit(_ROWS_AT_ONCE)
    while rows := tx.execute(columns.where(i.id > after)).all():
        for number, medium, body, text in rows:
            raw = bytes(body or b"")
            written = b"\n".join((raw, reader.opened(raw) if medium is Medium.EMAIL else b"", (text or "").encode()))
            if any(theirs(token) for token in _TOKENS.findall(written)):
                found.append(number)
        after = rows[-1].id
    return found


def _folded(token: bytes) -> bytes:
    """An address or a number as it is compared: without case, spaces, or the ways in which carriers write @ and +."""
    plain = _plain(token)
    if b"@" in plain:
        return plain
    digits = bytes(byte for byte in plain if 48 <= byte <= 57)
    return digits[-9:]


def _plain(token: bytes) -> bytes:
    """Without case, the ways in which carriers write @, and what ends a sentence."""
    return token.lower().replace(b"%40", b"@").replace(b"=40", b"@").strip(b".'")

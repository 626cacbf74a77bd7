"""Rows that hold what was agreed to, put on hold, brought in or told, for whoever compares them with the journal. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from gateway.domain.campaign import MessageClass
from gateway.domain.suppression import SuppressionKind
from gateway.store.facts import REACHED
from gateway.store.fileconsents import LedgerEntry
from gateway.store.installations import for_real
from gateway.store.outbox import in_states
from gateway.store.tables import (
    address,
    breach,
    consent_event,
    consent_request,
    form_version,
    import_batch,
    inbox,
    message,
    person_key,
    receipt,
    retention_hold,
    suppression,
)

_ROWS_AT_ONCE = 2_000


def acts(tx: Connection, contact_ids: Sequence[int]) -> Iterator[tuple[int, LedgerEntry]]:
    """(person, act) of everything in the ledger of these people."""
    e = consent_event.c
    columns = (e.medium, e.purpose, e.act, e.at, e.election, e.hours, e.given_at, e.form, e.wording_sha256)
    for row in tx.execute(
        select(e.contact_id, *columns, e.collector, e.means, e.scan_sha256).where(e.contact_id.in_(list(contact_ids)))
    ):
        medium, purpose, act = row[1:4]
        yield row[0], LedgerEntry._make((medium.value, purpose.value, act.value, *row[4:]))


def breaks(tx: Connection, contact_ids: Sequence[int]) -> dict[int, tuple[datetime | None, bool]]:
    """By person: until when the longest pause of one of her addresses lasts, and whether she is on the opposition list."""
    a, s = address.c, suppression.c
    held = address.join(suppression, s.digest == a.digest)
    found: dict[int, tuple[datetime | None, bool]] = {}
    chosen = select(a.contact_id, s.kind, s.until).select_from(held).where(a.contact_id.in_(list(contact_ids)))
    for contact_id, kind, until in tx.execute(chosen):
        longest, objects = found.get(contact_id, (None, False))
        if kind is SuppressionKind.PAUSE and until is not None:
            longest = max(longest or until, until)
        found[contact_id] = longest, objects or kind is SuppressionKind.OBJECTION
    return found


def digests_of(tx: Connection, contact_ids: Sequence[int]) -> dict[bytes, int]:
    """Whose address each digest is."""
    a = address.c
    rows = tx.execute(select(a.digest, a.contact_id).where(a.contact_id.in_(list(contact_ids))))
    return {bytes(row[0]): row[1] for row in rows}


def listed(tx: Connection, digests: Sequence[bytes]) -> set[tuple[bytes, str]]:
    """(digest, channel or *) of what keeps messages from these digests: an objection, or words that wait to be read."""
    s = suppression.c
    keeping = s.kind.in_((SuppressionKind.OBJECTION, SuppressionKind.DOUBT))
    return {(bytes(row[0]), row[1]) for row in tx.execute(select(s.digest, s.medium).where(s.digest.in_(list(digests)), keeping))}


class Delayed(NamedTuple):
    """An objection that somebody told us, with how long it took to take effect."""

    seq: int
    since: datetime
    delay_ms: int
    cause: str


def delayed(tx: Connection) -> Iterator[Delayed]:
    """Every objection of the list that has a delay."""
    s = suppression.c
    after = -1
    while True:
        chosen = select(s.seq, s.since, s.delay_ms, s.cause).where(
            s.delay_ms.is_not(None), s.kind == SuppressionKind.OBJECTION, s.seq > after
        )
        page = tx.execute(chosen.order_by(s.seq).limit(_ROWS_AT_ONCE)).all()
        yield from (Delayed(row[0], row[1], row[2], row[3].value) for row in page)
        if len(page) < _ROWS_AT_ONCE:
            return
        after = page[-1].seq


def unmarked(tx: Connection) -> list[int]:
    """Requests for consent that reached somebody, and of which no mark tells: she could be asked a second time."""
    m, r = message.c, consent_request.c
    held = message.outerjoin(consent_request, and_(r.message_id == m.id, r.digest == m.digest))
    asked = and_(m.message_class == MessageClass.CONSENT_REQUEST, in_states(REACHED), r.message_id.is_(None), for_real(message))
    return list(tx.execute(select(m.id).select_from(held).where(asked).order_by(m.id)).scalars())


class Returned(NamedTuple):
    """What came back about a message."""

    message_id: int
    kind: str
    code: str | None
    at: datetime


def receipts(tx: Connection, first: int, last: int) -> Iterator[Returned]:
    """What came back about a stretch of the outbox."""
    r = receipt.c
    chosen = select(r.message_id, r.kind, r.code, r.at).where(r.message_id.between(first, last))
    for row in tx.execute(chosen):
        yield Returned(row[0], row[1].value, row[2], row[3])


class Held(NamedTuple):
    """A hold, and the key of whom it is about."""

    until: datetime
    by: str
    lifted: bool
    key: bytes | None


def holds(tx: Connection) -> dict[int, Held]:
    """Every hold, by number."""
    h = retention_hold.c
    held = retention_hold.outerjoin(person_key, person_key.c.contact_id == h.contact_id)
    rows = tx.execute(select(h.id, h.until, h.placed_by, h.lifted_at.is_not(None), person_key.c.key).select_from(held))
    return {row[0]: Held(row[1], row[2], row[3], row[4] and bytes(row[4])) for row in rows}


class Leaked(NamedTuple):
    """A breach as it was noted."""

    aware_at: datetime
    deadline_at: datetime
    by: str
    told_at: datetime | None
    closed: bool


def breaches(tx: Connection) -> dict[int, Leaked]:
    """Every breach, by number."""
    b = breach.c
    rows = tx.execute(select(b.id, b.aware_at, b.deadline_at, b.recorded_by, b.told_at, b.closed_at.is_not(None)))
    return {row[0]: Leaked(*row[1:]) for row in rows}


class Brought(NamedTuple):
    """A file that was brought in."""

    file: str
    origin_id: int
    by: str
    undone: bool


def batches(tx: Connection) -> dict[int, Brought]:
    """Every batch, by number."""
    b = import_batch.c
    rows = tx.execute(select(b.id, b.file_sha256, b.origin_id, b.operator, b.undone_at.is_not(None)))
    return {row[0]: Brought(*row[1:]) for row in rows}


def forms(tx: Connection) -> list[tuple[str, str, bytes]]:
    """(form, hash, all it says) of every version of a form that people could see."""
    f = form_version.c
    return [(row[0], row[1], bytes(row[2])) for row in tx.execute(select(f.form, f.sha256, f.body).order_by(f.id))]


class Read(NamedTuple):
    """A reply as the inbox has it."""

    digest: bytes | None
    received_at: datetime


def replies(tx: Connection, numbers: Sequence[int]) -> dict[int, Read]:
    """What the inbox says of these replies."""
    i = inbox.c
    chosen = select(i.id, i.digest, i.received_at).where(i.id.in_(list(numbers)))
    return {row[0]: Read(row[1] and bytes(row[1]), row[2]) for row in tx.execute(chosen)}

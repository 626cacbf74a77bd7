"""What a file changes for good about people: consents in their ledger, objections on the list, each with its journal."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from gateway.audit.entry import Entry, EntryKind, entry, stamp
from gateway.domain.keys import pseudonym
from gateway.domain.suppression import SuppressionCause
from gateway.flows.listening import OPTOUT_EFFECT
from gateway.store import fileconsents, journal, opposition
from gateway.store.engine import Connection
from gateway.store.fileconsents import LedgerEntry
from gateway.store.staging import Part

#: Reason on waiting messages that end because the person no longer consents: the rule it serves.
WITHDRAWN = "consent-withdrawal-easy"
#: A file holds few distinct instants, and putting one into words is the dearest part of an entry.
_stamp = lru_cache(maxsize=4096)(stamp)


def record_consents(tx: Connection, *, batch_id: int | None, at: datetime, all_new: bool = False) -> int:
    """Write staged consents to ledger, projection and journal; returns how many waiting messages ended with a consent.

    all_new: everybody they are about has come with this transaction.
    """
    fileconsents.record_staged(tx, batch_id=batch_id, at=at, all_new=all_new)
    journal_consents(tx, batch_id, at)
    cancelled = opposition.cancel_for_ended_consents(tx, because=WITHDRAWN, at=at)
    fileconsents.clear_staged(tx)
    return cancelled


def journal_consents(tx: Connection, batch_id: int | None, at: datetime) -> None:
    """Write the staged entries of the ledger to the journal, one for each.

    Entries of one file differ by the person and little else: what surrounds her pseudonym is put into words once, and the
    bytes are the same as if each had been.
    """
    kind = EntryKind.CONSENT
    waiting: list[Entry] = []
    for keys, told in fileconsents.staged_entries(tx):
        model = _consent_entry(fileconsents.spoken(told), batch_id, at, person=_SOMEBODY)
        before, _, after = model.body.partition(_SOMEBODY.encode())
        for key in keys:
            person = pseudonym(key)
            body = person.encode().join((before, after))
            waiting.append(Entry(kind, at, body, sha256(body).digest(), None, None, person))
            if len(waiting) >= _ENTRIES_AT_ONCE:
                journal.append(tx, waiting)
                waiting = []
    journal.append(tx, waiting)


#: Stands for a pseudonym while an entry is put into words.
_SOMEBODY = "=" * 32
_ENTRIES_AT_ONCE = 1_000


def _consent_entry(one: LedgerEntry, batch_id: int | None, at: datetime, *, person: str) -> Entry:
    """The journal's entry for one entry of the ledger of consent."""
    return entry(
        EntryKind.CONSENT,
        at,
        person=person,
        medium=one.medium,
        purpose=one.purpose,
        act=one.act,
        since=_stamp(one.at),
        election=one.election,
        hours=one.hours,
        given=_stamp(one.given_at) if one.given_at else None,
        form=one.form,
        wording=one.wording_sha256,
        collector=one.collector,
        means=one.means,
        scan=one.scan_sha256,
        batch=batch_id,
    )


def object_staged(tx: Connection, part: Part, *, batch_id: int | None, at: datetime) -> tuple[int, int]:
    """Put the addresses that a file objects for on the opposition list (rule suppression-hashed), and end what they were to get.

    Consents end, waiting messages are cancelled, each objection has its entry in the journal. Returns how many
    addresses are new on the list, and how many messages ended.
    """
    fresh = opposition.stage_objections(tx, part)
    if not fresh:
        return 0, 0
    opposition.enter_staged(tx, since=at)
    cancelled = opposition.cancel_for_objections(tx, because=OPTOUT_EFFECT, at=at)
    fileconsents.stage_withdrawals(tx, at=at)
    record_consents(tx, batch_id=batch_id, at=at)
    for rows in opposition.staged_objections(tx):
        journal.append(
            tx,
            [
                entry(
                    EntryKind.OBJECTION,
                    at,
                    person=pseudonym(key) if key else None,
                    medium=medium,
                    cause=SuppressionCause.IMPORTED_LIST.value,
                    digest=digest.hex(),
                    batch=batch_id,
                )
                for digest, medium, key in rows
            ],
        )
    opposition.clear_staged(tx)
    return fresh, cancelled

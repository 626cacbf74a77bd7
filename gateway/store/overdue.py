"""Who and what a term of retention is about, by set, and what goes of those who stay: each function says which.

Whoever had the use of her data restricted (RGPD 18), is under a hold or awaits an answer to a request of hers is left out of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Join,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    union,
    update,
)

from gateway.domain.consent import ConsentState
from gateway.domain.contact import UNKNOWN_TERRITORY, Collection, ContactClass
from gateway.domain.form import SignupState
from gateway.domain.suppression import SuppressionKind
from gateway.store.engine import is_postgresql
from gateway.store.facts import REACHED, TELLING
from gateway.store.installations import for_real
from gateway.store.matching import objection_covers
from gateway.store.outbox import in_states
from gateway.store.retaining import Batch, held, locked
from gateway.store.tables import (
    address,
    call_document,
    campaign,
    consent,
    consent_event,
    contact,
    contact_origin,
    erasure_round,
    import_change,
    inbox,
    message,
    origin,
    person_key,
    receipt,
    signup,
    suppression,
    tag,
)

#: What a contact holds beside what proves why she was written to. Her name does: evidence of consent says who gave it.
_BEYOND_PROOF = ("postcode", "commune", "polling_station", "polling_label")
_STANDING = (ConsentState.GRANTED, ConsentState.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """How many, and the earliest moment a term of theirs counts from; None: nobody is there."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Untold:
    """People of one origin whom nothing has told where their data came from."""

    origin_id: int
    label: str
    count: int
    since: datetime  #: when the first of them came in


def uninformed(tx: Connection, before: datetime, batch: Batch) -> list[int]:
    """People whose data came from somebody else at an instant or earlier, whom nothing has told so yet; their rows are held."""
    return locked(tx, _uninformed(contact.c.id, at=batch.at).where(contact.c.created_at <= before), batch)


def uninformed_by_origin(tx: Connection, at: datetime, *, limit: int = 1_000) -> list[Untold]:
    """How many these are, by origin, and when the first of each came in; the one heard of longest ago first."""
    first = func.min(contact.c.created_at)
    chosen = _uninformed(origin.c.id, origin.c.label, func.count(), first, at=at).group_by(origin.c.id, origin.c.label)
    return [Untold(*row) for row in tx.execute(chosen.order_by(first, origin.c.id).limit(limit))]


def _uninformed(*columns: Any, at: datetime) -> Select[Any]:
    c, m, k, o = contact.c, message.c, consent.c, origin.alias()
    told = exists().where(m.contact_id == c.id, in_states(REACHED), m.message_class.in_(TELLING), for_real(message))
    agreed = exists().where(k.contact_id == c.id, k.state == ConsentState.GRANTED, k.evidence)
    again = contact_origin.join(o, o.c.id == contact_origin.c.origin_id)
    herself = exists().select_from(again).where(contact_origin.c.contact_id == c.id, o.c.collection == Collection.DIRECT)
    # Said of the contact alone, before all else: origins are few, and everybody's messages need not be looked for.
    silent = select(o.c.id).where(o.c.collection == Collection.INDIRECT, func.coalesce(o.c.notice, "") == "")
    return (
        select(*columns)
        .select_from(contact.join(origin, origin.c.id == c.origin_id))
        .where(
            c.origin_id.in_(silent),
            c.roll_digest.is_(None),
            c.contact_class != ContactClass.TEAM,
            ~c.restricted,
            ~held(at),
            ~told,
            ~agreed,
            ~herself,
        )
    )


def roll(tx: Connection, ended_at: datetime, batch: Batch) -> list[int]:
    """People known by an electoral roll alone, taken in before an election was over; their rows are held."""
    return locked(tx, _roll(contact.c.id, ended_at=ended_at, at=batch.at), batch)


def count_roll(tx: Connection, ended_at: datetime, *, at: datetime) -> int:
    """How many these are."""
    return int(tx.execute(_roll(func.count(), ended_at=ended_at, at=at)).scalar_one())


def _roll(*columns: Any, ended_at: datetime, at: datetime) -> Select[Any]:
    c = contact.c
    reachable = exists().where(address.c.contact_id == c.id)
    theirs = (c.roll_digest.is_not(None), c.created_at < ended_at, ~reachable, ~c.restricted, ~held(at))
    return select(*columns).select_from(contact).where(*theirs)


def inactive(tx: Connection, heard_before: datetime, batch: Batch) -> list[int]:
    """Regular contacts of whom nothing was heard after an instant."""
    return locked(tx, _inactive(contact.c.id, heard_before=heard_before, at=batch.at), batch)


def count_inactive(tx: Connection, heard_before: datetime, at: datetime) -> int:
    """How many these are."""
    return int(tx.execute(_inactive(func.count(), heard_before=heard_before, at=at)).scalar_one())


def quietest(tx: Connection, at: datetime, *, limit: int) -> list[tuple[int, datetime]]:
    """Regular contacts and when they were last heard of, the one heard of longest ago first."""
    e, i, a, c = consent_event.c, inbox.c, address.c, contact.c
    acted = select(e.contact_id, func.max(e.at).label("last")).group_by(e.contact_id).subquery()
    letters = select(a.contact_id, func.max(i.received_at).label("last")).join(inbox, i.digest == a.digest)
    wrote = letters.group_by(a.contact_id).subquery()
    newest = func.greatest if is_postgresql(tx) else func.max
    signs = (c.created_at, func.coalesce(acted.c.last, c.created_at), func.coalesce(wrote.c.last, c.created_at))
    last = newest(*signs, type_=c.created_at.type)
    theirs = (c.contact_class == ContactClass.REGULAR, ~c.restricted, ~held(at))
    beside = contact.outerjoin(acted, acted.c.contact_id == c.id).outerjoin(wrote, wrote.c.contact_id == c.id)
    chosen = select(c.id, last.label("last")).select_from(beside).where(*theirs).order_by("last", c.id)
    return [(row[0], row[1]) for row in tx.execute(chosen.limit(limit))]


def _inactive(*columns: Any, heard_before: datetime, at: datetime) -> Select[Any]:
    """No sign of life since: collected, an act of consent, something they wrote."""
    c, e, i, a = contact.c, consent_event.c, inbox.c, address.c
    acted = exists().where(e.contact_id == c.id, e.at > heard_before)
    letters = address.join(inbox, i.digest == a.digest)
    wrote = exists().select_from(letters).where(a.contact_id == c.id, i.received_at > heard_before)
    theirs = (c.contact_class == ContactClass.REGULAR, c.created_at <= heard_before, ~c.restricted, ~held(at))
    return select(*columns).select_from(contact).where(*theirs, ~acted, ~wrote)


def ended(tx: Connection, batch: Batch) -> list[int]:
    """Regular contacts who ended the exchanges and of whom more is kept than what proves why they were written to; rows held."""
    return locked(tx, _ended(contact.c.id, at=batch.at, among=batch.among).where(_more_than_proof()), batch)


def count_ended(tx: Connection, at: datetime) -> Many:
    """How many these are, and when the first of them ended the exchanges."""
    first = func.min(_ended_at(), type_=contact.c.created_at.type)
    return _many(tx, _ended(func.count(), first, at=at).where(_more_than_proof()))


def proof_over(tx: Connection, before: datetime, batch: Batch) -> list[int]:
    """Regular contacts who ended the exchanges at an instant or earlier, of whose agreements no proof is kept, held.

    Each of their addresses is on the opposition list: it keeps them out once they are forgotten.
    """
    a, e = address.c, consent_event.c
    listed = ~exists().where(a.contact_id == contact.c.id, ~objection_covers(a.digest, a.medium))
    proven = exists().where(e.contact_id == contact.c.id)
    chosen = _ended(contact.c.id, at=batch.at, among=batch.among).where(_ended_at() <= before, listed, ~proven)
    return locked(tx, chosen, batch)


def _ended(*columns: Any, at: datetime, among: Sequence[int] = ()) -> Select[Any]:
    """Nothing they agreed to can be used any more, by an act of their own."""
    c, k, a = contact.c, consent.c, address.c
    theirs = consent.join(address, and_(a.contact_id == k.contact_id, a.medium == k.medium))
    usable = (
        exists().select_from(theirs).where(k.contact_id == c.id, k.state.in_(_STANDING), ~objection_covers(a.digest, a.medium))
    )
    regular = (c.contact_class == ContactClass.REGULAR, ~c.restricted, ~held(at))
    return select(*columns).select_from(contact).where(_acted(among), *regular, ~usable)


def _acted(among: Sequence[int]) -> ColumnElement[bool]:
    """They withdrew or objected. Such people are found by what they did, a few among many; some that are known, by themselves."""
    c, k, a, s = contact.c, consent.c, address.c, suppression.c
    withdrew = select(k.contact_id).where(k.state == ConsentState.WITHDRAWN)
    listed = address.join(suppression, s.digest == a.digest)
    objected = select(a.contact_id).select_from(listed).where(s.kind == SuppressionKind.OBJECTION)
    if not among:
        return c.id.in_(union(withdrew, objected))
    return or_(withdrew.where(k.contact_id == c.id).exists(), objected.where(a.contact_id == c.id).exists())


def _ended_at() -> ColumnElement[datetime]:
    """When a contact last withdrew a consent or objected."""
    c, k, a, s = contact.c, consent.c, address.c, suppression.c
    withdrawn = select(func.max(k.since)).where(k.contact_id == c.id, k.state == ConsentState.WITHDRAWN).scalar_subquery()
    listed = select(func.max(s.since)).join(address, a.digest == s.digest)
    objected = listed.where(a.contact_id == c.id, s.kind == SuppressionKind.OBJECTION).scalar_subquery()
    later: ColumnElement[datetime] = case(
        (withdrawn.is_(None), objected), (objected.is_(None), withdrawn), (withdrawn > objected, withdrawn), else_=objected
    )
    return later


def _more_than_proof() -> ColumnElement[bool]:
    c = contact.c
    tagged = exists().where(tag.c.contact_id == c.id)
    return or_(c.birth_on.is_not(None), *(c[name] != "" for name in _BEYOND_PROOF), tagged)


def reduce_to_proof(tx: Connection, contact_ids: Sequence[int], *, at: datetime) -> None:
    """Erase of people whatever does not prove why they were written to: place, date of birth, tags, traces of files.

    Their names, addresses, agreements and messages stay, for the time their proof is kept.
    """
    ids = list(contact_ids)
    blank = dict.fromkeys(_BEYOND_PROOF, "") | {"birth_on": None, "territory": UNKNOWN_TERRITORY}
    tx.execute(update(contact).where(contact.c.id.in_(ids)).values(blank))
    tx.execute(delete(tag).where(tag.c.contact_id.in_(ids)))
    tx.execute(delete(import_change).where(import_change.c.contact_id.in_(ids)))
    tx.execute(erasure_round.insert().values(at=at, contacts=0))


def stale_evidence(tx: Connection, before: datetime, batch: Batch) -> list[int]:
    """People who withdrew an agreement at an instant or earlier, and of which the ledger still has the acts; rows held."""
    return locked(tx, select(contact.c.id).where(_withdrew(before), ~contact.c.restricted, ~held(batch.at)), batch)


def drop_evidence(tx: Connection, contact_ids: Sequence[int], before: datetime, *, at: datetime) -> int:
    """Erase the acts of the agreements that these people withdrew at an instant or earlier; returns how many.

    That they were withdrawn stays: no file turns it round.
    """
    e, k = consent_event.c, consent.c
    ids = list(contact_ids)
    ended = exists().where(_same_agreement(), k.state == ConsentState.WITHDRAWN, k.since <= before)
    count = tx.execute(delete(consent_event).where(e.contact_id.in_(ids), e.at <= before, ended)).rowcount
    tx.execute(erasure_round.insert().values(at=at, contacts=0))
    return count


def _same_agreement() -> ColumnElement[bool]:
    e, k = consent_event.c, consent.c
    return and_(e.contact_id == k.contact_id, e.medium == k.medium, e.purpose == k.purpose)


def _withdrew(before: datetime) -> ColumnElement[bool]:
    e, k = consent_event.c, consent.c
    acts = consent.join(consent_event, and_(_same_agreement(), e.at <= before))
    withdrawn = (k.contact_id == contact.c.id, k.state == ConsentState.WITHDRAWN, k.since <= before)
    return exists().select_from(acts).where(*withdrawn)


def count_evidence(tx: Connection, at: datetime) -> Many:
    """How many withdrawn agreements still have their ledger, and when the first was withdrawn."""
    k = consent.c
    kept = exists().where(_same_agreement())
    joined = _counted(k.since).select_from(consent.join(contact, contact.c.id == k.contact_id))
    return _many(tx, joined.where(k.state == ConsentState.WITHDRAWN, kept, ~contact.c.restricted, ~held(at)))


def decided(
    tx: Connection, before: datetime, *, at: datetime, after: int = 0, limit: int | None = None, among: Sequence[int] = ()
) -> list[tuple[int, int]]:
    """(message, contact) of what was settled before an instant and still says whose it was, by number.

    after, limit: the next ones; among: which of these messages still do.
    """
    m = message.c
    wanted = m.id.in_(list(among)) if among else m.id > after
    chosen = select(m.id, m.contact_id).select_from(_settled()).where(wanted, *_still_theirs(before, at))
    return [(row[0], row[1]) for row in tx.execute(chosen.order_by(m.id).limit(limit))]


def count_decided(tx: Connection, before: datetime, at: datetime) -> int:
    """How many these are."""
    return int(tx.execute(select(func.count()).select_from(_settled()).where(*_still_theirs(before, at))).scalar_one())


def _settled() -> Join:
    return message.join(contact, contact.c.id == message.c.contact_id)


def _still_theirs(before: datetime, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (message.c.settled_at < before, ~contact.c.restricted, ~held(at))


def unname(tx: Connection, messages: Sequence[tuple[int, bytes]], keys: Sequence[tuple[int, bytes]], *, at: datetime) -> None:
    """Messages lose whose they were, each with a number drawn for its digest; people get the key drawn for them.

    What the journal says of the messages then leads to nobody. Sums of campaigns, and the tree of the journal, stay as they are.
    """
    m, p, numbers = message.c, person_key.c, [one[0] for one in messages]
    nameless = {"contact_id": None, "address_id": None, "sample_id": None, "domain": "", "reply": None, "fields": None}
    drawn = update(message).where(m.id == bindparam("number")).values(**nameless, digest=bindparam("drawn"))
    tx.execute(drawn, [{"number": number, "drawn": digest} for number, digest in messages])
    tx.execute(update(receipt).where(receipt.c.message_id.in_(numbers), receipt.c.reply.is_not(None)).values(reply=None))
    fresh = update(person_key).where(p.contact_id == bindparam("whose")).values(key=bindparam("drawn"))
    tx.execute(fresh, [{"whose": contact_id, "drawn": key} for contact_id, key in keys])
    tx.execute(erasure_round.insert().values(at=at, contacts=0))


def count_signups(tx: Connection) -> Many:
    """Forms that await their confirmation, and when the first was filled in."""
    return _many(tx, _counted(signup.c.given_at).where(signup.c.state == SignupState.PENDING))


def count_documents(tx: Connection) -> Many:
    """What calls are to say, or were until somebody tells that they ended, and when the first was made."""
    return _many(tx, _counted(call_document.c.at))


def drop_documents(tx: Connection, before: datetime, *, at: datetime, most: int) -> int:
    """Erase what was made for a call at an instant or earlier; returns how many went."""
    due = select(call_document.c.message_id).where(call_document.c.at <= before).limit(most)
    count = tx.execute(delete(call_document).where(call_document.c.message_id.in_(due))).rowcount
    if count:
        tx.execute(erasure_round.insert().values(at=at, contacts=0))
    return count


def count_campaigns(tx: Connection) -> Many:
    """Campaigns whose record is kept, and when the first was made; the installation's own letters are none."""
    return _many(tx, _counted(campaign.c.created_at).where(~campaign.c.name.startswith("@")))


def count_objections(tx: Connection) -> Many:
    """Objections on the list, and when the first came in."""
    return _many(tx, _counted(suppression.c.since).where(suppression.c.kind == SuppressionKind.OBJECTION))


def _counted(since: ColumnElement[datetime]) -> Select[int, Any]:
    return select(func.count(), func.min(since))


def _many(tx: Connection, chosen: Select[int, Any]) -> Many:
    count, since = tx.execute(chosen).one()
    return Many(count=count, since=since)

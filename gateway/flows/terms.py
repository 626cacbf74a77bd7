"""Terms of retention one by one: which facts the pack judges, and what goes when one is over. `retaining` plans and runs them.

Each function that erases does so in bounded batches, a transaction each, which leave their certificates in the journal; it
returns what went. Whoever is in somebody else's hands at that moment is left to the next round.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from gateway.audit.entry import EntryKind, entry
from gateway.compliance.keep import Act, KeepVerdict, keep
from gateway.compliance.kept import KeptFacts, Moment, RecordKind
from gateway.domain.contact import Collection, ContactClass
from gateway.flows.gateway import Gateway
from gateway.flows.keeping import Purged, forget
from gateway.store import crossing, journal, overdue, retaining, serverwords
from gateway.store.engine import Connection, begin, reading
from gateway.store.retaining import Batch

_PEOPLE_AT_ONCE = 500
_MESSAGES_AT_ONCE = 2_000
_DRAWN_BYTES = 16
#: No moment of ours is older.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)

Done = TypeVar("Done")
#: Who is due: a statement of `overdue` or `retaining`.
Chosen = Callable[[Connection, Batch], list[int]]


class Term(NamedTuple):
    """What a term of the pack is about, and the moment it counts from."""

    facts: KeptFacts
    moment: Moment

    def judge(self, gw: Gateway, since: datetime, *, at: datetime | None = None) -> KeepVerdict:
        """What the pack says of a record whose term began at an instant. at: now, unless it is said."""
        return keep(replace(self.facts, at=at or gw.clock.now(), moments=((self.moment, since),)), gw.pack)

    def over(self, gw: Gateway) -> tuple[datetime, KeepVerdict] | None:
        """The latest moment from which this term is over now, and what the pack says of it: whatever began then or before is due.

        None: nothing can be. A term that began later never ends earlier, so the moment is found by halving; what is due is then
        chosen by set.
        """
        at = gw.clock.now()

        def due(since: datetime) -> bool:
            return self.judge(gw, since, at=at).act is not Act.KEEP

        first, last = _EVER, at
        if due(last):
            first = last
        elif not due(first):
            return None
        while last - first > _TICK:
            between = first + (last - first) / 2
            first, last = (between, last) if due(between) else (first, between)
        return first, self.judge(gw, first, at=at)


def _term(moment: Moment, record: RecordKind, **known: Any) -> Term:
    return Term(KeptFacts(at=_EVER, record=record, **known), moment)


_REGULAR: Mapping[str, Any] = {"contact_class": ContactClass.REGULAR, "answered": True, "informed": True}
#: People known by an electoral roll alone.
ROLL = _term(Moment.ELECTION_CLOSED, RecordKind.ROLL_EXTRACT)
#: People whose data came from somebody else, and whom nothing has told so (rule notice-art14-deadline).
UNINFORMED = _term(Moment.CREATED, RecordKind.CONTACT, collection=Collection.INDIRECT)
#: Regular contacts who ended the exchanges; and those without a sign of life.
ENDED = _term(Moment.EXCHANGES_ENDED, RecordKind.CONTACT, **_REGULAR)
SILENT = _term(Moment.LAST_FROM_PERSON, RecordKind.CONTACT, **_REGULAR)
#: The proof of an agreement that was withdrawn.
EVIDENCE = _term(Moment.CONSENT_ENDED, RecordKind.CONSENT_EVIDENCE)
#: The log of decisions, once the campaign account is cleared; and records of campaigns, without anybody's identity.
DECISIONS = _term(Moment.ACCOUNT_CLEARED, RecordKind.DECISION_LOG)
CAMPAIGNS = _term(Moment.CREATED, RecordKind.CAMPAIGN_RECORD)
#: The opposition list.
OBJECTIONS = _term(Moment.CREATED, RecordKind.SUPPRESSION)
#: Forms that nobody confirmed yet.
SIGNUPS = _term(Moment.CREATED, RecordKind.SIGNUP)
#: Words of what came in, and what servers and providers said; and what calls were to say.
LETTERS = _term(Moment.CREATED, RecordKind.PROVIDER_PAYLOAD)
DOCUMENTS = _term(Moment.CREATED, RecordKind.MESSAGE_BODY)


def election_ended_at(gw: Gateway) -> datetime | None:
    """When the last polling place closes; None for an election the pack does not have."""
    election = gw.pack.elections.get(gw.settings.election)
    return election.ends_at if election is not None else None


def contest_over_at(gw: Gateway) -> datetime | None:
    """The end of the last day on which the election can be, or is, contested; None: nobody has said so yet."""
    until, ended_at = gw.settings.retention.contest_until, election_ended_at(gw)
    if until is None or ended_at is None:
        return None
    return max(ended_at, gw.pack.calendar.end_of(until))


def account_cleared_at(gw: Gateway) -> datetime | None:
    """The end of the day on which the campaign account was cleared; None: not yet."""
    cleared = gw.settings.retention.account_cleared_on
    return None if cleared is None else gw.pack.calendar.end_of(cleared)


def of_election(gw: Gateway) -> KeepVerdict | None:
    """On occasional contacts collected for the election, who did not agree to hear more. None: no such election."""
    ended_at, over_at = election_ended_at(gw), contest_over_at(gw)
    if ended_at is None:
        return None
    moments = ((Moment.ELECTION_CLOSED, ended_at), *(((Moment.CONTEST_OVER, over_at),) if over_at else ()))
    facts = KeptFacts(
        at=gw.clock.now(),
        record=RecordKind.CONTACT,
        contact_class=ContactClass.OCCASIONAL,
        informed=True,
        contest_known=over_at is not None,
        moments=moments,
    )
    return keep(facts, gw.pack)


def purge_election(gw: Gateway) -> Purged:
    """Erase whoever was collected for an election that is over and can no longer be contested."""
    verdict, ended_at = of_election(gw), election_ended_at(gw)
    if verdict is None or ended_at is None or verdict.act is not Act.DELETE:
        return Purged()
    return _forget(gw, verdict, lambda tx, batch: retaining.for_election(tx, ended_at, batch))


def purge_roll(gw: Gateway) -> Purged:
    """Erase whoever is known by the electoral roll alone."""
    ended_at = election_ended_at(gw)
    if ended_at is None or (verdict := ROLL.judge(gw, ended_at)).act is not Act.DELETE:
        return Purged()
    return _forget(gw, verdict, lambda tx, batch: overdue.roll(tx, ended_at, batch))


def purge_uninformed(gw: Gateway) -> Purged:
    """Erase those of whom somebody else gave us the data, and whom nobody told in time."""
    if (over := UNINFORMED.over(gw)) is None:
        return Purged()
    before, verdict = over
    return _forget(gw, verdict, lambda tx, batch: overdue.uninformed(tx, before, batch))


def purge_inactive(gw: Gateway) -> Purged:
    """Erase those without a sign of life for the term of the pack. Never done by itself: the rule asks for a decision."""
    if (over := SILENT.over(gw)) is None:
        return Purged()
    before, verdict = over
    return _forget(gw, verdict, lambda tx, batch: overdue.inactive(tx, before, batch))


def reduce_ended(gw: Gateway) -> int:
    """Erase, of those who ended the exchanges, whatever does not prove why they were written to; returns of how many."""
    if (over := ENDED.over(gw)) is None:
        return 0
    _, verdict = over

    def reduce(tx: Connection, due: list[int], at: datetime) -> int:
        overdue.reduce_to_proof(tx, due, at=at)
        _certify(tx, gw, verdict, {"reduced": len(due)}, at)
        return len(due)

    return sum(_by_batches(gw, overdue.ended, reduce))


def purge_evidence(gw: Gateway) -> int:
    """Erase the proof of agreements whose term is over; returns how many acts went."""
    if (over := EVIDENCE.over(gw)) is None:
        return 0
    before, verdict = over

    def drop(tx: Connection, due: list[int], at: datetime) -> int:
        count = overdue.drop_evidence(tx, due, before, at=at)
        _certify(tx, gw, verdict, {"consent_acts": count}, at)
        return count

    return sum(_by_batches(gw, lambda tx, batch: overdue.stale_evidence(tx, before, batch), drop))


def purge_ended(gw: Gateway) -> Purged:
    """Erase those who ended the exchanges so long ago that no proof of their agreements is kept either.

    The opposition list keeps them out; who only withdrew stays as an address and that mark, since nothing else would.
    """
    if (over := EVIDENCE.over(gw)) is None:
        return Purged()
    before, _ = over
    verdict = ENDED.judge(gw, before)
    if verdict.act is not Act.DELETE:
        return Purged()
    return _forget(gw, verdict, lambda tx, batch: overdue.proof_over(tx, before, batch))


def purge_documents(gw: Gateway) -> int:
    """Erase what calls were to say whose end nobody told; returns of how many."""
    if (over := DOCUMENTS.over(gw)) is None:
        return 0
    (before, verdict), total = over, 0
    while True:
        with begin(gw.engine) as tx:
            at = gw.clock.now()
            count = overdue.drop_documents(tx, before, at=at, most=_MESSAGES_AT_ONCE)
            if not count:
                return total
            _certify(tx, gw, verdict, {"documents": count}, at)
        total += count


def purge_server_words(gw: Gateway) -> int:
    """Erase what servers said about messages and addresses so long ago; returns how many answers.

    Rows are passed in order of number, once; while no campaign is that old, none is looked at.
    """
    if (over := LETTERS.over(gw)) is None:
        return 0
    before, verdict = over
    with reading(gw.engine) as tx:
        if not serverwords.anything_before(tx, before):
            return 0
    return sum(_forget_words(gw, verdict, place, before) for place in serverwords.PLACES)


def _forget_words(gw: Gateway, verdict: KeepVerdict, place: serverwords.Place, before: datetime) -> int:
    total = after = 0
    while True:
        with reading(gw.engine) as tx:
            due = serverwords.said(tx, place, before, after=after, limit=_MESSAGES_AT_ONCE)
        if not due:
            return total
        after = due[-1]
        with begin(gw.engine) as tx:
            at = gw.clock.now()
            if gone := serverwords.forget(tx, place, due, before, at=at):
                _certify(tx, gw, verdict, {"server_words": gone}, at)
        total += gone


def unname_decisions(gw: Gateway) -> int:
    """Once the account is cleared: messages settled until then, and what the journal says of them, lead to nobody any more.

    Returns how many messages; in batches, until none is left.
    """
    cleared_at = account_cleared_at(gw)
    if cleared_at is None or (verdict := DECISIONS.judge(gw, cleared_at)).act is not Act.DELETE:
        return 0
    total = after = 0
    while True:
        with reading(gw.engine) as tx:
            seen = overdue.decided(tx, cleared_at, at=gw.clock.now(), after=after, limit=_MESSAGES_AT_ONCE)
        if not seen:
            return total
        after = seen[-1][0]
        with begin(gw.engine) as tx:
            at = gw.clock.now()
            found = overdue.decided(tx, cleared_at, at=at, among=[number for number, _ in seen])
            if not found:
                continue
            whose = sorted({contact_id for _, contact_id in found})
            overdue.unname(tx, [(number, _drawn()) for number, _ in found], [(one, _drawn()) for one in whose], at=at)
            _certify(tx, gw, verdict, {"messages_unnamed": len(found)}, at)
        total += len(found)


def _drawn() -> bytes:
    return secrets.token_bytes(_DRAWN_BYTES)


def _forget(gw: Gateway, verdict: KeepVerdict, chosen: Chosen) -> Purged:
    total = Purged()
    for erased in _by_batches(gw, chosen, lambda tx, due, at: forget(tx, gw, due, verdict.rules, at=at)):
        total += erased
    return total


def _by_batches(gw: Gateway, chosen: Chosen, act: Callable[[Connection, list[int], datetime], Done]) -> Iterator[Done]:
    """Act on people by batches in order of number, a transaction each; what came of each, once it is committed.

    They are looked for outside of it, many at a time, and found again inside: whoever stays is passed once, and nobody waits
    for the looking.
    """
    after = 0
    while True:
        with reading(gw.engine) as tx:
            seen = chosen(tx, Batch(at=gw.clock.now(), after=after))
        if not seen:
            return
        for start in range(0, len(seen), _PEOPLE_AT_ONCE):
            with begin(gw.engine) as tx:
                crossing.leave(tx)
                at = gw.clock.now()
                due = chosen(tx, Batch(at=at, among=tuple(seen[start : start + _PEOPLE_AT_ONCE])))
                done = act(tx, due, at) if due else None
            if done is not None:
                yield done
        after = seen[-1]


def _certify(tx: Connection, gw: Gateway, verdict: KeepVerdict, counts: dict[str, int], at: datetime) -> None:
    told = entry(EntryKind.ERASURE, at, rules=list(verdict.rules), pack=gw.pack.version, counts=counts)
    journal.append(tx, [told])

"""Retention as a whole: what falls due and why, the round that does it, its certificate, and holds for named people.

Terms are those of the pack. An inactive regular contact is never erased by itself: rule inactive-regular asks for a decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from gateway.audit.entry import EntryKind, entry
from gateway.compliance.explain import explain_findings
from gateway.compliance.keep import Act, KeepVerdict, keep
from gateway.compliance.kept import KeptFacts, Moment, RecordKind
from gateway.domain.contact import ContactClass
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.keys import pseudonym
from gateway.flows import hearing, keeping
from gateway.flows.auditing.scope import digests
from gateway.flows.gateway import Gateway
from gateway.store import auditing, contacts, journal, retaining
from gateway.store.auditing import Choice
from gateway.store.engine import Connection, begin, reading
from gateway.store.erasing import Erased
from gateway.store.retaining import Hold

_AT_ONCE = 500
#: Inactive contacts looked at for a plan; one that finds more says "at least".
QUIET_AT_ONCE = 5_000


class Due(StrEnum):
    """What a term is about."""

    ASKED = "asked"  #: occasional contacts who were asked for consent and did not say yes
    ELECTION = "election"  #: occasional contacts collected for an election that is over
    INACTIVE = "inactive"  #: regular contacts without a sign of life
    WORDS = "words"  #: words of replies, mails and callbacks that came in


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a plan."""

    due: Due
    detail: str  #: kind of origin, or the election; empty elsewhere
    count: int  #: under this term, or due where the term has no queue
    next_at: datetime | None  #: when the first of them falls due; past: due now
    act: Act  #: what the pack says of the first of them now
    rules: tuple[str, ...]
    why: str  #: the sentence of the pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round of retention did."""

    asked: int  #: contacts erased: asked, and silent
    election: int  #: contacts erased: their election is over
    words: int  #: letters whose words were erased
    messages_cancelled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One erasure as the journal has it."""

    entry_id: int
    at: datetime
    rules: tuple[str, ...]
    counts: dict[str, int]


def plan(gw: Gateway) -> tuple[Line, ...]:
    """Everything whose term runs, with the rule and the date. Changes nothing."""
    at = gw.clock.now()
    lines = [
        _line(gw, Due.ASKED, one.verdict, detail=one.origin.value, count=one.people, next_at=one.next_due_at)
        for one in keeping.plan(gw)
    ]
    with reading(gw.engine) as tx:
        if (ended_at := _election_ends(gw)) is not None:
            verdict = _of_election(gw, ended_at, at)
            count = retaining.count_for_election(tx, ended_at, at=at)
            lines.append(_line(gw, Due.ELECTION, verdict, detail=gw.settings.election, count=count, next_at=ended_at))
        quiet = retaining.quietest(tx, at=at, limit=QUIET_AT_ONCE)
        letters = retaining.words(tx, at)
    if quiet:
        verdict = _of_silence(gw, quiet[0][1], at)
        late = sum(1 for _, last in quiet if _of_silence(gw, last, at).act is Act.ALERT)
        lines.append(_line(gw, Due.INACTIVE, verdict, count=late, next_at=verdict.due_at))
    if letters.since is not None:
        facts = KeptFacts(at=at, record=RecordKind.PROVIDER_PAYLOAD, moments=((Moment.CREATED, letters.since),))
        lines.append(_line(gw, Due.WORDS, keep(facts, gw.pack), count=letters.kept, next_at=letters.next_at))
    return tuple(lines)


def retain(gw: Gateway) -> Round:
    """Do what is due now; harmless when repeated, in batches of some hundred, each with its certificate in the journal."""
    asked = keeping.purge(gw)
    contacts = cancelled = words = 0
    while (erased := _election_batch(gw)) is not None:
        contacts += erased.contacts
        cancelled += erased.messages_cancelled
    while gone := hearing.end_terms(gw):
        words += gone
    cancelled += asked.messages_cancelled
    return Round(asked=asked.contacts, election=contacts, words=words, messages_cancelled=cancelled)


def place_hold(gw: Gateway, address: str, *, reason: str, until: datetime, by: str) -> int:
    """Keep somebody from erasure by terms until an instant; returns the number of the hold.

    Raises NotFound for somebody unknown, InvalidAddress, InvalidInput for an end that is past or a reason that says nothing.
    """
    at = gw.clock.now()
    if until <= at:
        raise InvalidInput("--until : cette date est déjà passée")
    if len(reason.strip()) < 3:
        raise InvalidInput("--reason : dites pourquoi (litige, recours…) ; la raison est gardée, et montrée à qui contrôle")
    with begin(gw.engine) as tx:
        contact_id, key = _person(tx, gw, address)
        number = retaining.hold(tx, contact_id, reason=reason.strip(), until=until, by=by, at=at)
        told = entry(EntryKind.HOLD, at, person=pseudonym(key), act="placed", hold=number, until=until, by=by)
        journal.append(tx, [told])
    return number


def lift_holds(gw: Gateway, address: str, *, by: str) -> list[int]:
    """End the holds of somebody; returns their numbers. Raises NotFound, InvalidAddress, Conflict when there is none."""
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        contact_id, key = _person(tx, gw, address)
        numbers = retaining.lift(tx, contact_id, by=by, at=at)
        if not numbers:
            raise Conflict("aucun gel n’est en cours pour cette personne")
        journal.append(tx, [entry(EntryKind.HOLD, at, person=pseudonym(key), act="lifted", hold=one, by=by) for one in numbers])
    return numbers


def standing_holds(gw: Gateway) -> list[tuple[Hold, str]]:
    """Holds that stand, each with an address of the person."""
    with reading(gw.engine) as tx:
        found = retaining.holds(tx, gw.clock.now())
        # few people are held at a time
        return [(one, next((a.value for a in contacts.addresses(tx, one.contact_id)), "")) for one in found]


def certificates(gw: Gateway, since: datetime | None, until: datetime | None) -> list[Certificate]:
    """Erasures by terms that the journal holds, the oldest first; those that people asked for are in their requests."""
    found = []
    with reading(gw.engine) as tx:
        for recorded in auditing.each(tx, Choice(since=since, until=until, kind=EntryKind.ERASURE)):
            told = orjson.loads(recorded.body)
            if told.get("rules"):
                found.append(Certificate(entry_id=recorded.id, at=recorded.at, rules=tuple(told["rules"]), counts=told["counts"]))
    return found


def _election_batch(gw: Gateway) -> Erased | None:
    """Erase some whose election is over; None when nobody is due."""
    at, ended_at = gw.clock.now(), _election_ends(gw)
    if ended_at is None or (verdict := _of_election(gw, ended_at, at)).act is not Act.DELETE:
        return None
    with begin(gw.engine) as tx:
        due = retaining.for_election(tx, ended_at, at=at, limit=_AT_ONCE)
        return keeping.forget(tx, gw, due, verdict.rules, at=at) if due else None


def _election_ends(gw: Gateway) -> datetime | None:
    election = gw.pack.elections.get(gw.settings.election)
    return election.ends_at if election is not None else None


def _of_election(gw: Gateway, ended_at: datetime, at: datetime) -> KeepVerdict:
    moments = ((Moment.ELECTION_CLOSED, ended_at),)
    return keep(_contact(ContactClass.OCCASIONAL, at, moments, answered=False), gw.pack)


def _of_silence(gw: Gateway, last: datetime, at: datetime) -> KeepVerdict:
    return keep(_contact(ContactClass.REGULAR, at, ((Moment.LAST_FROM_PERSON, last),), answered=True), gw.pack)


def _contact(
    contact_class: ContactClass, at: datetime, moments: tuple[tuple[Moment, datetime], ...], *, answered: bool
) -> KeptFacts:
    return KeptFacts(
        at=at, record=RecordKind.CONTACT, contact_class=contact_class, answered=answered, informed=True, moments=moments
    )


def _line(gw: Gateway, due: Due, verdict: KeepVerdict, *, count: int, next_at: datetime | None, detail: str = "") -> Line:
    told = verdict.because or verdict.findings
    why = " ".join(one.sentence for one in explain_findings(told, gw.pack))
    rules = tuple(dict.fromkeys(one.rule for one in told))
    return Line(due=due, detail=detail, count=count, next_at=next_at, act=verdict.act, rules=rules, why=why)


def sources(gw: Gateway, rules: Iterable[str]) -> list[tuple[str, str]]:
    """(rule, what it rests on) for those the present pack knows."""
    known = {rule.id: rule for rule in gw.pack.rules}
    return [(one, f"{known[one].source.instrument}, {known[one].source.article}") for one in rules if one in known]


def _person(tx: Connection, gw: Gateway, address: str) -> tuple[int, bytes]:
    found = next((held for digest in digests(gw, address) if (held := auditing.person_of(tx, digest))), None)
    if found is None:
        raise NotFound("personne n’a cette adresse dans le fichier de contacts")
    return found[0], found[1]

"""Retention as a whole: what falls due and why, the round that does it, and holds for named people.

Terms are those of the pack (`terms`). An inactive regular contact is never erased by itself: rule inactive-regular asks for a
decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from gateway.audit.entry import EntryKind, entry
from gateway.compliance.explain import explain_findings
from gateway.compliance.keep import Act, KeepVerdict
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.keys import pseudonym
from gateway.flows import hearing, informing, keeping, terms
from gateway.flows.auditing.scope import holder_of
from gateway.flows.forms.signing import lapse
from gateway.flows.gateway import Gateway
from gateway.flows.terms import Term
from gateway.store import contacts, journal, overdue, people, retaining, serverwords
from gateway.store.engine import Connection, begin, reading
from gateway.store.overdue import Many
from gateway.store.retaining import Hold

_ONE_DAY = timedelta(days=1)

#: A hold stops even the erasure she asks for: none is placed for longer than this at once.
_AHEAD_MOST = timedelta(days=3653)


class Due(StrEnum):
    """What a term is about."""

    ASKED = "asked"  #: occasional contacts who were asked for consent and did not say yes
    ELECTION = "election"  #: occasional contacts collected for an election that is over
    ROLL = "roll"  #: people known by an electoral roll alone
    UNINFORMED = "uninformed"  #: people whose data came from somebody else, and who were not told
    INACTIVE = "inactive"  #: regular contacts without a sign of life
    ENDED = "ended"  #: regular contacts who ended the exchanges: what is not proof
    EVIDENCE = "evidence"  #: proof of agreements that were withdrawn
    SIGNUPS = "signups"  #: forms that nobody confirmed yet
    WORDS = "words"  #: words of replies, mails and callbacks that came in
    UNSETTLED = "unsettled"  #: those past their term that wait for somebody to settle them: nothing erases them before
    SERVER_WORDS = "server_words"  #: what servers said about messages and addresses, and why somebody settled one
    DOCUMENTS = "documents"  #: what calls are to say, or were, until somebody tells that they ended
    DECISIONS = "decisions"  #: whose each decision of the journal was
    CAMPAIGNS = "campaigns"  #: records of campaigns, without identities
    OBJECTIONS = "objections"  #: the opposition list


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a plan."""

    due: Due
    detail: str  #: kind of origin, its words, or the election; empty elsewhere
    count: int  #: under this term; INACTIVE: those it is over for
    next_at: datetime | None  #: when the first of them falls due; past: due now; None: when an event comes that nobody can date
    act: Act  #: what the pack says of the first of them now
    rules: tuple[str, ...]
    why: str  #: the sentence of the pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round of retention did."""

    asked: int = 0  #: contacts erased: asked, and silent
    election: int = 0  #: contacts erased: their election is over
    roll: int = 0  #: people of the roll erased
    uninformed: int = 0  #: contacts erased: nobody told them in time
    ended: int = 0  #: contacts who ended the exchanges: erased, once no proof is kept
    reduced: int = 0  #: contacts who ended the exchanges: reduced to what proves why they were written to
    evidence: int = 0  #: acts of consent erased
    signups: int = 0  #: forms that were not confirmed in time
    words: int = 0  #: letters whose words were erased
    server_words: int = 0  #: answers of servers that were erased
    documents: int = 0  #: calls of which what they were to say was erased
    decisions: int = 0  #: messages that lead to nobody any more
    messages_cancelled: int = 0

    @property
    def contacts(self) -> int:
        """People erased in all."""
        return self.asked + self.election + self.roll + self.uninformed + self.ended


def plan(gw: Gateway) -> tuple[Line, ...]:
    """Everything whose term runs, with the rule and the date. Changes nothing."""
    at = gw.clock.now()
    lines = [
        _line(gw, Due.ASKED, one.verdict, detail=one.origin.value, count=one.people, next_at=one.verdict.due_at)
        for one in keeping.plan(gw)
    ]
    with reading(gw.engine) as tx:
        lines += _of_election(tx, gw, at)
        lines += [
            _line(gw, Due.UNINFORMED, one.verdict, detail=one.label, count=one.people, next_at=one.due_at)
            for one in informing.untold_in(tx, gw)
        ]
        lines += _of_silence(tx, gw, at)
        lines += _counted(gw, Due.ENDED, overdue.count_ended(tx, at), terms.ENDED)
        lines += _counted(gw, Due.EVIDENCE, overdue.count_evidence(tx, at), terms.EVIDENCE)
        lines += _counted(gw, Due.SIGNUPS, overdue.count_signups(tx), terms.SIGNUPS)
        for due in (Due.WORDS, Due.UNSETTLED):
            words = retaining.words(tx, at, unsettled=due is Due.UNSETTLED)
            if words.since is not None:
                verdict = terms.LETTERS.judge(gw, words.since)
                lines.append(_line(gw, due, verdict, count=words.kept, next_at=words.next_at))
        lines += _counted(gw, Due.SERVER_WORDS, serverwords.count(tx), terms.LETTERS)
        lines += _counted(gw, Due.DOCUMENTS, overdue.count_documents(tx), terms.DOCUMENTS)
        lines += _of_decisions(tx, gw, at)
        lines += _counted(gw, Due.CAMPAIGNS, overdue.count_campaigns(tx), terms.CAMPAIGNS)
        lines += _counted(gw, Due.OBJECTIONS, overdue.count_objections(tx), terms.OBJECTIONS)
    return tuple(lines)


def unsettled(gw: Gateway) -> int:
    """Letters that came in, whose term is over, and that nobody has settled."""
    with reading(gw.engine) as tx:
        return retaining.words(tx, gw.clock.now(), unsettled=True).kept


def retain(gw: Gateway) -> Round:
    """Do what is due now; harmless when repeated, in batches of some hundred, each with its certificate in the journal."""
    asked = keeping.purge(gw)
    election, roll, uninformed = terms.purge_election(gw), terms.purge_roll(gw), terms.purge_uninformed(gw)
    reduced, evidence = terms.reduce_ended(gw), terms.purge_evidence(gw)
    ended = terms.purge_ended(gw)
    erased = (election, roll, uninformed, ended)
    return Round(
        asked=asked.contacts,
        election=election.contacts,
        roll=roll.contacts,
        uninformed=uninformed.contacts,
        ended=ended.contacts,
        reduced=reduced,
        evidence=evidence,
        signups=lapse(gw).signups,
        words=_words(gw),
        server_words=terms.purge_server_words(gw),
        documents=terms.purge_documents(gw),
        decisions=terms.unname_decisions(gw),
        messages_cancelled=asked.messages_cancelled + sum(one.messages_cancelled for one in erased),
    )


def _words(gw: Gateway) -> int:
    total = 0
    while count := hearing.end_terms(gw):
        total += count
    return total


def _of_election(tx: Connection, gw: Gateway, at: datetime) -> Iterator[Line]:
    """What goes when the election is over, and people known by its roll."""
    ended_at, name = terms.election_ended_at(gw), gw.settings.election
    if ended_at is None:
        return
    if (verdict := terms.of_election(gw)) is not None:
        count = retaining.count_for_election(tx, ended_at, at=at)
        next_at = terms.contest_over_at(gw) or ended_at
        yield _line(gw, Due.ELECTION, verdict, detail=name, count=count, next_at=next_at)
    if count := overdue.count_roll(tx, ended_at, at=at):
        yield _line(gw, Due.ROLL, terms.ROLL.judge(gw, ended_at), detail=name, count=count, next_at=ended_at)


def _of_silence(tx: Connection, gw: Gateway, at: datetime) -> Iterator[Line]:
    over = terms.SILENT.over(gw)
    for _, last in overdue.quietest(tx, at, limit=1):
        verdict = terms.SILENT.judge(gw, last)
        count = 0 if over is None else overdue.count_inactive(tx, over[0], at)
        yield _line(gw, Due.INACTIVE, verdict, count=count, next_at=verdict.due_at)


def _of_decisions(tx: Connection, gw: Gateway, at: datetime) -> Iterator[Line]:
    """Until somebody says that the account is cleared nobody knows the date; the sentence of the pack says what is awaited."""
    cleared_at = terms.account_cleared_at(gw)
    count = overdue.count_decided(tx, cleared_at or at + _ONE_DAY, at)
    if count:
        verdict = terms.DECISIONS.judge(gw, cleared_at or at + _ONE_DAY)
        yield _line(gw, Due.DECISIONS, verdict, count=count, next_at=cleared_at)


def _counted(gw: Gateway, due: Due, many: Many, term: Term) -> Iterator[Line]:
    """A line for what is there, judged by the first of it."""
    if many.since is not None:
        verdict = term.judge(gw, many.since)
        yield _line(gw, due, verdict, count=many.count, next_at=verdict.due_at)


def inactive(gw: Gateway, *, limit: int) -> list[tuple[str, datetime, datetime | None]]:
    """(address, last sign of life, end of the term) of the quietest regular contacts, the one heard of longest ago first."""
    with reading(gw.engine) as tx:
        found = overdue.quietest(tx, gw.clock.now(), limit=limit)
        shown = [(_known_by(tx, one), last) for one, last in found]  # a page of them
    return [(address, last, terms.SILENT.judge(gw, last).due_at) for address, last in shown]


def erase_inactive(gw: Gateway, *, by: str) -> int:
    """Erase the regular contacts without a sign of life for the term of the pack: somebody decided so (rule inactive-regular).

    Returns how many. Raises InvalidInput when nobody signs.
    """
    if not by.strip():
        raise InvalidInput("--by : dites qui le décide ; le journal le garde")
    with begin(gw.engine) as tx:
        journal.append(tx, [entry(EntryKind.OPERATOR, gw.clock.now(), act="erase-inactive", by=by)])
    return terms.purge_inactive(gw).contacts


def end_of_day(gw: Gateway, address: str, day: date) -> datetime:
    """When a day is over for the team and where somebody is. Raises NotFound for somebody unknown, InvalidAddress."""
    with reading(gw.engine) as tx:
        contact_id, _ = holder_of(tx, gw, address)
        return gw.pack.calendar.end_of(day, territory=people.territory_of(tx, contact_id))


def place_hold(gw: Gateway, address: str, *, reason: str, until: datetime, by: str) -> int:
    """Keep somebody from erasure by terms until an instant; returns the number of the hold.

    Raises NotFound for somebody unknown, InvalidAddress, InvalidInput for an end that is past, or so far away that it is
    a slip of the keyboard, or a reason that says nothing.
    """
    at = gw.clock.now()
    if until <= at:
        raise InvalidInput("--until : cette date est déjà passée")
    if until > at + _AHEAD_MOST:
        raise InvalidInput(f"--until : gardée jusqu’en {until.year} ? Regardez l’année ; un gel se pose de nouveau avant sa fin")
    if len(reason.strip()) < 3:
        raise InvalidInput("--reason : dites pourquoi (litige, recours…) ; la raison est gardée, et montrée à qui contrôle")
    with begin(gw.engine) as tx:
        contact_id, key = holder_of(tx, gw, address)
        number = retaining.hold(tx, contact_id, reason=reason.strip(), until=until, by=by, at=at)
        told = entry(EntryKind.HOLD, at, person=pseudonym(key), act="placed", hold=number, until=until, by=by)
        journal.append(tx, [told])
    return number


def lift_holds(gw: Gateway, address: str, *, by: str, numbers: Sequence[int] = ()) -> list[int]:
    """End the hold of somebody, or those of these numbers; returns them.

    Raises NotFound, InvalidAddress; Conflict when there is none, or several and nobody says which: the end of one dispute is not
    that of another.
    """
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        contact_id, key = holder_of(tx, gw, address)
        standing = {one.id: one.reason for one in retaining.holds_of(tx, contact_id, at)}
        if not standing or not standing.keys() >= set(numbers):
            which = "".join(f" n° {one}" for one in numbers if one not in standing)
            raise Conflict(f"aucun gel{which} n’est en cours pour cette personne : gateway retention holds montre les gels")
        if len(standing) > 1 and not numbers:
            several = " ; ".join(f"n° {number}, {reason}" for number, reason in standing.items())
            raise Conflict(f"plusieurs gels sont en cours pour cette personne ({several}) : dites lesquels lever, --hold N")
        numbers = sorted(set(numbers or standing))
        retaining.lift(tx, numbers, by=by, at=at)
        journal.append(tx, [entry(EntryKind.HOLD, at, person=pseudonym(key), act="lifted", hold=one, by=by) for one in numbers])
    return list(numbers)


def standing_holds(gw: Gateway) -> list[tuple[Hold, str]]:
    """Every hold that stands, each with an address of the person."""
    with reading(gw.engine) as tx:
        found = retaining.holds(tx, gw.clock.now())
        return [(one, _known_by(tx, one.contact_id)) for one in found]  # few people are held at a time


def _known_by(tx: Connection, contact_id: int) -> str:
    """Her email address, else a number."""
    hers = sorted(contacts.addresses(tx, contact_id), key=lambda one: one.medium is not Medium.EMAIL)
    return hers[0].value if hers else ""


def _line(gw: Gateway, due: Due, verdict: KeepVerdict, *, count: int, next_at: datetime | None, detail: str = "") -> Line:
    told = verdict.because or verdict.findings
    why = " ".join(one.sentence for one in explain_findings(told, gw.pack))
    rules = tuple(dict.fromkeys(one.rule for one in told))
    return Line(due=due, detail=detail, count=count, next_at=next_at, act=verdict.act, rules=rules, why=why)

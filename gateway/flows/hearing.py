"""A reply by words: kept once, read, obeyed before it is answered. What is unclear pauses the person until somebody reads it.

What words mean is the reader's; what follows from it, and what she is answered, the pack decides (`compliance.hear`).

One transaction holds the reply, its effect and its journal entries: a crash leaves all of them or none, and a second delivery
changes nothing. Who stops texts by a text is told so, and who asks who we are is answered: in the same transaction, once.
Serves rules sms-stop-keywords, sms-stop-own-parser, sms-stop-confirm, sms-contact-keyword, sms-restart, optout-effect and
optout-scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.compliance.hear import Hearing, Outcome, judge
from gateway.compliance.heard import HeardFacts
from gateway.compliance.wording import Reading, read_reply
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import Consent, ConsentAct, Evidence, Purpose
from gateway.domain.errors import Conflict
from gateway.domain.keys import pseudonym
from gateway.domain.reply import Answer, InboxKind, Intent, RightAsked, Settlement
from gateway.domain.rights import RequestVia, Right
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.flows import listening
from gateway.flows.collecting.ledger import WITHDRAWN
from gateway.flows.consenting import record
from gateway.flows.gateway import Gateway
from gateway.flows.listening import InForce, Objection, put_in_force
from gateway.flows.replying import Owed, answered, pay
from gateway.flows.restarting import Return, come_back
from gateway.flows.rights.requests import open_in
from gateway.flows.terms import LETTERS
from gateway.store import answers, asking, crossing, inbox, journal, outbox, people, suppressions
from gateway.store.answers import Writer
from gateway.store.engine import Connection, Later, begin, ending, together
from gateway.store.inbox import Incoming, Read
from gateway.store.people import Holder
from gateway.store.requests import Asked
from gateway.store.suppressions import Suppression

_FORGOTTEN_AT_ONCE = 5_000
#: A request for help of at most so many words ("CONTACT", "Aide svp") is settled by telling who we are; a longer one is read.
_KEYWORD_WORDS = 3
#: What her words are noted as, where what follows from them is more than what they say.
_INTENT_AFTER = {Outcome.OBJECTION: Intent.OBJECTION, Outcome.PAUSED: Intent.DOUBTFUL}
#: Who refuses, and by what means, in the ledger.
BY, MEANS = "la personne", "réponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a person wrote back, as a channel received it."""

    medium: Medium
    sender_digest: bytes  #: of the address it came from; a stranger's counts as much
    text: str
    received_at: datetime  #: aware; when it reached us, or the provider where it says so
    provider_id: str  #: the provider's id of it: a second delivery of the same changes nothing
    message_id: int | None = None  #: the message it answers to, where that can be told
    to_latest: bool = False  #: it names none, and answers to the one that reached her last
    kind: InboxKind = InboxKind.REPLY
    body: bytes | None = None  #: as received
    twins: tuple[bytes, ...] = ()  #: digests of the same number on other channels
    late: bool = False  #: it was not told as it came; what she said since may have been heard first
    opted_out: bool = False  #: the provider says that it is one of the words by which it stops us itself
    number: str | None = None  #: a mobile, E.164: kept no longer than it takes to answer whoever is in nobody's file


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a reply came to."""

    letter_id: int  #: its number in the inbox
    intent: Intent
    evidence: tuple[str, ...]
    fresh: bool  #: False: it had been delivered before, and nothing was done again
    right_asked: RightAsked | None = None
    objection: Objection | None = None
    every_medium: bool = False  #: it is to every channel
    paused: bool = False  #: nothing leaves for her until somebody has read it
    refused: bool = False  #: a consent was asked for, and refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A no to political messages by one channel."""

    medium: Medium
    given_at: datetime  #: of her words
    by: str  #: who says so: the person herself, or whoever read her reply


def hear(gw: Gateway, reply: Reply) -> Heard:
    """Act on what a person wrote back; committed before this returns.

    Raises StoreUnavailable: then nothing was kept, and it is to be delivered, or asked for, again.
    """
    with gw.urgent() as tx:
        return hear_in(tx, gw, reply, alone=True)


def hear_in(tx: Connection, gw: Gateway, reply: Reply, *, alone: bool = False) -> Heard:
    """The same within the caller's transaction, for intake that keeps more than the reply. alone: nothing is written after it."""
    at = gw.clock.now()
    incoming = _incoming(gw, reply, at)
    with together(tx):
        crossing.leave(tx)
        asked, kept = answers.send_writer(tx, reply.sender_digest, reply.medium), inbox.send(tx, incoming)
        reading = _read(reply, gw)  # while PostgreSQL looks
    writer, letter_id = answers.writer(asked), kept.scalar()
    if reply.to_latest:
        reply = replace(reply, message_id=writer.latest_id)
    if letter_id is None:
        return _heard_before(tx, reply)
    one = _Letter(reply, writer, reading, _facts(reply, reading, at), letter_id)
    if reading.plain_no and _refuse(tx, one, at):
        heard = Heard(letter_id=letter_id, intent=Intent.OTHER, evidence=reading.evidence, fresh=True, refused=True)
        noted = Read(intent=Intent.OTHER, evidence=_shown(reading), effective_at=at, settled=Settlement.REFUSAL)
        entries = [_told(one, heard, (), at)]
    else:
        heard, noted, entries = _obey(tx, gw, one)
    last = alone and heard.right_asked is None
    with ending(tx, announced=True) if last else together(tx):
        inbox.read(tx, letter_id, replace(noted, message_id=reply.message_id), at=at)
        journal.append(tx, entries)
    if heard.right_asked is not None:
        for right in one.reading.rights:
            _ask_right(tx, gw, one, right)
    return heard


def _read(reply: Reply, gw: Gateway) -> Reading:
    """What her words ask. A word that only the provider knows objects too: it refuses our texts to her from now on."""
    reading = read_reply(reply.text, gw.pack.reply_words)
    if not reply.opted_out or reading.intent is Intent.OBJECTION:
        return reading
    return replace(reading, intent=Intent.OBJECTION, evidence=("provider-opt-out", *reading.evidence))


def end_terms(gw: Gateway) -> int:
    """Erase the words of settled replies whose term is over (rule purge-logs), a bounded number at a time; returns how many."""
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        gone = inbox.forget(tx, at=at, most=_FORGOTTEN_AT_ONCE)
        if gone:
            journal.append(tx, [entry(EntryKind.REPLY, at, act="words-erased", letters=gone, rule="purge-logs")])
    return gone


@dataclass(frozen=True, slots=True)
class _Letter:
    """A reply, who wrote it, what it says, and its number in the inbox."""

    reply: Reply
    writer: Writer
    reading: Reading
    told: HeardFacts
    letter_id: int


def _facts(reply: Reply, reading: Reading, at: datetime) -> HeardFacts:
    """What the pack looks at; what she was answered before counts once her words have taken effect."""
    return HeardFacts(
        at=at,
        channel=reply.medium,
        intent=reading.intent,
        patterns=reading.patterns,
        every_medium=reading.every_medium,
    )


def _obey(tx: Connection, gw: Gateway, one: _Letter) -> tuple[Heard, Read, list[Entry]]:
    """The effect of each outcome, then what she is owed. What asks for a right waits for a person even when it took effect."""
    reply, reading, at = one.reply, one.reading, gw.clock.now()
    hearing = judge(one.told, gw.pack)
    back = hearing.outcome is Outcome.RESTARTED and not reply.late and come_back(tx, gw, _return(reply, hearing))
    holder = one.writer.holder if hearing.outcome is Outcome.PAUSED else None
    hers = people.digests(tx, holder.contact_id, reply.medium) if holder else ()
    in_force: Later[InForce] | None = None
    with together(tx):
        match hearing.outcome:
            case Outcome.OBJECTION:
                in_force = put_in_force(tx, gw, as_objection(reply, every_medium=hearing.every_medium), one.writer.holder)
            case Outcome.PAUSED:
                _pause(tx, reply, hers, at)
            case Outcome.RESTARTED | Outcome.NOTHING:
                pass  # kept: somebody answers, unless a keyword asked for no more than who we are
            case never:
                assert_never(never)
        owing = _owe(tx, gw, one, hearing)
    found = in_force() if in_force else None
    introduced, paid = owing()
    heard = Heard(
        letter_id=one.letter_id,
        intent=_INTENT_AFTER.get(hearing.outcome, reading.intent),
        evidence=reading.evidence,
        fresh=True,
        right_asked=reading.right,
        objection=found.objection if found else None,
        every_medium=found is not None and hearing.every_medium,
        paused=hearing.outcome is Outcome.PAUSED,
    )
    noted = Read(
        intent=heard.intent,
        evidence=_shown(reading),
        right_asked=reading.right,
        effective_at=found.objection.effective_at if found else at if heard.paused else None,
        settled=Settlement.FILED if back else _settled(reply, heard, introduced=introduced),
    )
    rules = () if hearing.outcome is Outcome.NOTHING else hearing.rules  # an answer has an entry of its own
    return heard, noted, [*(found.entries if found else ()), *paid, _told(one, heard, rules, at)]


def _settled(reply: Reply, heard: Heard, *, introduced: bool) -> Settlement | None:
    """How a reply is settled that nobody need read, as it asked for no more than it has got; None: it waits for somebody."""
    if heard.right_asked is not None:
        return None
    if heard.objection is not None:
        return Settlement.OBJECTION
    if heard.intent is Intent.HELP and introduced and len(reply.text.split()) <= _KEYWORD_WORDS:
        return Settlement.ANSWERED
    return None


def _owe(tx: Connection, gw: Gateway, one: _Letter, hearing: Hearing) -> Later[tuple[bool, list[Entry]]]:
    """Put what she is owed into the outbox. Told afterwards: whether she knows who we are, from now or lately; the entries."""
    if not hearing.answers:
        return lambda: (False, [])
    before = answered(one.writer, one.reply.medium)
    owes = judge(replace(one.told, answered=before), gw.pack).answers
    lately = Answer.INTRODUCTION not in owes and any(answer is Answer.INTRODUCTION for answer, _ in before)
    paying = {}
    for answer in sorted(owes):
        owed = Owed(
            digest=one.reply.sender_digest,
            answer=answer,
            before=before,
            holder=one.writer.holder,
            number=one.reply.number,
            every_medium=hearing.every_medium,
        )
        paying[answer] = pay(tx, gw, owed)

    def paid() -> tuple[bool, list[Entry]]:
        put = {answer: letter for answer, pays in paying.items() if (letter := pays())}
        return lately or Answer.INTRODUCTION in put, [told for letter in put.values() for told in letter.entries]

    return paid


def _return(reply: Reply, hearing: Hearing) -> Return:
    return Return(
        digest=reply.sender_digest,
        medium=reply.medium,
        words=reply.text.strip(),
        received_at=reply.received_at,
        by=BY,
        lifts=hearing.lifts,
    )


def as_objection(reply: Reply, *, every_medium: bool) -> listening.Stop:
    """A reply as the STOP transaction takes it (rule optout-scope: its channel, or every one when it says so)."""
    return listening.Stop(
        digest=reply.sender_digest,
        medium=None if every_medium else reply.medium,
        cause=SuppressionCause.REPLY,
        received_at=reply.received_at,
        message_id=reply.message_id,
        twins=reply.twins,
    )


def _ask_right(tx: Connection, gw: Gateway, one: _Letter, right: RightAsked) -> None:
    """The clock of her request runs from the moment it reached us (rule dsar-deadline)."""
    holder = one.writer.holder
    asked = Asked(
        right=Right(right.value),
        via=RequestVia.REPLY,
        received_at=one.reply.received_at,
        contact_id=holder.contact_id if holder else None,
        digest=one.reply.sender_digest,
        twin=next((twin for twin in one.reply.twins if twin != one.reply.sender_digest), None),
        letter_id=one.letter_id,
    )
    open_in(tx, gw, asked)


def _pause(tx: Connection, reply: Reply, digests: Iterable[bytes], at: datetime) -> None:
    """Nothing leaves for her on this channel until somebody has read what she wrote: at none of her addresses."""
    pause = Suppression(
        digest=reply.sender_digest,
        medium=reply.medium,
        kind=SuppressionKind.DOUBT,
        cause=SuppressionCause.REPLY,
        since=at,
        message_id=reply.message_id,
    )
    suppressions.add_all(tx, [replace(pause, digest=one) for one in sorted({reply.sender_digest, *digests})])


def _refuse(tx: Connection, one: _Letter, at: datetime) -> bool:
    """True when a plain no answers a request for consent, and so refuses it; to anything else it is an objection."""
    reply, holder = one.reply, one.writer.holder
    if reply.message_id is None or holder is None:
        return False
    asked = outbox.find(tx, reply.message_id)
    if asked is None or asked["message_class"] is not MessageClass.CONSENT_REQUEST or asked["digest"] != reply.sender_digest:
        return False
    refuse_consent(tx, holder, reply.sender_digest, Refusal(medium=reply.medium, given_at=reply.received_at, by=BY), at=at)
    return True


def refuse_consent(tx: Connection, holder: Holder, digest: bytes, refusal: Refusal, *, at: datetime) -> int:
    """Put a refusal into the ledger and cancel what waits for her (rule consent-withdrawal-easy); returns how many messages."""
    evidence = Evidence(given_at=refusal.given_at, form=None, wording=None, collector=None, means=MEANS)
    refused = Consent(medium=refusal.medium, purpose=Purpose.POLITICAL, act=ConsentAct.REFUSED, at=at, evidence=evidence)
    record(tx, holder, refused, by=refusal.by, at=at, promoted=None)
    asking.refused(tx, digest, at=at)
    return len(outbox.cancel_for_contacts(tx, digest, refusal.medium, because=WITHDRAWN, at=at))


def keep_until(gw: Gateway, at: datetime) -> datetime | None:
    """Until when what a provider sent may be kept (rule purge-logs)."""
    return LETTERS.judge(gw, at, at=at).due_at


def _incoming(gw: Gateway, reply: Reply, at: datetime) -> Incoming:
    return Incoming(
        medium=reply.medium,
        provider_id=reply.provider_id,
        kind=reply.kind,
        digest=reply.sender_digest,
        message_id=reply.message_id,
        received_at=reply.received_at,
        kept_at=at,
        text=reply.text,
        body=reply.body,
        keep_until=keep_until(gw, at),
    )


def _heard_before(tx: Connection, reply: Reply) -> Heard:
    letter = inbox.by_provider_id(tx, reply.medium, reply.provider_id)
    if letter is None:
        raise Conflict(f"{reply.provider_id}: cette réponse vient d’être gardée par un autre processus ; présentez-la de nouveau")
    return Heard(
        letter_id=letter.id,
        intent=letter.intent or Intent.OTHER,
        evidence=tuple((letter.evidence or "").splitlines()),
        fresh=False,
        right_asked=letter.right_asked,
        refused=letter.settled_as is Settlement.REFUSAL,
    )


def _told(one: _Letter, heard: Heard, rules: Sequence[str], at: datetime) -> Entry:
    reply, reading, holder = one.reply, one.reading, one.writer.holder
    return entry(
        EntryKind.REPLY,
        at,
        message_id=reply.message_id,
        person=pseudonym(holder.key) if holder else None,
        letter=heard.letter_id,
        medium=reply.medium.value,
        digest=reply.sender_digest.hex(),
        received=reply.received_at,
        intent=reading.intent.value,
        patterns=list(reading.patterns) or None,
        rules=list(rules) or None,
        right=reading.right.value if reading.right else None,
        act="paused" if heard.paused else "refused" if heard.refused else None,
    )


def _shown(reading: Reading) -> str | None:
    return "\n".join(reading.evidence) or None

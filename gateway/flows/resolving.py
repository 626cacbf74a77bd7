"""Replies that wait for a person: shown with what each decision does, settled once, by name and with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.compliance.hear import judge
from gateway.compliance.heard import HeardFacts
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.keys import pseudonym
from gateway.domain.reply import InboxState, Intent, Settlement
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.flows import listening
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Refusal, refuse_consent
from gateway.flows.listening import address_hint, objection
from gateway.flows.replying import Owed, answered, pay
from gateway.flows.rights.requests import Answer, settle
from gateway.store import answers, crossing, inbox, journal, people, requests, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.inbox import Letter, Settled, Waiting
from gateway.store.requests import Request

_EFFECTS = {
    Settlement.OBJECTION: "sur la liste d’opposition, pour toujours ; ses accords prennent fin, ce qui l’attendait est annulé",
    Settlement.NOT_OBJECTION: "rien ne change pour elle ; la pause est levée si aucune autre de ses réponses n’attend",
    Settlement.REFUSAL: "son refus des messages politiques par ce canal est consigné ; ce qui l’attendait est annulé",
    Settlement.ANSWERED: "on lui a répondu, ou sa demande est transmise ; rien d’autre ne change",
    Settlement.FILED: "il n’y avait rien à répondre ; rien d’autre ne change",
}
#: They say whether a reply is an objection; a right that it also invokes is answered after that.
_JUDGING = (Settlement.OBJECTION, Settlement.NOT_OBJECTION, Settlement.REFUSAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A reply that waits, as somebody decides about it."""

    letter: Letter
    hint: str  #: "c…@exemple.fr"; empty when nobody in our file holds the address
    paused: bool  #: nothing leaves for her on this channel until it is settled
    doubts: int  #: open doubtful replies of the same sender
    choices: Mapping[Settlement, str]  #: what each decision does, in French
    requests: tuple[Request, ...] = ()  #: open ones that it made, each with its own clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person says of a reply."""

    settlement: Settlement
    by: str
    why: str
    every_medium: bool = False  #: an objection to every channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A decision in force."""

    settlement: Settlement
    by: str  #: empty where it stood so already, be it by the reader
    at: datetime
    already: bool  #: it had been decided so before; nothing was done again
    effective_at: datetime | None = None  #: of the objection
    cancelled: int = 0  #: messages that were waiting
    resumed: bool = False  #: the pause is over
    right_waits: bool = False  #: she also invoked a right: the reply stays in the queue until that is answered
    requests: tuple[Request, ...] = ()  #: that the same reply made, and that are still to be answered


def queue(gw: Gateway, *, after: int | None = None, limit: int = 50) -> list[Asked]:
    """A page of what waits: doubtful first, then requests for a right, oldest first."""
    with reading(gw.engine) as tx:
        waiting = inbox.waiting(tx, after=after, limit=limit)
        made = requests.open_of_letters(tx, [one.letter.id for one in waiting if one.letter.right_asked is not None])
    return [_asked(one, tuple(request for request in made if request.letter_id == one.letter.id)) for one in waiting]


def open_counts(gw: Gateway) -> Mapping[str, int]:
    """How many replies wait, by intent."""
    with reading(gw.engine) as tx:
        return inbox.open_counts(tx)


def resolve(gw: Gateway, letter_id: int, decision: Decision) -> Resolved:
    """Settle a reply; effect and journal in one transaction. The same decision again changes nothing.

    Raises NotFound; InvalidInput without a name or a reason; Conflict when somebody decided otherwise before, or when the
    decision does not fit the reply (an objection in force is never undone).
    """
    if not decision.by.strip() or not decision.why.strip():
        raise InvalidInput("dites qui décide (--by) et pourquoi (--why) : les deux sont gardés au journal")
    if decision.every_medium and decision.settlement is not Settlement.OBJECTION:
        raise InvalidInput(
            "seule une opposition (objection) vaut pour tous les canaux : retirez --every-channel ; rien n’est décidé"
        )
    with begin(gw.engine) as tx:
        crossing.hold(tx)  # what she writes at this moment is heard after it, and pauses her anew
        letter = inbox.find(tx, letter_id, lock=True)
        if letter is None:
            raise NotFound(f"il n’y a pas de réponse n° {letter_id} ; `gateway replies queue` montre celles qui attendent")
        if letter.state is InboxState.SETTLED:
            return _decided_before(letter, decision, gw.pack.calendar.zone)
        if decision.settlement not in choices(letter):
            raise Conflict(_unfit(letter, decision.settlement))
        return _settle(tx, gw, letter, decision)


def choices(letter: Letter) -> tuple[Settlement, ...]:
    """The decisions that fit a reply. What may be an objection is first said to be one or not; a right is answered after that."""
    match letter.intent:
        case Intent.DOUBTFUL:
            return (Settlement.OBJECTION, Settlement.NOT_OBJECTION, Settlement.REFUSAL)
        case Intent.OBJECTION:
            return (Settlement.OBJECTION, Settlement.ANSWERED)
        case _:
            return (Settlement.OBJECTION, Settlement.REFUSAL, Settlement.NOT_OBJECTION, Settlement.ANSWERED, Settlement.FILED)


def _settle(tx: Connection, gw: Gateway, letter: Letter, decision: Decision) -> Resolved:
    """The effect first, then who decided."""
    at = gw.clock.now()
    effective_at, cancelled = _take_effect(tx, gw, letter, decision, at)
    right_waits = letter.right_asked is not None and decision.settlement in _JUDGING
    already = False
    if right_waits:
        intent = Intent.OBJECTION if decision.settlement is Settlement.OBJECTION else Intent.OTHER
        already = letter.intent is intent
        inbox.judge(tx, letter.id, intent, effective_at=effective_at)
    else:
        settled = Settled(settlement=decision.settlement, by=decision.by, why=decision.why, at=at, effective_at=effective_at)
        _answer_right(tx, gw, letter, decision)
        inbox.settle(tx, letter.id, settled)
    resumed = _end_doubt(tx, letter)
    if not already:
        journal.append(tx, [_told(tx, letter, decision, at, resumed=resumed)])
    return Resolved(
        settlement=decision.settlement,
        by="" if already else decision.by,
        at=at,
        already=already,
        effective_at=effective_at if decision.settlement is Settlement.OBJECTION else None,
        cancelled=cancelled,
        resumed=resumed and decision.settlement is not Settlement.OBJECTION,
        right_waits=right_waits,
        requests=tuple(requests.open_of_letters(tx, [letter.id])) if letter.right_asked is not None else (),
    )


def _take_effect(tx: Connection, gw: Gateway, letter: Letter, decision: Decision, at: datetime) -> tuple[datetime | None, int]:
    """Since when she is not written to because of the reply, and how many messages no longer wait."""
    match decision.settlement:
        case Settlement.OBJECTION:
            found = objection(tx, gw, _as_objection(letter, decision))
            _confirm(tx, gw, letter, decision)
            return found.effective_at, found.cancelled
        case Settlement.REFUSAL:
            return letter.effective_at, _refuse(tx, letter, decision, at)
        case Settlement.NOT_OBJECTION | Settlement.ANSWERED | Settlement.FILED:
            return letter.effective_at, 0
        case never:
            assert_never(never)


def _answer_right(tx: Connection, gw: Gateway, letter: Letter, decision: Decision) -> None:
    """Whoever settles a reply that made one request and nothing else has answered that, too."""
    if letter.right_asked is not None and (request := requests.only_of_letter(tx, letter.id)):
        settle(tx, gw, request, Answer(by=decision.by, text=decision.why))


def _confirm(tx: Connection, gw: Gateway, letter: Letter, decision: Decision) -> None:
    """What somebody says is an objection is confirmed as one that was clear at once."""
    digest = _sender(letter)
    writer = answers.writer(answers.send_writer(tx, digest, letter.medium))
    before = answered(writer, letter.medium)
    told = HeardFacts(at=gw.clock.now(), channel=letter.medium, every_medium=decision.every_medium, answered=before)
    for answer in judge(told, gw.pack).answers:
        owed = Owed(digest=digest, answer=answer, before=before, holder=writer.holder, every_medium=decision.every_medium)
        if paid := pay(tx, gw, owed)():
            journal.append(tx, paid.entries)


def _as_objection(letter: Letter, decision: Decision) -> listening.Stop:
    """The objection took effect when she was paused, or takes effect now."""
    return listening.Stop(
        digest=_sender(letter),
        medium=None if decision.every_medium else letter.medium,
        cause=SuppressionCause.REPLY,
        received_at=letter.received_at,
        message_id=letter.message_id,
        since=letter.effective_at,
    )


def _refuse(tx: Connection, letter: Letter, decision: Decision, at: datetime) -> int:
    holder = people.holder(tx, _sender(letter), letter.medium)
    if holder is None:
        raise Conflict(
            "personne dans le fichier n’a cette adresse : il n’y a pas d’accord à refuser ; dites plutôt « objection »"
        )
    return refuse_consent(
        tx, holder, _sender(letter), Refusal(medium=letter.medium, given_at=letter.received_at, by=decision.by), at=at
    )


def _end_doubt(tx: Connection, letter: Letter) -> bool:
    """Her pause lasts until the last of her doubtful replies is settled, from any address of hers; True when it ended now."""
    if letter.digest is None or letter.intent is not Intent.DOUBTFUL:
        return False
    holder = people.holder(tx, letter.digest, letter.medium)
    hers = {letter.digest, *(people.digests(tx, holder.contact_id, letter.medium) if holder else ())}
    if any(inbox.open_doubts(tx, digest, letter.medium) for digest in sorted(hers)):
        return False
    return sum(suppressions.lift(tx, digest, letter.medium, (SuppressionKind.DOUBT,)) for digest in sorted(hers)) > 0


def _sender(letter: Letter) -> bytes:
    if letter.digest is None:
        raise Conflict(f"on ne sait pas de qui vient la réponse n° {letter.id} : rien ne peut être consigné pour son auteur")
    return letter.digest


def _decided_before(letter: Letter, decision: Decision, zone: ZoneInfo) -> Resolved:
    """The same answer again is none; another one comes too late."""
    if letter.settled_as is not decision.settlement or letter.settled_at is None:
        who = letter.settled_by or "la passerelle"
        when = f"{letter.settled_at.astimezone(zone):%d/%m/%Y à %H:%M}" if letter.settled_at else "un autre jour"
        raise Conflict(
            f"la réponse n° {letter.id} a déjà été réglée par {who}, le {when}, comme « {letter.settled_as} » : "
            "rien n’est changé. Si la personne s’oppose, mettez son adresse sur la liste : `gateway suppressions import`"
        )
    return Resolved(
        settlement=decision.settlement,
        by=letter.settled_by or "",
        at=letter.settled_at,
        already=True,
        effective_at=letter.effective_at if decision.settlement is Settlement.OBJECTION else None,
    )


def _unfit(letter: Letter, settlement: Settlement) -> str:
    fits = ", ".join(choices(letter))
    if letter.intent is Intent.OBJECTION:
        return f"cette personne s’est opposée : une opposition ne se lève pas (optout-effect) ; possible : {fits}"
    return f"dites d’abord si c’est une opposition : « {settlement} » laisserait la personne en pause ; possible : {fits}"


def _asked(waiting: Waiting, made: tuple[Request, ...]) -> Asked:
    letter = waiting.letter
    return Asked(
        letter=letter,
        hint=address_hint(waiting.address) if waiting.address is not None else "",
        paused=letter.intent is Intent.DOUBTFUL,
        doubts=waiting.doubts,
        choices={choice: _EFFECTS[choice] for choice in choices(letter) if choice.value != str(letter.intent)},
        requests=made,
    )


def _told(tx: Connection, letter: Letter, decision: Decision, at: datetime, *, resumed: bool) -> Entry:
    holder = people.holder(tx, letter.digest, letter.medium) if letter.digest else None
    return entry(
        EntryKind.REPLY,
        at,
        message_id=letter.message_id,
        person=pseudonym(holder.key) if holder else None,
        act="settled",
        letter=letter.id,
        settlement=decision.settlement.value,
        resumed=resumed or None,
        by=decision.by,
        why=decision.why,
    )

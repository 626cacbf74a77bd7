"""Calls: what a person is told when she answers, what a key does, and how the call ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.channels.twilio.callbacks import CallStatus, KeyPress
from gateway.compliance.hear import judge
from gateway.compliance.heard import HeardFacts
from gateway.domain.channel import Medium
from gateway.domain.keys import pseudonym
from gateway.domain.language import spoken_by
from gateway.domain.message import MessageState
from gateway.domain.receipt import Evidence, ReceiptKind
from gateway.domain.reply import Told
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import keep_until
from gateway.flows.listening import Stop, objection
from gateway.flows.sending.outcomes import OBJECTION_FIRST, TRIES_USED_UP
from gateway.flows.sending.returning import returned, take_effect
from gateway.render.voice import HANG_UP, ask_again, thanks
from gateway.store import consents, documents, endings, inbox, journal, outbox, people, receipts, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.outbox import Settled
from gateway.store.receipts import Addressee

#: Why a call to somebody who answered is tried again: nothing was said to her.
NOTHING_SAID = "nothing-said"
#: Answers of the provider's detection that are no person (rule voice-voicemail).
_MACHINES = ("machine", "fax")
_NOBODY = {"busy", "no-answer", "canceled", "failed"}


def document(gw: Gateway, token: str, answered_by: str | None) -> bytes:
    """The TwiML of a call that was answered: its message to a person, which is noted; nothing to a machine, nor to somebody who
    objected, took a break, took her consent back or had the use of her data restricted since, nor once its hour is over or the
    team halted the campaign.

    Raises InvalidToken, StoreUnavailable.
    """
    message_id = gw.keys.read_verp_token(token)
    if _is_machine(answered_by):
        return HANG_UP
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        addressee = receipts.addressees(tx, [message_id]).get(message_id)
        if addressee is None or suppressions.stands(tx, addressee.digest, Medium.CALL, at):
            return HANG_UP
        if consents.has_ended(tx, addressee.digest, Medium.CALL):
            return HANG_UP
        return documents.tell(tx, message_id, at=at) or HANG_UP


def key_pressed(gw: Gateway, token: str, pressed: KeyPress, *, received_at: datetime) -> bytes:
    """A key during a call: the one that objects takes effect before it is thanked for (rule voice-refusal).

    After any other key she is told again which one objects: few people press one for nothing. Raises InvalidToken,
    StoreUnavailable: then nothing is confirmed.
    """
    message_id = gw.keys.read_verp_token(token)
    if objects(gw, pressed):
        return object_by_key(gw, token, received_at=received_at)
    return other_key(gw, pressed, _language_of(gw, message_id) if pressed.digits else None)


def objects(gw: Gateway, pressed: KeyPress) -> bool:
    """Whether this is the key that objects."""
    return pressed.digits[:1] == gw.settings.calls.objection_key


def other_key(gw: Gateway, pressed: KeyPress, language: str | None) -> bytes:
    """What she hears after a key that does not object, or none. language: hers, None when it is not known."""
    if not pressed.digits:
        return HANG_UP
    return ask_again(gw.templates, spoken_by(language), gw.settings.calls.voice, gw.settings.calls.objection_key)


def _language_of(gw: Gateway, message_id: int) -> str | None:
    with reading(gw.engine) as tx:
        addressee = receipts.addressees(tx, [message_id]).get(message_id)
        holder = people.holder(tx, addressee.digest, Medium.CALL) if addressee else None
        return holder.language if holder else None


def object_by_key(gw: Gateway, token: str, *, received_at: datetime) -> bytes:
    """Object by the key of a call, pressed at this instant; committed before this returns, and safe to repeat.

    What she hears next. Raises InvalidToken, StoreUnavailable.
    """
    message_id = gw.keys.read_verp_token(token)
    with gw.urgent() as tx:
        addressee = receipts.addressees(tx, [message_id]).get(message_id)
        if addressee is None:
            return HANG_UP
        hearing = judge(HeardFacts(at=received_at, channel=Medium.CALL, told=Told.KEY), gw.pack)
        stop = Stop(
            digest=addressee.digest,
            medium=None if hearing.every_medium else Medium.CALL,
            cause=SuppressionCause.KEY_PRESS,
            received_at=received_at,
            message_id=message_id,
        )
        objection(tx, gw, stop)
        holder = people.holder(tx, addressee.digest, Medium.CALL)
    language = spoken_by(holder.language if holder else None)
    return thanks(gw.templates, language, gw.settings.calls.voice)


def call_ended(gw: Gateway, token: str, told: CallStatus, form: Mapping[str, str]) -> bool:
    """Take the end of a call into account, and keep what was told, once; False when it had ended before, or has not.

    Committed before this returns. form: as it came.

    Heard by a person: done. Busy, unanswered, answered by a machine, or by a person to whom nothing was said: tried again inside
    her hours, a few times; not after an objection. Raises InvalidToken, StoreUnavailable.
    """
    message_id = gw.keys.read_verp_token(token)
    if told.status != "completed" and told.status not in _NOBODY:
        return False
    at = gw.clock.now()
    callback, until = inbox.Callback.of(told.sid, told.status, message_id, form), keep_until(gw, at)
    with begin(gw.engine) as tx:
        fresh = inbox.file_all(tx, Medium.CALL, [callback], at=at, keep_until=until)()
        return bool(fresh) and end(tx, gw, message_id, told)


def end(tx: Connection, gw: Gateway, message_id: int, told: CallStatus) -> bool:
    """The same within the caller's transaction, with nothing kept."""
    at = gw.clock.now()
    addressee = receipts.addressees(tx, [message_id]).get(message_id)
    row = outbox.find(tx, message_id)
    if addressee is None or row is None or _is_over(row["state"], row["reply"], told.sid):
        return False
    answered = told.status == "completed" and not _is_machine(told.answered_by)
    heard = answered and documents.was_told(tx, message_id)
    why = NOTHING_SAID if answered else "machine" if told.status == "completed" else told.status
    # The provider may tell before the lane has settled the hand-over: this attempt is then not counted yet.
    tried = row["attempts"] + (row["worker"] is not None)
    if heard:
        ended = _row(message_id, MessageState.ACCEPTED, told, at)
    elif suppressions.present(tx, [addressee.digest], Medium.CALL, at):
        ended = _row(message_id, MessageState.CANCELLED, told, at)._replace(because=OBJECTION_FIRST)
    else:
        ended = _again(gw, message_id, why, tried, told)
    if not endings.end_call(tx, message_id, ended, at=at):
        return False
    documents.forget(tx, message_id)
    journal.append(tx, _entries(tx, gw, addressee, told, heard=heard, why=why))
    return True


def _is_over(state: MessageState, reply: str | None, sid: str) -> bool:
    """Whether the telephone rings by another call than this one, which was made before and is over."""
    match state:
        case MessageState.RINGING:
            return reply != sid
        case MessageState.HANDING_OVER:
            return reply == sid
        case _:
            return False


def _row(message_id: int, state: MessageState, told: CallStatus, at: datetime) -> Settled:
    return Settled(message_id=message_id, state=state, reply=told.sid, handed_at=at)


def _again(gw: Gateway, message_id: int, why: str, tried: int, told: CallStatus) -> Settled:
    """Due again after a while: the gate decides then whether it is her hour, and whether the caps allow one more."""
    at, waits = gw.clock.now(), gw.settings.calls.retry_minutes
    if tried > len(waits):
        return _row(message_id, MessageState.EXPIRED, told, at)._replace(because=TRIES_USED_UP)
    due_at = at + timedelta(minutes=waits[tried - 1])
    return _row(message_id, MessageState.DEFERRED, told, at)._replace(because=why, due_at=due_at)


def _entries(tx: Connection, gw: Gateway, addressee: Addressee, told: CallStatus, *, heard: bool, why: str) -> list[Entry]:
    at = gw.clock.now()
    person = pseudonym(addressee.key) if addressee.key else None
    entries = [
        entry(
            EntryKind.RECEIPT,
            at,
            campaign_id=addressee.campaign_id,
            message_id=addressee.message_id,
            person=person,
            receipt="heard" if heard else why,
            code=told.status,
            seconds=told.seconds,
        )
    ]
    # A number that rings is alive, whoever answers; only one that cannot be called counts against itself.
    kind = ReceiptKind.DELIVERED if heard else ReceiptKind.FAILED if told.status == "failed" else ReceiptKind.UNHEARD
    came_back = returned(addressee, kind, Evidence(at=at, code=told.status, reply=why if not heard else ""))
    receipts.add(tx, came_back)
    return [*entries, *take_effect(tx, gw, came_back)]


def _is_machine(answered_by: str | None) -> bool:
    return (answered_by or "").startswith(_MACHINES)

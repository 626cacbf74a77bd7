"""What an outcome means for the row, the address, the sender and the journal: pure, so that it reads as a table."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple, assert_never

from gateway.channels.ourside import hasty
from gateway.domain.channel import Accepted, Fault, Outcome, Rejected, Unrendered, Unsure, Withheld
from gateway.domain.message import MessageState
from gateway.flows.listening import OPTOUT_EFFECT
from gateway.store.outbox import Settled

#: Words of a provider often quote the address; the journal holds none.
_ADDRESS = re.compile(r"<?[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+>?")

#: Eight digits with at most one sign between them: without, there is no number, and most answers hold none.
_DIGITS = re.compile(r"\d(?:[ .-]?\d){7}")
_NUMBER = re.compile(r"(?<![\w.])(?:\+|00)[1-9](?:[ .-]?\d){7,14}(?!\w)|(?<![\w.])0[1-9](?:[ .-]?\d{2}){4}(?!\w)")
#: A shorter left part of an address is a word that servers say anyway.
_NAME_MIN = 3

OBJECTION_FIRST = "objection-first"
NOT_BEGUN = "not-begun"
SENDER_FAULT = "sender-fault"
TRIES_USED_UP = "tries-used-up"
UNSURE = "unsure"
UNRENDERED = "unrendered"


class HandedOver(NamedTuple):
    """One hand-over, seen from the gate."""

    message_id: int
    outcome: Outcome
    began: datetime | None
    ended: datetime
    objected: bool  #: held back because an objection was committed first
    attempts: int  #: hand-overs already tried before this one
    silent: bool = False  #: the provider answered nothing any more when its batch ended


def settled(handed: HandedOver, retry_minutes: tuple[int, ...]) -> Settled:
    """The move of the row. A message that may be tried again waits for its next hour; one in doubt is never sent again."""
    at = handed.ended
    match handed.outcome:
        case Accepted(reference=reference, pending=pending):
            state = MessageState.RINGING if pending else MessageState.ACCEPTED
            return _row(handed, state, reply=reference[:500], attempts=1)
        case Withheld() if handed.objected:
            return _row(handed, MessageState.CANCELLED, because=OBJECTION_FIRST)
        case Withheld():
            return _row(handed, MessageState.DEFERRED, because=NOT_BEGUN, due_at=at)
        case Rejected(fault=fault, reply=reply) if unreached(handed):
            return _row(handed, MessageState.DEFERRED, because=fault, reply=reply, due_at=at)
        case Rejected(fault=Fault.OURS, code=code, reply=reply):
            # Nothing is wrong with the recipient: the row waits until the fault of ours is mended and the campaign resumed.
            return _row(handed, MessageState.DEFERRED, because=SENDER_FAULT, reply=f"{code} {reply}", due_at=at)
        case Rejected(fault=Fault.OPTED_OUT, code=code, reply=reply):
            # She told the provider itself to stop us.
            return _row(handed, MessageState.REJECTED, because=OPTOUT_EFFECT, reply=f"{code} {reply}")
        case Rejected(permanent=True, code=code, reply=reply, fault=fault):
            return _row(handed, MessageState.REJECTED, because=fault, reply=f"{code} {reply}", attempts=1)
        case Rejected(code=code, reply=reply, fault=fault):
            if handed.attempts >= len(retry_minutes):
                return _row(handed, MessageState.EXPIRED, because=TRIES_USED_UP, reply=f"{code} {reply}", attempts=1)
            due_at = at + timedelta(minutes=retry_minutes[handed.attempts])
            return _row(handed, MessageState.DEFERRED, because=fault, reply=f"{code} {reply}", attempts=1, due_at=due_at)
        case Unsure(why=why):
            return _row(handed, MessageState.UNCERTAIN, because=UNSURE, reply=why, attempts=1)
        case Unrendered(why=why):
            return _row(handed, MessageState.REFUSED, because=UNRENDERED, reply=why)
        case never:
            assert_never(never)


def unreached(handed: HandedOver) -> bool:
    """Whether the provider could not be reached, or took nobody more in ("421 too busy"): no attempt, and no word of her."""
    match handed.outcome:
        case Rejected(fault=Fault.CONNECTION):
            return True
        case Rejected(fault=Fault.THROTTLED):
            return handed.began is None or hurried(handed)
        case _:
            return False


def hurried(handed: HandedOver) -> bool:
    """Whether the provider says that we send too much at once, or have sent all that it lets us for now: true of everybody's
    message until it takes some again, unlike a server that puts off one newcomer."""
    match handed.outcome:
        case Rejected(fault=Fault.THROTTLED, code=code, reply=reply):
            return hasty(f"{code} {reply}")
        case _:
            return False


def told(outcome: Outcome, address: str = "") -> dict[str, Any]:
    """An outcome as the journal tells it: codes, hashes and redacted words. address: whose message it was."""
    match outcome:
        case Accepted(reference=reference, payload_sha256=digest, pending=pending):
            came_to = "begun" if pending else "accepted"
            return {"outcome": came_to, "reply": redacted(reference, address), "payload": digest.hex()}
        case Rejected(permanent=permanent, code=code, reply=reply, fault=fault):
            return {
                "outcome": "rejected",
                "permanent": permanent,
                "code": code,
                "reply": redacted(reply, address),
                "fault": fault.value,
            }
        case Unsure(why=why):
            return {"outcome": "unsure", "why": redacted(why, address)}
        case Withheld():
            return {"outcome": "withheld"}
        case Unrendered(why=why):
            return {"outcome": "unrendered", "why": redacted(why, address)}
        case never:
            assert_never(never)


def redacted(words: str, address: str = "") -> str:
    """A provider's words without addresses and numbers, at most 200 characters.

    address: whose message it was; servers also say "no such user camille.martin", and the journal could never forget it.
    """
    struck = _ADDRESS.sub("<address>", words) if "@" in words else words
    if _DIGITS.search(struck):
        struck = _NUMBER.sub("<number>", struck)
    local, _, domain = address.partition("@")
    if domain and len(local) >= _NAME_MIN and _may_say(struck, local):
        struck = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "<address>", struck, flags=re.IGNORECASE)
    return struck[:200]


def _may_say(words: str, name: str) -> bool:
    """False when a name is surely not among the words: most answers are "Ok", and an expression of each name costs as much as its
    whole entry. Beyond ASCII letters have more than two forms, so that is left to the expression."""
    return not (words.isascii() and name.isascii()) or name.lower() in words.lower()


def _row(handed: HandedOver, state: MessageState, **also: Any) -> Settled:
    reached = state in (MessageState.ACCEPTED, MessageState.RINGING, MessageState.UNCERTAIN)
    return Settled(message_id=handed.message_id, state=state, handed_at=handed.began if reached else None, **also)

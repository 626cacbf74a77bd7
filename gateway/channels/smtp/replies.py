"""What a refusing reply means: whose fault it is, and whether this message to this person is lost for good.

The meaning of a reply is the business of `channels.refusals`, one table for sessions and bounces; here it is told what the phase
of the conversation adds to it. A refusal that concerns us is never final for the person, even when the server says 5xx: repaired,
the message may leave.
"""

from __future__ import annotations

import re
from enum import StrEnum

from gateway.channels.ourside import hasty
from gateway.channels.refusals import Reply, Step, Verdict, judge
from gateway.domain.channel import Fault, Rejected

REPLY_MAX = 500
SERVICE_CLOSING = 421
_TOO_MUCH = 552
_READ_MAX = 2_000
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")


class Phase(StrEnum):
    """Where in the conversation a reply came."""

    CONNECT = "connect"  #: greeting, EHLO, STARTTLS
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"  #: after the final dot


_STEPS = {Phase.RCPT: Step.RCPT, Phase.DATA: Step.DATA, Phase.CONTENT: Step.DATA}
_BEFORE_RCPT = frozenset({Phase.CONNECT, Phase.LOGIN, Phase.MAIL})
_FINAL = (Verdict.HARD, Verdict.POLICY, Verdict.UNKNOWN, Verdict.EXPIRED)
_FAULTS = {
    Verdict.HARD: Fault.RECIPIENT,
    Verdict.SOFT: Fault.MAILBOX,
    Verdict.FULL: Fault.MAILBOX,
    Verdict.BLOCKED: Fault.OURS,
    Verdict.MISROUTED: Fault.OURS,  # said by our own relay: it does not know us
    Verdict.POLICY: Fault.CONTENT,
    # Whatever else refuses this message says nothing of the address.
    Verdict.EXPIRED: Fault.CONTENT,
    Verdict.DELIVERED: Fault.CONTENT,
    Verdict.UNKNOWN: Fault.CONTENT,
}
#: The mailbox, the address or the way to it: a 4xx of these kinds is about her; any other is about our haste.
_ABOUT_HER = ("1.", "2.", "4.")


def refusal(phase: Phase, code: int, text: str) -> Rejected:
    """Read one reply that did not say yes.

    code: three digits; text: what follows them, lines of a long reply joined. A code outside 400-599 is read as a
    temporary refusal. Only a 5xx is ever permanent.
    """
    found = _STATUS.match(text)
    status = found.group(1) if found else ""
    known = code if 400 <= code <= 599 else 451
    fault, final = _judged(phase, Reply(code=known, status=status, text=text[:_READ_MAX], step=_STEPS.get(phase, Step.UNTOLD)))
    return Rejected(
        permanent=final and code >= 500,
        code=f"{code} {status}" if status else str(code),
        reply=text.strip()[:REPLY_MAX],
        fault=fault,
    )


def _judged(phase: Phase, reply: Reply) -> tuple[Fault, bool]:
    """Whose fault it is, and whether the message is lost for good."""
    temporary = reply.code < 500
    verdict = judge(reply).verdict
    if temporary and phase is Phase.MAIL and not hasty(f"{reply.code} {reply.text}"):
        return Fault.CONNECTION, False  # the server is closed for now, and has heard of nobody yet
    if reply.code == SERVICE_CLOSING or (temporary and phase in _BEFORE_RCPT):
        return Fault.THROTTLED, False
    if phase in _BEFORE_RCPT:
        # Whatever the server says before MAIL FROM, and at it, is said to us; but for the size that MAIL FROM announces.
        sized = phase is Phase.MAIL and verdict is Verdict.POLICY and reply.code == _TOO_MUCH
        return (Fault.CONTENT, True) if sized else (Fault.OURS, False)
    if temporary:
        full = verdict is Verdict.FULL or reply.status.partition(".")[2].startswith(_ABOUT_HER)
        return Fault.MAILBOX if full else Fault.THROTTLED, False
    return _FAULTS[verdict], verdict in _FINAL


def unreachable(why: str) -> Rejected:
    """The connection failed or was lost, and nothing of the message was transmitted: it may leave another time."""
    return Rejected(permanent=False, code="", reply=why[:REPLY_MAX], fault=Fault.CONNECTION)

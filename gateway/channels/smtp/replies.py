"""What a refusing reply means: whose fault it is, and whether this message to this person is lost for good.

Sources of the table:
- reply codes: RFC 5321 §4.2; enhanced status codes: RFC 3463 and the IANA registry (RFC 5248); authentication of mail:
  RFC 7372; null MX: RFC 7505
- Gmail: https://support.google.com/a/answer/3726730
- Exchange Online and outlook.com:
  https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/
- Yahoo: https://senders.yahooinc.com/smtp-error-codes/
- Orange and Wanadoo (codes OFR…): https://postmaster.orange.fr

Two scruples shape it. A refusal nobody knows never condemns an address: only a status or words that say so do. And a
refusal that concerns us is never final for the person, even when the server says 5xx: repaired, the message may leave.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.channel import Fault, Rejected

REPLY_MAX = 500
SERVICE_CLOSING = 421


class Phase(StrEnum):
    """Where in the conversation a reply came."""

    CONNECT = "connect"  #: greeting, EHLO, STARTTLS
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"  #: after the final dot


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One line of the table; a criterion left empty matches everything."""

    fault: Fault
    final: bool = False  #: a 5xx of this kind is permanent; a 4xx never is
    classes: str = "45"  #: first digit of the reply code
    phases: frozenset[Phase] = frozenset()
    codes: frozenset[int] = frozenset()
    status: re.Pattern[str] | None = None  #: on "subject.detail" of the enhanced status, "" when there is none
    words: re.Pattern[str] | None = None  #: anywhere in the reply

    def matches(self, phase: Phase, code: int, status: str, text: str) -> bool:
        return (
            str(code)[0] in self.classes
            and (not self.phases or phase in self.phases)
            and (not self.codes or code in self.codes)
            and (self.status is None or self.status.fullmatch(status) is not None)
            and (self.words is None or self.words.search(text) is not None)
        )


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


_ABOUT_US = _words(
    r"""\bspf\b | \bdkim\b | \bdmarc\b | unauthenticated | not\ authenticated | authentication\ required
    | sender\ (address|domain|verif|denied) | relay(ing)?\ (access\ )?(is\ )?(denied|not\ (permitted|allowed)) | unable\ to\ relay
    | spamhaus | \brbl\b | dnsbl | block\ ?list | blacklist | banned\ sending | (?<!not\ )listed\ (at|by|on)\b | blocked\ using
    | reputation | reverse\ dns | \bptr\b | client\ host\ rejected | your\ (ip|server)\b"""
)
_TOO_BIG = _words(
    r"(message|mail|content|size).{0,40}(too\ (big|large|long)|exceeds|limit) | (too\ (big|large)|exceeds).{0,40}\bsize"
)
_MAILBOX_BUSY = _words(
    r"over\ ?quota | quota\ exceeded | mailbox\ (is\ )?full | bo[iî]te.{0,20}pleine | too\ quickly | at\ a\ rate"
)
_NOBODY = _words(
    r"""(user|recipient|mailbox|account|address)\ (is\ )?(unknown|not\ found|does\ ?n[o']t\ exist|disabled)
    | (unknown|no\ such)\ (local\ )?(user|recipient|mailbox|address) | (doesn't|does\ not)\ have\ a\ \S+\ account
    | invalid\ recipient | destinataire\ (invalide|inconnu) | utilisateur\ inconnu | adresse\ inexistante"""
)

_RECEIVING = frozenset({Phase.RCPT, Phase.DATA, Phase.CONTENT})
_NOBODY_THERE = re.compile(r"1\.(1|2|3|6|10)")
_NOT_OF_THE_SENDER = _words(r"^(?!.*sender\ address)")
_PERHAPS_DEAD = re.compile(r"1\.0|2\.1")
_BAD_SENDER = re.compile(r"1\.[78]")
#: Authentication and reputation. RFC 7372: 20-25; Gmail: 26-32; Exchange: 3, 57, 60, 64, 139, 50x and 51x (sender banned or
#: not authenticated), 606-649 (address banned), 7xx (reputation); RFC 4954: 8, 9.
_OUR_POLICY = re.compile(r"7\.(3|8|9|2\d|3[0-2]|57|60|64|139|50[1-9]|51[1-5]|6[0-4]\d|7\d\d)")
_LOGIN_CODES = frozenset({530, 534, 535, 538})

#: First match wins; the last two rows match everything.
_TABLE = (
    # Whatever the server says before MAIL FROM, and at it, is said to us.
    _Row(fault=Fault.THROTTLED, codes=frozenset({SERVICE_CLOSING})),
    _Row(fault=Fault.THROTTLED, phases=frozenset({Phase.CONNECT, Phase.LOGIN}), classes="4"),
    _Row(fault=Fault.OURS, phases=frozenset({Phase.CONNECT, Phase.LOGIN})),
    _Row(fault=Fault.OURS, codes=_LOGIN_CODES),
    _Row(fault=Fault.CONTENT, final=True, classes="5", status=re.compile(r"3\.4|2\.3")),
    _Row(fault=Fault.CONTENT, final=True, classes="5", codes=frozenset({552}), words=_TOO_BIG),
    _Row(fault=Fault.THROTTLED, phases=frozenset({Phase.MAIL}), classes="4"),
    _Row(fault=Fault.OURS, phases=frozenset({Phase.MAIL})),
    # The person is there, her mailbox cannot take it now: even a 552 comes back another day.
    _Row(fault=Fault.MAILBOX, status=re.compile(r"2\.2")),
    _Row(fault=Fault.MAILBOX, status=re.compile(r"|2\.[01]"), words=_MAILBOX_BUSY),
    _Row(fault=Fault.MAILBOX, classes="5", codes=frozenset({552}), status=re.compile(r"|2\.\d")),
    _Row(fault=Fault.MAILBOX, classes="4", status=re.compile(r"[124]\.\d+")),
    _Row(fault=Fault.THROTTLED, classes="4"),
    # The address is dead, and the status leaves no doubt.
    _Row(fault=Fault.RECIPIENT, final=True, phases=_RECEIVING, status=_NOBODY_THERE, words=_NOT_OF_THE_SENDER),
    # Refused for who we are, not for who she is.
    _Row(fault=Fault.OURS, status=_BAD_SENDER),
    _Row(fault=Fault.OURS, status=_OUR_POLICY),
    _Row(fault=Fault.OURS, words=_ABOUT_US),
    # Then, and only then, a vaguer status or the server's words for a dead address.
    _Row(fault=Fault.RECIPIENT, final=True, phases=_RECEIVING, status=_PERHAPS_DEAD),
    _Row(fault=Fault.RECIPIENT, final=True, phases=_RECEIVING, status=re.compile(r"|[05]\.\d"), words=_NOBODY),
    # Anything else refuses this message, and says nothing of the address.
    _Row(fault=Fault.CONTENT, final=True, classes="5"),
    _Row(fault=Fault.THROTTLED),
)

_STATUS = re.compile(r"\s*[245]\.(\d{1,3}\.\d{1,3})\b")


def refusal(phase: Phase, code: int, text: str) -> Rejected:
    """Read one reply that did not say yes.

    code: three digits; text: what follows them, lines of a long reply joined. A code outside 400-599 is read as a
    temporary refusal.
    """
    found = _STATUS.match(text)
    status = found.group(1) if found else ""
    row = next(row for row in _TABLE if row.matches(phase, code if 400 <= code <= 599 else 451, status, text))
    return Rejected(
        permanent=row.final and code >= 500,
        code=f"{code} {found.group(0).strip()}" if found else str(code),
        reply=text.strip()[:REPLY_MAX],
        fault=row.fault,
    )


def unreachable(why: str) -> Rejected:
    """The connection failed or was lost, and nothing of the message was transmitted: it may leave another time."""
    return Rejected(permanent=False, code="", reply=why[:REPLY_MAX], fault=Fault.CONNECTION)

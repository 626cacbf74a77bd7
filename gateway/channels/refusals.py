"""What a refusing reply says of a recipient: one table, read during a session (channels.smtp) and in bounces (channels.inbound).

Sources of the table:
- reply codes: RFC 5321 §4.2; enhanced status codes: RFC 3463 and the IANA registry (RFC 5248); authentication of mail:
  RFC 7372; null MX: RFC 7505, RFC 7504
- Gmail: https://support.google.com/a/answer/3726730
- Exchange Online and outlook.com:
  https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/
- Yahoo: https://senders.yahooinc.com/smtp-error-codes/
- Orange and Wanadoo (codes OFR…): https://postmaster.orange.fr
- Postfix, Exim, qmail, Sendmail: the sentences of their sources, `wording.py`

Three scruples shape it. A refusal nobody knows never condemns an address: only a status or words that say so do. A refusal
that concerns us, or only this message, is looked for before the words for a dead address, because servers that block us like
to say "unavailable" or "rejected". And a mailbox that is suspended, or refused after the recipient was taken, is still
somebody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.channels import wording


class Verdict(StrEnum):
    """What a server's words mean for one recipient."""

    HARD = "hard"  #: the address or its domain does not exist, or takes no mail for good
    SOFT = "soft"  #: not now: busy, suspended, server in trouble
    FULL = "full"  #: the mailbox is full: somebody has it
    BLOCKED = "blocked"  #: we are refused: reputation, blocklist, authentication, rate
    POLICY = "policy"  #: this message is refused: content, size, a rule of the house
    EXPIRED = "expired"  #: tried for long enough without reaching the server
    DELIVERED = "delivered"  #: no bounce: delivered, relayed or expanded
    UNKNOWN = "unknown"  #: refused, and nobody can say why


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One refusal, as a server or a report words it."""

    code: int = 0  #: SMTP reply code, 400-599; 0 when none was said
    status: str = ""  #: enhanced status the server itself said, "5.1.1"
    reported: str = ""  #: status in the report of whoever bounced; weaker, often made up from the reply code
    text: str = ""
    gave_up: bool = False  #: whoever tried will not try again: what was temporary has become an answer
    after_data: bool = False  #: the recipient had been taken when the refusal came

    @classmethod
    def parse(cls, text: str, *, reported: str = "", gave_up: bool = False, after_data: bool = False) -> Reply:
        """Find reply code and enhanced status in a server's words, wherever they stand."""
        text = " ".join(text[:_TEXT_MAX].split())
        code = _CODE.search(text)
        status = _STATUS.search(text)
        return cls(
            code=int(code.group(1)) if code else 0,
            status=status.group(1) if status else "",
            reported=reported,
            text=text,
            gave_up=gave_up,
            after_data=after_data,
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict and the name of the row that gave it."""

    verdict: Verdict
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One line of the table; a criterion left empty matches everything."""

    name: str
    verdict: Verdict
    classes: str = "450"  #: 4 temporary, 5 permanent, 0 not said
    codes: frozenset[int] = frozenset()
    said: re.Pattern[str] | None = None  #: on "subject.detail" of the server's own status, "" when there is none
    status: re.Pattern[str] | None = None  #: the same, of the reported one when the server said none
    words: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None  #: words that forbid this row
    gave_up: bool | None = None
    after_data: bool | None = None

    def matches(self, reply: Reply, kind: str, said: str, status: str) -> bool:
        return (
            kind in self.classes
            and (not self.codes or reply.code in self.codes)
            and (self.gave_up is None or reply.gave_up is self.gave_up)
            and (self.after_data is None or reply.after_data is self.after_data)
            and (self.said is None or self.said.fullmatch(said) is not None)
            and (self.status is None or self.status.fullmatch(status) is not None)
            and (self.words is None or self.words.search(reply.text) is not None)
            and (self.unless is None or self.unless.search(reply.text) is None)
        )


_TEXT_MAX = 4_000
_CODE = re.compile(r"(?<![\w.:/#=+-])([45][0-5]\d)(?=[ :-]|$)(?! (?:seconds|bytes|days|hours|minutes))")
_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w.]*\d)")

_NOBODY_THERE = re.compile(r"1\.(1|2|3|6|10)")
_GENERIC = re.compile(r"|0\.\d+|1\.0|1\.[1236]|1\.10|2\.[01]|3\.0|4\.[014]|5\.\d+|\d\.9\d\d")
#: Authentication and reputation. RFC 7372: 20-25; Gmail: 26-32; Exchange: 3, 57, 60, 64, 139, 50x and 51x (sender banned or
#: not authenticated), 606-649 (address banned), 7xx (reputation); RFC 4954: 8, 9.
_OUR_POLICY = re.compile(r"7\.(3|8|9|2\d|3[0-2]|57|60|64|139|50[1-9]|51[1-5]|6[0-4]\d|7\d\d)|1\.[78]")
_LOGIN_CODES = frozenset({530, 534, 535, 538})

#: First match wins.
_TABLE = (
    # Said of the message or of the mailbox, whatever the status.
    _Row(name="login", verdict=Verdict.BLOCKED, codes=_LOGIN_CODES),
    _Row(name="size-status", verdict=Verdict.POLICY, classes="5", status=re.compile(r"3\.4|2\.3")),
    _Row(name="size", verdict=Verdict.POLICY, classes="50", words=wording.TOO_BIG, unless=wording.FULL),
    _Row(name="full-status", verdict=Verdict.FULL, said=re.compile(r"2\.2"), unless=wording.DEAD),
    _Row(name="full", verdict=Verdict.FULL, words=wording.FULL),
    _Row(name="busy", verdict=Verdict.SOFT, words=wording.BUSY),
    # Temporary, and whoever tried still tries, or never reached anybody.
    _Row(name="dead-for-days", verdict=Verdict.HARD, classes="4", status=_NOBODY_THERE, words=wording.DEAD, gave_up=True),
    _Row(name="blocked-for-now", verdict=Verdict.BLOCKED, classes="4", words=wording.ABOUT_US),
    _Row(name="blocked-for-now-status", verdict=Verdict.BLOCKED, classes="4", status=re.compile(r"7\.\d+"), gave_up=True),
    _Row(name="expired-status", verdict=Verdict.EXPIRED, status=re.compile(r"4\.7")),
    _Row(name="no-such-domain", verdict=Verdict.HARD, classes="50", words=wording.NO_DOMAIN, unless=wording.OF_SENDER),
    _Row(name="expired", verdict=Verdict.EXPIRED, classes="40", words=wording.EXPIRED),
    _Row(name="unreachable", verdict=Verdict.EXPIRED, classes="4", status=re.compile(r"4\.\d+"), gave_up=True),
    _Row(name="for-now", verdict=Verdict.SOFT, classes="4"),
    # The address is dead, and status and words agree.
    _Row(
        name="dead",
        verdict=Verdict.HARD,
        status=_NOBODY_THERE,
        words=wording.DEAD,
        unless=wording.OF_SENDER,
    ),
    # Exchange Online knows no such address in that house (Directory Based Edge Blocking).
    _Row(name="edge-blocking", verdict=Verdict.HARD, said=re.compile(r"4\.1"), words=wording.EDGE_BLOCKED),
    _Row(name="harmful", verdict=Verdict.POLICY, words=wording.HARMFUL),
    # Refused for who we are, not for who she is.
    _Row(name="sender-status", verdict=Verdict.BLOCKED, status=_OUR_POLICY),
    _Row(name="about-us", verdict=Verdict.BLOCKED, words=wording.ABOUT_US),
    # Somebody has this mailbox, but it is closed, or keeps strangers out.
    _Row(name="suspended", verdict=Verdict.SOFT, words=wording.SUSPENDED, unless=wording.GONE),
    _Row(name="recipient-rule", verdict=Verdict.POLICY, words=wording.HER_RULE),
    # The status alone, then the server's words alone.
    _Row(name="dead-status", verdict=Verdict.HARD, said=_NOBODY_THERE, unless=wording.OF_SENDER),
    _Row(name="takes-no-mail", verdict=Verdict.HARD, codes=frozenset({521, 556})),
    _Row(name="takes-no-mail-words", verdict=Verdict.HARD, words=wording.NO_MAIL_AT_ALL),
    _Row(name="content", verdict=Verdict.POLICY, words=wording.CONTENT),
    _Row(name="expired-late", verdict=Verdict.EXPIRED, words=wording.EXPIRED, unless=wording.DEAD),
    # A server that took the recipient and then knows nobody is a filter that does not want to say so.
    _Row(name="taken-then-refused", verdict=Verdict.POLICY, after_data=True, words=wording.DEAD, unless=wording.NO_ACCOUNT),
    _Row(name="dead-words", verdict=Verdict.HARD, status=_GENERIC, words=wording.DEAD, unless=wording.OF_SENDER),
    _Row(name="full-code", verdict=Verdict.FULL, codes=frozenset({552}), status=re.compile(r"|2\.\d|0\.\d")),
    _Row(name="full-reported", verdict=Verdict.FULL, status=re.compile(r"2\.2")),
    _Row(name="dead-reported", verdict=Verdict.HARD, status=_NOBODY_THERE, unless=wording.OF_SENDER),
    _Row(name="closed-status", verdict=Verdict.SOFT, status=re.compile(r"2\.1")),
    _Row(name="address-refused", verdict=Verdict.HARD, said=re.compile(r"1\.0"), words=wording.ADDRESS, unless=wording.OF_SENDER),
    _Row(name="no-route", verdict=Verdict.HARD, status=re.compile(r"4\.4")),
    _Row(name="trouble-status", verdict=Verdict.SOFT, status=re.compile(r"3\.[0-35]|4\.[0-35-6]")),
    _Row(name="policy-status", verdict=Verdict.POLICY, status=re.compile(r"7\.\d+|6\.\d+")),
    _Row(name="refused", verdict=Verdict.UNKNOWN),
)


def judge(reply: Reply) -> Ruling:
    """Read one refusal. Always answers; UNKNOWN when the table knows nothing of it. Pure."""
    first = str(reply.code)[0] if 400 <= reply.code <= 599 else (reply.status or reply.reported or "0")[0]
    said = reply.status.partition(".")[2]
    status = said or reply.reported.partition(".")[2]
    row = next(row for row in _TABLE if row.matches(reply, first if first in "45" else "0", said, status))
    return Ruling(row.verdict, row.name)

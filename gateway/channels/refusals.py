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
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import takewhile

from gateway.channels import ourside, wording
from gateway.channels.phrases import Words


class Verdict(StrEnum):
    """What a server's words mean for one recipient."""

    HARD = "hard"  #: the address or its domain does not exist, or takes no mail for good
    SOFT = "soft"  #: not now: busy, suspended, server in trouble
    FULL = "full"  #: the mailbox is full: somebody has it
    BLOCKED = "blocked"  #: we are refused: reputation, blocklist, authentication, rate
    MISROUTED = "misrouted"  #: the server asked takes no mail for her domain: hers is set up wrongly, or our relay is
    POLICY = "policy"  #: this message is refused: content, size, a rule of the house
    EXPIRED = "expired"  #: tried for long enough without reaching the server
    DELIVERED = "delivered"  #: no bounce: delivered, relayed or expanded
    UNKNOWN = "unknown"  #: refused, and nobody can say why


class Step(StrEnum):
    """Where in the conversation a refusal came, as far as it is known."""

    RCPT = "rcpt"  #: the recipient was refused
    DATA = "data"  #: the recipient had been taken
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One refusal, as a server or a report words it."""

    code: int = 0  #: SMTP reply code, 400-599; 0 when none was said
    status: str = ""  #: enhanced status the server itself said, "5.1.1"
    reported: str = ""  #: status in the report of whoever bounced; weaker, often made up from the reply code
    text: str = ""
    gave_up: bool = False  #: whoever tried will not try again: what was temporary has become an answer
    step: Step = Step.UNTOLD

    @classmethod
    def parse(cls, text: str, *, reported: str = "", gave_up: bool = False, step: Step = Step.UNTOLD) -> Reply:
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
            step=step_of(text, step),
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict and the name of the row that gave it."""

    verdict: Verdict
    row: str


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table; a criterion left empty matches everything."""

    name: str
    verdict: Verdict
    _: KW_ONLY
    classes: str = "450"  #: 4 temporary, 5 permanent, 0 not said
    codes: frozenset[int] = frozenset()
    said: re.Pattern[str] | None = None  #: on "subject.detail" of the server's own status, "" when there is none
    status: re.Pattern[str] | None = None  #: the same, of the reported one when the server said none
    words: Words | None = None
    unless: Words | None = None  #: words that forbid this row
    gave_up: bool | None = None
    coded: bool | None = None  #: whether a reply code was told
    steps: frozenset[Step] = frozenset(Step)

    def matches(self, reply: Reply, kind: str, said: str, status: str, holds: Callable[[Words], bool]) -> bool:
        return (
            kind in self.classes
            and (not self.codes or reply.code in self.codes)
            and (self.coded is None or (reply.code > 0) is self.coded)
            and (self.gave_up is None or reply.gave_up is self.gave_up)
            and reply.step in self.steps
            and (self.said is None or self.said.fullmatch(said) is not None)
            and (self.status is None or self.status.fullmatch(status) is not None)
            and (self.words is None or holds(self.words))
            and (self.unless is None or not holds(self.unless))
        )


_TEXT_MAX = 2_500
_CODE = re.compile(r"(?<![\w./#=+-])(?<!\w:)([45][0-5]\d)(?=[ :,-]|$)(?! (?:seconds|bytes|days|hours|minutes))")
_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w.]*\d)")

#: Scripts without spaces end an address: else the words around it would go with it.
_IN_ADDRESS = r"[^\s<>\"'(),;:\[\]\u3000-\u9fff\uff00-\uffef]"
_ADDRESS = re.compile(_IN_ADDRESS + "{1,120}@" + _IN_ADDRESS + "{1,253}")
_HOST = re.compile(
    r"\b(?!resolver\.rst|rst\.)(?:https?://)?(?:[a-z0-9_-]{1,63}\.){1,8}"
    r"(?!notfound|recip|badtenant)[a-z][a-z0-9-]{1,24}\b(?:/[^\s<>]*)?",
    re.IGNORECASE,
)
#: What follows is a guess of whoever bounced.
_PERHAPS = re.compile(
    r"\b(?:may|might|perhaps|possibly|peut-[eê]tre|[eé]ventuellement|m(?:ö|oe)glicherweise|vielleicht|quiz[aá]s?|forse"
    r"|talvez)"
    r"(?: (?:not|no longer|be|have|has|been|has been|pas|nicht))* [^\s.,;]{1,40}"
    r"|\b(?:possible|likely|common|usual|probable) (?:reasons?|causes?)\b[^.]{0,300}"
    r"|\b(?:raisons?|causes?) possibles?\b[^.]{0,300}"
    r"|\b(?:si|quand|lorsqu[e'’]) ?(?:la |le |l['’]|une? |sa |son |cette |ce )[^.;:,]{0,100}"
    r"|\b(?:v[eé]rifiez|assurez-vous)[^.;:]{0,120}",
    re.IGNORECASE,
)
#: Servers like to leave the apostrophe out.
_CONTRACTED = re.compile(r"\b(do|does|did|is|was|were|could|has)nt\b", re.IGNORECASE)
#: Faults have names in programs: NO_SUCH_USER, MailboxNotFound.
_NAME_OF_FAULT = re.compile(r"(?<=[A-Za-z])_(?=[A-Za-z])|(?<=[a-z])(?=[A-Z][a-z])")
_TELLING_HOST = re.compile(
    r"spamhaus|spamcop|barracuda|sorbs|senderbase|senderscore|cloudmark|dnsbl|\brbl\b"
    r"|[/?&=](?:\d{1,3}\.){3}\d{1,3}\b",
    re.IGNORECASE,
)

_NOBODY_THERE = re.compile(r"1\.(1|2|3|6|10)")
_EMPTY = re.compile(r"|0\.\d+|2\.1")
_WITH_ADDRESS = Words(r"-> .*<>")
_GENERIC = re.compile(r"|0\.\d+|1\.0|1\.[1236]|1\.10|2\.[01]|3\.0|4\.[014]|5\.\d+|\d\.9\d\d")
#: Authentication and reputation. RFC 7372: 20-25; Gmail: 26-32; Exchange: 3, 57, 60, 64, 139, 50x and 51x (sender banned or
#: not authenticated), 606-649 (address banned), 7xx (reputation); RFC 4954: 8, 9.
_OUR_POLICY = re.compile(r"7\.(3|8|9|2\d|3[0-2]|57|60|64|139|50[1-9]|51[1-5]|6[0-4]\d|7\d\d)|1\.[78]")
_NO_MAIL_CODES = frozenset({521, 556})  # RFC 7504
_LOGIN_CODES = frozenset({530, 534, 535, 538})

_NOT_FOR_GOOD = Words(
    "|".join(each.pattern for each in (wording.PASSING, wording.OF_SENDER, wording.ABOUT_US, ourside.CARRIES_NOT))
)
_NOT_HER = Words(f"{wording.BARE_NO.pattern}|{wording.OF_SENDER.pattern}")
_NOT_HER_DOMAIN = Words(
    rf"{wording.OF_SENDER.pattern}|\bsenders?\b|\bdkim\b|\bdmarc\b|signature|(?:white|allow)-? ?list|exp[eé]diteur|\brelay"
    r"|\b(?:link"
    rf"|url|in (?:the )?(?:message|body))\b"
    r"|\b(?:your|votre|ihre?|su|il (?:tuo|suo|vostro)|seu) (?:own )?(?:domain|domaine|dominio|dom[ií]nio)\b",
)

#: A rule of the house, or our own address.
_NOT_OF_RULES = re.compile(r"(?!7\.|1\.[78]).*")
#: The row of a refusal that says nothing the table knows.
NOTHING_KNOWN = "refused"
#: The row of "no such user" without a step.
_DOUBTFUL = "perhaps-dead"
#: The row of "no such user" once she was taken.
_TAKEN = "taken-then-refused"

#: First match wins.
_TABLE = (
    # Said of the message or of the mailbox, whatever the status.
    _Row("login", Verdict.BLOCKED, codes=_LOGIN_CODES, unless=ourside.CARRIES_NOT),
    _Row("our-allowance", Verdict.BLOCKED, words=ourside.OUR_ALLOWANCE, unless=ourside.HER_ALLOWANCE),
    _Row("too-many-wrong", Verdict.BLOCKED, words=wording.TOO_MANY_WRONG),
    _Row("known-dead", Verdict.HARD, words=wording.KNOWN_DEAD, unless=wording.KNOWN_UNWILLING),
    _Row("size-status", Verdict.POLICY, classes="5", status=re.compile(r"3\.4|2\.3"), unless=wording.FULL),
    _Row("size", Verdict.POLICY, classes="50", words=wording.TOO_BIG, unless=wording.FULL),
    _Row("full-status", Verdict.FULL, said=re.compile(r"2\.2"), unless=wording.DEAD),
    _Row("full", Verdict.FULL, words=wording.FULL),
    _Row("busy", Verdict.SOFT, words=wording.BUSY),
    # Temporary: whoever tried still tries, or never reached anybody.
    _Row("dead-for-days", Verdict.HARD, classes="4", status=_NOBODY_THERE, words=wording.DEAD, gave_up=True),
    _Row("uncarried", Verdict.EXPIRED, classes="4", words=wording.UNCARRIED),
    _Row("carries-not-for-now", Verdict.MISROUTED, classes="4", words=ourside.CARRIES_NOT),
    _Row("blocked-for-now", Verdict.BLOCKED, classes="4", words=wording.ABOUT_US),
    _Row("blocked-for-now-status", Verdict.BLOCKED, classes="4", status=re.compile(r"7\.\d+"), gave_up=True),
    _Row("expired-status", Verdict.EXPIRED, status=re.compile(r"4\.7")),
    _Row("no-such-domain", Verdict.HARD, classes="50", status=_NOT_OF_RULES, words=wording.NO_DOMAIN, unless=_NOT_HER_DOMAIN),
    _Row("no-such-domain-status", Verdict.HARD, classes="5", said=re.compile(r"4\.310")),
    _Row("expired", Verdict.EXPIRED, classes="40", words=wording.EXPIRED),
    _Row("unreachable", Verdict.EXPIRED, classes="4", status=re.compile(r"4\.\d+"), gave_up=True),
    _Row("for-now", Verdict.SOFT, classes="4"),
    _Row("unknown-for-now", Verdict.SOFT, words=wording.UNKNOWN_FOR_NOW),
    # The address is dead, and status and words agree.
    _Row("dead", Verdict.HARD, status=_NOBODY_THERE, words=wording.DEAD, unless=wording.OF_SENDER),
    # Exchange Online knows no such address in that house (Directory Based Edge Blocking).
    _Row("edge-blocking", Verdict.HARD, said=re.compile(r"4\.1"), words=wording.EDGE_BLOCKED),
    _Row("harmful", Verdict.POLICY, words=wording.HARMFUL),
    # Exchange: a group or a person that takes mail from some senders alone.
    _Row("delivery-restriction", Verdict.POLICY, status=re.compile(r"7\.1[23]\d")),
    _Row("no-strangers", Verdict.POLICY, words=wording.NO_STRANGERS),
    _Row("keeps-us-out", Verdict.POLICY, classes="50", words=ourside.SHE_KEEPS_US_OUT, unless=wording.DEAD),
    _Row("closed-for-good", Verdict.HARD, classes="50", words=wording.FOR_GOOD, unless=_NOT_FOR_GOOD),
    _Row("closed-box", Verdict.SOFT, words=wording.CLOSED_BOX, unless=wording.GONE),
    # Refused for who we are, not for who she is.
    _Row("sender-status", Verdict.BLOCKED, status=_OUR_POLICY),
    _Row("carries-not", Verdict.MISROUTED, words=ourside.CARRIES_NOT),
    _Row("about-us", Verdict.BLOCKED, words=wording.ABOUT_US),
    # Somebody has this mailbox, but it is closed, or keeps strangers out; or the message is not wanted there.
    _Row("suspended", Verdict.SOFT, words=wording.SUSPENDED, unless=wording.GONE),
    _Row(
        "refused-her",
        Verdict.HARD,
        classes="5",
        status=_GENERIC,
        steps=frozenset({Step.RCPT}),
        words=wording.REFUSED_HER,
        unless=wording.OF_SENDER,
    ),
    _Row("recipient-rule", Verdict.POLICY, words=wording.HER_RULE, unless=wording.DEAD),
    _Row("content", Verdict.POLICY, words=wording.CONTENT, unless=wording.DEAD),
    _Row("looked-up", Verdict.BLOCKED, words=ourside.LOOKS_US_UP, unless=wording.DEAD),
    # The status alone, then the server's words alone.
    _Row("could-not-look", Verdict.SOFT, words=wording.FOR_NOW, unless=wording.DEAD),
    _Row("dead-status", Verdict.HARD, said=_NOBODY_THERE, unless=wording.OF_SENDER),
    _Row("takes-no-mail", Verdict.HARD, codes=_NO_MAIL_CODES, said=re.compile(r"|3\.2|1\.10")),
    _Row("takes-no-mail-words", Verdict.HARD, words=wording.NO_MAIL_AT_ALL),
    _Row("expired-late", Verdict.EXPIRED, words=wording.EXPIRED, unless=wording.DEAD),
    # A server that took the recipient and then knows nobody is a filter that does not want to say so.
    _Row("no-account", Verdict.HARD, words=wording.NO_ACCOUNT, unless=wording.OF_SENDER),
    _Row(_TAKEN, Verdict.POLICY, steps=frozenset({Step.DATA}), words=wording.DEAD),
    # Exchange Online relays another server's reply; one to RCPT repeats the recipient, one to the content does not.
    _Row("relayed-dead", Verdict.HARD, said=re.compile(r"1\.351"), words=_WITH_ADDRESS),
    _Row("loop", Verdict.SOFT, words=wording.LOOP),
    # The words of a dead address, but nobody says whether the recipient or the message was refused.
    _Row(_DOUBTFUL, Verdict.UNKNOWN, coded=True, said=_EMPTY, steps=frozenset({Step.UNTOLD}), words=wording.DEAD),
    _Row("dead-words", Verdict.HARD, status=_GENERIC, words=wording.DEAD, unless=wording.OF_SENDER),
    # Some say "policy" (5.7.1) and "no such user" in one breath.
    _Row(
        "dead-at-rcpt",
        Verdict.HARD,
        said=re.compile(r"7\.[01]"),
        steps=frozenset({Step.RCPT}),
        words=wording.DEAD,
        unless=_NOT_HER,
    ),
    _Row("unavailable", Verdict.HARD, status=_GENERIC, steps=frozenset({Step.RCPT}), words=wording.UNAVAILABLE),
    _Row("trouble", Verdict.SOFT, words=wording.TROUBLE),
    _Row("full-code", Verdict.FULL, codes=frozenset({552}), status=re.compile(r"|2\.\d|0\.\d")),
    _Row("full-reported", Verdict.FULL, status=re.compile(r"2\.2")),
    _Row("dead-reported", Verdict.HARD, status=_NOBODY_THERE, unless=wording.BARE_NO),
    _Row("closed-status", Verdict.SOFT, status=re.compile(r"2\.1")),
    _Row("address-refused", Verdict.HARD, said=re.compile(r"1\.0"), words=wording.ADDRESS, unless=wording.OF_SENDER),
    _Row("no-route", Verdict.HARD, status=re.compile(r"4\.4")),
    _Row("trouble-status", Verdict.SOFT, status=re.compile(r"3\.[0-35]|4\.([0-35-6]|14)")),
    _Row("policy-status", Verdict.POLICY, status=re.compile(r"[67]\.\d+")),
    _Row("check-address", Verdict.HARD, classes="0", words=wording.CHECK_ADDRESS),
    _Row(NOTHING_KNOWN, Verdict.UNKNOWN),
)


def judge(reply: Reply) -> Ruling:
    """Read one refusal. Always answers; UNKNOWN when the table knows nothing of it. Pure."""
    reply = replace(reply, text=plain(reply.text))
    first = str(reply.code)[0] if 400 <= reply.code <= 599 else (reply.status or reply.reported or "0")[0]
    said = reply.status.partition(".")[2]
    status = said or reply.reported.partition(".")[2]

    @cache
    def holds(words: Words) -> bool:
        return words.search(reply.text) is not None

    row = next(row for row in _TABLE if row.matches(reply, first if first in "45" else "0", said, status, holds))
    if row.name == NOTHING_KNOWN and (spelled := _NAME_OF_FAULT.sub(" ", reply.text)) != reply.text:
        return judge(replace(reply, text=spelled))
    if row.name in (_DOUBTFUL, _TAKEN) and _says_more(reply.text):
        return Ruling(Verdict.HARD, "plain words")
    return Ruling(row.verdict, row.name)


def _says_more(text: str) -> bool:
    """Whether a server says that she is not there in more than the few words that filters say, too."""
    rest = wording.EVASIVE.compiled.sub(" ", text)
    return wording.DEAD.search(rest) is not None and wording.OF_SENDER.search(rest) is None


def confirmed(ruling: Ruling, lines: Sequence[str]) -> Ruling:
    """A doubtful "no such user" is believed when whoever bounced says the same in words of its own.

    lines: what the bounce says of that recipient; only those before it begins to quote a reply are its own.
    """
    if ruling.row != _DOUBTFUL:
        return ruling
    own = list(takewhile(lambda line: not _CODE.search(line) and not _STATUS.search(line), lines))
    agreed = judge(Reply(text=" ".join(own), gave_up=True)).verdict is Verdict.HARD
    return Ruling(Verdict.HARD, "own words agree") if agreed else ruling


def step_of(words: str, otherwise: Step = Step.UNTOLD) -> Step:
    """Where words of a bounce say that the refusal came. The recipient, when both are named: a transcript goes on after it."""
    words = words[:_TEXT_MAX]
    if wording.AT_RCPT.search(words):
        return Step.RCPT
    if wording.AT_DATA.search(words):
        return Step.DATA
    return Step.RCPT if otherwise is Step.UNTOLD and wording.REPEATED.search(words) else otherwise


def plain(text: str) -> str:
    """A refusal on one line without addresses and host names, whose words mean nothing ("unknown@…", "spam.example.org").

    Names of blocklists stay: they say who refuses whom. What a server only supposes goes, too ("the address may not exist").
    """
    said = _CONTRACTED.sub(r"\1n't", " ".join(text[:_TEXT_MAX].split()))
    text = wording.ALTERNATIVE.compiled.sub(r"\1", _PERHAPS.sub(" ", said))
    return _HOST.sub(lambda host: host.group() if _TELLING_HOST.search(host.group()) else "*", _ADDRESS.sub("<>", text))

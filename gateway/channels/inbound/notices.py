"""Bounces in plain words: servers older than RFC 3464, or too proud for it. Finds whom they speak of and what was answered.

A notice has two ends: what the server says, and the message it returns. Only the first is read, line by line; each line belongs
to the recipient named last, and lines before any name belong to all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gateway.channels import wording
from gateway.channels.inbound.dsn import REPLY_MAX, names_another_server, one_line
from gateway.channels.inbound.mime import Fields, split_head
from gateway.channels.inbound.report import RecipientReport, Verdict
from gateway.channels.refusals import Reply, Ruling, Step, confirmed, judge, step_of

_NOTICE_MAX = 30_000
_LINES_MAX = 400
_RECIPIENTS_MAX = 50
_LINES_OF_ONE = 10

_ADDRESS = re.compile(
    r"(?<![\w.+/=-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[\w-]{0,62}\.)+[A-Za-z][\w-]{1,24}",
    re.ASCII,
)
#: The returned message, or its header, begins here.
_RETURNED_RULE = re.compile(
    r"^(?!.*\b(?:was|were) (?:received|sent))\W{0,60}\b(?:(?:(?:the )?(?:headers?|copy) (?:of|from) )?(?:the |your |this )?"
    r"(?:original|returned|unsent|undelivered|rejected|old)\b.{0,20}(?:message|mail|header)|below this line"
    r"|(?:this|included|enclosed|attached|here) is a copy|message headers? follow|(?:message )?headers? of the"
    r"|message (?:d['’]origine|original|initial|retourné|renvoyé)"
    r"|ursprüngliche nachricht|mensaje original)",
    re.IGNORECASE,
)
_RETURNED_FIELD = re.compile(
    r"^(?:> ?)?(?:received: (?:from|by|\()|return-path: ?<|dkim-signature: |delivered-to: |mime-version: 1|message-id: ?<"
    r"|x-[\w-]{3,40}: )",
    re.IGNORECASE,
)
#: An address after these words is the sender's.
_SENDERS = re.compile(
    r"\b(?:mail from|from|return-path|sender|envelope-from|reply-to|message-id|reporting-mta|original sender|sent by|expéditeur"
    r"|message to you from|(?:please|now) (?:forward|try|use|write)(?: to)?|moved to|new address"
    r"|nouvelle adresse|neue adresse|nueva direcci[oó]n|nuovo indirizzo|novo endere[cç]o|contact|write to|mailto"
    r"|postmaster|administrator|assistance|help)\b[^@\n]{0,20}$"
    # « De : … », « message de … »; « la boîte de votre correspondant … » is hers
    r"|(?:^\W{0,4}|\b(?:message|mail|courriel|nachricht|mensaje) )(?:de|von)\b[^@\n]{0,20}$",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(?:mailer-?daemon|postmaster|abuse|support|helpdesk|help|no-?reply|noreply|root|hostmaster|administrator)@", re.I
)
#: A line that is about nothing but an address: a list of failed recipients.
_ALONE = re.compile(
    r"^[\s>*•.\d)\[(-]{0,12}"
    r"(?:(?:to|(?:failed |original )?recipient(?: address)?|original address|rcpt to|destinataire|adresse|an|para|user"
    r"|original-recipient|final-recipient)\s?:?\s?(?:rfc822;)?\s?)?"
    r"(?:smtp:|mailto:)?[<\"'(]{0,2}\S{1,200}@\S{1,200}?[>\"')]{0,2}\s*(?:$|[:;,.(]|\.\.\.|on \d|\s{2,}|[-–]{1,2} )",
    re.IGNORECASE,
)
#: What comes before it is told of our message: « Your message / To: … / did not reach the following recipient(s): ».
_LISTED_BELOW = re.compile(
    r"\b(?:did not reach|could not be (?:delivered|sent) to|not delivered to|failed for) .{0,4}following\b[^@]{0,60}:$"
    r"|\bn['’]a pas pu [eê]tre (?:remis|d[eé]livr[eé]) aux? .{0,40}\b(?:ci-dessous|suivante?s?)\b[^@]{0,60}:$",
    re.IGNORECASE,
)
#: How gateways of X.400 say which kind of address follows: « dda:SMTP=… ».
_KIND_OF_ADDRESS = re.compile(r"^(?:smtp|rfc-?822)=", re.IGNORECASE)
#: Whom we wrote to, then where her mail is kept.
_ORIGINAL = re.compile(r"original address\b", re.IGNORECASE)
_HER_ALIAS = re.compile(r"(?:recipient|final|delivery) address\b", re.IGNORECASE)
_COMMAND = re.compile(r"[>\s-]{0,8}rcpt to\b", re.IGNORECASE)
_NEXT_REPLY = re.compile(r"(?:[<>]{3} )?[245][0-5]\d |>>>|\.\.\. while talking|while talking", re.IGNORECASE)
_MORE = re.compile(r"(?:^|[ :>])[45][0-5]\d-")
_BEGINS_WITH_CODE = re.compile(r"\s{0,12}(?:<<< )?[45][0-5]\d[ :-]")
_CODE_LINE = re.compile(r"(?<![\w.:/#=+-])[45][0-5]\d(?:[ :-]|$)|(?<![\w.])#?[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)")


@dataclass
class Notice:
    """What a server says in words, apart from the message it returns."""

    words: str
    returned: Fields = field(default_factory=Fields)

    @cached_property
    def step(self) -> Step:
        """Where it says that the refusal came."""
        told = step_of(self.words)
        return Step.RCPT if told is Step.UNTOLD and not names_another_server(self.words) else told

    @cached_property
    def quotes_a_reply(self) -> bool:
        """True when one of its lines begins with the code of a refusal."""
        return any(_BEGINS_WITH_CODE.match(line) for line in self.words.split("\n"))

    @cached_property
    def late(self) -> bool:
        """True when the server only says that it is late, and goes on trying."""
        return bool(wording.STILL_TRYING.search(" ".join(self.words[:_NOTICE_MAX].split())))


def cut(text: str) -> Notice:
    """Separate what is said from what is returned. Linear; only the first 400 lines are looked at."""
    lines = text[:_NOTICE_MAX].split("\n")[:_LINES_MAX]
    for at, line in enumerate(lines):
        begins = _RETURNED_RULE.match(line) and at > 0 and any(each.strip() for each in lines[:at])
        if begins or (_RETURNED_FIELD.match(line) and _stands_apart(lines, at)):
            rest = lines[at + 1 if begins else at :]
            head = "\n".join(each.removeprefix("> ") for each in rest).strip("\n ")
            return Notice("\n".join(lines[:at]), split_head(head.encode("latin-1", "replace"))[0])
    return Notice("\n".join(lines))


def _stands_apart(lines: Sequence[str], at: int) -> bool:
    """A field begins a returned header after a blank line, a rule, or another field."""
    before = lines[at - 1].strip(" >") if at else ""
    return not before or not any(each.isalpha() for each in before) or bool(re.match(r"[\w-]+: ", before))


def read_notice(
    notice: Notice,
    *,
    failed: Iterable[str] = (),
    not_her: Iterable[str] = (),
    last: Callable[[], Sequence[str]] = list,
) -> list[RecipientReport]:
    """Whom a notice speaks of, and what it says of each.

    failed: recipients that header fields name (X-Failed-Recipients). not_her: addresses that cannot be the recipient, since they
    are ours or the server's. last: asked for addresses when nothing here names anybody.
    """
    ours = {each.casefold() for each in not_her}
    lines = [line.strip() for line in notice.words.split("\n") if line.strip()]
    who = list(dict.fromkeys(failed)) or _named(lines, ours) or _returned_to(notice.returned, ours)
    who = who or _named(lines, set()) or list(last())
    shared, own = _shared_out(lines, who)
    reports = [_report(address, own[address.casefold()], shared, notice) for address in who[:_RECIPIENTS_MAX]]
    if not reports and lines:
        reports = [_report(None, [], shared, notice)]
    return reports


def said_of(notice: Notice, address: str | None, among: Sequence[str]) -> str:
    """The few lines that a notice has for one recipient; all of a short notice when there is only one."""
    lines = [line.strip() for line in notice.words.split("\n") if line.strip()]
    shared, own = _shared_out(lines, among)
    hers = own.get((address or "").casefold(), [])
    if len(among) <= 1 and (not hers or len(lines) <= _LINES_OF_ONE):
        hers = shared + hers
    return "\n".join(hers[:_LINES_OF_ONE])


def _named(lines: Sequence[str], ours: set[str]) -> list[str]:
    """Addresses the notice lists; when it lists none, those of its transcript, which may be where mail was forwarded; when it
    has none, those it mentions."""
    below = next((at for at, line in enumerate(lines) if _LISTED_BELOW.search(line)), -1) + 1
    if below and (named := _named(lines[below:], ours)):
        return named
    listed: dict[str, str] = {}
    commanded: dict[str, str] = {}
    aliased = False
    mentioned: dict[str, str] = {}
    for line in lines:
        for found in _ADDRESS.finditer(line[:1_000]):
            address = _KIND_OF_ADDRESS.sub("", found.group().strip(".'`"))
            if address.casefold() in ours or _NOBODY.match(address) or _SENDERS.search(line[: found.start()].rstrip(" <:\"'[(")):
                continue
            if aliased and _HER_ALIAS.match(line):
                break
            aliased = bool(_ORIGINAL.match(line))
            mentioned.setdefault(address.casefold(), address)
            if _ALONE.match(line):
                (commanded if _COMMAND.match(line) else listed).setdefault(address.casefold(), address)
            break
    return list((listed or commanded or mentioned).values())


def _returned_to(returned: Fields, ours: set[str]) -> list[str]:
    """The recipient of the returned message, if it had only one."""
    found = {each.casefold(): each for value in returned.all("to", "cc") for each in _ADDRESS.findall(value)}
    kept = [each for key, each in found.items() if key not in ours]
    return kept if len(kept) == 1 else []


def _shared_out(lines: Sequence[str], who: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Lines of all, and lines of each recipient."""
    own: dict[str, list[str]] = {address.casefold(): [] for address in who}
    shared: list[str] = []
    current = shared
    for line in lines:
        told = (_KIND_OF_ADDRESS.sub("", each.strip(".'`")).casefold() for each in _ADDRESS.findall(line[:1_000]))
        named = next((key for key in told if key in own), None)
        if named is not None:
            current = own[named]
        elif current is not shared and len(who) > 1 and _CODE_LINE.match(line) and any(map(_CODE_LINE.search, current)):
            current = shared  # another reply begins, about somebody who is not named yet
        current.append(line)
    return shared, own


def _report(address: str | None, own: Sequence[str], shared: Sequence[str], notice: Notice) -> RecipientReport:
    """What her lines say; when they say nothing, what is said to all."""
    said, ruling, reply = "", Ruling(Verdict.UNKNOWN, "refused"), Reply()
    for lines in (_from_code(own), own, _from_code(shared), shared):
        text = "\n".join(lines)
        read = Reply.parse(text, gave_up=not notice.late, step=notice.step)
        judged = confirmed(judge(read), own)
        if text and (not said or judged.verdict is not Verdict.UNKNOWN):
            said, ruling, reply = text, judged, read
        if judged.verdict is not Verdict.UNKNOWN:
            break
    verdict = (
        Verdict.SOFT if notice.late and ruling.verdict in (Verdict.HARD, Verdict.EXPIRED, Verdict.UNKNOWN) else ruling.verdict
    )
    return RecipientReport(
        address=address,
        verdict=verdict,
        final=not notice.late,
        status=reply.status,
        reply=one_line(said[: 2 * REPLY_MAX]),
        why=f"notice: {ruling.row}",
    )


def _from_code(lines: Sequence[str]) -> list[str]:
    """The lines from the first reply code on, few enough to be one reply."""
    at = next((at for at, line in enumerate(lines) if _CODE_LINE.search(line[:500])), None)
    if at is None:
        return []
    end = next(
        (end for end in range(at + 1, len(lines)) if _NEXT_REPLY.match(lines[end]) and not _MORE.search(lines[end - 1][:500])),
        at + 6,
    )
    return list(lines[at : min(end, at + 6)])

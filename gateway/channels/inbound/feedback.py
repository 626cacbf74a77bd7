"""Feedback of mailbox providers: abuse reports and opt-outs (RFC 5965, RFC 6449), and what came before the standard."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from gateway.channels.inbound import automatic
from gateway.channels.inbound.dsn import bare_address
from gateway.channels.inbound.forwarding import taken_for
from gateway.channels.inbound.mime import Fields, Mail, read_fields, words
from gateway.channels.inbound.report import MailKind, RecipientReport, Verdict

_TYPE = "message/feedback-report"
_LOST = re.compile(r"^Feedback-Type:[ \t]*[a-z]", re.IGNORECASE | re.MULTILINE)
#: The same in a plain text, as desks write that know of no parts: with the two fields that every report must have.
_FLAT = re.compile(
    r"^Feedback-Type:[ \t]*[a-z][^\n]*\n(?:[a-z-]{1,40}:[^\n]*\n){0,9}?(?:User-Agent|Version):", re.IGNORECASE | re.MULTILINE
)
_FLAT_MAX = 2_000
_SEARCHED_MAX = 20_000
_WHO = ("removal-recipient", "original-rcpt-to", "original-recipient", "x-original-rcpt-to")
#: Where providers that hide the recipient in their report leave her in the returned message.
_WHO_RETURNED = ("x-hmxmroriginalrecipient", "x-original-to", "delivered-to", "x-apparently-to", "envelope-to", "to")
#: Names and domains that stand in place of an address that was taken out.
_TAKEN_OUT = re.compile(
    r"^(?:\W*(?:redacted|undisclosed|masqu[eé]e?s?(?![a-z])|hidden|removed|anonym|deleted|suppressed|unknown|x{3,}|\*+|recipient@)"
    r"|[^@]*@\W*redacted)",
    re.IGNORECASE,
)
#: A return path that holds the recipient: bounce-7-paul=ville.example@…, or lettre+paul=ville.example@….
_IN_RETURN_PATH = re.compile(r"(?:^|[<+-])([\w.]{1,64})=([\w-]+(?:\.[\w-]+)+)@")
#: Where senders leave her besides.
_IN_LINK = re.compile(r"[?&=/:;]([\w.+-]{1,64})(?:@|%40)([\w-]+(?:\.[\w-]+)+)", re.IGNORECASE)
_OTHER_FIELDS = re.compile(r"x-(?:[\w-]{0,40}-)?(?:rcpt|recipient|receiver|subscriber|contact|email|to)(?:-[\w-]{0,20})?$")
_LOCAL = re.compile(r"^<?mailto:", re.IGNORECASE)
#: The desks of providers, of services that collect complaints, and of those who pass them on.
_DESK = re.compile(
    r"\b(?:fbl|arf|feedback-?(?:loop|report)?s?|scomp|spam-?(?:report|complaint)?s?|abuse(?:-?(?:report|desk|box))?s?"
    r"|complaints?|reports?|jmrp"
    r"|signal-?spam|plaintes?|signalements?|staff)\b[^@<>\s]{0,40}@"
    r"|@(?:[\w-]+\.)*(?:spamcop|signal-?spam|abusix|fbl|feedback(?:loop)?|abuse|complaints?)\.\w"
    # What it calls itself, whatever address it writes from.
    r"|^\W*(?:\S+ ){0,4}(?:spamcop|signal[ -]?spam|feedback[ -]?loop|abuse (?:desk|team|reports?)|complaints?(?: desk| team)?"
    r"|plaintes|signalements?)\b[^<@]{0,40}<",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(
    r"\bspamcop\b|(?:abuse|spam|complaint|feedback[- ]?loop|e-?mail feedback) report|complaint (?:about|from|regarding"
    r"|for)|(?:spam|abuse|e-?mail) complaint|complained (?:about|of)"
    r"|(?:marked|reported|flagged|signal[eé]e?) (?:\S+ ){0,4}(?:as|comme) (?:\S+ )?(?:spam|junk|unwanted|ind[eé]sirable)"
    r"|(?:marqu[eé]e?|class[eé]e?) comme (?:spam|ind[eé]sirable)|signalement (?:de |d['’]un )?(?:spam"
    r"|message ind[eé]sirable|courrier)|plainte (?:pour|de|d['’]un)",
    re.IGNORECASE,
)
_TOLD_MAX = 1_500
#: No person's act: authentication failures (RFC 6591), and messages a person called wanted (RFC 6430).
_NOT_AN_OBJECTION = {"auth-failure", "not-spam", "dmarc"}
_OPT_OUT = {"opt-out", "opt-out-list", "unsubscribe"}


class Feedback(NamedTuple):
    """What a report says."""

    kind: MailKind
    type: str
    recipients: tuple[RecipientReport, ...]
    fields: Fields  #: of the report: Original-Mail-From holds the return path, hence the token


def read_feedback(mail: Mail, returned: Fields) -> Feedback | None:
    """The feedback a mail carries, or None. `returned` are the header fields of the message it returns."""
    fields = _report_of(mail)
    if fields is None and "x-hmxmroriginalrecipient" in returned:
        fields = Fields((("feedback-type", "abuse"),))  # Outlook.com sends no report, only the message
    if fields is None and _told_in_words(mail, returned):
        fields = Fields((("feedback-type", "abuse"),))
    if fields is None:
        return None
    sort = fields.get("feedback-type").strip().lower() or "abuse"
    if sort in _NOT_AN_OBJECTION:
        return Feedback(MailKind.OTHER, sort, (), fields)
    kind = MailKind.UNSUBSCRIBE if sort in _OPT_OUT else MailKind.COMPLAINT
    return Feedback(kind, sort, tuple(_recipients(fields, returned)), fields)


def _told_in_words(mail: Mail, returned: Fields) -> bool:
    """A provider that returns our message and says in plain words that somebody complained: before the standard, or beside it."""
    author = words(mail.fields.get("from"))[:500]
    subject = words(mail.fields.get("subject"))[:300]
    bounces = automatic.looks_like_a_bounce(mail.fields) or any("delivery-status" in part.type for part in mail.parts)
    if bounces or not _DESK.search(author):
        return False
    if not returned.pairs:
        return bool(_COMPLAINT.search(subject))
    said = subject + " " + " ".join(part.text[:_TOLD_MAX] for part in mail.parts[:2] if part.type.startswith("text/"))
    return bool(_COMPLAINT.search(said))


def _report_of(mail: Mail) -> Fields | None:
    """The fields of the report; in a mail that says it is one, they are found under a wrong content type too."""
    declared = "feedback-report" in mail.fields.get("content-type").lower()
    for part in mail.parts:
        if part.type == _TYPE or (declared and _LOST.search(part.text[:_SEARCHED_MAX])):
            fields = read_fields(part.text.strip("\n").split("\n"))
            if part.type == _TYPE or "feedback-type" in fields:
                return fields
        elif part.type == "text/plain" and not part.attached and (flat := _FLAT.search(part.text[:_FLAT_MAX])):
            return read_fields(part.text[flat.start() :].split("\n"))
    return None


def _recipients(fields: Fields, returned: Fields) -> list[RecipientReport]:
    for source, names in ((fields, _WHO), (returned, _WHO_RETURNED)):
        for name in names:
            named = [bare_address(value.partition(" ")[0]) or bare_address(value) for value in source.all(name)]
            if found := [address for address in named if address and not _TAKEN_OUT.match(address)]:
                return _named(found, name)
    return _left_in(fields, returned)


def _left_in(fields: Fields, returned: Fields) -> list[RecipientReport]:
    """Whom a report forgot to hide: in the trace of the servers, in a return path made for her, in what the sender wrote."""
    ours = {(bare_address(value) or "").partition("@")[2].casefold() for value in returned.all("from", "return-path")}
    paths = [*fields.all("original-mail-from"), *returned.all("return-path", "x-original-from", "x-envelope-from")]
    links = [_LOCAL.sub("mailto/", part) for value in returned.all("list-unsubscribe") for part in value.split(",")]
    for where, found in (
        ("received", taken_for(returned)),
        ("return path", ["@".join(each) for value in paths for each in _IN_RETURN_PATH.findall(value)]),
        ("field", [bare_address(value) for name, value in returned.pairs if _OTHER_FIELDS.match(name)]),
        ("link", ["@".join(each) for value in links for each in _IN_LINK.findall(unquote(value[:2_000]))]),
    ):
        hers = [each for each in found if each and not _TAKEN_OUT.match(each) and each.partition("@")[2].casefold() not in ours]
        if len({each.casefold() for each in hers}) == 1:
            return _named(hers, where)
    return []


def _named(found: list[str], where: str) -> list[RecipientReport]:
    return [RecipientReport(address=each, verdict=Verdict.DELIVERED, why=f"feedback: {where}") for each in dict.fromkeys(found)]

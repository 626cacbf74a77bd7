"""Reads one inbound mail. The order of trust is that of `read_mail`: token, report, then what else the mail says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.channels.inbound import automatic, lastresort, programs, tokens
from gateway.channels.inbound.dsn import bare_address, read_status
from gateway.channels.inbound.feedback import read_feedback
from gateway.channels.inbound.forwarding import as_written_to
from gateway.channels.inbound.html import text_of
from gateway.channels.inbound.mime import Fields, Mail, split_head, take_apart, words
from gateway.channels.inbound.notices import Notice, cut, read_notice, said_of
from gateway.channels.inbound.notifications import read_notification
from gateway.channels.inbound.ownwords import own_words
from gateway.channels.inbound.rejections import read_rejection
from gateway.channels.inbound.report import MailKind, MailReport, RecipientReport
from gateway.channels.inbound.requests import read_request
from gateway.channels.inbound.undelivered import begins_so, says_undelivered
from gateway.channels.refusals import step_of

_RETURNED = frozenset(
    {
        *("message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "text/rfc822-header"),
        *("message/global", "message/global-headers"),
    }
)
_STATUS = ("message/delivery-status", "message/global-delivery-status")
#: A report that somebody forwards as text.
_INLINE = re.compile(
    r"^Final-Recipient:[^\n]*\n(?:[^\n]+\n|\n(?=(?:Original|Final)-Recipient)){0,40}", re.IGNORECASE | re.MULTILINE
)
#: What a person who forwards a report leaves in it when she leaves it whole.
_WHOLE = re.compile(r"^Reporting-MTA:", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(r"^(?:Final|Original)-Recipient:[^\n]{0,400}", re.IGNORECASE | re.MULTILINE)
_RECIPIENTS_MAX = 200
_UNQUOTED = re.compile(r"^(?:> ?){1,3}", re.MULTILINE)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_UNSUBSCRIBE_TAG = "unsubscribe"
_BOUNCE_TAG = "b"  #: of our return paths, to which nobody writes but servers
_TEXT_MAX = 50_000
_RETURNED_MAX = 100_000
_RETURNED_PARTS_MAX = 2


def read_mail(raw: bytes, *, envelope_to: Sequence[str] = ()) -> MailReport:
    """Say what a mail is, and what it says of whom.

    raw: the whole mail; only its first megabyte is looked at. envelope_to: recipients of the envelope, where known.
    Pure and bounded in time. Never raises: what cannot be read is OTHER, with the reason, and automatic, so that nobody
    answers it.
    """
    try:
        return _read(raw, envelope_to)
    except Exception as fault:  # mails are made to break readers: what cannot be read is kept, and nobody is judged by it
        return MailReport(kind=MailKind.OTHER, auto=True, reason=f"unreadable: {type(fault).__name__}")


@dataclass(frozen=True)
class _Opened:
    """A mail taken apart, with what every kind of report needs."""

    raw: bytes
    mail: Mail
    words: str  #: what it says in plain words, attachments and returned message left out
    notice: Notice  #: the words, cut where a returned message begins
    returned: Fields  #: header of the message it returns
    addressed: tuple[str, ...]

    def report(self, kind: MailKind, reason: str, recipients: Sequence[RecipientReport] = (), **also: object) -> MailReport:
        """The report of a mail of this kind; `also` overrides or adds fields."""
        fields = self.mail.fields
        said = self.notice.words.strip()[:_TEXT_MAX] if kind is MailKind.BOUNCE else own_words(self.mail)
        base: dict[str, Any] = {"text": said, "auto": automatic.is_automatic(fields)}
        return MailReport(
            kind=kind,
            reason=reason,
            recipients=tuple(recipients),
            tokens=tokens.first_of(self.places()),
            answers=self.answers(),
            subject=words(fields.get("subject"))[:300],
            sender=bare_address(words(fields.get("from"))) or "",
            message_id=_first_id(fields.get("message-id")),
            **(base | also),
        )

    def places(self) -> list[str]:
        """Texts that may hold tokens, most trusted first."""
        reports = [part.text for part in self.mail.parts if part.type in (*_STATUS, "message/feedback-report")]
        traces = self.returned.all("return-path", "x-original-from", "x-envelope-from", "received", "list-unsubscribe")
        return [*self.addressed, *reports, *traces]

    def returned_text(self) -> str:
        """The message it returns, decoded: header fields, then texts."""
        parts = [part for part in self.mail.parts if part.type in _RETURNED][:_RETURNED_PARTS_MAX]
        inner = [take_apart(part.content) for part in parts]
        fields = [f"{name}: {value}" for mail in inner for name, value in mail.fields.pairs]
        texts = [part.text for mail in inner for part in mail.parts if part.type.startswith("text/")]
        return "\n".join([*fields, *texts])[:_RETURNED_MAX]

    def answers(self) -> tuple[str, ...]:
        """Message-IDs it returns or answers."""
        fields = self.mail.fields
        values = [*self.returned.all("message-id"), *fields.all("in-reply-to"), *reversed(fields.all("references"))]
        return tuple(dict.fromkeys(each for value in values for each in _MESSAGE_ID.findall(value)))[:20]


def _open(raw: bytes, envelope_to: Sequence[str]) -> _Opened:
    mail = take_apart(raw)
    said = _words_of(mail)
    notice = cut(said)
    part = next((part for part in mail.parts if part.type in _RETURNED), None)
    returned = split_head(part.content.replace(b"\r\n", b"\n"))[0] if part else notice.returned
    return _Opened(raw, mail, said, notice, returned, tuple(tokens.addressed_to(mail.fields, envelope_to)))


def _read(raw: bytes, envelope_to: Sequence[str]) -> MailReport:
    opened = _open(raw, envelope_to)
    fields = opened.mail.fields
    if not fields.pairs:
        return MailReport(kind=MailKind.OTHER, auto=True, reason="no header")
    if feedback := read_feedback(opened.mail, opened.returned):
        why = f"feedback report: {feedback.type}"
        kept = opened.returned_text()
        return opened.report(feedback.kind, why, feedback.recipients, feedback=feedback.type, auto=True, returned=kept)
    if told := read_notification(opened.words):
        kept = opened.words if told.kind is MailKind.COMPLAINT else ""
        return opened.report(
            told.kind, "notification of Amazon SES", told.recipients, feedback=told.type, auto=True, returned=kept
        )
    if recipients := _reported(opened):
        hers = as_written_to(recipients, opened.notice.words, opened.returned)
        return opened.report(MailKind.BOUNCE, "delivery status (RFC 3464)", hers, auto=True)
    if refused := read_rejection(opened.mail, opened.notice.words):
        return opened.report(MailKind.BOUNCE, "refused by a filter or a mailing list", refused, auto=True)
    if automatic.receipt_of_reading(fields):
        return opened.report(MailKind.OTHER, "receipt of a mail program", auto=True)
    if any(_UNSUBSCRIBE_TAG in tokens.tags_in(address) for address in opened.addressed):
        return opened.report(MailKind.UNSUBSCRIBE, "sent to the address of List-Unsubscribe")
    if asked := read_request(fields, opened.words):
        return opened.report(MailKind.UNSUBSCRIBE, "asks for nothing else", asked, feedback="opt-out")
    own_answer = automatic.is_vacation(fields) and not automatic.from_daemon(fields) and "x-failed-recipients" not in fields
    if (_looks_like_one(opened) and not own_answer) or any(part.type in _STATUS for part in opened.mail.parts):
        return _in_words(opened)
    if _may_be_a_bounce(opened) and _is_bounce(opened, notice := _in_words(opened)):
        return notice
    return _answer(opened)


def _answer(opened: _Opened) -> MailReport:
    """What is no word of a server: a person's, or a program's in her name."""
    fields = opened.mail.fields
    if automatic.is_vacation(fields):
        return opened.report(MailKind.VACATION, "automatic answer", auto=True)
    if automatic.is_automatic(fields):
        return opened.report(MailKind.OTHER, "automatic mail")
    if _to_a_return_path(opened) and programs.speaks_of_absence(opened.words):
        return opened.report(MailKind.VACATION, "an absence, sent to a return path", auto=True)
    if _to_a_return_path(opened) and programs.questions_strangers(opened.words):
        return opened.report(MailKind.OTHER, "asks whether we are people", auto=True)
    added = programs.beside_answer(opened.mail)
    if added == "":
        return opened.report(MailKind.OTHER, "answer to an invitation", auto=True)
    return opened.report(MailKind.REPLY, "written by a person", text=own_words(opened.mail) if added is None else added)


def _looks_like_one(opened: _Opened) -> bool:
    """A server's notice by author and subject. Services that answer by themselves write such subjects, too ("Ticket: unknown
    address"): unless a server wrote it beyond doubt, the words say so, or a message is returned."""
    if not automatic.looks_like_a_bounce(opened.mail.fields):
        return False
    said = opened.notice
    if automatic.server_beyond_doubt(opened.mail.fields):
        return True
    if opened.returned.pairs or said.quotes_a_reply:
        return True
    return says_undelivered(said.words) and not automatic.speaks_of_oneself(said.words)


def _may_be_a_bounce(opened: _Opened) -> bool:
    """A server's author, or a machine that returns a message or says that one came back."""
    fields = opened.mail.fields
    said = opened.notice.words
    if automatic.says_away(fields):
        return False
    if automatic.from_daemon(fields):
        return True
    if automatic.speaks_of_oneself(said):
        return False
    if automatic.is_automatic(fields) and not automatic.answers(fields) and "list-id" not in fields:
        return bool(opened.returned.pairs) or automatic.says_bounced(fields) or says_undelivered(said)
    return _by_machinery(opened) and begins_so(said)


def _by_machinery(opened: _Opened) -> bool:
    """Nothing says that a machine wrote it, but its author may be one, and says that a message came back; or it was sent to a
    return path."""
    fields = opened.mail.fields
    return _to_a_return_path(opened) or (automatic.from_machinery(fields) and automatic.says_bounced(fields))


def _to_a_return_path(opened: _Opened) -> bool:
    return any(_BOUNCE_TAG in tokens.tags_in(address) for address in opened.addressed)


def _is_bounce(opened: _Opened, notice: MailReport) -> bool:
    """Whether what may be a bounce says why; and, when a mailbox that answers for its owner may have written it, of whom else."""
    fields = opened.mail.fields
    told = says_undelivered(opened.notice.words) or opened.notice.quotes_a_reply
    by_daemon = automatic.from_daemon(fields)
    if not notice.says_something and not (told and notice.recipients and by_daemon):
        return False
    if by_daemon:
        return True
    about = {(each.forwarded_to or each.address or "").casefold() for each in notice.recipients}
    unsigned = automatic.from_nobody(fields) or automatic.null_sender(fields)
    if about <= {""} and not unsigned:
        return False
    if notice.sender.casefold() in about:
        return bool(opened.returned.pairs) and automatic.from_nobody(fields) and not automatic.is_vacation(fields)
    return _of_somebody_else(opened, notice, about, told=told, unsigned=unsigned)


def _of_somebody_else(opened: _Opened, notice: MailReport, about: set[str], *, told: bool, unsigned: bool) -> bool:
    """Whether a mail is the bounce of a message to somebody other than who seems to have written it. told: it speaks of one."""
    fields = opened.mail.fields
    if not automatic.is_vacation(fields):
        if told and begins_so(opened.notice.words):
            return unsigned or _by_machinery(opened)
        if opened.returned.pairs:
            return unsigned
    return automatic.says_bounced(fields) and _names(opened, notice, about)


def _names(opened: _Opened, notice: MailReport, about: set[str]) -> bool:
    """Whether its words name everybody whom it is about, and the message it returns was to each of them."""
    said = opened.notice.words.casefold()
    returned_to = {(bare_address(value) or "").casefold() for value in opened.returned.all("to")} or about
    hers = {(each.address or "").casefold() for each in notice.recipients}
    return hers <= returned_to and all(each and each in said for each in about)


def _reported(opened: _Opened) -> list[RecipientReport]:
    """What the machine-readable reports of a mail say; reports forwarded in a text count when they are whole."""
    texts = [part.text for part in opened.mail.parts if part.type in _STATUS] or _within(opened)
    if not texts:
        said = _UNQUOTED.sub("", opened.words)
        found = _INLINE.search(said)
        whole = automatic.is_automatic(opened.mail.fields) or _WHOLE.search(said)
        texts = [found.group()] if found and whole else []
    among = list(dict.fromkeys(each for text in texts for each in map(bare_address, _RECIPIENT.findall(text)) if each))[
        :_RECIPIENTS_MAX
    ]
    reports = [
        each
        for text in texts
        for each in read_status(text, lambda address: said_of(opened.notice, address, among), step=step_of(opened.words))
    ]
    return reports if any(each.address for each in reports) else []


def _within(opened: _Opened) -> list[str]:
    """The same of a report that a gateway put whole into a mail of its own."""
    if not automatic.from_daemon(opened.mail.fields):
        return []
    inner = (take_apart(part.content) for part in opened.mail.parts if part.type in _RETURNED)
    return [part.text for mail in inner if automatic.from_daemon(mail.fields) for part in mail.parts if part.type in _STATUS]


def _in_words(opened: _Opened) -> MailReport:
    """A bounce without a report for machines."""
    fields = opened.mail.fields
    failed = [
        address for value in fields.all("x-failed-recipients") for each in value.split(",") if (address := bare_address(each))
    ]
    ours = [bare_address(each) or "" for each in fields.all("to", "from", "reply-to", "return-path", "sender")]
    ours += [bare_address(each) or "" for each in opened.returned.all("from", "return-path", "reply-to", "sender")]
    read = read_notice(
        Notice(opened.notice.words, opened.returned), failed=failed, not_her=ours, last=lambda: lastresort.guessed(opened.raw)
    )
    hers = as_written_to(read, opened.notice.words, opened.returned)
    return opened.report(MailKind.BOUNCE, "notice of a mail server", hers, auto=True)


def _words_of(mail: Mail) -> str:
    """What a mail says: its plain texts, or its HTML as text when it has none."""
    shown = [part for part in mail.parts if not part.attached]
    plain = [part.text for part in shown if part.type == "text/plain"]
    if not any(each.strip() for each in plain):
        plain = [text_of(part.text) for part in shown if part.type == "text/html"]
    return "\n".join(plain)[:_TEXT_MAX]


def _first_id(value: str) -> str:
    found = _MESSAGE_ID.search(value)
    return found.group(1) if found else value.strip()[:250]

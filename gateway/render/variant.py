"""One message with one set of duties: everything but the person, ready to be filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from gateway.domain.campaign import SINGLE_CLASSES, MessageClass
from gateway.domain.channel import Encoding
from gateway.domain.errors import InvalidContent
from gateway.render import fields, plain
from gateway.render.fields import PersonFields
from gateway.render.headers import mailbox, subject_field
from gateway.render.letterhead import Letterhead
from gateway.render.skeleton import Skeleton
from gateway.render.slots import Slot, SlotTable, cut, numbers, room
from gateway.render.words import in_html, in_text

_LINE_BYTES_MAX = 998  # RFC 5322, section 2.1.1
_HTML_WIDTH = 190
#: Slot of the whole Subject field, when it differs from one person to the next.
_SUBJECT = "subject"
#: Classes whose messages no person sets off (RFC 3834).
_AUTOMATIC = frozenset({MessageClass.CONFIRMATION, MessageClass.ACKNOWLEDGEMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What decides the bytes of a variant; subject, text and html hold marks."""

    letterhead: Letterhead
    message_class: MessageClass
    subject: str
    text: str
    html: str
    duties: frozenset[str]
    content_hash: str


class Variant:
    """A message that lacks only its recipient. Safe to share between threads."""

    def __init__(self, parts: Parts, slots: SlotTable) -> None:
        """Raises InvalidContent when a line could outgrow what mail servers take."""
        self._subject = parts.subject
        self._text = "\n".join(_wrapped(line) for line in parts.text.split("\n")) + "\n"
        self._html = _packed(parts.html) + "\n"
        _check_lines(self._text, self._html)
        subject_mark = slots.mark(Slot(_SUBJECT)) if numbers(parts.subject) else ""
        self._subject_slot = min(numbers(subject_mark), default=-1)
        head = _head(parts, slots, subject_mark or subject_field(parts.subject))
        boundary = "=_" + sha256(f"{parts.content_hash} {sorted(parts.duties)}".encode()).hexdigest()[:24]
        head += f'\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
        used = numbers(head) | numbers(self._text) | numbers(self._html) | numbers(parts.subject)
        self._readers = [(number, fields.reader(slots.slots[number])) for number in sorted(used - {self._subject_slot})]
        self._size = len(slots)
        self._skeletons = {
            encoding: Skeleton(head=head, text=self._text, html=self._html, boundary=boundary, encoding=encoding)
            for encoding in Encoding
        }

    def payload(self, person: PersonFields, encoding: Encoding) -> bytes:
        """The whole RFC 5322 message for one person, CRLF line ends; same arguments, same bytes.

        Raises RenderFault for a value that cannot enter a message: nothing of it must leave then.
        """
        values = self._values(person)
        if self._subject_slot >= 0:
            values[self._subject_slot] = subject_field(_filled(self._subject, values))
        return self._skeletons[encoding].fill(values)

    def shown(self, person: PersonFields) -> tuple[str, str, str]:
        """Subject, plain text and HTML as this person reads them."""
        values = self._values(person)
        return _filled(self._subject, values), _filled(self._text, values, in_text), _filled(self._html, values, in_html)

    def _values(self, person: PersonFields) -> list[str]:
        values = [""] * self._size
        for number, read in self._readers:
            values[number] = read(person)
        return values


def _head(parts: Parts, slots: SlotTable, subject: str) -> str:
    """Header fields down to Content-Language, with marks, without a last CRLF."""
    held = parts.letterhead

    def mark(name: str) -> str:
        return slots.mark(Slot(name))

    sender_id = sha256(held.sender_domain.encode()).hexdigest()[:10]
    lines = [
        mailbox("From", held.sender_name, held.sender_email),
        f"To: {mark(fields.ADDRESS)}",
        subject,
        f"Date: {mark(fields.DATE)}",
        f"Message-ID: <{mark(fields.MESSAGE_REF)}@{held.sender_domain}>",
        # Gmail: up to three identifiers, then a sender id of 5 to 15 characters; none names a person.
        f"Feedback-ID: {held.campaign}:{parts.message_class}:{sender_id}",
    ]
    # Whoever answers an answer of ours writes to people, though no rule asks for it: a duty that fails would keep it from her.
    if "reply-to" in parts.duties or (held.reply_to and parts.message_class in SINGLE_CLASSES):
        lines.append(f"Reply-To: {held.reply_to}")
    if "list-id" in parts.duties:
        lines.append(mailbox("List-Id", held.sender_name, held.list_id))
    if "one-click-header" in parts.duties:
        lines.append(f"List-Unsubscribe: {mark(fields.LIST_UNSUBSCRIBE)}")
        lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    if held.cfbl_address:
        lines.append(f"CFBL-Address: {held.cfbl_address}; report=arf")
        lines.append(f"CFBL-Feedback-ID: {mark(fields.MESSAGE_REF)}")
    if parts.message_class in _AUTOMATIC:
        lines.append("Auto-Submitted: auto-generated")
    lines.append(f"Content-Language: {held.language}")
    lines.append("MIME-Version: 1.0")
    return "\r\n".join(lines)


def _filled(text: str, values: Sequence[str], encode: Callable[[str], str] = str) -> str:
    return "".join(encode(values[part]) if isinstance(part, int) else part for part in cut(text))


def _wrapped(line: str) -> str:
    return plain.wrap(line) if len(line) > plain.WIDTH else line


def _packed(html: str) -> str:
    """The document with its white space evened out and its lines kept short; nothing in it is preformatted."""
    lines: list[str] = []
    current: list[str] = []
    used = 0
    for word in plain.SPACE.split(html.strip()):
        length = room(word) + 1
        if current and used + length > _HTML_WIDTH:
            lines.append(" ".join(current))
            current, used = [], 0
        current.append(word)
        used += length
    lines.append(" ".join(current))
    return "\n".join(lines)


def _check_lines(*texts: str) -> None:
    for text in texts:
        for line in text.split("\n"):
            if room(line) > _LINE_BYTES_MAX:
                shown = " ".join(part for part in cut(line) if isinstance(part, str))[:60]
                raise InvalidContent(f"« {shown}… » : trop de caractères ou de champs à la suite sans espace")

"""Text messages: compiled once for a campaign, varied by the duties of the verdict, filled for one person.

Serves REGULATION b3 and b4: sender-identity, notice-first-sms, sms-stop-mention, sms-ttl, sms-length. What a text costs is its
number of parts (render.segments); a text that would take more of them than the team pays for does not leave.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from gateway.domain.campaign import SINGLE_CLASSES, MessageClass
from gateway.domain.channel import Encoding
from gateway.domain.errors import InvalidContent, RenderFault
from gateway.domain.language import Language
from gateway.render import fields
from gateway.render.compiled import Compiled
from gateway.render.content import PLACEHOLDERS, mark_placeholders, placeholder_faults
from gateway.render.faults import Fault, line_of, refuse
from gateway.render.fields import PersonFields
from gateway.render.links import is_served
from gateway.render.segments import Alphabet, Proposal, Segments, proposal, segments
from gateway.render.slots import FORBIDDEN, Slot, SlotTable, cut, numbers
from gateway.render.smsnotices import SmsNotices, read_notices

__all__ = ["CompiledSms", "SmsContent", "SmsHead", "SmsVariant", "compile_sms"]

BODY_CHARACTERS_MAX = 1_000
_TOKEN = 55  #: characters of the token of a personal link
#: Elements whose words stand at the beginning of the first text.
_OPENS = frozenset({"campaign-mention", "election"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsContent:
    """The words of one text, as the team wrote them."""

    text: str
    language: Language = "fr"
    #: The team saw what plain characters would be written instead, and chose them: for its words, the notices and the names.
    simplify: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsHead:
    """What every text of a campaign says of itself, and what its provider can do."""

    language: Language
    name: str  #: who speaks: the text begins with it
    election: str = ""  #: in few words: "présidentielle 2027"
    sender: str = ""  #: what telephones show: a short code, or a name of at most 11 characters
    stop_number: str = ""  #: short code that takes STOP; empty: each text carries a link of its own
    links_at: str = ""  #: root of personal links: what a text without a short code is measured with
    notice_url: str = ""  #: short address, of our own domain, of the whole notice
    can_expire: bool = False  #: whether the provider drops a text that could not be delivered in time
    parts_max: int = 1


@dataclass(frozen=True, kw_only=True)
class CompiledSms(Compiled):
    """A checked text under its head. Variants are made when first asked for, and kept."""

    proposal: Proposal  #: of the words alone: what plain characters would make cheaper
    _body: str = field(repr=False)
    _head: SmsHead = field(repr=False)
    _simplify: bool = field(repr=False)
    _notices: SmsNotices = field(repr=False, compare=False)
    _slots: SlotTable = field(repr=False, compare=False)
    _variants: dict[frozenset[str], SmsVariant] = field(default_factory=dict, repr=False, compare=False)

    def variant(self, duties: frozenset[str]) -> SmsVariant:
        """The text carrying these duties and no other element. Raises RenderFault for a duty that is not offered."""
        known = self._variants.get(duties)
        if known is None:
            if missing := sorted(duties - self.elements):
                raise RenderFault(f"ce SMS ne peut pas porter : {', '.join(missing)}")
            made = self._make(duties, self._body)
            if (found := segments(made.sample())).parts > self._head.parts_max:
                raise RenderFault(too_long(found, self._head.parts_max))
            known = self._variants[duties] = made
        return known

    def measure(self, duties: frozenset[str]) -> Segments:
        """How the text is cut with the notices of these duties, for people without a name, whatever the parts allowed."""
        return segments(self._make(duties, self._body).sample())

    def room(self, duties: frozenset[str]) -> int:
        """Units that one part leaves for words in their alphabet beside these notices; 0 when these fill it alone."""
        wide = segments(self._body).alphabet is Alphabet.UCS2 and not self._simplify
        with_one = segments(self._make(duties, "ê" if wide else "x").sample())
        return with_one.left + 1 if with_one.parts == 1 else 0

    def _make(self, duties: frozenset[str], body: str) -> SmsVariant:
        return SmsVariant(self._whole(duties, body), self._slots, self._notices, self._head, simplify=self._simplify)

    def _whole(self, duties: frozenset[str], body: str) -> str:
        """Opening, words, notices; with marks."""
        head = self._head
        words = {name: str(value) for name, value in asdict(head).items()}
        words["origin"] = self._slots.mark(Slot(fields.ORIGIN_WORDS))
        words["stop_url"] = self._slots.mark(Slot(fields.UNSUBSCRIBE))
        opening = ""
        if "sender-identity" in duties or _OPENS & duties:
            opening = self._notices.opening("first" if _OPENS & duties else "later", words)
        closing = [self._notices.element(name, words) for name in ("origin", "notice-link") if name in duties]
        if "stop-mention" in duties:
            closing.append(self._notices.stop("number" if head.stop_number else "link", words))
        return " ".join(filter(None, (f"{opening}{body}".strip(), *closing)))


class SmsVariant:
    """A text that lacks only its recipient. Safe to share between threads."""

    def __init__(self, text: str, slots: SlotTable, notices: SmsNotices, head: SmsHead, *, simplify: bool) -> None:
        used = {number: slots.slots[number] for number in numbers(text)}
        self._text = text
        self._readers = {number: _reader(slot, notices) for number, slot in used.items()}
        longest = {fields.ORIGIN_WORDS: notices.longest_origin, fields.UNSUBSCRIBE: f"{head.links_at}/o/{'x' * _TOKEN}"}
        self._stand_ins = {number: longest.get(slot.name, slot.fallback) for number, slot in used.items()}
        self._parts_max = head.parts_max
        self._simplify = simplify

    def payload(self, person: PersonFields, encoding: Encoding = Encoding.EIGHT_BIT) -> bytes:
        """The text for one person, in UTF-8; same arguments, same bytes.

        encoding: a text has one only; there so that a text is asked for as a letter is. Raises RenderFault for a value that
        cannot enter a text, and for a text of more parts than are paid for: nothing of it must leave then.
        """
        del encoding
        return self.shown(person).encode()

    def shown(self, person: PersonFields) -> str:
        """The text as this person reads it. Names too long for the parts allowed give way to the author's words without one."""
        text = self._filled(person)
        if segments(text).parts <= self._parts_max:
            return text
        shorter = self._filled(replace(person, values={}))
        if segments(shorter).parts <= self._parts_max:
            return shorter
        raise RenderFault(too_long(segments(shorter), self._parts_max))

    def parts(self, person: PersonFields) -> Segments:
        """How the text for one person is cut. Raises RenderFault as `payload` does."""
        return segments(self.shown(person))

    def sample(self) -> str:
        """The text with the author's words for people without a name, and the longest link a text can hold."""
        return self._plain("".join(self._stand_ins[part] if isinstance(part, int) else part for part in cut(self._text)))

    def _filled(self, person: PersonFields) -> str:
        return self._plain("".join(self._readers[part](person) if isinstance(part, int) else part for part in cut(self._text)))

    def _plain(self, text: str) -> str:
        # An accent typed as a sign of its own (a Mac, a PDF) is the same letter, and would halve what a part holds.
        return proposal(text).text if self._simplify else unicodedata.normalize("NFC", text)


def compile_sms(
    content: SmsContent, head: SmsHead, templates: Path, message_class: MessageClass = MessageClass.CAMPAIGN
) -> CompiledSms:
    """Check and compile a text; `templates` is the folder that holds notices/sms/.

    Raises InvalidContent with every fault of the words, a text too long for the parts allowed included; RenderFault for a head
    or a template that cannot be used.
    """
    refuse(_content_faults(content, message_class))
    if faults := list(_head_faults(head)):
        raise RenderFault("en-tête des SMS : " + " ; ".join(faults))
    if content.language != head.language:
        raise InvalidContent(f"le texte est en « {content.language} », l’en-tête en « {head.language} »")
    slots = SlotTable()
    text = unicodedata.normalize("NFC", content.text.strip())
    body = mark_placeholders(text, slots)
    written = slots.slots
    notices = read_notices(templates, content.language)
    for own in (fields.ORIGIN_WORDS, fields.UNSUBSCRIBE):  # numbered now: variants share the table between threads
        slots.mark(Slot(own))
    decisive = _decisive(content, head, notices.version, message_class)
    compiled = CompiledSms(
        content_hash=sha256(decisive).hexdigest(),
        content_bytes=decisive,
        notice_version=notices.version,
        notice_bytes=notices.raw,
        elements=_offered(head),
        flags=frozenset(),  # a text has no images
        bare_placeholders=frozenset(slot.name for slot in written if not slot.fallback),
        text=text,
        proposal=proposal(text),
        _body=body,
        _head=head,
        _simplify=content.simplify,
        _notices=notices,
        _slots=slots,
    )
    _check_length(compiled, head, message_class)
    return compiled


def _check_length(compiled: CompiledSms, head: SmsHead, message_class: MessageClass) -> None:
    """The shortest honest text, without anybody's name, must fit: what never fits is told now. Answers have no STOP mention."""
    mentions = {"sender-identity"} if message_class in SINGLE_CLASSES else {"sender-identity", "stop-mention"}
    least = frozenset(mentions) & compiled.elements
    if (found := compiled.measure(least)).parts > head.parts_max:
        raise InvalidContent(too_long(found, head.parts_max, words=compiled.text))


def too_long(found: Segments, parts_max: int, *, words: str | None = None) -> str:
    """Why a text does not leave, and what would help. words: of the author, who is not told of signs that are none of hers."""
    own = [mark for mark in found.outside if words is None or mark in words]
    others = [mark for mark in found.outside if mark not in own]
    plain = f", ou écrivez sans « {' '.join(own)} », qui en divise la place par deux" if own else ""
    if others and not own:
        plain = f" ; « {' '.join(others)} », dans sms.name ou sms.election, en divise la place par deux : --simplify s’en passe"
    over = found.over(parts_max)
    return (
        f"avec ses mentions, ce SMS prend {found.parts} parties ; {parts_max} au plus (sms.parts_max) : "
        f"raccourcissez-le d’au moins {over} signe{'s' if over > 1 else ''}{plain}"
    )


def _reader(slot: Slot, notices: SmsNotices) -> fields.Reader:
    if slot.name == fields.ORIGIN_WORDS:
        return lambda person: notices.origin(person.origin_kind)
    return fields.reader(slot)


def _offered(head: SmsHead) -> frozenset[str]:
    """Ids of the elements a text under this head can carry."""
    there = {
        "sender-identity": bool(head.name),
        "campaign-mention": bool(head.election),
        "election": bool(head.election),
        "origin": True,
        "notice-link": bool(head.notice_url),
        "stop-mention": True,
        "validity-period": head.can_expire,
    }
    return frozenset(name for name, is_there in there.items() if is_there)


def _content_faults(content: SmsContent, message_class: MessageClass) -> Iterable[Fault]:
    text = content.text.strip()
    if not text:
        yield Fault(0, "texte : il est vide")
    if len(text) > BODY_CHARACTERS_MAX:
        yield Fault(0, f"texte : {BODY_CHARACTERS_MAX} caractères au plus")
    if content.language not in ("fr", "en"):
        yield Fault(0, f"langue : « {content.language} » ; choisissez fr ou en")
    for number, line in enumerate(text.split("\n"), start=1):
        if FORBIDDEN.search(line):
            yield Fault(number, "caractère invisible interdit (contrôle, sens d’écriture, usage privé)")
    known = (*PLACEHOLDERS, fields.CODE) if message_class is MessageClass.RIGHTS else PLACEHOLDERS
    yield from (Fault(line_of(text, at), why) for at, why in placeholder_faults(text, known))
    if "http://" in text.casefold():
        yield Fault(0, "lien en http:// : un SMS ne mène qu’à une adresse https://")


def _head_faults(head: SmsHead) -> Iterator[str]:
    for name in ("name", "election", "sender", "stop_number"):
        if FORBIDDEN.search(getattr(head, name)):
            yield f"{name} contient un retour à la ligne ou un caractère de contrôle"
    if not head.name.strip():
        yield "name est vide : un SMS dit d’abord qui parle"
    if head.stop_number and not head.stop_number.isdigit():
        yield "stop_number : un numéro court, en chiffres"
    if head.notice_url and not is_served(head.notice_url):
        yield "notice_url doit commencer par https://"
    if head.parts_max < 1:
        yield "parts_max : une partie au moins"


def _decisive(content: SmsContent, head: SmsHead, version: str, message_class: MessageClass) -> bytes:
    decisive: Sequence[object] = (asdict(content), asdict(head), version, message_class.value)
    return json.dumps(decisive, sort_keys=True, ensure_ascii=False).encode()

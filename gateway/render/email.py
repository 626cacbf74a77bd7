"""Emails: compiled once for a campaign, varied by the duties of the verdict, filled for one person in microseconds."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from css_inline import CSSInliner

from gateway.domain.campaign import MessageClass
from gateway.domain.errors import InvalidContent, RenderFault
from gateway.render import fields
from gateway.render.body import Body, compile_body
from gateway.render.compiled import Compiled
from gateway.render.content import EmailContent, check_content, mark_placeholders
from gateway.render.fields import PersonFields
from gateway.render.letterhead import Letterhead, check_letterhead, verp_address
from gateway.render.notices import ASKS, DEFAULT_ASK, Page, Stationery, offered
from gateway.render.slots import Slot, SlotTable
from gateway.render.variant import Parts, Variant

__all__ = [
    "NEWSLETTER",
    "CompiledEmail",
    "EmailContent",
    "Letterhead",
    "PersonFields",
    "Single",
    "Variant",
    "compile_email",
    "verp_address",
]

#: Gmail cuts longer messages short (102 KB), and with them the notices at their end.
HTML_BYTES_MAX = 95_000

_BLANK_LINES = re.compile(r"\n{3,}")
_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
#: Slots the notices may show; the words that fill them are the person's.
_PERSONAL = (fields.ORIGIN, fields.UNSUBSCRIBE, fields.WHY, fields.PREFER, fields.ANSWER)
#: Whoever gets these chose to: she may choose otherwise. A request for consent asks one question, and nothing beside it.
_CHOSEN = (MessageClass.CAMPAIGN, MessageClass.TEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """What a letter that answers one act has besides its words; a newsletter has none of it."""

    fields: tuple[str, ...] = ()  #: names its text may place beside those of every person
    ask: str = ""  #: notices.ASKS: the button that leads to the page of the act


NEWSLETTER = Single()


@dataclass(frozen=True, kw_only=True)
class CompiledEmail(Compiled):
    """A checked email under a letterhead. Variants are made when first asked for, and kept."""

    _page: Page = field(repr=False)
    _letterhead: Letterhead = field(repr=False)
    _message_class: MessageClass = field(repr=False)
    _ask: str = field(repr=False)
    _stationery: Stationery = field(repr=False, compare=False)
    _slots: SlotTable = field(repr=False, compare=False)
    _variants: dict[frozenset[str], Variant] = field(default_factory=dict, repr=False, compare=False)

    def variant(self, duties: frozenset[str]) -> Variant:
        """The message carrying these duties and no other element. Raises RenderFault for a duty that is not offered."""
        known = self._variants.get(duties)
        if known is None:
            known = self._variants[duties] = self._make(duties)
        return known

    def _make(self, duties: frozenset[str]) -> Variant:
        if missing := sorted(duties - self.elements):
            raise RenderFault(f"ce message ne peut pas porter : {', '.join(missing)}")
        words = {name: str(value) for name, value in asdict(self._letterhead).items()}
        words |= {name: self._slots.mark(Slot(name)) for name in _PERSONAL}
        if self._message_class not in _CHOSEN:
            words[fields.PREFER] = ""
        html = _INLINER.inline(self._stationery.html(self._page, words, duties, self._ask))
        if len(html.encode()) > HTML_BYTES_MAX:
            raise InvalidContent(f"le message dépasse {HTML_BYTES_MAX} octets une fois mis en page : raccourcissez-le")
        text = self._stationery.text(self._page, words, duties, self._ask)
        parts = Parts(
            letterhead=self._letterhead,
            message_class=self._message_class,
            subject=self._page.subject,
            text=_BLANK_LINES.sub("\n\n", text).strip("\n"),
            html=html,
            duties=duties,
            content_hash=self.content_hash,
        )
        return Variant(parts, self._slots)


def compile_email(
    content: EmailContent,
    letterhead: Letterhead,
    templates: Path,
    message_class: MessageClass = MessageClass.CAMPAIGN,
    single: Single = NEWSLETTER,
) -> CompiledEmail:
    """Check and compile an email; `templates` is the folder that holds email/ and notices/.

    Raises InvalidContent with every fault of the words, RenderFault for a letterhead or a template that cannot be used.
    """
    check_content(content, single.fields)
    ask = single.ask or DEFAULT_ASK.get(message_class, "")
    if ask and ask not in ASKS:
        raise RenderFault(f"« {ask} » : aucune mention de ce nom n’a de bouton ; il y a {', '.join(ASKS)}")
    check_letterhead(letterhead)
    if content.language != letterhead.language:
        raise InvalidContent(f"le texte est en « {content.language} », l’en-tête de campagne en « {letterhead.language} »")
    slots = SlotTable()
    subject = mark_placeholders(content.subject.strip(), slots)
    preheader = mark_placeholders(content.preheader.strip(), slots)
    body = compile_body(content, slots)
    written = slots.slots
    stationery = Stationery(templates, content.language)
    decisive = _decisive(content, letterhead, stationery.version, message_class, single)
    compiled = CompiledEmail(
        content_hash=sha256(decisive).hexdigest(),
        content_bytes=decisive,
        notice_version=stationery.version,
        notice_bytes=stationery.hashed,
        elements=offered(letterhead, message_class),
        flags=body.flags,
        bare_placeholders=frozenset(slot.name for slot in written if not slot.fallback),
        subject=content.subject.strip(),
        html=slots.show(body.html),
        text=slots.show(body.text),
        _page=_page(subject, preheader, body),
        _letterhead=letterhead,
        _message_class=message_class,
        _ask=ask,
        _stationery=stationery,
        _slots=slots,
    )
    # The fullest variant is the longest: what is wrong with it is told now, and not to each person's message.
    compiled.variant(compiled.elements)
    return compiled


def _page(subject: str, preheader: str, body: Body) -> Page:
    return Page(
        subject=subject,
        preheader=preheader,
        body_html=body.html,
        body_text=body.text,
        format=body.format,
        column_rules=body.column_rules,
    )


def _decisive(content: EmailContent, letterhead: Letterhead, version: str, message_class: MessageClass, single: Single) -> bytes:
    decisive: dict[str, object] = {
        "content": asdict(content),
        "letterhead": asdict(letterhead),
        "notices": version,
        "class": message_class.value,
    }
    if single != NEWSLETTER:
        decisive["single"] = asdict(single)
    return json.dumps(decisive, sort_keys=True, ensure_ascii=False).encode()

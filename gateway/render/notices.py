"""Notices: the elements a message must be able to carry, where each one stands, and the words of each, from versioned templates.

Serves REGULATION b1 and b2: notice-art14-first-message, objection-first-message, sender-identity, origin-mention,
optout-every-message, rpp-label, rpp-targeting-notice, email-one-click, email-body-link, email-list-id, consent-request-once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError, select_autoescape
from markupsafe import Markup

from gateway.domain.campaign import MessageClass
from gateway.domain.errors import RenderFault
from gateway.domain.language import Language
from gateway.render.letterhead import Letterhead


class Place(Enum):
    """Where in the message an element stands."""

    TOP = "top"
    QUESTION = "question"
    OBJECTION = "objection"
    FOOT = "foot"
    HEADER = "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One notice element: duties name it by its id."""

    id: str
    place: Place
    material: tuple[str, ...] = ()  #: letterhead fields it cannot do without
    only: MessageClass | None = None  #: the one class of message that can carry it


#: Every element, in the order in which a message shows them.
ELEMENTS = (
    Element(id="political-label", place=Place.TOP),
    Element(id="election", place=Place.TOP, material=("election", "election_dates")),
    Element(id="sponsor", place=Place.TOP, material=("sponsor",)),
    Element(id="transparency-link", place=Place.TOP, material=("transparency_url",)),
    Element(id="consent-question", place=Place.QUESTION, material=("candidate",), only=MessageClass.CONSENT_REQUEST),
    Element(id="no-answer-no-mail", place=Place.QUESTION, only=MessageClass.CONSENT_REQUEST),
    Element(id="objection-block", place=Place.OBJECTION),
    Element(id="sender-identity", place=Place.FOOT, material=("candidate", "controller_name", "controller_email", "election")),
    Element(id="origin", place=Place.FOOT),
    Element(id="targeting-notice", place=Place.FOOT, material=("selection_criteria", "targeting_data", "controller_email")),
    Element(id="purpose-retention", place=Place.FOOT, material=("retention",)),
    Element(id="rights", place=Place.FOOT, material=("controller_email",)),
    Element(id="notice-link", place=Place.FOOT, material=("privacy_url",)),
    Element(id="unsubscribe-link", place=Place.FOOT),
    Element(id="one-click-header", place=Place.HEADER),
    Element(id="list-id", place=Place.HEADER, material=("list_id",)),
    Element(id="reply-to", place=Place.HEADER, material=("reply_to",)),
)

#: Blocks with the button of a single letter: no duties, but without them the letter would be pointless.
ASKS = ("confirmation", "receipt", "personal", "own-data")
#: Classes that cannot do without their button.
DEFAULT_ASK = {MessageClass.CONFIRMATION: "confirmation"}


def offered(letterhead: Letterhead, message_class: MessageClass) -> frozenset[str]:
    """Ids of the elements that a message of this class can carry under this letterhead."""
    return frozenset(
        element.id
        for element in ELEMENTS
        if element.only in (None, message_class) and all(getattr(letterhead, name) for name in element.material)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the author brings to the layout; every string may hold marks."""

    subject: str
    preheader: str
    body_html: str  #: clean
    body_text: str
    format: str
    column_rules: str


class Stationery:
    """Layouts and notices of one language, read once: what was hashed is what is rendered, even if files change later."""

    def __init__(self, templates: Path, language: Language) -> None:
        sources = _read(templates, language)
        self._language = language
        #: Everything the notices and layouts of this language say and look like: each name, a NUL, its text, a NUL; and its hash.
        self.hashed = b"".join(f"{name}\0{sources[name]}\0".encode() for name in sorted(sources))
        self.version = sha256(self.hashed).hexdigest()
        self._jinja = _environment(tuple(sources.items()))

    def html(self, page: Page, words: Mapping[str, str], duties: frozenset[str], ask: str) -> str:
        """The whole document, before its styles are put inline.

        words: letterhead and marks, escaped here. ask: one of ASKS, or nothing.
        """
        blocks = self._blocks("html", words, duties, ask)
        ready = {place: [Markup(block) for block in held] for place, held in blocks.items()}  # noqa: S704 - our templates
        document = self._render(
            "email/layout.html",
            {
                **words,
                **ready,
                "language": self._language,
                "subject": page.subject,
                "preheader": page.preheader,
                "format": page.format,
                "body": Markup(page.body_html),  # noqa: S704 - cleaned by cleaning.clean
                "column_rules": Markup(page.column_rules),  # noqa: S704 - digits in a fixed frame, see mjml.to_html
            },
        )
        _check_whole(document, blocks)
        return document

    def text(self, page: Page, words: Mapping[str, str], duties: frozenset[str], ask: str) -> str:
        """The plain-text part."""
        blocks = self._blocks("txt", words, duties, ask)
        document = self._render("email/layout.txt", {**words, **blocks, "body": page.body_text})
        _check_whole(document, blocks)
        return document

    def _blocks(self, suffix: str, words: Mapping[str, str], duties: frozenset[str], ask: str) -> dict[str, list[str]]:
        """Rendered elements by place, in the order of ELEMENTS."""
        blocks: dict[str, list[str]] = {place.value: [] for place in Place if place is not Place.HEADER}
        if ask:
            blocks[Place.QUESTION.value].append(self._block(suffix, ask, words))
        told = {**words, "asking": "consent-question" in duties}
        for element in ELEMENTS:
            if element.id in duties and element.place is not Place.HEADER:
                blocks[element.place.value].append(self._block(suffix, element.id, told))
        return blocks

    def _block(self, suffix: str, name: str, words: Mapping[str, object]) -> str:
        try:
            template = self._jinja.get_template(f"notices/email/{self._language}.{suffix}")
            render = template.blocks[name.replace("-", "_")]
            block = "".join(render(template.new_context(dict(words)))).strip()
        except (KeyError, TemplateError) as fault:
            raise RenderFault(f"mention « {name} » illisible dans notices/email/{self._language}.{suffix} : {fault}") from fault
        if not block:
            raise RenderFault(f"mention « {name} » vide dans notices/email/{self._language}.{suffix}")
        return block

    def _render(self, name: str, words: Mapping[str, object]) -> str:
        try:
            return self._jinja.get_template(name).render(words)
        except TemplateError as fault:
            raise RenderFault(f"gabarit {name} illisible : {fault}") from fault


@lru_cache(maxsize=4)
def _environment(sources: tuple[tuple[str, str], ...]) -> Environment:
    """Templates of these very texts. Each draft, approval and launch asks for the same: they are made once."""
    return Environment(
        loader=DictLoader(dict(sources)),
        autoescape=select_autoescape(enabled_extensions=("html", "css"), default=True, disabled_extensions=("txt",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _check_whole(document: str, blocks: Mapping[str, Iterable[str]]) -> None:
    """No layout may lose a notice, by a mistake of its own."""
    for place, held in blocks.items():
        for block in held:
            if block not in document:
                raise RenderFault(f"le gabarit perd une mention de la place « {place} »")


def _read(templates: Path, language: Language) -> dict[str, str]:
    names = [f"notices/email/{language}.{suffix}" for suffix in ("html", "txt")]
    names += [f"email/{name}" for name in ("layout.html", "layout.txt", "style.css")]
    try:
        return {name: (templates / name).read_text(encoding="utf-8") for name in names}
    except (OSError, UnicodeDecodeError) as fault:
        raise RenderFault(f"gabarit illisible : {fault}") from fault

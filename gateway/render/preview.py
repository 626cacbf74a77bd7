"""Previews: what one person would receive, to look at before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.channel import Encoding
from gateway.domain.contact import OriginKind
from gateway.domain.language import Language
from gateway.render.compiled import Compiled
from gateway.render.fields import PersonFields
from gateway.render.variant import Variant
from gateway.render.voice import CallVariant


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One message as its reader sees it, and as it travels."""

    subject: str  #: empty for texts and calls
    html: str  #: likewise
    text: str  #: what is read, or heard line by line
    raw: bytes  #: RFC 5322 in quoted-printable; the text; or the call's TwiML


_SAMPLE: dict[Language, tuple[dict[str, str], str]] = {
    "fr": (
        {"given_name": "Zoé", "family_name": "Exemple", "commune": "Saint-Exemple-sur-Loire"},
        "Vous nous avez laissé votre adresse (exemple d’origine, écrite pour cet aperçu).",
    ),
    "en": (
        {"given_name": "Zoé", "family_name": "Sample", "commune": "Saint-Exemple-sur-Loire"},
        "You left us your address (a sample origin, written for this preview).",
    ),
}


def sample_person(language: Language, *, at: datetime, link: str) -> PersonFields:
    """An invented person. `link`: an address that acts on nothing, put wherever a message has a personal link."""
    values, origin = _SAMPLE[language]
    return PersonFields(
        values=values,
        address="zoe.exemple@example.org",
        origin_sentence=origin,
        origin_kind=OriginKind.WEB_FORM,
        unsubscribe_url=link,
        why_url=link,
        prefer_url=link,
        answer_url=link,
        message_ref="preview",
        at=at,
    )


def preview(message: Compiled, duties: frozenset[str], person: PersonFields) -> Preview:
    """The message this person would get under these duties. Raises RenderFault as the real one would."""
    filled = message.variant(duties)
    raw = filled.payload(person, Encoding.QUOTED_PRINTABLE)
    match filled:
        case Variant():
            subject, text, html = filled.shown(person)
            return Preview(subject=subject, html=html, text=text, raw=raw)
        case CallVariant():
            return Preview(subject="", html="", text="\n".join(filled.heard(person)), raw=raw)
        case _:
            return Preview(subject="", html="", text=raw.decode(), raw=raw)

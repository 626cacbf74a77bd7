"""What is written for one person: her own words and links, checked one by one before they enter a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.contact import OriginKind
from gateway.domain.errors import RenderFault
from gateway.render.content import PLACEHOLDERS
from gateway.render.headers import check_value, date
from gateway.render.links import is_served
from gateway.render.slots import Slot
from gateway.render.words import check_words

#: Reads one slot's value from a person's fields. Raises RenderFault for what must not enter a message.
Reader = Callable[["PersonFields"], str]

ORIGIN, UNSUBSCRIBE, WHY = "origin_sentence", "unsubscribe_url", "why_url"
PREFER, ANSWER = "prefer_url", "answer_url"
ORIGIN_WORDS = "origin_words"  #: of a text, which says it in four words: read by render.sms
CODE = "code"  #: eight digits, of a text that proves a number: the one field of a text that is not of the person
ADDRESS, DATE, MESSAGE_REF, LIST_UNSUBSCRIBE = "address", "date", "message_ref", "list_unsubscribe"

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9.-]{1,253}")
_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,100}")
_MAILTO = re.compile(r"mailto:[A-Za-z0-9.%+_-]{1,192}@[A-Za-z0-9.-]{1,253}(?:\?[!#-;=?-\[\]_a-z~]{1,300})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFields:
    """One person and one message, unescaped. Links are ASCII, and https unless they lead to this machine."""

    values: Mapping[str, str]  #: placeholder name -> value; an absent or empty one takes the author's words
    address: str  #: the one recipient
    origin_sentence: str  #: where her details come from and since when, as she reads it
    unsubscribe_url: str
    why_url: str
    message_ref: str  #: left part of the Message-ID
    at: datetime  #: aware; the Date of the message
    unsubscribe_mailto: str = ""  #: whole mailto: address; empty: none is offered
    prefer_url: str = ""  #: where she chooses what she gets; campaign messages alone show it
    origin_kind: OriginKind | None = None  #: texts say it in four words at most
    answer_url: str = ""  #: the page that takes the answer to a consent request, or a confirmation


def reader(slot: Slot) -> Reader:
    """How the value of a slot is read: the gateway's own by their names, every other one from `values`."""
    match slot.name:
        case "origin_sentence":
            return _origin
        case "unsubscribe_url":
            return lambda person: _url(UNSUBSCRIBE, person.unsubscribe_url)
        case "why_url":
            return lambda person: _url(WHY, person.why_url)
        case "prefer_url":
            return lambda person: _url(PREFER, person.prefer_url)
        case "answer_url":
            return lambda person: _url(ANSWER, person.answer_url)
        case "address":
            return lambda person: _matching(ADDRESS, _ADDRESS, person.address)
        case "message_ref":
            return lambda person: _matching(MESSAGE_REF, _REFERENCE, person.message_ref)
        case "date":
            return lambda person: date(person.at)
        case "list_unsubscribe":
            return _list_unsubscribe
        case name if name in PLACEHOLDERS:
            return lambda person: check_value(name, person.values.get(name) or slot.fallback)
        case name:  # of a letter of the installation
            return lambda person: check_words(name, person.values.get(name) or slot.fallback)


def _origin(person: PersonFields) -> str:
    if not person.origin_sentence.strip():
        raise RenderFault("l’origine des coordonnées n’est pas connue")
    return check_value(ORIGIN, person.origin_sentence)


def _list_unsubscribe(person: PersonFields) -> str:
    """RFC 2369 and 8058: the addresses verbatim, folded at the comma, never encoded."""
    url = f"<{_url(UNSUBSCRIBE, person.unsubscribe_url)}>"
    if not person.unsubscribe_mailto:
        return url
    return f"{url},\r\n <{_matching('unsubscribe_mailto', _MAILTO, person.unsubscribe_mailto)}>"


def _url(name: str, url: str) -> str:
    if not is_served(url):
        raise RenderFault(f"{name} : « {url[:60]} » n’est pas une adresse https:// utilisable")
    return url


def _matching(name: str, shape: re.Pattern[str], value: str) -> str:
    if not shape.fullmatch(value):
        raise RenderFault(f"{name} : « {value[:60]} » ne peut pas figurer dans un en-tête")
    return value

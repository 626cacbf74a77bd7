"""Values of settings: texts that are addresses, pages, ports and paces, or are refused with what to do."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.machine import is_loopback
from gateway.domain.phone import PhoneNumber

#: Never in a web address (RFC 3986), and what would end one in a header or a page.
_UNQUOTED = frozenset(' <>"')

#: As SQLAlchemy reads it, but for an @ in a password, whose end it would take for the machine, and show.
_POSTGRESQL = re.compile(r"postgresql://([^:/@]*(:[^@]*)?@)?(\[[\da-fA-F:.]+\]|[^/:@]*)(:\d+)?/[^@]*")


def email_or_empty(text: str) -> str:
    """A bare email address, or nothing. Raises ValueError."""
    try:
        return text and str(EmailAddress.parse(text))
    except InvalidAddress as fault:
        raise ValueError("ce n’est pas une adresse électronique ; écrivez-la seule, comme equipe@exemple.fr") from fault


def email(text: str) -> str:
    """A bare email address. Raises ValueError."""
    return email_or_empty(text or "empty")


def none_if_empty(given: object) -> object:
    """What was given, or None for an empty text."""
    return None if given == "" else given


def day_or_none(given: object) -> date | None:
    """A day, given as one or as its text; None for an empty one. Raises ValueError."""
    if given is None or given == "":
        return None
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    try:
        return date.fromisoformat(given if isinstance(given, str) else "")
    except ValueError as fault:
        raise ValueError("donnez un jour, écrit ainsi : 2027-03-15") from fault


def mobile(text: str) -> str:
    """A mobile number, as E.164. Raises ValueError."""
    try:
        number = PhoneNumber.parse(text)
    except InvalidAddress as fault:
        raise ValueError("ce n’est pas un numéro de téléphone ; écrivez-le comme 06 12 34 56 78 ou +33612345678") from fault
    if Medium.SMS not in number.media:
        raise ValueError("ce n’est pas un numéro de mobile : il ne reçoit pas de SMS")
    return number.e164


def waiver_or_empty(text: str) -> str:
    """Who approves alone and why, « Claire : … », or nothing. Raises ValueError."""
    text = text.strip()
    who, _, why = text.partition(":")
    if text and not (who.strip() and why.strip()):
        raise ValueError("dites qui approuve seul, puis pourquoi : « Claire Martin : l’équipe n’a qu’elle »")
    return text


def split_url(text: str) -> SplitResult:
    """The parts of an address. Raises ValueError for one that cannot be read; never repeats it."""
    if not text.isprintable():  # urlsplit would drop line ends in silence, and they would stand in the links of every message
        raise ValueError("cette adresse est illisible : elle contient une fin de ligne ou un caractère de contrôle")
    try:
        return urlsplit(text)
    except ValueError:
        # Its own words would repeat the address, and with it a password.
        raise ValueError("cette adresse est illisible : recopiez-la") from None


def web_address_or_empty(text: str) -> str:
    """An http or https address as programs write it (été.fr/notice-générale: xn--t-9faa.fr/…), or nothing. Raises ValueError."""
    parts = split_url(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or not _UNQUOTED.isdisjoint(text)):
        raise ValueError("ce n’est pas une adresse du Web ; commencez par https://, sans espace, guillemet ni chevron")
    if "@" in parts.netloc:
        raise ValueError("cette adresse contient un nom ou un mot de passe, que tous liraient : ôtez ce qui précède @")
    return text if text.isascii() else _in_ascii(parts)


def _in_ascii(parts: SplitResult) -> str:
    """The same address in ASCII: messages and headers hold no other. Raises ValueError for a name that no registry takes."""
    try:
        netloc = parts.netloc.encode("idna").decode("ascii")
    except UnicodeError as fault:
        raise ValueError("ce nom de site n’existe pas : recopiez l’adresse que montre le navigateur") from fault
    whole = parts._replace(netloc=netloc).geturl()
    return "".join(sign if sign.isascii() else quote(sign) for sign in unicodedata.normalize("NFC", whole))


def public_root(text: str) -> str:
    """The root under which pages are published, without its last slash. Raises ValueError."""
    text = web_address_or_empty(text or "empty")
    parts = split_url(text)
    if parts.query or parts.fragment:
        raise ValueError("c’est la racine des pages publiées : ôtez ce qui suit un ? ou un #")
    if parts.path.strip("/"):  # pages lead to one another from the root: a link below a path would end beside them
        raise ValueError("donnez un nom à elle, sans chemin, comme https://lettre.exemple.fr : les liens de ses pages en partent")
    return parts._replace(netloc=parts.netloc.lower()).geturl().rstrip("/")  # what others sign and compare has no capitals


def origin(text: str) -> str:
    """The root of a site that may frame our forms. Raises ValueError."""
    parts = split_url(web_address_or_empty(text or "empty"))
    if parts.path.strip("/") or parts.query or parts.fragment or ";" in text or "," in text:
        raise ValueError("donnez la racine d’un site, comme https://www.exemple.fr")
    return f"{parts.scheme}://{parts.netloc}"


def listener(text: str) -> str:
    """Where mail is delivered on this machine. Raises ValueError."""
    parts = split_url(text)
    try:
        port = parts.port
    except ValueError:
        port = None
    if text and (parts.scheme not in ("lmtp", "smtp") or not is_loopback(parts.hostname or "") or port is None or parts.path):
        raise ValueError(
            "écrivez lmtp://127.0.0.1:2424 (ou smtp://…) : cette machine seule, jamais une adresse que d’autres atteignent"
        )
    return text


def database_url(text: str) -> str:
    """A database of ours. Raises ValueError."""
    parts = split_url(text)
    if parts.scheme == "postgresql" and not _POSTGRESQL.fullmatch(text):
        raise ValueError(
            "écrivez postgresql://compte:motdepasse@machine:5432/base ; le port est un nombre, un @ du mot de passe s’écrit %40"
        )
    if parts.scheme in ("sqlite", "postgresql") and parts.path.strip("/"):
        return text
    raise ValueError("écrivez sqlite:///chemin/du/fichier.db ou postgresql://compte:motdepasse@machine/base")


def broker_url(text: str) -> str:
    """A Redis, or nothing. Raises ValueError."""
    if text and split_url(text).scheme not in ("redis", "rediss"):
        raise ValueError("écrivez redis://machine:6379/0 (ou rediss://…), ou laissez vide : un seul processus")
    try:
        _ = split_url(text).port
    except ValueError:  # its own words would repeat a part of the password
        raise ValueError(
            "écrivez redis://:motdepasse@machine:6379/0 ; le port est un nombre, et un / du mot de passe s’écrit %2F"
        ) from None
    return text


OptionalEmail = Annotated[str, AfterValidator(email_or_empty)]
OptionalWebAddress = Annotated[str, AfterValidator(web_address_or_empty)]
#: A file or a folder; empty, as everywhere else in config.toml: none, and not the folder one happens to stand in.
OptionalPath = Annotated[Path | None, BeforeValidator(none_if_empty)]
#: A day, or its text. A number would be taken for seconds since 1970, and 0 for a term that is long over.
OptionalDay = Annotated[date | None, BeforeValidator(day_or_none)]
Port = Annotated[int, Field(ge=0, le=65535)]  #: 0: any free one
Minutes = Annotated[int, Field(ge=1)]
Pace = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A table of config.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

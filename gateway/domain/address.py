"""Addresses, parsed at the edge: inside, an EmailAddress is always good, and is known to the store by a keyed digest."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from gateway.domain.errors import InvalidAddress

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
#: No registry has an ending of one letter.
_ENDING = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]+")
#: Last of the Latin letters that languages of Europe are written with.
_LAST_LATIN = "\u024f"
#: Letters of which two generations of IDNA make two domains, each with an owner of its own: "straße" is not "strasse".
_TWO_DOMAINS = re.compile("[\u00df\u03c2]")
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_LOCAL_MAX = 64
_BAD_DOMAIN = "le domaine après « @ » n’est pas valable"
_ADDRESS_MAX = 254


class AddressState(StrEnum):
    """What we know of an address, apart from any objection."""

    VALID = "valid"
    #: Refused by its server for good; lifted only with a reason.
    DEAD = "dead"
    #: Refused for now, several times.
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An email address that SMTP can carry: ASCII local part, DNS domain in its ASCII form, lower case domain."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def match_key(self) -> str:
        """The form by which two addresses are one person's: case is ignored, as every mailbox provider does."""
        return f"{self.local}@{self.domain}".casefold()

    @property
    def mailbox(self) -> str:
        """The mailbox it probably leads to, for counting alone: Gmail looks at no dots, and most at nothing behind a plus."""
        local, domain = self.local.partition("+")[0].casefold(), self.domain.casefold()
        return f"{local.replace('.', '')}@gmail.com" if domain in _GMAIL else f"{local}@{domain}"

    @classmethod
    def parse(cls, text: str) -> EmailAddress:
        """Read one bare address.

        Raises InvalidAddress (code empty, no_at, local, domain, lookalike, length, non_ascii). Quoted local parts and address
        literals are refused: no person who signs up has one, and injection hides there.
        """
        text = text.strip()
        if not text:
            raise InvalidAddress("empty", "adresse vide")
        if len(text) > _ADDRESS_MAX:
            raise InvalidAddress("length", "adresse trop longue (254 caractères au plus)")
        local, at, domain = text.rpartition("@")
        if not at:
            raise InvalidAddress("no_at", "il manque « @ »")
        if not local.isascii():
            raise InvalidAddress("non_ascii", "caractère non accepté avant « @ » (accent, espace insécable…)")
        if len(local) > _LOCAL_MAX or not _LOCAL.fullmatch(local):
            raise InvalidAddress("local", "la partie avant « @ » n’est pas valable")
        domain = _domain(domain)
        if len(local) + 1 + len(domain) > _ADDRESS_MAX:  # in ASCII a domain may be longer than it was typed
            raise InvalidAddress("length", "adresse trop longue (254 caractères au plus)")
        return cls(local, domain)


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str:
    """The domain in lower-case ASCII (IDNA), or InvalidAddress. Few domains serve nearly everybody: each is looked at once."""
    try:
        labels = _ascii_labels(domain.lower())
    except UnicodeError as fault:
        raise InvalidAddress("domain", _BAD_DOMAIN) from fault
    last = labels[-1]
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or not _ENDING.fullmatch(last):
        raise InvalidAddress("domain", _BAD_DOMAIN)
    return ".".join(labels)


def _disguised(label: str) -> bool:
    """Whether letters of another alphabet stand among Latin ones: what is seen is not what is written."""
    return any("a" <= letter <= "z" for letter in label) and any(letter > _LAST_LATIN and letter.isalpha() for letter in label)


def _ascii_labels(domain: str) -> list[str]:
    """Labels of a domain as DNS knows them. Raises UnicodeError for what no registry would take."""
    if domain.isascii():
        labels = domain.split(".")
    else:
        if _TWO_DOMAINS.search(domain):
            raise InvalidAddress("domain", "le domaine a une lettre (ß, ς) qui peut mener ailleurs : demandez une autre adresse")
        if unicodedata.normalize("NFKC", domain).count(".") != domain.count("."):
            raise UnicodeError("a character that hides a dot")
        labels = domain.encode("idna").decode("ascii").split(".")
        if any(map(_disguised, domain.split("."))):
            raise InvalidAddress("lookalike", "le domaine mêle des lettres de deux alphabets : retapez-le")
    for label in labels:
        if label[2:4] == "--" and label.encode("ascii").decode("idna").encode("idna").decode("ascii") != label:
            raise UnicodeError("not an encoded label")
        if label[2:4] == "--" and not label.startswith("xn--"):
            raise UnicodeError("a reserved label")
    return labels

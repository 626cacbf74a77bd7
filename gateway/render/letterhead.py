"""What a campaign says of itself in every message: who writes, for which election, who answers for the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from gateway.domain.address import EmailAddress
from gateway.domain.errors import InvalidAddress, RenderFault
from gateway.domain.language import Language
from gateway.render.links import is_served
from gateway.render.slots import FORBIDDEN

_SENTENCE_MAX = 500
#: As long as a token of domain.keys.
_SAMPLE_TOKEN = "0" * 36
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_LIST_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Facts that are the same for a whole campaign; sentences are written in `language`.

    An optional field left empty means that the notice elements which need it are not offered (notices.ELEMENTS).
    """

    language: Language
    campaign: str  #: reference of the campaign: letters, digits, dot, dash; no personal data
    sender_name: str  #: display name of From: candidate or list
    sender_email: str
    reply_to: str = ""
    list_id: str = ""  #: List-Id without its angle brackets: "newsletter.example.org"
    bounce_domain: str = ""  #: domain of return paths; empty: that of sender_email
    cfbl_address: str = ""  #: where complaints may be sent (RFC 9477)

    controller_name: str  #: responsable de traitement
    controller_address: str = ""
    controller_email: str = ""  #: where rights are exercised
    dpo: str = ""  #: contact of the data protection officer
    candidate: str = ""
    election: str = ""  #: "Élection présidentielle 2027"
    election_dates: str = ""  #: "18 avril et 2 mai 2027"
    sponsor: str = ""  #: parraineur (Regulation (EU) 2024/900)
    sponsor_controller: str = ""
    privacy_url: str = ""
    transparency_url: str = ""
    retention: str = ""  #: how long data is kept: a whole sentence
    selection_criteria: str = ""  #: targeted audiences: which criteria chose the recipients, as people read it
    targeting_data: str = ""  #: targeted audiences: categories of data used, and whether AI or ad delivery is

    @property
    def sender_domain(self) -> str:
        """Domain of Message-IDs, and of return paths when none is set apart."""
        return self.sender_email.rpartition("@")[2]

    def return_paths(self) -> Callable[[str], str]:
        """Makes the envelope sender of a message from its token (hex digits), by which bounces name it.

        The address is parsed once, for all tokens. Raises RenderFault when it cannot be one.
        """
        beginning, _, end = verp_address(self.bounce_domain or self.sender_domain, _SAMPLE_TOKEN).partition(_SAMPLE_TOKEN)
        return lambda token: f"{beginning}{token}{end}"


def verp_address(bounce_domain: str, token: str) -> str:
    """Variable envelope return path. Raises RenderFault when the parts do not make an address."""
    try:
        return str(EmailAddress.parse(f"b+{token}@{bounce_domain}"))
    except InvalidAddress as fault:
        raise RenderFault(f"adresse de retour : {fault}") from fault


def check_letterhead(letterhead: Letterhead) -> None:
    """Raise RenderFault, naming every field that cannot stand in a message."""
    faults = list(_faults(letterhead))
    if faults:
        raise RenderFault("en-tête de campagne : " + " ; ".join(faults))


def _faults(letterhead: Letterhead) -> Iterator[str]:
    for field in fields(letterhead):
        value = getattr(letterhead, field.name)
        if FORBIDDEN.search(value):
            yield f"{field.name} contient un retour à la ligne ou un caractère de contrôle"
        if len(value) > _SENTENCE_MAX:
            yield f"{field.name} dépasse {_SENTENCE_MAX} caractères"
    for name in ("campaign", "sender_name", "sender_email", "controller_name"):
        if not getattr(letterhead, name).strip():
            yield f"{name} est vide"
    for name in ("sender_email", "reply_to", "cfbl_address", "controller_email"):
        if fault := _address_fault(getattr(letterhead, name)):
            yield f"{name} : {fault}"
    for name in ("privacy_url", "transparency_url"):
        if (url := getattr(letterhead, name)) and not is_served(url):
            yield f"{name} doit commencer par https://"
    if not _REFERENCE.fullmatch(letterhead.campaign):
        yield "campaign : lettres, chiffres, point et tiret seulement"
    if letterhead.list_id and not _LIST_ID.fullmatch(letterhead.list_id):
        yield "list_id doit être un nom de domaine"


def _address_fault(address: str) -> str | None:
    if not address:
        return None
    try:
        if str(EmailAddress.parse(address)) != address:
            return "adresse à écrire en minuscules après « @ », sans espace"
    except InvalidAddress as fault:
        return str(fault)
    return None

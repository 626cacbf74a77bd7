"""Addresses that are taken as they are, and deserve a look: what the pack knows of mailboxes, in a sentence each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.compliance.mailboxes import HintKind, Mailboxes
from gateway.domain.address import EmailAddress
from gateway.domain.errors import InvalidAddress

_SAYS = {
    HintKind.TYPO: "faute de frappe ? sans doute {likely}",
    HintKind.ROLE: "boîte de plusieurs personnes : qui a donné son accord ?",
    HintKind.THROWAWAY: "boîte jetable : elle n’existera plus demain",
    HintKind.MADE_UP: "écrite pour remplir la case ? elle n’est sans doute à personne, ou à quelqu’un d’autre",
}
_SIGNS = re.compile(r"\s*@[\s@]*")
#: « orange,fr », « orange..fr », « orange .fr »; a semicolon before « @ » may part two people.
_STOPS = re.compile(r"\s*[.,;]+\s*")
_STOPS_BEFORE = re.compile(r"[.,]{2,}|,")
#: « jean(at)orange.fr », « jean [arobase] orange (point) fr », « jean AT orange DOT fr ».
_AT_IN_WORDS = re.compile(r"\s*[(\[{]\s*(?:at|a|arobase|arrobase?)\s*[)\]}]\s*|\s+(?:at|arobase|arrobase?)\s+", re.IGNORECASE)
_DOT_IN_WORDS = re.compile(r"\s*[(\[{]\s*(?:dot|point)\s*[)\]}]\s*|\s+(?:dot|point)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hinted:
    """What is doubtful about an address."""

    code: str  #: stable
    says: str  #: for people


def hinted(address: EmailAddress, mailboxes: Mailboxes) -> Hinted | None:
    """The doubt about an address, if any."""
    found = mailboxes.hint(address.local, address.domain)
    return None if found is None else Hinted(found.kind.value, _SAYS[found.kind].format(likely=found.likely))


def instead(cell: str, mailboxes: Mailboxes) -> str:
    """What to add to the refusal of a cell that a slip spoils: the address or domain that was probably meant. Empty otherwise."""
    text = cell.strip().strip("<>,;. ")
    local, sign, domain = text.rpartition("@")
    if sign and local and " " not in domain and (likely := mailboxes.likely_domain(domain.casefold())):
        return f" ; sans doute {likely}"
    try:
        address = EmailAddress.parse(_mended(text, mailboxes))
    except InvalidAddress:
        return ""
    return f" ; sans doute {address.local}@{mailboxes.likely_domain(address.domain) or address.domain}"


def _mended(text: str, mailboxes: Mailboxes) -> str:
    """A text with one « @ », no blank around it and full stops where they belong; with the « @ » that lacks before a provider, or
    that is written in words."""
    if "@" not in text:
        text = _DOT_IN_WORDS.sub(".", _AT_IN_WORDS.sub("@", text))
    text = _SIGNS.sub("@", text)
    local, sign, domain = text.rpartition("@")
    if sign:
        return f"{_STOPS_BEFORE.sub('.', local).strip('.')}@{_STOPS.sub('.', domain)}"
    ends = [one for one in mailboxes.providers if text.casefold().endswith(one) and len(text) > len(one)]
    provider = max(ends, key=len, default="")
    return f"{text[: -len(provider)].rstrip('.-_ ')}@{provider}" if provider else text

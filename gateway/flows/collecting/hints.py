"""Addresses that are taken as they are, and deserve a look: what the pack knows of mailboxes, in a sentence each."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.compliance.mailboxes import HintKind, Mailboxes
from gateway.domain.address import EmailAddress

_SAYS = {
    HintKind.TYPO: "faute de frappe ? sans doute {likely}",
    HintKind.ROLE: "boîte de plusieurs personnes : qui a donné son accord ?",
    HintKind.THROWAWAY: "boîte jetable : elle n’existera plus demain",
}


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
    """What to add to the refusal of a cell whose domain is a slip: the address that was probably meant. Empty otherwise."""
    local, sign, domain = cell.strip().strip("<>,;. ").rpartition("@")
    likely = mailboxes.likely_domain(domain.casefold()) if sign and local and " " not in domain else None
    return f" ; sans doute {likely}" if likely else ""

"""Another address or number of hers in the place of the one on file: what she objected to at the old one holds at the new one.

A new row takes the place of the old one, so that what waits for the old one has no address any more and does not leave. Consents
are the person's, by channel, and stay.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.numbering import LineKind
from gateway.domain.phone import PhoneNumber
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionKind
from gateway.flows.gateway import Gateway
from gateway.store import contacts, correcting, people, suppressions
from gateway.store.correcting import NewAddress
from gateway.store.engine import Connection

_OPTION = {LineKind.MOBILE: "--mobile", LineKind.LANDLINE: "--landline"}
_IS = {LineKind.MOBILE: "est un mobile", LineKind.LANDLINE: "est un fixe"}
_NOBODYS = "n’est pas un numéro par lequel on joint quelqu’un : il est d’une série réservée aux machines et aux plateformes"


def change_email(tx: Connection, gw: Gateway, contact_id: int, typed: str, known: Collection[bytes]) -> bool:
    """Whether the address differs from the one on file, and is in its place now. Raises InvalidAddress, Conflict.

    known: digests by which she has objected, maybe, at other addresses of hers.
    """
    parsed = EmailAddress.parse(typed)
    digest = gw.keys.address_digest(Medium.EMAIL, parsed.match_key)
    _must_be_free(tx, gw, contact_id, {Medium.EMAIL: digest}, "adresse")
    text = str(parsed)
    new = NewAddress(Medium.EMAIL, text, typed if typed != text else None, parsed.domain, digest)
    changed, old = correcting.change_email(tx, contact_id, new)
    if changed:
        if old is not None:
            _keep_objections(tx, old, digest)
        _share_objections(tx, known, Medium.EMAIL, digest)
    return changed


def change_number(tx: Connection, gw: Gateway, contact_id: int, kind: LineKind, typed: str, known: Collection[bytes]) -> bool:
    """Whether her mobile, or her landline, differs from the one on file, and is in its place now; empty: it is removed.

    A mobile is an address for texts and one for calls. Raises InvalidAddress, InvalidInput, Conflict.
    """
    old = _on_file(tx, contact_id, kind)
    if not typed.strip():
        for medium, gone in old:
            correcting.drop(tx, contact_id, medium, gone)
        return bool(old)
    number = _read(typed, kind)
    digests = {medium: gw.keys.address_digest(medium, number.match_key) for medium in number.media}
    if set(old) == set(digests.items()):
        return False
    _must_be_free(tx, gw, contact_id, digests, "numéro")
    for medium, gone in old:
        correcting.drop(tx, contact_id, medium, gone)
    text = typed.strip()
    for medium, digest in digests.items():
        correcting.add(tx, contact_id, NewAddress(medium, number.e164, text if text != number.e164 else None, "", digest))
        # Whichever way she objected at the old number, it is the same telephone to her.
        for _, gone in old:
            _keep_objections(tx, gone, digest)
        _share_objections(tx, known, medium, digest)
    return True


def _on_file(tx: Connection, contact_id: int, kind: LineKind) -> list[tuple[Medium, bytes]]:
    """(channel, digest) of her first number of a kind."""
    numbers = [one for one in contacts.addresses(tx, contact_id) if one.medium is not Medium.EMAIL]
    of_kind = [one for one in numbers if PhoneNumber.parse(one.value).kind is kind]
    return [(one.medium, one.digest) for one in of_kind if one.value == of_kind[0].value]


def _read(typed: str, kind: LineKind) -> PhoneNumber:
    number = PhoneNumber.parse(typed)
    if number.platform or number.kind is LineKind.OTHER:
        raise InvalidInput(f"« {typed} » {_NOBODYS}")
    if number.kind is not kind:
        raise InvalidInput(f"« {typed} » {_IS[number.kind]} : {_OPTION[number.kind]}")
    return number


def _must_be_free(tx: Connection, gw: Gateway, contact_id: int, digests: Mapping[Medium, bytes], what: str) -> None:
    """Raises Conflict when somebody else has it, or objected by it."""
    for medium, digest in digests.items():
        holder = people.holder(tx, digest, medium)
        if holder is not None and holder.contact_id != contact_id:
            held = {"adresse": "cette adresse", "numéro": "ce numéro"}[what]
            raise Conflict(f"une autre personne du fichier a déjà {held} : réglez d’abord laquelle des deux elle est")
        if suppressions.present(tx, [digest], medium, gw.clock.now()):
            new = {"adresse": "la nouvelle adresse", "numéro": "le nouveau numéro"}[what]
            it = {"adresse": "elle", "numéro": "il"}[what]
            raise Conflict(f"{new} est sur la liste d’opposition : {it} n’entre pas dans le fichier (optout-effect)")


def _keep_objections(tx: Connection, old: bytes, new: bytes) -> None:
    standing = [one for one in suppressions.of_digest(tx, old) if one.kind is not SuppressionKind.TECHNICAL]
    suppressions.add_all(tx, [replace(one, digest=new, delay_ms=None, message_id=None) for one in standing])


def _share_objections(tx: Connection, known: Collection[bytes], medium: Medium, new: bytes) -> None:
    """She objects, not her address: what she said of this channel, or of all, at any other address of hers holds here too."""
    others = [one for digest in known for one in suppressions.of_digest(tx, digest)]
    hers = [one for one in others if one.kind is SuppressionKind.OBJECTION and one.medium in (medium, EVERY_MEDIUM)]
    suppressions.add_all(tx, [replace(one, digest=new, delay_ms=None, message_id=None) for one in hers])

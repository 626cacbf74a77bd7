"""Consent receipts: what a person agreed to, in her own hands, with the fields of ISO/IEC TS 27560 (docs/receipt.schema.json).

A receipt is drawn from the ledger each time: it tells what stands now. It never holds more than she is entitled to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from gateway.compliance.pack import Pack
from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, ConsentState
from gateway.domain.errors import InvalidToken, NotFound
from gateway.domain.form import NoticeLine
from gateway.domain.keys import LinkScope, pseudonym
from gateway.flows.forms.publishing import Version, kept_version
from gateway.flows.gateway import Gateway
from gateway.flows.listening import address_hint
from gateway.store import consents, forms, people
from gateway.store.engine import Connection, reading
from gateway.store.people import Holder

#: Version of docs/receipt.schema.json.
SCHEMA = "1"
STANDARD = "ISO/IEC TS 27560"
_LEDGER_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """One consent in force, with its evidence."""

    medium: str
    purpose: str
    wording: str
    wording_sha256: str
    form: str
    given_at: datetime
    effective_at: datetime
    means: str
    collector: str
    election: str  #: name of the one election it is tied to; empty: none
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a person holds of her consents."""

    receipt_id: str  #: changes as soon as one of them does
    issued_at: datetime
    person: str  #: pseudonym, the one the journal names her by
    address_hint: str
    language: str
    jurisdiction: str
    controller: Mapping[str, str]
    dpo: str
    consents: tuple[Agreed, ...]
    notice: tuple[NoticeLine, ...]  #: of the version she saw, in her language: recipients, transfers, retention, rights
    withdraw_url: str


def read_receipt(gw: Gateway, token: str) -> Receipt:
    """The receipt behind a link. Changes nothing. Raises InvalidToken, also when the person is no longer in the file."""
    link = gw.keys.read_link_token(token, LinkScope.RECEIPT)
    with reading(gw.engine) as tx:
        holder = people.holder(tx, link.digest, Medium.EMAIL)
        if holder is None:
            raise InvalidToken("this receipt is about somebody who is no longer in our file")
        return _receipt(tx, gw, holder, link.digest, link.message_id)


def receipt_of(gw: Gateway, address: str) -> Receipt:
    """The receipt of whoever has this email address. Raises NotFound."""
    digest = gw.keys.address_digest(Medium.EMAIL, EmailAddress.parse(address).match_key)
    with reading(gw.engine) as tx:
        holder = people.holder(tx, digest, Medium.EMAIL)
        if holder is None:
            raise NotFound("personne n’a cette adresse dans le fichier de contacts")
        return _receipt(tx, gw, holder, digest, 0)


def as_json(receipt: Receipt) -> dict[str, Any]:
    """The receipt for machines, as docs/receipt.schema.json describes it."""
    told = {line.id: line.text for line in receipt.notice}
    return {
        "schema_version": SCHEMA,
        "standard": STANDARD,
        "receipt_id": receipt.receipt_id,
        "issued_at": receipt.issued_at.isoformat(),
        "language": receipt.language,
        "jurisdiction": receipt.jurisdiction,
        "pii_principal": receipt.person,
        "pii_controller": dict(receipt.controller),
        "dpo": receipt.dpo or None,
        "consents": [
            {
                "channel": one.medium,
                "purpose": one.purpose,
                "wording": one.wording,
                "wording_sha256": one.wording_sha256,
                "form": one.form,
                "given_at": one.given_at.isoformat(),
                "effective_at": one.effective_at.isoformat(),
                "means": one.means,
                "collector": one.collector,
                "election": one.election or None,
                "hours": one.hours or None,
                "legal_basis": "GDPR 6(1)(a)",
                "special_category": "GDPR 9(2)(a)",
                "state": "granted",
            }
            for one in receipt.consents
        ],
        "notice": told,
        "recipients": told.get("form-recipients"),
        "transfers": told.get("form-transfers"),
        "retention": told.get("form-retention"),
        "rights": told.get("form-rights"),
        "withdrawal": {"url": receipt.withdraw_url, "how": told.get("form-withdrawal")},
        "complaint": told.get("form-complaint"),
    }


def _receipt(tx: Connection, gw: Gateway, holder: Holder, digest: bytes, message_id: int) -> Receipt:
    agreed = tuple(_agreed(tx, gw.pack, holder))
    seen = _version(tx, agreed)
    language = _language(holder.language, seen)
    person = pseudonym(holder.key)
    controller = gw.settings.controller
    named = {
        "name": controller.name,
        "address": controller.address,
        "email": controller.email,
        "notice_url": controller.privacy_url,
    }
    marks = "\n".join(f"{one.medium} {one.purpose} {one.wording_sha256} {one.effective_at.isoformat()}" for one in agreed)
    token = gw.keys.link_token(LinkScope.PREFER, message_id, digest)
    return Receipt(
        receipt_id=sha256(f"{person}\n{marks}".encode()).hexdigest()[:32],
        issued_at=gw.clock.now(),
        person=person,
        address_hint=address_hint(holder.value),
        language=language,
        jurisdiction=gw.pack.jurisdiction,
        controller={name: value for name, value in named.items() if value},
        dpo=controller.dpo,
        consents=agreed,
        notice=seen.form.notice[language] if seen else (),
        withdraw_url=f"{gw.settings.web.public_url}/p/{token}",
    )


def _agreed(tx: Connection, pack: Pack, holder: Holder) -> list[Agreed]:
    """Consents in force, each with the entry of the ledger that made it so."""
    granted = {
        (one["medium"], one["purpose"]): one
        for one in consents.ledger(tx, holder.contact_id, limit=_LEDGER_MOST)
        if one["act"] is ConsentAct.GRANTED and one["given_at"] is not None
    }
    found = []
    for standing in consents.standing(tx, holder.contact_id):
        entry = granted.get((standing.medium, standing.purpose))
        if standing.state is not ConsentState.GRANTED or entry is None:
            continue
        election = pack.elections.get(entry["election"] or "")
        words = entry["wording"] or ""
        found.append(
            Agreed(
                medium=standing.medium.value,
                purpose=standing.purpose.value,
                wording=words,
                wording_sha256=sha256(words.encode()).hexdigest() if words else "",
                form=entry["form"] or "",
                given_at=entry["given_at"],
                effective_at=standing.since,
                means=entry["means"] or "",
                collector=entry["collector"] or "",
                election=election.name[holder.language] if election else "",
                hours=str(standing.hours or ""),
            )
        )
    return found


def _version(tx: Connection, agreed: tuple[Agreed, ...]) -> Version | None:
    """The newest version of a form among those she agreed by; None when all was on paper, or by other means."""
    for one in sorted(agreed, key=lambda each: each.given_at, reverse=True):
        row = forms.named(tx, one.form)
        if row is not None:
            return kept_version(row)
    return None


def _language(wanted: str, seen: Version | None) -> str:
    if seen is None or wanted in seen.form.languages:
        return wanted
    return seen.form.languages[0]

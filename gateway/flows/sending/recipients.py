"""From a claimed row to the fields that are filled in for one person."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import orjson

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.contact import OriginKind
from gateway.domain.keys import LinkScope, pseudonym
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import Brief
from gateway.flows.sending.returnpaths import reach_us, unsubscribe_address
from gateway.render.fields import CODE, PersonFields
from gateway.render.origin import origin_sentence
from gateway.store import people
from gateway.store.claiming import Claimed
from gateway.store.engine import Connection

#: What a request for consent asks; its element is a duty, and no block of a single letter.
REQUEST = "request"
#: Pages that the buttons of single letters lead to, by the block that holds the button (render.notices.ASKS).
_PAGES = {
    "confirmation": (LinkScope.CONFIRM, "c"),
    "receipt": (LinkScope.RECEIPT, "r"),
    REQUEST: (LinkScope.ANSWER, "a"),
    "personal": (LinkScope.PREFER, "p"),
    "own-data": (LinkScope.WHY, "w"),
}


class Recipient(NamedTuple):
    """One person a message is for."""

    message_id: int
    digest: bytes
    person: str  #: her pseudonym
    address: str
    domain: str
    values: dict[str, str]  #: names and commune; of a single letter, also what it says of its occasion
    origin: str
    origin_on: date | str | None
    origin_kind: OriginKind | None = None

    def fields(self, gw: Gateway, brief: Brief, at: datetime) -> PersonFields:
        """Everything her copy shows, links included."""
        token = gw.keys.link_token(LinkScope.OBJECT, self.message_id, self.digest)
        url = f"{gw.settings.web.public_url}/o/{token}"
        why = gw.keys.link_token(LinkScope.WHY, self.message_id, self.digest)
        prefer = gw.keys.link_token(LinkScope.PREFER, self.message_id, self.digest)
        return PersonFields(
            values=self.values | self._code(gw, brief),
            address=self.address,
            origin_sentence=origin_sentence(self.origin, self.origin_on, brief.language),
            origin_kind=self.origin_kind,
            unsubscribe_url=url,
            unsubscribe_mailto=self._mailto(gw, token),
            why_url=f"{gw.settings.web.public_url}/w/{why}",
            prefer_url=f"{gw.settings.web.public_url}/p/{prefer}",
            answer_url=self._answer_url(gw, brief),
            message_ref=gw.keys.message_reference(self.message_id),
            at=at,
        )

    def _code(self, gw: Gateway, brief: Brief) -> dict[str, str]:
        """What a text says to prove a number by; it stands nowhere but in the text itself."""
        if brief.medium is not Medium.SMS or brief.message_class is not MessageClass.RIGHTS:
            return {}
        digits = gw.keys.code(self.message_id, self.digest)
        return {CODE: f"{digits[:4]} {digits[4:]}"}

    def _mailto(self, gw: Gateway, token: str) -> str:
        """Where a mail unsubscribes her: an address of her own when what comes back reaches us, else the team's with her link."""
        if reach_us(gw.settings):
            address = unsubscribe_address(gw.settings, gw.keys.unsubscribe_token(self.message_id))
            return f"mailto:{address}?subject=unsubscribe"
        reply_to = gw.settings.sender.reply_to
        return f"mailto:{reply_to}?subject=unsubscribe%20{token}" if reply_to else ""

    def _answer_url(self, gw: Gateway, brief: Brief) -> str:
        """Where the button of a single letter leads, or a key pressed during a call; empty when there is none."""
        if brief.medium is Medium.CALL:
            return f"{brief.callback(gw.keys.verp_token(self.message_id))}/key"
        if brief.ask not in _PAGES:
            return ""
        scope, page = _PAGES[brief.ask]
        return f"{gw.settings.web.public_url}/{page}/{gw.keys.link_token(scope, self.message_id, self.digest)}"


class Samples:
    """For test copies: the fields of the contact they show, read once per batch."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._known: dict[int, dict[str, str]] = {}

    def names_of(self, contact_id: int) -> dict[str, str] | None:
        """Names and commune of a contact, or None when she is gone."""
        if contact_id not in self._known:
            names = people.names(self._tx, contact_id)
            if names is None:
                return None
            self._known[contact_id] = names
        return self._known[contact_id]


def recipient_of(row: Claimed, brief: Brief, samples: Samples) -> Recipient:
    """The person of a claimed row."""
    kind = row.facts[brief.fact_names.index("origin")]
    names = {"given_name": row.given_name, "family_name": row.family_name, "commune": row.commune}
    if row.sample_id is not None:
        names = samples.names_of(row.sample_id) or names
    return Recipient(
        message_id=row.message_id,
        digest=row.digest,
        person=pseudonym(row.person_key),
        address=row.address,
        domain=row.domain,
        values=names | (orjson.loads(row.fields) if row.fields else {}),
        origin=row.origin,
        origin_on=row.collected_on,
        origin_kind=OriginKind(kind) if kind in set(OriginKind) else None,
    )

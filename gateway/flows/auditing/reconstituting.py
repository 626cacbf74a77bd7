"""The words of a message that left, made again from the approved version; their hash tells whether they are the very ones.

Nothing of a message is kept but its hash. The version that was approved is, and the same words for the same person at the same
instant make the same bytes: as long as neither her name, her origin nor the team's mentions have changed, what is shown here
is proven to be what she received.
"""

from __future__ import annotations

import html
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from hashlib import sha256

from gateway.compliance.verdict import Allow
from gateway.domain.channel import Encoding, Medium
from gateway.domain.contact import OriginKind
from gateway.domain.errors import GatewayError
from gateway.domain.keys import pseudonym
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import Brief
from gateway.flows.sending.briefing import brief
from gateway.flows.sending.recipients import Recipient
from gateway.store import campaigns
from gateway.store.campaigns import ApprovalRow
from gateway.store.contacts import AddressView, PersonView
from gateway.store.engine import Connection
from gateway.store.known import MessageOnRecord

#: A link that acts for her is not shown to whoever reads the file.
_LINK = re.compile(r"(https?://\S+?/[a-z]/)[A-Za-z0-9_.~=-]{16,}")
#: Campaigns whose compiled templates are held: many of single letters alternate with the others.
_BRIEFS_KEPT = 50
_SPOKEN = re.compile(r"<Say[^>]*>(.*?)</Say>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a message said."""

    subject: str  #: empty where there is none
    text: str  #: the plain text of a letter, a text, or the lines of a call; links that act for her are cut
    same: bool  #: its hash is that of the message that left; else it is what the approved version says


class Reconstitution:
    """Makes messages of one person again; a campaign is read once as long as its messages follow one another."""

    def __init__(self, tx: Connection, gw: Gateway, person: PersonView, held: Sequence[AddressView], key: bytes) -> None:
        self._tx, self._gw, self._person, self._key = tx, gw, person, key
        self._held = {one.digest: one.value for one in held}
        self._briefs: OrderedDict[int, Brief | None] = OrderedDict()
        self._approvals: dict[int, ApprovalRow | None] = {}

    def words(self, message: MessageOnRecord, verdict: Allow, decided_at: datetime, payload: str | None) -> Words | None:
        """What a message said. payload: hash of what left, hex, when it did. None when the version cannot be read any more."""
        made = self._brief(message.campaign_id)
        if made is None:
            return None
        try:
            variant = made.compiled.variant(verdict.duties)
            fields = self._recipient(message).fields(self._gw, made, decided_at)
            tried = [made.payload(variant, fields, encoding) for encoding in (Encoding.EIGHT_BIT, Encoding.QUOTED_PRINTABLE)]
        except GatewayError:
            # What a single letter said of its occasion is erased with its last state: only the author's words are left.
            return Words(subject=made.compiled.subject, text=_cut(made.compiled.text), same=False)
        same = next((one for one in tried if sha256(one).hexdigest() == payload), None)
        subject, text = _read(message.medium, same or tried[0])
        return Words(subject=subject, text=_cut(text), same=same is not None)

    def approval(self, campaign_id: int) -> ApprovalRow | None:
        """Who approved what was sent, and when."""
        if campaign_id not in self._approvals:
            self._approvals[campaign_id] = campaigns.last_approval(self._tx, campaign_id)
        return self._approvals[campaign_id]

    def _brief(self, campaign_id: int) -> Brief | None:
        if campaign_id not in self._briefs:
            row = campaigns.by_id(self._tx, campaign_id)
            try:
                self._briefs[campaign_id] = brief(self._gw, row) if row is not None else None
            except GatewayError:
                self._briefs[campaign_id] = None
            if len(self._briefs) > _BRIEFS_KEPT:
                self._briefs.popitem(last=False)
        return self._briefs[campaign_id]

    def _recipient(self, message: MessageOnRecord) -> Recipient:
        person = self._person
        return Recipient(
            message_id=message.number,
            digest=message.digest,
            person=pseudonym(self._key),
            address=self._held.get(message.digest, ""),
            domain="",
            values={"given_name": person.given_name, "family_name": person.family_name, "commune": person.commune},
            origin=person.origin_label,
            origin_on=person.collected_on,
            origin_kind=OriginKind(person.origin_kind),
        )


def _read(medium: Medium, payload: bytes) -> tuple[str, str]:
    """(subject, words) of the bytes of a message."""
    if medium is Medium.EMAIL:
        letter = message_from_bytes(payload)  # the newer policy parses each header into a tree: ten times the time
        subject = str(make_header(decode_header("".join((letter["Subject"] or "").splitlines()))))
        plain = next((part for part in letter.walk() if part.get_content_type() == "text/plain"), None)
        return subject, _decoded(plain) if plain is not None else ""
    text = payload.decode()
    if medium is Medium.CALL:
        return "", "\n".join(html.unescape(line) for line in _SPOKEN.findall(text))
    return "", text


def _decoded(part: Message) -> str:
    body = part.get_payload(decode=True)
    return body.decode(part.get_content_charset("utf-8")) if isinstance(body, bytes) else ""


def _cut(text: str) -> str:
    return _LINK.sub(r"\1…", text)

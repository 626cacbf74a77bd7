"""What a campaign is made of: words, audience, schedule, attestations. Kept as canonical JSON; its hash is what gets approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, assert_never

import orjson

from gateway.audit.entry import canonical, stamp
from gateway.domain.audience import Audience
from gateway.domain.channel import Medium
from gateway.domain.contact import ContactClass
from gateway.domain.errors import InvalidInput
from gateway.render.content import varied_by
from gateway.render.email import NEWSLETTER, EmailContent, Single
from gateway.render.sms import SmsContent
from gateway.render.voice import CallContent

#: What a campaign says, by the channel it goes out on.
Content = EmailContent | SmsContent | CallContent
_CONTENTS: Mapping[Medium, type[EmailContent | SmsContent | CallContent]] = {
    Medium.EMAIL: EmailContent,
    Medium.SMS: SmsContent,
    Medium.CALL: CallContent,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One version of a campaign."""

    content: Content
    audience: Audience
    start_at: datetime | None = None  #: aware; None: as soon as it is launched
    attestations: tuple[str, ...] = ()  #: declarations that only this campaign makes ("no-late-polemic"...)
    targeting_data: str = ""  #: targeted audiences: which data was used and how, as people read it
    single: Single = NEWSLETTER  #: letters that answer one act of a person; nothing of a newsletter

    @property
    def medium(self) -> Medium:
        """The channel its content is made for."""
        return next(medium for medium, kind in _CONTENTS.items() if isinstance(self.content, kind))

    @property
    def criteria(self) -> tuple[str, ...]:
        """What its recipients are chosen by, and what its words change with: names, sorted. Both target."""
        varied = varied_by(*self.words) if not isinstance(self.content, CallContent) else ()
        return tuple(sorted({*self.audience.criteria, *varied}))

    @property
    def words(self) -> tuple[str, ...]:
        """What its author wrote to be read or heard."""
        match self.content:
            case EmailContent(subject=subject, preheader=preheader, body=body):
                return subject, preheader, body
            case SmsContent(text=text):
                return (text,)
            case CallContent(text=text, transcript=transcript):
                return text, transcript
            case never:
                assert_never(never)

    def body(self) -> bytes:
        """Canonical bytes."""
        fields = asdict(self)
        fields["start_at"] = stamp(self.start_at) if self.start_at else None
        if self.single == NEWSLETTER:
            del fields["single"]
        if not self.audience.unreached_by:
            del fields["audience"]["unreached_by"]
        if self.medium is not Medium.EMAIL:
            fields["medium"] = self.medium.value
        return canonical(fields)

    @property
    def sha256(self) -> str:
        """Hash of the canonical bytes, hex."""
        return sha256(self.body()).hexdigest()

    @classmethod
    def from_body(cls, body: bytes) -> Definition:
        """Read canonical bytes back."""
        fields: dict[str, Any] = orjson.loads(body)
        audience = {name: tuple(values) for name, values in fields["audience"].items()}
        audience["classes"] = tuple(ContactClass(value) for value in audience["classes"])
        start_at = fields["start_at"]
        single = fields.get("single") or {"fields": (), "ask": ""}
        return cls(
            content=_CONTENTS[Medium(fields.get("medium", Medium.EMAIL))](**fields["content"]),
            audience=Audience(**audience),
            start_at=datetime.fromisoformat(start_at) if start_at else None,
            attestations=tuple(fields["attestations"]),
            targeting_data=fields["targeting_data"],
            single=Single(fields=tuple(single["fields"]), ask=single["ask"]),
        )


def binding(definition: Definition, content_hash: str, pack_version: str) -> str:
    """What an approval is bound to: content with its notices, audience, schedule, attestations and pack version."""
    return sha256(f"{definition.sha256} {content_hash} {pack_version}".encode()).hexdigest()


def aware(at: datetime | None) -> datetime | None:
    """Raises InvalidInput for an hour without its zone."""
    if at is not None and at.tzinfo is None:
        raise InvalidInput("--start : il manque le fuseau horaire ; écrivez 2027-03-01T18:30+01:00")
    return at

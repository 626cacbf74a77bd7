"""What every text of this installation says of itself, and what one costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from gateway.domain.language import Language
from gateway.render.segments import Proposal, Segments, segments
from gateway.render.sms import CompiledSms, SmsContent, SmsHead, compile_sms
from gateway.settings import Settings

#: Elements whose words a text shows, to somebody who gets her first one and to somebody who has had one (REGULATION b3 and b4).
FIRST = frozenset({"sender-identity", "campaign-mention", "election", "origin", "notice-link", "stop-mention"})
LATER = frozenset({"sender-identity", "stop-mention"})
#: Parts beyond which nothing is measured: longer texts are letters.
_PARTS_MEASURED = 10


def sms_head(settings: Settings, language: Language) -> SmsHead:
    """The head of the texts of a campaign. Our provider drops those that come too late (channels.twilio, rule sms-ttl)."""
    sms = settings.sms
    return SmsHead(
        language=language,
        name=sms.name or settings.controller.candidate or settings.controller.name,
        election=sms.election,
        sender=sms.sender,
        stop_number=sms.stop_number,
        links_at=settings.web.public_url,
        notice_url=sms.notice_url,
        can_expire=True,
        parts_max=sms.parts_max,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One text with its notices, to a person without a name."""

    missing: tuple[str, ...]  #: elements that the settings give no words for: such a text would be refused
    segments: Segments
    room: int  #: units that one part leaves for the words
    too_long: bool  #: more parts than are allowed
    price: Decimal  #: euros, of one copy; 0 where the price is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a text would cost, as written and in plain characters."""

    alone: Segments
    proposal: Proposal
    first: Cost
    later: Cost
    first_plain: Cost  #: in plain characters, as proposed: words, notices and names alike
    later_plain: Cost
    around: tuple[str, ...]  #: characters outside the GSM alphabet that stand in the name or the notices, not in the words


def count(text: str, settings: Settings, templates: Path, language: Language, *, simplify: bool = False) -> Counted:
    """Measure a text. Raises InvalidContent for words that could never leave, RenderFault for a head that cannot be used."""
    head = replace(sms_head(settings, language), parts_max=_PARTS_MEASURED)
    written = SmsContent(text=text, language=language, simplify=simplify)
    compiled = compile_sms(written, head, templates)
    plain = compile_sms(replace(written, simplify=True), head, templates)
    alone = segments(compiled.proposal.text if simplify else compiled.text)
    first, later = (_cost(compiled, duties, settings) for duties in (FIRST, LATER))
    halving = dict.fromkeys((*first.segments.outside, *later.segments.outside))
    return Counted(
        alone=alone,
        proposal=compiled.proposal,
        first=first,
        later=later,
        first_plain=_cost(plain, FIRST, settings),
        later_plain=_cost(plain, LATER, settings),
        around=tuple(mark for mark in halving if mark not in alone.outside),
    )


def _cost(compiled: CompiledSms, duties: frozenset[str], settings: Settings) -> Cost:
    shown = duties & compiled.elements
    found = compiled.measure(shown)
    return Cost(
        missing=tuple(sorted(duties - shown)),
        segments=found,
        room=compiled.room(shown),
        too_long=found.parts > settings.sms.parts_max,
        price=found.parts * settings.sms.price_per_part,
    )

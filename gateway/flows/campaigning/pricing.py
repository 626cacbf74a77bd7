"""What a campaign by telephone would cost: parts of texts, minutes of calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from gateway.domain.channel import Medium
from gateway.render.compiled import Compiled, Filled
from gateway.render.segments import segments
from gateway.render.sms import SmsVariant
from gateway.render.voice import CompiledCall
from gateway.settings import Settings

_MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What whoever would get a message comes to, before anybody is called or written to."""

    unit: str  #: parts, or minutes begun
    people: dict[int, int] = field(default_factory=dict)  #: how many people take so many units
    price: Decimal = Decimal(0)  #: euros, without tax; 0 where no price is set

    @property
    def units(self) -> int:
        """All of them."""
        return sum(units * people for units, people in self.people.items())


def cost_of(settings: Settings, medium: Medium, compiled: Compiled, allowed: Iterable[tuple[int, Filled]]) -> Cost | None:
    """The cost of messages to so many people each; None for email."""
    if medium is Medium.EMAIL:
        return None
    found: Counter[int] = Counter()
    for people, filled in allowed:
        found[units_of(compiled, filled)] += people
    price = price_of(settings, medium)
    total = sum((units * people * price for units, people in found.items()), Decimal(0))
    return Cost(unit="parts" if medium is Medium.SMS else "minutes", people=dict(sorted(found.items())), price=total)


def price_of(settings: Settings, medium: Medium) -> Decimal:
    """Euros of one part, or of one minute, without tax; 0 for email, and where no price is set."""
    match medium:
        case Medium.EMAIL:
            return Decimal(0)
        case Medium.SMS:
            return settings.sms.price_per_part
        case Medium.CALL:
            return settings.calls.price_per_minute


def units_of(compiled: Compiled, filled: Filled) -> int:
    """Parts of a text to somebody without a name; minutes begun of a call; 1 for a letter."""
    if isinstance(filled, SmsVariant):
        return segments(filled.sample()).parts
    if isinstance(compiled, CompiledCall):
        return minutes_begun(compiled)
    return 1


def minutes_begun(call: CompiledCall) -> int:
    """What a provider counts of a call that is heard to its end."""
    return -(-call.seconds // _MINUTE_SECONDS)

"""What a decision about an act of a person may look at: how she told us, what her words ask, and what she was answered before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.channel import Medium
from gateway.domain.reply import Answer, Intent, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardFacts:
    """One act of one person: words, a key pressed, a report."""

    at: datetime = field(compare=False)  #: aware; the instant of the decision
    channel: Medium
    told: Told = Told.REPLY
    intent: Intent = Intent.OBJECTION  #: what it asks; of words, what the reader of the pack makes of them
    patterns: tuple[str, ...] = ()  #: what was found in her words: ids of patterns, and of rules whose words she wrote
    every_medium: bool = False  #: her words speak of every channel
    answered: tuple[tuple[Answer, datetime], ...] = ()  #: what we answered her before by this channel, and when

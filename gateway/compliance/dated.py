"""When a cell says that its answer was given: « oui, le 12/03/2026 », « refusé le 3/4 », « ok (12 mars) ». Pure."""

from __future__ import annotations

import re

_MONTH = (
    r"(?:janv(?:ier)?|f[ée]vr?(?:ier)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|ao[uû]t|sept(?:embre)?|oct(?:obre)?|nov(?:embre)?"
    r"|d[ée]c(?:embre)?)"
)
_ON_A_DAY = re.compile(
    r"(?<![\s,;:(-])[\s,;:(-]+(?:(?:le|depuis|on|since)\s+){0,3}"
    rf"(\d{{1,4}}[/.-]\d{{1,2}}(?:[/.-]\d{{2,4}})?|\d{{1,2}}(?:er)?\s+{_MONTH}\.?(?:\s+(?:20)?\d\d)?)\)?$"
)


def apart_from_its_day(text: str) -> tuple[str, str]:
    """What a cell in lower case says, and the day at its end; the whole of it, and nothing, where no day stands there."""
    found = _ON_A_DAY.search(text)
    return (text[: found.start()], found[1]) if found else (text, "")

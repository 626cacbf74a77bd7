"""Both answers and their boxes in one cell, as forms that are typed up or come from Word hold them: « ☐ Oui ☒ Non »."""

from __future__ import annotations

import re

_TICKED = r"[☑☒✓✔✅■◼⊠⦿◉●]|\[\s*[xX]\s*\]"
_EMPTY = r"[☐□◻○⬜]|\[\s*\]"
_BOX = re.compile(rf"(?P<ticked>{_TICKED})|{_EMPTY}")
_BOXES_MIN = 2


def ticked(text: str) -> str | None:
    """The one answer whose box is ticked; empty where none is. None where these are no boxes, or several are ticked."""
    boxes = list(_BOX.finditer(text))
    if len(boxes) < _BOXES_MIN:
        return None
    ends, starts = [box.end() for box in boxes], [box.start() for box in boxes]
    before = [text[start:end].strip(" /,;-") for start, end in zip([0, *ends], starts, strict=False)]
    after = [text[start:end].strip(" /,;-") for start, end in zip(ends, [*starts[1:], len(text)], strict=True)]
    words = after if not before[0] else before if not after[-1] else []
    if not words or not all(words):
        return None
    chosen = [word for word, box in zip(words, boxes, strict=True) if box["ticked"]]
    return (chosen or [""])[0] if len(chosen) < _BOXES_MIN else None

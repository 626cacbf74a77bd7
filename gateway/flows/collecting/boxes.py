"""Both answers and their boxes in one cell, as forms that are typed up or come from Word hold them: « ☐ Oui ☒ Non »."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TICKED = r"[☑☒✓✔✅■◼⊠⦿◉●🗹🗷]|\[\s*[xX]\s*\]|\(\s*[xX]\s*\)"
_EMPTY = r"[☐□◻○⬜❏❑❒▢◯🔲]|\[[\s_.…]*\]|\([\s_.…]*\)"
_BOX = re.compile(rf"(?P<ticked>{_TICKED})|{_EMPTY}")
_BOXES_MIN = 2


def ticked(text: str) -> str | None:
    """The one answer whose box is ticked; empty where none is. None where these are no boxes, or several are ticked."""
    boxes = list(_BOX.finditer(text))
    if boxes and not any(box["ticked"] for box in boxes) and any(map(str.isalnum, text)):
        return ""
    if len(boxes) < _BOXES_MIN:
        return None
    chosen = _chosen(text, boxes)
    return chosen[0] if len(chosen) == 1 else None


def all_ticked(text: str) -> str:
    """The answers whose boxes are ticked, with commas between; the text itself where these are no boxes."""
    boxes = list(_BOX.finditer(text))
    if len(boxes) < _BOXES_MIN:
        return text if ticked(text) is None else ""
    return ", ".join(_chosen(text, boxes))


def _chosen(text: str, boxes: Sequence[re.Match[str]]) -> list[str]:
    """The answers whose boxes are ticked; none where it cannot be told which box is whose."""
    ends, starts = [box.end() for box in boxes], [box.start() for box in boxes]
    before = [text[start:end].strip(" /,;-") for start, end in zip([0, *ends], starts, strict=False)]
    after = [text[start:end].strip(" /,;-") for start, end in zip(ends, [*starts[1:], len(text)], strict=True)]
    words = after if not before[0] else before if not after[-1] else []
    if not words or not all(words):
        return []
    return [word for word, box in zip(words, boxes, strict=True) if box["ticked"]]

"""Our own letter in what somebody sends back, with no mark of a quote: desks that open a case, and some webmails, copy it.

It says « je m’oppose » and « se désabonner »: what our notices say must not object in the name of whoever returns them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from pathlib import Path

from gateway.compliance.folding import bare

#: What parts the fixed sentences of a notice: values and conditions, elements of a page, and ends of sentences.
_PARTED = re.compile(r"\{[{%#].*?[}%#]\}|<[^>]*>|[.?!]\s|\n", re.DOTALL)
_VALUE = re.compile(r"\{\{.*?\}\}")
#: « Re: », « Réf : », « RE: TR: »: the subject behind it is that of the letter.
ANSWERS = re.compile(r"(?:\s*(?:re|tr|fwd?|aw|sv|réf?)\s?:)+", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]+")
_LINK = re.compile(r"https?://\S+")
#: A sentence of so many words is nobody's by chance, and three of them are our letter.
_TELLING_WORDS, _TELLING_MOST = 6, 3
#: Shorter ones are taken out only where their link follows, « Se désabonner : http… », or so near behind another.
_ALONE_WORDS, _NEAR_WORDS = 4, 12


def without_our_notices(text: str, templates: Path, told: str) -> str:
    """A text without the sentences of our notices, when it holds a copy of a letter of ours; any other as it is.

    told: what the team says in them in words of its own. Of a sentence that stands there twice the last is taken out: the other
    is hers, whoever's words she chose.
    """
    sentences = _sentences(templates, told)
    found = list(_words(text))
    said = "".join(f" {word}" for word, _, _ in found) + " "
    if sum(len(one) >= _TELLING_WORDS and f" {' '.join(one)} " in said for one in sentences) < _TELLING_MOST:
        return text
    places, at = {}, 0
    for place, (word, _, _) in enumerate(found):
        places[at] = place
        at += len(word) + 1
    links = {match.start() for match in _LINK.finditer(text)}
    out: list[tuple[int, int]] = []  # first and last word
    for one in sentences:
        if (at := said.rfind(f" {' '.join(one)} ")) < 0:
            continue
        first, last = places[at], places[at] + len(one) - 1
        linked = last + 1 < len(found) and found[last + 1][1] in links
        if len(one) >= _ALONE_WORDS or linked or any(0 <= first - end - 1 <= _NEAR_WORDS for _, end in out):
            out.append((first, last))
    return _cut(text, [(found[first][1], found[last][2]) for first, last in out])


def beside_our_subject(subject: str, ours: str) -> str:
    """What the subject of an answer says beside ours, « Re: La lettre STOP »; all of it but « Re: » where ours is not in it.

    ours: as the team wrote it, with its placeholders; empty when nobody knows which letter was answered.
    """
    said = " ".join(ANSWERS.sub("", subject).split())
    fixed = [re.escape(" ".join(part.split())) for part in _VALUE.split(ours)]
    if not any(fixed) or not (copied := re.search(".{0,80}?".join(fixed), said, re.IGNORECASE)):
        return said
    return f"{said[: copied.start()]} {said[copied.end() :]}".strip()


def _cut(text: str, out: list[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in sorted(out):
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    return "\n".join((*kept, text[at:]))


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text, folded, each with where it begins and ends."""
    for match in re.finditer(r"[^\W_]+", text):
        if folded := "".join(_WORD.findall(bare(match[0]))):
            yield folded, match.start(), match.end()


@lru_cache(maxsize=8)
def _sentences(templates: Path, told: str) -> tuple[tuple[str, ...], ...]:
    """The fixed sentences of the notices of our letters, in every language, and those of the team; the longest first."""
    texts = [file.read_text("utf-8") for file in sorted((templates / "notices" / "email").glob("*.*"))]
    found = {
        words
        for text in (*texts, told)
        for sentence in _PARTED.split(unescape(text))
        if (words := tuple(word for word, _, _ in _words(sentence)))
    }
    return tuple(sorted((one for one in found if len(one) > 1), key=lambda one: (-len(one), one)))

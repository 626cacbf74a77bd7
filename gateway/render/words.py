"""Free words in a letter to one person: paragraphs of any length, on lines short enough for mail servers."""

from __future__ import annotations

import textwrap
from html import escape

from gateway.domain.errors import RenderFault
from gateway.render.plain import WIDTH
from gateway.render.slots import FORBIDDEN, VALUE_BYTES_MAX

WORDS_BYTES_MAX = 60_000
#: In characters, of four bytes at most: such a line is never longer than a slot may be.
_HTML_WIDTH = VALUE_BYTES_MAX // 4


def tidy(text: str) -> str:
    """The paragraphs of a text as a letter carries them: one blank line between two, one space between words."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    return "\n".join(kept).strip()


def check_words(name: str, text: str) -> str:
    """The text. Raises RenderFault for a control character other than a line break, for a word without end, for a whole book."""
    if not text.isprintable() and FORBIDDEN.search(text.replace("\n", "")):
        raise RenderFault(f"{name} : caractère de contrôle interdit ; recopiez le texte sans sa mise en forme")
    if len(text.encode()) > WORDS_BYTES_MAX:
        raise RenderFault(f"{name} : plus de {WORDS_BYTES_MAX} octets ; raccourcissez, ou joignez un document à part")
    for word in text.split() if len(text) > VALUE_BYTES_MAX // 6 else ():  # the longest escape of a character has six
        if len(escape(word).encode()) > VALUE_BYTES_MAX:
            raise RenderFault(f"{name} : « {word[:30]}… » est trop long ({VALUE_BYTES_MAX} octets au plus sans une espace)")
    return text


def in_text(words: str) -> str:
    """As the plain part shows them."""
    return words if _fits(words) else "\n".join(_folded(line, WIDTH) for line in words.split("\n"))


def in_html(words: str) -> str:
    """As the HTML part shows them: escaped, with the breaks of the writer and no other."""
    escaped = escape(words)
    return escaped if _fits(escaped) else "<br>\n".join(_folded(line, _HTML_WIDTH) for line in escaped.split("\n"))


def _fits(words: str) -> bool:
    """Whether they stay as they are, on the line where they stand: what every name and link does, since folding takes time."""
    return "\n" not in words and (len(words) <= _HTML_WIDTH or len(words.encode()) <= VALUE_BYTES_MAX)


def _folded(line: str, width: int) -> str:
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)

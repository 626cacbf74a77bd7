"""French typography of mails and pages: no line begins with one of : ; ? ! », none ends with « or n°. Texts stay as they are."""

from __future__ import annotations

import re

#: Signs that French sets apart, and keeps on the line of what stands before them; and what opens a quotation.
_APART = re.compile(r"(?<=\S) (?=[:;?!»%€](?:[\s<)\"”.,…'&|]|$))|(?<=«) |(?<=\bn°) ", re.MULTILINE)


def typeset(text: str) -> str:
    """The same French words with the spaces that no line break may take: addresses and code have no such spaces, and stay."""
    return _APART.sub("\u00a0", text)

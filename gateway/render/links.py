"""Links an author may write, and addresses the gateway itself puts into a message."""

from __future__ import annotations

import re
from html import unescape

from gateway.render.slots import OPEN

LINK_MAX = 500

_HTTPS = re.compile(r"https://[^\s<>\"'`\\{}|^]+")
_MAILTO = re.compile(r"mailto:[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+(?:\?[A-Za-z0-9._~%&=+,;:@!'-]*)?")
#: http only on this machine, where trial mode serves its pages.
_SERVED = re.compile(r"(?:https://|http://(?:127\.0\.0\.1|localhost|\[::1\])(?=[:/]))[!#-;=?-\[\]_a-z~]+")


def link_fault(link: str) -> str | None:
    """Why an author's link is refused, or None. `link` as written, character references included."""
    target = unescape(link).strip()
    if OPEN in target or "%EE%80%80" in target.upper():
        return "un lien ne contient pas de champ : il serait différent pour chaque personne"
    if len(target) > LINK_MAX:
        return f"lien de plus de {LINK_MAX} caractères"
    if not _HTTPS.fullmatch(target) and not _MAILTO.fullmatch(target):
        return f"lien « {target[:60]} » refusé : seuls https:// et mailto: sont acceptés"
    return None


def image_fault(source: str) -> str | None:
    """Why the address of an author's image is refused, or None."""
    fault = link_fault(source)
    if fault is None and not unescape(source).strip().startswith("https://"):
        return "une image se trouve à une adresse https://"
    return fault


def is_served(url: str) -> bool:
    """True for an address a message may show: https, or http on this machine; ASCII, without space or quote."""
    return bool(_SERVED.fullmatch(url)) and len(url) <= LINK_MAX

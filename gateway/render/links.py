"""Links an author may write, and addresses the gateway itself puts into a message."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

from gateway.render.slots import OPEN

LINK_MAX = 500

_HTTPS = re.compile(r"https://[^\s<>\"'`\\{}|^]+")
_MAILTO = re.compile(r"mailto:[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+(?:\?[A-Za-z0-9._~%&=+,;:@!'-]*)?")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
_DRIVE = re.compile(r"[A-Za-z]:(?:[/\\]|%5C)|\\\\")
#: Endings of files that people put into letters; one of them after a dot is no top-level domain.
_FILES = re.compile(
    r"[^.].*\.(?:png|jpe?g|gif|webp|svg|bmp|heic|tiff?|avif|pdf|docx?|od[tsp]|xlsx?|pptx?|ics|mp3|mp4|zip)",
    re.IGNORECASE | re.DOTALL,
)
_ONLINE = "en ligne, sur le site de la campagne, et écrivez l’adresse https:// qu’"
#: http only on this machine, where trial mode serves its pages.
_SERVED = re.compile(r"(?:https://|http://(?:127\.0\.0\.1|localhost|\[::1\])(?=[:/]))[!#-;=?-\[\]_a-z~]+")


def link_fault(link: str) -> str | None:
    """Why an author's link is refused, or None. `link` as written, character references included."""
    target = unescape(link).strip()
    if not target:
        return "il manque l’adresse d’un lien ou d’une image : [ce qu’on lit](https://…)"
    if _holds_field(target):
        return "un lien ne contient pas de champ : il serait différent pour chaque personne"
    if len(target) > LINK_MAX:
        return f"lien de plus de {LINK_MAX} caractères"
    if _HTTPS.fullmatch(target) or _MAILTO.fullmatch(target):
        return None
    if "@" in target and _MAILTO.fullmatch(f"mailto:{target}"):
        return f"lien « {target[:60]} » : pour une adresse électronique, écrivez mailto:{target[:80]}"
    if whole := _without_scheme(target):
        return f"lien « {target[:60]} » : écrivez l’adresse entière, {whole[:80]}"
    if _is_file(target):
        what = f"« {_file_name(target)} » est un fichier de votre ordinateur, et une lettre n’a pas de pièce jointe"
        return f"{what} : mettez-le {_ONLINE}il y a"
    return f"lien « {target[:60]} » refusé : seuls https:// et mailto: sont acceptés"


def image_fault(source: str) -> str | None:
    """Why the address of an author's image is refused, or None."""
    target, fault = unescape(source).strip(), link_fault(source)
    if fault is None and not target.startswith("https://"):
        return "une image se trouve à une adresse https://"
    if fault is None or _holds_field(target) or _without_scheme(target):
        return fault
    what = "image glissée dans le texte même" if target.lower().startswith(("data:", "cid:")) else ""
    if _is_file(target):
        what = f"image « {_file_name(target)} » : c’est un fichier de votre ordinateur"
    if what:
        instead = "ou mettez un lien vers une page qui la montre"
        return f"{what}, et une lettre n’emporte pas de fichier ; mettez l’image {_ONLINE}elle y a, {instead}"
    return fault


def _holds_field(target: str) -> bool:
    return OPEN in target or "%EE%80%80" in target.upper()


def _without_scheme(target: str) -> str:
    """The address meant by `www.valbrume.fr`, `valbrume.fr/page` or `http://…`; empty when it is another thing."""
    rest = target[7:] if target.lower().startswith("http://") else target
    host = rest.partition("/")[0].lower()
    meant = rest is not target or host.startswith("www.") or not _FILES.fullmatch(host)
    return f"https://{rest}" if meant and _HOST.fullmatch(host) and _HTTPS.fullmatch(f"https://{rest}") else ""


def _is_file(target: str) -> bool:
    """True for what names a file of a computer: `affiche.png`, `C:\\Users\\…`, `file:///…`, `images/affiche.png`."""
    return (
        bool(_DRIVE.match(target)) or target.lower().startswith("file:") or (":" not in target and bool(_FILES.fullmatch(target)))
    )


def _file_name(target: str) -> str:
    """The last part of a path of any system."""
    return re.split(r"[/\\]|%5C", unquote(target))[-1][:60]


def is_served(url: str) -> bool:
    """True for an address a message may show: https, or http on this machine; ASCII, without space or quote."""
    return bool(_SERVED.fullmatch(url)) and len(url) <= LINK_MAX

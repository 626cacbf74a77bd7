"""The one address that a cell holds, freed of what people and programs put around it. What is doubtful is never cut to fit."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

from gateway.domain.address import EmailAddress
from gateway.domain.errors import InvalidAddress
from gateway.flows.collecting.cells import says_nothing

_QUOTED = re.compile(r'="(.*)"')
#: « Courriel : … », « nom : Riou, mail : … », a bullet: what announces an address. A colon without a blank after it may be part
#: of a wrong address.
_ANNOUNCED = re.compile(
    r"(?:[^@]{0,80}\b(?:e-?mail|mail|courriel|m[eé]l)(?:\s+(?:perso|priv[eé]|pro)\w*)?\s*[:=]|(?:e-?mail|mail|courriel|m[eé]l)\.?\s"
    r"|[^\W\d_][\w '’.()/-]{0,30}\s*:\s|[-–—•*·→>]+\s|\d{1,3}[.)]\s|https?://(?=[^/]*@))\s*",
    re.IGNORECASE,
)
#: « (perso) », « - le soir »: what is said of an address after it.
_REMARK = re.compile(r"\s*\([^@()]*\)[ .,;]*$|\s+[-–—]\s+[^@]*$")
#: « Zoé Riou <…> », with any kind of bracket, closed or not.
_IN_BRACKETS = re.compile(r"(.+?)\s*[<(\[]\s*([^<>()\[\]]*@[^<>()\[\]]*)[>)\]]?[ .,;]*")
#: A link, as pages and as Access write one: « [zoe@…](mailto:zoe@…) », « zoe@…#mailto:zoe@…# ».
_LINK = re.compile(r"\[(?P<shown>[^\[\]]*)\]\((?P<to>[^()]*)\)|(?P<text>[^#]*)#(?P<linked>mailto:[^#]*)#[^#]*#?")
#: « mail=zoe@… »: an equals sign may stand in an address, but this is what somebody wrote before one.
_NAMED = re.compile(r"(?:e-?mail|mail|courriel|m[eé]l|adresse)\s*=\s*", re.IGNORECASE)
#: What is left of a page or of a link: « &lt;zoe@…&gt; », « zoe@…<br> », « zoe%40… ».
_TAG = re.compile(r"</?(?:br|p|a|div|span|b|i)\b[^<>@]*>", re.IGNORECASE)
_FIRST_MARKS = " ,;\"'“”„‘’«»([{<`\u00b4…"
_LAST_MARKS = " ,;\"'“”‘’«»)]}>.:!?/*|\\`\u00b4…"
#: What people who program put before an address that is to be passed over; no mailbox begins so.
_PASSED_OVER = ("#", "//")
_BETWEEN = re.compile(r"[,;/|\s]+")
_AND = frozenset({"et", "ou", "and", "or", "&", "+", "-"})
_FULL_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0xFE6B: "@"}


def read_email(cell: str) -> EmailAddress:
    """The address in a cell, freed of what surrounds it (`mailto:`, `Marie <…>`, « Courriel : … (perso) », a final full stop).

    Raises InvalidAddress: as EmailAddress.parse, or `several` (two addresses: which one is hers is not guessed), `space`.
    """
    text = cell.strip().removeprefix("'")
    try:
        address = EmailAddress.parse(text)
    except InvalidAddress:
        address = EmailAddress.parse(_alone(text))
    return _meant(address) if "/" in address.local or "=" in address.local else address


def email_or_nothing(cell: str) -> EmailAddress | None:
    """The address in a cell; None where somebody wrote that there is none: the line may have a number. Raises as read_email."""
    if cell.startswith(_PASSED_OVER) and "@" in cell:  # « #N/A » says nothing
        raise InvalidAddress("passed_over", "un signe devant l’adresse dit de la laisser de côté : ôtez-le si elle est bonne")
    try:
        return read_email(cell)
    except InvalidAddress:
        if says_nothing(cell):
            return None
        raise


def among_words(cell: str) -> EmailAddress | None:
    """The one address in a cell that holds words besides, before or after it; None where there is none, or several.

    Of « yann dupont@… » it is the last part alone: whoever asks must know by the words that they are no part of the address.
    """
    found = {_stripped(piece) for piece in _BETWEEN.split(" ".join(_out_of_pages(cell).split())) if "@" in piece}
    if len(found) != 1:
        return None
    try:
        return _meant(EmailAddress.parse(found.pop()))
    except InvalidAddress:
        return None


def several(cell: str) -> list[EmailAddress]:
    """The addresses of a cell that holds two or more, and nothing else but what parts them; none of any other."""
    pieces = [
        piece for part in _BETWEEN.split(_out_of_pages(cell)) if (piece := _stripped(part)) and piece.casefold() not in _AND
    ]
    try:
        found = [_meant(EmailAddress.parse(piece)) for piece in pieces]
    except InvalidAddress:
        return []
    return found if len(found) > 1 else []


def _meant(address: EmailAddress) -> EmailAddress:
    """An address with marks that mail allows and people write between two names, or after what announces an address."""
    if named := _NAMED.match(address.local):
        return EmailAddress(address.local[named.end() :], address.domain)
    if "/" in address.local:
        raise InvalidAddress("several", "deux noms séparés par « / » avant « @ » : écrivez l’adresse de la personne en entier")
    return address


def _alone(text: str) -> str:
    text = unicodedata.normalize("NFC", " ".join(_out_of_pages(text).split())).translate(_FULL_WIDTH)
    text = "".join(mark for mark in text if unicodedata.category(mark) != "Cf")
    if quoted := _QUOTED.fullmatch(text):
        text = quoted[1]
    text = _REMARK.sub("", _ANNOUNCED.sub("", text, count=1) if _ANNOUNCED.match(text) else text)
    if link := _LINK.fullmatch(text):
        text = f"{link['shown'] or link['text'] or ''} <{link['to'] or link['linked']}>"
    if named := _IN_BRACKETS.fullmatch(text):
        shown, text = named.groups()
        if "@" in shown and _stripped(shown).casefold() != _stripped(text).casefold():
            raise InvalidAddress("several", "deux adresses dans une case : gardez celle de la personne, ou faites deux lignes")
    kept = _stripped(text)
    if kept.count("@") > 1 and _BETWEEN.search(kept):
        said = {_stripped(piece).casefold() for piece in _BETWEEN.split(kept)} - {""}
        if len(said) > 1:
            raise InvalidAddress("several", "plusieurs adresses dans la même cellule : une seule par ligne")
        kept = _stripped(_BETWEEN.split(kept)[0])
    if " " in kept:
        raise InvalidAddress("space", "contient une espace")
    return kept


def _out_of_pages(text: str) -> str:
    """A text freed of what pages and links make of it."""
    if "&" in text:
        text = html.unescape(text)
    if "%20" in text or ("%40" in text and "@" not in text):
        text = unquote(text)
    return _TAG.sub(" ", text) if "<" in text else text


def _stripped(text: str) -> str:
    """Without marks around it, nor what makes a link of it."""
    if not text.isascii():
        text = "".join(" " if unicodedata.category(mark) == "So" else mark for mark in text)
    text = text.lstrip(_FIRST_MARKS).rstrip(_LAST_MARKS)
    return text[7:].strip().partition("?")[0] if text[:7].casefold() == "mailto:" else text

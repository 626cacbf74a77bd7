"""What a person wrote herself in an answer: without the letter she quotes, and without the signature her telephone adds.

A word too many is worse than one too few where STOP is read: our own letter says "désinscription", and a quoted copy of it must
not object in her name. So whatever looks quoted goes; what follows a quote stays, since many people answer below. A few quoted
lines right above words of hers stay too, marked: she picked them out, and what « Oui, faites-le » answers stands there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.channels.inbound.boilerplate import without_boilerplate
from gateway.channels.inbound.foot import names_of, without_foot
from gateway.channels.inbound.html import text_of
from gateway.channels.inbound.mime import Mail, Part
from gateway.compliance.folding import PICKED_LINES_MOST

_TEXT_MAX = 50_000
_LINES_MAX = 1_500
_ATTRIBUTION_LINES = 3

#: "Le 3 mars 2031 à 10:00, Liste Demain <…> a écrit :" in the languages of mail programs.
_WROTE = re.compile(
    r"(a écrit|wrote|schrieb|escribi[óo]|ha scritto|escreveu|schreef|skrev|napisał\(?a?\)?|kirjoitti|написал\w*).{0,80}:\s*$",
    re.IGNORECASE,
)
_BEGINS_ATTRIBUTION = re.compile(r"^(le|on|am|el|il|em|op|den|dnia|w dniu|a)\s|^\d|^\S{1,40}.{0,60}<[^<>@]+@", re.IGNORECASE)
_ADDRESS_OR_DATE = re.compile(r"<?[^\s<>]+@[^\s<>]+>?|\b\d{1,2}[:h]\d\d\b|\b(19|20)\d\d\b")
_SEPARATOR = re.compile(
    r"^\W{0,3}(_{10,}|[-*_= ]{3,}\s?(message (d['’]origine|original|transféré|initial)|mensaje original|messaggio originale"
    r"|original message|ursprüngliche nachricht|forwarded message|message)\b.{0,20}$|begin forwarded message:|début du message)",
    re.IGNORECASE,
)
_FIRST_FIELD = re.compile(r"^[>*\s]{0,4}(de|from|von|da|van|from name|expéditeur)\*?\s?:\*?\s?\S", re.IGNORECASE)
_OTHER_FIELD = re.compile(
    r"^[>*\s]{0,4}(envoyé( le)?|date|sent|gesendet|enviad[oa]( el)?|inviato|verzonden|à|a|to|an|para|aan|objet"
    r"|subject|betreff|asunto|oggetto"
    r"|onderwerp|cc|copie)\*?\s?:",
    re.IGNORECASE,
)
_PHONE_SIGNATURE = re.compile(
    r"^\W{0,3}(envoyé (de|depuis|à partir de|avec|via|par)\b|sent (from|with|via|using)\b|get outlook|(obtenez"
    r"|télécharge[rz]|obtenir) outlook"
    r"|provenance ?: courrier|von meinem .{0,30}gesendet|gesendet (von|mit)|enviado (desde|con)|inviato da"
    r"|obtener outlook|verzonden vanaf"
    r"|yahoo mail|mail envoyé|cordialement,?$)",
    re.IGNORECASE,
)
#: Some programs draw a bar.
_QUOTED = re.compile(r"^\s{0,3}[>|│]")


def own_words(mail: Mail) -> str:
    """The person's own new words, at most 50,000 characters; '' when she added none. Pure and linear."""
    shown = [part for part in mail.parts if not part.attached]
    plain = unquoted("\n".join(part.text for part in _of_type(shown, "text/plain")))
    own = plain or unquoted("\n".join(text_of(part.text, own=True) for part in _of_type(shown, "text/html")))
    return without_foot(own, names_of(mail.fields))


def unquoted(text: str) -> str:
    """A text without quoted lines, what introduces them, quoted letters at its end, signatures, and offers to others."""
    lines = [line.rstrip() for line in text[:_TEXT_MAX].split("\n")[:_LINES_MAX]]
    lines = lines[: _end(lines)]
    kept: list[str] = []
    above: list[str] = []  #: quoted lines right above
    for at, line in enumerate(lines):
        if line.strip() == "--" and line.startswith("--"):
            break
        if quoted := _QUOTED.match(line):
            if not (at and _QUOTED.match(lines[at - 1])):
                _drop_attribution(kept)
            above += filter(str.strip, [line[quoted.end() :]])
            continue
        if not _PHONE_SIGNATURE.match(line):
            if line.strip():
                kept += [f"> {said.strip()}" for said in above if len(above) <= PICKED_LINES_MOST]
                above = []
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", without_boilerplate("\n".join(kept))).strip()


def _of_type(parts: Sequence[Part], kind: str) -> list[Part]:
    return [part for part in parts if part.type == kind]


def _end(lines: Sequence[str]) -> int:
    """Where a quoted letter begins that nothing marks line by line, or the number of lines."""
    for at, line in enumerate(lines):
        if _SEPARATOR.match(line) or _is_header(lines, at):
            return at
        if _WROTE.search(line[-200:]) and not _quoted_next(lines, at):
            return _attribution_begins(lines, at)
    return len(lines)


def _is_header(lines: Sequence[str], at: int) -> bool:
    """Outlook quotes a letter below a few of its fields."""
    return bool(_FIRST_FIELD.match(lines[at])) and sum(bool(_OTHER_FIELD.match(each)) for each in lines[at + 1 : at + 6]) >= 2


def _quoted_next(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at + 1 : at + 4] if line.strip()), "")
    return bool(_QUOTED.match(following))


def _attribution_begins(lines: Sequence[str], at: int) -> int:
    """First line of an attribution that ends at `at`; mail programs fold it."""
    for first in range(at, max(at - _ATTRIBUTION_LINES, -1), -1):
        if not lines[first].strip():
            return first + 1
        if _BEGINS_ATTRIBUTION.match(lines[first].strip()) and _ADDRESS_OR_DATE.search(" ".join(lines[first : at + 1])):
            return first
    return at


def _drop_attribution(kept: list[str]) -> None:
    """Take off the lines that introduce a quote: whatever ends in a colon, in any language, and holds an address or a date."""
    while kept and not kept[-1].strip():
        kept.pop()
    if not kept or not kept[-1].rstrip().endswith((":", "\uff1a")):
        return
    for count in range(1, _ATTRIBUTION_LINES + 1):
        said = " ".join(kept[-count:])
        if count <= len(kept) and (_WROTE.search(said[-200:]) or _ADDRESS_OR_DATE.search(said)):
            first = _attribution_begins(kept, len(kept) - 1)
            del kept[min(first, len(kept) - count) :]
            return

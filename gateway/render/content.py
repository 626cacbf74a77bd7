"""What a campaign writes: checked as text, before anything is made of it.

The only thing that is replaced is `{{ prénom }}` or `{{ prénom|"words when the person has none" }}`, from a closed list of names,
French and English.
There is no logic, no attribute, no filter, no call: nothing here is ever given to a template engine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Literal

from gateway.domain.language import Language
from gateway.render import markdown, mjml
from gateway.render.faults import Fault, line_of, refuse
from gateway.render.slots import FORBIDDEN, Slot, SlotTable

BodyFormat = Literal["markdown", "mjml"]

#: Names an author may place in subject, preheader and body; what they hold differs from one person to the next.
PLACEHOLDERS = ("given_name", "family_name", "commune")
#: The same in French, as faults say them; an author writes either.
FRENCH = {"given_name": "prénom", "family_name": "nom", "commune": "commune"}
#: Those that tell where somebody lives, and not only how she is called, by the criterion of selection they are: words that change
#: with one say to each what suits her.
_PROFILING = {"commune": "commune"}

SUBJECT_MAX = 150
PREHEADER_MAX = 200
BODY_BYTES_MAX = 60_000
FALLBACK_MAX = 60

# Spaces that keyboards put unasked, and an accent that stands beside its letter, are no faults of the author.
_S, _WORD = r"[ \u00a0\u202f]*", r"[^\W\d][\w\u0300-\u036f]*"
_PLACEHOLDER = re.compile(rf"""\{{\{{{_S}({_WORD}){_S}(?:\|{_S}"([^"{{}}<>&|\n]*)"{_S})?\}}\}}""")
#: How other tools of mailing write a field: left in a letter it is read as it stands, by everybody.
_ELSEWHERE = re.compile(r"\*\|\w{1,40}\|\*|%[A-Z_]{3,30}%|\$\{\w{1,40}\}|\[\[ ?\w{1,40} ?\]\]")
#: What a pattern of letter leaves to be filled in. Only the names of fields count: « [sic] » and « {2027} » are words, and a link
#: has its address behind it.
_TO_FILL = re.compile(r"(?<![{$\[])\{([^{}\n]{2,40})\}|(?<![\[\]])\[([^\[\]\n]{2,40})\](?![\](\[:])|<<([^<>\n]{2,40})>>")
_QUOTES = re.compile("[“”„«»‘’']")
_NAME = re.compile(_WORD)
#: By what French names, without accents or marks, an author may write the fields.
_WRITTEN = {"prenom": "given_name", "nom": "family_name", "nomdefamille": "family_name", "commune": "commune"}
#: What people call them besides: told from the name they have.
_CALLED = _WRITTEN | {
    "votreprenom": "given_name",
    "prenomnom": "given_name",
    "firstname": "given_name",
    "fname": "given_name",
    "votrenom": "family_name",
    "lastname": "family_name",
    "lname": "family_name",
    "ville": "commune",
    "city": "commune",
}
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailContent:
    """The words of one email, as the team wrote them."""

    subject: str
    body: str
    format: BodyFormat
    language: Language = "fr"
    preheader: str = ""  #: what mailboxes show beside the subject


def check_content(content: EmailContent, fields: Sequence[str] = ()) -> None:
    """Refuse what must not be sent. Raises InvalidContent with every fault and its line; returns nothing otherwise.

    fields: names that a letter of the installation may place beside PLACEHOLDERS.
    """
    refuse(_faults(content, (*PLACEHOLDERS, *fields)))


def mark_placeholders(text: str, slots: SlotTable) -> str:
    """The checked text with each placeholder replaced by the mark of its slot."""
    return _PLACEHOLDER.sub(lambda found: slots.mark(Slot(_field(found[1]), found[2] or "")), text)


def varied_by(*texts: str) -> frozenset[str]:
    """Criteria by which these words differ from one recipient to the next (rule rpp-targeting-detect); names are none."""
    fields = {_field(found[1]) for text in texts for found in _PLACEHOLDER.finditer(text)}
    return frozenset(_PROFILING[field] for field in fields & _PROFILING.keys())


def _field(written: str) -> str:
    """The field that an author means by a name; the name itself, which is then refused, where none goes by it."""
    return _WRITTEN.get(_plain(written), written)


def _plain(written: str) -> str:
    return unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().casefold().replace("_", "")


def _faults(content: EmailContent, names: Sequence[str]) -> Iterator[Fault]:
    yield from _line_faults("objet", content.subject, SUBJECT_MAX, names)
    if not content.subject.strip():
        yield Fault(0, "objet : il est vide")
    yield from _line_faults("texte d’aperçu", content.preheader, PREHEADER_MAX, names)
    if content.language not in ("fr", "en"):
        yield Fault(0, f"langue : « {content.language} » ; choisissez fr ou en")
    if not content.body.strip():
        yield Fault(0, "corps : il est vide")
    if len(content.body.encode("utf-8", "replace")) > BODY_BYTES_MAX:
        yield Fault(0, f"corps : plus de {BODY_BYTES_MAX} octets ; raccourcissez-le ou renvoyez à une page")
        return
    for number, line in enumerate(content.body.replace("\r\n", "\n").split("\n"), start=1):
        # Character references count as what they stand for: nothing may write a mark in a roundabout way.
        if FORBIDDEN.search(unescape(line).replace("\t", " ")):
            yield Fault(number, "caractère invisible interdit (contrôle, sens d’écriture, usage privé)")
    yield from (Fault(line_of(content.body, at), why) for at, why in placeholder_faults(content.body, names))
    marked = mark_placeholders(content.body, SlotTable())
    match str(content.format):  # a campaign file may hold any word here, whatever its type promises
        case "markdown":
            yield from markdown.faults(marked)
        case "mjml":
            yield from mjml.faults(marked)
        case other:
            yield Fault(0, f"format : « {other} » ; choisissez markdown ou mjml")


def _line_faults(what: str, text: str, longest: int, names: Sequence[str]) -> Iterator[Fault]:
    """Faults of a text that stands on one line: subject, preheader."""
    if FORBIDDEN.search(text):
        yield Fault(0, f"{what} : retour à la ligne ou caractère de contrôle interdit")
    if len(text) > longest:
        yield Fault(0, f"{what} : {longest} caractères au plus")
    yield from (Fault(0, f"{what} : {why}") for _, why in placeholder_faults(text, names))


def placeholder_faults(text: str, names: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Position and reason of each brace that is no placeholder of the closed list, and of each field of another tool."""
    known = ", ".join(FRENCH.get(name, name) for name in names)
    covered = 0
    for brace in _BRACES.finditer(text):
        if brace.start() < covered:
            continue
        found = _PLACEHOLDER.match(text, brace.start())
        if found is None:
            end = text.find("}}", brace.start())
            covered = end + 2 if brace[0] == "{{" and 0 <= end - brace.start() <= SUBJECT_MAX else brace.end()
            yield brace.start(), _no_placeholder(text[brace.start() : covered], names)
            continue
        covered = found.end()
        if _field(found[1]) not in names:
            yield brace.start(), f"champ inconnu « {found[1]} » ; {_meant(found[1], names) or f'les champs sont : {known}'}"
        if len(found[2] or "") > FALLBACK_MAX:
            yield brace.start(), f"texte à défaut de « {found[1]} » : {FALLBACK_MAX} caractères au plus"
    for other in _ELSEWHERE.finditer(text):
        meant = _meant(other[0], names) or f"les champs s’écrivent ainsi : {{{{ {known.partition(', ')[0]} }}}} ({known})"
        yield other.start(), f"« {other[0]} » est le champ d’un autre outil : il resterait tel quel ; {meant}"
    for gap in _TO_FILL.finditer(text):
        inside = (gap[1] or gap[2] or gap[3]).replace(" ", "").strip("$:")
        meant = _meant(inside, names) if _NAME.fullmatch(inside) else ""
        if meant:
            yield gap.start(), f"« {gap[0]} » resterait tel quel dans chaque message ; {meant}"


def _no_placeholder(written: str, names: Sequence[str]) -> str:
    """What is wrong with braces, and what was probably meant."""
    shown = " ".join(written.split())
    known = [FRENCH.get(name, name) for name in names]
    if "|" in shown and _QUOTES.search(shown):
        return f'« {shown} » : les mots à défaut sont entre guillemets droits : {{{{ {known[0]}|"à défaut" }}}}'
    example = f'écrivez {{{{ {known[0]} }}}} ou {{{{ {known[0]}|"à défaut" }}}} ({", ".join(known)})'
    return f"« {shown} » n’est pas un champ : {_meant(shown, names) or example}"


def _meant(written: str, names: Sequence[str]) -> str:
    """The field that goes by this name elsewhere, ready to be said; empty when none does."""
    word = _NAME.search(written)
    plain = _plain(word[0]) if word else ""
    field = _CALLED.get(plain, next((name for name in names if _plain(name) == plain), ""))
    return f"le champ est {{{{ {FRENCH.get(field, field)} }}}}" if field in names else ""

"""What is written beside an address or a number about the address itself: no longer in use, at work, for texts only.

Words of lists, not of law: they restrict, and never agree to anything. What a person says of us is read by the pack (`beside`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.compliance.folding import bare
from gateway.domain.channel import Medium

_FOLDED = re.compile(r"[a-z0-9]+")
#: « SMS uniquement », « pas de texto », « appels seulement, merci »: nothing but channels, what limits them, and small words.
_CHANNELS = {
    **dict.fromkeys(("sms", "texto", "textos"), Medium.SMS),
    **dict.fromkeys(("appel", "appels", "vocal", "vocaux"), Medium.CALL),
    **dict.fromkeys(("mail", "mails", "email", "emails", "courriel", "courriels", "mel"), Medium.EMAIL),
    **dict.fromkeys(("whatsapp", "signal", "telegram", "messenger"), None),  # none of ours
}
_ONLY = frozenset(("uniquement", "seulement", "exclusivement", "only", "que", "qu", "seul", "seuls", "seule"))
_NOT = frozenset(("pas", "sans", "aucun", "aucuns", "jamais", "non", "ni", "no"))
_SMALL = frozenset(
    ("d", "de", "des", "du", "le", "les", "la", "l", "par", "en", "et", "ou", "contact", "svp", "stp", "merci", "numero")
)
#: « ancien numéro », « plus valable », « HS », « a changé de numéro »; an « ancien élu » is no address.
_OLD = re.compile(
    r"(?:c est )?(?:l |un |une |son |sa |mon )?(?:ancien|ancienne|vieux|vieille|ex)"
    r"(?: (?:num|numero|n|no|tel|telephone|portable|mobile|fixe|ligne|mail|email|courriel|adresse))*"
    r"|(?:(?:ce |son )?(?:num|numero|tel|telephone|portable|mobile|fixe|ligne|adresse|mail|email) )?(?:est |a ete )?"
    r"(?:perimee?|obsolete|inacti(?:f|ve)|desactivee?|resiliee?|coupee?|supprimee?|fermee?|hs|hors service|caduque?|invalide"
    r"|(?:n est )?plus (?:valable|valide|utilisee?|attribuee?|bon|bonne|en service|le bon|actif)"
    r"|ne (?:fonctionne|marche|repond|sert) plus|n existe plus|n est plus le sien|faux|errone"
    r"|a changee?(?: de (?:num|numero|tel|telephone|portable|mobile|adresse|mail))?|changee?)"
)
#: A political message there may be seen by whom she works with.
_WORK = re.compile(
    r"(?:(?:num|numero|tel|telephone|portable|mobile|fixe|ligne|poste) )?(?:au |du |de )?"
    r"(?:pro|profess|professionnel|professionnelle|travail|boulot|taf|work)"
)


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a remark comes to: why the address is not taken, or which channels its holder declines."""

    why: str = ""  #: for people; empty where channels alone are declined
    declined: frozenset[Medium] = frozenset()


NONE = Restriction()
OLD = Restriction(
    "une adresse ou un numéro qui n’est plus le sien est peut-être à quelqu’un d’autre ; ôtez-le, ou ôtez ces mots s’il est bon"
)
WORK = Restriction(
    "un message politique y serait vu au travail ; ôtez ces mots si c’est bien ce numéro qu’elle a donné pour cela"
)


def restriction(remark: str, *, number: bool) -> Restriction:
    """What a remark says of the address, or the number, beside which it stands; NONE for any other remark."""
    told = _FOLDED.findall(bare(remark))
    said = " ".join(told)
    if _OLD.fullmatch(said):
        return OLD
    if number and _WORK.fullmatch(said):
        return WORK
    return _of_channels(told, {Medium.SMS, Medium.CALL} if number else set(Medium))


def _of_channels(told: list[str], reached: set[Medium]) -> Restriction:
    """reached: the channels of which « only » speaks: « SMS uniquement » beside a number says nothing of mails."""
    named = [_CHANNELS[word] for word in told if word in _CHANNELS]
    others = {word for word in told if word not in _CHANNELS}
    only, never = bool(others & _ONLY), bool(others & _NOT)
    if not named or only == never or others - _ONLY - _NOT - _SMALL:
        return NONE
    ours = {medium for medium in named if medium is not None}
    return Restriction(declined=frozenset(reached - ours if only else ours))

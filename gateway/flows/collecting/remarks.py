"""What is written beside an address or a number about the address itself: no longer in use, somebody else’s, at work, for texts
only.

The words here only keep an address out. Which channels a remark declines is told by the words of the pack (lists.toml), and what
a person says of us by its reader of replies (`beside`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.compliance.folding import bare
from gateway.compliance.listwords import ListWords
from gateway.domain.channel import Medium

_FOLDED = re.compile(r"[a-z0-9]+")
#: The channels of which « only » speaks beside a number: « SMS uniquement » says nothing of mails there.
_OF_A_NUMBER, _OF_A_PERSON = frozenset({Medium.SMS, Medium.CALL}), frozenset(Medium)
#: « ancien numéro », « plus valable », « HS », « a changé de numéro »; an « ancien élu » is no address.
_OLD = re.compile(
    r"(?:c est )?(?:l |un |une |son |sa |mon )?(?:ancien|ancienne|vieux|vieille|ex)"
    r"(?: (?:num|numero|n|no|tel|telephone|portable|mobile|fixe|ligne|mail|email|courriel|adresse))*"
    r"|(?:(?:ce |son )?(?:num|numero|tel|telephone|portable|mobile|fixe|ligne|adresse|mail|email) )?(?:est |a ete )?"
    r"(?:perimee?|obsolete|inacti(?:f|ve)|desactivee?|resiliee?|coupee?|supprimee?|fermee?|hs|hors service|caduque?|invalide"
    r"|(?:n est )?plus (?:valable|valide|utilisee?|attribuee?|bon|bonne|en service|le bon|actif)"
    r"|ne (?:fonctionne|marche|repond|sert) plus|n existe plus|n est plus le sien|(?:non|jamais|pas) attribuee?"
    r"|(?:(?:faux|mauvais|mauvaise) ?(?:num|numero|n|no|tel|telephone|portable|mail|email|adresse)?|erronee?)"
    r"|a changee?(?: de (?:num|numero|tel|telephone|portable|mobile|adresse|mail))?|changee?)"
)
#: A political message there may be seen by whom she works with.
_WORK = re.compile(
    r"(?:(?:num|numero|tel|telephone|portable|mobile|fixe|ligne|poste) )?(?:au |du |de )?"
    r"(?:pro|profess|professionnel|professionnelle|travail|boulot|taf|work|standard|accueil)"
)
#: Of whoever agreed to nothing: « sa fille Anna », « chez M. Blin », « boîte de sa mère », « belle-mère », « s/c voisin »;
#: « mère de Léo » is she herself, and a secretary may be what she is.
_HERS = r"(?:sa|son|ses|leurs?)"
_KIN = (
    r"(?:petite? |belle |beau |grand |ex )?(?:fille|fils|mari|femme|epou(?:x|se)|conjointe?|compagn(?:on|e)|mere|pere|maman|papa"
    r"|parents|frere|soeur|tante|oncle|cousine?|neveu|niece|gendre|bru|enfants?|voisine?s?|amie?|copain|copine|collegue"
    r"|(?:cu|tu)(?:ra)?t(?:eur|rice)|aidante?|assistante?|secretaire|aide a domicile|colocataire|colocs?|nounou"
    r"|patronn?e?|employeur)"
)
_THING = (
    r"(?:(?:le |la |l |c est )?(?:num|numero|n|no|tel|telephone|portable|mobile|fixe|ligne|mail|email|courriel|adresse|boite) )?"
)
_BARE_KIN = (
    r"(?:(?:petite?s?|belle|beau|beaux|grande?|grands|ex) (?:fille|fils|mere|pere|parents|soeur|frere|enfants?|mari|femme"
    r"|compagn(?:on|e))"
    r"|(?:mari|fille|fils|soeur|frere)(?: (?!unique|aine|cadet|de|du|d|au|des)[a-z]+)?|mere|pere|maman|papa|epou(?:x|se)"
    r"|conjointe?|compagn(?:on|e)|parents|niece|neveu|tante|oncle|gendre|colocataire|colocs?|(?:cu|tu)(?:ra)?t(?:eur|rice)"
    r"|aide a domicile|nounou|voisine?s?)"
)
_TOLD_OF = r"(?:(?:repond(?:u par)?|contact(?:er)?|appartient|passer par|demander|joindre) )?"
_SOMEBODY_ELSE = re.compile(
    rf"{_THING}{_TOLD_OF}(?:c est )?(?:celui |celle )?(?:de |du |d |a |chez |via |pour )?(?:{_HERS} {_KIN}(?: [a-z]+){{0,2}}"
    rf"|(?:le |la |les )?{_BARE_KIN})"
    r"|(?:s c|c o|aux (?:bons )?soins)(?: [a-z]+){1,6}"
    r"|chez (?!elle|lui|eux|moi|nous|soi|orange|free|sfr|bouygues|sosh|red|prixtel)[a-z]+(?: [a-z]+){0,5}"
)
#: … nor is what she gave for emergencies: « pour urgences », « en cas d’urgence ».
_FOR_EMERGENCIES = re.compile(
    rf"{_THING}(?:c est )?(?:(?:pour|en cas) )?(?:une |les |l |des |d )?urgences?(?: (?:seulement|uniquement))?"
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
SOMEBODY_ELSE = Restriction(
    "c’est à quelqu’un d’autre, qui n’a rien accepté ; ôtez-le, ou ôtez ces mots si c’est bien à la personne de cette ligne"
)
EMERGENCIES = Restriction(
    "donné pour les urgences, ce numéro ne l’est pas pour nos messages ; ôtez ces mots si elle l’a donné pour cela"
)


def restriction(words: ListWords, remark: str, *, number: bool) -> Restriction:
    """What a remark says of the address, or the number, beside which it stands; NONE for any other remark."""
    said = " ".join(_FOLDED.findall(bare(remark)))
    if _OLD.fullmatch(said):
        return OLD
    if _SOMEBODY_ELSE.fullmatch(said):
        return SOMEBODY_ELSE
    if number and _FOR_EMERGENCIES.fullmatch(said):
        return EMERGENCIES
    if number and _WORK.fullmatch(said):
        return WORK
    return Restriction(declined=words.declined(remark, _OF_A_NUMBER if number else _OF_A_PERSON) or frozenset())

"""The foot of a mail: what a house writes below the signature of whoever signed it.

Nobody can know every disclaimer and every offer to unsubscribe (`boilerplate` knows those that stand anywhere). Below a signature
a block of their vocabulary, in which nobody speaks of herself or of what we send, is the house's: it objects in nobody's name.
"""

from __future__ import annotations

import re

from gateway.channels.inbound.mime import Fields, words

_NAMES_MAX = 200
_NAME = re.compile(r"[^\W\d_]{3,}")
_CLOSING = re.compile(
    r"\W{0,3}(?:(?:bien|très|tres) )?(?:cordiale?ment|respectueusement|amicalement|sinc[èe]rement|fraternellement|cdlt|cdt"
    r"|salutations\b.{0,40}"
    r"|(?:sinc[èe]res|meilleures|cordiales) salutations|bien à vous|bonne (?:journ[ée]e|soir[ée]e|continuation)|à bient[ôo]t"
    r"|(?:best|kind|warm) regards|regards|sincerely)\W{0,3}",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\W{0,3}(?:bonjour|bonsoir|salut|hello|hi|dear|ch[eè]re?s?|madame|monsieur|mesdames|messieurs)\b"
    r"(?:[ ,]{1,3}[\w.'’-]+){0,4}\W{0,3}",
    re.IGNORECASE,
)
_RULER = re.compile(r"\s*[_=*-]{3,}\s*")
#: How many words a line of a signature has, and a block that is left as it is.
_NAME_LINE, _SHORT = 5, 5
#: Somebody speaks of herself, of what we send, or of an address to be struck out.
_HERS = re.compile(
    r"\b(?:je|j|me|m|moi|mon|ma|mes|on|i|my)\b|\b(?:vos|votre) (?!droits?\b|donn[ée]es|abonnements?|pr[ée]f[ée]rences|heures"
    r"|carnet|consentement|exp[ée]diteur|ordinateur|syst[èe]me|messagerie|correspondant)"
    r"|\bpolitiques?\b(?! (?:de |d['’]|relative))|\bcandidat|\bcampagne|\b[ée]lect(?:or|ion)"
    r"|\bnous ne (?:voul|souhait|d[ée]sir|lis)"
    r"|\bnous (?:retir|enlev|supprim|effac|d[ée]s|oubli|laiss|[ée]cri|envoy|contact|sollicit|importun|harcel)"
    r"|-nous\b(?! (?:en|le|contact))|\b(?:supprim|retir|effac|enlev|radi|ray|[ôo]t)\w+ (?:\S+ )?(?:adresse|num[ée]ro|nom)"
    r"|\bcette (?:adresse|bo[îi]te|messagerie)|\b(?:ne )?plus (?:rien )?(?:envoyer|adresser|[ée]crire|contacter|recevoir)\b"
    r"|\b(?:cesse|arr[êe]te)\w* (?:de |d['’]|tou[ts]\w* |l['’]|les |vos |ces )*(?:envo|messages|courriels|mails|e-mails"
    r"|adresser|[ée]crire)"
    # … or of somebody whom the list is to leave out, or asks for that where no page is named to ask it of.
    r"|\b(?:notre|leur|sa|de (?:mme|mr?|mlle|madame|monsieur)\b.{0,40}) d[ée]s-?(?:inscri|abonn)"
    r"|\bd[ée]s-?(?:inscri|abonn)\w+ (?:d[eu]|pour) (?:m\.|(?:mme|mr|mlle|madame|monsieur)\b)"
    r"|\b(?:veuillez|merci|pri[èe]re|svp|stp|demande\w*|souhait\w+|faudrait|faut|proc[ée]de\w*|charger?)\b"
    r"(?!.{0,200}(?:https?:|www\.|@|cliqu|\bnos\b))(?:(?!\bsi vous\b|\bpour (?:vous|se)\b)[^.!?]){0,60}"
    r"(?<!\bvous )(?<!\bse )\b(?:d[ée]s-?(?:inscri|abonn)|radi(?:er|ation)\b)"
    r"|^\W{0,5}(?:stop|d[ée]s-?(?:inscription|abonnement)|plus (?:de|du|d['’]|aucun)|arr[êe]t|cess|radiation|suppression)"
    r"(?!.{0,200}(?:https?:|www\.|cliqu|\bnos\b|\bnotre\b))",
    re.IGNORECASE,
)
_OF_A_HOUSE = re.compile(
    r"message|courriels?|e-?mails?|newsletter|destinataire|confidenti|secret professionnel|pi[èe]ces? jointe|d[ée]sabonn"
    r"|d[ée]sinscri|unsubscribe|abonnement|subscription|opted|pr[ée]f[ée]rences|vos donn[ée]es|oppos|consentement"
    r"|d[ée]marchage|bloctel|imprim|divulg|spam|contact[ée]\b|virus",
    re.IGNORECASE,
)


def names_of(fields: Fields) -> frozenset[str]:
    """The words of a name with which the author of a mail may sign it."""
    author = words(fields.get("from"))[:_NAMES_MAX].casefold()
    return frozenset(_NAME.findall(author.rpartition("@")[0] or author))


def without_foot(text: str, names: frozenset[str]) -> str:
    """A text without what a house wrote below its signature; the whole where nobody signed. Pure and linear."""
    lines = text.split("\n")
    at = next((at for at, line in enumerate(lines) if _signs(line, names) and any(map(_says_something, lines[:at]))), None)
    if at is None:
        return text
    kept = lines[: at + 1]
    block: list[str] = []
    for line in (*lines[at + 1 :], ""):
        if line.strip():
            block.append(line)
        else:
            kept += [*_left_of(block), line]
            block = []
    return "\n".join(kept).rstrip()


def _says_something(line: str) -> bool:
    return bool(line.strip()) and _GREETING.fullmatch(line[:_NAMES_MAX]) is None


def _signs(line: str, names: frozenset[str]) -> bool:
    """Whether a line closes a mail: a formula, a ruler, or hardly more than the name of its author."""
    if len(line) > _NAMES_MAX:
        return False
    if _CLOSING.fullmatch(line) or _RULER.fullmatch(line):
        return True
    said = line.split()
    return 0 < len(said) <= _NAME_LINE and not names.isdisjoint(_NAME.findall(line.casefold())) and _HERS.search(line) is None


def _left_of(block: list[str]) -> list[str]:
    """A block below the signature: its first short lines (telephone, office) where the rest is the house's, else all of it."""
    first = next((at for at, line in enumerate(block) if len(line.split()) > _SHORT), None)
    if first is None:
        return block
    said = " ".join(block[first:])
    return block[:first] if _OF_A_HOUSE.search(said) and not _HERS.search(said) else block

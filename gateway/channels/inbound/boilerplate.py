"""What a house adds to whatever its people write, and what they offer the readers of letters of their own.

« Si vous n'êtes pas le destinataire, supprimez ce message », « [EXTERNE] n'y répondez pas », « Pour ne plus recevoir nos menus,
répondez STOP », « Se désinscrire : https://… », « vous pouvez vous opposer » are said to readers, and object in nobody's name. A
sentence is one of these only while nobody speaks of herself in it, and where what is received is hers ("nos"), or where it says
what is to be done with this very message.
"""

from __future__ import annotations

import re

_SOMEBODY = r"(?:je|j|me|m|moi|i|my)"
_BEGINS = r"(?:^|(?<=[.!?:\]]\s)|(?<=\n))"
#: Within one sentence, over the end of a line that was full, in which nobody speaks of herself, nor of what we send.
_ON = rf"(?:(?!\b(?:{_SOMEBODY}|mon|ma|mes|vos)\b)(?:[^.!?\n]|\.(?=\S)|(?<=[^\n]{{60}})\n))"
_END = r"(?:[.!?]|$)"
_NO_MORE = (
    r"(?:pour ne plus|afin de ne plus|si vous ne (?:souhaitez|voulez|d[ée]sirez) (?:plus|pas))"
    r" (?:recevoir|[êe]tre \w+ (?:par|de))\b"
)
_SIGN_OFF = r"(?:se |vous )?d[ée]s-?(?:abonne\w*|inscri\w*)|unsubscribe|opt[- ]?out"
_LINK = r"<?(?:https?://|www\.)\S+>?"
#: What stands in one row with it.
_OTHER_LINKS = (
    r"mentions l[ée]gales|confidentialit[ée]|privacy|pr[ée]f[ée]rences|(?:version|voir) en ligne|navigateur|cookies"
    r"|nous contacter"
)
_THIS_MAIL = (
    r"(?:ce|cet|cette|le pr[ée]sent|la pr[ée]sente) (?:message|mail|courriel|e-?mail|courrier|lettre|transmission)"
    r"(?: [ée]lectronique)?"
)

_OFFERS = (
    # What is to be done is the end of it: « … répondez STOP. »
    _BEGINS + r"(?:pour (?:ne plus|vous|se)|si vous (?:ne|souhaitez|voulez|d[ée]sirez)|afin de ne plus|to unsubscribe|if you)\b"
    rf"(?:(?!\b{_SOMEBODY}\b|\n\s*\n)[^.!?:«»\"]){{0,160}}"
    r"\b(?:r[ée]pondez|cliquez|envoyez|tapez|reply|click|send)\b"
    rf"(?:(?!\b{_SOMEBODY}\b)[^.!?:«»\"\n]){{0,30}}?"
    r"\b(?:stop|ici|here|lien(?: ci-dessous| suivant)?|link(?: below)?|unsubscribe)\b[ \t]*(?:[.!]|$)",
    # What is received is hers: « nos offres », or is to be declined at some address.
    rf"{_BEGINS}{_NO_MORE}(?:\s[\w'’-]+){{0,4}}?\s(?:nos|notre)\b{_ON}{{0,240}}{_END}",
    rf"{_BEGINS}si vous ne (?:souhaitez|voulez|d[ée]sirez) plus (?:recevoir|[êe]tre)\b{_ON}{{0,160}}?"
    rf"\b(?:nous (?:le |l['’]|en )(?:signaler|indiquer|faire savoir|dire|informer)\b{_ON}{{0,60}}"
    rf"|(?:envoyez|[ée]crivez|adressez|r[ée]pondez|contactez)\b{_ON}{{0,60}}?(?:\S+@\S+|https?://|[«“\"]){_ON}{{0,120}}){_END}",
    rf"{_BEGINS}if you (?:no longer|do not|don['’]t) (?:wish|want) to (?:receive|get|be)\b{_ON}{{0,120}}?"
    rf"\b(?:reply|click|contact us|let us know|e-?mail us)\b{_ON}{{0,80}}{_END}",
    rf"{_BEGINS}vous recevez (?:{_THIS_MAIL}|cette newsletter)(?: \w+){{0,2}} (?:car|parce qu|en tant|suite|[àa] la suite)"
    rf"{_ON}{{0,240}}{_END}",
    rf"{_BEGINS}pour\b{_ON}{{0,80}}?\b(?:r[ée]pondez|envoyez|tapez|[ée]crivez)\b{_ON}{{0,20}}?[«“\"][^»”\"\n]{{1,40}}[»”\"]"
    rf"{_ON}{{0,80}}{_END}",
    rf"{_BEGINS}(?:unsubscribe|d[ée]s(?:inscription|abonnement)) ?: (?=if you|pour|si vous|afin)",
    # The rights of her readers.
    rf"{_BEGINS}(?:(?:conform[ée]ment|en application|en vertu|au titre)\b(?:(?!\b{_SOMEBODY}\b)[^.!?]){{0,160}}?\b)?"
    r"vous (?:(?:disposez|b[ée]n[ée]ficiez)\b[^.!?]{0,40}?\bdroits?|avez (?:un |le )?droit d(?:e |['’])(?:acc[èe]s|rectif\w+"
    r"|opposition|vous opposer|demander)|pouvez\b[^.!?:]{0,60}?\b(?:opposer|effacement"
    rf"|rectif\w+|droits?))\b(?:(?!\b{_SOMEBODY}\b|\n\s*\n)[^.!?:;]){{0,300}}(?:[.!?:;]|$)",
)
_DISCLAIMERS = (
    # Whoever gets what is not for her.
    rf"{_BEGINS}(?:si vous n['’][êe]tes pas (?:\w+ )?(?:\w+ )?destinataire|s['’]il ne vous est pas destin[ée]"
    rf"|(?:si vous (?:l['’])?avez re[çc]u|en cas de r[ée]ception de|dans le cas o[ùu] vous auriez re[çc]u)"
    rf"(?: {_THIS_MAIL})?{_ON}{{0,20}}? par erreur"
    r"|if you (?:are not (?:the|an) (?:intended|named|addressed)|have received this (?:e-?mail|message|mail|communication)"
    rf"(?: \w+)? in error))\b{_ON}{{0,400}}{_END}",
    rf"{_BEGINS}(?:(?!\b(?:adresse|liste|fichier|base)s?\b){_ON}){{0,120}}\b(?:exemplaire|message|courriel|e-?mail|copie)s?"
    rf" re[çc]ue?s? par erreur\b(?:(?!\b(?:adresse|liste|fichier|base)s?\b){_ON}){{0,200}}{_END}",
    rf"{_BEGINS}{_THIS_MAIL}\b{_ON}{{0,120}}?\b(?:confidentiel|destin[ée]|secret|usage exclusif|priv[ée])\w*{_ON}{{0,300}}{_END}",
    # What her mail server warns of, and her printer.
    r"^\W{0,3}(?:\[(?:ext|externe?|external)\](?=[^\n]{0,300}(?:exp[ée]diteur|\bliens?\b|pi[èe]ces? jointe|spam|hame[çc]onnage"
    r"|phishing|\bsender|\blinks?\b))|(?:attention|caution|avertissement|prudence)\b(?=[^\n]{0,200}\b(?:ext[ée]rieur|externe"
    rf"|external|outside)))(?:(?!\b(?:{_SOMEBODY}|mon|ma|mes|nous|notre)\b)[^\n]){{0,400}}$",
    rf"{_BEGINS}(?:avant d['’]imprimer|n['’]imprimez (?:pas|plus|que|ce|cet|si)\b|before printing|pensez [àa] l['’]environnement)"
    rf"(?:(?!\b{_SOMEBODY}\b|\bvos (?:mails|messages|courriels|envois|lettres))[^\n]){{0,300}}$",
)
#: A label and its link, alone or in a row of them.
_LABELS = (
    rf"{_BEGINS}[^\w\n]{{0,5}}(?:{_SIGN_OFF})(?: (?!\b{_SOMEBODY}\b)[\w'’]+){{0,4}}[ \t]*[:>-]?[ \t]*\n?[ \t]*{_LINK}\W{{0,3}}$",
    rf"^(?=[^\n]{{0,200}}(?:{_OTHER_LINKS}))[^\n|•·]{{0,80}}[|•·][^\n]{{0,200}}(?:{_SIGN_OFF})\b[^\n]{{0,80}}$",
    rf"^\W{{0,5}}(?:{_SIGN_OFF})\b[^\n|•·]{{0,60}}[|•·](?=[^\n]{{0,200}}(?:{_OTHER_LINKS}))[^\n]{{0,200}}$",
)
_OFFER, _DISCLAIMER, _LABEL = (
    re.compile("|".join(f"(?:{each})" for each in kind), re.IGNORECASE | re.MULTILINE)
    for kind in (_OFFERS, _DISCLAIMERS, _LABELS)
)
#: What no disclaimer asks of its readers: « Message reçu par erreur, merci de ne plus en envoyer. »
_ASKS = re.compile(
    r"\bd[ée]s-?(?:inscri|abonn)|\bcette (?:adresse|bo[îi]te)|\b(?:d['’]|de |l['’])?arr[êe]t(?:er|ez|e|)\b"
    r"|\bstop\b(?! (?:au|aux|à la)\b)|\bcampagne|\bcandidat"
    r"|\bplus (?:rien |jamais )?(?:nous )?(?:en )?(?:envoyer|[ée]crire|recevoir|contacter|solliciter)",
    re.IGNORECASE,
)


def without_boilerplate(text: str) -> str:
    """A text without what a house adds to it and offers its own readers; a link alone is what she wrote. Pure and linear."""
    said = _DISCLAIMER.sub(lambda found: found[0] if _ASKS.search(found[0]) else "", _OFFER.sub("", text))
    return rest if (rest := _LABEL.sub("", said)).strip() else said

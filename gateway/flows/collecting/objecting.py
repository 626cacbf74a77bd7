"""What headings say of whoever wants nothing more, and by which channel. Texts come folded, as `headings.plain` does.

How files are headed, like `headings`: somebody sees what each column is taken for before anything is written. What cells and
remarks say is read with the words of the pack.
"""

from __future__ import annotations

import re

from gateway.compliance.folding import bare as folded
from gateway.domain.channel import Medium

EVERY_CHANNEL = frozenset(Medium)
#: What headings say of whoever wants nothing more; a yes below them is a no.
_NO = re.compile(
    r"\b(?:desinscri|desabo|unsub(?:scri|\b)|blocked\b|blacklist|blocklist|liste noire"
    r"|opposition|opposee?s?\b|opt(?:ed)? ?out|bloquee?s?\b|blocages?\b|refus|bloctel"
    r"|(?:ne|n) (?:[a-z]+ ){0,3}(?:pas|plus)\b"
    r"|(?:pas|plus) (?:de |d )?(?:e ?mail|mail|courriel|sms|texto|appel|contact|newsletter|lettre|pub|envoi|relance|demarch"
    r"|prospect)"
    r"|(?:sans|hors) (?:demarchage|prospection)\b"
    r"|(?:sans|hors) (?:sms|textos?|appels?|newsletters?|lettres?|(?:e ?)?mail(?:ing)?s?|courriels?|envois?)\b"
    r"|\baucune?s? (?:communic|contact|envoi|message|sollicit|demarch|prospect|newsletter|lettre|(?:e ?)?mail|courriel|sms|appel"
    r"|de ces)"
    r"|pas de tel(?:ephone)?\b|\brien (?:lui |leur )?(?:envoyer|recevoir|adresser)\b"
    r"|^oppo?(?: (?:sms|(?:e ?)?mails?|courriels?|tel|appels?))?$|\b(?:robinson|pacitel|repoussoir|dnc)\b"
    r"|^(?:signale )?(?:comme )?spam$|^abuse$|^complaint date$"
    r"|(?:consent\w*|accords?|autorisations?|abonnement)(?: \w+){0,2} (?:retire|revoque|annule|resilie|withdrawn|revoked)"
    r"|(?:retrait|revocation|annulation|resiliation|withdrawal) (?:\w+ )?(?:\w+ )?(?:consent|accord|autorisation|abonnement)"
    r"|exclu(?:e?s?|re|sions?)? (?:d |de |des |du |les |la )?"
    r"(?:envoi|mailing|newsletter|lettre|e ?mail|mail|sms|appel|contact|liste)"
    r"|interdi(?:te?s?|ctions?) (?:de |d )?(?:contact|appel|demarch|e ?mail|mail|sms)|(?:contact|appel|mail|sms)s? interdits?\b"
    r"|suppression demandee|^a (?:retirer|supprimer|effacer|enlever)$|\b(?:gdpr|rgpd) (?:erased|deleted)|spam complain"
    r"|^(?:est |is )?(?:decede|defunt|deceased\b|dcd\b|mort(?:e\b|\b(?! ne)))"  # nobody is there to be written to
    r"|\b(?:e ?mails?|mails|courriels|newsletters?|lettres?|notifications?|envois?) (?:are )?(?:disabled|off|desactivee?s?)\b"
    r"|^non contactables?\b|suppressed\b|^(?:is )?excluded(?: from \w+)?$"
    r"|^n ?p ?c$|^(?:a )?ne plus (?:contacter|ecrire)"
    r"|do not\b|no ?(?:e ?mail|mail|sms|calls?|contact)\b|stop)"
)
#: How tools head a column of who still gets their letters: its no is somebody who left, and not somebody who was never asked.
_SUBSCRIBED = re.compile(r"(?:is |still )?(?:(?:e ?mail|sms|newsletter) )?subscribed(?: to (?:(?:e ?mails?|sms|newsletter)))?")
#: How tools call the mail that comes by post, and what is not sent at all: « Do Not Mail », « Fax Opt Out ». « No mail », as the
#: French write it, is about email.
_BY_POST = re.compile(
    r"(?:is )?(?:do not|has opted out of) ?(?:allow )?(?:bulk )?(?:postal )?(?:mails?|trade|fax(?:es)?)"
    r"|no (?:bulk )?(?:postal mails?|trade|fax(?:es)?)|fax opt out|ne pas (?:echanger|faxer)"
    r"|ne pas envoyer (?:de |d |par )?(?:courriers? (?:postal|postaux|papier)|fax|telecopies?)"
    r"|ne pas autoriser (?:le |les )?(?:courriers?|telecopies?|fax)(?: en nombre)?"
)
#: How tools call an objection to email alone.
_OF_EMAIL = re.compile(
    r"\bdo not (?:allow |send )?(?:bulk )?e ?mails?\b|\bopted out of e ?mail|\be ?mail (?:opt(?:ed)? ?out|blacklist|blocklist)"
    r"|\bno bulk e ?mails?\b|\bunsubscribed from (?:all )?e ?mail|\be ?mails? (?:are )?(?:disabled|off)\b"
)
_CHANNELS = {
    Medium.EMAIL: re.compile(r"\b(?:e ?mails?\b|mails?\b|(?:e ?)?mailing|courriels?\b|mel\b|newsletter|infolettre|lettres?\b)"),
    Medium.SMS: re.compile(r"\b(?:sms\b|textos?\b|texts?\b)"),
    Medium.CALL: re.compile(r"\b(?:appel|call|phon|tels?\b|telephon|liste rouge|bloctel)"),
}
#: « email1_is_bad », « date du bounce », « adresse erronée », « Email On Hold » (CiviCRM).
_DEAD = re.compile(
    r"\be ?mail ?\d? (?:is )?(?:bad|invalid|bounc)|\bbounce|\bclean(?:ed|ing)? (?:time|date|at)\b"
    r"|\brebonds? (?:d |de |du |dur|definitif|permanent)|^rebonds?$"
    r"|\b(?:mail|courriel|adresse) (?:errone|invalide|npai\b|ko\b|nok\b|revenue?\b|fau(?:x|sse)\b)"
    r"|\b(?:(?:e ?)?mail|courriel|adresse) (?:on hold|en attente hold)\b|^on hold$"
    r"|\bnpai (?:e ?)?(?:mail|courriel)|\bmauvaise? (?:(?:adresse )?(?:e ?)?mail|courriel|adresse)\b"
)
#: What passes, or is counted, buries no address.
_NOT_DEAD = re.compile(r"\b(?:soft|nombre|nb)\b|counts?\b")
#: « Motif de désinscription », « Email hard bounce reason »: whatever stands there, it is so.
_REASON = re.compile(r"\b(?:motif|raison|cause|reason)s?\b")
#: Sections under which « Courriel » is no address of hers, and « Commune » not where she lives.
_ASKS_OR_OTHERS = re.compile(
    r"\b(?:accord|accept|consent|souhait|autoris|veux\b|voul|voudr|desir|abonn|subscrib|ok\b|recevoir|prefer|moyen|canal|canaux"
    r"|naissance|conjoint|epou[xs]|pere\b|mere\b|parent|enfant|mineur|tuteur|tutrice|representant|responsable|urgence"
    r"|pay(?:eur|euse)\b|acheteu|factur|employeur|entreprise|etablissement|parrain|second|autre|2\b)"
)
#: Whose address a column may hold by its heading: somebody beside her, whoever keeps the file, or a machine.
_OF_OTHERS = re.compile(
    r"\b(?:conjoint|epou[xs]|pere\b|mere\b|fils\b|fille\b|enfant|mineur|voisin|gardien|medecin|employeur|parrain|urgence|prevenir"
    r"|(?:invite|saisi|cree|modifie)e? par\b|(?:created|modified|assigned|invited|referred) (?:by|to)\b|owner|referrer"
    r"|fax\b|telecopie)"
)
#: What is no word about somebody: where she lives, what she does, by which page she came, whether she paid.
_OF_THINGS = re.compile(
    r"\b(?:adresses?|rue|voie|libelle voie|complement|batiment|residence|lieu|ville|commune|quartier|canton|pays|region"
    r"|departement|profession|metier|emploi|fonction|employeur|entreprise|societe|organisation|organization|company|association|club|ecole"
    r"|naissance|civilite|sexe|genre|url|site|page|referer|referrer|utm|source|agent|navigateur|token|jeton|hash|id|uuid|ip|fichier"
    r"|photo|langue|address|street|city|country|job|title|titre|evenement|event|petition|sujet|objet|subject"
    r"|paiements?|paye|commandes?|payments?|orders?|dons?|donation|cotis\w*|adhesion|montant|tarif|carte|facture|transaction|livraison"
    r"|theme|thematique|rubrique|secteur|domaine|critere de diffusion|sensitivity)\b"
)
#: How, or how often, somebody wants to be written to: « Canal préféré », « Fréquence souhaitée », « Comment vous joindre ? ».
_HOW = re.compile(
    r"\b(?:canal|canaux|medium|(?:mode|moyens?) (?:de )?(?:contact|communication)|contact (?:prefere|souhaite)"
    r"|preferences? (?:de |d )?(?:contact|communication|envoi)|contact preference|preferred (?:contact|channel)"
    r"|comment (?:vous )?(?:joindre|contacter|ecrire)|frequences?|frequency|rythme|periodicite)\b"
)
#: How a heading says that a mark below it is a refusal: « cocher si refus », « 1 = non », « vide = oui ».
_TURNED_ROUND = re.compile(
    r"\b(?:coch\w+|case|croix|x|mettre|indiquer)\b[^.;,()]{0,20}?\b(?:si|pour|en cas de)\b[^.;,()]{0,30}?"
    r"\b(?:refus\w*|opposee?s?|opposition|non|(?:ne|n)\b[^.;,()]{0,25}?\b(?:pas|plus)|pas d.accord)\b"
    r"|(?<!\w)(?:1|x|coche|cochee?|croix)\s*(?:=|:|->|→)\s*(?:non|refus\w*|no|pas|oppos\w*|ne)\b"
    r"|(?<!\w)(?:0|vide|blanc|rien)\s*(?:=|:|->|→)\s*(?:oui|yes|ok|accord|accepte\w*|d.accord)\b"
    r"|\bsauf si\b"
)
#: What asks whether she has anything to say: « Avez-vous une question ? », « Un mot pour nous ? ».
_ASKS_FOR_WORDS = re.compile(
    r"\b(?:questions?|commentaires?|suggestions?|remarques?|idees?|mot|autre chose|precisions?)\b.*\?\s*$"
)
#: « remarques de Claire », « commentaire interne »: whatever comes after.
_REMARKS = re.compile(
    r"(?:remarque|obs|observation|commentaire|comment|note|annotation|precision)s?\b|(?:divers|memo|a noter|suivi)$|infos?\b"
    r"|(?:rq|rqs|rmq|rmqs|rem|remq|com|coms|comm|comms|nb|bloc notes?|pense bete)$"
)
#: How files and sheets are called that list those who want nothing more; « contacts hors désinscrits » lists the others.
_REGISTER = re.compile(
    r"\b(?:desinsc|desabo|desab\b|unsub|opt(?:ed)? ?out|blacklist|black list|blocklist|liste (?:noire|rouge)|oppositions\b"
    r"|(?:liste|registre) (?:d |des |)opposition|ne (?:pas|plus) (?:contacter|demarcher|solliciter|appeler|ecrire)|stops?\b"
    r"|^(?:les )?(?:(?:sorti|radie|exclu|retire|raye|supprime|parti|fache|mecontent)e?s(?: fachee?s)?"
    r"(?: (?:en|depuis) (?:\w+ )?\d{4}| de (?:la|notre) liste)?|refus de contact)$"
    r"|^a (?:exclure|retirer|supprimer|enlever)$"
    r"|ne (?:veulent|souhaitent|desirent) (?:plus|pas)\b)"
)
_ALL_BUT_THEM = re.compile(r"\b(?:sans|hors|sauf|hormis|moins|avant|without|except|non|nettoyee?s?)\b")


def names_register(bare: str) -> bool:
    """Whether the name of a file or a sheet says that whoever stands there wants nothing more."""
    return bool(_REGISTER.search(bare)) and not names_all_but_them(bare)


def names_all_but_them(bare: str) -> bool:
    """Whether such a name says that those are left out: « contacts hors désinscrits »."""
    return bool(_ALL_BUT_THEM.search(bare))


def says_no(bare: str) -> bool:
    """Whether a yes below a heading says that somebody wants nothing more, by one channel or by any."""
    return bool(_NO.search(bare)) and not is_of_no_channel(bare)


def tells_who_left(bare: str) -> bool:
    """Whether a no below a heading is said by a tool of somebody who unsubscribed."""
    return bool(_SUBSCRIBED.fullmatch(bare))


def is_of_no_channel(bare: str) -> bool:
    """Whether a heading is a tool's, for whoever wants nothing by post or by fax."""
    return bool(_BY_POST.fullmatch(bare))


def is_of_email_alone(bare: str) -> bool:
    """Whether a heading is a tool's, for whoever wants no emails: it has others for calls and texts."""
    return bool(_OF_EMAIL.search(bare))


def asks_or_is_of_others(bare: str) -> bool:
    """Whether a heading above others asks whether somebody agrees, or is about her birth or about somebody else."""
    return bool(_ASKS_OR_OTHERS.search(bare))


def is_of_others(bare: str) -> bool:
    """Whether an address below a heading is somebody else's: « Tél. conjoint », « Créé par »."""
    return bool(_OF_OTHERS.search(bare))


def says_dead(bare: str) -> bool:
    """Whether a yes below a heading says that an email address gets nothing any more."""
    return bool(_DEAD.search(bare)) and not _NOT_DEAD.search(bare)


def gives_reason(bare: str) -> bool:
    """Whether a column holds why somebody left, or why an address gets nothing any more: any word there says that it is so."""
    return bool(_REASON.search(bare)) and (says_no(bare) or says_dead(bare))


def says_remark(bare: str) -> bool:
    """Whether a heading is that of what somebody wrote about people."""
    return bool(_REMARKS.match(bare))


def is_of_things(bare: str) -> bool:
    """Whether what a column holds is no word about somebody, by its heading: « 4 rue du Refus » is where she lives."""
    return bool(_OF_THINGS.search(bare))


def asks_how_to_write(bare: str) -> bool:
    """Whether a heading asks by which channel, or how often, somebody wants to be written to."""
    return bool(_HOW.search(bare))


def is_turned_round(heading: str) -> bool:
    """Whether a heading, as written, explains that a mark below it is a refusal."""
    return bool(_TURNED_ROUND.search(folded(heading)))


def asks_for_words(heading: str) -> bool:
    """Whether a heading is a question about whether somebody has anything to say."""
    return bool(_ASKS_FOR_WORDS.search(folded(heading)))


def channels_named(bare: str) -> frozenset[Medium]:
    """The channels that a heading names."""
    return frozenset(medium for medium, words in _CHANNELS.items() if words.search(bare))

"""How servers word what they have against our account or our way, and what sounds like it and is none of ours.

Families of phrases, like those of `wording`, and searched on the same one line (refusals.plain).
"""

from __future__ import annotations

from enum import StrEnum

from gateway.channels.phrases import Words

_BLAMED_MAX = 600


def _any(*phrases: str) -> Words:
    return Words("|".join(phrases))


#: Of us, who send: « sender », « your account », « d’envoi ».
_SENDS = r"(?:send(?:ing|er(?:['’]s)?)|outgoing|outbound|submission|smtp|relay(?:ing)?)"
_EACH = r"(?:daily|hourly|weekly|monthly|per[ -](?:day|hour|minute|month))"
_LIMIT = r"(?:quota|limits?|allowance|credits?|allotment)"
_CLOSED = r"(?:suspend|block|disabl|lock|deactivat|restrict|terminat|on hold|bloqu|d[eé]sactiv|ferm|limit|supprim|r[eé]sili)"

#: What our own provider allows us is used up, or our account with it is closed: nobody's mailbox is full or closed.
OUR_ALLOWANCE = _any(
    rf"\b{_SENDS}\b (?:\S+ ){{0,2}}{_LIMIT}\b",
    rf"\b{_EACH} (?:(?:user|account|message|mail|e-?mail|{_SENDS}) ){{0,4}}{_LIMIT}\b",
    rf"\b{_LIMIT} (?:of|for|on) (?:the )?(?:{_SENDS}|{_EACH}|(?:e-?mails?|messages?|mails?) (?:sent|{_EACH}))\b",
    rf"\bmax\w* (?:number of )?(?:credits|defers|sends?|{_SENDS} (?:rate|quota))\b",
    r"\bcredits? (?:are |is |have been )?(?:exhaust|exceed|used up)|\b(?:monthly |your |e-?mail )plan(?:['’]s)? limit",
    r"\b(?:quotas?|limites?|plafond|volume|nombre)\b.{0,40}(?:\bd['’ ]?envois?\b|\bpar (?:heure|jour|minute|mois)\b)",
    r"\b(?:envois?|messages|e-?mails|courriels) (?:\S+ )?(?:par|dans l['’]) ?(?:heure|jour|minute|mois)\b",
    rf"\b(?:your|votre|sender(?:['’]s)?|sending) (?:\S+ )?(?:account|compte|abonnement)\b.{{0,30}}\b{_CLOSED}",
    rf"\bcompte (?:d['’]envoi|exp[eé]diteur|[eé]metteur)\b.{{0,30}}\b{_CLOSED}",
    r"\bsending (?:is |has been )?(?:disabled|paused|suspended)",
    r"\b(?:address|identit(?:y|ies)|sender|domain) (?:is |are )?not verified\b(?=.{0,60}\b(?:identit|region|account|sender))",
    r"\bverified sender\b",
)
#: The same said of what her mailbox takes in.
HER_ALLOWANCE = _any(
    r"\breceiv|\b(?:mail ?box|inbox|recipient|addressee|user)(?:['’]s)? (?:has |have |is |was )?(?:exceed|reach|over|full)",
    r"\b(?:recipient|mail ?box|inbox)['’]s\b|bo[iî]te|destinataire|correspondant|re[cç]us?\b|r[eé]ception",
)
#: A server that carries no mail for this domain: hers leads to the wrong place, or our relay does not know us.
CARRIES_NOT = _any(
    r"\brelay(?:ing)? (?:mail |access )?(?:is )?(?:to|denied|not|prohibited|attempt)|unable to relay|no relaying",
    r"open relay|mail relay|as a relay|(?:permitted|allowed|configured) to relay|we do(?:n't| not) relay|rcpthosts",
    r"client was not authenticated",
    r"\brela(?:is|yage)\b.{0,20}(?:refus|interdit|non autoris|d[eé]sactiv)|ne relai\w+ pas|pour relayer",
    r"\bne (?:traite|g[eè]re|re[cç]oit|distribue|dessert) (?:pas|plus) (?:(?:le |de |les )?(?:courri\w+|mails?|messages?)"
    r" (?:de|pour) )?(?:ce|le) domaine",
)
#: No server of a house, but the recipient herself, or whoever keeps her group.
_SHE = r"(?:recipient|addressee|user|owner)"
_HER_HOUSE = r"(?:['’]s)? (?:\S+ )?(?:domain|server|host|provider|organi[sz]ation|network)"
#: She does not want us: nobody else's server says so.
SHE_KEEPS_US_OUT = _any(
    r"\bresolver\.rst\b",
    rf"\b(?:blocked|rejected|refused|denied|(?:black|deny|block)-?list(?:ed)?) by (?:the |this |its )?{_SHE}\b(?!{_HER_HOUSE})",
    rf"\b{_SHE}(?:['’]?s)? (?:personal |own |private )?(?:black|block|deny)[ -]?list|\bpersonal (?:black|block|deny)",
    rf"\b(?:{_SHE}|mailbox|group)\b(?: <>)? (?:has |is |does )?(?:blocked|blocking|not accept(?:ing)?|only accepts?) "
    r"(?:you\b|your (?:e-?mail )?address|this sender|the sender"
    r"|(?:e-?mails?|messages?|mail) from (?!this (?:ip|host|server)|your (?:ip|host|server|domain)))",
    r"\bnot (?:allowed|authori[sz]ed|permitted) to (?:send|write|post) (?:\S+ ){0,3}to (?:this|the|that) "
    r"(?:address|recipient|user|group|list|mailbox|distribution)",
    r"\b(?:destinataire|correspondante?|utilisat(?:eur|rice)|titulaire) (?:vous )?(?:a |ont )?(?:choisi de )?(?:vous )?(?:bloqu"
    r"|refus)\w*",
    r"\bliste noire (?:\S+ )?d(?:u|e la|e votre) (?:destinataire|correspondant)",
)
#: A page that tells about the address of our server.
LOOKS_US_UP = _any(r"https?://\S*[/?&=](?:\d{1,3}\.){3}\d{1,3}\b")


class Blame(StrEnum):
    """What a server reproaches us with, as far as its words tell: each is mended by somebody else."""

    LOGIN = "login"  #: name or password at our own relay
    ALLOWANCE = "allowance"  #: what our provider lets us send, or our account there
    AUTHENTICATION = "authentication"  #: SPF, DKIM, DMARC, the names of our domain
    HASTE = "haste"  #: too much at once
    REPUTATION = "reputation"  #: a blocklist, or what was sent before from there
    ROUTE = "route"  #: our relay does not take us for a customer
    UNTOLD = "untold"


#: The first that holds. Codes of five figures are those of the provider of texts and calls (channels/twilio/codes.py).
_BLAMES = (
    (
        Blame.LOGIN,
        _any(r"^\W*(?:53[458]|20003|20008)\b|\b5\.7\.8\b|\b(?:username|password|credentials|identifiants?|mot de passe)\b"),
    ),
    (Blame.ALLOWANCE, _any(OUR_ALLOWANCE.pattern, r"^\W*(?:10001|20005|30002)\b")),
    (Blame.ROUTE, _any(CARRIES_NOT.pattern, r"^\W*530\b|authentication (?:is )?required(?!.{0,40}(?:spf|dkim|dmarc))")),
    (
        Blame.AUTHENTICATION,
        _any(
            r"\bspf\b|\bdkim\b|\bdmarc\b|unauthenticated|not authenticated|required authentication level",
            r"\b5\.7\.(?:2\d|3[0-2]|515)\b",
            r"\bptr\b|\brdns\b|reverse dns|\b(?:helo|ehlo)\b|domain of sender|sender address rejected|valid sender",
        ),
    ),
    (
        Blame.HASTE,
        _any(
            r"too (?:many|much) (?:connections|messages|e?-?mails?|recipients)|rate[ -]?limit|slow down|throttl"
            r"|trop de (?:connexions|messages|courriels|destinataires)"
        ),
    ),
    (
        Blame.REPUTATION,
        _any(
            r"reputation|r[eé]putation|list[eé]?\b|listed|block|banned|spamhaus|barracuda|\br[bh]l\b|complaints|ofr_5",
            LOOKS_US_UP.pattern,
        ),
    ),
)


def blamed(words: str) -> Blame:
    """What these words of a refusal reproach us with; code and words in one. Pure."""
    said = " ".join(words[:_BLAMED_MAX].split())
    return next((blame for blame, phrases in _BLAMES if phrases.search(said)), Blame.UNTOLD)


def hasty(words: str) -> bool:
    """Whether these words say that we send too much at once, or have sent all that we are let for now. Pure."""
    return blamed(words) in (Blame.HASTE, Blame.ALLOWANCE)

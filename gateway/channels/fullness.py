"""The vocabulary of a mailbox without room, and of one that is closed for now: phrases of servers, and in French what they call
the place and what they say of it, in either order.

Composed like the words of the dead (`absence`), and searched on the same one line (refusals.plain).
"""

from __future__ import annotations

_BOX = r"(?:bo[iî]tes?|\bbal\b|messagerie|casier|mail ?box)"
_ROOM = r"(?:\bquota|espace|stockage|m[eé]moire|capacit[eé]|disque|\ballocation)"
_HERS = (
    r"(?:bo[iî]te|\bbal\b|messagerie|casier|mail ?box|compte|utilisat(?:eur|rice)|destinataire|correspondante?|abonn[eé]e?"
    r"|titulaire|usag[eè]re?|client)"
)
_USED_UP = r"(?:d[eé]pass|attein|[eé]puis|satur|insuffisan|\bpleine?s?\b|rempli|d[eé]bord|utilis[eé]e?s? (?:à|a) 100|consomm)"
_WAY = r"\b(?:(?!\bn['’]est pas\b)[^.;!?]){0,60}?"
#: What a sender may not exceed, and what a message weighs, are something else.
_NOT_OURS = r"(?!\w* (?:d['’]|de )(?:envois?|[eé]mission|connexions?)\b)"

#: Somebody's mailbox has no room: English, French, then what neighbours and much software write.
FULL = (
    r"\b(?:mail ?(?:store|drop|spool)|maildir) (?:is |was )?full\b|\b(?:message|mail) count limit\b",
    r"(?:mail ?box|inbox|account|user|recipient)\b[^.;]{0,25}\bat (?:full |maximum |its |their )?capacity",
    r"\bno (?:free|available|remaining|more) (?:disk |storage )?(?:space|room)\b|\bno (?:disk |storage )?(?:space|room)"
    r" (?:available|remaining)",
    r"\breached (?:its|the|their|his) (?:limit|maximum|number)\b[^.;]{0,20}\b(?:stored|messages in|storage)",
    r"over ?-?(the |its |their |his |your )?(allowed |mail |disk |storage )?quota",
    r"(quota|allocation|mailbox size|storage( space)?|disk space)( limit| usage)? (is |was |has been )?(exceed|full"
    r"|reached|violat|used up)",
    r"(exceed(s|ed|ing)?|reached|beyond|out of) (the |their |his |its |your |my )?(\S+ )?(storage|quota|mailbox"
    r"|disk ?space|space|receiving limit)",
    r"(mail ?box|mail ?folder|inbox|user'?s? box|account) (is |was |has been )?(now |almost |currently )?(too )?(full"
    r"|filled)\b",
    r"\b(mail ?box|inbox)\b[^.;]{0,30} (is|was) (now |too |almost )?full\b|\bfull mailbox|(mail ?box|inbox|account) (of"
    r"|for) \S+ (is |was )?(now |currently )?(full|over)\b",
    r"(mailbox|inbox|account|maildir)\S? (has |have |would |is )?(be |been )?(exceed|over (its|the|quota))",
    r"dis[ck] ?quota",
    r"\bdis[ck] (is )?full\b",
    r"(not enough|insufficient|does not have enough|no) (disk |storage )?space",
    r"no space left on device",
    r"space has been used up",
    r"quota ?(violation|exceed)|(mail ?box|account|user|recipient) (is )?over (the |its )?(limit|quota)",
    r"too much mail data|overdr(a|e)wn|(mail ?box|inbox|account).{0,30}(out of|no) (storage|space|room)",
    r"mail file size exceeds",
    r"too many (messages|mails) (in|on) (the |this |that )?(mailbox|account|inbox|server)",
    r"quota.{0,25}(exceed|full|reach|exhaust|used up)|storage.{0,30}(used up|exhaust|exceed)",
    r"over (their|its|the|his) (mail ?box )?(size|limit)",
    r"taille (maximale|maximum|limite)( autoris[eé]e)? (de |d['’])(la |sa |cette |l['’])?(bo[iî]te|messagerie)",
    r"(postfach|mailbox|speicher\w*|kontingent).{0,30}(\bvoll\b|[uü]berf[uü]llt|ersch[oö]pft|[uü]berschritten|erreicht)"
    r"|kein (freier )?speicherplatz",
    r"(buz[oó]n|cuota|espacio).{0,25}(llen[oa]|exced|super|agotad|insuficiente)",
    r"メールボックス.{0,12}(一杯|いっぱい|容量)|(容量|受信件数).{0,10}(超|オーバー|一杯|いっぱい)",
    r"\b(casella|caixa|postvak|postbus|skrzynka|quota|cota|spazio|espa[cç]o)\b.{0,30}(pien[ao]|chei[ao]|\bvol\b|pe[lł]na"
    r"|superat|esaurit"
    r"|insufficiente|esgotad|insuficiente|excedid|przepe[lł]nion)",
    r"ящик.{0,20}переполнен|邮箱.{0,10}(已满|空间不足|容量)|空间不足",
    rf"{_BOX}{_WAY}(?:\bpleine?s?\b|rempli|satur|d[eé]bord|surcharg|encombr|\b(?:au complet|est compl[eè]te)\b|100 ?%)",
    r"\bcompte\b[^.;!?]{0,40}?(?:\bplein\b|satur|rempli|d[eé]bord)",
    rf"{_ROOM}{_NOT_OURS}\w*{_WAY}{_USED_UP}",
    # « le compte a atteint la limite de son espace », « limite de la boîte atteinte »
    rf"{_HERS}\b[^.;!?]{{0,40}}?\b(?:d[eé]pass|attein|[eé]puis)\w*\b[^.;!?]{{0,30}}?(?:\bquota|espace|stockage|capacit|volume"
    r"|\b(?:limite|taille|place)\b)",
    rf"\b(?:limite|taille|volume|nombre|maximum|seuil)\b{_NOT_OURS}[^.;!?]{{0,40}}?\b(?:de |du |d['’]|dans )(?:la |sa |cette |le "
    rf"|ce |son |l['’])?{_HERS}\b[^.;!?]{{0,40}}?(?:d[eé]pass|attein)",
    rf"\b(?:nombre|maximum|limite)\b{_NOT_OURS}[^.;!?]{{0,30}}?(?:d[eé]pass|attein)\w*[^.;!?]{{0,20}}\b(?:dans|pour|de) "
    rf"(?:la |sa |cette |le |ce )?{_BOX}",
    r"\b(?:plus|pas assez|aucune?|manque) (?:de |d['’])?(?:place|espace)\b",
)
#: Her server asks to come again later, to see whether we do.
GREYLISTED = r"gr[ea]y-?\s?list|list\w*\s(?:de\s)?gris\w*|gris\w* list|lista (?:gris|grig)|grau\w* list"
#: Her place is closed for now, whoever says so in French.
FOR_NOW_IN_FRENCH = (
    r"\b(?:temporairement|momentan[eé]ment|provisoirement|pour l['’]instant|pour le moment|maintenance|erreur temporaire"
    r"|(?:service|serveur|annuaire|v[eé]rification)(?: \S+){0,3}? (?:indisponible|inaccessible|injoignable|impossible)"
    r"|lors de la v[eé]rification|en cours de (?:migration|maintenance|v[eé]rification)"
    r"|r[eé]essay(?:er|ez) (?:plus tard|ult[eé]rieurement))\b"
)

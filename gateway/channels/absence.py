"""The vocabulary of absence: what servers call a person's place (user, boîte, Postfach …), and what they say of one that is gone.

A family is a noun, a short way without the end of a sentence, and a state; or the state first ("unknown user"). Each language has
its own, so that words of two languages never meet. Searched on one line without addresses (refusals.plain). Ways are bounded.
"""

from __future__ import annotations

_WAY = r"\b[^.;!?]{0,45}?"  #: between a noun and what is said of it


def _family(nouns: str, states: str, way: str = _WAY) -> str:
    return rf"\b(?:{nouns}){way}(?:{states})"


_ENGLISH = (
    r"users?(?: ?name| ?id)?|recipients?|receivers?|addressees?|mail ?box(?:es)?|mail ?drop|inbox|accounts?"
    r"|(?<!ip )(?<!sender )address(?:es)?|alias"
    r"|customer|subscriber|employee|local[ -]part|person|domain/user|rcpt(?! to)"
)
_ENGLISH_STATES = (
    r"\bunknown|\bnot (?:be |been |currently )?(?:known|found|recogni[sz]ed|located|identified|registered|provisioned"
    r"|hosted here"
    r"|defined|assigned|deliverable)"
    r"|unrecogni[sz]ed|unregistered|unassigned|(?:does|do|did) ?n[o'’]?t (?:actually |currently )?(?:exist|match any)"
    r"|doesn['’]?t (?:actually |currently )?(?:exist|match any)|(?:does|do) ?n[o'’]t (?:resolve|map|correspond) to"
    r"|doesn['’]t (?:resolve|map|correspond) to|(?:no longer|ceased to) (?:exist|valid|active|available"
    r"|in use|in service|used"
    r"|employed|here|with us|work|a customer|hosted)"
    r"|non-?exist|never existed|\bnot exist|\bis (?:gone|defunct|obsolete)|(?:is|are|was) (?:in|not )valid"
    r"|decommissioned|\bwithdrawn\b|\bterminated\b|\bretired\b|\bgone\b|(?:does ?n[o'’]t|doesn['’]t) (?:live|reside|work)"
    r"|\bnot (?:in use|used|valid|active|here) any ?more|\bnot one of ours"
    r"|(?:been|was|were|is|or) (?:deleted|removed|purged|erased|retired|decommissioned|abandoned)"
    r"|left (?:(?:the|our|this) )?(?:company|organi[sz]ation|firm|house|school|association)|\bhas left\W*$|\bisn['’]t here"
    r"|\b(?:isn['’]t|not) (?:listed|present|to be found)(?! (?:in|on|among) (?:\S+ )?(?:white|allow|safe))|\bmatches no(?:body"
    r"|thing)|\bno longer (?:at|with|works)"
    r"|\bnot (?:in|on|part of) (?:our|this|the|my) (?:directory|system|server|domain|database|records|user (?:list"
    r"|base)|users)"
)
_FRENCH = (
    r"users?|utilisat(?:eur|rice)s?|destinataires?|correspondante?s?|\bbal\b|adresses?(?! ip| d['’]exp| de retour"
    r"| de l['’](?:exp|[eé]met)| d['’][eé]mi)|bo[iî]tes?|comptes?|messageries?"
    r"|abonn[eé]e?s?|usag[eè]re?s?"
    r"|identifiant|alias|redirection|courriel|salari[eé]e?|agent|titulaire|mailbox|cette personne"
)
_FRENCH_STATES = (
    r"\binconnu|inexistant|n['’ ]?existe (?:pas|plus)|n['’ ]?existent (?:pas|plus)|n['’]a jamais exist|introuvable"
    r"|n['’]appara[iî]t (?:pas|plus)|ne figure (?:pas|plus)|\babsente? (?:de|du|dans)\b"
    r"|n['’](?:est|a|ont) (?:pas|plus) (?:[eé]t[eé] |une? [\w-]+ )?(?:valide|valable|connu|reconnu|active?\b|attribu|utilis"
    r"|en service"
    r"|r[eé]pertori|enregistr"
    r"|d[eé]fini|trouv|rattach|consult|identifi|list[eé]|inscrit|localis|abonn|client|h[eé]berg|de (?:compte|bo[iî]te))"
    r"|non (?:trouv|reconnu|r[eé]f[eé]renc|d[eé]fini|identifi|list[eé]|valide|valable|attribu|existant|r[eé]pertori|enregistr)"
    r"|\binvalide|\berron[eé]|\bincorrect"
    r"|(?:[eé]t[eé]|est|sont) (?:d[eé]finitivement )?(?:supprim|effac|r[eé]sili|cl[oô]tur|d[eé]truit)"
    r"|\b(?:supprim[eé]e?|r[eé]sili[eé]e?|cl[oô]tur[eé]e?|d[eé]truite?)s?\b(?! temporairement)"
    r"|ne correspond (?:plus )?(?:à|a) auc|n['’]est (?:plus )?(?:rattach|associ|reli)[eé]e? (?:à|a) auc"
    r"|a quitt[eé]|ont quitt[eé]|retir[eé]e?s? du service|n['’]est attribu[eé]e? [àa] personne"
    r"|ne travaille plus|ne fait (?:plus|pas) partie"
    r"|n['’]est (?:pas|plus) (?:ici"
    r"|chez nous|des n[oô]tres)|n['’]est plus chez|n['’]est (?:pas|plus) desservi|non desservi|\bobsol[eè]te"
    r"|\bcaduque|\babandonn[eé]e|\bn['’]a (?:jamais|pas) [eé]t[eé] cr[eé]"
    r"|plus en (?:poste|fonctions?|service|usage|activit[eé])|a chang[eé] d(?:e |['’])(?:fournisseur|op[eé]rateur)"
    r"|n['’]est (?:pas|plus) (?:pr[eé]sente? |)(?:sur ce serveur|dans (?:\S+ )?(?:l['’])?(?:annuaire"
    r"|r[eé]pertoire"
    r"|base|fichier|syst[eè]me|effectif|organi[sz]ation))|a d[eé]m[eé]nag"
    r"|a chang[eé] d['’]adresse"
)
_GERMAN = (
    r"empf(?:ä|ae|a)nger\w*|benutzer\w*|nutzer\w*|(?<!ip[ -])(?:e-?)?(?:mail-?)?adress\w*|empf(?:ä|ae)ngeradress\w*"
    r"|postf(?:a|ä|ae)ch\w*|mailbox|\w*konto|account|kunden?|teilnehmer|briefkasten|mitarbeiter\w*"
)
_GERMAN_STATES = (
    r"unbekannt|existier\w+\b.{0,25}nicht|nicht (?:mehr )?(?:gefunden|bekannt|vorhanden|existent|g(?:ü|ue)ltig"
    r"|registriert|zugeordnet"
    r"|vergeben|ermittelt|verf(?:ü|ue)gbar|erreichbar)|ung(?:ü|ue)ltig|gibt es .{0,15}nicht"
    r"|nicht (?:mehr )?(?:eingerichtet|angelegt|hinterlegt|in gebrauch)|gel(?:ö|oe)scht|gek(?:ü"
    r"|ue)ndigt"
    r"|aufgel(?:ö|oe)st|ausgeschieden|nicht existier|nicht (?:mehr )?(?:aufgef(?:ü|ue)hrt|verzeichnet|benutzt|verwendet|genutzt)"
    r"|nicht (?:mehr )?(?:im|in|auf) (?:\S+ )?\S*(?:verzeichnis|adressbuch|datenbank|system|domino)|verzogen"
    r"|nicht mehr (?:im (?:unternehmen|hause)|bei uns|besch(?:ä|ae)ftigt|t(?:ä|ae)tig)|verlassen"
)
_SPANISH = (
    r"usuari[oa]s?|destinatari[oa]s?|cuentas?|direcci[oó]n(?:es)?(?! ip)|buz[oó]n(?:es)?|casilla|cliente|abonad[oa]"
    r"|bústia|adreça"
)
_SPANISH_STATES = (
    r"desconocid|desconegut|inexistente|no (?:existe|encontrad|v[aá]lid|registrad|localizad|es v[aá]lid"
    r"|se (?:ha )?(?:podido )?(?:enc[ou]+e?ntr)"
    r"|ha sido encontrad|est[aá] (?:registrad|dad))|inv[aá]lid|(?:eliminad|dad[oa] de baja"
    r"|cancelad|borrad)|no est[aá] (?:en (?:la lista|el directorio|nuestr)|listad)"
    r"|no (?:figura|aparece|consta|corresponde|pertenece)|ya no (?:existe|trabaja|pertenece|est[aá]\b|se (?:usa"
    r"|utiliza)|es )|dej[oó] de existir|ha dejado (?:de existir|la )"
)
_ITALIAN = r"utent[ei]|destinatari[oa]?|casell[ae]|indirizz[oi](?! ip)|account|cliente|mailbox"
_ITALIAN_STATES = (
    r"sconosciut|inesistent|non (?:esist|(?:[eè] )?(?:pi[uù] )?(?:in uso|attiv|(?:stat[oa] )?(?:trovat|valid|registrat"
    r"|present|riconosciut))|risulta)"
    r"|errat[oa]|(?:stat[oa]|[eè]) (?:cessat|eliminat|cancellat|chius|disdett|rimoss)"
    r"|non (?:[eè] )?(?:elencat|inclus|iscritt)"
    r"|non (?:figura|compare|corrisponde|appartiene|lavora|fa pi[uù] parte|[eè] pi[uù])|ha lasciato|si [eè] trasferit"
)
_PORTUGUESE = r"usu[aá]rio|utilizador|destinat[aá]rio|conta|caixa(?: postal| de correio)?|endere[cç]o(?! ip)"
_PORTUGUESE_STATES = (
    r"desconhecid|inexistente|n[aã]o (?:existe|(?:foi )?(?:encontrad|localizad|cadastrad)|[eé] v[aá]lid|v[aá]lid)|inv[aá]lid"
    r"|(?:foi|est[aá]) (?:exclu[ií]d|encerrad|removid|cancelad|apagad|eliminad)"
    r"|n[aã]o (?:consta|pertence|corresponde|[eé] mais|est[aá] (?:mais|cadastrad|regist))|j[aá] n[aã]o (?:existe|pertence"
    r"|trabalha|est[aá]|[eé])|deixou (?:de existir|a empresa)"
)
_DUTCH = r"gebruiker|ontvanger|geadresseerde|\w*adres|postvak|postbus|mailbox|account"
_DUTCH_STATES = (
    r"onbekend|bestaat\b.{0,12}niet|niet langer (?:in gebruik|actief|geldig|bekend)|niet (?:worden )?(?:gevonden|bekend"
    r"|geldig|meer in gebruik)|ongeldig|opgeheven"
    r"|verwijderd|opgezegd|(?:staat|komt)\b.{0,8} niet (?:meer )?(?:in|op|voor)(?!.{0,12}(?:witte|toegestane))"
    r"|niet (?:meer )?(?:aanwezig|aangetroffen"
    r"|vermeld|opgenomen|geregistreerd|werkzaam|in dienst)|niet in (?:het|ons|de|onze) \S*(?:adresboek|lijst|map|directory)"
    r"|vertrokken|verhuisd"
)
_RUSSIAN = r"пользовател\w*|ящик\w*|адрес\w*|получател\w*|абонент\w*|уч[её]тн\w+ запис\w*"
_RUSSIAN_STATES = (
    r"не (?:найден|существует|зарегистрирован|обнаружен|числится|значится)|неизвест|удал[её]н|закрыт|отсутствует"
    r"|(?:больше )?нет (?:в|на) |больше не (?:использ|работа|обслуж)"
)
#: Of these a noun and a state say it all.
_OTHER_LANGUAGES = (
    (  # Polish
        r"u[zż]ytkownik\w*|adresat\w*|odbiorc\w*|skrzynk\w*|adres\w*|kont[oa]\b",
        r"nieznan|nie istniej|nie (?:zosta[lł]\w* )?(?:znalezion|odnalezion)|nieprawid[lł]ow|usuni[eę]t|nieaktualn|nie ma takie",
    ),
    (  # Nordic
        r"anv[aä]ndar\w*|mottagar\w*|\w*adress\w*|brevl[aå]da\w*|konto\w*|bruker\w*|mottaker\w*|modtager\w*|postkasse\w*",
        r"ok[aä]nd|ukendt|ukjent|(?:finns|findes|finnes|existerar|eksisterer) (?:inte|ikke)|hittades inte|ikke (?:fundet|funnet)",
    ),
    (  # Czech
        r"u[zž]ivatel\w*|adres[aá]t\w*|p[rř][ií]jemce|schr[aá]nk\w*|adresa\w*",
        r"neexistuj|nezn[aá]m|nenalezen|neplatn",
    ),
    (  # Romanian
        r"utilizator\w*|destinatar\w*|adres\w*|c[aă]su[tț]\w*|cont(?:ul)?\b",
        r"necunoscut|inexistent|nu exist[aă]|nu a fost g[aă]sit|invalid",
    ),
    (  # Hungarian
        r"felhaszn[aá]l[oó]\w*|c[ií]mzett\w*|postafi[oó]k\w*|c[ií]m\b",
        r"ismeretlen|nem l[eé]tezik|nem tal[aá]lhat[oó]|[eé]rv[eé]nytelen",
    ),
    (  # Turkish
        r"kullan[\u0131i]c[\u0131i]\w*|al[\u0131i]c[\u0131i]\w*|adres\w*|hesap\w*|posta kutusu",
        r"bulunamad[\u0131i]|mevcut de[gğ]il|ge[cç]ersiz|bilinmeyen|bilinmiyor",
    ),
    (  # Greek
        r"χρήστης|παραλήπτης|διεύθυνση|λογαριασμός|θυρίδα",
        r"άγνωστ|δεν υπάρχει|δεν βρέθηκε|ανύπαρκτ",
    ),
    (  # Ukrainian
        r"користувач\w*|скриньк\w*|адрес\w*|одержувач\w*|отримувач\w*",
        r"не (?:знайден|існує|зареєстрован)|невідом|видален|відсутн",
    ),
    (  # Finnish
        r"vastaanottaja\w*|k[aä]ytt[aä]j[aä]\w*|\w*osoite\w*|postilaatikko\w*|tili[aä]?\b",
        r"tuntemat|ei (?:ole )?(?:olemassa|l[oö]yd|l[oö]yt|k[aä]yt[oö]ss[aä])|virheelli|poistettu",
    ),
    (  # South Slavic
        r"korisnik\w*|primatelj\w*|primalac\w*|prejemnik\w*|uporabnik\w*|adres[ae]\w*|naslov\w*|sandu[cč]i[cć]\w*",
        r"nepoznat|neznan|ne postoji|ne obstaja|nije prona|ni (?:bil )?najden|neva[zž]e[cć]|obrisan",
    ),
)
#: Scripts without spaces: what is named comes first, and the sentence ends in what is said of it.
_JAPANESE = (
    r"(?:宛先|宛名|受信者|受取人|ユーザー?|利用者|アカウント|アドレス|メールボックス|お客様)[^。\n]{0,40}?"
    r"(?:存在(?:し(?:ない|ません|ておりません)|がありません)|見つか(?:りません|らない)|使(?:用|わ)れて(?:い(?:ない|ません)"
    r"|おりません)|使用されて(?:い(?:ない|ません)|おりません)"
    r"|登録されて(?:い(?:ない|ません)|おりません)|不明|無効|廃止|解約|(?<!権限が)ありません)"
)
_CHINESE = (
    r"(?:收件人|收件者|收信人|用户|使用者|邮箱|郵箱|信箱|地址|帐号|账号|帳號|账户|帳戶)[^。\n]{0,30}?"
    r"(?:不存在|未找到|找不到|無效|无效|已注销|已註銷|已被删除|不正确)"
)

#: Nobody has this address.
ABSENT = (
    _family(_ENGLISH, _ENGLISH_STATES),
    r"\b(?:unknown|invalid|no such|non-?exist(?:ent|ing)|nonexisting|bad|incorrect|illegal|unrecogni[sz]ed|undefined"
    r"|unregistered|obsolete|deleted"
    rf"|not an? (?:\S+ )?(?:valid|known|existing|local|active|actual)) (?:(?!for\b|to\b|of\b|from\b|by\b"
    rf"|in\b)[\w-]+ ){{0,2}}(?:{_ENGLISH})\b",
    rf"\b(?:there is|there's|we have|have|has|found|with) (?:no|not any) (?:such |matching |corresponding |active "
    rf"|valid |[\w-]+ )?(?:{_ENGLISH})\b",
    rf"\bno (?:matching|corresponding|active|valid|known|local|such|[\w-]+) (?:{_ENGLISH}) (?:found|exists?|here|matches"
    rf"|with|by|for|named)\b",
    rf"\bno (?:{_ENGLISH}) (?:exists?|matches|called|registered|of (?:this|that)|(?:under|with|by) (?:this|that))",
    r"\bthe name (?:was |is )?not (?:found|recogni[sz]ed|known)\b",
    r"\b(?:do(?:es)? not|don['’]t|doesn['’]t) (?:host|handle|serve) (?:e-?mail|mail|a mailbox) for (?:this|that|the|such an?)"
    r" (?:user|recipient|address|person|name)",
    r"\b(?:never heard of|do(?:es)?(?: not|n['’]t) know (?:any|of|this|that|who)|nobody (?:here|called|named|of|with"
    r"|by)|no ?one (?:here|called|named))",
    r"\b(?:can['’]?t|cannot|could(?: not|n['’]t)|unable to|failed to|did(?: not|n['’]t)) (?:find|locate|resolve|identify)"
    rf" (?:(?!for\b|to\b|of\b|from\b)[\w<>'’-]+ ){{0,3}}(?:{_ENGLISH})\b",
    rf"\bno mail ?box\b|\bno (?:local|such|matching|known|corresponding) (?:{_ENGLISH})\b|(?:do not|don['’]t|does not"
    rf"|doesn['’]t) have any(?:one|body)?\b.{{0,20}}(?:name|address|here)",
    r"\bvalid ?rcptto|bad ?(?:recipient|rcpt) ?to\b|\bcuda_nsu\b|\bno record of (?:this|that|any|such|the)",
    r"\b(?:you (?:have )?(?:mistyped|misspelled|misspelt)|check the spelling)",
    r"\baddress (?:is )?not (?:local|ours|served|accepted here)|wrong address\b",
    _family(_FRENCH, _FRENCH_STATES),
    r"\b(?:inconnue?s?|invalide|introuvable|mauvaise|fausse) ?: (?:\S+ )?(?:adresse|utilisateur|destinataire|compte)",
    rf"\b(?:aucune?|pas d(?:e |['’])) ?(?:\S+ )?(?:{_FRENCH})\b.{{0,25}}(?:ce nom|correspond|ici|trouv|existe"
    rf"|cette adresse|connu)",
    rf"\b(?:impossible de|n['’]a(?:vons)? pas pu|n['’]ont pas pu|pas possible de|pas r[eé]ussi à) (?:trouver|localiser"
    rf"|identifier) (?:\S+ )?(?:{_FRENCH})\b",
    rf"\bpas (?:pu )?(?:trouv|localis|identifi)\w* (?:d(?:e |['’])|la |l['’]|le |cette |ce )(?:\S+ )?(?:{_FRENCH})\b",
    rf"\b(?:trouv|localis|identifi)\w+ (?:aucune?|pas) (?:\S+ ){{0,2}}(?:{_FRENCH})\b",
    r"\b(?:personne|nul) (?:ici |chez nous )?(?:n['’]est |ne )?(?:connue? |r[eé]pond(?: plus)? )?(?:à|de"
    r"|sous) ce(?:tte)? (?:nom|adresse)",
    rf"\b(?:ce )?n['’]est (?:pas|plus) (?:une? |l['’]une? de(?:s| nos) )(?:{_FRENCH})(?: <>)? (?:\S+ )?(?:valide|connue?"
    r"|existante?|active?|h[eé]berg[eé]e?|de (?:nos|ce) |de chez nous)",
    rf"\b(?:il )?n['’ ]?(?:existe|y a) (?:pas|aucune?) (?:d(?:e |['’]))?(?:{_FRENCH})\b",
    rf"\bpas d(?:e |['’])(?:{_FRENCH})\W{{0,3}}<>",
    r"\bne conna(?:î|i)(?:t|s|ssons) (?:pas|plus|aucune?) (?:(?:ce(?:tte)?|cet|d(?:e |['’])|l['’]|la|le) ?)?"
    rf"(?:{_FRENCH}|personne|<>)",
    r"\binconnue? (?:à|a) (?:cette adresse|ce nom)|\baucune? (?:correspondance|r[eé]sultat) (?:pour|avec) (?:cette adresse|ce )",
    r"\b(?:collaborat(?:eur|rice)|employ[eé]e?|[eé]tudiante?|(?<!s['’])[eé]l[eè]ve|enseignante?|stagiaire)\b[^.;]{0,30}"
    r"(?:\ba quitt[eé]|ne fait plus partie|ne travaille plus|n['’]est plus (?:en poste|dans|chez|parmi))",
    r"(?<!exp[eé]diteur )\b(?:n['’ ]a|ne (?:dispose|poss[eè]de)) (?:pas|plus) (?:d(?:e |['’])|d['’]une? )"
    r"(?:bo[iî]te|compte|messagerie|adresse (?:[eé]lectroni|e-?mail|mail))",
    rf"\b(?:do(?:es)? not|don['’]t|doesn['’]t) have (?:this|that|(?:any )?such an?|any such) (?:{_ENGLISH})\b",
    r"\b(?:can['’]?t|cannot|could not|couldn['’]t) find <>|\bdead address|\bldap: no such (?:object|entry)|\bnot in ldap\b"
    r"|\bno ?such ?(?:user|mailbox|recipient)\b|\bno ?user\b(?! (?:input|action|interaction|agent|consent|permission))",
    r"\b(?:mauvaise|fausse) adresse|adresse .{0,30}(?:non distribuable|mal orthographi|n['’]est plus utilis)",
    _family(_GERMAN, _GERMAN_STATES),
    rf"\b(?:unbekannte\w?|ung(?:ü|ue)ltige\w?|falsche\w?|nicht existierende\w?"
    rf"|kein\w{{0,2}}(?: solche\w?)?) (?:\S+ )?(?:{_GERMAN})\b"
    r"(?!.{0,10}(?:berechtig|platz|speicher))",
    _family(_SPANISH, _SPANISH_STATES),
    r"\bno (?:existe|hay|se (?:encuentra|encontr[oó])) (?:\S+ ){0,2}(?:usuario|destinatario|cuenta|direcci[oó]n"
    r"|buz[oó]n|persona)",
    _family(_ITALIAN, _ITALIAN_STATES),
    r"\b(?:nessun[oa]?|non esiste|nenhum[a]?|ning[uú]na?) (?:\S+ )?(?:utente|destinat[aá]rio|casella|indirizzo"
    r"|usu[aá]rio|cuenta|caixa|buz[oó]n|conta)",
    _family(_PORTUGUESE, _PORTUGUESE_STATES),
    _family(_DUTCH, _DUTCH_STATES),
    rf"\b(?:poss[ií]vel|conseguimos|conseguiu) (?:encontrar|localizar) (?:\S+ ){{0,2}}(?:{_PORTUGUESE})\b",
    rf"\b(?:no se (?:ha podido|pudo|puede)|no (?:pudimos|hemos podido)|imposible) (?:encontrar"
    rf"|localizar) (?:\S+ ){{0,2}}(?:{_SPANISH})\b",
    rf"\b(?:impossibile|non [eè] (?:stato )?possibile|non riusciamo a) (?:trovare|individuare"
    rf"|localizzare) (?:\S+ ){{0,2}}(?:{_ITALIAN})\b",
    r"\b(?:onbekende?|ongeldige?|geen) (?:gebruiker|ontvanger|adres|e-?mailadres)",
    _family(_RUSSIAN, _RUSSIAN_STATES),
    *(_family(nouns, states) for nouns, states in _OTHER_LANGUAGES),
    _JAPANESE,
    _CHINESE,
    rf"(?:такого|такой) (?:{_RUSSIAN}) (?:\S+ )?(?:нет|не )",
    r"\bunrecogni[sz]ed[- ]o/?r[- ]?name|\b(?:x\.?400|o/?r)[- ]?(?:name|address) (?:is )?(?:unknown|not recogni[sz]ed|invalid)",
    r"\b(?:client|ligne|abonnement|contrat) (?:\S+ ){0,2}r[eé]sili",
    r"нет такого|нет такой|(?:사용자|수신자|받는 사람|주소|계정|메일함).{0,30}(?:없|존재하지|찾을 수 없)",
)

_DOMAIN = (
    r"dom[aä]in[en]?s?(?: ?name| ?part)?|nom de domaine|dom(?:ä|ae)ne|domeinnaam|domein|domini[oe]?|dom[ií]nio|domen[auyeě]?"
    r"|домен\w*|h[oô]te"
)
_DOMAIN_STATES = (
    r"\b(?:is |was )?unknown|(?:does ?n[o'’]?t|doesn['’]?t|do not|didn['’]t|did not) (?:seem to |appear to )?(?:exist|resolve"
    r"|be (?:registered|valid))"
    r"|\bnot (?:seem to |appear to )?(?:be )?(?:registered|found|exist\w*|known|resolvable|located)|(?:no longer|never) exist\w*"
    r"|no longer (?:in (?:use|service)|active|registered|valid)|n['’]est plus (?:en service|actif|utilis)"
    r"|(?:a [eé]t[eé]|est) (?:d[eé]finitivement )?(?:supprim|r[eé]sili|abandonn)"
    r"|(?:has|have) no mail ?(?:servers?|hosts?|exchangers?)|n['’]a (?:pas|plus|aucun) (?:de )?serveurs? de"
    r" (?:mail|messag|courri)"
    r"|non-?exist|n['’ ]?existe (?:pas|plus)|inexistant|introuvable|inconnu|n['’]est (?:pas|plus) (?:enregistr|d[eé]pos|connu)"
    r"|existiert nicht|nicht (?:gefunden|registriert|vorhanden|bekannt|aufgel(?:ö|oe)st)|unbekannt"
    r"|no (?:existe|encontrad|est[aá] registrad|se (?:encuentra|encontr|ha encontrad|pudo (?:encontrar|resolver)))|inexistente"
    r"|desconocid|non (?:esiste|trovat|[eè] (?:stato )?(?:registrat|trovat))|inesistente|sconosciut"
    r"|n[aã]o (?:existe|(?:foi )?(?:encontrad|localizad)|est[aá] registr)|desconhecid|bestaat niet|niet (?:gevonden|geregistreerd"
    r"|bekend)|onbekend|не (?:существует|найден|зарегистрирован)|nie istnieje|neexistuje"
)
#: The domain of an address does not exist, whatever looked for it.
NO_DOMAIN = (
    _family(_DOMAIN, _DOMAIN_STATES, r"\b[^.;!?]{0,30}?"),
    r"\b(?:nxdomain|non-?existent domain|no such domain|unknown domain|domain unknown|host unknown)\b",
    r"\bno mail ?(?:servers?|hosts?|exchangers?) (?:\S+ ){0,4}(?:exist|found|defined|available for|registered"
    r"|for (?:the|this|that))",
    r"\b(?:unable to|could not|couldn['’]t|cannot|can['’]t|failed to) (?:find|locate|resolve) (?:any |an? |the )?(?:\S+ )?(?:mail"
    r" ?(?:server|host|exchanger)|mx|dns)(?: \S+){0,2} (?:for|of)\b",
    r"\b(?:no|without|has no|keine?|aucun|ning[uú]n|nessun|nenhum|geen) (?:mx|dns|mail exchanger)\b.{0,20}(?:records?|entry"
    r"|entries|eintrag|enregistrement|registro|record|defined|found)",
    r"(?:ドメイン|ホスト)[^。\n]{0,30}?(?:存在し(?:ない|ません)|見つか(?:りません|らない))|域名.{0,15}(?:不存在|无法解析|未找到)",
)
#: A provider that sends for us and knows from before that nobody is there.
KNOWN_DEAD = (
    r"\bpreviously (?:hard[- ])?bounced|\bbounced address\b|\b(?:recent )?history of (?:bouncing|hard bounces)|\bhard[- ]bounced"
    r" (?:before|previously|earlier|already)",
    r"\b(?:on|in) (?:the|our|your|its|an?) (?:\S+ )?(?:suppression|bounce[ds]?)[- ]list\b|\b(?:suppression|bounce[ds]?)[- ]list"
    r" (?:of|for) (?:your|the|this)",
    r"\b(?:recipient|address|e-?mail)\b.{0,30}\b(?:is |was |has been )suppressed\b|\bhas suppressed sending to\b",
)
#: … or that she asked to be left alone.
KNOWN_UNWILLING = r"unsubscri|complain|spam report|opted? out|d[eé]sabonn|d[eé]sinscri"

_BOX = rf"(?:{_ENGLISH}|{_FRENCH}|{_GERMAN}|{_SPANISH}|{_ITALIAN}|{_PORTUGUESE}|{_DUTCH})"
_SHUT = (
    r"(?:disabl|deactivat|clos|delet|remov|terminat|cancel|suspend|expir|inactiv|d[eé]sactiv|unavailab|ferm|supprim|cl[oô]tur"
    r"|r[eé]sili|deaktiv|gel(?:ö|oe)scht"
    r"|geschlossen|gesperrt|desactivad|cerrad|eliminad|cancelad|disattivat|chius|cessat|encerrad|desativad)\w*"
)
_FOREVER = (
    r"\b(?:permanent\w*|permanemment|d[eé]finitive\w*|for good|forever|irrevocabl\w*|dauerhaft|endg(?:ü|ue)ltig|definitiv\w*"
    r"|permanentemente)\b"
)
#: A closed mailbox that will not open again, or that nobody has opened for long.
FOR_GOOD = (
    rf"\b{_BOX}\b[^.;!?]{{0,40}}\b(?:ferm[eé]e?s?|geschlossen|cerrad[oa]|chius[oa]|encerrad[oa]|gesloten)\b",
    rf"{_FOREVER}[^.;]{{0,20}}\b{_SHUT}|\b{_SHUT}[^.;]{{0,20}}{_FOREVER}",
    r"\b(?:mail ?box|account|user|address|inbox|service)\S?(?: <>)? (?:\S+ ){0,3}(?:terminated|cancell?ed"
    r"|closed(?! (?:to|for|temporar)))\b",
    r"\b(?:closed|terminated|cancelled) (?:mail ?box|account|user|address)\b",
    rf"\b{_BOX}\b[^.;!?]{{0,40}}\b(?:d[eé]sactiv[eé]e?|ferm[eé]e?|cl[oô]tur[eé]e?"
    rf"|r[eé]sili[eé]e?) (?:[^.;]{{0,20}} )?depuis\b",
    r"\b(?:disabled|suspended|blocked|closed|locked|deactivated|inactive) (?:or|and|and has been"
    r"|or has been) (?:deleted|removed|does not exist"
    r"|do not exist|doesn['’]t exist|unknown|non-?existent)",
    r"\b(?:closed|removed|deleted|purged) (?:due to|because of|for|after|following) (?:\S+ )?inactivity",
    r"\b(?:ferm[eé]e?|supprim[eé]e?) (?:pour|suite à|en raison d|à cause d|apr[eè]s)\S* (?:\S+ )?inactivit",
    r"\b(?:ferm[eé]e?|d[eé]sactiv[eé]e?|suspendue?|bloqu[eé]e?) (?:suite (?:au|à)|apr[eè]s|en raison|depuis)"
    r"[^.;]{0,12}\bd[eé]part\b",
    r"\b(?:not an|no longer an) active (?:address|mailbox|account|user)|\bmail ?box (?:is )?inactive\b",
)
#: What makes a closing a passing one.
PASSING = (
    r"temporar|currently|\bnot currently|for now|for the moment|temporairement|momentan|vor(?:ü|ue)bergehend|provisoire"
    r"|moment\b|connexion|connection|session|verbindung|conexi"
)

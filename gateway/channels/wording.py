"""How servers word their refusals: families of phrases, not sentences of single servers. English first, then what servers of
French voters speak: French, German, Spanish, a few words of their neighbours, and of Russian, Chinese and Japanese, because much
software writes them.

A text is searched on one line, without addresses and host names (refusals.plain). No phrase nests repetitions, so that a search
stays linear in practice.
"""

from __future__ import annotations

from gateway.channels import absence, fullness
from gateway.channels.phrases import Words


def _any(*phrases: str) -> Words:
    return Words("|".join(phrases))


#: Somebody's mailbox has no room.
FULL = _any(*fullness.FULL)
#: Somebody's mailbox receives too much at once.
BUSY = _any(
    r"receiving mail (too quickly|at a rate)",
    r"mailbox (is )?(busy|locked by)",
    fullness.GREYLISTED,
    r"currently (unable"
    r"|too busy)",
)
#: The message is too big.
TOO_BIG = _any(
    r"(message|mail|content|attachment|e-?mail)s?\b.{0,40}(too (big|large|long)\b|size limit|exceeds (the )?(max|size"
    r"|limit))",
    r"(too (big|large)|exceeds).{0,40}\bsize",
    r"size limit exceeded",
    r"message size",
    r"taille.{0,30}(d[eé]pass|maxim)"
    r"|(message|courriel|mail|pi[eè]ces?( jointes?)?) (est |sont )?(trop|tr[eè]s) (volumin|gros|lourd)",
    r"nachricht.{0,20}zu gro(ß|ss)",
)
#: Said of our server, our name, our address or our past.
ABOUT_US = _any(
    r"\bspf\b|\bdkim\b|\bdmarc\b|\barc\b.{0,20}fail",
    r"unauthenticated|not authenticated|authentication (is )?(required|fail)|sender authentication",
    r"sender('s)? (e-?mail )?(address|domain|verif|denied|id\b|not|is not|is spam|is on|rejected|unknown|blocked|was"
    r"|has been)",
    r"(unrout\w+|unverif\w+|invalid|bad|forged|blocked|unknown|null|empty|envelope|return) (envelope )?senders?\b",
    r"sending (domain|server|mta|address|host|ip)",
    r"mail from\b.{0,50}(reject|denied|refus|not|invalid)",
    r"\bnot (allowed|authori[sz]ed|permitted) to send",
    r"spamhaus|spamcop|barracuda(central|networks)|sorbs|senderbase|senderscore|cloudmark|\br[bh]l\b|\bdnsbl\b"
    r"|\bdnsrbl\b|\bcbl\b|ofr_?5(?!06)\d\d",
    r"block ?-?list|black ?-?list|deny ?list|banned sending",
    r"(?<!not )listed (at|by|on|in)\b(?! (the |our )?(directory|address))",
    r"blocked (using|by|due to|for|from) (?!(the )?(recipient|user)\b|(\S+ ){0,2}inactiv)",
    r"\b(ip|host|server|network|domain|client)\S*( address)?( \S+)? (has been|have been|was|is|are) (temporarily "
    r"|currently )?"
    r"(blocked|banned|deferred|denied|rate|listed|not (allowed|permitted|authori[sz]ed))",
    r"reputation|authentication information|messages from .{0,40}(weren['’]t|were not) sent|not allowed to connect"
    r"|\bsc-00\d|not accepting connections",
    r"from: domain is invalid|as a valid sender|recipient addresses rejected ?: access denied",
    r"(reverse|inverse) (dns|lookup|host ?name|mapping)|\brdns\b|\bptr\b|(forward|valid) dns",
    r"client host\b|your host(name)?\b|your (ip|server|mail server|network|domain|isp|e-?mail provider)\b",
    r"access (from|denied).{0,30}\b(ip|host|server|client)\b|no access from|use the smtp server",
    r"(bad|invalid|fix) (helo|ehlo|dns)|\b(helo|ehlo)\b.{0,30}(reject|denied|invalid|mismatch|unknown|resolv)",
    r"dynamic (ip|address|host)|dial-?up",
    r"too many (concurrent |simultaneous )connections",
    r"too many (connections|recipients|messages|mails|errors)\b(?! (in|on) (the |this |that )?(mailbox|inbox|account"
    r"|server))",
    r"exceed\w* .{0,20}(mails|e-?mails|messages) (per|an) (hour|day|minute)|rate[ -]?limit|(sending|message) (rate"
    r"|limit)|sent to too many|frequency limited|\[?tss\d\d\b"
    r"|permanently deferred|too much mail\b(?! data)|throttl|unusual rate",
    r"unsolicited (mail|e-?mail) (from|originating)|user complaints",
    r"connections? (not accepted|rejected|denied)|(not accepting|refus\w+|reject\w+) (connections?|mail) from",
    r"adresse ip|\bip\b(?! ?=).{0,30}\b(refus[eé]|bloqu[eé]|interdit|banni)e?\b|liste de blocage|r[eé]putation"
    r"|trop de (connexions|messages|plaintes|destinataires(?!.{0,15}(inconnu|invalid|inexist)))"
    r"|authentification (requise|n[eé]cess|[eé]chou)"
    r"|votre adresse (est |n['’]est )(pas )?(autoris|reconnu|refus|interdit|inconnu|invalid)"
    r"|serveur.{0,20}(non autoris|bloqu)"
    r"|votre (serveur|h[oô]te|domaine|machine)\b.{0,40}\b(list[eé]|inscrite?|r[eé]f[eé]renc[eé]|fich[eé]e?|signal[eé]e?)\b",
    r"([eé]metteur|exp[eé]diteur).{0,40}(refus|rejet|invalide|inconnu|bloqu|ind[eé]sirable|(pas|peut) [eê]tre v[eé]rifi"
    r"|n['’](a pas|existe)|inexist|introuvable)",
    r"votre (serveur|h[oô]te|domaine|machine|relais)\b.{0,40}(non autoris|n['’]est pas autoris|interdit|refus|bloqu|banni|trop"
    r" r[eé]cent)|\bvous (avez [eé]t[eé]|[eê]tes) (bloqu|banni|interdit)"
    r"|(connexion|h[oô]te)\b.{0,12}(refus|non autoris|interdit)",
    r"(absender|remitente|mittente|remetente|afzender).{0,40}(abgelehnt|gesperrt|unbekannt|ung[uü]ltig|rechaz|bloque"
    r"|desconocid|sconosciut|rifiutat|desconhecid"
    r"|onbekend|geweigerd|n['’]?existe|existiert)",
)
#: We asked for too many wrong addresses: said of us, not of the one asked for last.
TOO_MANY_WRONG = _any(
    r"(number|amount|count|percentage|ratio|rate|limit) (of|for) (unknown|invalid|bad|wrong|non-?existent|failed) "
    r"|(trop|nombre) d(e |['’])(\S+ )?(destinataires|adresses|utilisateurs) (inconnu|invalid|inexist)",
    r"too many (\S+ )?(invalid|bad|unknown|wrong|non-?existent|rejected|failed) ",
)
#: A server that could not look.
FOR_NOW = _any(
    fullness.FOR_NOW_IN_FRENCH,
    r"temporar(il)?y|at (this|the) (time|moment)|(lookup|verif\w+|ldap) (\S+ )?(fail|error)",
    r"(ldap|directory|database|user lookup|back-?end|storage)( (server|service"
    r"|backend))? (is )?(currently )?(unavailable|not available|down\b)",
    r"(unable|failed|not able) to (verify|check)|(could not|cannot|can['’]t) (be )?(verif|check)",
)
#: The server, or the road to it, is in trouble.
TROUBLE = _any(
    r"hop count|too many hops|(mail|routing|forwarding) loop|loops back|lowest numbered mx|\bloop detected",
    r"local delivery failed|communications? failure|system (config|error)|insufficient system|internal (server )?error",
    r"account is unavailable|mailbox (is )?restricted",
)
#: Words that look like those for a dead recipient, but speak of the sender.
OF_SENDER = _any(
    r"sender('s|s)? (e-?mail |mail ?box |\S+ )?(address|account|mail ?box|domain|verif|unknown|user|rejected|not|is|does)",
    r"(unrout\w+|unverif\w+|invalid|bad|forged|unknown|null|empty|envelope|return) (envelope )?senders?\b",
    r"sending (user|server|domain|host|address)|\bspf\b|(reverse|inverse)|\brdns\b|\bptr\b|\b(helo|ehlo)\b"
    r"|\byour (host|domain|ip|server)",
    r"list-unsubscribe|reply-?to\b|\bcertificate|public key|return(ing)?[ -]path(?!:)|mail from:?\b|from address|(in|the"
    r"|header) from\b|from (header|field)|domain of sender"
    r"|\bbatv\b|not subscribed|non-?member",
    r"\b(?:your|votre) (?:own )?(?:e-?mail )?(?:address|adresse|account|compte|identity)\b(?! (?:book|list))"
    r"|\b(?:bounce|return|reply) address|adresse d(?:e |['’])(?:envoi|retour|r[eé]ponse|exp[eé]dition)",
    r"\b(verif\w*|check\w*|validat\w*) (the |your )?senders?\b|\bsender:",
    r"[eé]metteur|exp[eé]diteur|\babsender|remitente|mittente|remetente|afzender|avs[aä]ndar|afsender|nadawc|отправител"
    r"|发件人|送信者|差出人",
)
_WHO = (
    "(users?|recipients?|mail ?box|account|address|addressee|mail ?address|e-?mail( (address|account|name))?|alias|local[ -]part)"
)
#: Nobody has this address.
DEAD = _any(
    rf"\b{_WHO}(['’]s \S+ \S+)?( \S+)? (is |was |are |were |has been |have been |could )?(currently |an? |in )*"
    r"(unknown|not (be )?(found|known|recogni[sz]ed|valid|registered|present|listed|in (our|the|this))|no longer"
    r"|deleted|removed|invalid"
    r"|wrong|non-?existent|(un|in)(known|valid)|unrouteable|unroutable|undeliverable|not exist)",
    rf"\b{_WHO} (\S+ )?(does ?n[o'’]t|doesn['’]t|do not|did not|does not) (exist|match)",
    r"(unknown|invalid|no such|non-?existent|bad|incorrect|wrong|illegal|unrouteable|unroutable|undeliverable) (\S+ )?"
    rf"(local |destination |or invalid |or unknown |virtual |e-?mail |mail |alias |internet )?\b{_WHO}\b",
    r"\b(no|not) (mail ?box|account|user|address|recipient) (here|by that|with that|named|for|available|found|at|\S+ here)",
    r"(has|have|having) no (mail ?box|account)",
    r"(does not|doesn['’]t) have an? (mail ?box|account)\b|is not an? (user|mail ?box)\b",
    r"there is no one (at|here)|no such (person|name|domain user)"
    r"|no valid recipients?\b(?! header)|mailbox name (not allowed|invalid)|nie ma taki\w+ (u[zż]ytk|adres|skrzyn|kont)",
    r"(isn['’]t|is not|not|was not) (an? (valid|known|registered|local|existing)|our|in our|one of our) (\S+ )?(user"
    r"|recipient|customer|mailbox|address|directory|account)",
    r"not (known|present|listed) (at|in) (this|our|the)|not listed in|not our customer|not a (valid )?mailbox",
    r"user ?name (is )?(unknown|not found)|unknown or illegal|unknown to|unknown in (local|virtual|relay)",
    r"(no longer|not) (works|working|employed|with) (here|by|at|us)|has left (the|our|this)",
    r"(has|have) (been )?(moved|replaced by)|moved (to|permanently)|address (has )?changed|mailbox moved",
    r"recipient ?not ?found|recip ?not ?found|recipient name is not recognized|(address|recipient) error|badrcptto",
    r"recipient address rejected\W*$|#?5\.1\.1 bad address|address invalid",
    r"(was|were|could|couldn['’]t|wasn['’]t) (n['’]t |not )?(be )?found\b(?=.{0,40}(address|recipient|directory|domain|$))",
    r"no longer (on server|exists?|valid|in use|available|active)|not in (the )?(address book|directory|name and address)",
    r"requested action not taken: (mailbox not found|no such)",
    rf"\b{_WHO}( that)? (\S+ )?(you|they) (\S+ ){{1,4}}(does not|doesn['’]t) exist",
    rf"\b{_WHO} (can['’]?not|could not|couldn['’]t|can['’]t|was not|wasn['’]t) (be )?(found|located|identified|resolved)",
    r"(recipient|user|address|mailbox)\S? (is )?not (a )?(local|hosted|served|on this server)\b",
    r"not a local (address|user|recipient)",
    r"(unable to|cannot|can['’]t|could not|couldn['’]t) find (an? |the |any |this )?(alias|mailbox|account|user|recipient)",
    r"no longer (an?|our) (customer|user|employee|subscriber)|recipient (not accepted|rejected|refused)\W{1,3}(unknown|no )",
    r"(no ?one|nobody|(no|an?) (user|customer|person|account|mail ?box)) (by|with|of) (that|this) name",
    r"<>\W{0,3}(is )?(unknown|not found|does not exist|doesn['’]t exist|no longer exists)",
    r"missing home directory|no (final|such) (e-?mail )?(delivery point|local part)|envelope recipient is not in",
    r"(收件人|用户|邮箱|地址|帐号|账号).{0,40}(不存在|未找到|无效)|(无|没有)(此|该)(用户|收件人)",
    r"(宛先|ユーザー?|アドレス|メールアドレス).{0,60}(見つかりません|存在しません|不明|ありません)",
    r"リストに(あり|い)ません",
    *absence.ABSENT,
)
#: The few words that filters say, too, when they do not want to say why; whoever says more says it of an address.
EVASIVE = _any(
    r"\b(user|recipient|address|mailbox) (is )?(unknown|not found|invalid)|\b(unknown|no such|invalid|bad) (user"
    r"|recipient|address|mailbox)( here)?"
    r"|not a registered (gateway )?user"
)
#: A reason that is none of hers, and another one after it: nobody says which ("denied by policy or user does not exist").
ALTERNATIVE = _any(
    r"\b(polic\w+|spam|denied|rejected|blacklist\w*|full|quota|politique|rejet[eé]e?|refus[eé]e?|interdit\w*)\b"
    r"(?:(?!invalid|unknown|incorrect|wrong|no such|exist|found|inconn|introuv|recipient|address|user|mailbox|account"
    r"|destinat|adress|utilisat|bo[iî]te|compte)[^.;:]){0,30}? (or|ou)\b[^.;]{0,120}",
)
#: Nobody knows her, for now.
UNKNOWN_FOR_NOW = _any(
    r"(temporar(il)?y|currently|momentar(il)?y) (unknown|not found|unresolv\w+)|(temporairement|momentan[eé]ment)"
    r" (inconnu|introuvable)|(inconnue?|introuvable) (temporairement|momentan[eé]ment|pour l['’]instant)",
)
#: RFC 5321's own words for 550: a dead address, when the recipient was refused and nothing else is said.
UNAVAILABLE = _any(
    r"(mail ?box|account|recipient|user) (is )?(unavailable|not available)\b(?!.{0,20}(access|temporar|busy|block))"
)
#: A bare refusal of the recipient, to whom it was given, and nothing else.
REFUSED_HER = _any(
    r"(recipient|address|user|mail ?box|destinataire|adresse)( <>)?( is| was| est)? (not ok|not accepted|rejected"
    r"|refused|denied|refus[eé]e?|rejet[eé]e?)"
    r"[\W\d]*(<>)?[\W\d]*$",
    r"^[\W\d]*(<>\W*)?(unknown|inconnue?|inexistante?|non-?existent)[\W\d]*(<>)?[\W\d]*$",
    r"envelope recipient has been denied|can['’]?t accept user\b",
)
#: A message that turns in circles reaches nobody, whoever is there.
LOOP = _any(r"mail loop|routing loop|forwarding loop|too many hops|hop count|loops back")
#: Said by a provider of its own accounts: strong enough even after the recipient was taken.
NO_ACCOUNT = _any(
    r"mail ?box (not found|unavailable or not local)",
    r"(doesn['’]t|does not) have an? \S+ account",
    r"invalid mailbox\. .{0,60}: user not found",
    r"invalid recipient - \*",  # Mimecast, with the page that explains it
)
#: Some words for a closed mailbox mean that it is gone.
GONE = _any(r"inactive e-?mail address", r"no longer (exists|valid)", r"deleted", r"unknown")
#: The domain of the recipient does not exist.
NO_DOMAIN = _any(
    r"(host|domain)( name| or domain name)?( \*)? (is )?(unknown|not found|does not exist|doesn['’]t exist"
    r"|could not be found)",
    r"(^|\d )\* does not exist",
    r"(unknown|no such|invalid|non-?existent|unrouteable|unroutable|bad destination) (mail )?(host|domain)",
    r"invalid dns mx|no dns (records?|entry|entries|data)|nxdomain|name or service not known|no mx (record )?found"
    r"|couldn['’]t find any host|domain must exist",
    r"all relevant mx records point to non-existent|host address lookups failed permanently",
    r"domain[eo]?( (\S+ )?| ?\* ?)(inexist|inconnu|n['’]existe|introuvable|no existe|non esiste|unbekannt"
    r"|existiert nicht|expired|has expired)",
    r"domain (mentioned )?.{0,40}(is unknown|not exist|unknown|cannot be resolved|could not be resolved|can['’]t be resolved"
    r"|cannot be found|not registered|no longer exists)",
    r"(no|neither|without) (a |an )?(valid )?(mx|mail exchanger)( or|,| and| nor|/)* ?(an? )?(a"
    r"|aaaa)?\b.{0,12}(records?|host)",
    r"(no such|unknown|non-?existent|inconnue?) (mail )?(host|domain|domaine)|h[oô]te inconnu",
    r"dns.{0,30}(domain|host|name) .{0,20}(not exist|not found|unknown)|responsible for (the )?domain (has|have) been? found",
    *absence.NO_DOMAIN,
)
#: A provider that sends for us knows that nobody is there …
KNOWN_DEAD = _any(*absence.KNOWN_DEAD)
#: … or that she does not want it.
KNOWN_UNWILLING = _any(absence.KNOWN_UNWILLING)
#: Tried for long enough, or never reached.
EXPIRED = _any(
    r"(delivery|message|retry|queue|envelope) (time )?(has )?(expired|timed?[ -]?out)",
    r"retry time|time limit exceeded|too long in (the )?queue|in the queue (for )?too long",
    r"(could not|couldn['’]t|unable to|cannot|not) (be )?(deliver(ed)?) (\S+ ){0,3}(for|within|after"
    r"|in) (the )?(last )?(\d|several|more)",
    r"giving up(?! on\b)|been failing for|(still )?(not|un) ?(been )?delivered (after|within)|aborted after ",
    r"connection (timed out|refused|reset|closed)|connect(ed)? to \S+ (timed out|failed)|connect to .{0,60}(timed out"
    r"|refused)",
    r"(timed out|timeout) (while|during|waiting)|no route to host|network (is )?unreachable|(lost|dropped) connection",
    r"(wasn['’]t|weren['’]t) able to (establish|connect)|couldn['’]t (establish|connect)|(unable to"
    r"|could not) (connect|contact|establish)",
    r"find a gateway for|host (is )?(down|unreachable)|(server|host) (is )?(not responding|unavailable|down)"
    r"|will be deleted from queue",
    r"(temporary|transient) (dns|name|lookup|resolution)|cname lookup failed temporarily|try again later",
    r"d[eé]lai.{0,20}(d[eé]pass|expir)|message expir[eé]|expir[eé]e? apr[eè]s",
)
#: Our side asked for more than hers has: how letters are carried is no judgement of us.
UNCARRIED = _any(
    r"tls is required,? but was not offered|cannot start tls|tls (handshake|negotiation|session) (has )?failed"
    r"|(server )?certificate (not trusted|not verified|verification failed|has expired)|no (trusted|matching) tlsa",
)
#: Closed, and not to be opened again.
FOR_GOOD = _any(*absence.FOR_GOOD)
PASSING = _any(absence.PASSING)
#: The mailbox exists, and is closed for now or to us.
SUSPENDED = _any(
    rf"\b{_WHO}( \S+)? (is |has been |was |currently |temporarily |are |not )*"
    r"(disabled|suspended|locked|inactive|deactivated|frozen|blocked|on hold|closed|archived|terminated|expired|active\b"
    r"|discontinued|unavailable or access)",
    rf"(disabled|suspended|inactive|locked|deactivated|archived|temporarily unavailable) (\S+ )?{_WHO}",
    r"on hold\b|not (currently )?(active|accepting (mail|messages))\b|extended inactivity|no longer accepts? mail"
    r"|suspend the service",
    r"(compte|bo[iî]te|adresse).{0,40}(suspendu|d[eé]sactiv|bloqu|inacti|archiv|(temporairement|provisoirement) ferm"
    r"|ferm\w+ (temporairement|provisoirement))",
    r"(konto|postfach).{0,30}(gesperrt|deaktiviert|inaktiv)",
    r"\b(cuenta|buz[oó]n|account|casella|utenza|conta|caixa|postvak|mailbox|skrzynka|konto)\b.{0,40}(suspendid|suspens|bloquead"
    r"|d[ei]s(habilitad|activad|ativad|abilitat|attivat)|inactiv|inativ|inattiv|sospes|bloccat|geblokkeerd|opgeschort"
    r"|uitgeschakeld|inactief|zablokowan)",
    r"(ящик|запись|аккаунт).{0,40}(заблокирован|отключ|приостановлен|неактив)|(アカウント|メールボックス).{0,20}停止",
)
#: Closed, in words that would else be read as a refusal of ours.
CLOSED_BOX = _any(
    r"(mail ?box|account|user)\S? (has been |is |was |are )?(temporarily |currently )?(blocked"
    r"|locked|suspended|disabled|inactive)\b",
    r"(due to|because of) (\S+ )?inactivity|(compte|bo[iî]te).{0,20}(bloqu|inacti|suspendu|d[eé]sactiv)",
)
#: The recipient or her house keeps strangers out.
HER_RULE = _any(
    r"(recipient|user)('s|s)? (preferences|policy|rules?|filter|reject|refus)",
    r"(refused|blocked|rejected|filtered) by (the )?(recipient|user)\b(?! domain|'s server)",
    r"message filtered|rcp-p[23]|not accept(ing)? (any )?(mail|messages|e-?mail) from|only accept(s|ing)",
    r"not (permitted|allowed|authori[sz]ed) to (post|contact)|posting to|member of (this|the) (group|list)"
    r"|members-only|moderat",
    r"restricted (sender|recipient)|protected by|refuses? to receive|rule imposed",
)
#: She, or her house, takes no mail from strangers.
NO_STRANGERS = _any(
    r"\b(refuses|rejects|blocks|(only )?accepts( only)?) (\S+ )?(mail|e-?mails?|messages?) (only )?from\b",
    r"\b(refuse|rejette|bloque|n['’]accepte (pas|que)|ne re[cç]oi\w+ (pas|que))\b.{0,20}(messages?|mails?|courriels?|courriers?"
    r"|e-?mails?) (d[eu]s? |d['’]|provenant|venant|intern|ext[eé]rieur|extern)",
    r"\b(akzeptiert|empf(ä|ae)ngt) (nur|keine) .{0,20}(von|bekannt)|\bs[oó]lo acepta",
)
#: The whole domain or server takes no mail.
NO_MAIL_AT_ALL = _any(
    r"null ?mx|indicated no smtp service",
    r"(host|domain|server|system)\S* (\S+ )?(does(\ not|n['’]t)|not) accept(ing)? (any |network )?(e-?)?(mail"
    r"|messages)\b(?! from)",
    r"(accepts?|takes|receives) no (e-?)?mail|mail receiving disabled|do(es)? not (receive"
    r"|take) (any )?(e-?)?mail\b(?! from)",
)
#: Exchange Online, for addresses that the house does not have.
EDGE_BLOCKED = _any(r"recipient address rejected: access denied")
#: What the message holds is feared, whoever sent it.
HARMFUL = _any(
    r"\bvirus",
    r"malware",
    r"phishing",
    r"(because|due to) (of )?(its|the|your message's) content",
    r"infected",
    r"\b(as|is|like|detected|considered|identified|classified) (\S+ ){0,2}(spam|junk)\b|spam (detected|score|message"
    r"|content)",
    r"(by|to) .{0,20}(content|virus) ?filter",
)
#: This message is not wanted.
CONTENT = _any(
    r"\bspam|junk|banned (file|content|attachment)",
    r"(content|attachment|header|url|link|subject|charset|from:?)\b.{0,40}(reject|refus|block|denied|not (allowed"
    r"|permitted)|filter|missing)",
    r"(rejected|denied|refused|blocked|violat\w+).{0,40}(content|policy|policies|filter)\b",
    r"(policy|policies|security) (reasons?|violation|restriction)|local policy|administrative prohibition",
    r"message (content )?(was |has been |is )?(rejected|refused|denied|blocked)|bulk mail|unsolicited"
    r"|multiple addresses in from",
    r"pi[eè]ces? jointes?.{0,40}(refus|rejet|bloqu|interdit|non autoris)",
    r"mail rejet[eé]|message.{0,15}(rejet[eé]|refus[eé]|bloqu[eé])|pourriel|anti-?spam|ind[eé]sirable"
    r"|contenu.{0,30}(refus|rejet|interdit)"
    r"|rejet[eé]e? par .{0,12}(spam|filtre)|pas de \S+ (commercia|publicit)",
    r"nachricht.{0,30}(abgelehnt|abgewiesen)",
)
#: A bare no, which says nothing of the address; Sendmail makes a 5.1.1 of any 550.
BARE_NO = _any(
    r"(access|permission|connection|mail|message|delivery|request|service|transaction)\S*( is| was"
    r"| has been)? (denied|refused|rejected|blocked)|(access|permission|connection|request|service|transaction)\S* failed",
    r"not (allowed|accepted|permitted|authori[sz]ed)|prohibited|polic(y|ies)|forbidden|go away",
)
#: Said of an address, whatever is wrong with it.
ADDRESS = _any(r"address|recipient|mailbox|user|adresse|destinataire")
#: All that some servers say of a dead address.
CHECK_ADDRESS = _any(r"check (if|that|whether) (the |this |your )?(recipient'?s? |e-?mail )?address(es)? (is|are) correct")
#: A server that is late, and says so before it gives up.
STILL_TRYING = _any(
    r"warning (message )?only|only a (warning|temporary failure report)|temporary failure report",
    r"(do|does) not need to re-?send",
    r"(delivery attempts|attempts|we|it|i) will (continue|be retried|keep trying)",
    r"will (continue to|keep) (be )?(try|retr|attempt)\w*",
    r"(has|have) (been delayed|not yet been delivered)|still being retried|delivery (is|was) delayed",
    r"n['’]a pas encore ([eé]t[eé]|pu [eê]tre) (remis|distribu|d[eé]livr)",
    r"(?<!aucune )(?<!pas de )(?<!plus de )(?<!sans )nouvelles? tentatives?(?! impossible)|remise (diff[eé]r|retard)",
    r"r[eé]essaiera(?! (pas|plus)\b)|sera (de nouveau|encore) tent",
)
#: Words of a bounce for the moment of the refusal: at the recipient …
AT_RCPT = _any(
    r"\brcpt\b",
    r"does not like recipient",
    r"\(state 1[34]\)",  # Google's own steps
    r"rejected recipient",
    r"recipient address rejected",
    r"recipients? (was|were) (rejected|refused)",
    r"\b[45]\d\d[: -]{1,3}([45]\.\d{1,3}\.\d{1,3} )?(<[^<>\s]+@[^<>\s]+>:?|[^<>\s@]{1,64}@[\w.-]{1,253}:) ",  # she is repeated
)
#: … probably at the recipient: Sendmail repeats her so, and in a bounce says the same again whatever was refused; others name
#: her in the same breath ("550 unknown user <…>") …
REPEATED = _any(
    r"\b[45]\d\d[: -]{1,3}([45]\.[013-9]\d{0,2}\.\d{1,3} )?<[^<>\s]+@[^<>\s]+>\.\.\. ",
    r"\b[45]\d\d[: -]{1,3}([45]\.[013-9]\d{0,2}\.\d{1,3} )?(unknown|no such|invalid|unrecogni[sz]ed) (local )?(user|recipient"
    r"|address|mailbox|account)[ :(]{1,3}<?[^<>\s()]+@[^<>\s()]+",
)
#: … or once the recipient had been taken.
AT_DATA = _any(
    r"(end of|in (reply|response) to( the)?( end of)?|after( the)?( end of)?( sending)?|for text|>>>|command\W{1,12}"
    r"|smtp:) ?data\b",
    r"end of (message|data)\b",
    r"\(state 1[5-8]\)",
    r"for text command",
    r"failed after i sent the message",
    r"after (sending )?(message|content)",
    r"\bdata command",
)

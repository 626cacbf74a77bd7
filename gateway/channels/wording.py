"""How servers word their refusals: families of phrases, not sentences of single servers. English first, then the languages that
servers of French voters speak: French, German, Spanish; a few words of Japanese, because much software writes them.

Texts are searched with white space collapsed. Patterns never nest repetitions, so that searching stays linear in practice.
"""

from __future__ import annotations

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


#: Somebody's mailbox has no room.
FULL = _any(
    r"over ?-?quota",
    r"quota (is )?(exceeded|violation|full|reached)",
    r"exceed(s|ed|ing)? (the |their |his |its |your )?(\S+ )?(storage|quota|mailbox size|disk)",
    r"exceeded storage allocation",
    r"(mail ?box|mail ?folder|inbox|user'?s? box|mailfolder) (is |was )?(now )?(too )?(full|filled)",
    r"mailbox size (limit|exceed)",
    r"(has|is) (run )?out of (disk |storage )?(space|storage)",
    r"\bdisk ?quota",
    r"\bdisk full\b",
    r"(not enough|insufficient|no) (storage |disk )?space (left )?(in|for|on) (the )?(mailbox|user|account|recipient)",
    r"mailbox has exceeded",
    r"maildir (is )?over",
    r"out of storage",
    r"storage (space )?(is )?(full|exceeded)",
    r"account is full",
    r"mail quota",
    r"too many (messages|mails) (in|on) (the |this |that )?(mailbox|account|inbox)",
    r"bo[iî]te.{0,40}(pleine|satur)",
    r"quota.{0,20}(d[eé]pass|atteint)",
    r"espace.{0,30}(insuffisant|satur)",
    r"postfach.{0,25}voll",
    r"speicherplatz.{0,30}(ersch|voll)",
    r"buz[oó]n.{0,25}llen[oa]",
    r"cuota.{0,20}(exced|super)",
    r"メールボックス.{0,12}(一杯|いっぱい|容量)",
)
#: Somebody's mailbox receives too much at once.
BUSY = _any(
    r"receiving mail (too quickly|at a rate)",
    r"mailbox (is )?(busy|locked)",
)
#: The message is too big.
TOO_BIG = _any(
    r"(message|mail|content|attachment)s?\b.{0,40}(too (big|large|long)|exceeds|size limit)",
    r"(too (big|large)|exceeds).{0,40}\bsize",
    r"size limit exceeded",
    r"message size",
    r"taille.{0,30}(d[eé]pass|maxim)",
    r"nachricht.{0,20}zu gro(ß|ss)",
)
#: Said of our server, our name, our address or our past.
ABOUT_US = _any(
    r"\bspf\b",
    r"\bdkim\b",
    r"\bdmarc\b",
    r"unauthenticated",
    r"not authenticated",
    r"authentication required",
    r"sender authentication",
    r"sender (address|domain|verif|denied|id\b|not|is not|rejected|unknown|blocked)",
    r"(unrout\w+|unverif\w+|invalid|bad|forged|blocked|unknown) sender",
    r"(return|envelope) sender",
    r"sending (domain|server|mta|address|host|ip)",
    r"mail from\b.{0,50}(reject|denied|refus|not|invalid)",
    r"relay(ing)? (access )?(is )?(denied|not (permitted|allowed)|prohibited)",
    r"unable to relay",
    r"not (permitted|allowed) to relay",
    r"open relay",
    r"mail relay",
    r"we do( not|n't) relay",
    r"\bnot allowed to send",
    r"spamhaus",
    r"spamcop",
    r"barracuda(central|networks)",
    r"sorbs",
    r"senderbase",
    r"senderscore",
    r"cloudmark",
    r"\br[bh]l\b",
    r"\bdnsbl\b",
    r"\bdnsrbl\b",
    r"cbl\.",
    r"block ?-?list",
    r"black ?-?list",
    r"banned sending",
    r"(?<!not )listed (at|by|on|in)\b",
    r"blocked (using|by|due|because|for|from)",
    r"(ip|host|server|network|domain|client|address)\S* (has been|have been|was|is|are) (temporarily |currently "
    r"|being )?(blocked|banned|blacklisted|deferred|denied|rate)",
    r"reputation",
    r"reverse (dns|lookup|hostname|mapping)",
    r"\brdns\b",
    r"\bptr\b",
    r"(client|your) host(name)?\b",
    r"your (ip|server|mail server|network|domain|isp)\b",
    r"access (from|denied).{0,30}(ip|host|server|client)",
    r"no access from",
    r"use the smtp server",
    r"(bad|invalid|fix) (helo|ehlo|dns)",
    r"\bhelo\b.{0,30}(reject|denied|invalid)",
    r"dynamic (ip|address|host)",
    r"too many (connections|recipients|messages|mails|errors) ?(from|this|per|in the|\.|,|$)",
    r"rate ?limit",
    r"(sending|message) (rate|limit)",
    r"sent to too many",
    r"too much mail",
    r"unsolicited (mail|e-?mail) (from|originating)",
    r"user complaints",
    r"connections? (refused|not accepted|rejected|denied)",
    r"(not accepting|refus\w+) (connections?|mail) from",
    r"adresse ip",
    r"r[eé]putation",
    r"trop de (connexions|messages)",
    r"serveur (non autoris|bloqu)",
    r"exp[eé]diteur.{0,40}(refus|rejet|invalide|inconnu|bloqu)",
    r"absender.{0,40}(abgelehnt|gesperrt|unbekannt)",
    r"remitente.{0,40}(rechaz|bloque)",
)
#: Words that look like those for a dead recipient, but speak of the sender.
OF_SENDER = _any(
    r"sender (address|domain|verif|unknown|user|rejected)",
    r"(unrout\w+|unverif\w+|invalid|bad|forged|unknown) sender",
    r"return path",
    r"envelope sender",
    r"mail from:?",
    r"from address",
    r"domain of sender",
    r"sender'?s? domain",
    r"exp[eé]diteur",
    r"\babsender",
    r"remitente",
)
_WHO = (
    "(users?|recipient|mailbox|account|address|addressee|mail ?address|e-?mail|e-?mail (address|account)|alias|login|name"
    "|local part)"
)
#: Nobody has this address.
DEAD = _any(
    rf"\b{_WHO}(\s\S+)?\s(is |was |are |has been |does |could )?(currently |an? )?(unknown|not (be )?(found|known"
    r"|exist|listed|valid|a valid|registered|recognized)|deleted|removed|invalid|non-?existent|no longer (exists?"
    r"|valid|in use|on server|available|active)|unrouteable|unroutable|undeliverable)",
    rf"\b{_WHO}\s(\S+\s)?(does ?n[o'’]t|doesn't|do not|did not) (exist|match|have)",
    r"(unknown|invalid|no such|nonexistent|bad|incorrect|illegal|unrouteable|unroutable|obsolete|expired"
    rf"|inactive)\s(\S+\s)?(local\s|destination\s|or invalid\s|e-?mail\s|mail\s|virtual\s)?\b{_WHO}",
    r"no (mailbox|account|user|recipient|address|valid recipients?|one)\b.{0,20}(here|by that|with that|named"
    r"|for this|found|$)?",
    r"(doesn't|does not|no) (longer )?have an? \S+ account",
    r"(isn't|is not|not) (a (valid|known|registered|local)|our|in our) (user|recipient|customer|mailbox|address|directory)",
    r"not our customer",
    r"user\s?name unknown",
    r"not listed in",
    r"unknown or illegal",
    r"not a (valid )?mailbox",
    r"(no longer|not) (works|employed) (here|by|at)",
    r"(has|have) (left|moved)\b",
    r"moved (to|permanently)",
    r"recipient not found",
    r"recipientnotfound",
    r"(address|recipient) error",
    r"addressee unknown",
    rf"can(no|')t (find|locate|deliver to).{{0,30}}{_WHO}",
    r"couldn't be found",
    r"could not be found at",
    r"wasn't found",
    r"no longer on server",
    r"unknown in (local|virtual|relay) ",
    r"not in (the )?(address book|directory|name and address)",
    r"no local mailbox",
    r"no matches to nameserver",
    r"requested action not taken: (mailbox (unavailable|not found)|no such)",
    r"destinataire.{0,25}(invalide|inconnu|introuvable|n'existe)",
    r"utilisateur.{0,15}(inconnu|introuvable)",
    r"(adresse|bo[iî]te|compte).{0,40}(inexistant|n['’]existe (pas|plus)|inconnue?|introuvable|supprim|invalide)",
    r"(empf(ä|ae?)nger|benutzer|adresse|postfach|mailbox).{0,40}(unbekannt|existiert nicht|nicht gefunden"
    r"|nicht bekannt|nicht vorhanden|ung[uü]ltig)",
    r"(usuario|destinatario|cuenta|direcci[oó]n|buz[oó]n).{0,40}(desconocid|inexistente|no existe|no encontrad"
    r"|inv[aá]lid)",
    r"(宛先|ユーザー?|アドレス|メールアドレス).{0,60}(見つかりません|存在しません|不明)",
)
#: The same, said by a provider of its own accounts: strong enough even after the recipient was taken.
NO_ACCOUNT = _any(
    r"(doesn't|does not) have an? \S+ account",
    r"(account|mailbox) (has been )?(deleted|closed permanently)",
)
#: Some words for a closed mailbox mean that it is gone.
GONE = _any(
    r"inactive (e-?mail )?address",
    r"no longer (exists|valid)",
    r"deleted",
    r"unknown",
)
#: The domain of the recipient does not exist.
NO_DOMAIN = _any(
    r"(host|domain) (name )?(is )?(unknown|not found|does not exist|doesn't exist)",
    r"(unknown|no such|invalid|non-?existent|unrouteable|unroutable|bad destination) (mail )?(host|domain)",
    r"name service error.{0,80}(host|domain|name) not found",
    r"nxdomain",
    r"couldn't find any host",
    r"all relevant mx records point to non-existent",
    r"domaine? (inexistant|inconnu)",
)
#: Tried for long enough.
EXPIRED = _any(
    r"(delivery|message|retry|queue) (time )?(has )?(expired|timed? out|timeout)\b",
    r"delivery time expired",
    r"retry time(out)?\b",
    r"time limit exceeded",
    r"too long in (the )?queue",
    r"(could not|couldn't|unable to|cannot|not) (be )?deliver(ed)? (\S+ ){0,3}(for|within|after"
    r"|in) (the )?(last )?(\d|several|more)",
    r"giving up",
    r"been failing for",
    r"in the queue (for )?too long",
    r"(still )?(not|un) ?(been )?delivered (after|within)",
    r"aborted after ",
    r"connection (timed out|refused|reset)",
    r"connect(ed)? to \S+ (timed out|failed)",
    r"no route to host",
    r"network (is )?unreachable",
    r"(lost|dropped) connection",
    r"(wasn't|weren't) able to (establish|connect)",
    r"couldn't (establish|connect)",
    r"unable to connect",
    r"could not (connect|contact)",
    r"delai.{0,20}(d[eé]pass|expir)",
    r"gateway for ",
    r"deadlock",
    r"host (is )?(down|unreachable)",
    r"server (is )?(not responding|unavailable|down)",
    r"will be deleted from queue",
)
#: The mailbox exists, and is closed for now or to us.
SUSPENDED = _any(
    rf"\b{_WHO}(\s\S+)?\s(is |has been |was |currently |temporarily |are )*(disabled|suspended|locked|inactive"
    r"|deactivated|frozen|blocked|on hold|restricted|unavailable temporarily|closed)",
    rf"(disabled|suspended|inactive|locked|deactivated)\s(\S+\s)?{_WHO}",
    r"on hold\b",
    r"not (currently )?(active|accepting messages)\b",
    r"(compte|bo[iî]te|adresse).{0,40}(suspendu|d[eé]sactiv|bloqu|inacti)",
    r"(konto|postfach).{0,30}(gesperrt|deaktiviert)",
)
#: The recipient or her house keeps strangers out.
HER_RULE = _any(
    r"recipient'?s? (preferences|policy|rules?|filter)",
    r"user preferences",
    r"refused by (the )?(recipient|user)",
    r"filtered by",
    r"rcp-p[23]",
    r"not accept(ing)? (mail|messages|e-?mail) from",
    r"only accepts?",
    r"not (permitted|allowed|authorized|authorised) to (post|send|contact)",
    r"posting to",
    r"member of (this|the) (group|list)",
    r"moderat",
    r"restricted (sender|recipient)",
    r"challenge",
)
#: The whole domain or server takes no mail.
NO_MAIL_AT_ALL = _any(
    r"null ?mx",
    r"does( not|n't) accept (any )?(e-?)?mail\b",
    r"not accepting (network messages|any mail)",
    r"accepts no mail",
    r"no mail (is )?accepted",
    r"mail not accepted",
)
#: Exchange Online, for addresses that the house does not have.
EDGE_BLOCKED = _any(r"recipient address rejected: access denied")
#: What the message holds is feared, whoever sent it.
HARMFUL = _any(r"\bvirus\b", r"malware", r"phishing", r"(because|due to) (of )?(its|the|your message's) content", r"infected")
#: This message is not wanted.
CONTENT = _any(
    r"\bspam\b",
    r"spam(my|ming|-like|score)?",
    r"junk",
    r"virus",
    r"malware",
    r"phish",
    r"banned (file|content|attachment)",
    r"(content|attachment|header|url|link|subject|charset|from:?)\b.{0,40}(reject|refus|block|denied|not (allowed"
    r"|permitted)|filter|invalid|missing)",
    r"(rejected|denied|refused|blocked|violat\w+).{0,40}(content|policy|policies|filter|rule)",
    r"(policy|policies|security) (reasons?|violation|restriction)",
    r"local policy",
    r"message (content )?(rejected|refused|denied|blocked)",
    r"bulk mail",
    r"unsolicited",
    r"mail rejet[eé]",
    r"message (rejet|refus|bloqu)",
    r"pourriel",
    r"contenu.{0,30}(refus|rejet)",
    r"nachricht.{0,30}(abgelehnt|abgewiesen)",
    r"multiple addresses in from",
)
#: Said of an address, whatever is wrong with it.
ADDRESS = _any(
    r"address",
    r"recipient",
    r"mailbox",
    r"user",
    r"adresse",
    r"destinataire",
)

"""Was a mail sent by a machine? Answering one begins a loop, and reading one as a person's words is wrong (RFC 3834)."""

from __future__ import annotations

import re

from gateway.channels.inbound.mime import Fields, words

_SUPPRESSING = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-mail-autoreply",
    "x-loop",
    "x-auto-reply-from",
    "x-vacation",
)
#: Names of the addresses mail servers write from.
_DAEMON = re.compile(
    r"(?:mailer-?daemon|mail-daemon|postmaster|post_master|mdaemon|mail\.?delivery(?:\.\w+)?)(?:[+=-][^@\s]{0,80})?(?:@|$)",
    re.IGNORECASE,
)
#: Names of addresses that nobody reads.
_NOBODY = re.compile(
    r"(?:delivery|no-?reply|bounces?|do-?not-?reply|ne-?pas-?repondre|robot|automate?|mail-?system|mailer|mta"
    r"|mail-?server|serveur)(?:[+=-][^@\s]{0,80})?(?:@|$)",
    re.IGNORECASE,
)
#: Names that people have, too, who look after servers.
_MACHINERY = re.compile(
    r"(?:\w{1,30}[_-]){0,4}(?:anti-?virus|mail[_-]service|gateways?)(?:[_-]\w{1,30}){0,4}@|(?:admin\w*|gateway|system|smtp|exchange|mail-?(?:gateway|gw|admin|master|relay|router|hub|filter|scan\w*)|mail|server"
    r"|notifications?|alerts?|service|listmaster|owner)(?:[+=._-][^@\s]{0,80})?@",
    re.IGNORECASE,
)
_DAEMON_NAME = re.compile(
    r"\W{0,2}(mail delivery|mailer.?daemon|postmaster|system administrator|delivery subsystem)", re.IGNORECASE
)
_BEFORE = r"^\W{0,3}(?:(?:re|tr|aw|sv|rép|ref|fwd?)\s?:\s?){0,2}\W{0,3}"
_AWAY = re.compile(
    _BEFORE + r"(?:auto(?:matic|mated|matisch\w*|mática|matique)?[ :-]{0,3}(?:repl|response|:|antwort|answer|re\b|réponse)"
    r"|out[ -]of[ -](?:the[ -])?office|(?:r[ée]ponse|message) automatique|absen[tc]e?\b|message d[’']absence|en cong[ée]s?\b"
    r"|vacation|away from|(?:.{1,60}\b)?(?:abwesen|au(?:ß|ss)er haus|nicht im (?:b(?:ü|ue)ro|haus))|im urlaub"
    r"|automatische antwort|respuesta autom|fuera de (?:la )?oficina|risposta automatica"
    r"|自動(?:応答|返信)|不在)",
    re.IGNORECASE,
)


#: « Zoé Riou est absent(e). », as Domino writes for its people, and only programs do.
_NAMED_AWAY = re.compile(
    r"(?:[\w.’'-]+ ){1,4}(?:(?:est|sera) (?:actuellement )?absent\(e\)|is (?:currently )?out of the office)",
    re.IGNORECASE,
)
#: A desk says that it has got our letter. Never above an answer: our own letters say such things, too, and people answer them.
_RECEIVED = re.compile(
    r"\W{0,3}(?:\[[^\]]{1,60}\]\s{0,3})?(?:(?:accus[ée]|confirmation) (?:automatique )?de r[ée]ception\b"
    r"|acknowledge?ment of receipt\b"
    r"|(?:votre|your) (?:message|courriel|e-?mail|mail|demande|request) (?:a bien [ée]t[ée]|a [ée]t[ée]|has been)"
    r" (?:re[çc]ue?|enregistr[ée]e?|received|registered)\W{0,3}$)",
    re.IGNORECASE,
)
#: What only whoever has a mailbox says of it; never a server of its own.
_OF_ONESELF = re.compile(
    r"\b(?:me|nous) (?:joindre|contacter|[ée]crire|retrouver|r[ée]pondre)\b|\bj['’]ai (?:chang|quitt|d[ée]m[ée]nag)"
    r"|\bje (?:ne )?(?:suis (?!d[ée]sol)|travaille|fais|serai|consulte|lis|reviens)|\b(?:ma nouvelle|mon (?:ancienne )?)adresse"
    r"|\b(?:utilise[rz]|please use|noter|nouvelle adresse|new address)\b[^.\n@]{0,60}@"
    r"|\b(?:reach|contact|e-?mail|write to) me\b|\bmy (?:new|old|former) (?:e-?mail |mail )?address|\bi (?:no longer|have left"
    r"|have moved|left|will be|am (?:out|away|on))\b|\bich (?:bin (?:nicht|ab|derzeit|bis)|habe)|\bmeine neue\b",
    re.IGNORECASE,
)
_ON_DOMAIN = re.compile(r"report domain: ?\S+ +submitter: ?\S+ +report-id:", re.IGNORECASE)
_CASE = re.compile(r"\W{0,3}(?:ticket|incident|case|demande|requ[eê]te|request|support)\b", re.IGNORECASE)
_ANSWERS = re.compile(r"\W{0,3}(?:re|aw|sv|rép|ref)\s?:", re.IGNORECASE)
_BOUNCED = re.compile(
    r"^\W{0,3}(?:fwd?\s?: ?)?(?:.{0,40}\b)?(?:undeliver|bounced?\]|returned (?:e?-?mail|to sender|message)|return mail"
    r"|mail(?: system)? error"
    r"|(?:mail |message )?deliver\w* (?:\S+ )?(?:fail|status|error|problem|report|delay|notif)"
    r"|(?:failure|warning|error) (?:notice|notif|sending)|fail(?:ed|ure) (?:delivery|mail|notice|to deliver)"
    r"|could ?n[o']?t be (?:sent|delivered)|unable to deliver|non[- ]?deliver|not delivered|there was an error sending"
    r"|(?:unknown|invalid|no such|wrong) (?:e-?mail )?(?:address|user|recipient|mailbox)|(?:address|user|recipient"
    r"|mailbox) (?:is )?"
    r"(?:unknown|not found|invalid)|(?:adresse|destinataire|utilisateur|bo[iî]te)(?: e-?mail)? (?:inconnu|inexistant"
    r"|invalide|introuvable)"
    r"|warning: (?:message|could not)|message .{0,40}delayed|message status|retard (?:de|dans)"
    r"|(?:votre |le |ce )?(?:message|courriel|courrier|mail|e-?mail)\b.{0,40}(?:n['’]a (?:pas )?(?:pu |été )"
    r"|n['’]est pas (?:arriv|parvenu))"
    r"|(?:message|courrier|courriel|mail) (?:non |retourn|rejet|refus|renvoy)|non[- ](?:remise?|livr|d[ée]livr|distribu"
    r"|acheminement)"
    r"|impossible de (?:remettre|livrer|distribuer|d[ée]livrer|transmettre)|(?:erreur|rejet|avis|notification) (?:de "
    r"|d['’])(?:non|[ée]chec"
    r"|distribution|livraison|remise|envoi|acheminement|votre)|retour (?:de |d['’]|à l['’]exp)|adresse(?: e-?mail"
    r"| [ée]lectronique)?"
    r" (?:supprim|ferm|cl[ôo]tur|d[ée]sactiv|erron|invalid)|(?:mail|message|e-?mail) (?:was |has been )?(?:rejected"
    r"|not delivered|returned)"
    r"|(?:hard|soft)[- ]?bounced?\b|rejected (?:message|mail)|bounce (?:notif|message|report)|zustellung|fehlgeschlagen"
    r"|mailzustellung"
    r"|(?:mensaje|correo) (?:no entregado|devuelto|rechazado)|entrega fallida|error (?:de|en la) entrega"
    r"|messaggio non (?:recapitat|consegnat)"
    r"|mancato recapito|notifica di manca|mensagem (?:n[ãa]o entregue|devolvida)"
    r"|non remis|non recapit|non distribu|[ée]chec (?:de |d[’'])(?:la )?(?:remise|envoi|distribution|livraison)"
    r"|unzustellbar|nicht zustellbar|zustellung (?:fehlgeschlagen|nicht)|mancat[ao] (?:consegna|recapito)"
    r"|impossibile recapitare"
    r"|n[ãa]o (?:entregue|foi poss[íi]vel entregar)|falha (?:na|de) entrega|onbestelbaar|niet bestelbaar|niedostarcz"
    r"|не ?доставлен|недоставленн|系统退信|退信|无法送达"
    r"|no se (?:pudo|puede|ha podido) (?:entregar|enviar)|配信(?:不能|エラー|できません)|送信エラー)",
    re.IGNORECASE,
)


def looks_like_a_bounce(fields: Fields) -> bool:
    """True for the notice of a mail server about a message it could not deliver; a person's answer to one is none.

    The subject alone is not enough, since anybody may write it: the author or the envelope must be a server's.
    """
    if "x-failed-recipients" in fields:
        return True
    if not says_bounced(fields):
        return False
    report = fields.get("content-type").lower().startswith("multipart/report")
    return from_daemon(fields) or from_nobody(fields) or null_sender(fields) or report or "@" not in fields.get("from")


def server_beyond_doubt(fields: Fields) -> bool:
    """True when more than an empty envelope or an author nobody answers says that a server wrote it."""
    report = fields.get("content-type").lower().startswith("multipart/report")
    return from_daemon(fields) or report or "x-failed-recipients" in fields or "@" not in fields.get("from")


def says_bounced(fields: Fields) -> bool:
    """True when the subject is that of the notice of a mail server, in a dozen languages, and of no case of a desk."""
    subject = words(fields.get("subject"))[:200]
    return bool(_BOUNCED.match(subject)) and not _CASE.match(subject)


def answers(fields: Fields) -> bool:
    """True when the subject is that of an answer; a server's notice answers nothing."""
    return bool(_ANSWERS.match(words(fields.get("subject"))))


def speaks_of_oneself(said: str) -> bool:
    """True when a mail's words are those of whoever has the mailbox: "write to me at …", "I have left"."""
    return _OF_ONESELF.search(said[:3_000]) is not None


def from_daemon(fields: Fields) -> bool:
    """True when the author's address is one that mail servers use."""
    author = words(fields.get("from"))[:500]
    return bool(_DAEMON.match(_address(author)) or _DAEMON_NAME.match(author))


def from_nobody(fields: Fields) -> bool:
    """True when the author's address says that nobody reads what is sent to it."""
    return bool(_NOBODY.match(_address(words(fields.get("from"))[:500])))


def from_machinery(fields: Fields) -> bool:
    """True when the author may be a machine, or whoever looks after it: not enough alone."""
    return bool(_MACHINERY.match(_address(words(fields.get("from"))[:500])))


def _address(author: str) -> str:
    return (author.partition("<")[2] or author).strip(" <>")


def null_sender(fields: Fields) -> bool:
    """True when the envelope had no sender: nobody may answer (RFC 5321, 4.5.5)."""
    path = fields.get("return-path").strip()
    return path == "<>" or "mailer-daemon" in path.lower()


def is_automatic(fields: Fields) -> bool:
    """True when any field says that a machine sent it."""
    submitted = fields.get("auto-submitted").split(";")[0].split("(")[0].strip().lower()
    return (
        (bool(submitted) and submitted != "no")
        or null_sender(fields)
        or from_daemon(fields)
        or from_nobody(fields)
        or fields.get("precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply")
        or any(name in fields for name in (*_SUPPRESSING, "list-id", "list-unsubscribe", "feedback-id"))
        or "oof" in fields.get("x-auto-response-suppress").lower()
        or "all" in fields.get("x-auto-response-suppress").lower()
        or says_away(fields)
        or reports_on_domain(fields)
    )


def reports_on_domain(fields: Fields) -> bool:
    """True for what receivers tell a domain of the mail that came in its name (DMARC: RFC 7489, 7.2.1.1; TLS: RFC 8460, 5.3)."""
    return "tls-report-domain" in fields or bool(_ON_DOMAIN.match(words(fields.get("subject"))[:300]))


def says_away(fields: Fields) -> bool:
    """True when the subject is that of an automatic answer, in French, English, German, Spanish, Italian or Japanese."""
    subject = words(fields.get("subject"))[:300]
    return bool(_AWAY.match(subject) or _NAMED_AWAY.match(subject) or _RECEIVED.match(subject))


def receipt_of_reading(fields: Fields) -> bool:
    """True for the notice of a mail program that a message was shown, or thrown away unread (RFC 8098)."""
    sort = fields.get("content-type").lower()
    return sort.startswith("multipart/report") and "disposition-notification" in sort


def is_vacation(fields: Fields) -> bool:
    """True for the automatic answer of somebody's mailbox. Whoever calls has made sure that it is no bounce."""
    submitted = fields.get("auto-submitted").strip().lower()
    return (
        says_away(fields)
        or submitted.startswith(("auto-replied", "auto-replied;", "auto-notified"))
        or fields.get("precedence").strip().lower() == "auto_reply"
        or any(name in fields for name in _SUPPRESSING if name != "x-loop")
        or "x-ms-exchange-inbox-rules-loop" in fields
        or fields.get("x-apple-action").strip().lower() == "vacation"
    )
